"""What a drawing keeps of a curve."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from bandmate.report.curves import Line, clock_ticks, level_ticks, limits, raised, runs, thinned_envelope


def test_gaps_break_a_curve_into_runs() -> None:
    line = Line("x", range(7), (None, 1.0, 2.0, -math.inf, math.nan, 3.0, math.inf))
    assert runs(line) == [[(1, 1.0), (2, 2.0)], [(5, 3.0)]]


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=6000))
def test_thinning_keeps_the_extremes_and_the_order(values: list[float]) -> None:
    (run,) = runs(Line("x", range(len(values)), tuple(values)), most=100)
    kept = [y for _, y in run]
    assert (min(kept), max(kept)) == (min(values), max(values))
    assert [x for x, _ in run] == sorted(x for x, _ in run)
    assert len(run) <= max(110, min(len(values), 110))


@given(st.lists(st.tuples(st.floats(-2, 0), st.floats(0, 2)), max_size=3000), st.integers(1, 300))
def test_a_thinned_envelope_keeps_its_extremes(spans: list[tuple[float, float]], columns: int) -> None:
    thin = thinned_envelope(tuple(spans), columns)
    assert len(thin) <= columns
    assert max((h for _, h in thin), default=0) == max((h for _, h in spans), default=0)
    assert min((low for low, _ in thin), default=0) == min((low for low, _ in spans), default=0)


def test_not_a_number_in_an_envelope_is_no_sound() -> None:
    assert thinned_envelope(((math.nan, math.inf), (-0.5, 0.5)), 1) == ((-0.5, 0.5),)


@given(st.lists(st.one_of(st.none(), st.floats(-200, 20)), max_size=50))
def test_limits_hold_the_loudest_value_and_are_not_too_far_apart(values: list[float | None]) -> None:
    ends = limits(values, step=6, deepest=42)
    numbers = [v for v in values if v is not None]
    if not numbers:
        assert ends is None
        return
    assert ends is not None
    low, high = ends
    assert low < high
    assert high >= max(numbers)
    assert high - low <= 48
    assert low <= max(min(numbers), high - 42)
    assert 2 <= len(level_ticks(low, high)) <= 9


@given(st.floats(0.1, 20_000))
def test_a_time_axis_has_round_ticks_and_not_too_many(seconds: float) -> None:
    ticks = clock_ticks(seconds)
    assert ticks[0] == 0
    assert ticks[-1] <= seconds
    assert len(ticks) <= 10


def test_raising_a_curve_leaves_its_gaps() -> None:
    assert raised(Line("x", (1, 2), (None, -3.0)), 2.0).y == (None, -1.0)
