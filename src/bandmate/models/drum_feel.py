"""How drummers play what is struck: how early or late, and how hard, told from what is struck around it.

Boosted trees read some fifty facts of every stroke (piece, place, what sounds with it, gaps to its neighbours, how full
the bar and the take are, style, tempo) and give the middle of what drummers did there. What they do around that
middle is drawn besides: it drifts (each stroke keeps a share of the last one's) and differs by piece.

Conventions: a score is rows of places in twelfths of a quarter and pieces, in the order of time; ghost notes are not
told from snares, for a score does not know them. Early and late are in milliseconds against the score, late is
positive; velocities are MIDI's.

References: J. H. Friedman, "Greedy function approximation: a gradient boosting machine", Annals of Statistics 29 (5),
2001 (least absolute deviation); H. Hennig et al., "The nature and perception of fluctuations in human musical
rhythms", PLoS ONE 6 (10), 2011 (that deviations are correlated).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bandmate.models.drum_kernels import add_trees
from bandmate.models.drum_kit import CRASH, GHOST, HAT, KICK, OPEN, PEDAL, RIDE, SNARE, STICK, TOMS

Ints = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float64]

QUARTER = 12
FAR = 48
"""Places: a bar of four; gaps are cut there."""

PIECE_KINDS = 11
FACTS = (
    "piece", "place in bar", "place in beat", "beat", "style", "tempo", "with", "with kick", "with snare",
    "with timekeeper", "with crash", "gap before", "gap after", "gap before any", "gap after any", "second gap before",
    "second gap after", "in bar", "of piece in bar", "snares in bar", "toms in bar", "kicks in bar", "a bar before",
    "a bar after", "ms before any", "ms before", "take strokes", "take hats", "take rides", "take snares",
    "take weak snares", "take thirds", "bar of four", "near", "take sixteenths", "snares near",
    "take seconds", "take halves", "take fourths", "bar seconds", "bar halves", "bar fourths", "last piece",
    "next piece", "ms after any", "ms after", "hats in bar", "rides in bar", "open hats in bar", "take kicks",
    "take toms", "take crashes",
)  # fmt: skip


class Score(NamedTuple):
    """What is to be played: a row for each stroke, by place; ``bar_places``: twelfths of a quarter in a bar."""

    place: Ints
    piece: Ints
    style: int
    bpm: float
    bar_places: int = FAR


@dataclass(frozen=True, slots=True, eq=False)
class Trees:
    """Boosted trees of one depth: for each the facts and limits that it asks level by level, and its leaves.

    ``fact``, ``limit``: (trees, 2 ** depth - 1), breadth first; ``leaf``: (trees, 2 ** depth).
    """

    fact: Ints
    limit: Reals
    leaf: Reals
    base: float

    def say(self, facts: Reals) -> Reals:
        """The sum of the trees for rows of facts."""
        total = np.full(len(facts), self.base)
        add_trees(total, facts, self.fact, self.limit, self.leaf)
        return total


class Residual(NamedTuple):
    """What is left of a figure when the trees have spoken: spread of the takes, spread of what drifts, how much of it
    stays from one stroke to the next, and spread of single strokes by piece."""

    take: float
    drift: float
    stays: float
    single: Reals


@dataclass(frozen=True, slots=True, eq=False)
class FeelModel:
    """Trees and what is left, for lateness (ms) and velocity."""

    late_ms: Trees
    velocity: Trees
    late_rest: Residual
    velocity_rest: Residual


def merged(piece: Ints) -> Ints:
    """Ghost notes as snares."""
    return np.where(piece == GHOST, SNARE, piece)


def facts_of(score: Score) -> Reals:
    """The facts of every stroke (strokes, facts)."""
    place, piece = score.place, merged(score.piece)
    count = len(place)
    bar = place // score.bar_places
    inside = place % score.bar_places
    ms = 60000.0 / score.bpm / QUARTER
    before, after, before2, after2 = gaps_of(place, piece)
    any_before, any_after = gaps_any(place)
    bars = int(bar.max(initial=0)) + 1
    by_bar = np.bincount(bar * PIECE_KINDS + piece, minlength=bars * PIECE_KINDS).reshape(bars, PIECE_KINDS)
    together = struck_together(place, piece)
    quarters = np.bincount(bar * 4 + place % QUARTER // 3, minlength=bars * 4).reshape(bars, 4)
    take_quarters = quarters.sum(axis=0) / max(1, count)
    order = neighbours(place, piece)
    shares = np.bincount(piece, minlength=PIECE_KINDS) / max(1, count)
    snare = piece == SNARE
    sixteenths, weak = place % 6 == 3, (inside % FAR != 12) & (inside % FAR != 36)
    keys = np.unique(place * PIECE_KINDS + piece)
    whole = np.ones(count)
    columns = (
        piece, inside % FAR, place % QUARTER, inside % FAR // QUARTER, whole * score.style, whole * score.bpm,
        together.sum(axis=1) - 1, together[:, KICK], together[:, SNARE] | together[:, STICK],
        together[:, HAT] | together[:, OPEN] | together[:, RIDE] | together[:, PEDAL], together[:, CRASH],
        before, after, any_before, any_after, before2, after2,
        by_bar[bar].sum(axis=1), by_bar[bar, piece], by_bar[bar, SNARE], by_bar[bar][:, list(TOMS)].sum(axis=1),
        by_bar[bar, KICK], among((place - score.bar_places) * PIECE_KINDS + piece, keys),
        among((place + score.bar_places) * PIECE_KINDS + piece, keys), any_before * ms, before * ms,
        whole * count / bars, whole * shares[HAT], whole * shares[RIDE], whole * shares[SNARE],
        whole * (snare & weak).sum() / max(1, snare.sum()), whole * np.mean(place % 3 != 0) if count else whole,
        bar % 4, near(place, place, QUARTER), whole * np.mean(sixteenths) if count else whole,
        near(place, place[snare], QUARTER),
        *(whole * take_quarters[at] for at in (1, 2, 3)), *(quarters[bar, at] for at in (1, 2, 3)),
        order[0], order[1], any_after * ms, after * ms, by_bar[bar, HAT], by_bar[bar, RIDE], by_bar[bar, OPEN],
        whole * shares[KICK], whole * shares[list(TOMS)].sum(), whole * shares[CRASH],
    )  # fmt: skip
    # subtle: limits are kept in 32 bits; facts that equal one must round as it did.
    return np.stack([np.asarray(column, np.float32) for column in columns], axis=1).astype(np.float64)


def gaps_of(place: Ints, piece: Ints) -> tuple[Ints, Ints, Ints, Ints]:  # type: ignore[type-arg,unused-ignore]
    """Places to the strokes of the same piece: the last one, the next one, and the ones beyond those."""
    found = np.full((4, len(place)), FAR, np.int64)
    for one in range(PIECE_KINDS):
        rows = np.flatnonzero(piece == one)
        own = place[rows]
        gap = np.diff(own)
        found[0, rows[1:]], found[1, rows[:-1]] = gap, gap
        found[2, rows[2:]], found[3, rows[:-2]] = own[2:] - own[:-2], own[2:] - own[:-2]
    found = np.minimum(found, FAR)
    return found[0], found[1], found[2], found[3]


def gaps_any(place: Ints) -> tuple[Ints, Ints]:
    """Places to the last and the next place at which anything is struck."""
    every = np.unique(place)
    at = np.searchsorted(every, place)
    padded = np.concatenate(([every[0] - FAR], every, [every[-1] + FAR])) if len(every) else np.zeros(2, np.int64)
    before, after = place - padded[at], padded[at + 2] - place if len(every) else place
    return np.minimum(before, FAR), np.minimum(after, FAR)


def neighbours(place: Ints, piece: Ints) -> tuple[Ints, Ints]:
    """The main piece of the last and of the next place at which anything is struck: snare, toms, kick, then cymbals."""
    rank = np.array([5, 8, 7, 1, 2, 3, 0, 4, 10, 11, 9])
    every, at = np.unique(place, return_inverse=True)
    main = np.full(len(every) + 2, -1, np.int64)
    np.maximum.at(main, at + 1, rank[piece])
    return main[at], main[at + 2]


def struck_together(place: Ints, piece: Ints) -> npt.NDArray[np.bool_]:
    """For every stroke what is struck at its place (strokes, pieces)."""
    every, at = np.unique(place, return_inverse=True)
    table = np.zeros((len(every), PIECE_KINDS), np.bool_)
    table[at, piece] = True
    return np.asarray(table[at])


def among(keys: Ints, every: Ints) -> npt.NDArray[np.bool_]:
    """Whether keys are among sorted ones."""
    if not len(every):
        return np.zeros(len(keys), np.bool_)
    at = np.searchsorted(every, keys).clip(0, len(every) - 1)
    return np.asarray(every[at] == keys)


def near(place: Ints, others: Ints, width: int) -> Ints:
    """How many of some places lie within ``width`` of each."""
    return np.asarray(
        np.searchsorted(others, place + width, side="right") - np.searchsorted(others, place - width, side="left")
    )


def rest(residual: Residual, piece: Ints, chance: np.random.Generator) -> Reals:
    """What is left, drawn for a row of strokes: a take's own lean, a drift, and each stroke's own."""
    piece = merged(piece)
    lean, steps, single = chance.normal(), chance.normal(size=len(piece)), chance.normal(size=len(piece))
    drift = np.zeros(len(piece))
    last, fresh = float(chance.normal()), float(np.sqrt(max(0.0, 1 - residual.stays**2)))
    for at, step in enumerate(steps.tolist()):
        last = residual.stays * last + fresh * step
        drift[at] = last
    return np.asarray(residual.take * lean + residual.drift * drift + residual.single[piece] * single)
