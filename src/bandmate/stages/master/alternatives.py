"""Alternatives: three masters of one piece that differ in a stated direction, none of them called the better one.

Conventions: a direction is what taste decides: how loud, how bright, how wide. The one in the middle is what was asked
for.

Not covered: rendering them; what each service does with them (``bandmate.stages.master.services``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from msgspec.structs import replace

from bandmate.song.errors import UnknownName
from bandmate.stages.master.brief import MasterBrief

Direction = Literal["loudness", "tone", "width"]
DIRECTIONS: tuple[Direction, ...] = get_args(Direction)

COMPETITIVE_LUFS = -9.5
"""In the middle of what loud releases have: -10 to -9."""

LOUD_CLIP_DB = 1.5
TILT_DB = 1.0
SIDE_STEP = 1.15


@dataclass(frozen=True, slots=True)
class Alternative:
    """One of several masters: a name for its file, and in which way it differs, in a sentence."""

    name: str
    sentence: str
    brief: MasterBrief


def alternatives(brief: MasterBrief, direction: str, *, loudness_lufs: float | None) -> tuple[Alternative, ...]:
    """Three masters along a direction; the brief as it is, alone, for no direction.

    Parameters
    ----------
    loudness_lufs : float or None
        what the brief aims at, so that its middle can be named; -14 stands in where it aims at nothing.

    Raises
    ------
    UnknownName
        if there is no such direction.
    """
    if not direction:
        return (Alternative("", "", brief),)
    if direction == "loudness":
        return louder(brief, -14.0 if loudness_lufs is None else loudness_lufs)
    if direction == "tone":
        return (
            Alternative("darker", f"treble {TILT_DB:g} dB down against the bass", replace(brief, tilt_db=-TILT_DB)),
            Alternative("as-asked", "the tone as asked", brief),
            Alternative("brighter", f"treble {TILT_DB:g} dB up against the bass", replace(brief, tilt_db=TILT_DB)),
        )
    if direction == "width":
        narrow, wide = round(1 / SIDE_STEP, 2), SIDE_STEP
        return (
            Alternative("narrower", f"the sides at {narrow:g} times their level", replace(brief, side=narrow)),
            Alternative("as-asked", "the width as asked", brief),
            Alternative("wider", f"the sides at {wide:g} times their level", replace(brief, side=wide)),
        )
    raise UnknownName("direction", direction, DIRECTIONS)


def louder(brief: MasterBrief, dynamic_lufs: float) -> tuple[Alternative, ...]:
    """From the loudness that services play at to that of loud releases; at least 2 LU apart."""
    competitive = min(max(COMPETITIVE_LUFS, dynamic_lufs + 2.0), -6.0)
    middle = round((dynamic_lufs + competitive) / 2, 1)
    loud = replace(brief, loudness_lufs=competitive, style="loud", soft_clip_db=max(brief.soft_clip_db, LOUD_CLIP_DB))
    return (
        Alternative("dynamic", f"{dynamic_lufs:.1f} LUFS, peaks left standing", brief),
        Alternative(
            "between", f"{middle:.1f} LUFS, a balanced limiter", replace(brief, loudness_lufs=middle, style="balanced")
        ),
        Alternative(
            "competitive",
            f"{competitive:.1f} LUFS, peaks rounded by {loud.soft_clip_db:g} dB, a loud limiter",
            loud,
        ),
    )
