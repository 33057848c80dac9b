"""The delivery table: complete, dated, sourced; and what a wrong table answers."""

from __future__ import annotations

import datetime

import pytest

from bandmate.song.errors import RequestError, UnknownName
from bandmate.stages.master.delivery import delivery_profile, delivery_profiles, read_profiles

WANTED = (
    *("spotify", "apple-music", "apple-digital-masters", "youtube", "tidal", "amazon", "deezer", "soundcloud"),
    *("bandcamp", "cd", "vinyl", "club", "podcast", "ebu-r128", "atsc-a85"),
)
STREAMING = WANTED[:9]

ROW = """
[[profile]]
id = "here"
name = "Here"
loudness_lufs = -14.0
ceiling_dbtp = -1.0
source = "somebody"
read = 2026-11-22
official = false
"""


def test_every_destination_of_the_brief_is_there() -> None:
    assert tuple(delivery_profiles()) == WANTED


@pytest.mark.parametrize("name", WANTED)
def test_every_row_has_a_source_a_date_and_a_flag(name: str) -> None:
    profile = delivery_profile(name)
    assert profile.source and "://" not in profile.source and isinstance(profile.read, datetime.date)
    assert ("official, read 2026-11-2" in profile.origin) and ("(not official" in profile.origin) != profile.official
    if profile.playback is not None:
        assert profile.playback.source


@pytest.mark.parametrize("name", STREAMING)
def test_every_service_says_what_it_plays_and_how(name: str) -> None:
    profile = delivery_profile(name)
    assert profile.playback is not None and profile.lossy_codecs
    for codec in profile.lossy_codecs:
        assert codec.kbps and codec.rate_hz in (44_100, 48_000) and codec.label == f"{codec.codec} {codec.kbps}"


def test_opus_is_always_at_48_khz() -> None:
    codecs = [codec for profile in delivery_profiles().values() for codec in profile.codecs if codec.codec == "opus"]
    assert codecs and {codec.rate_hz for codec in codecs} == {48_000}


def test_where_sources_contradict_each_other_there_is_no_target() -> None:
    profile = delivery_profile("SoundCloud")
    assert profile.loudness_lufs is None and profile.playback is not None
    assert not profile.playback.is_known and profile.playback.normalises_to_lufs is None


def test_spotify_has_three_levels() -> None:
    playback = delivery_profile("spotify").playback
    assert playback is not None and playback.turns_up == "within headroom" and playback.headroom_dbtp == -1.0
    assert {mode.name: mode.normalises_to_lufs for mode in playback.modes} == {"loud": -11.0, "quiet": -19.0}
    assert playback.modes[0].turns_up == "always with limiter"


def test_a_master_above_the_target_needs_more_room_where_the_service_says_so() -> None:
    spotify, youtube = delivery_profile("spotify"), delivery_profile("youtube")
    assert spotify.ceiling_for_dbtp(-14.0) == spotify.ceiling_for_dbtp(None) == -1.0
    assert spotify.ceiling_for_dbtp(-9.0) == -2.0
    assert youtube.ceiling_for_dbtp(-9.0) == -1.0


def test_vinyl_has_its_side_lengths_and_its_limits() -> None:
    vinyl = delivery_profile("vinyl")
    sides = {(side.inches, side.rpm): side for side in vinyl.side_lengths}
    assert set(sides) == {(inches, rpm) for inches in (12, 10, 7) for rpm in (33, 45)}
    for inches in (12, 10, 7):
        assert sides[inches, 45].good_minutes < sides[inches, 33].good_minutes
    assert all(side.most_minutes is None or side.most_minutes > side.good_minutes for side in vinyl.side_lengths)
    assert vinyl.mono_below_hz and vinyl.highpass_hz and vinyl.lowpass_hz and vinyl.least_correlation


def test_competitive_loudness_goes_from_quieter_to_louder() -> None:
    for profile in delivery_profiles().values():
        if profile.competitive_lufs is not None:
            assert profile.competitive_lufs[0] < profile.competitive_lufs[1]
    assert delivery_profile("club").competitive_lufs == (-9.0, -6.0)


def test_names_are_found_however_they_are_written() -> None:
    assert delivery_profile("EBU R128") is delivery_profile("ebu-r128")
    with pytest.raises(UnknownName, match=r'no delivery profile named "vynil"; .*Did you mean "vinyl"'):
        delivery_profile("vynil")


def test_a_row_as_small_as_can_be() -> None:
    assert read_profiles(ROW)["here"].playback is None


PLAYBACK = 'playback = { turns_up = "never", source = "x", official = false }\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[profile", r"the delivery table is no TOML: .*; correct it there"),
        ("", r"the delivery table has no rows; each begins with \[\[profile\]\]"),
        (ROW + ROW, r'row 2 \("here"\), id: "here" is there twice; give it another'),
        (ROW.replace("ceiling_dbtp = -1.0", ""), r'row 1 \("here"\), ceiling_dbtp: it is missing; write it down'),
        (ROW.replace('id = "here"', ""), r'row 1 \("without id"\), id: it is missing'),
        (ROW + "celling = 3", r"celling: there is no such field; known are: id, name,"),
        (ROW.replace("-14.0", "14.0"), r"loudness_lufs: 14.0 LUFS is not from -40.0 to 0.0 LUFS; correct it"),
        (ROW.replace("-14.0", "nan"), r"loudness_lufs: nan LUFS is not from"),
        (ROW.replace("-14.0", '"-14"'), r"loudness_lufs: '-14' is no number; write it without quotes"),
        (ROW.replace("-1.0", "1.0"), r"ceiling_dbtp: 1.0 dBTP is not from -12.0 to 0.0 dBTP"),
        (ROW.replace("2026-11-22", '"22.11."'), r"read: '22.11.' is no date; write it as 2026-11-22, without quotes"),
        (ROW.replace("somebody", " "), r"source: it is empty; say who states these figures"),
        (ROW + 'codecs = [{ codec = "wma", kbps = 64 }]', r'codecs: "wma" is not known; known are: aac, mp3, vorbis'),
        (ROW + 'codecs = [{ codec = "aac" }]', r"codecs: aac has no bit rate; write its kbps"),
        (ROW + "codecs = [{ kbps = 64 }]", r'row 1 \("here"\) codecs 1, codec: it is missing'),
        (
            ROW + PLAYBACK.replace("never", "often"),
            r'turns_up: "often" is not known; known are: never, within headroom',
        ),
        (
            ROW + PLAYBACK.replace("never", "within headroom"),
            r'headroom_dbtp: it is missing; "within headroom" needs it',
        ),
    ],
)
def test_a_wrong_table_is_refused_by_row_and_field(text: str, message: str) -> None:
    with pytest.raises(RequestError, match=message):
        read_profiles(text)
