"""Leaving for another program: a DAWproject file, or written music (MIDI, MusicXML, ABC)."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from bandmate.project.folder import Project
from bandmate.song.clips import AnyClip, AudioClip, NoteClip
from bandmate.song.errors import RequestError
from bandmate.song.song import Song
from bandmate.song.tracks import Track
from bandmate.verbs.printing import check_sounds, file_name
from bandmate.verbs.progress import Progress, silent
from bandmate.version import __version__

if TYPE_CHECKING:
    from bandmate.formats.dawproject import ExportedAudio


@dataclass(frozen=True, slots=True)
class Exported:
    """A file for another program, and in plain words what could not travel in it."""

    path: Path
    left_out: tuple[str, ...]


def export_dawproject(project: Project, path: Path | str, *, progress: Progress = silent) -> Exported:
    """Write the song as a DAWproject: recordings, notes, faders, pan, sends, devices, tempo, markers.

    A track of recordings with something that the format cannot hold (polarity, delay, a device without a counterpart)
    goes with that printed into its sound; this is said in ``left_out``. Notes stay notes.

    Raises
    ------
    RequestError
        if no track plays anything.
    ProjectError
        if the file cannot be written.
    """
    from bandmate.formats.dawproject import ExportedAudio, left_out, write_dawproject

    song = project.song
    check_sounds(song)

    edited: dict[str, ExportedAudio] = {}

    def recording(audio: str) -> ExportedAudio:
        if audio in edited:
            return edited[audio]
        known = project.media.recording(audio)
        return ExportedAudio(project.media.path(audio), Path(known.original_name).stem)

    with tempfile.TemporaryDirectory() as folder:
        song = with_edited_recordings(project, song, Path(folder), edited)
        needy = {one.strip for one in left_out(song) if one.is_printable}
        printed: dict[str, ExportedAudio] = {}
        for track in song.tracks:
            if f'track "{track.id}"' in needy and plays_recordings_only(track):
                progress(f"printing {track.name or track.id}", 0.3)
                printed[track.id] = print_track(project, project.song, track.id, Path(folder))
        progress("writing the DAWproject", 0.6)
        report = write_dawproject(song, path, recording, {"Title": song.title}, printed=printed, version=__version__)
    words = [
        f'track "{name}": printed into its sound, because the format has no place for all of it' for name in printed
    ]
    return Exported(Path(path), (*words, *(str(one) for one in report.left_out)))


def with_edited_recordings(project: Project, song: Song, folder: Path, edited: dict[str, ExportedAudio]) -> Song:
    """The song with every edited recording as a recording of its own, which other programs can play as it is.

    The new recordings are added to ``edited``, by the names that their clips then have.
    """
    from msgspec.structs import replace

    from bandmate.formats.audio_write import write_audio
    from bandmate.formats.dawproject import ExportedAudio
    from bandmate.render.clip_edits import edited_name, edited_recording

    def plain(clip: AnyClip) -> AnyClip:
        if not isinstance(clip, AudioClip) or not clip.edits:
            return clip
        name = edited_name(clip, clip.source_rate_hz)
        if name not in edited:
            path = folder / f"{name[:16]}.wav"
            write_audio(path, edited_recording(project.media, clip, clip.source_rate_hz), kind="wav-32f")
            original = Path(project.media.recording(clip.audio).original_name).stem
            edited[name] = ExportedAudio(path, f"{original} edited")
        return replace(clip, audio=name, edits=())

    tracks = tuple(replace(track, clips=tuple(plain(clip) for clip in track.clips)) for track in song.tracks)
    return replace(song, tracks=tracks)


def plays_recordings_only(track: Track) -> bool:
    return all(isinstance(clip, AudioClip) for clip in track.clips)


def print_track(project: Project, song: Song, track_id: str, folder: Path) -> ExportedAudio:
    """A track before its fader as a sound file."""
    from bandmate.formats.audio_write import AudioWriter
    from bandmate.formats.dawproject import ExportedAudio
    from bandmate.render.engine import Renderer
    from bandmate.verbs.listening import render_cache

    track = song.track(track_id)
    path = folder / f"{file_name(track.id)}.wav"
    blocks = Renderer(song, project.media, render_cache(project)).track_blocks(track.id, "inserts")
    first = next(blocks, None)
    if first is None:
        raise RequestError(f'track "{track.id}" has nothing to print; its clips are empty')
    with AudioWriter(path, song.rate_hz, first.shape[0], kind="wav-32f") as writer:
        for block in chain([first], blocks):
            writer.write(block)
    return ExportedAudio(path, track.name or track.id)


def export_midi(project: Project, path: Path | str) -> Exported:
    """`export_score` for MIDI."""
    return export_score(project, path)


def export_score(project: Project, path: Path | str) -> Exported:
    """Write the song's notes, tempo, meters, keys, markers and words as MIDI, MusicXML or ABC, by the ending; the last
    two carry chord symbols too.

    Raises
    ------
    RequestError
        if the song has no notes, or the ending is none of these.
    """
    from bandmate.formats.scores import write_score

    song = project.song
    if not any(isinstance(clip, NoteClip) for track in song.tracks for clip in track.clips):
        raise RequestError("the song has no notes to write, its tracks are recordings; export a .dawproject")
    write_score(song, path)
    sounding = [t.name or t.id for t in song.tracks if any(isinstance(c, AudioClip) for c in t.clips)]
    return Exported(Path(path), (f"recordings: {', '.join(sounding)}",) if sounding else ())
