"""What a track has in a range of its spectrum against what is beside it, now and after an equalizer.

Conventions: levels in dB from the fine spectrum of the moments in which the track plays (`PLAYING_DB` below its loud
ones and above), as it leaves the inserts. A forecast multiplies the response of the equalizer in.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bandmate.song.address import ABSENT
from bandmate.song.devices import AnyDevice, Band, Equalizer
from bandmate.song.moves import Move
from bandmate.song.tracks import Track
from bandmate.sound.filters import response_db
from bandmate.stages.closeup import Closeup

Reals = npt.NDArray[np.float64]

PLAYING_DB = -25.0
LOUD_QUANTILE = 0.95
BESIDE_OCTAVES = (0.6, 1.6)
"""What counts as beside a range: from so far to so far from its middle."""


def playing(closeup: Closeup) -> Reals:
    """Power in every band of the snapshots in which the track plays, shape (bands, snapshots)."""
    power = 10 ** (closeup.fine_db.astype(np.float64) / 10)
    total = power.sum(axis=0)
    if not total.size:
        return power
    kept: Reals = power[:, total >= np.quantile(total, LOUD_QUANTILE) * 10 ** (PLAYING_DB / 10)]
    return kept


def playing_db(closeup: Closeup) -> Reals:
    """Mean level in every band while the track plays; -150 for nothing."""
    power = playing(closeup)
    mean = power.mean(axis=1) if power.shape[1] else np.zeros(len(power))
    levels: Reals = 10 * np.log10(np.maximum(mean, 1e-15))
    return levels


def stands_out_db(hz: Reals, level_db: Reals, freq_hz: float, octaves: float) -> float:
    """How far the mean power within ``octaves`` of a frequency is above that beside it, on both sides, per band."""
    away = np.log2(hz / freq_hz)
    inside = np.abs(away) <= octaves
    low = (away < -BESIDE_OCTAVES[0]) & (away >= -BESIDE_OCTAVES[1])
    high = (away > BESIDE_OCTAVES[0]) & (away <= BESIDE_OCTAVES[1])
    means = [mean_level_db(level_db[part]) for part in (inside, low, high) if part.any()]
    return means[0] - float(np.mean(means[1:])) if len(means) > 1 else 0.0


def mean_level_db(level_db: Reals) -> float:
    return 10 * float(np.log10((10 ** (level_db / 10)).mean()))


def eased(hz: Reals, level_db: Reals, bands: Sequence[Band], rate_hz: int) -> Reals:
    """Levels after these bands of an equalizer."""
    return level_db + response_db(bands, hz, rate_hz)


def appended(track: Track, device: AnyDevice) -> Move:
    """The move that puts a device behind all others on the strip: there it meets exactly what was measured."""
    return Move(address=f"tracks/{track.id}/inserts/{device.id}", before=ABSENT, after=device)


def is_treated(track: Track, freq_hz: float) -> bool:
    """Whether an equalizer on the strip already takes something out at a frequency, within a sixteenth of an octave."""
    bands = [band for device in track.inserts if isinstance(device, Equalizer) for band in device.bands]
    cuts = [band for band in bands if band.kind == "notch" or (band.kind == "bell" and band.gain_db < 0)]
    return any(band.enabled and abs(np.log2(freq_hz / band.freq_hz)) < 1 / 16 for band in cuts)


def free_id(track: Track, wanted: str) -> str:
    """``wanted``, or with a number where the strip has such a device already."""
    taken = {device.id for device in track.inserts}
    names = [wanted, *(f"{wanted}-{number}" for number in range(2, len(taken) + 3))]
    return next(name for name in names if name not in taken)
