"""Commands about the history: undo, redo, log, version, branch, go-to, verify."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bandmate.cli.options import AsJson, InProject, opened
from bandmate.cli.output import out, print_json, say, table, text, write
from bandmate.song.errors import ProjectError
from bandmate.song.spoken import spoken_place, spoken_value

if TYPE_CHECKING:
    from bandmate.project.history import RevisionInfo
    from bandmate.project.verify import Problem

Steps = Annotated[int, typer.Argument(help="How many steps.", min=1)]


def add_commands(app: typer.Typer) -> None:
    """Put these commands into the app."""
    app.command("undo")(undo)
    app.command("redo")(redo)
    app.command("log")(log)
    app.command("version")(version)
    app.command("branch")(branch)
    app.command("go-to")(go_to)
    app.command("verify")(verify)


def undo(steps: Steps = 1, project: InProject = None, json: AsJson = False) -> None:
    """Go back; nothing is lost, redo comes forward again."""
    with opened(project) as here:
        report(here.undo(steps), json, "now at")


def redo(steps: Steps = 1, project: InProject = None, json: AsJson = False) -> None:
    """Come forward again after undo."""
    with opened(project) as here:
        report(here.redo(steps), json, "now at")


def log(
    revision: Annotated[str | None, typer.Argument(help="Show the moves of this revision: its number.")] = None,
    project: InProject = None,
    everything: Annotated[bool, typer.Option("--all", help="Also what was left behind by undo and branches.")] = False,
    json: AsJson = False,
) -> None:
    """List the revisions, newest first; or show the moves of one."""
    if revision is not None:
        print_step(project, revision, json)
        return
    with opened(project) as here:
        revisions, head = here.log(all=everything), here.head
        versions = {one.revision.id: one.name for one in here.versions()}
    if json:
        print_json([revision_facts(one) | {"is_head": one.id == head.id} for one in revisions])
        return
    shown = table("", " ", ">no", ">when", "who", "what", *(["version"] if versions else []))
    for one in revisions:
        who = f"{one.author.kind}: {one.author.name}" if one.author.kind == "assistant" else one.author.kind
        mark = "→" if one.id == head.id else ""
        cells = (mark, str(one.number), local_time(one.created_at), text(who), text(one.message))
        shown.add_row(*cells, *([text(versions.get(one.id, ""))] if versions else []))
    out().print(shown)


def print_step(project: Path | None, revision: str, json: bool) -> None:
    """One revision with every move it made."""
    with opened(project) as here:
        number = int(revision) if revision.isdecimal() else revision
        info, step = here.revision(number), here.step(number)
    if json:
        import msgspec

        print_json(revision_facts(info) | {"moves": msgspec.to_builtins(step.made)})
        return
    write(f"revision {info.number}, {local_time(info.created_at)}: {info.message}")
    for one in step.made:
        place, address = spoken_place(step.song, one.move.address), one.move.address
        change = f"{spoken_value(one.move.before, address)} → {spoken_value(one.move.after, address)}"
        at = f" at {one.strength:.0%}" if one.strength != 1.0 else ""
        write(f"  {place}: {change}{at}")


def version(
    name: Annotated[str | None, typer.Argument(help="Name for the song as it is now; without one, list them.")] = None,
    project: InProject = None,
    json: AsJson = False,
) -> None:
    """Name the song as it is now, or list the named versions."""
    with opened(project) as here:
        found = (here.name_version(name),) if name else here.versions()
        facts = [{"name": one.name, "revision": one.revision.number} for one in found]
    if json:
        print_json(facts)
        return
    for one in facts:
        write(f"{one['name']}: revision {one['revision']}")
    if not facts:
        say('no named versions yet; name the song as it is now with: bandmate version "rough mix"')


def branch(
    name: Annotated[str | None, typer.Argument(help="Branch to begin or go to; without one, list them.")] = None,
    project: InProject = None,
    json: AsJson = False,
) -> None:
    """Begin a branch, go to one, or list them."""
    with opened(project) as here:
        if name is not None:
            known = {one.name for one in here.branches()}
            report(here.switch(name) if name in known else here.branch(name), json, f"on branch {name}, at")
            return
        facts = [{"name": one.name, "revision": one.head.number} for one in here.branches()]
    if json:
        print_json(facts)
        return
    for one in facts:
        write(f"{one['name']}: revision {one['revision']}")


def go_to(
    revision: Annotated[str, typer.Argument(help="Number of a revision, or name of a version.", show_default=False)],
    project: InProject = None,
    json: AsJson = False,
) -> None:
    """Go to any revision or named version."""
    with opened(project) as here:
        report(here.go_to(int(revision) if revision.isdecimal() else revision), json, "now at")


def verify(project: InProject = None, json: AsJson = False) -> None:
    """Check that no recording and no step was changed."""
    with opened(project) as here:
        problems = here.verify()
        count = len(here.log(all=True))
    serious = [one for one in problems if not one.is_harmless]
    if json:
        print_json([plain_problem(one) for one in problems])
    elif not serious:
        revisions = "the revision" if count == 1 else f"{count} revisions"
        write(f"all well: {revisions} and every recording are as they were written")
    for one in problems:
        if one.is_harmless or not json:
            say(one.message)
    if serious:
        also = f" (and {len(serious) - 1} more)" if len(serious) > 1 else ""
        raise ProjectError(f"{serious[0].message}{also}")


def plain_problem(one: Problem) -> dict[str, Any]:
    return {"kind": one.kind, "where": one.where, "message": one.message, "is_harmless": one.is_harmless}


def report(revision: RevisionInfo, json: bool, words: str) -> None:
    if json:
        print_json(revision_facts(revision))
    else:
        write(f"{words} revision {revision.number}: {revision.message}")


def local_time(created_at: str) -> str:
    """A time of the history as the clock on the wall shows it, to the minute."""
    return datetime.datetime.fromisoformat(created_at).astimezone().strftime("%Y-%m-%d %H:%M")


def revision_facts(one: RevisionInfo) -> dict[str, Any]:
    import msgspec

    return {
        "number": one.number,
        "id": one.id,
        "parent": one.parent,
        "message": one.message,
        "author": msgspec.to_builtins(one.author),
        "created_at": one.created_at,
        "hash": one.hash,
    }
