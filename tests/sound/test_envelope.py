from __future__ import annotations

import numpy as np
import pytest

from bandmate.sound.envelope import ENVELOPE_POINTS, FIRST_STRETCH_FRAMES, EnvelopeMeter
from tests.sound.cuts import noise, pieces


def envelope(samples: np.ndarray) -> np.ndarray:
    meter = EnvelopeMeter()
    meter.take(samples.astype(np.float32))
    return meter.result()


def expected(samples: np.ndarray) -> np.ndarray:
    """The lowest and highest of stretches that are as short as the room for them allows."""
    stretch = FIRST_STRETCH_FRAMES
    while samples.shape[1] // stretch >= 2 * ENVELOPE_POINTS:
        stretch *= 2
    cuts = range(0, samples.shape[1], stretch)
    both = [(samples[:, at : at + stretch].min(), samples[:, at : at + stretch].max()) for at in cuts]
    return np.array(both, np.float32).reshape(-1, 2).T


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize(
    "frames", [0, 1, 511, 512, 513, 5_000, 512 * 3_000 - 1, 512 * 3_000, 512 * 3_000 + 1, 512 * 7_000 + 77]
)
def test_it_is_the_lowest_and_highest_of_each_stretch(rng: np.random.Generator, channels: int, frames: int) -> None:
    samples = rng.uniform(-1, 1, (channels, frames)).astype(np.float32)
    found = envelope(samples)
    assert found.shape[1] <= 2 * ENVELOPE_POINTS
    assert np.array_equal(found, expected(samples))


@pytest.mark.parametrize("most_frames", [700, 20_000])
def test_the_cut_into_blocks_makes_no_difference_to_a_bit(rng: np.random.Generator, most_frames: int) -> None:
    audio = noise(rng, 2, 100_000, 44_100)
    meter = EnvelopeMeter()
    for block in pieces(audio, rng, most_frames):
        meter.take(block)
        meter.result()
    assert np.array_equal(meter.result(), envelope(audio.samples))
