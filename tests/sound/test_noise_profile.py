"""Noise profiles: right about noise that is there, silent about what is music."""

from __future__ import annotations

import numpy as np
import pytest

from bandmate.sound.noise_profile import find_noise, noise_in
from tests.sound.noises import noise, plucked, real

RATE_HZ = 44_100


@pytest.mark.parametrize("kind", ["white", "pink", "room", "fan"])
@pytest.mark.parametrize("level_db", [-60.0, -40.0])
def test_noise_under_notes_is_found_at_its_level(kind: str, level_db: float) -> None:
    clean = plucked(5, RATE_HZ)
    noisy = clean + noise(kind, clean.shape[1], RATE_HZ) * np.float32(10 ** (level_db / 20))
    profile = find_noise(noisy, RATE_HZ)
    assert profile is not None
    # Where lows are never free, too little is believed rather than too much.
    assert -3.5 < profile.level_db - level_db < 1.5
    assert profile.steadiness > 0.5


@pytest.mark.parametrize("rate_hz", [8_000, 96_000, 192_000])
def test_white_noise_is_flat_at_any_rate(rate_hz: int) -> None:
    clean = plucked(4, rate_hz)
    profile = find_noise(clean + noise("white", clean.shape[1], rate_hz) * np.float32(0.003), rate_hz)
    assert profile is not None
    assert abs(profile.level_db - 20 * np.log10(0.003)) < 1.0
    freqs_hz = [band.freq_hz for band in profile.bands]
    assert freqs_hz == sorted(freqs_hz)
    assert freqs_hz[-1] < rate_hz / 2


def test_a_named_place_gives_its_noise_and_nothing_of_the_rest() -> None:
    clean = plucked(3, RATE_HZ)
    clean[:, : RATE_HZ // 2] = 0
    noisy = clean + 0.01 * noise("pink", clean.shape[1], RATE_HZ)
    profile = noise_in(noisy, RATE_HZ, 0, RATE_HZ // 2)
    assert profile is not None
    assert abs(profile.level_db + 40) < 1.0


@pytest.mark.parametrize(
    "name", ["speech-male.wav", "singing-female.wav", "piano.wav", "cello-phrase.wav", "flute-A4.wav", "orchestra.wav"]
)
def test_clean_recordings_have_no_noise(name: str) -> None:
    assert find_noise(*real(name)) is None


def test_noise_that_comes_and_goes_is_not_a_floor() -> None:
    frames = 6 * RATE_HZ
    swelling = noise("white", frames, RATE_HZ) * np.linspace(1, 1e-3, frames, dtype=np.float32) ** 3
    assert find_noise(swelling, RATE_HZ) is None


def test_noise_far_below_the_music_is_left_alone() -> None:
    clean = plucked(5, RATE_HZ)
    assert find_noise(clean + noise("white", clean.shape[1], RATE_HZ) * np.float32(1e-5), RATE_HZ) is None


def test_loud_noise_is_worth_more_reduction_than_soft_noise() -> None:
    clean = plucked(5, RATE_HZ)
    loud, soft = (
        find_noise(clean + noise("white", clean.shape[1], RATE_HZ) * np.float32(level), RATE_HZ)
        for level in (0.02, 0.001)
    )
    assert loud is not None
    assert soft is not None
    assert soft.reduction_db == 9.0 < loud.reduction_db <= 12.0


@pytest.mark.parametrize("rate_hz", [1_000, 44_100, 192_000])
@pytest.mark.parametrize("seconds", [0.0, 0.001, 0.2, 1.0])
@pytest.mark.parametrize("channels", [1, 2])
def test_silence_and_short_sounds_have_none(rate_hz: int, seconds: float, channels: int) -> None:
    silent = np.zeros((channels, int(seconds * rate_hz)), np.float32)
    assert find_noise(silent, rate_hz) is None
    assert noise_in(silent, rate_hz, 0, 10_000) is None
    find_noise(silent + np.float32(0.1), rate_hz)
    noise_in(silent + np.float32(0.1), rate_hz, -5, 10)
