"""What a master is compared with: one portrait made of the references, with a weight for each aspect of each.

Conventions: weights are shares, 0 to 1; an aspect in which no reference has a weight has no target and is left alone.
Curves are levelled before they are averaged, so that a loud reference does not count for more. The tolerance of a band
is how far the references themselves differ there, never under `LEAST_TOLERANCE_DB`.

Not covered: choosing references; the songs are the musician's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, get_args

import msgspec
import numpy as np
import numpy.typing as npt

from bandmate.song.errors import OutOfRange
from bandmate.stages.master.portrait import REGIONS, Portrait
from bandmate.stages.master.sketch import FLOOR_DB

Reals = npt.NDArray[np.float64]

Aspect = Literal["tone", "dynamics", "width", "loudness"]
ASPECTS: tuple[Aspect, ...] = get_args(Aspect)
LEAST_TOLERANCE_DB = 1.0
LEVELLED_HZ = (40.0, 16_000.0)
SOUNDS_WITHIN_DB = 70.0
"""A band further under the strongest holds nothing that a curve could be made of."""


class Reference(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A record to be compared with, and how much it counts in each aspect, 0 to 1.

    Raises
    ------
    OutOfRange
        for a weight outside of that.
    """

    portrait: Portrait
    tone: float = 1.0
    dynamics: float = 1.0
    width: float = 1.0
    loudness: float = 1.0

    def __post_init__(self) -> None:
        for aspect in ASPECTS:
            weight = self.weight(aspect)
            if not 0.0 <= weight <= 1.0:
                raise OutOfRange(
                    f'the {aspect} weight of "{self.portrait.name}" is {100 * weight:g} %; possible are 0 to 100 %'
                )

    def weight(self, aspect: Aspect) -> float:
        return float(getattr(self, aspect))


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """What the references ask for; None or no numbers for an aspect in which none of them counts.

    Attributes
    ----------
    band_hz, mid_db, side_db, mid_tolerance_db, side_tolerance_db : tuple of float (bands,)
        curves with their mean level taken out together, -150 where there is nothing to compare with.
    density_db, width_db : tuple of float, one for each region
    """

    names: tuple[str, ...]
    band_hz: tuple[float, ...] = ()
    mid_db: tuple[float, ...] = ()
    side_db: tuple[float, ...] = ()
    mid_tolerance_db: tuple[float, ...] = ()
    side_tolerance_db: tuple[float, ...] = ()
    density_db: tuple[float, ...] = ()
    range_lu: float | None = None
    width_db: tuple[float, ...] = ()
    loudness_lufs: float | None = None


def target_of(references: Sequence[Reference]) -> Target | None:
    """One target out of several references; None when there is none that can be compared with."""
    usable = [reference for reference in references if reference.portrait.is_usable]
    if not usable:
        return None
    target = Target(names=tuple(reference.portrait.name for reference in usable))
    tone, tone_weights = counted(usable, "tone")
    if tone:
        target = with_curves(target, tone, tone_weights)
    dynamics, weights = counted(usable, "dynamics")
    if dynamics:
        ranges = [(p.range_lu, w) for p, w in zip(dynamics, weights, strict=True) if p.range_lu is not None]
        target = msgspec.structs.replace(
            target,
            density_db=averaged(dynamics, weights, lambda portrait: portrait.density_db),
            range_lu=sum(lu * w for lu, w in ranges) / sum(w for _, w in ranges) if ranges else None,
        )
    width, weights = counted(usable, "width")
    if width:
        target = msgspec.structs.replace(target, width_db=averaged(width, weights, lambda portrait: portrait.width_db))
    loudness, weights = counted(usable, "loudness")
    if loudness:
        total = sum((portrait.integrated_lufs or 0.0) * w for portrait, w in zip(loudness, weights, strict=True))
        target = msgspec.structs.replace(target, loudness_lufs=total / sum(weights))
    return target


def counted(references: Sequence[Reference], aspect: Aspect) -> tuple[list[Portrait], list[float]]:
    """The portraits that count in that aspect, and how much."""
    heavy = [reference for reference in references if reference.weight(aspect) > 0.0]
    return [reference.portrait for reference in heavy], [reference.weight(aspect) for reference in heavy]


def averaged(
    portraits: Sequence[Portrait], weights: Sequence[float], field: Callable[[Portrait], tuple[float, ...]]
) -> tuple[float, ...]:
    """The weighted mean of a figure for each region; -150 where the heavier half has nothing."""
    values = np.array([field(portrait)[: len(REGIONS)] for portrait in portraits])
    return tuple(mean_db(values, np.array(weights)).tolist())


def mean_db(values: Reals, weights: Reals) -> Reals:
    """Weighted mean over the rows, rows of nothing left out; -150 where most of the weight is nothing."""
    sounds = values > FLOOR_DB / 2
    heavy = (sounds * weights[:, None]).sum(axis=0)
    total = (np.where(sounds, values, 0.0) * weights[:, None]).sum(axis=0)
    enough = heavy > weights.sum() / 2
    return np.where(enough, total / np.maximum(heavy, 1e-12), FLOOR_DB)


def with_curves(target: Target, portraits: Sequence[Portrait], weights: Sequence[float]) -> Target:
    """The mean curves of mid and side, and how far the references differ.

    A reference at a lower rate has fewer bands; only those that all have are compared.
    """
    count = min(len(portrait.band_hz) for portrait in portraits)
    hz = np.array(portraits[0].band_hz[:count])
    mids, sides = zip(*(levelled(portrait, count) for portrait in portraits), strict=True)
    weight = np.array(weights)
    curves: dict[str, tuple[float, ...]] = {}
    for name, rows in (("mid", np.array(mids)), ("side", np.array(sides))):
        mean = mean_db(rows, weight)
        spread = np.sqrt(mean_db((rows - mean) ** 2 * (rows > FLOOR_DB / 2), weight).clip(0.0))
        curves[f"{name}_db"] = tuple(mean.tolist())
        curves[f"{name}_tolerance_db"] = tuple(np.maximum(spread, LEAST_TOLERANCE_DB).tolist())
    return msgspec.structs.replace(target, band_hz=tuple(hz.tolist()), **curves)


def levelled(portrait: Portrait, count: int) -> tuple[Reals, Reals]:
    """Mid and side curves less the mean level of the mid; -150 for what is too far down to be compared."""
    hz, mid, side = (np.array(values[:count]) for values in (portrait.band_hz, portrait.mid_db, portrait.side_db))
    inside = (hz >= LEVELLED_HZ[0]) & (hz <= LEVELLED_HZ[1])
    floor = max(mid.max(), side.max()) - SOUNDS_WITHIN_DB
    heard = inside & (mid > floor)
    level = float(mid[heard].mean()) if heard.any() else 0.0
    return np.where(mid > floor, mid - level, FLOOR_DB), np.where(side > floor, side - level, FLOOR_DB)
