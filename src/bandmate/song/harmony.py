"""Key, chords, form and words: what is true of the whole song rather than of one track.

Conventions: pitch classes 0–11 from C; sections are counted in bars from 1.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from bandmate.song.notes import PITCH_NAMES, PitchClass
from bandmate.song.values import Id, Ticks, Value

Mode = Literal["major", "minor", "dorian", "phrygian", "lydian", "mixolydian", "locrian"]


class Key(Value, frozen=True, kw_only=True):
    """A tonal centre and its mode."""

    tonic: PitchClass
    mode: Mode = "major"

    def __str__(self) -> str:
        return f"{PITCH_NAMES[self.tonic]} {self.mode}"


class KeyChange(Value, frozen=True, kw_only=True):
    """From bar ``at_bar`` on the key is this one."""

    id: Id
    at_bar: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
    tonic: PitchClass
    mode: Mode = "major"

    @property
    def key(self) -> Key:
        return Key(tonic=self.tonic, mode=self.mode)


class Chord(Value, frozen=True, kw_only=True):
    """A chord that sounds from ``start_ticks`` on; ``quality`` is its suffix as musicians write it (m7, maj9, sus4)."""

    id: Id
    start_ticks: Ticks
    length_ticks: Annotated[int, msgspec.Meta(ge=1, le=2**40)]
    root: PitchClass
    quality: str = ""
    bass: PitchClass | None = None

    def __str__(self) -> str:
        under = f"/{PITCH_NAMES[self.bass]}" if self.bass is not None else ""
        return f"{PITCH_NAMES[self.root]}{self.quality}{under}"


class Section(Value, frozen=True, kw_only=True):
    """A part of the form: ``bars`` bars from ``start_bar`` on."""

    id: Id
    name: str
    start_bar: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
    bars: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]


class Lyric(Value, frozen=True, kw_only=True):
    """A syllable or word and where it is sung."""

    id: Id
    at_ticks: Ticks
    text: str


class Marker(Value, frozen=True, kw_only=True):
    """A named place."""

    id: Id
    at_ticks: Ticks
    name: str
