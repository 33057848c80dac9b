"""EBU Tech 3342 (2023), table 1: the loudness-range cases that can be synthesised (5 and 6 are programme material)."""

from __future__ import annotations

import pytest

from tests.conformance.test_ebu_3341 import RATES_HZ, stereo


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize(
    "case, levels_dbfs, expected_lu",
    [
        (1, [-20.0, -30.0], 10.0),
        (2, [-20.0, -15.0], 5.0),
        (3, [-40.0, -20.0], 20.0),
        (4, [-50.0, -35.0, -20.0, -35.0, -50.0], 15.0),
    ],
)
def test_loudness_range_of_a_stepped_tone(
    rate_hz: int, case: int, levels_dbfs: list[float], expected_lu: float
) -> None:
    measured = stereo(rate_hz, *[(20.0, level) for level in levels_dbfs]).range_lu
    assert measured == pytest.approx(expected_lu, abs=1.0)
    assert measured == pytest.approx(expected_lu, abs=0.1), "what good meters reach"
