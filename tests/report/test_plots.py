"""Pictures of sound. Warnings are errors here, so a missing letter would fail."""

from __future__ import annotations

import io
import math
import subprocess
import sys

import numpy as np
import pytest
from matplotlib import image, rcParams

from bandmate.report.curves import Line, Shape
from bandmate.report.plots import (
    BOX,
    Tolerance,
    drawable,
    plot_gain_reduction,
    plot_loudness,
    plot_spectrum,
    plot_waveform,
)
from tests.report.samples import report

DATA = report()
LOUDNESS = Line("master.wav", DATA.after.loudness_seconds, DATA.after.short_term_lufs)
SPECTRUM = Line("master.wav", DATA.after.band_hz, DATA.after.band_db)


def pixels(png: bytes) -> np.ndarray:
    assert png.startswith(b"\x89PNG")
    return image.imread(io.BytesIO(png))


def has_colour(png: bytes, hex_colour: str) -> bool:
    wanted = np.array([int(hex_colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return bool((np.abs(pixels(png)[..., :3] - wanted).max(axis=2) < 0.02).any())


def test_every_picture_is_a_png_of_one_size_with_its_curve_in_it() -> None:
    dip = Line("", (0.0, 1.0, 2.0), (0.0, -3.0, None))
    band = Tolerance((20.0, 20000.0), (-60.0, -60.0), (-20.0, -20.0))
    made = (
        plot_loudness([LOUDNESS], -14.0),
        plot_spectrum([SPECTRUM], band),
        plot_waveform([Shape("drums", DATA.after.envelope, 83.2)]),
        plot_gain_reduction(dip),
    )
    assert {pixels(png).shape for png in made} == {(476, 1120, 4)}
    assert all(has_colour(png, "#0072b2") for png in made)


def test_two_curves_have_two_colours() -> None:
    png = plot_loudness([LOUDNESS, Line("mix.wav", (0.0, 10.0), (-30.0, -28.0))])
    assert has_colour(png, "#0072b2")
    assert has_colour(png, "#d55e00")


@pytest.mark.parametrize("y", [(), (None, None), (-math.inf, math.nan)])
def test_silence_gives_a_picture_that_says_there_is_nothing(y: tuple[float | None, ...]) -> None:
    line = Line("silence", tuple(float(i) for i in range(len(y))), y)
    for png in (plot_loudness([line], -14.0), plot_spectrum([line]), plot_gain_reduction(line), plot_waveform([])):
        assert not has_colour(png, "#0072b2")


def test_one_point_and_a_flat_envelope_are_drawn() -> None:
    assert has_colour(plot_loudness([Line("one", (3.0,), (-20.0,))]), "#0072b2")
    assert has_colour(plot_spectrum([Line("two", (100.0, 200.0), (-20.0, -20.0))]), "#0072b2")
    assert pixels(plot_waveform([Shape("flat", ((0.0, 0.0),), 0.001), Shape("none", (), 0.0)])).shape == (476, 1120, 4)


@pytest.mark.parametrize(
    "name", ["Жук $x$", "_hidden", "音楽 ドラム", "العود", "🎸\nsolo\t\x07", "a\udcff", "$\\frac{"]
)
def test_any_name_is_drawn_without_a_warning(name: str) -> None:
    plot_loudness([Line(name, (0.0, 1.0), (-20.0, -18.0))], title=name)
    plot_waveform([Shape(name, ((-1.0, 1.0),), 1.0)], title=name)


def test_letters_that_no_font_has_become_boxes() -> None:
    assert drawable("Жук é") == "Жук é"
    assert drawable("a\udcff b\n\x07c") == f"a{BOX} b {BOX}c"


def test_the_settings_of_matplotlib_are_as_they_were() -> None:
    before = dict(rcParams)
    plot_loudness([LOUDNESS])
    assert dict(rcParams) == before


def test_the_same_picture_gives_the_same_bytes() -> None:
    assert plot_spectrum([SPECTRUM]) == plot_spectrum([SPECTRUM])


def test_the_page_and_importing_the_pictures_need_no_plotting_library() -> None:
    program = (
        "import sys, bandmate.report.plots, bandmate.report.page, bandmate.report.record\n"
        "print(*{'matplotlib', 'numpy', 'scipy', 'numba'} & set(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == ""
