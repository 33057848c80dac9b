"""How a genre's bass and keys play: their rows of rhythm with what goes with them, from the genre tables.

Conventions: ``data/compose/bass.toml`` and ``keys.toml``; what a genre does not say is as under ``any``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from bandmate.stages.compose.passage import Bar
from bandmate.stages.compose.pattern_rows import groups_of, is_compound, laid_out, pulses

USUAL_GENRE = "pop"
NEAR_TICKS = 130


@dataclass(frozen=True, slots=True)
class Row:
    """A rhythm: its letters, where it is at home (0 still to 1 full), and what it is called."""

    letters: str
    energy: float
    says: str
    pulses: int = 0
    """Beats of the bars that it is for; 0 for any."""

    @property
    def is_compound(self) -> bool:
        return all(len(group) == 6 for bar in groups_of(self.letters) for group in bar)

    @property
    def bars(self) -> int:
        return len(groups_of(self.letters))


@dataclass(frozen=True, slots=True)
class PartStyle:
    """How a part plays in a genre.

    ``lock`` is how much it listens to the kick, ``grid`` the shortest step that is written, ``centre`` where a bass
    lies, ``style`` and ``pad_style`` how chords are laid out.
    """

    rows: tuple[Row, ...]
    spare_rows: tuple[Row, ...]
    """Rows of any genre, for meters that the genre has none for."""

    articulation: float
    velocity: int
    lock: float
    grid: int
    centre: int = 38
    style: str = "close"
    pad_style: str = "open"


@lru_cache(maxsize=4)
def table(part: str) -> dict[str, Any]:
    """The genre table of a part."""
    return tomllib.loads(files("bandmate").joinpath("data", "compose", f"{part}.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=64)
def style_of(part: str, genre: str) -> PartStyle:
    """How ``part`` (bass or keys) plays in a genre."""
    every = table(part)
    own = every.get(genre or USUAL_GENRE, every[USUAL_GENRE])
    told = {name: value for name, value in (every["any"] | own).items() if name != "row"}
    return PartStyle(rows_of(own), rows_of(every["any"]), **told)


def rows_of(found: dict[str, Any]) -> tuple[Row, ...]:
    return tuple(Row(row["row"], row["energy"], row["says"], row.get("pulses", 0)) for row in found["row"])


def rows_for(style: PartStyle, bar: Bar) -> tuple[Row, ...]:
    """The rows that suit a bar's meter."""
    count = len(pulses(bar.numerator, bar.denominator))
    if is_compound(bar):
        return tuple(row for row in (*style.rows, *style.spare_rows) if row.is_compound)
    own = tuple(row for row in style.rows if not row.is_compound)
    if count == 3:
        exact = tuple(row for row in own if row.pulses == 3)
        spare = tuple(row for row in style.spare_rows if row.pulses == 3)
        return (*(exact or spare), *(row for row in own if not row.pulses))
    return tuple(row for row in own if row.pulses in (0, count))


def suitable(rows: Sequence[Row], bar: Bar, kicks: Sequence[int], energy: float, lock: float) -> list[float]:
    """How well each row suits a bar: how near its energy is, and how well it goes with the kick (in ticks)."""
    found = []
    for row in rows:
        onsets = [hit.at for hit in laid_out(row.letters, 0, bar)]
        heard = [any(abs(kick - at) <= NEAR_TICKS for at in onsets) for kick in kicks]
        fit = sum(heard) / len(heard) if heard else 0.5
        found.append(lock * fit - 1.6 * abs(row.energy - energy))
    return found


def chosen(rows: Sequence[Row], marks: Sequence[float], luck: Sequence[float], chance: float, rank: int) -> Row:
    """The row that comes ``rank``-th (from 0, then from the front again) after a little chance."""
    lucky = [(-mark - chance * luck[number % len(luck)], number) for number, mark in enumerate(marks)]
    return rows[sorted(lucky)[rank % len(rows)][1]]
