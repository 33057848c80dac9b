"""Proposals, and the revisions that accepting them makes.

A proposal never changes the song; accepting it does, and makes one revision. Silence is not consent.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from bandmate.song.address import last_step
from bandmate.song.errors import OutOfRange, RequestError
from bandmate.song.findings import Finding
from bandmate.song.moves import Move, apply, blend
from bandmate.song.song import Song

AUTHOR_KINDS = ("human", "assistant", "import")


class Author(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who made a change: the musician, the assistant (which part of it, version, seed), or an import (which file)."""

    kind: Literal["human", "assistant", "import"]
    name: str = ""
    version: str = ""
    seed: int | None = None

    def __post_init__(self) -> None:
        if self.kind not in AUTHOR_KINDS:
            raise RequestError(f'an author is {", ".join(AUTHOR_KINDS)}, not "{self.kind}"')


HUMAN = Author(kind="human")


class Proposal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A list of moves to choose from.

    ``remarks`` is what was looked at and left alone, and why; a proposal without moves says there why it has none.
    ``findings`` is what was heard, with and without an answer among the moves. ``brief`` is what the musician asked
    for, as plain JSON.
    """

    stage: str
    title: str
    moves: tuple[Move, ...] = ()
    remarks: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    brief: dict[str, Any] = {}
    author: Author = HUMAN


class MadeMove(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A move as it was accepted."""

    move: Move
    strength: float = 1.0


class Revision(msgspec.Struct, frozen=True, kw_only=True):
    """One step of the history: the song after it, and how it came about."""

    id: str
    parent: str | None
    song: Song
    message: str
    author: Author = HUMAN
    made: tuple[MadeMove, ...] = ()


def chosen(proposal: Proposal, numbers: tuple[int, ...] | None, strengths: dict[int, float]) -> tuple[MadeMove, ...]:
    """The moves with these numbers (counted from 1; None is all), each with its strength (1 where none is given).

    Raises
    ------
    OutOfRange
        if there is no move of that number, or a strength is not from 0 to 1.
    """
    count = len(proposal.moves)
    wanted = tuple(range(1, count + 1)) if numbers is None else numbers
    for number in (*wanted, *strengths):
        if not 1 <= number <= count:
            raise OutOfRange(f"there is no move {number}; the proposal has {count}, counted from 1")
    for number, strength in strengths.items():
        if not 0.0 <= strength <= 1.0:
            raise OutOfRange(f"the strength of move {number} is {strength * 100:g} %; possible are 0 to 100 %")
    return tuple(MadeMove(move=proposal.moves[i - 1], strength=strengths.get(i, 1.0)) for i in sorted(set(wanted)))


def accept(song: Song, made: tuple[MadeMove, ...]) -> Song:
    """``song`` with the chosen moves made. Nothing is made when one of them is stale or locked."""
    for one in made:
        song = apply(song, one.move, one.strength)
    return song


def restrengthened(move: Move, old: float, new: float) -> Move:
    """The move that takes an accepted ``move`` from one strength to another, both from 0 to 1; the musician's own, so a
    lock that was put on later does not stop it.

    An item that ``move`` took away comes back last in its collection: a move of one item does not know where it was.
    """
    before, after = (blend(move.before, move.after, strength, last_step(move.address)) for strength in (old, new))
    return replace(move, before=before, after=after, by="human")
