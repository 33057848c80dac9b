"""Commands with which the musician decides: proposals, show, accept, refuse, strength, lock, unlock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from bandmate.cli.options import AsJson, InProject, Moves, ProposalId, numbers, opened, strengths
from bandmate.cli.output import number, out, print_json, say, table, text
from bandmate.song.spoken import spoken_place, spoken_value

if TYPE_CHECKING:
    from bandmate.project.decisions import MoveState, ProposalState
    from bandmate.song.song import Song


def add_commands(app: typer.Typer) -> None:
    """Put these commands into the app."""
    app.command("proposals")(proposals)
    app.command("show")(show)
    app.command("accept")(accept)
    app.command("refuse")(refuse)
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
    out().print(shown if states else "no proposals yet; ask with: bandmate propose mix")


def show(proposal: ProposalId, project: InProject = None, json: AsJson = False) -> None:
    """Show a proposal: every move with its reason, evidence, confidence and state."""
    with opened(project) as here:
        state, song = here.proposal(proposal), here.song
    print_json(proposal_facts(song, state)) if json else print_proposal(song, state)


def accept(
    proposal: ProposalId,
    moves: Moves = None,
    at: Annotated[list[str] | None, typer.Option("--strength", "-s", help="Strength in percent: 3=50.")] = None,
    skip_stale: Annotated[bool, typer.Option("--skip-stale", help="Leave out moves that no longer fit.")] = False,
    project: InProject = None,
    json: AsJson = False,
) -> None:
    """Make moves of a proposal. One step that can be undone."""
    with opened(project) as here:
        done = here.accept(proposal, numbers(moves), strengths(at), skip_stale=skip_stale)
    if json:
        left = [{"number": one.number, "why": one.why} for one in done.left_out]
        print_json({"revision": done.number, "id": done.id, "moves": list(done.numbers), "left_out": left})
        return
    out().print(f"revision {done.number}: {text(done.message)}")
    for one in done.left_out:
        say(f"left out {one.number}: {one.why}")


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
        out().print(f"{state.id}: {state.counts['refused']} refused, {state.counts['open']} open")


def strength(
    proposal: ProposalId,
    settings: Annotated[list[str], typer.Argument(help="move=percent, such as 3=50.", show_default=False)],
    project: InProject = None,
    json: AsJson = False,
) -> None:
    """Make moves weaker or stronger, accepted ones too. 0 takes a move back."""
    with opened(project) as here:
        revision = here.head
        for move, value in strengths(settings).items():
            revision = here.strength(proposal, move, value)
    if json:
        print_json({"revision": revision.number, "id": revision.id, "message": revision.message})
    else:
        out().print(f"revision {revision.number}: {text(revision.message)}")


def lock(
    address: Annotated[str, typer.Argument(help="tracks/lead-vox, main, tracks/bass/gain_db …", show_default=False)],
    project: InProject = None,
    json: AsJson = False,
) -> None:
    """Keep a place from being moved by any proposal."""
    with opened(project) as here:
        revision = here.lock(address)
    print_json({"revision": revision.number}) if json else out().print(f"locked {text(address)}")


def unlock(
    address: Annotated[str, typer.Argument(help="The locked address.", show_default=False)],
    project: InProject = None,
    json: AsJson = False,
) -> None:
    """Take a lock away."""
    with opened(project) as here:
        revision = here.unlock(address)
    print_json({"revision": revision.number}) if json else out().print(f"unlocked {text(address)}")


def print_proposal(song: Song, state: ProposalState) -> None:
    """A proposal for reading."""
    console = out()
    console.print(f"{state.id}: {text(state.proposal.title)}  ({state.state})")
    for one in state.moves:
        print_move(song, one)
    for remark in state.proposal.remarks:
        console.print(f"  · {text(remark)}")
    if state.counts["open"]:
        say(f"accept with: bandmate accept {state.id}   some of it: bandmate accept {state.id} --moves 1,3 -s 3=50")


def print_move(song: Song, one: MoveState) -> None:
    console, move = out(), one.move
    change = f"{spoken_value(move.before, move.address)} → {spoken_value(move.after, move.address)}"
    at = f" at {one.strength:.0%}" if one.strength != 1.0 else ""
    console.print(f"\n{one.number:>3}. {text(spoken_place(song, move.address))}: {text(change)}  ({one.state}{at})")
    console.print(f"     {text(move.because)}")
    for fact in move.evidence:
        values = [number(v, 2) for v in (fact.before, fact.after) if v is not None]
        target = f", target {number(fact.target, 1)}" if fact.target is not None else ""
        console.print(f"       {text(fact.what)}: {' → '.join(values)} {text(fact.unit)}{target}", style="dim")
    console.print(f"       confidence {move.confidence:.2f}   {text(move.address)}", style="dim")
    if one.why:
        console.print(f"       {text(one.why)}", style="dim")


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
