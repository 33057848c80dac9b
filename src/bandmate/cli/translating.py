"""The command that listens on other systems: translate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bandmate.cli.options import AsJson
from bandmate.cli.output import number, out, print_json, progress_bar, say, table, text

if TYPE_CHECKING:
    from bandmate.stages.master.translated import TranslationRow
    from bandmate.verbs.translating import Translation


def add_commands(app: typer.Typer) -> None:
    """Put this command into the app."""
    app.command("translate")(translate)


def translate(
    file: Annotated[Path, typer.Argument(help="Sound file, mono or stereo.", show_default=False)],
    folder: Annotated[
        Path | None, typer.Option("--to", help="Folder for what each system plays, at one loudness, as WAV.")
    ] = None,
    system: Annotated[
        list[str] | None, typer.Option(help="Only this: mono, phone, earbuds, car or club; may be given again.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Hear a file as on a phone, on earbuds, in a car and a club.

    The systems are rough simulations of our own: they show what is likely to get lost.
    """
    from bandmate.verbs.translating import translate_file

    with progress_bar() as progress:
        found = translate_file(file, folder, systems=tuple(system or ()), progress=progress)
    print_json(facts_of(found)) if json else print_translation(found)


def print_translation(found: Translation) -> None:
    """The table on stdout; remarks and where the files are on stderr."""
    shown = table("", "on", ">loudness\nLU", *(f">{part.region}\ndB" for part in found.rows[0].regions), ">voice\ndB")
    for row in found.rows:
        shown.add_row(text(row.name), signed(row.loudness_change_lu), *cells(row), signed(row.voice_change_db))
    out().print(shown)
    for row in found.rows:
        say(row.sentence)
    remarks = [remark for row in found.rows for remark in row.remarks]
    for remark in remarks:
        say(f"look at this: {remark}")
    if not remarks and any(row.loudness_lufs is not None for row in found.rows):
        say("nothing stands out: no limit is passed")
    say("these systems are rough simulations of our own, not measurements of products")
    if found.files:
        loudness = number(found.files[0].loudness_lufs)
        say(f"to listen to, all at {loudness} LUFS: {found.files[0].path.parent}")


def cells(row: TranslationRow) -> list[str]:
    return [signed(part.change_db) for part in row.regions]


def signed(value: float | None) -> str:
    """A change for a cell; – where there is none, "gone" where nothing is left."""
    if value is None:
        return "–"
    return "gone" if value == float("-inf") else f"{round(value, 1) + 0.0:+.1f}"


def facts_of(found: Translation) -> dict[str, object]:
    return {
        "file": str(found.path),
        "seconds": found.seconds,
        "systems": list(found.rows),
        "files": [
            {
                "system": one.system,
                "path": str(one.path),
                "gain_db": one.gain_db,
                "loudness_lufs": one.loudness_lufs,
            }
            for one in found.files
        ],
    }
