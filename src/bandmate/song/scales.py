"""Scales: the pitch classes of a key, and where a pitch stands in it.

Conventions: pitch classes 0–11 from C; degrees are counted in half steps above the tonic (0–11) where a pitch may lie
outside of the scale, and from 1 where a step of the scale is meant.
"""

from __future__ import annotations

from typing import get_args

from bandmate.song.errors import RequestError
from bandmate.song.harmony import Key, Mode
from bandmate.song.notes import PITCH_NAMES

STEPS: dict[Mode, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "locrian": (0, 1, 3, 5, 6, 8, 10),
}
"""Half steps above the tonic; minor is the natural one."""

MAJOR_LIKE: tuple[Mode, ...] = ("major", "lydian", "mixolydian")
LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


def scale_of(key: Key) -> tuple[int, ...]:
    """The seven pitch classes of a key, from its tonic up."""
    return tuple((key.tonic + step) % 12 for step in STEPS[key.mode])


def is_minor_like(key: Key) -> bool:
    """Whether the third above the tonic is a minor one."""
    return key.mode not in MAJOR_LIKE


def key_from(text: str) -> Key:
    """A key as it is written: ``C``, ``Am``, ``F# minor``, ``Bb mixolydian``, ``c minor``.

    Raises
    ------
    RequestError
        if there is no such key.
    """
    words = text.strip().replace("♯", "#").replace("♭", "b").split()
    name, mode = (words[0], " ".join(words[1:]).lower()) if words else ("", "")
    letter, rest = name[:1].upper(), name[1:]
    if name and len(name) > 1 and not mode and rest.lstrip("#b") in ("m", "min"):
        mode, rest = "minor", rest[: len(rest) - len(rest.lstrip("#b"))]
    found = {"": "major", "maj": "major", "min": "minor", "m": "minor"}.get(mode, mode)
    if letter not in LETTERS or rest.strip("#b") or found not in get_args(Mode):
        modes = ", ".join(get_args(Mode))
        raise RequestError(f'"{text}" is no key; write a tonic and a mode, such as "Am" or "F# dorian"; modes: {modes}')
    tonic = (LETTERS[letter] + rest.count("#") - rest.count("b")) % 12
    return Key(tonic=tonic, mode=found)  # type: ignore[arg-type]


def key_name(key: Key) -> str:
    """``A minor``."""
    return f"{PITCH_NAMES[key.tonic]} {key.mode}"
