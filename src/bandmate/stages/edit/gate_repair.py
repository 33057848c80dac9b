"""The gate of a repair: what was taken out must be the fault and not the performance.

The residual is the recording less its repaired twin. How much of the performance is in it is found by projection: in
the bins around the harmonics of what is sung or played (in all bins of what is loud, where there is no pitch), the
share of the recording that the residual is, in amplitude and phase. A noise that happens to lie below a harmonic is no
part of that; a note that was thinned out is.

Conventions: decibels of the recording's own energy in those bins; -100 for a residual that has nothing of it.
``REPAIR_LIMITS`` holds every limit. What is meant to turn the performance down (breaths, sibilants, rests) is judged
outside of its own stretches only, where nothing may change at all.

Not covered: tuning (``gate_tuning``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.fft

from bandmate.sound.audio import Samples
from bandmate.sound.pitch_curve import PitchCurve
from bandmate.stages.edit.envelopes import envelope_db, voiced_level_change_db

Reals = npt.NDArray[np.float64]

FRAME_SECONDS = 0.08
TOP_HZ, BINS_AROUND = 6_000.0, 2
LOUD_SHARE = 0.3
"""Without a pitch, the loudest of so many moments are the performance."""

MOST_FRAMES = 800
NOTHING_DB = -100.0


@dataclass(frozen=True, slots=True)
class RepairLimits:
    """What a repair must keep to."""

    performance_db: float = -30.0
    level_db: float = 1.0


REPAIR_LIMITS = RepairLimits()


@dataclass(frozen=True, slots=True)
class RepairReading:
    """What was taken out.

    Attributes
    ----------
    residual_db : float
        energy of the residual against the recording's.
    performance_db : float
        energy of the performance in the residual against the performance's own.
    level_db : float
        change of level in voiced moments, 95 of 100.
    changed_outside : int
        samples that differ outside of the stretches that were to be repaired.
    """

    residual_db: float
    performance_db: float
    level_db: float
    changed_outside: int


def read_repair(
    before: Samples,
    after: Samples,
    rate_hz: int,
    heard: PitchCurve,
    spans: Sequence[tuple[int, int]] | None = None,
) -> RepairReading:
    """Compare a recording with its repaired twin.

    Parameters
    ----------
    heard : PitchCurve
        of the recording; without any pitch the loudest moments count as the performance.
    spans : sequence of (first frame, last frame), optional
        what may change; everything by default.
    """
    residual = before - after
    energy = float(np.vdot(before, before))
    inside = np.full(before.shape[1], spans is None)
    for first, last in spans or ():
        inside[max(0, first) : last] = True
    return RepairReading(
        residual_db=decibels(float(np.vdot(residual, residual)), energy),
        performance_db=performance_in_db(before, residual, rate_hz, heard),
        level_db=voiced_level_change_db(envelope_db(before, rate_hz), envelope_db(after, rate_hz), heard),
        changed_outside=int(np.count_nonzero(residual[:, ~inside].any(axis=0))),
    )


def performance_in_db(before: Samples, residual: Samples, rate_hz: int, heard: PitchCurve) -> float:
    """Energy of the performance in a residual against the performance's own, dB; -100 for nothing of it."""
    if not residual.any():
        return NOTHING_DB
    size = int(scipy.fft.next_fast_len(round(FRAME_SECONDS * rate_hz), real=True))
    window, found = np.hanning(size), np.zeros(2)
    one, other = before.mean(axis=0, dtype=np.float64), residual.mean(axis=0, dtype=np.float64)
    for at, f0_hz in moments(one, rate_hz, size, heard):
        frame, taken = (scipy.fft.rfft(sound[at : at + size] * window) for sound in (one, other))
        bins = harmonic_bins(f0_hz, rate_hz / size, len(frame)) if f0_hz > 0 else np.arange(1, len(frame))
        own = frame[bins]
        power = float(np.vdot(own, own).real)
        if power > 0:
            share = complex(np.vdot(own, taken[bins])) / power
            found += (abs(share) ** 2 * power, power)
    return decibels(float(found[0]), float(found[1]))


def moments(sound: Reals, rate_hz: int, size: int, heard: PitchCurve) -> list[tuple[int, float]]:
    """First frames of the windows in which the performance is heard, each with its pitch (0 where it has none)."""
    starts = np.arange(0, max(0, len(sound) - size), size // 2)
    if not len(starts):
        return []
    if heard.voiced.any():
        index = np.minimum(((starts + size / 2) / rate_hz / heard.hop_seconds).astype(int), len(heard.hz) - 1)
        starts, hz = starts[heard.hz[index] > 0], heard.hz[index][heard.hz[index] > 0]
    else:
        power = np.add.reduceat(sound * sound, starts)
        starts = starts[power > np.quantile(power, 1.0 - LOUD_SHARE)]
        hz = np.zeros(len(starts))
    stride = max(1, -(-len(starts) // MOST_FRAMES))
    return [(int(at), float(f0)) for at, f0 in zip(starts[::stride], hz[::stride], strict=True)]


def harmonic_bins(f0_hz: float, bin_hz: float, bins: int) -> npt.NDArray[np.int64]:
    """The bins around each harmonic below 6 kHz."""
    numbers = np.arange(1, max(2, int(TOP_HZ / f0_hz) + 1))
    middle = np.round(numbers * f0_hz / bin_hz).astype(np.int64)
    around = (middle[:, None] + np.arange(-BINS_AROUND, BINS_AROUND + 1)).ravel()
    return np.unique(around[(around > 0) & (around < bins)])


def decibels(part: float, whole: float) -> float:
    """A share of energy in dB; -100 for nothing."""
    return max(NOTHING_DB, 10 * float(np.log10(part / whole))) if part > 0 and whole > 0 else NOTHING_DB


def repair_failures(reading: RepairReading, limits: RepairLimits = REPAIR_LIMITS) -> tuple[str, ...]:
    """What a repair fails, each in words with its figure and its limit; nothing where it passes."""
    found = []
    if reading.performance_db > limits.performance_db:
        found.append(
            f"what it takes out has {reading.performance_db:.0f} dB of the performance in it, "
            f"at most {limits.performance_db:g}"
        )
    if reading.level_db > limits.level_db:
        found.append(f"level changes by {reading.level_db:.1f} dB, at most {limits.level_db:g}")
    if reading.changed_outside:
        found.append(f"{reading.changed_outside} samples change outside of what was to be repaired")
    return tuple(found)
