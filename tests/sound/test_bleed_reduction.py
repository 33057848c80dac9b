"""Bleed: found where it is and nowhere else, turned down by no more than asked, the own source kept."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import signal

from bandmate.sound.audio import Samples
from bandmate.sound.bleed_reduction import bleed_reduced, find_bleed
from tests.sound.noises import error_db, plucked

RATE_HZ = 44_100
SECONDS = 8


def drums(rate_hz: int = RATE_HZ, seconds: float = SECONDS, seed: int = 5) -> Samples:
    """Bursts of noise that die away, at uneven times."""
    random = np.random.default_rng(seed)
    out = np.zeros(int(seconds * rate_hz))
    length = int(0.15 * rate_hz)
    for _ in range(int(5 * seconds)):
        first = int(random.integers(0, max(len(out) - length, 1)))
        burst = random.normal(0, 0.2, length) * np.exp(-np.arange(length) / (0.03 * rate_hz))
        out[first : first + length] += burst[: len(out) - first]
    return out.astype(np.float32)[None]


def bled(source: Samples, rate_hz: int = RATE_HZ, delay_ms: float = 3.0) -> Samples:
    """The source as another microphone hears it: a tenth of it, late, without lows and highs."""
    sos = signal.butter(1, [150, min(6000, 0.4 * rate_hz)], "band", fs=rate_hz, output="sos")
    late = np.zeros_like(source)
    delay = round(delay_ms * rate_hz / 1000)
    late[:, delay:] = source[:, : source.shape[1] - delay]
    return np.asarray(0.1 * signal.sosfilt(sos, late), np.float32)


def test_bleed_is_found_with_its_delay_and_level() -> None:
    bleed = bled(drums())
    found = find_bleed(plucked(SECONDS, RATE_HZ) + bleed, drums(), RATE_HZ)
    assert found is not None
    assert found.delay_seconds == pytest.approx(0.003, abs=0.0002)
    assert found.level_db == pytest.approx(10 * np.log10(np.square(bleed).mean()), abs=0.5)
    inside = [band.gain_db for band in found.bands if 400 < band.freq_hz < 2500]
    assert inside == pytest.approx([-20] * len(inside), abs=1.5)
    assert found.confidence > 0.8


def test_bleed_falls_and_the_own_source_stays() -> None:
    clean, bleed = plucked(SECONDS, RATE_HZ), bled(drums())
    got = bleed_reduced(clean + bleed, drums(), RATE_HZ)
    assert error_db(clean, got) < error_db(clean, clean + bleed) - 6
    rests = ~np.convolve(clean[0] != 0, np.ones(441), "same").astype(bool)
    ratio = np.square(got[:, rests]).sum() / np.square(bleed[:, rests]).sum()
    assert -12.5 < 10 * np.log10(ratio) < -10


@pytest.mark.parametrize("early_frames", [-30_000, 12_345])
def test_recordings_that_began_at_different_times(early_frames: int) -> None:
    clean, source = plucked(SECONDS, RATE_HZ), drums()
    own = clean + bled(source)
    if early_frames > 0:
        shifted = np.concatenate([np.zeros((1, early_frames), np.float32), source], axis=1)
    else:
        shifted = source[:, -early_frames:]
    found = find_bleed(own, shifted, RATE_HZ, early_frames)
    assert found is not None
    assert found.delay_seconds == pytest.approx(0.003, abs=0.0002)
    assert error_db(clean, bleed_reduced(own, shifted, RATE_HZ, early_frames)) < error_db(clean, own) - 5


@pytest.mark.parametrize("which", ["unrelated", "nearer to this one", "two microphones", "silent"])
def test_what_is_no_bleed_is_not_found_and_stays_to_the_bit(which: str) -> None:
    random = np.random.default_rng(1)
    own, other = plucked(SECONDS, RATE_HZ), drums()
    if which == "nearer to this one":
        own, other = other, own + bled(other)
    elif which == "two microphones":
        own = 0.5 * other + random.normal(0, 1e-3, other.shape).astype(np.float32)
    elif which == "silent":
        other = np.zeros_like(other)
    assert find_bleed(own, other, RATE_HZ) is None
    assert bleed_reduced(own, other, RATE_HZ).tobytes() == own.tobytes()


def test_nothing_is_asked_and_nothing_changes() -> None:
    own = plucked(SECONDS, RATE_HZ) + bled(drums())
    for got in (bleed_reduced(own, drums(), RATE_HZ, 0, 0.0), bleed_reduced(own, drums(), RATE_HZ, 0, 12.0, 0.0)):
        assert got is not own
        assert got.tobytes() == own.tobytes()
    whole, half = (own - bleed_reduced(own, drums(), RATE_HZ, amount=amount) for amount in (1.0, 0.5))
    np.testing.assert_allclose(half, whole / 2, atol=1e-6)


def test_channels_have_ways_of_their_own_and_output_is_the_same_again() -> None:
    clean, source = plucked(SECONDS, RATE_HZ), np.concatenate([drums(), drums()])
    own = np.concatenate([clean + bled(drums()), clean + 0.5 * bled(drums(), delay_ms=8)])
    got = bleed_reduced(own, source, RATE_HZ)
    for channel in range(2):
        assert error_db(clean, got[channel : channel + 1]) < error_db(clean, own[channel : channel + 1]) - 6
    assert bleed_reduced(own, source, RATE_HZ).tobytes() == got.tobytes()


@pytest.mark.parametrize("rate_hz", [8_000, 192_000])
def test_other_rates(rate_hz: int) -> None:
    clean, source = plucked(4, rate_hz), drums(rate_hz, 4)
    own = clean + bled(source, rate_hz)
    assert find_bleed(own, source, rate_hz) is not None
    assert error_db(clean, bleed_reduced(own, source, rate_hz)) < error_db(clean, own) - 5


@pytest.mark.parametrize("frames", [0, 1, 100, 44_100])
@pytest.mark.parametrize("rate_hz", [100, 44_100])
def test_empty_and_short(frames: int, rate_hz: int) -> None:
    own = np.full((2, frames), 0.1, np.float32)
    for other in (own, own[:1, : frames // 2], np.zeros((1, 0), np.float32)):
        for early_frames in (0, -(2**40), 2**40):
            assert find_bleed(own, other, rate_hz, early_frames) is None
            assert bleed_reduced(own, other, rate_hz, early_frames).tobytes() == own.tobytes()
