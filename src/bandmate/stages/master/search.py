"""Where to look for a gain next: by forecast, corrected by the readings there are, inside what they leave open.

Conventions: gains in dB from -40 to 40, to the thousandth, so that a song file holds no noise. Loudness and mean
reduction both rise with the gain.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from bandmate.sound.limiter_forecast import Forecast

MOST_GAIN_DB = 40.0
SILENT_LUFS = -120.0
MOST_STEPS = 30
CLOSE = 1e-3
NEAR_DB = 1.5
DECIMALS = 3


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is asked for, and what may not be passed on the way."""

    target_lufs: float
    most_mean_reduction_db: float = float("inf")
    within_db: float = 0.0

    def is_at_limit(self, mean_reduction_db: float) -> bool:
        """Whether a mean reduction is as near to the limit as it need be, and not beyond."""
        return self.most_mean_reduction_db - self.within_db <= mean_reduction_db <= self.most_mean_reduction_db

    def is_too_much(self, loudness_lufs: float, mean_reduction_db: float) -> bool:
        """Whether the gain for this was too high."""
        return loudness_lufs > self.target_lufs or mean_reduction_db > self.most_mean_reduction_db


@dataclass(frozen=True, slots=True)
class Reading:
    """What was forecast for a gain, and what a real run gave."""

    forecast: Forecast
    loudness_lufs: float
    mean_reduction_db: float

    @property
    def gain_db(self) -> float:
        """The gain that was tried."""
        return self.forecast.gain_db


def next_gain(forecast: Callable[[float], Forecast], readings: Sequence[Reading], bounds: Bounds) -> float | None:
    """The gain to try next; None where there is no loudness, or no gain left to try.

    subtle: a forecast may be wrong, so it is never followed out of what the readings leave open, nor on its edge.
    """
    if forecast(0.0).loudness_lufs is None and forecast(MOST_GAIN_DB).loudness_lufs is None:
        return None
    too_much = [r.gain_db for r in readings if bounds.is_too_much(r.loudness_lufs, r.mean_reduction_db)]
    too_little = [r.gain_db for r in readings if r.gain_db not in too_much]
    low, high = max(too_little, default=-MOST_GAIN_DB), min(too_much, default=MOST_GAIN_DB)
    aimed = aimed_gain(forecast, readings, bounds)
    if too_little and too_much:
        edge = 0.05 * (high - low)
        aimed = min(max(aimed, low + edge), high - edge) if len(readings) > 3 else aimed
        aimed = aimed if low < aimed < high else (low + high) / 2
    gain_db = round(min(max(aimed, low), high), DECIMALS)
    return None if any(r.gain_db == gain_db for r in readings) else gain_db


def aimed_gain(forecast: Callable[[float], Forecast], readings: Sequence[Reading], bounds: Bounds) -> float:
    """The gain at which the corrected forecast meets target or limit, whichever comes first."""
    known = sorted(readings, key=lambda r: r.gain_db)
    gains = [r.gain_db for r in known]
    louder = [r.loudness_lufs - (r.forecast.loudness_lufs or SILENT_LUFS) for r in known]
    harder = [r.mean_reduction_db - r.forecast.mean_reduction_db for r in known]
    limit_db = bounds.most_mean_reduction_db - bounds.within_db / 2

    def excess(gain_db: float) -> float:
        seen = forecast(gain_db)
        loudness = SILENT_LUFS if seen.loudness_lufs is None else seen.loudness_lufs
        loudness += float(np.interp(gain_db, gains, louder)) if known else 0.0
        mean_db = seen.mean_reduction_db + (float(np.interp(gain_db, gains, harder)) if known else 0.0)
        return max(loudness - bounds.target_lufs, mean_db - limit_db)

    return crossing(excess, *bracket(excess, forecast(0.0).loudness_lufs, bounds.target_lufs))


def bracket(excess: Callable[[float], float], loudness_lufs: float | None, target_lufs: float) -> tuple[float, float]:
    """Gains between which the crossing lies, near what the loudness without gain suggests; else all there are."""
    if loudness_lufs is not None:
        missing = target_lufs - loudness_lufs
        low, high = max(missing - NEAR_DB, -MOST_GAIN_DB), min(missing + NEAR_DB, MOST_GAIN_DB)
        if low < high and excess(low) < 0.0 < excess(high):
            return low, high
    return -MOST_GAIN_DB, MOST_GAIN_DB


def crossing(rising: Callable[[float], float], low: float, high: float) -> float:
    """Where a rising function passes 0, or the end that is nearer to that (regula falsi, Illinois)."""
    at_low, at_high = rising(low), rising(high)
    if at_low >= 0.0 or at_high <= 0.0:
        return low if at_low >= 0.0 else high
    for _ in range(MOST_STEPS):
        middle = (low * at_high - high * at_low) / (at_high - at_low)
        at_middle = rising(middle)
        if abs(at_middle) < CLOSE:
            break
        if at_middle < 0.0:
            low, at_low, at_high = middle, at_middle, at_high / 2
        else:
            high, at_high, at_low = middle, at_middle, at_low / 2
    return middle
