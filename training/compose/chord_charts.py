"""Chord charts of the corpora as rows of changes: Billboard songs with sections, lead sheets without.

Conventions: see ``models/chord_steps.py``. A song whose tonic is not known is left out, as are charts of eight changes
or fewer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.models.chord_steps import CHARTS, LEAD_SHEETS, Place, Progression, section_code
from bandmate.song.scales import LETTERS
from training.compose.works import Work, billboard, scores

LEAST_CHANGES = 9
SUFFIXES = (
    ("min7", 3), ("min9", 3), ("min11", 3), ("min", 1), ("maj7", 4), ("maj9", 4), ("maj", 0), ("hdim", 8), ("dim", 7),
    ("aug", 9), ("sus", 5), ("7", 2), ("9", 2), ("11", 2), ("13", 2), ("5", 6), ("1", 6),
)  # fmt: skip
"""Beginnings of Billboard's suffixes, and their kinds."""

LEAD_SHEET_KINDS = {
    "major": 0, "dominant": 2, "minor-seventh": 3, "minor": 1, "major-seventh": 4, "diminished": 7, "major-sixth": 0,
    "dominant-ninth": 2, "diminished-seventh": 7, "minor-sixth": 1, "augmented": 9, "augmented-seventh": 9,
    "half-diminished": 8, "suspended-fourth": 5, "dominant-13th": 2, "minor-ninth": 3, "major-ninth": 4,
    "augmented-ninth": 9, "dominant-11th": 2, "minor-major": 1, "minor-11th": 3, "power": 6, "maj69": 0,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Chart:
    """The changes of a work: symbols, and where each comes."""

    work: Work
    source: int
    symbols: tuple[int, ...]
    places: tuple[Place, ...]
    bars_of_sections: tuple[tuple[int, int], ...] = ()
    """Of every section its code and its bars."""

    def rows(self) -> NDArray[np.int64]:
        """Features of all changes (changes, columns), each knowing those before."""
        progression, found = Progression(self.source), []
        for symbol, place in zip(self.symbols, self.places, strict=True):
            found.append(progression.row(place))
            progression.add(symbol, place)
        return np.array(found, np.int64)


def pitch_class(name: str) -> int | None:
    """``Bb`` is 10; None for what is no note."""
    if not name or name[0] not in LETTERS:
        return None
    return (LETTERS[name[0]] + name.count("#") - name[1:].count("b")) % 12


def billboard_symbol(text: str, tonic: int) -> int | None:
    """The symbol of ``F:min/b3``; None for silence and signs that are no chord."""
    root, colon, suffix = text.split("/")[0].partition(":")
    of_root = pitch_class(root)
    if not colon or of_root is None:
        return None
    kind = next((kind for start, kind in SUFFIXES if suffix.startswith(start)), 0)
    return (of_root - tonic) % 12 * 10 + kind


def of_billboard(work: Work) -> Chart | None:
    """The changes of a Billboard song."""
    symbols: list[int] = []
    places: list[Place] = []
    lengths = []
    for section in work.content["sections"]:
        tonic = pitch_class(section["tonic"] or "")
        if tonic is None:
            continue
        code = section_code(" ".join(label for label in section["label"] if len(label) > 2))
        lengths.append((code, len(section["bars"])))
        last, is_first = None, True
        for number, bar in enumerate(section["bars"]):
            beats = [word for word in bar if not re.match(r"^\(\d+/\d+\)$|^&", word)]
            for at, word in enumerate(beats):
                symbol = billboard_symbol(word, tonic)
                if symbol is not None and symbol != last:
                    symbols.append(symbol)
                    places.append(Place(code, number, at * 12 // len(beats), is_first))
                    last, is_first = symbol, False
    if len(symbols) < LEAST_CHANGES:
        return None
    return Chart(work, CHARTS, tuple(symbols), tuple(places), tuple(lengths))


def tonic_of(row: dict[str, Any]) -> int | None:
    """The tonic of a lead sheet: of its key signature, or the relative minor where it ends on that."""
    if not row["key"] or not row["chords"]:
        return None
    major = row["key"][0][1] * 7 % 12
    if row["key"][0][2] == "minor":
        return (major + 9) % 12
    ends = row["chords"][-1]
    is_minor = ends[1] == (major + 9) % 12 and ends[2].startswith("minor")
    return (major + 9) % 12 if is_minor else major


def of_lead_sheet(work: Work) -> Chart | None:
    """The changes of a lead sheet; sections are not known, bars are."""
    row = work.content
    tonic = tonic_of(row)
    if tonic is None or len(row["measures"]) < 2:
        return None
    bars = np.array(row["measures"])
    lengths = np.diff(bars, append=bars[-1] + (bars[-1] - bars[-2]))
    symbols: list[int] = []
    places: list[Place] = []
    for start, root, kind, _ in row["chords"]:
        if kind not in LEAD_SHEET_KINDS:
            continue
        symbol = (root - tonic) % 12 * 10 + LEAD_SHEET_KINDS[kind]
        if symbols and symbol == symbols[-1]:
            continue
        bar = int(np.searchsorted(bars, start + 1e-6, side="right")) - 1
        slot = int((start - bars[bar]) / max(0.5, lengths[bar]) * 12 + 1e-6)
        symbols.append(symbol)
        places.append(Place(0, bar, min(11, max(0, slot)), not places))
    return Chart(work, LEAD_SHEETS, tuple(symbols), tuple(places)) if len(symbols) >= LEAST_CHANGES else None


def charts() -> Iterator[Chart]:
    """All charts: Billboard, then lead sheets."""
    for work in billboard():
        found = of_billboard(work)
        if found:
            yield found
    for work in scores("openewld"):
        found = of_lead_sheet(work)
        if found:
            yield found
