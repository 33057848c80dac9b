"""The laws of a project's history, over any sequence of commands."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bandmate.project import Project, RevisionInfo
from bandmate.song.errors import BandmateError, RequestError
from bandmate.song.moves import diff
from bandmate.song.proposal import Proposal
from bandmate.song.song import Song, check_references
from tests.songs import songs


def is_whole(song: Song) -> bool:
    try:
        check_references(song)
    except BandmateError:
        return False
    return True


WHOLE_SONGS = songs(locked=False).map(
    lambda song: Song(title=song.title, tempo=song.tempo, chords=song.chords, main=song.main, markers=song.markers)
)


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(songs().filter(is_whole) | WHOLE_SONGS, min_size=1, max_size=4))
def test_undo_of_a_commit_is_the_earlier_song_and_redo_is_back_again(values: list[Song]) -> None:
    with tempfile.TemporaryDirectory() as folder, Project.create(folder) as project:
        for song in values:
            before, head = project.song, project.head
            new = project.commit(song, "any")
            assert project.song == song
            if new != head:
                assert project.undo() == head and project.song == before
                assert project.redo() == new and project.song == song
        assert project.verify() == ()


class AnyHistory(RuleBasedStateMachine):
    """A project beside the plainest model of it: every song ever made, and where the head is."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.project = Project.create(self.folder)
        self.songs = {self.project.head.id: self.project.song}
        self.parents: dict[str, str | None] = {self.project.head.id: None}
        self.here = self.project.head.id

    def teardown(self) -> None:
        assert self.project.verify() == ()
        self.project.close()
        shutil.rmtree(self.folder)

    def arrived(self, revision: str) -> None:
        if revision not in self.songs:
            self.songs[revision], self.parents[revision] = self.project.song, self.here
        self.here = revision

    @rule(song=WHOLE_SONGS)
    def commit(self, song: Song) -> None:
        self.arrived(self.project.commit(song, "any").id)
        assert self.project.song == song

    @precondition(lambda self: self.parents[self.here])
    @rule()
    def undo_and_redo(self) -> None:
        assert self.project.undo().id == self.parents[self.here]
        assert self.project.redo().id == self.here

    @precondition(lambda self: self.parents[self.here])
    @rule()
    def undo(self) -> None:
        self.here = self.project.undo().id

    @rule()
    def redo(self) -> None:
        try:
            new = self.project.redo().id
        except RequestError:
            return
        assert self.parents[new] == self.here
        self.here = new

    @rule(name=st.sampled_from("abc"))
    def branch(self, name: str) -> None:
        if name not in [one.name for one in self.project.branches()]:
            assert self.project.branch(name).id == self.here

    @rule(data=st.data())
    def switch(self, data: st.DataObject) -> None:
        self.here = self.project.switch(data.draw(st.sampled_from([b.name for b in self.project.branches()]))).id

    @rule(data=st.data())
    def go_to(self, data: st.DataObject) -> None:
        self.here = self.project.go_to(data.draw(st.sampled_from(sorted(self.songs)))).id

    @rule(song=WHOLE_SONGS)
    def propose(self, song: Song) -> None:
        moves = tuple(diff(self.project.song, song))[:4]
        self.project.add_proposal(Proposal(stage="any", title="any", moves=moves))

    @precondition(lambda self: self.project.proposals())
    @rule(data=st.data(), strength=st.sampled_from([0.0, 0.5, 1.0]))
    def accept(self, data: st.DataObject, strength: float) -> None:
        found = data.draw(st.sampled_from(self.project.proposals()))
        numbers = [state.number for state in found.moves if state.state == "open"]
        try:
            new = self.project.accept(found.id, strengths=dict.fromkeys(numbers[:1], strength), skip_stale=True)
        except RequestError:
            assert self.project.head.id == self.here
            return
        self.arrived(new.id)
        assert {self.project.proposal(found.id).moves[n - 1].state for n in new.numbers} == {"accepted"}

    @precondition(lambda self: self.project.proposals())
    @rule(data=st.data())
    def refuse(self, data: st.DataObject) -> None:
        found = data.draw(st.sampled_from(self.project.proposals()))
        if found.counts["open"]:
            assert self.project.refuse(found.id).counts["open"] == 0

    @invariant()
    def the_song_is_the_one_of_the_head(self) -> None:
        assert self.project.head.id == self.here
        assert self.project.song == self.songs[self.here]

    @invariant()
    def nothing_is_ever_lost(self) -> None:
        reachable = {r.id for b in self.project.branches() for r in self.line(b.tip.id)}
        assert reachable == set(self.songs) == {one.id for one in self.project.log(all=True)}

    def line(self, name: str | None) -> list[RevisionInfo]:
        found = []
        while name:
            found.append(self.project.revision(name))
            name = found[-1].parent
        return found


AnyHistory.TestCase.settings = settings(
    deadline=None, max_examples=20, stateful_step_count=20, suppress_health_check=list(HealthCheck)
)
TestAnyHistory = AnyHistory.TestCase
