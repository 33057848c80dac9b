"""What follows from the numbers of a master by subtraction, for the page and for the JSON alike.

Conventions: as in `data`; None where either number is missing or silent.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from bandmate.report.curves import finite
from bandmate.report.data import Measured
from bandmate.report.master_data import CodecRow, MasterPart, MasterReport
from bandmate.report.page import METERS, ceiling_room_db, target_distance_lu


@dataclass(frozen=True, slots=True)
class Change:
    """How far one measured field moved from the source to the master; ``field`` is one of `Measured`."""

    field: str
    unit: str
    change: float | None


@dataclass(frozen=True, slots=True)
class MasterNumbers:
    """One master against its source and its profile.

    ``target_distance_lu`` is positive for a master louder than asked; ``ceiling_room_db`` goes from the highest known
    true peak up to the ceiling; ``deepest_reduction_db`` is the lowest point of the limiter's history.
    """

    master: str
    changes: tuple[Change, ...]
    target_distance_lu: float | None
    ceiling_room_db: float | None
    deepest_reduction_db: float | None


def master_numbers(report: MasterReport) -> tuple[MasterNumbers, ...]:
    """For each master, in its order."""
    return tuple(numbers_of(report.before, master) for master in report.masters)


def numbers_of(before: Measured, master: MasterPart) -> MasterNumbers:
    profile, after = master.profile, master.after
    return MasterNumbers(
        master=master.name,
        changes=tuple(
            Change(meter.field, meter.step, difference(getattr(before, meter.field), getattr(after, meter.field)))
            for meter in METERS
        ),
        target_distance_lu=target_distance_lu(profile, after) if profile else None,
        ceiling_room_db=ceiling_room_db(profile, after) if profile else None,
        deepest_reduction_db=deepest_reduction_db(master),
    )


def difference(before: float | None, after: float | None) -> float | None:
    if before is None or after is None or not (math.isfinite(before) and math.isfinite(after)):
        return None
    return after - before


def deepest_reduction_db(master: MasterPart) -> float | None:
    """The lowest point of the limiter's history; None without one."""
    return min(finite(master.limiter.history.reduction_db), default=None) if master.limiter else None


def loudest_noise(codec: CodecRow) -> tuple[float, float] | None:
    """The band (Hz) in which a codec's noise comes nearest to the music, and its level; None without a number."""
    known = [(db, hz) for hz, db in zip(codec.band_hz, codec.noise_db, strict=True) if finite((db,)) and db is not None]
    if not known:
        return None
    db, hz = max(known)
    return hz, db
