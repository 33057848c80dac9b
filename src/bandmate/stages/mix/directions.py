"""Three mixes of one song that differ in a stated direction, none of them called the better one.

``vocal-forward`` brings the lead out, ``drum-forward`` the drums and the bass, ``wide`` opens the sides. Each is a
proposal of its own, with the distance from the mix as it is: how far the balance of the roles moves, and the sides.

Conventions: a direction is taste, so its moves are small, and their confidence says no more than that they do what they
are meant to do. Locked tracks and those that the brief leaves out stay.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from msgspec.structs import replace

from bandmate.song.errors import UnknownName
from bandmate.song.evidence import Evidence
from bandmate.song.findings import Finding
from bandmate.song.moves import Move
from bandmate.song.tracks import Role
from bandmate.stages.mix.draft import Draft
from bandmate.stages.mix.reference_whole import side_db, width_moves
from bandmate.stages.mix.session import Session
from bandmate.stages.words import spoken_name, spoken_role

Direction = Literal["vocal-forward", "drum-forward", "wide"]
DIRECTIONS: tuple[Direction, ...] = get_args(Direction)

VOICES: frozenset[Role] = frozenset(("lead-vox",))
BACKING: frozenset[Role] = frozenset(("backing-vox",))
DRUMS: frozenset[Role] = frozenset(("kick", "snare", "hats", "toms", "cymbals", "drums", "percussion"))
LOW: frozenset[Role] = frozenset(("bass",))
HIGHEST_FADER_DB = 6.0
WIDER = 1.4
SURE = 0.8
"""How sure that the direction is heard; whether it is liked is the musician's business."""


@dataclass(frozen=True, slots=True)
class Step:
    """By how much the tracks of some roles move; no roles means all others."""

    roles: frozenset[Role]
    gain_db: float


STEPS: dict[Direction, tuple[Step, ...]] = {
    "vocal-forward": (Step(VOICES, 1.5), Step(BACKING, 0.5), Step(frozenset(), -1.0)),
    "drum-forward": (Step(DRUMS, 1.5), Step(LOW, 1.0), Step(VOICES, 0.0), Step(frozenset(), -1.0)),
    "wide": (),
}
WANTED: dict[Direction, frozenset[Role]] = {"vocal-forward": VOICES, "drum-forward": DRUMS, "wide": frozenset()}


def checked_direction(name: str) -> Direction:
    """The direction of that name.

    Raises
    ------
    UnknownName
        if there is none.
    """
    for direction in DIRECTIONS:
        if direction == name:
            return direction
    raise UnknownName("direction", name, DIRECTIONS)


def add_direction(draft: Draft, direction: Direction) -> None:
    """The moves of one direction; a remark where the song has nothing that could go there."""
    session = draft.session
    roles = {track.id: session.guess(track.id).role for track in session.tracks}
    if WANTED[direction] and not WANTED[direction] & set(roles.values()):
        named = " or ".join(sorted(spoken_role(role) for role in WANTED[direction]))
        draft.remarks.append(f"{direction}: no track is known as {named}; say which one is with: bandmate roles")
        return
    moves = width_moves(draft, WIDER) if direction == "wide" else fader_moves(draft, direction, roles)
    if not moves:
        draft.remarks.append(f"{direction}: there is nothing that may be moved that way")
        return
    before = draft.session
    for move in moves:
        draft.make(move)
    distance = distance_evidence(before, draft.session)
    because = f"{direction}: {distance[0].after:.1f} LU away from the mix as it is"
    if distance[1].after is not None and distance[1].before is not None:
        because += f", its sides at {distance[1].after:.1f} dB instead of {distance[1].before:.1f}"
    finding = Finding(
        id=direction,
        kind="direction",
        tracks=tuple(roles),
        sentence=because,
        hint=f"listen to what {direction.replace('-', ' ')} would mean for this song",
        confidence=SURE,
        evidence=distance,
    )
    draft.findings.append(finding)
    draft.moves = [reasoned(move, draft.session, because, distance, direction) for move in draft.moves]


def fader_moves(draft: Draft, direction: Direction, roles: dict[str, Role]) -> list[Move]:
    """A fader for each track that the direction moves."""
    found = []
    for track_id, role in roles.items():
        track = draft.song.track(track_id)
        change_db = step_for(direction, role)
        wanted = min(track.gain_db + change_db, max(track.gain_db, HIGHEST_FADER_DB))
        address = f"tracks/{track_id}/gain_db"
        if wanted != track.gain_db and draft.may_move(address):
            found.append(Move(address=address, before=track.gain_db, after=wanted))
    return found


def step_for(direction: Direction, role: Role) -> float:
    """By how much tracks of that role move; an unknown one stays where it is."""
    if role == "unknown":
        return 0.0
    return next((step.gain_db for step in STEPS[direction] if role in step.roles or not step.roles), 0.0)


def distance_evidence(before: Session, after: Session) -> tuple[Evidence, ...]:
    """How far two states of a mix are apart: the balance by track, the level aside, and the sides as rendered."""
    ids = [track.id for track in before.tracks]
    change = np.array([after.loudness_lufs(i) - before.loudness_lufs(i) for i in ids])
    balance = float(np.sqrt(((change - change.mean()) ** 2).mean())) if ids else 0.0
    sides = [side_db(one.ears.main(one.song)) for one in (before, after)]
    return (
        Evidence(what="distance of the balance from the mix as it is, the level aside", unit="LU", after=balance),
        Evidence(what="level of the sides against the middle", unit="dB", before=sides[0], after=sides[1]),
    )


def reasoned(move: Move, session: Session, because: str, distance: tuple[Evidence, ...], direction: Direction) -> Move:
    name = spoken_name(session.song.track(move.address.split("/")[1]))
    return replace(move, because=f"{name}, for {because}", evidence=distance, confidence=SURE, finding=direction)
