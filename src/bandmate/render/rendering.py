"""Rendering a whole song, or a part of it, into memory.

Conventions: see ``bandmate.render.engine``, which does the same block by block in bounded memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from bandmate.render.cache import RenderCache
from bandmate.render.engine import Progress, Renderer, Stop
from bandmate.render.media import Media
from bandmate.render.report import Rendering
from bandmate.render.span import Span
from bandmate.song.song import Song
from bandmate.sound.audio import Audio, Samples


def render(
    song: Song,
    media: Media,
    *,
    span: Span | None = None,
    tracks: tuple[str, ...] | list[str] | None = None,
    cache: RenderCache | None = None,
    stop_after: Stop = "main",
    progress: Progress | None = None,
) -> Rendering:
    """The mix, stereo, at the song's rate.

    Parameters
    ----------
    song : Song
    media : Media
        where the recordings are.
    span : Span, optional
        the stretch to render; bit for bit the same as that stretch of the whole.
    tracks : sequence of str, optional
        ids or names of the tracks to hear; all by default.
    cache : RenderCache, optional
    stop_after : {"main", "main-before-inserts"}
        the latter is what a mastering chain gets.
    progress : callable, optional
        is told the share that is done.

    Returns
    -------
    Rendering
        ``audio`` with 0 frames for a song without sound, and ``report``.

    Raises
    ------
    UnknownName, RequestError
        for a track or bus that does not exist, buses in a circle, or a recording with NaN before a device.
    """
    renderer = Renderer(song, media, cache, tracks=tracks, progress=progress)
    audio = collected(renderer.blocks(span, stop_after=stop_after), song.rate_hz, channels=2)
    return Rendering(audio, renderer.report())


class Stem(NamedTuple):
    """One part of the mix on its own. ``name`` is the id of the track or bus."""

    name: str
    blocks: Iterator[Samples]


def render_stems(song: Song, media: Media, *, cache: RenderCache | None = None, span: Span) -> Iterator[Stem]:
    """Every track that is not muted after its fader and pan, then every bus, each as long as ``span``.

    Tracks that feed main, and buses that feed main, add up to what main's devices get. Each stem is stereo and must be
    read to its end before the next.
    """
    renderer = Renderer(song, media, cache)
    for track in song.tracks:
        if not track.mute:
            yield Stem(track.id, renderer.track_blocks(track.id, "fader", span))
    for bus in song.buses:
        yield Stem(bus.id, filled(renderer.bus_blocks(bus.id, span), span.end_frame - span.start_frame))


def filled(blocks: Iterator[Samples], frames: int) -> Iterator[Samples]:
    """The blocks, and silence after them up to ``frames`` frames."""
    for block in blocks:
        frames -= block.shape[1]
        yield block
    if frames > 0:
        yield np.zeros((2, frames), np.float32)


def collected(blocks: Iterator[Samples], rate_hz: int, *, channels: int) -> Audio:
    """All blocks as one signal; ``channels`` counts when there are none."""
    found = list(blocks)
    return Audio(np.concatenate(found, axis=1) if found else np.zeros((channels, 0), np.float32), rate_hz)
