from __future__ import annotations

import numpy as np
import pytest

from bandmate.song.devices import ChannelTrim
from bandmate.sound.audio import Audio
from bandmate.sound.processors import process_audio, processor_for


def trimmed(samples: np.ndarray, **settings: float | bool) -> np.ndarray:
    return process_audio(Audio(samples, 44_100), ChannelTrim(id="t", **settings)).samples


def test_each_channel_has_its_own_level(rng: np.random.Generator) -> None:
    samples = rng.uniform(-0.5, 0.5, (2, 100))
    out = trimmed(samples, left_db=-6.0, right_db=2.0)
    assert out[0] == pytest.approx(samples[0] * 10 ** (-6 / 20), rel=1e-6)
    assert out[1] == pytest.approx(samples[1] * 10 ** (2 / 20), rel=1e-6)


def test_turning_the_polarity_changes_the_sign_and_no_other_bit(rng: np.random.Generator) -> None:
    samples = rng.uniform(-0.5, 0.5, (2, 100)).astype(np.float32)
    out = trimmed(samples, right_inverted=True)
    assert np.array_equal(out, [samples[0], -samples[1]])


def test_mono_has_the_level_of_the_left_and_nothing_of_the_right(rng: np.random.Generator) -> None:
    samples = rng.uniform(-0.5, 0.5, (1, 100))
    assert trimmed(samples, left_db=-3.0, right_db=9.0)[0] == pytest.approx(samples[0] * 10 ** (-3 / 20), rel=1e-6)
    only_right = ChannelTrim(id="t", right_db=9.0, right_inverted=True)
    assert processor_for(only_right, rate_hz=44_100, channels=1) is None


def test_further_channels_stay_as_they_are(rng: np.random.Generator) -> None:
    samples = rng.uniform(-0.5, 0.5, (6, 100)).astype(np.float32)
    assert np.array_equal(trimmed(samples, left_db=-3.0, right_db=1.0)[2:], samples[2:])
