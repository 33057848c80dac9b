"""Noise reduction: bounded, without ringing, and nothing but noise is taken."""

from __future__ import annotations

import numpy as np
import pytest

from bandmate.sound.audio import Samples
from bandmate.sound.noise_profile import NoiseBand, find_noise, noise_in
from bandmate.sound.noise_reduction import reduced
from tests.sound.noises import error_db, noise, plucked, real

RATE_HZ = 44_100


def noisy(clean: Samples, kind: str, level_db: float, rate_hz: int = RATE_HZ) -> Samples:
    return np.asarray(clean + noise(kind, clean.shape[1], rate_hz) * np.float32(10 ** (level_db / 20)))


def power_db(samples: Samples) -> float:
    return 10 * float(np.log10(np.square(samples.astype(np.float64)).mean()))


@pytest.mark.parametrize("reduction_db", [6.0, 9.0, 18.0])
def test_noise_alone_falls_by_the_reduction(reduction_db: float) -> None:
    alone = 0.01 * noise("pink", 3 * RATE_HZ, RATE_HZ)
    profile = noise_in(alone, RATE_HZ, 0, 3 * RATE_HZ)
    assert profile is not None
    got = reduced(alone, RATE_HZ, profile.bands, reduction_db)
    assert power_db(alone) - power_db(got) == pytest.approx(reduction_db, abs=1.0)


def test_what_is_left_of_noise_does_not_twinkle() -> None:
    """The spread of the levels of its spectrum stays that of noise: few bins stand out, where ringing has many."""
    alone = 0.01 * noise("white", 3 * RATE_HZ, RATE_HZ)
    profile = noise_in(alone, RATE_HZ, 0, 3 * RATE_HZ)
    assert profile is not None

    def kurtosis(samples: Samples) -> float:
        frames = samples[0, : len(samples[0]) // 1024 * 1024].reshape(-1, 1024) * np.hanning(1024)
        power = np.abs(np.fft.rfft(frames)[:, 5:-5]) ** 2
        return float(np.mean(power**2) / np.mean(power) ** 2)

    assert kurtosis(reduced(alone, RATE_HZ, profile.bands, 12.0)) < 1.25 * kurtosis(alone)


@pytest.mark.parametrize("kind", ["white", "pink", "room", "fan"])
@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 192_000])
def test_noise_goes_and_notes_stay(kind: str, rate_hz: int) -> None:
    clean = plucked(4, rate_hz)
    with_noise = noisy(clean, kind, -45.0, rate_hz)
    profile = find_noise(with_noise, rate_hz)
    assert profile is not None
    got = reduced(with_noise, rate_hz, profile.bands, 9.0)
    assert error_db(clean, got) < error_db(clean, with_noise) - 4
    assert power_db(got) == pytest.approx(power_db(clean), abs=0.2)


@pytest.mark.parametrize("name", ["singing-female.wav", "piano.wav", "cello-phrase.wav", "sax-phrase-short.wav"])
def test_real_recordings_get_better(name: str) -> None:
    clean, rate_hz = real(name)
    with_noise = noisy(clean, "pink", power_db(clean) - 10, rate_hz)
    profile = find_noise(with_noise, rate_hz)
    assert profile is not None
    assert error_db(clean, reduced(with_noise, rate_hz, profile.bands, 9.0)) < -14


def test_onsets_are_kept() -> None:
    clean = np.zeros((1, 3 * RATE_HZ), np.float32)
    for first in range(RATE_HZ // 2, clean.shape[1] - 4000, RATE_HZ // 2):
        clean[0, first : first + 2000] = 0.5 * np.exp(-np.arange(2000) / 300) * np.sin(0.3 * np.arange(2000))
    with_noise = noisy(clean, "white", -50.0)
    profile = find_noise(with_noise, RATE_HZ)
    assert profile is not None
    got = reduced(with_noise, RATE_HZ, profile.bands, 12.0)
    for first in range(RATE_HZ // 2, clean.shape[1] - 4000, RATE_HZ // 2):
        attack, before = slice(first, first + 200), slice(first - 1000, first)
        assert error_db(clean[:, attack], got[:, attack]) < -35
        assert power_db(got[:, before]) < power_db(with_noise[:, before]) + 0.1


def test_the_picture_stays() -> None:
    clean = plucked(3, RATE_HZ)
    stereo = np.vstack([noisy(clean, "white", -45), 0.5 * noisy(clean, "white", -45)]).astype(np.float32)
    profile = find_noise(stereo, RATE_HZ)
    assert profile is not None
    got = reduced(stereo, RATE_HZ, profile.bands, 9.0)
    np.testing.assert_allclose(got[1], 0.5 * got[0], atol=1e-6)


def test_amount_and_reduction_of_nothing_change_nothing() -> None:
    with_noise = noisy(plucked(2, RATE_HZ), "white", -45)
    bands = (NoiseBand(500.0, -60.0), NoiseBand(5000.0, -50.0))
    for got in (
        reduced(with_noise, RATE_HZ, bands, 9.0, 0.0),
        reduced(with_noise, RATE_HZ, bands, 0.0),
        reduced(with_noise, RATE_HZ, (), 9.0),
    ):
        assert got is not with_noise
        assert got.tobytes() == with_noise.tobytes()
    whole = with_noise - reduced(with_noise, RATE_HZ, bands, 9.0)
    half = with_noise - reduced(with_noise, RATE_HZ, bands, 9.0, 0.5)
    np.testing.assert_allclose(half, whole / 2, atol=1e-6)


def test_frames_far_above_the_noise_stay_to_the_bit() -> None:
    loud = noise("white", 2 * RATE_HZ, RATE_HZ) * np.float32(0.2)
    assert reduced(loud, RATE_HZ, (NoiseBand(1000.0, -90.0),), 9.0).tobytes() == loud.tobytes()


def test_more_than_the_most_counts_as_the_most_and_output_is_the_same_again() -> None:
    with_noise = noisy(plucked(2, RATE_HZ), "white", -45)
    bands = (NoiseBand(500.0, -60.0), NoiseBand(5000.0, -55.0))
    assert reduced(with_noise, RATE_HZ, bands, 60.0).tobytes() == reduced(with_noise, RATE_HZ, bands, 18.0).tobytes()


@pytest.mark.parametrize("rate_hz", [1_000, 8_000, 192_000])
@pytest.mark.parametrize("seconds", [0.0, 0.001, 0.2])
@pytest.mark.parametrize("channels", [1, 2])
def test_silence_and_short_sounds(rate_hz: int, seconds: float, channels: int) -> None:
    bands = (NoiseBand(200.0, -60.0), NoiseBand(40_000.0, -60.0))
    silent = np.zeros((channels, int(seconds * rate_hz)), np.float32)
    assert reduced(silent, rate_hz, bands).tobytes() == silent.tobytes()
    short = silent + np.float32(0.1)
    got = reduced(short, rate_hz, bands)
    assert got.shape == short.shape
    assert got.dtype == np.float32
    assert np.isfinite(got).all()
