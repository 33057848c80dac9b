"""Where a master goes: loudness, ceiling and file of each service, with the source of every figure.

The table is ``data/delivery.toml``.
"""

from __future__ import annotations

import datetime
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from bandmate.song.errors import UnknownName


@dataclass(frozen=True, slots=True)
class DeliveryProfile:
    """One row of the table. ``loudness_lufs`` None means that the destination has no target; ``rate_hz`` and ``bits``
    None mean that any will do."""

    id: str
    name: str
    loudness_lufs: float | None
    ceiling_dbtp: float
    rate_hz: int | None
    bits: int | None
    source: str
    read: datetime.date
    official: bool

    @property
    def origin(self) -> str:
        """Who says so and when it was read, for reports."""
        said = "official" if self.official else "not official"
        return f"{self.source} ({said}, read {self.read.isoformat()})"


@cache
def delivery_profiles() -> dict[str, DeliveryProfile]:
    """Every profile by its id."""
    text = files("bandmate").joinpath("data", "delivery.toml").read_text(encoding="utf-8")
    found = [
        DeliveryProfile(
            id=row["id"],
            name=row["name"],
            loudness_lufs=row.get("loudness_lufs"),
            ceiling_dbtp=row["ceiling_dbtp"],
            rate_hz=row.get("rate_hz"),
            bits=row.get("bits"),
            source=row["source"],
            read=row["read"],
            official=row["official"],
        )
        for row in tomllib.loads(text)["profile"]
    ]
    return {profile.id: profile for profile in found}


def delivery_profile(name: str) -> DeliveryProfile:
    """The profile of that id or name; case, blanks and hyphens do not count.

    Raises
    ------
    UnknownName
        listing the profiles there are.
    """
    wanted = squeezed(name)
    for profile in delivery_profiles().values():
        if wanted in (squeezed(profile.id), squeezed(profile.name)):
            return profile
    raise UnknownName("delivery profile", name, delivery_profiles())


def squeezed(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum())
