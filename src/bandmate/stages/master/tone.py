"""One tonal trim, where the long-term spectrum is far from what finished records of any kind have.

Without a reference only a fault is worth a proposal. The yardstick is therefore wide: the usual fall of the 1/3-octave
levels from the bass to the treble, and a tolerance that most finished music keeps to. Only the region that is furthest
outside gets a band, and only to bring it half of the way back.

Not covered: matching a reference (``bandmate.stages.master.tone_match``), mid and side apart, more than one band.

References: the shape follows the mean long-term spectra of popular music published by Pestana et al. (2013) and
Elowsson and Friberg (2017), rounded and widened by us.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bandmate.song.devices import Band, Equalizer
from bandmate.stages.hearing import Hearing

USUAL_HZ = (50.0, 63.0, 125.0, 250.0, 500.0, 1_000.0, 2_000.0, 4_000.0, 8_000.0, 12_500.0)
USUAL_DB = (-2.0, 0.0, 0.0, -2.0, -4.0, -6.5, -9.0, -12.0, -17.0, -22.0)
"""The usual fall of the 1/3-octave levels; only its shape counts, for the median distance is taken out."""

TOLERANCE_DB = 7.0
"""Most finished music keeps to it; nearer is taste."""

NOT_A_MIX_DB = 18.0
"""Further off there is nothing to trim: a region has no sound at all, as the lows of a solo cello."""

WAY_BACK = 0.5
MOST_DB = 4.0
"""Half of the way and no more than this: a stronger trim is a decision of the mix."""

DEVICE_ID = "master-tone"


@dataclass(frozen=True, slots=True)
class Region:
    """A part of the spectrum that one band can move."""

    name: str
    verb: str
    low_hz: float
    high_hz: float
    band: Band


REGIONS = (
    Region("the lows", "are", 45.0, 125.0, Band(id="1", kind="low-shelf", freq_hz=120.0, q=0.7071)),
    Region("the low mids", "are", 160.0, 400.0, Band(id="1", kind="bell", freq_hz=260.0, q=0.9)),
    Region("the mids", "are", 500.0, 1_600.0, Band(id="1", kind="bell", freq_hz=900.0, q=0.8)),
    Region("the presence", "is", 2_000.0, 5_000.0, Band(id="1", kind="bell", freq_hz=3_200.0, q=0.8)),
    Region("the treble", "is", 6_300.0, 12_500.0, Band(id="1", kind="high-shelf", freq_hz=6_500.0, q=0.7071)),
)


@dataclass(frozen=True, slots=True)
class ToneFault:
    """How far a region is above (+) or below (-) the usual fall of the spectrum, dB."""

    region: Region
    distance_db: float

    @property
    def device(self) -> Equalizer:
        """The trim: half of the way back, at most 4 dB, in steps of half a dB."""
        outside = min(abs(self.distance_db) * WAY_BACK, MOST_DB)
        gain_db = -np.sign(self.distance_db) * round(outside * 2) / 2
        band = self.region.band
        return Equalizer(
            id=DEVICE_ID,
            bands=(Band(id="1", kind=band.kind, freq_hz=band.freq_hz, q=band.q, gain_db=float(gain_db)),),
        )


def distances_db(hearing: Hearing) -> npt.NDArray[np.float64]:
    """How far every region is from the usual fall, the median over the bands taken out; zeros for silence."""
    hz = np.array(hearing.band_hz)
    inside = (hz >= REGIONS[0].low_hz) & (hz <= REGIONS[-1].high_hz)
    level = np.array(hearing.band_db)
    if not np.isfinite(level[inside]).any():
        return np.zeros(len(REGIONS))
    level = np.maximum(level, level[inside].max() - 90.0)
    off = level - np.interp(np.log(hz), np.log(USUAL_HZ), USUAL_DB)
    off -= np.median(off[inside])
    return np.array([off[(hz >= region.low_hz) & (hz <= region.high_hz)].mean() for region in REGIONS])


def find_tone_fault(hearing: Hearing) -> ToneFault | None:
    """The region that is furthest outside the tolerance.

    None when all are inside, for silence, and where a region is so far off that this is no mix of the usual kind: a
    solo cello has no lows to turn up.
    """
    off = distances_db(hearing)
    furthest = int(np.argmax(np.abs(off)))
    if abs(off[furthest]) <= TOLERANCE_DB or abs(off[furthest]) > NOT_A_MIX_DB:
        return None
    return ToneFault(REGIONS[furthest], float(off[furthest]))


def distance_of(hearing: Hearing, region: Region) -> float:
    """How far one region is from the usual fall, dB."""
    return float(distances_db(hearing)[REGIONS.index(region)])
