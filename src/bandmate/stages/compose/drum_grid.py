"""Where drums may strike in a bar of any meter, and which place of a bar of four each slot stands for.

A beat of quarters has four slots; a pulse of three eighths has three, played as the swung slots of a beat; a group of
two or three eighths of an odd meter has four or six. Beats stand for those of a bar of four so that strong ones stay
strong and the others keep the backbeat::

    4/4   1 2 3 4        3/4   1 2 4        6/8   1 2        7/8   1 2 4       5/8   1 2

Conventions: ticks from the start of the bar; swing moves the second half of beats of quarters only.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from bandmate.models.drum_kit import STRAIGHT_TICKS, SWUNG_TICKS
from bandmate.stages.compose.measures_meter import grouping
from bandmate.stages.compose.passage import Bar

QUARTER = 960
BEATS = {
    1: (0,),
    2: (0, 1),
    3: (0, 1, 3),
    4: (0, 1, 2, 3),
    5: (0, 1, 3, 2, 3),
    6: (0, 1, 2, 3, 2, 3),
    7: (0, 1, 2, 3, 0, 1, 3),
}
"""Which beat of a bar of four each beat, pulse or group stands for."""

PULSE_SLOTS = (0, 1, 3)
GROUP_SLOTS = {2: (0, 1, 2, 3), 3: (0, 1, 2, 3, 2, 3)}


class Slot(NamedTuple):
    """A place where something may be struck: its tick in the bar, and the slot of a bar of four that it stands for."""

    ticks: int
    source: int


class Grid(NamedTuple):
    """The slots of a bar, whether they go by threes, and where its beats, pulses or groups begin (ticks)."""

    slots: tuple[Slot, ...]
    by_threes: bool
    beats: tuple[int, ...]


def grid_of(bar: Bar, swung: bool = False) -> Grid:
    """The grid of a bar; ``swung`` puts beats of quarters into threes."""
    return grid(bar.numerator, bar.denominator, swung)


@lru_cache(maxsize=128)
def grid(numerator: int, denominator: int, swung: bool) -> Grid:
    """The grid of a meter."""
    if denominator <= 4:
        return of_quarters(numerator * 4 // denominator, swung)
    if denominator == 8 and numerator % 3 == 0:
        return of_pulses(numerator // 3)
    return of_groups(numerator, denominator)


def of_quarters(count: int, swung: bool) -> Grid:
    """Beats of quarters, four slots each; the third slot of a swung beat is not used."""
    ticks = SWUNG_TICKS if swung else STRAIGHT_TICKS
    slots = tuple(
        Slot(number * QUARTER + ticks[inside], beat * 4 + inside)
        for number, beat in enumerate(beats_for(count))
        for inside in range(4)
        if not (swung and inside == 2)
    )
    return Grid(slots, swung, tuple(number * QUARTER for number in range(count)))


def of_pulses(count: int) -> Grid:
    """Pulses of three eighths."""
    slots = tuple(
        Slot(number * 1440 + place * 480, beat * 4 + inside)
        for number, beat in enumerate(beats_for(count))
        for place, inside in enumerate(PULSE_SLOTS)
    )
    return Grid(slots, True, tuple(number * 1440 for number in range(count)))


def of_groups(numerator: int, denominator: int) -> Grid:
    """Groups of two and three short beats, each beat in halves (whole beats from sixteenths on)."""
    beat = 4 * QUARTER // denominator
    groups = grouping(numerator, denominator) if numerator > 3 else (numerator,)
    step = beat // 2 if denominator <= 8 else beat
    slots, starts, at = [], [], 0
    for group, standing in zip(groups, beats_for(len(groups)), strict=True):
        starts.append(at)
        places = group * beat // step
        pattern = GROUP_SLOTS[3 if group == 3 else 2] if denominator <= 8 else (0, 2, 3, 1)
        slots += [Slot(at + place * step, standing * 4 + pattern[place % len(pattern)]) for place in range(places)]
        at += group * beat
    return Grid(tuple(slots), False, tuple(starts))


def beats_for(count: int) -> tuple[int, ...]:
    """Which beats of a bar of four ``count`` beats stand for."""
    return BEATS.get(count) or tuple(number % 4 for number in range(count))
