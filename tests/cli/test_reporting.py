"""report on the command line."""

from __future__ import annotations

import json
from pathlib import Path

from bandmate.project.folder import Project
from bandmate.song.proposal import Proposal
from tests.cli.calling import Caller


def test_report_says_where_it_is(here: Caller) -> None:
    answer = here.ok("report", "P1", "--no-players")
    assert "mix-report.html" in answer.out and "mix-report.json" in answer.out
    assert (here.folder / "reports" / "P1" / "mix-report.html").exists()


def test_report_goes_where_it_is_told(here: Caller, tmp_path: Path) -> None:
    answer = here.ok("report", "p1", "--folder", tmp_path / "out", "--plots", "--no-players", "--json").json
    assert Path(answer["page"]) == tmp_path / "out" / "mix-report.html"
    assert json.loads(Path(answer["record"]).read_bytes())["proposal"] == answer["proposal"] == "P1"
    assert answer["groups"] == 0 and answer["plots"]


def test_a_master_has_its_report_elsewhere(here: Caller) -> None:
    with Project.open(here.folder) as project:
        project.add_proposal(Proposal(stage="master", title="x"))
    assert 'written by "bandmate master"' in here("report", "P2").error
