"""What a drummer strikes at each slot of a bar: chances from several contexts, mixed.

Every slot asks piece by piece, in the order of ``PIECES``: is it struck? Eight contexts answer from counts (the style
and the place; what the piece did just before and a bar ago; what else is struck now; what kick and snare did), a
ninth counts how often the piece was struck here in the last four bars, and a logistic mixer blends them. No bar of a
drummer is kept.

Conventions: rows are drawn side by side, so that many alternatives cost little more than one. Slots of other meters
borrow the chances of the slots of a bar of four (``source``).

References: M. Mahoney, "Adaptive weighing of context models for lossless data compression", 2005, for mixing in the
logistic domain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bandmate.models.drum_kernels import add_trees, draw_rows
from bandmate.models.drum_kit import HAT, KICK, OPEN, PEDAL, PIECES, RIDE, SLOTS, SNARE, STICK, STYLES

Ints = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

COUNT = len(PIECES)
CONTEXTS = 9
TABLE_BITS = (15, 16, 15, 16, 16, 16, 16, 11, 16)
LOUDNESSES = 3
"""Soft, middle and loud bars of a style."""

STRENGTH = 1.2
"""Strokes that a chance of the context below counts for."""

LEADS = 10
"""Nothing, or hat, open hat or ride, each up to five, up to ten, and more strokes in a bar."""

BUSYNESSES = 3
MEMORY = 4
MULTIPLIER = 0x9E3779B97F4A7C15
TIMEKEEPING = (HAT, OPEN, RIDE, PEDAL)
BEFORE_BARS = 16
"""Slots kept free before the first bar, so that looking back never leaves the table."""


class Manner(NamedTuple):
    """Of each row: its style, whether it swings, how loud it is (0 to 2), what keeps time (``lead_of``), and how much
    is going on besides (``busyness_of``). Arrays of equal length."""

    style: Ints
    swung: Ints
    loudness: Ints
    lead: Ints
    busy: Ints


class Past(NamedTuple):
    """What the contexts look at: strokes (rows, slots, pieces) so far, and where the bars before have this slot."""

    struck: Bools
    slot: int
    bars_before: tuple[int, ...]
    """Slots at the same place of the bars before, the nearest first."""


@dataclass(frozen=True, slots=True, eq=False)
class PatternModel:
    """Chances that were learned.

    Attributes
    ----------
    stretched : tuple of float arrays
        for each context and its hash, the logit of the chance.
    weights : array (pieces, 2, contexts + 1)
        of the mixer, without and with a bar before; the last one is added.
    """

    stretched: tuple[npt.NDArray[np.float32], ...]
    weights: Reals
    flat: tuple[npt.NDArray[np.float32], Ints, Ints, Reals] = field(init=False, repr=False)
    """The tables in a row, where each begins, their bits, and the weights: as the kernel reads them."""

    def __post_init__(self) -> None:
        sizes = np.array(TABLE_BITS, np.int64)
        starts = np.concatenate(([0], np.cumsum(1 << sizes)[:-1])).astype(np.int64)
        object.__setattr__(self, "flat", (np.concatenate(self.stretched), starts, sizes, self.weights))

    def logits(self, piece: int, contexts: Ints, has_past: bool) -> Reals:
        """Logits that a piece is struck, for every row of contexts (rows, contexts)."""
        weights = self.weights[piece, int(has_past)]
        total = np.full(len(contexts), weights[CONTEXTS])
        for at in range(CONTEXTS):
            total += weights[at] * self.stretched[at][contexts[:, at]]
        return total


def bits(struck: npt.NDArray[np.bool_]) -> Ints:
    """The last axis read as a number, the first place as its lowest bit."""
    return np.asarray(struck @ (1 << np.arange(struck.shape[-1])), np.int64)


class SlotView(NamedTuple):
    """What all pieces of one slot look at in common, a number for each row."""

    before: Bools
    """(rows, 8, pieces): the last eight slots, the nearest first."""

    kicks_snares: Ints
    kicks_snares_long: Ints
    timekeeping: Ints
    bar_before: Ints | None
    times: Ints | None
    known: int


def view_of(past: Past) -> SlotView:
    """Read the past of a slot."""
    struck, slot = past.struck, past.slot
    before = struck[:, slot - 8 : slot][:, ::-1]
    backbeat: Bools = before[:, :, SNARE] | before[:, :, STICK]
    kick: Bools = before[:, :, KICK]
    kicks, snares = bits(kick), bits(backbeat)
    keepers = np.bitwise_or.reduce(before[:, :, list(TIMEKEEPING)], axis=1)
    time = bits(np.asarray(keepers, np.bool_))
    places = past.bars_before[:MEMORY]
    earlier = struck[:, list(places)] if places else None
    return SlotView(
        before,
        (kicks & 15) * 16 + (snares & 15),
        kicks * 256 + snares,
        time,
        None if earlier is None else earlier[:, 0].astype(np.int64),
        None if earlier is None else earlier.sum(axis=1),
        len(places),
    )


def contexts_of(piece: int, place: int, fill: int, manner: Manner, view: SlotView, now: Ints) -> Ints:
    """The hashes of one decision (rows, contexts). ``now`` has a bit for every piece that is struck here already."""
    own = bits(view.before[:, :4, piece])
    zero = np.zeros_like(own)
    ago = zero + 2 if view.bar_before is None else view.bar_before[:, piece]
    times = zero if view.times is None else view.times[:, piece]
    kind = manner.style * 2 + manner.swung
    at = (piece * 2 + fill) * SLOTS + place
    swung = manner.swung
    keys = (
        (kind * LOUDNESSES + manner.loudness) * 512 + at,
        (((at * 16 + own) * 3 + ago) * 2 + swung) * 3 + manner.busy,
        ((kind * 512 + at) * 3 + ago) * 3 + manner.busy,
        (((piece * 2 + fill) * 4 + place % 4) * 10 + manner.lead) * 4096 + now,
        (manner.style * 512 + at) * 256 + view.kicks_snares,
        (((manner.style * COUNT + piece) * 16 + view.timekeeping) * 16 + own) * 40 + place % 4 * 10 + manner.lead,
        ((piece * SLOTS + place) * 65536 + view.kicks_snares_long) * 4096 + (now & 3),
        ((piece * 2 + fill) * 5 + times) * 5 + view.known,
        (kind * 512 + at) * 10 + manner.lead,
    )
    return np.stack([hashed(key, size) for key, size in zip(keys, TABLE_BITS, strict=True)], axis=1)


def lead_of(bars: Bools) -> Ints:
    """What keeps time in each bar (bars, slots, pieces)."""
    strokes = bars[:, :, [HAT, OPEN, RIDE]].sum(axis=1)
    most = strokes.argmax(axis=1)
    count = strokes.max(axis=1)
    rate = (count > 5).astype(np.int64) + (count > 10)
    return np.asarray(np.where(count < 2, 0, 1 + most * 3 + rate), np.int64)


def busyness_of(bars: Bools) -> Ints:
    """How much each bar has besides what keeps time: 0 for up to four strokes, 1 for up to seven, 2 for more."""
    others = [piece for piece in range(COUNT) if piece not in TIMEKEEPING]
    strokes = bars[:, :, others].sum(axis=(1, 2))
    return np.asarray((strokes > 4).astype(np.int64) + (strokes > 7), np.int64)


def hashed(key: Ints, size: int) -> Ints:
    """Keys spread over a table of ``2 ** size`` places."""
    spread = key.astype(np.uint64) * np.uint64(MULTIPLIER)
    return np.asarray(spread >> np.uint64(64 - size), np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Rows that were drawn: what is struck (rows, slots, pieces), and the logit of every decision."""

    struck: Bools
    logits: Reals

    @property
    def nats(self) -> Reals:
        """What each row cost, for a slot."""
        sign = np.where(self.struck, -1.0, 1.0)
        return np.asarray(np.logaddexp(0, sign * self.logits).sum(axis=2).mean(axis=1))


class Task(NamedTuple):
    """What is to be drawn, slot by slot: the slot of a bar of four that each borrows its chances from, the bar it lies
    in and its place there, and whether it is in a fill and whether it is drawn at all (or known before)."""

    source: Ints
    bar: Ints
    inside: Ints
    fill: Ints
    free: Ints

    def rows(self) -> Ints:
        """As the kernel reads it: with the same slots of the bars before."""
        at = {(bar, inside): slot for slot, (bar, inside) in enumerate(zip(self.bar, self.inside, strict=True))}
        found = np.full((len(self.source), 3 + MEMORY), -1, np.int64)
        found[:, 0], found[:, 1], found[:, 2] = self.source, self.fill, self.free
        for slot, (bar, inside) in enumerate(zip(self.bar, self.inside, strict=True)):
            # subtle: a shorter bar before has no such place; the nearest ones that have it are remembered.
            earlier = [at[one, inside] for one in range(bar - 1, -1, -1) if (one, inside) in at]
            for number, known in enumerate(earlier[:MEMORY]):
                found[slot, 3 + number] = known + BEFORE_BARS
        return found


def task_of(sources: Sequence[Sequence[int]], fills: Sequence[int], known: int = 0) -> Task:
    """Bars to be drawn, each with the slots that it borrows from; the first ``known`` of them are there already."""
    rows = [
        (place, bar, inside, fills[bar], int(bar >= known))
        for bar, places in enumerate(sources)
        for inside, place in enumerate(places)
    ]
    return Task(*(np.array(column, np.int64) for column in zip(*rows, strict=True)))


def draw(
    model: PatternModel,
    manner: Manner,
    task: Task,
    bias: Reals,
    noise: Reals,
    forced: npt.NDArray[np.int8] | None = None,
) -> Drawn:
    """Draw rows slot by slot.

    Parameters
    ----------
    bias : array (rows, slots, pieces)
        added to the logits.
    noise : array (rows, slots, pieces)
        logistic: a piece is struck where its logit is greater.
    forced : array (rows, slots, pieces), optional
        1 for what must be struck, 0 for what must not, -1 for the rest. Of slots that are known it says what is there.
    """
    rows, slots = len(manner.style), len(task.source)
    struck = np.zeros((rows, slots + BEFORE_BARS, COUNT), np.bool_)
    if forced is None:
        forced = np.full((rows, slots, COUNT), -1, np.int8)
    struck[:, BEFORE_BARS:] = forced == 1
    logits = np.zeros((rows, slots, COUNT))
    kinds = np.stack(manner, axis=1).astype(np.int64)
    draw_rows(struck, logits, task.rows(), kinds, (bias, noise), forced, model.flat)
    return Drawn(struck[:, BEFORE_BARS:], logits)


def compile_kernels() -> None:
    """Draw one slot and ask one tree, so that the loops are compiled."""
    one = np.zeros(1, np.int64)
    tables = tuple(np.zeros(1 << size, np.float32) for size in TABLE_BITS)
    model = PatternModel(tables, np.zeros((COUNT, 2, CONTEXTS + 1)))
    zero = np.zeros((1, 1, COUNT))
    draw(model, Manner(one, one, one, one, one), task_of([[0]], [0]), zero, zero)
    add_trees(np.zeros(1), np.zeros((1, 1)), np.zeros((1, 1), np.int64), np.zeros((1, 1)), np.zeros((1, 2)))


def known_style(name: str) -> int:
    """The number of a style.

    >>> known_style("funk")
    2
    """
    return STYLES.index(name)
