"""The inner loop of drawing drums: slot by slot and piece by piece, as ``drum_patterns.contexts_of`` says it.

Conventions: arrays are written in place; a row is an alternative. ``forced`` says what must (1) and must not (0) be
struck; -1 leaves it to chance.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from bandmate.models.drum_kit import (
    GHOST,
    HAT,
    KICK,
    OPEN,
    PEDAL,
    PIECES,
    RIDE,
    SLOTS,
    SNARE,
    STICK,
)
from bandmate.sound.kernel import kernel

COUNT = len(PIECES)
MEMORY = 4
CONTEXTS = 9
MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
NEVER = -30.0
HANDS = np.array([piece not in (KICK, PEDAL) for piece in range(COUNT)])
SNARES = (1 << SNARE) | (1 << STICK)
HATS = (1 << HAT) | (1 << OPEN)


@kernel
def place_in(key: Any, size: Any) -> Any:
    """The place of a key in a table of ``2 ** size``."""
    return np.int64((np.uint64(key) * MULTIPLIER) >> np.uint64(64 - size))


@kernel
def before(struck: Any, slot: Any, piece: Any, reach: Any) -> Any:
    """The last ``reach`` slots of a piece as bits, the nearest lowest."""
    found = 0
    for back in range(reach):
        if struck[slot - 1 - back, piece]:
            found |= 1 << back
    return found


@kernel
def may_be_struck(piece: Any, now: Any) -> Any:
    """Whether a hand is free and the piece is not in use."""
    hands = 0
    for other in range(COUNT):
        if HANDS[other] and (now >> other) & 1:
            hands += 1
    if HANDS[piece] and hands >= 2:
        return False
    if piece in (SNARE, STICK, GHOST):
        return (now & SNARES) == 0
    if piece in (HAT, OPEN, RIDE):
        return (now & (HATS | (1 << RIDE))) == 0
    if piece == PEDAL:
        return (now & HATS) == 0
    return True


@kernel
def logit_of(tables: Any, offsets: Any, sizes: Any, keys: Any, weights: Any) -> Any:
    """The mixed logit of nine keys."""
    total = weights[CONTEXTS]
    for at in range(CONTEXTS):
        total += weights[at] * tables[offsets[at] + place_in(keys[at], sizes[at])]
    return total


@kernel
def write_keys(keys: Any, struck: Any, slot: Any, what: Any, manner: Any, past: Any, now: Any) -> None:
    """The keys of one decision. ``what``: piece, place, fill; ``manner``: style, swung, loudness, lead, busy;
    ``past``: slots of the bars before."""
    piece, place, fill = what
    style, swung, loudness, lead, busy = manner[0], manner[1], manner[2], manner[3], manner[4]
    kicks = before(struck, slot, KICK, 8)
    snares = before(struck, slot, SNARE, 8) | before(struck, slot, STICK, 8)
    time = 0
    for bit, keeper in enumerate((HAT, OPEN, RIDE, PEDAL)):
        if before(struck, slot, keeper, 8):
            time |= 1 << bit
    own = before(struck, slot, piece, 4)
    known, times, ago = 0, 0, 2
    for at in range(MEMORY):
        if past[at] >= 0:
            hit = 1 if struck[past[at], piece] else 0
            if at == 0:
                ago = hit
            known += 1
            times += hit
    kind = style * 2 + swung
    at = (piece * 2 + fill) * SLOTS + place
    keys[0] = (kind * 3 + loudness) * 512 + at
    keys[1] = (((at * 16 + own) * 3 + ago) * 2 + swung) * 3 + busy
    keys[2] = ((kind * 512 + at) * 3 + ago) * 3 + busy
    keys[3] = (((piece * 2 + fill) * 4 + place % 4) * 10 + lead) * 4096 + now
    keys[4] = (style * 512 + at) * 256 + (kicks & 15) * 16 + (snares & 15)
    keys[5] = (((style * COUNT + piece) * 16 + time) * 16 + own) * 40 + place % 4 * 10 + lead
    keys[6] = ((piece * SLOTS + place) * 65536 + kicks * 256 + snares) * 4096 + (now & 3)
    keys[7] = ((piece * 2 + fill) * 5 + times) * 5 + known
    keys[8] = (kind * 512 + at) * 10 + lead


@kernel
def draw_rows(
    struck: Any,
    logits: Any,
    slots: Any,
    manner: Any,
    chance: Any,
    forced: Any,
    model: Any,
) -> None:
    """Draw rows in place. ``struck`` (rows, slots + before, pieces) and ``logits`` (rows, slots, pieces) are written;
    ``slots`` (slots, 3 + memory): place, whether it is in a fill, whether it is drawn, and the same slot of the bars
    before (or -1); ``chance``: bias and noise (rows, slots, pieces); ``model``: tables, offsets, sizes, weights."""
    bias, noise = chance
    tables, offsets, sizes, weights = model
    keys = np.zeros(CONTEXTS, np.int64)
    ahead = struck.shape[1] - len(slots)
    for row in range(struck.shape[0]):
        for slot in range(len(slots)):
            if slots[slot, 2] == 0:
                continue
            now = 0
            past = slots[slot, 3:]
            has_past = 1 if past[0] >= 0 else 0
            for piece in range(COUNT):
                what = (piece, slots[slot, 0], slots[slot, 1])
                write_keys(keys, struck[row], slot + ahead, what, manner[row], past, now)
                logit = logit_of(tables, offsets, sizes, keys, weights[piece, has_past]) + bias[row, slot, piece]
                if not may_be_struck(piece, now):
                    logit = NEVER
                hit = noise[row, slot, piece] < logit
                if forced[row, slot, piece] >= 0:
                    hit = forced[row, slot, piece] == 1
                logits[row, slot, piece] = logit
                struck[row, slot + ahead, piece] = hit
                if hit:
                    now |= 1 << piece


@kernel
def add_trees(total: Any, facts: Any, fact: Any, limit: Any, leaf: Any) -> None:
    """Add what trees say of rows of facts: at each node a fact above its limit goes to the right."""
    inner = fact.shape[1]
    for row in range(len(total)):
        for tree in range(len(fact)):
            at = 0
            while at < inner:
                at = 2 * at + (2 if facts[row, fact[tree, at]] > limit[tree, at] else 1)
            total[row] += leaf[tree, at - inner]
