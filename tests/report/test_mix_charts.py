"""What the drawings of a mix show: shades, places, lanes."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandmate.report.charts import Frame, Scale
from bandmate.report.mix_charts import (
    PAIR_STEPS,
    REST_STEPS,
    Clock,
    band_share,
    heat,
    hidden_chart,
    history_chart,
    masking_chart,
    place_mark,
    range_mark,
    rides_chart,
    shade_of,
    shaded_runs,
    spectra_chart,
    time_grid,
)
from tests.report.mix_samples import ERB_HZ, masking, rides, sections, spectra, tracks

SHARES = st.lists(st.one_of(st.none(), st.floats(0, 1)), min_size=1, max_size=40)


@given(SHARES)
def test_runs_cover_every_cell_that_has_a_number_once(row: list[float | None]) -> None:
    found: list[int | None] = [None] * len(row)
    for start, length, level in shaded_runs(tuple(row), PAIR_STEPS):
        for x in range(start, start + length):
            assert found[x] is None
            found[x] = level
    assert found == [shade_of(share, PAIR_STEPS) for share in row]


@given(st.floats(0, 1), st.floats(0, 1), st.sampled_from((PAIR_STEPS, REST_STEPS)))
def test_more_lost_is_never_paler(one: float, other: float, steps: tuple[float, ...]) -> None:
    less, more = (shade_of(share, steps) for share in sorted((one, other)))
    assert less is not None and more is not None and 0 <= less <= more <= 5


def test_the_shades_begin_at_their_steps() -> None:
    assert [shade_of(step, PAIR_STEPS) for step in PAIR_STEPS] == [1, 2, 3, 4, 5]
    assert shade_of(0.0994, PAIR_STEPS) == 0
    assert shade_of(None, PAIR_STEPS) is None


def test_bands_of_a_map_are_equally_high() -> None:
    shares = [band_share(ERB_HZ, hz) for hz in ERB_HZ]
    steps = {round(b - a, 9) for a, b in pairwise(shares)}
    assert steps == {round(1 / len(ERB_HZ), 9)}
    assert shares[0] == pytest.approx(0.5 / len(ERB_HZ))


def test_a_map_has_two_lanes_and_low_bands_below() -> None:
    svg = heat(((0.9, None), (None, None)), 2, PAIR_STEPS, top=0, height=10, is_upwards=True)
    assert "M0 1h1v1h-1z" in svg
    chart = masking_chart(masking(), Clock(83.2, sections()), ("a", "b"), "words")
    assert chart.count('class="cells"') == 2
    assert chart.count('class="place"') == 2
    assert masking_chart(masking(lost_was=(), lost_now=()), Clock(83.2), ("a", "b"), "") == ""
    assert masking_chart(masking(), Clock(0.0), ("a", "b"), "") == ""


def test_the_frame_lies_where_the_finding_is() -> None:
    mark = place_mark(masking(start_seconds=20.8, end_seconds=41.6), 83.2, 0.0)
    assert 'x="25.00%" width="25.00%"' in mark
    assert place_mark(masking(low_hz=None), 83.2, 0.0) == ""
    assert place_mark(masking(start_seconds=90.0, end_seconds=95.0), 83.2, 0.0) == ""


def test_bars_are_counted_from_one_and_the_clock_stands_in() -> None:
    frame = Frame(Scale(0.0, 40.0), Scale(0.0, 1.0), 100)
    assert re.findall(r">(\d+)</text>", time_grid(frame, Clock(40.0, (), tuple(2.0 * k for k in range(20))))) == [
        *("1", "5", "9", "13", "17"),
    ]
    assert ">0:10</text>" in time_grid(frame, Clock(40.0))


def test_only_tracks_that_were_heard_have_strips() -> None:
    chart = hidden_chart(tracks(), Clock(83.2), "words")
    assert re.findall(r'class="tick lane"[^>]*>([^<]+)<', chart) == ["Lead Vox", "Pad", "Kick"]
    assert chart.count('class="cells"') == 6
    assert hidden_chart((), Clock(83.2), "") == ""


def test_faders_share_one_scale() -> None:
    chart = rides_chart(rides(), Clock(83.2, sections()), "words")
    ticks = [float(t.replace("−", "-")) for t in re.findall(r'class="tick left"[^>]*>([−\d.]+)<', chart)]
    assert min(ticks) < -9 and max(ticks) >= 3
    assert rides_chart((), Clock(83.2), "") == ""


def test_the_range_of_a_finding_is_shaded() -> None:
    chart = spectra_chart(spectra(), "words")
    assert chart.index('class="range"') < chart.index('class="line t0 was"')
    frame = Frame(Scale(20.0, 20_000.0, is_log=True), Scale(-60.0, 0.0))
    assert range_mark(frame, 5.0, 10.0) == "" and range_mark(frame, None, 10.0) == ""


def test_nothing_to_draw_is_no_chart() -> None:
    assert history_chart([], Clock(10.0), "") == ""
