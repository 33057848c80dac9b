"""What the musician decided about each move of a proposal, and what that makes of it today.

A decision is a row that names a revision: the one that accepting made, or the head at the time of a refusal. It counts
while that revision is the head or an ancestor of it, so undo opens the moves again and redo closes them. The latest
decision that counts is the state of the move; a move without one is open, or stale where the song has changed under it.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from dataclasses import dataclass
from typing import Literal, NamedTuple

from bandmate.project.history import RevisionInfo, head, lineage, revision, song_of
from bandmate.project.rows import now_utc, storable, unpacked
from bandmate.song.errors import LockedMove, RequestError, UnknownName
from bandmate.song.moves import Move, apply
from bandmate.song.proposal import Proposal
from bandmate.song.song import Song
from bandmate.song.wire import proposal_from_json

State = Literal["open", "accepted", "refused", "stale"]


@dataclass(frozen=True, slots=True)
class MoveState:
    """A move of a proposal and what became of it.

    ``strength`` is the one it was accepted at, or would be now. ``why`` is the reason of a refusal, why a move is
    stale, or which lock stands before an open one. ``revision`` is the number of the revision that the decision
    belongs to.
    """

    number: int
    move: Move
    state: State
    strength: float = 1.0
    why: str = ""
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class ProposalState:
    """A proposal as it was made, on which revision, and the state of each move."""

    id: str
    proposal: Proposal
    revision: RevisionInfo
    created_at: str
    moves: tuple[MoveState, ...]

    @property
    def counts(self) -> dict[State, int]:
        """How many moves are in each state."""
        found = Counter(move.state for move in self.moves)
        return {
            "open": found["open"],
            "accepted": found["accepted"],
            "refused": found["refused"],
            "stale": found["stale"],
        }

    @property
    def state(self) -> Literal["open", "accepted", "refused", "stale", "empty"]:
        """``open`` while anything can be decided, else the best that became of it; ``empty`` without moves."""
        counts = self.counts
        for state in ("open", "accepted", "stale", "refused"):
            if counts[state]:
                return state
        return "empty"


class Decision(NamedTuple):
    """A decision that counts at the present head."""

    kind: str
    strength: float
    reason: str
    revision: str


def number_of(db: sqlite3.Connection, name: str) -> int:
    """The row number of the proposal with this id (``P1``, ``p1`` or ``1``)."""
    last = db.execute("SELECT coalesce(max(number), 0) FROM proposal").fetchone()[0]
    digits = name.strip().upper().removeprefix("P")
    if digits.isdecimal() and 1 <= int(digits) <= last:
        return int(digits)
    raise UnknownName("proposal", name, [f"P{number}" for number in range(1, last + 1)])


def proposal_states(db: sqlite3.Connection) -> tuple[ProposalState, ...]:
    """All proposals, oldest first."""
    numbers = [row[0] for row in db.execute("SELECT number FROM proposal ORDER BY number")]
    return tuple(state_of(db, number) for number in numbers)


def state_of(db: sqlite3.Connection, number: int) -> ProposalState:
    """The proposal with this row number, its moves tried on the present song."""
    made_on, body, created_at = db.execute(
        "SELECT revision, body, created_at FROM proposal WHERE number = ?", (number,)
    ).fetchone()
    proposal = proposal_from_json(unpacked(body, f"proposal P{number}"))
    decided = counting_decisions(db, number)
    numbers = dict(db.execute("SELECT id, number FROM revision"))
    wanted = wanted_strengths(db, number)
    undecided = [i for i in range(1, len(proposal.moves) + 1) if i not in decided]
    ground = tried(song_of(db, head(db).id), proposal, undecided) if undecided else {}
    moves = []
    for i, move in enumerate(proposal.moves, 1):
        if i in decided:
            kind, strength, reason, at = decided[i]
            state: State = "accepted" if kind == "accepted" else "refused"
            moves.append(MoveState(i, move, state, strength, reason, numbers[at]))
        else:
            moves.append(MoveState(i, move, *with_strength(ground[i], wanted.get(i, 1.0))))
    return ProposalState(f"P{number}", proposal, revision(db, made_on), created_at, tuple(moves))


def with_strength(ground: tuple[State, str], strength: float) -> tuple[State, float, str]:
    return ground[0], strength, ground[1]


def counting_decisions(db: sqlite3.Connection, number: int) -> dict[int, Decision]:
    """Move number → the latest decision that counts at the head; open again is as if never decided."""
    line = frozenset(lineage(db, head(db).id))
    rows = db.execute(
        "SELECT move, kind, strength, reason, revision FROM decision WHERE proposal = ? ORDER BY number", (number,)
    )
    found = {move: Decision(*rest) for move, *rest in rows if rest[-1] in line}
    return {move: decision for move, decision in found.items() if decision.kind != "open"}


def wanted_strengths(db: sqlite3.Connection, number: int) -> dict[int, float]:
    """Move number → the strength that was set before accepting."""
    return dict(db.execute("SELECT move, strength FROM wanted_strength WHERE proposal = ?", (number,)))


def tried(song: Song, proposal: Proposal, numbers: list[int]) -> dict[int, tuple[State, str]]:
    """Which of the moves still fit ``song``, each alone or after those before it, and why the others do not.

    Both ways count: a move may set up a device that an earlier move puts in.
    """
    found: dict[int, tuple[State, str]] = {}
    together = song
    for number in numbers:
        move = proposal.moves[number - 1]
        try:
            together = apply(together, move)
            found[number] = ("open", "")
        except LockedMove as locked:
            found[number] = ("open", str(locked))
        except RequestError:
            found[number] = fits_alone(song, move)
    return found


def fits_alone(song: Song, move: Move) -> tuple[State, str]:
    try:
        apply(song, move)
    except LockedMove as locked:
        return "open", str(locked)
    except RequestError as stale:
        return "stale", str(stale)
    return "open", ""


def write_decisions(
    db: sqlite3.Connection, proposal: int, kind: str, at: str, *, strengths: dict[int, float], reason: str = ""
) -> None:
    """One decision for each move in ``strengths``, belonging to the revision ``at``."""
    rows = [(proposal, n, kind, strength, storable(reason), at, now_utc()) for n, strength in strengths.items()]
    db.executemany(
        "INSERT INTO decision (proposal, move, kind, strength, reason, revision, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        rows,
    )
