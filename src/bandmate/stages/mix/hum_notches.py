"""Notches for a hum, and what snapshots of a track will hold once they have taken its lines out.

In every snapshot the lines put the same power into the bands near them. That is taken away, what is left goes through
the response of the notches, and nothing falls below the floor between the lines. Which moments are rests is then seen
anew, as it will be on the sound itself: without its hum a track rests less often, but more softly.

Conventions: levels in dB by band of the fine spectrum, arrays (bands, snapshots).

Not covered: what the notches ring on of notes that have just ended.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bandmate.song.devices import Band
from bandmate.sound.filters import response_db

Reals = npt.NDArray[np.float64]

NOTCH_Q = 18.0
FLOOR_SPAN, FLOOR_QUANTILE = 12, 0.3
"""The floor of a band is a low quantile of those so near it: lines fill the higher ones."""

REACHES_HZ, REACHES_SHARE = 13.0, 0.045
"""A line reaches so far through the window of the snapshots, or as far as a band is wide."""

LINES_VARY = 1.25
"""A line with noise on it is at times so much stronger than usual."""

LEAST_POWER = 1e-15
POINTS = np.linspace(-0.5, 0.5, 9) / 24


def notch_bands(mains_hz: float, numbers: Sequence[int]) -> tuple[Band, ...]:
    """A notch at each of these multiples of a mains frequency."""
    return tuple(Band(id=f"line-{n}", kind="notch", freq_hz=n * mains_hz, q=NOTCH_Q) for n in numbers)


def notched_db(hz: Reals, level_db: Reals, soft_db: Reals, bands: Sequence[Band], rate_hz: int) -> Reals:
    """Snapshots after notches, from those before and the level of each band in the soft moments, array (bands,)."""
    floor, soft = 10 ** (floor_db(soft_db) / 10), 10 ** (soft_db / 10)
    lines = np.where(is_reached(hz, [band.freq_hz for band in bands]), np.maximum(soft - floor, 0.0), 0.0)
    power = 10 ** (level_db / 10)
    left = np.maximum(power - LINES_VARY * lines[:, None], np.minimum(power, floor[:, None]))
    passed: Reals = 10 * np.log10(np.maximum(left * passes(hz, bands, rate_hz)[:, None], LEAST_POWER))
    return passed


def floor_db(soft_db: Reals) -> Reals:
    """The level between the lines at every band."""
    padded = np.pad(soft_db, FLOOR_SPAN, mode="edge")
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * FLOOR_SPAN + 1)
    found: Reals = np.minimum(soft_db, np.quantile(around, FLOOR_QUANTILE, axis=1))
    return found


def is_reached(hz: Reals, lines_hz: Sequence[float]) -> npt.NDArray[np.bool_]:
    """Which bands lines at these frequencies reach."""
    found = np.zeros(len(hz), np.bool_)
    for line_hz in lines_hz:
        found |= np.abs(hz - line_hz) < max(REACHES_HZ, REACHES_SHARE * line_hz)
    return found


def passes(hz: Reals, bands: Sequence[Band], rate_hz: int) -> Reals:
    """The share of the power of each band that notches let through, array (bands,)."""
    inside_hz = hz[:, None] * 2.0**POINTS
    shares: Reals = (10 ** (response_db(bands, inside_hz, rate_hz) / 10)).mean(axis=1)
    return shares
