"""Sums of blocks, against the plain sum in float64."""

from __future__ import annotations

import numpy as np
import pytest

from bandmate.sound.adding import sum_of


@pytest.mark.parametrize("count", range(2, 10))
def test_a_sum_is_added_from_left_to_right_in_float64_and_rounded_once(count: int) -> None:
    rng = np.random.default_rng(count)
    blocks = [rng.standard_normal((2, 501)).astype(np.float32) * np.float32(10.0**n) for n in range(count)]
    total = np.zeros((2, 501))
    for block in blocks:
        total += block
    found = sum_of(blocks)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, total.astype(np.float32))


def test_a_single_block_is_given_back_as_it_is() -> None:
    block = np.ones((2, 3), np.float32)
    assert sum_of([block]) is block


def test_parts_of_larger_blocks_add_up_alike() -> None:
    wide = np.arange(24, dtype=np.float32).reshape(4, 6)
    np.testing.assert_array_equal(sum_of([wide[:2, 1:4], wide[2:, 1:4]]), wide[:2, 1:4] + wide[2:, 1:4])


def test_blocks_without_frames_add_up_to_none() -> None:
    assert sum_of([np.zeros((2, 0), np.float32)] * 4).shape == (2, 0)
