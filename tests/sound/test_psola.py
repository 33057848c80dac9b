"""Grains: nothing asked gives the recording, what is asked arrives, ends are met in step."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandmate.sound.pitch_marks import Marks, marks_of, voiced_runs
from bandmate.sound.psola import played, set_grains, settled, with_level
from tests.sound.phrases import curve_of, phrase, sung

RATE_HZ = 16_000


def tone() -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.float32]], Marks]:
    pitches = phrase(RATE_HZ, ((0.05, 0.75, 55.3),), 0.8)
    curve, sound = curve_of(pitches, RATE_HZ), sung(pitches, RATE_HZ)
    (marks,) = marks_of(sound, RATE_HZ, curve, voiced_runs(curve, 0.8)[0])
    return sound, marks


def test_nothing_asked_gives_the_recording() -> None:
    sound, marks = tone()
    count = len(marks.places)
    first, made = played(sound, marks, set_grains(marks, RATE_HZ, np.ones(count - 1), np.ones(count), 5))
    np.testing.assert_allclose(made, sound[:, first : first + made.shape[1]], atol=1e-6)


@given(st.lists(st.floats(0.5, 2.0), min_size=1, max_size=60), st.integers(1, 80))
def test_the_phase_comes_to_a_whole_number(ratios: list[float], settling: int) -> None:
    steps = settled(np.array(ratios), settling)
    assert steps.sum() == pytest.approx(max(1.0, round(float(np.sum(ratios)))), abs=0.51)
    assert steps.sum() == pytest.approx(round(float(steps.sum())), abs=1e-9)
    assert steps.min() > 0.1
    kept = max(0, len(ratios) - settling)
    if steps.min() > 0.3:
        np.testing.assert_array_equal(steps[:kept], ratios[:kept])


@given(st.floats(0.5, 2.0), st.floats(0.6, 1.7))
def test_grains_stay_within_their_stretch(ratio: float, speed: float) -> None:
    places = 100.0 + np.cumsum(np.full(20, 83.3))
    marks = Marks(places, places + 9.5)
    grains = set_grains(marks, RATE_HZ, np.full(19, ratio), np.full(20, speed), 4)
    assert (grains["centre"] - grains["before"]).min() >= marks.centres[0] - 1e-9
    assert (grains["centre"] + grains["after"]).max() <= marks.centres[-1] + 1e-9
    assert grains["source"][0] == marks.centres[0] and grains["source"][-1] == marks.centres[-1]
    assert abs(len(grains) - 1 - 19 * ratio) <= 0.51


def test_ends_are_those_of_the_recording() -> None:
    sound, marks = tone()
    part = Marks(marks.places[10:40], marks.centres[10:40])
    for ratio in (0.8, 1.3):
        first, made = played(sound, part, set_grains(part, RATE_HZ, np.full(29, ratio), np.ones(30), 6))
        there = sound[0, first : first + made.shape[1]]
        top = np.abs(there).max()
        assert abs(made[0, 0] - there[0]) < 0.12 * top and abs(made[0, -1] - there[-1]) < 0.12 * top


@pytest.mark.parametrize("speed", [0.8, 1.25])
def test_formants_move_and_the_pitch_stays(speed: float) -> None:
    sound, marks = tone()
    count = len(marks.places)
    _, made = played(sound, marks, set_grains(marks, RATE_HZ, np.ones(count - 1), np.full(count, speed), 5))
    was, now = (np.abs(np.fft.rfft(each[0, 1_000:9_000] * np.hanning(8_000))) for each in (sound, made))
    hz = np.fft.rfftfreq(8_000, 1 / RATE_HZ)
    low = hz < 5_000
    middle = [float(np.sum(hz[low] * each[low] ** 2) / np.sum(each[low] ** 2)) for each in (was, now)]
    assert (middle[1] / middle[0] > 1.05) if speed > 1 else (middle[1] / middle[0] < 0.95)
    pulse = 440.0 * 2.0 ** ((55.3 - 69.0) / 12.0)
    strongest = float(hz[np.argmax(now)]) / pulse
    assert abs(strongest - round(strongest)) < 0.03


def test_levels_are_kept() -> None:
    sound, _ = tone()
    part = sound[:, 2_000:10_000]
    kept = with_level(part, 0.8 * part, RATE_HZ)
    np.testing.assert_allclose(kept[:, 1_000:-1_000], part[:, 1_000:-1_000], rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(kept[:, [0, -1]], 0.8 * part[:, [0, -1]], rtol=1e-3)
    silent = np.zeros_like(part)
    assert not with_level(part, silent, RATE_HZ).any()
    assert np.array_equal(with_level(part[:, :3], part[:, :3], RATE_HZ), part[:, :3])


def test_kernels_give_what_plain_python_gives() -> None:
    sound, marks = tone()
    part = Marks(marks.places[5:12], marks.centres[5:12])
    grains = set_grains(part, RATE_HZ, np.full(6, 1.21), np.ones(7), 3)
    first, made = played(sound, part, grains)
    plain = np.zeros(made.shape[1])
    for grain in grains:
        n = np.arange(int(np.ceil(grain["centre"] - grain["before"])), int(grain["centre"] + grain["after"]) + 1)
        n = n[(n >= first) & (n < first + len(plain))]
        off = n - grain["centre"]
        width = np.where(off < 0, grain["before"], grain["after"])
        window = np.where(width > 0, 0.5 + 0.5 * np.cos(np.pi * off / np.maximum(width, 1e-9)), 1.0)
        at = np.arange(sound.shape[1])
        value = np.array([np.sum(np.sinc(place - at) * sound[0]) for place in grain["source"] + off])
        plain[n - first] += grain["gain"] * window * value
    np.testing.assert_allclose(made[0], plain, atol=0.002)
