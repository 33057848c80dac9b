"""``bandmate master``, ``target`` and ``propose master``: what they print, and one line for what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.calling import Caller
from tests.verbs.loudness import reading_of
from tests.verbs.songs import RATE_HZ, mix, record, written


@pytest.fixture
def desk(call: Caller) -> Caller:
    """Calls in a folder with a song and a record of a few seconds."""
    written(call.folder / "song.wav", mix()[:, -5 * RATE_HZ :])
    written(call.folder / "record.wav", record()[:, -5 * RATE_HZ :])
    return call


def test_a_file_is_mastered_and_what_was_made_is_said(desk: Caller) -> None:
    said = desk.ok("master", "song.wav", "--no-report")
    lines = said.out.splitlines()
    assert lines[0].startswith("before: ")
    assert lines[1].startswith(f"master-spotify: {Path('mastered') / 'master-spotify.wav'}  -14.0 LUFS, -1.")
    assert lines[-1] == f"review: bandmate show P1 --project {Path('mastered') / 'project'} # accepted"
    assert sorted(path.name for path in (desk.folder / "mastered").iterdir()) == ["master-spotify.wav", "project"]


def test_everything_that_can_be_asked_for_reaches_the_master(desk: Caller) -> None:
    words = ("--reference", "record.wav@width=50", "--target", "spotify,cd", "--tone", 60, "--dynamics", 40)
    words += ("--width", 0, "--guard", 90, "--style", "loud", "--soft-clip", 1, "--linear-phase", "--by-passage")
    words += ("--mono-below", 100, "--lufs", -16, "--ceiling", -1.5, "--artist", "Ann", "--title", "Tram")
    found = desk.ok("master", "song.wav", "-o", "out", *words, "--ab", "--ab-seconds", 2, "--json").json
    assert [one["name"] for one in found["masters"]] == ["master-spotify", "master-cd"]
    for one in found["masters"]:
        reading = reading_of(desk.folder / one["path"])
        assert reading.integrated_lufs == pytest.approx(-16.0, abs=0.1) and reading.dbtp <= -1.5
    assert [Path(path).name for path in found["extras"]] == ["ab"]
    report = json.loads((desk.folder / "out" / "report.json").read_bytes())
    strengths = {row["name"]: row["strength_percent"] for row in report["masters"][0]["stages"]}
    assert (strengths["tone"], strengths["ride"], strengths["stereo"]) == (60.0, 40.0, 0.0)
    assert report["references"][0]["width_percent"] == 50.0
    limiter = next(row for row in report["masters"][0]["stages"] if row["name"] == "gain and limiter")
    assert "style loud" in limiter["settings"] and "ceiling -1.50 dBTP" in limiter["settings"]


def test_a_kept_target_stands_in_for_the_records(desk: Caller) -> None:
    said = desk.ok("target", "record.wav", "--out", "mine.target.json")
    assert said.out == "target: mine.target.json; use it with: bandmate master SONG --reference mine.target.json\n"
    found = desk.ok("master", "song.wav", "-r", "mine.target.json", "-o", "out", "--no-report", "--json").json
    assert found["masters"][0]["name"] == "master-reference"
    assert desk.ok("target", "record.wav", "-o", "other.target.json", "--json").json == {"target": "other.target.json"}


def test_a_project_is_asked_for_a_master_in_the_same_words(here: Caller, tmp_path: Path) -> None:
    path = written(tmp_path / "record.wav", record()[:, -5 * RATE_HZ :])
    before = here.ok("log", "--json").json
    found = here.ok("propose", "master", "-r", f"{path}@tone=80", "--width", 0, "--guard", 90, "--json").json
    assert any("compared with: record.wav" in remark for remark in found["remarks"])
    assert here.ok("log", "--json").json == before, "a proposal changes nothing"
    asked = here.ok("propose", "master", "--profile", "cd", "--lufs", -12, "--ceiling", -2, "--style", "loud", "--json")
    limiter = next(move for move in asked.json["moves"] if move["address"].endswith("master-limiter"))
    assert limiter["after"]["ceiling_dbtp"] == -2.0 and limiter["after"]["style"] == "loud"


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["master", "none.wav"], 2, 'there is no "none.wav"; name a sound file or the folder of a project'),
        (["master", "song.wav", "--tone", "140"], 2, "tone is 140 %; possible are 0 to 100 %"),
        (["master", "song.wav", "--guard", "nan"], 2, "guard is nan %; possible are 0 to 100 %"),
        (["master", "song.wav", "--loudness", "-9"], 2, "0 to 100 %; for a loudness in LUFS there is --lufs"),
        (
            ["master", "song.wav", "--style", "lod"],
            2,
            'no limiter style named "lod"; there are: transparent,',
        ),
        (["master", "song.wav", "--target", "spotfy"], 2, 'no delivery profile named "spotfy"'),
        (["master", "song.wav", "--alternatives", "mood"], 2, 'no direction named "mood"'),
        (["master", "song.wav", "--lufs", "9"], 2, "the loudness asked for is 9 LUFS; possible are -60 to 0"),
        (["master", "song.wav", "--ab", "--ab-seconds", "0"], 2, "A/B files of 0 s were asked for; possible are 1 to"),
        (["master", "song.wav", "-r", "none.wav"], 2, 'there is no reference "none.wav"'),
        (["master", "song.wav", "-r", "record.wav@tone"], 2, '"tone" is no weight of a reference'),
        (["target", "record.wav", "--out", "mine.json"], 2, 'ends in .target.json; "mine.json" does not'),
        (["target", "none.wav"], 2, 'there is no reference "none.wav"'),
    ],
)
def test_what_is_wrong_is_said_in_one_line(desk: Caller, words: list[str], code: int, message: str) -> None:
    answer = desk(*words)
    assert answer.code == code and message in answer.error
    assert sorted(path.name for path in desk.folder.iterdir()) == ["record.wav", "song.wav"]
