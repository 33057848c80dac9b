"""Hum: found where it was planted, taken out without the music, and never found in what has none."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from bandmate.sound.audio import Samples
from bandmate.sound.hum_removal import Hum, find_hum, without_hum
from tests.conftest import shared_folder

LINES = {1: 1.0, 2: 0.5, 3: 0.6, 4: 0.2, 5: 0.35, 7: 0.2, 9: 0.12, 11: 0.08, 13: 0.06, 15: 0.05}
RATE_HZ = 44_100


def hum_of(frames: int, rate_hz: int, freq_hz: float = 50.03) -> Samples:
    at = np.arange(frames) / rate_hz
    lines = sum(level * np.sin(2 * np.pi * freq_hz * number * at + number) for number, level in LINES.items())
    return np.asarray(lines / np.std(lines), np.float32)[None]


def notes(seconds: float, rate_hz: int, freqs_hz: tuple[float, ...], rest: float = 0.2) -> Samples:
    """A line of plucked notes, half a second each."""
    out = np.zeros(int(seconds * rate_hz))
    length = int(0.5 * rate_hz)
    at = np.arange(int(length * (1 - rest))) / rate_hz
    fade = np.minimum(at / 0.005, 1) * np.minimum((at[-1] - at) / 0.01, 1) * np.exp(-1.5 * at)
    for count, first in enumerate(range(0, len(out) - length, length)):
        freq_hz = freqs_hz[count % len(freqs_hz)]
        tone = sum(np.sin(2 * np.pi * freq_hz * k * at + k * count) / k for k in range(1, 9))
        out[first : first + len(at)] += tone * fade
    return np.asarray(0.2 * out, np.float32)[None]


def real(name: str) -> tuple[Samples, int]:
    samples, rate_hz = soundfile.read(shared_folder("audio", "voices_instruments") / name, dtype="float32")
    return samples[None], rate_hz


def error_db(wanted: Samples, got: Samples) -> float:
    """Error against what was wanted, dB."""
    return 10 * float(np.log10(np.square(got - wanted).sum() / np.square(wanted).sum()))


def cleaned(samples: Samples, rate_hz: int) -> tuple[Samples, Hum | None]:
    hum = find_hum(samples, rate_hz)
    if hum is None:
        return samples, None
    return without_hum(samples, rate_hz, hum.freq_hz, [line.number for line in hum.lines]), hum


@pytest.mark.parametrize("rate_hz", [8_000, 192_000])
@pytest.mark.parametrize("freq_hz", [49.93, 50.03, 60.11])
def test_a_planted_hum_is_found_to_a_hundredth_of_a_hertz_and_goes(rate_hz: int, freq_hz: float) -> None:
    clean = notes(5, rate_hz, (220.0, 246.9, 196.0))
    hummed = clean + 0.01 * hum_of(clean.shape[1], rate_hz, freq_hz)
    got, hum = cleaned(hummed, rate_hz)
    assert hum is not None
    assert abs(hum.freq_hz - freq_hz) < 0.01
    assert {1, 2, 3, 5} <= {line.number for line in hum.lines} <= set(LINES)
    assert error_db(clean, got) < error_db(clean, hummed) - 15


@pytest.mark.parametrize("name", ["singing-female.wav", "piano.wav", "cello-phrase.wav"])
@pytest.mark.parametrize(("below_db", "better_db"), [(10, 12), (20, 10), (40, -1)])
def test_hum_goes_from_real_music(name: str, below_db: float, better_db: float) -> None:
    clean, rate_hz = real(name)
    hummed = clean + hum_of(clean.shape[1], rate_hz) * np.float32(clean.std() * 10 ** (-below_db / 20))
    got, _ = cleaned(hummed, rate_hz)
    assert error_db(clean, got) <= -below_db - better_db + 0.01


@pytest.mark.parametrize("freqs_hz", [(61.74,), (49.0,), (49.33,), (98.0, 123.47), (49.0, 55.0, 61.74, 58.27)])
@pytest.mark.parametrize("rest", [0.0, 0.3])
def test_bass_lines_near_the_mains_have_no_hum(freqs_hz: tuple[float, ...], rest: float) -> None:
    assert find_hum(notes(8, RATE_HZ, freqs_hz, rest), RATE_HZ) is None


@pytest.mark.parametrize("name", ["cello-phrase.wav", "organ-C3.wav", "speech-male.wav", "rain.wav"])
def test_clean_recordings_have_no_hum(name: str) -> None:
    assert find_hum(*real(name)) is None


def test_hum_that_wanders_is_followed() -> None:
    clean = notes(30, RATE_HZ, (220.0, 196.0), 0.3)
    at = np.arange(clean.shape[1]) / RATE_HZ
    cycles = np.cumsum(50.0 + 0.02 * np.sin(2 * np.pi * at / 60)) / RATE_HZ
    lines = sum(level * np.sin(2 * np.pi * number * cycles) for number, level in LINES.items())
    hummed = np.asarray(clean + 0.01 * lines, np.float32)
    got, hum = cleaned(hummed, RATE_HZ)
    assert hum is not None
    assert hum.wander_hz > 0.01
    assert error_db(clean, got) < error_db(clean, hummed) - 15


def test_each_channel_loses_its_own_hum_and_no_more() -> None:
    clean = notes(5, RATE_HZ, (220.0, 196.0))
    hum = hum_of(clean.shape[1], RATE_HZ)
    hummed = np.vstack([clean + 0.02 * hum, clean - 0.01 * hum, clean])
    got, found = cleaned(hummed, RATE_HZ)
    assert found is not None
    assert error_db(clean, got[:1]) < -50
    assert error_db(clean, got[1:2]) < -50
    np.testing.assert_allclose(got[2], clean[0], atol=1e-4)


def test_half_the_amount_takes_half() -> None:
    hummed = notes(4, RATE_HZ, (220.0,)) + 0.01 * hum_of(4 * RATE_HZ, RATE_HZ)
    whole = hummed - without_hum(hummed, RATE_HZ, 50.03, (1, 2, 3))
    half = hummed - without_hum(hummed, RATE_HZ, 50.03, (1, 2, 3), 0.5)
    np.testing.assert_allclose(half, whole / 2, atol=1e-7)


def test_amount_nothing_changes_nothing_and_equal_input_gives_equal_output() -> None:
    hummed = notes(3, RATE_HZ, (220.0,)) + 0.01 * hum_of(3 * RATE_HZ, RATE_HZ)
    kept = hummed.copy()
    assert without_hum(hummed, RATE_HZ, 50.03, (1, 2, 3), 0.0).tobytes() == hummed.tobytes()
    assert without_hum(hummed, RATE_HZ, 50.03, ()).tobytes() == hummed.tobytes()
    once, again = (without_hum(hummed, RATE_HZ, 50.03, (3, 1)) for _ in range(2))
    assert once.tobytes() == again.tobytes()
    assert hummed.tobytes() == kept.tobytes()
    assert once.dtype == np.float32


@pytest.mark.parametrize("rate_hz", [1_000, 44_100, 192_000])
@pytest.mark.parametrize("seconds", [0.0, 0.001, 0.2, 1.1])
@pytest.mark.parametrize("channels", [1, 2])
def test_silence_and_short_sounds_stay(rate_hz: int, seconds: float, channels: int) -> None:
    silent = np.zeros((channels, int(seconds * rate_hz)), np.float32)
    assert find_hum(silent, rate_hz) is None
    assert without_hum(silent, rate_hz, 50.0, (1, 2)).tobytes() == silent.tobytes()
    short = silent + np.float32(0.1)
    find_hum(short, rate_hz)
    assert without_hum(short, rate_hz, 50.0, (1, 2, 400)).shape == short.shape


def test_noise_has_no_hum(rng: np.random.Generator) -> None:
    noise = rng.normal(0, 0.1, (1, 5 * RATE_HZ)).astype(np.float32)
    assert find_hum(noise, RATE_HZ) is None
