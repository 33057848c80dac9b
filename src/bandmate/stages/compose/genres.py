"""Genres: tempo, swing, keys, who plays with which sounds, and what of it is learned and what is written by us.

Conventions: ``data/compose/band.toml``. An empty genre is the usual one (pop).
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal, NamedTuple, cast

from bandmate.song.errors import UnknownName
from bandmate.stages.compose.band_ground import Swing
from bandmate.stages.compose.brief import GENRES, Genre
from bandmate.stages.compose.part_styles import USUAL_GENRE, table
from bandmate.stages.compose.sketch_brief import SKETCH_PARTS, SketchPart

Kind = Literal["learned", "written"]


USUAL_GROOVE = 0.8
USUAL_TONICS = (0, 2, 4, 5, 7, 9, 10, 3)


class SourceRow(NamedTuple):
    """Where a part of a genre comes from."""

    part: str
    kind: Kind
    what: str


class Band(NamedTuple):
    """A genre's usual tempo and how far arousal moves it, the chance of a minor key, who plays, and the sounds."""

    tempo_bpm: float
    tempo_span: float
    minor: float
    parts: tuple[SketchPart, ...]
    sounds: tuple[tuple[int, ...], ...]
    swing: Swing
    tonics: tuple[int, ...] = USUAL_TONICS


@lru_cache(maxsize=1)
def band_table() -> dict[str, Any]:
    """``data/compose/band.toml``."""
    return tomllib.loads(files("bandmate").joinpath("data", "compose", "band.toml").read_text(encoding="utf-8"))


def genre_of(name: str) -> Genre:
    """A genre by its name; the usual one for none.

    Raises
    ------
    UnknownName
        if there is no such genre.
    """
    found = name or USUAL_GENRE
    if found not in GENRES:
        raise UnknownName("genre", name, GENRES)
    return found


def band_of(name: str) -> Band:
    """What a band of a genre is."""
    row = band_table()[genre_of(name)]
    usual, span = row["tempo"]
    sounds = tuple(tuple(one) for one in row["sounds"])
    return Band(
        float(usual),
        float(span),
        row["minor"],
        tuple(row["parts"]),
        sounds,
        usual_swing(name),
        tuple(row.get("tonics", USUAL_TONICS)),
    )


def usual_swing(name: str) -> Swing:
    """How late the second eighths and sixteenths come in a genre."""
    row = band_table()[genre_of(name)]
    return Swing(row.get("eighth", 0), row.get("sixteenth", 0))


def groove_of(name: str) -> float:
    """How much of drummers' timing and accents a genre's drums have, 0 (a machine) to 1."""
    return float(band_table()[genre_of(name)].get("groove", USUAL_GROOVE))


def program_in(sounds: Sequence[int], part: SketchPart) -> int:
    """The General MIDI program of a part in a set of sounds; for drums the kit."""
    return sounds[SKETCH_PARTS.index(part)]


def sources(genre: str = "") -> tuple[SourceRow, ...]:
    """For each part of a genre: learned from what, or written by us.

    >>> [row.kind for row in sources("house") if row.part == "drums"]
    ['written', 'learned']
    """
    name = genre_of(genre)
    told = [
        SourceRow(part, cast("Kind", kind), what)
        for part, kinds in band_table()["sources"].items()
        for kind, what in kinds.items()
    ]
    if table("drums").get(name, {}).get("source") == "written":
        told = [row for row in told if row.part != "drums"] + [SourceRow("drums", "written", "rows by genre")]
        told.append(SourceRow("drums", "learned", "timing and accents: Groove MIDI Dataset (CC BY 4.0, Google LLC)"))
    if "loops" in table("chords").get(name, {}):
        told.append(SourceRow("chords", "written", "circles of chords for the genre, offered beside the learned ones"))
    return tuple(sorted(told, key=lambda row: [*band_table()["sources"]].index(row.part)))
