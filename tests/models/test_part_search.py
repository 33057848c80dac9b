"""Laws of the search for four voices: what it tries keeps the rules, and what it finds is the best."""

from __future__ import annotations

from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.models.part_costs import COUNT, MELODY, PAIR, SLOT, STARTS, STATE, UNARY, pair_features, unary_features
from bandmate.models.part_search import MOST_STATES, cheapest_path, chord_row, every_chord, states_of

RANGES = np.array([(60, 81), (53, 74), (47, 69), (38, 64)])
FREE = np.full(4, -1)


def slot_at(soprano: int, tonic: int = 0) -> np.ndarray:
    slot = np.zeros(SLOT, np.int64)
    slot[0], slot[4], slot[5] = tonic, -1, -1
    slot[MELODY + soprano % 12] = 1000
    return slot


def tried(soprano: int, chords: np.ndarray, pins: np.ndarray = FREE, tonic: int = 0) -> np.ndarray:
    found = np.zeros((MOST_STATES, STATE), np.int64)
    count = states_of(slot_at(soprano, tonic), np.array([soprano] * 3), chords, RANGES, pins, found)
    return found[:count]


@settings(max_examples=15, deadline=None)
@given(soprano=st.integers(60, 81), tonic=st.integers(0, 11))
def test_what_is_tried_is_in_range_order_and_spacing(soprano: int, tonic: int) -> None:
    states = tried(soprano, every_chord(), tonic=tonic)
    assert len(states) > 50
    assert (states[:, 0] == soprano).all()
    assert (states[:, 1] <= soprano).all()
    for voice in (1, 2, 3):
        assert ((states[:, voice] >= RANGES[voice, 0]) & (states[:, voice] <= RANGES[voice, 1])).all()
    assert (states[:, 1] > states[:, 2]).all()
    assert (states[:, 2] > states[:, 3]).all()
    assert (soprano - states[:, 1] <= 12).all()
    assert (states[:, 1] - states[:, 2] <= 12).all()


@settings(max_examples=15, deadline=None)
@given(soprano=st.integers(60, 81), root=st.integers(0, 11), bass=st.sampled_from([0, 4, 7, 10]))
def test_a_chord_is_kept_to_with_its_bass(soprano: int, root: int, bass: int) -> None:
    row = chord_row(root, 4, (0, 4, 7, 10), (root + bass) % 12, any_melody=True)
    for state in tried(soprano, row.reshape(1, -1), tonic=(root + 5) % 12):
        assert all((pitch - root) % 12 in (0, 4, 7, 10) for pitch in state[1:4])
        assert state[3] % 12 == (root + bass) % 12
        assert {4, 10, 0} <= {int(pitch - root) % 12 for pitch in state[:4]}


def test_a_pin_is_kept_even_outside_of_the_chord() -> None:
    pins = np.array([-1, -1, 54, -1])
    states = tried(72, chord_row(0, 0, (0, 4, 7), any_melody=True, needs=0).reshape(1, -1), pins)
    assert len(states) > 0
    assert (states[:, 2] == 54).all()


@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_features_stay_in_their_blocks(data: st.DataObject) -> None:
    one, other = (
        np.array([*(data.draw(st.integers(30, 90)) for _ in range(4)), data.draw(st.integers(0, 11))]
                 + [data.draw(st.integers(0, 8))] + [data.draw(st.integers(0, 4)) for _ in range(4)])
        for _ in range(2)
    )  # fmt: skip
    slot = slot_at(int(other[0]), data.draw(st.integers(0, 11)))
    slot[1:4] = (data.draw(st.integers(0, 1)), data.draw(st.integers(0, 2)), data.draw(st.integers(0, 3)))
    alone, step = np.zeros(UNARY, np.int64), np.zeros(PAIR, np.int64)
    unary_features(other, slot, alone)
    pair_features(one, other, slot, step)
    for at, feature in enumerate([*alone, *step]):
        assert STARTS[at] <= feature < STARTS[at + 1]
    assert STARTS[-1] == COUNT


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), slots=st.integers(1, 4))
def test_the_path_is_the_best_of_all(seed: int, slots: int) -> None:
    rng = np.random.Generator(np.random.PCG64(seed))
    unary, steps = rng.normal(size=(slots, 3)), rng.normal(size=(slots, 3, 3))
    path = np.zeros(slots, np.int64)
    score = cheapest_path(unary, steps, np.full(slots, 3), path)

    def worth(row: tuple[int, ...]) -> float:
        return float(
            sum(unary[at, one] for at, one in enumerate(row))
            + sum(steps[at, row[at - 1], row[at]] for at in range(1, slots))
        )

    assert abs(score - max(worth(row) for row in product(range(3), repeat=slots))) < 1e-9
    assert abs(score - worth(tuple(path.tolist()))) < 1e-9
