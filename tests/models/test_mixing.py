"""Laws of context mixing: chances, memories that go back, files, and learning what there is to learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.learn.mixing import Pace, teach
from bandmate.models.mixing import Mixing, Plan
from bandmate.models.mixing_counts import arrays_of, file_bytes, model_from
from bandmate.song.errors import ModelError

PLAN = Plan(
    symbols=5,
    contexts=((), (0,), (0, 1)),
    parents=(-1, 0, 1),
    piece_contexts=((0,), (0, 1)),
    piece_parents=(1, 3),
    matches=1,
    selectors=((2, 4),),
    hints=((3, 2, 4),),
)


def pieces(count: int = 30, steps: int = 40, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Symbols that mostly step up by two, now and then by anything; rows know the last two."""
    rng = np.random.Generator(np.random.PCG64(seed))
    rows, symbols, numbers = [], [], []
    for piece in range(count):
        last = before = 0
        for step in range(steps):
            symbol = (last + 2) % 5 if rng.random() < 0.8 else int(rng.integers(5))
            rows.append((last, before, step % 4, (last + 2) % 5 if step % 3 else -1))
            symbols.append(symbol)
            numbers.append(piece)
            last, before = symbol, last
    return np.array(rows, np.int64), np.array(symbols, np.int64), np.array(numbers, np.int64)


@pytest.fixture(scope="module")
def taught() -> Mixing:
    return teach(PLAN, *pieces(), pace=Pace(passes=2, once=True, caution=10.0)).model


def test_it_learns_what_there_is(taught: Mixing) -> None:
    rows, symbols, _ = pieces(1, 400, 9)
    nats = taught.nats(rows, symbols).mean()
    true = -(0.84 * np.log(0.84) + 4 * 0.04 * np.log(0.04))
    assert true < nats + 0.1 < np.log(5) - 0.4


@settings(max_examples=20, deadline=None)
@given(steps=st.lists(st.integers(0, 4), max_size=12), back=st.integers(0, 12))
def test_a_memory_goes_back(taught: Mixing, steps: list[int], back: int) -> None:
    memory, told = taught.memory(2), []
    for number, symbol in enumerate(steps):
        row = [steps[number - 1] if number else 0, 0, number % 4, -1]
        told.append(taught.predict(row, memory))
        assert np.exp(told[-1]).sum() == pytest.approx(1.0)
        memory.add(row, symbol)
    back = min(back, len(steps))
    other = memory.copy()
    memory.cut(back)
    if back < len(steps):
        row = [steps[back - 1] if back else 0, 0, back % 4, -1]
        np.testing.assert_array_equal(taught.predict(row, memory), told[back])
    assert other.length == len(steps)


def test_teaching_twice_gives_the_same_bytes_and_the_file_gives_the_model(taught: Mixing) -> None:
    again = teach(PLAN, *pieces(), pace=Pace(passes=2, once=True, caution=10.0)).model
    arrays = arrays_of("one", taught)
    assert file_bytes(arrays) == file_bytes(arrays_of("one", again))
    read = model_from("one", arrays)
    assert read.plan == taught.plan
    rows, symbols, _ = pieces(1, 50, 3)
    np.testing.assert_allclose(read.nats(rows, symbols), taught.nats(rows, symbols), atol=0.02)
    with pytest.raises(ModelError, match="install Bandmate again"):
        model_from("other", arrays)


def test_counting_once_counts_pieces(taught: Mixing) -> None:
    every = teach(PLAN, *pieces(), pace=Pace(passes=1)).model
    assert every.table.counts[: every.table.starts[1]].sum() == 30 * 40
    assert taught.table.counts[: taught.table.starts[1]].max() <= 30


def test_plans_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="parent"):
        Plan(3, ((), (0,)), (0, 0))
    with pytest.raises(ValueError, match="each context"):
        Plan(3, ((), (0,)), (-1,))
    with pytest.raises(ValueError, match="symbols"):
        Plan(300, ((),), (-1,))
