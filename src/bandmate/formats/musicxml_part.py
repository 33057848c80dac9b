"""What the measures of one part of a MusicXML file say, in the order in which they are written.

Conventions: times are quarter notes as exact fractions from the start of the measure; pitches, chords and keys are as
they sound, so those of a transposing part are moved. All voices and staves of a part are one.

Not covered: grace notes, cue notes and unpitched percussion (counted), dynamics other than numbers for playing,
articulations and ornaments, slurs, swing, quarter tones (rounded down to half steps).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NamedTuple

from bandmate.formats.musicxml_chords import STEPS, ChordSymbol, chord_symbol
from bandmate.formats.musicxml_file import number, whole
from bandmate.formats.musicxml_repeats import MeasureMarks
from bandmate.song.errors import MediaError
from bandmate.song.harmony import Key, Mode

FORTE = 90
"""The velocity that loudness for playing is a percentage of."""

DEFAULT_VELOCITY = 96
UNITS: dict[str, Fraction] = {
    "breve": Fraction(8),
    "whole": Fraction(4),
    "half": Fraction(2),
    "quarter": Fraction(1),
    "eighth": Fraction(1, 2),
    "16th": Fraction(1, 4),
    "32nd": Fraction(1, 8),
}
MODES: dict[str, tuple[Mode, int]] = {
    "major": ("major", 0),
    "ionian": ("major", 0),
    "dorian": ("dorian", 2),
    "phrygian": ("phrygian", 4),
    "lydian": ("lydian", 5),
    "mixolydian": ("mixolydian", 7),
    "minor": ("minor", 9),
    "aeolian": ("minor", 9),
    "locrian": ("locrian", 11),
}
"""The mode, and how far above the major key of its signature its tonic is."""

JUMPS = ("dacapo", "dalsegno", "tocoda", "fine")


class WrittenNote(NamedTuple):
    """A note as it is written, as it sounds."""

    at: Fraction
    length: Fraction
    pitch: int
    velocity: int
    voice: str
    is_tied_from: bool
    is_tied_on: bool


class Syllable(NamedTuple):
    """A syllable of one verse."""

    at: Fraction
    verse: int
    text: str


@dataclass(slots=True)
class Measure:
    """What one measure of one part says."""

    notes: list[WrittenNote] = field(default_factory=list)
    syllables: list[Syllable] = field(default_factory=list)
    chords: list[tuple[Fraction, ChordSymbol]] = field(default_factory=list)
    tempos: list[tuple[Fraction, Fraction]] = field(default_factory=list)
    rehearsals: list[tuple[Fraction, str]] = field(default_factory=list)
    keys: list[Key] = field(default_factory=list)
    meter: tuple[int, int] | None = None
    marks: MeasureMarks = field(default_factory=MeasureMarks)
    length: Fraction = Fraction(0)


class PartReader:
    """Reads one ``part`` element; what it leaves out is in ``left_out``."""

    def __init__(self, part: Any, name: str) -> None:
        self._part, self._name = part, name
        self._divisions = Fraction(1)
        self._chromatic = 0
        self._velocity = DEFAULT_VELOCITY
        self._at = self._chord_at = Fraction(0)
        self._ending: frozenset[int] = frozenset()
        self._measure = Measure()
        self.left_out: Counter[str] = Counter()

    def measures(self) -> list[Measure]:
        """All measures."""
        return [self._read(element) for element in self._part.findall("measure")]

    def _read(self, element: Any) -> Measure:
        self._measure = Measure()
        self._at = self._chord_at = Fraction(0)
        readers = {
            "attributes": self._attributes,
            "note": self._note,
            "backup": self._backup,
            "forward": self._forward,
            "harmony": self._harmony,
            "direction": self._direction,
            "sound": self._sound,
            "barline": self._barline,
        }
        for child in element:
            reader = readers.get(child.tag)
            if reader:
                reader(child)
        marks = self._measure.marks
        marks.ending = marks.ending or self._ending
        if marks.is_ending_last:
            self._ending = frozenset()
        return self._measure

    def _attributes(self, element: Any) -> None:
        divisions = element.findtext("divisions")
        if divisions is not None:
            self._divisions = number(divisions)
            if self._divisions <= 0:
                raise MediaError(
                    f'"{self._name}" has {divisions.strip()[:20]!r} divisions to a quarter note in line '
                    f"{element.sourceline}; it must be above 0: export it again"
                )
        transpose = element.find("transpose")
        if transpose is not None:
            self._chromatic = whole(transpose.findtext("chromatic")) + 12 * whole(transpose.findtext("octave-change"))
        for key in element.findall("key"):
            self._key(key)
        for time in element.findall("time")[:1]:
            self._meter(time)

    def _key(self, element: Any) -> None:
        fifths = element.findtext("fifths")
        if fifths is None:
            return
        mode, degree = MODES.get((element.findtext("mode") or "major").strip().lower(), MODES["major"])
        self._measure.keys.append(Key(tonic=(whole(fifths) * 7 + degree + self._chromatic) % 12, mode=mode))

    def _meter(self, element: Any) -> None:
        """The meter; of a sum such as 3/8 + 2/4, all in the smaller unit."""
        pairs = []
        for beats, kind in zip(element.findall("beats"), element.findall("beat-type"), strict=False):
            upper = sum(whole(text) for text in (beats.text or "").split("+"))
            pairs.append((upper, whole(kind.text)))
        lower = max((kind for _, kind in pairs), default=0)
        if any(kind not in (1, 2, 4, 8, 16, 32, 64) or not 1 <= upper <= 128 for upper, kind in pairs) or not lower:
            return
        upper = sum(upper * lower // kind for upper, kind in pairs)
        if upper <= 128:
            self._measure.meter = upper, lower

    def _duration(self, element: Any) -> Fraction:
        return max(Fraction(0), number(element.findtext("duration")) / self._divisions)

    def _move_to(self, at: Fraction) -> None:
        self._at = max(Fraction(0), at)
        self._measure.length = max(self._measure.length, self._at)

    def _backup(self, element: Any) -> None:
        self._move_to(self._at - self._duration(element))

    def _forward(self, element: Any) -> None:
        self._move_to(self._at + self._duration(element))

    def _note(self, element: Any) -> None:
        if element.find("grace") is not None:
            self.left_out["grace notes"] += 1
            return
        length = self._duration(element)
        if element.find("chord") is None:
            self._chord_at = self._at
            self._move_to(self._at + length)
        if element.find("cue") is not None:
            self.left_out["cue notes"] += 1
            return
        for lyric in element.findall("lyric"):
            self._lyric(lyric)
        if element.find("unpitched") is not None:
            self.left_out["notes of unpitched percussion"] += 1
        elif element.find("pitch") is not None:
            self._pitched(element, length)

    def _pitched(self, element: Any, length: Fraction) -> None:
        pitch = element.find("pitch")
        step = STEPS.get((pitch.findtext("step") or "").strip().upper())
        octave = pitch.findtext("octave")
        if step is None or octave is None:
            raise MediaError(
                f'"{self._name}" has a note without a step or an octave in line {pitch.sourceline}; export it again'
            )
        alter = number(pitch.findtext("alter"))
        sounding = 12 * (whole(octave) + 1) + step + alter.__floor__() + self._chromatic
        if not 0 <= sounding <= 127 or length <= 0:
            self.left_out["notes out of range or without length"] += 1
            return
        ties = {tie.get("type") for tie in element.findall("tie")}
        percent = element.get("dynamics")
        velocity = round(number(percent) * FORTE / 100) if percent else self._velocity
        self._measure.notes.append(
            WrittenNote(
                self._chord_at,
                length,
                sounding,
                min(127, max(1, velocity)),
                (element.findtext("voice") or "").strip(),
                "stop" in ties,
                "start" in ties,
            )
        )

    def _lyric(self, element: Any) -> None:
        text = "".join(part.text or "" for part in element.findall("text")).strip()
        if not text:
            return
        goes_on = any((part.text or "").strip() in ("begin", "middle") for part in element.findall("syllabic")[-1:])
        verse = whole(element.get("number"), 1)
        self._measure.syllables.append(Syllable(self._chord_at, verse, text + "-" * (goes_on and text[-1] != "-")))

    def _offset(self, element: Any) -> Fraction:
        return number(element.findtext("offset")) / self._divisions

    def _harmony(self, element: Any) -> None:
        chord = chord_symbol(element, self._chromatic)
        if chord is None:
            self.left_out["chord symbols without a root"] += 1
            return
        self._measure.chords.append((max(Fraction(0), self._at + self._offset(element)), chord))

    def _direction(self, element: Any) -> None:
        offset = element.find("offset")
        moved = self._offset(element) if offset is not None and offset.get("sound") == "yes" else Fraction(0)
        at = max(Fraction(0), self._at + moved)
        for words in element.iterfind("direction-type/rehearsal"):
            if (words.text or "").strip():
                self._measure.rehearsals.append((at, words.text.strip()))
        sound = element.find("sound")
        if sound is not None:
            self._sound(sound, at)
        if sound is None or sound.get("tempo") is None:
            for metronome in element.findall("direction-type/metronome"):
                self._metronome(metronome, at)

    def _metronome(self, element: Any, at: Fraction) -> None:
        unit = UNITS.get((element.findtext("beat-unit") or "").strip())
        per_minute = number(element.findtext("per-minute"))
        if unit is None or per_minute <= 0 or len(element.findall("beat-unit")) > 1:
            return
        dots = min(3, len(element.findall("beat-unit-dot")))
        self._measure.tempos.append((at, per_minute * unit * (2 - Fraction(1, 2**dots))))

    def _sound(self, element: Any, at: Fraction | None = None) -> None:
        tempo = number(element.get("tempo"))
        if tempo > 0:
            self._measure.tempos.append((self._at if at is None else at, tempo))
        if element.get("dynamics"):
            self._velocity = round(number(element.get("dynamics"), 100) * FORTE / 100)
        self.left_out["jumps (da capo, dal segno, coda, fine)"] += any(element.get(jump) for jump in JUMPS)

    def _barline(self, element: Any) -> None:
        marks = self._measure.marks
        ending = element.find("ending")
        if ending is not None:
            passes = frozenset(passes_of(ending.get("number")))
            if ending.get("type") == "start":
                self._ending = passes
            marks.ending = marks.ending or self._ending or passes
            marks.is_ending_last = marks.is_ending_last or ending.get("type") in ("stop", "discontinue")
        repeat = element.find("repeat")
        if repeat is None:
            return
        if repeat.get("direction") == "forward":
            marks.begins_repeat = True
        elif repeat.get("direction") == "backward":
            marks.times = max(1, whole(repeat.get("times"), 2))


def passes_of(text: str | None) -> list[int]:
    """The passes of an ending: ``1, 2`` is [1, 2]."""
    return [whole(one) for one in (text or "").replace(",", " ").split() if 0 < whole(one) < 100]
