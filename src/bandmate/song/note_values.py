"""How notes are written down: note values, ties, voices and the spelling of pitches.

Conventions: times are ticks, 960 to a quarter note, counted from the start of a bar. In each quarter note of a bar,
notes begin and end either on 32nds (120 ticks) or on triplet sixteenths (160 ticks), whichever is nearer to what is
played there; what is on one of these already keeps its ticks.

Not covered: quintuplets and other tuplets, double dots, swing, enharmonic spelling after the harmony.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from bandmate.song.harmony import Key, Mode
from bandmate.song.time import TICKS_PER_QUARTER

STRAIGHT, TRIPLET = 120, 160
STEPS = "FCGDAEB"
MODE_DEGREES: dict[Mode, int] = {
    "major": 0,
    "dorian": 2,
    "phrygian": 4,
    "lydian": 5,
    "mixolydian": 7,
    "minor": 9,
    "locrian": 11,
}
"""How far above its parent major key's tonic a mode begins."""


class NoteValue(NamedTuple):
    """A note value as it is printed."""

    length: int
    name: str
    dots: int = 0
    is_triplet: bool = False


STRAIGHT_VALUES = (
    NoteValue(5760, "whole", 1),
    NoteValue(3840, "whole"),
    NoteValue(2880, "half", 1),
    NoteValue(1920, "half"),
    NoteValue(1440, "quarter", 1),
    NoteValue(960, "quarter"),
    NoteValue(720, "eighth", 1),
    NoteValue(480, "eighth"),
    NoteValue(360, "16th", 1),
    NoteValue(240, "16th"),
    NoteValue(120, "32nd"),
    NoteValue(60, "64th"),
)
TRIPLET_VALUES = (
    NoteValue(640, "quarter", 0, True),
    NoteValue(320, "eighth", 0, True),
    NoteValue(160, "16th", 0, True),
)
BY_LENGTH = {value.length: value for value in STRAIGHT_VALUES}


def bar_grid(bar_ticks: int, places: Iterable[int]) -> list[int]:
    """The places of a bar where notes may begin and end, first and last included.

    Parameters
    ----------
    bar_ticks : int
        the length of the bar.
    places : iterable of int
        where notes begin and end in it; each quarter note takes the grid that they are nearer to, 32nds if both are.
    """
    inside: dict[int, set[int]] = {}
    for place in places:
        inside.setdefault(place // TICKS_PER_QUARTER, set()).add(place % TICKS_PER_QUARTER)
    grid: list[int] = []
    for beat in range(-(-bar_ticks // TICKS_PER_QUARTER)):
        start = beat * TICKS_PER_QUARTER
        own = inside.get(beat, set())
        is_whole = start + TICKS_PER_QUARTER <= bar_ticks
        step = TRIPLET if is_whole and distance(own, TRIPLET) < distance(own, STRAIGHT) else STRAIGHT
        grid += range(start, min(bar_ticks, start + TICKS_PER_QUARTER), step)
    return [*grid, bar_ticks]


def distance(places: Iterable[int], step: int) -> int:
    """How far the places are from a grid, all together."""
    return sum(min(place % step, -place % step) for place in places)


def nearest(grid: Sequence[int], place: int) -> int:
    """The grid point that is nearest; of two the earlier."""
    i = bisect_left(grid, place)
    around = grid[max(0, i - 1) : i + 1]
    return min(around, key=lambda point: (abs(point - place), point))


def note_values(start: int, end: int, grid: Sequence[int]) -> list[NoteValue]:
    """The values that, tied together, last from ``start`` to ``end``, both on the grid of one bar."""
    triplets = {point // TICKS_PER_QUARTER for point in grid if point % TICKS_PER_QUARTER == TRIPLET}
    found: list[NoteValue] = []
    while start < end:
        beat, into = divmod(start, TICKS_PER_QUARTER)
        beat_end = (beat + 1) * TICKS_PER_QUARTER
        if beat in triplets and (into or end < beat_end):
            value = largest(TRIPLET_VALUES, min(end, beat_end) - start)
        else:
            value = straight_value(start, end, triplets)
        found.append(value)
        start += value.length
    return found


def straight_value(start: int, end: int, triplets: set[int]) -> NoteValue:
    """The next value from ``start`` on where the beat is not in triplets."""
    first, last = start // TICKS_PER_QUARTER, end // TICKS_PER_QUARTER
    for beat in range(first, last + 1):
        if beat in triplets and end < (beat + 1) * TICKS_PER_QUARTER and beat * TICKS_PER_QUARTER > start:
            end = min(end, beat * TICKS_PER_QUARTER)
    into = start % TICKS_PER_QUARTER
    is_plain = end - start in BY_LENGTH and into % 480 == 0 and end - start <= 1440
    if into and not is_plain:
        end = min(end, start - into + TICKS_PER_QUARTER)
    return largest(STRAIGHT_VALUES, end - start)


def largest(values: Sequence[NoteValue], room: int) -> NoteValue:
    return next((value for value in values if value.length <= room), values[-1])


def fifths_of(key: Key | None) -> int:
    """The signature: sharps, or flats below 0."""
    if key is None:
        return 0
    fifths = (key.tonic - MODE_DEGREES[key.mode]) * 7 % 12
    return fifths - 12 if fifths > 6 else fifths


def spelled(pitch_class: int, fifths: int) -> tuple[str, int]:
    """Step and alteration of a pitch class in a key of that signature: in C major from Eb to G#."""
    low = fifths - 3
    place = low + (pitch_class * 7 - low) % 12
    return STEPS[(place + 1) % 7], (place + 1) // 7


class Chorded(NamedTuple):
    """Notes that begin and end together: start, end, and pitch with velocity of each, in ticks of the song."""

    start: int
    end: int
    pitches: tuple[tuple[int, int], ...]


def in_voices(notes: Iterable[tuple[int, int, int, int]]) -> list[list[Chorded]]:
    """Notes (start, end, pitch, velocity) as chords, in as few voices as keep chords of one voice apart."""
    together: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for start, end, pitch, velocity in notes:
        together.setdefault((start, end), []).append((pitch, velocity))
    order = sorted(together.items(), key=lambda item: (item[0][0], -max(item[1])[0], -item[0][1]))
    voices: list[list[Chorded]] = []
    for (start, end), pitches in order:
        free = next((voice for voice in voices if voice[-1].end <= start), None)
        if free is None:
            free = []
            voices.append(free)
        free.append(Chorded(start, end, tuple(sorted(pitches))))
    return voices
