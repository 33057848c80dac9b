"""Kill -9 at any moment leaves a project that opens and has every finished step."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bandmate.project import Project
from bandmate.song.errors import ProjectError
from tests.conftest import ROOT
from tests.project.projects import write_wav

DRIVER = Path(__file__).with_name("crash_driver.py")
FOLDERS = 20
KILLS_PER_FOLDER = 10
MOST_STEPS = 20
Said = list[tuple[str, str]]


def killed_run(folder: Path, recording: Path, rng: random.Random) -> Said:
    """Let the driver work for a random number of steps and a random moment more; what it said it had finished."""
    program = subprocess.Popen(
        [sys.executable, str(DRIVER), str(folder), str(recording), str(rng.randrange(10**9))],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env=os.environ | {"PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT))), "PYTHONUTF8": "1"},
    )
    assert program.stdout is not None
    lines = [program.stdout.readline() for _ in range(rng.randrange(MOST_STEPS))]
    time.sleep(rng.uniform(0, 0.004))
    program.kill()
    rest, complaint = program.communicate()
    assert complaint == ""
    return [(kind, what) for line in ("".join(lines) + rest).splitlines() for kind, _, what in [line.partition(" ")]]


def check(folder: Path, said: Said) -> None:
    """Everything that was said to be finished is there, and nothing else is amiss."""
    with Project.open(folder) as project:
        assert [p for p in project.verify() if not p.is_harmless] == []
        there = {
            "revision": {one.id for one in project.log(all=True)},
            "version": {one.name for one in project.versions()},
            "proposal": {one.id for one in project.proposals()},
            "recording": {one.sha256 for one in project.media.recordings()},
        }
        assert [(kind, what) for kind, what in said if kind in there and what not in there[kind]] == []
    db = sqlite3.connect(folder / "song.db")
    accepted = {f"P{row[0]} {row[1]} {row[2]}" for row in db.execute("SELECT proposal, move, revision FROM decision")}
    refused = {row[0] for row in db.execute("SELECT reason FROM decision WHERE kind = 'refused'")}
    db.close()
    assert {what for kind, what in said if kind == "accepted"} <= accepted
    assert {what for kind, what in said if kind == "refused"} <= refused


def work_and_be_killed(folder: Path, recording: Path) -> int:
    """One project, killed again and again; how many steps were finished."""
    rng = random.Random(folder.name)
    said: Said = []
    for _ in range(KILLS_PER_FOLDER):
        said += killed_run(folder, recording, rng)
        if said:
            check(folder, said)
    return len(said)


@pytest.mark.slow
def test_a_project_survives_200_kills_with_every_finished_step(tmp_path: Path) -> None:
    recording = write_wav(tmp_path / "take.wav", frames=20_000)
    folders = [tmp_path / f"project {number}" for number in range(FOLDERS)]
    with ThreadPoolExecutor(2) as pool:
        finished = list(pool.map(lambda folder: work_and_be_killed(folder, recording), folders))
    assert sum(finished) > FOLDERS * KILLS_PER_FOLDER


@pytest.mark.slow
def test_making_a_project_can_be_killed_at_any_moment_and_done_again(tmp_path: Path) -> None:
    rng = random.Random(5)
    for number in range(20):
        folder = tmp_path / str(number)
        program = subprocess.Popen(
            [
                sys.executable,
                "-c",
                "import sys\nfrom bandmate.project import Project\nprint('on', flush=True)\n"
                "Project.create(sys.argv[1])",
                str(folder),
            ],
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        )
        assert program.stdout is not None
        program.stdout.readline()
        time.sleep(rng.uniform(0, 0.01))
        program.kill()
        program.communicate()
        try:
            Project.open(folder).close()
        except ProjectError:
            Project.create(folder).close()
        with Project.open(folder) as project:
            assert project.verify() == () and project.head.number == 1
