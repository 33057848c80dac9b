"""The laws of musical time."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandmate.song.errors import OutOfRange
from bandmate.song.time import BarBeat, MeterMap, MeterPoint, TempoMap, TempoPoint
from tests.songs import METERS, TEMPO

TICKS = st.integers(0, 10_000_000)


@given(TEMPO, TICKS)
def test_ticks_to_seconds_and_back_is_the_identity(tempo: TempoMap, ticks: int) -> None:
    exact = tempo.seconds_at(ticks)
    assert tempo.exact_ticks_at(exact) == ticks
    assert tempo.ticks_at(float(exact)) == ticks


@given(TEMPO, TICKS, TICKS)
def test_later_ticks_are_later_seconds(tempo: TempoMap, a: int, b: int) -> None:
    assert (a < b) == (tempo.seconds_at(a) < tempo.seconds_at(b))


@given(METERS, TICKS)
def test_bars_and_beats_there_and_back_is_the_identity(meters: MeterMap, ticks: int) -> None:
    place = meters.position_at(ticks)
    assert place.bar >= 1 and place.beat >= 1
    assert meters.ticks_at(place) == ticks


@given(METERS, st.integers(1, 500))
def test_every_bar_begins_on_its_first_beat(meters: MeterMap, bar: int) -> None:
    assert meters.position_at(meters.ticks_at_bar(bar)) == BarBeat(bar, 1, 0)


def test_tempo_changes_add_up() -> None:
    tempo = TempoMap(points=(TempoPoint(id="a", at_ticks=0, bpm=60), TempoPoint(id="b", at_ticks=1920, bpm=120)))
    assert tempo.seconds_at(1920) == 2
    assert tempo.seconds_at(2880) == Fraction(5, 2)
    assert tempo.bpm_at(1919) == 60 and tempo.bpm_at(1920) == 120
    assert tempo.frame_at(2880, 44_100) == 110_250


def test_meter_changes_move_the_bars() -> None:
    meters = MeterMap(
        points=(
            MeterPoint(id="a", at_bar=1, numerator=7, denominator=8),
            MeterPoint(id="b", at_bar=3, numerator=3, denominator=4),
        )
    )
    assert meters.ticks_at_bar(3) == 2 * 7 * 480
    assert meters.position_at(2 * 7 * 480 + 960) == BarBeat(3, 2, 0)
    assert str(meters.position_at(500)) == "1:2+20"


def test_an_empty_map_is_120_in_4_4() -> None:
    assert TempoMap().seconds_at(960) == Fraction(1, 2)
    assert MeterMap().ticks_at_bar(2) == 4 * 960


def test_bar_0_and_time_before_the_song_are_refused() -> None:
    with pytest.raises(OutOfRange, match="bar 0 does not exist; bars are counted from 1"):
        MeterMap().ticks_at_bar(0)
    with pytest.raises(OutOfRange, match="-5 ticks is before the song"):
        MeterMap().position_at(-5)
