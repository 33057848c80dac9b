"""What the drums do in which bar: genres, sections with their energy, and where fills and crashes go.

Conventions: a run is a row of bars of one section and one meter; bars without a section are cut into runs of four.
Energy goes from 0 to 1; genres and the energy of sections are in ``data/compose/drums.toml``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from bandmate.song.errors import RequestError
from bandmate.stages.compose.brief import ComposeBrief
from bandmate.stages.compose.passage import Bar, Passage

PHRASE_BARS = 4
USUAL_ENERGY = 0.55
USUAL_GENRE = "pop"
RISING = 0.5
"""How far arousal moves the energy of a section at its ends, either way."""


@dataclass(frozen=True, slots=True)
class Genre:
    """How a genre drums: drawn from learned styles, or from rows of chances that were written."""

    name: str
    learned: bool
    styles: tuple[str, ...] = ()
    rows: tuple[tuple[tuple[str, str], ...], ...] = ()
    swung: bool = False
    sixteenth: int = 0
    """Ticks that the second sixteenth of each eighth comes late."""

    anchors: tuple[tuple[str, str], ...] = ()
    """Places that a learned genre leans on: pieces, and for each slot how much is added to its logit, in halves."""

    crash: float = 0.8
    fill: float = 1.0


@dataclass(frozen=True, slots=True)
class Run:
    """Bars of one section: its name, energy, and which of the asked bars they are (from 0).

    ``ends`` says whether its last bar ends the section, ``begins`` whether its first one begins it.
    """

    name: str
    energy: float
    bars: tuple[int, ...]
    begins: bool
    ends: bool

    @property
    def loudness(self) -> int:
        """Soft, middle or loud."""
        return 0 if self.energy < 0.4 else 1 if self.energy < 0.7 else 2


@lru_cache(maxsize=1)
def written() -> dict[str, Any]:
    """``data/compose/drums.toml``."""
    return table_of("drums.toml")


def band() -> dict[str, Any]:
    """``data/compose/band.toml``: how the whole band swings."""
    return table_of("band.toml")


@lru_cache(maxsize=2)
def table_of(name: str) -> dict[str, Any]:
    return tomllib.loads(files("bandmate").joinpath("data", "compose", name).read_text(encoding="utf-8"))


@lru_cache(maxsize=32)
def genre_of(name: str) -> Genre:
    """A genre by its name; pop where none is given.

    Raises
    ------
    RequestError
        if drums are not known for it.
    """
    row = written().get(name or USUAL_GENRE)
    if row is None or "source" not in row:
        known = ", ".join(sorted(key for key, value in written().items() if "source" in value))
        raise RequestError(f'no drums are known for genre "{name}"; known are {known}')
    rows = tuple(tuple(sorted(one.items())) for one in row.get("rows", ()))
    return Genre(
        name or USUAL_GENRE,
        row["source"] == "learned",
        tuple(row.get("styles", ())),
        rows,
        bool(row.get("swung", False)),
        int(band().get(name or USUAL_GENRE, {}).get("sixteenth", 0)),
        tuple(sorted(row.get("anchors", {}).items())),
        float(row["crash"]),
        float(row["fill"]),
    )


def energy_of(name: str, brief: ComposeBrief) -> float:
    """How full a section is played, moved by the dial for arousal."""
    table: dict[str, float] = written()["energy"]
    word = name.casefold()
    found = next((table[key] for key in sorted(table, key=len, reverse=True) if key in word), USUAL_ENERGY)
    if brief.dials.arousal is not None:
        found += RISING * (brief.dials.arousal - 0.5) * 2 * (0.8 if brief.dials.arousal > 0.5 else 1.0)
    return min(1.0, max(0.0, found))


def runs_of(passage: Passage, brief: ComposeBrief) -> tuple[Run, ...]:
    """The bars asked for in runs."""
    found: list[list[int]] = []
    for at, bar in enumerate(passage.bars):
        if not found or breaks(passage.bars, found[-1], at, bar):
            found.append([])
        found[-1].append(at)
    return tuple(run_of(passage, brief, places) for places in found)


def breaks(bars: Sequence[Bar], run: Sequence[int], at: int, bar: Bar) -> bool:
    """Whether a new run begins at a bar."""
    before = bars[at - 1]
    if (bar.numerator, bar.denominator, bar.section) != (before.numerator, before.denominator, before.section):
        return True
    return not bar.section and len(run) == (2 if len(bars) < PHRASE_BARS else PHRASE_BARS * 2)


def run_of(passage: Passage, brief: ComposeBrief, places: Sequence[int]) -> Run:
    """A run of bars, with the name of its section (that of the brief where the song has none)."""
    first, last = passage.bars[places[0]], passage.bars[places[-1]]
    name = first.section_name or brief.section
    begins = first.bar_in_section == 1 if first.section else True
    ends = last.bar_in_section == last.bars_in_section if last.section else len(places) >= PHRASE_BARS
    return Run(name, energy_of(name, brief), tuple(places), begins, ends)
