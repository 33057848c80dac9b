"""The form of songs as learned: which section follows, how long it is, whether it brings its chords back.

Conventions: labels are the names in ``LABELS``; a song is a row of them between a beginning and ``END``. What follows
is asked of several contexts (the sections before, how many there were, what followed the same section last time), and
their answers are mixed with weights fitted on songs of their own. Lengths are in bars, 1 to ``MOST_BARS``.

Not covered: energy, which no corpus here states; it is written (``data/compose/form.toml``).

References: I. H. Witten and T. C. Bell, "The zero-frequency problem", IEEE Trans. Information Theory 37 (4), 1991.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bandmate.song.errors import ModelError

LABELS = ("intro", "verse", "pre-chorus", "chorus", "bridge", "solo", "interlude", "outro")
END = len(LABELS)
SYMBOLS = END + 1
NONE = END
"""As what came before: nothing yet."""

MOST_BARS = 32
MOST_COUNT = 5
MOST_SECTIONS = 17
CONTEXTS = ("order 0", "one before", "two before", "three before", "choruses", "sections", "memory", "memory and two")

Reals = npt.NDArray[np.float64]


class Place(NamedTuple):
    """What is known when a section is chosen."""

    before: tuple[int, int, int]
    choruses: int
    sections: int
    memory: int
    """What followed the last time that the section before stood there; ``NONE`` for the first time."""


@dataclass(frozen=True, slots=True, eq=False)
class FormModel:
    """Counts of what followed in every context, and of lengths.

    Attributes
    ----------
    counts : tuple of arrays
        for each of ``CONTEXTS``, with the symbol that followed on the last axis.
    weights : array (contexts,)
        how much each is believed.
    lengths : array (labels, bars)
        how often a label was so many bars long, from 1.
    same_length, same_chords : array (labels,)
        how often a section was as long as the one of its name before, and had its chords.
    """

    counts: tuple[Reals, ...]
    weights: Reals
    lengths: Reals
    same_length: Reals
    same_chords: Reals
    version: str = ""

    def following(self, history: Sequence[int]) -> Reals:
        """Chances of every label, and of the end, after ``history``; they sum to 1."""
        return np.asarray(self.weights @ self.answers(history))

    def answers(self, history: Sequence[int]) -> Reals:
        """What every context says (contexts, symbols)."""
        place = place_after(history)
        base = (self.counts[0] + 0.5) / (self.counts[0] + 0.5).sum()
        rows = [base]
        for counts, index in zip(self.counts[1:], indices(place), strict=True):
            row = counts[index]
            size, kinds = row.sum(), max(1, np.count_nonzero(row))
            rows.append((row + kinds * base) / (size + kinds))
        return np.array(rows)

    def nats(self, history: Sequence[int], *, ends: bool = True) -> float:
        """What a whole row of sections costs, its end included."""
        row = [*history, END] if ends else list(history)
        return -sum(float(np.log(self.following(row[:at])[symbol])) for at, symbol in enumerate(row))

    def length_chances(self, label: int, before: int | None) -> Reals:
        """Chances of 1 to ``MOST_BARS`` bars; ``before`` is the length of the last section of that name."""
        row = self.lengths[label] + 0.02
        chances = row / row.sum()
        if before is not None and 1 <= before <= MOST_BARS:
            chances = chances * (1 - self.same_length[label])
            chances[before - 1] += self.same_length[label]
        return np.asarray(chances)


def place_after(history: Sequence[int]) -> Place:
    """The contexts that hold behind some sections."""
    padded = (NONE, NONE, NONE, *history)
    last, memory = padded[-1], NONE
    for at in range(len(history) - 2, -1, -1):
        if history[at] == last:
            memory = history[at + 1]
            break
    return Place(
        (padded[-1], padded[-2], padded[-3]),
        min(list(history).count(LABELS.index("chorus")), MOST_COUNT - 1),
        min(len(history), MOST_SECTIONS - 1),
        memory,
    )


def indices(place: Place) -> tuple[tuple[int, ...], ...]:
    """Where each context but the first looks."""
    one, two, three = place.before
    return (
        (one,),
        (one, two),
        (one, two, three),
        (one, place.choruses),
        (one, place.sections),
        (one, place.memory),
        (one, two, place.memory),
    )


def empty_counts() -> tuple[Reals, ...]:
    """No counts yet, in the shape of every context."""
    n = SYMBOLS
    shapes = ((), (n,), (n, n), (n, n, n), (n, MOST_COUNT), (n, MOST_SECTIONS), (n, n), (n, n, n))
    return tuple(np.zeros((*shape, n)) for shape in shapes)


@lru_cache(maxsize=4)
def load_form(path: Path | None = None) -> FormModel:
    """The form model, by default the one that comes with Bandmate.

    Raises
    ------
    ModelError
        if the file is missing or is no form model.
    """
    place = files("bandmate").joinpath("data", "models", "form.npz") if path is None else path
    try:
        with np.load(BytesIO(place.read_bytes()), allow_pickle=False) as found:
            counts = tuple(found[f"counts_{number}"].astype(np.float64) for number in range(len(CONTEXTS)))
            tables = {
                name: found[name].astype(np.float64) for name in ("weights", "lengths", "same_length", "same_chords")
            }
            version = str(json.loads(str(found["about"]))["version"])
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f'"{place}" is no form model ({error}); install Bandmate anew or name another file') from error
    shapes = [table.shape for table in empty_counts()]
    if [table.shape for table in counts] != shapes or tables["lengths"].shape != (len(LABELS), MOST_BARS):
        raise ModelError(f'"{place}" is a form model of another version; train it again with training.compose.form')
    return FormModel(counts, version=version, **tables)
