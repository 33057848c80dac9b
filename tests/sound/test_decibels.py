from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandmate.sound.decibels import compile_kernels, to_decibels, to_gains


def decibels_of(levels: np.ndarray) -> np.ndarray:
    found, spare = np.empty_like(levels), np.empty_like(levels)
    to_decibels(levels, found, spare)
    return found


def gains_of(reductions: np.ndarray) -> np.ndarray:
    gains = reductions.copy()
    to_gains(gains, np.empty_like(gains))
    return gains


@given(st.lists(st.floats(1e-12, 1e6), min_size=1, max_size=50))
def test_levels_are_those_of_a_logarithm(levels: list[float]) -> None:
    assert decibels_of(np.array(levels)) == pytest.approx(20.0 * np.log10(levels), abs=1e-9)


@given(st.lists(st.floats(0.0, 300.0), min_size=1, max_size=50))
def test_gains_are_those_of_a_power(reductions: list[float]) -> None:
    assert gains_of(np.array(reductions)) == pytest.approx(10.0 ** (np.array(reductions) / -20.0), rel=1e-10)


def test_nothing_turned_down_is_exactly_one_and_nothing_at_all_is_far_down() -> None:
    assert gains_of(np.zeros(3)).tolist() == [1.0] * 3
    assert decibels_of(np.array([0.0, 5e-324]))[0] < -6_000.0
    assert decibels_of(np.array([1.0]))[0] == 0.0
    assert 0.0 <= gains_of(np.array([1e9]))[0] < 1e-290


def test_neighbours_do_not_matter() -> None:
    levels = np.geomspace(1e-6, 10.0, 1_001)
    assert np.array_equal(decibels_of(levels)[3:8], decibels_of(levels[3:8].copy()))
    assert np.array_equal(gains_of(levels)[3:8], gains_of(levels[3:8].copy()))


def test_compiling_is_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    compile_kernels()
    assert capsys.readouterr() == ("", "")
