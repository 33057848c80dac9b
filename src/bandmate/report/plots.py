"""Pictures of sound as PNG files: loudness over time, spectrum, waveform, gain reduction.

Conventions: 8 inches wide at 140 dots per inch, on white, in colours that colour-blind eyes tell apart, and every
curve also by its own dash. Each function gives the bytes of one file; where there is nothing to draw, the picture says
so. Letters come from matplotlib's own font and, for the scripts it lacks, from an Asian font of this machine; a
character that none of them has is drawn as a box.

matplotlib is imported when the first picture is drawn. Its settings are changed only while one is drawn, by one thread
at a time, and never for other users of it in this program.

Not covered: the drawings on the report's page (`charts`), which need no plotting library.
"""

from __future__ import annotations

import io
import math
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from bandmate.report.curves import (
    OCTAVE_TICKS_HZ,
    Line,
    Shape,
    clock_ticks,
    finite,
    hertz_text,
    limits,
    minutes_text,
    runs,
    thinned_envelope,
)
from bandmate.report.data import Curve
from bandmate.report.wording import loudness_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6d00", "#56b4e9")
DASHES: tuple[Any, ...] = ("solid", (0, (5, 2)), (0, (1, 1.4)), (0, (7, 2, 1.5, 2)))
INK, SOFT, GRID = "#1c1e22", "#5a606b", "#dedbd3"
SIZE_INCHES = (8.0, 3.4)
DOTS_PER_INCH = 140
BOX = "□"
LEGEND_COLUMNS = 3
LATIN_FONT = "DejaVu Sans"
ASIAN_FONTS = (
    "Noto Sans CJK JP",
    "Noto Sans CJK SC",
    "Noto Sans JP",
    "Noto Sans SC",
    "Source Han Sans",
    "Hiragino Sans",
    "PingFang SC",
    "Yu Gothic",
    "Microsoft YaHei",
    "Malgun Gothic",
    "WenQuanYi Micro Hei",
)
STYLE: dict[str, Any] = {
    "text.usetex": False,
    "text.parse_math": False,
    "font.size": 10.0,
    "axes.edgecolor": GRID,
    "axes.labelcolor": SOFT,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.unicode_minus": True,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.xmargin": 0.0,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "xtick.color": GRID,
    "ytick.color": GRID,
    "xtick.labelcolor": SOFT,
    "ytick.labelcolor": SOFT,
    "legend.frameon": False,
    "figure.facecolor": "#ffffff",
    "savefig.facecolor": "#ffffff",
}
ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True, slots=True)
class Tolerance:
    """A grey band behind a spectrum: from ``low_db`` to ``high_db`` at each of ``hz``; None and NaN are gaps."""

    hz: tuple[float, ...]
    low_db: Curve
    high_db: Curve
    label: str = "usual range"


@dataclass(frozen=True, slots=True)
class Mark:
    """A labelled moment, in seconds; ``level`` is where its dot lies, if it has one."""

    seconds: float
    label: str
    level: float = 0.0


def plot_loudness(
    lines: Sequence[Line],
    target_lufs: float | None = None,
    title: str = "Loudness over time",
    sections: Sequence[Mark] = (),
) -> bytes:
    """Loudness curves over time.

    Parameters
    ----------
    lines : sequence of Line
        seconds and LUFS. Gaps (None, -inf, NaN) stay gaps.
    target_lufs : float, optional
        drawn as a dotted line.
    sections : sequence of Mark, optional
        where each section of the song begins; only a mark inside the curves is drawn.

    Returns
    -------
    bytes
        a PNG file. Without a single number it says "nothing to draw".
    """

    def paint(axes: Axes) -> bool:
        ends = limits([y for line in lines for y in line.y] + [target_lufs], step=6, deepest=42)
        if ends is None or not any(finite(line.y) for line in lines):
            return False
        draw_lines(axes, lines)
        if target_lufs is not None:
            label = f"target {loudness_text(target_lufs)}"
            axes.axhline(target_lufs, color=INK, linewidth=1.2, linestyle=(0, (1, 2)), label=label)
        axes.set_ylim(*ends)
        axes.set_ylabel("LUFS")
        seconds = max(line.x[-1] for line in lines if line.x)
        clock_axis(axes, seconds)
        for mark in sections:
            if 0 <= mark.seconds < seconds:
                axes.axvline(mark.seconds, color=SOFT, linewidth=0.8)
                place = (mark.seconds, ends[0])
                axes.annotate(drawable(mark.label), place, (4, 4), textcoords="offset points", color=SOFT, fontsize=8)
        return True

    return picture(title, paint)


def plot_spectrum(lines: Sequence[Line], tolerance: Tolerance | None = None, title: str = "Spectrum") -> bytes:
    """Levels over a logarithmic frequency axis.

    Parameters
    ----------
    lines : sequence of Line
        Hz (above 0) and dB.
    tolerance : Tolerance, optional
        where the curve is expected to lie.

    Returns
    -------
    bytes
        a PNG file. Without a single number it says "nothing to draw".
    """

    def paint(axes: Axes) -> bool:
        ends = limits([y for line in lines for y in line.y], step=6, deepest=72)
        if ends is None:
            return False
        if tolerance is not None:
            lows, highs = (
                [math.nan if db is None else db for db in edge] for edge in (tolerance.low_db, tolerance.high_db)
            )
            axes.fill_between(tolerance.hz, lows, highs, color=GRID, label=drawable(tolerance.label))
        draw_lines(axes, lines)
        axes.set_xscale("log")
        axes.set_xticks(OCTAVE_TICKS_HZ, [hertz_text(hz) for hz in OCTAVE_TICKS_HZ])
        axes.minorticks_off()
        axes.set_xlim(min(x for line in lines for x in line.x), max(x for line in lines for x in line.x))
        axes.set_ylim(*ends)
        axes.set_ylabel("dB")
        axes.set_xlabel("Hz")
        return True

    return picture(title, paint)


def plot_waveform(shapes: Sequence[Shape], title: str = "Waveform") -> bytes:
    """Waveforms one below the other, on one scale; the grey lines are digital full scale.

    Parameters
    ----------
    shapes : sequence of Shape
        envelopes as in `Measured.envelope`; NaN counts as no sound.

    Returns
    -------
    bytes
        a PNG file. Without a single point it says "nothing to draw".
    """

    def paint(axes: Axes) -> bool:
        shown = [shape for shape in shapes if shape.envelope and shape.seconds > 0]
        if not shown:
            return False
        for row, shape in enumerate(shown):
            draw_shape(axes, shape, row)
        axes.set_yticks([-2.2 * row for row in range(len(shown))], [drawable(shape.label) for shape in shown])
        axes.set_ylim(-2.2 * len(shown) + 1.0, 1.15)
        axes.grid(visible=False, axis="y")
        clock_axis(axes, max(shape.seconds for shape in shown))
        return True

    return picture(title, paint)


def plot_gain_reduction(line: Line, title: str = "Gain reduction", moments: Sequence[Mark] = ()) -> bytes:
    """How far a limiter or compressor turned down, hanging from 0 dB.

    Parameters
    ----------
    line : Line
        seconds and dB (0 or less).
    moments : sequence of Mark, optional
        single moments, each a dot at its ``level`` with its label.

    Returns
    -------
    bytes
        a PNG file. Without a single number it says "nothing to draw".
    """

    def paint(axes: Axes) -> bool:
        numbers = finite(line.y)
        if not numbers:
            return False
        for run in runs(line):
            axes.fill_between([x for x, _ in run], [y for _, y in run], 0.0, color=COLOURS[0], linewidth=0.5)
        for i, mark in enumerate(moments):
            draw_moment(axes, mark, is_left=is_label_left(i, mark.seconds / (line.x[-1] or 1.0)))
        axes.set_ylim(min(-3.0, min([*numbers, *(mark.level for mark in moments)]) - 0.5), 0.0)
        axes.set_ylabel("dB")
        clock_axis(axes, line.x[-1])
        return True

    return picture(title, paint)


def is_label_left(index: int, share: float) -> bool:
    """Towards the middle near both ends; between them turn and turn about, so that neighbours stay apart."""
    return share > 0.75 or (share > 0.25 and index % 2 == 1)


def draw_moment(axes: Axes, mark: Mark, *, is_left: bool) -> None:
    axes.plot([mark.seconds], [mark.level], "o", color=INK, markersize=4)
    side, shift = ("right", (-7, -3)) if is_left else ("left", (7, -3))
    place = (mark.seconds, mark.level)
    axes.annotate(drawable(mark.label), place, shift, textcoords="offset points", ha=side, fontsize=8)


def draw_lines(axes: Axes, lines: Sequence[Line]) -> None:
    for i, line in enumerate(lines):
        colour, dash = COLOURS[i % len(COLOURS)], DASHES[i % len(DASHES)]
        label = drawable(line.label)
        for run in runs(line):
            xs, ys = zip(*run, strict=True)
            axes.plot(xs, ys, color=colour, linestyle=dash, linewidth=1.6, label=label)
            label = ""


def draw_shape(axes: Axes, shape: Shape, row: int) -> None:
    spans = thinned_envelope(shape.envelope, 1500)
    step, middle = shape.seconds / len(spans), -2.2 * row
    xs = [(i + 0.5) * step for i in range(len(spans))]
    lows, highs = ([middle + span[side] for span in spans] for side in (0, 1))
    axes.fill_between(xs, lows, highs, color=COLOURS[row % len(COLOURS)], linewidth=0.4)
    for edge in (-1.0, 1.0):
        axes.axhline(middle + edge, color=GRID, linewidth=0.8, zorder=0)


def clock_axis(axes: Axes, seconds: float) -> None:
    ticks = clock_ticks(seconds)
    axes.set_xticks(ticks, [minutes_text(tick) for tick in ticks])
    axes.set_xlim(0.0, seconds or 1.0)


def picture(title: str, paint: Callable[[Axes], bool]) -> bytes:
    """One figure, painted and written as PNG; ``paint`` says whether there was anything to draw."""
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    settings: Any = STYLE | {"font.family": list(font_families())}
    with ONE_AT_A_TIME, matplotlib.rc_context(settings):
        figure = Figure(figsize=SIZE_INCHES, dpi=DOTS_PER_INCH, layout=ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.1))
        canvas: Any = FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        if paint(axes):
            axes.set_title(drawable(title), pad=8 + 16 * add_legend(axes))
        else:
            axes.set_axis_off()
            axes.set_title(drawable(title))
            axes.text(0.5, 0.5, "nothing to draw", color=SOFT, ha="center", va="center", transform=axes.transAxes)
        file = io.BytesIO()
        canvas.print_png(file, metadata={"Software": "Bandmate"})
    return file.getvalue()


def add_legend(axes: Axes) -> int:
    """A legend above the plot, if anything has a name; how many rows it takes."""
    # subtle: matplotlib hides labels that begin with "_" unless handles and labels are given together
    named = [(artist, str(artist.get_label())) for artist in [*axes.collections, *axes.get_lines()]]
    shown = [(artist, label) for artist, label in named if label and not is_automatic(label)]
    if shown:
        handles, labels = zip(*shown, strict=True)
        axes.legend(
            handles, labels, loc="lower left", bbox_to_anchor=(-0.01, 0.99), ncols=LEGEND_COLUMNS, borderaxespad=0.0
        )
    return math.ceil(len(shown) / LEGEND_COLUMNS)


def is_automatic(label: str) -> bool:
    """The names that matplotlib gives on its own: ``_child3``, ``_nolegend_``."""
    return label == "_nolegend_" or (label.startswith("_child") and label[6:].isdigit())


@cache
def font_families() -> tuple[str, ...]:
    """matplotlib's own font, and behind it the Asian fonts that this machine has."""
    from matplotlib.font_manager import fontManager

    installed = {font.name for font in fontManager.ttflist}
    return (LATIN_FONT, *(name for name in ASIAN_FONTS if name in installed))


@cache
def drawn_characters() -> frozenset[int]:
    """Every character that one of the fonts can draw."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    paths = [findfont(FontProperties(family=[name])) for name in font_families()]
    return frozenset(code for path in paths for code in get_font(path).get_charmap())


def drawable(text: str) -> str:
    """``text`` on one line, with a box for every character that no font has."""
    known = drawn_characters()
    return "".join(c if ord(c) in known else BOX for c in " ".join(text.split()))
