"""The depth dial: how much of a proposal is said. The less is said, the more is left to one's own ears.

``hint`` says where to listen and for what, and no value; ``explain`` says what was measured, and no setting; ``show``
says everything; ``do`` makes the moves as well, in one step that can be undone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, get_args

import typer

from bandmate.cli.output import number, write
from bandmate.song.errors import UnknownName
from bandmate.song.spoken import spoken_place

if TYPE_CHECKING:
    from bandmate.project.decisions import MoveState
    from bandmate.song.proposal import Proposal
    from bandmate.song.song import Song

DepthName = Literal["hint", "explain", "show", "do"]
Depth = Annotated[str, typer.Option("--depth", help="How much to say: hint, explain, show, or do it at once.")]


def checked_depth(name: str) -> DepthName:
    """The depth of that name.

    Raises
    ------
    UnknownName
        if there is none.
    """
    known: tuple[DepthName, ...] = get_args(DepthName)
    for depth in known:
        if depth == name:
            return depth
    raise UnknownName("depth", name, known)


def print_hint(song: Song, proposal: Proposal, one: MoveState) -> None:
    """Where to listen and for what: no value, no setting."""
    finding = next((finding for finding in proposal.findings if finding.id == one.move.finding), None)
    hint = finding.hint if finding else ""
    if not hint:
        named = {track.id: track.name or track.id for track in song.tracks}
        steps = one.move.address.split("/")
        hint = f"listen to {named.get(steps[1], steps[0]) if len(steps) > 1 else steps[0]}"
    write(f"{one.number:>3}. {hint}  ({one.state})", hang=5)


def print_explanation(song: Song, proposal: Proposal, one: MoveState) -> None:
    """What was measured, and what a move would come to, without its setting."""
    finding = next((finding for finding in proposal.findings if finding.id == one.move.finding), None)
    write("")
    write(f"{one.number:>3}. {place_of(song, one)}: {finding.sentence if finding else one.move.because}", hang=5)
    for fact in one.move.evidence:
        values = [number(value, 2) for value in (fact.before, fact.after) if value is not None]
        write(f"{fact.what}: {' → '.join(values)} {fact.unit}", indent=7, hang=2, style="dim")


def place_of(song: Song, one: MoveState) -> str:
    """The strip that a move is on."""
    return spoken_place(song, "/".join(one.move.address.split("/")[:2]))
