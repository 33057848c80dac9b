"""What every meter must obey, whatever the sound: gain moves readings by itself, order of channels does not matter."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.sound.audio import Audio
from bandmate.sound.loudness import active_loudness, measure_loudness
from bandmate.sound.stereo import measure_stereo
from bandmate.sound.truepeak import measure_true_peak, true_peak_at_16x

RATES_HZ = [8_000, 11_025, 44_100, 96_000]


@st.composite
def sounds(draw: st.DrawFn) -> Audio:
    """Bursts of noise of random levels with silences between, two channels, about a second."""
    rate_hz = draw(st.sampled_from(RATES_HZ))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    levels = draw(st.lists(st.sampled_from([0.0, 0.001, 0.03, 0.2]), min_size=1, max_size=6))
    parts = [level * rng.standard_normal((2, rate_hz // 5)) for level in [*levels, 0.1]]
    return Audio(np.concatenate(parts, axis=1), rate_hz)


@settings(deadline=None, max_examples=40)
@given(audio=sounds(), exponent=st.integers(-4, 3))
def test_a_gain_moves_loudness_and_peaks_by_itself(audio: Audio, exponent: int) -> None:
    louder = Audio(audio.samples * np.float32(2.0**exponent), audio.rate_hz)
    gain_db = 20 * np.log10(2.0**exponent)
    for meter in (measure_true_peak, true_peak_at_16x):
        assert meter(louder).dbtp == pytest.approx(meter(audio).dbtp + gain_db, abs=1e-6)
    before, after = measure_loudness(audio), measure_loudness(louder)
    if before.max_momentary_lufs is not None:
        assert after.max_momentary_lufs == pytest.approx(before.max_momentary_lufs + gain_db, abs=1e-6)


@settings(deadline=None, max_examples=40)
@given(audio=sounds())
def test_readings_keep_their_order(audio: Audio) -> None:
    loudness = measure_loudness(audio)
    if loudness.integrated_lufs is None:
        return
    active = active_loudness(loudness)
    assert loudness.integrated_lufs <= loudness.momentary_lufs.max() + 1e-9
    assert loudness.momentary_lufs.max() <= loudness.max_momentary_lufs + 1e-9
    assert 0 < active.share <= 1
    peak = measure_true_peak(audio)
    assert peak.sample_peak_dbfs <= peak.dbtp <= peak.sample_peak_dbfs + 9
    assert 0 <= peak.at_seconds <= audio.seconds + 0.01


@settings(deadline=None, max_examples=40)
@given(audio=sounds())
def test_swapping_the_channels_mirrors_the_image_and_nothing_else(audio: Audio) -> None:
    swapped = Audio(audio.samples[::-1], audio.rate_hz)
    assert measure_loudness(swapped).integrated_lufs == pytest.approx(measure_loudness(audio).integrated_lufs)
    assert measure_true_peak(swapped).dbtp == measure_true_peak(audio).dbtp
    one, other = measure_stereo(audio), measure_stereo(swapped)
    assert one.balance_db == pytest.approx(-other.balance_db)
    assert one.width_db == pytest.approx(other.width_db)
