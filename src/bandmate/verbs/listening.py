"""Listening: what the ears say of every track and of the whole, and the plots of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bandmate.project.folder import Project
from bandmate.render.cache import RenderCache
from bandmate.song.tracks import Role
from bandmate.verbs.progress import Progress, part, silent

if TYPE_CHECKING:
    from bandmate.report.data import Measured
    from bandmate.stages.ears import Ears
    from bandmate.stages.hearing import Hearing

RENDER_FOLDER = "render"
SHORT_TERM_SECONDS = 3.0
"""A short-term value is drawn where its window ends."""


@dataclass(frozen=True, slots=True)
class HeardTrack:
    """One line of what was heard: a track (or the mix, with id ``main``), what it was taken for, and its figures."""

    id: str
    name: str
    role: Role
    role_confidence: float
    because: str
    measured: Measured
    active_lufs: float | None
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listening:
    """Everything that was heard. ``mix`` is None for a song without sound."""

    tracks: tuple[HeardTrack, ...]
    mix: Measured | None
    plots: tuple[Path, ...]


def render_cache(project: Project) -> RenderCache:
    """Where the project keeps what was rendered; may be deleted at any moment."""
    return RenderCache(project.folder / "cache" / RENDER_FOLDER)


def ears_of(project: Project, progress: Progress = silent) -> Ears:
    """Ears for the project's recordings, that remember in the project."""
    from bandmate.stages.ears import Ears
    from bandmate.verbs.readiness import make_ready

    make_ready(progress)
    return Ears(project.media, cache=render_cache(project), memory=project.memory, progress=progress)


def listen(project: Project, *, plots: Path | str | None = None, progress: Progress = silent) -> Listening:
    """Hear every track as it was recorded, and the mix; with ``plots``, write PNG pictures into that folder.

    Nothing is measured twice: a second call answers from the project's memory. A silent track has a row without
    loudness; a song without tracks has no rows and no mix.

    Raises
    ------
    MediaError, ProjectError
        if a recording cannot be read, or a picture cannot be written.
    """
    from bandmate.stages.mix.checks import remarks_on
    from bandmate.stages.mix.roles import role_of
    from bandmate.stages.words import spoken_name

    song = project.song
    ears = ears_of(project, part(progress, 0.0, 0.7))
    sounding = [track for track in song.tracks if track.clips]
    hearings = ears.tracks(song, [track.id for track in sounding], "clips")
    rows = []
    for track in sounding:
        hearing = hearings[track.id]
        guess = role_of(track.role, spoken_name(track), hearing)
        rows.append(
            HeardTrack(
                id=track.id,
                name=spoken_name(track),
                role=guess.role,
                role_confidence=guess.confidence,
                because=guess.because,
                measured=measured(hearing),
                active_lufs=hearing.active_lufs,
                remarks=remarks_on(song, track, hearing),
            )
        )
    progress("listening to the mix", 0.75)
    mix = measured(ears.main(song)) if sounding else None
    pictures = draw(Path(plots), rows, mix, part(progress, 0.85, 1.0)) if plots is not None else ()
    return Listening(tuple(rows), mix, pictures)


def measured(hearing: Hearing) -> Measured:
    """A hearing as reports and plots want it."""
    from bandmate.report.data import Measured

    times = tuple(SHORT_TERM_SECONDS + i / 10 for i in range(len(hearing.short_term_lufs)))
    low, high = hearing.envelope
    return Measured(
        integrated_lufs=hearing.integrated_lufs,
        range_lu=hearing.range_lu,
        max_short_term_lufs=hearing.max_short_term_lufs,
        true_peak_dbtp=hearing.true_peak_dbtp,
        true_peak_16x_dbtp=hearing.true_peak_16x_dbtp,
        crest_db=hearing.crest_db,
        seconds=hearing.seconds,
        rate_hz=hearing.rate_hz,
        channels=hearing.channels,
        band_hz=hearing.band_hz,
        band_db=hearing.band_db,
        loudness_seconds=times,
        short_term_lufs=tuple(float(v) for v in hearing.short_term_lufs),
        envelope=tuple(zip(low.tolist(), high.tolist(), strict=True)),
    )


def draw(folder: Path, rows: list[HeardTrack], mix: Measured | None, progress: Progress) -> tuple[Path, ...]:
    """Loudness over time, spectrum and waveform of each track and of the mix, as PNG files."""
    from bandmate.formats.atomic_file import disk_errors, write_whole
    from bandmate.report.curves import Line, Shape
    from bandmate.report.plots import plot_loudness, plot_spectrum, plot_waveform

    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    wanted = [(row.id, row.name, row.measured) for row in rows]
    if mix is not None:
        wanted.append(("main", "Mix", mix))
    written = []
    for count, (name, label, found) in enumerate(wanted):
        progress(f"drawing {label}", count / len(wanted))
        pictures = {
            "loudness": plot_loudness([Line(label, found.loudness_seconds, found.short_term_lufs)]),
            "spectrum": plot_spectrum([Line(label, found.band_hz, found.band_db)]),
            "waveform": plot_waveform([Shape(label, found.envelope, found.seconds)]),
        }
        for kind, picture in pictures.items():
            path = folder / f"{name}-{kind}.png"
            write_whole(path, picture)
            written.append(path)
    return tuple(written)
