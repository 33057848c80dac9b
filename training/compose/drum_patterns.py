"""Counts and mixing weights of what drummers strike: counts from the takes that teach, weights from those that tune."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bandmate.models.drum_kit import PIECES, SLOTS, SNARE, STICK, STYLES
from bandmate.models.drum_patterns import (
    BEFORE_BARS,
    CONTEXTS,
    COUNT,
    MEMORY,
    TABLE_BITS,
    TIMEKEEPING,
    Ints,
    Manner,
    PatternModel,
    Reals,
    SlotView,
    bits,
    busyness_of,
    contexts_of,
    lead_of,
)
from training.compose.drum_takes import Take, bars_of, fills_of, loudness_of

STRENGTH = 3.0
"""Strokes that the mean chance of the pieces counts for; of 0.4, 1.2 and 3 the best on "tune"."""

PENALTY = 1e-4
ROUNDS = 12
UNSEEN = -3.0
STEPS = 8.0
"""A logit is kept in eighths, up to 15.9 either way."""


class Decisions(NamedTuple):
    """A row for every piece at every slot: contexts, whether it was struck, whether a bar came before, the piece."""

    contexts: npt.NDArray[np.int32]
    struck: npt.NDArray[np.bool_]
    has_past: npt.NDArray[np.int64]
    piece: npt.NDArray[np.int64]


class Barred(NamedTuple):
    """A take in 4/4, cut into bars."""

    take: Take
    bars: npt.NDArray[np.bool_]
    loudness: Reals
    fills: npt.NDArray[np.bool_]


def barred(takes: Iterable[Take]) -> list[Barred]:
    """The takes in 4/4, in bars."""
    found = []
    for take in takes:
        if take.meter == (4, 4):
            bars = bars_of(take)
            found.append(Barred(take, bars, loudness_of(take, len(bars)), fills_of(take, bars)))
    return found


def loudness_edges(items: Iterable[Barred]) -> Reals:
    """Between soft, middle and loud bars of each style (styles, 2)."""
    rows: list[list[Reals]] = [[] for _ in STYLES]
    for item in items:
        rows[item.take.style].append(item.loudness[item.loudness > 0])
    return np.array([np.quantile(np.concatenate(row), (1 / 3, 2 / 3)) for row in rows])


def decisions(items: Iterable[Barred], edges: Reals, *, alone: bool = False) -> Decisions:
    """Every decision of some takes; with ``alone`` also as if no bar had come before."""
    found: list[Decisions] = []
    for item in items:
        flat = np.zeros((BEFORE_BARS + len(item.bars) * SLOTS, COUNT), np.bool_)
        flat[BEFORE_BARS:] = item.bars.reshape(-1, COUNT)
        for place in range(SLOTS):
            found += decisions_at(item, flat, place, edges)
            if alone:
                found += decisions_at(item, flat, place, edges, alone=True)
    return Decisions(*(np.concatenate(column) for column in zip(*found, strict=True)))


def decisions_at(
    item: Barred, flat: npt.NDArray[np.bool_], place: int, edges: Reals, alone: bool = False
) -> list[Decisions]:
    """The decisions at one place of all bars of a take."""
    count = len(item.bars)
    bar = np.zeros(count, np.int64) if alone else np.arange(count)
    slots = BEFORE_BARS + np.arange(count) * SLOTS + place
    view = view_at(flat, slots, bar)
    style = np.full(count, item.take.style)
    loud = np.searchsorted(edges[item.take.style], item.loudness)
    manner = Manner(style, np.full(count, int(item.take.swung)), loud, lead_of(item.bars), busyness_of(item.bars))
    fills, now, found = item.fills.astype(np.int64), np.zeros(count, np.int64), []
    for piece in range(COUNT):
        # subtle: ``fill`` is one number when drawing and one for each bar here; the hash takes both.
        contexts = contexts_of(piece, place, fills, manner, view, now)  # type: ignore[arg-type]
        struck = flat[slots, piece]
        found.append(
            Decisions(contexts.astype(np.int32), struck, (bar > 0).astype(np.int64), np.full(count, piece, np.int64))
        )
        now = now | (struck.astype(np.int64) << piece)
    return found


def view_at(flat: npt.NDArray[np.bool_], slots: Ints, bar: Ints) -> SlotView:
    """What the contexts look at, for one place of every bar."""
    before = np.stack([flat[slots - back] for back in range(1, 9)], axis=1)
    kicks, snares = bits(before[:, :, 0]), bits(before[:, :, SNARE] | before[:, :, STICK])
    times = np.zeros((len(bar), COUNT), np.int64)
    for back in range(1, MEMORY + 1):
        known = bar >= back
        times[known] += flat[slots[known] - SLOTS * back]
    ago = np.where((bar > 0)[:, None], flat[np.maximum(0, slots - SLOTS)].astype(np.int64), 2)
    time = bits(before[:, :, list(TIMEKEEPING)].any(axis=1))
    close = (kicks & 15) * 16 + (snares & 15)
    return SlotView(before, close, kicks * 256 + snares, time, ago, times, np.minimum(bar, MEMORY))  # type: ignore[arg-type]


def counted(rows: Decisions) -> tuple[npt.NDArray[np.int8], ...]:
    """For each context the logits of its hashes, in eighths."""
    prior = np.array([rows.struck[rows.piece == piece].mean() for piece in range(COUNT)])[rows.piece]
    tables = []
    for at, size in enumerate(TABLE_BITS):
        key = rows.contexts[:, at]
        seen = np.bincount(key, minlength=1 << size)
        base = np.bincount(key, prior, 1 << size) / np.maximum(1, seen)
        chance = (np.bincount(key, rows.struck, 1 << size) + STRENGTH * base) / (seen + STRENGTH)
        logit = np.log(np.maximum(chance, 1e-9) / (1 - np.minimum(chance, 1 - 1e-9)))
        tables.append(np.clip(np.round(np.where(seen > 0, logit, UNSEEN) * STEPS), -127, 127).astype(np.int8))
    return tuple(tables)


def fitted(tables: tuple[npt.NDArray[np.int8], ...], rows: Decisions) -> Reals:
    """Weights of the mixer by Newton's method, held near the mean of the contexts."""
    stretched = [table / STEPS for table in tables]
    even = np.append(np.full(CONTEXTS, 1 / CONTEXTS), 0.0)
    weights = np.zeros((COUNT, 2, CONTEXTS + 1))
    for piece in range(COUNT):
        for past in (0, 1):
            here = (rows.piece == piece) & (rows.has_past == past)
            inputs = [stretched[at][rows.contexts[here, at]] for at in range(CONTEXTS)]
            matrix = np.stack([*inputs, np.ones(here.sum())], axis=1)
            weights[piece, past] = newton(matrix, rows.struck[here].astype(np.float64), even)
    return np.round(weights, 4)


def newton(matrix: Reals, wanted: Reals, start: Reals) -> Reals:
    """Logistic regression with a quadratic penalty on the distance from ``start``."""
    weights, penalty = start.copy(), PENALTY * len(wanted) + 0.5
    for _ in range(ROUNDS):
        chance = 1 / (1 + np.exp(-matrix @ weights))
        slope = matrix.T @ (chance - wanted) + penalty * (weights - start)
        bend = (matrix * (chance * (1 - chance))[:, None]).T @ matrix + penalty * np.eye(len(start))
        weights = weights - np.linalg.solve(bend, slope)
    return weights


def nats(model: PatternModel, rows: Decisions) -> float:
    """What a slot costs: the sum over its pieces."""
    weights = model.weights[rows.piece, rows.has_past]
    logits = weights[:, CONTEXTS].copy()
    for at in range(CONTEXTS):
        logits += weights[:, at] * model.stretched[at][rows.contexts[:, at]]
    return float(np.logaddexp(0, np.where(rows.struck, -logits, logits)).sum() / (len(logits) / len(PIECES)))


def nats_by_place(tables: tuple[npt.NDArray[np.int8], ...], rows: Decisions) -> float:
    """The same by style, loudness, piece and place alone: the first context."""
    logits = tables[0][rows.contexts[:, 0]] / STEPS
    return float(np.logaddexp(0, np.where(rows.struck, -logits, logits)).sum() / (len(logits) / len(PIECES)))
