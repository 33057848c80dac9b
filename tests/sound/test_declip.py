"""Clipping: found where tops are flat, redrawn beyond the ceiling, nothing else touched."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.formats.audio_files import read_audio
from bandmate.sound.audio import Samples
from bandmate.sound.declip import NOTHING, declipped, find_clipping
from tests.conftest import shared_folder
from tests.sound.test_click_repair import RATE_HZ, chord, likeness_db


def overdriven(clean: Samples, gain_db: float, ceiling: float = 0.9) -> tuple[Samples, Samples]:
    """The sound as it should be, and as it was recorded."""
    wanted = (clean / np.abs(clean).max() * ceiling * 10 ** (gain_db / 20)).astype(np.float32)
    return wanted, np.clip(wanted, -ceiling, ceiling)


@pytest.mark.parametrize(("gain_db", "gained_db"), [(3.0, 20.0), (6.0, 20.0), (10.0, 12.0)])
def test_flat_tops_are_drawn_again(gain_db: float, gained_db: float) -> None:
    wanted, clipped = overdriven(chord(), gain_db)
    found = find_clipping(clipped, RATE_HZ)
    assert found.ceiling == pytest.approx(0.9, abs=1e-3)
    assert found.clipped_frames == np.sum(np.abs(clipped) >= found.ceiling)
    made = declipped(clipped, RATE_HZ, found.ceiling, found.spans)
    assert likeness_db(wanted, made) > likeness_db(wanted, clipped) + gained_db
    assert np.abs(made).max() == pytest.approx(np.abs(wanted).max(), rel=0.15)


def test_what_is_drawn_lies_beyond_the_ceiling_and_the_rest_keeps_its_bits() -> None:
    _, clipped = overdriven(chord(), 8.0)
    found = find_clipping(clipped, RATE_HZ)
    made = declipped(clipped, RATE_HZ, found.ceiling, found.spans)
    top = np.abs(clipped) >= found.ceiling
    assert (np.abs(made[top]) >= found.ceiling - 1e-6).all() and (np.sign(made[top]) == np.sign(clipped[top])).all()
    np.testing.assert_array_equal(made[~top], clipped[~top])


def test_amount_scales_and_nothing_changes_nothing() -> None:
    _, clipped = overdriven(chord(seconds=0.5), 6.0)
    found = find_clipping(clipped, RATE_HZ)
    assert declipped(clipped, RATE_HZ, found.ceiling, found.spans, 0.0) is clipped
    assert declipped(clipped, RATE_HZ, found.ceiling, ()) is clipped
    whole, half = (declipped(clipped, RATE_HZ, found.ceiling, found.spans, a) - clipped for a in (1.0, 0.5))
    np.testing.assert_allclose(half, whole / 2, atol=1e-6)


@pytest.mark.parametrize("hz", [20.0, 50.0, 440.0, 9_000.0, 11_025.0])
def test_a_clean_tone_is_not_clipped(hz: float) -> None:
    tone = np.sin(2 * np.pi * hz * np.arange(RATE_HZ) / RATE_HZ)[None]
    assert find_clipping(tone.astype(np.float32), RATE_HZ) == NOTHING
    assert find_clipping((np.round(tone * 32_767) / 32_768).astype(np.float32), RATE_HZ) == NOTHING


def test_a_square_wave_is_meant_to_be_flat() -> None:
    square = np.sign(np.sin(2 * np.pi * 110 * (np.arange(RATE_HZ) + 0.5) / RATE_HZ)).astype(np.float32)[None] * 0.7
    assert find_clipping(square, RATE_HZ) == NOTHING


def test_tops_of_16_bits_with_dither_are_found() -> None:
    _, clipped = overdriven(chord(), 6.0)
    dither = np.random.default_rng(1).integers(-1, 1, clipped.shape)
    coarse = ((np.round(clipped * 32_767) + dither) / 32_768).astype(np.float32)
    assert find_clipping(coarse, RATE_HZ).tops >= 0.5 * find_clipping(clipped, RATE_HZ).tops


@settings(max_examples=15, deadline=None)
@given(start=st.integers(-500, 9_000), frames=st.integers(0, 5_000))
def test_outside_of_the_spans_every_bit_stays(start: int, frames: int) -> None:
    _, clipped = overdriven(chord(seconds=0.2), 6.0)
    made = declipped(clipped, RATE_HZ, 0.8999, [(start, frames)])
    outside = np.ones(clipped.shape[1], bool)
    outside[max(0, start) : max(0, start + frames)] = False
    np.testing.assert_array_equal(made[:, outside], clipped[:, outside])


@pytest.mark.parametrize("rate_hz", [8_000, 192_000])
def test_every_rate_and_two_channels(rate_hz: int) -> None:
    clean = np.vstack([chord(rate_hz, 0.6), -chord(rate_hz, 0.6)])
    wanted, clipped = overdriven(clean, 6.0)
    found = find_clipping(clipped, rate_hz)
    made = declipped(clipped, rate_hz, found.ceiling, found.spans)
    assert likeness_db(wanted, made) > likeness_db(wanted, clipped) + 10
    np.testing.assert_allclose(made[0], -made[1], atol=1e-6)


@pytest.mark.parametrize("frames", [0, 1, 4, 60, 8_820])
def test_silence_and_short_sounds(frames: int) -> None:
    for sound in (np.zeros((2, frames), np.float32), np.full((1, frames), 0.5, np.float32)):
        assert find_clipping(sound, RATE_HZ) == NOTHING
        assert np.isfinite(declipped(sound, RATE_HZ, 0.4, [(0, 50)])).all()


@pytest.mark.parametrize("name", ["piano.wav", "speech-male.wav", "bendir.wav", "cello-phrase.wav"])
def test_real_recordings(name: str) -> None:
    audio = read_audio(shared_folder("audio", "voices_instruments") / name)
    assert find_clipping(audio.samples, audio.rate_hz) == NOTHING
    wanted, clipped = overdriven(audio.samples, 6.0)
    found = find_clipping(clipped, audio.rate_hz)
    made = declipped(clipped, audio.rate_hz, found.ceiling, found.spans)
    assert likeness_db(wanted, made) > likeness_db(wanted, clipped) + 6
