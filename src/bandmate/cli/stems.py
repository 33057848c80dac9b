"""The command that says what was delivered: stems."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from bandmate.cli.options import AsJson, InProject, opened
from bandmate.cli.output import number, out, print_json, progress_bar, say, table, text, write

if TYPE_CHECKING:
    from bandmate.verbs.stems import DeliveredTrack


def add_commands(app: typer.Typer) -> None:
    """Put this command into the app."""
    app.command("stems")(stems)


def stems(project: InProject = None, json: AsJson = False) -> None:
    """Say what was delivered: files, groups, and what is odd."""
    import msgspec

    from bandmate.verbs.stems import stems as look

    with opened(project) as here, progress_bar() as progress:
        found = look(here, progress=progress)
    if json:
        print_json(msgspec.to_builtins(found))
        return
    if not found.tracks:
        say("no track plays anything yet; bring some in with: bandmate import STEMS")
        return
    columns = ("track", "file", ">length", ">kHz", ">bits", "sides", ">peak\ndBFS", ">LUFS", ">first\nsound", "remark")
    shown = table("", *columns)
    for row in found.tracks:
        shown.add_row(*cells(row))
    out().print(shown)
    names = {row.id: row.name for row in found.tracks}
    for group in found.groups:
        members = ", ".join(names.get(track_id, track_id) for track_id in group.track_ids)
        write(f"{group.kind.replace('-', ' ')}: {members} ({group.because})", hang=2)
    for finding in found.findings:
        write(finding.sentence, hang=2)
    if not found.findings:
        say("nothing odd about these files")


def cells(row: DeliveredTrack) -> tuple[str, ...]:
    """A track as cells of the table."""
    first = row.files[0] if row.files else None
    more = f" +{len(row.files) - 1}" if len(row.files) > 1 else ""
    return (
        text(row.name),
        text(first.name + more) if first else "notes",
        f"{row.seconds:.1f} s",
        f"{first.rate_hz / 1000:g}" if first else "",
        number(first.bits, 0) if first else "",
        row.stereo_kind,
        number(row.peak_dbfs),
        number(row.active_lufs),
        "" if row.first_sound_seconds is None else f"{row.first_sound_seconds:.2f} s",
        ", ".join(row.remarks),
    )
