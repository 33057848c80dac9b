"""A sketch of a piece: the power of mid and side by band and moment, on which devices can be tried in no time.

A filter multiplies bands, a ride multiplies moments, a width multiplies the side. So what a chain will do to spectrum,
loudness and range is foretold in milliseconds; what it did is measured on the sound afterwards.

Conventions: powers are linear, full scale 1, shape (bands, hops); hop k is centred on ``k * hop_seconds`` and hears
200 ms, so loudness here is that of the meters to about 0.2 LU and its range to about 0.5 LU: good for choosing
settings, never for reporting. Levels that would be minus infinity are `FLOOR_DB`.

Not covered: anything faster than a hop; true peaks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from bandmate.song.devices import Band
from bandmate.sound.filters import response_db, sections_response_db
from bandmate.sound.k_weighting import k_weighting
from bandmate.stages.hearing import Hearing

Reals = npt.NDArray[np.float64]

FLOOR_DB = -150.0
ABSOLUTE_GATE_LUFS = -70.0
INTEGRATED_GATE_LU, RANGE_GATE_LU = -10.0, -20.0
RANGE_QUANTILES = (0.10, 0.95)
SHORT_TERM_SECONDS = 3.0
POINTS_PER_BAND = 9
"""How many frequencies stand for the response over one band."""


@dataclass(frozen=True, slots=True, eq=False)
class Sketch:
    """Mid and side power, shape (bands, hops) each; mono has a side of zeros."""

    band_hz: Reals
    hop_seconds: float
    rate_hz: int
    mid: Reals
    side: Reals

    @property
    def hops(self) -> int:
        return int(self.mid.shape[1])

    def equalized(self, bands: Sequence[Band], gain_db: float = 0.0) -> Sketch:
        """The sketch through the bands of an equalizer."""
        mid_db, side_db = (
            bands_response_db(bands, self.band_hz, self.rate_hz, scope) + gain_db for scope in ("mid", "side")
        )
        return self._with(self.mid * from_db(mid_db)[:, None], self.side * from_db(side_db)[:, None])

    def ridden(self, gain_db: Reals) -> Sketch:
        """The sketch with a gain at each hop."""
        factor = from_db(gain_db)[None, :]
        return self._with(self.mid * factor, self.side * factor)

    def multiplied(self, band_gain_db: Reals) -> Sketch:
        """The sketch with a gain for each band and hop, shape (bands, hops)."""
        factor = from_db(band_gain_db)
        return self._with(self.mid * factor, self.side * factor)

    def coloured(self, mid_db: Reals, side_db: Reals) -> Sketch:
        """The sketch with a gain for each band of the mid and of the side."""
        return self._with(self.mid * from_db(mid_db)[:, None], self.side * from_db(side_db)[:, None])

    def widened(self, side: float, mono_below_hz: float = 0.0) -> Sketch:
        """The sketch with the sides at another level, and none below a frequency."""
        kept = np.where(self.band_hz < mono_below_hz, 0.0, side**2)
        return self._with(self.mid, self.side * kept[:, None])

    def loudness_lufs(self) -> Reals:
        """Loudness of each hop; `FLOOR_DB` for silence."""
        weighted = band_weights(self.rate_hz, len(self.band_hz)) @ (self.mid + self.side)
        return to_db(2.0 * weighted) - 0.691

    def short_term_lufs(self) -> Reals:
        """Loudness over three seconds around each hop, shorter at both ends."""
        power = from_db(self.loudness_lufs())
        window = max(1, round(SHORT_TERM_SECONDS / self.hop_seconds))
        summed = np.concatenate([[0.0], np.cumsum(power)])
        at = np.arange(self.hops)
        first, last = np.maximum(at - window // 2, 0), np.minimum(at - window // 2 + window, self.hops)
        return to_db((summed[last] - summed[first]) / np.maximum(last - first, 1))

    def integrated_lufs(self) -> float | None:
        """Gated loudness of the whole; None for silence."""
        return gated_lufs(self.loudness_lufs(), INTEGRATED_GATE_LU)

    def range_lu(self) -> float | None:
        """Loudness range; None for silence."""
        levels = self.short_term_lufs()
        gate = gated_lufs(levels, None)
        if gate is None:
            return None
        heard = levels[levels >= max(gate + RANGE_GATE_LU, ABSOLUTE_GATE_LUFS)]
        low, high = np.quantile(heard, RANGE_QUANTILES)
        return float(high - low)

    def _with(self, mid: Reals, side: Reals) -> Sketch:
        return Sketch(self.band_hz, self.hop_seconds, self.rate_hz, mid, side)


def sketch_of(heard: Hearing) -> Sketch:
    """The sketch of what was heard."""
    power, side = heard.power.astype(np.float64), heard.side_power.astype(np.float64)
    return Sketch(np.array(heard.band_hz), heard.hop_seconds, heard.rate_hz, np.maximum(power - side, 0.0), side)


def gated_lufs(levels: Reals, gate_lu: float | None) -> float | None:
    """Mean power of the levels above the gates, LUFS; with no relative gate when it is None."""
    heard = levels[levels >= ABSOLUTE_GATE_LUFS]
    if not heard.size:
        return None
    mean = float(to_db(from_db(heard).mean()))
    if gate_lu is None:
        return mean
    return float(to_db(from_db(heard[heard >= mean + gate_lu]).mean()))


def bands_response_db(bands: Sequence[Band], band_hz: Reals, rate_hz: int, scope: str) -> Reals:
    """What an equalizer's bands do to the power of each 1/3-octave band of the mid or of the side, dB."""
    heard = [band for band in bands if band.scope in ("stereo", scope)]
    hz = points_within(tuple(band_hz.tolist()), rate_hz)
    return to_db(from_db(response_db(heard, hz, rate_hz)).mean(axis=1))


@cache
def points_within(band_hz: tuple[float, ...], rate_hz: int) -> Reals:
    """Frequencies spread over each 1/3-octave band, shape (bands, points), none above half the rate."""
    octaves = (np.arange(POINTS_PER_BAND) + 0.5) / POINTS_PER_BAND - 0.5
    spread: Reals = np.array(band_hz)[:, None] * 2.0 ** (octaves[None, :] / 3.0)
    return np.minimum(spread, 0.499 * rate_hz)


@cache
def band_weights(rate_hz: int, count: int) -> Reals:
    """The K-weighting's power factor of the first ``count`` 1/3-octave bands from 20 Hz on."""
    hz = points_within(tuple((1000.0 * 10 ** ((n - 17) / 10)) for n in range(count)), rate_hz)
    filters = k_weighting(rate_hz)
    sections = np.array([filters[:5], [1.0, -2.0, 1.0, *filters[5:]]])
    weights: Reals = from_db(sections_response_db(sections, hz, rate_hz)).mean(axis=1)
    return weights


def from_db(level_db: npt.ArrayLike) -> Reals:
    return np.asarray(10.0 ** (np.asarray(level_db, np.float64) / 10.0))


def to_db(power: npt.ArrayLike) -> Reals:
    """Decibels of a power, not below `FLOOR_DB`."""
    return np.asarray(10.0 * np.log10(np.maximum(np.asarray(power, np.float64), 10.0 ** (FLOOR_DB / 10.0))))
