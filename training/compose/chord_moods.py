"""Which chords go with a mood: tagged progressions in roman numerals, counted.

Conventions: the corpus writes minor keys without accidentals (VI is a minor sixth above the tonic); a chord counts by
its step and third. A mood with fewer than ``LEAST`` progressions is left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandmate.models.chord_steps import KINDS, SYMBOLS
from training.compose.works import Work, progressions

LEAST = 9
NO_MOODS = ("New", "Cadence")
SMOOTH = 10.0
MOST_NATS = 1.2
"""Few progressions say nothing of chords that none of them has: no ratio is beyond this."""

MAJOR_STEPS, MINOR_STEPS = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)
NUMERALS = ("I", "II", "III", "IV", "V", "VI", "VII")
WRITTEN = re.compile(r"^([#b]*)(VII|VI|IV|V|III|II|I|vii|vi|iv|v|iii|ii|i)(.*)$")
THIRDS = (0, 1, 0, 1, 0, 2, 2, 1, 1, 0)
"""Of each kind: major, minor, none."""

MoodFigures = dict[str, float]


@dataclass(frozen=True, slots=True)
class Tagged:
    """A progression as classes (step * 3 + third), and its moods."""

    work: Work
    classes: tuple[int, ...]
    moods: tuple[str, ...]


def class_of(text: str, mode: str) -> int | None:
    """``bVIIM`` is 30; None for what cannot be read."""
    match = WRITTEN.match(text)
    if match is None:
        return None
    signs, letters, rest = match.groups()
    steps = MINOR_STEPS if mode == "minor" else MAJOR_STEPS
    root = (steps[NUMERALS.index(letters.upper())] + signs.count("#") - signs.count("b")) % 12
    is_minor = (letters.islower() or rest.startswith("m")) and not rest.startswith("M")
    third = 2 if "sus" in rest or rest == "5" else 1 if is_minor else 0
    return root * 3 + third


def tagged() -> list[Tagged]:
    """All progressions."""
    found = []
    for work in progressions():
        classes = [class_of(text, work.content["mode"]) for text in work.content["chords"]]
        known = tuple(one for one in classes if one is not None)
        found.append(Tagged(work, known, tuple(work.content["moods"])))
    return found


def ratios_of(counts: NDArray[np.float64], every: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logarithms of how much more often a mood has each class."""
    usual = (every + 0.5) / (every + 0.5).sum()
    out = np.log((counts + SMOOTH * usual) / (counts.sum() + SMOOTH)) - np.log(usual)
    return np.clip(out, -MOST_NATS, MOST_NATS)


def mood_ratios(found: list[Tagged]) -> tuple[list[str], NDArray[np.float64], MoodFigures]:
    """Names of the moods, their ratios for every symbol, and areas under the curve with each left out in turn."""
    names = sorted({mood for one in found for mood in one.moods} - set(NO_MOODS))
    names = [name for name in names if sum(name in one.moods for one in found) >= LEAST]
    bags = np.array([np.bincount(one.classes, minlength=36) for one in found], np.float64)
    every = bags.sum(axis=0)
    tables, areas = [], {}
    for name in names:
        has = np.array([name in one.moods for one in found])
        counts = bags[has].sum(axis=0)
        tables.append(ratios_of(counts, every))
        scores = [
            float(ratios_of(counts - bag * one, every - bag) @ bag / max(1, bag.sum()))
            for bag, one in zip(bags, has, strict=True)
        ]
        areas[name.casefold()] = round(area(np.array(scores), has), 3)
    of_symbol = [symbol // len(KINDS) * 3 + THIRDS[symbol % len(KINDS)] for symbol in range(SYMBOLS)]
    return [name.casefold() for name in names], np.array(tables)[:, of_symbol], areas


def area(scores: NDArray[np.float64], has: NDArray[np.bool_]) -> float:
    """The chance that one of the mood scores above one that is not."""
    yes, no = scores[has], scores[~has]
    return float(np.mean((yes[:, None] > no[None]) + 0.5 * (yes[:, None] == no[None])))
