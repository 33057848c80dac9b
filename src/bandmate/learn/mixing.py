"""Teaching a context mixing model: counts of a corpus, then weights, each group of pieces judged by all others.

How it is used::

    taught = teach(plan, rows, symbols, pieces, groups)   # rows int64 (steps, features); pieces int (steps,)
    taught.model                                          # models.mixing.Mixing, ready for use or models.mixing_counts
    taught.nats                                           # nats a step of each pass over the teaching pieces

``pieces`` numbers the piece of each step; the steps of one piece stand together. ``groups`` numbers what must not know
of each other (settings of one tune); the pieces of one group stand together too. Without it each piece is a group.

Conventions: counts of all pieces are made first. In each pass every group is taken out of the counts while it is
predicted, so that the weights learn how far counts of other people's pieces can be trusted; they are the mean of those
met in the last pass. The order of groups is drawn anew in each pass from the seed. Equal input gives equal weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bandmate.models.mixing import Mixing, Plan
from bandmate.models.mixing_kernels import (
    START_WEIGHT,
    TOTALS,
    Desk,
    Floats,
    Hashes,
    Ints,
    Layout,
    Table,
    gather_past,
    gather_table,
    hash_rows,
    learn,
    weigh,
)
from bandmate.sound.kernel import kernel

MOST = 65535


@dataclass(frozen=True, slots=True)
class Pace:
    """How the weights are learned: passes over the pieces, the step of the first and of the last.

    ``caution`` is what the squared slopes begin with: the larger, the less a weight moves that is seldom used.
    ``once``: what follows a context counts once in each piece, however often the piece comes back to it.
    """

    passes: int = 3
    first_rate: float = 0.05
    last_rate: float = 0.01
    seed: int = 6
    caution: float = 1.0
    once: bool = False


@dataclass(frozen=True, slots=True)
class Taught:
    """A model, and the nats a step of each pass."""

    model: Mixing
    nats: tuple[float, ...]


class Steps(NamedTuple):
    """All steps of the pieces for the pass, and the order of the groups."""

    rows: Ints
    symbols: Ints
    past: Hashes
    table_rows: NDArray[np.int32]
    entries: NDArray[np.int32]
    piece_edges: Ints
    group_edges: Ints
    order: Ints


@dataclass(frozen=True, slots=True)
class Counted:
    """Counts of all steps; of step n and context k the row ``rows[n, k]`` and the entry ``entries[n, k]``, -1 where it
    does not count."""

    table: Table
    rows: NDArray[np.int32]
    entries: NDArray[np.int32]


def teach(
    plan: Plan, rows: Ints, symbols: Ints, pieces: Ints, groups: Ints | None = None, pace: Pace | None = None
) -> Taught:
    """A model of the pieces (see the head of the file)."""
    pace = pace or Pace()
    rows, symbols = np.ascontiguousarray(rows, np.int64), np.ascontiguousarray(symbols, np.int64)
    layout, desk = plan.layout(), plan.desk()
    counted = count(plan, rows, symbols, np.asarray(pieces) if pace.once else None)
    past = np.empty((len(plan.piece_contexts), len(rows)), np.uint32)
    hash_rows(rows, layout, len(plan.contexts), past)
    weights = np.zeros(sum(plan.blocks()))
    weights[: (len(plan.contexts) + len(plan.piece_contexts)) * TOTALS * 2] = START_WEIGHT
    squares, mean = np.full(len(weights), pace.caution), np.zeros(len(weights))
    piece_edges = edges_of(pieces)
    group_edges = np.searchsorted(piece_edges, edges_of(pieces if groups is None else groups))
    least = np.array(plan.least or (1,) * len(plan.contexts), np.int64)
    rng, nats = np.random.Generator(np.random.PCG64(pace.seed)), []
    for number in range(pace.passes):
        begin, end = (
            pace.first_rate * (pace.last_rate / pace.first_rate) ** (at / pace.passes) for at in (number, number + 1)
        )
        order = rng.permutation(len(group_edges) - 1)
        steps = Steps(rows, symbols, past, counted.rows, counted.entries, piece_edges, group_edges, order)
        mean[:] = 0.0
        lost = one_pass(steps, (layout, counted.table, least, desk), (weights, squares, mean), (begin, end))
        nats.append(lost / max(1, len(rows)))
    return Taught(Mixing(plan, frozen(plan, counted.table), mean if pace.passes else weights), tuple(nats))


def count(plan: Plan, rows: Ints, symbols: Ints, pieces: Ints | None = None) -> Counted:
    """Counts of every corpus context over all steps; where ``pieces`` are given, over the pieces that have them."""
    hashes = np.empty((len(plan.contexts), len(rows)), np.uint32)
    hash_rows(rows, plan.layout(), 0, hashes)
    of_row, of_entry = (np.empty((len(rows), len(plan.contexts)), np.int32) for _ in range(2))
    edges, parts, starts, seen, counts = [0], [], [np.zeros(1, np.int64)], [], []
    entries = 0
    for k in range(len(plan.contexts)):
        keys = hashes[k].astype(np.int64) * 256 + symbols
        unique, entry, times = np.unique(keys, return_inverse=True, return_counts=True)
        heads, first = np.unique(unique >> 8, return_index=True)
        row = np.searchsorted(heads, unique >> 8)
        of_row[:, k], of_entry[:, k] = row[entry] + edges[-1], entry + entries
        if pieces is not None:
            _, first_time = np.unique(entry * (int(pieces.max()) + 1) + pieces, return_index=True)
            again = np.ones(len(entry), np.bool_)
            again[first_time] = False
            of_entry[again, k], times = -1, np.bincount(entry[first_time], minlength=len(unique))
        parts.append(heads.astype(np.uint32))
        starts.append(np.append(first[1:], len(unique)) + entries)
        seen.append((unique & 255).astype(np.uint8))
        counts.append(times.astype(np.int32))
        edges.append(edges[-1] + len(heads))
        entries += len(unique)
    joined = (np.concatenate(one) for one in (parts, starts, seen, counts))
    return Counted(Table(np.array(edges, np.int64), *joined), of_row, of_entry)


def frozen(plan: Plan, table: Table) -> Table:
    """The table without the contexts that were seen less than the plan wants, its counts at most 65535."""
    totals = np.add.reduceat(table.counts, table.starts[:-1]) if len(table.counts) else np.zeros(0, np.int64)
    of_row = np.repeat(np.arange(len(table.edges) - 1), np.diff(table.edges))
    keep = totals >= np.array(plan.least or (1,) * len(plan.contexts))[of_row]
    numbers = np.diff(table.starts)
    kept_entries = np.repeat(keep, numbers)
    counts = table.counts[kept_entries].astype(np.float64)
    starts = np.concatenate([[0], np.cumsum(numbers[keep])]).astype(np.int64)
    most = np.maximum.reduceat(counts, starts[:-1]) if len(counts) else counts
    shrink = np.repeat(np.maximum(1.0, most / MOST), numbers[keep])
    edges = np.concatenate([[0], np.cumsum(np.bincount(of_row[keep], minlength=len(plan.contexts)))])
    small = np.maximum(1, counts / shrink).astype(np.int32)
    return Table(edges.astype(np.int64), table.hashes[keep], starts, table.symbols[kept_entries], small)


def edges_of(numbers: Ints) -> Ints:
    """Where a run of equal numbers begins, and the end."""
    numbers = np.asarray(numbers)
    inner = np.flatnonzero(np.diff(numbers)) + 1
    return np.concatenate([[0], inner, [len(numbers)]]).astype(np.int64)


@kernel
def one_pass(
    steps: Steps,
    fixed: tuple[Layout, Table, Ints, Desk],
    learned: tuple[Floats, Floats, Floats],
    rates: tuple[float, float],
) -> float:
    """One pass over all groups in their order; the nats of all steps. The mean of the weights comes into the third."""
    layout, table, least, desk = fixed
    weights, squares, mean = learned
    lost = 0.0
    for number in range(len(steps.order)):
        group = steps.order[number]
        first, last = steps.group_edges[group], steps.group_edges[group + 1]
        begin, end = steps.piece_edges[first], steps.piece_edges[last]
        change_counts(steps, table, begin, end, -1)
        rate = rates[0] + (rates[1] - rates[0]) * number / len(steps.order)
        for piece in range(first, last):
            start = steps.piece_edges[piece]
            for now in range(start, steps.piece_edges[piece + 1]):
                row = steps.rows[now]
                gather_table(steps.table_rows[now], table, least, desk)
                gather_past(steps.past, steps.symbols, start, now, layout, desk)
                weigh(row, layout, weights, desk)
                lost -= desk.result[steps.symbols[now]]
                learn(row, steps.symbols[now], layout, (weights, squares), rate, desk)
        change_counts(steps, table, begin, end, 1)
        mean += (weights - mean) / (number + 1)
    return lost


@kernel
def change_counts(steps: Steps, table: Table, begin: int, end: int, by: int) -> None:
    for now in range(begin, end):
        for k in range(steps.entries.shape[1]):
            if steps.entries[now, k] >= 0:
                table.counts[steps.entries[now, k]] += by
