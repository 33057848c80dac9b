"""What the documents say works: their Python and their commands run, in the order in which they stand."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from bandmate.cli.main import outcome
from bandmate.formats.audio_write import write_audio
from bandmate.formats.scores import write_score
from tests.conftest import ROOT
from tests.learn.tunes import folder_of
from tests.stages.compose.band_song import band_song
from tests.stages.stems import audio_of, stems

DOCUMENTS = [
    "README.md",
    "docs/composing.md",
    "docs/albums.md",
    "docs/moves.md",
    "docs/editing.md",
    "docs/mixing.md",
    "docs/mastering.md",
    "docs/delivery.md",
    "docs/projects.md",
    "docs/files.md",
    "docs/translation.md",
    "docs/learning.md",
]
BLOCK = re.compile(r"^```(python|bash)\n(.*?)^```", re.DOTALL | re.MULTILINE)


@pytest.fixture
def studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with stems (the vocal too quiet, so that there is something to propose) to read the documents in."""
    folder = tmp_path / "stems"
    folder.mkdir()
    for name, samples in stems().items():
        quiet = 0.25 if name == "Lead Vox" else 1.0
        write_audio(folder / f"{name}.wav", audio_of(samples[: 4 * 44_100] * quiet), kind="wav-24")
    (tmp_path / "songs").mkdir()
    for name in ("Bass", "Lead Vox"):
        write_audio(tmp_path / "songs" / f"{name}.wav", audio_of(stems()[name][: 4 * 44_100]), kind="wav-24")
    folder_of(tmp_path / "my-scores", range(12))
    tune = replace(band_song(bars=8), tracks=band_song(bars=8).tracks[:1])
    for name in ("tune.mid", "tune.abc"):
        write_score(tune, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run_command(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", shlex.split(line, comments=True))
    assert outcome() == 0, line


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_code_in_the_documents_runs(document: str, studio: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    commands = "\n".join(body for language, body in BLOCK.findall(text) if language == "bash")
    if "-p my-song" in commands and "bandmate new my-song" not in commands:
        run_command("bandmate new my-song", monkeypatch)
        run_command("bandmate import stems -p my-song", monkeypatch)
    names: dict[str, object] = {}
    for language, body in BLOCK.findall(text):
        if language == "python":
            exec(compile(body, document, "exec"), names)
            continue
        for line in body.splitlines():
            if line.startswith("bandmate "):
                run_command(line, monkeypatch)


def test_every_document_is_run() -> None:
    there = {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").glob("*.md")} | {"README.md"}
    assert there == set(DOCUMENTS)


def test_links_between_documents_lead_somewhere() -> None:
    for document in [*DOCUMENTS, "CONTRIBUTING.md", "MAP.md", "CHANGELOG.md"]:
        path = ROOT / document
        for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), f"{document} points to {target}"
