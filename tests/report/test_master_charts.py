"""The drawings that only the report of a master has."""

from __future__ import annotations

import math
import re

import pytest

from bandmate.report.curves import Line
from bandmate.report.master_charts import (
    SHADES,
    correlation_chart,
    density_picture,
    limiter_chart,
    noise_bars,
    response_chart,
    ride_chart,
    sections_chart,
    shade,
    tone_chart,
    width_chart,
)
from bandmate.report.master_data import HardestMoment, LoudnessHistory, SectionRow, ToneSide
from tests.report.master_samples import density, history, tone_side


def painted(svg: str) -> dict[tuple[int, int], int]:
    """Which cells of a density picture are shaded, and how strongly."""
    found: dict[tuple[int, int], int] = {}
    for level, path in re.findall(r'class="d(\d)" d="([^"]*)"', svg):
        for x, y, length in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", path):
            found |= {(int(y), int(x) + i): int(level) for i in range(int(length))}
    return found


def test_a_density_shades_every_counted_cell_and_no_other() -> None:
    grid = density(0.1)
    shades = painted(density_picture(grid, "c0", "words"))
    counted = {(y, x): n for y, row in enumerate(grid) for x, n in enumerate(row) if n}
    assert shades.keys() == counted.keys()
    most = max(counted.values())
    assert all(shades[place] == shade(count, most) for place, count in counted.items())
    assert set(shades.values()) <= set(range(1, SHADES + 1))


def test_shades_rise_with_the_count() -> None:
    assert [shade(n, 1000) for n in (0, 1, 1000)] == [0, 1, SHADES]
    rising = [shade(n, 1000) for n in range(1001)]
    assert rising == sorted(rising)
    assert shade(1, 1) == SHADES


@pytest.mark.parametrize("grid", [(), ((0, 0), (0, 0))])
def test_an_empty_density_is_not_drawn(grid: tuple[tuple[int, ...], ...]) -> None:
    assert density_picture(grid, "c0", "words") == ""


def test_charts_without_a_number_are_empty() -> None:
    unknown = ToneSide(band_hz=(100.0, 200.0), was_db=(None, None), now_db=(-math.inf, math.nan))
    assert tone_chart(unknown, "") == ""
    assert tone_chart(ToneSide(), "") == ""
    assert response_chart(ToneSide(), None, "") == ""
    assert sections_chart([Line("", (), ())], -14.0, (), 10.0, "") == ""
    assert ride_chart(LoudnessHistory(), 10.0, "") == ""
    assert limiter_chart(Line("", (0.0,), (None,)), (), 10.0, "") == ""
    assert width_chart((100.0, 200.0), [("c0", (None, None))], None, "") == ""
    assert correlation_chart((), [], "") == ""
    assert noise_bars((100.0,), (None,), "") == ""


def test_the_tolerance_has_a_gap_where_it_is_unknown() -> None:
    side = ToneSide(
        band_hz=(100.0, 200.0, 400.0, 800.0, 1600.0),
        was_db=(-20.0,) * 5,
        now_db=(-21.0,) * 5,
        tolerance_low_db=(-23.0, -23.0, None, -23.0, -23.0),
        tolerance_high_db=(-17.0, -17.0, -17.0, -17.0, -17.0),
    )
    assert tone_chart(side, "").count('class="band"') == 2


def test_a_deep_high_pass_does_not_flatten_the_equalizers_chart() -> None:
    side = tone_side()
    steep = ToneSide(response_hz=side.response_hz, response_db=tuple(min(0.0, hz - 60) for hz in side.response_hz))
    labels = re.findall(r'class="tick left"[^>]*>([^<]*)<', response_chart(steep, None, ""))
    assert "−12" in labels
    assert "−24" not in labels


def test_the_ride_reaches_both_ends() -> None:
    svg = ride_chart(history(), 83.2, "")
    path = re.findall(r'class="line only" d="([^"]*)"', svg)[0]
    xs = [float(x) for x in re.findall(r"[ML](-?[\d.]+) ", path)]
    assert (xs[0], xs[-1]) == (0.0, 1000.0)


def test_pins_that_are_near_one_another_have_their_numbers_on_two_rows() -> None:
    moments = [HardestMoment(seconds=t, reduction_db=-4.0) for t in (10.0, 10.5, 50.0)]
    svg = limiter_chart(Line("", (0.0, 100.0), (-1.0, -2.0)), moments, 100.0, "")
    rows = re.findall(r'pin-number" x="[^"]*" y="(-\d+)"', svg)
    assert rows == ["-6", "-18", "-6"]
    assert "−4" in re.findall(r'class="tick left"[^>]*>([^<]*)<', svg)


def test_a_moment_beyond_the_end_stays_in_the_chart() -> None:
    svg = limiter_chart(Line("", (0.0, 9.9), (-1.0, -2.0)), [HardestMoment(seconds=10.2, reduction_db=-3.0)], 10.0, "")
    assert 'class="dot" cx="100.00%"' in svg


def test_a_section_outside_the_sound_is_left_out_and_names_are_escaped() -> None:
    line = Line("", (0.0, 10.0), (-20.0, -21.0))
    rows = (
        SectionRow(name="<b>", start_seconds=0, end_seconds=5),
        SectionRow(name="x", start_seconds=12, end_seconds=20),
    )
    svg = sections_chart([line], None, rows, 10.0, "")
    assert svg.count("tick section") == 1
    assert "&lt;b&gt;" in svg


def test_noise_bars_are_taller_the_nearer_the_noise_is_to_the_music() -> None:
    svg = noise_bars((100.0, 200.0, 400.0, 800.0), (-90.0, -45.0, 3.0, None), "words")
    heights = [float(h) for h in re.findall(r'<rect [^>]*height="([\d.]+)"', svg)]
    assert heights == [0.0, 19.5, 39.0, 0.0]
