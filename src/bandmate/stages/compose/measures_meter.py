"""Weights of the places in a bar, for any meter, and the syncopation of a row of onsets.

Conventions: places are counted in twelfths of a quarter (80 ticks), which hold sixteenths and triplets alike. A weight
is 0 for the first place of a bar and falls by one with every level of division; 5 is divided as 3 + 2 and 7 as
2 + 2 + 3 (4 + 3 in quarters).

Not covered: groupings that the music itself sets up against the meter (3 + 3 + 2): they count as syncopation.

References
----------
H. C. Longuet-Higgins and C. S. Lee, "The rhythmic interpretation of monophonic music", Music Perception 1 (4), 1984:
a note followed by a stronger place at which nothing begins is a syncopation of the difference of their weights.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from bandmate.stages.compose.passage import Bar

PLACE_TICKS = 80
PLACES_PER_QUARTER = 12
NO_PLACE = -9

SNAPS = ((0, 0), (240, 0), (480, 0), (720, 0), (960, 0), (320, 25), (640, 25), (160, 40), (800, 40), (80, 55),
         (400, 55), (560, 55), (880, 55))  # fmt: skip
"""Places of a quarter, and how many ticks nearer than the others a note must lie to belong to one."""


@lru_cache(maxsize=1024)
def snapped(ticks: int) -> int:
    """The place within a quarter (0 to 12) that a note ``ticks`` after its start is meant for."""
    return min(SNAPS, key=lambda snap: abs(snap[0] - ticks) + snap[1])[0] // PLACE_TICKS


def place_of(ticks: int) -> int:
    """The place of a note, from where ``ticks`` are counted from; a beat's own start is a place of its own."""
    return ticks // 960 * PLACES_PER_QUARTER + snapped(ticks % 960)


def grouping(numerator: int, denominator: int) -> tuple[int, ...]:
    """Beats of the bar in groups: (2, 2) for 4/4, (3, 3) for 6/8, (2, 2, 3) for 7/8."""
    if numerator in (1, 2, 3):
        return (1,) * numerator
    if numerator % 3 == 0 and (denominator >= 8 or numerator == 6):
        return (3,) * (numerator // 3)
    if numerator == 5:
        return (3, 2)
    if numerator == 7 and denominator <= 4:
        return (4, 3)
    twos, odd = divmod(numerator, 2)
    return (2,) * (twos - odd) + (3,) * odd


@lru_cache(maxsize=256)
def weights(numerator: int, denominator: int) -> tuple[int, ...]:
    """The weight of every place of a bar.

    >>> weights(4, 4)[::6]
    (0, -3, -2, -3, -1, -3, -2, -3)
    """
    beat = max(1, 4 * PLACES_PER_QUARTER // denominator)
    groups = grouping(numerator, denominator)
    found = [NO_PLACE] * (numerator * beat)
    at = 0
    for number, group in enumerate(groups):
        for inside in range(group):
            level = 0 if at == 0 else 1 if inside == 0 else 2
            if group == 4 and inside == 2:
                level = 1
            if len(groups) == 4 and inside == 0 and number % 2:
                level = 2
            # subtle: one beat to a group (2/4, 3/4) leaves no level between the groups and the beats.
            beat_level = max(level, 1) if max(groups) == 1 else 2 + (len(groups) == 4)
            divided(found, at, beat, level, beat_level)
            at += beat
    return tuple(found)


def divided(found: list[int], start: int, length: int, level: int, below: int) -> None:
    """Write the weights of one beat: its start, and what lies in it by halves and thirds."""
    for inside in range(length):
        found[start + inside] = -(below + depth_in_beat(inside, length))
    found[start] = -level


def depth_in_beat(inside: int, length: int) -> int:
    """How many levels under the beat a place lies: 1 for its half, 2 for its quarters and thirds, 3 for the rest."""
    if length % 2 == 0 and inside * 2 == length:
        return 1
    if (length % 4 == 0 and inside * 4 % length == 0) or inside * 3 % length == 0:
        return 2
    return 3


def bar_weights(bars: Sequence[Bar]) -> tuple[int, ...]:
    """The weights of all places of some bars in a row."""
    return weights_in_a_row(tuple((bar.numerator, bar.denominator) for bar in bars))


@lru_cache(maxsize=64)
def weights_in_a_row(meters: tuple[tuple[int, int], ...]) -> tuple[int, ...]:
    return tuple(weight for meter in meters for weight in weights(*meter))


def syncopation(onsets: Iterable[int], bars: Sequence[Bar]) -> float:
    """Longuet-Higgins and Lee's syncopation of the onsets (song ticks) in some bars in a row, for a bar.

    A rest is looked at for a bar at most; nothing behind the bars counts. 0 for no onsets.
    """
    start = bars[0].start_ticks
    every = bar_weights(bars)
    places = sorted({place_of(at - start) for at in onsets if at >= start - PLACE_TICKS})
    inside = [place for place in places if 0 <= place < len(every)]
    if not inside:
        return 0.0
    longest = max(1, bars[0].length_ticks // PLACE_TICKS)
    total = 0
    for here, following in zip(inside, [*inside[1:], len(every)], strict=True):
        between = every[here + 1 : min(following, here + 1 + longest)]
        if between:
            total += max(0, max(between) - every[here])
    return total / len(bars)
