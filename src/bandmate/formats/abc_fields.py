"""What the fields of an ABC tune say: keys, meters, tempi, chord names and words under the notes.

Conventions: lengths are exact fractions of a whole note. A signature maps letters A–G to semitones. What cannot be
understood is None; the reader says so in a remark.

Not covered: K: with microtones, Q: with a name alone.

References: the ABC music standard 2.1, §3.1 and §5.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import NamedTuple

from bandmate.song.harmony import Key, Mode
from bandmate.song.time import TICKS_PER_QUARTER

WHOLE_TICKS = 4 * TICKS_PER_QUARTER
LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
SHARPS_IN_ORDER = "FCGDAEB"
ACCIDENTALS = {"^^": 2, "^": 1, "=": 0, "_": -1, "__": -2}
MODES: dict[str, Mode] = {
    "": "major",
    "m": "minor",
    "maj": "major",
    "ion": "major",
    "min": "minor",
    "aeo": "minor",
    "dor": "dorian",
    "phr": "phrygian",
    "lyd": "lydian",
    "mix": "mixolydian",
    "loc": "locrian",
}
MODE_FIFTHS = {"major": 0, "mixolydian": -1, "dorian": -2, "minor": -3, "phrygian": -4, "locrian": -5, "lydian": 1}
"""How many sharps a mode has more than the major key on its tonic."""

MOST_SHARPS = 14
KEY = re.compile(r"([A-G])([#b]?)\s*([A-Za-z]*)")
FRACTION = re.compile(r"(\d{1,4})/(\d{1,4})")
METER = re.compile(r"\(?(\d{1,3}(?:\s*\+\s*\d{1,3}){0,9})\)?\s*/\s*(\d{1,2})")
CHORD = re.compile(
    r"([A-G])([#b♯♭]?)((?:maj|min|dim|aug|sus|add|alt|mi|ma|m|M|\+|-|°|ø|o|[#b]?\d|[(),])*)(?:/([A-G])([#b♯♭]?))?"
)
SHIFT = {"#": 1, "♯": 1, "b": -1, "♭": -1, "": 0}


class Signature(NamedTuple):
    """A key field: the key if it names one, and the semitones that the letters are shifted by."""

    key: Key | None
    shifts: dict[str, int]


class ChordName(NamedTuple):
    """Root and bass as pitch classes, and what is written between."""

    root: int
    quality: str
    bass: int | None


def signature_from(text: str) -> Signature | None:
    """``G``, ``F#m``, ``A mixolydian``, ``D ^c``, ``HP``, ``none``; None for what is no key."""
    text = text.strip()
    word = text.split(maxsplit=1)[0] if text else ""
    if word in ("HP", "Hp"):
        return Signature(Key(tonic=9, mode="mixolydian"), {"F": 1, "C": 1} if word == "Hp" else {})
    if word.lower() == "none" or not word or "=" in word.lstrip("=")[1:]:
        return Signature(None, {})
    found = KEY.match(text)
    if found is None:
        return Signature(None, added_shifts(text, {})) if re.match(r"exp\b|[\^_=]", text) else None
    letter, sign, mode_word = found.groups()
    mode = MODES.get(mode_word if mode_word == "m" else mode_word.lower()[:3])
    if mode is None and mode_word not in ("exp", "clef", "octave", "transpose", "treble", "bass", "alto", "tenor"):
        return None
    fifths = SHARPS_IN_ORDER.index(letter) - 1 + 7 * SHIFT[sign] + MODE_FIFTHS[mode or "major"]
    shifts = dict.fromkeys("CDEFGAB", 0)
    for i in range(min(MOST_SHARPS, abs(fifths))):
        shifts[SHARPS_IN_ORDER[i % 7] if fifths > 0 else SHARPS_IN_ORDER[-1 - i % 7]] += 1 if fifths > 0 else -1
    is_explicit = mode_word == "exp"
    key = Key(tonic=(LETTERS[letter] + SHIFT[sign]) % 12, mode=mode or "major")
    return Signature(key, added_shifts(text[found.end() :], {} if is_explicit else shifts))


def added_shifts(text: str, shifts: dict[str, int]) -> dict[str, int]:
    """The signature with the accidentals that follow the key's name."""
    added = re.findall(r"(?<!\S)(\^\^|\^|=|__|_)([A-Ga-g])(?!\S)", text)
    return shifts | {letter.upper(): ACCIDENTALS[sign] for sign, letter in added}


def meter_from(text: str) -> tuple[int, int] | None:
    """``6/8``, ``C``, ``C|``, ``2+2+3/8``; None for free time and for what is no meter."""
    text = text.strip()
    if text in ("C", "C|"):
        return (4, 4) if text == "C" else (2, 2)
    found = METER.fullmatch(text)
    if found is None:
        return None
    numerator, denominator = sum(int(part) for part in found[1].split("+")), int(found[2])
    is_possible = 1 <= numerator <= 128 and denominator in (1, 2, 4, 8, 16, 32, 64)
    return (numerator, denominator) if is_possible else None


def fraction_from(text: str) -> Fraction | None:
    """``1/8`` (or ``1``) as a length; None for what is none."""
    text = text.strip()
    found = FRACTION.fullmatch(text)
    if found is None:
        return Fraction(1) if text == "1" else None
    return Fraction(int(found[1]), int(found[2])) if int(found[1]) and int(found[2]) else None


def usual_unit(meter: tuple[int, int] | None) -> Fraction:
    """The length of a note without a number where there is no L: field."""
    return Fraction(1, 16) if meter and Fraction(*meter) < Fraction(3, 4) else Fraction(1, 8)


def tempo_from(text: str, unit: Fraction) -> float | None:
    """Quarter notes a minute in ``1/4=120``, ``3/8=60 "Slow"`` or the old ``120``; None for no number."""
    text = re.sub(r'"[^"]*"?', " ", text).strip()
    beat_text, is_equal, speed = text.rpartition("=")
    found = re.fullmatch(r"(\d{1,4}(?:\.\d{1,6})?)", speed.strip())
    if found is None:
        return None
    beat = sum((Fraction(int(n), int(d)) for n, d in FRACTION.findall(beat_text) if int(d)), Fraction(0))
    if is_equal and not beat and not beat_text.strip().startswith("C"):
        return None
    bpm = float(4 * (beat or unit) * Fraction(found[1]))
    return bpm if 3.0 <= bpm <= 1000.0 else None


def chord_from(text: str) -> ChordName | None:
    """``Am7/G`` taken apart; None for a text that names no chord."""
    found = CHORD.fullmatch(text.strip())
    if found is None:
        return None
    root, sign, quality, bass, bass_sign = found.groups()
    under = None if bass is None else (LETTERS[bass] + SHIFT[bass_sign]) % 12
    return ChordName((LETTERS[root] + SHIFT[sign]) % 12, quality, under)


def words_from(text: str) -> list[str]:
    """The syllables of a w: line, one per note: ``""`` holds or skips a note, ``|`` goes on to the next bar.

    A syllable that the word goes on after keeps its hyphen.
    """
    out: list[str] = []
    for found in re.finditer(r"[_*|]|-|(?:\\-|[^\s\-_*|])+-?", text):
        word = found[0]
        if word in ("_", "*", "-"):
            out.append("")
        else:
            out.append(word if word == "|" else word.replace("\\-", "\u2010").replace("~", " "))
    return out
