"""Songs and proposals as JSON, there and back without loss.

Everything written carries a format number. A reader refuses what a newer Bandmate wrote, by a higher number or by a
field it does not know, and says so; it never drops what it does not understand.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.structs import replace

from bandmate.song.address import ABSENT, Absent, value_type_at
from bandmate.song.errors import NewerVersion, ProjectError
from bandmate.song.moves import Move
from bandmate.song.proposal import MadeMove, Proposal
from bandmate.song.song import Song

FORMAT = 1
"""Raised by one whenever an older reader could not understand what is written."""


def song_to_json(song: Song) -> bytes:
    """The song, compact; equal songs give equal bytes."""
    return msgspec.json.encode({"bandmate_song": FORMAT, "song": song})


def song_from_json(data: bytes) -> Song:
    """The song that ``song_to_json`` wrote.

    Raises
    ------
    NewerVersion
        if a newer Bandmate wrote it.
    ProjectError
        if it is damaged, or no song.
    """
    found = checked_envelope(data, "bandmate_song", "song")
    song: Song = converted(found["song"], Song, "song")
    return song


def proposal_to_json(proposal: Proposal) -> bytes:
    """The proposal, compact."""
    return msgspec.json.encode({"bandmate_proposal": FORMAT, "proposal": proposal})


def proposal_from_json(data: bytes) -> Proposal:
    """The proposal that ``proposal_to_json`` wrote; same errors as ``song_from_json``."""
    found = checked_envelope(data, "bandmate_proposal", "proposal")
    proposal: Proposal = converted(found["proposal"], Proposal, "proposal")
    return replace(proposal, moves=tuple(typed_move(move) for move in proposal.moves))


def made_to_json(made: tuple[MadeMove, ...]) -> bytes:
    """The moves of a revision, compact."""
    return msgspec.json.encode({"bandmate_moves": FORMAT, "moves": made})


def made_from_json(data: bytes) -> tuple[MadeMove, ...]:
    """The moves that ``made_to_json`` wrote; same errors as ``song_from_json``."""
    found = checked_envelope(data, "bandmate_moves", "moves")
    made: tuple[MadeMove, ...] = converted(found["moves"], tuple[MadeMove, ...], "moves")
    return tuple(replace(one, move=typed_move(one.move)) for one in made)


def typed_move(move: Move) -> Move:
    """A move whose ``before`` and ``after`` are values again, not bare JSON."""
    hint = value_type_at(move.address)
    return replace(
        move, before=typed_value(move.before, hint, move.address), after=typed_value(move.after, hint, move.address)
    )


def typed_value(value: Any, hint: Any, address: str) -> Any:
    if isinstance(value, dict) and value.get("type") == "absent":
        return ABSENT
    if isinstance(value, Absent):
        return value
    return converted(value, hint, f"value at {address}")


def checked_envelope(data: bytes, kind: str, body: str) -> dict[str, Any]:
    found: Any
    try:
        found = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as damage:
        raise ProjectError(f"the {body} is damaged and cannot be read: {damage}") from damage
    number = found.get(kind) if isinstance(found, dict) else None
    if not isinstance(found, dict) or not isinstance(number, int) or body not in found:
        raise ProjectError(f"this is no Bandmate {body}: {kind} is missing")
    if number > FORMAT:
        raise NewerVersion(
            f"the {body} was saved in format {number}; this Bandmate reads up to {FORMAT}. Update Bandmate to open it"
        )
    return found


def converted(value: Any, hint: Any, what: str) -> Any:
    try:
        return msgspec.convert(value, hint)
    except msgspec.ValidationError as problem:
        if "unknown field" in str(problem):
            raise NewerVersion(
                f"the {what} has something this Bandmate (format {FORMAT}) does not know: {problem}. "
                "A newer version saved it; update Bandmate to open it"
            ) from problem
        raise ProjectError(f"the {what} is damaged: {problem}") from problem
