"""Fader and pan: gains over time, applied to blocks.

Conventions: the fader's automation is added to its fixed setting in dB, pan automation replaces the fixed setting;
between two points the value moves in a straight line over time, before the first and after the last it stays. Of two
points at one place the sound arrives at the first and goes on from the second. -150 dB and below is silence.

Pan law: mono sound has constant power over the arc, raised by 3 dB so that the centre is 0 dB (left = √2 cos, right =
√2 sin of a quarter turn); stereo sound has a balance: the side that one turns away from fades linearly, the other
stays as it is.
A fader at 0 dB and a pan in the centre leave every bit as it is.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from bandmate.song.song import Song
from bandmate.song.tracks import Automation
from bandmate.sound.audio import Samples

Curve = npt.NDArray[np.float64]
SILENT_DB = -150.0


def linear_gain(gain_db: float) -> float:
    """A gain in dB as a factor; exactly 1 for 0 dB, exactly 0 for -150 dB and below."""
    return 0.0 if gain_db <= SILENT_DB else float(10.0 ** (gain_db / 20.0))


class Movement(NamedTuple):
    """The points of one automation: where (in frames, not rounded) and what."""

    frames: Curve
    values: Curve

    def at(self, start: int, count: int) -> Curve:
        """The value at each of ``count`` frames from ``start`` on."""
        return np.interp(np.arange(start, start + count, dtype=np.float64), self.frames, self.values)


def movements(
    automation: Iterable[Automation], parameter: Literal["gain_db", "pan"], song: Song
) -> tuple[Movement, ...]:
    """The automations of ``parameter`` that have points, over the song's frames."""
    found = []
    for one in automation:
        if one.parameter == parameter and one.points:
            points = sorted(one.points, key=lambda point: point.at_ticks)
            frames = [float(Fraction(song.tempo.seconds_at(p.at_ticks)) * song.rate_hz) for p in points]
            found.append(Movement(np.array(frames), np.array([p.value for p in points])))
    return tuple(found)


class Fader:
    """The gain of a strip: the fixed setting and all its automations added."""

    def __init__(self, gain_db: float, automation: Iterable[Automation], song: Song) -> None:
        self.gain_db = gain_db
        self._fixed = linear_gain(gain_db)
        self._moves = movements(automation, "gain_db", song)

    @property
    def is_neutral(self) -> bool:
        return not self._moves and self._fixed == 1.0

    def gains(self, start: int, count: int) -> float | Curve:
        """The factor: one number, or one for each frame from ``start`` on."""
        if not self._moves:
            return self._fixed
        level = self.gain_db + sum((move.at(start, count) for move in self._moves), np.zeros(count))
        return np.where(level <= SILENT_DB, 0.0, 10.0 ** (level / 20.0))


class Panner:
    """The place of a strip between left and right."""

    def __init__(self, pan: float, automation: Iterable[Automation], song: Song) -> None:
        self.pan = pan
        moves = movements(automation, "pan", song)
        self._move = moves[-1] if moves else None

    def sides(self, start: int, count: int, *, is_mono: bool) -> tuple[float | Curve, float | Curve]:
        """The factors of left and right: numbers, or one for each frame from ``start`` on."""
        if self._move is None:
            return mono_sides(self.pan) if is_mono else balance_sides(self.pan)
        pan = np.clip(self._move.at(start, count), -1.0, 1.0)
        if is_mono:
            angle = (pan + 1.0) * (math.pi / 4.0)
            centre = pan == 0.0
            left, right = math.sqrt(2.0) * np.cos(angle), math.sqrt(2.0) * np.sin(angle)
            return np.where(centre, 1.0, left), np.where(centre, 1.0, right)
        return 1.0 - np.maximum(pan, 0.0), 1.0 + np.minimum(pan, 0.0)


def mono_sides(pan: float) -> tuple[float, float]:
    """Left and right of mono sound at ``pan``; exactly 1 in the centre."""
    if pan == 0.0:
        return 1.0, 1.0
    angle = (pan + 1.0) * (math.pi / 4.0)
    return math.sqrt(2.0) * math.cos(angle), math.sqrt(2.0) * math.sin(angle) if pan > -1.0 else 0.0


def balance_sides(pan: float) -> tuple[float, float]:
    """Left and right of stereo sound at ``pan``."""
    return 1.0 - max(pan, 0.0), 1.0 + min(pan, 0.0)


def placed(block: Samples, start: int, fader: Fader, panner: Panner | None) -> Samples:
    """A mono or stereo block after fader and pan, always stereo; ``start`` is its first frame in the song."""
    count = block.shape[1]
    gain = fader.gains(start, count)
    is_mono = block.shape[0] == 1
    sides = panner.sides(start, count, is_mono=is_mono) if panner else (1.0, 1.0)
    placed_block = np.empty((2, count), np.float32)
    for channel, side in enumerate(sides):
        source, factor = block[0 if is_mono else channel], gain * side
        if isinstance(factor, float) and factor == 1.0:
            placed_block[channel] = source
        else:
            np.multiply(source, np.asarray(factor, np.float32), out=placed_block[channel])
    return placed_block
