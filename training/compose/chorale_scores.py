"""The chorales as four voices on a grid of sixteenths, with their place in the bar and their key.

Conventions: voices in the order soprano, alto, tenor, bass; a frame is a sixteenth. A voice that rests keeps its last
pitch; frames in which all rest are left out. Works that are not in four parts are left out. A short bar that goes
together with the one before or behind it (a pickup) is counted from the end of the full bar.

Not covered: notes shorter than a sixteenth; the frame takes what sounds at its beginning.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.song.harmony import Key
from bandmate.stages.compose.passage import Tone
from training.compose.works import Work, scores

PARTS = ("Soprano", "Alto", "Tenor", "Bass")
PER_QUARTER = 4
TICKS = 960


@dataclass(frozen=True)
class Chorale:
    """A chorale: ``pitches`` (frames, 4), ``begins`` (frames, 4) where a note begins, ``places`` (frames,) in
    sixteenths from the bar's beginning, ``bar`` sixteenths in a bar."""

    work: Work
    pitches: NDArray[np.int64]
    begins: NDArray[np.bool_]
    places: NDArray[np.int64]
    bar: int
    key: Key
    voices: tuple[tuple[Tone, ...], ...]


def chorales() -> Iterator[Chorale]:
    """Every chorale of the corpus that is in four parts."""
    for work in scores("bach_chorales"):
        voices = [part["notes"] for name in PARTS for part in work.content["parts"] if part["name"].startswith(name)]
        if len(voices) == len(PARTS) and all(voices):
            yield chorale_of(work, voices)


def chorale_of(work: Work, voices: list[list[Any]]) -> Chorale:
    """A work on the grid."""
    length = max(round((start + long) * PER_QUARTER) for voice in voices for start, long, _ in voice)
    pitches = np.zeros((length, 4), np.int64)
    begins = np.zeros((length, 4), bool)
    sounds = np.zeros(length, bool)
    for number, voice in enumerate(voices):
        pitches[:, number] = voice[0][2]
        for start, long, pitch in voice:
            first, end = round(start * PER_QUARTER), round((start + long) * PER_QUARTER)
            pitches[first:, number] = pitch
            begins[first, number] = True
            sounds[first:end] = True
    bar = sixteenths_in_a_bar(work.content["timesig"])
    places = places_of(work.content["measures"], bar, length)
    tones = tuple(
        tuple(Tone(round(start * TICKS), round(long * TICKS), pitch) for start, long, pitch in voice)
        for voice in voices
    )
    key = key_of(work.content["key"], tones)
    return Chorale(work, pitches[sounds], begins[sounds], places[sounds], bar, key, tones)


def sixteenths_in_a_bar(meters: list[Any]) -> int:
    """Of the first meter."""
    _, count, unit = meters[0]
    return int(count) * 16 // int(unit)


def places_of(bars: list[float], bar: int, length: int) -> NDArray[np.int64]:
    """Where in its bar each frame is."""
    starts = [min(length, round(start * PER_QUARTER)) for start in bars] + [length]
    places = np.zeros(length, np.int64)
    was_short = True
    for start, end in pairwise(starts):
        is_short = end - start < bar
        places[start:end] = np.arange(end - start) + (bar - (end - start) if is_short and was_short else 0)
        was_short = is_short and not was_short
    return places % bar


def key_of(written: list[Any], voices: tuple[tuple[Tone, ...], ...]) -> Key:
    """The key that the signature and the last bass note agree on: major, its relative minor, or dorian as minor."""
    major = int(written[0][1]) * 7 % 12
    steps = (voices[3][-1].pitch - major) % 12
    if steps == 0:
        return Key(tonic=major, mode="major")
    if steps == 2:
        return Key(tonic=(major + 2) % 12, mode="minor")
    is_minor = steps in (4, 9) or written[0][2] == "minor"
    return Key(tonic=(major + 9) % 12, mode="minor") if is_minor else Key(tonic=major, mode="major")
