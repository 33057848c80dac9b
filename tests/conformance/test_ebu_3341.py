"""EBU Tech 3341 v4 (2023), table 1: every case that can be synthesised (7 and 8 are programme material)."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from scipy import signal

from bandmate.sound.audio import Audio
from bandmate.sound.loudness import Loudness, LoudnessMeter, measure_loudness
from bandmate.sound.truepeak import measure_true_peak

RATES_HZ = [44_100, 48_000, 88_200, 96_000]
TOLERANCE_LU = 0.1

pytestmark = pytest.mark.parametrize("rate_hz", RATES_HZ)


def tone(rate_hz: int, *parts: tuple[float, float | None]) -> npt.NDArray[np.float32]:
    """A 1 kHz sine with continuous phase; each part is (seconds, peak level in dBFS, None for silence)."""
    levels = [np.full(round(seconds * rate_hz), 0.0 if dbfs is None else 10 ** (dbfs / 20)) for seconds, dbfs in parts]
    envelope = np.concatenate(levels)
    return (envelope * np.sin(2 * np.pi * 1000 / rate_hz * np.arange(len(envelope)))).astype(np.float32)


def stereo(rate_hz: int, *parts: tuple[float, float | None]) -> Loudness:
    mono = tone(rate_hz, *parts)
    return measure_loudness(Audio(np.stack([mono, mono]), rate_hz))


@pytest.mark.parametrize("case, dbfs", [(1, -23.0), (2, -33.0)])
def test_a_steady_tone_reads_its_level_on_all_three_scales(rate_hz: int, case: int, dbfs: float) -> None:
    loudness = stereo(rate_hz, (20, dbfs))
    assert loudness.integrated_lufs == pytest.approx(dbfs, abs=TOLERANCE_LU)
    assert loudness.momentary_lufs == pytest.approx(dbfs, abs=TOLERANCE_LU)
    assert loudness.short_term_lufs == pytest.approx(dbfs, abs=TOLERANCE_LU)


@pytest.mark.parametrize(
    "case, parts",
    [
        (3, [(10, -36.0), (60, -23.0), (10, -36.0)]),
        (4, [(10, -72.0), (10, -36.0), (60, -23.0), (10, -36.0), (10, -72.0)]),
        (5, [(20, -26.0), (20.1, -20.0), (20, -26.0)]),
    ],
)
def test_quiet_parts_are_gated(rate_hz: int, case: int, parts: list[tuple[float, float | None]]) -> None:
    assert stereo(rate_hz, *parts).integrated_lufs == pytest.approx(-23.0, abs=TOLERANCE_LU)


def test_case_6_surround_channels_weigh_more(rate_hz: int) -> None:
    channels = [tone(rate_hz, (20, dbfs)) for dbfs in (-28.0, -28.0, -24.0, -30.0, -30.0)]
    assert measure_loudness(Audio(np.stack(channels), rate_hz)).integrated_lufs == pytest.approx(-23.0, abs=0.1)
    silent = np.zeros_like(channels[0])
    with_lfe = Audio(np.stack([*channels[:3], silent + 0.5, *channels[3:]]), rate_hz)
    assert measure_loudness(with_lfe).integrated_lufs == pytest.approx(-23.0, abs=0.1)


def test_case_9_short_term_holds_still(rate_hz: int) -> None:
    loudness = stereo(rate_hz, *[(1.34, -20.0), (1.66, -30.0)] * 5)
    assert loudness.short_term_lufs == pytest.approx(-23.0, abs=TOLERANCE_LU)


def test_case_10_short_term_maximum_of_twenty_files(rate_hz: int) -> None:
    for number in range(20):
        loudness = stereo(rate_hz, (number * 0.15, None), (3, -23.0), (1, None))
        assert loudness.max_short_term_lufs == pytest.approx(-23.0, abs=TOLERANCE_LU)


def test_case_11_short_term_maximum_live(rate_hz: int) -> None:
    meter = LoudnessMeter(rate_hz, 2)
    for number in range(20):
        level = -38.0 + number
        mono = tone(rate_hz, (number * 0.15, None), (3, level), (3 - number * 0.15, None))
        meter.feed(np.stack([mono, mono]))
        assert meter.result().max_short_term_lufs == pytest.approx(level, abs=TOLERANCE_LU)


def test_case_12_momentary_holds_still(rate_hz: int) -> None:
    loudness = stereo(rate_hz, *[(0.18, -20.0), (0.22, -30.0)] * 25)
    assert loudness.momentary_lufs[6:] == pytest.approx(-23.0, abs=TOLERANCE_LU)


def test_case_13_momentary_maximum_of_twenty_files(rate_hz: int) -> None:
    for number in range(20):
        loudness = stereo(rate_hz, (number * 0.02, None), (0.4, -23.0), (1, None))
        assert loudness.max_momentary_lufs == pytest.approx(-23.0, abs=TOLERANCE_LU)


def test_case_14_momentary_maximum_live(rate_hz: int) -> None:
    meter = LoudnessMeter(rate_hz, 2)
    for number in range(20):
        level = -38.0 + number
        mono = tone(rate_hz, (number * 0.02, None), (0.4, level), (0.4 - number * 0.02, None))
        meter.feed(np.stack([mono, mono]))
        assert meter.result().max_momentary_lufs == pytest.approx(level, abs=TOLERANCE_LU)


def true_peaks(mono: npt.NDArray[np.float64], rate_hz: int) -> list[float]:
    audio = Audio(np.stack([mono, mono]), rate_hz)
    return [measure_true_peak(audio, 4).dbtp, measure_true_peak(audio, 16).dbtp]


def is_within_tolerance(dbtp: float, expected: float) -> bool:
    return -0.4 <= dbtp - expected <= 0.2


@pytest.mark.parametrize(
    "case, divisor, full_scale, degrees, expected",
    [
        (15, 4, 0.50, 0.0, -6.0),
        (16, 4, 0.50, 45.0, -6.0),
        (17, 6, 0.50, 60.0, -6.0),
        (18, 8, 0.50, 67.5, -6.0),
        (19, 4, 1.41, 45.0, 3.0),
    ],
)
def test_true_peak_between_the_samples_of_a_sine(
    rate_hz: int, case: int, divisor: int, full_scale: float, degrees: float, expected: float
) -> None:
    frames = np.arange(rate_hz)
    fade = np.minimum(1.0, np.minimum(frames, frames[::-1]) / (0.01 * rate_hz))
    sine = full_scale * fade * np.sin(2 * np.pi * frames / divisor + math.radians(degrees))
    assert all(is_within_tolerance(dbtp, expected) for dbtp in true_peaks(sine, rate_hz))


@pytest.mark.parametrize("case", [20, 21, 22, 23])
def test_true_peak_of_a_short_burst_at_any_offset(rate_hz: int, case: int) -> None:
    quiet, burst = 2 * np.pi / 24, 2 * np.pi / 16
    steps = np.concatenate([np.full(24 * 1000, quiet), np.full(16, burst), np.full(24 * 1000, quiet)])
    phase = np.concatenate([[0.0], np.cumsum(steps)[:-1]])
    amplitude = np.where(steps == burst, 1.0, 0.5)
    low_pass = signal.firwin(2047, 0.25, window=("kaiser", 8.0))
    fine = signal.fftconvolve(amplitude * np.sin(phase), low_pass, mode="same")
    fade = np.minimum(1.0, np.minimum(np.arange(len(fine)), np.arange(len(fine))[::-1]) / (0.04 * rate_hz))
    burst_only = (fine * fade)[case - 20 :: 4]
    assert all(is_within_tolerance(dbtp, 0.0) for dbtp in true_peaks(burst_only, rate_hz))
