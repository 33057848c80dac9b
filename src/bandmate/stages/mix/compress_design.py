"""Choosing a compressor for a track: from how its hits rise, fall and are spread, tried on its level track.

The threshold lies within the levels that the hits reach, the attack lets the onset through, the release is done before
the next hit, and the ratio is the gentlest that brings the spread to what is usual. Make-up gives back what was taken,
so that the track stays as loud as it was.

Conventions: what the device hears are peaks before the fader; what is judged is the level behind it.

Not covered: side-chains (``ducking``), buses.

References: D. Giannoulis, M. Massberg, J. Reiss, Parameter Automation in a Dynamic Range Compressor, JAES 61 (2013),
for taking the times from the signal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt
from msgspec.structs import replace

from bandmate.song.devices import Compressor
from bandmate.sound.compression_forecast import compressed_db, gains
from bandmate.stages.mix.dynamics_levels import Hits

Reals = npt.NDArray[np.float64]
Track10 = npt.NDArray[np.floating]

DEVICE_ID = "evening-compressor"
RATIOS = (1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0)
THRESHOLD_SHARES = (0.7, 0.5, 0.3, 0.15)
KNEE_DB = 4.0
ATTACK_OF_DECAY = 0.08
ATTACK_MS = (1.5, 20.0)
RELEASE_MS = (40.0, 250.0)
RELEASE_OF_GAP = 0.5
DECAY_DB, LONGEST_DECAY_COLUMNS = 10.0, 60
ONSET_OF_DECAY = 0.1
ONSET_MS = (1.0, 5.0)
MOST_MEAN_REDUCTION_DB = 8.0


@dataclass(frozen=True, slots=True, eq=False)
class Compression:
    """A compressor with what it is expected to do: the spread after it, and the gain of each column."""

    device: Compressor
    spread_db: float
    gain: Reals
    mean_reduction_db: float


def designed(
    peaks: Track10, levels: Track10, hits: Hits, column_seconds: float, judge: Callable[[Reals], float | None], *,
    aim_db: float, slow: bool = False,
) -> Compression | None:  # fmt: skip
    """The gentlest compressor that reaches the aim, else the one that comes nearest; None without hits.

    ``judge`` gives the spread of the track when each column has been multiplied by a gain.
    """
    if not len(hits.column):
        return None
    reached = hit_peaks_db(peaks, hits)
    decay_ms = decay_of(levels, hits, column_seconds)
    attack_ms, release_ms = times_ms(decay_ms, hits, column_seconds)
    onset_ms = float(np.clip(ONSET_OF_DECAY * decay_ms, *ONSET_MS))
    plain = Compressor(
        id=DEVICE_ID,
        knee_db=KNEE_DB,
        attack_ms=ATTACK_MS[1] if slow else attack_ms,
        release_ms=RELEASE_MS[1] if slow else release_ms,
    )
    best: Compression | None = None
    for share, ratio in product(THRESHOLD_SHARES, RATIOS):
        threshold = round(float(np.quantile(reached, share)), 1)
        device = replace(plain, threshold_dbfs=threshold, ratio=ratio)
        found = tried_on(device, levels, compressed_db(peaks, device, column_seconds, onset_ms=onset_ms), judge)
        if found is not None and (best is None or is_better(found, best, aim_db)):
            best = found
    return best


def is_better(found: Compression, best: Compression, aim_db: float) -> bool:
    """Whether it is gentler among those that reach the aim, or nearer to the aim where none does."""
    if found.mean_reduction_db > MOST_MEAN_REDUCTION_DB:
        return False
    if found.spread_db <= aim_db and best.spread_db <= aim_db:
        return found.mean_reduction_db < best.mean_reduction_db
    return found.spread_db < best.spread_db


def tried_on(
    device: Compressor, levels: Track10, reductions: Reals, judge: Callable[[Reals], float | None]
) -> Compression | None:
    """What a compressor is expected to do, with its make-up set; None where the result cannot be judged."""
    factor = gains(reductions)
    total, left = float(levels.sum(dtype=np.float64)), float((levels * factor**2).sum())
    makeup_db = round(10 * float(np.log10(max(total, 1e-15) / max(left, 1e-15))), 1)
    device = replace(device, makeup_db=makeup_db)
    gain = gains(reductions, makeup_db=makeup_db)
    spread = judge(gain)
    return None if spread is None else Compression(device, spread, gain, working_mean(reductions, levels))


def working_mean(reductions: Reals, levels: Track10) -> float:
    """The mean reduction while the track plays, weighted by its power."""
    total = float(levels.sum(dtype=np.float64))
    return float((reductions * levels).sum() / total) if total > 0 else 0.0


def hit_peaks_db(peaks: Track10, hits: Hits) -> Reals:
    """The highest peak around the top of each hit, dBFS."""
    around = np.clip(hits.column[:, None] + np.arange(-3, 2), 0, len(peaks) - 1)
    return np.asarray(20 * np.log10(np.maximum(peaks[around].max(axis=1), 1e-9)))


def decay_of(levels: Track10, hits: Hits, column_seconds: float) -> float:
    """How long the hits take to fall by 10 dB, in the middle, ms."""
    after = np.minimum(hits.column[:, None] + np.arange(LONGEST_DECAY_COLUMNS), len(levels) - 1)
    fallen = levels[after] < levels[hits.column][:, None] * 10 ** (-DECAY_DB / 10)
    decay = np.where(fallen.any(axis=1), fallen.argmax(axis=1), LONGEST_DECAY_COLUMNS)
    return float(np.median(decay)) * 1_000.0 * column_seconds


def times_ms(decay_ms: float, hits: Hits, column_seconds: float) -> tuple[float, float]:
    """Attack and release: from how fast the hits fall, and how soon the next one comes."""
    gap_ms = RELEASE_MS[1] / RELEASE_OF_GAP
    if len(hits.column) > 1:
        gap_ms = float(np.median(np.diff(hits.column))) * 1_000.0 * column_seconds
    attack_ms = float(np.clip(ATTACK_OF_DECAY * decay_ms, *ATTACK_MS))
    release_ms = float(np.clip(min(decay_ms, RELEASE_OF_GAP * gap_ms), *RELEASE_MS))
    return round(attack_ms, 1), float(round(release_ms))
