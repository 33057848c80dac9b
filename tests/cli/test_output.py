"""How lines, tables, numbers and JSON are printed."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass

import pytest
from rich.console import Console

from bandmate.cli import output
from bandmate.cli.output import number, plain, plain_progress, print_json, table, write
from bandmate.song.song import Song
from bandmate.verbs.progress import FIRST_RUN

LINE = "the horns cover the vocal from bar 17 on, turned down it is heard in 9 of 10 places"


def terminal(width: int) -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=width, color_system=None, highlight=False)


def said(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_long_line_is_folded_at_words_under_its_beginning() -> None:
    console = terminal(50)
    write(LINE, indent=5, hang=2, console=console)
    lines = said(console).splitlines()
    assert len(lines) == 2 and all(len(line) <= 50 for line in lines)
    assert lines[0].startswith("     the horns") and lines[1].startswith("       ")
    assert " ".join(said(console).split()) == LINE


def test_an_address_longer_than_the_line_stays_whole() -> None:
    console, address = terminal(40), "tracks/lead-vox/inserts/equalizer/bands/2/gain_db"
    write(address, indent=5, console=console)
    assert address in said(console)


def test_what_is_no_terminal_gets_the_line_whole(capsys: pytest.CaptureFixture[str]) -> None:
    write(LINE * 10, indent=5)
    assert capsys.readouterr().out == f"     {LINE * 10}\n"


def test_brackets_are_brackets(capsys: pytest.CaptureFixture[str]) -> None:
    write("[bold]kick[/bold] [in]", style="dim")
    assert capsys.readouterr().out == "[bold]kick[/bold] [in]\n"


@pytest.mark.parametrize("width", [80, 120])
def test_figures_are_never_folded(width: int) -> None:
    shown = table("", "track", "role", ">LUFS", ">peak")
    shown.add_row(
        "a track with a very long name that somebody gave to a bounce of a bounce, final 2", "keys", "-17.9", "-0.21"
    )
    console = terminal(width)
    console.print(shown)
    lines = said(console).splitlines()
    assert lines[1].rstrip().endswith("-17.9  -0.21") and max(map(len, lines)) <= width


def test_numbers_say_what_is_missing() -> None:
    assert [number(None), number(float("-inf")), number(-3.04), number(2.0, 2)] == ["–", "silent", "-3.0", "2.00"]


def test_the_first_run_is_said_once_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    report = plain_progress()
    for what in ("looking at a.wav", FIRST_RUN, FIRST_RUN, "rendering"):
        report(what, 0.5)
    said = capsys.readouterr()
    assert said.err == f"{FIRST_RUN}\n" and said.out == ""


def test_no_color_takes_bold_and_dim_away_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert output.err().color_system is None


def test_json_holds_no_infinity_and_no_broken_text(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    @dataclass
    class Thing:
        name: str
        level: float

    given = {
        "a": float("nan"),
        1: (float("-inf"), b"x"),
        "n": "caf\udce9.wav",
        "t": Thing("x", 1.5),
        "s": Song().meters,
    }
    print_json(given)
    found = json.loads(capsysbinary.readouterr().out)
    assert found["a"] is None and found["1"] == [None, None] and found["n"] == "caf?.wav"
    assert found["t"] == {"name": "x", "level": 1.5}
    assert plain("обычный текст") == "обычный текст"
