"""Partial loudness keeps its laws: nothing beside a sound, silence, more of the others, and levels."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.sound.partial_loudness import (
    FULL_SCALE_SPL_DB,
    audible_ratio,
    ear_for,
    excitation,
    loudness_in_quiet,
    partial_loudness,
    threshold_spl_db,
)
from bandmate.sound.spectrum import erb_bands

HZ = tuple(float(hz) for hz in erb_bands(48_000).centre_hz)
AT_1_KHZ = 15

levels_db = st.floats(-110.0, 0.0)
seeds = st.integers(0, 2**32 - 1)


def sound(seed: int, level_db: float, hops: int = 4) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (10 ** ((level_db + rng.normal(0.0, 8.0, (len(HZ), hops))) / 10)).astype(np.float32)


def tone_at(spl_db: float, band: int = AT_1_KHZ) -> np.ndarray:
    power = np.zeros((len(HZ), 1), np.float32)
    power[band] = 10 ** ((spl_db - FULL_SCALE_SPL_DB) / 10)
    return power


@settings(max_examples=30, deadline=None)
@given(seeds, levels_db, levels_db, st.floats(0.0, 40.0))
def test_more_of_the_others_never_makes_a_sound_louder(seed: int, own: float, others: float, more_db: float) -> None:
    target, masker = excitation(sound(seed, own), HZ), excitation(sound(seed + 1, others), HZ)
    louder = masker * np.float32(10 ** (more_db / 10))
    alone = loudness_in_quiet(target, HZ)
    before, after = partial_loudness(target, masker, HZ), partial_loudness(target, louder, HZ)
    assert (after <= before * (1 + 1e-4) + 1e-9).all() and (before <= alone * (1 + 1e-4) + 1e-9).all()
    ratio = audible_ratio(target, masker, HZ)
    assert (ratio >= 0).all() and (ratio <= 1).all()


@settings(max_examples=30, deadline=None)
@given(seeds, levels_db, levels_db, st.floats(0.0, 40.0))
def test_a_sound_turned_up_is_never_softer(seed: int, own: float, others: float, more_db: float) -> None:
    target, masker = excitation(sound(seed, own), HZ), excitation(sound(seed + 1, others), HZ)
    louder = target * np.float32(10 ** (more_db / 10))
    assert (partial_loudness(louder, masker, HZ) >= partial_loudness(target, masker, HZ) * (1 - 1e-4) - 1e-9).all()


@given(seeds, levels_db)
def test_beside_silence_it_is_as_loud_as_in_quiet(seed: int, own: float) -> None:
    target = excitation(sound(seed, own), HZ)
    beside_nothing = partial_loudness(target, np.zeros_like(target), HZ)
    assert np.array_equal(beside_nothing, loudness_in_quiet(target, HZ))
    assert np.array_equal(audible_ratio(target, np.zeros_like(target), HZ), np.ones_like(target))


def test_silence_has_no_loudness_and_a_ratio_of_one() -> None:
    silent, loud = np.zeros((len(HZ), 3), np.float32), excitation(sound(1, -40.0, 3), HZ)
    assert not excitation(silent, HZ).any()
    assert not partial_loudness(silent, loud, HZ).any()
    assert (audible_ratio(silent, loud, HZ) == 1.0).all()


def test_nothing_at_all_is_nothing() -> None:
    nothing = np.zeros((len(HZ), 0), np.float32)
    assert excitation(nothing, HZ).shape == (len(HZ), 0)
    assert partial_loudness(nothing, nothing, HZ).shape == (len(HZ), 0)


def test_the_ear_hears_best_at_3_khz_and_badly_in_the_depth() -> None:
    hz = np.array([31.5, 100.0, 1_000.0, 3_150.0, 10_000.0])
    standard_db = np.array([59.5, 26.5, 2.4, -6.0, 13.9])
    assert threshold_spl_db(hz) == pytest.approx(standard_db, abs=6.0)  # ISO 226:2003, Table 1


def test_a_tone_of_40_db_at_1_khz_is_about_half_a_sone_for_one_ear() -> None:
    assert 0.35 < float(loudness_in_quiet(excitation(tone_at(40.0), HZ), HZ).sum()) < 0.65


def test_ten_decibels_more_are_about_twice_as_loud() -> None:
    loud = [float(loudness_in_quiet(excitation(tone_at(spl), HZ), HZ).sum()) for spl in (50.0, 60.0, 70.0, 80.0)]
    assert all(1.5 < after / before < 2.2 for before, after in pairwise(loud))


def test_low_sounds_mask_high_ones_more_than_the_other_way_round() -> None:
    low, high = excitation(tone_at(85.0, 14), HZ), excitation(tone_at(65.0, 16), HZ)
    upward = audible_ratio(high, low, HZ)[16, 0]
    low, high = excitation(tone_at(65.0, 14), HZ), excitation(tone_at(85.0, 16), HZ)
    downward = audible_ratio(low, high, HZ)[14, 0]
    assert upward < 0.1 and downward > 0.3


def test_a_louder_sound_reaches_further_up() -> None:
    reach = [excitation(tone_at(spl), HZ)[:, 0] for spl in (50.0, 90.0)]
    quiet = ear_for(HZ).quiet
    soft_db, loud_db = (10 * np.log10(e * quiet / (e * quiet)[AT_1_KHZ] + 1e-12) for e in reach)
    assert loud_db[AT_1_KHZ + 4] > soft_db[AT_1_KHZ + 4] + 15.0
    assert loud_db[AT_1_KHZ - 2] == pytest.approx(soft_db[AT_1_KHZ - 2], abs=0.1)


def test_a_tone_is_just_heard_a_little_below_the_noise_in_its_band() -> None:
    noise = excitation(np.full((len(HZ), 1), 1e-4, np.float32), HZ)
    near = [float(audible_ratio(noise * np.float32(10 ** (db / 10)), noise, HZ)[AT_1_KHZ, 0]) for db in (-10, -3, 10)]
    assert near[0] < 0.01 and near[0] < near[1] < near[2] and near[2] > 0.7


def test_the_wrong_number_of_bands_is_refused() -> None:
    with pytest.raises(ValueError, match="3 bands of power, 41 centres"):
        excitation(np.zeros((3, 2), np.float32), HZ)
