"""The command for the report of a mix: report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bandmate.cli.options import AsJson, InProject, ProposalId, opened
from bandmate.cli.output import print_json, progress_bar, write


def add_commands(app: typer.Typer) -> None:
    """Put this command into the app."""
    app.command("report")(report)


def report(
    proposal: ProposalId,
    folder: Annotated[
        Path | None, typer.Option("--folder", help="Where it goes; 'reports/P1' in the project by default.")
    ] = None,
    no_players: Annotated[bool, typer.Option("--no-players", help="Without sound on the page: quicker.")] = False,
    plots: Annotated[bool, typer.Option("--plots", help="Also write the pictures as PNG files.")] = False,
    project: InProject = None,
    json: AsJson = False,
) -> None:
    """Write what was found in a mix, with pictures and sound."""
    from bandmate.verbs.mix_reporting import write_mix_report

    with opened(project) as here, progress_bar() as progress:
        name = here.proposal(proposal).id
        place = folder or here.folder / "reports" / name
        done = write_mix_report(here, name, place, players=not no_players, plots=plots, progress=progress)
    if json:
        print_json(done.facts())
        return
    write(f"report: {done.page}")
    write(f"as JSON: {done.record}")
    for path in done.plots:
        write(f"picture: {path}")
