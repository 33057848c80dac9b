"""A project: the folder in which a song lives, with its recordings, its history and what was proposed for it.

::

    my-song/
    ├── song.db           the song at every step, proposals, decisions (SQLite)
    ├── audio/ab/…        recordings as they were imported, named by their sha256, never written again
    └── cache/            decoded sound and what the ears measured; may be deleted at any moment

Each method that changes something is one transaction: it counts wholly or not at all, whatever happens meanwhile. Any
thread may call. A project is not carried over a fork.
"""

from __future__ import annotations

import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from msgspec.structs import replace

from bandmate.project import branches, decisions, history, locks, proposals
from bandmate.project.branches import BranchInfo, VersionInfo
from bandmate.project.decisions import ProposalState
from bandmate.project.disk import plain_words
from bandmate.project.history import RevisionInfo
from bandmate.project.media import MediaStore
from bandmate.project.memory import Memory
from bandmate.project.proposals import Accepted
from bandmate.project.store import DATABASE_FILE, DEFAULT_WAIT_SECONDS, Store, create_database
from bandmate.project.verify import Problem, verify
from bandmate.song.errors import ProjectError
from bandmate.song.moves import Move, apply, diff
from bandmate.song.proposal import HUMAN, Author, MadeMove, Proposal, Revision
from bandmate.song.song import Song, check_references

SONGS_IN_MEMORY = 8


class Project:
    """An open project; a context manager that closes it.

    ``media`` has the recordings, ``memory`` what the ears heard.
    """

    def __init__(self, folder: Path, *, wait_seconds: float = DEFAULT_WAIT_SECONDS) -> None:
        self.folder = folder
        self._store = Store(folder, wait_seconds=wait_seconds)
        self.media = MediaStore(self._store)
        self.memory = Memory(folder)
        self._songs: dict[str, Song] = {}
        self._here = threading.local()

    @classmethod
    def create(cls, folder: Path | str, title: str = "", song: Song | None = None) -> Self:
        """A new project with a first revision, in a folder that is made where it is not there.

        Parameters
        ----------
        title : str
            of the song; without one and without a song, the name of the folder.
        song : Song, optional
            to begin with; an empty one otherwise.

        Raises
        ------
        ProjectError
            if the folder has a project already, is a file, or cannot be written.
        """
        folder = Path(folder).resolve()
        first = song or Song(title=title or folder.name)
        first = replace(first, title=title) if title else first
        check_references(first)
        with plain_words(folder, "making a project"):
            if folder.exists() and not folder.is_dir():
                raise ProjectError(f'"{folder.name}" is a file, so no project can be made there; choose another name')
            folder.mkdir(parents=True, exist_ok=True)
            db = create_database(folder)
            try:
                history.write_first_revision(db, first, uuid.uuid4().hex)
                db.execute("COMMIT")
            finally:
                db.close()
        return cls(folder)

    @classmethod
    def open(cls, folder: Path | str = ".", *, wait_seconds: float = DEFAULT_WAIT_SECONDS) -> Self:
        """The project in ``folder``, or in the nearest folder above it that has one.

        Parameters
        ----------
        wait_seconds : float
            how long a command that changes something waits for another program to finish.

        Raises
        ------
        ProjectError
            if there is none, or it is damaged.
        NewerVersion
            if a newer Bandmate made it; nothing is touched then.
        """
        return cls(find_project(folder), wait_seconds=wait_seconds)

    def close(self) -> None:
        """Let go of the folder. Sources that are open stay readable."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def song(self) -> Song:
        """The song as it is now."""
        with self._store.reading() as db:
            here = history.head(db).id
            song = self._song_of(db, here)
        self._here.seen = here
        return song

    @property
    def head(self) -> RevisionInfo:
        """The revision that the song is at."""
        with self._store.reading() as db:
            return history.head(db)

    def commit(self, song: Song, message: str, author: Author = HUMAN, made: Iterable[MadeMove] = ()) -> RevisionInfo:
        """Make ``song`` the present one. The same song again makes no revision; the head comes back unchanged.

        When another program or thread has made a revision since this thread last looked at ``song``, what was changed
        here is carried over to what the song is now, so that neither work is lost.

        Raises
        ------
        StaleMove
            if both have changed the same place.
        UnknownName, RequestError
            if the song names a bus that it does not have, or buses feed each other.
        """
        with self._store.writing("commit") as db:
            here = history.head(db)
            present = self._song_of(db, here.id)
            seen = getattr(self._here, "seen", here.id)
            if seen != here.id:
                song = apply(present, diff(self._song_of(db, seen), song))
            new = self._advanced(db, here, song, message, author=author, made=tuple(made))
        return self._seen(new)

    def revise(self, moves: Move | Iterable[Move], message: str, author: Author = HUMAN) -> RevisionInfo:
        """Make moves on the present song, in one revision.

        Raises
        ------
        StaleMove, LockedMove
            and nothing is made.
        """
        moves = (moves,) if isinstance(moves, Move) else tuple(moves)
        with self._store.writing("revise") as db:
            here = history.head(db)
            song = apply(self._song_of(db, here.id), moves)
            made = tuple(MadeMove(move=move) for move in moves)
            new = self._advanced(db, here, song, message, author=author, made=made)
        return self._seen(new)

    def lock(self, address: str) -> RevisionInfo:
        """Let no proposal touch this address or anything below it; one that is locked already stays so.

        Raises
        ------
        RequestError
            if the song has nothing there.
        """
        return self._revised(f"lock {address}", lambda song: locks.locked(song, address))

    def unlock(self, address: str) -> RevisionInfo:
        """Take a lock away.

        Raises
        ------
        UnknownName
            if there is none at this address.
        """
        return self._revised(f"unlock {address}", lambda song: locks.unlocked(song, address))

    def song_at(self, revision: str | int) -> Song:
        """The song at a revision: its number, id, beginning of the id, or version name."""
        with self._store.reading() as db:
            return self._song_of(db, history.find(db, revision).id)

    def revision(self, revision: str | int) -> RevisionInfo:
        """The revision of this number, id, beginning of the id, or version name."""
        with self._store.reading() as db:
            return history.find(db, revision)

    def made(self, revision: str | int) -> tuple[MadeMove, ...]:
        """The moves that a revision made: those it was made of, else what differs from its parent."""
        with self._store.reading() as db:
            found = history.find(db, revision)
            made = history.made_of(db, found.id)
            if made or found.parent is None:
                return made
            moves = diff(self._song_of(db, found.parent), self._song_of(db, found.id))
        return tuple(MadeMove(move=replace(move, by=found.author.kind)) for move in moves)

    def step(self, revision: str | int) -> Revision:
        """A revision as a value: the song after it, who made it, and its moves."""
        info = self.revision(revision)
        song, made = self.song_at(info.id), self.made(info.id)
        return Revision(id=info.id, parent=info.parent, song=song, message=info.message, author=info.author, made=made)

    def log(self, all: bool = False) -> tuple[RevisionInfo, ...]:  # noqa: A002
        """The revisions that led here, newest first; with ``all`` those of every branch."""
        with self._store.reading() as db:
            return history.log(db, everything=all)

    def undo(self, steps: int = 1) -> RevisionInfo:
        """Go back. Nothing is deleted; redo goes forward again."""
        with self._store.writing("undo") as db:
            new = branches.undo(db, steps)
        return self._seen(new)

    def redo(self, steps: int = 1) -> RevisionInfo:
        """Go forward again, on the way that was undone."""
        with self._store.writing("redo") as db:
            new = branches.redo(db, steps)
        return self._seen(new)

    def branch(self, name: str) -> RevisionInfo:
        """Begin a branch here and go on with it."""
        with self._store.writing("branch") as db:
            new = branches.branch(db, name)
        return self._seen(new)

    def switch(self, name: str) -> RevisionInfo:
        """Go to a branch, where it was left."""
        with self._store.writing("switch") as db:
            new = branches.switch(db, name)
        return self._seen(new)

    def branches(self) -> tuple[BranchInfo, ...]:
        """All branches, by name."""
        with self._store.reading() as db:
            return branches.branches(db)

    def go_to(self, revision: str | int) -> RevisionInfo:
        """Go to any revision: its number, id, beginning of the id, or version name."""
        with self._store.writing("go to") as db:
            new = branches.go_to(db, revision)
        return self._seen(new)

    def name_version(self, name: str) -> VersionInfo:
        """Give the present revision a name that lasts."""
        with self._store.writing("name a version") as db:
            return branches.name_version(db, name)

    def versions(self) -> tuple[VersionInfo, ...]:
        """All named versions, oldest first."""
        with self._store.reading() as db:
            return branches.versions(db)

    def add_proposal(self, proposal: Proposal) -> str:
        """Keep a proposal for later; its id, ``P1``, ``P2`` …"""
        with self._store.writing("propose") as db:
            return proposals.add_proposal(db, proposal)

    def proposals(self) -> tuple[ProposalState, ...]:
        """All proposals with the state of each move, oldest first."""
        with self._store.reading() as db:
            return decisions.proposal_states(db)

    def proposal(self, name: str) -> ProposalState:
        """One proposal with the state of each move."""
        with self._store.reading() as db:
            return decisions.state_of(db, decisions.number_of(db, name))

    def accept(
        self,
        name: str,
        numbers: Iterable[int] | None = None,
        strengths: Mapping[int, float] | None = None,
        *,
        skip_stale: bool = False,
    ) -> Accepted:
        """Make moves of a proposal, all in one revision.

        Parameters
        ----------
        numbers : iterable of int, optional
            which, counted from 1; all that are not decided otherwise.
        strengths : mapping of int to float, 0 to 1
            of single moves; 1 otherwise, or what ``strength`` has set.
        skip_stale : bool
            leave out moves whose ground has changed or that a lock forbids, and say so in ``left_out``.

        Raises
        ------
        StaleMove, LockedMove, RequestError, OutOfRange
            if one of them cannot be made, was refused or accepted before, or is not there; nothing is made then.
        """
        chosen = None if numbers is None else tuple(numbers)
        with self._store.writing(f"accept {name}") as db:
            new = proposals.accept(db, name, chosen, strengths or {}, skip_stale=skip_stale)
        self._seen(new)
        return new

    def refuse(self, name: str, numbers: Iterable[int] | None = None, reason: str = "") -> ProposalState:
        """Say no to moves of a proposal; to all that are not decided where no numbers are given."""
        with self._store.writing(f"refuse {name}") as db:
            return proposals.refuse(db, name, None if numbers is None else tuple(numbers), reason)

    def reopen(self, name: str, numbers: Iterable[int] | None = None) -> ProposalState:
        """Take refusals back; all of the proposal where no numbers are given."""
        with self._store.writing(f"reopen {name}") as db:
            return proposals.reopen(db, name, None if numbers is None else tuple(numbers))

    def strength(self, name: str, number: int, strength: float) -> RevisionInfo:
        """Set the strength of a move, 0 to 1: of an accepted one in a new revision, of an open one for later."""
        with self._store.writing(f"strength of {name}") as db:
            new = proposals.set_strength(db, name, number, strength)
        return self._seen(new)

    def recall(self, content_hash: str, analyser: str, version: str) -> bytes | None:
        """What this version of an analyser found in this content before; None where it has not listened yet."""
        return self.memory.recall(content_hash, analyser, version)

    def remember(self, content_hash: str, analyser: str, version: str, answer: bytes) -> None:
        """Keep what an analyser found."""
        self.memory.remember(content_hash, analyser, version, answer)

    def verify(self) -> tuple[Problem, ...]:
        """Everything that is not as it was written; empty when all is well."""
        return verify(self._store, self.media)

    def _revised(self, message: str, change: Callable[[Song], Song]) -> RevisionInfo:
        with self._store.writing(message) as db:
            here = history.head(db)
            new = self._advanced(db, here, change(self._song_of(db, here.id)), message, author=HUMAN)
        return self._seen(new)

    def _advanced(
        self,
        db: sqlite3.Connection,
        here: RevisionInfo,
        song: Song,
        message: str,
        *,
        author: Author,
        made: tuple[MadeMove, ...] = (),
    ) -> RevisionInfo:
        """A revision with ``song`` after ``here``, unless it is the song of ``here``."""
        check_references(song)
        if song == self._song_of(db, here.id):
            return here
        new = history.write_revision(db, song, message, author, parent=here.id, made=made)
        branches.advance(db, new)
        return new

    def _seen(self, new: RevisionInfo) -> RevisionInfo:
        """Note that this thread knows the head."""
        self._here.seen = new.id
        return new

    def _song_of(self, db: sqlite3.Connection, revision: str) -> Song:
        """The song of a revision; the last few are kept, since one song is asked for again and again."""
        song = self._songs.get(revision)
        if song is None:
            song = history.song_of(db, revision)
            kept = list(self._songs.items())[-SONGS_IN_MEMORY + 1 :]
            self._songs = dict([*kept, (revision, song)])
        return song


def find_project(start: Path | str) -> Path:
    """The nearest folder with a project, from ``start`` upwards.

    Raises
    ------
    ProjectError
        if there is none, or ``start`` is not there or is a file.
    """
    start = Path(start).resolve()
    with plain_words(start, "looking for a project"):
        if start.is_file():
            raise ProjectError(f'"{start.name}" is a file, not a project folder; open the folder that it is in')
        if not start.is_dir():
            raise ProjectError(f'there is no folder "{start.name}"; check the path, or make a new project')
        for folder in (start, *start.parents):
            if (folder / DATABASE_FILE).is_file():
                return folder
    raise ProjectError(f'"{start.name}" is no project, nor is a folder above it; make one with "bandmate new"')
