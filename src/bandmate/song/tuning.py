"""Tuning: the pitch that was heard in a recording, note by note, and where each note is to go.

What was heard never changes; a note's edit says what is made of it::

    sung pitch   =  centre + drift + vibrato
    played pitch =  centre + amount * (target - centre) + drift_kept * drift + vibrato_kept * vibrato

The step from one note's correction to the next is ramped, so slides between notes stay slides. Conventions: pitches are
MIDI note numbers with fractions (69 is A4 at ``reference_hz``); times are seconds of the recording.

Not covered: finding the notes (``bandmate.sound.sung_notes``), choosing targets (``bandmate.stages.edit``), sounding
(``bandmate.sound.psola``).
"""

from __future__ import annotations

from typing import Annotated, Self

import msgspec
from msgspec.structs import replace

from bandmate.song.values import Decibels, Id, Share, Value

Pitch = Annotated[float, msgspec.Meta(ge=0.0, le=140.0)]
Seconds = Annotated[float, msgspec.Meta(ge=0.0, le=1e7)]
Kept = Annotated[float, msgspec.Meta(ge=0.0, le=2.0)]
"""How much of a movement stays: 0 is flat, 1 as sung, 2 twice as deep."""


class TunedNote(Value, frozen=True, kw_only=True):
    """A note that was sung, and its edit.

    Attributes
    ----------
    start_seconds, end_seconds : float
        where it sounds in the recording.
    centre_pitch : float
        where it was sung.
    vibrato_cents, vibrato_hz : float
        depth (from the middle to the top) and rate of its vibrato; 0 for none.
    confidence : float
        how sure it is that this is one note of that pitch.
    target_pitch : float
        where it is to go; the centre leaves it.
    amount : float
        how much of the way.
    retune_ms : float
        how long the correction takes to arrive.
    formant_semitones, gain_db, mute
        colour and level of the note.
    """

    id: Id
    start_seconds: Seconds
    end_seconds: Seconds
    centre_pitch: Pitch
    vibrato_cents: Annotated[float, msgspec.Meta(ge=0.0, le=1_200.0)] = 0.0
    vibrato_hz: Annotated[float, msgspec.Meta(ge=0.0, le=20.0)] = 0.0
    confidence: Share = 1.0
    target_pitch: Pitch
    amount: Share = 0.0
    retune_ms: Annotated[float, msgspec.Meta(ge=0.0, le=2_000.0)] = 60.0
    drift_kept: Kept = 1.0
    vibrato_kept: Kept = 1.0
    formant_semitones: Annotated[float, msgspec.Meta(ge=-24.0, le=24.0)] = 0.0
    gain_db: Decibels = 0.0
    mute: bool = False

    @property
    def is_touched(self) -> bool:
        """Whether anything of it is to sound otherwise."""
        moved = self.amount > 0.0 and self.target_pitch != self.centre_pitch
        shaped = self.drift_kept != 1.0 or self.vibrato_kept != 1.0
        return moved or shaped or self.formant_semitones != 0.0 or self.gain_db != 0.0 or self.mute


class Tuning(Value, frozen=True, kw_only=True, tag="tuning"):
    """All notes of a recording, and what is made of them.

    Attributes
    ----------
    hop_seconds : float
        distance of the points of the pitch curve.
    pitch_data : bytes
        the curve that was heard: 16-bit integers, 200 to a semitone, least significant byte first; 0 where
        there is no pitch.
    reference_hz : float
        what A4 is in this song.
    scale : str
        the notes that are in, such as ``C major`` or ``chromatic``.
    centre, drift_kept, vibrato_kept : float
        of all notes together, multiplied with each note's own.
    """

    id: Id
    enabled: bool = True
    hop_seconds: Annotated[float, msgspec.Meta(gt=0.0, le=1.0)]
    pitch_data: bytes = b""
    reference_hz: Annotated[float, msgspec.Meta(ge=220.0, le=880.0)] = 440.0
    scale: str = "chromatic"
    notes: tuple[TunedNote, ...] = ()
    centre: Share = 1.0
    drift_kept: Kept = 1.0
    vibrato_kept: Kept = 1.0

    def neutral(self) -> Self:
        """The same notes, all as they were sung."""
        sung = (
            replace(
                note,
                amount=0.0,
                drift_kept=1.0,
                vibrato_kept=1.0,
                formant_semitones=0.0,
                gain_db=0.0,
                mute=False,
            )
            for note in self.notes
        )
        return replace(self, notes=tuple(sung), drift_kept=1.0, vibrato_kept=1.0)
