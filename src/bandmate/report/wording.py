"""Numbers as a musician reads them.

Conventions: a true minus sign, a no-break space before the unit, a point for the decimals. Loudness, range and crest
have one decimal. A true peak has two: with one, -0.96 dBTP would look like the -1.0 it is not. What is unknown is a
dash; ``-inf`` is the word "silence".
"""

from __future__ import annotations

import math

from bandmate.song.evidence import Evidence

DASH = "–"
SILENCE = "silence"
MINUS = "−"
NO_BREAK = "\u00a0"
LEVEL_UNITS = frozenset(("dB", "dBFS", "dBTP", "LU", "LUFS"))


def is_number(value: float | None) -> bool:
    """True for a finite number."""
    return value is not None and math.isfinite(value)


def number_text(value: float | None, decimals: int = 1, *, sign: bool = False) -> str:
    """``−14.0``; with ``sign`` also ``+9.3``. Never a negative zero. None, NaN and +inf give a dash, -inf "silence"."""
    if value is not None and value == -math.inf:
        return SILENCE
    if value is None or not math.isfinite(value):
        return DASH
    text = f"{value:.{decimals}f}"
    if float(text) == 0:
        text = text.lstrip("-")
    elif sign and value > 0:
        text = "+" + text
    return text.replace("-", MINUS)


def with_unit(value: float | None, unit: str, decimals: int = 1, *, sign: bool = False) -> str:
    """A number and its unit; a dash and "silence" stand alone."""
    text = number_text(value, decimals, sign=sign)
    return text if text in (DASH, SILENCE) else f"{text}{NO_BREAK}{unit}"


def loudness_text(lufs: float | None) -> str:
    return with_unit(lufs, "LUFS")


def peak_text(dbtp: float | None) -> str:
    return with_unit(dbtp, "dBTP", 2)


def span_text(lu: float | None) -> str:
    return with_unit(lu, "LU")


def gain_text(db: float | None) -> str:
    return with_unit(db, "dB", 1, sign=True)


def level_text(db: float | None) -> str:
    return with_unit(db, "dB")


def change_text(before: float | None, after: float | None, unit: str, decimals: int = 1) -> str:
    """The signed difference; a dash where either is missing or silent."""
    if before is None or after is None or not (math.isfinite(before) and math.isfinite(after)):
        return DASH
    return with_unit(after - before, unit, decimals, sign=True)


def share_text(share: float | None) -> str:
    """0 to 1 as per cent."""
    return with_unit(None if share is None else share * 100, "%", 0)


def clock_text(seconds: float | None) -> str:
    """Minutes, seconds and tenths: ``1:23.4``; hours where there are any."""
    if seconds is None or not math.isfinite(seconds):
        return DASH
    tenths = round(seconds * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    head = f"{hours}:{minutes:02d}" if hours else f"{minutes}"
    return f"{head}:{rest // 10:02d}.{rest % 10}"


def rate_text(rate_hz: int | None) -> str:
    return DASH if rate_hz is None else f"{rate_hz / 1000:g}{NO_BREAK}kHz"


def channels_text(channels: int | None) -> str:
    if channels is None:
        return DASH
    return {1: "mono", 2: "stereo"}.get(channels, f"{channels} channels")


def evidence_text(value: float | None, unit: str) -> str:
    """A measured fact without its unit: levels with two decimals, the rest with fewer the larger it is."""
    if value is None or not math.isfinite(value):
        return number_text(value)
    size = abs(value)
    if unit in LEVEL_UNITS:
        return number_text(value, 2)
    if unit == "share":
        return number_text(value * 100, 0 if size >= 0.1 or size == 0 else 1)
    text = number_text(value, 0 if size >= 1000 else 1 if size >= 100 else 2)
    return text.rstrip("0").rstrip(".") if "." in text else text


def evidence_unit(unit: str) -> str:
    """The unit as it is written; a share is per cent."""
    return "%" if unit == "share" else unit


def evidence_columns(evidence: tuple[Evidence, ...]) -> tuple[str, ...]:
    """Which of ``where``, ``before``, ``predicted``, ``after``, ``target`` any row fills, in that order."""
    names = ("where", "before", "predicted", "after", "target")
    return tuple(name for name in names if any(getattr(fact, name) not in (None, "") for fact in evidence))


def counted(count: int, one: str, many: str = "") -> str:
    """``1 move``, ``3 moves``."""
    return f"{count}{NO_BREAK}{one if count == 1 else many or one + 's'}"
