"""Soft clipping of peaks: rounds off what rises above a knee, and leaves all else bit for bit as it is.

Conventions: the signal is looked at in four points per frame. What the curve takes off there is low-passed to half the
rate, and subtracted from the delayed signal; where nothing was taken off, nothing is subtracted. The curve is a
parabola from ``ceiling_dbfs - knee_db`` on and flat at the ceiling, without corners. Each piece between two points is
replaced by its average under the curve (antiderivative), so that the overtones that fold at four times the rate are
weak. Channels are clipped apart.

The ceiling holds for the four points before the low-pass; after it, peaks can ripple above it, the more so the harder
they are clipped. What must not pass a limit needs a limiter behind.

Not covered: level-matched saturation (``bandmate.sound.saturate``), true-peak limiting (``bandmate.sound.limiter``).

References: J. Parker, V. Zavalishin, E. Le Bivic, Reducing the Aliasing of Nonlinear Waveshaping Using Continuous-Time
Convolution, DAFx 2016 (eq. 10: first-order antiderivative form).
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from bandmate.song.devices import SoftClipper
from bandmate.sound.audio import Samples
from bandmate.sound.blocks import BlockProcessor
from bandmate.sound.dynamics import STATE_SIZE, reduction_report, remember_all
from bandmate.sound.kernel import kernel
from bandmate.sound.polyphase import OVERSAMPLING, Phases, Points, interpolate, interpolation_phases

Reals = npt.NDArray[np.float64]

UP_TAPS, UP_BETA = 32, 6.0
DOWN_TAPS, DOWN_BETA = 64, 8.0
UP_HALF, BEFORE = UP_TAPS // 2, DOWN_TAPS // 2 - 1

LANES = 31
"""Frames that are interpolated together, with the one before, or not at all where they are quiet."""

NEAREST = 1e-4
"""Points closer than this are averaged by the middle of both: their quotient would have few digits."""


@kernel
def taken_off(level: float, knee: float, half_width: float) -> float:
    """By how much the curve lowers a level, 0 or positive."""
    over = level - knee
    if over <= 0.0:
        return 0.0
    if over >= 2.0 * half_width:
        return over - half_width
    return over * over / (4.0 * half_width)


@kernel
def taken_off_area(level: float, knee: float, half_width: float) -> float:
    """The area under `taken_off` from 0 to ``level``."""
    over = level - knee
    if over <= 0.0:
        return 0.0
    if over >= 2.0 * half_width:
        return 0.5 * (over - half_width) ** 2 + half_width * half_width / 6.0
    return over * over * over / (12.0 * half_width)


@kernel
def average_taken_off(before: float, point: float, knee: float, half_width: float) -> float:
    """What the curve takes off on the way from one point to the next, on average, with its sign."""
    if abs(before) <= knee and abs(point) <= knee:
        return 0.0
    step = point - before
    if abs(step) < NEAREST:
        middle = 0.5 * (before + point)
        return math.copysign(taken_off(abs(middle), knee, half_width), middle)
    return (taken_off_area(abs(point), knee, half_width) - taken_off_area(abs(before), knee, half_width)) / step


@kernel
def is_below(row: Points, start: int, stop: int, level: float) -> bool:
    """Whether no sample from ``start`` to before ``stop`` is above ``level``."""
    loud = 0
    for i in range(start, stop):
        loud += abs(row[i]) > level
    return loud == 0


@kernel
def clip_row(row: Points, up: Phases, down: Reals, curve: Reals, points: Points, takes: Reals, lows: Reals) -> None:
    """Add what is taken off, low-passed, to ``takes``, and keep each frame's lowest gain in ``lows``.

    ``row`` has `UP_HALF` frames before the first of ``lows`` and as many after the last, ``takes`` `BEFORE` before and
    `DOWN_TAPS` - 1 - `BEFORE` after. ``curve`` is knee, half width, wet, and the level under which samples have no
    point above the knee between them; ``points`` is scratch.

    subtle: stretches are cut from the block and not from the signal, but a quiet one takes nothing off for certain, so
    skipping it changes no bit.
    """
    knee, half_width, wet, quiet = curve[0], curve[1], curve[2], curve[3]
    frames = lows.shape[0]
    for begin in range(0, frames, LANES):
        count = min(LANES, frames - begin)
        if is_below(row, begin, begin + count + UP_TAPS, quiet):
            continue
        for i in range(count + 1):
            points[0, i] = row[begin + UP_HALF - 1 + i]
        interpolate(row, begin, count + 1, up, points, 1)
        if is_below(points.ravel(), 0, points.size, knee):
            continue
        before = np.float64(points[OVERSAMPLING - 1, 0])
        for i in range(count):
            for p in range(OVERSAMPLING):
                point = np.float64(points[p, i + 1])
                taken = average_taken_off(before, point, knee, half_width)
                before = point
                if taken != 0.0:
                    for k in range(down.shape[1]):
                        takes[begin + i + k] += taken * down[p, k]
                if abs(point) > knee:
                    share = wet * taken_off(abs(point), knee, half_width) / abs(point)
                    lows[begin + i] = min(lows[begin + i], 1.0 - share)


def averaging_phases() -> Reals:
    """Low-pass weights of the four averages per frame, (4, `DOWN_TAPS`) from `BEFORE` frames earlier on.

    The average of a point and the one before lies half a step before the point. Each phase adds up to a quarter.
    """
    offsets = (np.arange(OVERSAMPLING) - 0.5) / OVERSAMPLING
    distance = np.arange(DOWN_TAPS)[None, :] - BEFORE - offsets[:, None]
    inside = 1.0 - (2.0 * distance / DOWN_TAPS) ** 2
    window = np.where(inside > 0.0, np.i0(DOWN_BETA * np.sqrt(np.maximum(inside, 0.0))), 0.0)
    phases = np.sinc(distance) * window
    return np.ascontiguousarray(phases / (OVERSAMPLING * phases.sum(axis=1, keepdims=True)))


class SoftClipperProcessor(BlockProcessor):
    """A running `SoftClipper`; silence, and what stays below the knee, comes out as it went in."""

    latency_frames = UP_HALF + BEFORE

    def __init__(self, device: SoftClipper, *, rate_hz: int, channels: int) -> None:
        super().__init__(rate_hz=rate_hz, channels=channels)
        self.up, self.down = interpolation_phases(UP_TAPS, UP_BETA)[1:], averaging_phases()
        self.wet = device.wet
        knee = 10.0 ** ((device.ceiling_dbfs - device.knee_db) / 20.0)
        half_width = 10.0 ** (device.ceiling_dbfs / 20.0) - knee
        quiet = 0.999 * knee / float(np.abs(self.up).sum(axis=1).max())
        self.curve = np.array([knee, half_width, device.wet, quiet])
        self.points = np.zeros((OVERSAMPLING, LANES + 1), dtype=np.float32)
        self.held = np.zeros((channels, self.latency_frames), dtype=np.float32)
        self.takes = np.zeros((channels, DOWN_TAPS - 1))
        self.state = np.zeros(STATE_SIZE)

    def _run(self, samples: Samples) -> Samples:
        frames = samples.shape[1]
        joined = np.concatenate([self.held, samples], axis=1)
        takes = np.concatenate([self.takes, np.zeros(samples.shape)], axis=1)
        lows = np.ones(frames)
        for row, row_takes in zip(joined, takes, strict=True):
            clip_row(row[BEFORE - UP_HALF :], self.up, self.down, self.curve, self.points, row_takes, lows)
        remember_all(-20.0 * np.log10(lows), self.state)
        self.held, self.takes = joined[:, frames:].copy(), takes[:, frames:].copy()
        return np.asarray(joined[:, :frames] - self.wet * takes[:, :frames], dtype=np.float32)

    def report(self) -> dict[str, float]:
        """How far the curve took the highest point of each frame down; points between the samples count."""
        return reduction_report(self.state, self.rate_hz, late_frames=UP_HALF)


def compile_kernels() -> None:
    """Compile what is in this module, now rather than at the first block."""
    SoftClipperProcessor(SoftClipper(id="first"), rate_hz=8_000, channels=1).process(np.ones((1, 4), dtype=np.float32))
