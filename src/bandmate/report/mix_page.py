"""The report of a mix as one web page that needs nothing but itself.

It is made of the same parts as the other reports (`page`): style, policy, players, charts, moves. It works with the
script switched off, as print, in light and dark, from 390 pixels upwards. Findings stand in the order in which the
proposal has them.

Not covered: measuring and rendering; the page says what `MixReport` says.
"""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from bandmate.report import mix_wording, wording
from bandmate.report.mix_data import FindingRow, MixReport
from bandmate.report.mix_drawings import finding_drawings, mix_drawings, seconds_of, track_drawings
from bandmate.report.mix_numbers import MIX_METERS, MixMeter, MixNumbers, field_of, mix_numbers
from bandmate.report.page import OPEN_EVIDENCE_UP_TO, UNFIT, Drawing, NumberRow, asset, content_policy, templates


@dataclass(frozen=True, slots=True)
class FindingView:
    """A finding with everything that is worked out for its card."""

    row: FindingRow
    drawings: tuple[Drawing, ...]


def mix_html(report: MixReport) -> str:
    """The report as a self-contained page.

    Parameters
    ----------
    report : MixReport
        empty parts are said or left out; nothing in it is taken for markup.

    Returns
    -------
    str
        the page, ready to be written as UTF-8. Characters that a page may not hold are shown as U+FFFD.
    """
    style, script = asset("page.css") + asset("mix.css"), asset("page.js")
    sums = mix_numbers(report)
    page = (
        templates()
        .get_template("mix.html.j2")
        .render(
            data=report,
            policy=content_policy(style, script),
            style=Markup(style),
            script=Markup(script),
            sums=sums,
            numbers=number_rows(report, sums),
            views=[FindingView(row, tuple(finding_drawings(report, row))) for row in report.findings],
            tracks=track_drawings(report),
            drawings=mix_drawings(report),
            seconds=seconds_of(report),
            is_evidence_open=sums.moves <= OPEN_EVIDENCE_UP_TO,
            words=mix_wording,
        )
    )
    return UNFIT.sub("\ufffd", page)


def number_rows(report: MixReport, sums: MixNumbers) -> list[NumberRow]:
    """The mix without and with the moves; nothing where there is no sound at all."""
    if report.was.measured is None and report.now.measured is None:
        return []
    return [number_row(report, meter, sums) for meter in MIX_METERS]


def number_row(report: MixReport, meter: MixMeter, sums: MixNumbers) -> NumberRow:
    values = [field_of(state, meter.field) for state in (report.was, report.now)]
    before, after = (spoken(meter, value) for value in values)
    change = next(one.change for one in sums.changes if one.field == meter.field)
    changed = wording.with_unit(change, meter.step, meter.decimals, sign=True).strip()
    return NumberRow(meter.what, before, after, changed, is_main=meter.is_main)


def spoken(meter: MixMeter, value: float | None) -> str:
    """A number with its unit; a mix without sides is mono."""
    if meter.field == "width_db" and value is not None and wording.number_text(value) == wording.SILENCE:
        return "mono"
    return wording.with_unit(value, meter.unit, meter.decimals).strip()
