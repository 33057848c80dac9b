"""The command that says how a song is built: structure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from bandmate.cli.options import AsJson, InProject, opened
from bandmate.cli.output import number, out, print_json, progress_bar, say, table, text, write

if TYPE_CHECKING:
    from bandmate.stages.structure import Structure


def add_commands(app: typer.Typer) -> None:
    """Put these commands into the app."""
    app.command("structure")(structure)


def structure(project: InProject = None, json: AsJson = False) -> None:
    """Find tempo, bars and sections, and print them."""
    from bandmate.verbs.structuring import find_structure

    with opened(project) as here, progress_bar() as progress:
        found = find_structure(here, progress=progress)
    if json:
        print_json(facts(found))
        return
    write(tempo_line(found))
    if not found.sections:
        say("no track plays anything yet; bring some in with: bandmate import STEMS")
        return
    shown = table("", "section", "name", "bars", ">from", ">to", ">level\ndB")
    for section in found.sections:
        bars = found.bars_text(section.start_seconds, section.end_seconds) if found.bar_seconds else ""
        times = (minutes(section.start_seconds), minutes(section.end_seconds))
        shown.add_row(section.letter, text(section.name), bars, *times, number(section.loudness_db))
    out().print(shown)


def tempo_line(found: Structure) -> str:
    """One line on tempo and meter."""
    if found.bpm is None:
        return "no tempo: there is no pulse to count by, so places are given as times"
    if found.source == "song":
        return f"{found.bpm:.2f} bpm, {found.beats_per_bar} beats to the bar, as the song has it"
    steady = "steady" if found.is_steady else "not steady"
    return (
        f"{found.bpm:.2f} bpm, {steady} (sure to {found.tempo_confidence:.0%}); "
        f"{found.beats_per_bar} beats to the bar (bar lines sure to {found.downbeat_confidence:.0%})"
    )


def minutes(seconds: float) -> str:
    """``1:05.2``."""
    whole, rest = divmod(max(seconds, 0.0), 60)
    return f"{int(whole)}:{rest:04.1f}"


def facts(found: Structure) -> dict[str, object]:
    """Everything that was found, for programs."""
    names = ("bpm", "is_steady", "source", "beats_per_bar", "tempo_confidence", "downbeat_confidence")
    section_names = ("letter", "name", "start_seconds", "end_seconds", "start_bar", "bars", "loudness_db")
    return {
        **{name: getattr(found, name) for name in names},
        "bar_seconds": list(found.bar_seconds),
        "beat_seconds": list(found.beat_seconds),
        "sections": [{name: getattr(section, name) for name in section_names} for section in found.sections],
    }
