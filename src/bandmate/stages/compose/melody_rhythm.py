"""Rhythm: where the notes of a bar begin, as many as are wanted, drawn from what is usual in its meter.

Conventions: a rhythm is a row of places on the grid of a bar (``step_of``). The chance of a row is the product of what
its places and the gaps between them are worth; rows with exactly so many notes are drawn by counting the worth of all
of them once (forward–backward), so that any meter and any number goes. The worths were fitted until places, gaps and
first notes of what is drawn were as frequent as on the lead sheets of OpenEWLD in 4/4 that teach.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from random import Random

from bandmate.stages.compose.melody_ground import levels

WORTH = {4: 1.05, 3: 0.2, 2: 0.45, 1: 0.12, 0: 0.5}
"""Of a place, by its strength (logarithms)."""

GAPS = {1: 0.15, 2: 0.7, 3: 1.9, 4: 0.3, 6: -1.1, 8: -0.95, 12: -1.7, 16: 1.6}
"""Of sixteenths to the next note (logarithms); other gaps are unusual."""

ODD_GAP = -1.6
LONE_SIXTEENTH = -2.5
"""A note on a weak sixteenth that is not followed at once by a stronger one."""

BARE = -1e9
UNEVEN = 0.45
"""How much busier some bars are than others (standard deviation of a logarithm)."""
STARTS_LATE = -0.5
"""For each step of strength that the bar's first note falls short of the first beat."""

Table = tuple[tuple[float, ...], ...]


@lru_cache(maxsize=256)
def gap_worths(numerator: int, denominator: int, step_ticks: int, held_over: float) -> tuple[Table, tuple[float, ...]]:
    """The worth of a note at a place with the next one at another (or none), and of each place as a bar's first."""
    strengths = levels(numerator, denominator, step_ticks)
    size, sixteenths = len(strengths), step_ticks / 240
    rows = []
    for at, here in enumerate(strengths):
        row = [BARE] * (size + 1)
        for then in range(at + 1, size + 1):
            gap = (then - at) * sixteenths
            worth = WORTH[here] + GAPS.get(round(gap) if gap == round(gap) else -1, ODD_GAP) * (then < size or here > 1)
            over = max(strengths[at + 1 : then], default=0)
            worth += held_over * max(0, over - here)
            if here == 0 and gap > 1:
                worth += LONE_SIXTEENTH * (1 if held_over < 0 else 0.4)
            row[then] = worth
        rows.append(tuple(row))
    first = tuple(STARTS_LATE * (4 - here) if at else 0.4 for at, here in enumerate(strengths))
    return tuple(rows), first


def log_sum(values: Sequence[float]) -> float:
    """The logarithm of a sum, from logarithms."""
    top = max(values, default=BARE)
    return BARE if top <= BARE else top + math.log(sum(math.exp(value - top) for value in values))


@lru_cache(maxsize=16384)
def ways(numerator: int, denominator: int, step_ticks: int, held_over: float, more: int) -> tuple[float, ...]:
    """For each place: the worth of all rows of notes that begin there and have ``more`` notes after it."""
    rows, _ = gap_worths(numerator, denominator, step_ticks, held_over)
    size = len(rows)
    if not more:
        return tuple(row[size] for row in rows)
    last = ways(numerator, denominator, step_ticks, held_over, more - 1)
    return tuple(log_sum([rows[at][then] + last[then] for then in range(at + 1, size)]) for at in range(size))


def drawn(options: Sequence[float], rng: Random) -> int:
    """A number drawn by its worth (logarithms)."""
    top = max(options)
    weights = [math.exp(value - top) for value in options]
    return rng.choices(range(len(weights)), weights)[0]


def rhythm_of(
    meter: tuple[int, int], step_ticks: int, notes: int, held_over: float, rng: Random, first_at: int | None = None
) -> tuple[int, ...]:
    """Places in ticks of exactly ``notes`` notes in a bar (at most one for each place of the grid).

    ``first_at`` says where the first one begins, in ticks; without it that is drawn too.
    """
    kind = (*meter, step_ticks, round(held_over, 1))
    rows, first = gap_worths(*kind)
    size = len(rows)
    notes = min(notes, size if first_at is None else size - first_at // step_ticks)
    if notes <= 0:
        return ()
    if first_at is None:
        at = drawn([one + other for one, other in zip(first, ways(*kind, notes - 1), strict=True)], rng)
    else:
        at = first_at // step_ticks
    places = [at]
    for more in range(notes - 1, 0, -1):
        after = ways(*kind, more - 1)
        at = drawn([rows[at][then] + after[then] if then > at else BARE for then in range(size)], rng)
        places.append(at)
    return tuple(place * step_ticks for place in places)


def shares_of(
    total: float, weights: Sequence[float], times: Sequence[int], most: Sequence[int], rng: Random
) -> list[int]:
    """Notes for bars by weight, one at least and ``most`` at most, so that they are ``total`` in all.

    ``times`` says how often each bar is heard (0 for a bar that is made after another).
    """
    weighted = [weight * rng.lognormvariate(0.0, UNEVEN) for weight in weights]
    scale = total / max(1e-9, sum(weight * heard for weight, heard in zip(weighted, times, strict=True)))
    wanted = [weight * scale for weight in weighted]
    found = [min(limit, max(1, int(value))) for value, limit in zip(wanted, most, strict=True)]
    while True:
        left = total - sum(count * heard for count, heard in zip(found, times, strict=True))
        fitting = [at for at, heard in enumerate(times) if heard and found[at] < most[at] and heard / 2 < left]
        if not fitting:
            return found
        found[max(fitting, key=lambda at: wanted[at] - found[at])] += 1
