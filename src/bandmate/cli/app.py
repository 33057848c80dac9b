"""All commands of ``bandmate``, in the order of the work."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import bandmate
from bandmate.cli import (
    albums,
    codecs,
    comparing,
    composing,
    deciding,
    diagnosing,
    editing,
    history,
    learning,
    listening,
    making,
    mastering,
    producing,
    reporting,
    sketching,
    stems,
    structuring,
    translating,
)

ORDER = (
    *(
        "produce",
        "master",
        "target",
        "new",
        "import",
        "stems",
        "listen",
        "structure",
        "roles",
        "diagnose",
        "propose",
        "proposals",
        "show",
        "accept",
        "refuse",
    ),
    *("ab", "abx", "report", "reopen", "strength", "lock", "unlock", "undo", "redo", "log", "version", "branch"),
    *("go-to", "verify", "render"),
    *("residual", "clean", "tune", "notes"),
    *("sketch", "continue", "answer", "vary", "infill", "simplify", "enrich", "morph", "groove", "drumify"),
    *("harmonise", "reharmonise", "next-chord", "originality"),
    *("codecs", "export", "album", "batch", "translate", "learn", "models", "demo", "doctor"),
)


class InOrder(TyperGroup):
    """Lists the commands as they are used, one after the other."""

    def list_commands(self, ctx: Any) -> list[str]:
        return sorted(super().list_commands(ctx), key=ORDER.index)


app = typer.Typer(
    name="bandmate",
    cls=InOrder,
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="An assistant for making records: it listens and proposes moves with reasons and evidence; you decide.",
)
for group in (
    producing,
    mastering,
    making,
    stems,
    listening,
    editing,
    sketching,
    composing,
    structuring,
    diagnosing,
    deciding,
    comparing,
    reporting,
    history,
    translating,
    codecs,
    albums,
    learning,
):
    group.add_commands(app)


def print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"bandmate {bandmate.__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=print_version, is_eager=True, help="Print Bandmate's version.")
    ] = False,
) -> None:
    """An assistant for making records: it listens and proposes moves with reasons and evidence; you decide."""
