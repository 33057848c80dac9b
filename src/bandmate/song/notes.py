"""Written notes and what plays them.

Conventions: pitch 0–127, middle C = C4 = 60; velocity 1–127; time in ticks from the start of the clip.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from bandmate.song.values import Id, Ticks, Value

PITCH_NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")

MidiNumber = Annotated[int, msgspec.Meta(ge=0, le=127)]
PitchClass = Annotated[int, msgspec.Meta(ge=0, le=11)]
"""0 is C, 11 is B."""


class Note(Value, frozen=True, kw_only=True):
    """One note of a clip."""

    id: Id
    start_ticks: Ticks
    length_ticks: Annotated[int, msgspec.Meta(ge=1, le=2**40)]
    pitch: MidiNumber
    velocity: Annotated[int, msgspec.Meta(ge=1, le=127)] = 96


class Instrument(Value, frozen=True, kw_only=True):
    """A General MIDI sound of the sound set: ``program`` 0–127, or the drum kit of that number."""

    program: MidiNumber = 0
    is_drums: bool = False


def pitch_name(pitch: int) -> str:
    """``60`` is ``C4``."""
    return f"{PITCH_NAMES[pitch % 12]}{pitch // 12 - 1}"
