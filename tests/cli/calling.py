"""Calling the command line: in this process, which is fast, or as a program of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bandmate.cli.main import outcome

PROGRAM = (sys.executable, "-c", "from bandmate.cli.main import run; run()")
ESCAPE = "\x1b"


@dataclass(frozen=True)
class Answer:
    """What a call gave back."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """stdout, which must be one JSON document and nothing else."""
        return json.loads(self.out)

    @property
    def error(self) -> str:
        """stderr, which must be one line, from a call that failed and printed no data."""
        assert self.out == "" and self.code != 0, self
        lines = self.err.splitlines()
        assert len(lines) == 1 and lines[0].startswith("bandmate: "), self.err
        return lines[0].removeprefix("bandmate: ")


class Caller:
    """Calls commands in a folder, in this process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path) -> None:
        self._monkeypatch, self._capsys, self.folder = monkeypatch, capsys, folder

    def __call__(self, *words: object) -> Answer:
        self._monkeypatch.chdir(self.folder)
        self._monkeypatch.setattr(sys, "argv", ["bandmate", *map(str, words)])
        self._capsys.readouterr()
        code = outcome()
        said = self._capsys.readouterr()
        return Answer(code, said.out, said.err)

    def ok(self, *words: object) -> Answer:
        """A call that must succeed."""
        answer = self(*words)
        assert answer.code == 0, answer
        return answer


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Caller:
    """Calls in an empty folder."""
    monkeypatch.setenv("COLUMNS", "80")
    return Caller(monkeypatch, capsys, tmp_path)


@pytest.fixture
def here(call: Caller, evening: Path) -> Caller:
    """Calls in a copy of the small project, with proposal P1."""
    call.folder = evening
    return call


def program(*words: object, folder: Path, **environment: str) -> Answer:
    """A call of the real program with its output in pipes."""
    done = subprocess.run(
        [*PROGRAM, *map(str, words)],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    return Answer(done.returncode, done.stdout, done.stderr)
