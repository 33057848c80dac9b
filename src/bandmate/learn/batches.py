"""Batches: lines of about equal length, in an order drawn from a seed, read from shards that are streamed.

Conventions: the order of shards is drawn anew for every epoch; a few shards at a time are in memory (`WINDOW`), their
lines are shuffled, sorted by length in pools, and cut into batches of at most so many places with padding counted in.
Equal corpora and seeds give equal batches in equal order, so that a stopped run goes on where it was. Several learners
take turns: of ``count`` learners number ``rank`` takes each ``count``-th batch; a rest that does not go round is left
for another epoch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bandmate.learn.grid import GridWork, lines_of, unpacked_work
from bandmate.learn.shards import rows_in
from bandmate.models.note_tokens import COLUMNS, Ints, Line, line_of, stretches

WINDOW = 32
POOL = 16
"""Batches whose lines are sorted by length together."""

FEWEST_NOTES = 4


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Lines side by side.

    Attributes
    ----------
    columns : array, shape (lines, steps, columns)
    symbols : array, shape (lines, steps, 4)
    is_real : array, shape (lines, steps)
        False for padding.
    """

    columns: Ints
    symbols: Ints
    is_real: NDArray[np.bool_]

    @property
    def notes(self) -> int:
        """Steps that count, ends of lines among them."""
        return int(self.is_real.sum())


def lines_of_work(work: GridWork, parts: str) -> Iterator[Line]:
    """The tokens of a work, line by line; lines of less than `FEWEST_NOTES` notes are passed over."""
    for notes in lines_of(work, parts):
        if len(notes) >= FEWEST_NOTES:
            for stretch in stretches(notes):
                yield line_of(stretch, work.meters, work.tonic, work.mode)


def lines_in(paths: Iterable[Path], parts: str) -> Iterator[Line]:
    """The lines of some shards, in their order."""
    for path in paths:
        for row in rows_in(path):
            yield from lines_of_work(unpacked_work(row), parts)


def joined(lines: Sequence[Line]) -> Batch:
    """Lines as a batch."""
    longest = max(len(line.symbols) for line in lines)
    columns = np.zeros((len(lines), longest, len(COLUMNS)), np.int64)
    symbols = np.zeros((len(lines), longest, 4), np.int64)
    is_real = np.zeros((len(lines), longest), np.bool_)
    for number, line in enumerate(lines):
        columns[number, : len(line.symbols)] = line.columns
        symbols[number, : len(line.symbols)] = line.symbols
        is_real[number, : len(line.symbols)] = True
    return Batch(columns, symbols, is_real)


def groups(lines: Sequence[Line], places: int) -> Iterator[list[Line]]:
    """Lines in their order, in groups that take at most ``places`` with padding; one line alone may take more."""
    group: list[Line] = []
    longest = 0
    for line in lines:
        longest = max(longest, len(line.symbols))
        if group and longest * (len(group) + 1) > places:
            yield group
            group, longest = [], len(line.symbols)
        group.append(line)
    if group:
        yield group


def in_order(paths: Sequence[Path], parts: str, places: int) -> Iterator[Batch]:
    """Batches for judging: every line once, sorted by length within a window of shards."""
    for at in range(0, len(paths), WINDOW):
        lines = sorted(lines_in(paths[at : at + WINDOW], parts), key=len)
        yield from (joined(group) for group in groups(lines, places))


def shuffled(paths: Sequence[Path], parts: str, places: int, seed: int, epoch: int) -> Iterator[Batch]:
    """Batches of one epoch, in the order of its own."""
    rng = np.random.Generator(np.random.PCG64([seed, epoch]))
    order = [paths[place] for place in rng.permutation(len(paths))]
    for at in range(0, len(order), WINDOW):
        lines = list(lines_in(order[at : at + WINDOW], parts))
        lines = [lines[place] for place in rng.permutation(len(lines))]
        found = [group for pool in pools(lines, POOL * places) for group in groups(sorted(pool, key=len), places)]
        yield from (joined(found[place]) for place in rng.permutation(len(found)))


def pools(lines: Sequence[Line], notes: int) -> Iterator[list[Line]]:
    """Lines in pools of about so many notes."""
    pool: list[Line] = []
    size = 0
    for line in lines:
        pool.append(line)
        size += len(line.symbols)
        if size >= notes:
            yield pool
            pool, size = [], 0
    if pool:
        yield pool


def turns_of(batches: Iterable[Batch], rank: int, count: int) -> Iterator[Batch]:
    """The batches of learner ``rank`` of ``count``, only whole rounds."""
    walk = iter(batches)
    while len(round_of := list(islice(walk, count))) == count:
        yield round_of[rank]
