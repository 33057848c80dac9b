"""A bar's rhythm brought to a number of onsets and a weight of syncopation with as little change as that takes.

Conventions: onsets are places on the grid of a bar (ticks from its start). One place is added, left out or moved at a
time, always the one that helps most; strong places, and those of the kick, are kept and taken first. Syncopation is
that of ``measures_meter``, with the same bar behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from bandmate.stages.compose.measures_meter import PLACE_TICKS, weights
from bandmate.stages.compose.passage import Bar
from bandmate.stages.compose.pattern_rows import Hit, pulses

ROUNDS = 26
PRIOR = 0.06
"""What a unit of a place's strength is worth, in onsets."""

KEPT, KICK = 2.0, 2.5


@dataclass(frozen=True, slots=True)
class Aim:
    """Onsets in this bar and its weight of syncopation; None leaves it to the row."""

    onsets: int | None = None
    syncopation: float | None = None


@dataclass(frozen=True, slots=True)
class Grid:
    """Places of a bar: ticks, weights, and the greatest weight between any two of them (the bar twice over)."""

    ticks: tuple[int, ...]
    weights: tuple[int, ...]
    between: tuple[tuple[int, ...], ...]

    def syncopation(self, places: Sequence[int]) -> float:
        """Of sorted numbers of places, with the same bar behind it."""
        if not places:
            return 0.0
        total, own, between = 0, self.weights, self.between
        for here, after in zip(places, [*places[1:], len(own) + places[0]], strict=True):
            rise = between[here][after] - own[here]
            if rise > 0:
                total += rise
        return float(total)


@lru_cache(maxsize=256)
def grid_of(numerator: int, denominator: int, step: int) -> Grid:
    """The grid of a meter; pulses that the step does not divide are divided in halves of an eighth."""
    found: list[int] = []
    for pulse in pulses(numerator, denominator):
        own = step if pulse.length % step == 0 else 240 if pulse.length % 240 == 0 else pulse.length // 2
        found += range(pulse.at, pulse.at + pulse.length, own)
    fine = weights(numerator, denominator) * 2
    length = len(fine) // 2
    places = [ticks // PLACE_TICKS for ticks in found]
    twice = [*places, *(place + length for place in places)]
    rows = [tuple(max(fine[here + 1 : after], default=-99) for after in twice) for here in places]
    return Grid(tuple(found), tuple(fine[place] for place in places), tuple(rows))


def adapted(
    hits: Sequence[Hit], bar: Bar, aim: Aim, *, step: int, kicks: Sequence[int], letter: str, rings: bool
) -> list[Hit]:
    """The hits of a bar with as many onsets, and as much syncopation, as is aimed at.

    ``letter`` is what is written where there was nothing; ``rings`` makes a note hold on over what is left out.
    """
    if aim.onsets is None and aim.syncopation is None:
        return list(hits)
    grid = grid_of(bar.numerator, bar.denominator, step)
    there = sorted({nearest_place(grid, hit.at - bar.start_ticks) for hit in hits})
    kicked = {nearest_place(grid, kick - bar.start_ticks) for kick in kicks}
    # subtle: on the grid of the weights only; hits between its places (flams, ghosts) fall onto the nearest.
    wanted = climbed((bar.numerator, bar.denominator, step), tuple(there), frozenset(kicked), coarse(aim))
    return rewritten(hits, bar, grid, wanted, letter, rings)


def nearest_place(grid: Grid, ticks: int) -> int:
    """The number of the place next to a tick of the bar."""
    return min(range(len(grid.ticks)), key=lambda number: (abs(grid.ticks[number] - ticks), -number))


def coarse(aim: Aim) -> Aim:
    """The aim to a tenth of a weight, so that bars that are nearly the same are thought of once."""
    return aim if aim.syncopation is None else Aim(aim.onsets, round(aim.syncopation, 1))


@lru_cache(maxsize=4096)
def climbed(meter: tuple[int, int, int], there: tuple[int, ...], kicked: frozenset[int], aim: Aim) -> tuple[int, ...]:
    """The places after all steps that help; ``meter`` with the step of its grid."""
    grid = grid_of(*meter)
    before = set(there)
    count = len(there) if aim.onsets is None else max(0, min(aim.onsets, len(grid.ticks)))
    sync = grid.syncopation(there) if aim.syncopation is None else aim.syncopation
    weight = 0.12 if aim.syncopation is None else 0.7
    low = min(grid.weights)
    priors = [
        grid.weights[place] - low + KEPT * (place in before) + KICK * (place in kicked)
        for place in range(len(grid.ticks))
    ]

    def cost(places: list[int]) -> float:
        gain = PRIOR * sum([priors[place] for place in places]) / max(1, len(places)) * 2
        return 1.6 * abs(len(places) - count) + weight * abs(grid.syncopation(places) - sync) - gain

    return tuple(descended(sorted(before), len(grid.ticks), cost))


def descended(places: list[int], size: int, cost: Callable[[list[int]], float]) -> list[int]:
    """Steepest descent over adding, leaving out and moving one place."""
    now = cost(places)
    for _ in range(ROUNDS):
        best, best_places = now - 1e-9, places
        for other in neighbours(places, size):
            value = cost(other)
            if value < best - 1e-12:
                best, best_places = value, other
        if best_places is places:
            break
        places, now = best_places, best
    return places


def neighbours(places: list[int], size: int) -> list[list[int]]:
    """All rows of places one step away."""
    taken = set(places)
    found = []
    for place in range(size):
        if place in taken:
            rest = [one for one in places if one != place]
            found.append(rest)
            for other in (place - 1, place + 1):
                if 0 <= other < size and other not in taken:
                    found.append(sorted([*rest, other]))
        else:
            found.append(sorted([*places, place]))
    return found


def rewritten(hits: Sequence[Hit], bar: Bar, grid: Grid, places: Sequence[int], letter: str, rings: bool) -> list[Hit]:
    """Hits at the chosen places: those that were there keep letter and length, as far as there is room."""
    by_place = {nearest_place(grid, hit.at - bar.start_ticks): hit for hit in sorted(hits, reverse=True)}
    spare = [hit for place, hit in sorted(by_place.items()) if place not in set(places)]
    found = []
    for number, place in enumerate(places):
        at = bar.start_ticks + grid.ticks[place]
        end = bar.start_ticks + grid.ticks[places[number + 1]] if number + 1 < len(places) else bar.end_ticks
        old = by_place.get(place)
        if old is None:
            moved = next((hit for hit in spare if abs(hit.at - at) <= 2 * 240), None)
            if moved is not None:
                spare.remove(moved)
            old = (moved or Hit(at, end - at if rings else min(end - at, 240), letter))._replace(at=at)
            old = old._replace(is_swung=grid.ticks[place] % 240 == 0)
        length = end - old.at if rings and old.letter != "x" else min(old.length, end - old.at)
        found.append(old._replace(length=max(1, length)))
    return found
