"""A forecast comes near to what the limiter then does."""

from __future__ import annotations

import numpy as np
import pytest

from bandmate.song.devices import Limiter
from bandmate.sound.audio import Audio, Samples
from bandmate.sound.limiter import LimiterProcessor
from bandmate.sound.limiter_forecast import HopSurvey
from bandmate.sound.loudness import measure_loudness
from tests.sound.running import run


def music(rng: np.random.Generator, rate_hz: int, seconds: float) -> Samples:
    clock = np.arange(round(rate_hz * seconds)) / rate_hz
    drums = rng.standard_normal((2, len(clock))) * np.exp(-40.0 * (clock * 4 % 1.0))
    bass = 0.3 * np.sin(2 * np.pi * 60.0 * clock) * (clock % 2.0 < 1.0)
    return (0.3 * drums + bass + 0.1 * np.sin(2 * np.pi * 330.0 * clock)).astype(np.float32)


def surveyed(samples: Samples, rate_hz: int, frames: int = 65_536) -> HopSurvey:
    survey = HopSurvey(rate_hz)
    for start in range(0, samples.shape[1], frames):
        survey.feed(samples[:, start : start + frames])
    return survey


@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 192_000])
@pytest.mark.parametrize(("style", "within_lu"), [("transparent", 0.2), ("balanced", 0.3), ("loud", 0.3)])
def test_a_forecast_comes_near_to_what_happens(
    style: str, within_lu: float, rate_hz: int, rng: np.random.Generator
) -> None:
    samples = music(rng, rate_hz, 2.5)
    for gain_db in (-10.0, 6.0, 12.0):
        limiter = Limiter(id="l", gain_db=gain_db, style=style)
        seen = surveyed(samples, rate_hz).forecaster(limiter).at(gain_db)
        processor = LimiterProcessor(limiter, rate_hz=rate_hz, channels=2)
        heard = measure_loudness(Audio(run(processor, samples), rate_hz)).integrated_lufs
        report = processor.report()
        assert seen.loudness_lufs == pytest.approx(heard, abs=within_lu)
        assert seen.mean_reduction_db == pytest.approx(report["mean_reduction_db"], abs=0.3)
        assert seen.max_reduction_db == pytest.approx(report["max_reduction_db"], abs=1.0)  # white noise is the worst


def test_without_reduction_the_loudness_is_the_meters(rng: np.random.Generator) -> None:
    samples = music(rng, 48_000, 3.0)
    seen = surveyed(samples, 48_000).forecaster(Limiter(id="l")).at(-30.0)
    heard = measure_loudness(Audio(samples, 48_000)).integrated_lufs
    assert seen.loudness_lufs == pytest.approx(heard - 30.0, abs=0.002)
    assert seen.max_reduction_db == seen.mean_reduction_db == 0.0


def test_where_blocks_are_cut_makes_no_difference(rng: np.random.Generator) -> None:
    samples = music(rng, 44_100, 1.0)
    limiter = Limiter(id="l")
    whole, cut = (surveyed(samples, 44_100, frames).forecaster(limiter).at(9.0) for frames in (65_536, 77))
    assert whole == cut


@pytest.mark.parametrize("frames", [0, 100, 15_000])
def test_too_little_has_no_loudness(frames: int) -> None:
    assert (
        surveyed(np.full((2, frames), 0.1, np.float32), 44_100).forecaster(Limiter(id="l")).at(0.0).loudness_lufs
        is None
    )


def test_silence_has_no_loudness() -> None:
    assert (
        surveyed(np.zeros((2, 44_100), np.float32), 44_100).forecaster(Limiter(id="l")).at(20.0).loudness_lufs is None
    )
