"""The drawings that only the report of a mix has: masking over time, spectra of a pair, rides, what is lost of whom.

Conventions: as in `charts`, on whose frames, ticks and curves they are built. Class ``c0`` is without the moves, ``c1``
with them; ``t0``, ``t1``, ``t2`` are the tracks of a finding. What is lost is shaded in five steps (``d1``
to ``d5``), ``d0`` is where little is lost, and what is left empty has nothing to lose.

Not covered: legends and captions, which the page writes as text.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
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
    upright,
)
from bandmate.report.curves import Line, finite, hertz_text, limits
from bandmate.report.data import Curve
from bandmate.report.master_charts import hertz_frame, section_marks
from bandmate.report.master_data import SectionRow
from bandmate.report.mix_data import FaderRide, Grid, MaskingMap, Spectra, TrackRow

Steps = tuple[float, ...]

PAIR_STEPS: Steps = (0.1, 0.25, 0.4, 0.6, 0.8)
"""From each of these shares on a cell is a shade darker: of what one track takes, and of what is hidden."""

REST_STEPS: Steps = (0.4, 0.6, 0.75, 0.9, 0.97)
"""The same for what all others take together, which is much: 75 % where they are as loud as the track itself."""

LANE, LANE_GAP = 110, 30
"""Height of a map, and room for the name above it."""

ROW, STRIP = 44, 11
"""Height of a track's row, and of one of its two strips."""

RIDE_LANE, HISTORY_HEIGHT = 58, 180
MOST_BAR_TICKS = 9
MAP_TICKS_HZ = (50, 100, 200, 500, 1000, 2000, 5000, 10000)
LEAST_TICK_GAP = 13.0


@dataclass(frozen=True, slots=True)
class Clock:
    """What the time axis of a chart has: its length, the sections, and where each bar begins if that is known."""

    seconds: float
    sections: Sequence[SectionRow] = ()
    bars: Sequence[float] = ()


def masking_chart(one: MaskingMap, time: Clock, labels: Sequence[str], words: str) -> str:
    """What is lost by band and moment, without the moves above and with them below; only one where the other is empty.
    No chart without a column."""
    columns = max((len(row) for row in one.lost_was + one.lost_now), default=0)
    if not columns or len(one.band_hz) < 2 or time.seconds <= 0:
        return ""
    lanes = [(label, grid) for label, grid in zip(labels, (one.lost_was, one.lost_now), strict=True) if grid]
    height = len(lanes) * (LANE + LANE_GAP)
    frame = Frame(Scale(0.0, time.seconds), Scale(0.0, 1.0), height)
    marks = section_marks(time.sections, time.seconds, 0) + time_grid(frame, time)
    for i, (label, grid) in enumerate(lanes):
        top = LANE_GAP + i * (LANE + LANE_GAP)
        marks += f'<text class="tick lane" x="0" y="{top - 7}">{escape(label)}</text>'
        marks += band_ticks(one.band_hz, top)
        marks += heat(grid, columns, steps_of(one), top=top, height=LANE, is_upwards=True) + place_mark(
            one, time.seconds, top
        )
    marks += section_lines(time, height) + over_all(height, time.seconds)
    return drawing(frame, marks, "", words)


def steps_of(one: MaskingMap) -> Steps:
    """How a map is shaded."""
    return PAIR_STEPS if one.masker else REST_STEPS


def history_chart(lines: Sequence[Line], time: Clock, words: str) -> str:
    """Loudness over time with the song's sections behind it. Empty where no curve has a number."""
    ends = limits([y for line in lines for y in line.y], step=6, deepest=30)
    if not any(finite(line.y) for line in lines) or ends is None or time.seconds <= 0:
        return ""
    frame = Frame(Scale(0.0, time.seconds), Scale(*ends), HISTORY_HEIGHT)
    marks = (
        section_marks(time.sections, time.seconds, frame.height) + level_grid(frame, "LUFS") + time_grid(frame, time)
    )
    inside = "".join(curve(line, frame, kind(i, len(lines))) for i, line in enumerate(lines))
    return drawing(frame, marks, inside + playhead(frame), words)


def band_ticks(band_hz: Sequence[float], top: float) -> str:
    """Frequencies beside a map, as far as there is room."""
    marks, last = "", math.inf
    for hz in MAP_TICKS_HZ:
        if not band_hz[0] <= hz <= band_hz[-1]:
            continue
        y = top + LANE * (1 - band_share(band_hz, hz))
        if last - y >= LEAST_TICK_GAP:
            marks += f'<text class="tick left" x="-8" y="{y:.1f}" dy="0.32em">{hertz_text(hz)}</text>'
            last = y
    return marks


def band_share(band_hz: Sequence[float], hz: float) -> float:
    """Where a frequency lies in a map whose bands are equally high, 0 (bottom) to 1."""
    i = min(max(bisect_right(band_hz, hz) - 1, 0), len(band_hz) - 2)
    low, high = math.log(band_hz[i]), math.log(band_hz[i + 1])
    place = i + 0.5 + (math.log(max(hz, 1e-3)) - low) / (high - low)
    return min(1.0, max(0.0, place / len(band_hz)))


def place_mark(one: MaskingMap, seconds: float, top: float) -> str:
    """A frame around what the finding is about."""
    if one.low_hz is None or one.high_hz is None:
        return ""
    start = min(max(one.start_seconds or 0.0, 0.0), seconds)
    end = min(one.end_seconds or seconds, seconds)
    above, below = (top + LANE * (1 - band_share(one.band_hz, hz)) for hz in (one.high_hz, one.low_hz))
    if end <= start or below <= above:
        return ""
    return (
        f'<rect class="place" x="{100 * start / seconds:.2f}%" width="{100 * (end - start) / seconds:.2f}%" '
        f'y="{above:.1f}" height="{below - above:.1f}"/>'
    )


def hidden_chart(tracks: Sequence[TrackRow], time: Clock, words: str) -> str:
    """What is hidden of every track over time: two strips each, without the moves and with them. Empty for no track."""
    shown = [track for track in tracks if finite(track.was.hidden + track.now.hidden)]
    columns = max((len(state.hidden) for track in shown for state in (track.was, track.now)), default=0)
    if not shown or time.seconds <= 0:
        return ""
    height = ROW * len(shown) + 4
    frame = Frame(Scale(0.0, time.seconds), Scale(0.0, 1.0), height)
    marks = section_marks(time.sections, time.seconds, 0) + time_grid(frame, time)
    for i, track in enumerate(shown):
        top = i * ROW + 17
        marks += f'<text class="tick lane" x="0" y="{top - 4}">{escape(track.name)}</text>'
        strips = [strip for strip in (track.was.hidden, track.now.hidden) if strip]
        for place, strip in enumerate(strips):
            marks += heat((strip,), columns, PAIR_STEPS, top=top + place * (STRIP + 1), height=STRIP)
    marks += section_lines(time, height) + over_all(height, time.seconds)
    return drawing(frame, marks, "", words)


def heat(grid: Grid, columns: int, steps: Steps, *, top: float, height: float, is_upwards: bool = False) -> str:
    """Cells shaded by their share; the first row is at the bottom where ``is_upwards``."""
    rows = len(grid)
    if not rows:
        return ""
    shades: list[list[str]] = [[] for _ in range(len(steps) + 1)]
    for y, row in enumerate(grid[::-1] if is_upwards else grid):
        for start, length, level in shaded_runs(row, steps):
            shades[level].append(f"M{start} {y}h{length}v1h-{length}z")
    paths = "".join(f'<path class="d{level}" d="{"".join(cells)}"/>' for level, cells in enumerate(shades) if cells)
    return (
        f'<svg x="0" y="{top:g}" width="100%" height="{height:g}" viewBox="0 0 {columns} {rows}" '
        f'preserveAspectRatio="none"><g class="cells">{paths}</g></svg>'
    )


def shaded_runs(row: Curve, steps: Steps) -> list[tuple[int, int, int]]:
    """The stretches of one row: where each begins, how long it is, its shade."""
    found: list[tuple[int, int, int]] = []
    for x, share in enumerate(row):
        level = shade_of(share, steps)
        if level is None:
            continue
        start, length, before = found[-1] if found else (-1, 0, -1)
        if before == level and start + length == x:
            found[-1] = (start, length + 1, level)
        else:
            found.append((x, 1, level))
    return found


def shade_of(share: float | None, steps: Steps) -> int | None:
    """0 to 5; None where there is no number."""
    if share is None or not math.isfinite(share):
        return None
    # subtle: as many decimals as the JSON has, so that both say the same
    return bisect_right(steps, round(share, 3))


def spectra_chart(spectra: Spectra, words: str) -> str:
    """The spectra of a finding's tracks, without and with the moves, its range shaded. Empty without a number."""
    ends = limits([y for one in spectra.tracks for y in one.was_db + one.now_db], step=6, deepest=48)
    frame = hertz_frame(spectra.band_hz, ends)
    if frame is None:
        return ""
    marks = range_mark(frame, spectra.low_hz, spectra.high_hz) + level_grid(frame, "dB") + hertz_grid(frame)
    inside = ""
    for i, one in enumerate(spectra.tracks):
        inside += curve(Line("", spectra.band_hz, one.was_db), frame, f"t{i} was") if one.was_db else ""
        inside += curve(Line("", spectra.band_hz, one.now_db), frame, f"t{i} now") if one.now_db else ""
    return drawing(frame, marks, inside, words)


def range_mark(frame: Frame, low_hz: float | None, high_hz: float | None) -> str:
    if low_hz is None or high_hz is None:
        return ""
    low, high = (min(1.0, max(0.0, frame.x.share(max(hz, 1.0)))) * 100 for hz in (low_hz, high_hz))
    if high <= low:
        return ""
    return f'<rect class="range" x="{low:.2f}%" width="{high - low:.2f}%" y="0" height="{frame.height}"/>'


def rides_chart(rides: Sequence[FaderRide], time: Clock, words: str) -> str:
    """The faders over the sections, one lane for each track, all on one scale of decibels. Empty without one."""
    if not rides or time.seconds <= 0:
        return ""
    reach, lane = max(reach_db(ride) for ride in rides), RIDE_LANE + 22
    height, across = lane * len(rides), Scale(0.0, time.seconds)
    whole = Frame(across, Scale(0.0, 1.0), height)
    marks = section_marks(time.sections, time.seconds, height) + time_grid(whole, time)
    for i, ride in enumerate(rides):
        middle = ride_middle_db(ride)
        frame = Frame(across, Scale(middle - reach, middle + reach), RIDE_LANE)
        curves = (("c0", ride.was_db), ("c1", ride.now_db))
        marks += f'<g transform="translate(0 {i * lane + 20})">'
        marks += f'<text class="tick lane" x="0" y="-5">{escape(ride.track)}</text>{level_grid(frame, "", most=4)}'
        marks += f'<svg width="100%" height="{RIDE_LANE}" viewBox="0 0 1000 {RIDE_LANE}" preserveAspectRatio="none">'
        marks += "".join(curve(Line("", ride.seconds, y), frame, c) for c, y in curves if y) + "</svg></g>"
    return drawing(whole, marks + over_all(height, time.seconds), "", words)


def reach_db(ride: FaderRide) -> float:
    """How far a ride goes to either side of its middle, at least 2 dB."""
    levels = ride.was_db + ride.now_db
    return max(2.0, math.ceil((max(levels) - min(levels)) / 2 + 0.5))


def ride_middle_db(ride: FaderRide) -> float:
    """The middle of a lane, a whole number."""
    levels = ride.was_db + ride.now_db
    return float(round((max(levels) + min(levels)) / 2))


def time_grid(frame: Frame, time: Clock) -> str:
    """Bars below where they are known, else minutes and seconds."""
    bars = time.bars
    if len(bars) < 2:
        return clock_grid(frame, time.seconds)
    step = next(s for s in (1, 2, 4, 8, 16, 32, 64, 128, 256, len(bars)) if len(bars) / s <= MOST_BAR_TICKS)
    numbers = [number for number in range(1, len(bars) + 1, step) if bars[number - 1] <= time.seconds]
    marks = "".join(upright(frame, bars[n - 1], str(n), is_minor=i % 2 == 1) for i, n in enumerate(numbers))
    return marks + f'<text class="tick unit" x="100%" y="{frame.height + 32}">bar</text>'


def section_lines(time: Clock, height: float) -> str:
    """A thin line where each section but the first begins, over whatever is drawn."""
    starts = [one.start_seconds for one in time.sections if 0 < one.start_seconds < time.seconds]
    places = [f"{100 * start / time.seconds:.2f}%" for start in starts]
    return "".join(f'<line class="begin" x1="{x}" x2="{x}" y1="0" y2="{height}"/>' for x in places)


def over_all(height: float, seconds: float) -> str:
    """The playhead of a chart of several lanes."""
    return (
        f'<svg width="100%" height="{height:g}" viewBox="0 0 1000 {height:g}" preserveAspectRatio="none">'
        f'<line class="playhead" data-seconds="{seconds:.3f}" x1="0" x2="0" y1="0" y2="{height:g}" '
        'visibility="hidden"/></svg>'
    )
