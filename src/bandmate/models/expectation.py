"""What notes, chords and strokes usually follow each other: an order-2 statistic that surprise is measured with.

Conventions: counts of the corpora, blended from high order to low (Witten and Bell's rule) at load. Half steps are
above the tonic; lengths are in twelfths of a quarter. It is a yardstick, not a generator: it stays the same whatever
models write the notes.

Not covered: what is usual within a piece; that is complexity.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import as_file, files
from itertools import pairwise
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from bandmate.song.errors import ModelError

Reals = npt.NDArray[np.float64]
LENGTHS = (1, 2, 3, 4, 6, 8, 9, 12, 18, 24, 36, 48)
"""Twelfths of a quarter that a note may last to the next one: the nearest counts."""

KINDS = 4
"""Of chords: major, minor, dominant seventh, everything else."""

STROKES = 16
DRUM_PLACES = 16
TABLES = ("pitch", "low_pitch", "rhythm", "low_rhythm", "chord", "stroke")


@lru_cache(maxsize=512)
def length_class(places: int) -> int:
    """The class of a time between onsets."""
    return min(range(len(LENGTHS)), key=lambda at: abs(math.log(max(1, places) / LENGTHS[at])))


def chord_class(root: int, tones: Sequence[int]) -> int:
    """0 to 47 of a root above the tonic and tones above the root."""
    if 4 in tones:
        kind = 2 if 10 in tones else 0
    else:
        kind = 1 if 3 in tones and 7 in tones else 3
    return root * KINDS + kind


def drum_place(place: int) -> int:
    """Sixteenth of a bar of four, from a place in the bar."""
    return place // 3 % DRUM_PLACES


@dataclass(frozen=True, slots=True, eq=False)
class Expectation:
    """Costs in nats. ``pitch[before, minor, last, this]``, ``rhythm[before, last, this]``, ``chord[before, last,
    this]``, ``stroke[last, place, this]``; those with ``low_`` are of bass lines."""

    pitch: Reals
    low_pitch: Reals
    rhythm: Reals
    low_rhythm: Reals
    chord: Reals
    stroke: Reals

    def of_tones(self, steps: Sequence[tuple[int, int, int]], minor: bool, *, low: bool = False) -> float | None:
        """Nats for a note of a line of (half steps above the tonic, places since the note before, …)."""
        if len(steps) < 2:
            return None
        pitch, rhythm = (self.low_pitch, self.low_rhythm) if low else (self.pitch, self.rhythm)
        degrees = [step[0] for step in steps]
        total = sum(
            pitch[degrees[max(0, at - 2)], int(minor), degrees[at - 1], degrees[at]] for at in range(1, len(degrees))
        )
        lengths = [length_class(step[1]) for step in steps[1:]]
        total += sum(rhythm[lengths[max(0, at - 2)], lengths[at - 1], lengths[at]] for at in range(1, len(lengths)))
        return float(total) / (len(steps) - 1)

    def of_chords(self, symbols: Sequence[tuple[int, Sequence[int]]]) -> float | None:
        """Nats for a chord of a progression of (root above the tonic, tones above the root)."""
        if len(symbols) < 2:
            return None
        classes = [chord_class(*symbol) for symbol in symbols]
        total = sum(self.chord[classes[max(0, at - 2)], classes[at - 1], classes[at]] for at in range(1, len(classes)))
        return float(total) / (len(classes) - 1)

    def of_drums(self, steps: Sequence[tuple[int, int]]) -> float | None:
        """Nats for an onset of (place in the bar, pieces as bits)."""
        if len(steps) < 2:
            return None
        total = sum(self.stroke[last, drum_place(place), here] for (_, last), (place, here) in pairwise(steps))
        return float(total) / (len(steps) - 1)


def blended(counts: Reals) -> Reals:
    """Costs of the last axis given the others: each order leaves to the one below as much as it knows kinds."""
    if counts.ndim == 1:
        lower: Reals = np.full(len(counts), 1.0 / len(counts))
    else:
        lower = np.exp(-blended(counts.sum(axis=0)))
    kinds = np.maximum(1, (counts > 0).sum(axis=-1, keepdims=True))
    chances = (counts + kinds * lower) / (counts.sum(axis=-1, keepdims=True) + kinds)
    costs: Reals = -np.log(chances)
    return costs


def expectation_from(counts: dict[str, npt.NDArray[Any]]) -> Expectation:
    """The statistic from counts of the corpora."""
    return Expectation(**{name: blended(counts[name].astype(np.float64)) for name in TABLES})


@lru_cache(maxsize=2)
def load_expectation(path: Path | None = None) -> Expectation:
    """The statistic that is installed, or one from a file.

    Raises
    ------
    ModelError
        if it cannot be read.
    """
    try:
        if path is not None:
            with np.load(path, allow_pickle=False) as stored:
                return expectation_from({name: stored[name] for name in TABLES})
        installed = files("bandmate").joinpath("data", "models", "expectation.npz")
        with as_file(installed) as found, np.load(found, allow_pickle=False) as stored:
            return expectation_from({name: stored[name] for name in TABLES})
    except (OSError, EOFError, KeyError, ValueError, BadZipFile) as error:
        where = path or "expectation.npz"
        raise ModelError(f"{where} cannot be read as a statistic ({error}); install Bandmate again") from error
