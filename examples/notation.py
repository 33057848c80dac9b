"""How the parts of a song are written in this folder, and how they become notes.

Conventions: ``|`` ends a bar of 4/4 and ``/`` separates the two halves of a bar whose chord changes. A **line** is made
of ``pitch:length`` (w h q e s, a dot makes it half as long again, ``r`` rests, ``_`` ties to the next bar). A **grid**
has sixteen sixteenths a bar: a digit is a stroke, 1 soft to 9 hard, ``-`` holds it, ``.`` is silent; ``*3`` plays the
bar three times. In a **picking** the digit is the string: 1 is the lowest note of the chord. A part gives each section
of the form its text.

Not covered: other meters, triplets, more than one voice in a line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import NamedTuple

from bandmate.song.harmony import Chord
from bandmate.song.notes import Note
from bandmate.song.time import TICKS_PER_QUARTER

BAR_TICKS = 4 * TICKS_PER_QUARTER
SLOT_TICKS = BAR_TICKS // 16
SWING_TICKS = 36
"""How late every second sixteenth comes: a light lilt, less than half of the way to triplets."""

LENGTHS = {"w": 3840, "h.": 2880, "h": 1920, "q.": 1440, "q": 960, "e.": 720, "e": 480, "s": 240}
SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


class Stroke(NamedTuple):
    """A note in its section: where, how long (in ticks), how high, how hard."""

    start_ticks: int
    length_ticks: int
    pitch: int
    velocity: int


Part = Mapping[str, list[Stroke]]
"""What one instrument plays in each section."""


Text = Mapping[str, str]
"""What is written for one instrument, by section."""


def line(part: Text, levels: Mapping[str, int], *, hold: float) -> Part:
    """A part of single notes, louder on the beat; ``hold`` is the share of its length that a note sounds."""
    return {name: list(line_strokes(text, levels[name], hold)) for name, text in part.items()}


def line_strokes(text: str, level: int, hold: float) -> Iterator[Stroke]:
    tied_ticks = 0
    for bar, words in enumerate(bars(text)):
        at = bar_at(bar + 1)
        for word in words.split():
            name, length = word.rstrip("_").split(":")
            start, tied_ticks, at = at - tied_ticks, tied_ticks + LENGTHS[length], at + LENGTHS[length]
            if word.endswith("_"):
                continue
            if name != "r":
                yield Stroke(start, int(tied_ticks * hold), pitch_of(name), level + accent(start))
            tied_ticks = 0
        if at != bar_at(bar + 2):
            raise ValueError(f"bar {bar + 1} is not full: {words}")


def grid(part: Text, pitch: int) -> Part:
    """A drum: one pitch, one stroke for each digit."""
    return {
        name: [Stroke(at, SLOT_TICKS * 3 // 4, pitch, strength(char)) for at, char in slots_of(text)]
        for name, text in part.items()
    }


def slots_of(text: str) -> Iterator[tuple[int, str]]:
    """Where each digit of a grid stands, in ticks, and the digit."""
    for bar, slots in enumerate(bars(text), start=1):
        if len(slots) != 16:
            raise ValueError(f"bar {bar} is not full: {slots}")
        yield from ((bar_at(bar) + slot * SLOT_TICKS, char) for slot, char in enumerate(slots) if char.isdigit())


def comping(rhythm: Text, voicings: Text) -> Part:
    """Chords in the rhythm of a grid."""
    return {name: list(comped(rhythm[name], voicings[name])) for name in rhythm}


def comped(rhythm: str, voicings: str) -> Iterator[Stroke]:
    slots = "".join(bars(rhythm))
    for at, char in slots_of(rhythm):
        after = slots[at // SLOT_TICKS + 1 :]
        held_ticks = (1 + len(after) - len(after.lstrip("-"))) * SLOT_TICKS - SLOT_TICKS // 4
        for pitch in voicing_at(voicings, at):
            yield Stroke(at, held_ticks, pitch, strength(char))


def picking(strings: Text, voicings: Text, levels: Mapping[str, int]) -> Part:
    """Chords broken up, each string ringing until it is struck again or the hand moves."""
    return {name: list(picked(strings[name], voicings[name], levels[name])) for name in strings}


def picked(strings: str, voicings: str, level: int) -> Iterator[Stroke]:
    struck = [(at, string_at(voicings, at, int(string))) for at, string in slots_of(strings)]
    for i, (at, pitch) in enumerate(struck):
        moves_at = at - at % BAR_TICKS + BAR_TICKS
        if voicing_at(voicings, at) != voicing_at(voicings, moves_at - 1):
            moves_at -= BAR_TICKS // 2
        again_at = next((later for later, other in struck[i + 1 :] if other == pitch), moves_at)
        yield Stroke(at, min(again_at, moves_at) - at - SLOT_TICKS // 4, pitch, level + accent(at))


def string_at(voicings: str, ticks: int, string: int) -> int:
    """What a string sounds under the chord in open position; a chord of three notes has its highest on 3 and 4."""
    hand = opened(voicing_at(voicings, ticks))
    return hand[min(string, len(hand)) - 1]


def opened(close: list[int]) -> list[int]:
    """Close position to open position: the second voice from above goes down an octave."""
    return sorted([*close[:-2], close[-2] - 12, close[-1]])


def pad(voicings: Text, levels: Mapping[str, int]) -> Part:
    """Chords held; a voice that keeps its note is struck again only after two bars."""
    return {name: list(held(text, levels[name])) for name, text in voicings.items()}


def held(text: str, level: int) -> Iterator[Stroke]:
    half_ticks = BAR_TICKS // 2
    halves = [voicing_at(text, half * half_ticks) for half in range(2 * len(bars(text)))]
    for pitch in sorted({pitch for voicing in halves for pitch in voicing}):
        sounding = [half for half, voicing in enumerate(halves) if pitch in voicing]
        for _, run in groupby(enumerate(sounding), lambda numbered: numbered[1] - numbered[0]):
            spans = [half for _, half in run]
            for i in range(0, len(spans), 4):
                length_ticks = len(spans[i : i + 4]) * half_ticks - SLOT_TICKS // 4
                yield Stroke(spans[i] * half_ticks, length_ticks, pitch, level)


def merged(*parts: Part) -> Part:
    """Several parts on one track."""
    sections = dict.fromkeys(name for part in parts for name in part)
    return {name: [stroke for part in parts for stroke in part.get(name, [])] for name in sections}


def notes(strokes: list[Stroke]) -> tuple[Note, ...]:
    """Strokes in order of time, with the swing put in and an id each."""
    return tuple(
        Note(
            id=f"n{number}",
            start_ticks=swung(one.start_ticks),
            length_ticks=swung(one.start_ticks + one.length_ticks) - swung(one.start_ticks),
            pitch=one.pitch,
            velocity=max(1, min(127, one.velocity)),
        )
        for number, one in enumerate(sorted(strokes), start=1)
    )


def swung(ticks: int) -> int:
    """Every second sixteenth comes late, and everything around it is drawn along."""
    pair, into = divmod(ticks, 2 * SLOT_TICKS)
    late = SLOT_TICKS + SWING_TICKS
    if into <= SLOT_TICKS:
        return pair * 2 * SLOT_TICKS + into * late // SLOT_TICKS
    return pair * 2 * SLOT_TICKS + late + (into - SLOT_TICKS) * (SLOT_TICKS - SWING_TICKS) // SLOT_TICKS


def chord(name: str, start_ticks: int, length_ticks: int, symbol: str) -> Chord:
    """``F#m7`` or ``Gm6/D`` as a value."""
    upper, _, under = symbol.partition("/")
    root = upper[:2] if upper[1:2] in ("#", "b") else upper[:1]
    return Chord(
        id=name,
        start_ticks=start_ticks,
        length_ticks=length_ticks,
        root=pitch_class(root),
        quality=upper[len(root) :],
        bass=pitch_class(under) if under else None,
    )


def bar_at(bar: int) -> int:
    """The tick at which a bar, counted from 1, begins."""
    return (bar - 1) * BAR_TICKS


def bars(text: str) -> list[str]:
    """The bars of a part, repeats written out."""
    found: list[str] = []
    for bar in text.split("|"):
        pattern, _, times = bar.strip().partition("*")
        found += [pattern.strip()] * int(times or 1)
    return found


def voicing_at(voicings: str, ticks: int) -> list[int]:
    """The notes that hold at a place of the section, from low to high."""
    bar, into = divmod(ticks, BAR_TICKS)
    halves = bars(voicings)[bar].split("/")
    return [pitch_of(name) for name in halves[0 if into < BAR_TICKS // 2 else -1].split()]


def pitch_class(name: str) -> int:
    """``F#`` is 6."""
    return (SEMITONES[name[0]] + name.count("#") - name[1:].count("b")) % 12


def pitch_of(name: str) -> int:
    """``C4`` is 60."""
    return pitch_class(name[:-1]) + 12 * (int(name[-1]) + 1)


def strength(digit: str) -> int:
    """The velocity of a digit: 1 is 24, 9 is 120."""
    return 12 + 12 * int(digit)


def accent(ticks: int) -> int:
    """The first beat leans, the third a little, what falls between the beats gives way."""
    into = ticks % BAR_TICKS
    return 6 if into == 0 else 3 if into == BAR_TICKS // 2 else 0 if into % TICKS_PER_QUARTER == 0 else -5
