"""The report as one web page that needs nothing but itself.

Style, script and sound are inside; the page's own policy forbids every request and every script or style but these two
(by their hashes). It works with the script switched off, as print, in light and dark, from 390 pixels upwards.

Not covered: measuring and rendering; the page says what `ReportData` says.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from bandmate.report import wording
from bandmate.report.charts import loudness_chart, reduction_chart, sparkline, spectrum_chart, waveform_chart
from bandmate.report.curves import Line, Shape, finite, raised
from bandmate.report.data import Measured, MoveRow, Player, Profile, ReportData, StemRow

OPEN_EVIDENCE_UP_TO = 16
ON_TARGET_WITHIN_LU = 0.1
UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
"""What a page may not hold: control characters, and the halves that stand for undecodable bytes in a file's name."""


@dataclass(frozen=True, slots=True)
class Meter:
    """How a measured field is written, and its change. ``is_main`` ones are printed large."""

    what: str
    field: str
    unit: str
    step: str
    decimals: int = 1
    is_main: bool = False
    is_optional: bool = False


METERS = (
    Meter("Loudness", "integrated_lufs", "LUFS", "LU", is_main=True),
    Meter("True peak", "true_peak_dbtp", "dBTP", "dB", 2, is_main=True),
    Meter("Loudness range", "range_lu", "LU", "LU", is_main=True),
    Meter("True peak, checked at 16x", "true_peak_16x_dbtp", "dBTP", "dB", 2, is_optional=True),
    Meter("Loudest 3 seconds", "max_short_term_lufs", "LUFS", "LU"),
    Meter("Crest", "crest_db", "dB", "dB"),
)


@dataclass(frozen=True, slots=True)
class NumberRow:
    """A line of the table of numbers. ``is_main`` lines are printed large."""

    what: str
    before: str
    after: str
    change: str = ""
    asked: str = ""
    is_main: bool = False


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart with its words. ``look`` is line or area; ``legend`` pairs a curve's class with its label; ``notes`` are
    said below the caption, numbered from 1 like the marks in the chart."""

    look: str
    title: str
    caption: str
    legend: tuple[tuple[str, str], ...]
    svg: Markup
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was asked for against what came out."""

    text: str
    is_met: bool


def report_html(data: ReportData) -> str:
    """The report as a self-contained page.

    Parameters
    ----------
    data : ReportData
        empty parts (no stems, no proposals, no players …) are said or left out; nothing in it is taken for markup.

    Returns
    -------
    str
        the page, ready to be written as UTF-8. Characters that a page may not hold are shown as U+FFFD.
    """
    style, script = asset("page.css"), asset("page.js")
    moves = [move for part in data.proposals for move in part.moves]
    page = (
        templates()
        .get_template("page.html.j2")
        .render(
            data=data,
            policy=content_policy(style, script),
            style=Markup(style),
            script=Markup(script),
            numbers=number_rows(data),
            verdicts=verdicts(data.profile, data.after),
            drawings=[drawing for drawing in drawings(data) if drawing.svg],
            tally=tally(moves),
            is_evidence_open=len(moves) <= OPEN_EVIDENCE_UP_TO,
        )
    )
    return UNFIT.sub("\ufffd", page)


@cache
def templates() -> Environment:
    """The templates that lie beside this file, with the words they use. Every text is escaped."""
    environment = Environment(
        loader=FunctionLoader(asset),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= {
        "loudness_text": wording.loudness_text,
        "peak_text": wording.peak_text,
        "span_text": wording.span_text,
        "level_text": wording.level_text,
        "gain_text": wording.gain_text,
        "share_text": wording.share_text,
        "clock_text": wording.clock_text,
        "rate_text": wording.rate_text,
        "channels_text": wording.channels_text,
        "evidence_text": wording.evidence_text,
        "evidence_unit": wording.evidence_unit,
        "counted": wording.counted,
        "data_uri": data_uri,
        "columns": wording.evidence_columns,
        "spark": stem_sparkline,
        "state_words": state_words,
        "command": split_command,
    }
    return environment


@cache
def asset(name: str) -> str:
    """A text that lies beside this file."""
    return (files("bandmate.report") / name).read_text(encoding="utf-8")


def content_policy(style: str, script: str) -> str:
    """Nothing may be loaded or sent; only this style and this script count."""
    return (
        f"default-src 'none'; style-src '{hash_source(style)}'; script-src '{hash_source(script)}'; "
        "media-src data:; img-src data:; base-uri 'none'; form-action 'none'"
    )


def hash_source(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def data_uri(player: Player) -> str:
    return f"data:{player.mime};base64,{base64.b64encode(player.data).decode()}"


def number_rows(data: ReportData) -> list[NumberRow]:
    """The before/after table, the most asked for first. The 16x check is left out where nobody made it."""
    asked = asked_for(data.profile)
    rows = []
    for meter in METERS:
        before, after = (getattr(measured, meter.field) for measured in (data.before, data.after))
        if meter.is_optional and before is None and after is None:
            continue
        row = NumberRow(
            what=meter.what,
            before=wording.with_unit(before, meter.unit, meter.decimals),
            after=wording.with_unit(after, meter.unit, meter.decimals),
            change=wording.change_text(before, after, meter.step, meter.decimals),
            asked=asked.get(meter.field, ""),
            is_main=meter.is_main,
        )
        rows.append(row)
    b, a = data.before, data.after
    rows.append(NumberRow("Length", wording.clock_text(b.seconds), wording.clock_text(a.seconds)))
    rows.append(NumberRow("Format", format_text(b), format_text(a)))
    return rows


def format_text(measured: Measured) -> str:
    return f"{wording.rate_text(measured.rate_hz)}, {wording.channels_text(measured.channels)}"


def asked_for(profile: Profile | None) -> dict[str, str]:
    """What the profile says of a measured field, in words."""
    words = {}
    if profile and profile.loudness_lufs is not None:
        words["integrated_lufs"] = wording.loudness_text(profile.loudness_lufs)
    if profile and profile.ceiling_dbtp is not None:
        words["true_peak_dbtp"] = words["true_peak_16x_dbtp"] = f"at most {wording.peak_text(profile.ceiling_dbtp)}"
    return words


def verdicts(profile: Profile | None, after: Measured) -> list[Verdict]:
    """Loudness against the target, and the highest known true peak against the ceiling."""
    found: list[Verdict] = []
    if profile is None:
        return found
    off_lu, room_db = target_distance_lu(profile, after), ceiling_room_db(profile, after)
    if off_lu is not None:
        found.append(target_verdict(off_lu))
    if room_db is not None:
        side = "under" if room_db >= 0 else "over"
        found.append(Verdict(f"{wording.with_unit(abs(room_db), 'dB', 2)} {side} the ceiling", room_db >= 0))
    return found


def target_distance_lu(profile: Profile, after: Measured) -> float | None:
    """How much louder than its target the master is; None where either is unknown."""
    target, lufs = profile.loudness_lufs, after.integrated_lufs
    return lufs - target if target is not None and lufs is not None and wording.is_number(lufs) else None


def ceiling_room_db(profile: Profile, after: Measured) -> float | None:
    """From the highest known true peak up to the ceiling; None where either is unknown."""
    peaks = finite((after.true_peak_dbtp, after.true_peak_16x_dbtp))
    return profile.ceiling_dbtp - max(peaks) if profile.ceiling_dbtp is not None and peaks else None


def target_verdict(off_lu: float) -> Verdict:
    if abs(off_lu) <= ON_TARGET_WITHIN_LU:
        return Verdict("on the loudness target", is_met=True)
    side = "louder" if off_lu > 0 else "quieter"
    return Verdict(f"{wording.with_unit(abs(off_lu), 'LU', 2)} {side} than the target", is_met=False)


def drawings(data: ReportData) -> tuple[Drawing, ...]:
    return waveform_drawing(data), loudness_drawing(data), reduction_drawing(data), spectrum_drawing(data)


def waveform_drawing(data: ReportData) -> Drawing:
    shapes = [Shape(label, m.envelope, m.seconds) for label, m in labelled(data)]
    words = f"Waveforms of {data.before_label} and {data.after_label}."
    caption = "Both on the same scale. The lines are digital full scale."
    return Drawing("area", "Waveform", caption, legend(data), Markup(waveform_chart(shapes, whole(data), words)))


def loudness_drawing(data: ReportData) -> Drawing:
    lines = [Line(label, m.loudness_seconds, m.short_term_lufs) for label, m in labelled(data)]
    target = data.profile.loudness_lufs if data.profile else None
    loudest = (wording.loudness_text(m.max_short_term_lufs) for _, m in labelled(data))
    words = "Short-term loudness over time. Loudest 3 seconds: {} before, {} after.".format(*loudest)
    svg = Markup(loudness_chart(lines, target, whole(data), words))
    goal = () if target is None else (("goal", f"target {wording.loudness_text(target)}"),)
    return Drawing("line", "Loudness over time", "Short-term: each point is 3 seconds long.", legend(data) + goal, svg)


def spectrum_drawing(data: ReportData) -> Drawing:
    """The two spectra at the same loudness, so that the change of tone is seen and not the change of level."""
    before, after = (Line(label, m.band_hz, m.band_db) for label, m in labelled(data))
    gain_db, caption = 0.0, "Third-octave bands."
    loudness = finite((data.before.integrated_lufs, data.after.integrated_lufs))
    if len(loudness) == 2:
        gain_db = loudness[1] - loudness[0]
        caption = f"Third-octave bands. The first is drawn {wording.gain_text(gain_db)}, to compare at equal loudness."
    words = f"Spectra of {data.before_label} and {data.after_label} at equal loudness."
    svg = Markup(spectrum_chart([raised(before, gain_db), after], words))
    return Drawing("line", "Spectrum", caption, legend(data), svg)


def reduction_drawing(data: ReportData) -> Drawing:
    curve = data.gain_reduction
    line = Line("gain reduction", curve.seconds, curve.reduction_db) if curve else Line("", (), ())
    deepest = wording.level_text(min(finite(line.y), default=None))
    svg = Markup(reduction_chart(line, whole(data), f"Gain reduction of the limiter over time, at most {deepest}."))
    return Drawing(
        "area",
        "What the limiter did",
        f"The mean of each 100 ms, at the most {deepest}; single moments go deeper.",
        (),
        svg,
    )


def whole(data: ReportData) -> float:
    """The seconds that every chart over time spans."""
    return max(data.before.seconds, data.after.seconds)


def labelled(data: ReportData) -> tuple[tuple[str, Measured], tuple[str, Measured]]:
    return (data.before_label, data.before), (data.after_label, data.after)


def legend(data: ReportData) -> tuple[tuple[str, str], ...]:
    return ("c0", data.before_label), ("c1", data.after_label)


def stem_sparkline(stem: StemRow) -> Markup:
    return Markup(sparkline(stem.measured.envelope, f"waveform of {stem.name}"))


def tally(moves: list[MoveRow]) -> str:
    """``11 moves: 9 accepted, 2 refused``."""
    states = [move.state for move in moves]
    parts = [f"{states.count(s)} {s}" for s in ("accepted", "open", "refused", "stale") if s in states]
    return f"{wording.counted(len(moves), 'move')}: {', '.join(parts)}" if moves else "no moves"


def state_words(move: MoveRow) -> str:
    """``accepted at 50 %``: the strength is said where it counts."""
    return f"accepted at {wording.share_text(move.strength)}" if move.state == "accepted" else move.state


def split_command(text: str) -> tuple[str, str]:
    """A command and what stands behind its ``" # "``."""
    command, _, words = text.partition(" # ")
    return command.strip(), words.strip()
