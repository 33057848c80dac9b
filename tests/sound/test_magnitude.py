from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from bandmate.sound.magnitude import magnitude


@settings(deadline=None)
@given(arrays.arrays(np.float32, st.integers(0, 100), elements=st.floats(width=32, allow_nan=False)))
def test_it_is_the_largest_magnitude(samples: np.ndarray) -> None:
    assert magnitude(samples) == np.abs(samples).max(initial=0)


@pytest.mark.parametrize("bad", [np.nan, -np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("frames", [1, 7, 64, 1_001])
def test_a_sample_that_is_no_number_is_not_overlooked(bad: float, frames: int) -> None:
    for place in {0, frames // 2, frames - 1}:
        samples = np.full(frames, np.finfo(np.float32).max)
        samples[place] = bad
        assert not np.isfinite(magnitude(samples.astype(np.float32)))
