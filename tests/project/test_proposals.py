"""Proposals: kept with their state; accepting is all or nothing; undo opens them again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from bandmate.project import LeftOut, Project
from bandmate.song.address import ABSENT, get
from bandmate.song.devices import Limiter
from bandmate.song.errors import LockedMove, OutOfRange, ProjectError, RequestError, StaleMove, UnknownName
from bandmate.song.moves import Move
from bandmate.song.proposal import HUMAN, MadeMove, Proposal
from tests.project.projects import MIX_STAGE, fader, proposal, song


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "my song", song=song()) as made:
        yield made


def gains(project: Project) -> list[float]:
    return [track.gain_db for track in project.song.tracks]


def test_a_proposal_changes_nothing_and_waits(project: Project) -> None:
    given = proposal()
    assert project.add_proposal(given) == "P1"
    assert project.add_proposal(proposal(fader("vox", 0.0, 1.0))) == "P2"
    first, second = project.proposals()
    assert first.proposal == given and first.revision == project.head and first.state == "open"
    assert first.counts == {"open": 3, "accepted": 0, "refused": 0, "stale": 0}
    assert second.id == "P2" and gains(project) == [0.0, 0.0, 0.0]


def test_accepting_all_makes_one_revision_by_the_author_of_the_proposal(project: Project) -> None:
    project.add_proposal(proposal())
    new = project.accept("P1")
    assert gains(project) == [-4.0, 2.0, -6.0]
    assert new.number == 2 and new.author == MIX_STAGE and new.numbers == (1, 2, 3) and new.left_out == ()
    assert new.message == "accept P1, moves 1-3: balance"
    assert [one.strength for one in project.made(2)] == [1.0, 1.0, 1.0]
    assert project.proposal("P1").state == "accepted"
    assert [(m.state, m.revision) for m in project.proposal("P1").moves] == [("accepted", 2)] * 3


def test_some_are_accepted_at_a_strength_and_the_rest_refused(project: Project) -> None:
    project.add_proposal(proposal())
    assert project.accept("p1", [3, 1], {3: 0.5}).message == "accept P1, moves 1, 3: balance"
    state = project.refuse("1", reason="the bass is fine")
    assert gains(project) == [-4.0, 0.0, -3.0]
    assert [m.state for m in state.moves] == ["accepted", "refused", "accepted"]
    assert state.moves[1].why == "the bass is fine" and state.moves[2].strength == 0.5
    assert state.counts == {"open": 0, "accepted": 2, "refused": 1, "stale": 0} and state.state == "accepted"


def test_what_was_decided_is_not_decided_again(project: Project) -> None:
    project.add_proposal(proposal())
    project.accept("P1", [1], {1: 0.8})
    project.refuse("P1", [2], "too dull")
    with pytest.raises(RequestError, match=r"move 1 of P1 is accepted already, at 80 % in revision 2; set another"):
        project.accept("P1", [1, 3])
    with pytest.raises(
        RequestError, match=r'move 2 of P1 was refused \("too dull"\); reopen it first, or leave it out'
    ):
        project.accept("P1", [2, 3])
    assert project.head.number == 2
    project.accept("P1")
    with pytest.raises(RequestError, match="P1 has nothing left to accept: 3 moves, 2 accepted, 1 refused"):
        project.accept("P1")
    with pytest.raises(RequestError, match="P1 has nothing left to refuse"):
        project.refuse("P1")


def test_a_refusal_can_be_taken_back(project: Project) -> None:
    project.add_proposal(proposal())
    project.refuse("P1", [1, 2])
    assert project.reopen("P1", [1]).counts["refused"] == 1
    assert project.reopen("P1").counts == {"open": 3, "accepted": 0, "refused": 0, "stale": 0}
    with pytest.raises(RequestError, match="move 1 of P1 is open; only refused moves can be reopened"):
        project.reopen("P1", [1])


def test_undo_opens_the_moves_again_and_redo_closes_them(project: Project) -> None:
    project.add_proposal(proposal())
    project.accept("P1", [1])
    project.accept("P1", [2])
    project.undo()
    assert [m.state for m in project.proposal("P1").moves] == ["accepted", "open", "open"]
    project.undo()
    assert project.proposal("P1").counts["open"] == 3
    project.redo(2)
    assert project.proposal("P1").counts["accepted"] == 2
    project.undo(2)
    project.accept("P1", [1], {1: 0.25})
    assert gains(project) == [-1.0, 0.0, 0.0]
    assert project.proposal("P1").moves[0].strength == 0.25


def test_a_stale_move_stops_all_and_is_named(project: Project) -> None:
    project.add_proposal(proposal())
    project.revise(fader("bass", 0.0, 5.0), "by hand")
    state = project.proposal("P1")
    assert [m.state for m in state.moves] == ["open", "stale", "open"]
    assert state.moves[1].why == "the move at tracks/bass/gain_db is stale: it stands on 0, the song now has 5"
    with pytest.raises(StaleMove, match=r"the song now has 5 \(move 2 of P1\); leave it out or propose again"):
        project.accept("P1")
    assert gains(project) == [0.0, 5.0, 0.0] and project.head.number == 2


def test_stale_moves_are_left_out_on_request_and_the_result_says_so(project: Project) -> None:
    project.add_proposal(proposal())
    project.revise(fader("bass", 0.0, 5.0), "by hand")
    new = project.accept("P1", skip_stale=True)
    assert new.numbers == (1, 3) and gains(project) == [-4.0, 5.0, -6.0]
    why = "the move at tracks/bass/gain_db is stale: it stands on 0, the song now has 5"
    assert new.left_out == (LeftOut(2, why),)
    with pytest.raises(RequestError, match="every move of P1 that was chosen is stale or locked, so nothing was made"):
        project.accept("P1", skip_stale=True)


def test_locked_moves_are_left_out_on_request_as_well(project: Project) -> None:
    project.add_proposal(proposal())
    project.lock("tracks/vox")
    new = project.accept("P1", skip_stale=True)
    assert new.numbers == (2, 3)
    assert [one.number for one in new.left_out] == [1] and "tracks/vox is locked" in new.left_out[0].why


def test_a_move_inside_a_device_that_an_earlier_move_puts_in_is_open(project: Project) -> None:
    put_in = Move(address="main/inserts/limit", before=ABSENT, after=Limiter(id="limit", ceiling_dbtp=-1.0))
    turned = Move(address="main/inserts/limit/ceiling_dbtp", before=-1.0, after=-2.0)
    project.add_proposal(proposal(put_in, turned))
    assert project.proposal("P1").counts["open"] == 2
    project.accept("P1")
    assert get(project.song, "main/inserts/limit/ceiling_dbtp") == -2.0


def test_a_move_that_cannot_follow_an_earlier_one_is_open_since_it_fits_alone(project: Project) -> None:
    project.add_proposal(proposal(fader("vox", 0.0, -3.0), fader("vox", 0.0, -6.0)))
    assert project.proposal("P1").counts["open"] == 2
    assert project.accept("P1", [2]).numbers == (2,)
    assert project.proposal("P1").moves[0].state == "stale"


def test_the_strength_of_an_accepted_move_changes_in_a_new_revision(project: Project) -> None:
    project.add_proposal(proposal())
    project.accept("P1", [1], {1: 0.5})
    new = project.strength("P1", 1, 1.0)
    assert gains(project)[0] == -4.0
    assert new.message == "strength of P1 move 1: 50 % → 100 %" and new.author == HUMAN
    assert project.strength("P1", 1, 1.0) == project.head == new
    project.strength("P1", 1, 0.0)
    assert gains(project)[0] == 0.0 and project.proposal("P1").moves[0].strength == 0.0
    project.undo(2)
    assert project.proposal("P1").moves[0].strength == 0.5


def test_an_inserted_device_goes_from_strength_to_strength(project: Project) -> None:
    limiter = Limiter(id="limit", gain_db=4.0, ceiling_dbtp=-1.0)
    project.add_proposal(proposal(Move(address="main/inserts/limit", before=ABSENT, after=limiter)))
    project.accept("P1", strengths={1: 0.5})
    assert get(project.song, "main/inserts/limit/gain_db") == 2.0
    project.strength("P1", 1, 0.25)
    assert get(project.song, "main/inserts/limit/gain_db") == 1.0
    project.strength("P1", 1, 0.0)
    assert project.song.main.inserts == ()
    project.strength("P1", 1, 1.0)
    assert get(project.song, "main/inserts/limit") == limiter


def test_the_strength_of_an_open_move_is_remembered_until_it_is_accepted(project: Project) -> None:
    project.add_proposal(proposal())
    assert project.strength("P1", 2, 0.5) == project.head
    assert project.proposal("P1").moves[1].strength == 0.5
    project.accept("P1", [1, 2])
    assert gains(project) == [-4.0, 1.0, 0.0]


def test_the_strength_of_a_move_whose_ground_has_changed_since_is_refused(project: Project) -> None:
    project.add_proposal(proposal())
    project.accept("P1", [1])
    project.revise(fader("vox", -4.0, 3.0), "by hand")
    with pytest.raises(StaleMove, match=r"stands on -4, the song now has 3 \(move 1 of P1\)"):
        project.strength("P1", 1, 0.5)


def test_a_lock_stops_proposals_and_not_the_strength_that_the_musician_sets(project: Project) -> None:
    project.add_proposal(proposal())
    project.accept("P1", [1])
    project.lock("tracks/vox")
    project.strength("P1", 1, 0.5)
    assert gains(project)[0] == -2.0
    project.add_proposal(Proposal(stage="mix", title="more", moves=(fader("vox", -2.0, -9.0),)))
    with pytest.raises(LockedMove, match="tracks/vox is locked"):
        project.accept("P2")


def test_accepting_at_strength_0_is_written_down_and_changes_no_sound(project: Project) -> None:
    project.add_proposal(proposal())
    before = project.song
    assert project.accept("P1", [1], {1: 0.0}).number == 2
    assert project.song == before and project.proposal("P1").moves[0].state == "accepted"


def test_what_is_not_there_is_named(project: Project) -> None:
    with pytest.raises(UnknownName, match='no proposal named "P1"; there are none'):
        project.accept("P1")
    project.add_proposal(proposal())
    with pytest.raises(UnknownName, match='no proposal named "P9"; there are: P1'):
        project.proposal("P9")
    with pytest.raises(OutOfRange, match="there is no move 4 in P1; it has 3, counted from 1"):
        project.accept("P1", [4])
    with pytest.raises(OutOfRange, match="the strength of move 2 of P1 is 150 %; possible are 0 to 100 %"):
        project.accept("P1", strengths={2: 1.5})
    with pytest.raises(RequestError, match="move 2 of P1 has a strength but is not chosen; choose it too"):
        project.accept("P1", [1], {2: 0.5})
    with pytest.raises(RequestError, match="no move of P1 is chosen to accept; give numbers from 1 to 3"):
        project.accept("P1", [])
    assert project.head.number == 1


def test_a_move_that_no_song_could_have_is_refused_before_it_is_kept(project: Project) -> None:
    nowhere = Move(address="tracks/vox/volume_db", before=0.0, after=1.0)
    with pytest.raises(RequestError, match='tracks/vox/volume_db leads nowhere: no "volume_db" in tracks/vox'):
        project.add_proposal(proposal(nowhere))
    with pytest.raises(ProjectError, match="the value at tracks/vox/gain_db is damaged: Expected `float`, got `str`"):
        project.add_proposal(proposal(replace(nowhere, address="tracks/vox/gain_db", after="loud")))
    with pytest.raises(RequestError, match="leads nowhere"):
        project.commit(replace(project.song, title="x"), "x", made=(MadeMove(move=nowhere),))
    assert project.proposals() == () and project.head.number == 1


def test_a_proposal_without_moves_is_empty(project: Project) -> None:
    given = replace(proposal(), moves=(), remarks=("the mix is balanced",))
    name = project.add_proposal(given)
    assert project.proposal(name).state == "empty" and project.proposal(name).proposal == given


def test_a_proposal_for_a_song_that_became_another_is_stale(project: Project) -> None:
    project.add_proposal(proposal())
    project.commit(replace(project.song, tracks=()), "start over")
    state = project.proposal("P1")
    assert state.state == "stale" and 'there is no "vox" in tracks' in state.moves[0].why
    project.refuse("P1", reason="over")
    assert project.proposal("P1").state == "refused"
