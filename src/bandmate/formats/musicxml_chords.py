"""Chord symbols: the kinds of MusicXML and the suffixes that musicians write.

Conventions: a suffix that has no kind is written as ``other`` with the suffix as its text, and comes back as it was;
added, altered and left-out degrees of a file are put behind the suffix (``7`` with a lowered fifth is ``7b5``).

Not covered: functions (Roman numerals), figured bass, several chords in one symbol, fret diagrams.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from bandmate.formats.musicxml_file import whole

KINDS = {
    "": "major",
    "m": "minor",
    "aug": "augmented",
    "dim": "diminished",
    "7": "dominant",
    "maj7": "major-seventh",
    "m7": "minor-seventh",
    "dim7": "diminished-seventh",
    "aug7": "augmented-seventh",
    "m7b5": "half-diminished",
    "m(maj7)": "major-minor",
    "6": "major-sixth",
    "m6": "minor-sixth",
    "9": "dominant-ninth",
    "maj9": "major-ninth",
    "m9": "minor-ninth",
    "11": "dominant-11th",
    "maj11": "major-11th",
    "m11": "minor-11th",
    "13": "dominant-13th",
    "maj13": "major-13th",
    "m13": "minor-13th",
    "sus2": "suspended-second",
    "sus4": "suspended-fourth",
    "5": "power",
}
SUFFIXES = {kind: suffix for suffix, kind in KINDS.items()}
STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


class ChordSymbol(NamedTuple):
    """A chord as a file names it; ``root`` is None for the sign that there is no chord."""

    root: int | None
    quality: str
    bass: int | None


def chord_symbol(harmony: Any, chromatic: int) -> ChordSymbol | None:
    """The chord of a ``harmony`` element as it sounds; None where it names no root that can be read."""
    kind = harmony.find("kind")
    name = (kind.text or "").strip() if kind is not None else "major"
    if name == "none":
        return ChordSymbol(None, "", None)
    root = pitch_class(harmony.find("root"), "root", chromatic)
    if root is None:
        return None
    suffix = SUFFIXES.get(name)
    if suffix is None:
        suffix = (kind.get("text") or "")[:40] if kind is not None else ""
    suffix += "".join(degree_words(degree) for degree in harmony.findall("degree"))
    return ChordSymbol(root, suffix, pitch_class(harmony.find("bass"), "bass", chromatic))


def pitch_class(element: Any, name: str, chromatic: int) -> int | None:
    """The pitch class of a ``root`` or ``bass``, moved by ``chromatic`` half steps."""
    if element is None:
        return None
    step = STEPS.get((element.findtext(f"{name}-step") or "").strip().upper())
    return None if step is None else (step + whole(element.findtext(f"{name}-alter")) + chromatic) % 12


def degree_words(degree: Any) -> str:
    """What a degree adds to the suffix: ``add9``, ``b5``, ``no3``."""
    value, alter = whole(degree.findtext("degree-value")), whole(degree.findtext("degree-alter"))
    kind = (degree.findtext("degree-type") or "add").strip()
    sign = "#" * min(alter, 2) if alter > 0 else "b" * min(-alter, 2)
    if kind == "subtract":
        return f"no{value}"
    return f"{sign}{value}" if sign or kind == "alter" else f"add{value}"
