"""The real program: its pipes, its start, and Ctrl-C at any moment."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bandmate.cli.main import refused
from bandmate.project.folder import Project
from tests.cli.calling import ESCAPE, PROGRAM, program
from tests.verbs.studio import contents, state_of

HEAVY = ("numpy", "numba", "scipy", "soxr", "soundfile", "av", "matplotlib", "lxml", "jinja2", "mido", "midirenderer")
LIGHT_CALLS = (
    ["--help"],
    ["log"],
    ["proposals"],
    ["show", "P1"],
    ["accept", "P1"],
    ["undo"],
    ["lock", "pad"],
    ["verify"],
)
WATCHED = """
import json, sys
from bandmate.cli.main import outcome
heavy, calls = json.loads(sys.argv[1])
loaded = {}
for words in calls:
    sys.argv = ["bandmate", *words]
    assert outcome() == 0, words
    loaded[words[0]] = [name for name in heavy if name in sys.modules]
print(json.dumps(loaded), file=sys.stderr)
"""


def test_the_commands_that_only_read_and_decide_load_nothing_heavy(evening: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, json.dumps([HEAVY, LIGHT_CALLS])],
        cwd=evening,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    loaded = json.loads(done.stderr.splitlines()[-1])
    assert loaded == {words[0]: [] for words in LIGHT_CALLS}


def test_a_song_from_stems_to_master_by_hand(stems: Path, tmp_path: Path) -> None:
    flow = (
        ("new", "мой трек"),
        ("import", stems),
        ("propose", "mix"),
        ("accept", "P1", "--moves", "1", "--strength", "1=50"),
        ("propose", "master"),
        ("accept", "P2"),
        ("render", "мастер.wav", "--master", "spotify"),
        ("verify",),
        ("log",),
    )
    folder = tmp_path
    for words in flow:
        answer = program(*words, folder=folder)
        assert answer.code == 0, (words, answer.err)
        assert ESCAPE not in answer.out + answer.err
        folder = tmp_path / "мой трек"
    assert (folder / "мастер.wav").is_file()
    assert len(answer.out.splitlines()) == 5, answer.out


def test_errors_come_as_one_line_and_an_exit_code(tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("la la la")
    for words, code in ((("log",), 4), (("render",), 2), (("produce", "text.wav"), 3), (("produce", "none.wav"), 3)):
        answer = program(*words, folder=tmp_path)
        assert answer.code == code and answer.error
    assert sorted(path.name for path in tmp_path.iterdir()) == ["text.wav"]


def test_a_reader_that_leaves_early_is_no_error(evening: Path) -> None:
    with subprocess.Popen(
        [*PROGRAM, "show", "P1"], cwd=evening, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stdout is not None and running.stderr is not None
        running.stdout.close()
        said = running.stderr.read().decode()
    assert "Traceback" not in said and "BrokenPipe" not in said
    assert running.returncode == 0


def test_an_encoding_without_arrows_is_no_error(evening: Path) -> None:
    answer = program("log", folder=evening, PYTHONIOENCODING="ascii")
    assert answer.code == 0 and "new project" in answer.out and "?   2" in answer.out


@pytest.mark.skipif(sys.platform == "win32", reason="Windows shows completion for its own shells")
def test_completion_is_shown_for_a_shell(tmp_path: Path) -> None:
    # Typer finds the shell among the parents of the process; where the tests run there may be none, so it is told.
    named = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    for shell in ("bash", "zsh", "fish"):
        script = program("--show-completion", shell, folder=tmp_path, **named)
        assert script.code == 0 and "COMPLETE" in script.out


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize("columns", [80, 120])
def test_a_terminal_gets_lines_that_fit_and_with_no_color_no_codes(evening: Path, columns: int) -> None:
    for words in (("show", "P1"), ("log",), ("proposals",), ("--help",)):
        said = on_a_terminal(words, evening, columns)
        assert ESCAPE not in said
        assert max(len(line) for line in said.splitlines()) <= columns, words
    shown = on_a_terminal(("show", "P1"), evening, columns)
    reasons = [line for line in shown.splitlines() if line.startswith("     ") and line.strip()]
    assert (reasons and not re.search(r"^[a-z]", shown, re.MULTILINE)) or "accept all of it" in shown


def on_a_terminal(words: tuple[str, ...], folder: Path, columns: int) -> str:
    import pty
    import termios

    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (40, columns))
    environment = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "LINES")}
    environment |= {"NO_COLOR": "1", "TERM": "xterm"}
    running = subprocess.Popen(
        [*PROGRAM, *words], cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs, env=environment
    )
    os.close(theirs)
    said = b""
    while True:
        try:
            block = os.read(ours, 65_536)
        except OSError:
            break
        if not block:
            break
        said += block
    os.close(ours)
    assert running.wait() == 0
    return said.decode().replace("\r\n", "\n")


def stopped_after(seconds: float, words: tuple[object, ...], folder: Path) -> tuple[int, str]:
    """Start a command, press Ctrl-C after that time; its exit code and what it said."""
    running = subprocess.Popen(
        [*PROGRAM, *map(str, words)],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    time.sleep(seconds)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60)
    return running.returncode, said


def check_stopped(code: int, said: str) -> bool:
    """Whether it was stopped in time; it must say so in one line then."""
    if code == 0:
        return False
    # subtle: in the first hundredths of a second Python itself is still starting, and answers by dying of the signal
    if code != 130:
        assert code == -signal.SIGINT or "site" in said, (code, said)
        return True
    assert said.splitlines()[-1].startswith("bandmate: stopped; what was finished before is kept"), said
    # A library whose loading was cut off may complain of its own half-made objects; ours must not.
    assert "bandmate/" not in said and ("Traceback" not in said or "Exception ignored in" in said), said
    return True


def leftovers(folder: Path) -> list[str]:
    """Files that only a program at work should have."""
    return [path.name for path in folder.rglob("*") if path.name.endswith(".part") or path.name.startswith(".")]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT to send")
@pytest.mark.parametrize(
    ("words", "longest_seconds"),
    [
        (("import", "STEMS"), 0.9),
        (("propose", "mix"), 1.5),
        (("render", "mix.wav"), 1.5),
        (("export", "stems"), 1.5),
    ],
)
def test_ctrl_c_at_any_moment_leaves_a_project_that_is_well(
    made_once: Path, evening: Path, stems: Path, words: tuple[str, ...], longest_seconds: float
) -> None:
    rng = random.Random(words[0])
    shutil.rmtree(evening / "cache")
    before = state_of(evening)
    stopped = 0
    for _ in range(3):
        wanted = tuple(stems if word == "STEMS" else word for word in words)
        code, said = stopped_after(rng.uniform(0.15, longest_seconds), wanted, evening)
        if check_stopped(code, said):
            stopped += 1
            assert leftovers(evening) == []
        with Project.open(evening) as project:
            assert [one for one in project.verify() if not one.is_harmless] == []
            assert project.log(all=True)[-1].id == before[0][-1]  # type: ignore[index]
    assert stopped


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT to send")
def test_ctrl_c_during_produce_leaves_the_folder_as_it_was(stems: Path, tmp_path: Path) -> None:
    rng = random.Random(11)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").write_text("keep me")
    stopped = 0
    for count in range(3):
        place = tmp_path / ("out" if count % 2 else f"new {count}")
        code, said = stopped_after(rng.uniform(0.15, 3.0), ("produce", stems, "-o", place), tmp_path)
        if check_stopped(code, said):
            stopped += 1
            kept = {"notes.txt": b"keep me"} if place.name == "out" else {}
            assert (contents(place) if place.exists() else {}) == kept
            assert place.exists() == (place.name == "out")
        else:
            return
    assert stopped


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_output_that_has_no_room_is_told_in_one_line(evening: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "bandmate", "log"], cwd=evening, stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 4
    assert re.fullmatch(rb"bandmate: what is printed.+no space left on device; .+ \[project\]\r?\n", done.stderr)


def test_a_closed_output_is_no_crash(evening: Path) -> None:
    closed = "import runpy, sys; sys.stdout = None; sys.argv = ['bandmate', 'log']; runpy.run_module('bandmate')"
    done = subprocess.run([sys.executable, "-c", closed], cwd=evening, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_folder_that_may_not_be_looked_into_is_named() -> None:
    line = refused(PermissionError(13, "Permission denied", "sealed/song"))
    assert (
        line
        == '"sealed/song" cannot be read or written: permission denied; choose another place, or make room or '
        + ("permission there")
    )
