"""A song's times, faders, pans and automation in the numbers of a DAWproject.

Conventions: time in beats (quarter notes), faders as linear gain, pan from 0 to 1. Volume automation moves in straight
lines of decibels and a DAWproject's in straight lines of gain, so points are added at every 1 dB: it is off by at most
0.03 dB.

Not covered: automation of devices.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

from bandmate.song.time import TICKS_PER_QUARTER
from bandmate.song.tracks import Automation, AutomationPoint

GAIN = "gain_db"
"""The parameter of a strip that is automated on the fader; the other is its pan."""

RAMP_STEP_DB = 1.0
SILENCE_DB = -150.0


def beats(ticks: int | Fraction) -> float:
    """Quarter notes."""
    return float(Fraction(ticks) / TICKS_PER_QUARTER)


def linear_gain(gain_db: float) -> float:
    """A fader as a factor; -150 dB is silence."""
    return 0.0 if gain_db <= SILENCE_DB else math.pow(10.0, gain_db / 20)


def pan_share(pan: float) -> float:
    """-1 … 1 as 0 … 1."""
    return (min(1.0, max(-1.0, pan)) + 1) / 2


def first_of_each(automation: tuple[Automation, ...]) -> list[Automation]:
    """One automation per parameter, those that have points."""
    found: dict[str, Automation] = {}
    for one in automation:
        if one.points:
            found.setdefault(one.parameter, one)
    return list(found.values())


def stepped(points: tuple[AutomationPoint, ...], gain_db: float) -> Iterator[tuple[Fraction, float]]:
    """Points of a decibel automation on top of the fader, as factors, with points between on long ramps."""
    before: tuple[int, float] | None = None
    for point in sorted(points, key=lambda point: point.at_ticks):
        level_db = gain_db + point.value
        if before is not None:
            steps = math.ceil(abs(level_db - before[1]) / RAMP_STEP_DB)
            for i in range(1, steps if point.at_ticks > before[0] else 0):
                at = before[0] + Fraction((point.at_ticks - before[0]) * i, steps)
                yield at, linear_gain(before[1] + (level_db - before[1]) * i / steps)
        yield Fraction(point.at_ticks), linear_gain(level_db)
        before = (point.at_ticks, level_db)


def panned(points: tuple[AutomationPoint, ...]) -> Iterator[tuple[Fraction, float]]:
    for point in sorted(points, key=lambda point: point.at_ticks):
        yield Fraction(point.at_ticks), pan_share(point.value)
