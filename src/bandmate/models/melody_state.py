"""Where a melody stands: the bars under it, what was played, and what the model remembers of it.

Conventions: a melody is a row of events without gaps, each a note or a rest; an event's rhythm is a symbol (a length of
``LENGTHS`` and whether it is a rest), a note's pitch is told as the interval to the note before. A ``MelodyState`` is a
value: ``after`` gives another one and leaves it as it is, so that a search may go on from any of them. States that
follow one another share their arrays.

Not covered: several notes at once; of a chord the highest note is the melody's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bandmate.models.melody_log import (
    EVENT,
    LENGTHS,
    NONE,
    NOTE,
    Counts,
    Ground,
    Ints,
    Log,
    add_event,
    symbol_of,
)
from bandmate.models.mixing import Memory
from bandmate.song.chord_tones import tones_of
from bandmate.song.errors import BandmateError
from bandmate.song.harmony import Mode

MODES: tuple[Mode, ...] = ("major", "minor", "dorian", "mixolydian", "phrygian", "lydian", "locrian")
KINDS = ("major", "minor", "dominant", "diminished", "other")
MERGED_TICKS = 120
"""A gap not longer than this, or than half the note before it, is how that note is played and no rest."""


@dataclass(frozen=True, slots=True)
class GroundBar:
    """A bar: where it begins, its meter, its key, and its place in a phrase of eight bars (0–7)."""

    start_ticks: int
    numerator: int
    denominator: int
    tonic: int
    mode: Mode = "major"
    in_phrase: int = 0

    @property
    def ticks(self) -> int:
        return 3840 * self.numerator // self.denominator

    @property
    def pulse_ticks(self) -> int:
        beat = 3840 // self.denominator
        return 3 * beat if self.denominator == 8 and self.numerator % 3 == 0 else beat


@dataclass(frozen=True, slots=True)
class GroundChord:
    """A chord from ``start_ticks`` on: its root and the place of its kind in ``KINDS``; root -1 for no chord."""

    start_ticks: int
    root: int
    kind: int


def kind_of(quality: str) -> int:
    """The place in ``KINDS`` of a chord by its suffix; that of "other" where nobody knows it."""
    try:
        tones = set(tones_of(quality))
    except BandmateError:
        return len(KINDS) - 1
    if {3, 6} <= tones and 7 not in tones:
        return 3
    if 4 in tones:
        return 2 if 10 in tones else 0
    return 1 if 3 in tones else len(KINDS) - 1


def ground_of(bars: Sequence[GroundBar], chords: Sequence[GroundChord] = (), style: int = 0) -> Ground:
    """Bars (at least one) and chords as arrays; ``style``: 0 dance tune, 1 song. Behind the last bar, bars like it."""
    rows = [
        (b.start_ticks, b.ticks, b.pulse_ticks, b.numerator * 32 + b.denominator, b.in_phrase, b.tonic, mode)
        for b in bars
        for mode in (MODES.index(b.mode),)
    ]
    placed = [(chord.start_ticks, chord.root, chord.kind) for chord in chords]
    return Ground(np.array(rows, np.int64), np.array(placed, np.int64).reshape(-1, 3), style)


def events_of(notes: Sequence[tuple[int, int, int]], first_ticks: int) -> tuple[Ints, int]:
    """Notes (start, length, pitch; sorted by start) as events (rhythm, length, pitch), and where the first begins.

    Every event lasts until the next begins; a rest stands only where there is a real gap (see ``MERGED_TICKS``). Rests
    before the first note are left out. Of notes that begin together the highest counts.
    """
    top: dict[int, tuple[int, int]] = {}
    for start, length, pitch in notes:
        if start >= first_ticks and (start not in top or top[start][1] < pitch):
            top[start] = (length, pitch)
    placed = sorted((start, *rest) for start, rest in top.items())
    rows: list[tuple[int, int, int]] = []
    for number, (start, length, pitch) in enumerate(placed):
        whole = placed[number + 1][0] - start if number + 1 < len(placed) else max(1, length)
        gap = whole - length
        if gap <= max(MERGED_TICKS, length // 2):
            rows.append((int(symbol_of(whole)), whole, pitch))
        else:
            rows.append((int(symbol_of(length)), length, pitch))
            rows.append((int(symbol_of(gap)) + len(LENGTHS), gap, NONE))
    begin = placed[0][0] if placed else first_ticks
    return np.array(rows, np.int64).reshape(-1, 3), begin


def length_of(rhythm: int) -> int:
    """Ticks of a rhythm symbol."""
    return int(LENGTHS[rhythm % len(LENGTHS)])


def is_rest(rhythm: int) -> bool:
    return rhythm >= len(LENGTHS)


def rhythm_of(length_ticks: int, *, is_rest: bool = False) -> int:
    """The symbol of the nearest length."""
    return int(symbol_of(length_ticks)) + is_rest * len(LENGTHS)


class Shelf:
    """Arrays that states share; ``used`` events are written."""

    __slots__ = ("log", "pitches", "rhythms", "used")

    def __init__(self, log: Log, rhythms: Memory, pitches: Memory, used: int) -> None:
        self.log, self.rhythms, self.pitches, self.used = log, rhythms, pitches, used

    def part(self, counts: Counts) -> Shelf:
        """A shelf of its own with the first events, with room for more."""
        room = max(128, 2 * counts.events)
        events, notes = np.zeros((room, EVENT), np.int64), np.zeros((room, NOTE), np.int64)
        events[: counts.events] = self.log.events[: counts.events]
        notes[: counts.notes] = self.log.notes[: counts.notes]
        rhythms, pitches = self.rhythms.copy(), self.pitches.copy()
        rhythms.cut(counts.events)
        pitches.cut(counts.notes)
        return Shelf(Log(events, notes), rhythms, pitches, counts.events)


@dataclass(frozen=True, slots=True, eq=False)
class MelodyState:
    """A melody so far; made by ``MelodyModel.start`` and ``MelodyModel.after``."""

    ground: Ground
    counts: Counts
    shelf: Shelf

    @property
    def ticks(self) -> int:
        """Where the next event begins."""
        return self.counts.ticks

    @property
    def last_pitch(self) -> int | None:
        """MIDI pitch of the last note; None before the first."""
        return int(self.shelf.log.notes[self.counts.notes - 1, 1]) if self.counts.notes else None

    def owned(self) -> Shelf:
        """A shelf that may be written on behind this state's events."""
        has_room = self.counts.events + 1 < len(self.shelf.log.events)
        return self.shelf if self.shelf.used == self.counts.events and has_room else self.shelf.part(self.counts)

    def written(self, rhythm: int, length: int, pitch: int, shelf: Shelf) -> MelodyState:
        """The state behind one more event; the shelf must be this state's own."""
        counts = Counts(*add_event(shelf.log, self.counts, self.ground, rhythm, length, pitch))
        shelf.used = counts.events
        return MelodyState(self.ground, counts, shelf)
