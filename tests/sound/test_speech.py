"""Speech noise: the extra is asked for by name, music never passes the guards, and speech gets cleaner."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from bandmate.song.errors import DeviceError
from bandmate.sound import speech
from bandmate.sound.speech import clean_speech, is_speech, speech_extra_missing
from tests.sound.noises import error_db, noise, plucked, real

MUSIC = (
    *("bendir", "carnatic", "cello-phrase", "flute-A4", "mridangam", "oboe-A4", "orchestra", "piano", "sax-phrase"),
    *("singing-female", "trumpet-A4", "vibraphone-C6", "vignesh", "violin-B3"),
)
needs_extra = pytest.mark.skipif(bool(speech_extra_missing()), reason=speech_extra_missing() or "installed")


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert 'pip install "bandmate[speech]"' in speech_extra_missing()
    sound = plucked(1, 44_100)
    for ask in (clean_speech, is_speech):
        with pytest.raises(DeviceError, match=r"speech cannot be cleaned: .* pip install"):
            ask(sound, 44_100)


def test_nothing_asked_needs_no_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    sound = plucked(1, 44_100)
    for got in (clean_speech(sound, 44_100, 0.0), clean_speech(sound, 44_100, 12.0, 0.0)):
        assert got is not sound
        assert got.tobytes() == sound.tobytes()


@needs_extra
@pytest.mark.parametrize("name", MUSIC)
def test_music_is_left_to_the_bit(name: str) -> None:
    sound, rate_hz = real(f"{name}.wav")
    assert not is_speech(sound, rate_hz)[0]
    assert clean_speech(sound, rate_hz).tobytes() == sound.tobytes()


@needs_extra
def test_what_the_model_would_take_too_much_of_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second guard alone keeps the model from a piano."""
    monkeypatch.setattr(speech, "likelihoods", lambda mono: np.ones(len(mono) // 512))
    sound, rate_hz = real("piano.wav")
    judged, reading = is_speech(sound, rate_hz)
    assert not judged
    assert reading.taken_db > -5


@needs_extra
@pytest.mark.parametrize("name", ["speech-female.wav", "speech-male.wav"])
def test_speech_gets_cleaner_and_stays_in_time(name: str) -> None:
    sound, rate_hz = real(name)
    clean = sound[:, : 3 * rate_hz]
    level = np.sqrt(np.square(clean).mean()) * np.float32(10 ** (-10 / 20))
    noisy = clean + noise("pink", clean.shape[1], rate_hz) * level
    judged, reading = is_speech(noisy, rate_hz)
    assert judged
    assert reading.speech_share > 0.7
    got = clean_speech(noisy, rate_hz)
    assert error_db(clean, got) < -13
    assert error_db(clean, clean_speech(clean, rate_hz)) < -25


@needs_extra
@pytest.mark.parametrize("rate_hz", [8_000, 48_000, 192_000])
@pytest.mark.parametrize("frames", [0, 1, 5_000])
def test_silent_and_short(rate_hz: int, frames: int) -> None:
    for sound in (np.zeros((2, frames), np.float32), np.full((1, frames), 0.1, np.float32)):
        assert clean_speech(sound, rate_hz).tobytes() == sound.tobytes()
        assert not is_speech(sound, rate_hz)[0]


@needs_extra
def test_silence_is_no_speech() -> None:
    silent = np.zeros((1, 44_100), np.float32)
    assert clean_speech(silent, 44_100).tobytes() == silent.tobytes()
    assert not is_speech(silent, 44_100)[0]
