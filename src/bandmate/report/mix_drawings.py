"""Which charts the report of a mix gets, each with its title, caption, legend and words.

Conventions: charts over time span the same seconds, so that they line up. What was not measured gets no chart.
"""

from __future__ import annotations

from dataclasses import replace

from markupsafe import Markup

from bandmate.report import mix_wording, wording
from bandmate.report.curves import Line, finite
from bandmate.report.data import Measured, ReportData
from bandmate.report.master_drawings import LINE, correlation_drawing, picture, waveforms, width_drawing
from bandmate.report.mix_charts import (
    PAIR_STEPS,
    Clock,
    hidden_chart,
    history_chart,
    masking_chart,
    rides_chart,
    spectra_chart,
    steps_of,
)
from bandmate.report.mix_data import FindingRow, MaskingMap, MixReport, Spectra, TrackHistory
from bandmate.report.mix_numbers import map_numbers
from bandmate.report.page import Drawing, legend, spectrum_drawing

HEAT = "heat wide"
NAME_PERCENT = 0.8
"""Of the width of a chart, for each letter of a section's name."""

WITHOUT, WITH, AS_IT_IS = "without the moves", "with the moves", "the song as it is"
NOTHING = Measured(seconds=0.0, rate_hz=None, channels=None)


def mix_drawings(report: MixReport) -> list[Drawing]:
    """The charts of the whole mix: loudness over the sections, spectrum, stereo field, waveform."""
    pair, field = pair_of(report), report.stereo
    drawings = [loudness_drawing(report, pair), spectrum_of(pair)]
    if field:
        if is_single(report):
            field = replace(field, was_db=(), correlation_was=(), density_was=())
        drawings += [width_drawing(pair, field), correlation_drawing(pair, field), picture(pair, field)]
    shown = [drawing for drawing in (*drawings, waveforms(pair)) if drawing.svg]
    return [replace(drawing, legend=()) for drawing in shown] if is_single(report) else shown


def is_single(report: MixReport) -> bool:
    """Whether no move makes a difference, so that one curve says what two would."""
    return not report.moves_made


def track_drawings(report: MixReport) -> list[Drawing]:
    """What is hidden of each track over time, what the others take of the lead, and the faders."""
    drawings = [hidden_drawing(report), rides_drawing(report)]
    if report.lead:
        drawings.insert(1, masking_drawing(report, report.lead))
    return [drawing for drawing in drawings if drawing.svg]


def finding_drawings(report: MixReport, row: FindingRow) -> list[Drawing]:
    """The charts that the kind of a finding has."""
    drawings = [] if row.masking is None else [masking_drawing(report, row.masking)]
    drawings += [] if row.spectra is None else [spectra_drawing(report, row.spectra)]
    drawings += [] if row.history is None else [history_drawing(report, row.history)]
    return [drawing for drawing in drawings if drawing.svg]


def pair_of(report: MixReport) -> ReportData:
    """Both states of the mix, as the drawings of a production's report take them; the first empty where they agree."""
    return ReportData(
        title=report.title,
        made_with=report.made_with,
        created_at=report.created_at,
        before=NOTHING if is_single(report) else report.was.measured or NOTHING,
        after=report.now.measured or NOTHING,
        before_label=report.was.label,
        after_label=AS_IT_IS if is_single(report) else report.now.label,
    )


def seconds_of(report: MixReport) -> float:
    """What the charts over time span."""
    return max((m.seconds for m in (report.was.measured, report.now.measured) if m), default=0.0)


def clock_of(report: MixReport) -> Clock:
    """The time axis that all charts over time share; a section that is too short for its name goes without it."""
    seconds = seconds_of(report)
    sections = [
        replace(one, name=one.name if is_wide(one.end_seconds - one.start_seconds, seconds, one.name) else "")
        for one in report.sections
    ]
    return Clock(seconds, sections, report.bar_seconds)


def is_wide(stretch_seconds: float, seconds: float, name: str) -> bool:
    """Whether a name fits above its stretch on a page that is not narrow."""
    return seconds > 0 and 100 * stretch_seconds / seconds >= len(name) * NAME_PERCENT


def loudness_drawing(report: MixReport, pair: ReportData) -> Drawing:
    lines = [
        Line(label, measured.loudness_seconds, measured.short_term_lufs)
        for label, measured in ((pair.before_label, pair.before), (pair.after_label, pair.after))
    ]
    loudest = [wording.loudness_text(m.max_short_term_lufs) for m in (pair.before, pair.after)]
    said = loudest[1] if is_single(report) else f"{loudest[0]} without the moves, {loudest[1]} with them"
    words = f"Short-term loudness of the mix over time. Loudest 3 seconds: {said}."
    svg = history_chart(lines, clock_of(report), words)
    caption = "Short-term: each point is 3 seconds long."
    return Drawing(LINE, "Loudness over time", caption, legend(pair), Markup(svg))


def spectrum_of(pair: ReportData) -> Drawing:
    return replace(spectrum_drawing(pair), look=LINE)


def masking_drawing(report: MixReport, one: MaskingMap) -> Drawing:
    sums = map_numbers(one)
    shares = [wording.share_text(share) for share in (one.share_was, one.share_now)]
    where = "In the frame" if one.low_hz is not None else "On the whole"
    caption = "Share of what would be heard of it, by band and moment; the stronger the colour the more is lost."
    words = f"{mix_wording.map_title(one)}, by band and moment. Most is lost "
    if is_single(report):
        one, said = replace(one, lost_was=()), shares[1]
        words += f"here: {mix_wording.worst(sums.worst_now)}."
    else:
        said = f"{shares[0]} without the moves, {shares[1]} with them"
        words += f"without the moves: {mix_wording.worst(sums.worst_was)}; with them: "
        words += f"{mix_wording.worst(sums.worst_now)}."
    if one.share_now is not None:
        caption += f" {where} {said}."
    svg = masking_chart(one, clock_of(report), (WITHOUT, AS_IT_IS if is_single(report) else WITH), words)
    return Drawing(HEAT, mix_wording.map_title(one), caption, mix_wording.lost_legend(steps_of(one)), Markup(svg))


def hidden_drawing(report: MixReport) -> Drawing:
    words = f"What is hidden of each of {wording.counted(len(report.tracks), 'track')} over time."
    caption = "Share of a track's own bands in which it is more than 6 dB below everything else; the stronger the "
    caption += "colour the more is hidden. Empty where it rests."
    tracks = report.tracks
    if is_single(report):
        tracks = tuple(replace(row, was=replace(row.was, hidden=())) for row in tracks)
    else:
        caption += " Of each track the upper strip is without the moves, the lower one with them."
    svg = hidden_chart(tracks, clock_of(report), words)
    return Drawing(HEAT, "What is hidden, and when", caption, mix_wording.lost_legend(PAIR_STEPS), Markup(svg))


def spectra_drawing(report: MixReport, spectra: Spectra) -> Drawing:
    if is_single(report):
        spectra = replace(spectra, tracks=tuple(replace(one, was_db=()) for one in spectra.tracks))
    curves = []
    for i, one in enumerate(spectra.tracks):
        curves += [(f"t{i} was", f"{one.track}, {WITHOUT}")] if finite(one.was_db) else []
        with_moves = one.track if is_single(report) else f"{one.track}, {WITH}"
        curves += [(f"t{i} now", with_moves)] if finite(one.now_db) else []
    names = mix_wording.listed(tuple(one.track for one in spectra.tracks))
    span = mix_wording.hertz_range(spectra.low_hz, spectra.high_hz)
    bands = "Third-octave bands" if spectra.bands_an_octave == 3 else f"{spectra.bands_an_octave} bands an octave"
    caption = f"{bands}, as they leave their faders." + (f" Shaded: {span}." if span else "")
    title = f"Spectrum of {names}"
    ranges = (("range", span),) if span else ()
    return Drawing(LINE, title, caption, (*curves, *ranges), Markup(spectra_chart(spectra, f"{title}. {caption}")))


def history_drawing(report: MixReport, history: TrackHistory) -> Drawing:
    lines = [Line(WITH, history.seconds, history.now_lufs)]
    if not is_single(report):
        lines.insert(0, Line(WITHOUT, history.seconds, history.was_lufs))
    words = f"Loudness of {history.track} over time."
    svg = history_chart(lines, clock_of(report), words)
    caption = "Short-term, as it leaves the fader: each point is 3 seconds long."
    names = () if is_single(report) else (("c0", WITHOUT), ("c1", WITH))
    return Drawing(LINE, f"{history.track} over time", caption, names, Markup(svg))


def rides_drawing(report: MixReport) -> Drawing:
    """Only the tracks whose fader moves, in time or by the moves."""
    words = "Faders over time, in decibels: "
    words += "; ".join(
        f"{ride.track} {', '.join(f'{part.section} {wording.gain_text(part.now_db)}' for part in ride.parts)}".strip()
        for ride in report.rides
    )
    rides = tuple(replace(ride, was_db=()) for ride in report.rides) if is_single(report) else report.rides
    svg = rides_chart(rides, clock_of(report), words)
    caption = "Where each fader that moves stands, in dB; the others are in the table."
    names = () if is_single(report) else (("c0", WITHOUT), ("c1", WITH))
    return Drawing(LINE, "Faders over the song", caption, names, Markup(svg))
