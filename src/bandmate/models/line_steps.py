"""Lines of steps as works are compared by: pitches without key and rhythm, rhythms without pitch, chords without key.

Conventions: ticks at 960 to the quarter. Of notes that begin together the highest is in the line. A pitch that is
repeated counts once, so that a note cut in two makes no other line. A chord that is repeated counts once as well.

Not covered: inner voices, ornaments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from bandmate.models.works_index import Line
from bandmate.song.chord_tones import tones_of
from bandmate.song.harmony import Chord

TOGETHER_TICKS = 60
MOST_STEP = 36
SIXTEENTH_TICKS = 240
LONGEST_SIXTEENTHS = 32
KINDS_OF_CHORD = 5
"""Major, minor, dominant, diminished, and what has no third or another shape."""


class Placed(NamedTuple):
    """A line, and which note of the part each of its places is."""

    line: Line
    notes: tuple[int, ...]


def skyline(starts: Sequence[int], pitches: Sequence[int]) -> list[int]:
    """Which notes are the highest of those that begin with them, in the order of time."""
    order = sorted(range(len(starts)), key=lambda i: (starts[i], -pitches[i]))
    kept: list[int] = []
    for i in order:
        if not kept or starts[i] - starts[kept[-1]] > TOGETHER_TICKS:
            kept.append(i)
    return kept


def pitch_line(starts: Sequence[int], pitches: Sequence[int], bar_at: Callable[[int], int]) -> Placed:
    """Half steps from note to note."""
    kept: list[int] = []
    for i in skyline(starts, pitches):
        if not kept or pitches[i] != pitches[kept[-1]]:
            kept.append(i)
    steps = [max(-MOST_STEP, min(MOST_STEP, pitches[b] - pitches[a])) for a, b in pairwise(kept)]
    return Placed(Line(tuple(steps), tuple(bar_at(starts[i]) for i in kept)), tuple(kept))


def rhythm_line(starts: Sequence[int], pitches: Sequence[int], bar_at: Callable[[int], int]) -> Placed:
    """Sixteenths from onset to onset."""
    kept = skyline(starts, pitches)
    steps = [
        max(1, min(LONGEST_SIXTEENTHS, round((starts[b] - starts[a]) / SIXTEENTH_TICKS))) for a, b in pairwise(kept)
    ]
    return Placed(Line(tuple(steps), tuple(bar_at(starts[i]) for i in kept)), tuple(kept))


def chord_line(chords: Iterable[Chord], bar_at: Callable[[int], int]) -> Placed:
    """How the root moves from chord to chord, and between which kinds of chords."""
    every = sorted(chords, key=lambda chord: chord.start_ticks)
    kept: list[int] = []
    kinds = [kind_of(chord.quality) for chord in every]
    for i, chord in enumerate(every):
        if not kept or (chord.root, kinds[i]) != (every[kept[-1]].root, kinds[kept[-1]]):
            kept.append(i)
    steps = [chord_step(every[a].root, kinds[a], every[b].root, kinds[b]) for a, b in pairwise(kept)]
    return Placed(Line(tuple(steps), tuple(bar_at(every[i].start_ticks) for i in kept)), tuple(kept))


def chord_step(root: int, kind: int, next_root: int, next_kind: int) -> int:
    """One number for a change of chord, the same in every key."""
    return ((next_root - root) % 12 * KINDS_OF_CHORD + kind) * KINDS_OF_CHORD + next_kind


def kind_of(quality: str) -> int:
    """0 major, 1 minor, 2 dominant, 3 diminished, 4 anything else."""
    tones = set(tones_of(quality))
    if 6 in tones and 3 in tones:
        return 3
    if 4 in tones:
        return 2 if 10 in tones else 0
    return 1 if 3 in tones else 4
