from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from bandmate.sound.pulse import Beats, accents, chance_reward, follow, likely_tempi, paced, recurrence, settled
from tests.sound.rhythms import HOP_SECONDS, beat_times, between, rows

Reals = npt.NDArray[np.float64]


def clicks(beats: Reals) -> Reals:
    """Accents of a click on every beat and a soft one between."""
    seconds = float(beats[-1]) + 0.5
    return accents(rows([(beats, 12.0, 0.0), (between(beats, 0.5), 3.0, 0.0)], seconds)[0], HOP_SECONDS)


def best_near(row: Reals, bpm: float) -> Beats:
    tempi = likely_tempi(recurrence(row, HOP_SECONDS), HOP_SECONDS)
    nearest = min(tempi, key=lambda tempo: abs(np.log(tempo / bpm)))
    return settled(paced(row, (nearest,), HOP_SECONDS)[0], row, HOP_SECONDS)


def late_by(beats: Beats, truth: Reals) -> Reals:
    """How far each true beat is from the nearest that was found."""
    return np.asarray(beats.seconds[np.abs(truth[:, None] - beats.seconds).argmin(axis=1)] - truth)


@pytest.mark.parametrize("bpm", [60.0, 72.0, 88.5, 100.0, 120.0, 133.37, 150.0, 174.0, 180.0])
def test_a_steady_tempo_is_found_to_a_hundredth_and_its_beats_to_milliseconds(bpm: float) -> None:
    truth = beat_times(bpm, 100, jitter=0.004)
    found = best_near(clicks(truth), bpm)
    assert found.is_steady
    assert found.bpm == pytest.approx(bpm, abs=0.02 * bpm / 100)
    # A grid may lie half a beat off until its bars are read; see tests of counting.
    half = np.asarray(truth + 30 / bpm)
    late = min(np.abs(late_by(found, one)[:-1]).max() for one in (truth, half))
    assert late < 0.016
    bias = min(abs(float(np.median(late_by(found, one)))) for one in (truth, half))
    assert bias < 0.004


@pytest.mark.parametrize("bpm", [72.0, 96.0, 120.0, 150.0])
def test_a_drifting_tempo_is_followed_and_not_called_steady(bpm: float) -> None:
    truth = beat_times(bpm, 120, drift=0.06)
    found = best_near(clicks(truth), bpm)
    late = np.abs(late_by(found, truth))
    assert not found.is_steady
    assert (late < 0.03).mean() > 0.95
    assert np.median(late) < 0.006


def test_a_rhythm_earns_more_than_chance_and_noise_does_not(rng: np.random.Generator) -> None:
    row = clicks(beat_times(110.0, 60))
    assert follow(row, 110.0, HOP_SECONDS).reward > 1.5 * chance_reward(row, 110.0, HOP_SECONDS)
    for bpm in (70.0, 120.0, 180.0):
        noise = accents(rng.exponential(1.0, 6_000), HOP_SECONDS)
        assert follow(noise, bpm, HOP_SECONDS).reward < 1.1 * chance_reward(noise, bpm, HOP_SECONDS)


def test_the_tempo_is_among_the_likely_ones() -> None:
    for bpm in (60.0, 96.0, 140.0, 200.0):
        tempi = likely_tempi(recurrence(clicks(beat_times(bpm, 60)), HOP_SECONDS), HOP_SECONDS)
        assert min(abs(tempo / bpm - 1) for tempo in tempi) < 0.02
        assert len(tempi) == len({round(tempo) for tempo in tempi})


def test_silence_and_what_is_too_short() -> None:
    assert not accents(np.zeros(500), HOP_SECONDS).any()
    assert accents(np.zeros(0), HOP_SECONDS).shape == (0,)
    assert not recurrence(np.zeros(500), HOP_SECONDS).any()
    assert len(follow(np.ones(20), 60.0, HOP_SECONDS).seconds) == 0
    short = follow(clicks(beat_times(120.0, 5)), 120.0, HOP_SECONDS)
    assert settled(short, clicks(beat_times(120.0, 5)), HOP_SECONDS) is short


def test_equal_rows_have_equal_beats() -> None:
    row = clicks(beat_times(101.0, 50, jitter=0.01))
    assert np.array_equal(best_near(row, 101.0).seconds, best_near(row.copy(), 101.0).seconds)
