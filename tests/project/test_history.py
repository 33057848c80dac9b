"""Revisions: written once, found by any name, never merged away."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bandmate.project import Project
from bandmate.song.address import get
from bandmate.song.errors import LockedMove, OutOfRange, RequestError, StaleMove, UnknownName
from bandmate.song.moves import Move, apply
from bandmate.song.proposal import HUMAN, Author
from bandmate.song.song import Song
from bandmate.song.tracks import Track
from tests.project.projects import fader, proposal, song, titled


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "my song", song=song()) as made:
        yield made


def test_a_new_project_has_one_revision_and_the_name_of_its_folder(tmp_path: Path) -> None:
    with Project.create(tmp_path / "Ночной трамвай") as project:
        assert project.song == Song(title="Ночной трамвай")
        (first,) = project.log()
        assert (first.number, first.parent, first.message, first.author) == (1, None, "new project", HUMAN)
        assert first == project.head and first.id == first.hash[:12]
        assert first.created_at.endswith("Z") and "T" in first.created_at


def test_a_title_wins_over_the_title_of_the_song(tmp_path: Path) -> None:
    with Project.create(tmp_path / "x", title="Given", song=song("Own")) as project:
        assert project.song.title == "Given" and len(project.song.tracks) == 3


def test_a_commit_is_there_after_opening_again(project: Project) -> None:
    author = Author(kind="import", name="stems", version="2", seed=4)
    new = project.commit(titled(project.song, "Second"), "import 5 stems", author)
    project.close()
    with Project.open(project.folder) as again:
        assert again.song.title == "Second"
        assert again.head == new and new.author == author and new.number == 2
        assert again.song_at(1).title == "Tram"


def test_a_step_is_the_song_after_it_with_its_moves(project: Project) -> None:
    before = project.head
    project.revise(fader("bass", get(project.song, "tracks/bass/gain_db"), -3.0), "bass down")
    step = project.step(project.head.number)
    assert (step.id, step.parent, step.message) == (project.head.id, before.id, "bass down")
    assert step.song == project.song and step.author == HUMAN
    assert [one.move.address for one in step.made] == ["tracks/bass/gain_db"]


@pytest.mark.parametrize("bad", [Song(title=5), Song(tracks=(Track(id="a", role="nonsense"),))])  # type: ignore[arg-type]
def test_a_song_that_could_not_be_read_again_is_never_written(project: Project, bad: Song) -> None:
    before = project.head
    with pytest.raises(RequestError, match="the song cannot be kept, for it could not be read again: the song is"):
        project.commit(bad, "bad")
    project.close()
    with Project.open(project.folder) as again:
        assert again.head == before and again.song == song()


def test_committing_the_same_song_returns_the_head_unchanged(project: Project) -> None:
    assert project.commit(project.song, "nothing") == project.head
    assert len(project.log()) == 1


def test_a_song_that_names_a_missing_bus_is_refused_and_nothing_is_written(project: Project) -> None:
    broken = Song(tracks=(Track(id="vox", output="hall"),))
    with pytest.raises(UnknownName, match='no bus named "hall"; there are: main'):
        project.commit(broken, "broken")
    assert len(project.log(all=True)) == 1


def test_revise_makes_moves_and_keeps_them(project: Project) -> None:
    move = fader("vox", 0.0, -3.0)
    new = project.revise(move, "softer")
    assert get(project.song, move.address) == -3.0
    assert [one.move for one in project.made(new.id)] == [move]
    with pytest.raises(StaleMove, match="tracks/vox/gain_db is stale: it stands on 0, the song now has -3"):
        project.revise(move, "again")


def test_the_moves_of_a_plain_commit_are_found_by_comparing(project: Project) -> None:
    project.commit(titled(project.song, "Other"), "rename", Author(kind="import"))
    (made,) = project.made(2)
    assert made.move == Move(address="title", before="Tram", after="Other", by="import")
    assert project.made(1) == ()


def test_undo_and_redo_move_the_head_and_delete_nothing(project: Project) -> None:
    for title in ("a", "b", "c"):
        project.commit(titled(project.song, title), title)
    assert project.undo(2).message == "a" and project.song.title == "a"
    assert project.redo().message == "b"
    assert project.redo().message == "c" and project.song.title == "c"
    assert len(project.log()) == len(project.log(all=True)) == 4


def test_undo_and_redo_say_how_far_they_can_go(project: Project) -> None:
    with pytest.raises(RequestError, match="there is nothing to undo"):
        project.undo()
    with pytest.raises(RequestError, match="there is nothing to redo"):
        project.redo()
    project.commit(titled(project.song, "a"), "a")
    with pytest.raises(OutOfRange, match="undo by 3 steps; only 1 can be undone"):
        project.undo(3)
    with pytest.raises(OutOfRange, match="undo by 0 steps; it takes a whole number from 1 on"):
        project.undo(0)
    assert project.song.title == "a"


def test_a_commit_after_undo_begins_a_branch_and_the_old_future_stays(project: Project) -> None:
    project.commit(titled(project.song, "old future"), "old")
    project.undo()
    project.commit(titled(project.song, "new future"), "new")
    assert [(b.name, b.tip.message, b.is_current) for b in project.branches()] == [
        ("main", "old", False),
        ("main-2", "new", True),
    ]
    assert [r.message for r in project.log()] == ["new", "new project"]
    assert [r.message for r in project.log(all=True)] == ["new", "old", "new project"]
    project.switch("main")
    assert project.redo().message == "old"
    project.undo()
    project.commit(titled(project.song, "third"), "third")
    assert [b.name for b in project.branches()] == ["main", "main-2", "main-3"]


def test_switching_returns_to_where_the_branch_was_left(project: Project) -> None:
    project.commit(titled(project.song, "a"), "a")
    project.commit(titled(project.song, "b"), "b")
    project.undo()
    project.branch("try")
    project.commit(titled(project.song, "try"), "try")
    assert project.switch("main").message == "a"
    assert project.redo().message == "b"
    assert project.switch("try").message == "try"
    with pytest.raises(UnknownName, match=r'no branch named "tri"; there are: main, try\. Did you mean "try"'):
        project.switch("tri")
    with pytest.raises(RequestError, match='there is a branch "try" already; switch to it, or take another name'):
        project.branch("try")


def test_a_named_version_is_found_by_its_name_for_ever(project: Project) -> None:
    project.commit(titled(project.song, "a"), "a")
    named = project.name_version("для Ани")
    project.commit(titled(project.song, "b"), "b")
    assert project.versions() == (named,) and named.revision.message == "a"
    assert project.song_at("для Ани").title == "a"
    project.go_to("для Ани")
    assert project.song.title == "a"
    with pytest.raises(RequestError, match='there is a version "для Ани" already, revision 2; take another name'):
        project.name_version("для Ани")
    with pytest.raises(RequestError, match="a version cannot be named '': 1 to 120 characters that can be printed"):
        project.name_version(" ")


def test_go_to_finds_numbers_ids_and_beginnings_of_ids_on_any_branch(project: Project) -> None:
    old = project.commit(titled(project.song, "old"), "old")
    project.undo()
    project.commit(titled(project.song, "new"), "new")
    assert project.go_to(old.id) == old
    assert [b.name for b in project.branches() if b.is_current] == ["main"]
    assert project.go_to(3).message == "new"
    assert project.go_to("1").message == "new project"
    assert [b.name for b in project.branches() if b.is_current] == ["main-2"]
    assert project.revision(old.id[:7].upper()) == old
    with pytest.raises(UnknownName, match='no revision or version named "77"; there are: the numbers 1 to 3'):
        project.go_to(77)
    with pytest.raises(UnknownName, match='no revision or version named "abc"'):
        project.song_at("abc")


def test_a_lock_keeps_proposals_away_until_it_is_taken_back(project: Project) -> None:
    project.lock("tracks/vox/")
    assert project.lock("tracks/vox") == project.head
    name = project.add_proposal(proposal())
    state = project.proposal(name).moves[0]
    assert state.state == "open" and "tracks/vox is locked" in state.why
    with pytest.raises(LockedMove, match="the move at tracks/vox/gain_db is refused: tracks/vox is locked"):
        project.accept(name)
    assert project.head.number == 2
    project.unlock("tracks/vox")
    assert project.accept(name).numbers == (1, 2, 3)


def test_locks_that_cannot_be_are_refused(project: Project) -> None:
    with pytest.raises(RequestError, match="there is nothing at tracks/drums to lock; check the name"):
        project.lock("tracks/drums")
    with pytest.raises(RequestError, match=r'nothing at tracks/bas to lock; check the name\. Did you mean "bass"\?'):
        project.lock("tracks/bas")
    with pytest.raises(RequestError, match="a lock needs an address, such as tracks/lead-vox"):
        project.lock("/")
    with pytest.raises(UnknownName, match='no lock named "tracks/vox"; there are none'):
        project.unlock("tracks/vox")


def test_two_who_change_different_places_both_keep_their_work(project: Project) -> None:
    mine = titled(project.song, "mine")
    with Project.open(project.folder) as other:
        other.revise(fader("vox", 0.0, -3.0), "theirs")
    project.commit(mine, "mine")
    assert project.song == apply(titled(song(), "mine"), fader("vox", 0.0, -3.0))


def test_two_who_change_the_same_place_are_told(project: Project) -> None:
    mine = titled(project.song, "mine")
    with Project.open(project.folder) as other:
        other.commit(titled(other.song, "theirs"), "theirs")
    with pytest.raises(StaleMove, match="the move at title is stale: it stands on 'Tram', the song now has 'theirs'"):
        project.commit(mine, "mine")
    assert project.song.title == "theirs"


def test_a_thread_that_looked_before_another_one_wrote_loses_nothing(project: Project) -> None:
    mine = titled(project.song, "mine")
    other = threading.Thread(target=lambda: project.revise(fader("bass", 0.0, 1.0), "theirs"))
    other.start()
    other.join()
    project.commit(mine, "mine")
    assert project.song.title == "mine" and get(project.song, "tracks/bass/gain_db") == 1.0


def test_text_that_utf8_cannot_hold_is_kept_with_a_question_mark(project: Project) -> None:
    assert project.commit(titled(project.song, "x"), "caf\udce9").message == "caf?"
    assert project.verify() == ()
