"""Proposals in a project: kept, accepted, refused, made weaker or stronger.

Accepting is all or nothing: every chosen move is made, in the order of the proposal, and one revision is written with
the proposal's author. Functions here work inside a transaction that the caller holds.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, fields

from bandmate.project.branches import advance
from bandmate.project.choices import check_one_answer_each, first_answers, with_needed
from bandmate.project.decisions import (
    MoveState,
    ProposalState,
    number_of,
    state_of,
    write_decisions,
)
from bandmate.project.history import RevisionInfo, head, song_of, write_revision
from bandmate.project.rows import now_utc, packed
from bandmate.song.errors import LockedMove, OutOfRange, RequestError, StaleMove
from bandmate.song.moves import apply
from bandmate.song.proposal import HUMAN, MadeMove, Proposal, restrengthened
from bandmate.song.song import Song, check_references
from bandmate.song.wire import proposal_from_json, proposal_to_json


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A move that was not made although it was meant, and why."""

    number: int
    why: str


@dataclass(frozen=True, slots=True)
class Accepted(RevisionInfo):
    """The revision that accepting made: the numbers of the moves in it, and those that were left out."""

    numbers: tuple[int, ...]
    left_out: tuple[LeftOut, ...]


def add_proposal(db: sqlite3.Connection, proposal: Proposal) -> str:
    """Keep a proposal; its id is ``P1``, ``P2`` …

    Raises
    ------
    RequestError, ProjectError
        if a move has an address or a value that no song could have, which could not be read again.
    """
    written = proposal_to_json(proposal)
    proposal_from_json(written)
    body = packed(written)
    row = db.execute(
        "INSERT INTO proposal (revision, body, created_at) VALUES (?, ?, ?)", (head(db).id, body, now_utc())
    )
    return f"P{row.lastrowid}"


def accept(
    db: sqlite3.Connection,
    name: str,
    numbers: tuple[int, ...] | None,
    strengths: Mapping[int, float],
    *,
    skip_stale: bool,
) -> Accepted:
    """Make the moves with these numbers in one revision, and those that make the buses that they need.

    None means all that are not decided; of different answers to one question, the first.
    """
    row = number_of(db, name)
    found = state_of(db, row)
    check_strengths(found, strengths)
    parent = head(db)
    before = song_of(db, parent.id)
    chosen = undecided(found, numbers, "accept")
    if numbers is None:
        chosen = first_answers(found, chosen)
    check_one_answer_each(found, chosen)
    chosen = with_needed(before, found, chosen)
    strangers = sorted(set(strengths) - {state.number for state in chosen})
    if strangers:
        raise RequestError(f"move {strangers[0]} of {found.id} has a strength but is not chosen; choose it too")
    song, made, left_out = song_with(
        before, found, chosen, strengths={**defaults(chosen), **strengths}, skip_stale=skip_stale
    )
    check_references(song)
    message = f"accept {found.id}, {spelt_out(made)}: {found.proposal.title}".removesuffix(": ")
    author = found.proposal.author
    new = write_revision(db, song, message, author, parent=parent.id, made=tuple(made.values()))
    advance(db, new)
    write_decisions(db, row, "accepted", new.id, strengths={n: one.strength for n, one in made.items()})
    columns = {field.name: getattr(new, field.name) for field in fields(new)}
    return Accepted(**columns, numbers=tuple(made), left_out=left_out)


def defaults(chosen: tuple[MoveState, ...]) -> dict[int, float]:
    return {state.number: state.strength for state in chosen}


def song_with(
    song: Song, found: ProposalState, chosen: tuple[MoveState, ...], *, strengths: Mapping[int, float], skip_stale: bool
) -> tuple[Song, dict[int, MadeMove], tuple[LeftOut, ...]]:
    """The song with the chosen moves made, what was made, and what was left out."""
    made: dict[int, MadeMove] = {}
    left_out = []
    for state in chosen:
        one = MadeMove(move=state.move, strength=strengths[state.number])
        try:
            song = apply(song, one.move, one.strength)
        except StaleMove as stale:
            if not skip_stale:
                raise named(stale, state.number, found.id) from stale
            left_out.append(LeftOut(state.number, str(stale)))
            continue
        except LockedMove as locked:
            if not skip_stale:
                raise
            left_out.append(LeftOut(state.number, str(locked)))
            continue
        made[state.number] = one
    if not made:
        raise RequestError(
            f"every move of {found.id} that was chosen is stale or locked, so nothing was made; propose again"
        )
    return song, made, tuple(left_out)


def named(stale: StaleMove, number: int, proposal: str) -> StaleMove:
    """The same error, saying which move it is and what to do."""
    reason = str(stale).removeprefix(f"the move at {stale.address} is stale: ")
    return StaleMove(stale.address, f"{reason} (move {number} of {proposal}); leave it out or propose again")


def undecided(found: ProposalState, numbers: tuple[int, ...] | None, word: str) -> tuple[MoveState, ...]:
    """The moves meant by ``numbers``, all of them without a decision; in the order of the proposal.

    Raises
    ------
    RequestError
        if one is decided already, or nothing is left to decide.
    OutOfRange
        if there is no move of that number.
    """
    if numbers is None:
        left = tuple(state for state in found.moves if state.state in ("open", "stale"))
        if not left:
            counts, count = found.counts, len(found.moves)
            raise RequestError(
                f"{found.id} has nothing left to {word}: {count} {'move' if count == 1 else 'moves'}, "
                f"{counts['accepted']} accepted, {counts['refused']} refused"
            )
        return left
    if not numbers:
        raise RequestError(f"no move of {found.id} is chosen to {word}; give numbers from 1 to {len(found.moves)}")
    chosen = tuple(move_of(found, number) for number in sorted(set(numbers)))
    for state in chosen:
        check_undecided(found.id, state)
    return chosen


def check_undecided(proposal: str, state: MoveState) -> None:
    if state.state == "accepted":
        raise RequestError(
            f"move {state.number} of {proposal} is accepted already, at {percent(state.strength)} in revision "
            f"{state.revision}; set another strength, or undo"
        )
    if state.state == "refused":
        reason = f' ("{state.why}")' if state.why else ""
        raise RequestError(f"move {state.number} of {proposal} was refused{reason}; reopen it first, or leave it out")


def move_of(found: ProposalState, number: int) -> MoveState:
    if not 1 <= number <= len(found.moves):
        raise OutOfRange(f"there is no move {number} in {found.id}; it has {len(found.moves)}, counted from 1")
    return found.moves[number - 1]


def check_strengths(found: ProposalState, strengths: Mapping[int, float]) -> None:
    for number, strength in strengths.items():
        move_of(found, number)
        if not 0.0 <= strength <= 1.0:
            raise OutOfRange(
                f"the strength of move {number} of {found.id} is {percent(strength)}; possible are 0 to 100 %"
            )


def refuse(db: sqlite3.Connection, name: str, numbers: tuple[int, ...] | None, reason: str) -> ProposalState:
    """Say no to the moves with these numbers (None: all that are not decided)."""
    row = number_of(db, name)
    chosen = undecided(state_of(db, row), numbers, "refuse")
    write_decisions(db, row, "refused", head(db).id, strengths=defaults(chosen), reason=reason)
    return state_of(db, row)


def reopen(db: sqlite3.Connection, name: str, numbers: tuple[int, ...] | None) -> ProposalState:
    """Take refusals back (None: all of them)."""
    row = number_of(db, name)
    found = state_of(db, row)
    wanted = tuple(s.number for s in found.moves if s.state == "refused") if numbers is None else numbers
    chosen = tuple(move_of(found, number) for number in sorted(set(wanted)))
    for state in chosen:
        if state.state != "refused":
            raise RequestError(
                f"move {state.number} of {found.id} is {state.state}; only refused moves can be reopened"
            )
    write_decisions(db, row, "open", head(db).id, strengths=defaults(chosen))
    return state_of(db, row)


def set_strength(db: sqlite3.Connection, name: str, number: int, strength: float) -> RevisionInfo:
    """Another strength: for an accepted move in a new revision, for an open one as its default from now on."""
    row = number_of(db, name)
    found = state_of(db, row)
    check_strengths(found, {number: strength})
    state = move_of(found, number)
    if state.state == "refused":
        check_undecided(found.id, state)
    if state.state != "accepted":
        db.execute("INSERT OR REPLACE INTO wanted_strength VALUES (?, ?, ?)", (row, number, strength))
        return head(db)
    return change_strength(db, row, found, state=state, strength=strength)


def change_strength(
    db: sqlite3.Connection, row: int, found: ProposalState, *, state: MoveState, strength: float
) -> RevisionInfo:
    parent = head(db)
    if strength == state.strength:
        return parent
    move = restrengthened(state.move, state.strength, strength)
    try:
        song = apply(song_of(db, parent.id), move)
    except StaleMove as stale:
        raise named(stale, state.number, found.id) from stale
    message = f"strength of {found.id} move {state.number}: {percent(state.strength)} → {percent(strength)}"
    new = write_revision(db, song, message, HUMAN, parent=parent.id, made=(MadeMove(move=move),))
    advance(db, new)
    write_decisions(db, row, "accepted", new.id, strengths={state.number: strength})
    return new


def spelt_out(numbers: Mapping[int, object]) -> str:
    """``move 3`` or ``moves 1, 3, 7-9``."""
    spans: list[list[int]] = []
    for number in numbers:
        if spans and spans[-1][1] == number - 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    text = ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in spans)
    return f"move{'s' if len(numbers) > 1 else ''} {text}"


def percent(strength: float) -> str:
    return f"{strength * 100:g} %"
