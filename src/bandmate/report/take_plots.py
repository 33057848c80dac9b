"""Pictures of takes as PNG files: the pitch curve with its notes before and after, spectrograms of a repair.

Conventions: as in ``plots``. A pitch is a MIDI note number with fractions; gaps are None. A spectrogram is a grid of
levels in dB of full scale, row by row from low to high frequencies, drawn from -100 to -10.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bandmate.report.curves import hertz_text
from bandmate.report.plots import COLOURS, GRID, SOFT, clock_axis, picture
from bandmate.song.notes import pitch_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEVELS_DB = (-100.0, -10.0)
TICKS_HZ = (50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000)
MOST_LABELS = 14
BESIDE = 2
"""Semitones above and below the notes; slips of a tracker far off are not drawn."""


@dataclass(frozen=True, slots=True)
class DrawnNote:
    """A note: where it sounds, where it was sung and where it is to go."""

    start_seconds: float
    end_seconds: float
    sung_pitch: float
    target_pitch: float
    is_touched: bool


@dataclass(frozen=True, slots=True)
class Spectrogram:
    """Levels in dB, one row for each of ``hz``, one column for each of ``seconds``."""

    title: str
    seconds: tuple[float, ...]
    hz: tuple[float, ...]
    level_db: tuple[tuple[float, ...], ...]


def plot_pitch(
    seconds: Sequence[float],
    before: Sequence[float | None],
    after: Sequence[float | None],
    notes: Sequence[DrawnNote],
    title: str = "Pitch, before and after",
) -> bytes:
    """The sung curve, the tuned one, and where each touched note is to be."""

    def paint(axes: Axes) -> bool:
        sung = [pitch for pitch in before if pitch is not None]
        if not sung or not seconds:
            return False
        heard = [pitch for note in notes for pitch in (note.sung_pitch, note.target_pitch)] or sung
        low, high = int(min(heard)) - BESIDE, int(max(heard)) + 1 + BESIDE
        for note in notes:
            colour = COLOURS[2] if note.is_touched else GRID
            axes.hlines(note.target_pitch, note.start_seconds, note.end_seconds, color=colour, linewidth=5, alpha=0.45)
        for curve, colour, label in ((before, COLOURS[1], "as sung"), (after, COLOURS[0], "tuned")):
            values = [float("nan") if pitch is None else pitch for pitch in curve]
            axes.plot(seconds[: len(values)], values, color=colour, linewidth=1.0, label=label)
        step = max(1, -(-(high - low) // MOST_LABELS))
        ticks = list(range(low, high + 1, step))
        axes.set_yticks(ticks, [pitch_name(tick) for tick in ticks])
        axes.set_ylim(low, high)
        clock_axis(axes, seconds[-1])
        axes.set_xlim(seconds[0], seconds[-1])
        return True

    return picture(title, paint)


def plot_spectrogram(one: Spectrogram) -> bytes:
    """Levels over time and frequency."""

    def paint(axes: Axes) -> bool:
        if not one.seconds or not one.hz:
            return False
        mesh = axes.pcolormesh(
            one.seconds, one.hz, one.level_db, cmap="magma", vmin=LEVELS_DB[0], vmax=LEVELS_DB[1], shading="nearest"
        )
        mesh.set_label("_nolegend_")
        axes.figure.colorbar(mesh, ax=axes, label="dB")
        axes.set_yscale("log")
        ticks = [hz for hz in TICKS_HZ if one.hz[0] <= hz <= one.hz[-1]]
        axes.set_yticks(ticks, [hertz_text(hz) for hz in ticks])
        axes.minorticks_off()
        axes.set_ylabel("Hz", color=SOFT)
        axes.grid(visible=False)
        clock_axis(axes, one.seconds[-1])
        return True

    return picture(one.title, paint)
