"""Clip edits: repairs of a recording, as plain settings that can be played again from the recording alone.

Conventions: places are frames of the recording, so an edit does not move when its clip does; what was found is kept in
the edit (these clicks, this profile of the noise), so that nothing is looked for again when it is played, and each find
can be refused alone. ``neutral()`` is the same edit that takes nothing out, from which it fades in. The order of
playing is that of ``ORDER`` and not of the tuple: damage first, then noise, then taste.

::

    recording     |~~~~~~^~~~~~~~~[breath]~~~~~~~/hum/~~~~~~~~~~~~~~~|
    edits                clicks   -8 dB          lines 50, 150 Hz
    clip                    [======== source_frames ========]

Not covered: tuning (``tuning``), what an edit does to the sound (``bandmate.sound``, played by
``bandmate.render.clip_edits``).
"""

from __future__ import annotations

from typing import Annotated, Self

import msgspec
from msgspec.structs import replace

from bandmate.song.tuning import Tuning
from bandmate.song.values import Decibels, Frames, Id, Share, Value

Reduction = Annotated[float, msgspec.Meta(ge=0.0, le=60.0)]
"""Most that is taken away, dB; 0 takes nothing."""

Frequency = Annotated[float, msgspec.Meta(ge=1.0, le=384_000.0)]


class Span(Value, frozen=True, kw_only=True):
    """A stretch of the recording."""

    id: Id
    start_frame: Frames
    frames: Frames


class SpanGain(Value, frozen=True, kw_only=True):
    """A stretch of the recording that is made softer or louder; -150 dB is silence."""

    id: Id
    start_frame: Frames
    frames: Frames
    gain_db: Decibels = 0.0


class HumLine(Value, frozen=True, kw_only=True):
    """One line of a hum: ``number`` times the mains frequency."""

    id: Id
    number: Annotated[int, msgspec.Meta(ge=1, le=400)]


class BandLevel(Value, frozen=True, kw_only=True):
    """Level of the noise in a band, dB of full scale."""

    id: Id
    freq_hz: Frequency
    level_db: Annotated[float, msgspec.Meta(ge=-200.0, le=20.0)]


class Repair(Value, frozen=True, kw_only=True):
    """What all repairs have: an id that is unique in the clip, and a switch."""

    id: Id
    enabled: bool = True

    def neutral(self) -> Self:
        """The same repair when it takes nothing out."""
        raise NotImplementedError


class Declip(Repair, frozen=True, kw_only=True, tag="declip"):
    """Flat tops drawn again: the samples at and beyond ``ceiling`` (of full scale) in these stretches."""

    ceiling: Annotated[float, msgspec.Meta(gt=0.0, le=16.0)]
    spans: tuple[Span, ...] = ()
    amount: Share = 1.0

    def neutral(self) -> Self:
        return replace(self, amount=0.0)


class ClickRepair(Repair, frozen=True, kw_only=True, tag="clicks"):
    """Clicks, mouth clicks and crackle: each stretch is drawn again from what is around it."""

    spans: tuple[Span, ...] = ()
    amount: Share = 1.0

    def neutral(self) -> Self:
        return replace(self, amount=0.0)


class HumRemoval(Repair, frozen=True, kw_only=True, tag="hum"):
    """Mains hum: these lines are followed and subtracted."""

    freq_hz: Frequency
    lines: tuple[HumLine, ...] = ()
    amount: Share = 1.0

    def neutral(self) -> Self:
        return replace(self, amount=0.0)


class PlosiveRepair(Repair, frozen=True, kw_only=True, tag="plosives"):
    """Pops of breath in the microphone: what is below ``corner_hz`` is turned down in these stretches."""

    corner_hz: Frequency = 120.0
    spans: tuple[SpanGain, ...] = ()

    def neutral(self) -> Self:
        return replace(self, spans=faded(self.spans))


class NoiseReduction(Repair, frozen=True, kw_only=True, tag="noise"):
    """Steady noise of a known profile, turned down by ``reduction_db`` at most where nothing else sounds."""

    profile: tuple[BandLevel, ...] = ()
    reduction_db: Reduction = 9.0

    def neutral(self) -> Self:
        return replace(self, reduction_db=0.0)


class SpeechCleaning(Repair, frozen=True, kw_only=True, tag="speech-noise"):
    """Noise behind speech, by a learned model, by ``reduction_db`` at most."""

    reduction_db: Reduction = 12.0

    def neutral(self) -> Self:
        return replace(self, reduction_db=0.0)


class RoomReduction(Repair, frozen=True, kw_only=True, tag="room"):
    """The late part of a room that dies away by 60 dB in ``decay_seconds``, turned down by ``reduction_db`` at most."""

    decay_seconds: Annotated[float, msgspec.Meta(ge=0.05, le=20.0)]
    reduction_db: Reduction = 6.0

    def neutral(self) -> Self:
        return replace(self, reduction_db=0.0)


class BleedReduction(Repair, frozen=True, kw_only=True, tag="bleed"):
    """What this microphone heard of another, ``source`` (a recording's sha256), turned down by ``reduction_db`` at
    most; the other began ``early_frames`` of this recording before this one."""

    source: str
    early_frames: Annotated[int, msgspec.Meta(ge=-(2**40), le=2**40)] = 0
    reduction_db: Reduction = 12.0

    def neutral(self) -> Self:
        return replace(self, reduction_db=0.0)


class SpanGains(Repair, frozen=True, kw_only=True):
    """Stretches with a gain each, with short ramps around them."""

    spans: tuple[SpanGain, ...] = ()
    ramp_ms: Annotated[float, msgspec.Meta(ge=0.0, le=1_000.0)] = 10.0

    def neutral(self) -> Self:
        return replace(self, spans=faded(self.spans))


class Breaths(SpanGains, frozen=True, kw_only=True, tag="breaths"):
    """Breaths, turned down and left in."""


class Sibilance(SpanGains, frozen=True, kw_only=True, tag="sibilance"):
    """Sibilants: what is above ``corner_hz`` is turned down in these stretches."""

    corner_hz: Frequency = 5_000.0


class Silences(SpanGains, frozen=True, kw_only=True, tag="silences"):
    """Rests in which only noise is left, turned down or silenced."""


AnyClipEdit = (
    Declip
    | ClickRepair
    | HumRemoval
    | PlosiveRepair
    | NoiseReduction
    | SpeechCleaning
    | RoomReduction
    | BleedReduction
    | Breaths
    | Sibilance
    | Tuning
    | Silences
)

ORDER: tuple[type[AnyClipEdit], ...] = (
    *(Declip, ClickRepair, HumRemoval, BleedReduction, PlosiveRepair, NoiseReduction, SpeechCleaning, RoomReduction),
    *(Breaths, Sibilance, Tuning, Silences),
)
"""In which order edits are played, whatever order they stand in."""


def in_order(edits: tuple[AnyClipEdit, ...]) -> tuple[AnyClipEdit, ...]:
    """The edits that are switched on, in the order in which they are played; two of a kind in the order they stand."""
    on = (edit for edit in edits if edit.enabled)
    return tuple(sorted(on, key=lambda edit: ORDER.index(type(edit))))


def faded(spans: tuple[SpanGain, ...]) -> tuple[SpanGain, ...]:
    """The same stretches without their gains."""
    return tuple(replace(span, gain_db=0.0) for span in spans)
