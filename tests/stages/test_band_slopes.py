"""The closed forms that the fit searches with: true to the filters, and with the slopes that they have."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.song.devices import Band
from bandmate.stages.master.band_slopes import levels_db
from bandmate.stages.master.sketch import points_within
from tests.stages.tone_songs import BAND_HZ, response_db

LOG_HZ = np.log(points_within(tuple(BAND_HZ.tolist()), 44_100))
KINDS = {0: "bell", -1: "low-shelf", 1: "high-shelf"}

setting = st.tuples(
    st.sampled_from([0, -1, 1]), st.floats(30.0, 15_000.0), st.floats(-12.0, 12.0), st.floats(0.35, 6.0)
)


@settings(max_examples=30, deadline=None)
@given(st.lists(setting, min_size=1, max_size=4))
def test_slopes_are_those_of_the_level(found: list[tuple[int, float, float, float]]) -> None:
    kinds = np.array([kind for kind, *_ in found])
    values = np.array([[np.log(hz), gain_db, np.log(q)] for _, hz, gain_db, q in found]).T
    _, slopes = levels_db(values, kinds, LOG_HZ)
    for n in range(values.size):
        step = np.zeros(values.size)
        step[n] = 1e-5
        up, down = (levels_db(values + sign * step.reshape(values.shape), kinds, LOG_HZ)[0] for sign in (1, -1))
        np.testing.assert_allclose(slopes[:, n], (up - down) / 2e-5, atol=1e-4)


@pytest.mark.parametrize("kind", [0, -1, 1])
@pytest.mark.parametrize("gain_db", [-9.0, 6.0])
@pytest.mark.parametrize("freq_hz", [40.0, 700.0, 5_000.0])
def test_the_real_filters_follow(kind: int, gain_db: float, freq_hz: float) -> None:
    level, _ = levels_db(np.array([[np.log(freq_hz)], [gain_db], [0.0]]), np.array([kind]), LOG_HZ)
    band = Band(id="1", kind=KINDS[kind], freq_hz=freq_hz, gain_db=gain_db, q=1.0)
    inside = BAND_HZ < 8_000.0
    np.testing.assert_allclose(level[inside], response_db([band])[inside], atol=0.2)


def test_no_bands_do_nothing() -> None:
    level, slopes = levels_db(np.empty((3, 0)), np.empty(0, np.int64), LOG_HZ)
    assert not level.any() and slopes.shape == (len(BAND_HZ), 0)
