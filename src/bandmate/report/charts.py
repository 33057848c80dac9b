"""The drawings on the page, as inline SVG.

Written by hand because it is quicker than a plotting library (a millisecond against most of a second of import), small,
sharp at any size, and takes its colours from the page, so it follows light and dark.

Conventions: a chart is as wide as its column. Curves are drawn in a box 1000 units wide that the browser stretches;
ticks and words are placed in per cent, so that letters keep their size. Class ``c0`` is the first curve, ``c1`` the
second, and ``only`` one that stands alone. Charts over time get the same ``seconds``, so that they line up, and have a
``.playhead`` that the page moves.

Not covered: legends and captions, which the page writes as text.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from bandmate.report.curves import (
    OCTAVE_TICKS_HZ,
    Line,
    Shape,
    clock_ticks,
    finite,
    hertz_text,
    level_ticks,
    limits,
    minutes_text,
    runs,
    thinned_envelope,
)
from bandmate.report.data import Envelope
from bandmate.report.wording import number_text

WIDTH = 1000
PLOT_HEIGHT = 220
ROW_HEIGHT = 76
FULL_SCALE = 1.0


@dataclass(frozen=True, slots=True)
class Scale:
    """Where a value lies on an axis, 0 to 1. ``is_log`` is for frequencies."""

    low: float
    high: float
    is_log: bool = False

    def share(self, value: float) -> float:
        if self.is_log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)


@dataclass(frozen=True, slots=True)
class Frame:
    """The two axes of a chart and its height in pixels."""

    x: Scale
    y: Scale
    height: int = PLOT_HEIGHT

    def across(self, value: float) -> float:
        return self.x.share(value) * WIDTH

    def down(self, value: float) -> float:
        return (1 - self.y.share(value)) * self.height


def loudness_chart(lines: Sequence[Line], target_lufs: float | None, seconds: float, words: str) -> str:
    """Loudness over time; a dashed line at the target. Empty where no curve has a number."""
    ends = limits([y for line in lines for y in line.y] + [target_lufs], step=6, deepest=42)
    if not any(finite(line.y) for line in lines) or ends is None or seconds <= 0:
        return ""
    frame = Frame(Scale(0.0, seconds), Scale(*ends))
    inside = "".join(curve(line, frame, kind(i, len(lines))) for i, line in enumerate(lines))
    marks = level_grid(frame, "LUFS") + clock_grid(frame, seconds)
    if target_lufs is not None:
        marks += target_mark(frame, target_lufs)
    return drawing(frame, marks, inside + playhead(frame), words)


def spectrum_chart(lines: Sequence[Line], words: str) -> str:
    """1/3-octave levels over a logarithmic frequency axis. Empty where no curve has a number."""
    ends = limits([y for line in lines for y in line.y], step=6, deepest=72)
    bands = [hz for line in lines for hz in line.x if hz > 0]
    if ends is None or len(set(bands)) < 2:
        return ""
    frame = Frame(Scale(min(bands), max(bands), is_log=True), Scale(*ends))
    inside = "".join(curve(line, frame, kind(i, len(lines))) for i, line in enumerate(lines))
    return drawing(frame, level_grid(frame, "dB") + hertz_grid(frame), inside, words)


def waveform_chart(shapes: Sequence[Shape], seconds: float, words: str) -> str:
    """Waveforms one below the other on one time axis, all on the same scale. Empty where none has a point."""
    shown = [shape for shape in shapes if shape.envelope and shape.seconds > 0]
    if not shown or seconds <= 0:
        return ""
    tallest = max(abs(v) for shape in shown for span in thinned_envelope(shape.envelope, 1) for v in span)
    scale = max(FULL_SCALE, tallest)
    frame = Frame(Scale(0.0, seconds), Scale(-scale, scale), ROW_HEIGHT * len(shown))
    marks, inside = clock_grid(frame, seconds), ""
    for row, shape in enumerate(shown):
        top = row * ROW_HEIGHT
        marks += full_scale_lines(top, scale)
        width = WIDTH * shape.seconds / seconds
        outline = area(shape.envelope, width, top=top, height=ROW_HEIGHT, scale=scale, columns=700)
        inside += f'<path class="area {kind(row, len(shown))}" d="{outline}"/>'
    return drawing(frame, marks, inside + playhead(frame), words)


def reduction_chart(line: Line, seconds: float, words: str) -> str:
    """Gain reduction over time, hanging from 0 dB. Empty where it has no number."""
    numbers = finite(line.y)
    if not numbers or seconds <= 0:
        return ""
    deepest = min(-3.0, math.floor(min(numbers)))
    frame = Frame(Scale(0.0, seconds), Scale(deepest, 0.0), 120)
    inside = ""
    for run in runs(line):
        points = " ".join(point(frame, x, min(y, 0.0)) for x, y in run)
        first, last = frame.across(run[0][0]), frame.across(run[-1][0])
        inside += f'<path class="area only" d="M{first:.1f} 0L{points}L{last:.1f} 0Z"/>'
    marks = level_grid(frame, "dB", most=4) + clock_grid(frame, seconds)
    return drawing(frame, marks, inside + playhead(frame), words)


def sparkline(envelope: Envelope, words: str) -> str:
    """A small waveform drawn to its own peak. Empty where there is no point."""
    if not envelope:
        return ""
    height = 28
    tallest = max(abs(v) for span in thinned_envelope(envelope, 1) for v in span)
    outline = area(envelope, WIDTH, top=0, height=height, scale=tallest or FULL_SCALE, columns=160)
    return (
        f'<svg class="spark" role="img" aria-label="{escape(words)}" width="100%" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" preserveAspectRatio="none"><path class="area only" d="{outline}"/></svg>'
    )


def kind(index: int, count: int) -> str:
    return "only" if count == 1 else f"c{index}"


def curve(line: Line, frame: Frame, css_class: str) -> str:
    """One path; a gap in the numbers is a gap in the line."""
    strokes = ["M" + "L".join(point(frame, x, y) for x, y in run) for run in runs(line)]
    return f'<path class="line {css_class}" d="{"".join(strokes)}"/>' if strokes else ""


def point(frame: Frame, x: float, y: float) -> str:
    return f"{frame.across(x):.1f} {frame.down(y):.1f}"


def area(envelope: Envelope, width: float, *, top: float, height: float, scale: float, columns: int) -> str:
    """The outline of a waveform: its tops from left to right, its bottoms back. Never thinner than a hair."""
    spans = thinned_envelope(envelope, columns)
    spans = spans * 2 if len(spans) == 1 else spans
    middle, half = top + height / 2, (height / 2 - 1) / scale
    step = width / (len(spans) - 1)
    tops = [f"{i * step:.1f} {middle - max(high * half, 0.3):.1f}" for i, (_, high) in enumerate(spans)]
    ends = [f"{i * step:.1f} {middle - min(low * half, -0.3):.1f}" for i, (low, _) in enumerate(spans)]
    return "M" + "L".join(tops + ends[::-1]) + "Z"


def level_grid(frame: Frame, unit: str, most: int = 7) -> str:
    marks = ""
    for level in level_ticks(frame.y.low, frame.y.high, most):
        y = f"{frame.down(level):.1f}"
        marks += f'<line class="grid" x1="0" x2="100%" y1="{y}" y2="{y}"/>'
        marks += f'<text class="tick left" x="-8" y="{y}" dy="0.32em">{number_text(level, 0)}</text>'
    return marks + f'<text class="tick left" x="-8" y="-15">{escape(unit)}</text>'


def clock_grid(frame: Frame, seconds: float) -> str:
    return "".join(
        upright(frame, moment, minutes_text(moment), is_minor=i % 2 == 1)
        for i, moment in enumerate(clock_ticks(seconds))
    )


def hertz_grid(frame: Frame) -> str:
    inside = [hz for hz in OCTAVE_TICKS_HZ if frame.x.low <= hz <= frame.x.high]
    marks = "".join(upright(frame, hz, hertz_text(hz), is_minor=hz not in (100, 1000, 10000)) for hz in inside)
    return marks + f'<text class="tick unit" x="100%" y="{frame.height + 32}">Hz</text>'


def upright(frame: Frame, value: float, text: str, *, is_minor: bool) -> str:
    x = f"{frame.x.share(value) * 100:.2f}%"
    minor = " minor" if is_minor else ""
    return (
        f'<line class="grid" x1="{x}" x2="{x}" y1="0" y2="{frame.height}"/>'
        f'<text class="tick below{minor}" x="{x}" y="{frame.height + 17}">{text}</text>'
    )


def full_scale_lines(top: float, scale: float) -> str:
    """Where 0 dBFS lies, above and below the middle of a row."""
    middle, half = top + ROW_HEIGHT / 2, (ROW_HEIGHT / 2 - 1) / scale
    levels = (middle - half, middle + half)
    lines = "".join(f'<line class="grid" x1="0" x2="100%" y1="{y:.1f}" y2="{y:.1f}"/>' for y in levels)
    return lines + f'<text class="tick left" x="-8" y="{middle - half:.1f}" dy="0.7em">0 dBFS</text>'


def target_mark(frame: Frame, lufs: float) -> str:
    y = f"{frame.down(lufs):.1f}"
    return f'<line class="target" x1="0" x2="100%" y1="{y}" y2="{y}"/>'


def playhead(frame: Frame) -> str:
    return (
        f'<line class="playhead" data-seconds="{frame.x.high:.3f}" x1="0" x2="0" y1="0" y2="{frame.height}" '
        'visibility="hidden"/>'
    )


def drawing(frame: Frame, marks: str, inside: str, words: str) -> str:
    return (
        f'<svg class="plot" role="img" aria-label="{escape(words)}" width="100%" height="{frame.height + 50}">'
        f'<g transform="translate(0 28)">{marks}'
        f'<svg width="100%" height="{frame.height}" viewBox="0 0 {WIDTH} {frame.height}" preserveAspectRatio="none">'
        f"{inside}</svg></g></svg>"
    )
