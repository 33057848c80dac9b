"""Rhythms written as rows of letters, and how they are laid out in a bar of any meter.

Conventions: a group of letters is a pulse and is divided evenly, so that four letters are sixteenths, three a triplet
(or the eighths of 6/8), six the sixteenths of 6/8; ``|`` stands between bars. A letter begins a note, ``-`` holds it,
``.`` is a rest. What the letters mean is up to the part. A row that has as many groups as the bar has pulses is laid
out as it is; other meters take its groups by their own grouping (7/8: 2 + 2 + 3).

::

    R--- ..R- R--- ..R.     4/4
    R--- ..R- ..R.          3/4 from it: the last group keeps the end of the bar
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from bandmate.stages.compose.measures_meter import grouping
from bandmate.stages.compose.passage import Bar

QUARTER = 960
SHORTEST_PULSE = 720
HOLD, REST = "-", "."


class Hit(NamedTuple):
    """A place at which something is played: song ticks, length, its letter, and whether swing moves it."""

    at: int
    length: int
    letter: str
    is_swung: bool = True

    @property
    def end(self) -> int:
        return self.at + self.length


class Pulse(NamedTuple):
    """What the foot taps: where in the bar, and how long."""

    at: int
    length: int


@lru_cache(maxsize=512)
def pulses(numerator: int, denominator: int) -> tuple[Pulse, ...]:
    """The pulses of a meter: quarters, or groups of two and three eighths; none shorter than a dotted eighth."""
    unit = 4 * QUARTER // denominator
    if denominator <= 4:
        lengths = [QUARTER] * (numerator * unit // QUARTER)
    else:
        lengths = [group * unit for group in grouping(numerator, denominator)]
    found: list[int] = []
    for length in lengths:
        if found and found[-1] < SHORTEST_PULSE:
            found[-1] += length
        else:
            found.append(length)
    if len(found) > 1 and found[-1] < SHORTEST_PULSE:
        found[-2:] = [found[-2] + found[-1]]
    starts = [sum(found[:number]) for number in range(len(found))]
    return tuple(Pulse(at, length) for at, length in zip(starts, found, strict=True))


def is_compound(bar: Bar) -> bool:
    """Whether the bar goes in threes: 6/8, 9/8, 12/8."""
    return all(pulse.length % 720 == 0 and pulse.length >= 1440 for pulse in pulses(bar.numerator, bar.denominator))


@lru_cache(maxsize=4096)
def groups_of(row: str) -> tuple[tuple[str, ...], ...]:
    """The groups of every bar of a row."""
    return tuple(tuple(bar.split()) for bar in row.split("|"))


def pick_groups(groups: Sequence[str], bar: Bar) -> list[str]:
    """As many groups as the bar has pulses."""
    count, have = len(pulses(bar.numerator, bar.denominator)), len(groups)
    if count == have:
        return list(groups)
    if count < have:
        return [*groups[: count - 1], groups[-1]] if count > 1 else [groups[0]]
    found: list[str] = []
    while len(found) < count:
        left = count - len(found)
        take = have if left >= have + 2 or left == have else min(have, (left + 1) // 2)
        found += groups[:take] if take == have or not found else [*groups[: take - 1], groups[-1]]
    return found


def fitted_group(group: str, length: int) -> tuple[str, int]:
    """A group's letters in a pulse, and the ticks of a letter; a longer pulse holds or repeats its beginning."""
    if length == QUARTER or len(group) % 3 == 0:
        return group, length // len(group)
    step = QUARTER // len(group)
    count = max(1, length // step)
    return (group + group)[:count].ljust(count, REST), step


def laid_out(row: str, number: int, bar: Bar) -> list[Hit]:
    """The hits of bar ``number`` (from 0) of a row in a bar of the song. What rings on is cut at the end of the bar."""
    bars = groups_of(row)
    groups = pick_groups(bars[number % len(bars)], bar)
    found: list[Hit] = []
    end_of_last = -1
    for group, pulse in zip(groups, pulses(bar.numerator, bar.denominator), strict=True):
        letters, step = fitted_group(group, pulse.length)
        for place, letter in enumerate(letters):
            at = bar.start_ticks + pulse.at + place * step
            if letter == HOLD and found and end_of_last == at:
                found[-1] = found[-1]._replace(length=at + step - found[-1].at)
                end_of_last = at + step
            elif letter not in (HOLD, REST):
                found.append(Hit(at, step, letter, len(group) % 3 != 0))
                end_of_last = at + step
    return [hit for hit in found if hit.at < bar.end_ticks]
