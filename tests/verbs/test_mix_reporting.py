"""The report of a mix, held against the project, the evidence and the sound."""

from __future__ import annotations

import base64
import io
import json
import shutil
from pathlib import Path
from typing import Any

import av
import lxml.html
import numpy as np
import pytest
import soundfile

import bandmate
from bandmate.project.folder import Project
from bandmate.song.errors import ProjectError, RequestError, UnknownName
from bandmate.song.moves import Move
from bandmate.song.proposal import Proposal
from bandmate.song.tracks import Automation, AutomationPoint
from bandmate.verbs.mix_reporting import PAGE, RECORD, write_mix_report
from tests.verbs.loudness import reading_of
from tests.verbs.studio import contents, state_of, tone

MADE: list[Path] = []
"""Where the report of the session as it is was written."""


def reported(folder: Path, proposal: str = "P1", **options: Any) -> tuple[dict[str, Any], lxml.html.HtmlElement]:
    """The record and the page."""
    with Project.open(folder) as project:
        done = write_mix_report(project, proposal, folder.parent / "out", **options)
    page = lxml.html.document_fromstring(done.page.read_text(encoding="utf-8"))
    said: dict[str, Any] = json.loads(done.record.read_bytes())
    return said, page


@pytest.fixture(scope="module")
def made(made_once: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], lxml.html.HtmlElement]:
    """The report of the session as it is, with players; no test may change it."""
    folder = Path(shutil.copytree(made_once, tmp_path_factory.mktemp("made") / "evening"))
    MADE.append(folder.parent / "out")
    return reported(folder)


def test_a_report_leaves_the_project_alone(evening: Path) -> None:
    before = state_of(evening)
    reported(evening, players=False)
    assert state_of(evening) == before


def test_the_planted_fault_is_told_with_its_answer_and_its_figures(made: tuple[dict[str, Any], Any]) -> None:
    said, page = made
    row = next(row for row in said["findings"] if row["kind"] == "sticking-out")
    assert row["tracks"] == ["pad"]
    stated = row["answers"][0]["stated"]
    assert abs(stated["predicted"] - stated["after"]) < 0.2 * (stated["before"] - stated["after"])
    assert row["measured"]["after"] < row["measured"]["before"]
    assert row["history"]["track"] == "pad"
    assert "pad plays" in page.xpath("string(//article[contains(@class,'finding')])")


def test_both_states_are_those_of_the_song_without_and_with_the_moves(evening: Path) -> None:
    waiting, _ = reported(evening, players=False)
    with Project.open(evening) as project:
        project.accept("P1")
    accepted, _ = reported(evening, players=False)
    for key in ("was", "now"):
        then, today = waiting[key]["measured"], accepted[key]["measured"]
        assert today["integrated_lufs"] == pytest.approx(then["integrated_lufs"], abs=1e-6)
    assert accepted["derived"]["states"]["accepted"] == waiting["derived"]["moves"]
    pad = next(row for row in accepted["tracks"] if row["id"] == "pad")
    assert pad["now"]["gain_db"] < pad["was"]["gain_db"] == 0.0
    assert pad["now"]["loudness_lufs"] < pad["was"]["loudness_lufs"] - 3


def test_refused_moves_are_in_neither_state(evening: Path) -> None:
    with Project.open(evening) as project:
        project.refuse("P1", [1])
        count = len(project.proposal("P1").moves)
    said, page = reported(evening)
    assert 1 not in said["moves_made"]
    assert said["derived"]["states"]["refused"] == 1
    if count == 1:
        assert said["was"] == said["now"] | {"label": said["was"]["label"]}
        assert said["groups"] == [] and page.xpath("//audio") == []


def test_a_move_that_cannot_be_taken_away_is_in_both_states_and_said(evening: Path) -> None:
    with Project.open(evening) as project:
        project.accept("P1")
        fader = next(one for one in project.proposal("P1").moves if one.move.address == "tracks/pad/gain_db")
        now = project.song.track("pad").gain_db
        project.revise([Move(address="tracks/pad/gain_db", before=now, after=now - 7.0, by="human")], "my own")
    said, page = reported(evening, players=False)
    assert fader.number not in said["moves_made"]
    assert f"move {fader.number} is the same in both: " in said["notes"][0]
    assert said["notes"][0] in page.xpath("string(//header)")


def test_the_map_agrees_with_the_share_of_its_place(made: tuple[dict[str, Any], Any]) -> None:
    lead = made[0]["lead"]
    assert lead["victim"] == "lead vocal" and lead["masker"] == ""
    assert lead["share_now"] < lead["share_was"] <= 1.0
    grids = [lead[key] for key in ("lost_was", "lost_now")]
    assert all(len(grid) == len(lead["band_hz"]) for grid in grids)
    assert {len(row) for grid in grids for row in grid} == {60}
    values = [share for grid in grids for row in grid for share in row if share is not None]
    assert values and min(values) >= 0 and max(values) <= 1
    seconds = made[0]["was"]["measured"]["seconds"]
    assert lead["column_seconds"] * 60 == pytest.approx(seconds)


def test_what_is_hidden_over_time_is_the_rest_of_what_is_heard(made: tuple[dict[str, Any], Any]) -> None:
    for row in made[0]["tracks"]:
        for state in (row["was"], row["now"]):
            known = [share for share in state["hidden"] if share is not None]
            assert np.mean(known) == pytest.approx(1 - state["heard_share"], abs=0.2), row["name"]


def test_pairs_are_equally_loud_by_another_meter(made: tuple[dict[str, Any], Any], tmp_path: Path) -> None:
    said, page = made
    assert said["groups"][0]["title"] == "All moves"
    sources = page.xpath("//audio/@src")
    assert len(sources) == 2 * len(said["groups"])
    for number, group in enumerate(said["groups"]):
        assert abs(group["difference_lu"]) <= 0.1
        read = [loudness_of(source, tmp_path) for source in sources[2 * number : 2 * number + 2]]
        assert abs(read[1] - read[0]) <= 0.1
        assert group["end_seconds"] - group["start_seconds"] <= 20.0


def loudness_of(source: str, folder: Path) -> float:
    """Integrated loudness of a player, read by another program."""
    data = base64.b64decode(source.partition(",")[2])
    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.audio[0]
        blocks = [frame.to_ndarray() for frame in container.decode(stream)]
        rate_hz = stream.rate
    path = folder / "player.wav"
    soundfile.write(path, np.concatenate(blocks, axis=1).T, rate_hz, subtype="FLOAT")
    return reading_of(path).integrated_lufs


def test_two_reports_of_equal_projects_are_equal_to_the_byte(made: tuple[dict[str, Any], Any], evening: Path) -> None:
    assert made[0]["groups"]
    reported(evening)
    again = contents(evening.parent / "out")
    assert again == contents(MADE[0]) and set(again) == {PAGE, RECORD}


def test_pictures_are_written_beside_it(evening: Path) -> None:
    with Project.open(evening) as project:
        done = write_mix_report(project, "P1", evening.parent / "out", players=False, plots=True)
    assert {path.name for path in done.plots} >= {"loudness.png", "lead-with.png"}
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in done.plots)


def test_a_fader_that_moves_is_drawn(evening: Path) -> None:
    points = (AutomationPoint(id="a", at_ticks=0, value=0.0), AutomationPoint(id="b", at_ticks=3840, value=-6.0))
    ride = Automation(id="ride", parameter="gain_db", points=points)
    with Project.open(evening) as project:
        project.revise([Move(address="tracks/bass/automation", before=(), after=(ride,), by="human")], "ride")
    said, page = reported(evening, players=False)
    assert [one["track"] for one in said["rides"]] == ["bass"]
    assert said["rides"][0]["now_db"][0] == 0.0 and said["rides"][0]["now_db"][-1] == -6.0
    assert page.xpath("//h3[.='Faders over the song']")


def test_a_locked_and_a_muted_track_are_marked(evening: Path) -> None:
    with Project.open(evening) as project:
        project.lock("tracks/drums")
        project.revise([Move(address="tracks/bass/mute", before=False, after=True, by="human")], "mute")
    said, page = reported(evening, players=False)
    rows = {row["id"]: row for row in said["tracks"]}
    assert rows["drums"]["is_locked"] and not rows["pad"]["is_locked"]
    assert rows["bass"]["remarks"] == ["muted"] and rows["bass"]["now"]["loudness_lufs"] is None
    assert said["locks"] == ["drums"]
    assert page.xpath("//bdi[@class='locked-track']/text()") == ["drums"]


@pytest.mark.parametrize("kind", ["one track", "silence", "empty"])
def test_a_song_with_next_to_nothing_has_a_report(kind: str, tmp_path: Path) -> None:
    with bandmate.new_project(tmp_path / "p") as project:
        if kind == "one track":
            bandmate.import_files(project, [tone(tmp_path / "voice.wav", seconds=2.0, channels=1)])
        if kind == "silence":
            soundfile.write(tmp_path / "still.wav", np.zeros((44_100, 2)), 44_100)
            bandmate.import_files(project, [tmp_path / "still.wav"])
        project.add_proposal(Proposal(stage="mix", title="nothing"))
    said, page = reported(tmp_path / "p")
    assert said["findings"] == [] and said["groups"] == [] and said["lead"] is None
    assert "Nothing was measured outside its tolerance." in page.text_content()
    assert len(said["tracks"]) == (kind != "empty")
    assert ("No track plays anything." in page.text_content()) == (kind == "empty")


def test_a_proposal_that_is_none_for_the_mix_is_refused(evening: Path) -> None:
    with Project.open(evening) as project:
        project.add_proposal(Proposal(stage="master", title="x"))
        project.add_proposal(Proposal(stage="structure", title="x"))
        with pytest.raises(RequestError, match=r'P2 is a proposal for the master.*written by "bandmate master"'):
            write_mix_report(project, "P2", evening.parent / "out")
        with pytest.raises(RequestError, match=r'P3 is a proposal of "structure".*"bandmate show P3" shows it'):
            write_mix_report(project, "P3", evening.parent / "out")
        with pytest.raises(UnknownName, match="no proposal named"):
            write_mix_report(project, "P9", evening.parent / "out")
    assert not (evening.parent / "out").exists()


def test_a_folder_that_cannot_be_written_to_keeps_nothing(evening: Path, closed: Path) -> None:
    with Project.open(evening) as project, pytest.raises(ProjectError, match="read-only"):
        write_mix_report(project, "P1", closed / "out", players=False)
    with Project.open(evening) as project, pytest.raises(ProjectError, match="read-only"):
        write_mix_report(project, "P1", closed, players=False)
    assert list(closed.iterdir()) == []
