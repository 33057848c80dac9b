"""Context mixing: what follows, told by counts of a corpus and of the piece so far, blended by learned weights.

How it is used. A step is a row of whole numbers (features) that the user of this file makes up: where in the bar, the
last pitches, the chord … A ``Plan`` says which columns of the row make up each context::

    plan = Plan(
        symbols=49,
        contexts=((), (0,), (0, 1), (0, 1, 2)),  # K: counted over the corpus; () is the plain frequency
        parents=(-1, 0, 1, 2),                   # each refines the distribution of one before it, -1: of no one
        piece_contexts=((0, 1), (0, 1, 2)),      # P: counted in this piece only
        piece_parents=(-1, 4),                   # K + j names the piece context j; -1, or any context before it
        matches=1,                               # the last so many piece contexts also look for the longest repeat
        selectors=((3, 12),),                    # column and size: weights of their own for each value 0 … size-1
        hints=((4, 5, 21),),                     # column with a guess, column that tells how well it did, and its size
    )

Teaching (``learn.mixing.teach``) takes rows of all steps, the symbols, and which piece each belongs to. In use::

    memory = model.memory()
    logp = model.predict(row, memory)   # float64 (symbols,), natural logarithm, sums to one
    memory.add(row, symbol)             # after each step, in order
    memory.cut(length)                  # forget what came after; a beam goes back and takes another way

Put a feature that nobody knows as -1 or another number of its own. Two models of one piece (rhythm, then pitch) have a
memory each. Features may be any whole numbers of 64 bits; only their equality counts, but for selectors, which are
clipped into 0 … size-1. A plan works best with contexts from short to long, each with the next shorter one as its
parent, and with piece contexts that are longer than one would dare with a corpus. A hint names one symbol ("as eight
bars ago") or none (-1).
Equal rows and symbols give equal results. Not covered: learning weights while in use; the piece's memory does that job.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from bandmate.models.mixing_kernels import (
    INNER_SELECTORS,
    MATCHES,
    TIMES,
    TOTALS,
    Desk,
    Floats,
    Hashes,
    Ints,
    Layout,
    Table,
    hash_contexts,
    predict,
    score_piece,
)

__all__ = ["Memory", "Mixing", "Plan", "compile_kernels"]

Columns = tuple[int, ...]
HASH_BITS = 28


@dataclass(frozen=True, slots=True)
class Plan:
    """Which features make up which contexts (see the head of the file).

    ``least``: a corpus context that the corpus has seen less often is left out of the model; one number for each
    context, or empty for 1 everywhere. ``symbols`` is at most 256.
    """

    symbols: int
    contexts: tuple[Columns, ...]
    parents: tuple[int, ...]
    piece_contexts: tuple[Columns, ...] = ()
    piece_parents: tuple[int, ...] = ()
    matches: int = 0
    selectors: tuple[tuple[int, int], ...] = ()
    least: tuple[int, ...] = ()
    hints: tuple[tuple[int, int, int], ...] = ()
    hash_bits: int = HASH_BITS

    def __post_init__(self) -> None:
        every = self.parents + self.piece_parents
        if len(self.contexts) != len(self.parents) or len(self.piece_contexts) != len(self.piece_parents):
            raise ValueError("each context needs a parent")
        if any(not -1 <= parent < index for index, parent in enumerate(every)):
            raise ValueError("a parent must come before its context")
        if not 1 <= self.symbols <= 256 or self.matches > len(self.piece_contexts):
            raise ValueError("symbols must be 1 … 256 and matches no more than piece contexts")

    @property
    def selector_sizes(self) -> tuple[int, ...]:
        """Sizes of the inner selectors, then of the plan's own."""
        inner = (MATCHES, len(self.contexts) + 1, len(self.piece_contexts) + 1)
        return inner + tuple(size for _, size in self.selectors)

    def layout(self) -> Layout:
        """The plan as arrays for the kernels."""
        every = self.contexts + self.piece_contexts
        columns = np.full((len(every), max([1, *map(len, every)])), -1, np.int64)
        for index, one in enumerate(every):
            columns[index, : len(one)] = one
        selectors = np.array(self.selectors, np.int64).reshape(-1, 2)
        hints = np.array(self.hints, np.int64).reshape(-1, 3)
        sizes = [self.symbols, len(self.contexts), len(self.piece_contexts), self.matches, self.hash_bits]
        parents = np.array(self.parents + self.piece_parents, np.int64)
        return Layout(columns, parents, selectors, np.cumsum([0, *self.blocks()]), np.array(sizes, np.int64), hints)

    def blocks(self) -> list[int]:
        """How many weights each block has, in the order of ``Layout.offsets``."""
        every = len(self.contexts) + len(self.piece_contexts)
        by_selector = [size * every for size in self.selector_sizes]
        by_symbol = [size * self.symbols for size in self.selector_sizes]
        by_place = [every * TOTALS * 2, *by_selector, *by_symbol, every * TOTALS * TIMES * 2, self.matches * MATCHES]
        return [*by_place, *(size for _, _, size in self.hints)]

    def desk(self) -> Desk:
        """Room for one step."""
        every, size = len(self.contexts) + len(self.piece_contexts), self.symbols
        return Desk(
            seen=np.zeros((every, size), np.int64),
            times=np.zeros((every, size), np.int64),
            number=np.zeros(every, np.int64),
            total=np.zeros(every, np.int64),
            last=np.zeros(every, np.int64),
            p=np.zeros((every, size)),
            evidence=np.zeros((every, size)),
            feature=np.zeros((every, size), np.int64),
            match=np.zeros((max(1, self.matches), 2), np.int64),
            chosen=np.zeros(INNER_SELECTORS + len(self.selectors), np.int64),
            weight=np.zeros(size),
            result=np.zeros(size),
        )


class Memory:
    """What a piece has had so far; ``length`` in steps."""

    __slots__ = ("hashes", "layout", "length", "symbols")

    def __init__(self, layout: Layout, room: int = 256) -> None:
        self.layout = layout
        self.length = 0
        self.hashes: Hashes = np.zeros((int(layout.sizes[2]), room), np.uint32)
        self.symbols: Ints = np.zeros(room, np.int64)

    def add(self, row: Ints | Sequence[int], symbol: int) -> None:
        """A step has been taken: its features and the symbol that came."""
        self.make_room()
        now = np.empty(len(self.hashes), np.uint32)
        hash_contexts(np.asarray(row, np.int64), self.layout, int(self.layout.sizes[1]), now)
        self.hashes[:, self.length] = now
        self.symbols[self.length] = symbol
        self.length += 1

    def cut(self, length: int) -> None:
        """Forget all but the first ``length`` steps."""
        if not 0 <= length <= self.length:
            raise ValueError(f"cannot cut {self.length} steps to {length}")
        self.length = length

    def copy(self) -> Memory:
        """A memory that goes its own way from here."""
        other = Memory(self.layout, max(256, self.length + 128))
        other.hashes[:, : self.length] = self.hashes[:, : self.length]
        other.symbols[: self.length] = self.symbols[: self.length]
        other.length = self.length
        return other

    def make_room(self) -> None:
        """Room for the present step and the next."""
        if self.length + 1 >= len(self.symbols):
            self.hashes = np.concatenate([self.hashes, np.zeros_like(self.hashes)], axis=1)
            self.symbols = np.concatenate([self.symbols, np.zeros_like(self.symbols)])


@dataclass(frozen=True, slots=True)
class Mixing:
    """A taught model. Not to be used by two threads at once: ``desk`` is where it works (``fresh`` gives another)."""

    plan: Plan
    table: Table
    weights: Floats
    layout: Layout = field(init=False)
    desk: Desk = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "layout", self.plan.layout())
        object.__setattr__(self, "desk", self.plan.desk())

    def fresh(self) -> Mixing:
        """The same model with a desk of its own."""
        return Mixing(self.plan, self.table, self.weights)

    def memory(self, room: int = 256) -> Memory:
        """An empty memory for a piece."""
        return Memory(self.layout, room)

    def predict(self, row: Ints | Sequence[int], memory: Memory) -> Floats:
        """Log-probabilities (symbols,) of what comes next; the memory stays as it is."""
        memory.make_room()
        past = (memory.hashes, memory.symbols, memory.length)
        predict(np.asarray(row, np.int64), past, self.layout, self.table, self.weights, self.desk)
        return self.desk.result.copy()

    def nats(self, rows: Ints, symbols: Ints) -> Floats:
        """How surprising each symbol of one whole piece is (steps,), each step knowing those before."""
        wanted = np.asarray(symbols, np.int64)
        return score_piece(np.asarray(rows, np.int64), wanted, self.layout, self.table, self.weights, self.desk)


def compile_kernels() -> None:
    """Compile the loops, or load them from the disk."""
    plan = Plan(3, ((), (0,)), (-1, 0), ((0,),), (-1,), 1, ((0, 2),))
    one = np.zeros(1, np.int64)
    hashes, entries = np.zeros(0, np.uint32), np.zeros(0, np.int32)
    table = Table(np.zeros(3, np.int64), hashes, one, np.zeros(0, np.uint8), entries)
    model = Mixing(plan, table, np.zeros(sum(plan.blocks())))
    memory = model.memory()
    model.predict([0], memory)
    memory.add([0], 1)
    model.nats(np.zeros((2, 1), np.int64), np.zeros(2, np.int64))
