"""Numbers as they are read."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandmate.report import wording
from bandmate.song.evidence import Evidence


def plain(text: str) -> str:
    return text.replace(wording.NO_BREAK, " ").replace(wording.MINUS, "-")


@pytest.mark.parametrize(
    ("value", "said"),
    [(-14.04, "-14.0 LUFS"), (-0.04, "0.0 LUFS"), (0.0, "0.0 LUFS"), (None, "–"), (math.nan, "–"), (math.inf, "–")],
)
def test_loudness_has_one_decimal_and_no_negative_zero(value: float | None, said: str) -> None:
    assert plain(wording.loudness_text(value)) == said


def test_minus_infinity_is_the_word_silence() -> None:
    assert wording.peak_text(-math.inf) == "silence"
    assert wording.evidence_text(-math.inf, "dB") == "silence"


def test_a_true_peak_never_rounds_up_to_a_ceiling_it_is_over() -> None:
    assert plain(wording.peak_text(-0.96)) == "-0.96 dBTP"


@given(st.floats(-150, 150))
def test_what_is_written_is_the_number_within_half_a_step(value: float) -> None:
    assert float(plain(wording.number_text(value))) == pytest.approx(value, abs=0.05001)
    assert float(plain(wording.number_text(value, 2, sign=True))) == pytest.approx(value, abs=0.005001)


def test_a_change_has_its_sign_and_is_a_dash_where_either_side_is_missing() -> None:
    assert plain(wording.change_text(-23.34, -14.04, "LU")) == "+9.3 LU"
    assert wording.change_text(None, -14.0, "LU") == "–"
    assert wording.change_text(-math.inf, -14.0, "LU") == "–"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.0, "0:00.0"), (83.24, "1:23.2"), (59.97, "1:00.0"), (3723.0, "1:02:03.0"), (math.nan, "–"), (None, "–")],
)
def test_time_is_minutes_seconds_and_tenths(seconds: float | None, said: str) -> None:
    assert wording.clock_text(seconds) == said


def test_rates_and_channels_are_in_studio_words() -> None:
    assert [plain(wording.rate_text(hz)) for hz in (44100, 48000, 88200, 192000)] == [
        "44.1 kHz",
        "48 kHz",
        "88.2 kHz",
        "192 kHz",
    ]
    assert [wording.channels_text(n) for n in (1, 2, 6)] == ["mono", "stereo", "6 channels"]


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (0.41, "share", "41"),
        (0.004, "share", "0.4"),
        (0.0, "share", "0"),
        (-14.0, "LUFS", "-14.00"),
        (2840.4, "Hz", "2840"),
        (0.5, "ms", "0.5"),
        (12.0, "", "12"),
        (100.0, "Hz", "100"),
        (None, "dB", "–"),
    ],
)
def test_evidence_is_as_exact_as_its_unit_means(value: float | None, unit: str, said: str) -> None:
    assert plain(wording.evidence_text(value, unit)) == said


def test_only_the_columns_that_a_fact_fills_are_shown() -> None:
    facts = (Evidence(what="a", unit="dB", before=0.0), Evidence(what="b", unit="dB", target=1.0))
    assert wording.evidence_columns(facts) == ("before", "target")
    assert wording.evidence_columns(()) == ()
