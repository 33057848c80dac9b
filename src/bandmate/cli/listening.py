"""Commands that listen: listen, propose mix, propose structure, propose master."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bandmate.cli.deciding import print_proposal, proposal_facts
from bandmate.cli.depth import Depth, DepthName, checked_depth
from bandmate.cli.master_options import (
    DEFAULT_PERCENT,
    ByPassage,
    Ceiling,
    Dynamics,
    Guard,
    LinearPhase,
    Loudness,
    Lufs,
    MonoBelow,
    References,
    SoftClip,
    Style,
    Tone,
    Width,
    asked_for,
    checked_style,
)
from bandmate.cli.options import AsJson, InProject, opened
from bandmate.cli.output import number, out, print_json, progress_bar, say, table, text, write
from bandmate.song.errors import RequestError

if TYPE_CHECKING:
    from bandmate.project.decisions import ProposalState
    from bandmate.report.data import Measured
    from bandmate.song.song import Song
    from bandmate.verbs.listening import HeardTrack


propose = typer.Typer(no_args_is_help=True, help="Ask for a proposal. The song stays as it is.")


def add_commands(app: typer.Typer) -> None:
    """Put these commands into the app."""
    app.command("listen")(listen)
    app.add_typer(propose, name="propose")


def listen(
    project: InProject = None,
    plots: Annotated[Path | None, typer.Option(help="Folder for PNG plots; 'plots' in the project by default.")] = None,
    no_plots: Annotated[bool, typer.Option("--no-plots", help="Write no plots.")] = False,
    json: AsJson = False,
) -> None:
    """Measure every track and the mix, and plot them."""
    from bandmate.verbs.listening import listen as hear

    with opened(project) as here, progress_bar() as progress:
        folder = None if no_plots else plots or here.folder / "plots"
        heard = hear(here, plots=folder, progress=progress)
    if json:
        print_json(
            {
                "tracks": [row_facts(row) for row in heard.tracks],
                "mix": figures(heard.mix) if heard.mix else None,
                "plots": [str(path) for path in heard.plots],
            }
        )
        return
    if not heard.tracks:
        say("no track plays anything yet; bring some in with: bandmate import STEMS")
        return
    shown = table(
        "", "track", "role", ">sure", ">LUFS", ">playing", ">range\nLU", ">peak\ndBTP", ">crest\ndB", ">length"
    )
    for row in heard.tracks:
        sure = f"{row.role_confidence:.0%}" if row.role != "unknown" else ""
        shown.add_row(text(row.name), row.role, sure, *cells(row.measured, row.active_lufs))
    if heard.mix is not None:
        shown.add_row("mix", "", "", *cells(heard.mix, None))
    out().print(shown)
    for row in heard.tracks:
        for remark in row.remarks:
            say(remark)
    if heard.plots:
        say(f"plots: {heard.plots[0].parent}")


@propose.command("mix")
def propose_mix(
    project: InProject = None,
    track: Annotated[list[str] | None, typer.Option(help="Move only this track; may be given again.")] = None,
    aspects: Annotated[
        str, typer.Option(help="Only these may be moved: phase, noise, tone, masking, low-end, balance …")
    ] = "",
    focus: Annotated[
        list[str] | None, typer.Option(help="A track that matters most; others give way. May be given again.")
    ] = None,
    reference: Annotated[
        list[Path] | None, typer.Option(help="An earlier mix of this song, or other songs. May be given again.")
    ] = None,
    three: Annotated[
        bool, typer.Option("--three", help="Three mixes instead: vocal-forward, drum-forward, wide.")
    ] = False,
    depth: Depth = "show",
    json: AsJson = False,
) -> None:
    """Say what is wrong with the mix, and what measurably helps."""
    from bandmate.stages.mix.brief import ASPECTS, MixBrief, checked_aspects
    from bandmate.verbs.proposing import propose_directions
    from bandmate.verbs.proposing import propose_mix as ask

    how_much = checked_depth(depth)
    if three and (how_much == "do" or reference):
        raise RequestError("--three gives three proposals to choose from; leave out --depth do and --reference")
    wanted = checked_aspects(tuple(aspect.strip() for aspect in aspects.split(",") if aspect.strip()))
    with opened(project) as here, progress_bar() as progress:
        ids = tuple(here.song.track(name).id for name in track or ())
        first = tuple(here.song.track(name).id for name in focus or ())
        brief = MixBrief(tracks=ids, aspects=wanted or ASPECTS, focus=first)
        if three:
            states = propose_directions(here, brief, progress=progress)
            print_three(here.song, states, how_much, as_json=json)
            return
        state = ask(here, brief, references=reference or (), progress=progress)
        if how_much == "do" and state.moves:
            here.accept(state.id)
            state = here.proposal(state.id)
        song = here.song
    print_json(proposal_facts(song, state)) if json else print_proposal(song, state, how_much)


def print_three(song: Song, states: Sequence[ProposalState], depth: DepthName, *, as_json: bool) -> None:
    """Three proposals, to choose one of or none."""
    if as_json:
        print_json({"proposals": [proposal_facts(song, state) for state in states]})
        return
    for state in states:
        print_proposal(song, state, depth)
        write("")


@propose.command("structure")
def propose_structure(project: InProject = None, json: AsJson = False) -> None:
    """Tempo, bars and sections, for a song that has none."""
    from bandmate.verbs.structuring import propose_structure as ask

    with opened(project) as here, progress_bar() as progress:
        state = ask(here, progress=progress)
        song = here.song
    print_json(proposal_facts(song, state)) if json else print_proposal(song, state)


@propose.command("master")
def propose_master(
    project: InProject = None,
    profile: Annotated[
        str, typer.Option(help="Delivery profile, such as spotify, cd, ebu-r128; or reference: as loud as those.")
    ] = "",
    reference: References = None,
    tone: Tone = DEFAULT_PERCENT,
    dynamics: Dynamics = DEFAULT_PERCENT,
    width: Width = DEFAULT_PERCENT,
    loudness: Loudness = DEFAULT_PERCENT,
    guard: Guard = DEFAULT_PERCENT,
    style: Style = "transparent",
    soft_clip: SoftClip = 0.0,
    linear_phase: LinearPhase = False,
    by_passage: ByPassage = False,
    mono_below: MonoBelow = None,
    lufs: Lufs = None,
    ceiling: Ceiling = None,
    json: AsJson = False,
) -> None:
    """Look at tone, dynamics, width, loudness and peaks."""
    from bandmate.verbs.mastering import destinations
    from bandmate.verbs.proposing import propose_master as ask

    percents = {"tone": tone, "dynamics": dynamics, "width": width, "loudness": loudness, "guard": guard}
    levels = {"soft_clip_db": soft_clip, "mono_below_hz": mono_below, "loudness_lufs": lufs, "ceiling_dbtp": ceiling}
    looks = {"style": checked_style(style), "is_linear_phase": linear_phase, "is_by_passage": by_passage}
    with opened(project) as here, progress_bar() as progress:
        named = {"profile": destinations((profile,), has_references=bool(reference))[0]}
        state = ask(here, asked_for(percents, levels | looks | named), references=reference or (), progress=progress)
        song = here.song
    print_json(proposal_facts(song, state)) if json else print_proposal(song, state)


def cells(measured: Measured, active_lufs: float | None) -> tuple[str, ...]:
    return (
        number(measured.integrated_lufs),
        number(active_lufs),
        number(measured.range_lu),
        number(measured.true_peak_dbtp, 2),
        number(measured.crest_db),
        f"{measured.seconds:.1f} s",
    )


def row_facts(row: HeardTrack) -> dict[str, object]:
    return {
        "id": row.id,
        "name": row.name,
        "role": row.role,
        "role_confidence": row.role_confidence,
        "because": row.because,
        "active_lufs": row.active_lufs,
        "remarks": list(row.remarks),
        "measured": figures(row.measured),
    }


def figures(measured: Measured) -> dict[str, object]:
    """The figures without the curves."""
    names = (
        "integrated_lufs",
        "range_lu",
        "max_short_term_lufs",
        "true_peak_dbtp",
        "crest_db",
        "seconds",
        "rate_hz",
        "channels",
        "band_hz",
        "band_db",
    )
    return {name: getattr(measured, name) for name in names}
