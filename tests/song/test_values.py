"""Values check themselves, and say what is wrong."""

from __future__ import annotations

import math

import pytest

from bandmate.song.clips import AudioClip
from bandmate.song.devices import (
    Band,
    Compressor,
    DeEsser,
    DynamicEqBand,
    DynamicEqualizer,
    Equalizer,
    Gate,
    Limiter,
    Saturator,
    Width,
    keys_of,
)
from bandmate.song.errors import OutOfRange, RequestError, UnknownName
from bandmate.song.notes import Note, pitch_name
from bandmate.song.song import Song, audio_hashes, check_references, length_frames, length_seconds
from bandmate.song.time import MeterPoint
from bandmate.song.tracks import Bus, Main, Send, Track
from bandmate.song.values import slug


def test_a_number_outside_its_limits_is_refused_with_the_limits() -> None:
    with pytest.raises(OutOfRange, match="pan of Track is 7; possible are -1 to 1"):
        Track(id="a", pan=7)
    with pytest.raises(OutOfRange, match="pitch of Note is 128; possible are 0 to 127"):
        Note(id="n", start_ticks=0, length_ticks=1, pitch=128)


@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf])
def test_a_fader_has_no_position_that_is_not_finite(odd: float) -> None:
    with pytest.raises(OutOfRange, match="gain_db of Track is"):
        Track(id="a", gain_db=odd)


def test_a_whole_number_given_for_a_gain_becomes_a_float() -> None:
    assert isinstance(Track(id="a", gain_db=3).gain_db, float)


def test_words_for_numbers_are_refused() -> None:
    with pytest.raises(RequestError, match="gain_db of Track must be a number, got 'loud'"):
        Track(id="a", gain_db="loud")  # type: ignore[arg-type]
    with pytest.raises(RequestError, match=r"pitch of Note must be a whole number, got 60\.5"):
        Note(id="n", start_ticks=0, length_ticks=1, pitch=60.5)  # type: ignore[arg-type]


@pytest.mark.parametrize("bad", ["", "a b", "a/b", "@order", "x" * 121])
def test_an_id_that_no_address_could_name_is_refused(bad: str) -> None:
    with pytest.raises(RequestError, match=r"id .* of Track will not do"):
        Track(id=bad)


def test_two_items_with_one_id_are_refused() -> None:
    with pytest.raises(OutOfRange, match='tracks of Song has the id "a" more than once'):
        Song(tracks=(Track(id="a"), Track(id="a")))


def test_a_meter_over_a_third_is_refused() -> None:
    with pytest.raises(OutOfRange, match="denominator of a meter is 6"):
        MeterPoint(id="m", at_bar=1, numerator=4, denominator=6)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Lead Vox (dry)", "lead-vox-dry"), ("Вокал 1", "вокал-1"), ("  ", "item"), ("a/b@c", "a-b-c"), ("x", "x-2")],
)
def test_a_name_becomes_an_id(name: str, expected: str) -> None:
    assert slug(name, {"x"}) == expected
    Track(id=expected)


def test_neutral_settings_say_so() -> None:
    bands = (Band(id="1", gain_db=-4.0), Band(id="2", kind="high-pass", freq_hz=80.0), Band(id="3", kind="notch"))
    assert all(band.is_neutral for band in Equalizer(id="e", bands=bands).neutral().bands)
    assert Compressor(id="c", ratio=4, makeup_db=3).neutral().ratio == 1.0
    assert Gate(id="g").neutral().range_db == 0.0 and DeEsser(id="d").neutral().range_db == 0.0
    assert Saturator(id="s").neutral().wet == 0.0 and Width(id="w", side=0).neutral().side == 1.0


def test_what_a_device_listens_to_is_known_once_each() -> None:
    bands = tuple(DynamicEqBand(id=str(n), key=key) for n, key in enumerate(("kick", "", "vox", "kick")))
    assert keys_of(DynamicEqualizer(id="d", bands=bands)) == ("kick", "vox")
    assert keys_of(Gate(id="g", key="snare")) == ("snare",)
    assert keys_of(Compressor(id="c")) == keys_of(DeEsser(id="d")) == ()


def test_a_neutral_limiter_keeps_its_ceiling() -> None:
    assert Limiter(id="l", gain_db=9, ceiling_dbtp=-2).neutral() == Limiter(id="l", gain_db=0, ceiling_dbtp=-2)


def test_the_length_of_a_song_is_where_its_last_clip_ends() -> None:
    clip = AudioClip(id="c", audio="0" * 64, start_seconds=1.5, source_frames=44_100, source_rate_hz=44_100)
    song = Song(rate_hz=48_000, tracks=(Track(id="a", clips=(clip,)),))
    assert length_seconds(song) == 2.5 and length_frames(song) == 120_000
    assert length_seconds(Song()) == 0 and audio_hashes(song) == ("0" * 64,)


def test_a_send_to_a_bus_that_does_not_exist_names_those_that_do() -> None:
    song = Song(tracks=(Track(id="a", sends=(Send(id="s", bus="plates"),)),), buses=(Bus(id="plate"),))
    with pytest.raises(UnknownName, match=r'no bus named "plates"; there are: main, plate\. Did you mean "plate"\?'):
        check_references(song)


def test_buses_in_a_circle_are_refused() -> None:
    song = Song(buses=(Bus(id="a", output="b"), Bus(id="b", output="a")))
    with pytest.raises(RequestError, match="buses feed each other in a circle: a → b → a; send one to main"):
        check_references(song)


def listening(*keys: tuple[str, str]) -> Song:
    """A song in which each first track listens to the second."""
    heard: dict[str, list[str]] = {}
    for track, key in keys:
        heard.setdefault(track, []).append(key)
    names = dict.fromkeys(name for pair in keys for name in pair)
    return Song(
        tracks=tuple(
            Track(id=name, inserts=tuple(Compressor(id=f"c{n}", key=key) for n, key in enumerate(heard.get(name, ()))))
            for name in names
        )
    )


def test_a_key_names_a_track_that_is_there() -> None:
    band = DynamicEqBand(id="1", key="kik")
    inserts = (DynamicEqualizer(id="dip", bands=(band,)),)
    kick = Track(id="kick")
    strips = (
        (Song(tracks=(kick, Track(id="bass", inserts=inserts))), 'track "bass"'),
        (Song(tracks=(kick,), buses=(Bus(id="room", inserts=inserts),)), 'bus "room"'),
        (Song(tracks=(kick,), main=Main(inserts=inserts)), "main"),
    )
    for song, strip in strips:
        wanted = f'no key track for "dip" on {strip} named "kik"; there are: kick'
        with pytest.raises(UnknownName, match=wanted):
            check_references(song)
    with pytest.raises(UnknownName, match='no key track for "duck" on main named "room"; there are none'):
        check_references(Song(buses=(Bus(id="room"),), main=Main(inserts=(Gate(id="duck", key="room"),))))


def test_a_track_that_listens_to_itself_is_refused() -> None:
    with pytest.raises(RequestError, match="tracks listen to themselves by their keys: a → a; leave one of these"):
        check_references(listening(("a", "a")))
    with pytest.raises(RequestError, match="tracks listen to themselves by their keys: b → c → b; leave one"):
        check_references(listening(("a", "b"), ("b", "c"), ("c", "b")))


def test_tracks_may_listen_to_each_other_as_long_as_it_ends() -> None:
    check_references(listening(("a", "b"), ("a", "c"), ("b", "c"), ("d", "c")))
    row = [(str(n), str(n + 1)) for n in range(9)]
    check_references(listening(*row[:8]))
    check_references(listening(*reversed(row[:8])))
    for order in (row, row[::-1]):
        with pytest.raises(RequestError, match=r"by their keys, more than 8 in a row: 0 → 1 .*; leave one of these"):
            check_references(listening(*order))


def test_a_track_is_found_by_id_or_by_name() -> None:
    song = Song(tracks=(Track(id="lead-vox", name="Lead Vox"), Track(id="b", name="Bass")))
    assert song.track("lead vox").id == "lead-vox" and song.track("b").name == "Bass"
    with pytest.raises(UnknownName, match=r'no track named "lead-vix".*Did you mean "lead-vox"'):
        song.track("lead-vix")


def test_middle_c_is_c4() -> None:
    assert pitch_name(60) == "C4" and pitch_name(21) == "A0"
