"""The report of a mix as JSON."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import fields, replace
from typing import Any

import pytest

from bandmate.report.mix_data import MixReport
from bandmate.report.mix_numbers import MIX_METERS, worst_place
from bandmate.report.mix_record import FORMAT, mix_json
from tests.report.mix_samples import empty_report, group, masking, mix_report


def strict(report: MixReport) -> Any:
    def refused(name: str) -> float:
        raise AssertionError(name)

    return json.loads(mix_json(report), parse_constant=refused)


def test_every_field_of_the_report_is_in_the_json() -> None:
    said = strict(mix_report(groups=(group(),)))
    assert set(said) == {"format", "derived", *(field.name for field in fields(MixReport))}
    assert said["format"] == FORMAT
    assert said["findings"][0]["answers"][1]["stated"]["predicted"] == 0.31
    assert said["findings"][0]["spectra"]["tracks"][1]["track"] == "Pad"
    assert said["tracks"][0]["was"]["heard_share"] == 0.42
    assert said["rides"][0]["parts"][2]["section"] == "chorus"
    assert said["lead"]["masker"] == ""


def test_what_the_page_works_out_can_be_worked_out_again() -> None:
    said = strict(mix_report())
    sums = said["derived"]
    states = [m["state"] for f in said["findings"] for a in f["answers"] for m in a["moves"]]
    states += [move["state"] for move in said["other_moves"]]
    assert sums["states"] == {state: states.count(state) for state in ("open", "accepted", "refused", "stale")}
    assert (sums["moves"], sums["findings"], sums["findings_answered"]) == (len(states), 3, 2)
    assert [row["field"] for row in sums["changes"]] == [meter.field for meter in MIX_METERS]
    for row in sums["changes"]:
        owner = "stereo" if row["field"] in said["was"]["stereo"] else "measured"
        was, now = (said[key][owner][row["field"]] for key in ("was", "now"))
        assert (row["was"], row["now"]) == (was, now)
        assert row["change"] == pytest.approx(now - was)


def test_the_worst_place_of_a_map_is_where_most_is_lost() -> None:
    one = replace(masking(), lost_was=((None, 0.2, 0.5), (0.1, 0.9, None)), band_hz=(100.0, 200.0), column_seconds=2.0)
    found = worst_place(one, one.lost_was)
    assert found is not None and (found.share, found.hz, found.seconds) == (0.9, 200.0, 2.0)
    assert worst_place(one, ((None,), (0.0,))) is None


def test_silence_and_the_unknown_are_null() -> None:
    report = mix_report()
    quiet = replace(report.was, stereo=replace(report.was.stereo, width_db=-math.inf, correlation=math.nan))
    said = strict(mix_report(was=quiet))
    assert said["was"]["stereo"]["width_db"] is None
    assert {row["field"]: row["change"] for row in said["derived"]["changes"]}["width_db"] is None


def test_a_players_sound_is_only_its_size_and_hash() -> None:
    said = strict(mix_report(groups=(group(data=b"abc"),)))["groups"][0]["players"][0]
    assert "data" not in said
    assert (said["bytes"], said["sha256"]) == (3, hashlib.sha256(b"abc").hexdigest())


def test_an_empty_report_and_an_undecodable_name_are_written() -> None:
    said = strict(empty_report())
    assert (said["findings"], said["lead"], said["derived"]["moves"]) == ([], None, 0)
    assert strict(mix_report(title="Жук \udcff"))["title"].startswith("Жук \ufffd")


def test_the_same_report_gives_the_same_bytes() -> None:
    assert mix_json(mix_report()) == mix_json(mix_report())
