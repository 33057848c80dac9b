"""ab and abx on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from bandmate.verbs.abx import read_abx
from tests.cli.calling import Caller


def answers(monkeypatch: pytest.MonkeyPatch, *said: str) -> None:
    given = iter(said)

    def answered(_: str) -> str:
        try:
            return next(given)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setattr("builtins.input", answered)


def test_ab_says_where_and_how_loud(here: Caller) -> None:
    answer = here.ok("ab", "P1", "--json").json
    assert Path(answer["a"]).name == "A.wav" and abs(answer["difference_lu"]) <= 0.1
    assert "LUFS; B is" in here.ok("ab", "P1", "--moves", "1").out


def test_abx_is_left_and_gone_on_with(here: Caller, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    place = tmp_path / "test"
    answers(monkeypatch, "a", "perhaps", "q")
    left = here.ok("abx", "P1", "--trials", "5", "--folder", place)
    assert "left after 1 of 5 trials" in left.err and '"perhaps" is no answer' in left.err
    assert "5 right answers are more than guessing" in left.out
    answers(monkeypatch, "a", "b", "a", "b")
    done = here.ok("abx", "P1", "--folder", place)
    assert "of 5 right" in done.out and read_abx(place).tosses in done.out
    assert "1 of 5 trials are answered" in done.err


def test_abx_answers_in_json(here: Caller, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("builtins.input", lambda prompt="": "a")
    done = here.ok("abx", "P1", "--trials", "5", "--folder", tmp_path / "t", "--json").json
    assert done["verdict"]["trials"] == 5 and done["verdict"]["right"] == done["tosses"].count("a")


def test_abx_without_a_terminal_leaves(here: Caller, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    answers(monkeypatch)
    assert "left after 0 of 5" in here.ok("abx", "P1", "--trials", "5", "--folder", tmp_path / "t").err
