from __future__ import annotations

import numpy as np
import pytest
from msgspec.structs import replace

from bandmate.song.devices import DynamicBand, MultibandCompressor
from bandmate.sound.crossover import BandSplitter
from bandmate.sound.dynamics import static_reduction_db
from bandmate.sound.multiband import BAND_KNEE_DB, MultibandProcessor
from tests.sound.running import level_db, run, sine

RATE = 48_000
BANDS = (
    DynamicBand(id="low", upper_hz=150.0, threshold_dbfs=-24.0, ratio=2.0),
    DynamicBand(id="mid", upper_hz=2_500.0, threshold_dbfs=-20.0, ratio=1.5),
    DynamicBand(id="high", upper_hz=20_000.0, threshold_dbfs=-30.0, ratio=3.0),
)


def multiband(*bands: DynamicBand, channels: int = 1) -> MultibandProcessor:
    return MultibandProcessor(MultibandCompressor(id="m", bands=bands), rate_hz=RATE, channels=channels)


def test_a_multiband_compressor_holds_the_loud_band_and_spares_the_other() -> None:
    bands = (
        DynamicBand(id="top", upper_hz=20_000.0, threshold_dbfs=-6.0),
        DynamicBand(id="bass", upper_hz=200.0, threshold_dbfs=-30.0, ratio=4.0),
    )
    processor = MultibandProcessor(MultibandCompressor(id="m", bands=bands), rate_hz=RATE, channels=1)
    bass, high = sine(60.0, rate_hz=RATE, seconds=1.0, peak=0.5), sine(3_000.0, rate_hz=RATE, seconds=1.0, peak=0.1)
    parts = np.abs(np.fft.rfft(run(processor, bass + high)[0, -RATE // 2 :])) / (RATE / 4)
    report = processor.report()
    expected = static_reduction_db(-6.02, threshold_dbfs=-30.0, ratio=4.0, knee_db=6.0)
    assert report["bass.max_reduction_db"] == report["max_reduction_db"] == pytest.approx(expected, abs=0.3)
    assert report["top.max_reduction_db"] == 0.0
    assert 20.0 * np.log10(parts[3_000 // 2] / 0.1) == pytest.approx(0.0, abs=0.05)
    assert 20.0 * np.log10(parts[30] / 0.5) == pytest.approx(-expected, abs=0.8)


def test_bands_of_ratio_1_add_up_flat() -> None:
    idle = tuple(replace(band, ratio=1.0) for band in BANDS)
    impulse = np.zeros((1, 1 << 16))
    impulse[0, 100] = 1.0
    spectrum = np.abs(np.fft.rfft(run(multiband(*idle), impulse)[0].astype(np.float64)))
    assert np.abs(20.0 * np.log10(spectrum)).max() < 1e-4


def test_a_band_that_idles_is_passed_on_as_the_crossover_gives_it(rng: np.random.Generator) -> None:
    samples = rng.uniform(-0.5, 0.5, (2, 20_000)).astype(np.float32)
    idle = tuple(replace(band, ratio=1.0, gain_db=gain) for band, gain in zip(BANDS, (2.0, 0.0, -1.0), strict=True))
    split = BandSplitter([150.0, 2_500.0], rate_hz=RATE, channels=2).split(samples.astype(np.float64))
    wanted = sum(10.0 ** (gain / 20.0) * rows for gain, rows in zip((2.0, 0.0, -1.0), split, strict=True))
    assert run(multiband(*idle, channels=2), samples) == pytest.approx(wanted, abs=1e-7)


def test_the_knee_is_soft() -> None:
    band = DynamicBand(id="all", upper_hz=20_000.0, threshold_dbfs=-20.0, ratio=4.0)
    for level in (-24.0, -21.0, -20.0, -18.0, -10.0):
        out = run(multiband(band), np.full((1, RATE), 10.0 ** (level / 20.0)))
        wanted = static_reduction_db(level, threshold_dbfs=-20.0, ratio=4.0, knee_db=BAND_KNEE_DB)
        assert level - level_db(out[:, -100:]) == pytest.approx(wanted, abs=1e-3)


def test_nothing_is_made_up_by_itself() -> None:
    loud = sine(1_000.0, rate_hz=RATE, seconds=1.0, peak=0.5)
    squashed = run(multiband(*(replace(band, ratio=4.0) for band in BANDS)), loud)
    louder = run(multiband(*(replace(band, ratio=4.0, gain_db=3.0) for band in BANDS)), loud)
    assert level_db(squashed[:, RATE // 2 :]) < level_db(loud) - 6.0
    assert level_db(louder) - level_db(squashed) == pytest.approx(3.0, abs=1e-4)


def test_both_channels_of_a_band_get_the_same_gain() -> None:
    bass = sine(60.0, rate_hz=RATE, seconds=1.0, peak=0.8)
    out = run(multiband(*BANDS, channels=2), np.concatenate([bass, 0.1 * bass]))
    assert out[1] == pytest.approx(0.1 * out[0], abs=1e-6)


def test_each_band_reports_how_much_and_for_how_long() -> None:
    processor = multiband(*BANDS)
    quiet, loud = sine(5_000.0, rate_hz=RATE, seconds=1.0, peak=0.003), sine(60.0, rate_hz=RATE, seconds=1.0, peak=0.5)
    run(processor, np.concatenate([quiet, loud, quiet], axis=1))
    report = processor.report()
    expected = static_reduction_db(-6.02, threshold_dbfs=-24.0, ratio=2.0, knee_db=BAND_KNEE_DB)
    assert report["low.max_reduction_db"] == report["max_reduction_db"] == pytest.approx(expected, abs=0.3)
    assert expected / 4.0 < report["low.mean_reduction_db"] < expected / 2.0
    assert 1.0 < report["low.at_seconds"] < 2.01 and 0.3 < report["low.working_share"] < 0.6
    assert report["high.max_reduction_db"] == report["high.mean_reduction_db"] == 0.0
