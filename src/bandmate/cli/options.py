"""Options that many commands share."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bandmate.song.errors import RequestError

if TYPE_CHECKING:
    from bandmate.project.folder import Project
    from bandmate.song.song import Song

InProject = Annotated[
    Path | None, typer.Option("--project", "-p", help="Project folder; by default the one you are in.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
ProposalId = Annotated[str, typer.Argument(help="Proposal, such as P1.", show_default=False)]
Moves = Annotated[str | None, typer.Option("--moves", "-m", help="Numbers of moves: 1,3,7-9. All by default.")]

MOST_MOVES = 100_000
"""A number beyond this is a slip of the finger."""


def opened(folder: Path | None) -> Project:
    """The project that a command works on."""
    from bandmate.verbs.projects import open_project

    return open_project(folder)


def place(song: Song, words: str) -> str:
    """The address that is meant: the name of a track or bus alone stands for all of it.

    Raises
    ------
    UnknownName
        if it is a single word, no part of the song, and no track has that name.
    """
    if "/" in words or words in song.__struct_fields__:
        return words
    for bus in song.buses:
        if words.casefold() in (bus.id, bus.name.casefold()):
            return f"buses/{bus.id}"
    return f"tracks/{song.track(words).id}"


def numbers(text: str | None) -> tuple[int, ...] | None:
    """``1,3,7-9`` as numbers; None for None.

    Raises
    ------
    RequestError
        for anything else.
    """
    if text is None:
        return None
    found: list[int] = []
    for piece in text.split(","):
        match = re.fullmatch(r"\s*(\d+)\s*(?:-\s*(\d+)\s*)?", piece)
        if match is None:
            raise RequestError(f'"{text}" is no list of move numbers; write them as 1,3,7-9')
        first = int(match[1])
        last = int(match[2] or first)
        if last > MOST_MOVES:
            raise RequestError(f'"{piece.strip()}" goes beyond the {MOST_MOVES} moves that a proposal can have')
        if last < first:
            raise RequestError(f'"{piece.strip()}" is no range of move numbers; write the lower one first')
        found.extend(range(first, last + 1))
    return tuple(dict.fromkeys(found))


def strengths(items: list[str] | None) -> dict[int, float]:
    """``["3=50", "1,2=80"]`` as numbers of moves with strengths from 0 to 1.

    Raises
    ------
    RequestError
        for anything that is not a move number, ``=`` and a percentage from 0 to 100.
    """
    found: dict[int, float] = {}
    for item in items or ():
        which, sign, percent = item.partition("=")
        try:
            value = float(percent.strip().removesuffix("%"))
        except ValueError:
            value = -1.0
        if not sign or not 0.0 <= value <= 100.0:
            raise RequestError(f'"{item}" is no strength; write move=percent, such as 3=50, from 0 to 100')
        for number in numbers(which) or ():
            found[number] = value / 100.0
    return found
