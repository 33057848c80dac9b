"""Brightness over time: against another program's filter, and that cuts do not matter."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import butter, sosfilt

from bandmate.sound.bright_track import CORNER_HZ, BrightTrackMeter


def measured(samples: np.ndarray, rate_hz: int, cuts: list[int]) -> tuple[np.ndarray, np.ndarray]:
    meter = BrightTrackMeter(rate_hz, samples.shape[0])
    for piece in np.split(np.asarray(samples, np.float32), cuts, axis=1):
        block = piece.copy()
        block.flags.writeable = False
        meter.take(block)
    found = meter.result()
    return found.peak, found.power


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_it_is_what_a_butterworth_high_pass_lets_through(channels: int) -> None:
    noise = 0.1 * np.random.default_rng(1).standard_normal((channels, 48_000)).astype(np.float32)
    high = sosfilt(butter(2, CORNER_HZ, "highpass", fs=48_000, output="sos"), noise.astype(np.float64), axis=1)
    columns = high.reshape(channels, 100, 480)
    peak, power = measured(noise, 48_000, [])
    np.testing.assert_allclose(peak, np.abs(columns).max(axis=(0, 2)), rtol=1e-4)
    np.testing.assert_allclose(power, (columns**2).mean(axis=(0, 2)), rtol=1e-4)


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 44_100, 192_000])
def test_the_cuts_do_not_matter(rate_hz: int) -> None:
    noise = np.random.default_rng(1).standard_normal((2, 30_000))
    whole = measured(noise, rate_hz, [])
    cut = measured(noise, rate_hz, [1, 7, 441, 442, 9_000, 9_000, 29_999])
    np.testing.assert_allclose(whole[0], cut[0], rtol=1e-6)
    np.testing.assert_allclose(whole[1], cut[1], rtol=1e-6)


def test_nothing_and_silence() -> None:
    assert measured(np.zeros((1, 0)), 44_100, [])[0].shape == (0,)
    assert not measured(np.zeros((2, 1000)), 44_100, [])[0].any()
