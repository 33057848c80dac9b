"""What a chord symbol means: the tones of a quality, and symbols as musicians write them.

Conventions: a quality is the suffix behind the root (``m7``, ``maj9``, ``7b5``, ``sus4``); its tones are half steps
above the root, in the order root, third, fifth, seventh, tensions, so that ninths are 14 and not 2.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from bandmate.song.errors import RequestError
from bandmate.song.harmony import Chord
from bandmate.song.scales import LETTERS

TONES: dict[str, tuple[int, ...]] = {
    "": (0, 4, 7),
    "m": (0, 3, 7),
    "5": (0, 7),
    "dim": (0, 3, 6),
    "aug": (0, 4, 8),
    "sus2": (0, 2, 7),
    "sus4": (0, 5, 7),
    "6": (0, 4, 7, 9),
    "m6": (0, 3, 7, 9),
    "69": (0, 4, 7, 9, 14),
    "7": (0, 4, 7, 10),
    "maj7": (0, 4, 7, 11),
    "m7": (0, 3, 7, 10),
    "m(maj7)": (0, 3, 7, 11),
    "dim7": (0, 3, 6, 9),
    "m7b5": (0, 3, 6, 10),
    "aug7": (0, 4, 8, 10),
    "7sus4": (0, 5, 7, 10),
    "9": (0, 4, 7, 10, 14),
    "maj9": (0, 4, 7, 11, 14),
    "m9": (0, 3, 7, 10, 14),
    "9sus4": (0, 5, 7, 10, 14),
    "add9": (0, 4, 7, 14),
    "madd9": (0, 3, 7, 14),
    "11": (0, 4, 7, 10, 14, 17),
    "maj11": (0, 4, 7, 11, 14, 17),
    "m11": (0, 3, 7, 10, 14, 17),
    "13": (0, 4, 7, 10, 14, 21),
    "maj13": (0, 4, 7, 11, 14, 21),
    "m13": (0, 3, 7, 10, 14, 21),
}
OTHER_WAYS = {
    "M": "", "maj": "", "major": "", "min": "m", "minor": "m", "mi": "m", "-": "m", "M7": "maj7", "ma7": "maj7",
    "Δ": "maj7", "Δ7": "maj7", "min7": "m7", "mi7": "m7", "-7": "m7", "ø": "m7b5", "ø7": "m7b5", "hdim7": "m7b5",
    "m7-5": "m7b5", "o": "dim", "°": "dim", "o7": "dim7", "°7": "dim7", "+": "aug", "+7": "aug7", "7#5": "aug7",
    "sus": "sus4", "7sus": "7sus4", "9sus": "9sus4", "6/9": "69", "mmaj7": "m(maj7)", "mM7": "m(maj7)",
    "minmaj7": "m(maj7)", "2": "add9", "M9": "maj9", "min9": "m9", "dom7": "7",
}  # fmt: skip
ALTERATION = re.compile(r"\(?(add|no|b|#)(\d{1,2})\)?|\(?(sus[24]?)\)?")
DEGREES = {1: 0, 2: 2, 3: 4, 4: 5, 5: 7, 6: 9, 7: 10, 9: 14, 11: 17, 13: 21}
SYMBOL = re.compile(r"^([A-G])([#b♯♭]{0,2})(.*?)(?:/([A-G])([#b♯♭]{0,2}))?$")


class Symbol(NamedTuple):
    """A chord without its place."""

    root: int
    quality: str
    bass: int | None

    @property
    def tones(self) -> tuple[int, ...]:
        """Half steps above the root."""
        return tones_of(self.quality)


@lru_cache(maxsize=4096)
def tones_of(quality: str) -> tuple[int, ...]:
    """Half steps above the root; what is not understood behind a known beginning is left out (``major`` at the least).

    >>> tones_of("m7"), tones_of("7b9"), tones_of("maj7#11")
    ((0, 3, 7, 10), (0, 4, 7, 10, 13), (0, 4, 7, 11, 18))
    """
    return understood(quality) or longest_known(quality)


def is_known(quality: str) -> bool:
    """Whether every sign of a suffix is understood."""
    return understood(quality) is not None


def understood(quality: str) -> tuple[int, ...] | None:
    plain = OTHER_WAYS.get(quality, quality)
    if plain in TONES:
        return TONES[plain]
    for cut in range(len(quality) - 1, -1, -1):
        start = OTHER_WAYS.get(quality[:cut], quality[:cut])
        if start in TONES:
            changed = altered(TONES[start], quality[cut:])
            if changed is not None:
                return changed
    return None


def longest_known(quality: str) -> tuple[int, ...]:
    starts = (OTHER_WAYS.get(quality[:cut], quality[:cut]) for cut in range(len(quality), -1, -1))
    return next(TONES[start] for start in starts if start in TONES)


def altered(tones: tuple[int, ...], signs: str) -> tuple[int, ...] | None:
    """``tones`` with what is added, raised, lowered and left out; None where a sign is not understood."""
    found, at = list(tones), 0
    for match in ALTERATION.finditer(signs):
        if match.start() != at:
            return None
        at = match.end()
        if match[3]:
            found = [tone for tone in found if tone not in (3, 4)] + [2 if match[3] == "sus2" else 5]
            continue
        degree = DEGREES.get(int(match[2]))
        if degree is None:
            return None
        if match[1] == "no":
            found = [tone for tone in found if tone != degree and not (degree == 4 and tone == 3)]
        elif match[1] == "add":
            found.append(degree)
        else:
            found = [tone for tone in found if tone != degree]
            found.append(degree + (1 if match[1] == "#" else -1))
    return tuple(sorted(set(found))) if at == len(signs) and signs else None


def chord_classes(chord: Chord | Symbol, *, with_bass: bool = True) -> tuple[int, ...]:
    """The pitch classes of a chord from its root up; a bass that is none of them comes last."""
    classes = tuple(dict.fromkeys((chord.root + tone) % 12 for tone in tones_of(chord.quality)))
    if with_bass and chord.bass is not None and chord.bass not in classes:
        return (*classes, chord.bass)
    return classes


def symbol_from(text: str) -> Symbol:
    """A chord symbol read: ``F#m7b5/E``.

    Raises
    ------
    RequestError
        if it is no chord symbol.
    """
    match = SYMBOL.match(text.strip())
    quality = match[3] if match else ""
    if match is None or not is_known(quality):
        raise RequestError(f'"{text}" is no chord symbol; write a root and its kind, such as "Fmaj7", "C#m" or "D7/F#"')
    bass = pitch_class(match[4], match[5]) if match[4] else None
    return Symbol(pitch_class(match[1], match[2]), OTHER_WAYS.get(quality, quality), bass)


def pitch_class(letter: str, signs: str) -> int:
    """``F`` and ``#`` are 6."""
    ups = signs.count("#") + signs.count("♯")
    return (LETTERS[letter] + ups - (len(signs) - ups)) % 12
