from __future__ import annotations

import numpy as np
import pytest

from bandmate.song.errors import OutOfRange, RequestError
from bandmate.sound.finite import checked_block, finite_block


def test_a_good_block_is_passed_on_read_only_and_without_a_copy() -> None:
    block = np.zeros((2, 10), np.float32)
    checked = finite_block(block, 2, start_frame=0, rate_hz=48_000)
    assert np.shares_memory(checked, block)
    assert not checked.flags.writeable
    assert block.flags.writeable


def test_an_empty_block_is_fine() -> None:
    assert finite_block(np.zeros((2, 0)), 2, start_frame=0, rate_hz=48_000).shape == (2, 0)


def test_another_number_of_channels_is_refused() -> None:
    with pytest.raises(RequestError, match="block has 1 channels, the meter was made for 2; make a meter per layout"):
        checked_block(np.zeros((1, 10)), 2)


def test_frames_first_is_refused_with_the_fix() -> None:
    with pytest.raises(OutOfRange, match=r"Was the array \(frames, channels\)\? Then pass samples.T"):
        checked_block(np.zeros((1000, 2)), 2)


@pytest.mark.parametrize("value, word", [(np.nan, "nan"), (np.inf, "inf"), (-np.inf, "-inf")])
def test_the_first_bad_frame_is_named_with_its_time(value: float, word: str) -> None:
    block = np.zeros((2, 100), np.float32)
    block[1, 20], block[0, 60] = value, value
    with pytest.raises(
        RequestError,
        match=rf"channel 2 is {word} at frame 48020 \(1.000 s\); a meter needs finite samples; repair or cut that",
    ):
        finite_block(block, 2, start_frame=48_000, rate_hz=48_000)
