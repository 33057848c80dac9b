from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from bandmate.song.errors import RequestError
from bandmate.sound.onsets import HOP_SECONDS, OnsetMeter, Onsets


def onsets_of(samples: npt.ArrayLike, rate_hz: int, block_frames: int = 65_536) -> Onsets:
    signal = np.asarray(samples, np.float32)
    meter = OnsetMeter(rate_hz, signal.shape[0])
    for start in range(0, signal.shape[1], block_frames):
        meter.feed(signal[:, start : start + block_frames])
    return meter.result()


def peak_near(row: npt.NDArray[np.float32], seconds: float) -> float:
    """The time of the greatest strength within 60 ms."""
    middle = round(seconds / HOP_SECONDS)
    return float((middle - 6 + row[middle - 6 : middle + 7].argmax()) * HOP_SECONDS)


@pytest.mark.parametrize("rate_hz", [8_000, 22_050, 44_100, 48_000, 96_000, 192_000])
def test_a_click_shows_in_the_column_nearest_to_it(rng: np.random.Generator, rate_hz: int) -> None:
    times = 0.4 + np.arange(12) * 0.31 + rng.uniform(0, 0.1, 12)
    samples = np.zeros((1, 5 * rate_hz))
    for time in times:
        samples[0, round(time * rate_hz) : round(time * rate_hz) + max(1, rate_hz // 4_000)] = 0.5
    found = onsets_of(samples, rate_hz)
    late = np.array([peak_near(found.strength, time) - time for time in times])
    assert np.abs(late).max() <= 0.0056
    assert abs(late.mean()) <= 0.0025
    assert np.abs([peak_near(found.low, time) - time for time in times]).max() <= 0.0075


@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 48_000])
def test_a_low_drum_shows_in_the_low_row_and_a_cymbal_does_not(rng: np.random.Generator, rate_hz: int) -> None:
    samples = np.zeros((2, 3 * rate_hz))
    fall = np.exp(-np.arange(rate_hz // 4) / rate_hz * 20)
    drum, at = np.sin(2 * np.pi * 60 * np.arange(rate_hz // 4) / rate_hz) * fall, rate_hz
    samples[:, at : at + len(drum)] += 0.5 * drum
    cymbal = np.diff(rng.standard_normal(rate_hz // 4 + 2), 2) * fall
    samples[:, 2 * at : 2 * at + len(cymbal)] += 0.1 * cymbal
    found = onsets_of(samples, rate_hz)
    assert found.low[98:104].max() > 8
    assert found.low[195:210].max() < 3
    assert found.strength[195:210].max() > 3
    assert peak_near(found.low, 1.0) == pytest.approx(1.0, abs=0.0101)


def test_nothing_depends_on_where_blocks_are_cut(rng: np.random.Generator) -> None:
    samples = rng.standard_normal((2, 50_000)) * np.repeat(rng.uniform(0, 0.5, 50), 1_000)
    whole = onsets_of(samples, 44_100)
    for block_frames in (333, 4_095, 4_097):
        cut = onsets_of(samples, 44_100, block_frames)
        assert np.array_equal(cut.strength, whole.strength)
        assert np.array_equal(cut.low, whole.low)


def test_the_level_makes_no_difference(rng: np.random.Generator) -> None:
    samples = rng.standard_normal((1, 48_000)) * np.repeat(rng.uniform(0, 0.5, 48), 1_000)
    loud, quiet = onsets_of(samples, 48_000), onsets_of(samples * 2.0**-8, 48_000)
    assert quiet.strength == pytest.approx(loud.strength, abs=1e-3)


def test_a_result_may_be_asked_for_in_between(rng: np.random.Generator) -> None:
    samples = rng.standard_normal((1, 30_000)).astype(np.float32)
    meter = OnsetMeter(8_000, 1)
    meter.feed(samples[:, :10_123])
    assert np.array_equal(meter.result().strength, onsets_of(samples[:, :10_123], 8_000).strength)
    meter.feed(samples[:, 10_123:])
    assert np.array_equal(meter.result().strength, onsets_of(samples, 8_000).strength)


@pytest.mark.parametrize("rate_hz", [8_000, 44_100])
def test_what_sounds_on_has_no_onsets(rate_hz: int) -> None:
    time = np.arange(4 * rate_hz) / rate_hz
    tone = sum(np.sin(2 * np.pi * hz * time) for hz in (55.0, 110.0, 440.0, 1_000.0))
    found = onsets_of(0.1 * np.asarray(tone)[None], rate_hz)
    assert found.strength[20:].max() < 0.2
    assert found.low[20:].max() < 0.5
    assert found.strength[:2].max() > 5


def test_silence_and_nothing() -> None:
    silent = onsets_of(np.zeros((2, 24_000)), 48_000)
    assert len(silent.strength) == 51
    assert not silent.strength.any()
    assert not silent.low.any()
    assert silent.seconds == pytest.approx(0.51)
    assert OnsetMeter(48_000, 1).result().strength.shape == (0,)
    assert onsets_of(np.ones((1, 1)), 48_000).strength.shape == (1,)


def test_the_channels_count_together() -> None:
    rng = np.random.default_rng(1)
    wave = rng.standard_normal(20_000) * np.repeat(rng.uniform(0, 0.5, 20), 1_000)
    mono, stereo = onsets_of(wave[None], 16_000), onsets_of(np.stack([wave, wave]), 16_000)
    assert stereo.strength == pytest.approx(mono.strength, abs=1e-4)


def test_bad_samples_and_layouts_are_refused() -> None:
    meter = OnsetMeter(48_000, 1)
    meter.feed(np.zeros((1, 48)))
    bad = np.zeros((1, 10))
    bad[0, 2] = np.nan
    with pytest.raises(RequestError, match=r"channel 1 is nan at frame 50 \(0\.001 s\)"):
        meter.feed(bad)
    with pytest.raises(RequestError, match="block has 2 channels, the meter was made for 1"):
        meter.feed(np.zeros((2, 10)))
    with pytest.raises(RequestError, match="an onset meter for 0 channels; it needs at least 1"):
        OnsetMeter(48_000, 0)
