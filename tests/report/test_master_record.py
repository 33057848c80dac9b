"""The report of a master as JSON."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import fields, replace
from typing import Any

import pytest

from bandmate.report.master_data import MasterReport
from bandmate.report.master_record import FORMAT, master_json
from tests.report.master_samples import album, alternatives, master, master_report
from tests.report.samples import players


def strict(report: MasterReport) -> Any:
    def refused(name: str) -> float:
        raise AssertionError(name)

    return json.loads(master_json(report), parse_constant=refused)


def test_every_field_of_the_report_is_in_the_json() -> None:
    said = strict(master_report(album=album()))
    assert set(said) == {"format", "derived", *(field.name for field in fields(MasterReport))}
    assert said["format"] == FORMAT
    assert said["masters"][0]["profile"]["is_official"] is True
    assert said["masters"][0]["profile"]["read_on"] == "2026-11-21"
    assert said["masters"][0]["stages"][1]["evidence"][0]["before"] == 3.12
    assert said["references"][0]["tone_percent"] == 60.0
    assert said["services"][0]["results"][1]["headroom_db"] == 4.67
    assert said["album"]["tracks"][2]["isrc"] == "GBAYE2600003"
    assert sum(map(sum, said["masters"][0]["stereo"]["density_was"])) == 9000


def test_what_the_page_works_out_can_be_worked_out_again() -> None:
    report = alternatives()
    said = strict(report)
    for part, sums in zip(said["masters"], said["derived"], strict=True):
        assert sums["master"] == part["name"]
        for change in sums["changes"]:
            after, before = part["after"][change["field"]], said["before"][change["field"]]
            assert change["change"] == pytest.approx(after - before)
        after, profile = part["after"], part["profile"]
        assert sums["target_distance_lu"] == pytest.approx(after["integrated_lufs"] - profile["loudness_lufs"])
        highest = max(after["true_peak_dbtp"], after["true_peak_16x_dbtp"])
        assert sums["ceiling_room_db"] == pytest.approx(profile["ceiling_dbtp"] - highest)
        lowest = min(part["limiter"]["history"]["reduction_db"])
        assert sums["deepest_reduction_db"] == pytest.approx(lowest, abs=0.005)


def test_silence_and_the_unknown_are_null() -> None:
    after = replace(master().after, integrated_lufs=-math.inf, true_peak_dbtp=math.nan, true_peak_16x_dbtp=None)
    said = strict(master_report(masters=(master(after=after, profile=None, limiter=None),)))
    assert said["masters"][0]["after"]["integrated_lufs"] is None
    assert said["masters"][0]["stereo"]["now_db"][0] is None
    sums = said["derived"][0]
    assert [sums[key] for key in ("target_distance_lu", "ceiling_room_db", "deepest_reduction_db")] == [None] * 3
    assert {change["change"] for change in sums["changes"] if change["field"] == "true_peak_dbtp"} == {None}


def test_a_players_sound_is_only_its_size_and_hash() -> None:
    said = strict(master_report(players=players(b"abc", b"")))["players"][0]
    assert "data" not in said
    assert (said["bytes"], said["sha256"]) == (3, hashlib.sha256(b"abc").hexdigest())


def test_a_file_name_that_is_not_utf8_is_still_written() -> None:
    assert strict(master_report(title="Жук \udcff"))["title"].startswith("Жук \ufffd")


def test_an_empty_report_is_written() -> None:
    said = strict(MasterReport(title="x", made_with="y", before=master().after))
    assert (said["masters"], said["derived"], said["album"], said["created_at"]) == ([], [], None, "")


def test_the_same_report_gives_the_same_bytes() -> None:
    assert master_json(master_report()) == master_json(master_report())
