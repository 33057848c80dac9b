"""Residuals: what the repairs of a clip take out of its recording, as files to listen to.

Conventions: the edits are played one after the other in their fixed order; the residual of one is what went into it
less what came out. Files are 32-bit float, at the recording's own rate and level.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bandmate.project.folder import Project
from bandmate.song.clips import AudioClip
from bandmate.song.errors import RequestError
from bandmate.song.moves import apply
from bandmate.song.song import Song
from bandmate.song.spoken_edits import spoken_edit
from bandmate.song.tuning import Tuning
from bandmate.verbs.progress import Progress, silent

if TYPE_CHECKING:
    from bandmate.song.clip_edits import AnyClipEdit
    from bandmate.sound.audio import Samples

SILENT_DB = -150.0


@dataclass(frozen=True, slots=True)
class Residual:
    """What one edit takes out.

    Attributes
    ----------
    track, edit : str
        the track's id, and the edit in words.
    path : Path or None
        None for a tuning, which takes nothing out.
    level_db : float
        against the recording; -150 for nothing.
    plots : tuple of Path
    """

    track: str
    edit: str
    path: Path | None
    level_db: float
    plots: tuple[Path, ...] = ()

    def facts(self) -> dict[str, Any]:
        """For programs."""
        return {
            "track": self.track,
            "edit": self.edit,
            "file": str(self.path) if self.path else None,
            "level_db": self.level_db,
            "plots": [str(path) for path in self.plots],
        }


def write_residuals(
    project: Project, folder: Path | str, *, proposal: str = "", plots: bool = False, progress: Progress = silent
) -> tuple[Residual, ...]:
    """Write what every clip edit of the song takes out; with ``proposal`` those that it proposes.

    With ``plots`` also spectrograms before, after and of what is taken out, and the pitch curves of tunings.

    Raises
    ------
    UnknownName
        if there is no such proposal.
    RequestError
        if there is no edit.
    MediaError, ProjectError
        if a recording cannot be read, or the folder not written to.
    """
    song, wanted = project.song, None
    if proposal:
        moves = [move for move in project.proposal(proposal).proposal.moves if "/edits/" in move.address]
        wanted = {move.address for move in moves}
        song = with_all(song, [move for move in moves if not has(song, move.address)])
    found = [
        (track.id, clip) for track in song.tracks for clip in track.clips if isinstance(clip, AudioClip) and clip.edits
    ]
    if wanted is not None:
        found = [(track_id, clip) for track_id, clip in found if names(track_id, clip) & wanted]
    if not found:
        raise RequestError("there is no edit whose residual could be written; propose some with: bandmate propose edit")
    made: list[Residual] = []
    for count, (track_id, clip) in enumerate(found):
        progress(f"playing the edits of {track_id}", count / len(found))
        made += residuals_of(project, track_id, clip, Path(folder), wanted, plots=plots)
    return tuple(made)


def residuals_of(
    project: Project, track_id: str, clip: AudioClip, folder: Path, wanted: set[str] | None, *, plots: bool
) -> list[Residual]:
    """The residuals of a clip, edit by edit."""
    from bandmate.render.clip_edits import edited, whole
    from bandmate.song.clip_edits import in_order

    def recorded(name: str) -> Samples:
        return whole(project.media, name, clip.source_rate_hz)

    before = recorded(clip.audio)
    made = []
    for edit in in_order(clip.edits):
        after = edited(before, clip.source_rate_hz, (edit,), recorded)
        if wanted is None or f"tracks/{track_id}/clips/{clip.id}/edits/{edit.id}" in wanted:
            stem = f"{track_id}.{clip.id}.{edit.id}"
            made.append(written(track_id, edit, (before, after), clip.source_rate_hz, folder / stem, plots=plots))
        before = after
    return made


def written(
    track_id: str, edit: AnyClipEdit, sounds: tuple[Samples, Samples], rate_hz: int, stem: Path, *, plots: bool
) -> Residual:
    """One edit's residual, and its pictures; ``stem`` is the place of the files without their endings."""
    import numpy as np

    from bandmate.sound.pitch_judge import judge_pitch
    from bandmate.verbs.lone_takes import write_sound
    from bandmate.verbs.take_plots import cleaning_pictures, tuning_pictures

    before, after = sounds
    if isinstance(edit, Tuning):
        curves = (judge_pitch(before, rate_hz), judge_pitch(after, rate_hz)) if plots else None
        pictures = tuning_pictures(stem.parent, stem.name, edit, curves) if curves else ()
        return Residual(track_id, spoken_edit(edit), None, SILENT_DB, pictures)
    residual = before - after
    energy = float(np.vdot(before, before))
    share = float(np.vdot(residual, residual)) / energy if energy else 0.0
    path = stem.with_name(f"{stem.name}.taken-out.wav")
    write_sound(path, residual, rate_hz)
    pictures = cleaning_pictures(stem.parent, stem.name, before, after, rate_hz) if plots else ()
    level_db = 10 * float(np.log10(share)) if share > 0 else SILENT_DB
    return Residual(track_id, spoken_edit(edit), path, level_db, pictures)


def names(track_id: str, clip: AudioClip) -> set[str]:
    """The addresses of a clip's edits."""
    return {f"tracks/{track_id}/clips/{clip.id}/edits/{edit.id}" for edit in clip.edits}


def has(song: Song, address: str) -> bool:
    """Whether the song has that edit already."""
    return any(
        address in names(track.id, clip) for track in song.tracks for clip in track.clips if isinstance(clip, AudioClip)
    )


def with_all(song: Song, moves: list[Any]) -> Song:
    """The song with these moves made."""
    for move in moves:
        song = apply(song, move)
    return song
