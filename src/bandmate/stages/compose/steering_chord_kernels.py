"""The measures of a progression in compiled loops, and the search for chords that are nearer to the dials.

Conventions: as in ``steering_chords.py``. The figures are those of ``measures.py``.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from bandmate.sound.kernel import kernel
from bandmate.stages.compose.steering_ground import Ground, Reals, Whole, Work
from bandmate.stages.compose.steering_kernels import (
    AROUSAL_AT,
    COMPLEXITY,
    DENSITY,
    DIAL_COST,
    EXCITED,
    GLAD,
    HABIT,
    MODE,
    SURPRISE,
    SYNCOPATION,
    TENSION,
    VALENCE_AT,
    bar_at,
    code_length,
    missed,
    syncopated,
)
from bandmate.stages.compose.steering_places import draw, pick, repeat

MISFIT, OUTSIDE, RESTLESS = 0.25, 0.03, 0.02
"""What it costs where no note of the other parts is in its chord, no chord tone on the scale, and where every chord is
struck off the beats."""

GAIN, NEAR_ENOUGH, PATIENCE, POLISH = 2e-5, 1e-4, 500, 150
CELL = 480
FULL_VELOCITY = 96.0


class Harmony(NamedTuple):
    """The chords that may be written, by key and symbol, and what they stand under."""

    keys: Whole
    bright: Reals
    tense: Reals
    outside: Reals
    kinds: Whole
    names: Whole
    bits: Whole
    cells: Reals
    costs: Reals
    facts: Whole
    """How many symbols, and ticks of a beat."""


@kernel
def measure_chords(ground: Ground, work: Work, harmony: Harmony, rows: Whole, count: int) -> None:
    """Write all figures but complexity."""
    figures, bright, tense, weight, cost = work.figures, 0.0, 0.0, 0.0, 0.0
    before, last = 0, 0
    for at in range(count):
        key, symbol, length = harmony.keys[bar_at(ground, rows[at, 0])], rows[at, 2], rows[at, 1]
        bright += length * harmony.bright[key, symbol]
        tense += length * harmony.tense[key, symbol]
        weight += length
        kind = harmony.kinds[key, symbol]
        if at > 0:
            cost += harmony.costs[before, last, kind]
        before, last = (last, kind) if at > 0 else (kind, kind)
    figures[DENSITY] = count / ground.feeling[3]
    figures[MODE], figures[TENSION] = bright / weight, tense / weight
    figures[VALENCE_AT] = (
        GLAD[0] * figures[MODE] + GLAD[1] * ground.feeling[0] + GLAD[2] * 0.5 + GLAD[3] * figures[TENSION]
    )
    figures[SYNCOPATION] = syncopated(ground, work, rows, count)
    pace = math.log(count / ground.feeling[2] * ground.feeling[1] / 60)
    figures[AROUSAL_AT] = EXCITED[0] * ground.feeling[0] + EXCITED[1] * pace + EXCITED[2] * FULL_VELOCITY / 127
    figures[AROUSAL_AT] += EXCITED[3] * 0.5 + EXCITED[4] * figures[SYNCOPATION]
    figures[SURPRISE] = cost / max(1, count - 1)


@kernel
def complicated_chords(ground: Ground, work: Work, harmony: Harmony, rows: Whole, count: int) -> float:
    for at in range(count):
        key = harmony.keys[bar_at(ground, rows[at, 0])]
        work.events[0, at], work.events[1, at] = harmony.names[key, rows[at, 2]], rows[at, 1] // 80
    mark = work.at[1]
    work.at[1] += 2 * count
    names = code_length(work.events[0], count, 48, work.stamps, mark)
    return names + code_length(work.events[1], count, 12, work.stamps, mark + count)


@kernel
def rough(ground: Ground, harmony: Harmony, rows: Whole, count: int) -> float:
    """Notes of other parts outside their chord, chords off the scale, and chords struck off the beats."""
    outside, misfit, restless = 0.0, 0.0, 0
    for at in range(count):
        outside += harmony.outside[harmony.keys[bar_at(ground, rows[at, 0])], rows[at, 2]]
        restless += (rows[at, 0] - ground.bars[bar_at(ground, rows[at, 0])]) % harmony.facts[1] != 0
        for cell in range(rows[at, 0] // CELL, min(len(harmony.cells), (rows[at, 0] + rows[at, 1]) // CELL)):
            for one in range(12):
                if not harmony.bits[rows[at, 2]] >> one & 1:
                    misfit += harmony.cells[cell, one]
    return MISFIT * misfit + (OUTSIDE * outside + RESTLESS * restless) / count


@kernel
def cost_chords(ground: Ground, work: Work, harmony: Harmony, rows: Whole, count: int, bound: float) -> float:
    """Errors of the dials and what does not fit."""
    measure_chords(ground, work, harmony, rows, count)
    dials, other = 0.0, rough(ground, harmony, rows, count)
    if ground.wants[1, SURPRISE] == 0:
        other += HABIT * work.figures[SURPRISE]
    for dial in range(COMPLEXITY):
        if ground.wants[1, dial] > 0 and not (dial == SURPRISE and count < 2):
            dials += missed(ground, work, dial, count)
    if ground.wants[1, COMPLEXITY] > 0 and dials + other < bound and count > 1:
        work.figures[COMPLEXITY] = complicated_chords(ground, work, harmony, rows, count)
        dials += missed(ground, work, COMPLEXITY, count)
    work.figures[DIAL_COST] = dials
    return dials + other


@kernel
def another(work: Work, harmony: Harmony, rows: Whole, at: int) -> None:
    """Any chord of the vocabulary, or (half the time) one that is in the progression already."""
    if draw(work) < 0.35:
        rows[at, 2] = rows[pick(work, int(work.counts[0])), 2]
    else:
        rows[at, 2] = pick(work, harmony.facts[0])


@kernel
def split(work: Work, harmony: Harmony, rows: Whole, count: int) -> int:
    """Another chord from a beat within a chord on."""
    at = pick(work, count)
    beat = harmony.facts[1]
    beats = (rows[at, 1] - 1) // beat
    if count >= len(rows) - 1 or beats < 1:
        return -1
    length = (1 + pick(work, beats)) * beat if draw(work) < 0.5 else (beats + 1) // 2 * beat
    for other in range(count, at + 1, -1):
        repeat(rows, other, other - 1)
    repeat(rows, at + 1, at)
    rows[at + 1, 0], rows[at + 1, 1], rows[at + 1, 4] = rows[at, 0] + length, rows[at, 1] - length, 0
    rows[at, 1] = length
    another(work, harmony, rows, at + 1)
    return count + 1


@kernel
def joined(work: Work, rows: Whole, count: int) -> int:
    """A chord lasts on in the place of the next."""
    at = pick(work, count)
    if at + 1 >= count or rows[at + 1, 4] == 1 or rows[at, 0] + rows[at, 1] != rows[at + 1, 0]:
        return -1
    rows[at, 1] += rows[at + 1, 1]
    for other in range(at + 1, count - 1):
        repeat(rows, other, other + 1)
    return count - 1


@kernel
def moved_chord(ground: Ground, work: Work, harmony: Harmony, rows: Whole, count: int) -> int:
    """A chord begins an eighth or a beat earlier or later; as do all others at its place in the bar, now and then."""
    first = pick(work, count)
    by = 480 if draw(work) < 0.7 else harmony.facts[1]
    by = -by if draw(work) < 0.5 else by
    everywhere = draw(work) < 0.2
    place = rows[first, 0] - ground.bars[bar_at(ground, rows[first, 0])]
    for at in range(1, count):
        same = rows[at, 0] - ground.bars[bar_at(ground, rows[at, 0])] == place
        if at != first and not (everywhere and same):
            continue
        touches = rows[at - 1, 0] + rows[at - 1, 1] == rows[at, 0]
        if rows[at, 4] == 1 or not touches or rows[at, 1] - by < 480 or rows[at - 1, 1] + by < 480:
            return -1
        rows[at - 1, 1] += by
        rows[at, 0] += by
        rows[at, 1] -= by
    return count


@kernel
def copied(work: Work, rows: Whole, count: int) -> int:
    """Chords once more, as many further on as there is room for: the symbols, and the lengths where they are equal."""
    length = 1 + pick(work, 4)
    source, to = pick(work, count), pick(work, count)
    if source == to:
        return -1
    for step in range(length):
        if source + step >= count or to + step >= count:
            break
        if rows[to + step, 4] == 0:
            rows[to + step, 2] = rows[source + step, 2]
    return count


@kernel
def edited_chords(ground: Ground, work: Work, harmony: Harmony, count: int) -> int:
    """One edit."""
    asked, rows, chance = ground.wants[1], work.trial, draw(work)
    places = asked[DENSITY] > 0 or asked[AROUSAL_AT] > 0
    shifts = asked[SYNCOPATION] > 0 or asked[AROUSAL_AT] > 0 or asked[COMPLEXITY] > 0
    symbols = asked[MODE] + asked[TENSION] + asked[VALENCE_AT] + asked[SURPRISE] + asked[COMPLEXITY] > 0
    if chance < 0.35 and (places or (not symbols and chance < 0.05)):
        return split(work, harmony, rows, count) if draw(work) < 0.5 else joined(work, rows, count)
    if chance < 0.6 and (shifts or not symbols):
        return moved_chord(ground, work, harmony, rows, count)
    if asked[COMPLEXITY] > 0 and chance < 0.75:
        return copied(work, rows, count)
    at = pick(work, count)
    if rows[at, 4] == 1:
        return -1
    another(work, harmony, rows, at)
    return count


@kernel
def search_chords(ground: Ground, work: Work, harmony: Harmony, rounds: int) -> int:
    """Keep every edit that helps; how many were kept. Two of the same chord never follow each other anew."""
    count, kept, idle, polished = int(work.counts[0]), 0, 0, 0
    best = cost_chords(ground, work, harmony, work.tones, count, 1e9)
    dials = work.figures[DIAL_COST]
    for _ in range(rounds):
        polished += dials < NEAR_ENOUGH
        if polished > POLISH or idle > PATIENCE:
            break
        idle += 1
        for at in range(count):
            for column in range(5):
                work.trial[at, column] = work.tones[at, column]
        now = edited_chords(ground, work, harmony, count)
        if now < 1 or repeated(work.trial, now) > repeated(work.tones, count):
            continue
        price = cost_chords(ground, work, harmony, work.trial, now, best)
        if price < best - GAIN and work.figures[DIAL_COST] <= max(dials, NEAR_ENOUGH):
            for at in range(now):
                for column in range(5):
                    work.tones[at, column] = work.trial[at, column]
            best, count, dials = price, now, work.figures[DIAL_COST]
            work.counts[0] = count
            kept, idle = kept + 1, 0
    return kept


@kernel
def repeated(rows: Whole, count: int) -> int:
    """How many chords are followed by the same one."""
    found = 0
    for at in range(1, count):
        found += rows[at, 2] == rows[at - 1, 2]
    return found
