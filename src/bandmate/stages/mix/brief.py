"""What the musician asks of the mix stage."""

from __future__ import annotations

from typing import Any, Literal, get_args

import msgspec

from bandmate.song.errors import UnknownName

Aspect = Literal["phase", "noise", "tone", "masking", "low-end", "balance", "dynamics", "stereo", "space", "headroom"]
ASPECTS: tuple[Aspect, ...] = get_args(Aspect)


class MixBrief(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which aspects may be moved. Everything else stays byte for byte as it is.

    Attributes
    ----------
    aspects : tuple of str
        what may be moved.
    tracks : tuple of str
        only these track ids may be moved; empty means all. The others are still listened to, for a mix is between
        tracks.
    focus : tuple of str
        ids of the tracks that matter most: where two tracks are in each other's way, the other one gives way.
    references : tuple of str
        names of the records that the mix is compared with, for the record.
    peak_dbtp, most_peak_dbtp : float
        where the peaks of the mix go when they are above the second.
    """

    aspects: tuple[Aspect, ...] = ASPECTS
    tracks: tuple[str, ...] = ()
    focus: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    peak_dbtp: float = -6.0
    most_peak_dbtp: float = -3.0

    def allows(self, track_id: str) -> bool:
        """Whether that track may be moved."""
        return not self.tracks or track_id in self.tracks


def checked_aspects(names: tuple[str, ...]) -> tuple[Aspect, ...]:
    """The aspects of these names, in the order of the work.

    Raises
    ------
    UnknownName
        if there is no such aspect.
    """
    for name in names:
        if name not in ASPECTS:
            raise UnknownName("aspect", name, ASPECTS)
    chosen: Any = tuple(aspect for aspect in ASPECTS if aspect in names)
    found: tuple[Aspect, ...] = chosen
    return found
