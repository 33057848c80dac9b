"""The scales of the dials: from a figure that is measured to a place between 0 and 1, and back.

Conventions: 0.5 is the middle of the corpora for the part, 0 and 1 are what the least and the most two in a hundred
of their excerpts have; between the quantiles the scale is straight. Register is measured within the range of the
instrument.

Not covered: scales by genre that were learned; no openly licensed corpus has the genres.
"""

from __future__ import annotations

import bisect
import math
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from bandmate.stages.compose.brief import DIALS, ComposeBrief
from bandmate.stages.compose.idea import Idea
from bandmate.stages.compose.measures import METERS, Material, Measures, material_of, window
from bandmate.stages.compose.passage import Passage

POINTS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
EVENTS = (8, 16, 32, 64, 128)
MEASURED_BY = {dial: "register_share" if dial == "register" else dial for dial in DIALS}
SCALES = {"counter": "melody", "form": "chords"}
"""Parts that are measured on the scale of another."""

FOLK = ("folk",)


@dataclass(frozen=True, slots=True)
class Scale:
    """What the dials mean for a part: which rows of ``dials.toml``, and how long a bar is."""

    name: str
    bar_quarters: float
    lowest: int
    highest: int

    def row(self, dial: str, events: int) -> Sequence[float] | None:
        """The eleven figures of a dial from 0 to 1; None where the part has none."""
        found = rows()[self.name].get(MEASURED_BY[dial])
        if found is None:
            return None
        if dial == "complexity":
            return row_for(found, events)
        if dial in ("density", "syncopation"):
            return [value * self.bar_quarters for value in found]
        return list(found)


@lru_cache(maxsize=1)
def rows() -> dict[str, dict[str, Any]]:
    """``data/compose/dials.toml``."""
    text = files("bandmate").joinpath("data", "compose", "dials.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def row_for(found: Sequence[Sequence[float]], events: int) -> list[float]:
    """The row of complexity for a number of events, between the rows on both sides of it."""
    place = min(max(math.log2(max(1, events)), 3.0), 7.0) - 3.0
    low = min(int(place), len(EVENTS) - 2)
    part = place - low
    return [one * (1 - part) + other * part for one, other in zip(found[low], found[low + 1], strict=True)]


def scale_of(passage: Passage, brief: ComposeBrief) -> Scale:
    """The scale of the part that a brief asks for, in the bars of a passage."""
    name = SCALES.get(brief.part, brief.part)
    if name == "melody" and brief.genre in FOLK:
        name = "folk"
    quarters = sum(bar.length_ticks for bar in passage.bars) / 960 / len(passage.bars)
    return Scale(name, quarters, *window(brief.part, brief.program))


def dial_value(name: str, figure: float | None, scale: Scale, events: int = 32) -> float | None:
    """Where a measured figure stands on a dial, 0 to 1; None where there is no figure or the part has no such dial."""
    row = scale.row(name, events)
    if figure is None or row is None:
        return None
    return value_on(row, figure)


def value_on(row: Sequence[float], figure: float) -> float:
    """The place of a figure in a row that rises."""
    if figure <= row[0]:
        return 0.0
    if figure >= row[-1]:
        return 1.0
    at = bisect.bisect_right(row, figure) - 1
    return POINTS[at] + (figure - row[at]) / (row[at + 1] - row[at]) * (POINTS[at + 1] - POINTS[at])


def figure_for(name: str, value: float, scale: Scale, events: int = 32) -> float | None:
    """The figure that a dial asks for: the other way round."""
    row = scale.row(name, events)
    if row is None:
        return None
    at = min(int(value * 10), 9)
    return row[at] + (value - POINTS[at]) * 10 * (row[at + 1] - row[at])


def dial_of(name: str, material: Material, scale: Scale) -> float | None:
    """A dial read off a piece, without measuring the others."""
    events = len(material.chords) if material.of_chords else len(material.groups)
    return dial_value(name, METERS[MEASURED_BY[name]](material), scale, events)


def dials_of(measures: Measures, scale: Scale) -> dict[str, float]:
    """Every dial that can be read off some measures."""
    found = {name: dial_value(name, getattr(measures, MEASURED_BY[name]), scale, measures.events) for name in DIALS}
    return {name: value for name, value in found.items() if value is not None}


def wanted(brief: ComposeBrief) -> dict[str, float]:
    """The dials that are turned."""
    return {name: value for name in DIALS if (value := getattr(brief.dials, name)) is not None}


def dial_error(idea: Idea, passage: Passage, brief: ComposeBrief) -> float:
    """Mean distance of an idea from the dials that are turned, 0 to 1; 0 where none is, or none makes sense."""
    turned = wanted(brief)
    if not turned:
        return 0.0
    scale = scale_of(passage, brief)
    material = material_of(idea, passage, brief)
    errors = [
        abs(value - found) for name, value in turned.items() if (found := dial_of(name, material, scale)) is not None
    ]
    return sum(errors) / len(errors) if errors else 0.0
