"""The order in which the measures of a score are played: repeats and endings unfolded.

Conventions: measures are counted from 0, passes from 1. A repeat without a beginning goes back to the end of the last
one. The first ending is left after its last pass even where no second ending is marked.

Not covered: da capo, dal segno, coda, fine (the reader remarks on them).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bandmate.song.errors import MediaError

MOST_MEASURES = 50_000
MOST_TIMES = 64


@dataclass(slots=True)
class MeasureMarks:
    """What stands at the bar lines of one measure."""

    begins_repeat: bool = False
    times: int = 0
    """How often what ends here is played; 0 where no repeat ends."""

    ending: frozenset[int] = frozenset()
    """The passes that this measure is played in; empty means all."""

    is_ending_last: bool = False
    """Whether a bracket ends with this measure."""


def playing_order(marks: Sequence[MeasureMarks], name: str) -> list[tuple[int, int]]:
    """Each measure that is played, with its pass.

    Raises
    ------
    MediaError
        if more than `MOST_MEASURES` would be played.
    """
    order: list[tuple[int, int]] = []
    at, start, turn = 0, 0, 1
    while at < len(marks):
        mark = marks[at]
        if mark.begins_repeat and at != start:
            start, turn = at, 1
        if mark.ending and turn not in mark.ending:
            at += 1
            if mark.is_ending_last and (at == len(marks) or not marks[at].ending):
                start, turn = at, 1
            continue
        order.append((at, turn))
        if len(order) > MOST_MEASURES:
            raise MediaError(f'"{name}" plays more than {MOST_MEASURES} measures; take repeats out of it')
        if mark.times and goes_back(marks, at, turn):
            at, turn = start, turn + 1
            continue
        if mark.times or mark.is_ending_last:
            start, turn = at + 1, 1
        at += 1
    return order


def goes_back(marks: Sequence[MeasureMarks], at: int, turn: int) -> bool:
    """Whether the repeat that ends measure ``at`` is taken after pass ``turn``."""
    mark = marks[at]
    if not mark.ending:
        return turn < min(mark.times, MOST_TIMES)
    following = marks[at + 1].ending if at + 1 < len(marks) else frozenset()
    return 1 in mark.ending or turn + 1 in mark.ending | following
