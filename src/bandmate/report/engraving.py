"""Staves: written music as lines, ovals, polygons and words, in staff spaces; what a lead sheet is drawn from.

Conventions: one staff space is 1; x goes right, y goes up, and 0 is the middle line of a staff. A step is half a
space: the line or gap a note stands on. A bar's width grows with how much is in it.

Not covered: several voices on a staff, slurs, ornaments, key changes inside a line (they stand at the next bar).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from bandmate.song.note_values import Chorded, NoteValue, note_values, spelled

Clef = Literal["treble", "bass"]
MIDDLE_STEP: dict[Clef, int] = {"treble": 6 + 7 * 4, "bass": 1 + 7 * 3}
"""The step of the middle line: B4, and D3; a step is 7 × octave + letter, C is 0."""

LETTERS = "CDEFGAB"
FLAGS = {"eighth": 1, "16th": 2, "32nd": 3, "64th": 4}
SIGNS = {-2: "♭♭", -1: "♭", 0: "♮", 1: "♯", 2: "♯♯"}
STEM = 3.3
HEAD = (1.25, 0.85)


class Stroke(NamedTuple):
    """A straight line and how thick it is."""

    x1: float
    y1: float
    x2: float
    y2: float
    width: float = 0.12


class Oval(NamedTuple):
    """A note head or a dot: its centre, its size, and whether it is filled."""

    x: float
    y: float
    width: float
    height: float
    is_filled: bool = True
    angle: float = 20.0


class Area(NamedTuple):
    """A filled polygon."""

    points: tuple[tuple[float, float], ...]


class Words(NamedTuple):
    """Text: ``size`` is its height in staff spaces."""

    x: float
    y: float
    text: str
    size: float = 2.0
    align: Literal["left", "center"] = "left"
    is_bold: bool = False


Mark = Stroke | Oval | Area | Words


@dataclass(slots=True)
class Staff:
    """What stands on one staff so far."""

    clef: Clef
    fifths: int
    marks: list[Mark] = field(default_factory=list)


def step_of(pitch: int, fifths: int) -> tuple[int, int]:
    """The step of a pitch, and its alteration, in a key of that signature."""
    letter, alter = spelled(pitch % 12, fifths)
    return LETTERS.index(letter) + 7 * ((pitch - alter) // 12 - 1), alter


def height_of(step: int, clef: Clef) -> float:
    """Where a step stands on the staff."""
    return (step - MIDDLE_STEP[clef]) / 2


def clef_for(pitches: Sequence[int]) -> Clef:
    """Bass for what lies mostly below the middle C."""
    ordered = sorted(pitches) or [60]
    return "bass" if ordered[len(ordered) // 2] < 57 else "treble"


def signature(clef: Clef, fifths: int, x: float) -> tuple[list[Mark], float]:
    """Clef and key signature from ``x`` on, and where they end."""
    marks: list[Mark] = [*clef_marks(clef, x)]
    x += 3.2
    sharps, flats = (8, 5, 9, 6, 3, 7, 4), (4, 7, 3, 6, 2, 5, 1)
    rows = sharps[:fifths] if fifths > 0 else flats[:-fifths]
    for at in rows:
        marks.append(Words(x, (at - 4) / 2 - (0 if clef == "treble" else 1), SIGNS[1 if fifths > 0 else -1], 2.4))
        x += 0.95
    return marks, x + 0.6


def clef_marks(clef: Clef, x: float) -> list[Mark]:
    """A clef in plain strokes: a spiral around G, or around F with two dots."""
    from math import cos, pi, sin

    centre, dots = (-1.0, []) if clef == "treble" else (1.0, [Oval(x + 2.5, y, 0.4, 0.4) for y in (1.5, 0.5)])
    turns = 2.35 if clef == "treble" else 0.62
    points = []
    for i in range(41):
        share = i / 40
        radius = 0.25 + 0.95 * share if clef == "treble" else 0.9 + 0.7 * share
        angle = -pi / 2 + share * turns * pi if clef == "treble" else pi * 0.95 - share * 1.3 * pi
        points.append((x + 1.1 + radius * cos(angle), centre + radius * sin(angle) * (1 if clef == "treble" else 0.85)))
    strokes: list[Mark] = [Stroke(*a, *b, 0.2) for a, b in itertools.pairwise(points)]
    if clef == "treble":
        curve = [points[-1], (x + 1.9, 1.4), (x + 1.75, 3.1), (x + 1.35, 3.3), (x + 1.0, 2.3), (x + 1.45, -2.6)]
        strokes += [Stroke(*a, *b, 0.2) for a, b in zip(curve, [*curve[1:], (x + 0.9, -3.0)], strict=True)]
        strokes.append(Oval(x + 0.85, -2.75, 0.6, 0.6))
    return [*strokes, Oval(points[0][0], points[0][1], 0.55, 0.55), *dots] if clef == "bass" else strokes


@dataclass(frozen=True, slots=True)
class Head:
    """A printed note of a bar: where it begins and ends, its value, its pitches; none for a rest."""

    start: int
    value: NoteValue
    pitches: tuple[int, ...]
    is_tied: bool = False


def heads_of(voice: Sequence[Chorded], bar_start: int, bar_length: int, grid: Sequence[int]) -> list[Head]:
    """What is printed in a bar: notes and the rests between them."""
    found, at = [], 0
    for chord in voice:
        begin, end = max(chord.start, bar_start) - bar_start, min(chord.end, bar_start + bar_length) - bar_start
        if end <= 0 or begin >= bar_length or end <= begin:
            continue
        found += [Head(start, value, ()) for start, value in placed(at, begin, grid)]
        pieces = placed(begin, end, grid)
        for number, (start, value) in enumerate(pieces):
            goes_on = number + 1 < len(pieces) or chord.end > bar_start + bar_length
            found.append(Head(start, value, tuple(pitch for pitch, _ in chord.pitches), goes_on))
        at = end
    return [*found, *(Head(start, value, ()) for start, value in placed(at, bar_length, grid))]


def placed(start: int, end: int, grid: Sequence[int]) -> list[tuple[int, NoteValue]]:
    """Note values from ``start`` to ``end``, each with where it begins."""
    found = []
    for value in note_values(start, end, grid) if end > start else ():
        found.append((start, value))
        start += value.length
    return found


def width_of(heads: Sequence[Head]) -> float:
    """How wide a bar is drawn."""
    return 2.0 + sum(1.7 + 1.1 * math.sqrt(head.value.length / 960) for head in heads)


def places_of(heads: Sequence[Head], x: float, width: float) -> list[float]:
    """Where each of a bar's heads stands between ``x`` and ``x + width``."""
    scale = (width - 2.0) / max(0.1, width_of(heads) - 2.0)
    places, at = [], x + 1.4
    for head in heads:
        places.append(at)
        at += (1.7 + 1.1 * math.sqrt(head.value.length / 960)) * scale
    return places


def bar_marks(heads: Sequence[Head], places: Sequence[float], staff: Staff, pulse_ticks: int) -> None:
    """Draw a bar's heads, stems, flags or beams, dots, accidentals and rests onto a staff."""
    seen: dict[int, int] = {}
    group: list[tuple[float, float, float, int]] = []
    group_pulse = -1
    for head, x in zip(heads, places, strict=True):
        flags = FLAGS.get(head.value.name, 0)
        if group and (not head.pitches or not flags or head.start // pulse_ticks != group_pulse):
            join(group, staff)
            group = []
        if not head.pitches:
            rest_marks(head.value, x, staff)
            continue
        low, high = head_marks(head, x, staff, seen)
        if flags:
            group_pulse = head.start // pulse_ticks
            group.append((x, low, high, flags))
        elif head.value.name != "whole":
            stem(x, low, high, staff, is_up=low + high <= 0)
        if head.is_tied:
            tie_marks(x, low, staff)
    join(group, staff)


def head_marks(head: Head, x: float, staff: Staff, seen: dict[int, int]) -> tuple[float, float]:
    """Heads of a chord with ledger lines, accidentals and dots; lowest and highest place on the staff."""
    heights = []
    for pitch in head.pitches:
        step, alter = step_of(pitch, staff.fifths)
        y = height_of(step, staff.clef)
        heights.append(y)
        usual = signature_alter(step, staff.fifths)
        if seen.get(step, usual) != alter:
            staff.marks.append(Words(x - 1.65, y, SIGNS[alter], 2.3))
        seen[step] = alter
        is_filled = head.value.name not in ("whole", "half")
        staff.marks.append(Oval(x, y, *HEAD, is_filled))
        for dot in range(head.value.dots):
            staff.marks.append(Oval(x + 1.1 + 0.5 * dot, y + (0.5 if float(y).is_integer() else 0.0), 0.35, 0.35))
        for line in range(3, int(abs(y)) + 1):
            at = line if y > 0 else -line
            staff.marks.append(Stroke(x - 1.0, at, x + 1.0, at))
    if head.value.is_triplet and (head.start % 960 == 320 or head.value.length == 640):
        staff.marks.append(Words(x, max(heights) + (4.6 if sum(heights) <= 0 else 1.2), "3", 1.3, "center"))
    return min(heights), max(heights)


def signature_alter(step: int, fifths: int) -> int:
    """What the key signature does to a step."""
    letter = LETTERS[step % 7]
    if fifths > 0:
        return int(letter in "FCGDAEB"[:fifths])
    return -int(letter in "BEADGCF"[:-fifths]) if fifths else 0


def stem(x: float, low: float, high: float, staff: Staff, *, is_up: bool, end: float | None = None) -> None:
    """A stem from the far head to where it ends."""
    side = HEAD[0] / 2 - 0.08
    if is_up:
        staff.marks.append(Stroke(x + side, low, x + side, high + STEM if end is None else end))
    else:
        staff.marks.append(Stroke(x - side, high, x - side, low - STEM if end is None else end))


def join(group: Sequence[tuple[float, float, float, int]], staff: Staff) -> None:
    """Stems of a group of short notes, with flags for one and beams for several."""
    if not group:
        return
    is_up = sum(low + high for _, low, high, _ in group) <= 0
    side = HEAD[0] / 2 - 0.08 if is_up else 0.08 - HEAD[0] / 2
    way = 1 if is_up else -1
    level = max(high for _, _, high, _ in group) + STEM if is_up else min(low for _, low, _, _ in group) - STEM
    for x, low, high, _ in group:
        stem(x, low, high, staff, is_up=is_up, end=level)
    if len(group) == 1:
        x, flags = group[0][0] + side, group[0][3]
        for flag in range(flags):
            top = level - way * 0.8 * flag
            points = ((x, top), (x + 0.9, top - way * 1.3), (x + 0.8, top - way * 1.9), (x, top - way * 0.7))
            staff.marks.append(Area(points))
        return
    for at in range(max(flags for *_, flags in group)):
        top = level - way * 0.75 * at
        for place, (x, _, _, flags) in enumerate(group):
            if flags <= at:
                continue
            is_joined = place + 1 < len(group) and group[place + 1][3] > at
            was_joined = place > 0 and group[place - 1][3] > at
            if not is_joined and was_joined:
                continue
            end = group[place + 1][0] if is_joined else x + (0.9 if place == 0 else -0.9)
            left, right = x + side, end + side
            staff.marks.append(Area(((left, top), (right, top), (right, top - way * 0.5), (left, top - way * 0.5))))


def tie_marks(x: float, low: float, staff: Staff) -> None:
    """The beginning of a tie to the next head."""
    points = [(x + 0.7 + 1.8 * i / 8, low - 0.7 - 0.5 * (1 - (i / 4 - 1) ** 2)) for i in range(9)]
    staff.marks += [Stroke(*a, *b, 0.12) for a, b in itertools.pairwise(points)]


def rest_marks(value: NoteValue, x: float, staff: Staff) -> None:
    """A rest: blocks for whole and half, a zigzag for a quarter, hooks for what is shorter."""
    if value.name in ("whole", "half"):
        top = 1.0 if value.name == "whole" else 0.5
        staff.marks.append(Area(((x - 0.6, top), (x + 0.6, top), (x + 0.6, top - 0.5), (x - 0.6, top - 0.5))))
    elif value.name == "quarter":
        zigzag = ((x - 0.3, 1.4), (x + 0.35, 0.6), (x - 0.25, 0.0), (x + 0.35, -0.8), (x - 0.2, -1.4))
        staff.marks += [Stroke(*a, *b, 0.25) for a, b in itertools.pairwise(zigzag)]
    else:
        flags = FLAGS.get(value.name, 1)
        staff.marks.append(Stroke(x + 0.35, 0.8, x - 0.15, -0.2 - flags, 0.14))
        for flag in range(flags):
            staff.marks += [
                Oval(x - 0.35, 0.5 - flag, 0.45, 0.45),
                Stroke(x - 0.3, 0.3 - flag, x + 0.3, 0.65 - flag, 0.14),
            ]
    for dot in range(value.dots):
        staff.marks.append(Oval(x + 0.9 + 0.5 * dot, 0.5, 0.35, 0.35))
