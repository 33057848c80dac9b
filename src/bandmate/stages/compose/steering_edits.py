"""Edits of pitches, of loudness and of whole bars of a part that is steered.

Conventions: as in ``steering_places.py``.
"""

from __future__ import annotations

from bandmate.sound.kernel import kernel
from bandmate.stages.compose.measures import TOGETHER_TICKS
from bandmate.stages.compose.steering_ground import CHORDAL, DRUMS, HIGH, KIND, LOW, Ground, Whole, Work
from bandmate.stages.compose.steering_kernels import segment_at
from bandmate.stages.compose.steering_places import draw, moved_pitch, pick, repeat, tidied

LOUDEST, SOFTEST = 122, 26
MOST_VOICES = 6


@kernel
def edit_pitch(ground: Ground, work: Work, count: int) -> int:
    """Another pitch for a note, or another piece for a stroke."""
    tones = work.trial
    at = pick(work, count)
    if tones[at, 4] == 1:
        return -1
    old = tones[at, 2]
    if ground.facts[KIND] == DRUMS:
        new = ground.palette[pick(work, len(ground.palette))]
        if ground.pieces[new, 2] != ground.pieces[old, 2]:
            return -1
    elif draw(work) < 0.15:
        new = old + (12 if draw(work) < 0.5 else -12)
    else:
        new = moved_pitch(ground, work, old, tones[at, 0], 5 if draw(work) < 0.5 else 2)
    if new == old or (ground.facts[KIND] != DRUMS and not ground.facts[LOW] <= new <= ground.facts[HIGH]):
        return -1
    for other in range(count):
        if tones[other, 2] == new and abs(tones[other, 0] - tones[at, 0]) <= TOGETHER_TICKS:
            return -1
    tones[at, 2] = new
    return tidied(ground, tones, count)


@kernel
def step_of_scale(ground: Ground, tick: int, pitch: int, steps: int) -> int:
    """A pitch so many steps of the scale away."""
    bits = ground.segments[segment_at(ground, tick), 2]
    way = 1 if steps > 0 else -1
    left = abs(steps)
    while left > 0 and 0 < pitch < 127:
        pitch += way
        if bits >> (pitch % 12) & 1:
            left -= 1
    return pitch


@kernel
def edit_stretch(ground: Ground, work: Work, count: int) -> int:
    """Move the notes of some bars by steps of the scale, or by an octave; of chords turn the lowest or highest over."""
    tones, facts = work.trial, ground.facts
    bars = len(ground.bars) - 1
    first = pick(work, bars)
    end = min(bars, first + 1 + pick(work, bars))
    steps = pick(work, 9) - 4
    way = 12 if draw(work) < 0.5 else -12
    octave, turn = draw(work) < 0.25, facts[KIND] == CHORDAL and draw(work) < 0.6
    if steps == 0:
        steps = 5
    for at in range(count):
        if not ground.bars[first] <= tones[at, 0] < ground.bars[end] or tones[at, 4] == 1:
            continue
        if turn:
            low, high = tones[at, 2], tones[at, 2]
            for other in range(max(0, at - 8), min(count, at + 9)):
                if tones[other, 0] == tones[at, 0]:
                    low, high = min(low, tones[other, 2]), max(high, tones[other, 2])
            new = tones[at, 2] + way if (way > 0 and tones[at, 2] == low) or (way < 0 and tones[at, 2] == high) else 0
            if new == 0:
                continue
        else:
            new = tones[at, 2] + way if octave else step_of_scale(ground, tones[at, 0], tones[at, 2], steps)
        if not facts[LOW] <= new <= facts[HIGH]:
            return -1
        tones[at, 2] = new
    return tidied(ground, tones, count)


@kernel
def edit_velocity(work: Work, count: int) -> int:
    """Louder or softer, all of it."""
    by = pick(work, 12) + 1
    by = by if draw(work) < 0.5 else -by
    tones, room = work.trial, 0
    for at in range(count):
        new = min(max(tones[at, 3] + by, SOFTEST), LOUDEST)
        room += new != tones[at, 3]
        tones[at, 3] = new
    return count if room > 0 else -1


@kernel
def edit_copy(ground: Ground, work: Work, count: int) -> int:
    """Play a bar once more in the place of another one, moved with the root of the chord or as it is."""
    tones, bars = work.trial, len(ground.bars) - 1
    source, place = pick(work, bars), pick(work, bars)
    start, end, to = ground.bars[source], ground.bars[source + 1], ground.bars[place]
    if source == place or ground.bars[place + 1] - to != end - start:
        return -1
    old, new = ground.segments[segment_at(ground, start), 4], ground.segments[segment_at(ground, to), 4]
    by = 0
    if old >= 0 and new >= 0 and ground.facts[KIND] != DRUMS and draw(work) < 0.6:
        by = (new - old + 6) % 12 - 6
    total = count
    for at in range(count):
        if start <= tones[at, 0] < end and total < len(tones) - 1:
            pitch = tones[at, 2] + by
            if ground.facts[KIND] != DRUMS and not ground.facts[LOW] <= pitch <= ground.facts[HIGH]:
                return -1
            repeat(tones, total, at)
            tones[total, 0], tones[total, 2], tones[total, 4] = tones[at, 0] - start + to, pitch, 0
            tones[total, 1] = min(tones[total, 1], ground.bars[place + 1] - tones[total, 0])
            total += 1
    return replaced(ground, tones, count, total, place)


@kernel
def replaced(ground: Ground, tones: Whole, count: int, total: int, bar: int) -> int:
    """Leave out the first ``count`` notes that lie in a bar, in favour of those behind them."""
    kept = 0
    for at in range(total):
        inside = at < count and ground.bars[bar] <= tones[at, 0] < ground.bars[bar + 1]
        if inside and tones[at, 4] == 1:
            return -1
        if not inside:
            repeat(tones, kept, at)
            kept += 1
    return tidied(ground, tones, kept) if total > count else -1


@kernel
def edit_rhythm(ground: Ground, work: Work, count: int) -> int:
    """Play the notes of a bar in the rhythm of another one."""
    tones, bars = work.trial, len(ground.bars) - 1
    source, place = pick(work, bars), pick(work, bars)
    start, end, to = ground.bars[source], ground.bars[source + 1], ground.bars[place]
    first, own, own_first = 0, 0, -1
    for at in range(count):
        first += start <= tones[at, 0] < end
        if to <= tones[at, 0] < ground.bars[place + 1]:
            own += 1
            own_first = at if own_first < 0 else own_first
    if source == place or end - start != ground.bars[place + 1] - to or first == 0 or own == 0:
        return -1
    total, number = count, 0
    for at in range(count):
        if start <= tones[at, 0] < end and total < len(tones) - 1:
            repeat(tones, total, own_first + number * own // first)
            tones[total, 0], tones[total, 1], tones[total, 4] = tones[at, 0] - start + to, tones[at, 1], 0
            tones[total, 1] = min(tones[total, 1], ground.bars[place + 1] - tones[total, 0])
            total += 1
            number += 1
    return replaced(ground, tones, count, total, place)


@kernel
def edit_voice(ground: Ground, work: Work, count: int) -> int:
    """One tone more or less in a chord that is struck."""
    tones = work.trial
    at = pick(work, count)
    voices = 0
    for other in range(count):
        voices += tones[other, 0] == tones[at, 0]
    if draw(work) < 0.5:
        if voices < 3 or tones[at, 4] == 1:
            return -1
        for other in range(at, count - 1):
            repeat(tones, other, other + 1)
        return count - 1
    if voices >= MOST_VOICES or count >= len(tones) - 1:
        return -1
    new = moved_pitch(ground, work, tones[at, 2], tones[at, 0], 9)
    for other in range(count):
        sounds = tones[other, 0] < tones[at, 0] + tones[at, 1] and tones[other, 0] + tones[other, 1] > tones[at, 0]
        if sounds and tones[other, 2] == new:
            return -1
    repeat(tones, count, at)
    tones[count, 2], tones[count, 4] = new, 0
    return tidied(ground, tones, count + 1)
