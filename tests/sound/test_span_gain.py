"""Stretches with gains: level inside, bits outside."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandmate.sound.span_gain import Stretch, with_gains

NOISE = np.random.default_rng(1).standard_normal((2, 5_000)).astype(np.float32)


def test_a_stretch_is_turned_down_and_the_rest_keeps_its_bits() -> None:
    made = with_gains(NOISE, [Stretch(1_000, 2_000, -6.0)], ramp_frames=100)
    np.testing.assert_array_equal(made[:, :1_000], NOISE[:, :1_000])
    np.testing.assert_array_equal(made[:, 3_000:], NOISE[:, 3_000:])
    np.testing.assert_allclose(made[:, 1_100:2_900], NOISE[:, 1_100:2_900] * 10 ** (-6 / 20), rtol=1e-6)


def test_silence_is_silence_after_the_ramp() -> None:
    made = with_gains(NOISE, [Stretch(0, 5_000, -150.0)], ramp_frames=10)
    assert not made[:, 10:-10].any() and np.abs(made[:, :10]).max() > 0


def test_a_stretch_shorter_than_two_ramps_is_all_ramp() -> None:
    made = with_gains(np.ones((1, 50), np.float32), [Stretch(10, 20, -150.0)], ramp_frames=480)
    assert made[0, 19] == pytest.approx(0.0, abs=0.01) and made[0, 10] > 0.99


@given(start=st.integers(0, 6_000), frames=st.integers(0, 9_000), ramp=st.integers(0, 500))
def test_no_gain_is_the_same_object_wherever_it_lies(start: int, frames: int, ramp: int) -> None:
    assert with_gains(NOISE, [Stretch(start, frames, 0.0)], ramp_frames=ramp) is NOISE
    changed = with_gains(NOISE, [Stretch(start, frames, -3.0)], ramp_frames=ramp)
    outside = np.r_[0 : min(start, 5_000), min(start + frames, 5_000) : 5_000]
    np.testing.assert_array_equal(changed[:, outside], NOISE[:, outside])


def test_nothing_has_nothing_to_turn_down() -> None:
    empty = np.zeros((1, 0), np.float32)
    assert with_gains(empty, [Stretch(0, 10, -9.0)], ramp_frames=5) is empty
