"""Commands with which the musician decides: proposals, show, accept, refuse, reopen, strength, lock, unlock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from bandmate.cli.depth import DepthName, checked_depth, print_explanation, print_hint
from bandmate.cli.options import AsJson, InProject, Moves, ProposalId, numbers, opened, place, strengths
from bandmate.cli.output import number, out, print_json, say, table, text, write
from bandmate.song.errors import LockedMove, OutOfRange, RequestError
from bandmate.song.spoken import spoken_place, spoken_value
from bandmate.song.spoken_music import spoken_music

if TYPE_CHECKING:
    from bandmate.project.decisions import MoveState, ProposalState
    from bandmate.song.song import Song


def add_commands(app: typer.Typer) -> None:
    """Put these commands into the app."""
    app.command("proposals")(proposals)
    app.command("show")(show)
    app.command("accept")(accept)
    app.command("refuse")(refuse)
    app.command("reopen")(reopen)
    app.command("strength")(strength)
    app.command("lock")(lock)
    app.command("unlock")(unlock)


def proposals(project: InProject = None, json: AsJson = False) -> None:
    """List what was proposed, and what became of it."""
    with opened(project) as here:
        states = here.proposals()
    if json:
        print_json([summary(state) for state in states])
        return
    shown = table("", "id", "stage", "state", ">open", ">accepted", ">refused", ">stale", "title")
    for state in states:
        counts = state.counts
        cells = [str(counts[name]) for name in ("open", "accepted", "refused", "stale")]
        shown.add_row(state.id, state.proposal.stage, state.state, *cells, text(state.proposal.title))
    if states:
        out().print(shown)
    else:
        say("no proposals yet; ask with: bandmate propose mix")


def show(
    proposal: ProposalId,
    depth: Annotated[str, typer.Option("--depth", help="How much to say: hint, explain or show.")] = "show",
    project: InProject = None,
    json: AsJson = False,
) -> None:
    """Show every move of a proposal, with its reason."""
    wanted = checked_depth(depth)
    if wanted == "do":
        raise RequestError(f"showing makes no move; accept them with: bandmate accept {proposal}")
    with opened(project) as here:
        state, song = here.proposal(proposal), here.song
    print_json(proposal_facts(song, state)) if json else print_proposal(song, state, wanted)


def accept(
    proposal: ProposalId,
    moves: Moves = None,
    alternative: Annotated[int | None, typer.Option("--alternative", "-a", help="All moves of an alternative.")] = None,
    at: Annotated[list[str] | None, typer.Option("--strength", "-s", help="Strength in percent: 3=50.")] = None,
    skip_stale: Annotated[
        bool, typer.Option("--skip-stale", help="Leave out what no longer fits or is locked.")
    ] = False,
    project: InProject = None,
    json: AsJson = False,
) -> None:
    """Make moves of a proposal. One step that can be undone."""
    with opened(project) as here:
        wanted = numbers(moves) if alternative is None else of_alternative(here.proposal(proposal), alternative)
        try:
            done = here.accept(proposal, wanted, strengths(at), skip_stale=skip_stale)
        except LockedMove as locked:
            locked.args = (f"{locked}, with --moves or --skip-stale",)
            raise
    if json:
        left = [{"number": one.number, "why": one.why} for one in done.left_out]
        print_json({"revision": done.number, "id": done.id, "moves": list(done.numbers), "left_out": left})
        return
    write(f"revision {done.number}: {done.message}")
    for one in done.left_out:
        say(f"left out move {one.number}: {one.why}")


def of_alternative(state: ProposalState, alternative: int) -> tuple[int, ...]:
    """The numbers of the moves of one alternative.

    Raises
    ------
    OutOfRange
        if there is no alternative of that number.
    """
    found = tuple(one.number for one in state.moves if one.move.choice.endswith(f"#{alternative}"))
    if not found:
        there = len({one.move.choice for one in state.moves if one.move.choice})
        raise OutOfRange(f"there is no alternative {alternative} in {state.id}; it has {there}, counted from 1")
    return found


def refuse(
    proposal: ProposalId,
    moves: Moves = None,
    reason: Annotated[str, typer.Option(help="Why; kept with the proposal.")] = "",
    project: InProject = None,
    json: AsJson = False,
) -> None:
    """Refuse moves of a proposal. The song stays as it is."""
    with opened(project) as here:
        state = here.refuse(proposal, numbers(moves), reason)
    if json:
        print_json(summary(state))
    else:
        write(f"{state.id}: {in_numbers(state)}")


def reopen(
    proposal: ProposalId,
    moves: Annotated[
        str | None, typer.Option("--moves", "-m", help="Numbers of refused moves: 1,3,7-9. All by default.")
    ] = None,
    project: InProject = None,
    json: AsJson = False,
) -> None:
    """Take refusals back, so that moves can be accepted."""
    with opened(project) as here:
        if moves is None and not here.proposal(proposal).counts["refused"]:
            raise RequestError(f"{here.proposal(proposal).id} has no refused move, so there is nothing to reopen")
        state = here.reopen(proposal, numbers(moves))
    if json:
        print_json(summary(state))
    else:
        write(f"{state.id}: {in_numbers(state)}")


def strength(
    proposal: ProposalId,
    settings: Annotated[list[str], typer.Argument(help="move=percent, such as 3=50.", show_default=False)],
    project: InProject = None,
    json: AsJson = False,
) -> None:
    """Make moves weaker or stronger, accepted ones too. 0 takes a move back."""
    wanted = strengths(settings)
    with opened(project) as here:
        before = here.proposal(proposal)
        check_adjustable(before, wanted)
        revision = here.head
        for move, value in wanted.items():
            revision = here.strength(proposal, move, value)
    waiting = [n for n in wanted if before.moves[n - 1].state != "accepted"]
    if json:
        print_json({"revision": revision.number, "id": revision.id, "message": revision.message, "waiting": waiting})
        return
    for move, value in wanted.items():
        if move in waiting:
            write(f"move {move} of {before.id} is not accepted yet; when it is, it is made at {value * 100:g} %")
        else:
            write(f"revision {revision.number}: move {move} of {before.id} is at {value * 100:g} %")


def check_adjustable(state: ProposalState, wanted: dict[int, float]) -> None:
    """Refuse all settings where one of them is not possible, so that none is made alone."""
    for move in wanted:
        if not 1 <= move <= len(state.moves):
            raise OutOfRange(f"there is no move {move} in {state.id}; it has {len(state.moves)}, counted from 1")
        if state.moves[move - 1].state == "refused":
            raise RequestError(f"move {move} of {state.id} was refused; reopen it first, or leave it out")


def lock(
    address: Annotated[str, typer.Argument(help="A track, main, tracks/bass/gain_db …", show_default=False)],
    project: InProject = None,
    json: AsJson = False,
) -> None:
    """Keep a place from being moved by any proposal."""
    with opened(project) as here:
        address = place(here.song, address)
        revision = here.lock(address)
    print_json({"revision": revision.number, "address": address}) if json else write(f"locked {address}")


def unlock(
    address: Annotated[str, typer.Argument(help="The locked track or address.", show_default=False)],
    project: InProject = None,
    json: AsJson = False,
) -> None:
    """Take a lock away."""
    with opened(project) as here:
        address = place(here.song, address)
        revision = here.unlock(address)
    print_json({"revision": revision.number, "address": address}) if json else write(f"unlocked {address}")


def print_proposal(song: Song, state: ProposalState, depth: DepthName = "show") -> None:
    """A proposal for reading."""
    write(f"{state.id}: {state.proposal.title}  ({state.state})")
    for one in state.moves:
        if depth == "hint":
            print_hint(song, state.proposal, one)
        elif depth == "explain":
            print_explanation(song, state.proposal, one)
        else:
            print_move(song, one)
    if depth == "hint":
        say(f"more: bandmate show {state.id} --depth explain")
        return
    if state.moves and state.proposal.remarks:
        write("")
    for remark in state.proposal.remarks:
        write(f"· {remark}", indent=2, hang=2)
    free = [str(one.number) for one in state.moves if one.state == "open" and not one.why]
    if free:
        say(f"accept all of it: bandmate accept {state.id}")
        if any(one.move.choice and not one.move.finding for one in state.moves):
            say(f"or an alternative: bandmate accept {state.id} --alternative 2")
        say(f"or some of it:    bandmate accept {state.id} --moves {','.join(free[:2])} --strength {free[0]}=50")


def print_move(song: Song, one: MoveState) -> None:
    """A move for reading: what changes, why, what was measured."""
    move = one.move
    change = spoken_music(move.before, move.after)
    if change is None:
        change = f"{spoken_value(move.before, move.address)} → {spoken_value(move.after, move.address)}"
    at = f" at {one.strength:.0%}" if one.strength != 1.0 and one.state != "refused" else ""
    write("")
    write(f"{one.number:>3}. {spoken_place(song, move.address)}: {change}  ({one.state}{at})", hang=5)
    write(move.because, indent=5)
    if move.choice:
        option = move.choice.partition("#")[2]
        what = f"answer {option} to this finding" if move.finding else f"alternative {option}"
        write(f"{what}; one of them is made", indent=7, style="dim")
    for fact in move.evidence:
        values = [number(v, 2) for v in (fact.before, fact.after) if v is not None]
        target = f", target {number(fact.target, 1)}" if fact.target is not None else ""
        forecast = f", predicted {number(fact.predicted, 2)}" if fact.predicted is not None else ""
        write(f"{fact.what}: {' → '.join(values)} {fact.unit}{target}{forecast}", indent=7, hang=2, style="dim")
    write(f"confidence {move.confidence:.2f}   {move.address}", indent=7, hang=2, style="dim")
    if one.why:
        write(f"reason: {one.why}" if one.state == "refused" else one.why, indent=7, hang=2)


def in_numbers(state: ProposalState) -> str:
    """``1 open, 2 accepted``; what there is none of is left out."""
    counts = state.counts
    told = [f"{counts[name]} {name}" for name in ("open", "accepted", "refused", "stale") if counts[name]]
    return ", ".join(told) or "no moves"


def summary(state: ProposalState) -> dict[str, Any]:
    """A proposal in one line, for programs."""
    return {
        "id": state.id,
        "stage": state.proposal.stage,
        "title": state.proposal.title,
        "state": state.state,
        "counts": state.counts,
        "created_at": state.created_at,
    }


def proposal_facts(song: Song, state: ProposalState) -> dict[str, Any]:
    """A proposal with everything in it, for programs."""
    import msgspec

    return summary(state) | {
        "remarks": list(state.proposal.remarks),
        "findings": msgspec.to_builtins(state.proposal.findings),
        "brief": state.proposal.brief,
        "moves": [
            {
                "number": one.number,
                "state": one.state,
                "strength": one.strength,
                "why": one.why,
                "place": spoken_place(song, one.move.address),
                **msgspec.to_builtins(one.move),
            }
            for one in state.moves
        ],
    }
