"""Rooms: found by their decay, turned down by no more than asked, and nothing done to what has none."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import signal

from bandmate.sound.audio import Samples
from bandmate.sound.pitch_curve import PitchCurve
from bandmate.sound.room_decay import find_room
from bandmate.sound.room_reduction import room_reduced
from tests.sound.noises import error_db, noise, plucked, real

RATE_HZ = 44_100


def syllables(rate_hz: int = RATE_HZ, seconds: float = 8) -> Samples:
    """Held bursts of pink noise with gaps, which end at once."""
    out = np.zeros((1, int(seconds * rate_hz)), np.float32)
    sound = noise("pink", out.shape[1], rate_hz) * np.float32(0.1)
    sos = signal.butter(2, min(150, 0.2 * rate_hz), "high", fs=rate_hz, output="sos")
    sound = signal.sosfilt(sos, sound).astype(np.float32)
    for first in np.arange(0.1, seconds - 0.5, 0.6):
        inside = slice(int(first * rate_hz), int((first + 0.22) * rate_hz))
        out[:, inside] = sound[:, inside]
    return out


def room(decay_seconds: float, rate_hz: int = RATE_HZ) -> np.ndarray:
    """The direct sound and a tail as loud as it."""
    random = np.random.default_rng(2)
    at = np.arange(int(1.2 * decay_seconds * rate_hz)) / rate_hz
    tail = random.normal(0, 1, len(at)) * 10 ** (-3 * at / decay_seconds) * (at > 0.004)
    tail /= np.sqrt(np.square(tail).sum())
    tail[0] = 1
    return tail


def in_room(samples: Samples, response: np.ndarray) -> Samples:
    wave = signal.oaconvolve(samples, response[None], axes=1)[:, : samples.shape[1]]
    return np.asarray(wave, np.float32)


@pytest.mark.parametrize("decay_seconds", [0.4, 0.8, 1.5])
def test_the_decay_is_found(decay_seconds: float) -> None:
    found = find_room(in_room(syllables(seconds=16), room(decay_seconds)), RATE_HZ)
    assert found is not None
    assert found.decay_seconds == pytest.approx(decay_seconds, rel=0.25)
    assert found.fastest_seconds <= found.decay_seconds <= found.slowest_seconds
    assert 0.5 < found.confidence <= 1


@pytest.mark.parametrize(
    "name", ["speech-male.wav", "speech-female.wav", "singing-female.wav", "piano.wav", "bendir.wav"]
)
def test_no_room_is_found_in_dry_recordings(name: str) -> None:
    assert find_room(*real(name)) is None


def test_no_room_is_found_in_what_has_no_pitch_ends_or_gaps() -> None:
    wet = in_room(syllables(), room(0.8))
    assert find_room(wet, RATE_HZ, PitchCurve(0.005, np.zeros(100), np.zeros(100))) is None
    assert find_room(syllables(), RATE_HZ) is None
    assert find_room(noise("pink", 5 * RATE_HZ, RATE_HZ), RATE_HZ) is None
    assert find_room(plucked(5, RATE_HZ), RATE_HZ) is None


@pytest.mark.parametrize("reduction_db", [6.0, 12.0])
def test_tails_fall_by_no_more_than_asked_and_onsets_stay(reduction_db: float) -> None:
    dry, response = syllables(), room(0.8)
    wet = in_room(dry, response)
    got = room_reduced(wet, RATE_HZ, 0.8, reduction_db)
    late = np.zeros(dry.shape[1], bool)
    onsets = np.zeros(dry.shape[1], bool)
    for first in np.arange(0.1, 7.4, 0.6):
        late[int((first + 0.34) * RATE_HZ) : int((first + 0.56) * RATE_HZ)] = True
        onsets[int(first * RATE_HZ) : int((first + 0.03) * RATE_HZ)] = True
    down_db = -error_db(wet[:, late], np.zeros_like(got[:, late])) + error_db(wet[:, late], wet[:, late] - got[:, late])
    assert -reduction_db - 0.2 < down_db < -0.25 * reduction_db
    assert error_db(wet[:, onsets], got[:, onsets]) < -15


@pytest.mark.parametrize("name", ["speech-male.wav", "speech-female.wav"])
def test_dry_speech_is_hardly_changed(name: str) -> None:
    clean, rate_hz = real(name)
    assert error_db(clean, room_reduced(clean, rate_hz, 0.8, 6.0)) < -30


def test_the_picture_stays_and_nothing_asked_changes_nothing() -> None:
    wet = in_room(syllables(seconds=3), room(0.5))
    stereo = np.concatenate([wet, 0.5 * wet])
    got = room_reduced(stereo, RATE_HZ, 0.5)
    np.testing.assert_allclose(got[1], 0.5 * got[0], atol=1e-6)
    for same in (room_reduced(wet, RATE_HZ, 0.5, 0.0), room_reduced(wet, RATE_HZ, 0.5, 6.0, 0.0)):
        assert same is not wet
        assert same.tobytes() == wet.tobytes()
    whole, half = (wet - room_reduced(wet, RATE_HZ, 0.5, amount=amount) for amount in (1.0, 0.5))
    np.testing.assert_allclose(half, whole / 2, atol=1e-6)
    assert room_reduced(wet, RATE_HZ, 0.5, 60.0).tobytes() == room_reduced(wet, RATE_HZ, 0.5, 12.0).tobytes()


@pytest.mark.parametrize("rate_hz", [100, 8_000, 192_000])
@pytest.mark.parametrize("seconds", [0.0, 0.001, 0.3])
def test_silent_and_short(rate_hz: int, seconds: float) -> None:
    silent = np.zeros((2, int(seconds * rate_hz)), np.float32)
    assert room_reduced(silent, rate_hz, 0.5).tobytes() == silent.tobytes()
    for sound in (silent, silent + np.float32(0.1)):
        assert find_room(sound, rate_hz) is None
        got = room_reduced(sound, rate_hz, 0.5)
        assert got.shape == sound.shape
        assert got.dtype == np.float32
        assert np.isfinite(got).all()
