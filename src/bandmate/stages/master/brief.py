"""What the musician asks of the master stage."""

from __future__ import annotations

import msgspec

from bandmate.song.errors import OutOfRange

LOUDNESS_RANGE_LUFS = (-60.0, 0.0)
CEILING_RANGE_DBTP = (-20.0, 0.0)


class MasterBrief(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the master goes (a delivery profile), and which aspects may be moved.

    ``loudness_lufs`` (-60 to 0) and ``ceiling_dbtp`` (-20 to 0) replace the figures of the profile when they are given.

    Raises
    ------
    OutOfRange
        if one of them is outside its limits, or not a number.
    """

    profile: str = "spotify"
    tone: bool = True
    loudness: bool = True
    loudness_lufs: float | None = None
    ceiling_dbtp: float | None = None

    def __post_init__(self) -> None:
        check("loudness", self.loudness_lufs, LOUDNESS_RANGE_LUFS, "LUFS")
        check("ceiling", self.ceiling_dbtp, CEILING_RANGE_DBTP, "dBTP")


def check(what: str, value: float | None, limits: tuple[float, float], unit: str) -> None:
    """subtle: written so that NaN, which is neither above nor below, is refused too."""
    low, high = limits
    if value is not None and not low <= value <= high:
        raise OutOfRange(f"the {what} asked for is {value:g} {unit}; possible are {low:g} to {high:g}")
