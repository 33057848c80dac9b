"""The report of a master as one web page that needs nothing but itself.

It is made of the same parts as the report of a production (`page`): style, policy, players, charts, moves, files. It
works with the script switched off, as print, in light and dark, from 390 pixels upwards. Masters are shown in the order
in which they were asked for; none is put before another.

Not covered: measuring and rendering; the page says what `MasterReport` says.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from markupsafe import Markup

from bandmate.report import master_wording, wording
from bandmate.report.data import FileRow, Measured
from bandmate.report.master_charts import noise_bars
from bandmate.report.master_data import CodecRow, MasterPart, MasterReport, StageRow, StageState
from bandmate.report.master_drawings import master_drawings
from bandmate.report.master_numbers import MasterNumbers, master_numbers
from bandmate.report.page import (
    METERS,
    OPEN_EVIDENCE_UP_TO,
    UNFIT,
    Drawing,
    Meter,
    Verdict,
    asked_for,
    asset,
    content_policy,
    format_text,
    templates,
    verdicts,
)

STATE_CLASSES: dict[StageState, str] = {
    "on": "on",
    "not needed": "idle",
    "off by request": "off",
    "not asked for": "off",
    "locked": "locked",
    "tried and dropped": "idle",
}


@dataclass(frozen=True, slots=True)
class NumberCell:
    """One master's number: as measured, against the source, and what the profile asked for."""

    master: str
    value: str
    change: str = ""
    asked: str = ""


@dataclass(frozen=True, slots=True)
class NumberLine:
    """A line of the table of numbers: the source and every master. ``is_main`` lines are printed large."""

    what: str
    before: str
    cells: tuple[NumberCell, ...]
    is_main: bool = False


@dataclass(frozen=True, slots=True)
class StageLine:
    """A stage as the table says it."""

    row: StageRow
    css_class: str
    strength: str
    target: str
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class MasterView:
    """One master with everything that is worked out for its part of the page. ``number`` counts from 1."""

    number: int
    part: MasterPart
    verdicts: tuple[Verdict, ...]
    stages: tuple[StageLine, ...]
    drawings: tuple[Drawing, ...]


def master_html(report: MasterReport) -> str:
    """The report as a self-contained page.

    Parameters
    ----------
    report : MasterReport
        empty parts are left out; nothing in it is taken for markup.

    Returns
    -------
    str
        the page, ready to be written as UTF-8. Characters that a page may not hold are shown as U+FFFD.
    """
    style, script = asset("page.css") + asset("master.css"), asset("page.js")
    moves = sum(len(master.proposal.moves) for master in report.masters if master.proposal)
    page = (
        templates()
        .get_template("master.html.j2")
        .render(
            data=report,
            policy=content_policy(style, script),
            style=Markup(style),
            script=Markup(script),
            views=[master_view(report, i, master) for i, master in enumerate(report.masters, 1)],
            numbers=number_lines(report),
            files=source_and_files(report),
            is_evidence_open=moves <= OPEN_EVIDENCE_UP_TO,
            words=master_wording,
            bars=codec_bars,
        )
    )
    return UNFIT.sub("\ufffd", page)


def master_view(report: MasterReport, number: int, master: MasterPart) -> MasterView:
    return MasterView(
        number=number,
        part=master,
        verdicts=tuple(verdicts(master.profile, master.after)),
        stages=tuple(stage_line(row) for row in master.stages),
        drawings=tuple(master_drawings(report, master)),
    )


def stage_line(row: StageRow) -> StageLine:
    goal = master_wording.figure(row.target, row.unit)
    return StageLine(
        row=row,
        css_class=STATE_CLASSES[row.state],
        strength=master_wording.percent(row.strength_percent),
        target=" ".join(word for word in (row.target_text, "" if row.target is None else goal) if word) or wording.DASH,
        was=master_wording.figure(row.was, row.unit),
        now=master_wording.figure(row.now, row.unit),
    )


def number_lines(report: MasterReport) -> list[NumberLine]:
    """The source and every master, the most asked for first. What nobody measured of the optional is left out."""
    sums = master_numbers(report)
    lines = []
    for meter in METERS:
        values = [getattr(measured, meter.field) for measured in all_measured(report)]
        if meter.is_optional and not any(value is not None for value in values):
            continue
        cells = tuple(number_cell(meter, master, said) for master, said in zip(report.masters, sums, strict=True))
        before = wording.with_unit(values[0], meter.unit, meter.decimals)
        lines.append(NumberLine(meter.what, before, cells, meter.is_main))
    b = report.before
    lengths = tuple(NumberCell(m.name, wording.clock_text(m.after.seconds)) for m in report.masters)
    formats = tuple(NumberCell(m.name, format_text(m.after)) for m in report.masters)
    lines.append(NumberLine("Length", wording.clock_text(b.seconds), lengths))
    return [*lines, NumberLine("Format", format_text(b), formats)]


def number_cell(meter: Meter, master: MasterPart, sums: MasterNumbers) -> NumberCell:
    change = next(change.change for change in sums.changes if change.field == meter.field)
    return NumberCell(
        master=master.name,
        value=wording.with_unit(getattr(master.after, meter.field), meter.unit, meter.decimals),
        change=wording.with_unit(change, meter.step, meter.decimals, sign=True),
        asked=asked_for(master.profile).get(meter.field, ""),
    )


def all_measured(report: MasterReport) -> list[Measured]:
    return [report.before, *(master.after for master in report.masters)]


def source_and_files(report: MasterReport) -> tuple[FileRow, ...]:
    """What came in, with its numbers, and what belongs to no single master."""
    source = report.source
    came_in = () if source is None else (replace(source, measured=source.measured or report.before),)
    return came_in + report.files


def codec_bars(row: CodecRow) -> Markup:
    words = f"Noise of {master_wording.codec(row)} by band, {master_wording.noise(row)}"
    return Markup(noise_bars(row.band_hz, row.noise_db, words))
