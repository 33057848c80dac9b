"""Different answers to one question, and sends with the bus that they need."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from bandmate.project import Project
from bandmate.song.address import ABSENT
from bandmate.song.errors import RequestError
from bandmate.song.moves import Move
from bandmate.song.tracks import Bus, Send
from tests.project.projects import fader, proposal, song


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "my song", song=song()) as made:
        made.add_proposal(
            proposal(
                replace(fader("vox", 0.0, 1.0), choice="masking#1"),
                replace(fader("bass", 0.0, -2.0), choice="masking#2"),
                fader("keys", 0.0, 3.0),
            )
        )
        yield made


def gains(project: Project) -> list[float]:
    return [project.song.track(name).gain_db for name in ("vox", "bass", "keys")]


def test_without_numbers_the_first_answer_is_made(project: Project) -> None:
    assert project.accept("P1").numbers == (1, 3)
    assert gains(project) == [1.0, 0.0, 3.0]


def test_the_other_answer_is_made_when_it_is_named(project: Project) -> None:
    assert project.accept("P1", [2]).numbers == (2,)
    assert project.accept("P1").numbers == (3,), "the question is answered"
    assert gains(project) == [0.0, -2.0, 3.0]


def test_two_answers_are_refused_by_name(project: Project) -> None:
    with pytest.raises(RequestError, match=r"move 2 of P1 is another answer to what move 1 answers.*chosen too"):
        project.accept("P1", [1, 2])
    project.accept("P1", [1])
    with pytest.raises(RequestError, match="move 1 is accepted already; undo it, or leave move 2 out"):
        project.accept("P1", [2])
    assert gains(project) == [1.0, 0.0, 0.0]


def test_when_the_first_answer_is_refused_the_next_is_made(project: Project) -> None:
    project.refuse("P1", [1])
    assert project.accept("P1").numbers == (2, 3)


def test_a_send_brings_the_bus_that_it_needs(project: Project) -> None:
    bus = Move(address="buses/room", before=ABSENT, after=Bus(id="room", name="Room"))
    send = Move(address="tracks/vox/sends/room", before=ABSENT, after=Send(id="room", bus="room", gain_db=-12.0))
    project.add_proposal(proposal(bus, fader("bass", 0.0, 1.0), send))
    assert project.accept("P2", [3]).numbers == (1, 3)
    assert [one.id for one in project.song.buses] == ["plate", "room"]
