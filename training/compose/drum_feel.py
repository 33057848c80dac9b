"""Boosted trees for how drummers play, fitted with least absolute deviations, and what is left when they have spoken.

Every take is read twice: on sixteenths, as most scores are written, and on the finer grid with thirds of a beat. Of
strokes of one piece at one place the loudest counts. Takes that teach grow the trees; how many trees there are is
chosen on those that tune.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from bandmate.models.drum_feel import PIECE_KINDS, FeelModel, Reals, Residual, Score, Trees, facts_of, merged
from training.compose.drum_takes import Take

BINS = 64
DEPTH = 6
RATE = 0.1
MOST_TREES = 450
SHARE = 0.5
"""Of the strokes that each tree is grown on."""

LEAST_IN_LEAF = 120
PATIENCE = 60
LATEST_MS = 90.0
"""Beyond this a stroke was meant for another place."""

Small = npt.NDArray[np.uint8]


class Strokes(NamedTuple):
    """A row for each stroke: facts, how late (ms), velocity, piece, style, place in the bar, number of the take."""

    facts: Reals
    late_ms: Reals
    velocity: Reals
    piece: npt.NDArray[np.int64]
    style: npt.NDArray[np.int64]
    place: npt.NDArray[np.int64]
    take: npt.NDArray[np.int64]


def snapped_places(start: npt.NDArray[np.int64], fine: bool) -> npt.NDArray[np.int64]:
    """The place (twelfths of a quarter) that each stroke is written at."""
    if not fine:
        return (start + 120) // 240 * 3
    inside = start % 960
    marks = np.array([0, 240, 480, 720, 960, 320, 640])
    extra = np.array([0, 0, 0, 0, 0, 25, 25])
    nearest = np.abs(inside[:, None] - marks) + extra
    return start // 960 * 12 + marks[nearest.argmin(axis=1)] // 80


def strokes_of(take: Take, number: int, fine: bool) -> Strokes:
    """A take as rows."""
    place = snapped_places(take.start, fine)
    piece = merged(take.piece)
    order = np.lexsort((-take.velocity, piece, place))
    key = place[order] * PIECE_KINDS + piece[order]
    kept = order[np.concatenate(([True], np.diff(key) != 0))]
    place, piece = place[kept], piece[kept]
    bar_places = take.meter[0] * 48 // take.meter[1]
    late = (take.start[kept] - place * 80) * 60000.0 / take.bpm / 960
    facts = facts_of(Score(place, piece, take.style, take.bpm, bar_places))
    size = len(kept)
    return Strokes(
        facts, late, take.velocity[kept].astype(np.float64), piece, np.full(size, take.style, np.int64),
        place % bar_places, np.full(size, number, np.int64),
    )  # fmt: skip


def rows_of(takes: Iterable[Take], *grids: bool) -> Strokes:
    """All takes in a row, on each of the grids (True: the finer one)."""
    found = [strokes_of(take, number, fine) for number, take in enumerate(takes) for fine in grids]
    return Strokes(*(np.concatenate(column) for column in zip(*found, strict=True)))


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def histograms(bins, rows, node, sign, found):  # type: ignore[no-untyped-def]
    for number in range(len(rows)):
        row, at = rows[number], node[number]
        for fact in range(bins.shape[1]):
            place = bins[row, fact]
            found[at, fact, place, 0] += sign[number]
            found[at, fact, place, 1] += 1.0


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def walk(bins, rows, fact, cut, leaf, node):  # type: ignore[no-untyped-def]
    for number in range(len(rows)):
        at = 0
        while at < len(fact):
            at = 2 * at + (2 if bins[rows[number], fact[at]] > cut[at] else 1)
        node[number] = at - len(fact)


def edges_of(facts: Reals) -> list[Reals]:
    """Limits between the bins of every fact."""
    found = []
    for column in facts.T:
        values = np.unique(column[:: max(1, len(column) // 50000)])
        if len(values) > BINS:
            values = np.unique(np.quantile(column, np.linspace(0, 1, BINS + 1)[1:-1]))
            found.append(values)
        else:
            found.append((values[1:] + values[:-1]) / 2)
    return found


def binned(facts: Reals, edges: list[Reals]) -> Small:
    """Facts as bins."""
    columns = [np.searchsorted(edge, column, side="left") for edge, column in zip(edges, facts.T, strict=True)]
    return np.stack(columns, axis=1).astype(np.uint8)


class Grown(NamedTuple):
    """A tree: facts, limits and bins that it is cut at, breadth first, and its leaves."""

    fact: npt.NDArray[np.int64]
    limit: Reals
    cut: npt.NDArray[np.int64]
    leaf: Reals

    def say(self, bins: Small) -> Reals:
        """What it says of rows of bins."""
        node = np.zeros(len(bins), np.int64)
        walk(bins, np.arange(len(bins)), self.fact, self.cut, self.leaf, node)
        return np.asarray(self.leaf[node])


def tree(bins: Small, rows: npt.NDArray[np.int64], rest: Reals, edges: list[Reals]) -> Grown:
    """One tree, grown on some rows. Splits by the gain in squared mean sign, leaves are medians."""
    inner = 2**DEPTH - 1
    fact, limit = np.zeros(inner, np.int64), np.full(inner, np.inf)
    cut = np.full(inner, BINS, np.int64)
    node = np.zeros(len(rows), np.int64)
    own = rest[rows]
    sign = np.sign(own)
    for level in range(DEPTH):
        first, nodes = 2**level - 1, 2**level
        found = np.zeros((nodes, bins.shape[1], BINS, 2))
        histograms(bins, rows, node - first, sign, found)
        choose(found[..., 0], found[..., 1], (fact, limit, cut), first, edges)
        node = 2 * node + 1 + (bins[rows, fact[node]] > cut[node])
    leaf = np.zeros(2**DEPTH)
    order = np.argsort(node - inner, kind="stable")
    borders = np.searchsorted(node[order] - inner, np.arange(2**DEPTH + 1))
    for at in range(2**DEPTH):
        inside = own[order[borders[at] : borders[at + 1]]]
        leaf[at] = RATE * float(np.median(inside)) if len(inside) else 0.0
    return Grown(fact, limit, cut, leaf)


def choose(
    sums: Reals, counts: Reals, chosen: tuple[npt.NDArray[np.int64], Reals, npt.NDArray[np.int64]], first: int,
    edges: list[Reals],
) -> None:  # fmt: skip
    """The best split of every node of a level (in place); a node that gains nothing sends all to the left."""
    fact, limit, cut = chosen
    left, many = sums.cumsum(axis=2), counts.cumsum(axis=2)
    whole, size = left[:, :, -1:], many[:, :, -1:]
    gain = left**2 / np.maximum(1, many) + (whole - left) ** 2 / np.maximum(1, size - many)
    gain -= whole**2 / np.maximum(1, size)
    gain[(many < LEAST_IN_LEAF) | (size - many < LEAST_IN_LEAF)] = 0.0
    for at in range(len(gain)):
        best = int(gain[at].argmax())
        if gain[at].ravel()[best] > 1e-9:
            column, split = divmod(best, BINS)
            fact[first + at], cut[first + at], limit[first + at] = column, split, edges[column][split]


def grown(teach: Strokes, wanted: Reals, tune: Strokes, tuned: Reals, most: int = MOST_TREES) -> Trees:
    """Trees for a figure; as many as do best on ``tune``."""
    edges = edges_of(teach.facts)
    bins, tune_bins, base = binned(teach.facts, edges), binned(tune.facts, edges), float(np.median(wanted))
    rest, other = wanted - base, np.full(len(tuned), base)
    chance = np.random.Generator(np.random.PCG64(1))
    parts: list[Grown] = []
    best, kept = np.inf, 0
    for number in range(most):
        rows = np.flatnonzero(chance.random(len(rest)) < SHARE)
        parts.append(tree(bins, rows, rest, edges))
        rest = rest - parts[-1].say(bins)
        other = other + parts[-1].say(tune_bins)
        error = float(np.abs(tuned - other).mean())
        if error < best - 1e-4:
            best, kept = error, number + 1
        if number + 1 - kept >= PATIENCE:
            break
    fact, limit, leaf = (np.stack([getattr(part, name) for part in parts[:kept]]) for name in ("fact", "limit", "leaf"))
    return Trees(fact, limit.astype(np.float32).astype(np.float64), leaf, base)


def left_over(rest: Reals, rows: Strokes) -> Residual:
    """Spread and memory of what is left, by moments within takes."""
    means, products, nexts = [], [], []
    for number in np.unique(rows.take):
        own = rest[rows.take == number]
        if len(own) < 40:
            continue
        mean = float(own.mean())
        means.append(mean)
        inner = own - mean
        products.append(np.array([np.mean(inner[lag:] * inner[:-lag]) for lag in (1, 2, 3, 4, 6)]))
        nexts.append(float(np.var(inner)))
    lagged = np.maximum(np.average(products, axis=0), 1e-6)
    stays = float(np.clip((lagged[4] / lagged[0]) ** (1 / 5), 0.2, 0.98))
    drift = float(np.sqrt(lagged[0] / stays))
    single = np.zeros(PIECE_KINDS)
    for piece in range(PIECE_KINDS):
        own = rest[rows.piece == piece]
        spread = 1.4826 * float(np.median(np.abs(own - np.median(own)))) if len(own) > 100 else float(np.std(rest))
        single[piece] = np.sqrt(max(0.05 * spread**2, spread**2 - drift**2 - np.var(means)))
    return Residual(float(np.std(means)), drift, stays, single)


def learned(teach: list[Take], tune: list[Take], say: Callable[[str], object] = len) -> FeelModel:
    """The feel of the takes that teach; ``say`` is told how far it is."""
    rows, tuning = rows_of(teach, False, True), rows_of(tune, False, True)
    keep, keep_tuning = np.abs(rows.late_ms) < LATEST_MS, np.abs(tuning.late_ms) < LATEST_MS
    rows, tuning = Strokes(*(c[keep] for c in rows)), Strokes(*(c[keep_tuning] for c in tuning))
    late = grown(rows, rows.late_ms, tuning, tuning.late_ms)
    say(f"lateness: {len(late.leaf)} trees\n")
    velocity = grown(rows, rows.velocity, tuning, tuning.velocity)
    say(f"velocity: {len(velocity.leaf)} trees\n")
    judged = rows_of(tune, False)
    return FeelModel(
        late,
        velocity,
        left_over(judged.late_ms - late.say(judged.facts), judged),
        left_over(judged.velocity - velocity.say(judged.facts), judged),
    )


def by_mean(teach: tuple[npt.NDArray[np.int64], Reals], held: npt.NDArray[np.int64], size: int) -> Reals:
    """For each key of ``held`` the mean of the figures with that key; the mean of all where there is none."""
    keys, figures = teach
    sums, counts = np.bincount(keys, figures, size), np.bincount(keys, minlength=size)
    means = np.where(counts > 0, sums / np.maximum(1, counts), figures.mean())
    return np.asarray(means[held])


def figures(model: FeelModel, teach: Strokes, held: Strokes) -> dict[str, float]:
    """Mean absolute errors of the model, and of means by style, and by style, piece and place."""
    found: dict[str, float] = {"strokes": float(len(held.piece))}
    cell = (held.style * PIECE_KINDS + held.piece) * 96 + held.place
    own = (teach.style * PIECE_KINDS + teach.piece) * 96 + teach.place
    for name, trees in (("late_ms", model.late_ms), ("velocity", model.velocity)):
        wanted, known = getattr(held, name), getattr(teach, name)
        said = trees.say(held.facts)
        style = by_mean((teach.style, known), held.style, 64)
        place = by_mean((own, known), cell, 64 * PIECE_KINDS * 96)
        found[f"{name}_error"] = float(np.abs(wanted - said).mean())
        found[f"{name}_style_mean_error"] = float(np.abs(wanted - style).mean())
        found[f"{name}_place_mean_error"] = float(np.abs(wanted - place).mean())
    return found
