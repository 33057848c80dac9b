"""What the glance rules out cannot be a peak: the bound holds, is nearly attained, and changes no result."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.sound.limiter_peaks import DIFFERENTIATOR, LANES, SPARE, TAPS, measure_peaks, peak_filters

FILTERS = peak_filters()


def pairs() -> list[tuple[np.ndarray, np.ndarray]]:
    """Each exact point's taps, and the glance's for the same point among as many."""
    glance = np.zeros((4, TAPS))
    glance[0, TAPS // 2 - 1] = 1.0
    glance[1:, TAPS // 2 - 4 : TAPS // 2 + 4] = FILTERS.glance
    exact = [*FILTERS.full.astype(float), *FILTERS.rolled.astype(float)]
    return list(zip(exact, [*glance[1:], *glance], strict=True))


def bound(frames: np.ndarray) -> float:
    energy = np.sum(np.convolve(frames, DIFFERENTIATOR, "valid") ** 2)
    return float(FILTERS.reach * np.sqrt(energy) + FILTERS.rest * np.abs(frames).max())


@given(seed=st.integers(0, 2**32), kind=st.sampled_from(["white", "dark", "nyquist", "clicks"]))
def test_no_point_is_further_from_the_glance_than_the_bound_says(seed: int, kind: str) -> None:
    rng = np.random.default_rng(seed)
    frames = rng.standard_normal(TAPS)
    if kind == "dark":
        frames = np.cumsum(frames)
    if kind == "nyquist":
        frames = np.cumsum(frames) * (-1.0) ** np.arange(TAPS)
    if kind == "clicks":
        frames *= rng.random(TAPS) > 0.9
    for exact, glance in pairs():
        assert abs(exact @ frames - glance @ frames) <= bound(frames) + 1e-12


def test_the_bound_holds_for_the_signals_that_are_worst_for_it_and_is_not_idle() -> None:
    nearest = 0.0
    for exact, glance in pairs():
        missing = exact - glance
        for frames in (np.sign(missing), missing):
            assert abs(missing @ frames) <= bound(frames) + 1e-12
            nearest = max(nearest, abs(missing @ frames) / bound(frames))
    assert nearest > 0.3


def peaks(samples: np.ndarray, aim: float, *, slopes: bool, everywhere: bool) -> np.ndarray:
    frames = samples.shape[1]
    padded = np.pad(samples, ((0, 0), (TAPS // 2, TAPS // 2 + SPARE))).astype(np.float32)
    bounds = (1e12, 1e12, 1e12) if everywhere else (FILTERS.most, FILTERS.reach, FILTERS.rest)
    found = np.empty((1, frames), np.float32)
    filters = (FILTERS.full, FILTERS.rolled, FILTERS.glance)
    measure_peaks(padded, filters, bounds, (aim, slopes), np.zeros((9, LANES), np.float32), found)
    return found


@settings(deadline=None)
@given(
    seed=st.integers(0, 2**32),
    frames=st.integers(1, 1_500),
    aim=st.floats(0.05, 3.0),
    darkness=st.floats(0.0, 0.99),
    slopes=st.booleans(),
)
def test_looking_closely_only_where_it_may_matter_changes_no_bit(
    seed: int, frames: int, aim: float, darkness: float, slopes: bool
) -> None:
    from scipy.signal import lfilter

    rng = np.random.default_rng(seed)
    noise = lfilter([1.0 - darkness], [1.0, -darkness], rng.standard_normal((2, frames))) * rng.exponential(1.0, frames)
    quick, full = (peaks(noise, aim, slopes=slopes, everywhere=everywhere) for everywhere in (False, True))
    assert np.array_equal(quick, full)


def test_slopes_count_only_when_asked_for() -> None:
    wave = np.sin(2 * np.pi * 50.0 / 44_100 * np.arange(2_000))[None]
    crests = peaks(wave, 0.5, slopes=False, everywhere=False)[0]
    whole = peaks(wave, 0.5, slopes=True, everywhere=False)[0]
    assert 0 < (crests > 0.5).sum() < 100
    assert (whole > 0.5).sum() == pytest.approx((np.abs(wave[0]) > 0.5).sum(), abs=20)
    assert np.all(whole >= crests)
