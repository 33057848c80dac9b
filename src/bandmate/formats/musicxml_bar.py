"""One bar of one voice as MusicXML elements.

Conventions: the order of the elements is the schema's. What stands above the notes comes before the note or rest that
sounds at its place, with an offset in divisions (960 to a quarter note) where it comes later.

Not covered: slurs, brackets over triplets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bandmate.formats.musicxml_beams import Beamed, add_beams
from bandmate.formats.musicxml_part import FORTE
from bandmate.song.harmony import Key
from bandmate.song.note_values import Chorded, NoteValue, note_values, spelled

Event = tuple[int, Any]
"""Ticks in the song, and the element that stands there."""


@dataclass(slots=True)
class Bar:
    """A bar, where it begins, its meter and key where they are new, its pulse, and the signature that holds in it."""

    start: int
    length: int
    meter: tuple[int, int] | None = None
    pulse: int = 960
    key: Key | None = None
    fifths: int = 0


class BarWriter:
    """Writes one voice of one bar; ``grid`` is the bar's."""

    def __init__(self, measure: Any, bar: Bar, grid: list[int], voice: int) -> None:
        self._measure, self._bar, self._grid, self._voice = measure, bar, grid, voice
        self._events: list[Event] = []
        self._written: list[Beamed | None] = []

    def write(self, pieces: list[tuple[int, int, Chorded]], events: list[Event], words: dict[int, str]) -> None:
        """Notes with rests between them, and every event before what sounds at its place."""
        self._events = [(at - self._bar.start, event) for at, event in events]
        at = 0
        for begin, end, chord in pieces:
            self._add_rest(at, begin)
            is_begin = self._bar.start + begin == chord.start
            self._add_chord(begin, end, chord, words.pop(chord.start, None) if is_begin else None)
            at = end
        self._add_rest(at, self._bar.length)
        add_beams(self._written, self._bar.pulse)

    def _add_rest(self, start: int, end: int) -> None:
        if end > start:
            self._written.append(None)
        if (start, end) == (0, self._bar.length):
            self._place_events(start, end)
            note = child(self._measure, "note")
            child(note, "rest", measure="yes")
            child(note, "duration", end)
            child(note, "voice", self._voice)
            return
        for value in note_values(start, end, self._grid):
            self._place_events(start, start + value.length)
            note = child(self._measure, "note")
            child(note, "rest")
            child(note, "duration", value.length)
            child(note, "voice", self._voice)
            add_type(note, value)
            start += value.length

    def _place_events(self, start: int, end: int) -> None:
        """The events from ``start`` to before ``end``, with how far behind it they are."""
        while self._events and self._events[0][0] < end:
            at, event = self._events.pop(0)
            self._measure.append(event)
            if at > start:
                offset = child(event, "offset", at - start)
                if event.tag == "direction":
                    offset.set("sound", "yes")
                    sound = event.find("sound")
                    if sound is not None:
                        event.append(sound)

    def _add_chord(self, start: int, end: int, chord: Chorded, word: str | None) -> None:
        for value in note_values(start, end, self._grid):
            self._place_events(start, start + value.length)
            begin = self._bar.start + start
            ties = ["stop"] * (begin > chord.start) + ["start"] * (begin + value.length < chord.end)
            for place, (pitch, velocity) in enumerate(chord.pitches):
                note = child(self._measure, "note", dynamics=round(velocity * 100 / FORTE, 2))
                if place:
                    child(note, "chord")
                else:
                    self._written.append(Beamed(start, value.name, note))
                self._add_pitch(note, pitch)
                child(note, "duration", value.length)
                for tie in ties:
                    child(note, "tie", type=tie)
                child(note, "voice", self._voice)
                add_type(note, value)
                notations = child(note, "notations") if ties else None
                for tie in ties:
                    child(notations, "tied", type=tie)
                if word and not place:
                    add_word(note, word)
            word = None
            start += value.length

    def _add_pitch(self, note: Any, pitch: int) -> None:
        element = child(note, "pitch")
        step, alter = spelled(pitch % 12, self._bar.fifths)
        child(element, "step", step)
        if alter:
            child(element, "alter", alter)
        child(element, "octave", (pitch - alter) // 12 - 1)


def child(parent: Any, tag: str, text: Any = None, /, **attributes: Any) -> Any:
    """A new element with that text, without the signs that XML forbids."""
    from lxml import etree

    element = etree.SubElement(parent, tag, {name: printable(str(value)) for name, value in attributes.items()})
    if text is not None:
        element.text = printable(str(text))
    return element


def printable(text: str) -> str:
    return "".join(c for c in text if c in "\t\n" or (c >= " " and not "\ud800" <= c <= "\udfff" and c < "\ufffe"))


def tempo_element(etree: Any, bpm: float) -> Any:
    direction = etree.Element("direction", placement="above")
    metronome = child(child(direction, "direction-type"), "metronome")
    child(metronome, "beat-unit", "quarter")
    child(metronome, "per-minute", f"{bpm:.6g}")
    child(direction, "sound", tempo=f"{bpm:.9f}".rstrip("0").rstrip("."))
    return direction


def add_type(note: Any, value: NoteValue) -> None:
    child(note, "type", value.name)
    for _ in range(value.dots):
        child(note, "dot")
    if value.is_triplet:
        modified = child(note, "time-modification")
        child(modified, "actual-notes", 3)
        child(modified, "normal-notes", 2)


def add_word(note: Any, word: str) -> None:
    lyric = child(note, "lyric", number=1)
    goes_on = len(word) > 1 and word.endswith("-") and not word.endswith("--")
    child(lyric, "syllabic", "begin" if goes_on else "single")
    child(lyric, "text", word[:-1] if goes_on else word)
