"""Inner loops of the melody model: a melody written down event by event, and how well it could be foretold.

Conventions: a melody is a row of events without gaps, notes or rests, in ticks of the song. Events are rows of
``EVENT`` columns: start, rhythm symbol, pitch (``NONE`` for a rest), bar, place in the bar, notes before it, hash of
rhythm and of pitches since the bar began, then for each of ``LAGS`` how well "as so many bars ago" has told the
rhythm. Notes are rows of event, pitch, start, then for each lag how well the pitch and how well the interval was told.
Pitches are MIDI's. "How well" is ``run * 16 + hist``: right guesses in a row, and the last four.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bandmate.sound.kernel import kernel

Ints = NDArray[np.int64]

LENGTHS = np.array(
    (
        *(40, 60, 80, 96, 120, 160, 240, 320, 360, 480, 600, 640, 720, 840, 960, 1200, 1280, 1440, 1680, 1920),
        *(2400, 2880, 3360, 3840, 4800, 5760, 7680),
    ),
    np.int64,
)
"""Lengths of notes and rests in ticks, 960 a quarter note."""

RHYTHMS = 2 * len(LENGTHS)
REACH = 24
PITCHES = 2 * REACH + 1
NONE = -999
LAGS = np.array((1, 2, 3, 4, 8, 16, 32), np.int64)
MANY = len(LAGS)
EVENT, NOTE = 8 + MANY, 3 + 2 * MANY
START, RHYTHM, PITCH, BAR, PLACE, NOTES, BAR_RHYTHM, BAR_PITCHES = range(8)


class Ground(NamedTuple):
    """What a melody stands on.

    ``bars`` (bars, 7): start, length, pulse, meter, bar in the phrase, tonic, mode; behind the last, bars like it go
    on.
    ``chords`` (chords, 3): start, root (-1 for none), kind. ``style``: 0 dance tune, 1 song.
    """

    bars: Ints
    chords: Ints
    style: int


class Log(NamedTuple):
    """Events and notes so far, with room for more."""

    events: Ints
    notes: Ints


class Counts(NamedTuple):
    """How many events and notes of a log count, and where the next event begins."""

    events: int
    notes: int
    ticks: int


@kernel
def symbol_of(ticks: int) -> int:
    """The symbol of the nearest length; of two equally near, the longer."""
    place = int(np.searchsorted(LENGTHS, ticks))
    if place == len(LENGTHS):
        return place - 1
    if place > 0 and ticks - LENGTHS[place - 1] < LENGTHS[place] - ticks:
        return place - 1
    return place


@kernel
def bar_at(ground: Ground, ticks: int) -> int:
    """The number of the bar, from 0; those behind the last are counted on."""
    bars = ground.bars
    last = len(bars) - 1
    if ticks >= bars[last, 0]:
        return int(last + (ticks - bars[last, 0]) // bars[last, 1])
    low, high = 0, last
    while low < high:
        middle = (low + high + 1) >> 1
        if bars[middle, 0] <= ticks:
            low = middle
        else:
            high = middle - 1
    return low


@kernel
def bar_start(ground: Ground, bar: int) -> int:
    last = len(ground.bars) - 1
    if bar <= last:
        return int(ground.bars[bar, 0])
    return int(ground.bars[last, 0] + (bar - last) * ground.bars[last, 1])


@kernel
def strength_of(ground: Ground, bar: int, place: int) -> int:
    """0 the bar line, 1 its middle, 2 a pulse, 3 half or a third of one, 4 in between."""
    row = ground.bars[min(bar, len(ground.bars) - 1)]
    if place == 0:
        return 0
    pulse = row[2]
    if place % pulse:
        part = pulse // 3 if pulse % 1440 == 0 else pulse // 2
        return 4 if place % part else 3
    return 1 if 2 * place == row[1] else 2


@kernel
def mixed(one: int, other: int) -> int:
    """Two numbers as one that is as good as never another pair's."""
    value = (one * 1_000_003 + other + 7) & 0x3FFFFFFFFFFF
    return (value ^ (value >> 17)) & 0x3FFFFFFFFFFF


@kernel
def told(state: int, is_right: bool) -> int:
    run, hist = state >> 4, state & 15
    return (min(run + 1, 60) << 4 | (hist << 1 & 15) | 1) if is_right else hist << 1 & 15


@kernel
def standing(state: int) -> int:
    """0–15 the last four guesses, then long runs: 0 … 20."""
    run = state >> 4
    if run < 4:
        return state & 15
    return 15 if run < 6 else 16 if run < 9 else 17 if run < 14 else 18 if run < 24 else 19 if run < 40 else 20


@kernel
def first_from(rows: Ints, column: int, count: int, ticks: int) -> int:
    """The first row that starts at or behind ``ticks``."""
    low, high = 0, count
    while low < high:
        middle = (low + high) >> 1
        if rows[middle, column] < ticks:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def rhythm_back(log: Log, counts: Counts, ground: Ground, lag: int, ticks: int, bar: int) -> int:
    """The rhythm that stood here ``lag`` bars ago, -1 for none; inside a longer note what was left of it."""
    if bar < lag:
        return -1
    at = bar_start(ground, bar - lag) + ticks - bar_start(ground, bar)
    events = log.events
    found = first_from(events, 0, counts.events, at)
    if found < counts.events and events[found, START] == at:
        return int(events[found, RHYTHM])
    if found == 0 or found >= counts.events:
        return -1
    return symbol_of(events[found, START] - at)


@kernel
def note_back(log: Log, counts: Counts, ground: Ground, lag: int, ticks: int, bar: int) -> int:
    """The number of the note that sounded here ``lag`` bars ago, -1 for none."""
    if bar < lag:
        return -1
    at = bar_start(ground, bar - lag) + ticks - bar_start(ground, bar)
    return first_from(log.notes, 2, counts.notes, at + 1) - 1


@kernel
def tonic_at(ground: Ground, bar: int) -> int:
    """The pitch of the tonic between C4 and B4."""
    return int(60 + ground.bars[min(bar, len(ground.bars) - 1), 5])


@kernel
def interval(step: int) -> int:
    return min(max(step, -REACH), REACH) + REACH


@kernel
def add_event(log: Log, counts: Counts, ground: Ground, rhythm: int, length: int, pitch: int) -> Counts:
    """Write an event behind the others; ``pitch`` is ``NONE`` for a rest."""
    number, ticks = counts.events, counts.ticks
    bar = bar_at(ground, ticks)
    row = log.events[number]
    row[START], row[RHYTHM], row[PITCH], row[BAR], row[NOTES] = ticks, rhythm, pitch, bar, counts.notes
    row[PLACE] = ticks - bar_start(ground, bar)
    is_first = number == 0 or log.events[number - 1, BAR] != bar
    row[BAR_RHYTHM] = mixed(row[PLACE] if is_first else log.events[number - 1, BAR_RHYTHM], rhythm)
    degree = pitch if pitch == NONE else pitch - tonic_at(ground, bar)
    row[BAR_PITCHES] = mixed(mixed(row[PLACE] if is_first else log.events[number - 1, BAR_PITCHES], rhythm), degree)
    for index in range(MANY):
        state = log.events[number - 1, 8 + index] if number else 0
        guess = rhythm_back(log, counts, ground, LAGS[index], ticks, bar)
        row[8 + index] = state if guess < 0 else told(state, guess == rhythm)
    many = counts.notes
    if pitch != NONE:
        add_note(log, counts, ground, bar, pitch)
        many += 1
    return Counts(number + 1, many, ticks + length)


@kernel
def add_note(log: Log, counts: Counts, ground: Ground, bar: int, pitch: int) -> None:
    notes, number, ticks = log.notes, counts.notes, counts.ticks
    row = notes[number]
    row[0], row[1], row[2] = counts.events, pitch, ticks
    for index in range(MANY):
        found = note_back(log, counts, ground, LAGS[index], ticks, bar)
        state = notes[number - 1, 3 + index] if number else 0
        row[3 + index] = state if found < 0 else told(state, notes[found, 1] == pitch)
        state = notes[number - 1, 3 + MANY + index] if number else 0
        if found > 0 and number:
            right = notes[found, 1] - notes[found - 1, 1] == pitch - notes[number - 1, 1]
            row[3 + MANY + index] = told(state, right)
        else:
            row[3 + MANY + index] = state
