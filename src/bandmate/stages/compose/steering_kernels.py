"""The measures of a part in compiled loops, and what a part costs that is not as it was asked for.

Conventions: as in ``steering_ground.py``. The figures are those of ``measures.py``, to the last few digits (a test
holds them together); only what a turned dial needs is measured.
"""

from __future__ import annotations

import math

import numpy as np

from bandmate.sound.kernel import kernel
from bandmate.stages.compose.measures import AROUSAL, TOGETHER_TICKS, VALENCE
from bandmate.stages.compose.measures_tonal import CONSONANCE
from bandmate.stages.compose.steering_ground import (
    CHROMATIC,
    DRUMS,
    FIFTHS_ROW,
    GHOST,
    KIND,
    LINE,
    LONGEST,
    LOW_LINE,
    MOST_EVENTS,
    Ground,
    Reals,
    Whole,
    Work,
)

DENSITY, REGISTER, SYNCOPATION, MODE, TENSION, VALENCE_AT, AROUSAL_AT, SURPRISE, COMPLEXITY, DIAL_COST = range(10)
CONSONANCE_ROW = np.array(CONSONANCE)
GLAD = np.array([VALENCE["mode"], VALENCE["pace"], VALENCE["register"], VALENCE["tension"]])
EXCITED = np.array(
    [AROUSAL["tempo"], AROUSAL["pace"], AROUSAL["velocity"], AROUSAL["register"], AROUSAL["syncopation"]]
)
STRONG = -1
"""Places of this weight and more are strong."""

OFF_SCALE, OFF_CHORD, LEAP, WIDE_LEAP = 0.02, 0.012, 0.004, 0.03
"""What a part of nothing but such notes costs: a dial that is 0.1 off costs 0.01."""

RELIEF = 0.15
"""Share of this where a dial asks for such notes."""

HABIT = 0.003
"""What a nat of surprise costs where no dial asks for it: of two edits that help as much the more usual one is kept."""


@kernel
def groups(tones: Whole, count: int, heads: Whole) -> int:
    """First rows of the notes that begin together, and the end; how many groups there are."""
    found = 0
    for at in range(count):
        if at == 0 or tones[at, 0] - tones[heads[found - 1], 0] > TOGETHER_TICKS:
            heads[found] = at
            found += 1
    heads[found] = count
    return found


@kernel
def of_line(tones: Whole, first: int, end: int, lowest: bool) -> int:
    """The row of the lowest (the first of them) or the highest (the last of them) note of a group."""
    best = first
    for at in range(first + 1, end):
        if (lowest and tones[at, 2] < tones[best, 2]) or (not lowest and tones[at, 2] >= tones[best, 2]):
            best = at
    return best


@kernel
def place_at(ground: Ground, ticks: int) -> int:
    return int(ticks // 960 * 12 + ground.snaps[ticks % 960])


@kernel
def segment_at(ground: Ground, ticks: int) -> int:
    low, high = 0, len(ground.segments) - 1
    while low < high:
        middle = (low + high + 1) // 2
        if ground.segments[middle, 0] <= ticks:
            low = middle
        else:
            high = middle - 1
    return low


@kernel
def bar_at(ground: Ground, ticks: int) -> int:
    bar = 0
    while bar < len(ground.bars) - 2 and ground.bars[bar + 1] <= ticks:
        bar += 1
    return bar


@kernel
def syncopated(ground: Ground, work: Work, tones: Whole, count: int) -> float:
    """Weight a bar, as ``measures_meter.syncopation``."""
    struck, places = work.struck, len(ground.weights)
    struck[:] = 0
    for at in range(count):
        if ground.facts[KIND] == DRUMS and (ground.pieces[tones[at, 2], 0] == 1 or tones[at, 3] < GHOST):
            continue
        place = place_at(ground, tones[at, 0])
        if 0 <= place < places:
            struck[place] = 1
    total, here, strongest = 0, -1, -99
    for place in range(places + 1):
        if place == places or struck[place] == 1:
            if here >= 0 and strongest > -99:
                total += max(0, strongest - ground.weights[here])
            here, strongest = place, -99
        elif here >= 0 and place <= here + ground.facts[LONGEST]:
            strongest = max(strongest, ground.weights[place])
    return float(total / ground.feeling[3])


@kernel
def clash(tones: Whole, first: int, end: int) -> float:
    """Dissonance of the pitch classes of a group."""
    classes = 0
    for at in range(first, end):
        classes |= 1 << (tones[at, 2] % 12)
    total, pairs = 0.0, 0
    for one in range(12):
        if classes >> one & 1:
            for other in range(one + 1, 12):
                if classes >> other & 1:
                    total += CONSONANCE_ROW[min(other - one, 12 - other + one)]
                    pairs += 1
    if pairs == 0:
        return 0.0
    return float((CONSONANCE_ROW[5] - total / pairs) / (CONSONANCE_ROW[5] - CONSONANCE_ROW[1]))


@kernel
def tonal(ground: Ground, work: Work, tones: Whole, found: int) -> tuple[float, float]:
    """Brightness and tension."""
    bright, tense, weight = 0.0, 0.0, 0.0
    for group in range(found):
        first, end = work.heads[group], work.heads[group + 1]
        lowest = of_line(tones, first, end, True)
        under = segment_at(ground, tones[lowest, 0])
        sour = clash(tones, first, end) if end - first > 1 else 0.0
        for at in range(first, end):
            own = under if tones[at, 0] == tones[lowest, 0] else segment_at(ground, tones[at, 0])
            length = tones[at, 1]
            bright += length * FIFTHS_ROW[(tones[at, 2] - ground.segments[own, 1]) % 12]
            tense += length * (ground.strain[under, (tones[at, 2] - ground.segments[under, 1]) % 12] + sour)
            weight += length
    return bright / weight, tense / weight


@kernel
def surprising(ground: Ground, work: Work, tones: Whole, found: int) -> float:
    """Nats for an event, as ``measures.surprise``."""
    total, degree, before, length, longer, last = 0.0, 0, 0, 0, 0, 0
    lowest = ground.facts[LOW_LINE] == 1 or ground.facts[KIND] == DRUMS
    for group in range(found):
        first, end = work.heads[group], work.heads[group + 1]
        at = of_line(tones, first, end, lowest)
        if ground.facts[KIND] == DRUMS:
            bits = 0
            for row in range(first, end):
                bits |= ground.pieces[tones[row, 2], 1]
            if group > 0:
                total += ground.stroke[last, drum_place(ground, tones[at, 0]) // 3 % 16, bits]
            last = bits
            continue
        here = (tones[at, 2] - ground.segments[segment_at(ground, tones[at, 0]), 1]) % 12
        place = place_at(ground, tones[at, 0])
        if group > 0:
            total += ground.pitch[before, degree, here]
            now = ground.lengths[min(max(0, place - last), MOST_EVENTS - 1)]
            if group > 1:
                total += ground.rhythm[longer, length, now]
            longer, length = (length, now) if group > 1 else (now, now)
            before, degree = degree, here
        else:
            before, degree = here, here
        last = place
    return total / (found - 1)


@kernel
def drum_place(ground: Ground, ticks: int) -> int:
    bar = bar_at(ground, ticks)
    return int(place_at(ground, ticks - ground.bars[bar]) % ((ground.bars[bar + 1] - ground.bars[bar]) // 80))


@kernel
def code_length(events: Whole, count: int, alphabet: int, stamps: Whole, mark: int) -> float:
    """As ``measures_order.code_length``; ``mark`` is larger than any that stands in ``stamps``.

    Places with the same event are chained, so that only those are looked at which share the event before.
    """
    total, different = 0.0, 0
    chain, rank = np.empty(count, np.int64), np.empty(count, np.int64)
    size, same, kinds = np.zeros(4, np.int64), np.zeros(4, np.int64), np.zeros(4, np.int64)
    for at in range(count):
        event = min(events[at], MOST_EVENTS - 1)
        last = stamps[0, event] - mark
        chain[at] = last if last >= 0 else -1
        rank[at] = rank[last] + 1 if last >= 0 else 0
        size[:], same[:], kinds[:] = 0, 0, 0
        size[0], same[0], kinds[0] = at, rank[at], different
        before = chain[at - 1] if at > 0 else -1
        while before >= 0:
            other = before + 1
            deep = 1
            while deep < 3 and other - deep > 0 and events[other - deep - 1] == events[at - deep - 1]:
                deep += 1
            value = min(events[other], MOST_EVENTS - 1)
            for order in range(1, deep + 1):
                size[order] += 1
                same[order] += value == event
                if stamps[order, value] != mark + at:
                    stamps[order, value] = mark + at
                    kinds[order] += 1
            before = chain[before]
        different += last < 0
        stamps[0, event] = mark + at
        chance = 1.0 / alphabet
        for order in range(min(at, 3) + 1):
            if size[order] > 0:
                many = max(1, kinds[order])
                chance = (same[order] + many * chance) / (size[order] + many)
        total -= math.log(chance)
    return total / max(1, count)


@kernel
def complicated(ground: Ground, work: Work, tones: Whole, found: int) -> float:
    """Nats for an event, as ``measures.complexity``."""
    drums = ground.facts[KIND] == DRUMS
    lowest = ground.facts[LOW_LINE] == 1 or drums
    pitch, place = 0, 0
    for group in range(found):
        first, end = work.heads[group], work.heads[group + 1]
        at = of_line(tones, first, end, lowest)
        if drums:
            bits = 0
            for row in range(first, end):
                bits |= ground.pieces[tones[row, 2], 1]
            work.events[0, group], work.events[1, group] = bits, drum_place(ground, tones[at, 0])
            continue
        here = place_at(ground, tones[at, 0])
        if group > 0:
            work.events[0, group - 1] = max(-12, min(12, tones[at, 2] - pitch)) + 12
            work.events[1, group - 1] = max(0, here - place)
        pitch, place = tones[at, 2], here
    count = found if drums else found - 1
    mark = work.at[1]
    work.at[1] += 2 * count
    first_row = code_length(work.events[0], count, 12 if drums else 25, work.stamps, mark)
    return first_row + code_length(work.events[1], count, 24 if drums else 16, work.stamps, mark + count)


@kernel
def measure(ground: Ground, work: Work, tones: Whole, count: int, deep: bool) -> int:
    """Write the figures of some notes, complexity only where ``deep``; how many groups there are."""
    figures, asked = work.figures, ground.wants[1]
    found = groups(tones, count, work.heads)
    share, loud = 0.5, 0.0
    for at in range(count):
        share += tones[at, 2]
        loud += tones[at, 3]
    share = ((share - 0.5) / max(1, count) - ground.feeling[4]) / max(1.0, ground.feeling[5] - ground.feeling[4])
    figures[DENSITY], figures[REGISTER] = count / ground.feeling[3], share
    if ground.facts[KIND] == DRUMS:
        share = 0.5
    if asked[SYNCOPATION] > 0 or asked[AROUSAL_AT] > 0:
        figures[SYNCOPATION] = syncopated(ground, work, tones, count)
    if (asked[MODE] > 0 or asked[TENSION] > 0 or asked[VALENCE_AT] > 0) and ground.facts[KIND] != DRUMS:
        figures[MODE], figures[TENSION] = tonal(ground, work, tones, found)
        figures[VALENCE_AT] = (
            GLAD[0] * figures[MODE] + GLAD[1] * ground.feeling[0] + GLAD[2] * share + GLAD[3] * figures[TENSION]
        )
    if asked[AROUSAL_AT] > 0:
        pace = math.log(found / ground.feeling[2] * ground.feeling[1] / 60)
        figures[AROUSAL_AT] = EXCITED[0] * ground.feeling[0] + EXCITED[1] * pace + EXCITED[3] * share
        figures[AROUSAL_AT] += EXCITED[2] * loud / count / 127 + EXCITED[4] * figures[SYNCOPATION]
    figures[SURPRISE] = surprising(ground, work, tones, found) if found > 1 else 0.0
    if asked[COMPLEXITY] > 0 and deep:
        figures[COMPLEXITY] = complicated(ground, work, tones, found) if found > 1 else 0.0
    return found


@kernel
def on_scale(rows: Reals, low: int, part: float, figure: float) -> float:
    """Place of a figure on a scale, or between it and the next; it goes straight on behind the ends."""
    at, below, above = 0, 0.0, 0.0
    while at < 10:
        below = rows[low, at] if part == 0 else rows[low, at] * (1 - part) + rows[low + 1, at] * part
        above = rows[low, at + 1] if part == 0 else rows[low, at + 1] * (1 - part) + rows[low + 1, at + 1] * part
        if figure <= above or at == 9:
            break
        at += 1
    return (at + (figure - below) / (above - below)) / 10


@kernel
def reading(ground: Ground, dial: int, figure: float, found: int) -> float:
    """What a dial reads; complexity between the rows for the number of events."""
    if dial != COMPLEXITY:
        return on_scale(ground.rows, dial, 0.0, figure)
    place = min(max(math.log2(max(1, found)), 3.0), 7.0) - 3.0
    low = min(int(place), 3)
    return on_scale(ground.rows, COMPLEXITY + low, place - low, figure)


@kernel
def missed(ground: Ground, work: Work, dial: int, found: int) -> float:
    """What a dial costs: the square of what it is off; nothing behind the end that is asked for."""
    target = ground.wants[0, dial]
    off = reading(ground, dial, work.figures[dial], found) - target
    if (target <= 0 and off < 0) or (target >= 1 and off > 0):
        return 0.0
    return float(ground.wants[1, dial] * off * off)


@kernel
def cost(ground: Ground, work: Work, tones: Whole, count: int, bound: float) -> float:
    """Errors of the dials and what sounds wrong; no more than needed is measured of what costs ``bound`` or more."""
    found = measure(ground, work, tones, count, False)
    dials, rough = 0.0, awkward(ground, work, tones, found)
    if ground.wants[1, SURPRISE] == 0:
        rough += HABIT * work.figures[SURPRISE]
    for dial in range(COMPLEXITY):
        if ground.wants[1, dial] > 0:
            dials += missed(ground, work, dial, found)
    if ground.wants[1, COMPLEXITY] > 0 and dials + rough < bound:
        work.figures[COMPLEXITY] = complicated(ground, work, tones, found) if found > 1 else 0.0
        dials += missed(ground, work, COMPLEXITY, found)
    work.figures[DIAL_COST] = dials
    return dials + rough


@kernel
def awkward(ground: Ground, work: Work, tones: Whole, found: int) -> float:
    """Notes off the scale, notes beside the chord on strong places, and leaps of a line."""
    if ground.facts[KIND] == DRUMS or found == 0:
        return 0.0
    off_scale, off_chord, leaps, before = 0, 0, 0.0, -1
    for group in range(found):
        first, end = work.heads[group], work.heads[group + 1]
        under = segment_at(ground, tones[first, 0])
        scale, chord = ground.segments[under, 2], ground.segments[under, 3]
        place = min(place_at(ground, tones[first, 0]), len(ground.weights) - 1)
        for at in range(first, end):
            one = 1 << (tones[at, 2] % 12)
            off_scale += (scale | chord) & one == 0
            off_chord += chord != 0 and chord & one == 0 and ground.weights[place] >= STRONG
        pitch = tones[of_line(tones, first, end, ground.facts[LOW_LINE] == 1), 2]
        if before >= 0 and ground.facts[KIND] == LINE:
            leap = abs(pitch - before)
            leaps += (LEAP if leap > 7 else 0.0) + (WIDE_LEAP if leap > 12 else 0.0)
        before = pitch
    ease = RELIEF if ground.facts[CHROMATIC] == 1 else 1.0
    count = work.heads[found]
    return float(ease * (OFF_SCALE * off_scale + OFF_CHORD * off_chord) / count + leaps / found)
