"""What the musician asks of the master stage."""

from __future__ import annotations

import math

import msgspec

from bandmate.song.devices import LimiterStyle
from bandmate.song.errors import OutOfRange
from bandmate.stages.master.target import ASPECTS, Aspect, Reference

LOUDNESS_RANGE_LUFS = (-60.0, 0.0)
CEILING_RANGE_DBTP = (-20.0, 0.0)
SHARE_RANGE = (0.0, 1.0)
CLIP_RANGE_DB = (0.0, 6.0)
MONO_RANGE_HZ = (0.0, 500.0)
TILT_RANGE_DB = (-3.0, 3.0)
SIDE_RANGE = (0.5, 1.5)

REFERENCE = "reference"
"""The name that stands in the place of a delivery profile: as loud as the references."""


class MasterBrief(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the master goes, what it is compared with, and how far each aspect may be moved.

    Attributes
    ----------
    profile : str
        a delivery profile, or ``reference``: the loudness of the references, peaks to -1 dBTP.
    tone, dynamics, width, loudness : float
        strength of each aspect, 0 to 1; 0 leaves it bit for bit as it is. They are the share of the way to the
        references (of the trim where there are none), and for loudness of the way to the target.
    guard : float
        the sameness guard, 0 to 1: the most share of the way to the references that tone, dynamics and width may go,
        whatever their strength.
    references : tuple of Reference
        empty: only measured faults are worth a proposal.
    loudness_lufs, ceiling_dbtp : float, optional
        instead of the profile's: -60 to 0, -20 to 0.
    style : {"transparent", "balanced", "loud"}
        of the limiter.
    soft_clip_db : float
        how much of the highest peaks a soft clipper takes off before the limiter; 0 for none.
    is_linear_phase : bool
        whether the equalizer keeps phases.
    is_by_passage : bool
        whether verse and chorus may get gains of their own instead of one moving gain.
    mono_below_hz : float, optional
        bass in one channel below; without it as the profile has it, 0 for never.
    tilt_db, side : float
        taste, for alternatives: treble over bass, and the level of the sides as a factor.

    Raises
    ------
    OutOfRange
        if one of them is outside its limits, or not a number.
    """

    profile: str = "spotify"
    tone: float = 1.0
    dynamics: float = 1.0
    width: float = 1.0
    loudness: float = 1.0
    guard: float = 1.0
    references: tuple[Reference, ...] = ()
    loudness_lufs: float | None = None
    ceiling_dbtp: float | None = None
    style: LimiterStyle = "transparent"
    soft_clip_db: float = 0.0
    is_linear_phase: bool = False
    is_by_passage: bool = False
    mono_below_hz: float | None = None
    tilt_db: float = 0.0
    side: float = 1.0

    def __post_init__(self) -> None:
        for aspect in (*ASPECTS, "guard"):
            check(f"{aspect} strength" if aspect != "guard" else "guard", getattr(self, aspect), SHARE_RANGE, "share")
        check("loudness", self.loudness_lufs, LOUDNESS_RANGE_LUFS, "LUFS")
        check("ceiling", self.ceiling_dbtp, CEILING_RANGE_DBTP, "dBTP")
        check("soft clip", self.soft_clip_db, CLIP_RANGE_DB, "dB")
        check("mono below", self.mono_below_hz, MONO_RANGE_HZ, "Hz")
        check("tilt", self.tilt_db, TILT_RANGE_DB, "dB")
        check("side", self.side, SIDE_RANGE, "times")

    def strength(self, aspect: Aspect) -> float:
        """How far that aspect may go; the guard holds tone, dynamics and width."""
        asked = float(getattr(self, aspect))
        return asked if aspect == "loudness" else min(asked, self.guard)


def check(what: str, value: float | None, limits: tuple[float, float], unit: str) -> None:
    """subtle: written so that NaN, which is neither above nor below, is refused too."""
    low, high = limits
    if value is None or low <= value <= high:
        return
    if unit == "share" and not math.isnan(value):
        raise OutOfRange(f"the {what} asked for is {100 * value:g} %; possible are 0 to 100 %")
    raise OutOfRange(f"the {what} asked for is {value:g} {unit}; possible are {low:g} to {high:g}")
