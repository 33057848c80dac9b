from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.song.errors import OutOfRange, RequestError
from bandmate.sound.audio import Audio
from bandmate.sound.resample import Resampler, resample, resampled_frames
from tests.sound.cuts import noise, pieces

RATES_HZ = [8_000, 11_025, 22_050, 44_100, 48_000, 96_000, 192_000]


def test_the_same_rate_gives_the_same_object(rng: np.random.Generator) -> None:
    audio = noise(rng, 2, 1_000, 44_100)
    assert resample(audio, 44_100) is audio
    resampler = Resampler(44_100, 44_100, 2)
    assert np.array_equal(resampler.feed(audio.samples), audio.samples)
    assert resampler.finish().shape == (2, 0)


@settings(deadline=None, max_examples=60)
@given(frames=st.integers(0, 3_000), from_hz=st.sampled_from(RATES_HZ), to_hz=st.sampled_from(RATES_HZ))
def test_the_length_is_exact(frames: int, from_hz: int, to_hz: int) -> None:
    audio = Audio(np.ones((1, frames)), from_hz)
    assert resample(audio, to_hz).frames == round(frames * to_hz / from_hz)
    assert resampled_frames(frames, from_hz, to_hz) == round(frames * to_hz / from_hz)


def test_extreme_ratios_have_exact_lengths_too() -> None:
    assert resample(Audio(np.ones((1, 10)), 1_000), 768_000).frames == 7_680
    assert resample(Audio(np.ones((1, 76_800)), 768_000), 1_000).frames == 100


@pytest.mark.parametrize("from_hz, to_hz", [(44_100, 48_000), (48_000, 44_100), (96_000, 44_100), (44_100, 192_000)])
def test_a_tone_keeps_its_place_in_time(from_hz: int, to_hz: int) -> None:
    def tone(rate_hz: int) -> np.ndarray:
        return 0.5 * np.sin(2 * np.pi * 997 / rate_hz * np.arange(rate_hz) + 0.4)

    changed = resample(Audio(tone(from_hz)[None], from_hz), to_hz).samples[0]
    inside = slice(to_hz // 10, -to_hz // 10)
    assert np.abs(changed - tone(to_hz))[inside].max() < 1e-6


def test_a_click_stays_where_it_was() -> None:
    click = np.zeros((1, 44_100))
    click[0, 22_050] = 1.0
    assert int(resample(Audio(click, 44_100), 48_000).samples[0].argmax()) == 24_000


@pytest.mark.parametrize("quality", ["HQ", "VHQ"])
@pytest.mark.parametrize("most_frames", [100, 9_000])
def test_the_cut_into_blocks_makes_no_difference_to_a_bit(
    rng: np.random.Generator, quality: str, most_frames: int
) -> None:
    audio = noise(rng, 2, 70_000, 44_100)
    resampler = Resampler(44_100, 48_000, 2, quality)
    blocks = [resampler.feed(block) for block in pieces(audio, rng, most_frames)]
    together = np.concatenate([*blocks, resampler.finish()], axis=1)
    assert np.array_equal(together, resample(audio, 48_000, quality).samples)


def test_silence_stays_silence() -> None:
    assert not resample(Audio(np.zeros((2, 5_000)), 44_100), 96_000).samples.any()


def test_impossible_rates_are_refused(rng: np.random.Generator) -> None:
    with pytest.raises(OutOfRange, match="sample rate 500 Hz is not a whole number from 1000 to 768000 Hz"):
        resample(noise(rng, 1, 10, 44_100), 500)


def test_a_bad_frame_is_refused() -> None:
    with pytest.raises(RequestError, match=r"channel 1 is nan at frame 2 "):
        resample(Audio(np.array([[0, 0, np.nan]]), 48_000), 44_100)
