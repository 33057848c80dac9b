"""Pictures of a master as PNG files: tone, equalizer, width, loudness, limiter, waveform.

Conventions: as in `plots`. A picture that would have nothing to show is left out.
"""

from __future__ import annotations

from bandmate.report.curves import Line, Shape, finite
from bandmate.report.master_data import LimiterWork, MasterPart, MasterReport, StereoField, ToneCurves, ToneSide
from bandmate.report.master_wording import moment_words
from bandmate.report.plots import (
    Mark,
    Tolerance,
    plot_gain_reduction,
    plot_loudness,
    plot_spectrum,
    plot_waveform,
)


def master_plots(report: MasterReport, master: MasterPart) -> dict[str, bytes]:
    """The pictures of one master.

    Returns
    -------
    dict of str to bytes
        PNG files by what they show, in this order where there is something to show: ``spectrum``, ``spectrum-side``,
        ``equalizer``, ``loudness``, ``gain-reduction``, ``width``, ``waveform``.
    """
    pictures: dict[str, bytes] = {}
    tone = master.tone or measured_tone(report, master)
    for name, part, side in (("spectrum", "Spectrum", tone.mid), ("spectrum-side", "Spectrum, side", tone.side)):
        if side and finite(side.was_db + side.now_db):
            pictures[name] = tone_picture(report, master, tone, side, part)
    if finite(tone.mid.response_db + (tone.side.response_db if tone.side else ())):
        pictures["equalizer"] = plot_spectrum(response_lines(tone), title=f"Equalizer of {master.name}")
    if finite(report.before.short_term_lufs + master.after.short_term_lufs):
        pictures["loudness"] = loudness_picture(report, master)
    if master.limiter and finite(master.limiter.history.reduction_db):
        pictures["gain-reduction"] = limiter_picture(master.limiter, master.name)
    if master.stereo and finite(master.stereo.was_db + master.stereo.now_db):
        pictures["width"] = width_picture(master.stereo, report.before_label, master.name)
    if report.before.envelope or master.after.envelope:
        pictures["waveform"] = waveform_picture(report, master)
    return pictures


def measured_tone(report: MasterReport, master: MasterPart) -> ToneCurves:
    """The mid spectra as they were measured, where nothing was aimed at. Each at its own level."""
    before, after = report.before, master.after
    levels = before.band_db if before.band_hz == after.band_hz else ()
    return ToneCurves(mid=ToneSide(band_hz=after.band_hz, was_db=levels, now_db=after.band_db))


def tone_picture(report: MasterReport, master: MasterPart, tone: ToneCurves, side: ToneSide, part: str) -> bytes:
    named = (
        (report.before_label, side.was_db),
        (master.name, side.now_db),
        (tone.target_label, side.target_db),
    )
    lines = [Line(label, side.band_hz, levels) for label, levels in named if finite(levels)]
    tolerance = None
    if side.tolerance_low_db and side.tolerance_high_db:
        tolerance = Tolerance(side.band_hz, side.tolerance_low_db, side.tolerance_high_db, "tolerance")
    return plot_spectrum(lines, tolerance, f"{part} of {master.name}")


def response_lines(tone: ToneCurves) -> list[Line]:
    sides = (("mid", tone.mid), ("side", tone.side))
    return [Line(name, s.response_hz, s.response_db) for name, s in sides if s and finite(s.response_db)]


def loudness_picture(report: MasterReport, master: MasterPart) -> bytes:
    lines = [
        Line(report.before_label, report.before.loudness_seconds, report.before.short_term_lufs),
        Line(master.name, master.after.loudness_seconds, master.after.short_term_lufs),
    ]
    sections = [Mark(s.start_seconds, s.name) for s in master.history.sections] if master.history else []
    target = master.profile.loudness_lufs if master.profile else None
    return plot_loudness(lines, target, f"Loudness of {master.name}", sections)


def limiter_picture(work: LimiterWork, name: str) -> bytes:
    line = Line("gain reduction", work.history.seconds, work.history.reduction_db)
    moments = [Mark(moment.seconds, moment_words(moment), moment.reduction_db) for moment in work.hardest]
    return plot_gain_reduction(line, f"Limiter of {name}", moments)


def width_picture(field: StereoField, before_label: str, name: str) -> bytes:
    named = ((before_label, field.was_db), (name, field.now_db), ("target", field.target_db))
    lines = [Line(label, field.band_hz, levels) for label, levels in named if finite(levels)]
    return plot_spectrum(lines, title=f"Side over mid of {name}")


def waveform_picture(report: MasterReport, master: MasterPart) -> bytes:
    named = ((report.before_label, report.before), (master.name, master.after))
    return plot_waveform([Shape(label, m.envelope, m.seconds) for label, m in named], f"Waveform of {master.name}")
