"""The fine spectrum: levels and places of tones, bounded memory, and that cuts do not matter."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.song.errors import RequestError
from bandmate.sound import fine_spectrum
from bandmate.sound.fine_spectrum import FLOOR_DB, MOST_SNAPSHOTS, FineSpectrum, FineSpectrumMeter


def measured(samples: np.ndarray, rate_hz: int, cuts: list[int] | None = None) -> FineSpectrum:
    meter = FineSpectrumMeter(rate_hz, samples.shape[0])
    for piece in np.split(np.asarray(samples, np.float32), cuts or [], axis=1):
        meter.feed(piece)
    return meter.result()


def sine(freq_hz: float, rate_hz: int, seconds: float = 1.0) -> np.ndarray:
    return np.sin(2 * np.pi * freq_hz * np.arange(round(seconds * rate_hz)) / rate_hz)[None, :]


def summed_db(found: FineSpectrum) -> np.ndarray:
    return 10 * np.log10((10 ** (found.level_db.astype(np.float64) / 10)).sum(axis=0))


@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 48_000, 192_000])
@pytest.mark.parametrize("freq_hz", [63.0, 1_000.0, 3_150.0])
def test_a_sine_has_its_level_at_its_place(rate_hz: int, freq_hz: float) -> None:
    found = measured(sine(freq_hz, rate_hz), rate_hz)
    assert summed_db(found) == pytest.approx(-3.01, abs=0.05)
    loudest = found.band_hz[found.level_db.astype(np.float64).mean(axis=1).argmax()]
    assert loudest == pytest.approx(freq_hz, rel=0.03 if freq_hz > 100 else 0.06)


def test_bands_are_a_24th_of_an_octave_and_end_below_half_the_rate() -> None:
    found = measured(sine(1_000.0, 44_100), 44_100)
    assert found.band_hz[[0, -1]] == pytest.approx([20.0, 20_000.0], rel=0.01)
    assert np.diff(np.log2(found.band_hz)) == pytest.approx(0.0415, abs=0.001)
    assert measured(sine(1_000.0, 8_000), 8_000).band_hz.max() < 4_000.0


def test_both_channels_count_as_their_mean() -> None:
    one = sine(500.0, 44_100)
    both, left = measured(np.concatenate([one, one]), 44_100), measured(np.concatenate([one, 0 * one]), 44_100)
    assert summed_db(both) == pytest.approx(-3.01, abs=0.05)
    assert summed_db(left) == pytest.approx(-6.02, abs=0.05)


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(0, 12_000), max_size=6))
def test_the_cuts_do_not_matter(cuts: list[int]) -> None:
    noise = np.random.default_rng(2).standard_normal((2, 12_000))
    whole, cut = measured(noise, 8_000), measured(noise, 8_000, sorted(cuts))
    assert np.array_equal(whole.level_db, cut.level_db)
    assert np.array_equal(whole.at_seconds, cut.at_seconds)


def test_a_long_signal_has_no_more_snapshots_and_they_span_all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fine_spectrum, "MOST_SNAPSHOTS", 32)
    seconds = 60
    found = measured(np.random.default_rng(3).standard_normal((1, seconds * 8_000)), 8_000, [100_000, 300_001])
    assert 16 <= found.level_db.shape[1] <= 32 < MOST_SNAPSHOTS
    assert found.at_seconds[0] == 0.0 and found.at_seconds[-1] > 0.9 * seconds
    assert (np.diff(found.at_seconds) > 0).all()


def test_snapshots_do_not_march_in_step() -> None:
    at = measured(np.zeros((1, 20 * 8_000)), 8_000).at_seconds
    assert np.diff(at).std() > 0.03


def test_nothing_silence_and_a_moment() -> None:
    assert measured(np.zeros((2, 0)), 44_100).level_db.shape[1] == 0
    silent = measured(np.zeros((2, 44_100)), 44_100)
    assert silent.level_db.shape[1] > 1 and (silent.level_db == FLOOR_DB).all()
    assert measured(sine(1_000.0, 44_100, 0.05), 44_100).level_db.shape[1] == 1


def test_a_broken_block_is_refused() -> None:
    with pytest.raises(RequestError, match="channels"):
        FineSpectrumMeter(44_100, 2).feed(np.zeros((1, 10)))
    with pytest.raises(RequestError, match="is nan at frame 0"):
        FineSpectrumMeter(44_100, 1).feed(np.full((1, 10), np.nan))


def test_results_can_be_asked_for_on_the_way() -> None:
    noise = np.random.default_rng(4).standard_normal((1, 16_000)).astype(np.float32)
    meter = FineSpectrumMeter(8_000, 1)
    meter.feed(noise[:, :8_000])
    first = meter.result()
    meter.feed(noise[:, 8_000:])
    whole = measured(noise, 8_000)
    assert np.array_equal(meter.result().level_db, whole.level_db)
    assert np.array_equal(first.level_db, whole.level_db[:, : first.level_db.shape[1]])
