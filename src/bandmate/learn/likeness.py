"""Likeness of works: which are the same notes in another key, and which share so much that they are one work.

Conventions: a work is heard by its highest line: at every place where notes begin, the highest. Two works are the same
when their notes on the grid are, after transposition. Of other pairs, the share of runs of eight intervals that they
have in common is estimated from the 64 lowest hashes of each (bottom-k sketch), so that a work takes half a kilobyte
whatever its length. Works of which more than `NEAR` of all runs are common are near duplicates, and the first one by
name stays; works above `KIN` are kept on one side of the split.

Not covered: works that quote each other for a few bars only; the originality gate looks for those.

References: A. Broder, On the resemblance and containment of documents, 1997.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandmate.learn.grid import LENGTH, PITCH, START, GridWork, Rows

RUN = 8
SKETCH = 64
KEYS = 12
NEAR = 0.7
KIN = 0.35
SALTS = tuple(np.uint64((0x9E3779B97F4A7C15 * place) % 2**64) for place in range(1, RUN + 1))

Hashes = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Verdict:
    """``same_as`` is the number of the work that a work repeats (-1 for none), ``kin`` that of its family's first."""

    same_as: NDArray[np.int64]
    is_exact: NDArray[np.bool_]
    kin: NDArray[np.int64]


def digest_of(work: GridWork) -> bytes:
    """The same for the same notes in another key or at another place."""
    notes = work.notes[:, [START, LENGTH, PITCH]].astype("<i4")
    if len(notes):
        notes = notes - np.array([notes[0, 0], 0, notes[0, 2]], "<i4")
    return hashlib.sha256(np.ascontiguousarray(notes).tobytes()).digest()[:16]


def highest_line(notes: Rows) -> NDArray[np.int64]:
    """The highest pitch at every place where notes begin."""
    if not len(notes):
        return np.zeros(0, np.int64)
    first = np.concatenate(([True], notes[1:, START] != notes[:-1, START]))
    line: NDArray[np.int64] = notes[first, PITCH].astype(np.int64)
    return line


def sketch_of(work: GridWork) -> Hashes:
    """The lowest hashes of the runs of intervals of a work, sorted; fewer where there are fewer runs."""
    steps = np.diff(highest_line(work.notes))
    if len(steps) < RUN:
        return np.zeros(0, np.uint64)
    runs = np.lib.stride_tricks.sliding_window_view(steps + 128, RUN).astype(np.uint64)
    mixed = np.zeros(len(runs), np.uint64)
    for column, salt in enumerate(SALTS):
        mixed = stirred(mixed ^ (runs[:, column] + salt))
    return np.unique(mixed)[:SKETCH]


def stirred(values: Hashes) -> Hashes:
    """Each value spread over all 64 bits, by the finaliser of SplitMix64."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def resemblance(one: Hashes, other: Hashes) -> float:
    """The estimated share of runs that two works have in common, 0 to 1; 0 where either has none."""
    if not len(one) or not len(other):
        return 0.0
    lowest = np.union1d(one, other)[:SKETCH]
    common = np.intersect1d(one, other, assume_unique=True)
    return float(np.isin(lowest, common, assume_unique=True).mean())


def judged(digests: list[bytes], sketches: list[Hashes]) -> Verdict:
    """Who repeats whom, of all works in the order in which they count."""
    count = len(digests)
    same_as, is_exact = np.full(count, -1, np.int64), np.zeros(count, np.bool_)
    kin = np.arange(count, dtype=np.int64)
    seen: dict[bytes, int] = {}
    for number, digest in enumerate(digests):
        first = seen.setdefault(digest, number)
        if first != number:
            same_as[number], is_exact[number] = first, True
    for first, second in pairs_to_compare(sketches, same_as):
        near = resemblance(sketches[first], sketches[second])
        if near >= KIN:
            join(kin, first, second)
        if near >= NEAR and same_as[second] < 0:
            same_as[second] = first
    for number in range(count):
        kin[number] = root(kin, number)
    return Verdict(np.array([root_of(same_as, number) for number in range(count)], np.int64), is_exact, kin)


def pairs_to_compare(sketches: list[Hashes], same_as: NDArray[np.int64]) -> Iterable[tuple[int, int]]:
    """Pairs that share one of their lowest hashes: each with the first that has it, and with its neighbour."""
    keys = [sketch[:KEYS] if same_as[number] < 0 else sketch[:0] for number, sketch in enumerate(sketches)]
    owners = np.repeat(np.arange(len(keys)), [len(one) for one in keys])
    if not len(owners):
        return []
    flat = np.concatenate(keys)
    order = np.lexsort((owners, flat))
    flat, owners = flat[order], owners[order]
    begins = np.concatenate(([True], flat[1:] != flat[:-1]))
    firsts = owners[np.maximum.accumulate(np.where(begins, np.arange(len(flat)), 0))]
    with_first = np.stack([firsts[~begins], owners[~begins]], axis=1)
    with_neighbour = np.stack([owners[:-1], owners[1:]], axis=1)[~begins[1:]]
    pairs = np.unique(np.concatenate([with_first, with_neighbour]), axis=0)
    return ((int(first), int(second)) for first, second in pairs)


def root(kin: NDArray[np.int64], number: int) -> int:
    """The first of the family of a work."""
    while kin[number] != number:
        kin[number] = kin[kin[number]]
        number = int(kin[number])
    return number


def join(kin: NDArray[np.int64], one: int, other: int) -> None:
    """Make two families one."""
    first, second = sorted((root(kin, one), root(kin, other)))
    kin[second] = first


def root_of(same_as: NDArray[np.int64], number: int) -> int:
    """The work at the end of a row of repetitions; -1 for a work that repeats none."""
    if same_as[number] < 0:
        return -1
    while same_as[number] >= 0:
        number = int(same_as[number])
    return number
