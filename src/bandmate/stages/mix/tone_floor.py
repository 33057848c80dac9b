"""The floor of a track: the steady noise under everything that it plays, band by band, where it can be seen at all.

Where a track rests, it is what is left in the rests; else it is taken from the softest moments of each band on its own.
Noise gives itself away by how much its power varies from moment to moment, which is known for a given bandwidth and
time; a held note varies less, notes that come and go vary more, and bands that do so are not trusted. What colours the
floor (a bump, a ring) came into the recording after the instrument: it is there whatever is played, and while nothing
is.

Conventions: levels are mean power per band, dB, full scale 1, before the fader. A track without a visible floor
(digital silence in its pauses, or no moment in which a band is free of notes) has no trusted bands; so has silence.

Not covered: noise that comes and goes with the playing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.special import gammaincinv

from bandmate.stages.closeup import Closeup

Reals = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

SOFT_MOMENTS = (0.08, 0.16, 0.24)
"""Shares of the moments below which a level counts as soft."""

LEAST_SHARE, LEAST_SHARE_BETWEEN_NOTES = 0.6, 0.8
MOST_ROUGH_DB = 1.2
"""What makes a whole floor that of noise: how much of it is seen, and how smooth it is."""

ROUGH_SPAN = 4
NARROW_SPAN, NARROW_DB = 8, 3.0
LEAST_MOMENTS = 20
WINDOW_SECONDS = 0.34
HANN_SPREAD = 1.5
SPREAD_RANGE_DB = (-3.5, 2.0)
"""How far the spread of the softest moments may be from that of noise."""

LEAST_RESTS = 4
ALIKE_DB = 2.5
REST_BELOW_DB = 18.0
LOUD_QUANTILE = 0.99
"""Rests are at least so many snapshots, alike within so much, and so far below the loud ones."""

REST_MOMENTS = (0.2, 0.4, 0.8)
LEAST_VARIES, MOST_SPREAD_DB = 0.2, 3.0
"""In rests: a line varies less than this share of what noise does; what dies away varies by so much more."""


DB_PER_NEPER = 4.343

SILENT_DB = -138.0
"""Below this a band holds rounding and not sound."""


@dataclass(frozen=True, slots=True, eq=False)
class Floor:
    """A floor: arrays (bands,) of centres, mean level in dB, and whether the level is that of a floor.

    ``error_db`` is what each level errs by; ``in_rests``: it was seen by itself, and not between the notes.
    """

    hz: Reals
    level_db: Reals
    trusted: Flags
    error_db: Reals
    in_rests: bool

    def share(self, low_hz: float, high_hz: float) -> float:
        """Share of the bands between two frequencies that are trusted, 0 to 1."""
        inside = (self.hz > low_hz) & (self.hz < high_hz)
        return float(self.trusted[inside].mean()) if inside.any() else 0.0

    def is_noise(self, low_hz: float = 200.0, high_hz: float = 12_000.0) -> bool:
        """Whether most bands between two frequencies are trusted, and are as smooth as noise is."""
        inside = self.trusted & (self.hz > low_hz) & (self.hz < high_hz)
        least = LEAST_SHARE if self.in_rests else LEAST_SHARE_BETWEEN_NOTES
        return self.share(low_hz, high_hz) >= least and roughness(self.level_db[inside]) <= MOST_ROUGH_DB

    def total_db(self, low_hz: float, high_hz: float) -> float:
        """Level between two frequencies; lines and bands that are not trusted are bridged. -150 where none is."""
        inside = (self.hz > low_hz) & (self.hz < high_hz)
        seen = inside & self.trusted & ~is_narrow(self.level_db)
        if not seen.any():
            return -150.0
        levels = np.interp(np.log(self.hz[inside]), np.log(self.hz[seen]), self.level_db[seen])
        return 10 * float(np.log10((10 ** (levels / 10)).sum()))


def roughness(level_db: Reals) -> float:
    """How far points usually are from the median of those around them, dB, as a standard deviation; 0 for none."""
    if not len(level_db):
        return 0.0
    padded = np.pad(level_db, ROUGH_SPAN, mode="edge")
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * ROUGH_SPAN + 1)
    return 1.48 * float(np.median(np.abs(level_db - np.median(around, axis=1))))


def is_narrow(level_db: Reals) -> Flags:
    """Which bands belong to a ring or a line: those that stand out of the third of an octave on both sides."""
    padded = np.pad(level_db, NARROW_SPAN, mode="edge")
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * NARROW_SPAN + 1)
    found: Flags = level_db > np.median(around, axis=1) + NARROW_DB
    return found


def noise_floor(closeup: Closeup) -> Floor:
    """The floor of a track, from its closeup; read-only."""
    return floor_of(closeup.fine_hz, closeup.fine_data)


@lru_cache(maxsize=64)
def floor_of(fine_hz: tuple[float, ...], fine_data: bytes) -> Floor:
    """The floor of snapshots as a closeup holds them; each family asks for it several times."""
    hz = np.array(fine_hz)
    level_db = sounding_in(fine_data, len(hz))
    resting = rests(level_db)
    if resting is not None:
        return floor_of_rests(hz, resting)
    if level_db.shape[1] < LEAST_MOMENTS:
        return Floor(hz, np.full(len(hz), -150.0), np.zeros(len(hz), np.bool_), np.zeros(len(hz)), in_rests=False)
    soft = np.quantile(level_db, SOFT_MOMENTS, axis=1)
    expected = noise_quantiles_db(hz)
    spread = (soft[-1] - soft[0]) - (expected[-1] - expected[0])
    trusted = (spread > SPREAD_RANGE_DB[0]) & (spread < SPREAD_RANGE_DB[1]) & (soft[0] > SILENT_DB)
    error_db = error_of_mean_db(hz, level_db.shape[1] * (SOFT_MOMENTS[-1] - SOFT_MOMENTS[0]))
    return Floor(hz, (soft - expected).mean(axis=0), trusted, error_db, in_rests=False)


def rests(level_db: Reals) -> Reals | None:
    """The snapshots in which nothing is played: the softest ones, if they are alike and far below the others."""
    if level_db.shape[1] < LEAST_MOMENTS:
        return None
    total = 10 * np.log10((10 ** (level_db / 10)).sum(axis=0))
    softest = np.sort(total)[LEAST_RESTS // 2]
    kept = total <= softest + ALIKE_DB
    if kept.sum() < LEAST_RESTS or np.quantile(total, LOUD_QUANTILE) - softest < REST_BELOW_DB:
        return None
    return level_db[:, kept]


def floor_of_rests(hz: Reals, level_db: Reals) -> Floor:
    """What sounds in the softer half of the rests of each band, trusted where it varies as noise does.

    The louder half is left out because notes that die away into a rest are still in it.
    """
    soft = np.quantile(level_db, REST_MOMENTS, axis=1)
    expected = noise_quantiles_db(hz, REST_MOMENTS)
    spread = (soft[-1] - soft[0]) - (expected[-1] - expected[0])
    varies = soft[-1] - soft[0] > LEAST_VARIES * (expected[-1] - expected[0])
    trusted = varies & (spread < MOST_SPREAD_DB) & (soft[0] > SILENT_DB)
    error_db = error_of_mean_db(hz, level_db.shape[1] / 2)
    return Floor(hz, (soft - expected)[:2].mean(axis=0), trusted, error_db, in_rests=True)


def sounding(closeup: Closeup) -> Reals:
    """The snapshots that are not digital silence, dB, shape (bands, snapshots)."""
    return sounding_in(closeup.fine_data, len(closeup.fine_hz))


def sounding_in(fine_data: bytes, bands: int) -> Reals:
    level_db = np.frombuffer(fine_data, np.float16).reshape(bands, -1)
    kept: Reals = level_db[:, (level_db > SILENT_DB).any(axis=0)].astype(np.float64)
    return kept


def noise_quantiles_db(hz: Reals, moments: tuple[float, ...] = SOFT_MOMENTS) -> Reals:
    """How far the soft moments of steady noise are below its mean, dB, shape (moments, bands).

    The power of noise in a band is a sum of as many independent squares as bandwidth times length allows (a gamma
    distribution); a Hann window makes these 1.5 times fewer.
    """
    shape = freedom(hz)
    found: Reals = np.stack([10 * np.log10(gammaincinv(shape, share) / shape) for share in moments])
    return found


def error_of_mean_db(hz: Reals, moments: float) -> Reals:
    """What the mean of so many moments of noise errs by."""
    found: Reals = DB_PER_NEPER / np.sqrt(freedom(hz) * max(1.0, moments))
    return found


def freedom(hz: Reals) -> Reals:
    """How many independent squares the power of noise in a band is the mean of, at least 1."""
    width_hz = hz * (10 ** (1 / 160) - 10 ** (-1 / 160))
    return np.maximum(1.0, width_hz * WINDOW_SECONDS / HANN_SPREAD)
