"""Which moves of a proposal go together: different answers to one question, and sends with the bus that they need.

A move whose ``choice`` is ``question#option`` is one of several answers; at most one option of a question is made.
Several moves may make up one option.
"""

from __future__ import annotations

from collections.abc import Iterable

from bandmate.project.decisions import MoveState, ProposalState
from bandmate.song.address import steps
from bandmate.song.errors import RequestError
from bandmate.song.moves import Move
from bandmate.song.song import Song
from bandmate.song.tracks import MAIN, Bus, Send, Track


def question_of(move: Move) -> str:
    """The question that a move is one of several answers to; empty for a move that stands alone."""
    return move.choice.partition("#")[0] if "#" in move.choice else ""


def first_answers(found: ProposalState, wanted: Iterable[MoveState]) -> tuple[MoveState, ...]:
    """Of ``wanted``, what is made when the musician names no numbers: of each question that is still open the first
    option that was not refused, and nothing for a question that an accepted move answers."""
    taken = {question_of(one.move): one.move.choice for one in found.moves if one.state == "accepted"}
    kept = []
    for state in wanted:
        question = question_of(state.move)
        if question and taken.setdefault(question, state.move.choice) != state.move.choice:
            continue
        kept.append(state)
    return tuple(kept)


def check_one_answer_each(found: ProposalState, chosen: Iterable[MoveState]) -> None:
    """No question is answered twice, by what is chosen and what was accepted before.

    Raises
    ------
    RequestError
        naming both moves.
    """
    answered = {question_of(one.move): one for one in found.moves if one.state == "accepted"}
    for state in chosen:
        question = question_of(state.move)
        if not question:
            continue
        other = answered.setdefault(question, state)
        if other.move.choice != state.move.choice:
            done = "is accepted already; undo it" if other.state == "accepted" else "is chosen too; choose one"
            raise RequestError(
                f"move {state.number} of {found.id} is another answer to what move {other.number} answers, and move "
                f"{other.number} {done}, or leave move {state.number} out"
            )


def with_needed(song: Song, found: ProposalState, chosen: tuple[MoveState, ...]) -> tuple[MoveState, ...]:
    """``chosen``, and before it the open moves of the proposal that make the buses which it sends to."""
    known = {MAIN, *(bus.id for bus in song.buses)}
    known |= {bus for state in chosen if (bus := bus_made(state.move))}
    missing = {bus for state in chosen for bus in buses_used(state.move)} - known
    numbers = {state.number for state in chosen}
    makers = [one for one in found.moves if one.state == "open" and bus_made(one.move) in missing]
    added = [one for one in makers if one.number not in numbers]
    return tuple(sorted((*chosen, *added), key=lambda state: state.number))


def bus_made(move: Move) -> str:
    """The id of the bus that a move brings into the song; empty for other moves."""
    return move.after.id if isinstance(move.after, Bus) and steps(move.address)[0] == "buses" else ""


def buses_used(move: Move) -> tuple[str, ...]:
    """The buses that a move makes a strip feed."""
    after = move.after
    if isinstance(after, Send):
        return (after.bus,)
    if isinstance(after, Track):
        return (after.output, *(send.bus for send in after.sends))
    if isinstance(after, tuple):
        return tuple(one.bus for one in after if isinstance(one, Send))
    if isinstance(after, str) and steps(move.address)[-1] == "output":
        return (after,)
    return ()
