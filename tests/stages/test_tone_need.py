"""How far a song is from a target: nothing for itself, and only what can be compared is compared."""

from __future__ import annotations

import numpy as np
import pytest

from bandmate.stages.master.portrait import portrait_of
from bandmate.stages.master.target import Reference, Target, target_of
from bandmate.stages.master.tone_need import left_out, needs_of, tone_error_db
from tests.stages.tone_songs import BAND_HZ, bell, heard, record, response_db, sketch, sketched, usual_db


def target(mid_db: np.ndarray, side_db: np.ndarray | None = None, tolerance_db: float = 1.0) -> Target:
    """A target with those curves."""
    side = np.full(len(mid_db), -150.0) if side_db is None else side_db
    tolerance = tuple([tolerance_db] * len(mid_db))
    return Target(
        names=("it",),
        band_hz=tuple(BAND_HZ[: len(mid_db)].tolist()),
        mid_db=tuple(mid_db.tolist()),
        side_db=tuple(side.tolist()),
        mid_tolerance_db=tolerance,
        side_tolerance_db=tolerance,
    )


def test_a_record_is_no_distance_from_itself() -> None:
    hearing = heard(record(1))
    portrait = portrait_of(hearing, "it")
    own = target_of([Reference(portrait=portrait)])
    assert own is not None
    error = tone_error_db(portrait, own)
    assert error is not None and error.mid_db == pytest.approx(0.0, abs=1e-9)
    assert error.side_db == pytest.approx(0.0, abs=1e-9)
    assert error.mid_bands == error.side_bands == 28
    assert all(need.is_within for need in needs_of(portrait, own))
    assert tone_error_db(sketched(record(1)), own) == tone_error_db(portrait, own)


def test_level_does_not_count_and_a_planted_bell_does() -> None:
    wanted = target(usual_db(), usual_db() - 8.0)
    assert tone_error_db(sketch(usual_db() - 12.0, usual_db() - 30.0), wanted).mid_db == pytest.approx(0.0, abs=1e-9)
    off = response_db([bell(2_000.0, 6.0)])
    error = tone_error_db(sketch(usual_db() + off, usual_db() - 8.0), wanted)
    inside = (BAND_HZ > 31.0) & (BAND_HZ < 16_500.0)
    assert error.mid_db == pytest.approx(np.abs(off[inside] - off[inside].mean()).mean(), abs=1e-6)
    assert error.side_db == pytest.approx(0.0, abs=1e-9)
    assert error.worst_hz == pytest.approx(1_995.0, rel=0.01) and error.worst_db < -3.0


def test_what_is_too_far_away_is_named_and_left_out() -> None:
    gap = np.where((BAND_HZ > 5_000.0) & (BAND_HZ < 8_500.0), -20.0, 0.0)
    needs = needs_of(sketch(usual_db() + gap), target(usual_db()))
    assert needs.mid.compared.sum() == 25 and needs.side is None
    assert needs.mid.error_db == pytest.approx(0.0, abs=1e-9)
    (left,) = left_out(needs)
    assert (left.scope, left.region) == ("mid", "treble")
    assert left.low_hz == pytest.approx(5_012, rel=0.01) and left.high_hz == pytest.approx(7_943, rel=0.01)
    assert left.need_db == pytest.approx(20.0, abs=1e-6)


def test_after_a_change_the_same_bands_are_compared() -> None:
    gap = np.where((BAND_HZ > 5_000.0) & (BAND_HZ < 8_500.0), -20.0, 0.0)
    wanted = target(usual_db())
    before = needs_of(sketch(usual_db() + gap), wanted)
    after = needs_of(sketch(usual_db() + 0.5 * gap), wanted, before)
    assert np.array_equal(after.mid.compared, before.mid.compared)
    assert tone_error_db(sketch(usual_db() + 0.5 * gap), wanted, before).mid_bands == 25


def test_hiss_under_the_music_is_not_compared() -> None:
    dull = np.where(BAND_HZ > 4_500.0, -95.0, usual_db())
    needs = needs_of(sketch(dull), target(usual_db()))
    assert not needs.mid.compared[BAND_HZ > 4_500.0].any() and not needs.mid.sounds[BAND_HZ > 4_500.0].any()
    assert not needs.mid.need_db[BAND_HZ > 4_500.0].any()


def test_rates_may_differ() -> None:
    few = BAND_HZ < 4_500.0
    low = needs_of(sketch(usual_db()[few], rate_hz=8_000), target(usual_db()))
    assert low.mid.compared.sum() == 22 and len(low.mid.need_db) == few.sum()
    high = needs_of(sketch(usual_db()), target(usual_db()[few]))
    assert high.mid.compared.sum() == 22 and len(high.mid.need_db) == len(BAND_HZ)
    assert high.mid.error_db == pytest.approx(0.0, abs=1e-9)


def test_nothing_can_be_compared_with_silence_or_without_a_curve() -> None:
    assert tone_error_db(sketched(np.zeros((2, 44_100), np.float32)), target(usual_db())) is None
    assert tone_error_db(sketch(usual_db()), Target(names=("it",))) is None
    tone = np.where(np.abs(np.log2(BAND_HZ / 440.0)) < 0.4, -20.0, -150.0)
    assert tone_error_db(sketch(tone), target(usual_db())) is None
    assert tone_error_db(portrait_of(heard(np.zeros((2, 44_100), np.float32))), target(usual_db())) is None
    assert needs_of(sketch(usual_db()), Target(names=())).error_db == 0.0


def test_a_bump_of_an_octave_is_a_fault_though_the_mean_is_small() -> None:
    off = np.where(np.abs(np.log2(BAND_HZ / 1_000.0)) < 0.5, 4.0, 0.0)
    needs = needs_of(sketch(usual_db() + off), target(usual_db()))
    assert needs.mid.error_db < 1.0 and not needs.mid.is_within
    tolerant = needs_of(sketch(usual_db() + off), target(usual_db(), tolerance_db=4.0))
    assert tolerant.mid.is_within


def test_a_target_without_sides_compares_the_middle_only() -> None:
    needs = needs_of(sketch(usual_db(), usual_db() - 6.0), target(usual_db()))
    assert needs.mid is not None and needs.side is None
