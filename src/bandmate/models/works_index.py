"""An index of works by hashed runs of steps: which work shares a run with a line, where, and how usual a run is.

A line is a row of small whole numbers (steps between pitches, lengths of notes, steps between chords). Each run of
``gram`` of them is hashed to 16 bits; of the works themselves nothing is kept but these hashes, bar numbers and titles.
A single hash says little, a chain of them in their order says which work it is.

::

    line      3 -1 -2  4  2 -7
    grams    [3 -1 -2 4] [-1 -2 4 2] [-2 4 2 -7]
    hashes      0x3f12      0x91c0       0x07aa     one after the other in one work: a shared run

Conventions: bars from 1. A run may be interrupted by what was altered, at most ``MOST_GAP`` steps at a time, and be
shifted by notes put in or taken out.

Not covered: what a run sounds like; the index cannot play its works.

References: S. Altschul and others, Basic Local Alignment Search Tool (1990), for chains of short hits.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint16]
Reals = npt.NDArray[np.float64]

KINDS_OF_HASH = 1 << 16
MOST_GAP = 8
MOST_SHIFT = 2
MOST_CHAINS = 40
FIRST_FACTOR, LAST_FACTOR = 0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93
OFFSET = 1 << 15


class Line(NamedTuple):
    """Steps of a line, and the bar that each of its notes lies in: one more than there are steps."""

    steps: Sequence[int]
    bars: Sequence[int]


class Shared(NamedTuple):
    """A run that a line has in common with a work.

    ``first`` and ``last`` are the places of its first and last note in the line; ``notes`` how many of them are in the
    work too; ``bits`` how surprising the run is among all works.
    """

    work: str
    first: int
    last: int
    first_bar: int
    last_bar: int
    notes: int
    bits: float


@dataclass(frozen=True)
class WorksIndex:
    """Hashed runs of all lines of some works, one line after the other.

    Attributes
    ----------
    gram : int
        steps in a run.
    works : tuple of str
        titles.
    line_works : array (lines,)
        which work each line is of.
    line_starts : array (lines + 1,)
        where the hashes of each line begin.
    hashes : array (places,)
    bars : array (places,)
        the bar that a run begins in.
    """

    gram: int
    works: tuple[str, ...]
    line_works: Integers
    line_starts: Integers
    hashes: Hashes
    bars: Integers
    version: str = ""

    @cached_property
    def order(self) -> Integers:
        """Places in the order of their hashes."""
        return np.asarray(np.argsort(self.hashes, kind="stable"))

    @cached_property
    def counts(self) -> Integers:
        """How often each hash occurs."""
        return np.asarray(np.bincount(self.hashes, minlength=KINDS_OF_HASH))

    @cached_property
    def buckets(self) -> Integers:
        """Where the places of each hash begin in ``order``."""
        return np.concatenate([[0], np.cumsum(self.counts)])

    @cached_property
    def works_with(self) -> Integers:
        """In how many works each hash occurs."""
        works = np.repeat(self.line_works, np.diff(self.line_starts))
        pairs = np.unique(self.hashes.astype(np.int64) * len(self.works) + works) if len(works) else works
        return np.asarray(np.bincount(pairs // max(1, len(self.works)), minlength=KINDS_OF_HASH))

    def bits_of(self, hashes: Hashes) -> Reals:
        """How surprising each run is: 0 for what every place has, about 16 for what none has."""
        return np.log2((len(self.hashes) + 1) / (self.counts[hashes] + 0.5)).clip(0.0)

    def usual(self, hashes: Hashes) -> Reals:
        """Share of the works that each run occurs in, less what hashes share by chance."""
        chance = len(self.hashes) / KINDS_OF_HASH
        found: Reals = (self.works_with[hashes] - chance).clip(0.0) / max(1, len(self.works))
        return found

    def shared(self, steps: Sequence[int], *, without: Collection[str] = (), most: int = 3) -> tuple[Shared, ...]:
        """The longest runs that a line shares with works, one for each work, the most telling first.

        Parameters
        ----------
        without : collection of str
            titles that do not count, such as the line's own.
        most : int
            how many to give at most. Nothing is given for a line of fewer steps than a run has.
        """
        own = hashes_of(steps, self.gram)
        if not len(own) or not len(self.hashes):
            return ()
        counts = self.counts[own]
        mine = np.repeat(np.arange(len(own)), counts)
        offsets = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        theirs = self.order[np.repeat(self.buckets[own], counts) + offsets]
        found: dict[str, Shared] = {}
        for diagonal in promising(theirs - mine):
            near = np.abs(theirs - mine - diagonal) <= MOST_SHIFT
            for run in self.chains(mine[near], theirs[near], own):
                if run.work not in without and (run.work not in found or found[run.work].bits < run.bits):
                    found[run.work] = run
        return tuple(sorted(found.values(), key=lambda run: (-run.bits, run.work))[:most])

    def chains(self, mine: Integers, theirs: Integers, own: Hashes) -> list[Shared]:
        """Runs of hits that follow each other in both, each within one line of one work."""
        lines = np.searchsorted(self.line_starts, theirs, "right") - 1
        found: list[Shared] = []
        for line in np.unique(lines).tolist():
            hits = sorted({(int(q), int(p)) for q, p in zip(mine[lines == line], theirs[lines == line], strict=True)})
            for chain in chained(hits):
                found.append(self.told(chain, line, own))
        return found

    def told(self, chain: list[tuple[int, int]], line: int, own: Hashes) -> Shared:
        """A chain with its notes, its bars and what it is worth."""
        covered = {at + step for at, _ in chain for step in range(self.gram + 1)}
        distinct = np.unique(own[[at for at, _ in chain]])
        bits = float(self.bits_of(distinct).mean()) * (len(distinct) - 1 + self.gram) / self.gram
        first, last = chain[0][1], chain[-1][1]
        end = min(last + self.gram, int(self.line_starts[line + 1]) - 1)
        return Shared(
            self.works[int(self.line_works[line])],
            chain[0][0],
            chain[-1][0] + self.gram,
            int(self.bars[first]),
            int(self.bars[max(last, end)]),
            len(covered),
            bits,
        )


def promising(diagonals: Integers) -> list[int]:
    """Where line and works run side by side most often, the best first."""
    places, counts = np.unique(diagonals, return_counts=True)
    near = counts.copy()
    for one, other in ((slice(1, None), slice(None, -1)), (slice(None, -1), slice(1, None))):
        near[one] += np.where(np.abs(places[one] - places[other]) == 1, counts[other], 0)
    kept: list[int] = []
    for at in np.argsort(-near, kind="stable")[: 3 * MOST_CHAINS].tolist():
        if all(abs(int(places[at]) - other) > 1 for other in kept):
            kept.append(int(places[at]))
    return kept[:MOST_CHAINS]


def chained(hits: list[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    """Hits put into chains: each goes on with the nearest chain that ends before it in both, within ``MOST_GAP``."""
    chains: list[list[tuple[int, int]]] = []
    for at, place in hits:
        best, best_gap = None, 2 * MOST_GAP + 1
        for chain in reversed(chains[-12:]):
            gap_here, gap_there = at - chain[-1][0], place - chain[-1][1]
            if 0 < gap_here <= MOST_GAP and 0 < gap_there <= MOST_GAP and gap_here + gap_there < best_gap:
                best, best_gap = chain, gap_here + gap_there
        if best is None:
            chains.append([(at, place)])
        else:
            best.append((at, place))
    return chains


def hashes_of(steps: Sequence[int], gram: int) -> Hashes:
    """The hash of each run of ``gram`` steps; none where there are fewer."""
    row = np.asarray(steps, np.int64)
    count = len(row) - gram + 1
    if count <= 0:
        return np.zeros(0, np.uint16)
    mixed = np.zeros(count, np.uint64)
    with np.errstate(over="ignore"):
        for step in range(gram):
            mixed = (mixed + (row[step : step + count] + OFFSET).astype(np.uint64)) * np.uint64(FIRST_FACTOR)
            mixed ^= mixed >> np.uint64(29)
        mixed *= np.uint64(LAST_FACTOR)
    return (mixed >> np.uint64(48)).astype(np.uint16)


def index_of(works: Sequence[tuple[str, Sequence[Line]]], gram: int, *, version: str = "") -> WorksIndex:
    """An index of works: their titles, and the lines of each. A line too short for a run is left out."""
    hashes, bars, line_works, starts = [], [], [], [0]
    for number, (_, lines) in enumerate(works):
        for line in lines:
            own = hashes_of(line.steps, gram)
            if len(own):
                hashes.append(own)
                bars.append(np.asarray(line.bars[: len(own)], np.int64))
                line_works.append(number)
                starts.append(starts[-1] + len(own))
    return WorksIndex(
        gram,
        tuple(title for title, _ in works),
        np.array(line_works, np.int64),
        np.array(starts, np.int64),
        np.concatenate(hashes) if hashes else np.zeros(0, np.uint16),
        np.concatenate(bars) if bars else np.zeros(0, np.int64),
        version,
    )
