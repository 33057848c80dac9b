"""Edits of the places of a part that is steered: something more, something less, earlier or later.

Conventions: as in ``steering_ground.py``. An edit works on ``work.trial`` and says how many notes there are then, or
-1 where it cannot be made; ``tidied`` sorts the notes and cuts what would overlap. A pinned note is never touched. An
edit of a place is made in one bar, or at that place in every bar that is as long.
"""

from __future__ import annotations

from bandmate.sound.kernel import kernel
from bandmate.stages.compose.measures import TOGETHER_TICKS
from bandmate.stages.compose.steering_ground import CHROMATIC, DRUMS, HIGH, KIND, LINE, LOW, Ground, Whole, Work
from bandmate.stages.compose.steering_kernels import segment_at

ADD, REMOVE, SHIFT = range(3)
SHORTEST = 100
FEWEST_GROUPS = 2
NOTHING = -2
"""Of an edit of a place: there is nothing to be done, and nothing was done."""


@kernel
def draw(work: Work) -> float:
    """The next chance between 0 and 1."""
    work.at[0] += 1
    return float(work.draws[work.at[0] % len(work.draws)])


@kernel
def pick(work: Work, below: int) -> int:
    """A whole number from 0."""
    return min(below - 1, int(draw(work) * below))


@kernel
def comes_before(tones: Whole, one: int, other: int) -> bool:
    for column in range(4):
        if tones[one, column] != tones[other, column]:
            return bool(tones[one, column] < tones[other, column])
    return False


@kernel
def repeat(tones: Whole, to: int, source: int) -> None:
    """Write a row over another one."""
    for column in range(5):
        tones[to, column] = tones[source, column]


@kernel
def tidied(ground: Ground, tones: Whole, count: int) -> int:
    """Notes in order, cut where they overlap; -1 where that would leave too little or touch a pin."""
    for at in range(1, count):
        place = at
        while place > 0 and comes_before(tones, place, place - 1):
            for column in range(5):
                row = tones[place, column]
                tones[place, column] = tones[place - 1, column]
                tones[place - 1, column] = row
            place -= 1
    for at in range(count):
        if tones[at, 0] < 0 or tones[at, 1] < 1 or tones[at, 0] + tones[at, 1] > ground.bars[-1]:
            return -1
        for other in range(at + 1, count):
            if tones[other, 0] >= tones[at, 0] + tones[at, 1]:
                break
            if ground.facts[KIND] == LINE or tones[other, 2] == tones[at, 2]:
                tones[at, 1] = tones[other, 0] - tones[at, 0]
                if tones[at, 4] == 1 or (tones[at, 1] < SHORTEST and ground.facts[KIND] != DRUMS) or tones[at, 1] < 20:
                    return -1
    return count


@kernel
def first_at(tones: Whole, count: int, tick: int) -> int:
    """The first note that begins within a 1/64 of a place; -1 for none."""
    for at in range(count):
        if abs(tones[at, 0] - tick) <= TOGETHER_TICKS:
            return at
        if tones[at, 0] > tick + TOGETHER_TICKS:
            break
    return -1


@kernel
def last_before(tones: Whole, count: int, tick: int) -> int:
    """The last note that begins before a place; -1 for none."""
    found = -1
    for at in range(count):
        if tones[at, 0] >= tick - TOGETHER_TICKS:
            break
        found = at
    return found


@kernel
def moved_pitch(ground: Ground, work: Work, pitch: int, tick: int, reach: int) -> int:
    """A pitch near another: of the scale or the chord, or any where a dial asks for it."""
    under = segment_at(ground, tick)
    usual = ground.segments[under, 2] | ground.segments[under, 3]
    free = ground.facts[CHROMATIC] == 1 and draw(work) < 0.6
    for _ in range(6):
        new = pitch + pick(work, 2 * reach + 1) - reach
        if new != pitch and ground.facts[LOW] <= new <= ground.facts[HIGH] and (free or usual >> (new % 12) & 1):
            return int(new)
    return pitch


@kernel
def add_at(ground: Ground, work: Work, count: int, tick: int, pace: int) -> int:
    """Strike what sounded last once more; a line goes a little up or down."""
    tones = work.trial
    if first_at(tones, count, tick) >= 0:
        return NOTHING
    source = last_before(tones, count, tick)
    follows = source + 1
    if source < 0:
        source = follows = 0
    start, end = tones[source, 0], min(ground.bars[-1], tick + pace)
    for at in range(follows, count):
        if tones[at, 0] > tick:
            end = min(end, tones[at, 0])
            break
    total = count
    for at in range(count):
        if abs(tones[at, 0] - start) > TOGETHER_TICKS or total >= len(tones) - 1:
            continue
        if start < tick < tones[at, 0] + tones[at, 1]:
            end = max(end, tones[at, 0] + tones[at, 1]) if ground.facts[KIND] != LINE else end
            if tones[at, 4] == 1:
                return -1
            tones[at, 1] = tick - tones[at, 0]
        repeat(tones, total, at)
        tones[total, 0], tones[total, 1], tones[total, 4] = tick, end - tick, 0
        if ground.facts[KIND] == LINE and draw(work) < 0.75:
            tones[total, 2] = moved_pitch(ground, work, tones[at, 2], tick, 4)
        total += 1
    return total


@kernel
def add_stroke(ground: Ground, work: Work, count: int, tick: int, piece: int) -> int:
    """Another piece of the kit, where two hands and two feet are enough."""
    tones, hands, loud, same = work.trial, 0, 0, 0
    start = tick
    for at in range(count):
        if tones[at, 2] == piece:
            loud += tones[at, 3]
            same += 1
        if abs(tones[at, 0] - tick) <= TOGETHER_TICKS:
            start = tones[at, 0]
            hands += ground.pieces[tones[at, 2], 2]
            if tones[at, 2] == piece:
                return NOTHING
    if hands + ground.pieces[piece, 2] > 2 or count >= len(tones) - 1:
        return NOTHING
    ghost = ground.pieces[piece, 1] == 2 and draw(work) < 0.4
    tones[count, 0], tones[count, 1], tones[count, 2] = start, 120, piece
    tones[count, 3] = 36 if ghost else loud // same if same else 84
    tones[count, 4] = 0
    return count + 1


@kernel
def remove_at(ground: Ground, work: Work, count: int, tick: int, piece: int) -> int:
    """Leave out what begins at a place (of a kit: one piece); what sounded before it lasts on."""
    tones, kept, end = work.trial, 0, 0
    if first_at(tones, count, tick) < 0:
        return NOTHING
    for at in range(count):
        gone = abs(tones[at, 0] - tick) <= TOGETHER_TICKS and (ground.facts[KIND] != DRUMS or tones[at, 2] == piece)
        if gone and tones[at, 4] == 1:
            return -1
        if gone:
            end = max(end, tones[at, 0] + tones[at, 1])
            continue
        repeat(tones, kept, at)
        kept += 1
    if kept == count:
        return NOTHING
    if kept < FEWEST_GROUPS:
        return -1
    if ground.facts[KIND] != DRUMS:
        for at in range(kept):
            if tones[at, 4] == 0 and abs(tones[at, 0] + tones[at, 1] - tick) <= TOGETHER_TICKS:
                tones[at, 1] = end - tones[at, 0]
    return kept


@kernel
def shift_at(ground: Ground, work: Work, count: int, tick: int, by: int, piece: int) -> int:
    """Let what begins at a place begin earlier or later, and end as before; the note before it gives way."""
    tones, found = work.trial, 0
    new = tick + by
    if new < 0 or (first_at(tones, count, new) >= 0 and ground.facts[KIND] != DRUMS):
        return -1
    for at in range(count):
        if abs(tones[at, 0] - tick) <= TOGETHER_TICKS:
            if ground.facts[KIND] == DRUMS and tones[at, 2] != piece:
                continue
            if tones[at, 4] == 1:
                return -1
            tones[at, 0] += by
            if ground.facts[KIND] != DRUMS:
                tones[at, 1] -= by
            if tones[at, 1] < SHORTEST and ground.facts[KIND] != DRUMS:
                return -1
            found += 1
        elif ground.facts[KIND] != DRUMS and tones[at, 0] < tick and tones[at, 4] == 0:
            ending = tones[at, 0] + tones[at, 1]
            if abs(ending - tick) <= TOGETHER_TICKS or (by < 0 and ending > new and ground.facts[KIND] == LINE):
                tones[at, 1] = new - tones[at, 0]
                if tones[at, 1] < SHORTEST:
                    return -1
    return count if found > 0 else NOTHING


@kernel
def edit_place(ground: Ground, work: Work, count: int, edit: int) -> int:
    """Add, remove or shift at a place of one bar, or of every bar that is as long."""
    tones = work.trial
    note = pick(work, count)
    tick, piece = tones[note, 0], tones[note, 2]
    pace = 480 if draw(work) < 0.6 else 240
    by = pace if draw(work) < 0.5 else -pace
    if edit == ADD:
        tick = pick(work, ground.bars[-1] // pace) * pace
        piece = ground.palette[pick(work, len(ground.palette))]
    bar = 0
    while ground.bars[bar + 1] <= tick:
        bar += 1
    place, length = tick - ground.bars[bar], ground.bars[bar + 1] - ground.bars[bar]
    everywhere = len(ground.bars) > 2 and draw(work) < 0.25
    done = 0
    for other in range(len(ground.bars) - 1):
        if other != bar and not (everywhere and ground.bars[other + 1] - ground.bars[other] == length):
            continue
        here = ground.bars[other] + place
        if edit == ADD and ground.facts[KIND] == DRUMS:
            now = add_stroke(ground, work, count, here, piece)
        elif edit == ADD:
            now = add_at(ground, work, count, here, 2 * pace)
        elif edit == REMOVE:
            now = remove_at(ground, work, count, here, piece)
        else:
            now = shift_at(ground, work, count, here, by, piece)
        if now == NOTHING and everywhere:
            continue
        now = tidied(ground, tones, now) if now >= 0 else -1
        if now < 0:
            return -1
        count = now
        done += 1
    return count if done > 0 else -1
