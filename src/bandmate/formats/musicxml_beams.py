"""Beams: which short notes of a bar are joined, and how.

Conventions: notes are joined within a pulse (a quarter note, three eighths in compound meters), and in 4/4 eighths also
over two of them from beats 1 and 3; a rest or a longer note ends a beam. The signs stand on the first note of a chord.

Not covered: beams over rests and bar lines, broken inner beams other than hooks.
"""

from __future__ import annotations

from typing import Any, NamedTuple

LEVELS = {"eighth": 1, "16th": 2, "32nd": 3, "64th": 4, "128th": 5}
BEFORE_BEAMS = ("grace", "chord", "pitch", "rest", "duration", "tie", "voice", "type", "dot", "time-modification")


class Beamed(NamedTuple):
    """A note of a bar: where it begins, its kind of value, and its element."""

    start: int
    name: str
    element: Any


def add_beams(notes: list[Beamed | None], pulse_ticks: int) -> None:
    """Put the signs for beams into the elements; ``None`` stands for a rest."""
    group: list[Beamed] = []
    for note in (*notes, None):
        if group and (
            note is None or note.name not in LEVELS or note.start // pulse_ticks != group[0].start // pulse_ticks
        ):
            join(group)
            group = []
        if note is not None and note.name in LEVELS:
            group.append(note)


def join(group: list[Beamed]) -> None:
    """Beams over a group, level by level; a single note keeps its flag."""
    if len(group) < 2:
        return
    levels = [LEVELS[note.name] for note in group]
    for place, note in enumerate(group):
        after = levels[place + 1] if place + 1 < len(group) else 0
        before = levels[place - 1] if place else 0
        at = 1 + max(i for i, one in enumerate(note.element) if one.tag in BEFORE_BEAMS)
        for level in range(1, levels[place] + 1):
            beam = note.element.makeelement("beam", {"number": str(level)})
            beam.text = sign(before >= level, after >= level, is_first=place == 0)
            note.element.insert(at, beam)
            at += 1


def sign(comes_from: bool, goes_on: bool, *, is_first: bool) -> str:
    """What a beam does at a note."""
    if comes_from and goes_on:
        return "continue"
    if goes_on:
        return "begin"
    if comes_from:
        return "end"
    return "forward hook" if is_first else "backward hook"
