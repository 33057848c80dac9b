"""What a master has to measure: loudness and peak, out of a delivery profile, the references and the brief."""

from __future__ import annotations

import math
from dataclasses import dataclass

from bandmate.song.errors import RequestError
from bandmate.stages.hearing import Hearing
from bandmate.stages.master.brief import REFERENCE, MasterBrief
from bandmate.stages.master.delivery import DeliveryProfile, delivery_profile
from bandmate.stages.master.target import Target

CLOSE_ENOUGH_LU = 0.1
"""Meters read in tenths: a song this near to its target reads as asked for."""

REFERENCE_CEILING_DBTP = -1.0

METERS_DIFFER_DB = 0.1
"""References are measured at 4x, the song at 16x too."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What the result has to measure; no loudness when nobody asks for one. ``mono_below_hz`` 0 is never.

    ``bearable_dbtp`` is the peak at which a song that is as asked otherwise is left alone: where references say how
    loud, theirs. A limiter that is there keeps to ``ceiling_dbtp``.
    """

    name: str
    loudness_lufs: float | None
    ceiling_dbtp: float
    origin: str
    mono_below_hz: float = 0.0
    bearable_dbtp: float = -math.inf

    def is_met_by(self, heard: Hearing) -> bool:
        """Whether loudness and true peak are as they should be."""
        if heard.highest_peak_dbtp > max(self.ceiling_dbtp, self.bearable_dbtp):
            return False
        if self.loudness_lufs is None or heard.integrated_lufs is None:
            return self.loudness_lufs is None
        return abs(heard.integrated_lufs - self.loudness_lufs) <= CLOSE_ENOUGH_LU

    def partly(self, now_lufs: float, strength: float) -> float | None:
        """The loudness that is ``strength`` of the way from now to the goal."""
        return None if self.loudness_lufs is None else now_lufs + strength * (self.loudness_lufs - now_lufs)


def goal_of(brief: MasterBrief, target: Target | None = None) -> Goal:
    """What the brief asks for. A profile without a loudness takes that of the references, where they have one.

    Raises
    ------
    UnknownName
        if there is no such delivery profile.
    RequestError
        if the references are to say how loud, and none has a weight for loudness.
    """
    asked = [f"{brief.loudness_lufs:g} LUFS"] if brief.loudness_lufs is not None else []
    asked += [f"{brief.ceiling_dbtp:g} dBTP"] if brief.ceiling_dbtp is not None else []
    plain = goal_of_references(brief, target) if brief.profile == REFERENCE else goal_of_profile(brief.profile, target)
    return Goal(
        name=plain.name,
        loudness_lufs=plain.loudness_lufs if brief.loudness_lufs is None else brief.loudness_lufs,
        ceiling_dbtp=plain.ceiling_dbtp if brief.ceiling_dbtp is None else brief.ceiling_dbtp,
        origin=f"{plain.origin}; asked for instead: {', '.join(asked)}" if asked else plain.origin,
        mono_below_hz=plain.mono_below_hz if brief.mono_below_hz is None else brief.mono_below_hz,
        bearable_dbtp=plain.bearable_dbtp if brief.ceiling_dbtp is None else -math.inf,
    )


def goal_of_profile(name: str, target: Target | None) -> Goal:
    profile: DeliveryProfile = delivery_profile(name)
    loudness, origin = profile.loudness_lufs, profile.origin
    if loudness is None and target is not None and target.loudness_lufs is not None:
        loudness, origin = target.loudness_lufs, f"{origin}; the loudness is that of the references"
    ceiling_dbtp = profile.ceiling_for_dbtp(loudness)
    return Goal(profile.name, loudness, ceiling_dbtp, origin, profile.mono_below_hz or 0.0)


def goal_of_references(brief: MasterBrief, target: Target | None) -> Goal:
    if target is None or (target.loudness_lufs is None and brief.loudness_lufs is None):
        raise RequestError(
            "no reference says how loud the master shall be; give one a loudness weight above 0 %, or name a delivery "
            "profile such as spotify"
        )
    peaks = [one.portrait.peak_dbtp for one in brief.references if one.portrait.is_usable and one.loudness > 0.0]
    return Goal(
        "the references",
        target.loudness_lufs,
        REFERENCE_CEILING_DBTP,
        f"measured on {', '.join(target.names)}",
        bearable_dbtp=max(peaks, default=-math.inf) + METERS_DIFFER_DB,
    )
