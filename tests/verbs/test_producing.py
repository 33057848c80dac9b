"""The main job, from stems to a master, measured by another meter; and what is left of it when it fails."""

from __future__ import annotations

import html
import json
from pathlib import Path

import pytest
import soundfile

import bandmate
from bandmate.formats.dawproject_check import check_semantics
from bandmate.project.folder import Project
from bandmate.song.errors import MediaError, ProjectError, RequestError, UnknownName
from bandmate.verbs import producing
from bandmate.verbs.producing import RESULTS, Results
from tests.conftest import shared_folder
from tests.verbs.loudness import reading_of
from tests.verbs.studio import contents, tone

MADE: dict[str, Results] = {}


@pytest.fixture
def produced(stems: Path, tmp_path_factory: pytest.TempPathFactory) -> Results:
    """One production of the small session, which no test may change."""
    if not MADE:
        MADE["one"] = bandmate.produce(stems, tmp_path_factory.mktemp("out") / "Evening & co")
    return MADE["one"]


def test_everything_is_there_and_nothing_else(produced: Results) -> None:
    assert sorted(path.name for path in produced.folder.iterdir()) == sorted(RESULTS)
    names = ["01_bass.wav", "02_drums.wav", "03_lead vocal.wav", "04_pad.wav"]
    assert [path.name for path in produced.stems] == names
    assert all(path.is_file() for path in produced.stems)
    assert check_semantics(produced.dawproject) == ()


def test_the_master_is_as_loud_as_was_asked_for(produced: Results) -> None:
    check_master(produced)


def check_master(done: Results) -> None:
    """By FFmpeg's meter: -14 LUFS, no peak above -1 dBTP."""
    other = reading_of(done.master.path)
    assert other.integrated_lufs == pytest.approx(-14.0, abs=0.1)
    assert other.dbtp <= -1.0
    peak = done.master.hearing.true_peak_16x_dbtp
    assert peak is not None and peak <= -1.0


def test_the_planted_fault_is_found_and_put_right(produced: Results) -> None:
    pad = [s.move for s in produced.proposals[0].moves if s.move.address == "tracks/pad/gain_db"]
    assert pad and pad[0].after <= -4.0, "the pad that is too loud stays up"


def test_the_report_says_what_the_files_say(produced: Results) -> None:
    check_report(produced)


def check_report(done: Results) -> None:
    """Each sound in report.json against FFmpeg's meter on the file itself; the page has the same figures."""
    said = json.loads((done.folder / "report.json").read_bytes())
    rows = {row["name"]: row["measured"] for row in said["files"] if row["measured"]}
    assert set(rows) == {"master.wav", "mix.wav", "before.wav"}
    for name, row in rows.items():
        other = reading_of(done.folder / name)
        assert row["integrated_lufs"] == pytest.approx(other.integrated_lufs, abs=0.02), name
        assert row["range_lu"] == pytest.approx(other.range_lu, abs=0.1), name
        assert row["true_peak_dbtp"] == pytest.approx(other.dbtp, abs=0.2), name
        info = soundfile.info(done.folder / name)
        assert (row["rate_hz"], row["seconds"]) == (info.samplerate, pytest.approx(info.duration))
    assert said["after"]["integrated_lufs"] == rows["master.wav"]["integrated_lufs"]
    assert said["before"]["integrated_lufs"] == rows["before.wav"]["integrated_lufs"]
    page = html.unescape(done.report.read_text(encoding="utf-8"))
    for proposal in done.proposals:
        for one in proposal.moves:
            assert one.move.because in page


def test_the_report_draws_how_far_the_limiter_turned_down(produced: Results) -> None:
    curve = json.loads((produced.folder / "report.json").read_text(encoding="utf-8"))["gain_reduction"]
    depths = [depth for depth in curve["reduction_db"] if depth is not None]
    assert len(curve["seconds"]) == len(curve["reduction_db"])
    assert depths and max(depths) <= 0.0
    said = produced.proposals[1].moves[-1].move.evidence
    most = next(fact.after for fact in said if fact.what.startswith("most that the limiter"))
    assert -min(depths) <= most + 0.1  # a mean over 100 ms is never deeper than the deepest moment


def test_the_project_can_be_reviewed_and_taken_back(produced: Results) -> None:
    with Project.open(produced.folder / "project") as project:
        assert project.verify() == ()
        assert {state.state for state in project.proposals()} <= {"accepted", "empty"}
        assert [one.author.kind for one in project.log()][-2:] == ["import", "human"]


def test_the_summary_says_that_all_was_accepted_and_how_to_review(produced: Results) -> None:
    lines = produced.summary()
    assert "accepted at full strength" in lines[0]
    assert any(line.startswith("review: bandmate show P1 --project '") for line in lines)
    assert json.dumps(produced.facts())


def test_a_second_production_in_the_folder_is_refused_and_loses_nothing(produced: Results, stems: Path) -> None:
    before = contents(produced.folder)
    with pytest.raises(RequestError, match=r"has project, before\.wav, mix\.wav … already, which a production would"):
        bandmate.produce(stems, produced.folder)
    assert contents(produced.folder) == before


@pytest.mark.parametrize("name", ["mix.wav", "report.html", "stems"])
def test_nothing_of_the_musicians_is_written_over(stems: Path, tmp_path: Path, name: str) -> None:
    tone(tmp_path / "out" / name / "x.wav") if name == "stems" else tone(tmp_path / "x.wav", seconds=0.1)
    if name != "stems":
        (tmp_path / "out").mkdir()
        (tmp_path / "x.wav").rename(tmp_path / "out" / name)
    before = contents(tmp_path)
    with pytest.raises(RequestError, match=f"has {name} already, which a production would write"):
        bandmate.produce(stems, tmp_path / "out")
    assert contents(tmp_path) == before


def test_results_may_go_into_the_folder_of_the_stems(tmp_path: Path) -> None:
    folder = tmp_path / "My.Song v1.2"
    tone(folder / "bass.wav", seconds=1.0)
    first = bandmate.produce(folder, folder / "first")
    second = bandmate.produce(folder, folder / "second", master="cd")
    assert [len(done.stems) for done in (first, second)] == [1, 1]
    with Project.open(folder / "second" / "project") as project:
        assert project.song.title == "My.Song v1.2"


def test_one_mix_is_mastered(tmp_path: Path) -> None:
    path = tone(tmp_path / "rough mix.wav", seconds=4.0)
    done = bandmate.produce(path, tmp_path / "out")
    check_master(done)
    check_report(done)
    with Project.open(tmp_path / "out" / "project") as project:
        assert project.song.title == "rough mix"


def test_silence_gets_no_move_and_a_report(tmp_path: Path) -> None:
    import numpy as np

    soundfile.write(tmp_path / "silence.wav", np.zeros((44_100 * 2, 2)), 44_100)
    done = bandmate.produce(tmp_path / "silence.wav", tmp_path / "out")
    assert done.summary()[0] == "no move was proposed; the report says why"
    assert done.report.is_file() and done.summary()[2] == f"master: {done.master.path}  silent"


def test_bad_requests_leave_no_trace(stems: Path, tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("la la la")
    (tmp_path / "file").touch()
    before = contents(tmp_path)
    with pytest.raises(UnknownName, match=r'no delivery profile named "spotfy"; .+ Did you mean "spotify"\?'):
        bandmate.produce(stems, tmp_path / "a" / "out", master="spotfy")
    with pytest.raises(MediaError, match=r'"text\.wav" is not a sound file.+; nothing was imported'):
        bandmate.produce(tmp_path / "text.wav", tmp_path / "a" / "out")
    with pytest.raises(RequestError, match="nothing to import in the list of files"):
        bandmate.produce([], tmp_path / "a" / "out")
    with pytest.raises(RequestError, match=r'file" is a file; the results need a folder'):
        bandmate.produce(stems, tmp_path / "file")
    assert contents(tmp_path) == before and not (tmp_path / "a").exists()


@pytest.mark.parametrize("step", ["listen", "render_mix", "accepted", "render_master", "render_stems", "write_report"])
def test_a_production_that_fails_at_any_step_leaves_the_folder_as_it_was(
    stems: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").write_text("keep me")
    monkeypatch.setattr(producing, step, fail)
    for place in (tmp_path / "out", tmp_path / "new" / "deep"):
        with pytest.raises(KeyboardInterrupt):
            bandmate.produce(stems, place)
    assert contents(tmp_path) == {"out/notes.txt": b"keep me"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]


def test_a_closed_folder_and_a_full_disk_are_named(stems: Path, tmp_path: Path, closed: Path, small_disk: Path) -> None:
    with pytest.raises(ProjectError, match=r'"out" cannot be written: the folder ".+closed" is read-only'):
        bandmate.produce(stems, closed / "out")
    tone(tmp_path / "a.wav", seconds=3.0)
    with pytest.raises(ProjectError, match="is full: "):
        bandmate.produce(tmp_path / "a.wav", small_disk / "out")
    assert list(small_disk.iterdir()) == []


@pytest.mark.slow
def test_the_real_stems_come_out_as_loud_as_asked_for(tmp_path: Path) -> None:
    done = bandmate.produce(shared_folder("audio", "stems_cc0"), tmp_path / "out")
    check_master(done)
    check_report(done)
    assert len(done.stems) == 5 and check_semantics(done.dawproject) == ()
    sounds = {soundfile.info(path).frames for path in done.stems}
    assert len(sounds) == 1
