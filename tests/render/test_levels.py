"""Fader and pan against their formulas."""

from __future__ import annotations

import numpy as np
import pytest

from bandmate.render.levels import Fader, Panner, balance_sides, linear_gain, mono_sides, placed
from bandmate.song.song import Song
from bandmate.song.time import TempoMap, TempoPoint
from bandmate.song.tracks import Automation, AutomationPoint
from tests.render.songs import noise

SONG = Song(rate_hz=48_000)


def automation(parameter: str, *points: tuple[int, float]) -> Automation:
    made = tuple(AutomationPoint(id=str(i), at_ticks=at, value=value) for i, (at, value) in enumerate(points))
    return Automation(id="a", parameter=parameter, points=made)  # type: ignore[arg-type]


def test_zero_decibels_and_the_centre_leave_every_bit() -> None:
    for channels in (1, 2):
        block = noise(1, 100, channels)
        after = placed(block, 0, Fader(0.0, (), SONG), Panner(0.0, (), SONG))
        np.testing.assert_array_equal(after, np.broadcast_to(block, (2, 100)))


def test_minus_150_decibels_is_silence() -> None:
    assert linear_gain(-150.0) == 0.0
    assert linear_gain(-149.9) > 0.0
    assert linear_gain(0.0) == 1.0
    assert linear_gain(20.0) == pytest.approx(10.0)


def test_mono_sound_keeps_its_power_at_every_pan() -> None:
    for pan in np.linspace(-1, 1, 41):
        left, right = mono_sides(float(pan))
        assert left**2 + right**2 == pytest.approx(2.0)
    assert mono_sides(0.0) == (1.0, 1.0)
    assert mono_sides(-1.0) == (pytest.approx(2**0.5), 0.0)
    assert mono_sides(1.0) == (pytest.approx(0.0, abs=1e-12), pytest.approx(2**0.5))


def test_stereo_sound_is_balanced() -> None:
    assert balance_sides(0.0) == (1.0, 1.0)
    assert balance_sides(0.25) == (0.75, 1.0)
    assert balance_sides(-1.0) == (1.0, 0.0)


def test_automation_moves_in_straight_lines_and_adds_to_the_fader() -> None:
    moving = Fader(-6.0, (automation("gain_db", (960, 0.0), (1920, -12.0)),), SONG)
    # 960 ticks are 24000 frames at 120 quarters a minute.
    expected_db = {0: -6.0, 24_000: -6.0, 36_000: -12.0, 48_000: -18.0, 60_000: -18.0}
    for frame, level_db in expected_db.items():
        assert 20 * np.log10(np.asarray(moving.gains(frame, 1))[0]) == pytest.approx(level_db)


def test_two_points_at_one_place_are_a_step() -> None:
    stepped = Fader(0.0, (automation("gain_db", (0, 0.0), (960, 0.0), (960, -150.0), (1920, -150.0)),), SONG)
    gains = np.asarray(stepped.gains(23_990, 20))
    np.testing.assert_array_equal(gains, [1.0] * 10 + [0.0] * 10)


def test_automation_follows_the_tempo_map() -> None:
    slow = Song(rate_hz=48_000, tempo=TempoMap(points=(TempoPoint(id="1", at_ticks=0, bpm=60.0),)))
    gains = np.asarray(Fader(0.0, (automation("gain_db", (0, 0.0), (960, -20.0)),), slow).gains(48_000, 1))
    assert gains[0] == pytest.approx(0.1)


def test_pan_automation_replaces_the_fixed_pan() -> None:
    panner = Panner(1.0, (automation("pan", (0, -1.0), (960, 1.0)),), SONG)
    left, right = panner.sides(0, 24_001, is_mono=False)
    np.testing.assert_allclose([np.asarray(left)[0], np.asarray(right)[0]], [1.0, 0.0])
    np.testing.assert_allclose([np.asarray(left)[12_000], np.asarray(right)[12_000]], [1.0, 1.0])
    np.testing.assert_allclose([np.asarray(left)[24_000], np.asarray(right)[24_000]], [0.0, 1.0])
    left, right = panner.sides(0, 24_001, is_mono=True)
    np.testing.assert_allclose(np.asarray(left) ** 2 + np.asarray(right) ** 2, 2.0)
    assert np.asarray(left)[12_000] == np.asarray(right)[12_000] == 1.0


def test_automation_without_points_does_nothing() -> None:
    assert Fader(0.0, (automation("gain_db"),), SONG).is_neutral
    assert Panner(0.5, (automation("pan"),), SONG).sides(0, 5, is_mono=False) == (0.5, 1.0)
