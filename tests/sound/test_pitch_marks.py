"""Pitch marks: one in each period, evenly, the same whatever is around."""

from __future__ import annotations

import numpy as np
import pytest

from bandmate.sound.pitch_curve import PitchCurve
from bandmate.sound.pitch_marks import marks_of, voiced_runs
from tests.sound.phrases import curve_of, phrase, sung

RATE_HZ = 22_050


@pytest.mark.parametrize("pitch", [36.0, 45.3, 57.2, 69.0, 81.4])
def test_marks_are_a_period_apart(pitch: float) -> None:
    pitches = phrase(RATE_HZ, ((0.1, 0.9, pitch),), 1.0)
    curve = curve_of(pitches, RATE_HZ)
    (run,) = voiced_runs(curve, 1.0)
    (marks,) = marks_of(sung(pitches, RATE_HZ), RATE_HZ, curve, run)
    period = RATE_HZ / (440.0 * 2.0 ** ((pitch - 69.0) / 12.0))
    inner = np.diff(marks.places)[2:-2]
    assert abs(inner.mean() / period - 1) < 1e-4
    assert inner.std() / period < 0.004
    assert len(marks.places) == pytest.approx(0.8 * RATE_HZ / period, abs=4)
    assert np.all(np.diff(marks.centres) > 0)


def test_marks_follow_vibrato_and_a_curve_that_is_off() -> None:
    pitches = phrase(RATE_HZ, ((0.1, 1.4, 57.0),), 1.5)
    pitches += 0.6 * np.sin(2 * np.pi * 5.5 * np.arange(len(pitches)) / RATE_HZ)
    sound, curve = sung(pitches, RATE_HZ), curve_of(pitches, RATE_HZ)
    off = PitchCurve(curve.hop_seconds, curve.hz * 1.01, curve.confidence.copy())
    found = [marks_of(sound, RATE_HZ, each, voiced_runs(each, 1.5)[0])[0].places for each in (curve, off)]
    np.testing.assert_allclose(np.diff(found[0])[3:60], np.diff(found[1])[3:60], atol=0.05)
    middles = ((found[0][:-1] + found[0][1:]) / 2).astype(int)[3:-3]
    cents = 1200 * np.log2(RATE_HZ / np.diff(found[0])[3:-3] / (440 * 2 ** ((pitches[middles] - 69) / 12)))
    assert np.abs(cents).max() < 12


def test_a_run_has_the_same_marks_whatever_comes_after() -> None:
    notes = ((0.1, 0.6, 57.0), (0.8, 1.2, 60.0))
    pitches = phrase(RATE_HZ, notes, 1.4)
    sound, curve = sung(pitches, RATE_HZ), curve_of(pitches, RATE_HZ)
    runs = voiced_runs(curve, 1.4)
    assert len(runs) == 2 and runs[0].to_seconds == runs[1].from_seconds
    changed = sound.copy()
    changed[:, round(0.75 * RATE_HZ) :] *= 0.5
    one, other = (marks_of(each, RATE_HZ, curve, runs[0])[0] for each in (sound, changed))
    np.testing.assert_array_equal(one.places, other.places)
    np.testing.assert_array_equal(one.centres, other.centres)


def test_short_gaps_of_the_curve_are_bridged() -> None:
    hz = np.full(100, 200.0)
    hz[50:53] = 0.0
    assert len(voiced_runs(PitchCurve(0.005, hz.copy(), np.ones(100)), 0.5)) == 1
    hz[50:60] = 0.0
    assert len(voiced_runs(PitchCurve(0.005, hz.copy(), np.ones(100)), 0.5)) == 2
    assert voiced_runs(PitchCurve(0.005, np.zeros(9), np.zeros(9)), 0.5) == []


def test_what_is_no_voice_has_no_marks(rng: np.random.Generator) -> None:
    curve = PitchCurve(0.005, np.full(100, 200.0), np.ones(100))
    (run,) = voiced_runs(curve, 0.5)
    for sound in (np.zeros((1, 11_025), np.float32), np.zeros((2, 0), np.float32), np.ones((1, 3), np.float32)):
        assert marks_of(sound, RATE_HZ, curve, run) == []
    noise = rng.standard_normal((1, 11_025)).astype(np.float32)
    assert sum(len(marks.places) for marks in marks_of(noise, RATE_HZ, curve, run)) < 30
    fast = PitchCurve(0.005, np.full(100, 5_000.0), np.ones(100))
    assert marks_of(noise, RATE_HZ, fast, voiced_runs(fast, 0.5)[0]) == []


def test_channels_of_opposite_polarity_are_heard() -> None:
    pitches = phrase(RATE_HZ, ((0.1, 0.6, 57.0),), 0.7)
    curve, one = curve_of(pitches, RATE_HZ), sung(pitches, RATE_HZ)
    (run,) = voiced_runs(curve, 0.7)
    (marks,) = marks_of(np.vstack([one, -one]), RATE_HZ, curve, run)
    assert len(marks.places) > 90
