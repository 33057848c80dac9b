"""What a close microphone hears between the hits of its own drum: the rest of the kit, or a drum that rings on.

The own hits are the loud ones. What lies between them, after they have died away, is *bleed* where the hits of another
drum come up in it, and *ringing* where it stays at one level. Soft hits of the drum's own (ghost notes) are neither:
they do not go up and down with another drum.

Conventions: levels in dB relative to the own hits. A track with few hits, or with no time between them, is not judged.

Not covered: which part of the bleed is which drum; bleed between singers and instruments in one room.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import uniform_filter1d

from bandmate.stages.mix.dynamics_levels import HIT_COLUMNS, NOTHING, Hits, hits_of

Reals = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

OWN_WITHIN_DB = 9.0
FEWEST_OWN = 6
BEFORE_COLUMNS, AFTER_COLUMNS = 4, 45
LEAST_BETWEEN_COLUMNS = 300
LOUD_SHARE, QUIET_SHARE = 0.95, 0.10
LIKENESS_RANGE_DB, LEAST_MOVING_DB = 25.0, 0.5
STEADY_DB = 8.0


@dataclass(frozen=True, slots=True, eq=False)
class Between:
    """The own hits of a track, and the columns between them."""

    own: Hits
    level_db: Reals
    is_between: Flags

    @property
    def hits_db(self) -> float:
        """How loud the own hits are, in the middle."""
        return float(np.median(self.own.level_db))

    @property
    def loud_db(self) -> float:
        """How loud the loud moments between the hits are, beside the hits."""
        return float(np.quantile(self.level_db[self.is_between], LOUD_SHARE)) - self.hits_db

    @property
    def is_steady(self) -> bool:
        """Whether what is between the hits stays at one level."""
        low, high = np.quantile(self.level_db[self.is_between], (QUIET_SHARE, LOUD_SHARE))
        return bool(high - low < STEADY_DB)


def between_hits(power: npt.NDArray[np.floating]) -> Between | None:
    """What is between the own hits of a track of mean power every 10 ms; None where there is too little of either."""
    hits = hits_of(power)
    if len(hits.column) < FEWEST_OWN:
        return None
    energy = 10 ** (hits.level_db / 10)
    order = np.argsort(hits.level_db)
    share = np.cumsum(energy[order]) / energy.sum()
    loud = float(hits.level_db[order][np.searchsorted(share, 0.5)])
    is_own = hits.level_db > loud - OWN_WITHIN_DB
    own = Hits(hits.column[is_own], hits.level_db[is_own])
    near = np.zeros(len(power), bool)
    for shift in range(-BEFORE_COLUMNS, AFTER_COLUMNS):
        near[np.clip(own.column + shift, 0, len(power) - 1)] = True
    if len(own.column) < FEWEST_OWN or (~near).sum() < LEAST_BETWEEN_COLUMNS:
        return None
    smooth = uniform_filter1d(power.astype(np.float64), HIT_COLUMNS, mode="constant")
    return Between(own, 10 * np.log10(np.maximum(smooth, NOTHING)), ~near)


def likeness(between: Between, other: npt.NDArray[np.floating]) -> float:
    """How much the level between the own hits goes up and down with another track, -1 to 1; 0 if either is steady."""
    columns = min(len(other), len(between.level_db))
    when = between.is_between[:columns]
    smooth = uniform_filter1d(other[:columns].astype(np.float64), HIT_COLUMNS, mode="constant")
    theirs = top_of(10 * np.log10(np.maximum(smooth, NOTHING))[when])
    ours = top_of(between.level_db[:columns][when])
    if min(len(ours), len(theirs)) < 2 or min(ours.std(), theirs.std()) < LEAST_MOVING_DB:
        return 0.0
    return float(np.corrcoef(ours, theirs)[0, 1])


def top_of(level_db: Reals) -> Reals:
    """Levels without what is far below the loud ones; empty for nothing."""
    if not level_db.size:
        return level_db
    found: Reals = np.maximum(level_db, np.quantile(level_db, 0.9) - LIKENESS_RANGE_DB)
    return found


def soft_gap_db(between: Between, peaks: npt.NDArray[np.floating]) -> tuple[float, float]:
    """The level that nearly nothing between the hits passes, and the peak that nearly all hits reach; dBFS."""
    peaks_db = 20 * np.log10(np.maximum(peaks.astype(np.float64), 1e-9))
    around = np.clip(between.own.column[:, None] + np.arange(-3, 2), 0, len(peaks) - 1)
    reached = peaks_db[around].max(axis=1)
    return float(np.quantile(peaks_db[between.is_between], 0.99)), float(np.quantile(reached, 0.03))
