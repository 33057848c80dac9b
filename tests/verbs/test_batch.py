"""A batch: every file on its own, bad ones named, finished ones left alone, and what was changed by hand kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import soundfile

from bandmate.project.folder import Project
from bandmate.song.errors import Cancelled, MediaError, RequestError
from bandmate.stages.master.brief import MasterBrief
from bandmate.verbs.batch import master_batch
from bandmate.verbs.mastering import MasterOptions
from tests.verbs.album_tracks import visible, write_track
from tests.verbs.loudness import reading_of

PLAIN = MasterOptions(has_report=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two tracks and a file that is none."""
    write_track(tmp_path / "in" / "a.wav", rms_dbfs=-28.0, seconds=3.5)
    write_track(tmp_path / "in" / "b.flac", rms_dbfs=-18.0, seconds=3.5)
    (tmp_path / "in" / "broken.wav").write_bytes(b"RIFF")
    return tmp_path / "in"


def test_good_files_are_done_and_bad_ones_named(folder: Path, tmp_path: Path) -> None:
    done = master_batch(folder, tmp_path / "out", options=PLAIN)
    assert [row.source.name for row in done.rows] == ["a.wav", "b.flac", "broken.wav"]
    assert [type(problem) for problem in done.problems] == [MediaError]
    for name in ("a", "b"):
        other = reading_of(tmp_path / "out" / name / "master-spotify.wav")
        assert other.integrated_lufs == pytest.approx(-14.0, abs=0.1) and other.dbtp <= -1.0
    assert not (tmp_path / "out" / "broken").exists()
    said = done.summary()
    assert "a.wav: master-spotify  -14.0 LUFS" in said[0] and said[-1].startswith("2 of 3 files are mastered in")
    assert said[2].startswith("broken.wav: NOT DONE: ")
    assert json.dumps(done.facts())


def test_what_is_finished_is_left_alone_and_what_changed_is_made_anew(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    master_batch(folder, out, options=PLAIN)
    before = visible(out)
    stamps = {path: path.stat().st_mtime_ns for path in out.glob("*/master-spotify.wav")}
    again = master_batch(folder, out, options=PLAIN)
    assert [row.was_there for row in again.rows] == [True, True, False]
    assert {path: path.stat().st_mtime_ns for path in stamps} == stamps
    write_track(folder / "a.wav", rms_dbfs=-25.0, seconds=4.0)
    third = master_batch(folder, out, options=PLAIN)
    assert [row.was_there for row in third.rows] == [False, True, False]
    assert visible(out)["b/master-spotify.wav"] == before["b/master-spotify.wav"]
    assert soundfile.info(out / "a" / "master-spotify.wav").frames == 4 * 44_100


def test_a_batch_that_is_stopped_goes_on_to_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    master_batch(folder, whole, options=PLAIN)
    out, stops = tmp_path / "out", 0
    for limit in (1, 3, 6, 9, 13, 17, 1000):
        seen = 0

        def stopping(what: str, share: float, limit: int = limit) -> None:
            nonlocal seen
            seen += 1
            if seen >= limit:
                raise Cancelled("stopped by the test")

        try:
            master_batch(folder, out, options=PLAIN, progress=stopping)
        except Cancelled:
            stops += 1
    assert stops >= 4 and visible(out) == visible(whole)


def test_a_folder_that_a_kill_left_behind_is_made_anew(folder: Path, tmp_path: Path) -> None:
    """As a kill leaves it: begun, with a part of its files."""
    out = tmp_path / "out"
    master_batch(folder, out, options=PLAIN)
    before = visible(out)
    listed = out / ".bandmate-batch" / "finished.json"
    found = json.loads(listed.read_bytes())
    found["folders"]["a"] = {"made_of": found["folders"]["a"]["made_of"]}
    listed.write_text(json.dumps(found), encoding="utf-8")
    (out / "a" / "master-spotify.wav").write_bytes(b"half")
    master_batch(folder, out, options=PLAIN)
    assert visible(out) == before


def test_what_was_changed_by_hand_is_not_replaced(folder: Path, tmp_path: Path) -> None:
    out, brief = tmp_path / "out", MasterBrief(loudness_lufs=-16.0)
    master_batch(folder, out, options=PLAIN)
    with Project.open(out / "a" / "project") as project:
        project.undo()
    done = master_batch(folder, out, options=PLAIN, brief=brief)
    assert "was changed by hand since it was made" in str(done.rows[0].problem)
    assert done.rows[1].problem is None and not done.rows[1].was_there
    assert reading_of(out / "b" / "master-spotify.wav").integrated_lufs == pytest.approx(-16.0, abs=0.1)
    assert reading_of(out / "a" / "master-spotify.wav").integrated_lufs == pytest.approx(-14.0, abs=0.1)


def test_a_batch_that_cannot_be_is_refused_before_anything_is_written(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(RequestError, match="has no sound file in it"):
        master_batch(tmp_path / "empty", tmp_path / "out")
    with pytest.raises(RequestError, match="has the files to be mastered in it"):
        master_batch(folder, folder)
    (tmp_path / "out" / "a").mkdir(parents=True)
    with pytest.raises(RequestError, match=r'"out" has a already|has a already; choose another folder'):
        master_batch(folder, tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").rglob("*")) == ["a"]
