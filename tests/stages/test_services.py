"""What services do to a master: down, up, up in part, limited, not at all, and what clips."""

from __future__ import annotations

import math
import re
from dataclasses import fields

import pytest

from bandmate.stages.master.delivery import delivery_profile, delivery_profiles
from bandmate.stages.master.services import MasterFigures, OnService, ServiceRow, on_services

DYNAMIC = MasterFigures(name="dynamic", integrated_lufs=-18.0, true_peak_dbtp=-3.0, decoded_dbtp={"aac 256": -2.8})
COMPETITIVE = MasterFigures(
    name="competitive",
    integrated_lufs=-9.0,
    true_peak_dbtp=-1.0,
    decoded_dbtp={"vorbis 160": -0.4, "vorbis 320": -0.8, "aac 128": 0.4, "opus 128": 0.2},
)


def row(name: str, *masters: MasterFigures, mode: str = "normal") -> ServiceRow:
    rows = on_services(masters, profiles=[delivery_profile(name)], every_mode=True)
    return next(row for row in rows if row.mode == mode)


def one(name: str, master: MasterFigures, mode: str = "normal") -> OnService:
    return row(name, master, mode=mode).masters[0]


def test_a_loud_master_is_turned_down() -> None:
    found = one("spotify", COMPETITIVE)
    assert found.change == "turned down" and found.gain_db == pytest.approx(-5.0)
    assert found.loudness_lufs == pytest.approx(-14.0) and found.short_by_lu == 0.0
    assert found.codec == "aac 128" and found.true_peak_dbtp == pytest.approx(-4.6)
    assert found.headroom_db == pytest.approx(4.6) and not found.clips and found.clips_before_gain


def test_a_quiet_master_is_turned_up_within_its_headroom() -> None:
    found = one("spotify", DYNAMIC)
    assert found.change == "turned up in part" and found.gain_db == pytest.approx(2.0)
    assert found.loudness_lufs == pytest.approx(-16.0) and found.short_by_lu == pytest.approx(2.0)
    assert one("apple-music", DYNAMIC).change == "turned up"


def test_the_example_that_spotify_gives() -> None:
    found = one("spotify", MasterFigures(name="example", integrated_lufs=-20.0, true_peak_dbtp=-5.0))
    assert found.gain_db == pytest.approx(4.0) and found.loudness_lufs == pytest.approx(-16.0)


def test_a_quiet_master_without_headroom_stays() -> None:
    found = one("spotify", MasterFigures(name="peaky", integrated_lufs=-18.0, true_peak_dbtp=-0.5))
    assert found.change == "as it is" and found.gain_db == 0.0 and found.short_by_lu == pytest.approx(4.0)


def test_a_service_that_never_turns_up_leaves_it() -> None:
    found = one("youtube", DYNAMIC)
    assert found.change == "as it is" and found.gain_db == 0.0 and found.short_by_lu == pytest.approx(4.0)
    assert found.sentence == (
        "YouTube leaves it at -18.0 LUFS, 4.0 LU below the others; with no codec measured its peak is -3.0 dBTP."
    )


def test_the_loud_setting_limits() -> None:
    found = one("spotify", DYNAMIC, "loud")
    assert found.change == "limited" and found.gain_db == pytest.approx(7.0) and found.limited_db == pytest.approx(5.2)
    assert found.true_peak_dbtp == pytest.approx(-1.0)
    assert one("spotify", DYNAMIC, "quiet").change == "turned down"


def test_an_album_is_turned_as_one_where_the_service_does_so() -> None:
    ballad = MasterFigures(
        name="ballad", integrated_lufs=-16.0, true_peak_dbtp=-2.0, album_lufs=-10.0, album_peak_dbtp=-1.0
    )
    spotify, youtube = one("spotify", ballad), one("youtube", ballad)
    assert spotify.gain_db == pytest.approx(-4.0) and spotify.loudness_lufs == pytest.approx(-20.0)
    assert youtube.gain_db == 0.0 and youtube.measured_lufs == -16.0


def test_where_sources_contradict_each_other_nothing_is_computed() -> None:
    found = one("soundcloud", COMPETITIVE)
    assert found.change == "unknown" and found.gain_db is None and found.loudness_lufs is None
    assert found.decoded_dbtp == 0.4 or found.codec is None
    assert "sources contradict each other" in found.sentence


def test_a_service_that_leaves_levels_alone_clips_where_the_codec_does() -> None:
    hot = MasterFigures(name="hot", integrated_lufs=-8.0, true_peak_dbtp=-0.2, decoded_dbtp={"mp3 128": 0.6})
    found = one("bandcamp", hot)
    assert found.change == "as it is" and found.target_lufs is None and found.clips and found.headroom_db == -0.6
    assert found.sentence == "Bandcamp leaves it at -8.0 LUFS; after mp3 128 its peak of +0.6 dBTP clips."


def test_silence_has_nothing_to_turn() -> None:
    for row in on_services([MasterFigures(name="silence", integrated_lufs=None, true_peak_dbtp=-math.inf)]):
        found = row.masters[0]
        assert found.gain_db in (0.0, None) and not found.clips and "it has no peak" in found.sentence


def test_two_masters_stand_side_by_side_on_every_service() -> None:
    rows = on_services([DYNAMIC, COMPETITIVE])
    wanted = [profile.id for profile in delivery_profiles().values() if profile.playback is not None]
    assert [row.id for row in rows] == wanted and len(wanted) == 9
    for row in rows:
        assert [column.master for column in row.masters] == ["dynamic", "competitive"]
        assert row.source and row.read.year >= 2026


def test_after_the_gain_no_normalised_master_is_above_the_target() -> None:
    for loudness in (-30.0, -16.0, -14.0, -7.0):
        master = MasterFigures(name="any", integrated_lufs=loudness, true_peak_dbtp=-1.0)
        for row in on_services([master], every_mode=True):
            found = row.masters[0]
            if found.target_lufs is not None and found.loudness_lufs is not None:
                assert found.loudness_lufs <= found.target_lufs + 0.06
                assert found.loudness_lufs + found.short_by_lu == pytest.approx(found.target_lufs, abs=0.06)


@pytest.mark.parametrize("master", [DYNAMIC, COMPETITIVE])
def test_every_number_of_a_sentence_is_a_field(master: MasterFigures) -> None:
    for row in on_services([master], every_mode=True):
        found = row.masters[0]
        values = [getattr(found, one.name) for one in fields(found)]
        known = {f"{abs(value):.1f}" for value in values if isinstance(value, float)}
        said = found.sentence.replace(found.codec or "", "")
        for number in re.findall(r"\d+\.?\d*", said):
            assert number in known, found.sentence
        assert said.endswith(".") and "None" not in said
