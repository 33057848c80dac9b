"""Where a melody is harmonised: its line, the ends of its phrases, and the slots that get a chord each.

Conventions: a slot lasts from one pulse of the bar to the next (a beat; three eighths in 6/8; 2 + 2 + 3 eighths in
7/8), and begins anew where a chord of the song or a pin begins. Where the melody rests for a pulse or more, there is
no slot. Of notes that sound together the highest is the melody.

Not covered: phrases that only the words tell.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from bandmate.models.part_costs import MELODY, SLOT, Rows
from bandmate.song.harmony import Key
from bandmate.song.scales import is_minor_like
from bandmate.stages.compose.passage import Bar, Tone

QUARTER = 960
SHORTEST_TICKS = 240
"""A pulse that comes sooner after the beginning of a slot begins none."""

INSIDE, BEFORE_END, END, LAST = range(4)
MOST_PHRASE_BARS = 9


class Slot(NamedTuple):
    """A place for a chord: ticks, how strong it is (0 to 2), where in the phrase, its key, and the melody in it."""

    start: int
    end: int
    middle: int
    strength: int
    phrase: int
    key: Key
    soprano: int
    """Where the melody is at the beginning."""

    before: int
    """Where the melody was just before; -1 behind a rest."""

    lowest: int
    highest: int
    at_middle: int
    last: int
    strikes: bool
    """Whether a note of the melody begins with the slot."""

    shares: tuple[int, ...]
    """How much of the slot each pitch class of the melody has, in thousandths."""


def melody_line(tones: Sequence[Tone], start: int, end: int) -> tuple[Tone, ...]:
    """The highest note wherever one begins, each cut where the next begins, and where the bars do."""
    inside = [tone for tone in tones if tone.start_ticks < end and tone.end_ticks > start]
    line: list[Tone] = []
    for tone in sorted(inside, key=lambda one: (max(start, one.start_ticks), -one.pitch)):
        begin, stop = max(start, tone.start_ticks), min(end, tone.end_ticks)
        if line and (line[-1].start_ticks == begin or (line[-1].end_ticks > begin and line[-1].pitch > tone.pitch)):
            continue
        if line and line[-1].end_ticks > begin:
            line[-1] = line[-1]._replace(length_ticks=begin - line[-1].start_ticks)
        line.append(tone._replace(start_ticks=begin, length_ticks=stop - begin))
    return tuple(line)


def pulses_of(bar: Bar) -> tuple[tuple[int, int], ...]:
    """The pulses of a bar: ticks in the song, strength.

    >>> [ticks for ticks, _ in pulses_of(Bar(1, 0, 7, 8, Key(tonic=0)))]
    [0, 960, 1920]
    """
    if bar.denominator >= 8 and not (bar.numerator % 3 == 0 and bar.denominator == 8):
        twos = max(0, (bar.numerator - 3 * (bar.numerator % 2)) // 2)
        groups = [2] * twos + [3] * (bar.numerator % 2)
        steps = [sum(groups[:at]) * bar.beat_ticks for at in range(len(groups))]
        if bar.denominator > 8:
            steps = [step for step in steps if step % 480 == 0]
    else:
        long = 3 * bar.beat_ticks if bar.denominator == 8 else min(QUARTER, bar.beat_ticks)
        steps = list(range(0, bar.length_ticks, long))
    half = len(steps) // 2 if len(steps) % 2 == 0 and len(steps) > 1 else -1
    return tuple(
        (bar.start_ticks + step, 0 if at == 0 else 1 if at == half else 2) for at, step in enumerate(steps or [0])
    )


def phrase_ends(line: Sequence[Tone], bars: Sequence[Bar]) -> tuple[int, ...]:
    """The places in the line at which phrases end: long notes, notes before rests, phrases of about two or four bars.

    The last note always ends one. Found by dynamic programming over all notes.
    """
    if not line:
        return ()
    bar_ticks = bars[0].length_ticks if bars else 4 * QUARTER
    usual = float(np.median([tone.length_ticks for tone in line]))
    best, came = [0.0] * (len(line) + 1), [0] * (len(line) + 1)
    for at in range(1, len(line) + 1):
        tone = line[at - 1]
        end = line[at].start_ticks if at < len(line) else tone.end_ticks
        gain = min(2.0, (end - tone.start_ticks) / max(usual, 480) - 1.0)
        gain += 1.5 if end - tone.end_ticks >= QUARTER // 2 else 0.0
        options: list[tuple[float, int]] = []
        for start in range(at - 1, -1, -1):
            length = (end - line[start].start_ticks) / bar_ticks
            if length > MOST_PHRASE_BARS and options:
                break
            cost = 0.8 * abs(float(np.log2(max(length, 0.1) / 2.0))) + (0.0 if length < 4.5 else 1.0)
            options.append((best[start] - cost, start))
        top, came[at] = max(options)
        best[at] = top + gain - 0.6
    ends, at = [], len(line)
    while at > 0:
        ends.append(at - 1)
        at = came[at]
    return tuple(sorted(ends))


def slots_of(line: Sequence[Tone], bars: Sequence[Bar], cuts: Sequence[int] = (), key: Key | None = None) -> list[Slot]:
    """The slots of a line; ``cuts`` are further places at which slots begin, ``key`` holds instead of the bars'."""
    if not line:
        return []
    starts = [tone.start_ticks for tone in line]
    closing = {line[at].start_ticks for at in phrase_ends(line, bars)}
    found: list[Slot] = []
    for begin, stop in stretches(line, bars):
        places = slot_places(begin, stop, bars, cuts)
        for (start, strength), (end, _) in pairwise([*places, (stop, 2)]):
            bar = bars[max(0, bisect_right([one.start_ticks for one in bars], start) - 1)]
            now = line[max(0, bisect_right(starts, start) - 1)]
            phrase = END if now.start_ticks in closing else INSIDE
            if phrase == END and now is line[-1]:
                phrase = LAST
            before = pitch_at(line, starts, start - 1) if start > begin else -1
            found.append(slot_of((start, end, strength, phrase), (before, key or bar.key), line, bar))
    return [
        one._replace(phrase=BEFORE_END) if other is not None and one.phrase == INSIDE and other.phrase >= END else one
        for one, other in zip(found, [*found[1:], None], strict=True)
    ]


def slot_of(place: tuple[int, int, int, int], known: tuple[int, Key], line: Sequence[Tone], bar: Bar) -> Slot:
    """One slot; ``place``: start, end, strength, phrase; ``known``: where the melody was before, and the key."""
    start, end, strength, phrase = place
    starts = [tone.start_ticks for tone in line]
    third = (end - start) % (3 * 480) == 0 and bar.denominator == 8
    middle = start + (2 * (end - start) // 3 if third else (end - start) // 2)
    inside = line[max(0, bisect_right(starts, start) - 1) : bisect_right(starts, end - 1)]
    shares = np.zeros(12)
    for tone in inside:
        shares[tone.pitch % 12] += max(0, min(end, tone.end_ticks) - max(start, tone.start_ticks))
    shares = np.floor(1000 * shares / max(1.0, shares.sum()) + 0.5)
    pitches = [tone.pitch for tone in inside]
    return Slot(
        start, end, middle, strength, phrase, known[1], pitch_at(line, starts, start), known[0],
        min(pitches), max(pitches), pitch_at(line, starts, middle), pitches[-1], start in starts,
        tuple(int(share) for share in shares),
    )  # fmt: skip


def pitch_at(line: Sequence[Tone], starts: Sequence[int], ticks: int) -> int:
    """Where the melody is at a moment; in a short rest where it was."""
    return line[max(0, bisect_right(starts, ticks) - 1)].pitch


def stretches(line: Sequence[Tone], bars: Sequence[Bar]) -> list[tuple[int, int]]:
    """From where to where the melody goes on without a rest of a pulse."""
    pulse = max(QUARTER // 2, min((bar.pulse_ticks for bar in bars), default=QUARTER))
    found = [(line[0].start_ticks, line[0].end_ticks)]
    for tone in line[1:]:
        if tone.start_ticks - found[-1][1] >= pulse:
            found.append((tone.start_ticks, tone.end_ticks))
        else:
            found[-1] = (found[-1][0], max(found[-1][1], tone.end_ticks))
    return found


def slot_places(begin: int, stop: int, bars: Sequence[Bar], cuts: Sequence[int]) -> list[tuple[int, int]]:
    """Where slots begin between two moments, and how strong they are."""
    grid = {ticks: strength for bar in bars for ticks, strength in pulses_of(bar) if begin <= ticks < stop}
    wanted = {begin: grid.get(begin, 2), **{cut: grid.get(cut, 2) for cut in cuts if begin < cut < stop}}
    found: list[tuple[int, int]] = []
    for ticks in sorted({*grid, *wanted}):
        nearest = min([stop, *(one for one in wanted if one > ticks)]) - ticks
        if ticks in wanted or (ticks - found[-1][0] >= SHORTEST_TICKS and nearest >= SHORTEST_TICKS):
            found.append((ticks, grid.get(ticks, 2)))
    return found


def slot_rows(slots: Sequence[Slot]) -> Rows:
    """The slots as ``models.part_costs`` wants them."""
    rows = np.zeros((len(slots), SLOT), np.int64)
    for at, slot in enumerate(slots):
        after = slots[at + 1].soprano % 12 if at + 1 < len(slots) else -1
        row = (slot.key.tonic, int(is_minor_like(slot.key)), slot.strength, slot.phrase, after, slot.before)
        rows[at, :MELODY] = row
        rows[at, MELODY:] = slot.shares
    return rows
