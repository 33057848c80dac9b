from __future__ import annotations

import numpy as np
import pytest
from scipy import signal

from bandmate.sound.crossover import BandSplitter, crossover_sections


def spectrum_db(row: np.ndarray) -> np.ndarray:
    return 20.0 * np.log10(np.abs(np.fft.rfft(row)) + 1e-30)


@pytest.mark.parametrize("rate_hz", [44_100, 192_000])
@pytest.mark.parametrize("freqs_hz", [(), (200.0,), (120.0, 2_000.0), (80.0, 400.0, 3_000.0, 9_000.0)])
def test_the_bands_add_up_flat(rate_hz: int, freqs_hz: tuple[float, ...]) -> None:
    impulse = np.zeros((1, 1 << 17))
    impulse[0, 0] = 1.0
    bands = BandSplitter(freqs_hz, rate_hz=rate_hz, channels=1).split(impulse)
    assert bands.shape == (len(freqs_hz) + 1, 1, 1 << 17)
    assert np.abs(spectrum_db(bands.sum(axis=0)[0])).max() < 1e-6


def test_a_crossover_is_two_butterworths_and_6_db_down_in_the_middle() -> None:
    low, high, _ = crossover_sections(1_000.0, 48_000)
    for sections, kind in ((low, "low"), (high, "high")):
        sos = np.tile(signal.butter(2, 1_000.0, kind, fs=48_000, output="sos"), (2, 1))
        assert np.insert(sections, 3, 1.0, axis=1) == pytest.approx(sos, abs=1e-9)
        _, at_corner = signal.sosfreqz(sos, [1_000.0], fs=48_000)
        assert 20.0 * np.log10(abs(at_corner[0])) == pytest.approx(-6.0206, abs=1e-3)


def test_a_crossover_above_the_rate_keeps_everything_below() -> None:
    impulse = np.zeros((1, 4_096))
    impulse[0, 0] = 1.0
    low, _ = BandSplitter([20_000.0], rate_hz=8_000, channels=1).split(impulse)
    assert np.abs(spectrum_db(low[0])[:1_500]).max() < 0.1
