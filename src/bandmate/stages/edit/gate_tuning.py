"""The gate of a tuning: measured signs that a take was improved and not replaced.

The judge is another tracker than the one that corrected. Everything is compared note by note between the recording and
what was made of it: the notes are nearer to where they should be, while their vibrato, their movement, their
beginnings, their loudness and their colour are as they were, and nothing sounds otherwise between them.

Conventions: cents, milliseconds, decibels; figures that cannot be measured (no note long enough for a vibrato) are None
and fail nothing. ``TUNING_LIMITS`` holds every limit.

Not covered: repairs (``gate_repair``); backing off until the gate is passed (``tuning_trial``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import uniform_filter1d

from bandmate.song.tuning import TunedNote
from bandmate.sound.audio import Samples
from bandmate.sound.pitch_curve import PitchCurve
from bandmate.stages.edit.envelopes import envelope_db, envelope_lag_ms, spectral_distance_db, voiced_level_change_db

Reals = npt.NDArray[np.float64]

CORE = 1 / 6
"""Of a note at both ends, what belongs to the way there and not to the note."""

FEWEST_POINTS = 5
VIBRATO_SECONDS, LEAST_VIBRATO_CENTS = 0.4, 8.0
SLOW_SECONDS = 0.25
"""Movements slower than that are drift, faster ones vibrato."""


@dataclass(frozen=True, slots=True)
class TuningLimits:
    """What a tuning must keep to."""

    error_falls_by: float = 0.4
    vibrato_ratio: tuple[float, float] = (0.85, 1.15)
    vibrato_correlation: float = 0.95
    contour_cents: float = 6.0
    onset_ms: float = 5.0
    envelope_correlation: float = 0.97
    timbre_db: float = 2.5
    level_db: float = 1.0


TUNING_LIMITS = TuningLimits()


@dataclass(frozen=True, slots=True)
class TuningReading:
    """What the judge measured.

    Attributes
    ----------
    error_cents_before, error_cents_after : float
        90 of 100 touched notes are at most so far from their target.
    vibrato_ratio, vibrato_correlation : float or None
        depth after to before and likeness, medians over the notes that have a vibrato.
    contour_cents : float or None
        how far a note's movement strays from what it was, median of the standard deviations.
    onset_ms : float
        by how much beginnings have moved, 90 of 100.
    envelope_correlation : float
        of the loudness over time, in decibels' place in amplitude.
    timbre_db : float or None
        distance of the spectral envelopes on touched notes, median.
    level_db : float
        change of level in voiced moments, 95 of 100.
    changed_outside : int
        samples that differ outside of touched notes and their ramps.
    notes : int
        how many touched notes could be judged.
    """

    error_cents_before: float
    error_cents_after: float
    vibrato_ratio: float | None
    vibrato_correlation: float | None
    contour_cents: float | None
    onset_ms: float
    envelope_correlation: float
    timbre_db: float | None
    level_db: float
    changed_outside: int
    notes: int


def read_tuning(
    before: Samples,
    after: Samples,
    rate_hz: int,
    judged: tuple[PitchCurve, PitchCurve],
    notes: Sequence[TunedNote],
    reach_seconds: float,
    reference_hz: float = 440.0,
) -> TuningReading:
    """Compare a recording with its tuned twin.

    Parameters
    ----------
    judged : tuple of PitchCurve
        what the judge hears in both, on one grid.
    notes : sequence of TunedNote
        all notes of the tuning; those that are not touched count for what lies outside.
    reach_seconds : float
        how far beyond a touched note its correction may reach.
    reference_hz : float
        what A4 is for the notes.
    """
    touched = [note for note in notes if note.is_touched]
    shift = 12.0 * float(np.log2(reference_hz / 440.0))
    pairs = [pair for note in touched if (pair := in_note(judged, note, shift)) is not None]
    errors = np.array([error_cents(pair) for pair in pairs]).reshape(-1, 2)
    shaken = [pair for pair in pairs if is_vibrato(pair)]
    ratios = [float(pair.vibrato[1].std() / pair.vibrato[0].std()) for pair in shaken]
    likeness = [float(np.corrcoef(*pair.vibrato)[0, 1]) for pair in shaken]
    contours = [float(np.std(pair.after - pair.before)) for pair in pairs]
    inside = np.zeros(before.shape[1], bool)
    for note in touched:
        reach = (note.start_seconds - reach_seconds, note.end_seconds + reach_seconds)
        first, last = (round(at * rate_hz) for at in reach)
        inside[max(0, first) : last + 1] = True
    spans = [(note.start_seconds, note.end_seconds) for note in touched]
    was, now = (envelope_db(sound, rate_hz) for sound in (before, after))
    lags = [abs(envelope_lag_ms(was, now, note.start_seconds)) for note in touched]
    return TuningReading(
        error_cents_before=float(np.quantile(errors[:, 0], 0.9)) if len(errors) else 0.0,
        error_cents_after=float(np.quantile(errors[:, 1], 0.9)) if len(errors) else 0.0,
        vibrato_ratio=median(ratios),
        vibrato_correlation=median(likeness),
        contour_cents=median(contours),
        onset_ms=float(np.quantile(lags, 0.9)) if lags else 0.0,
        envelope_correlation=correlation(10 ** (was / 20), 10 ** (now / 20)),
        timbre_db=spectral_distance_db(before, after, rate_hz, judged, spans),
        level_db=voiced_level_change_db(was, now, judged[0]),
        changed_outside=int((before != after).any(axis=0)[~inside].sum()),
        notes=len(pairs),
    )


@dataclass(frozen=True, slots=True, eq=False)
class NotePair:
    """How one note moves around its middle, before and after, in cents, and how far its middle is from its target."""

    before: Reals
    after: Reals
    off: tuple[float, float]
    seconds: float
    hop_seconds: float

    @property
    def vibrato(self) -> tuple[Reals, Reals]:
        """Both movements without what is slow."""
        width = max(3, round(SLOW_SECONDS / self.hop_seconds))
        trim = width // 3
        fast = [move - uniform_filter1d(move, width) for move in (self.before, self.after)]
        return fast[0][trim:-trim], fast[1][trim:-trim]


def in_note(judged: tuple[PitchCurve, PitchCurve], note: TunedNote, shift: float = 0.0) -> NotePair | None:
    """What the judge hears in the core of a note; None where that is too little. ``shift`` is added to its target."""
    hop = judged[0].hop_seconds
    length = note.end_seconds - note.start_seconds
    first, last = (round(at / hop) for at in (note.start_seconds + CORE * length, note.end_seconds - CORE * length))
    heard = [curve.pitches[first:last] for curve in judged]
    count = min(len(curve) for curve in heard)
    both = np.isfinite(heard[0][:count]) & np.isfinite(heard[1][:count])
    if both.sum() < FEWEST_POINTS:
        return None
    one, other = (100 * curve[:count][both] for curve in heard)
    off = tuple(float(np.median(cents) - 100 * (note.target_pitch + shift)) for cents in (one, other))
    return NotePair(one - np.median(one), other - np.median(other), (off[0], off[1]), length, hop)


def error_cents(pair: NotePair) -> tuple[float, float]:
    return abs(pair.off[0]), abs(pair.off[1])


def is_vibrato(pair: NotePair) -> bool:
    """Whether a note is long enough and moves enough."""
    width = max(3, round(SLOW_SECONDS / pair.hop_seconds))
    return (
        pair.seconds >= VIBRATO_SECONDS and len(pair.before) > 2 * width and pair.vibrato[0].std() > LEAST_VIBRATO_CENTS
    )


def correlation(one: Reals, other: Reals) -> float:
    """Of two curves; 1 where neither moves."""
    if len(one) < 2 or one.std() == 0 or other.std() == 0:
        return 1.0
    return float(np.corrcoef(one, other)[0, 1])


def median(values: Sequence[float]) -> float | None:
    return float(np.median(values)) if len(values) else None


def tuning_failures(
    reading: TuningReading, limits: TuningLimits = TUNING_LIMITS, *, keeps_movement: bool = True
) -> tuple[str, ...]:
    """What a tuning fails, each in words with its figure and its limit; nothing where it passes.

    ``keeps_movement`` is False for a hard tune that was asked for by name: then vibrato and contour may change.
    """
    r, found = reading, []
    if r.error_cents_after > (1.0 - limits.error_falls_by) * r.error_cents_before:
        found.append(f"note error only falls from {r.error_cents_before:.0f} to {r.error_cents_after:.0f} cents")
    low, high = limits.vibrato_ratio
    if keeps_movement and r.vibrato_ratio is not None and not low <= r.vibrato_ratio <= high:
        found.append(f"vibrato is {r.vibrato_ratio:.2f} times as deep, allowed {low:g} to {high:g}")
    if keeps_movement and r.vibrato_correlation is not None and r.vibrato_correlation < limits.vibrato_correlation:
        found.append(f"vibrato is like itself to {r.vibrato_correlation:.2f}, at least {limits.vibrato_correlation:g}")
    if keeps_movement and r.contour_cents is not None and r.contour_cents > limits.contour_cents:
        found.append(f"movement strays by {r.contour_cents:.1f} cents, at most {limits.contour_cents:g}")
    if r.onset_ms > limits.onset_ms:
        found.append(f"beginnings move by {r.onset_ms:.0f} ms, at most {limits.onset_ms:g}")
    if r.envelope_correlation < limits.envelope_correlation:
        found.append(
            f"loudness is like itself to {r.envelope_correlation:.3f}, at least {limits.envelope_correlation:g}"
        )
    if r.timbre_db is not None and r.timbre_db > limits.timbre_db:
        found.append(f"colour differs by {r.timbre_db:.1f} dB, at most {limits.timbre_db:g}")
    if r.level_db > limits.level_db:
        found.append(f"level changes by {r.level_db:.1f} dB, at most {limits.level_db:g}")
    if r.changed_outside:
        found.append(f"{r.changed_outside} samples change outside of the touched notes")
    return tuple(found)
