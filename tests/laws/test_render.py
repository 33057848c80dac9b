"""Laws of rendering, over generated songs with the real devices."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from bandmate.render.cache import RenderCache
from bandmate.render.engine import Renderer
from bandmate.render.media import MemoryMedia
from bandmate.render.rendering import render
from bandmate.render.span import Span
from bandmate.song.clips import AudioClip
from bandmate.song.devices import Plugin
from bandmate.song.song import Song
from bandmate.song.tracks import MAIN, Track
from bandmate.sound.audio import Audio
from tests.songs import songs

RATES = (44_100, 48_000)
NOISE = (np.random.default_rng(7).standard_normal((2, 30_000)) * 0.1).astype(np.float32)


def media(rate_hz: int) -> MemoryMedia:
    """A mono and a stereo recording, at the song's rate so that the laws are quick to check."""
    return MemoryMedia({"0" * 64: Audio(NOISE[:1], rate_hz), "ab" * 32: Audio(NOISE, rate_hz)})


def playable(song: Song) -> Song:
    """The song without plug-ins and notes, its clips near the start, and everything that it names in place."""
    names = {bus.id for bus in song.buses}
    tracks = tuple(playable_track(track, names, song.rate_hz) for track in song.tracks)
    buses = tuple(replace(bus, output=MAIN, inserts=played(bus.inserts)) for bus in song.buses)
    return replace(song, tracks=tracks, buses=buses, main=replace(song.main, inserts=played(song.main.inserts)))


def playable_track(track: Track, names: set[str], rate_hz: int) -> Track:
    clips = tuple(
        replace(clip, start_seconds=clip.start_seconds % 0.5, source_frames=clip.source_frames % 30_000,
                source_rate_hz=rate_hz)
        for clip in track.clips
        if isinstance(clip, AudioClip)
    )  # fmt: skip
    sends = tuple(send for send in track.sends if send.bus in names)
    output = track.output if track.output in names else MAIN
    return replace(track, clips=clips, sends=sends, output=output, inserts=played(track.inserts))


def played(inserts: tuple[object, ...]) -> tuple[object, ...]:
    return tuple(device for device in inserts if not isinstance(device, Plugin))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(song=songs(locked=False).map(playable), start=st.integers(0, 40_000), length=st.integers(1, 40_000))
def test_spans_blocks_workers_and_caches_change_no_bit(song: Song, start: int, length: int) -> None:
    sound = media(song.rate_hz)
    whole = render(song, sound)
    samples = whole.audio.samples
    assert np.isfinite(samples).all()
    assert samples.shape[1] >= whole.report.song_frames

    part = render(song, sound, span=Span(start, start + length))
    np.testing.assert_array_equal(part.audio.samples, samples[:, start : start + length])

    blocks = list(Renderer(song, sound, block_frames=4_321, workers=1).blocks(frames=1_000))
    np.testing.assert_array_equal(np.concatenate([samples[:, :0], *blocks], axis=1), samples)

    with tempfile.TemporaryDirectory() as folder:
        for _ in range(2):
            cached = render(song, sound, cache=RenderCache(Path(folder)))
            np.testing.assert_array_equal(cached.audio.samples, samples)
            assert cached.report == whole.report
