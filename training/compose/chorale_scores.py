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
from bandmate.stages.compose.passage import Bar, Passage, Tone
from training.compose.works import Work, scores

PARTS = ("Soprano", "Alto", "Tenor", "Bass")
PER_QUARTER = 4
TICKS = 960
SHARED_FRAMES = 32
SHARED_PART = 0.1
"""Pieces that share more than this part of their rows of 32 frames are settings of one another."""


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


def grouped(pieces: list[Chorale]) -> list[int]:
    """The group of each piece: two that share a row of frames (in any key) are one group, and so on from one to the
    next. The corpus has some settings twice, under two numbers."""
    of_row: dict[bytes, int] = {}
    leader = list(range(len(pieces)))

    def head(one: int) -> int:
        while leader[one] != one:
            one = leader[one]
        return one

    for number, piece in enumerate(pieces):
        heights = (piece.pitches - piece.pitches.min()).astype(np.int16)
        rows = []
        for at in range(max(0, len(heights) - SHARED_FRAMES)):
            part = heights[at : at + SHARED_FRAMES]
            rows.append((part - part[0, 0]).tobytes())
        known = {head(of_row[row]) for row in rows if row in of_row}
        counts = {one: sum(head(of_row[row]) == one for row in rows if row in of_row) for one in known}
        for one, count in sorted(counts.items()):
            if count > SHARED_PART * len(rows):
                leader[max(head(one), head(number))] = min(head(one), head(number))
        for row in rows:
            of_row.setdefault(row, number)
    return [head(one) for one in range(len(pieces))]


def teaching(pieces: list[Chorale]) -> tuple[list[Chorale], list[int], list[Chorale]]:
    """What may teach, its groups, and what is left out because a setting of the other folds is in it."""
    groups = grouped(pieces)
    kept_back = {group for group, piece in zip(groups, pieces, strict=True) if piece.work.fold != "teach"}
    pairs = [(group, piece) for group, piece in zip(groups, pieces, strict=True) if piece.work.fold == "teach"]
    pairs.sort(key=lambda pair: pair[0])
    teach = [pair for pair in pairs if pair[0] not in kept_back]
    return (
        [piece for _, piece in teach],
        [group for group, _ in teach],
        [piece for group, piece in pairs if group in kept_back],
    )


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


def passage_of_chorale(piece: Chorale) -> Passage:
    """The chorale's soprano alone, in its bars; a pickup's bar begins before it does."""
    _, count, unit = piece.work.content["timesig"][0]
    length = max(tone.end_ticks for tone in piece.voices[0])
    frames = -(-length * PER_QUARTER // TICKS)
    places = places_of(piece.work.content["measures"], piece.bar, frames)
    starts = sorted({int(frame - place) * TICKS // PER_QUARTER for frame, place in enumerate(places)})
    bars = tuple(Bar(number, start, int(count), int(unit), piece.key) for number, start in enumerate(starts, 1))
    return Passage(bars=bars, all_bars=bars, bpm=90.0, own=piece.voices[0])


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
