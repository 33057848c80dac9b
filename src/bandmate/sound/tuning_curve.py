"""From a tuning to what is done to the sound: semitones, formants and gain at any moment.

Each note has a correction, what has to be added to the sung pitch::

    correction = amount * (target - centre) + (drift_kept - 1) * drift + (vibrato_kept - 1) * vibrato

Drift is what of the pitch moves more slowly than 3 Hz about the note's centre, vibrato all the rest. Where one note
follows another the correction goes over from one to the other in half a cosine, and the sung pitch moves on below it,
so that slides stay slides. Before the first note of a voiced run and after its last the correction is held for a short
while, else it falls to nothing beside the note::

    notes         [--- A ---][----- B -----]          [-- C --]
    correction    ~~~~~~~~~~~~'____________,          ,~~~~~~~,
                            <retune>       '----------'

Conventions: seconds of the recording; semitones; gains as factors. What is asked for at any moment depends on the notes
around it only.

Not covered: sounding it (``tuned_voice``).

References: Eilers, "A perfect smoother", Analytical Chemistry 75 (2003).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import scipy.linalg

from bandmate.song.tuning import TunedNote, Tuning
from bandmate.sound.pitch_curve import PitchCurve

Reals = npt.NDArray[np.float64]

DRIFT_HZ = 3.0
SHORTEST_RISE_SECONDS = 1e-9
JOINED_SECONDS = 0.12
"""Notes that are not farther apart follow each other."""
HELD_SECONDS = 0.12
"""What a voiced run has before its first or after its last note, and is corrected with it."""
GAIN_SECONDS, FORMANT_SECONDS = 0.01, 0.03
MOST_SEMITONES = 24.0

REST = -1
"""In place of a note's number: nothing is done."""


@dataclass(frozen=True, slots=True, eq=False)
class Correction:
    """What is added to a note's pitch: ``semitones`` at ``seconds``, straight lines between, held at both ends."""

    seconds: Reals
    semitones: Reals

    def at(self, moments: Reals) -> Reals:
        """Semitones at these moments."""
        values: Reals = np.interp(moments, self.seconds, self.semitones)
        return values

    @property
    def is_nothing(self) -> bool:
        """Whether it leaves every pitch as it is."""
        return not self.semitones.any()


@dataclass(frozen=True, slots=True, eq=False)
class Borders:
    """Who is heard when: ``numbers`` in turn, from one to the next within ``rises`` (from, to), seconds."""

    numbers: tuple[int, ...]
    rises: tuple[tuple[float, float], ...]

    def shares(self, moments: Reals) -> list[Reals]:
        """How much of each of ``numbers`` is heard at these moments; together 1."""
        steps = [np.ones(len(moments)), *(rise(moments, *span) for span in self.rises), np.zeros(len(moments))]
        return [one - other for one, other in pairwise(steps)]


def correction_of(note: TunedNote, tuning: Tuning, curve: PitchCurve) -> Correction:
    """What is added to the pitch of a note, with the settings of all notes together in it."""
    step = note.amount * tuning.centre * (note.target_pitch - note.centre_pitch)
    drift_kept = note.drift_kept * tuning.drift_kept
    vibrato_kept = note.vibrato_kept * tuning.vibrato_kept
    flat = Correction(np.array([note.start_seconds]), np.clip([step], -MOST_SEMITONES, MOST_SEMITONES))
    if drift_kept == 1.0 and vibrato_kept == 1.0:
        return flat
    seconds, drift, vibrato = movement(note, tuning.reference_hz, curve)
    if not len(seconds):
        return flat
    semitones = step + (drift_kept - 1.0) * drift + (vibrato_kept - 1.0) * vibrato
    return Correction(seconds, np.clip(semitones, -MOST_SEMITONES, MOST_SEMITONES))


def movement(note: TunedNote, reference_hz: float, curve: PitchCurve) -> tuple[Reals, Reals, Reals]:
    """Seconds of a note's points, its drift and its vibrato, semitones from its centre; all empty without pitch."""
    first = max(0, math.ceil(note.start_seconds / curve.hop_seconds))
    last = min(len(curve.hz), math.floor(note.end_seconds / curve.hop_seconds) + 1)
    pitches = curve.pitches[first:last] - 12.0 * math.log2(reference_hz / 440.0) - note.centre_pitch
    known = ~np.isnan(pitches)
    if not known.any():
        return np.empty(0), np.empty(0), np.empty(0)
    places = np.arange(len(pitches))
    whole = np.interp(places, places[known], pitches[known])
    drift = slow_part(whole, known.astype(np.float64), curve.hop_seconds)
    return curve.seconds[first:last], drift, whole - drift


def slow_part(values: Reals, weights: Reals, hop_seconds: float) -> Reals:
    """What moves more slowly than 3 Hz: the smoothest line (third differences) that is near where there is weight."""
    points = len(values)
    if points < 4:
        return np.full(points, float(np.average(values, weights=weights)))
    stiffness = (1.0 / (2.0 * math.pi * DRIFT_HZ * hop_seconds)) ** 6
    bands = np.zeros((4, points))
    difference = np.array([-1.0, 3.0, -3.0, 1.0])
    for lag in range(4):
        for k in range(4 - lag):
            bands[lag, k : points - 3 + k] += difference[k] * difference[k + lag]
    bands *= stiffness
    # A little weight everywhere, so that long gaps do not make the equations singular.
    bands[0] += np.maximum(weights, 1e-6)
    line: Reals = scipy.linalg.solveh_banded(bands, np.maximum(weights, 1e-6) * values, lower=True)
    return line


def rise(moments: Reals, start: float, end: float) -> Reals:
    """Half a cosine from 0 at ``start`` to 1 at ``end``."""
    if end - start < SHORTEST_RISE_SECONDS:
        return (moments >= start).astype(np.float64)
    along = np.clip((moments - start) / (end - start), 0.0, 1.0)
    risen: Reals = 0.5 - 0.5 * np.cos(np.pi * along)
    return risen


def borders_of(
    spans: Sequence[tuple[float, float]],
    ramps: Sequence[float],
    within: tuple[float, float],
    *,
    held: float,
    joined: float,
) -> Borders:
    """In what order notes and rests are heard.

    Parameters
    ----------
    spans : sequence of (start, end)
        of the notes, in the order of their beginnings; one that is still heard when the next begins ends there.
    ramps : sequence of float
        how long it takes to arrive at each note, seconds.
    within : (float, float)
        the voiced run.
    held : float
        notes as near to the ends of ``within`` as that are held to there, seconds.
    joined : float
        notes as near to each other as that go over into each other, seconds.
    """
    numbers: list[int] = []
    rises: list[tuple[float, float]] = []
    if not spans:
        return Borders((REST,), ())
    nexts = [start for start, _ in spans[1:]] + [math.inf]
    spans = [(start, min(end, following)) for (start, end), following in zip(spans, nexts, strict=True)]
    if spans[0][0] - within[0] > held:
        numbers.append(REST)
        rises.append((max(within[0], spans[0][0] - ramps[0]), spans[0][0]))
    for i in range(len(spans) - 1):
        numbers.append(i)
        gap = spans[i + 1][0] - spans[i][1]
        if gap <= joined:
            rises.append(passage(spans[i], spans[i + 1], ramps[i + 1]))
            continue
        numbers.append(REST)
        rises.append((spans[i][1], spans[i][1] + min(ramps[i], 0.5 * gap)))
        rises.append((spans[i + 1][0] - min(ramps[i + 1], 0.5 * gap), spans[i + 1][0]))
    numbers.append(len(spans) - 1)
    if within[1] - spans[-1][1] > held:
        numbers.append(REST)
        rises.append((spans[-1][1], min(within[1], spans[-1][1] + ramps[-1])))
    return Borders(tuple(numbers), tuple(rises))


def passage(one: tuple[float, float], other: tuple[float, float], ramp: float) -> tuple[float, float]:
    """From when to when one note goes over into the next: half of the ramp in each, and at most half of each."""
    early = min(0.5 * ramp, 0.5 * (one[1] - one[0]))
    late = min(0.5 * ramp, 0.5 * (other[1] - other[0]))
    return one[1] - early, other[0] + late


def blended(moments: Reals, borders: Borders, values: Sequence[Correction], rest: float = 0.0) -> Reals:
    """The notes' values at these moments, each as far as it is heard."""
    total = np.zeros(len(moments))
    for number, share in zip(borders.numbers, borders.shares(moments), strict=True):
        if share.any():
            total += share * (rest if number == REST else values[number].at(moments))
    return total


def steady(value: float) -> Correction:
    """The same at all times."""
    return Correction(np.zeros(1), np.full(1, value))


def gains_at(moments: Reals, notes: Sequence[TunedNote]) -> Reals:
    """The gain of each moment: each note's own, 1 beside them; with short ramps."""
    spans = [(note.start_seconds, note.end_seconds) for note in notes]
    ramps = [GAIN_SECONDS] * len(spans)
    borders = borders_of(spans, ramps, (-math.inf, math.inf), held=0.0, joined=2 * GAIN_SECONDS)
    return blended(moments, borders, [steady(gain_of(note)) for note in notes], 1.0)


def gain_of(note: TunedNote) -> float:
    """The gain of a note as a factor."""
    return 0.0 if note.mute else float(10.0 ** (note.gain_db / 20.0))
