"""Clicks: planted ones are found and go, strokes and clean sounds stay as they are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.formats.audio_files import read_audio
from bandmate.sound.audio import Samples
from bandmate.sound.click_repair import clicks_repaired, find_clicks
from bandmate.sound.pitch_curve import PitchCurve
from tests.conftest import shared_folder

RATE_HZ = 44_100


def chord(rate_hz: int = RATE_HZ, seconds: float = 2.0) -> Samples:
    """Three notes with harmonics over a little noise."""
    t = np.arange(round(seconds * rate_hz)) / rate_hz
    noise = np.random.default_rng(3).standard_normal(len(t)) * 1e-4
    notes = sum(0.1 / k * np.sin(2 * np.pi * hz * k * t + k) for hz in (220.0, 277.2, 329.6) for k in (1, 2, 3, 4))
    return (notes + noise).astype(np.float32)[None]


def with_clicks(clean: Samples, count: int, seed: int = 5) -> tuple[Samples, list[tuple[int, int]]]:
    """The sound with clicks of 1 to 24 samples, and where they are."""
    rng = np.random.default_rng(seed)
    damaged, places = clean.copy(), []
    starts = rng.choice(np.arange(2_000, clean.shape[1] - 2_000, 700), count, replace=False)
    for start in sorted(int(start) for start in starts):
        length = int(rng.integers(1, 25))
        shape = np.hanning(length + 2)[1:-1] * rng.uniform(0.5, 1.5, length)
        damaged[:, start : start + length] += (rng.uniform(0.1, 0.5) * rng.choice([-1, 1]) * shape).astype(np.float32)
        places.append((start, length))
    return damaged, places


def found(places: list[tuple[int, int]], spans: tuple[tuple[int, int], ...]) -> int:
    """How many places a span lies on."""
    return sum(any(s < start + n and s + k > start for s, k in spans) for start, n in places)


def likeness_db(clean: Samples, other: Samples) -> float:
    """Power of the sound over that of the error."""
    error = np.sum((clean.astype(np.float64) - other) ** 2)
    return float(10 * np.log10(np.sum(clean.astype(np.float64) ** 2) / max(error, 1e-30)))


def test_planted_clicks_are_found_and_go() -> None:
    clean = chord(seconds=4.0)
    damaged, places = with_clicks(clean, 40)
    clicks = find_clicks(damaged, RATE_HZ)
    assert found(places, clicks.spans) == 40
    assert len(clicks.clicks) <= 42 and clicks.per_second == pytest.approx(len(clicks.clicks) / 4, rel=1e-3)
    assert likeness_db(clean, clicks_repaired(damaged, RATE_HZ, clicks.spans)) > likeness_db(clean, damaged) + 20


def test_spans_are_as_tight_as_the_clicks() -> None:
    damaged, places = with_clicks(chord(seconds=4.0), 40)
    lengths = [frames for _, frames in find_clicks(damaged, RATE_HZ).spans]
    assert max(lengths) <= 40 and np.mean(lengths) < 2 * np.mean([n for _, n in places])


def test_a_clean_chord_has_no_clicks() -> None:
    assert find_clicks(chord(), RATE_HZ).clicks == ()


def test_strokes_and_plucks_are_no_clicks() -> None:
    rng = np.random.default_rng(11)
    t = np.arange(RATE_HZ // 4) / RATE_HZ
    snare = rng.standard_normal(len(t)) * np.exp(-t / 0.04) + np.sin(2 * np.pi * 190 * t) * np.exp(-t / 0.08)
    pluck = sum(np.sin(2 * np.pi * 196 * k * t) * np.exp(-t * k / 0.15) / k for k in range(1, 20))
    played = np.tile(np.concatenate([snare, pluck]) * 0.2, 6).astype(np.float32)[None]
    assert find_clicks(played, RATE_HZ).clicks == ()


def test_pulses_of_a_voice_are_no_clicks() -> None:
    """A pulse train through formants, as a low voice has it."""
    import scipy.signal

    pulses = np.zeros(3 * RATE_HZ)
    pulses[:: RATE_HZ // 97] = 1.0
    for hz, width in ((600.0, 80.0), (1_100.0, 90.0), (2_500.0, 150.0), (3_500.0, 200.0)):
        pole = np.exp(-np.pi * width / RATE_HZ)
        pulses = scipy.signal.lfilter([1], [1, -2 * pole * np.cos(2 * np.pi * hz / RATE_HZ), pole**2], pulses)
    voice = pulses / np.abs(pulses).max() * 0.5 + np.random.default_rng(2).standard_normal(len(pulses)) * 3e-4
    assert find_clicks(voice.astype(np.float32)[None], RATE_HZ).clicks == ()


def test_the_edges_of_clipping_are_no_clicks() -> None:
    clipped = np.clip(chord() * 4, -0.9, 0.9)
    assert find_clicks(clipped, RATE_HZ).clicks == ()


def test_a_click_in_one_channel_is_redrawn_in_that_one() -> None:
    clean = np.vstack([chord(), chord()[:, ::-1]])
    damaged = clean.copy()
    for start in range(10_000, 70_000, 9_000):
        damaged[0, start : start + 6] += np.float32(0.4)
    clicks = find_clicks(damaged, RATE_HZ)
    made = clicks_repaired(damaged, RATE_HZ, clicks.spans)
    assert len(clicks.clicks) == 7
    np.testing.assert_array_equal(made[1], clean[1])
    assert likeness_db(clean[:1], made[:1]) > likeness_db(clean[:1], damaged[:1]) + 20


def test_a_mouth_click_within_a_vowel_is_found_with_the_pitch() -> None:
    clean = chord(seconds=2.0)
    damaged = clean.copy()
    burst = np.random.default_rng(4).standard_normal(130) * np.hanning(130) * 0.25
    damaged[0, 40_000:40_130] += burst.astype(np.float32)
    heard = PitchCurve(0.005, np.full(400, 220.0), np.ones(400))
    assert find_clicks(damaged, RATE_HZ).clicks == ()
    clicks = find_clicks(damaged, RATE_HZ, heard=heard).clicks
    assert len(clicks) == 1 and abs(clicks[0].start_frame - 40_000) < 60
    assert find_clicks(clean, RATE_HZ, heard=heard).clicks == ()


@settings(max_examples=25, deadline=None)
@given(start=st.integers(-50, 9_000), frames=st.integers(0, 150), amount=st.floats(0, 1))
def test_outside_of_the_spans_every_bit_stays(start: int, frames: int, amount: float) -> None:
    sound = chord(seconds=0.2)
    made = clicks_repaired(sound, RATE_HZ, [(start, frames)], amount)
    outside = np.ones(sound.shape[1], bool)
    outside[max(0, start) : max(0, start + frames)] = False
    np.testing.assert_array_equal(made[:, outside], sound[:, outside])
    assert made.dtype == np.float32 and np.isfinite(made).all()


def test_amount_scales_what_is_taken_out() -> None:
    damaged, places = with_clicks(chord(), 10)
    assert clicks_repaired(damaged, RATE_HZ, places, 0.0) is damaged
    whole, half = (clicks_repaired(damaged, RATE_HZ, places, amount) - damaged for amount in (1.0, 0.5))
    np.testing.assert_allclose(half, whole / 2, atol=1e-6)


def test_spans_may_touch_overlap_and_be_many() -> None:
    sound = chord(seconds=0.5)
    spans = [(start, 9) for start in range(2_000, 4_500, 25)] + [(5_000, 40), (5_010, 40), (4_000, 30)]
    made = clicks_repaired(sound, RATE_HZ, spans)
    assert likeness_db(sound, made) > 20


@pytest.mark.parametrize("rate_hz", [8_000, 22_050, 96_000, 192_000])
def test_clicks_are_found_at_every_rate(rate_hz: int) -> None:
    clean = chord(rate_hz, 1.5)
    damaged = clean.copy()
    places = [(int(at * rate_hz), 5) for at in np.linspace(0.2, 1.3, 9)]
    for start, length in places:
        damaged[:, start : start + length] += np.float32(0.3)
    clicks = find_clicks(damaged, rate_hz)
    assert found(places, clicks.spans) == 9 and find_clicks(clean, rate_hz).clicks == ()
    assert likeness_db(clean, clicks_repaired(damaged, rate_hz, clicks.spans)) > likeness_db(clean, damaged) + 10


@pytest.mark.parametrize("frames", [0, 1, 50, 500, 8_820])
def test_silence_and_short_sounds_have_no_clicks(frames: int) -> None:
    for sound in (np.zeros((2, frames), np.float32), np.full((1, frames), 0.1, np.float32)):
        assert find_clicks(sound, RATE_HZ).clicks == ()
        assert np.isfinite(clicks_repaired(sound, RATE_HZ, [(0, 3), (40, 10)])).all()


def voices(name: str) -> Path:
    return shared_folder("audio", "voices_instruments") / name


@pytest.mark.parametrize(
    "recording",
    [
        lambda: shared_folder("audio", "sung_with_f0") / "vocadito_1.wav",
        lambda: voices("cello-phrase.wav"),
        lambda: voices("piano.wav"),
        lambda: voices("speech-male.wav"),
        lambda: voices("mridangam.wav"),
        lambda: voices("vibraphone-C6.wav"),
    ],
)
def test_real_recordings_are_clean_and_are_cleaned(recording: Callable[[], Path]) -> None:
    audio = read_audio(recording())
    clean = audio.samples[:, : 5 * audio.rate_hz]
    clean = (clean / np.abs(clean).max() * 0.5).astype(np.float32)
    assert find_clicks(clean, audio.rate_hz).clicks == ()
    damaged, places = with_clicks(clean, 30)
    clicks = find_clicks(damaged, audio.rate_hz)
    assert found(places, clicks.spans) >= 27
    assert likeness_db(clean, clicks_repaired(damaged, audio.rate_hz, clicks.spans)) > likeness_db(clean, damaged) + 8
