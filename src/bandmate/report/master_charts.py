"""The drawings that only the report of a master has: tone against its target, sections and ride, the stereo picture.

Conventions: as in `charts`, on whose frames, ticks and curves they are built. Class ``c0`` is what came in, ``c1`` what
came out, ``goal`` what was aimed at, ``band`` the tolerance around it; ``mid`` and ``side`` are the two halves of an
equalizer.

Not covered: legends and captions, which the page writes as text.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from bandmate.report.charts import (
    Frame,
    Scale,
    clock_grid,
    curve,
    drawing,
    hertz_grid,
    kind,
    level_grid,
    playhead,
    point,
    target_mark,
)
from bandmate.report.curves import Line, finite, limits, runs
from bandmate.report.data import Curve
from bandmate.report.master_data import Density, HardestMoment, LoudnessHistory, SectionRow, ToneSide
from bandmate.report.wording import gain_text, number_text

LOW_LANE = 96
REDUCTION_HEIGHT = 150
SHADES = 6
DENSITY_SIZE = 220
NOISE_FLOOR_DB = -90.0
CLOSE_MARKS = 0.035
PERCENT_PER_CHARACTER = 0.9
"""Of the width of a chart on a page that is not narrow."""


def tone_chart(side: ToneSide, words: str) -> str:
    """The spectrum before and after, the target and its tolerance shaded. Empty without a number."""
    lines = [Line("was", side.band_hz, side.was_db), Line("now", side.band_hz, side.now_db)]
    goal = Line("target", side.band_hz, side.target_db) if side.target_db else None
    levels = [y for line in [*lines, *([goal] if goal else [])] for y in line.y]
    ends = limits(levels + list(side.tolerance_high_db), step=6, deepest=66)
    frame = hertz_frame(side.band_hz, ends)
    if frame is None:
        return ""
    inside = between(frame, side.band_hz, side.tolerance_low_db, side.tolerance_high_db)
    inside += curve(goal, frame, "goal") if goal else ""
    inside += "".join(curve(line, frame, f"c{i}") for i, line in enumerate(lines) if line.y)
    return drawing(frame, level_grid(frame, "dB") + hertz_grid(frame), inside, words)


def response_chart(mid: ToneSide, side: ToneSide | None, words: str) -> str:
    """What the equalizer does to mid and to side, around 0 dB. Empty without an equalizer."""
    lines = [("mid", Line("mid", mid.response_hz, mid.response_db))]
    if side is not None:
        lines.append(("side", Line("side", side.response_hz, side.response_db)))
    numbers = finite(y for _, line in lines for y in line.y)
    if not numbers:
        return ""
    # subtle: a high-pass falls without end; 18 dB down says enough
    high = max(3.0, math.ceil(max(numbers) + 0.5))
    low = max(-18.0, min(-3.0, math.floor(min(numbers) - 0.5)))
    frame = hertz_frame([hz for _, line in lines for hz in line.x], (low, high), 160)
    if frame is None:
        return ""
    inside = "".join(curve(line, frame, css_class) for css_class, line in lines if line.y)
    return drawing(frame, level_grid(frame, "dB") + zero_line(frame) + hertz_grid(frame), inside, words)


def sections_chart(
    lines: Sequence[Line], target_lufs: float | None, sections: Sequence[SectionRow], seconds: float, words: str
) -> str:
    """Loudness over time with the song's sections behind it. Empty where no curve has a number."""
    ends = limits([y for line in lines for y in line.y] + [target_lufs], step=6, deepest=42)
    if not any(finite(line.y) for line in lines) or ends is None or seconds <= 0:
        return ""
    frame = Frame(Scale(0.0, seconds), Scale(*ends))
    marks = section_marks(sections, seconds, frame.height) + level_grid(frame, "LUFS") + clock_grid(frame, seconds)
    if target_lufs is not None:
        marks += target_mark(frame, target_lufs)
    inside = "".join(curve(line, frame, kind(i, len(lines))) for i, line in enumerate(lines))
    return drawing(frame, marks, inside + playhead(frame), words)


def ride_chart(history: LoudnessHistory, seconds: float, words: str) -> str:
    """The ride over time, around 0 dB. Empty where nothing was ridden."""
    if not history.ride_db or seconds <= 0:
        return ""
    reach = max(1.0, math.ceil(max(abs(db) for db in history.ride_db) + 0.2))
    frame = Frame(Scale(0.0, seconds), Scale(-reach, reach), LOW_LANE)
    # the ride keeps its first and last value up to the ends
    xs = (0.0, *history.ride_seconds, seconds)
    ys = (history.ride_db[0], *history.ride_db, history.ride_db[-1])
    marks = section_marks(history.sections, seconds, frame.height, is_named=False)
    marks += level_grid(frame, "dB", most=4) + zero_line(frame) + clock_grid(frame, seconds)
    return drawing(frame, marks, curve(Line("ride", xs, ys), frame, "only") + playhead(frame), words)


def limiter_chart(line: Line, hardest: Sequence[HardestMoment], seconds: float, words: str) -> str:
    """Gain reduction hanging from 0 dB, its hardest moments numbered from 1. Empty where it has no number."""
    numbers = finite(line.y)
    if not numbers or seconds <= 0:
        return ""
    deepest = min(-3.0, math.floor(min([*numbers, *(moment.reduction_db for moment in hardest)]) - 0.3))
    frame = Frame(Scale(0.0, seconds), Scale(deepest, 0.0), REDUCTION_HEIGHT)
    inside = ""
    for run in runs(line):
        points = "L".join(point(frame, x, min(y, 0.0)) for x, y in run)
        first, last = frame.across(run[0][0]), frame.across(run[-1][0])
        inside += f'<path class="area only" d="M{first:.1f} 0L{points}L{last:.1f} 0Z"/>'
    marks = level_grid(frame, "dB", most=5) + clock_grid(frame, seconds)
    return drawing(frame, marks + hardest_marks(hardest, frame), inside + playhead(frame), words)


def hardest_marks(hardest: Sequence[HardestMoment], frame: Frame) -> str:
    """A dot at each moment's depth and its number above the chart, a row higher where the last one is too near."""
    marks, row, last = "", 0, -1.0
    for number, moment in sorted(enumerate(hardest, 1), key=lambda item: item[1].seconds):
        share = min(1.0, max(0.0, frame.x.share(moment.seconds)))
        row = 1 - row if share - last < CLOSE_MARKS else 0
        last, x, depth = share, f"{share * 100:.2f}%", frame.down(moment.reduction_db)
        marks += (
            f'<line class="pin" x1="{x}" x2="{x}" y1="-3" y2="{depth:.1f}"/><circle class="dot" cx="{x}" '
            f'cy="{depth:.1f}" r="3.5"/><text class="tick pin-number" x="{x}" y="{-6 - 12 * row}">{number}</text>'
        )
    return marks


def width_chart(
    band_hz: Sequence[float], lines: Sequence[tuple[str, Curve]], mono_below_hz: float | None, words: str
) -> str:
    """Side over mid in each band; ``lines`` pairs a class with its levels. Empty without a number."""
    ends = limits([y for _, levels in lines for y in levels], step=6, deepest=54)
    frame = hertz_frame(band_hz, ends, 180)
    if frame is None:
        return ""
    marks = level_grid(frame, "dB") + hertz_grid(frame)
    if mono_below_hz is not None and frame.x.low < mono_below_hz < frame.x.high:
        share = f"{frame.x.share(mono_below_hz) * 100:.2f}%"
        marks = f'<rect class="shade" x="0" y="0" width="{share}" height="{frame.height}"/>' + marks
    inside = "".join(curve(Line(c, band_hz, levels), frame, c) for c, levels in lines if levels)
    return drawing(frame, marks, inside, words)


def correlation_chart(band_hz: Sequence[float], lines: Sequence[tuple[str, Curve]], words: str) -> str:
    """Left with right in each band, -1 to 1. Empty without a number."""
    if not finite(y for _, values in lines for y in values):
        return ""
    frame = hertz_frame(band_hz, (-1.0, 1.0), 180)
    if frame is None:
        return ""
    inside = "".join(curve(Line(c, band_hz, values), frame, c) for c, values in lines if values)
    return drawing(frame, level_grid(frame, "") + zero_line(frame) + hertz_grid(frame), inside, words)


def density_picture(density: Density, css_class: str, words: str) -> str:
    """Where the sound lies: mid upwards, left to the left; the darker the more often. Empty without a count.

    A shade is a step in the logarithm of the count, so that rare and wide moments are seen too.
    """
    most = max((count for row in density for count in row), default=0)
    if most <= 0:
        return ""
    rows, columns = len(density), len(density[0])
    shades: list[list[str]] = [[] for _ in range(SHADES)]
    for y, row in enumerate(density):
        for x, (level, length) in row_runs(row, most):
            shades[level - 1].append(f"M{x} {y}h{length}v1h-{length}z")
    paths = "".join(f'<path class="d{level}" d="{"".join(cells)}"/>' for level, cells in enumerate(shades, 1) if cells)
    return (
        f'<svg class="density {css_class}" role="img" aria-label="{escape(words)}" width="{DENSITY_SIZE}" '
        f'height="{DENSITY_SIZE}" viewBox="0 0 {columns} {rows}" preserveAspectRatio="none">'
        f'<path class="cross" d="M{columns / 2:g} 0V{rows}M0 {rows / 2:g}H{columns}M0 0L{columns} {rows}M0 {rows}'
        f'L{columns} 0"/>{paths}<text class="ear" x="1.5" y="4.5">L</text>'
        f'<text class="ear" x="{columns - 1.5:g}" y="4.5" text-anchor="end">R</text></svg>'
    )


def row_runs(row: Sequence[int], most: int) -> list[tuple[int, tuple[int, int]]]:
    """The shaded stretches of one row: where each begins, its shade (1 to SHADES) and its length."""
    found: list[tuple[int, tuple[int, int]]] = []
    x = 0
    while x < len(row):
        level, start = shade(row[x], most), x
        while x < len(row) and shade(row[x], most) == level:
            x += 1
        if level:
            found.append((start, (level, x - start)))
    return found


def shade(count: int, most: int) -> int:
    """0 for nothing, else 1 to SHADES."""
    if count <= 0:
        return 0
    share = math.log1p(count) / math.log1p(most)
    return min(SHADES, 1 + int(share * SHADES))


def noise_bars(band_hz: Sequence[float], noise_db: Curve, words: str) -> str:
    """Small bars, one for each band, standing on the floor of the axis. Empty without a number."""
    if not finite(noise_db):
        return ""
    width, height, bars = 160, 40, ""
    step = width / len(noise_db)
    for i, db in enumerate(noise_db):
        share = 0.0 if db is None or not math.isfinite(db) else min(1.0, max(0.0, 1 - db / NOISE_FLOOR_DB))
        tall = share * (height - 1)
        bars += f'<rect x="{i * step:.1f}" y="{height - tall:.1f}" width="{step * 0.72:.1f}" height="{tall:.1f}"/>'
    return (
        f'<svg class="noise" role="img" aria-label="{escape(words)}" width="{width}" height="{height}">'
        f'<path class="ends" d="M0 .5H{width}M0 {height - 0.5}H{width}"/>{bars}</svg>'
    )


def section_marks(sections: Sequence[SectionRow], seconds: float, height: int, *, is_named: bool = True) -> str:
    """Every second section shaded; names above, cut where a section is too short for its name."""
    marks = ""
    for i, section in enumerate(sections):
        start, end = (min(seconds, max(0.0, t)) / seconds * 100 for t in (section.start_seconds, section.end_seconds))
        if end <= start:
            continue
        across = f'x="{start:.2f}%" width="{end - start:.2f}%"'
        marks += f'<rect class="shade" {across} y="0" height="{height}"/>' if i % 2 == 0 else ""
        if is_named:
            marks += f'<svg {across} y="-20" height="18"><text class="tick section" x="1" y="13">'
            marks += f"{section_words(section, end - start)}</text></svg>"
    return marks


def section_words(section: SectionRow, percent: float) -> str:
    """The name and how far it was ridden: ``chorus +1.2 dB``; the name alone where only that fits into its width."""
    ride = section.ride_gain_db
    name = escape(section.name)
    if ride is None or number_text(ride) == "0.0":
        return name
    characters = len(section.name), len(f"{section.name} {gain_text(ride)}")
    if characters[0] * PERCENT_PER_CHARACTER <= percent < characters[1] * PERCENT_PER_CHARACTER:
        return name
    return f'{name} <tspan class="minor">{gain_text(ride)}</tspan>'


def hertz_frame(band_hz: Sequence[float], ends: tuple[float, float] | None, height: int = 220) -> Frame | None:
    """A frame over frequency; None where there is nothing to span."""
    bands = [hz for hz in band_hz if hz > 0]
    if ends is None or len(set(bands)) < 2:
        return None
    return Frame(Scale(min(bands), max(bands), is_log=True), Scale(*ends), height)


def between(frame: Frame, xs: Sequence[float], lows: Curve, highs: Curve) -> str:
    """The room between two curves, only where both are known."""
    if not lows or not highs:
        return ""
    pairs = zip(xs, lows, highs, strict=True)
    stretches: list[list[tuple[float, float, float]]] = [[]]
    for x, low, high in pairs:
        if low is not None and high is not None and math.isfinite(low) and math.isfinite(high):
            stretches[-1].append((x, low, high))
        elif stretches[-1]:
            stretches.append([])
    shapes = ""
    for stretch in stretches:
        tops = [point(frame, x, high) for x, _, high in stretch]
        ends = [point(frame, x, low) for x, low, _ in reversed(stretch)]
        shapes += f'<path class="band" d="M{"L".join(tops + ends)}Z"/>' if len(stretch) > 1 else ""
    return shapes


def zero_line(frame: Frame) -> str:
    y = f"{frame.down(0.0):.1f}"
    return f'<line class="zero" x1="0" x2="100%" y1="{y}" y2="{y}"/>'
