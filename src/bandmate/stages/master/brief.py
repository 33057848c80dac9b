"""What the musician asks of the master stage."""

from __future__ import annotations

import msgspec


class MasterBrief(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the master goes (a delivery profile), and which aspects may be moved.

    ``loudness_lufs`` and ``ceiling_dbtp`` replace the figures of the profile when they are given.
    """

    profile: str = "spotify"
    tone: bool = True
    loudness: bool = True
    loudness_lufs: float | None = None
    ceiling_dbtp: float | None = None
