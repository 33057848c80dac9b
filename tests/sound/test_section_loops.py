from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.sound.filters import Cascade, high_pass_sections
from bandmate.sound.kernel import FLUSH
from bandmate.sound.section_loops import CHUNK_FRAMES, filled_up, filter_channels, filter_mid_side, run_rows


def plain(row: np.ndarray, sections: np.ndarray) -> np.ndarray:
    """One section after the other, one frame after the other, in Python's floats."""
    out = [float(x) for x in row]
    for b0, b1, b2, a1, a2 in sections.tolist():
        s1 = s2 = 0.0
        for i, x in enumerate(out):
            y = b0 * x + s1
            s1 = (b1 * x + s2) - a1 * y
            s2 = ((b2 * x - a2 * y) + FLUSH) - FLUSH
            out[i] = y
    return np.array(out)


def some_sections(count: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    radius, angle = rng.uniform(0.3, 0.99, count), rng.uniform(0.05, 3.0, count)
    zeros = rng.uniform(-1.0, 1.0, (count, 3))
    return np.column_stack([zeros, -2.0 * radius * np.cos(angle), radius * radius])


@settings(max_examples=80, deadline=None)
@given(
    counts=st.tuples(st.integers(0, 9), st.integers(0, 9)),
    cuts=st.lists(st.sampled_from([0, 1, 2, 3, 4, 5, 9, 60]), min_size=1, max_size=5),
    seed=st.integers(0, 99),
)
def test_four_lanes_at_once_give_the_bits_of_one_after_the_other(
    counts: tuple[int, int], cuts: list[int], seed: int
) -> None:
    each = [some_sections(count, seed + k) for k, count in enumerate(counts)]
    lanes = filled_up(np.concatenate(each))
    state = np.zeros((len(lanes), 2))
    rows = np.random.default_rng(seed).standard_normal((2, sum(cuts)))
    wanted = [plain(row, sections) for row, sections in zip(rows, each, strict=True)]
    start = 0
    for frames in cuts:
        run_rows(rows[0, start : start + frames], rows[1, start : start + frames], counts[0], lanes, state)
        start += frames
    assert np.array_equal(rows, wanted)


@pytest.mark.parametrize("count", range(10))
def test_at_most_one_lane_is_left_over_from_fours(count: int) -> None:
    lanes = filled_up(some_sections(count, 1))
    assert len(lanes) % 4 in (0, 1) and count <= len(lanes) <= count + 2


@pytest.mark.parametrize("channels", [1, 2, 3, 5])
def test_all_channels_are_filtered_alike(channels: int) -> None:
    sections = high_pass_sections(500.0, 44_100, order=6)
    rows = np.random.default_rng(5).standard_normal((channels, 3 * CHUNK_FRAMES + 7))
    done = Cascade(sections, channels).run(rows.copy())
    alone = np.concatenate([Cascade(sections, 1).run(row[None].copy()) for row in rows])
    assert np.array_equal(done, alone)
    assert np.array_equal(done[0, :500], plain(rows[0, :500], sections))


def test_mid_and_side_without_lanes_give_back_left_and_right() -> None:
    samples = np.random.default_rng(5).uniform(-1.0, 1.0, (2, 3_000)).astype(np.float32)
    none, done = np.empty((0, 5)), np.empty_like(samples)
    filter_mid_side(samples, 0, none, np.empty((0, 2)), (0.5, 0.5), done)
    assert np.array_equal(done, samples)
    filter_channels(samples, 0, none, np.empty((0, 2)), 0.5, done)
    assert np.array_equal(done, samples * np.float32(0.5))
