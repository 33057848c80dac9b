"""The report as JSON."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import replace

from bandmate.report.record import FORMAT, report_json
from tests.report.samples import players, report


def test_the_same_facts_are_in_the_json() -> None:
    data = report()
    said = json.loads(report_json(data))
    assert said["format"] == FORMAT
    assert said["after"]["integrated_lufs"] == data.after.integrated_lufs
    assert said["after"]["true_peak_16x_dbtp"] == data.after.true_peak_16x_dbtp
    assert said["profile"] == {
        "name": "Spotify",
        "loudness_lufs": -14.0,
        "ceiling_dbtp": -1.0,
        "origin": "support.spotify.com, read 2026-11-21",
    }
    assert [move["confidence"] for move in said["proposals"][0]["moves"]] == [0.82, 0.66, 0.93, 0.41]
    assert said["proposals"][1]["moves"][0]["evidence"][0]["target"] == -14.0
    assert [file["sha256"] for file in said["files"]] == [file.sha256 for file in data.files]
    assert len(said["before"]["envelope"]) == len(data.before.envelope)


def test_silence_and_the_unknown_are_null() -> None:
    data = report()
    after = replace(data.after, integrated_lufs=None, true_peak_dbtp=-math.inf, crest_db=math.nan)
    after = replace(after, short_term_lufs=(-math.inf, None, -20.123), loudness_seconds=(0.0, 0.1, 0.2))
    said = json.loads(report_json(replace(data, after=after)))["after"]
    assert [said["integrated_lufs"], said["true_peak_dbtp"], said["crest_db"]] == [None, None, None]
    assert said["short_term_lufs"] == [None, None, -20.12]


def test_a_players_sound_is_only_its_size_and_hash() -> None:
    said = json.loads(report_json(report(players=players(b"abc", b""))))["players"]
    assert said[0] == {
        "label": "before",
        "mime": "audio/mpeg",
        "gain_db": 0.0,
        "loudness_lufs": -23.34,
        "bytes": 3,
        "sha256": hashlib.sha256(b"abc").hexdigest(),
    }


def test_a_file_name_that_is_not_utf8_is_still_written() -> None:
    assert "\ufffd.wav" in json.loads(report_json(report(title="Жук \udcff.wav")))["title"]


def test_the_same_report_gives_the_same_bytes() -> None:
    assert report_json(report()) == report_json(report())
