"""The gate of a repair: what was taken out must be the fault and not the performance.

The residual is the recording less its repaired twin. How much of the performance is in it is heard by its comb: energy
at the harmonics of what is sung or played, beyond what lies half-way between them. Noise and hum lie on both alike; a
note that was thinned out lies on its harmonics only. Where there is no pitch the residual is held against what is left,
in amplitude and phase, in the loudest moments: what it shares with that was performed.

Conventions: decibels of the recording's own energy at those places; -100 for a residual that has nothing of it.
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

Reals = npt.NDArray[np.float64]
Bins = npt.NDArray[np.complex128]

FRAME_SECONDS = 0.08
TOP_BINS, BINS_AROUND = 480, 1
"""To 6 kHz, and how far beside its place a harmonic is heard."""

LOUD_SHARE = 0.3
"""Without a pitch, the loudest of so many moments are the performance."""

LOUD_RANGE_DB = 12.0
"""Below its loud moments by more than that a voice is hardly louder than what is taken away from it."""

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
        change of the performance's own level in its loud moments, 95 of 100; 0 for a repair of stretches, which is
        judged beside them.
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
    *,
    only_rising: bool = False,
) -> RepairReading:
    """Compare a recording with its repaired twin.

    Parameters
    ----------
    heard : PitchCurve
        of the recording; without any pitch the loudest moments count as the performance.
    spans : sequence of (first frame, last frame), optional
        what may change; everything by default.
    only_rising : bool
        hear the performance only where it grows: what dies away is mostly its room, which is its own echo.
    """
    residual = before - after
    performance_db, level_db = performance_in(before, residual, rate_hz, heard, only_rising=only_rising)
    energy = float(np.vdot(before, before))
    inside = np.full(before.shape[1], spans is None)
    for first, last in spans or ():
        inside[max(0, first) : last] = True
    return RepairReading(
        residual_db=decibels(float(np.vdot(residual, residual)), energy),
        performance_db=performance_db,
        level_db=level_db if spans is None else 0.0,
        changed_outside=int(np.count_nonzero(residual[:, ~inside].any(axis=0))),
    )


def performance_in(
    before: Samples, residual: Samples, rate_hz: int, heard: PitchCurve, *, only_rising: bool = False
) -> tuple[float, float]:
    """Energy of the performance in a residual against the performance's own (dB; -100 for nothing of it), and by how
    much the performance's level changes in its loud moments (dB, 95 of 100 by no more)."""
    if not residual.any():
        return NOTHING_DB, 0.0
    size = int(scipy.fft.next_fast_len(round(FRAME_SECONDS * rate_hz), real=True))
    window = np.hanning(size)
    one, other = before.mean(axis=0, dtype=np.float64), residual.mean(axis=0, dtype=np.float64)
    rows = []
    chosen = moments(one, rate_hz, size, heard)
    for at, f0_hz in rising(one, size, chosen) if only_rising else chosen:
        frame, taken = (scipy.fft.rfft(sound[at : at + size] * window) for sound in (one, other))
        rows.append(comb_of(frame, taken, f0_hz * size / rate_hz) if f0_hz > 0 else shared(frame, taken))
    found = np.array(rows).reshape(-1, 4)
    taken_part, own, was, now = found.T
    loud = was > np.quantile(was, 0.95) * 10 ** (-LOUD_RANGE_DB / 10) if len(was) else np.zeros(0, bool)
    changes = 10 * np.log10(np.maximum(now[loud], 1e-20) / was[loud])
    level_db = float(np.quantile(np.abs(changes), 0.95)) if len(changes) else 0.0
    return decibels(float(taken_part.sum()), float(own.sum())), level_db


def comb_of(frame: Bins, taken: Bins, f0_bins: float) -> Reals:
    """Of a residual's comb the energy, which may be below 0 by chance, and the recording's energy there; then the
    energies of the recording's comb and of that of what is left."""
    numbers = np.arange(1, max(2, int(min(TOP_BINS, len(frame) - 2) / f0_bins)), dtype=np.float64)
    on = bins_at(numbers * f0_bins, len(frame))
    beside = np.concatenate([bins_at((numbers + side) * f0_bins, len(frame)) for side in (-0.5, 0.5)])

    def comb(bins: Bins) -> float:
        power = np.abs(bins) ** 2
        return float(power[on].sum() - 0.5 * power[beside].sum())

    return np.array([comb(taken), float((np.abs(frame[on]) ** 2).sum()), comb(frame), comb(frame - taken)])


def rising(sound: Reals, size: int, chosen: list[tuple[int, float]]) -> list[tuple[int, float]]:
    """The loud ones of these moments that are louder than what was just before them."""
    powers = [float(np.square(sound[at : at + size]).sum()) for at, _ in chosen]
    least = float(np.quantile(powers, 0.95)) * 10 ** (-LOUD_RANGE_DB / 10) if powers else 0.0
    return [
        one
        for one, power in zip(chosen, powers, strict=True)
        if power > least and power > float(np.square(sound[max(0, one[0] - size) : one[0]]).sum())
    ]


def bins_at(places: Reals, bins: int) -> npt.NDArray[np.int64]:
    """The bins around these places, array (places * 3,)."""
    around = np.round(places).astype(np.int64)[:, None] + np.arange(-BINS_AROUND, BINS_AROUND + 1)
    inside: npt.NDArray[np.int64] = np.clip(around, 1, bins - 1).ravel()
    return inside


def shared(frame: Bins, taken: Bins) -> Reals:
    """Energy of a residual that goes with what is left, and the recording's energy; then the energies of the recording
    and of what is left."""
    left = frame - taken
    power = float(np.vdot(left, left).real)
    own = float(np.vdot(frame, frame).real)
    if power <= 0:
        return np.array([own, own, own, 0.0])
    share = abs(complex(np.vdot(left, taken)) / power)
    return np.array([(share / (1.0 + share)) ** 2 * own, own, own, power])


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
