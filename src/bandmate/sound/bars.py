"""Bars: the accents of a piece laid over each other bar by bar, and how well they fit what bars of known music have.

Beats are counted out in twelfths, every bar is laid over the first, and the mean accent at each place is compared with
a pattern: where the low notes are, where chords change, what lies between the beats. Every tempo, every number of beats
in a bar and every beat to begin with is one reading; readings are weighed against each other in one sum of weighted
features, and what is left between them is how sure the answer is.

Conventions: accents as from ``bandmate.sound.pulse``, all rows on one grid of hops. A reading shifts the beats it was
made from by quarters of a beat, because a path may have settled between the beats. Bars have three or four beats;
compound meters (6/8) are counted in their dotted beats.

Not covered: bars of five or seven, changes of meter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bandmate.sound.pulse import Beats, at_lag

Reals = npt.NDArray[np.float64]

TWELFTHS = 12
SHIFTS_PER_BEAT = 4
PLACES = (0, 3, 4, 6, 8, 9)
"""Twelfths of a beat that a pattern has a weight for: the beat, its quarters and its thirds."""

BEATS_IN_BAR = (4, 3)
LAGS = (0.25, 1 / 3, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0)
ROWS = ("all", "low", "change", "turn")
MOST_FOLDED = 4.0
MIDDLE_BPM = 110.0


@dataclass(frozen=True, slots=True, eq=False)
class AccentRows:
    """What readings are made from: rows (hops,) of accents by name of `ROWS`, and how each comes again by lag."""

    rows: Mapping[str, Reals]
    recurrence: Mapping[str, Reals]
    hop_seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """One way to count a piece.

    Attributes
    ----------
    beats : int
        which of the tempi that were followed.
    beats_per_bar : int
    shift : int
        in quarters of a beat, from the first beat of that path: where a bar begins.
    probability : float
        of all readings of the piece together 1.
    """

    beats: int
    beats_per_bar: int
    shift: int
    probability: float


def folded(row: Reals, beats: Reals, beats_per_bar: int, hop_seconds: float) -> Reals:
    """The mean of ``row`` at every twelfth of a beat of a bar, all bars laid over each other, as a share of its mean.

    Shape (12 * beats_per_bar,); ones for a row without anything.
    """
    bins = TWELFTHS * beats_per_bar
    if len(beats) < 2:
        return np.ones(bins)
    first, last = int(np.ceil(beats[0] / hop_seconds)), min(len(row), int(beats[-1] / hop_seconds))
    hops = np.arange(first, last)
    place = np.interp(hops * hop_seconds, beats, np.arange(len(beats)))
    at = np.rint(place * TWELFTHS).astype(np.int64) % bins
    total = np.bincount(at, row[first:last], bins)
    count = np.bincount(at, minlength=bins)
    mean = float(row[first:last].mean()) if last > first else 0.0
    if mean <= 0:
        return np.ones(bins)
    found: Reals = np.minimum(total / np.maximum(count, 1) / mean, MOST_FOLDED)
    return found


def tempo_features(accents: AccentRows, beats: Beats, chance: float) -> Reals:
    """What speaks for a tempo whatever its bars are, shape (43,): recurrences, the tempo itself, how busy a beat is."""
    step = 60 / beats.bpm
    lags = np.concatenate(
        [at_lag(accents.recurrence[name], np.array(LAGS) * step, accents.hop_seconds) for name in ROWS]
    )
    high = np.log2(beats.bpm / MIDDLE_BPM)
    everything = accents.rows["all"]
    onsets = (everything[1:-1] > 0.7) & (everything[1:-1] >= everything[:-2]) & (everything[1:-1] > everything[2:])
    busy = float(np.log2(max(1e-3, onsets.sum() * step / max(1, len(everything)) / accents.hop_seconds)))
    on_beat = beats.reward / max(chance, 0.1) - 1
    return np.array([*lags, high, high**2, max(0.0, -high - 0.6), max(0.0, high - 0.6), busy, busy**2, on_beat])


def bar_features(accents: AccentRows, beats: Beats, beats_per_bar: int) -> Reals:
    """The pattern of a bar for each place where it may begin, shape (4 * beats_per_bar, rows * places)."""
    shifts = SHIFTS_PER_BEAT * beats_per_bar
    places = (np.arange(beats_per_bar)[:, None] * TWELFTHS + np.array(PLACES)).reshape(-1)
    turned = (np.arange(shifts)[:, None] * (TWELFTHS // SHIFTS_PER_BEAT) + places) % (TWELFTHS * beats_per_bar)
    laid = [folded(accents.rows[name], beats.seconds, beats_per_bar, accents.hop_seconds) for name in ROWS]
    return np.concatenate([row[turned] for row in laid], axis=1)


def all_features(accents: AccentRows, followed: list[Beats], chances: list[float]) -> dict[int, Reals]:
    """The features of all readings, by beats in a bar: shape (tempi, shifts, features)."""
    made: dict[int, Reals] = {}
    of_tempo = [tempo_features(accents, beats, chance) for beats, chance in zip(followed, chances, strict=True)]
    for beats_per_bar in BEATS_IN_BAR:
        rows = []
        for beats, features in zip(followed, of_tempo, strict=True):
            bars = bar_features(accents, beats, beats_per_bar)
            rows.append(np.concatenate([np.broadcast_to(features, (len(bars), len(features))), bars], axis=1))
        made[beats_per_bar] = np.stack(rows)
    return made


def readings(features: Mapping[int, Reals], weights: Mapping[int, Reals], bias: Mapping[int, float]) -> list[Reading]:
    """All readings, the likeliest first."""
    scores = {per_bar: rows @ weights[per_bar] + bias[per_bar] for per_bar, rows in features.items()}
    most = max(float(rows.max()) for rows in scores.values())
    whole = sum(float(np.exp(rows - most).sum()) for rows in scores.values())
    found = [
        Reading(tempo, per_bar, shift, float(np.exp(value - most)) / whole)
        for per_bar, rows in scores.items()
        for tempo, row in enumerate(rows)
        for shift, value in enumerate(row)
    ]
    return sorted(found, key=lambda reading: -reading.probability)
