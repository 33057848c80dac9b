"""Learn what four voices cost: each chord of the chorales against every other way to set its slot.

Conventions: the chance of a state among all that the search would try, given the slot, the melody and the state
before, is a softmax of its score; weights climb the likelihood of what Bach wrote (AdaGrad, slots in an order drawn
from the seed). Slots whose chord the search would not try (crossed voices, no third) do not teach.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bandmate.models.part_costs import COUNT, PAIR, STATE, UNARY, Rows, Weights, pair_features, scored, unary_features
from bandmate.models.part_search import MOST_STATES, every_chord, states_of
from bandmate.sound.kernel import kernel
from bandmate.stages.compose.part_rules import SATB
from training.compose.chorale_states import Lesson

NEGLIGIBLE = 1e-4


@dataclass(frozen=True, slots=True)
class PartPace:
    """Passes, step, how strongly weights are drawn to nothing, seed."""

    passes: int = 6
    rate: float = 0.15
    decay: float = 2e-5
    seed: int = 6


def stacked(lessons: list[Lesson]) -> tuple[Rows, Rows, Rows, Rows]:
    """Slots, melody and states of all lessons in a row, and for each whether a state stands before it."""
    before = np.concatenate([np.arange(len(lesson.states)) > 0 for lesson in lessons]).astype(np.int64)
    rows, melody, states = (
        np.concatenate([getattr(lesson, name) for lesson in lessons]) for name in ("rows", "melody", "states")
    )
    return rows, melody, states, before


def taught_parts(lessons: list[Lesson], pace: PartPace) -> tuple[Weights, list[float]]:
    """Weights, and the nats a slot of each pass."""
    weights, squares = np.zeros(COUNT), np.full(COUNT, 1.0)
    rng, nats = np.random.Generator(np.random.PCG64(pace.seed)), []
    data = stacked(lessons)
    for number in range(pace.passes):
        rate = pace.rate * (1 - number / pace.passes) + 0.02
        found = one_pass(data, rng.permutation(len(data[0])), every_chord(), np.array(SATB), weights, squares, rate)
        weights *= 1 - pace.decay * number
        nats.append(found[0] / max(1.0, found[1]))
    return weights, nats


def judged_parts(lessons: list[Lesson], weights: Weights) -> tuple[float, float, float]:
    """Nats a slot, the share of slots that the search would try, and the share whose best state is Bach's."""
    data = stacked(lessons)
    found = one_pass(data, np.arange(len(data[0])), every_chord(), np.array(SATB), weights, np.ones(COUNT), 0.0)
    return found[0] / max(1.0, found[1]), found[1] / len(data[0]), found[2] / max(1.0, found[1])


@kernel
def one_pass(
    data: tuple[Rows, Rows, Rows, Rows],
    order: Rows,
    chords: Rows,
    ranges: Rows,
    weights: Weights,
    squares: Weights,
    rate: float,
) -> tuple[float, float, float]:
    """Every slot once; nats, slots that taught, and those whose best state was the right one."""
    rows, melody, states, before = data
    out, pins = np.empty((MOST_STATES, STATE), np.int64), np.full(4, -1)
    features = np.empty((MOST_STATES, UNARY + PAIR), np.int64)
    scores = np.empty(MOST_STATES)
    nats = taught = right = 0.0
    for at in order:
        count = states_of(rows[at], melody[at], chords, ranges, pins, out)
        gold = -1
        for number in range(count):
            if (out[number, :6] == states[at, :6]).all():
                gold = number
        if gold < 0:
            continue
        size = UNARY + PAIR if before[at] else UNARY
        for number in range(count):
            unary_features(out[number], rows[at], features[number, :UNARY])
            if before[at]:
                pair_features(states[at - 1], out[number], rows[at], features[number, UNARY:])
            scores[number] = scored(weights, features[number, :size])
        top = scores[:count].max()
        total = np.exp(scores[:count] - top).sum()
        nats += np.log(total) + top - scores[gold]
        taught += 1
        right += scores[gold] == top
        if rate > 0:
            for number in range(count):
                slope = -np.exp(scores[number] - top) / total + (1.0 if number == gold else 0.0)
                if abs(slope) > NEGLIGIBLE:
                    for feature in features[number, :size]:
                        squares[feature] += slope * slope
                        weights[feature] += rate * slope / np.sqrt(squares[feature])
    return nats, taught, right
