"""What a move rests on, in numbers that can be measured again."""

from __future__ import annotations

import msgspec


class Evidence(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One measured fact.

    ``before`` is measured on the song as it is, ``after`` on the song with the move made (None where only one makes
    sense), ``target`` is what was aimed at. ``predicted`` is what the move was expected to measure before it was tried;
    ``after`` stands beside it, so that everybody can see how good the forecast is. ``where`` says the place: a track,
    bars, seconds. Every number in a move's reason is one of these fields.
    """

    what: str
    unit: str
    before: float | None = None
    after: float | None = None
    target: float | None = None
    predicted: float | None = None
    where: str = ""
