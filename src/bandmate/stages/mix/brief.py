"""What the musician asks of the mix stage."""

from __future__ import annotations

import msgspec


class MixBrief(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which aspects may be moved. Everything else stays byte for byte as it is.

    ``tracks`` limits the moves to these track ids; empty means all. The others are still listened to, for the balance
    is between tracks.
    """

    phase: bool = True
    rumble: bool = True
    balance: bool = True
    headroom: bool = True
    tracks: tuple[str, ...] = ()
    peak_dbtp: float = -6.0
    most_peak_dbtp: float = -3.0

    def allows(self, track_id: str) -> bool:
        """Whether that track may be moved."""
        return not self.tracks or track_id in self.tracks
