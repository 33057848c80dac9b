"""What four voices cost: the learned features of a chord in four parts, and of the step from one to the next.

Conventions: a *state* is a row of int64: soprano, alto, tenor and bass pitch, root (pitch class), class of quality
(``QUALITIES``), and for each voice which tone of the chord it sings (0 root, 1 third, 2 fifth, 3 seventh or above;
4 for none). A *slot* is the row of what is known of the place: tonic, mode (0 major, 1 minor), strength of the beat
(0 strong to 2 weak), phrase (0 inside, 1 before its end, 2 its end, 3 the last of all), the pitch class of the melody
in the next slot (-1: unknown), the pitch that the soprano had just before (-1: as in the state before; a melody may
move inside a slot), and for each pitch class how much of the slot the melody is on it, in thousandths. A score is a
sum of weights, natural logarithms up to a constant.

Not covered: what happens inside a slot; see ``stages/compose/harmony_surface.py``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bandmate.sound.kernel import kernel

Rows = NDArray[np.int64]
Weights = NDArray[np.float64]

QUALITIES = ("", "m", "dim", "aug", "7", "m7", "maj7", "m7b5", "dim7")
QUALITY_TONES = (
    (0, 4, 7),
    (0, 3, 7),
    (0, 3, 6),
    (0, 4, 8),
    (0, 4, 7, 10),
    (0, 3, 7, 10),
    (0, 4, 7, 11),
    (0, 3, 6, 10),
    (0, 3, 6, 9),
)
QUALITY_MASKS = np.array([sum(1 << tone for tone in tones) for tones in QUALITY_TONES])
Q = len(QUALITIES)
CHORDS = 12 * Q
STATE = 10
SLOT = 18
MELODY = 6
"""Where the shares of the melody's pitch classes begin."""

NO_TONE = 4

UNARY_SIZES = (
    2 * CHORDS * 3,
    2 * CHORDS * 4,
    2 * CHORDS * 4,
    Q * 4 * 3,
    Q * 13,
    2 * CHORDS * 13,
    Q * 625,
    Q * 4 * 5,
    25,
    25,
    37,
    40,
    40,
    40,
    40,
    15,
    2 * 12 * 4,
    2 * 12 * 3,
    5 * 3 * 2,
)
PAIR_SIZES = (
    2 * CHORDS * CHORDS,
    12 * Q * Q,
    4 * 4 * 12,
    25,
    25,
    25,
    25,
    7 * 15,
    81,
    49,
    81,
    Q * 25 * 36,
    Q * 25 * 36,
    Q * 25 * 36,
    2 * 2 * 3,
    2 * 4 * CHORDS,
    2 * 144,
    3,
    3,
    3,
    3,
)
UNARY = len(UNARY_SIZES)
PAIR = len(PAIR_SIZES)
STARTS = tuple(int(start) for start in np.concatenate([[0], np.cumsum(UNARY_SIZES + PAIR_SIZES)]))
COUNT = STARTS[-1]


@kernel
def clipped(value: int, most: int) -> int:
    """``value`` between ``-most`` and ``most``, counted from 0."""
    return max(-most, min(most, value)) + most


@kernel
def unary_features(state: Rows, slot: Rows, out: Rows) -> None:
    """The indices of what one state has, into ``out`` (``UNARY``)."""
    quality, strength, mode = state[5], slot[2], slot[1]
    degree = (state[4] - slot[0]) % 12
    chord = (mode * 12 + degree) * Q + quality
    bass = min(3, state[9])
    following = (slot[4] - state[4]) % 12 if slot[4] >= 0 else 12
    following_degree = (slot[4] - slot[0]) % 12 if slot[4] >= 0 else 12
    doubled = 0
    for voice in range(4):
        if state[6 + voice] < 4:
            doubled += (1, 5, 25, 125)[state[6 + voice]]
    out[0] = chord * 3 + strength
    out[1] = chord * 4 + slot[3]
    out[2] = chord * 4 + bass
    out[3] = (quality * 4 + bass) * 3 + strength
    out[4] = quality * 13 + following
    out[5] = chord * 13 + following_degree
    out[6] = quality * 625 + min(624, doubled)
    out[7] = (quality * 4 + bass) * 5 + state[6]
    out[8] = max(0, min(24, state[0] - state[1]))
    out[9] = max(0, min(24, state[1] - state[2]))
    out[10] = max(0, min(36, state[2] - state[3]))
    for voice in range(4):
        out[11 + voice] = max(0, min(39, state[voice] - (50, 45, 38, 30)[voice]))
    out[15] = state[6] * 3 + strength
    out[16] = (mode * 12 + (state[3] - slot[0]) % 12) * 4 + slot[3]
    out[17] = (mode * 12 + (state[0] - slot[0]) % 12) * 3 + strength
    fit = 0
    for one in range(12):
        if QUALITY_MASKS[quality] >> ((one - state[4]) % 12) & 1:
            fit += slot[MELODY + one]
    out[18] = (min(4, fit // 249) * 3 + strength) * 2 + (1 if state[6] == NO_TONE else 0)
    for feature in range(UNARY):
        out[feature] += STARTS[feature]


@kernel
def sign(value: int) -> int:
    """0 for down, 1 for none, 2 for up."""
    return 1 if value == 0 else (2 if value > 0 else 0)


@kernel
def pair_features(before: Rows, state: Rows, slot: Rows, out: Rows) -> None:
    """The indices of what the step from one state to the next has, into ``out`` (``PAIR``)."""
    mode = slot[1]
    soprano = slot[5] if slot[5] >= 0 else before[0]
    rise_s, rise_a = state[0] - soprano, state[1] - before[1]
    rise_t, rise_b = state[2] - before[2], state[3] - before[3]
    step = (state[4] - before[4]) % 12
    chord_before = ((before[4] - slot[0]) % 12) * Q + before[5]
    chord = ((state[4] - slot[0]) % 12) * Q + state[5]
    same = 1 if chord == chord_before else 0
    out[0] = (mode * CHORDS + chord_before) * CHORDS + chord
    out[1] = (step * Q + before[5]) * Q + state[5]
    out[2] = (min(3, before[9]) * 4 + min(3, state[9])) * 12 + step
    out[3] = clipped(rise_s, 12)
    out[4] = clipped(rise_a, 12)
    out[5] = clipped(rise_t, 12)
    out[6] = clipped(rise_b, 12)
    out[7] = clipped(rise_s, 3) * 15 + clipped(rise_b, 7)
    out[8] = clipped(rise_a, 4) * 9 + clipped(rise_t, 4)
    out[9] = clipped(rise_s, 3) * 7 + clipped(rise_a, 3)
    out[10] = ((sign(rise_s) * 3 + sign(rise_a)) * 3 + sign(rise_t)) * 3 + sign(rise_b)
    rises = (rise_a, rise_t, rise_b)
    for voice in range(3):
        tones = before[7 + voice] * 5 + state[7 + voice]
        out[11 + voice] = ((before[5] * 12 + step) * 25 + tones) * 3 + sign(rises[voice])
    out[14] = (same * 2 + (1 if rise_b == 0 else 0)) * 3 + slot[2]
    out[15] = ((mode * 4 + slot[3]) * CHORDS) + chord_before
    out[16] = (mode * 12 + (before[3] - slot[0]) % 12) * 12 + (state[3] - slot[0]) % 12
    for fault in range(4):
        out[17 + fault] = 0
    count_faults(before, state, slot, out[17:21])
    for fault in range(4):
        out[17 + fault] = min(2, out[17 + fault])
    for feature in range(PAIR):
        out[feature] += STARTS[UNARY + feature]


@kernel
def count_faults(before: Rows, state: Rows, slot: Rows, out: Rows) -> None:
    """Adds up parallel fifths and octaves, hidden ones between the outer voices, overlaps, and hard leaps."""
    old = (slot[5] if slot[5] >= 0 else before[0], before[1], before[2], before[3])
    for upper in range(3):
        for lower in range(upper + 1, 4):
            rise, other = state[upper] - old[upper], state[lower] - old[lower]
            if rise * other > 0:
                interval, was = (state[upper] - state[lower]) % 12, (old[upper] - old[lower]) % 12
                if interval == 0 or interval == 7:
                    if interval == was:
                        out[0] += 1
                    elif upper == 0 and lower == 3 and abs(rise) > 2:
                        out[1] += 1
            if lower == upper + 1 and (state[upper] < old[lower] or state[lower] > old[upper]):
                out[2] += 1
    for voice in range(1, 4):
        out[3] += hard_leap(old[voice], state[voice], slot)


@kernel
def hard_leap(one: int, other: int, slot: Rows) -> int:
    """1 for a seventh, more than an octave, an augmented second or fourth of the key."""
    size = abs(other - one)
    degree = (min(one, other) - slot[0]) % 12
    if size == 10 or size == 11 or size > 12:
        return 1
    if (size == 3 and degree == 8) or (size == 6 and (degree == 5 or degree == 8)):
        return 1
    return 0


@kernel
def loose_tendencies(before: Rows, state: Rows, slot: Rows) -> int:
    """How many sevenths of dominants do not fall by a step or stay, and leading tones on top that do not rise home."""
    home = (before[4] + 5) % 12
    is_dominant = before[5] == 4 or (before[5] == 0 and before[4] == (slot[0] + 7) % 12)
    if before[5] == 2 or before[5] >= 7:
        home = (before[4] + 1) % 12
        is_dominant = home == slot[0]
    has_home = has_third = False
    for voice in range(4):
        above = (state[voice] - home) % 12
        has_home = has_home or above == 0
        has_third = has_third or above == 3 or above == 4
    if not (is_dominant and has_home and has_third):
        return 0
    found = 0
    for voice in range(4):
        old = slot[5] if voice == 0 and slot[5] >= 0 else before[voice]
        falls = old - state[voice]
        if (old - home) % 12 == 5 and (falls < 0 or falls > 2):
            found += 1
        if voice == 0 and (old - home) % 12 == 11 and falls != 0 and falls != -1:
            found += 1
    return found


@kernel
def scored(weights: Weights, features: Rows) -> float:
    """The sum of the weights of some features."""
    total = 0.0
    for feature in features:
        total += weights[feature]
    return total


def compile_kernels() -> None:
    """Compile everything here for what it is called with."""
    state, slot = np.zeros(STATE, np.int64), np.zeros(SLOT, np.int64)
    unary_features(state, slot, np.zeros(UNARY, np.int64))
    pair_features(state, state, slot, np.zeros(PAIR, np.int64))
    loose_tendencies(state, state, slot)
    scored(np.zeros(COUNT), np.zeros(1, np.int64))
