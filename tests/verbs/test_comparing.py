"""A and B are equally loud, differ by the chosen moves and nothing else, and leave the project as it was."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

import bandmate
from bandmate.song.errors import OutOfRange, RequestError
from bandmate.verbs.abx import AbxTest, answer_abx, begin_abx, read_abx, x_file
from bandmate.verbs.comparing import compare


def test_both_are_equally_loud_and_the_song_stays(evening: Path, tmp_path: Path) -> None:
    with bandmate.open_project(evening) as project:
        song = project.song
        pair = compare(project, "P1", tmp_path / "ab")
        assert abs(pair.difference_lu) <= 0.1
        assert max(pair.gains_db) <= 0.0
        assert project.song == song and project.proposal("P1").counts["accepted"] == 0
    a, b = (soundfile.read(tmp_path / "ab" / name)[0] for name in ("A.wav", "B.wav"))
    assert a.shape == b.shape
    assert np.abs(a - b).max() > 1e-3


def test_accepted_and_open_moves_give_the_same_pair(evening: Path, tmp_path: Path) -> None:
    with bandmate.open_project(evening) as project:
        compare(project, "P1", tmp_path / "open", moves=[1])
        project.accept("P1", [1])
        compare(project, "P1", tmp_path / "accepted", moves=[1])
    for name in ("A.wav", "B.wav"):
        assert (tmp_path / "open" / name).read_bytes() == (tmp_path / "accepted" / name).read_bytes()


def test_what_cannot_be_compared_is_refused(evening: Path, tmp_path: Path) -> None:
    with bandmate.open_project(evening) as project:
        with pytest.raises(OutOfRange, match="there is no move 99 in P1"):
            compare(project, "P1", tmp_path, moves=[99])
        project.refuse("P1")
        with pytest.raises(RequestError, match="move 1 of P1 was refused; reopen it first"):
            compare(project, "P1", tmp_path, moves=[1])
        with pytest.raises(RequestError, match="nothing to compare"):
            compare(project, "P1", tmp_path)


def test_a_listening_test_is_left_and_gone_on_with(evening: Path, tmp_path: Path) -> None:
    place = tmp_path / "слух"
    with bandmate.open_project(evening) as project:
        test = begin_abx(project, "P1", place, moves=[1], trials=6)
        with pytest.raises(RequestError, match="holds a listening test already"):
            begin_abx(project, "P1", place, moves=[1], trials=6)
    sides = {"a": (place / "A.wav").read_bytes(), "b": (place / "B.wav").read_bytes()}
    for number, toss in enumerate(test.tosses, 1):
        assert x_file(place, number).read_bytes() == sides[toss]
    with pytest.raises(RequestError, match="0 of 6 trials are answered; a test that is stopped early says nothing"):
        test.verdict()
    for toss in test.tosses:
        assert read_abx(place).fingerprint == test.fingerprint
        test = answer_abx(place, "a" if toss == "a" else "b")
    assert test.right == 6 and test.verdict().is_heard
    with pytest.raises(RequestError, match="all 6 trials are answered"):
        answer_abx(place, "a")


def test_too_few_trials_say_nothing(evening: Path, tmp_path: Path) -> None:
    with bandmate.open_project(evening) as project, pytest.raises(OutOfRange, match="4 trials; possible are 5 to 100"):
        begin_abx(project, "P1", tmp_path / "abx", trials=4)


def test_a_folder_without_a_test_is_named(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="holds no listening test"):
        read_abx(tmp_path)


def test_the_fingerprint_gives_nothing_away_and_holds_all() -> None:
    one = AbxTest(proposal="P1", moves=(1,), difference_lu=0.0, tosses="abba", salt="x")
    other = AbxTest(proposal="P1", moves=(1,), difference_lu=0.0, tosses="abbb", salt="x")
    assert one.fingerprint != other.fingerprint and len(one.fingerprint) == 32
