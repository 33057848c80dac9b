"""A few bands come close to a curve, keep to their limits, and can be read and typed."""

from __future__ import annotations

from dataclasses import replace as changed
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter1d

from bandmate.song.devices import Band
from bandmate.stages.master.tone_fit import BELL_Q, SHELF_Q, Wish, fit_bands, refitted, scaled, wish_for
from tests.stages.tone_songs import BAND_HZ, RATE_HZ, bell, response_db

INSIDE = ((BAND_HZ > 31.0) & (BAND_HZ < 16_500.0)).astype(float)


def smooth_db(seed: int) -> np.ndarray:
    """A random curve without corners that reaches 6 dB."""
    curve = gaussian_filter1d(np.random.default_rng(seed).normal(size=61), 3.5)[15:46]
    curve -= curve.mean()
    return curve / np.abs(curve).max() * 6.0


def left_db(wish: Wish, bands: tuple[Band, ...]) -> np.ndarray:
    return wish.levelled(wish.response_db(bands) - wish.wanted_db)[wish.weights > 0]


@pytest.mark.parametrize("seed", range(6))
def test_a_smooth_curve_is_met_with_six_bands(seed: int) -> None:
    wish = wish_for(BAND_HZ, RATE_HZ, smooth_db(seed), INSIDE)
    bands = fit_bands(wish, most_bands=6)
    assert len(bands) <= 6
    assert float(np.sqrt(np.mean(left_db(wish, bands) ** 2))) <= 0.25
    assert wish.error_db(wish.response_db(bands)) == pytest.approx(np.abs(left_db(wish, bands)).mean())


def test_planted_bands_are_found_again() -> None:
    planted = [bell(90.0, 4.0), bell(800.0, -5.0, 2.0), Band(id="s", kind="high-shelf", freq_hz=6_000.0, gain_db=3.0)]
    bands = fit_bands(wish_for(BAND_HZ, RATE_HZ, response_db(planted), INSIDE), most_bands=8)
    assert len(bands) <= 4
    moved = response_db(list(bands)) - response_db(planted)
    assert np.abs(moved - moved[INSIDE > 0].mean())[INSIDE > 0].max() < 0.3


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([8_000, 44_100, 192_000]), st.integers(1, 8), st.floats(1.0, 20.0))
def test_every_band_keeps_to_its_limits_and_reads_well(seed: int, rate_hz: int, most: int, size_db: float) -> None:
    hz = BAND_HZ[0.49 * rate_hz > BAND_HZ]
    curve = np.random.default_rng(seed).normal(0.0, size_db, len(hz))
    bands = fit_bands(wish_for(hz, rate_hz, curve), most_bands=most, most_gain_db=6.0)
    assert len(bands) <= most
    assert sum(band.kind == "low-shelf" for band in bands) <= 1
    assert sum(band.kind == "high-shelf" for band in bands) <= 1
    assert [band.id for band in bands] == [str(n + 1) for n in range(len(bands))]
    assert [band.freq_hz for band in bands] == sorted(band.freq_hz for band in bands)
    for band in bands:
        low, high = BELL_Q if band.kind == "bell" else SHELF_Q
        assert low - 0.005 <= band.q <= high + 0.005
        assert 25.0 <= band.freq_hz <= min(18_000.0, 0.451 * rate_hz)
        assert 0.3 <= abs(band.gain_db) <= 6.0
        assert band.gain_db == round(band.gain_db, 1) and band.q == round(band.q, 2)
        assert band.freq_hz == float(f"{band.freq_hz:.3g}")


def test_more_bands_come_closer_and_none_is_worse_than_nothing() -> None:
    curve = np.random.default_rng(5).normal(0.0, 4.0, len(BAND_HZ))
    wish = wish_for(BAND_HZ, RATE_HZ, curve, INSIDE)
    errors = [wish.error_db(wish.response_db(fit_bands(wish, most_bands=most))) for most in (0, 2, 5, 8)]
    assert errors == sorted(errors, reverse=True) and errors[-1] < 0.5 * errors[0]


def test_nothing_wanted_gives_no_bands() -> None:
    flat = wish_for(BAND_HZ, RATE_HZ, np.full(len(BAND_HZ), 3.0))
    assert fit_bands(flat, most_bands=8) == ()
    assert fit_bands(wish_for(BAND_HZ, RATE_HZ, smooth_db(1), 0.0 * BAND_HZ), most_bands=8) == ()
    assert fit_bands(wish_for(BAND_HZ, RATE_HZ, smooth_db(1)), most_bands=0) == ()
    assert fit_bands(wish_for(BAND_HZ, RATE_HZ, 0.01 * smooth_db(1)), most_bands=8) == ()


def test_equal_wishes_give_equal_bands_whatever_their_level() -> None:
    wish = wish_for(BAND_HZ, RATE_HZ, smooth_db(2), INSIDE)
    bands = fit_bands(wish, most_bands=6)
    assert fit_bands(wish, most_bands=6) == bands
    louder = changed(wish, wanted_db=wish.wanted_db + 8.0)
    error = louder.error_db(louder.response_db(fit_bands(louder, most_bands=6)))
    assert error == pytest.approx(wish.error_db(wish.response_db(bands)), abs=0.05)


def test_limits_and_ceilings_are_kept() -> None:
    wish = wish_for(BAND_HZ, RATE_HZ, response_db([bell(3_000.0, 8.0, 0.7)]), INSIDE)
    limited = changed(wish, highest_db=np.full(len(BAND_HZ), 3.0))
    assert limited.excess_db(limited.response_db(fit_bands(limited, most_bands=6))) < 0.25
    ceiling = changed(wish, ceiling_db=np.where(BAND_HZ > 4_500.0, 0.0, np.inf))
    bands = fit_bands(ceiling, most_bands=6)
    assert ceiling.response_db(bands)[BAND_HZ > 4_500.0].max() < 0.5
    assert ceiling.excess_db(ceiling.response_db(bands)) < 0.5


def test_an_anchor_keeps_the_level_without_spoiling_the_shape() -> None:
    wanted = response_db([Band(id="s", kind="low-shelf", freq_hz=500.0, gain_db=6.0)])
    free = wish_for(BAND_HZ, RATE_HZ, wanted, INSIDE)
    for anchor_db in (-3.0, 3.0):
        held = changed(free, anchor=np.full(len(BAND_HZ), 1 / len(BAND_HZ)), anchor_db=anchor_db)
        bands = fit_bands(held, most_bands=4)
        assert abs(held.off_anchor_db(held.response_db(bands))) < 0.5
        assert held.error_db(held.response_db(bands)) < 0.3


def test_two_bells_never_stand_on_each_other() -> None:
    peak = np.where(np.abs(np.log2(BAND_HZ / 1_000.0)) < 0.2, 15.0, 0.0)
    bands = fit_bands(wish_for(BAND_HZ, RATE_HZ, peak), most_bands=6)
    near = sorted(band.freq_hz for band in bands if band.kind == "bell" and band.q > 2.0 and band.gain_db > 2.0)
    assert all(high / low > 1.05 for low, high in pairwise(near))


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_strength_turns_gains_only_and_the_same_way(one: float, other: float) -> None:
    bands = (bell(100.0, 4.3), bell(1_000.0, -6.0, 2.0), bell(9_000.0, 0.4))
    less, more = sorted((one, other))
    weak, strong = ({band.id: band for band in scaled(bands, share)} for share in (less, more))
    assert set(weak) <= set(strong) <= {band.id for band in bands}
    for band_id, band in weak.items():
        assert abs(band.gain_db) <= abs(strong[band_id].gain_db)
        assert (band.freq_hz, band.q) == (strong[band_id].freq_hz, strong[band_id].q)
    assert scaled(bands, 1.0) == bands and scaled(bands, 0.0) == ()


def test_bands_are_moved_to_another_wish_and_stay_themselves() -> None:
    first = (bell(100.0, 3.0, scope="mid"), Band(id="top", kind="high-shelf", freq_hz=5_000.0, gain_db=2.0))
    wanted = [bell(120.0, 5.0), Band(id="top", kind="high-shelf", freq_hz=6_000.0, gain_db=4.0)]
    wish = wish_for(BAND_HZ, RATE_HZ, response_db(wanted), INSIDE)
    moved = refitted(first, wish)
    assert [(band.id, band.kind, band.scope) for band in moved] == [(b.id, b.kind, b.scope) for b in first]
    assert wish.error_db(wish.response_db(moved, "mid")) < 0.1
    assert refitted((), wish) == ()
