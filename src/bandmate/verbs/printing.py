"""Printing sound to files: the mix and its stems; for masters see ``bandmate.verbs.master_files``.

Every file is written whole or not at all, and measured again from disk, so that the figures that are reported are those
of the file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bandmate.formats.atomic_file import disk_errors
from bandmate.project.folder import Project
from bandmate.song.errors import OutOfRange, RequestError
from bandmate.song.song import Song
from bandmate.verbs.listening import render_cache
from bandmate.verbs.progress import Progress, silent
from bandmate.verbs.readiness import make_ready

if TYPE_CHECKING:
    from bandmate.formats.audio_write import Kind
    from bandmate.render.span import Span
    from bandmate.sound.audio import Samples
    from bandmate.sound.dither import Dither
    from bandmate.stages.hearing import Hearing


@dataclass(frozen=True, slots=True)
class Printed:
    """A file that was written, and what it measures when read back.

    ``trim_db`` is what it was turned down by so that its peaks stay under a ceiling, and ``rounds`` how often it was
    written for that.
    """

    path: Path
    kind: Kind
    hearing: Hearing
    sha256: str
    trim_db: float = 0.0
    rounds: int = 1


def render_mix(
    project: Project,
    path: Path | str,
    *,
    kind: Kind = "wav-24",
    song: Song | None = None,
    span: Span | None = None,
    tracks: tuple[str, ...] | None = None,
    progress: Progress = silent,
) -> Printed:
    """Write the song as it is now, with everything on its main bus; at another rate where the kind needs one.

    Parameters
    ----------
    kind : str
        what to write, such as ``wav-24``; the name of the file is not looked at.
    song : Song, optional
        this song instead of the project's, with the project's recordings.
    span : Span, optional
        only these frames of it.
    tracks : tuple of str, optional
        only these tracks, by id or name; the others are silent, and so is what they would send.

    Returns
    -------
    Printed
        the file and what it measures when read back; silence has no loudness.

    Raises
    ------
    RequestError
        if no track plays anything.
    OutOfRange
        if ``span`` begins after the end of the song.
    """
    from bandmate.formats.audio_write import writable_rate_hz
    from bandmate.render.engine import Renderer

    chosen = project.song if song is None else song
    check_sounds(chosen)
    make_ready(progress)
    renderer = Renderer(
        chosen,
        project.media,
        render_cache(project),
        tracks=tracks,
        progress=lambda share: progress("rendering", share * 0.9),
    )
    if span is not None and span.start_frame >= renderer.song_frames:
        starts, ends = span.start_frame / chosen.rate_hz, renderer.song_frames / chosen.rate_hz
        raise OutOfRange(f"nothing plays from {starts:.1f} s on: the song ends at {ends:.1f} s; begin earlier")
    rate_hz = writable_rate_hz(kind, chosen.rate_hz)
    blocks = at_rate(renderer.blocks(span), chosen.rate_hz, rate_hz)
    return printed(Path(path), blocks, rate_hz, kind=kind, tags={"title": chosen.title})


def render_stems(
    project: Project, folder: Path | str, *, kind: Kind = "wav-24", progress: Progress = silent
) -> tuple[Path, ...]:
    """Write every track after its fader and pan: same start, same length, one stereo file each, muted tracks left out.

    Raises
    ------
    RequestError
        if no track plays anything, or ``folder`` is a file.
    """
    from bandmate.formats.audio_write import SUFFIXES, AudioWriter, WriteOptions
    from bandmate.render.engine import Renderer
    from bandmate.render.span import Span

    song, place = project.song, Path(folder)
    check_sounds(song)
    make_ready(progress)
    if place.is_file():
        raise RequestError(f'"{place}" is a file; stems need a folder, choose another name')
    with disk_errors(place):
        place.mkdir(parents=True, exist_ok=True)
    renderer = Renderer(song, project.media, render_cache(project))
    span = Span(0, renderer.song_frames)
    sounding = [track for track in song.tracks if track.clips and not track.mute]
    written = []
    for count, track in enumerate(sounding):
        progress(f"writing {track.name or track.id}", count / len(sounding))
        path = place / f"{count + 1:02d}_{file_name(track.name or track.id)}{SUFFIXES[kind]}"
        tags = {"title": f"{song.title} - {track.name}"}
        options = WriteOptions(seed=count)
        with AudioWriter(path, song.rate_hz, 2, kind=kind, tags=tags, options=options) as writer:
            for block in renderer.track_blocks(track.id, "fader", span):
                writer.write(block)
        written.append(path)
    return tuple(written)


def at_rate(blocks: Iterable[Samples], from_hz: int, to_hz: int) -> Iterator[Samples]:
    """The blocks at another rate; the same blocks at the same rate."""
    if from_hz == to_hz:
        yield from blocks
        return
    from bandmate.sound.resample import Resampler

    resampler = Resampler(from_hz, to_hz, 2)
    for block in blocks:
        yield resampler.feed(block)
    yield resampler.finish()


def turned(blocks: Iterable[Samples], gain_db: float) -> Iterator[Samples]:
    """The blocks with a gain; untouched at 0 dB."""
    import numpy as np

    factor = np.float32(10 ** (gain_db / 20))
    for block in blocks:
        yield block if gain_db == 0.0 else block * factor


def printed(
    path: Path,
    blocks: Iterable[Samples],
    rate_hz: int,
    *,
    kind: Kind,
    tags: Mapping[str, str],
    check_peak: bool = False,
    dither: Dither = "tpdf",
) -> Printed:
    """Write the blocks and measure the file."""
    write_sound(path, blocks, rate_hz, kind=kind, tags=tags, dither=dither)
    return measured_file(path, kind=kind, check_peak=check_peak)


def write_sound(
    path: Path,
    blocks: Iterable[Samples],
    rate_hz: int,
    *,
    kind: Kind,
    tags: Mapping[str, str],
    dither: Dither = "tpdf",
) -> None:
    """Write the blocks."""
    from bandmate.formats.audio_write import AudioWriter, WriteOptions

    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    kept, options = {k: v for k, v in tags.items() if v}, WriteOptions(dither=dither)
    with AudioWriter(path, rate_hz, 2, kind=kind, tags=kept, options=options) as writer:
        for block in blocks:
            writer.write(block)


def measured_file(path: Path, *, kind: Kind, check_peak: bool = False) -> Printed:
    """A file on disk, measured."""
    from bandmate.formats.audio_files import decode_blocks, probe
    from bandmate.stages.hearing import hear

    hearing = hear(decode_blocks(path), probe(path).rate_hz, check_peak=check_peak)
    return Printed(path, kind, hearing, sha256_of(path))


def sha256_of(path: Path) -> str:
    """The hash of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_sounds(song: Song) -> None:
    """Refuse a song without anything to play."""
    if not any(track.clips and not track.mute for track in song.tracks):
        raise RequestError("the song has no track that plays anything; import recordings or MIDI first")


def file_name(name: str) -> str:
    """A track's name as part of a file name: what some system forbids becomes a hyphen."""
    kept = "".join("-" if c in '<>:"/\\|?*' or ord(c) < 32 else c for c in name).strip(" .")
    return kept or "track"
