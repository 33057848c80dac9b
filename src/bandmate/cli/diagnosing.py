"""Commands that say what is there: diagnose, roles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bandmate.cli.depth import Depth, checked_depth
from bandmate.cli.options import AsJson, InProject, opened
from bandmate.cli.output import number, out, print_json, progress_bar, say, table, text, write
from bandmate.song.errors import RequestError

if TYPE_CHECKING:
    from bandmate.song.findings import Finding

LIKELY = 0.05
"""What is less likely than this is not listed."""

Focus = Annotated[list[str] | None, typer.Option("--focus", help="A track that matters most; may be given again.")]


def add_commands(app: typer.Typer) -> None:
    """Put these commands into the app."""
    app.command("roles")(roles)
    app.command("diagnose")(diagnose)


def diagnose(
    focus: Focus = None,
    depth: Depth = "show",
    project: InProject = None,
    json: AsJson = False,
) -> None:
    """Say what is wrong with the mix, where, and in which tracks."""
    import msgspec

    from bandmate.verbs.diagnosing import diagnose as ask

    wanted = checked_depth(depth)
    with opened(project) as here, progress_bar() as progress:
        findings = ask(here, focus=tuple(focus or ()), progress=progress)
    if json:
        print_json({"findings": msgspec.to_builtins(findings)})
        return
    for count, finding in enumerate(findings, 1):
        print_finding(count, finding, hint_only=wanted == "hint")
    if not findings:
        say("no finding: nothing measured outside its tolerance")
    elif wanted != "hint":
        say("ask for moves that answer them: bandmate propose mix")


def print_finding(count: int, finding: Finding, *, hint_only: bool) -> None:
    """A finding for reading; at ``hint`` without a figure."""
    if hint_only:
        write(f"{count:>3}. {finding.hint or hint_for(finding)}", hang=5)
        return
    write(f"{count:>3}. {finding.sentence}", hang=5)
    for fact in finding.evidence:
        value = fact.before if fact.before is not None else fact.after
        write(f"{fact.what}: {number(value, 2)} {fact.unit}", indent=7, hang=2, style="dim")
    write(f"{finding.kind}   {finding.where}   confidence {finding.confidence:.2f}", indent=7, hang=2, style="dim")


def hint_for(finding: Finding) -> str:
    """Where to listen, for a finding that has no hint of its own."""
    return f"listen to {' and '.join(finding.tracks)}: {finding.kind.replace('-', ' ')}?"


def roles(
    settings: Annotated[list[str] | None, typer.Argument(help='Corrections such as "Audio 07=snare".')] = None,
    project: InProject = None,
    json: AsJson = False,
) -> None:
    """Say what each track is taken for, or correct it."""
    from bandmate.verbs.diagnosing import roles as heard_roles
    from bandmate.verbs.diagnosing import set_roles

    wanted = dict(correction(item) for item in settings or ())
    with opened(project) as here, progress_bar() as progress:
        changed = set_roles(here, wanted)
        rows = heard_roles(here, progress=progress)
    if json:
        print_json({"changed": list(changed), "tracks": rows})
        return
    shown = table("", "track", "role", ">sure", "because", "or")
    for row in rows:
        others = ", ".join(f"{role} {share:.0%}" for role, share in row.others if share >= LIKELY)
        shown.add_row(text(row.name), row.role, f"{row.sure:.0%}", text(row.because), others)
    out().print(shown)
    unsure = next((row for row in rows if row.role == "unknown"), None)
    if unsure is not None:
        likely = unsure.others[0][0] if unsure.others else "snare"
        say(f'correct what is wrong: bandmate roles "{unsure.name}={likely}"')


def correction(item: str) -> tuple[str, str]:
    """``Audio 07=snare`` as name and role.

    Raises
    ------
    RequestError
        for anything without a name, ``=`` and a role.
    """
    name, _, role = item.rpartition("=")
    if not name.strip() or not role.strip():
        raise RequestError(f'"{item}" is no correction; write track=role, such as "Audio 07=snare"')
    return name.strip(), role.strip()
