"""Inner loops of the melody model: what is known before the rhythm of an event and before the pitch of a note.

Conventions: the log of a melody and what stands in its columns are those of ``melody_log``. In features pitches stand
above the bar's tonic between C4 and B4, unknown ones are ``NONE``; other unknown things are -1. ``standing`` tells how
well a guess has done so far.
"""

from __future__ import annotations

import numpy as np

from bandmate.models.melody_log import (
    BAR,
    BAR_PITCHES,
    BAR_RHYTHM,
    EVENT,
    LAGS,
    LENGTHS,
    MANY,
    NONE,
    NOTE,
    PITCH,
    PLACE,
    RHYTHM,
    Counts,
    Ground,
    Ints,
    Log,
    add_event,
    bar_at,
    bar_start,
    first_from,
    interval,
    note_back,
    rhythm_back,
    standing,
    strength_of,
    tonic_at,
)
from bandmate.sound.kernel import kernel

RHYTHM_NAMES = (
    *("style", "mp", "strength", "d1", "d2", "d3", "d4", "d5", "d6", "i1", "i2", "p1", "p2", "p3", "bar4", "bar8"),
    *("bars", "sofar", "joint", "before", "before2", "before4", "turn"),
    *(f"r{lag}" for lag in LAGS),
    *(f"h{lag}" for lag in LAGS),
    *("best", "best_hits", "agree", "pitch_hits"),
)
PITCH_NAMES = (
    *("style", "mode", "mp", "strength", "d", "d1", "d2", "p1", "i1", "i2", "i3", "i4", "i5", "bar4", "bar8", "bars"),
    *("sofar", "joint", "joint_before", "chord", "over", "high", "low", "strong1", "strong2", "rest", "next"),
    *(f"a{lag}" for lag in LAGS),
    *(f"h{lag}" for lag in LAGS),
    *(f"t{lag}" for lag in LAGS),
    *(f"u{lag}" for lag in LAGS),
    *("best", "best_hits", "agree", "same", "same_hits"),
    *("scale", "pulse", "pulse_step", "half", "half_step"),
)


@kernel
def event_column(log: Log, counts: Counts, back: int, column: int) -> int:
    """A column of the event ``back`` (1: the last) ago; -1 for none."""
    return int(log.events[counts.events - back, column]) if counts.events >= back else -1


@kernel
def pitch_ago(log: Log, counts: Counts, back: int, tonic: int) -> int:
    return int(log.notes[counts.notes - back, 1] - tonic) if counts.notes >= back else NONE


@kernel
def step_ago(log: Log, counts: Counts, back: int) -> int:
    """The interval that led to the note ``back`` ago; ``NONE`` for none."""
    if counts.notes <= back:
        return NONE
    return int(log.notes[counts.notes - back, 1] - log.notes[counts.notes - back - 1, 1])


@kernel
def whole_bar(log: Log, counts: Counts, bar: int, column: int) -> int:
    """The hash at the end of a bar that is over; -1 for one without events."""
    for number in range(counts.events - 1, -1, -1):
        if log.events[number, BAR] <= bar:
            return log.events[number, column] if log.events[number, BAR] == bar else -1
    return -1


@kernel
def place_columns(log: Log, counts: Counts, ground: Ground, bar: int, out: Ints) -> None:
    """Meter and place, strength, bar of four, of eight, bars so far, hash of the bar's rhythm, and of all its notes."""
    row = ground.bars[min(bar, len(ground.bars) - 1)]
    place = counts.ticks - bar_start(ground, bar)
    phrase = row[4] + max(0, bar - len(ground.bars) + 1)
    out[0], out[1] = row[3] * 32768 + place, strength_of(ground, bar, place)
    out[2], out[3], out[4] = phrase % 4, phrase % 8, min(bar, 40) >> 2
    has = counts.events > 0 and log.events[counts.events - 1, BAR] == bar
    out[5] = log.events[counts.events - 1, BAR_RHYTHM] if has else place
    out[6] = log.events[counts.events - 1, BAR_PITCHES] if has else place


@kernel
def rhythm_row(log: Log, counts: Counts, ground: Ground, row: Ints) -> None:
    """What is known before the next event, in the order of ``RHYTHM_NAMES``."""
    bar = bar_at(ground, counts.ticks)
    place = np.empty(7, np.int64)
    place_columns(log, counts, ground, bar, place)
    row[0], row[1], row[2] = ground.style, place[0], place[1]
    for back in range(1, 7):
        row[2 + back] = event_column(log, counts, back, RHYTHM)
    row[9], row[10] = step_ago(log, counts, 1), step_ago(log, counts, 2)
    for back in range(1, 4):
        row[10 + back] = pitch_ago(log, counts, back, tonic_at(ground, bar))
    row[14], row[15], row[16], row[17], row[18] = place[2], place[3], place[4], place[5], place[6]
    row[19] = whole_bar(log, counts, bar - 1, BAR_RHYTHM)
    row[20] = whole_bar(log, counts, bar - 2, BAR_RHYTHM)
    row[21] = whole_bar(log, counts, bar - 4, BAR_RHYTHM)
    up, before = step_ago(log, counts, 1), step_ago(log, counts, 2)
    row[22] = 9 if before == NONE else (min(max(up, -1), 1) + 1) * 3 + min(max(before, -1), 1) + 1
    at = 23
    best, top, pitch_top = -1, -1, 0
    for index in range(MANY):
        guess = rhythm_back(log, counts, ground, LAGS[index], counts.ticks, bar)
        state = log.events[counts.events - 1, 8 + index] if counts.events else 0
        row[at + index], row[at + MANY + index] = guess, standing(state) if guess >= 0 else -1
        if guess >= 0 and state >= top:
            best, top = guess, state
        if counts.notes:
            pitch_top = max(pitch_top, log.notes[counts.notes - 1, 3 + index])
    agree = 0
    for index in range(MANY):
        agree += row[at + index] == best
    at += 2 * MANY
    row[at], row[at + 1], row[at + 2], row[at + 3] = best, standing(max(0, top)), agree, standing(pitch_top)


@kernel
def chord_at(ground: Ground, ticks: int) -> int:
    """The chord's row, -1 for none."""
    found = first_from(ground.chords, 0, len(ground.chords), ticks + 1) - 1
    return found if found >= 0 and ground.chords[found, 1] >= 0 else -1


@kernel
def pitch_row(log: Log, counts: Counts, ground: Ground, rhythm: int, row: Ints) -> None:
    """What is known before the pitch of a note whose rhythm is known, in the order of ``PITCH_NAMES``."""
    bar = bar_at(ground, counts.ticks)
    place = np.empty(7, np.int64)
    place_columns(log, counts, ground, bar, place)
    last = pitch_ago(log, counts, 1, tonic_at(ground, bar))
    ground_bar = ground.bars[min(bar, len(ground.bars) - 1)]
    row[0], row[1], row[2], row[3], row[4] = ground.style, ground_bar[6], place[0], place[1], rhythm
    row[5], row[6] = event_column(log, counts, 1, RHYTHM), event_column(log, counts, 2, RHYTHM)
    row[7] = last
    for back in range(1, 6):
        row[7 + back] = step_ago(log, counts, back)
    row[13], row[14], row[15], row[16], row[17] = place[2], place[3], place[4], place[5], place[6]
    row[18] = whole_bar(log, counts, bar - 1, BAR_PITCHES)
    chord = chord_at(ground, counts.ticks)
    row[19] = row[20] = -1
    if chord >= 0:
        root = (ground.chords[chord, 1] - ground_bar[5]) % 12
        row[19] = root * 8 + ground.chords[chord, 2]
        row[20] = ((0 if last == NONE else last) - root) % 12 * 8 + ground.chords[chord, 2]
    shape_columns(log, counts, bar, tonic_at(ground, bar), row)
    row[25] = counts.events > 0 and log.events[counts.events - 1, PITCH] == NONE
    row[26] = strength_of(ground, bar, place[0] % 32768 + LENGTHS[rhythm % len(LENGTHS)])
    lag_columns(log, counts, ground, bar, row)
    near_columns(log, counts, ground, bar, row)


@kernel
def near_columns(log: Log, counts: Counts, ground: Ground, bar: int, row: Ints) -> None:
    """Which degrees were heard so far, as bits; pitch and interval that stood here a pulse, and half a bar, ago."""
    tonic, ground_bar = tonic_at(ground, bar), ground.bars[min(bar, len(ground.bars) - 1)]
    at, number = 32 + 4 * MANY, counts.notes
    heard = 0
    for note in range(number):
        heard |= 1 << ((log.notes[note, 1] - tonic) % 12)
    row[at] = heard
    last = log.notes[number - 1, 1] if number else tonic
    for index in range(2):
        back = ground_bar[2] if index == 0 else ground_bar[1] // 2
        goal = counts.ticks - back
        found = first_from(log.notes, 2, number, goal + 1) - 1
        row[at + 1 + 2 * index] = row[at + 2 + 2 * index] = -1
        if found >= 0:
            row[at + 1 + 2 * index] = interval(log.notes[found, 1] - last)
        if found > 0 and log.notes[found, 2] == goal:
            row[at + 2 + 2 * index] = interval(log.notes[found, 1] - log.notes[found - 1, 1])


@kernel
def shape_columns(log: Log, counts: Counts, bar: int, tonic: int, row: Ints) -> None:
    """How far the last note is from the highest and lowest of the last bars; pitches at the last bar lines."""
    high, low, strong = NONE, -NONE, 0
    row[23] = row[24] = NONE
    last = pitch_ago(log, counts, 1, tonic)
    for number in range(counts.notes - 1, -1, -1):
        note = log.notes[number]
        event = log.events[note[0]]
        if event[BAR] < bar - 2:
            break
        pitch = note[1] - tonic
        high, low = max(high, pitch), min(low, pitch)
        if strong < 2 and event[PLACE] == 0:
            row[23 + strong] = pitch
            strong += 1
    row[21] = min(12, high - last) if last != NONE and high != NONE else -1
    row[22] = min(12, last - low) if last != NONE and high != NONE else -1


@kernel
def lag_columns(log: Log, counts: Counts, ground: Ground, bar: int, row: Ints) -> None:
    """What stood here so many bars ago: the pitch, and the interval; and how far each can be trusted."""
    at, number = 27, counts.notes
    last = log.notes[number - 1, 1] if number else tonic_at(ground, bar)
    best, top, same, same_top = -1, -1, -1, -1
    for index in range(MANY):
        found = note_back(log, counts, ground, LAGS[index], counts.ticks, bar)
        place = at + index
        row[place] = row[place + MANY] = row[place + 2 * MANY] = row[place + 3 * MANY] = -1
        if found < 0:
            continue
        goal = bar_start(ground, bar - LAGS[index]) + counts.ticks - bar_start(ground, bar)
        is_here = log.notes[found, 2] == goal
        state = log.notes[number - 1, 3 + index] if number else 0
        row[place] = interval(log.notes[found, 1] - last)
        row[place + MANY] = standing(state) * 2 + is_here
        if is_here and state >= top:
            best, top = row[place], state
        if found > 0 and is_here:
            state = log.notes[number - 1, 3 + MANY + index] if number else 0
            row[place + 2 * MANY] = interval(log.notes[found, 1] - log.notes[found - 1, 1])
            row[place + 3 * MANY] = standing(state)
            if state >= same_top:
                same, same_top = row[place + 2 * MANY], state
    agree = 0
    for index in range(MANY):
        agree += row[at + index] == best
    at += 4 * MANY
    row[at], row[at + 1], row[at + 2] = best, standing(max(0, top)), agree
    row[at + 3], row[at + 4] = same, standing(max(0, same_top))


@kernel
def rows_of_melody(
    events: Ints, ground: Ground, first_ticks: int, rhythms: Ints, pitches: Ints, intervals: Ints
) -> int:
    """Rows of a whole melody. ``events`` (events, 3): rhythm, length, pitch. Writes a row of ``rhythms`` for each
    event, one of ``pitches`` for each note, and the intervals; returns the number of notes."""
    log = Log(np.zeros((len(events) + 1, EVENT), np.int64), np.zeros((len(events) + 1, NOTE), np.int64))
    counts = Counts(0, 0, first_ticks)
    for number in range(len(events)):
        rhythm_row(log, counts, ground, rhythms[number])
        if events[number, 2] != NONE:
            pitch_row(log, counts, ground, events[number, 0], pitches[counts.notes])
            tonic = tonic_at(ground, bar_at(ground, counts.ticks))
            last = log.notes[counts.notes - 1, 1] if counts.notes else tonic
            intervals[counts.notes] = interval(events[number, 2] - last)
        counts = add_event(log, counts, ground, events[number, 0], events[number, 1], events[number, 2])
    return counts.notes
