"""Clips against sums made by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from bandmate.render.engine import Renderer
from bandmate.render.rendering import collected
from bandmate.song.clip_edits import Breaths, Silences, SpanGain, in_order
from bandmate.song.song import Song
from bandmate.song.tracks import Track
from bandmate.sound.audio import Samples
from tests.render.songs import RATE_HZ, clip, media, noise, song

SIGNAL = noise(5, 10_000)


def dry(*clips: Any, each: Song | None = None, recordings: dict[str, Samples] | None = None, **changes: Any) -> Samples:
    made = each or song(Track(id="t", clips=clips, **changes))
    blocks = Renderer(made, media(**(recordings or {"a": SIGNAL})), block_frames=777).track_blocks("t", "clips")
    return collected(blocks, RATE_HZ, channels=2).samples


def test_a_clip_is_its_stretch_of_the_recording() -> None:
    found = dry(clip("a", 3000, source_start_frame=2000, start_seconds=0.01))
    assert found.shape == (2, 3480)
    assert not found[:, :480].any()
    np.testing.assert_array_equal(found[:, 480:], SIGNAL[:, 2000:5000])


def test_a_clip_longer_than_its_recording_ends_in_silence() -> None:
    found = dry(clip("a", 12_000))
    np.testing.assert_array_equal(found[:, :10_000], SIGNAL)
    assert not found[:, 10_000:].any()


def test_overlapping_clips_add_up_and_muted_ones_do_not() -> None:
    found = dry(clip("a", 2000), clip("a", 2000, id="b", start_seconds=0.0), clip("a", 9000, id="c", mute=True))
    np.testing.assert_array_equal(found, SIGNAL[:, :2000] * 2)


def test_a_crossfade_of_one_recording_is_that_recording() -> None:
    first = clip("a", 6000, fade_out_ms=1000 / 48)
    second = clip("a", 5000, id="b", source_start_frame=5000, start_seconds=5000 / RATE_HZ, fade_in_ms=1000 / 48)
    np.testing.assert_allclose(dry(first, second), SIGNAL, atol=1e-7)


def test_fades_that_do_not_fit_are_shortened_in_proportion() -> None:
    ones = np.ones((1, 100), np.float32)
    found = dry(clip("a", 100, fade_in_ms=300.0, fade_out_ms=100.0), recordings={"a": ones})[0]
    np.testing.assert_allclose(found[:75], (np.arange(75) + 0.5) / 75, rtol=1e-6)
    np.testing.assert_allclose(found[75:], (25 - np.arange(25) - 0.5) / 25, rtol=1e-5)


def test_a_fade_below_half_a_frame_is_none() -> None:
    np.testing.assert_array_equal(dry(clip("a", 10, fade_in_ms=1e-310, fade_out_ms=0.01)), SIGNAL[:, :10])


def test_gain_polarity_and_delay() -> None:
    found = dry(clip("a", 1000, gain_db=-20.0), polarity_inverted=True, delay_ms=2.0)
    assert found.shape == (2, 1096)
    np.testing.assert_allclose(found[:, 96:], SIGNAL[:, :1000] * -0.1, rtol=1e-6)
    early = dry(clip("a", 1000), delay_ms=-2.0)
    np.testing.assert_array_equal(early, SIGNAL[:, 96:1000])


def test_delay_is_rounded_to_whole_frames() -> None:
    assert dry(clip("a", 1000), delay_ms=0.0105).shape == (2, 1001)
    assert dry(clip("a", 1000), delay_ms=0.0103).shape == (2, 1000)


def test_mono_stays_mono_until_something_stereo_joins() -> None:
    mono = noise(6, 500, channels=1)
    assert dry(clip("m", 500), recordings={"m": mono}).shape == (1, 500)
    both = dry(clip("m", 500), clip("a", 300), recordings={"m": mono, "a": SIGNAL})
    assert both.shape == (2, 500)
    np.testing.assert_array_equal(both[:, 300:], np.repeat(mono[:, 300:], 2, axis=0))
    np.testing.assert_array_equal(both[:, :300], mono[:, :300] + SIGNAL[:, :300])


def test_a_clip_of_no_frames_is_nothing() -> None:
    assert dry(clip("a", 0)).shape == (2, 0)


def test_more_recordings_than_are_kept_open_play_all_the_same() -> None:
    recordings = {f"r{i}": noise(i, 400) for i in range(20)}
    clips = [clip(name, 400, start_seconds=i * 100 / RATE_HZ) for i, name in enumerate(recordings)]
    expected = np.zeros((2, 2300), np.float64)
    for i, signal in enumerate(recordings.values()):
        expected[:, 100 * i : 100 * i + 400] += signal
    np.testing.assert_allclose(dry(*clips, recordings=recordings), expected, atol=1e-6)


@pytest.mark.parametrize("source_rate_hz", [44_100, 96_000])
def test_a_recording_of_another_rate_keeps_its_place_and_length(source_rate_hz: int) -> None:
    found = dry(clip("a", source_rate_hz // 10, source_rate_hz=source_rate_hz, start_seconds=0.05))
    assert found.shape[1] == 2400 + 4800


def test_an_edit_is_heard_where_it_is_and_nowhere_else() -> None:
    breath = Breaths(id="b", spans=(SpanGain(id="1", start_frame=3_000, frames=1_000, gain_db=-8.0),), ramp_ms=0.0)
    found = dry(clip("a", 6_000, source_start_frame=2_000, edits=(breath,)))
    np.testing.assert_array_equal(found[:, :1_000], SIGNAL[:, 2_000:3_000])
    np.testing.assert_allclose(found[:, 1_000:2_000], SIGNAL[:, 3_000:4_000] * 10 ** (-8 / 20), rtol=1e-6)
    np.testing.assert_array_equal(found[:, 2_000:], SIGNAL[:, 4_000:8_000])


def test_an_edit_that_is_off_or_at_nothing_leaves_every_bit() -> None:
    breath = Breaths(id="b", spans=(SpanGain(id="1", start_frame=10, frames=500, gain_db=-8.0),))
    for still in (breath.neutral(), replace(breath, enabled=False)):
        np.testing.assert_array_equal(dry(clip("a", 6_000, edits=(still,))), SIGNAL[:, :6_000])


def test_edits_are_played_in_their_own_order() -> None:
    first = Breaths(id="b", spans=(SpanGain(id="1", start_frame=0, frames=500, gain_db=-8.0),))
    last = Silences(id="s", spans=(SpanGain(id="1", start_frame=300, frames=500, gain_db=-150.0),))
    one, other = (dry(clip("a", 6_000, edits=order)) for order in ((first, last), (last, first)))
    np.testing.assert_array_equal(one, other)
    assert in_order((last, first)) == (first, last)
