"""Which charts a master gets, each with its title, caption, legend and words.

Conventions: charts over time span the same seconds, so that they line up. What was not measured gets no chart.
"""

from __future__ import annotations

from html import escape

from markupsafe import Markup

from bandmate.report import wording
from bandmate.report.curves import Line, finite
from bandmate.report.data import ReportData
from bandmate.report.master_charts import (
    correlation_chart,
    density_picture,
    limiter_chart,
    response_chart,
    ride_chart,
    sections_chart,
    tone_chart,
    width_chart,
)
from bandmate.report.master_data import (
    LoudnessHistory,
    MasterPart,
    MasterReport,
    StereoField,
    ToneCurves,
    ToneSide,
)
from bandmate.report.master_numbers import deepest_reduction_db
from bandmate.report.master_wording import moment_words
from bandmate.report.page import Drawing, legend, spectrum_drawing, waveform_drawing, whole

LINE, HALF_LINE, WIDE_AREA = "line wide", "line half", "area wide"
WITHIN = (("band", "tolerance"),)


def master_drawings(report: MasterReport, master: MasterPart) -> list[Drawing]:
    """Every chart of one master that has something to show."""
    pair = pair_of(report, master)
    drawings = [*tone_drawings(pair, master), loudness_drawing(pair, master), ride_drawing(pair, master)]
    drawings += [limiter_drawing(pair, master), *stereo_drawings(pair, master), waveforms(pair)]
    return [drawing for drawing in drawings if drawing.svg]


def pair_of(report: MasterReport, master: MasterPart) -> ReportData:
    """The source and one master, as the drawings of a production's report take them."""
    return ReportData(
        title=report.title,
        made_with=report.made_with,
        created_at=report.created_at,
        before=report.before,
        after=master.after,
        before_label=report.before_label,
        after_label=master.name,
        profile=master.profile,
    )


def tone_drawings(pair: ReportData, master: MasterPart) -> list[Drawing]:
    """Mid and side against the target and the equalizer; only the two spectra where there are no tone curves."""
    tone = master.tone
    if tone is None:
        plain = spectrum_drawing(pair)
        return [Drawing(LINE, plain.title, plain.caption, plain.legend, plain.svg)]
    drawings = [tone_drawing(pair, tone, tone.mid, "Mid" if tone.side else "Spectrum")]
    if tone.side:
        drawings.append(tone_drawing(pair, tone, tone.side, "Side"))
    return [*drawings, response_drawing(tone, master.name)]


def tone_drawing(pair: ReportData, tone: ToneCurves, side: ToneSide, part: str) -> Drawing:
    has_target, has_band = bool(finite(side.target_db)), bool(finite(side.tolerance_low_db))
    title = f"{part} against the target" if has_target else part
    caption = "Third-octave bands, all at the same loudness."
    goal = (("goal", tone.target_label),) if has_target else ()
    words = f"{part} of {pair.before_label} and {pair.after_label} in third octaves"
    words += f", against {tone.target_label}." if has_target else "."
    look = HALF_LINE if tone.side else LINE
    within = WITHIN if has_band else ()
    return Drawing(look, title, caption, legend(pair) + goal + within, Markup(tone_chart(side, words)))


def response_drawing(tone: ToneCurves, name: str) -> Drawing:
    numbers = finite(tone.mid.response_db) + finite(tone.side.response_db if tone.side else ())
    span = f"from {wording.gain_text(min(numbers))} to {wording.gain_text(max(numbers))}" if numbers else ""
    has_side = tone.side is not None and bool(finite(tone.side.response_db))
    parts = (("mid", "mid"), ("side", "side")) if has_side else ()
    svg = response_chart(tone.mid, tone.side, f"Response of the equalizer of {name}, {span}.")
    return Drawing(LINE, "What the equalizer does", f"Its gain at each frequency, {span}.", parts, Markup(svg))


def loudness_drawing(pair: ReportData, master: MasterPart) -> Drawing:
    lines = [
        Line(pair.before_label, pair.before.loudness_seconds, pair.before.short_term_lufs),
        Line(pair.after_label, pair.after.loudness_seconds, pair.after.short_term_lufs),
    ]
    sections = master.history.sections if master.history else ()
    target = master.profile.loudness_lufs if master.profile else None
    loudest = [wording.loudness_text(m.max_short_term_lufs) for m in (pair.before, pair.after)]
    words = f"Short-term loudness over time. Loudest 3 seconds: {loudest[0]} before, {loudest[1]} after."
    goal = () if target is None else (("goal", f"target {wording.loudness_text(target)}"),)
    svg = sections_chart(lines, target, sections, whole(pair), words)
    caption = "Short-term: each point is 3 seconds long."
    return Drawing(LINE, "Loudness over time", caption, legend(pair) + goal, Markup(svg))


def ride_drawing(pair: ReportData, master: MasterPart) -> Drawing:
    history = master.history or LoudnessHistory()
    words = "; ".join(
        f"{section.name} from {wording.clock_text(section.start_seconds)}: {wording.gain_text(section.ride_gain_db)}"
        for section in history.sections
        if section.ride_gain_db is not None
    )
    svg = ride_chart(history, whole(pair), f"Ride over time. {words}")
    return Drawing(LINE, "Ride", "Gain over the sections; the slopes are the transitions.", (), Markup(svg))


def limiter_drawing(pair: ReportData, master: MasterPart) -> Drawing:
    work = master.limiter
    line = Line("", work.history.seconds, work.history.reduction_db) if work else Line("", (), ())
    hardest = work.hardest if work else ()
    deepest = wording.level_text(deepest_reduction_db(master))
    caption = f"The deepest of each tenth of a second, at the most {deepest}."
    if work and work.active_share is not None:
        caption += f" At work {wording.share_text(work.active_share)} of the time."
    notes = tuple(moment_words(moment) for moment in hardest)
    words = f"Gain reduction of the limiter over time, at most {deepest}."
    if notes:
        words += f" Hardest: {'; '.join(notes)}."
    svg = Markup(limiter_chart(line, hardest, whole(pair), words))
    return Drawing(WIDE_AREA, "What the limiter did", caption, (), svg, notes)


def stereo_drawings(pair: ReportData, master: MasterPart) -> list[Drawing]:
    field = master.stereo
    return [] if field is None else [width_drawing(pair, field), correlation_drawing(pair, field), picture(pair, field)]


def width_drawing(pair: ReportData, field: StereoField) -> Drawing:
    has_target = bool(finite(field.target_db))
    lines = (("goal", field.target_db), ("c0", field.was_db), ("c1", field.now_db))
    caption = "Side over mid in third octaves: the higher, the wider."
    mono = field.mono_below_hz
    if mono is not None:
        caption += f" Shaded: mono below {wording.number_text(mono, 0)} Hz."
    words = f"Side over mid of {pair.before_label} and {pair.after_label} in third octaves."
    svg = width_chart(field.band_hz, [line for line in lines if line[1]], mono, words)
    goal = (("goal", "target"),) if has_target else ()
    return Drawing(HALF_LINE, "Width", caption, legend(pair) + goal, Markup(svg))


def correlation_drawing(pair: ReportData, field: StereoField) -> Drawing:
    lines = [(c, y) for c, y in (("c0", field.correlation_was), ("c1", field.correlation_now)) if y]
    caption = "Left with right: 1 is mono, 0 unrelated; what lies below 0 gets lost in mono."
    words = f"Correlation of left and right of {pair.before_label} and {pair.after_label} in third octaves."
    svg = correlation_chart(field.band_hz, lines, words)
    return Drawing(HALF_LINE, "Correlation", caption, legend(pair), Markup(svg))


def picture(pair: ReportData, field: StereoField) -> Drawing:
    """The two pictures side by side, each under its name."""
    inside = ""
    named = (("c0", pair.before_label, field.density_was), ("c1", pair.after_label, field.density_now))
    for css_class, label, density in named:
        svg = density_picture(density, css_class, f"Stereo picture of {label}.")
        inside += f'<div class="field"><p><bdi>{escape(label)}</bdi></p>{svg}</div>' if svg else ""
    caption = "Mid upwards, left to the left, each at its own level; the darker the more often."
    svg = Markup(f'<div class="fields">{inside}</div>' if inside else "")
    return Drawing("field wide", "Stereo picture", caption, (), svg)


def waveforms(pair: ReportData) -> Drawing:
    plain = waveform_drawing(pair)
    return Drawing(WIDE_AREA, plain.title, plain.caption, plain.legend, plain.svg)
