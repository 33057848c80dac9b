"""The pictures of a master."""

from __future__ import annotations

import io

from PIL import Image

from bandmate.report.curves import Line
from bandmate.report.master_data import MasterReport
from bandmate.report.master_plots import loudness_picture, master_plots
from bandmate.report.plots import Mark, Tolerance, is_label_left, plot_gain_reduction, plot_spectrum
from tests.report.master_samples import lone_master, master, master_report
from tests.report.samples import measured
from tests.report.test_page import silent


def test_each_master_has_its_pictures_and_equal_data_gives_equal_bytes() -> None:
    report = master_report()
    pictures = master_plots(report, report.masters[0])
    assert list(pictures) == [
        "spectrum",
        "spectrum-side",
        "equalizer",
        "loudness",
        "gain-reduction",
        "width",
        "waveform",
    ]
    assert {Image.open(io.BytesIO(png)).size for png in pictures.values()} == {(1120, 476)}
    assert len(set(pictures.values())) == len(pictures)
    again = master_report()
    assert loudness_picture(again, again.masters[0]) == pictures["loudness"]


def test_a_picture_with_nothing_to_show_is_left_out() -> None:
    plain = lone_master()
    assert list(master_plots(plain, plain.masters[0])) == ["spectrum", "loudness", "gain-reduction", "waveform"]
    quiet = master(after=silent(), tone=None, stereo=None, history=None, limiter=None)
    report = MasterReport(title="x", made_with="y", before=silent(), masters=(quiet,))
    assert list(master_plots(report, quiet)) == ["waveform"]


def test_without_tone_curves_the_measured_spectra_are_drawn() -> None:
    part = master(tone=None, stereo=None, history=None, limiter=None)
    assert "spectrum" in master_plots(MasterReport(title="x", made_with="y", before=measured(), masters=(part,)), part)


def test_a_tolerance_may_have_gaps() -> None:
    line = Line("now", (100.0, 200.0, 400.0), (-20.0, -21.0, -22.0))
    whole = plot_spectrum([line], Tolerance((100.0, 200.0, 400.0), (-24.0,) * 3, (-18.0,) * 3))
    gap = plot_spectrum([line], Tolerance((100.0, 200.0, 400.0), (-24.0, None, -24.0), (-18.0,) * 3))
    assert gap != whole


def test_marks_are_drawn_and_their_labels_stay_in_the_picture() -> None:
    line = Line("", (0.0, 10.0), (-1.0, -2.0))
    assert plot_gain_reduction(line, moments=[Mark(9.9, "4.0 dB at bar 5", -4.0)]) != plot_gain_reduction(line)
    assert [is_label_left(0, share) for share in (0.1, 0.5, 0.9)] == [False, False, True]
    assert [is_label_left(1, share) for share in (0.1, 0.5, 0.9)] == [False, True, True]
