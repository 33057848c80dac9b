"""Breaths, pops, sibilants and rests: planted ones are found, instruments have none, only the spans change."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.ndimage
import scipy.signal
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.formats.audio_files import read_audio
from bandmate.sound.audio import Samples
from bandmate.sound.breath_spans import GAIN_DB, find_breaths
from bandmate.sound.pitch import track_pitch
from bandmate.sound.pitch_curve import PitchCurve
from bandmate.sound.plosives import corner_for, find_plosives, plosives_repaired
from bandmate.sound.rests import find_rests
from bandmate.sound.sibilant_spans import CORNER_HZ, find_sibilants, sibilants_repaired
from bandmate.sound.span_frames import FoundSpan
from tests.conftest import shared_folder

RATE_HZ = 44_100
BREATHS_S = (1.2, 3.2, 5.2)
SIBILANTS_S = (0.55, 2.55, 4.55, 6.55)
INSTRUMENTS = ("piano.wav", "sax-phrase.wav", "cello-phrase.wav", "bendir.wav", "mridangam.wav", "flute-A4.wav")


def noise(seconds: float, low_hz: float, high_hz: float, rate_hz: int, seed: int) -> np.ndarray:
    """Noise in a band, RMS 1, that comes and goes softly."""
    raw = np.random.default_rng(seed).standard_normal(round(seconds * rate_hz))
    sections = scipy.signal.butter(2, [low_hz, min(high_hz, 0.45 * rate_hz)], "bandpass", fs=rate_hz, output="sos")
    shaped = scipy.signal.sosfilt(sections, raw)
    return shaped / shaped.std() * np.minimum(1, 4 * np.hanning(len(raw)))


def voice(rate_hz: int = RATE_HZ) -> tuple[Samples, PitchCurve]:
    """Four phrases of 1 s with sibilants in them, a second between them, and the pitch that was sung."""
    frames = 8 * rate_hz
    t = np.arange(frames) / rate_hz
    sounds = (t % 2 < 1.0) & (np.abs((t % 2) - 0.6) > 0.06)
    level = scipy.ndimage.uniform_filter1d(sounds.astype(float), round(0.02 * rate_hz))
    sung = sum(0.1 / k * np.sin(2 * np.pi * 220 * k * t) for k in range(1, 9)) * level
    sung += np.random.default_rng(1).standard_normal(frames) * 2e-4
    for index, at in enumerate(SIBILANTS_S if rate_hz > 12_000 else ()):
        part = noise(0.1, 5_000, 11_000, rate_hz, index) * 0.04
        sung[round(at * rate_hz) : round(at * rate_hz) + len(part)] += part
    points = np.arange(round(8 / 0.005)) * 0.005
    is_sung = (points % 2 < 1.0) & (np.abs((points % 2) - 0.6) > 0.06)
    return sung.astype(np.float32)[None], PitchCurve(0.005, np.where(is_sung, 220.0, 0.0), is_sung.astype(float))


def added(sound: Samples, at_seconds: float, part: np.ndarray) -> None:
    """Add a part where it begins."""
    start = round(at_seconds * RATE_HZ)
    sound[:, start : start + len(part)] += part.astype(np.float32)


def seconds_of(spans: tuple[FoundSpan, ...]) -> list[float]:
    """Where spans begin."""
    return [span.start_frame / RATE_HZ for span in spans]


def test_breaths_between_phrases_are_found() -> None:
    sound, heard = voice()
    assert find_breaths(sound, RATE_HZ, heard) == ()
    for at in BREATHS_S:
        added(sound, at, noise(0.35, 600, 6_000, RATE_HZ, 9) * 0.01)
    breaths = find_breaths(sound, RATE_HZ, heard)
    np.testing.assert_allclose(seconds_of(breaths), BREATHS_S, atol=0.05)
    assert all(breath.gain_db == GAIN_DB and 0.25 < breath.frames / RATE_HZ < 0.45 for breath in breaths)
    assert all(breath.confidence > 0.8 for breath in breaths)


def test_consonants_are_no_breaths() -> None:
    sound, heard = voice()
    added(sound, 1.3, noise(0.05, 600, 6_000, RATE_HZ, 9) * 0.02)
    added(sound, 3.3, noise(0.2, 6_000, 11_000, RATE_HZ, 9) * 0.02)
    assert find_breaths(sound, RATE_HZ, heard) == ()


def test_pops_are_found_and_go() -> None:
    clean, heard = voice()
    popped = clean.copy()
    assert find_plosives(clean, RATE_HZ, heard) == ()
    t = np.arange(round(0.12 * RATE_HZ)) / RATE_HZ
    for at, hz in ((1.93, 35.0), (3.95, 60.0)):
        added(popped, at, 0.4 * np.sin(2 * np.pi * hz * t) * np.exp(-t / 0.03))
    pops = find_plosives(popped, RATE_HZ, heard)
    np.testing.assert_allclose(seconds_of(pops), (1.93, 3.95), atol=0.03)
    spans = [(pop.start_frame, pop.frames, pop.gain_db) for pop in pops]
    made = plosives_repaired(popped, RATE_HZ, corner_for(heard), spans)
    assert np.sum((made - clean) ** 2) < 0.2 * np.sum((popped - clean) ** 2)


def test_only_the_sharp_sibilant_is_found_and_becomes_like_the_others() -> None:
    sound, _ = voice()
    assert find_sibilants(sound, RATE_HZ) == ()
    start = round(SIBILANTS_S[2] * RATE_HZ)
    sound[:, start : start + round(0.1 * RATE_HZ)] *= 4
    sibilants = find_sibilants(sound, RATE_HZ)
    np.testing.assert_allclose(seconds_of(sibilants), SIBILANTS_S[2:3], atol=0.03)
    spans = [(found.start_frame, found.frames, found.gain_db) for found in sibilants]
    assert find_sibilants(sibilants_repaired(sound, RATE_HZ, CORNER_HZ, spans), RATE_HZ) == ()


def test_rests_are_found_and_leave_room() -> None:
    sound, _ = voice()
    rests = find_rests(sound, RATE_HZ)
    assert len(rests) == 4
    for number, rest in enumerate(rests):
        start, end = rest.start_frame / RATE_HZ, (rest.start_frame + rest.frames) / RATE_HZ
        assert 2 * number + 1.1 < start < 2 * number + 1.3 and 2 * number + 1.9 < end <= 2 * number + 2
        assert not number < 3 or end < 2 * number + 1.97


def test_what_dies_away_is_no_rest() -> None:
    t = np.arange(4 * RATE_HZ) / RATE_HZ
    notes = sum(np.sin(2 * np.pi * 220 * k * t) / k for k in range(1, 6)) * np.exp(-(t % 2) / 0.25) * 0.1
    assert find_rests(notes.astype(np.float32)[None], RATE_HZ) == ()


def test_digital_silence_between_notes_is_a_rest() -> None:
    sound = np.zeros((2, 3 * RATE_HZ), np.float32)
    sound[:, :RATE_HZ] = sound[:, 2 * RATE_HZ :] = 0.1 * np.random.default_rng(1).standard_normal(RATE_HZ)
    assert len(find_rests(sound, RATE_HZ)) == 1


@settings(max_examples=25, deadline=None)
@given(start=st.integers(-5_000, 20_000), frames=st.integers(0, 9_000), gain_db=st.floats(-150, 6))
def test_outside_of_the_spans_every_bit_stays(start: int, frames: int, gain_db: float) -> None:
    sound = (np.random.default_rng(2).standard_normal((2, 15_000)) * 0.1).astype(np.float32)
    outside = np.ones(15_000, bool)
    outside[max(0, start) : max(0, start + frames)] = False
    for repair, corner in ((plosives_repaired, 120.0), (sibilants_repaired, 5_000.0)):
        made = repair(sound, RATE_HZ, corner, [(start, frames, gain_db)])
        np.testing.assert_array_equal(made[:, outside], sound[:, outside])
        assert np.isfinite(made).all() and made.dtype == np.float32
        assert repair(sound, RATE_HZ, corner, [(start, frames, 0.0)]) is sound


def test_a_gain_acts_on_its_side_of_the_corner_only() -> None:
    t = np.arange(RATE_HZ) / RATE_HZ
    for hz, repair, corner, change_db in (
        (40.0, plosives_repaired, 120.0, -20.0),
        (1_500.0, plosives_repaired, 120.0, 0.0),
        (9_000.0, sibilants_repaired, 5_000.0, -20.0),
        (400.0, sibilants_repaired, 5_000.0, 0.0),
    ):
        tone = np.sin(2 * np.pi * hz * t).astype(np.float32)[None]
        made = repair(tone, RATE_HZ, corner, [(0, RATE_HZ, -20.0)])
        inner = slice(RATE_HZ // 4, 3 * RATE_HZ // 4)
        gained_db = 10 * np.log10(np.sum(made[:, inner] ** 2) / np.sum(tone[:, inner] ** 2))
        assert gained_db == pytest.approx(change_db, abs=1.5)


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 192_000])
def test_every_rate(rate_hz: int) -> None:
    sound, heard = voice(rate_hz)
    stereo = np.vstack([sound, sound])
    assert find_breaths(stereo, rate_hz, heard) == () and find_plosives(stereo, rate_hz, heard) == ()
    assert len(find_rests(stereo, rate_hz)) == 4 and find_sibilants(stereo, rate_hz) == ()
    assert sibilants_repaired(sound, rate_hz, 5_000.0, [(100, 900, -6.0)]).shape == sound.shape


@pytest.mark.parametrize("frames", [0, 1, 100, 8_820])
def test_silence_and_short_sounds_have_nothing(frames: int) -> None:
    heard = PitchCurve(0.005, np.zeros(frames // 220), np.zeros(frames // 220))
    for sound in (np.zeros((2, frames), np.float32), np.full((1, frames), 0.1, np.float32)):
        assert find_breaths(sound, RATE_HZ, heard) == () and find_plosives(sound, RATE_HZ, heard) == ()
        assert find_sibilants(sound, RATE_HZ) == () and find_rests(sound, RATE_HZ) == ()
        for repair, corner in ((plosives_repaired, 120.0), (sibilants_repaired, 5_000.0)):
            assert np.isfinite(repair(sound, RATE_HZ, corner, [(0, 50, -6.0)])).all()


def test_the_breaths_of_a_real_singer() -> None:
    audio = read_audio(shared_folder("audio", "sung_with_f0") / "vocadito_1.wav")
    breaths = find_breaths(audio.samples, audio.rate_hz, track_pitch(audio.samples, audio.rate_hz))
    wanted = (0.1, 3.3, 6.35, 12.35, 15.35, 18.3, 21.4, 24.45, 27.95)
    np.testing.assert_allclose(seconds_of(breaths), wanted, atol=0.12)


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_instruments_have_no_breaths_pops_or_sibilants(name: str) -> None:
    audio = read_audio(shared_folder("audio", "voices_instruments") / name)
    heard = track_pitch(audio.samples, audio.rate_hz)
    assert find_breaths(audio.samples, audio.rate_hz, heard) == ()
    assert find_plosives(audio.samples, audio.rate_hz, heard) == ()
    assert find_sibilants(audio.samples, audio.rate_hz) == () and find_rests(audio.samples, audio.rate_hz) == ()
