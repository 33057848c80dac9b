"""The everyday commands are cheap: nothing that concerns sound is loaded for them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bandmate.project import Project
from tests.conftest import ROOT
from tests.project.projects import proposal, song, titled

MOST_CPU_SECONDS = 0.5
HEAVY = {"numpy", "scipy", "numba", "soundfile", "soxr", "av", "matplotlib"}

COMMANDS = {
    "log": "project.log()",
    "proposals": "[found.counts for found in project.proposals()]",
    "accept": "project.accept('P1')",
    "refuse": "project.refuse('P1', [1], 'no')",
    "undo": "project.undo()",
    "lock": "project.lock('tracks/vox')",
    "verify": "assert not project.verify()",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with Project.create(tmp_path / "my song", song=song()) as project:
        for number in range(30):
            project.commit(titled(project.song, f"title {number}"), "again")
        for _ in range(10):
            project.add_proposal(proposal())
    return tmp_path / "my song"


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())
def test_a_command_without_sound_loads_nothing_heavy_and_is_quick(folder: Path, command: str) -> None:
    program = (
        "import json, sys, time\nfrom bandmate.project import Project\n"
        f"with Project.open(sys.argv[1]) as project:\n    {command}\n"
        "print(json.dumps([time.process_time(), sorted(sys.modules)]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder)],
        capture_output=True,
        check=True,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
    )
    cpu_seconds, modules = json.loads(done.stdout)
    assert HEAVY & set(modules) == set()
    assert cpu_seconds < MOST_CPU_SECONDS


def test_a_project_is_closed_at_the_end_of_the_block_and_leaves_one_file(folder: Path) -> None:
    with Project.open(folder / ".." / "my song") as project:
        project.undo()
    assert sorted(path.name for path in folder.iterdir() if path.is_file()) == ["song.db"]
