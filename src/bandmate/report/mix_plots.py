"""Pictures of a mix as PNG files: masking maps, spectra of the tracks of a finding, loudness, faders.

Conventions: as in `plots`. A picture that would have nothing to show is left out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from bandmate.report.curves import Line, finite, hertz_text
from bandmate.report.mix_charts import MAP_TICKS_HZ, band_share
from bandmate.report.mix_data import FaderRide, FindingRow, Grid, MaskingMap, MixReport, Spectra
from bandmate.report.mix_wording import hertz_range, listed, map_title
from bandmate.report.plots import INK, Mark, Tolerance, clock_axis, picture, plot_loudness, plot_spectrum

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEAST_TICK_GAP = 0.07
"""Between two ticks, as a share of the height."""

BESIDE_DB = 3.0
"""How far the ends of the axis of a spectrum lie beyond its curves."""


def mix_plots(report: MixReport) -> dict[str, bytes]:
    """The pictures of a mix.

    Returns
    -------
    dict of str to bytes
        PNG files by what they show, where there is something to show: ``finding-1-masking-without``,
        ``finding-1-masking-with``, ``finding-1-spectra`` and ``finding-1-loudness`` for each finding, then
        ``lead-without``, ``lead-with``, ``loudness``, and ``fader-1`` for each fader that moves.
    """
    pictures: dict[str, bytes] = {}
    marks = [Mark(section.start_seconds, section.name) for section in report.sections]
    for row in report.findings:
        pictures |= finding_pictures(row, marks)
    if report.lead:
        pictures |= map_pictures(report.lead, "lead")
    lines = [
        Line(state.label, state.measured.loudness_seconds, state.measured.short_term_lufs)
        for state in (report.was, report.now)
        if state.measured
    ]
    if any(finite(line.y) for line in lines):
        pictures["loudness"] = plot_loudness(lines, title="Loudness of the mix", sections=marks)
    for number, ride in enumerate(report.rides, 1):
        pictures[f"fader-{number}"] = ride_picture(ride, marks)
    return pictures


def finding_pictures(row: FindingRow, marks: list[Mark]) -> dict[str, bytes]:
    """The pictures of one finding."""
    found: dict[str, bytes] = {}
    name = f"finding-{row.number}"
    if row.masking:
        found |= map_pictures(row.masking, f"{name}-masking")
    if row.spectra and any(finite(one.was_db + one.now_db) for one in row.spectra.tracks):
        found[f"{name}-spectra"] = spectra_picture(row.spectra)
    if row.history and finite(row.history.was_lufs + row.history.now_lufs):
        one = row.history
        lines = [
            Line("without the moves", one.seconds, one.was_lufs),
            Line("with the moves", one.seconds, one.now_lufs),
        ]
        found[f"{name}-loudness"] = plot_loudness(lines, title=f"Loudness of {one.track}", sections=marks)
    return found


def map_pictures(one: MaskingMap, name: str) -> dict[str, bytes]:
    """A map without and with the moves."""
    grids = (("without", one.lost_was), ("with", one.lost_now))
    return {f"{name}-{word}": map_picture(one, grid, word) for word, grid in grids if any(finite(row) for row in grid)}


def map_picture(one: MaskingMap, grid: Grid, word: str) -> bytes:
    def paint(axes: Axes) -> bool:
        rows, columns = len(grid), len(grid[0])
        values = [[math.nan if share is None else 100 * share for share in row] for row in grid]
        seconds = columns * one.column_seconds
        edges = [i * one.column_seconds for i in range(columns + 1)], [i / rows for i in range(rows + 1)]
        mesh = axes.pcolormesh(*edges, values, cmap="Reds", vmin=0, vmax=100)
        mesh.set_label("_nolegend_")
        axes.figure.colorbar(mesh, ax=axes, label="% lost")
        ticks = map_ticks(one.band_hz)
        axes.set_yticks([band_share(one.band_hz, hz) for hz in ticks], [hertz_text(hz) for hz in ticks])
        axes.set_ylabel("Hz")
        axes.grid(visible=False)
        mark_place(axes, one, seconds)
        clock_axis(axes, seconds)
        return True

    return picture(f"{map_title(one)}, {word} the moves", paint)


def map_ticks(band_hz: Sequence[float]) -> list[int]:
    """Frequencies beside a map, as far as there is room; the higher ones first."""
    shown: list[int] = []
    for hz in reversed(MAP_TICKS_HZ):
        is_inside = band_hz[0] <= hz <= band_hz[-1]
        if is_inside and (not shown or band_share(band_hz, shown[-1]) - band_share(band_hz, hz) >= LEAST_TICK_GAP):
            shown.append(hz)
    return shown


def mark_place(axes: Axes, one: MaskingMap, seconds: float) -> None:
    """A frame around what the finding is about."""
    if one.low_hz is None or one.high_hz is None:
        return
    low, high = (band_share(one.band_hz, hz) for hz in (one.low_hz, one.high_hz))
    start, end = one.start_seconds or 0.0, min(one.end_seconds or seconds, seconds)
    axes.plot(
        [start, end, end, start, start], [low, low, high, high, low], color=INK, linewidth=1.2, label="_nolegend_"
    )


def spectra_picture(spectra: Spectra) -> bytes:
    lines = []
    for one in spectra.tracks:
        lines += [Line(f"{one.track}, without", spectra.band_hz, one.was_db)] if finite(one.was_db) else []
        lines += [Line(f"{one.track}, with", spectra.band_hz, one.now_db)] if finite(one.now_db) else []
    shaded = None
    if spectra.low_hz is not None and spectra.high_hz is not None:
        levels = finite(y for line in lines for y in line.y)
        ends = (min(levels) - BESIDE_DB,) * 2, (max(levels) + BESIDE_DB,) * 2
        shaded = Tolerance((spectra.low_hz, spectra.high_hz), *ends, hertz_range(spectra.low_hz, spectra.high_hz))
    names = listed(tuple(one.track for one in spectra.tracks))
    return plot_spectrum(lines, shaded, f"Spectrum of {names}")


def ride_picture(ride: FaderRide, marks: list[Mark]) -> bytes:
    def paint(axes: Axes) -> bool:
        axes.plot(ride.seconds, ride.was_db, label="without the moves", linestyle=(0, (5, 2)), color="#d55e00")
        axes.plot(ride.seconds, ride.now_db, label="with the moves", color="#0072b2")
        for mark in marks:
            axes.axvline(mark.seconds, color="#5a606b", linewidth=0.8)
        axes.set_ylabel("dB")
        clock_axis(axes, ride.seconds[-1])
        return True

    return picture(f"Fader of {ride.track}", paint)
