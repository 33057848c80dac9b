"""The report as JSON: the same facts as the page, for programs.

Conventions: field names are those of `ReportData`; what could not be measured and silence are ``null``. Curves keep
two decimals, waveforms four. A player's sound is not repeated: its size and hash stand for it.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import replace
from typing import Any

import msgspec

from bandmate.report.data import Curve, Measured, ReportData

FORMAT = "bandmate-report/1"


def report_json(data: ReportData) -> bytes:
    """The report as UTF-8 JSON on one line, ending in a line feed.

    ``null`` stands for None, NaN and infinities. Undecodable bytes in a file's name become U+FFFD.
    """
    facts = msgspec.to_builtins(shortened(data))
    for player, said in zip(data.players, facts["players"], strict=True):
        del said["data"]
        said |= {"bytes": len(player.data), "sha256": hashlib.sha256(player.data).hexdigest()}
    return msgspec.json.encode(decodable({"format": FORMAT} | facts)) + b"\n"


def shortened(data: ReportData) -> ReportData:
    """The same report with curves as precise as they mean something, and no sound."""
    return replace(
        data,
        before=brief_measured(data.before),
        after=brief_measured(data.after),
        stems=tuple(replace(stem, measured=brief_measured(stem.measured)) for stem in data.stems),
        files=tuple(replace(f, measured=f.measured and brief_measured(f.measured)) for f in data.files),
        players=tuple(replace(player, data=b"") for player in data.players),
    )


def brief_measured(measured: Measured) -> Measured:
    return replace(
        measured,
        short_term_lufs=brief_curve(measured.short_term_lufs),
        momentary_lufs=brief_curve(measured.momentary_lufs),
        envelope=tuple((brief_number(low, 4), brief_number(high, 4)) for low, high in measured.envelope),
    )


def brief_curve(curve: Curve) -> Curve:
    return tuple(None if y is None else brief_number(y, 2) for y in curve)


def brief_number(value: float, decimals: int) -> float:
    return round(value, decimals) if math.isfinite(value) else value


def decodable(value: Any) -> Any:
    """The same with every text fit for UTF-8: halves of surrogate pairs replaced."""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass").decode("utf-8", "replace") if not value.isascii() else value
    if isinstance(value, dict):
        return {key: decodable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [decodable(item) for item in value]
    return value
