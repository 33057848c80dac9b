from __future__ import annotations

import numpy as np
import pytest

from bandmate.song.devices import SoftClipper
from bandmate.sound.soft_clip import DOWN_TAPS, SoftClipperProcessor, averaging_phases, taken_off, taken_off_area
from tests.sound.running import run, sine

RATE = 44_100


def clipper(channels: int = 1, **settings: float) -> SoftClipperProcessor:
    return SoftClipperProcessor(SoftClipper(id="s", **settings), rate_hz=RATE, channels=channels)


def lowered(samples: np.ndarray, *, knee: float, ceiling: float) -> np.ndarray:
    """The curve on samples as they are: the naive clipper."""
    taken = [taken_off(abs(x), knee, ceiling - knee) for x in samples.ravel()]
    return samples - np.sign(samples) * np.reshape(taken, samples.shape)


def folded_db(samples: np.ndarray, freq_hz: int) -> float:
    """The strongest overtone that has folded at half the rate, against the tone."""
    spectrum = np.abs(np.fft.rfft(samples[0].astype(np.float64) * np.kaiser(samples.shape[1], 20.0)))
    true = {k * freq_hz for k in range(1, RATE // (2 * freq_hz) + 1)}
    mirrored = {min(k * freq_hz % RATE, -k * freq_hz % RATE) for k in range(RATE // (2 * freq_hz) + 1, 100)}
    bins = [round(hz * samples.shape[1] / RATE) for hz in mirrored if all(abs(hz - t) > 40 for t in true | {0})]
    return float(20.0 * np.log10(max(spectrum[at - 12 : at + 13].max() for at in bins if at > 12) / spectrum.max()))


def test_what_stays_below_the_knee_does_not_change_by_a_bit(rng: np.random.Generator) -> None:
    quiet = (0.3 * rng.uniform(-1.0, 1.0, (2, 5_000))).astype(np.float32)
    processor = clipper(2, ceiling_dbfs=0.0)
    assert np.array_equal(run(processor, quiet), quiet)
    assert processor.report()["max_reduction_db"] == 0.0


def test_only_the_neighbourhood_of_a_peak_changes(rng: np.random.Generator) -> None:
    samples = (0.2 * rng.uniform(-1.0, 1.0, (1, 4_000))).astype(np.float32)
    samples[0, 2_000:2_004] = 1.0
    changed = np.flatnonzero(run(clipper(ceiling_dbfs=-3.0), samples)[0] != samples[0])
    assert 2_000 - DOWN_TAPS < changed.min() < 2_000 < changed.max() < 2_004 + DOWN_TAPS


def test_a_slow_wave_is_shaped_by_the_curve_and_reaches_the_ceiling() -> None:
    tone = sine(100.0, rate_hz=RATE, seconds=0.2, peak=1.2)
    out = run(clipper(ceiling_dbfs=-1.0, knee_db=3.0), tone)[:, 500:-500]
    ceiling, knee = 10 ** (-1 / 20), 10 ** (-4 / 20)
    assert out == pytest.approx(lowered(tone, knee=knee, ceiling=ceiling)[:, 500:-500], abs=3e-4)
    assert np.abs(out).max() == pytest.approx(ceiling, rel=2e-3)


@pytest.mark.parametrize("half_width", [0.0, 0.05, 0.3])
def test_the_curve_has_no_corner_and_its_area_is_its_integral(half_width: float) -> None:
    levels = np.linspace(0.0, 2.0, 20_001)
    taken = np.array([taken_off(level, 0.5, half_width) for level in levels])
    area = np.array([taken_off_area(level, 0.5, half_width) for level in levels])
    assert np.concatenate([[0.0], np.cumsum(0.5 * (taken[1:] + taken[:-1])) * 1e-4]) == pytest.approx(area, abs=1e-7)
    assert levels.max() - taken.max() == pytest.approx(0.5 + half_width)
    if half_width:
        assert np.abs(np.diff(taken, 2)).max() < 1.01 * 1e-8 / (2.0 * half_width)


@pytest.mark.parametrize("freq_hz", [9_000, 6_001, 3_001])
def test_overtones_fold_60_db_less_than_those_of_a_naive_clipper(freq_hz: int) -> None:
    ceiling, knee = 10 ** (-1 / 20), 10 ** (-3 / 20)
    tone = sine(freq_hz, rate_hz=RATE, seconds=1.0, peak=2.0 * ceiling)
    ours = folded_db(run(clipper(), tone)[:, 2_000:-2_000], freq_hz)
    naive = folded_db(lowered(tone, knee=knee, ceiling=ceiling)[:, 2_000:-2_000], freq_hz)
    assert ours < -80.0 and ours < naive - 60.0


def test_wet_blends_in_time(rng: np.random.Generator) -> None:
    samples = rng.uniform(-1.0, 1.0, (2, 3_000)).astype(np.float32)
    wet, half = run(clipper(2, ceiling_dbfs=-6.0), samples), run(clipper(2, ceiling_dbfs=-6.0, wet=0.5), samples)
    assert half == pytest.approx(0.5 * (wet + samples), abs=1e-6)


def test_peaks_between_the_samples_are_clipped_too() -> None:
    between = np.sin(np.pi / 4.0 + np.pi / 2.0 * np.arange(4_000))[None]
    processor = clipper(ceiling_dbfs=-2.0, knee_db=0.0)
    run(processor, between)
    assert processor.report()["max_reduction_db"] == pytest.approx(2.0, abs=0.1)
    assert np.abs(between).max() < 10 ** (-2 / 20)


def test_the_report_says_how_much_and_where() -> None:
    samples = np.concatenate([np.zeros((1, RATE)), sine(200.0, rate_hz=RATE, seconds=0.5)], axis=1)
    processor = clipper(ceiling_dbfs=-6.0, knee_db=0.0)
    run(processor, np.concatenate([samples, np.zeros((1, RATE))], axis=1))
    report = processor.report()
    assert report["max_reduction_db"] == pytest.approx(6.0, abs=0.05)
    assert 1.0 <= report["at_seconds"] < 1.51
    assert 0.1 < report["working_share"] < 0.2 and 0.0 < report["mean_reduction_db"] < 1.0


def test_the_weights_of_a_way_back_add_up_to_one() -> None:
    assert averaging_phases().sum() == pytest.approx(1.0, abs=1e-12)
