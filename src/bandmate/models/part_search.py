"""The search for four voices: every way to set a chord under a melody, what each costs, and the cheapest row of them.

Conventions: states, slots and scores as in ``part_costs``. A *chord row* says what may sound: root, class of quality,
the bass's pitch class (-1: any tone of the chord), the tones that must be there (bits of ``root, third, fifth,
seventh``), whether it may stand under a melody of other tones, how many tones it has, their pitch classes, and what
each of them is. Higher scores are better.

Not covered: what sounds between the slots.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bandmate.models.part_costs import (
    COUNT,
    MELODY,
    NO_TONE,
    PAIR,
    QUALITY_TONES,
    SLOT,
    STARTS,
    STATE,
    UNARY,
    Rows,
    Weights,
    loose_tendencies,
    pair_features,
    scored,
    unary_features,
)
from bandmate.sound.kernel import kernel

Scores = NDArray[np.float64]

MOST_TONES = 6
ROOT, QUALITY, BASS, NEEDS, ANY_MELODY, TONES = range(6)
CHORD_ROW = 6 + 2 * MOST_TONES
MOST_STATES = 12000
KEPT = 72
KEPT_OF_A_CHORD = 8
LEAST_SHARE = 240
"""A free chord has to have this many thousandths of the melody in its slot."""

FAULT_PRICES = np.array([14.0, 6.0, 7.0, 7.0])
"""Of parallels, hidden ones, overlaps and hard leaps, on top of what is learned."""
TENDENCY_PRICE = 7.0
IMPOSSIBLE = -1e9


def chord_row(
    root: int, quality: int, tones: tuple[int, ...], bass: int = -1, *, any_melody: bool = False, needs: int = -1
) -> Rows:
    """A chord row; ``tones`` are half steps above the root, in the order root, third, fifth, seventh and more."""
    kinds = [0 if tone == 0 else 2 if tone in (6, 7, 8) else 1 if tone in (2, 3, 4, 5) else 3 for tone in tones]
    if len(tones) > 3 and 3 not in kinds:
        kinds[-1] = 3
    row = np.full(CHORD_ROW, -1, np.int64)
    if needs < 0:
        needs = sum(1 << kind for kind in (0, 1, 3) if kind in kinds)
    row[:TONES] = (root, quality, bass, needs, int(any_melody))
    row[TONES] = min(len(tones), MOST_TONES)
    row[TONES + 1 : TONES + 1 + row[TONES]] = [(root + tone) % 12 for tone in tones[:MOST_TONES]]
    row[TONES + 1 + MOST_TONES - 1 : TONES + MOST_TONES + row[TONES]] = kinds[: row[TONES]]
    return row


def every_chord() -> Rows:
    """A row for each root and quality."""
    return np.array([chord_row(root, q, tones) for root in range(12) for q, tones in enumerate(QUALITY_TONES)])


@kernel
def kind_of(pitch: int, chord: Rows) -> int:
    """Which tone of the chord a pitch is."""
    for at in range(chord[TONES]):
        if chord[TONES + 1 + at] == pitch % 12:
            return int(chord[TONES + MOST_TONES + at])
    return NO_TONE


@kernel
def leading_class(chord: Rows, tonic: int) -> int:
    """The pitch class that leads in a chord; -1 for none."""
    root, quality = chord[ROOT], chord[QUALITY]
    if quality == 4 or (quality == 0 and root == (tonic + 7) % 12):
        return int((root + 4) % 12)
    if (quality == 2 or quality == 8) and root == (tonic + 11) % 12:
        return int(root)
    return -1


@kernel
def states_of(slot: Rows, melody: Rows, chords: Rows, ranges: Rows, pins: Rows, out: Rows) -> int:
    """Every way to set the chords of a slot, into ``out``; how many.

    ``melody``: its pitch at the beginning, its lowest and its highest; ``pins``: the pitch that each voice must have,
    -1 for none.
    """
    count = 0
    soprano, lowest, highest = melody[0], melody[1], melody[2]
    widest = max(12, highest - ranges[1, 1] + 5)
    for number in range(len(chords)):
        chord = chords[number]
        top = kind_of(soprano, chord)
        share = 0
        for at in range(chord[TONES]):
            share += slot[MELODY + chord[TONES + 1 + at]]
        if not chord[ANY_MELODY] and (share < LEAST_SHARE or (top == NO_TONE and slot[MELODY + soprano % 12] > 760)):
            continue
        leading = leading_class(chord, slot[0])
        for alto in range(min(lowest, ranges[1, 1]), max(ranges[1, 0], highest - widest) - 1, -1):
            alto_kind = kind_of(alto, chord)
            if (pins[1] >= 0 and alto != pins[1]) or (pins[1] < 0 and alto_kind == NO_TONE):
                continue
            for tenor in range(min(alto - 1, ranges[2, 1]), max(ranges[2, 0], alto - 12) - 1, -1):
                tenor_kind = kind_of(tenor, chord)
                if (pins[2] >= 0 and tenor != pins[2]) or (pins[2] < 0 and tenor_kind == NO_TONE):
                    continue
                for bass in range(min(tenor - 1, ranges[3, 1]), max(ranges[3, 0], tenor - 24) - 1, -1):
                    bass_kind = kind_of(bass, chord)
                    if pins[3] >= 0:
                        if bass != pins[3]:
                            continue
                    elif (chord[BASS] >= 0 and bass % 12 != chord[BASS]) or (bass_kind == NO_TONE and chord[BASS] < 0):
                        continue
                    there = (1 << top) | (1 << alto_kind) | (1 << tenor_kind) | (1 << bass_kind)
                    if there & chord[NEEDS] != chord[NEEDS]:
                        continue
                    if leading >= 0:
                        doubled = 0
                        for pitch in (soprano, alto, tenor, bass):
                            doubled += pitch % 12 == leading
                        if doubled > 1:
                            continue
                    if count < len(out):
                        state = out[count]
                        state[0], state[1], state[2], state[3] = soprano, alto, tenor, bass
                        state[4], state[5] = chord[ROOT], chord[QUALITY]
                        state[6], state[7], state[8], state[9] = top, alto_kind, tenor_kind, bass_kind
                        count += 1
    return count


@kernel
def unary_scores(states: Rows, count: int, slot: Rows, weights: Weights, out: Scores) -> None:
    """What each state scores alone."""
    features = np.empty(UNARY, np.int64)
    for number in range(count):
        unary_features(states[number], slot, features)
        out[number] = scored(weights, features)


@kernel
def keep_best(states: Rows, scores: Scores, count: int, kept: Rows, kept_scores: Scores) -> int:
    """The best states, at most ``KEPT_OF_A_CHORD`` of a chord; how many."""
    order = np.argsort(-scores[:count], kind="mergesort")
    of_chord = np.zeros(12 * 16, np.int64)
    number = 0
    for at in order:
        chord = states[at, 4] * 16 + states[at, 5]
        if of_chord[chord] >= KEPT_OF_A_CHORD and count > len(kept):
            continue
        of_chord[chord] += 1
        kept[number] = states[at]
        kept_scores[number] = scores[at]
        number += 1
        if number == len(kept):
            break
    return number


@kernel
def step_scores(before: Rows, now: Rows, slot: Rows, weights: Weights, prices: Scores, out: Scores) -> None:
    """What each step between two rows of states scores, into the beginning of ``out`` (before, now); faults cost
    ``prices`` on top."""
    features = np.empty(PAIR, np.int64)
    for one in range(len(before)):
        for other in range(len(now)):
            pair_features(before[one], now[other], slot, features)
            score = scored(weights, features)
            for kind in range(4):
                score -= prices[kind] * (features[PAIR - 4 + kind] - STARTS[UNARY + PAIR - 4 + kind])
            out[one, other] = score - prices[4] * loose_tendencies(before[one], now[other], slot)


@kernel
def cheapest_path(unary: Scores, steps: Scores, numbers: Rows, path: Rows) -> float:
    """The row of states that scores best, into ``path``; its score. ``steps[t]`` leads from slot t - 1 to t."""
    slots, most = unary.shape
    best, came = np.full((slots, most), IMPOSSIBLE), np.zeros((slots, most), np.int64)
    best[0, : numbers[0]] = unary[0, : numbers[0]]
    for slot in range(1, slots):
        for other in range(numbers[slot]):
            top, found = IMPOSSIBLE, 0
            for one in range(numbers[slot - 1]):
                score = best[slot - 1, one] + steps[slot, one, other]
                if score > top:
                    top, found = score, one
            best[slot, other] = top + unary[slot, other]
            came[slot, other] = found
    at = int(np.argmax(best[slots - 1, : numbers[slots - 1]]))
    score = best[slots - 1, at]
    for slot in range(slots - 1, -1, -1):
        path[slot] = at
        at = came[slot, at]
    return float(score)


def compile_kernels() -> None:
    """Compile everything here, or load it from the disk."""
    slot, melody = np.zeros(SLOT, np.int64), np.array([72, 72, 72])
    slot[MELODY] = 1000
    ranges, pins = np.array([[60, 81], [53, 74], [47, 69], [38, 64]]), np.full(4, -1)
    states, weights = np.zeros((MOST_STATES, STATE), np.int64), np.zeros(COUNT)
    scores, kept, kept_scores = np.zeros(MOST_STATES), np.zeros((KEPT, STATE), np.int64), np.zeros(KEPT)
    count = states_of(slot, melody, every_chord(), ranges, pins, states)
    unary_scores(states, count, slot, weights, scores)
    number = keep_best(states, scores, count, kept, kept_scores)
    steps, prices = np.zeros((2, KEPT, KEPT)), np.zeros(5)
    step_scores(kept[:number], kept[:number], slot, weights, prices, steps[1])
    numbers = np.array([number, number])
    cheapest_path(np.stack([kept_scores, kept_scores]), steps, numbers, np.zeros(2, np.int64))
