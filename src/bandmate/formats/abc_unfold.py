"""The bars of an ABC voice in the order in which they are played: repeats and endings written out.

Conventions: a repeat goes back to its ``|:``, or without one to the last double bar, the end of the last repeat or the
beginning. An ending is played on the passes it names; the bars after the last one follow.

Not covered: D.C., D.S., coda, the order of parts in a P: field.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from bandmate.formats.abc_music import MOST_PASSES, Bar


class Played(NamedTuple):
    """A bar and on which pass (from 1) it is played."""

    bar: Bar
    turn: int


def unfolded(bars: list[Bar]) -> Iterator[Played]:
    """The bars as they are played; at most 16 passes of a stretch."""
    at, start, turn = 0, 0, 1
    is_marked = in_ending = False
    while at < len(bars):
        bar = bars[at]
        if bar.starts_repeat and at != start:
            start, turn, in_ending = at, 1, False
        is_marked = is_marked or bar.starts_repeat
        if bar.endings and turn not in bar.endings:
            at, in_ending = ending_for(bars, at, turn), False
            if at < len(bars) and turn not in bars[at].endings:
                start, turn, is_marked = at, 1, False
            continue
        in_ending = in_ending or bool(bar.endings)
        yield Played(bar, turn)
        if bar.repeats and turn < passes(bars, start, at, in_ending=in_ending):
            at, turn, in_ending = start, turn + 1, False
            continue
        at += 1
        if bar.repeats or (bar.is_edge and (in_ending or not is_marked)):
            start, turn, is_marked, in_ending = at, 1, False, False


def ending_for(bars: list[Bar], at: int, turn: int) -> int:
    """Where the ending for this pass begins, or else the bar after all endings."""
    after = at + 1
    for place in range(at, len(bars)):
        bar = bars[place]
        if place > at and bar.starts_repeat:
            return place
        if turn in bar.endings:
            return place
        if (bar.repeats or bar.is_edge) and (place + 1 == len(bars) or not bars[place + 1].endings):
            return place + 1
        after = place + 1
    return after


def passes(bars: list[Bar], start: int, at: int, *, in_ending: bool) -> int:
    """How often the stretch from ``start`` to the repeat sign at ``at`` is played."""
    if not in_ending:
        follows = bars[at + 1].endings if at + 1 < len(bars) else frozenset()
        return max(1 + bars[at].repeats, max(follows, default=1) if min(follows, default=1) > 1 else 1)
    highest = max((max(bar.endings, default=1) for bar in bars[start : at + 1]), default=1)
    for bar in bars[at + 1 :]:
        if bar.starts_repeat or (bar.endings and min(bar.endings) <= highest):
            break
        highest = max(highest, max(bar.endings, default=1))
        if bar.is_edge or bar.repeats:
            break
    own = max((max(bar.endings) for bar in bars[start : at + 1] if bar.endings), default=1)
    return min(MOST_PASSES, max(highest, 2 if own == 1 else highest))
