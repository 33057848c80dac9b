"""Pitch curves there and back."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bandmate.sound.pitch_curve import PitchCurve, curve_from_data


@given(st.lists(st.one_of(st.just(0.0), st.floats(20.0, 5_000.0)), max_size=40))
def test_a_curve_comes_back_to_half_a_cent(hz: list[float]) -> None:
    curve = PitchCurve(0.005, np.array(hz), np.ones(len(hz)))
    back = curve_from_data(curve.to_data(), 0.005)
    np.testing.assert_array_equal(back.voiced, curve.voiced)
    assert np.nanmax(np.abs(back.pitches - curve.pitches), initial=0.0) <= 0.0026
    assert back.to_data() == curve.to_data()


def test_moments_and_pitches_are_named() -> None:
    curve = PitchCurve(0.01, np.array([440.0, 0.0, 880.0]), np.array([1.0, 0.0, 1.0]))
    np.testing.assert_allclose(curve.seconds, [0.0, 0.01, 0.02])
    np.testing.assert_allclose(curve.pitches, [69.0, np.nan, 81.0])
