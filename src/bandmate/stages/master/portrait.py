"""A portrait: what a finished record measures like, in the few figures that a master can be compared by.

Loud parts are compared with loud parts: tone, density and width are those of the louder half of the sounding time, so a
long quiet intro does not count against a chorus. Loudness and range are those of the whole.

Conventions: levels in dB are powers of full scale 1; only their shape counts, whoever compares takes the difference in
level out. Regions are `REGIONS`. A portrait is a plain value of a few hundred numbers that can be kept as JSON and
shared without the record.

Not covered: which portraits to follow how far (``bandmate.stages.master.target``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import msgspec
import numpy as np
import numpy.typing as npt

from bandmate.stages.hearing import Hearing
from bandmate.stages.master.sketch import FLOOR_DB, Sketch, sketch_of, to_db

Reals = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

LOUD_QUANTILE = 0.5
SOUNDING_BELOW_LOUDEST_LU = 30.0
DENSITY_QUANTILE = 0.95
LEAST_SECONDS = 3.0
"""Shorter than one short-term window, there is no loud part to tell from a quiet one, and no reference in it."""


@dataclass(frozen=True, slots=True)
class Region:
    """A part of the spectrum, in the words of a mastering engineer."""

    name: str
    low_hz: float
    high_hz: float

    def of(self, band_hz: Reals) -> Flags:
        """Which bands are in it."""
        return np.asarray((band_hz >= self.low_hz) & (band_hz < self.high_hz))


REGIONS = (
    Region("bass", 20.0, 120.0),
    Region("low mids", 120.0, 700.0),
    Region("high mids", 700.0, 4_500.0),
    Region("treble", 4_500.0, 20_500.0),
)


class Portrait(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One record in figures.

    Attributes
    ----------
    name : str
        of the file, or of the target curve.
    loud_share : float
        how much of the time counts as loud, 0 to 1; 0 for silence.
    peak_dbtp : float
        the highest reading; -150 for silence.
    band_hz, mid_db, side_db : tuple of float
        1/3-octave centres, and the levels of the loud parts; -150 for nothing.
    density_db : tuple of float, one for each region
        how far the loudest twentieth of the moments stands above the mean of the loud parts: low for a dense region.
    width_db : tuple of float, one for each region
        side over mid in the loud parts; -150 for mono.
    sound : str
        sha256 of the file, where there is one.
    """

    name: str
    seconds: float
    loud_share: float
    integrated_lufs: float | None
    range_lu: float | None
    max_short_term_lufs: float | None
    peak_dbtp: float
    band_hz: tuple[float, ...]
    mid_db: tuple[float, ...]
    side_db: tuple[float, ...]
    density_db: tuple[float, ...]
    width_db: tuple[float, ...]
    correlation: float | None
    sound: str = ""

    @property
    def is_usable(self) -> bool:
        """Whether it can be compared with: long enough, and not silent."""
        return self.integrated_lufs is not None and self.seconds >= LEAST_SECONDS


class KeptTarget(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="bandmate-target"):
    """Portraits of records, as they are kept in a file, with the version of the layout."""

    portraits: tuple[Portrait, ...]
    layout: Literal[1] = 1


def portrait_of(heard: Hearing, name: str = "", *, sound: str = "") -> Portrait:
    """The portrait of what was heard; silence gives levels of -150 dB and no loudness."""
    sketch = sketch_of(heard)
    loud = loud_hops(sketch)
    mid_db, side_db = levels_db(sketch, loud)
    return Portrait(
        name=name,
        seconds=heard.seconds,
        loud_share=float(loud.mean()) if loud.size else 0.0,
        integrated_lufs=heard.integrated_lufs,
        range_lu=heard.range_lu,
        max_short_term_lufs=heard.max_short_term_lufs,
        peak_dbtp=max(heard.highest_peak_dbtp, FLOOR_DB),
        band_hz=heard.band_hz,
        mid_db=tuple(mid_db.tolist()),
        side_db=tuple(side_db.tolist()),
        density_db=density_db(sketch, loud),
        width_db=width_db(sketch, loud),
        correlation=heard.correlation,
        sound=sound,
    )


def loud_hops(sketch: Sketch) -> Flags:
    """The louder half of the hops that sound; all false for silence."""
    levels = sketch.short_term_lufs()
    if not levels.size or levels.max() <= FLOOR_DB / 2:
        return np.zeros(levels.shape, np.bool_)
    sounding = levels > levels.max() - SOUNDING_BELOW_LOUDEST_LU
    return np.asarray(levels >= np.quantile(levels[sounding], LOUD_QUANTILE))


def levels_db(sketch: Sketch, loud: Flags) -> tuple[Reals, Reals]:
    """Mean level of mid and side by band, over the loud hops."""
    if not loud.any():
        return np.full(len(sketch.band_hz), FLOOR_DB), np.full(len(sketch.band_hz), FLOOR_DB)
    return to_db(sketch.mid[:, loud].mean(axis=1)), to_db(sketch.side[:, loud].mean(axis=1))


def density_db(sketch: Sketch, loud: Flags) -> tuple[float, ...]:
    """How far the loudest moments of each region stand above its mean; 0 where nothing sounds."""
    both = sketch.mid + sketch.side
    found = []
    for region in REGIONS:
        power = both[region.of(sketch.band_hz)][:, loud].sum(axis=0)
        sounds = power.size > 0 and power.mean() > 10 ** (FLOOR_DB / 10)
        found.append(float(to_db(np.quantile(power, DENSITY_QUANTILE)) - to_db(power.mean())) if sounds else 0.0)
    return tuple(found)


def width_db(sketch: Sketch, loud: Flags) -> tuple[float, ...]:
    """Side over mid of each region; -150 for mono and for silence."""
    found = []
    for region in REGIONS:
        inside = region.of(sketch.band_hz)
        mid, side = (power[inside][:, loud].sum() for power in (sketch.mid, sketch.side))
        found.append(float(to_db(side) - to_db(mid)) if side > 0 and mid > 0 else FLOOR_DB)
    return tuple(max(value, FLOOR_DB) for value in found)
