"""What a drawing needs to know of a curve: its unbroken runs, its limits, its ticks, a picture's worth of points.

Shared by the drawings on the page (`charts`) and by the picture files (`plots`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bandmate.report.data import Curve, Envelope
from bandmate.report.wording import is_number

Point = tuple[float, float]
Run = list[Point]

OCTAVE_TICKS_HZ = (20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000)
CLOCK_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)


@dataclass(frozen=True, slots=True)
class Line:
    """A labelled curve. ``y`` may have gaps (None, NaN, ±inf); ``x`` has none and rises."""

    label: str
    x: Sequence[float]
    y: Curve


@dataclass(frozen=True, slots=True)
class Shape:
    """A labelled waveform: what `Measured.envelope` holds, and how long it lasts."""

    label: str
    envelope: Envelope
    seconds: float


def runs(line: Line, most: int = 1200) -> list[Run]:
    """The unbroken stretches of a curve, thinned to about ``most`` points that keep every peak and dip."""
    whole: list[Run] = [[]]
    for x, y in zip(line.x, line.y, strict=True):
        if y is not None and math.isfinite(y):
            whole[-1].append((x, y))
        elif whole[-1]:
            whole.append([])
    per_column = max(1, math.ceil(2 * len(line.x) / most))
    return [thinned_run(run, per_column) for run in whole if run]


def thinned_run(run: Run, per_column: int) -> Run:
    """Of every ``per_column`` points the lowest and the highest, in their order."""
    if per_column <= 2:
        return run
    kept: Run = []
    for start in range(0, len(run), per_column):
        column = run[start : start + per_column]
        ends = {min(column, key=lambda p: p[1]), max(column, key=lambda p: p[1])}
        kept += sorted(ends)
    return kept


def thinned_envelope(envelope: Envelope, columns: int) -> Envelope:
    """An envelope of at most ``columns`` spans; a span keeps its extremes. NaN counts as no sound."""
    clean = [tuple(v if math.isfinite(v) else 0.0 for v in span) for span in envelope]
    width = max(1, math.ceil(len(clean) / columns))
    groups = (clean[start : start + width] for start in range(0, len(clean), width))
    return tuple((min(low for low, _ in group), max(high for _, high in group)) for group in groups)


def finite(values: Iterable[float | None]) -> list[float]:
    """The numbers among them."""
    return [value for value in values if value is not None and math.isfinite(value)]


def limits(values: Iterable[float | None], *, step: float, deepest: float) -> Point | None:
    """Lower and upper end of an axis, on multiples of ``step``, at most ``deepest`` apart; None without a number."""
    numbers = finite(values)
    if not numbers:
        return None
    high = step * math.ceil((max(numbers) + step / 6) / step)
    low = step * math.floor(max(min(numbers), high - deepest) / step)
    return (low, high) if high - low >= 2 * step else (high - 2 * step, high)


def level_ticks(low: float, high: float, most: int = 7) -> list[float]:
    """Round levels between two limits."""
    step = next(s for s in (1, 2, 3, 6, 12, 24, 48, 96) if (high - low) / s <= most or s == 96)
    first = math.ceil(low / step)
    return [float(step * i) for i in range(first, math.floor(high / step) + 1)]


def clock_ticks(seconds: float, most: int = 9) -> list[float]:
    """Round moments from 0 to the end."""
    step = next((s for s in CLOCK_STEPS_S if seconds / s <= most), CLOCK_STEPS_S[-1])
    return [float(t) for t in range(0, math.floor(seconds) + 1, step)]


def minutes_text(seconds: float) -> str:
    """A tick of a time axis: ``0:30``."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def hertz_text(hz: float) -> str:
    """A tick of a frequency axis: ``200``, ``5k``."""
    return f"{hz / 1000:g}k" if hz >= 1000 else f"{hz:g}"


def raised(line: Line, gain_db: float) -> Line:
    """The same curve, ``gain_db`` higher."""
    shifted = tuple(y + gain_db if y is not None and is_number(y) else None for y in line.y)
    return Line(line.label, line.x, shifted)
