"""Pitches for a rhythm: what each place, each interval and each turn is worth, and lines drawn by it.

Conventions: worths are logarithms; a line of notes is drawn note by note, each by its own worth times that of
everything that can still come after it (forward filtering, backward summing), so that pins, ends and what follows are
prepared and never jumped at. Pitches are indices into a window of half steps.

Intervals were counted on the lead sheets of OpenEWLD that teach.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from random import Random
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bandmate.song.harmony import Key
from bandmate.song.scales import is_minor_like, scale_of
from bandmate.stages.compose.measures_tonal import FIFTHS, tone_strain
from bandmate.stages.compose.melody_manner import Manner

Reals = npt.NDArray[np.float64]

INTERVALS = (0.169, 0.197, 0.308, 0.121, 0.067, 0.065, 0.007, 0.028, 0.010, 0.013, 0.004, 0.002, 0.009)
"""Share of the notes of a tune that lie so many half steps from the note before, up and down together."""

RARE = 0.0005
LEAP, STEP = 5, 2
FLOOR = -30.0


class Slot(NamedTuple):
    """A note that has no pitch yet."""

    start_ticks: int
    length_ticks: int
    strength: int
    chord: tuple[int, ...]
    key: Key
    aim: float
    """The pitch that the curve of the tune has here."""

    ends: int = 0
    """1 at the end of a phrase, 2 where the tune comes to rest."""

    fixed: int = -1
    """A pitch that it has to have."""

    model: int = -1
    """The pitch of the note that it is made after; -1 for none."""

    pull: float = 0.0
    """How much it is held to that pitch, for each half step."""

    peak: bool = False
    is_coming: bool = False
    """Whether it is only prepared, and written by the next stretch."""

    @property
    def is_strong(self) -> bool:
        return self.strength >= 3 or self.length_ticks >= 960


@dataclass(frozen=True, slots=True)
class Window:
    """The pitches that are looked at, from ``low`` up, and what intervals and turns between them are worth."""

    low: int
    size: int
    turns: Reals = field(repr=False)
    """``[middle, before, after]``, not logarithms."""

    steps: Reals = field(repr=False)
    """``[before, after]``, not logarithms."""

    def index(self, pitch: int) -> int:
        """The nearest pitch of the window."""
        return min(self.size - 1, max(0, pitch - self.low))


@lru_cache(maxsize=64)
def interval_worth(size: int, spread: float) -> Reals:
    """``[before, after]`` of a window, in logarithms."""
    worth = np.full(2 * size - 1, np.log(RARE))
    for half_steps, share in enumerate(INTERVALS[:size]):
        value = np.log(share if half_steps == 0 else share / 2)
        worth[size - 1 + half_steps] = worth[size - 1 - half_steps] = value
    wide = np.abs(np.arange(-size + 1, size))
    worth = worth - np.maximum(0, wide - 12) * 0.5
    worth = np.where(wide > STEP, worth / spread, worth)
    found: Reals = worth[np.arange(size)[None, :] - np.arange(size)[:, None] + size - 1]
    return found


@lru_cache(maxsize=64)
def turn_worth(size: int) -> Reals:
    """``[middle, before, after]``: a leap is answered by a step back; one note is not said three times."""
    at = np.arange(size)
    first = at[:, None, None] - at[None, :, None]
    second = at[None, None, :] - at[:, None, None]
    same_way, leapt = first * second > 0, np.abs(first) >= LEAP
    stepped_back = (first * second < 0) & (np.abs(second) <= STEP)
    found = np.where(leapt & stepped_back, 0.9, 0.0)
    found = np.where(leapt & same_way & (np.abs(second) > STEP), -2.2, found)
    found = np.where((np.abs(first) > STEP) & same_way & (np.abs(first + second) > 9), -1.8, found)
    found = np.where((first == 0) & (second == 0), -0.9, found)
    found = np.where((first == -second) & (first != 0) & (np.abs(first) > STEP), -0.5, found)
    return np.asarray(found, dtype=np.float64)


@lru_cache(maxsize=24)
def window_of(
    low: int, size: int, tonic: int, minor: bool, manner_key: tuple[float, float, float], habits: Habits | None
) -> Window:
    """A window with its worths: ``manner_key`` is spread, habit and freedom."""
    spread, habit, freedom = manner_key
    steps = interval_worth(size, spread)
    turns = turn_worth(size) + steps[:, None, :]
    if habits is not None and habit:
        degree = (np.arange(low, low + size) - tonic) % 12
        costs = habits.pitch_costs(minor)[degree[None, :, None], degree[:, None, None], degree[None, None, :]]
        turns = turns - habit * (costs - costs.mean())
    turns = np.exp(np.maximum(turns, FLOOR) / freedom)
    return Window(low, size, turns, np.exp(np.maximum(steps, FLOOR) / freedom))


class Habits:
    """What usually follows in tunes: costs ``[before, last, this]`` of half steps above the tonic, major and minor."""

    def __init__(self, costs: Sequence[Reals]) -> None:
        self.costs = tuple(costs)

    def pitch_costs(self, minor: bool) -> Reals:
        return self.costs[int(minor)]


@lru_cache(maxsize=4096)
def class_worth(chord: tuple[int, ...], key: Key, strong: bool, short: bool, ends: int, manner: Manner) -> Reals:
    """What each of the twelve pitch classes is worth at a place."""
    scale, found = scale_of(key), np.zeros(12)
    under = chord or ((key.tonic, scale[2], scale[4]) if strong else scale)
    weight = manner.in_chord * ((1.35 if strong else 0.35 if short else 0.6) if chord else 0.5)
    degrees = tuple((one - key.tonic) % 12 for one in chord)
    for pitch_class in range(12):
        degree = (pitch_class - key.tonic) % 12
        inside = pitch_class in under
        worth = weight if inside else 0.0
        if not inside and pitch_class not in scale:
            worth += manner.off_scale
        elif (
            not inside
            and chord
            and any((pitch_class + move) % 12 in under and (pitch_class + move) % 12 not in scale for move in (1, 11))
        ):
            worth -= 2.2
        if not inside and strong and (pitch_class - 1) % 12 in chord:
            worth -= 0.7 * manner.in_chord
        worth += manner.strain * tone_strain(degree, degrees, key.mode) + manner.brightness * FIFTHS[degree]
        found[pitch_class] = worth + end_worth(pitch_class, chord, key, ends, inside)
    return found


def end_worth(pitch_class: int, chord: tuple[int, ...], key: Key, ends: int, inside: bool) -> float:
    """What a pitch class is worth at the end of a phrase (1) or of the tune (2)."""
    if not ends:
        return 0.0
    degree = (pitch_class - key.tonic) % 12
    worth = 0.0 if inside else -2.5
    if ends == 2:
        third = 3 if is_minor_like(key) else 4
        return worth + {0: 2.6, third: 0.9, 7: 0.2}.get(degree, -0.6)
    if chord and pitch_class == chord[0]:
        worth += 0.4
    return worth + (0.5 if degree in (2, 7, 11, 4, 3) else 0.0)


def place_worth(slot: Slot, window: Window, manner: Manner, home: tuple[float, float], ceiling: float) -> Reals:
    """What each pitch of the window is worth at a place, in logarithms."""
    pitches = np.arange(window.low, window.low + window.size)
    if slot.fixed >= 0:
        return np.where(pitches == slot.fixed, 0.0, -np.inf)
    classes = class_worth(slot.chord, slot.key, slot.is_strong, slot.length_ticks <= 480, slot.ends, manner)
    worth: Reals = classes[pitches % 12] - (pitches - slot.aim) ** 2 / (2 * manner.width**2)
    worth = worth - 0.35 * (np.maximum(0, home[0] - pitches) + np.maximum(0, pitches - home[1]))
    if slot.peak:
        worth = worth + 0.5 * np.minimum(0.0, pitches - ceiling)
    else:
        worth = worth - 0.9 * np.maximum(0.0, pitches - ceiling + 1)
    if slot.model >= 0:
        worth = worth - slot.pull * np.minimum(6, np.abs(pitches - slot.model))
    return np.maximum(worth, FLOOR)


def passing_worth(slot: Slot, before: bool, window: Window, manner: Manner) -> Reals | None:
    """Of a note outside of the chord: it is come to (``before``) and left by step. ``[one, other]``, not logarithms."""
    return step_worth(slot.chord, before, window.low, window.size, manner.in_chord) if slot.chord else None


@lru_cache(maxsize=1024)
def step_worth(chord: tuple[int, ...], before: bool, low: int, size: int, in_chord: float) -> Reals:
    """The same for a chord and a window."""
    pitches = np.arange(low, low + size)
    outside = np.isin(pitches % 12, chord, invert=True)
    wide = np.abs(pitches[:, None] - pitches[None, :]) > STEP
    foreign = outside[None, :] if before else outside[:, None]
    return np.asarray(np.where(wide & foreign, np.exp(-0.9 * in_chord), 1.0))


def line_of(
    slots: Sequence[Slot],
    worths: Sequence[Reals],
    window: Window,
    past: Sequence[int],
    rng: Random,
    listener: Listener | None,
    manner: Manner,
    joints: Sequence[Reals | None] = (),
) -> list[int]:
    """Pitches for places, drawn. ``past`` are the last pitches before them (none, one or two).

    ``joints`` are worths of the steps into each slot, ``[last, this]`` and not logarithms, where there are any.
    """
    size = window.size
    after = np.ones((size, size))
    stages: list[Reals] = []
    for at in range(len(slots) - 1, -1, -1):
        # [last, this]: worth of this note and of everything after it, but for the turn into it.
        ahead = after * np.exp(worths[at] / manner.freedom)[None, :]
        come = passing_worth(slots[at], True, window, manner)
        joint = joints[at] if joints else None
        ahead = ahead * joint if joint is not None else ahead
        left = passing_worth(slots[at - 1], False, window, manner) if at else None
        ahead = ahead * come if come is not None else ahead
        ahead = ahead * left if left is not None else ahead
        ahead /= max(1e-300, float(ahead.max()))
        stages.append(ahead)
        # subtle: after[before, last] is read as [last, this] one note earlier.
        after = np.matmul(window.turns, ahead[:, :, None])[:, :, 0].T
        after /= max(1e-300, float(after.max()))
    stages.reverse()
    found = [window.index(pitch) for pitch in past]
    start = len(found)
    for at, slot in enumerate(slots):
        if len(found) >= 2:
            weights = window.turns[found[-1], found[-2]] * stages[at][found[-1]]
        elif found:
            weights = window.steps[found[-1]] * stages[at][found[-1]]
        else:
            weights = stages[at].mean(axis=0)
        if listener is not None and slot.fixed < 0:
            weights = weights * listener.scores(slot, window.low, size, manner.habit)
        total = np.cumsum(weights)
        if not total[-1] > 0:
            weights = np.exp(worths[at] - worths[at].max())
            total = np.cumsum(weights)
        found.append(int(min(np.searchsorted(total, rng.random() * total[-1], side="right"), size - 1)))
        if listener is not None and not slot.is_coming:
            listener.take(slot, window.low + found[-1])
    return [window.low + index for index in found[start:]]


class Listener:
    """A model that hears the line while it is drawn; this one knows nothing and is the twin of those that do."""

    def scores(self, slot: Slot, low: int, size: int, weight: float) -> Reals:
        """What the model thinks of each pitch of a window, not logarithms."""
        return np.ones(size)

    def take(self, slot: Slot, pitch: int) -> None:
        """The note that was chosen."""
