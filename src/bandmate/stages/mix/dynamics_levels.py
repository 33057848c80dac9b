"""How evenly a track is played: how far apart its hits and notes are, and how far apart its phrases.

Two things are told apart. *Hits* (notes, syllables) are the moments at which the level tops out; each is compared with
the hits around it, and with those that come a bar later, for accents that come again are meant. *Phrases* are what is
heard over a few seconds, compared with what is played around it, so that a loud chorus is no fault.

Conventions: levels in dB as they leave the fader. A spread is what lies between the loudest and the softest, but for
some per cent at each end. Soft hits count by their amplitude, so that ghost notes are not called uneven. Silence, and
what has too few hits or too little music to speak of evenness, gives None.

Not covered: what is usual for a role (``bandmate.stages.mix.dynamics_usual``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d, maximum_filter1d, median_filter, minimum_filter1d, uniform_filter1d

Reals = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

HIT_COLUMNS = 3
"""A hit is as loud as its loudest 30 ms."""

NEXT_HIT_COLUMNS = 6
BEFORE_COLUMNS = 15
RISE_DB = 4.0
"""A hit rises by this much within the 150 ms before it."""

HIT_RANGE_DB = 36.0
FEWEST_HITS = 16
HIT_NEIGHBOURS_SECONDS = 2.0
HIT_ENDS = (0.10, 0.95)
PATTERN_SECONDS = (0.8, 8.0)
PATTERN_LATE_COLUMNS = 3
PATTERN_SHARE = 0.25
PATTERN_ENDS = (0.10, 0.90)
LUCK = 1.6
"""The best of many lengths of a pattern fits a little even where there is none: by this, over the root of the hits."""

PHRASE_RANGE_DB = 26.0
PHRASE_SECONDS = 1.0
PHRASE_NEIGHBOURS_SECONDS = 9.0
"""Widths of the bells under which the level of a phrase, and of what is around it, is taken."""

FLOOR_SHARE = 0.05
FLOOR_BELOW_DB, ABOVE_FLOOR_DB = 15.0, 6.0
"""Where the softest moments are so far down, they are rests, and what is not clearly above them is not played."""

LEAST_SECONDS = 12.0
PHRASE_ENDS = (0.10, 0.90)

NOTHING = 1e-15


@dataclass(frozen=True, slots=True, eq=False)
class Hits:
    """The hits of a track: the columns at which they top out, and how loud each is."""

    column: Whole
    level_db: Reals


@dataclass(frozen=True, slots=True, eq=False)
class PhraseCurve:
    """For each hop how far the level around it is from that of the wider surroundings, in dB, and whether it plays."""

    residual_db: Reals
    plays: npt.NDArray[np.bool_]


def hits_of(power: npt.NDArray[np.floating]) -> Hits:
    """The hits in a level track: mean power of every 10 ms, shape (columns,)."""
    if not power.size or not power.any():
        return Hits(np.zeros(0, np.int64), np.zeros(0))
    smooth = np.maximum(uniform_filter1d(power.astype(np.float64), HIT_COLUMNS, mode="constant"), NOTHING)
    level = 10 * np.log10(smooth)
    is_top = (maximum_filter1d(level, 2 * NEXT_HIT_COLUMNS + 1) == level) & np.diff(level, prepend=level[0] - 1).astype(
        bool
    )
    before = minimum_filter1d(level, BEFORE_COLUMNS, origin=BEFORE_COLUMNS // 2, mode="nearest")
    loud = float(np.quantile(level[is_top], 0.95)) if is_top.any() else 0.0
    found = np.flatnonzero(is_top & (level - before >= RISE_DB) & (level > loud - HIT_RANGE_DB))
    return Hits(found, level[found])


def hit_residuals(hits: Hits, column_seconds: float) -> tuple[Reals, Reals]:
    """How far each hit is from the hits around it in dB, and its weight: its amplitude beside theirs."""
    amplitude = 10 ** (hits.level_db / 20)
    at = hits.column * column_seconds
    around = np.empty(len(at))
    for begin in range(0, len(at), 512):
        near = np.exp(-0.5 * ((at[begin : begin + 512, None] - at) / HIT_NEIGHBOURS_SECONDS) ** 2)
        around[begin : begin + 512] = (near @ amplitude**2) / (near @ amplitude)
    relative = amplitude / around
    return 20 * np.log10(relative), relative


def hit_spread_db(hits: Hits, column_seconds: float) -> float | None:
    """How far apart loud and soft hits are where nothing says that they are meant to be; None for too few.

    Accents that come again are meant: the hits are also compared with those one bar (or whatever length fits best)
    later, and the smaller of the two spreads counts.
    """
    if len(hits.column) < FEWEST_HITS:
        return None
    residual, weight = hit_residuals(hits, column_seconds)
    low, high = weighted_quantiles(residual, weight, HIT_ENDS)
    return min(float(high - low), patterned_spread_db(hits, weight, column_seconds))


def patterned_spread_db(hits: Hits, weight: Reals, column_seconds: float) -> float:
    """How far apart hits are from those that come a fixed time later, for the time at which that is least."""
    at = hits.column
    shortest, longest = (round(seconds / column_seconds) for seconds in PATTERN_SECONDS)
    is_hit = np.zeros(int(at[-1]) + 1)
    is_hit[at] = 1.0
    near = uniform_filter1d(is_hit, 2 * PATTERN_LATE_COLUMNS + 1, mode="constant") > 1e-9
    spreads = np.full(max(min(longest, len(is_hit) - 1) - shortest, 0) + 1, np.inf)
    for row, lag in enumerate(range(shortest, shortest + len(spreads) - 1)):
        if near[at[at + lag < len(near)] + lag].sum() < PATTERN_SHARE * len(at):
            continue
        index = np.clip(np.searchsorted(at, at + lag - PATTERN_LATE_COLUMNS), 0, len(at) - 1)
        fits = np.abs(at[index] - at - lag) <= PATTERN_LATE_COLUMNS
        first, second = np.flatnonzero(fits), index[fits]
        if len(first) < FEWEST_HITS:
            continue
        change = hits.level_db[second] - hits.level_db[first]
        low, high = weighted_quantiles(change, np.maximum(weight[first], weight[second]), PATTERN_ENDS)
        spreads[row] = (high - low) / np.sqrt(2.0) * (1.0 + LUCK / np.sqrt(len(first)))
    return float(median_filter(spreads, PATTERN_LATE_COLUMNS, mode="nearest").min())


def phrase_curve(power: npt.NDArray[np.floating], hop_seconds: float, width_seconds: float) -> PhraseCurve:
    """How loud a track is around each hop beside what it is in the wider surroundings.

    ``power`` is its mean power in every hop, shape (hops,), weighted as loudness is; ``width_seconds`` how much of the
    music one value is about.
    """
    power = power.astype(np.float64)
    total = float(power.sum())
    if total <= 0.0:
        return PhraseCurve(np.zeros(len(power)), np.zeros(len(power), bool))
    loud = (power**2).sum() / total
    plays = power > loud * 10 ** (-PHRASE_RANGE_DB / 10)
    floor = float(np.quantile(power, FLOOR_SHARE))
    if floor < loud * 10 ** (-FLOOR_BELOW_DB / 10):
        # What is left of noise in the rests is no soft phrase.
        plays &= power > floor * 10 ** (ABOVE_FLOOR_DB / 10)
    level = np.where(plays, 10 * np.log10(np.maximum(power, NOTHING)), 0.0)
    near = local_mean(level, plays, width_seconds / hop_seconds)
    around = local_mean(level, plays, PHRASE_NEIGHBOURS_SECONDS / hop_seconds)
    return PhraseCurve(near - around, plays)


def local_mean(level: Reals, plays: npt.NDArray[np.bool_], width: float) -> Reals:
    """The mean level of the hops around each that play, under a bell of that width; 0 where none does."""
    weight = gaussian_filter1d(plays.astype(np.float64), width, mode="constant", truncate=3.0)
    summed = gaussian_filter1d(level, width, mode="constant", truncate=3.0)
    mean: Reals = np.divide(summed, weight, out=np.zeros(len(level)), where=weight > 1e-6)
    return mean


def phrase_spread_db(power: npt.NDArray[np.floating], hop_seconds: float) -> float | None:
    """How far apart loud and soft phrases are, beside what is around them; None for too little music."""
    curve = phrase_curve(power, hop_seconds, PHRASE_SECONDS)
    if curve.plays.sum() * hop_seconds < LEAST_SECONDS:
        return None
    low, high = np.quantile(curve.residual_db[curve.plays], PHRASE_ENDS)
    return float(high - low)


def weighted_quantiles(values: Reals, weights: Reals, shares: Sequence[float]) -> Reals:
    """Quantiles of weighted values, between the values in straight lines; not for no values."""
    order = np.argsort(values, kind="stable")
    weight = weights[order]
    place = (np.cumsum(weight) - 0.5 * weight) / weight.sum()
    found: Reals = np.interp(shares, place, values[order])
    return found
