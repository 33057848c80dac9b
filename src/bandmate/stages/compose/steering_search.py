"""The search for edits that bring a part nearer to the dials.

Conventions: as in ``steering_places.py``. The best of everything tried so far is kept; an edit that does not help is
taken back.
"""

from __future__ import annotations

from bandmate.sound.kernel import kernel
from bandmate.stages.compose.steering_edits import (
    edit_copy,
    edit_pitch,
    edit_rhythm,
    edit_stretch,
    edit_velocity,
    edit_voice,
)
from bandmate.stages.compose.steering_ground import CHORDAL, FIXED, KIND, LINE, Ground, Work
from bandmate.stages.compose.steering_kernels import DIAL_COST, cost
from bandmate.stages.compose.steering_places import SHIFT, draw, edit_place

PITCH, MOVE, VELOCITY, COPY, RHYTHM, VOICE = range(3, 9)
GAIN = 2e-5
"""An edit must bring at least this."""

PATIENCE = 200
"""Edits in a row that bring nothing, after which the rest is not tried."""

POLISH = 100
"""Edits that are tried once the dials are met: what sounds better and leaves them met is kept."""

NEAR_ENOUGH = 1e-4
"""The cost of the dials at which they are met: one that is 0.01 off."""


@kernel
def edited(ground: Ground, work: Work, count: int) -> int:
    """One edit, drawn by its odds."""
    chance, edit = draw(work) * ground.odds[-1], 0
    while edit < len(ground.odds) - 1 and chance >= ground.odds[edit]:
        edit += 1
    if edit <= SHIFT:
        return edit_place(ground, work, count, edit)
    if edit == PITCH:
        return edit_pitch(ground, work, count)
    if edit == MOVE:
        return edit_stretch(ground, work, count)
    if edit == VELOCITY:
        return edit_velocity(work, count)
    if edit == COPY:
        return edit_copy(ground, work, count)
    if edit == RHYTHM and ground.facts[KIND] == LINE:
        return edit_rhythm(ground, work, count)
    return edit_voice(ground, work, count) if ground.facts[KIND] == CHORDAL else -1


@kernel
def search(ground: Ground, work: Work, rounds: int) -> int:
    """Keep every edit that helps; how many were kept."""
    count, kept, idle, polished = int(work.counts[0]), 0, 0, 0
    fixed = ground.facts[FIXED] == 1
    best = cost(ground, work, work.tones, count, 1e9)
    dials = work.figures[DIAL_COST]
    for _ in range(rounds):
        polished += dials < NEAR_ENOUGH
        if polished > POLISH or idle > PATIENCE:
            break
        idle += 1
        for at in range(count):
            for column in range(5):
                work.trial[at, column] = work.tones[at, column]
        now = edited(ground, work, count)
        if now < 1 or (fixed and now != count):
            continue
        price = cost(ground, work, work.trial, now, best)
        if price < best - GAIN and work.figures[DIAL_COST] <= max(dials, NEAR_ENOUGH):
            for at in range(now):
                for column in range(5):
                    work.tones[at, column] = work.trial[at, column]
            best, count, dials = price, now, work.figures[DIAL_COST]
            kept += 1
            idle = 0
    work.counts[0] = count
    return kept
