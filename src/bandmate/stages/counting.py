"""Counting: from the onsets of all tracks to beats and bars, and how sure that is.

Conventions: each track's onsets count the same, whatever its level, so that a quiet kick on a track of its own is as
good as a loud one. Where chords change is heard in the spectrum of the tracks, ``power``, with hops of a tenth of a
second. The weights of the readings are in ``data/bar_patterns.toml``, fitted to music whose bars are known.

Music without a pulse is not counted: a path through onsets that collects no more than it would if they were dealt out
anew has no beats.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt
from scipy.ndimage import uniform_filter1d

from bandmate.sound.bars import SHIFTS_PER_BEAT, AccentRows, Reading, all_features, readings
from bandmate.sound.onsets import Onsets
from bandmate.sound.pulse import (
    LEAST_SECONDS,
    SAME_TEMPO,
    Beats,
    accents,
    chance_reward,
    likely_tempi,
    paced,
    recurrence,
    settled,
)

Reals = npt.NDArray[np.float64]
Powers = npt.NDArray[np.float32]

LOW_SHARE = 0.5
CHANGE_BANDS = slice(5, 24)
"""63 Hz to 4 kHz of the 1/3-octave bands."""

CHANGE_SECONDS = 0.4
TURN_SECONDS = 3.0
"""How long before and after a moment the spectrum is looked at for a change of chord, and for a turn in the form."""

USUAL_SIDES = 5.0
MOST_ACCENT = 5.0
LEAST_OVER_CHANCE = 1.12
"""The best path's reward must be this many times that of the same accents in disorder."""


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """Beats and bars as they were heard.

    Attributes
    ----------
    beats : Beats
    first_downbeat : int
        number of the beat, from 0, on which the first whole bar begins.
    beats_per_bar : int
    tempo_confidence, downbeat_confidence : float
        0 to 1: that the tempo is the felt one, and that bars begin where they are said to.
    """

    beats: Beats
    first_downbeat: int
    beats_per_bar: int
    tempo_confidence: float
    downbeat_confidence: float


@dataclass(frozen=True, slots=True, eq=False)
class Followed:
    """What readings are made of.

    Attributes
    ----------
    accents : AccentRows
    mixed : float array (hops,)
        the row of accents that was followed.
    paths : list of Beats
        at each likely tempo.
    chances : list of float
        what each would collect of the same accents in disorder.
    """

    accents: AccentRows
    mixed: Reals
    paths: list[Beats]
    chances: list[float]


def count_bars(onsets: Mapping[str, Onsets], power: Mapping[str, Powers], *, hop_seconds: float) -> Counted | None:
    """Beats and bars of a song, from its tracks' onsets and band powers; None for music without a pulse.

    Parameters
    ----------
    onsets : mapping of track to Onsets
    power : mapping of track to float32 array (bands, hops)
        1/3-octave powers from 20 Hz on; may be empty.
    hop_seconds : float
        distance of the columns of ``power``.
    """
    heard = [one for one in onsets.values() if one.strength.size and one.strength.max() > 0]
    if not heard or max(one.seconds for one in heard) < LEAST_SECONDS:
        return None
    found = followed(heard, power, hop_seconds=hop_seconds)
    if not found.paths or over_chance(found.paths, found.chances) < LEAST_OVER_CHANCE:
        return None
    weights, bias = bar_patterns()
    ranked = readings(all_features(found.accents, found.paths, found.chances), weights, bias)
    return counted(ranked, found.paths, found.mixed, found.accents.hop_seconds)


def followed(heard: list[Onsets], power: Mapping[str, Powers], *, hop_seconds: float) -> Followed:
    """The beats at each likely tempo; none for tracks in which nothing begins."""
    step = heard[0].hop_seconds
    rows = accent_rows(heard, power, step=step, hop_seconds=hop_seconds)
    found = AccentRows(rows, {name: recurrence(row, step) for name, row in rows.items()}, step)
    mixed = sized(rows["all"] + LOW_SHARE * rows["low"])
    if not rows["all"].any():
        return Followed(found, mixed, [], [])
    tempi = likely_tempi(0.6 * found.recurrence["all"] + 0.4 * found.recurrence["low"], step)
    paths = paced(mixed, tempi, step)
    return Followed(found, mixed, paths, [chance_reward(mixed, path.bpm, step) for path in paths])


def over_chance(paths: list[Beats], chances: list[float]) -> float:
    return max(path.reward / max(chance, 0.1) for path, chance in zip(paths, chances, strict=True))


def counted(ranked: list[Reading], paths: list[Beats], row: Reals, step: float) -> Counted | None:
    """The likeliest reading, with its beats in place."""
    tempo_share: dict[int, float] = {}
    for reading in ranked:
        tempo_share[reading.beats] = tempo_share.get(reading.beats, 0.0) + reading.probability
    chosen = max(tempo_share, key=lambda tempo: tempo_share[tempo])
    best = next(reading for reading in ranked if reading.beats == chosen)
    path = paths[chosen]
    if len(path.seconds) < 2:
        return None
    moved = shifted(path, best.shift % SHIFTS_PER_BEAT, len(row) * step)
    beats = settled(moved, row, step)
    # subtle: beats may be put in front while they are settled; the one that was counted from is found again by time.
    first = float(moved.seconds[min(best.shift // SHIFTS_PER_BEAT, len(moved.seconds) - 1)])
    nearest = int(np.abs(beats.seconds - first).argmin()) % best.beats_per_bar
    same = sum(share for tempo, share in tempo_share.items() if is_near(paths[tempo].bpm, path.bpm))
    return Counted(beats, nearest, best.beats_per_bar, min(1.0, same), best.probability)


def is_near(one: float, other: float) -> bool:
    return bool(abs(np.log(one / other)) < SAME_TEMPO)


def shifted(path: Beats, quarters: int, length_seconds: float) -> Beats:
    """The path a few quarters of a beat later."""
    if not quarters:
        return path
    last = 2 * path.seconds[-1] - path.seconds[-2]
    numbers = np.arange(len(path.seconds)) + quarters / SHIFTS_PER_BEAT
    moved = np.interp(numbers, np.arange(len(path.seconds) + 1), np.append(path.seconds, last))
    return Beats(path.bpm, moved[moved < length_seconds], path.reward, path.wander_seconds)


def accent_rows(
    heard: list[Onsets], power: Mapping[str, Powers], *, step: float, hop_seconds: float
) -> dict[str, Reals]:
    """The rows that readings are made from: all onsets, low ones, changes of chord and turns in the form."""
    hops = max(len(one.strength) for one in heard)
    everything, low, change, turn = np.zeros((4, hops))
    for one in heard:
        everything[: len(one.strength)] += accents(one.strength, step)
        low[: len(one.low)] += accents(one.low, step)
    for of_track in power.values():
        change += changes(of_track, hops, CHANGE_SECONDS, (step, hop_seconds))
        turn += changes(of_track, hops, TURN_SECONDS, (step, hop_seconds))
    return {"all": sized(everything), "low": sized(low), "change": sized(change), "turn": sized(turn)}


def sized(row: Reals) -> Reals:
    """The row with a mean square of 1, and nothing far above that; zeros stay."""
    size = float(np.sqrt((row**2).mean())) if row.size else 0.0
    return np.minimum(row / size, MOST_ACCENT) if size > 0 else row


def changes(power: Powers, hops: int, side_seconds: float, distances: tuple[float, float]) -> Reals:
    """How far a track's spectrum after each moment is from that before it, where that is more than usual.

    ``distances`` are those of the hops of the row and of the columns of ``power``, seconds.
    """
    step, hop_seconds = distances
    bands = np.asarray(power[CHANGE_BANDS], np.float64)
    if not bands.size or bands.max() <= 0:
        return np.zeros(hops)
    level = np.log10(bands / bands.max() + 1e-5)
    side = max(1, round(side_seconds / hop_seconds))
    sums = np.pad(np.cumsum(level, axis=1), ((0, 0), (1, 0)))
    columns = level.shape[1]
    at = np.arange(1, columns)
    start, end = np.maximum(at - side, 0), np.minimum(at + side, columns)
    before = (sums[:, at] - sums[:, start]) / (at - start)
    after = (sums[:, end] - sums[:, at]) / (end - at)
    found = np.sqrt(((after - before) ** 2).mean(axis=0))
    # Between column k - 1 and column k lies the time (k - 1/2) * hop_seconds.
    row = np.interp(np.arange(hops) * step, (at - 0.5) * hop_seconds, found) if len(at) else np.zeros(hops)
    usual = uniform_filter1d(row, max(1, round(USUAL_SIDES * side_seconds / step)))
    return sized(np.maximum(row - usual, 0.0))


@cache
def bar_patterns() -> tuple[dict[int, Reals], dict[int, float]]:
    """Weights of the features of a reading and what is added, by beats in a bar."""
    text = files("bandmate").joinpath("data", "bar_patterns.toml").read_text(encoding="utf-8")
    rows = tomllib.loads(text)["bar"]
    return (
        {row["beats"]: np.array(row["tempo"] + row["pattern"]) for row in rows},
        {row["beats"]: float(row["bias"]) for row in rows},
    )
