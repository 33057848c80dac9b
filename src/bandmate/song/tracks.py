"""Strips: tracks, buses and the main bus.

Signal flow of a track: clips → polarity and delay → inserts → fader and automation → pan → output; sends leave after
the fader unless they say otherwise. Pan law: a balance for stereo sound and constant power (-3 dB in the centre,
made up so that the centre is 0 dB) for mono sound.
"""

from __future__ import annotations

import math
from typing import Annotated, Literal, Self

import msgspec
from msgspec.structs import replace

from bandmate.song.clips import AnyClip
from bandmate.song.devices import AnyDevice
from bandmate.song.values import Decibels, Id, Ticks, Value

Role = Literal[
    "kick",
    "snare",
    "hats",
    "toms",
    "cymbals",
    "drums",
    "percussion",
    "bass",
    "electric-guitar",
    "acoustic-guitar",
    "lead-guitar",
    "piano",
    "keys",
    "organ",
    "synth",
    "pad",
    "strings",
    "brass",
    "woodwind",
    "lead-vox",
    "backing-vox",
    "effects",
    "unknown",
]

Pan = Annotated[float, msgspec.Meta(ge=-1.0, le=1.0)]
"""-1 is left, 0 the centre, 1 right."""

SILENT_DB = -150.0

MAIN = "main"
"""The name of the last bus, as an output."""


class AutomationPoint(Value, frozen=True, kw_only=True):
    """At ``at_ticks`` the parameter has reached ``value``; between points it moves in a straight line."""

    id: Id
    at_ticks: Ticks
    value: float


class Automation(Value, frozen=True, kw_only=True):
    """Movement of one parameter of the strip. While there are points the fixed setting is added to them (gain_db) or
    replaced (pan)."""

    id: Id
    parameter: Literal["gain_db", "pan"]
    points: tuple[AutomationPoint, ...] = ()

    def neutral(self) -> Self:
        """The same ride with every point at 0 dB; of a pan no movement, for any fixed point would be one."""
        if self.parameter == "pan":
            return replace(self, points=())
        return replace(self, points=tuple(replace(point, value=0.0) for point in self.points))


class Send(Value, frozen=True, kw_only=True):
    """Level from a track to a bus."""

    id: Id
    bus: str
    gain_db: Decibels = 0.0
    pre_fader: bool = False
    enabled: bool = True

    def faded(self, strength: float) -> Self:
        """The send with ``strength`` (above 0, to 1) of its amplitude: what it brings is half as much at one half."""
        return replace(self, gain_db=max(SILENT_DB, self.gain_db + 20 * math.log10(strength)))


class Track(Value, frozen=True, kw_only=True):
    """A channel strip with what it plays."""

    id: Id
    name: str = ""
    role: Role = "unknown"
    clips: tuple[AnyClip, ...] = ()
    polarity_inverted: bool = False
    delay_ms: Annotated[float, msgspec.Meta(ge=-1_000.0, le=1_000.0)] = 0.0
    inserts: tuple[AnyDevice, ...] = ()
    gain_db: Decibels = 0.0
    pan: Pan = 0.0
    sends: tuple[Send, ...] = ()
    automation: tuple[Automation, ...] = ()
    mute: bool = False
    output: str = MAIN


class Bus(Value, frozen=True, kw_only=True):
    """A point where tracks are summed."""

    id: Id
    name: str = ""
    inserts: tuple[AnyDevice, ...] = ()
    gain_db: Decibels = 0.0
    pan: Pan = 0.0
    automation: tuple[Automation, ...] = ()
    mute: bool = False
    output: str = MAIN


class Main(Value, frozen=True, kw_only=True):
    """The last bus."""

    inserts: tuple[AnyDevice, ...] = ()
    gain_db: Decibels = 0.0
    automation: tuple[Automation, ...] = ()
