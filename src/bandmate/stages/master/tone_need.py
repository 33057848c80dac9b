"""How far a song is from a target in tone: by 1/3 octave, middle and sides apart, and as one number each.

The number is the mean of the absolute distances over the compared bands, levelled by their mean. Compared are the 1/3
octaves from 31.5 Hz to 16 kHz in which both sound and that need no more than `FAR_DB`: what is further away is another
instrument or arrangement, no matter of tone; it is named and left out. Middle and sides are levelled each by itself:
how loud the sides are as a whole is their width.

Conventions: a need is what has to be added to the song to meet the target, dB. Curves are those of the loud parts
(``bandmate.stages.master.portrait``). Before and after a change, compare the same bands: pass them on.

Not covered: what to do about it (``bandmate.stages.master.tone_match``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

import numpy as np
import numpy.typing as npt

from bandmate.stages.master.portrait import REGIONS, Portrait, levels_db, loud_hops
from bandmate.stages.master.sketch import FLOOR_DB, Sketch
from bandmate.stages.master.target import LEAST_TOLERANCE_DB, Target

Reals = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Side = Literal["mid", "side"]

COMPARED_HZ = (31.0, 16_200.0)
FAR_DB = 9.0
SOUNDS_WITHIN_DB = 60.0
"""A band further under the strongest one is hiss, or the empty top of a song that came at a lower rate."""
LEAST_COMPARED = 6
"""From fewer 1/3 octaves, two octaves together, no tone can be told."""
STRETCH, STRETCH_FACTOR = 3, 2.0
"""An octave that is twice the tolerance off is a fault even where the rest is well inside."""


@dataclass(frozen=True, slots=True, eq=False)
class Need:
    """What the middle or the sides of a song lack.

    Attributes
    ----------
    need_db : array (bands,)
        levelled over the compared bands; 0 where target or song have nothing.
    compared, far, sounds : array of bool (bands,)
        what counts in the error; what is further away than `FAR_DB`; where the song has sound.
    tolerance_db : array (bands,)
        how far the references differ.
    """

    scope: Side
    band_hz: Reals
    need_db: Reals
    compared: Flags
    far: Flags
    sounds: Flags
    tolerance_db: Reals

    @property
    def error_db(self) -> float:
        """Mean absolute distance over the compared bands."""
        return float(np.abs(self.need_db[self.compared]).mean())

    @property
    def worst(self) -> tuple[float, float]:
        """The frequency of the worst of the compared bands, and what it needs."""
        at = int(np.argmax(np.abs(np.where(self.compared, self.need_db, 0.0))))
        return float(self.band_hz[at]), float(self.need_db[at])

    @property
    def is_within(self) -> bool:
        """Whether the song is as near as the references are to each other, on the whole and in each octave."""
        share = np.where(self.compared, self.need_db / self.tolerance_db, 0.0)
        if np.abs(share[self.compared]).mean() > 1.0:
            return False
        stretches = np.convolve(share, np.ones(STRETCH) / STRETCH, "same")
        return bool(np.abs(stretches).max() <= STRETCH_FACTOR)


@dataclass(frozen=True, slots=True, eq=False)
class Needs:
    """Middle and sides; None for what cannot be compared: a mono song, a silent or short one, no target."""

    mid: Need | None
    side: Need | None

    def __iter__(self) -> Iterator[Need]:
        return (need for need in (self.mid, self.side) if need is not None)

    @property
    def error_db(self) -> float:
        """Mean over all that is compared in both; 0 for nothing."""
        bands = [np.abs(need.need_db[need.compared]) for need in self]
        return float(np.concatenate(bands).mean()) if bands else 0.0


@dataclass(frozen=True, slots=True)
class ToneError:
    """How far a song is from a target, dB; None for a part that cannot be compared.

    ``worst_db`` is what the worst of the compared 1/3 octaves needs, of the middle where there is one.
    """

    mid_db: float | None
    side_db: float | None
    mid_bands: int
    side_bands: int
    worst_hz: float
    worst_db: float


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Neighbouring 1/3 octaves that are too far away to be compared: centres of the outer ones, and their mean need."""

    scope: Side
    region: str
    low_hz: float
    high_hz: float
    need_db: float


def needs_of(song: Portrait | Sketch, target: Target, like: Needs | None = None) -> Needs:
    """What the middle and the sides need to meet a target.

    Parameters
    ----------
    like : Needs, optional
        found before a change: the same bands are compared, however far they are now.
    """
    if not target.mid_db or not is_usable(song):
        return Needs(None, None)
    band_hz, mid_db, side_db = curves_of(song)
    floor_db = max(float(mid_db.max()), float(side_db.max())) - SOUNDS_WITHIN_DB
    mid = Curves("mid", band_hz, mid_db, floor_db, target.mid_db, target.mid_tolerance_db)
    side = Curves("side", band_hz, side_db, floor_db, target.side_db, target.side_tolerance_db)
    if like is None:
        return Needs(mid.need(), side.need())
    return Needs(like.mid and mid.need(like.mid.compared), like.side and side.need(like.side.compared))


def tone_error_db(song: Portrait | Sketch, target: Target, like: Needs | None = None) -> ToneError | None:
    """How far a song is from a target; None where nothing can be compared. ``like`` as for `needs_of`."""
    needs = needs_of(song, target, like)
    first = needs.mid or needs.side
    if first is None:
        return None
    worst_hz, worst_db = first.worst
    return ToneError(
        mid_db=needs.mid.error_db if needs.mid else None,
        side_db=needs.side.error_db if needs.side else None,
        mid_bands=int(needs.mid.compared.sum()) if needs.mid else 0,
        side_bands=int(needs.side.compared.sum()) if needs.side else 0,
        worst_hz=worst_hz,
        worst_db=worst_db,
    )


def left_out(needs: Needs) -> tuple[LeftOut, ...]:
    """The regions in which song and target are too far apart to be compared, from low to high."""
    found = []
    for need in needs:
        marks = [region_name(hz) if far else "" for hz, far in zip(need.band_hz, need.far, strict=True)]
        start = 0
        for name, run in groupby(marks):
            end = start + len(list(run))
            if name:
                low_hz, high_hz = float(need.band_hz[start]), float(need.band_hz[end - 1])
                found.append(LeftOut(need.scope, name, low_hz, high_hz, float(need.need_db[start:end].mean())))
            start = end
    return tuple(found)


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """The middle or the sides of a song beside those of a target."""

    scope: Side
    band_hz: Reals
    song_db: Reals
    floor_db: float
    target_db: tuple[float, ...]
    tolerance_db: tuple[float, ...]

    def need(self, compared: Flags | None = None) -> Need | None:
        """What the song needs, over its own bands; None with too few of them to be compared.

        The level is found twice: first over all bands, then without those that turn out to be far.
        """
        target_db = resized(self.target_db, len(self.band_hz), FLOOR_DB)
        sounds = self.song_db > max(self.floor_db, FLOOR_DB / 2)
        both = sounds & (target_db > FLOOR_DB / 2)
        inside = both & (self.band_hz >= COMPARED_HZ[0]) & (self.band_hz <= COMPARED_HZ[1])
        if inside.sum() < LEAST_COMPARED:
            return None
        need_db = np.where(both, target_db - self.song_db, 0.0)
        far = inside & (np.abs(need_db - need_db[inside].mean()) > FAR_DB)
        compared = inside & ~far if compared is None else inside & compared
        if compared.sum() < LEAST_COMPARED:
            return None
        return Need(
            scope=self.scope,
            band_hz=self.band_hz,
            need_db=np.where(both, need_db - need_db[compared].mean(), 0.0),
            compared=compared,
            far=inside & ~compared,
            sounds=sounds,
            tolerance_db=resized(self.tolerance_db, len(self.band_hz), LEAST_TOLERANCE_DB),
        )


def is_usable(song: Portrait | Sketch) -> bool:
    """Whether there is a loud part to be compared."""
    return song.loud_share > 0.0 if isinstance(song, Portrait) else bool(song.hops and (song.mid + song.side).any())


def curves_of(song: Portrait | Sketch) -> tuple[Reals, Reals, Reals]:
    """Centres, and the levels of middle and sides in the loud parts."""
    if isinstance(song, Portrait):
        return np.array(song.band_hz), np.array(song.mid_db), np.array(song.side_db)
    return song.band_hz, *levels_db(song, loud_hops(song))


def resized(values: tuple[float, ...], count: int, missing: float) -> Reals:
    """The first ``count`` values, with others where a target has fewer bands than the song."""
    found = np.full(count, missing)
    found[: len(values)] = values[:count]
    return found


def region_name(hz: float) -> str:
    """What an engineer calls that part of the spectrum."""
    return next((region.name for region in REGIONS if region.low_hz <= hz < region.high_hz), REGIONS[0].name)
