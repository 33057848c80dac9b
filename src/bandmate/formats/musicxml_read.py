"""Songs from MusicXML files.

Conventions: every part becomes a track with one clip from the song's start to its end; voices and staves of a part are
together in it. Times become 960 ticks to a quarter note, rounded to the nearest. Repeats and endings are played out; in
the second pass the second verse is sung where there is one. The length of a bar is that of what is written in it, so an
upbeat is a short bar; where half of the parts keep to the meter, all do. Velocity is the file's loudness for playing,
or 96 where it has none.

What a song cannot hold is left out with a remark: words of more than one part. Rehearsal marks become
markers.

Not covered: da capo, dal segno, coda and fine; grace notes, cue notes and unpitched percussion; tempo words.

Reference: MusicXML 4.0, W3C Music Notation Community Group, final report of 2021.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from bandmate.formats.musicxml_chords import ChordSymbol
from bandmate.formats.musicxml_file import root_from, score_root, whole
from bandmate.formats.musicxml_part import Measure, PartReader, Syllable
from bandmate.formats.musicxml_repeats import MeasureMarks, playing_order
from bandmate.song.clips import NoteClip
from bandmate.song.errors import MediaError, OutOfRange
from bandmate.song.harmony import Chord, Key, KeyChange, Lyric, Marker
from bandmate.song.notes import Instrument, Note
from bandmate.song.song import Song
from bandmate.song.time import DEFAULT_BPM, DEFAULT_METER, TICKS_PER_QUARTER, MeterMap, MeterPoint, TempoMap, TempoPoint
from bandmate.song.tracks import Track
from bandmate.song.values import slug

SLOWEST_BPM, FASTEST_BPM = 3, 1_000
FINEST_BAR = 64
LONGEST_BAR_QUARTERS = 512

Sounding = tuple[int, int, int, int]
"""start, end, pitch, velocity, in ticks of the song."""


@dataclass(frozen=True, slots=True)
class ScoreSong:
    """What a MusicXML file says, and in plain words what of it was changed or left out."""

    song: Song
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ScorePart:
    """A part with its name, its sound and its measures."""

    name: str
    program: int
    measures: list[Measure]
    is_left_out: bool


@dataclass(frozen=True, slots=True)
class Played:
    """One measure as it is played: which one, in which pass, and where, in quarter notes."""

    number: int
    turn: int
    start: Fraction
    length: Fraction
    nominal: tuple[int, int]


def read_musicxml(path: Path | str) -> ScoreSong:
    """The song in a MusicXML file (.musicxml, .xml or .mxl), with remarks on what was changed or left out.

    Raises
    ------
    MediaError
        if the file is missing, too large, damaged, dangerous, or no MusicXML in the part-wise order.
    """
    path = Path(path)
    return song_from(score_root(path), path.name)


def read_musicxml_bytes(data: bytes, name: str = "score") -> ScoreSong:
    """`read_musicxml` of what is in a file already."""
    return song_from(root_from(data, name), name)


def song_from(root: Any, name: str) -> ScoreSong:
    try:
        return ScoreReader(root, name).result()
    except OutOfRange as limit:
        raise MediaError(f'"{name}" goes beyond what a song can hold: {limit}; export it again') from limit


class ScoreReader:
    """Turns a score into a song, collecting remarks on the way."""

    def __init__(self, root: Any, name: str) -> None:
        self._root, self._name = root, name
        self._remarks: list[str] = []
        self._parts = self._read_parts()
        self._played = self._played_measures()
        self._end = max((ticks(p.start + p.length) for p in self._played[-1:]), default=0)

    def result(self) -> ScoreSong:
        """The song with its remarks."""
        meters = self._meters()
        keys = self._keys(meters)
        changes = dict(keys[1:])
        song = Song(
            title=self._title(),
            tempo=self._tempo(),
            meters=meters,
            key=keys[0][1] if keys else None,
            key_changes=tuple(
                KeyChange(id=f"k{bar}", at_bar=bar, tonic=key.tonic, mode=key.mode) for bar, key in changes.items()
            ),
            chords=self._chords(),
            lyrics=self._lyrics(),
            markers=self._markers(),
            tracks=self._tracks(),
        )
        return ScoreSong(song, tuple(dict.fromkeys(self._remarks)))

    def _title(self) -> str:
        for place in ("work/work-title", "movement-title"):
            text = " ".join((self._root.findtext(place) or "").split())
            if text:
                return text
        return ""

    def _read_parts(self) -> list[ScorePart]:
        listed = {one.get("id"): one for one in self._root.iterfind("part-list/score-part")}
        parts = []
        for number, element in enumerate(self._root.findall("part"), 1):
            own = listed.get(element.get("id"))
            called = " ".join(((own.findtext("part-name") if own is not None else "") or "").split())
            name = called or f"Part {number}"
            program = whole(own.findtext("midi-instrument/midi-program"), 1) - 1 if own is not None else 0
            reader = PartReader(element, self._name)
            measures = reader.measures()
            for what, count in reader.left_out.items():
                if count:
                    self._remarks.append(f'"{name}": {count} {what} left out')
            silent = not any(measure.notes for measure in measures)
            is_left_out = silent and bool(reader.left_out["notes of unpitched percussion"])
            parts.append(ScorePart(name, min(127, max(0, program)), measures, is_left_out))
        if not parts:
            raise MediaError(f'"{self._name}" has no part in it; export it as MusicXML again')
        return parts

    def _at(self, number: int) -> list[Measure]:
        """That measure of every part that has it."""
        return [part.measures[number] for part in self._parts if number < len(part.measures)]

    def _played_measures(self) -> list[Played]:
        count = max(len(part.measures) for part in self._parts)
        marks = [merged_marks([measure.marks for measure in self._at(i)]) for i in range(count)]
        meters, lengths, meter = [], [], DEFAULT_METER
        for i in range(count):
            meter = next((measure.meter for measure in self._at(i) if measure.meter), meter)
            meters.append(meter)
            lengths.append(self._bar_length(self._at(i), Fraction(4 * meter[0], meter[1]), i + 1))
        played, start = [], Fraction(0)
        for number, turn in playing_order(marks, self._name):
            played.append(Played(number, turn, start, lengths[number], meters[number]))
            start += lengths[number]
        return played

    def _bar_length(self, measures: list[Measure], nominal: Fraction, number: int) -> Fraction:
        """The length of a bar: what the meter says if it is empty or half of the parts keep to it; or else of what is
        in it, in whole 64ths."""
        longest = max((measure.length for measure in measures), default=Fraction(0))
        if longest > LONGEST_BAR_QUARTERS:
            raise MediaError(
                f'"{self._name}" has {float(longest):.0f} quarter notes in measure {number}; '
                f"more than {LONGEST_BAR_QUARTERS} are not read: export it again"
            )
        filled = [measure.length == nominal for measure in measures if measure.length]
        if 2 * sum(filled) >= len(filled):
            if longest > nominal:
                self._remarks.append(f"measure {number} is too full in one part, which sounds on over the bar line")
            return nominal
        unit = Fraction(4, FINEST_BAR)
        whole_units = -(-longest // unit) * unit
        if whole_units - longest:
            self._remarks.append(f"measure {number} does not end on a 64th note; it is made longer")
        return whole_units

    def _meters(self) -> MeterMap:
        points: list[MeterPoint] = []
        last: tuple[int, int] | None = None
        for bar, one in enumerate(self._played, 1):
            meter = meter_of(one.length, one.nominal)
            if meter != last:
                points.append(MeterPoint(id=f"b{bar}", at_bar=bar, numerator=meter[0], denominator=meter[1]))
            last = meter
        return MeterMap(points=tuple(points))

    def _tempo(self) -> TempoMap:
        places: dict[int, float] = {}
        for one in self._played:
            own: dict[int, float] = {}
            for measure in self._at(one.number):
                found = {ticks(one.start + at): self._bpm(bpm) for at, bpm in measure.tempos}
                own = found | own
            places |= own
        if places and min(places) > 0:
            places[0] = DEFAULT_BPM
        steps = sorted(places.items())
        kept = [step for i, step in enumerate(steps) if not i or steps[i - 1][1] != step[1]]
        return TempoMap(points=tuple(TempoPoint(id=f"t{i + 1}", at_ticks=t, bpm=b) for i, (t, b) in enumerate(kept)))

    def _bpm(self, bpm: Fraction) -> float:
        inside = min(Fraction(FASTEST_BPM), max(Fraction(SLOWEST_BPM), bpm))
        if inside != bpm:
            self._remarks.append(f"a tempo of {float(bpm):.0f} is set to {float(inside):.0f}")
        return float(inside)

    def _keys(self, meters: MeterMap) -> list[tuple[int, Key]]:
        """Bars and the keys that begin there, in the order in which the score is played; of the first part with any."""
        stated = (part for part in self._parts if any(measure.keys for measure in part.measures))
        part = next(stated, None)
        if part is None:
            return []
        holding: list[Key | None] = [None]
        for measure in part.measures:
            holding.append(measure.keys[-1] if measure.keys else holding[-1])
        found: list[tuple[int, Key]] = []
        for one in self._played:
            key = holding[min(one.number + 1, len(holding) - 1)]
            if key is not None and (not found or found[-1][1] != key):
                found.append((meters.position_at(ticks(one.start)).bar, key))
        return found

    def _chords(self) -> tuple[Chord, ...]:
        places: dict[int, ChordSymbol] = {}
        for one in self._played:
            for measure in self._at(one.number):
                for at, chord in measure.chords:
                    places.setdefault(ticks(one.start + min(at, one.length)), chord)
        steps = sorted((at, chord) for at, chord in places.items() if at < self._end)
        ends = [at for at, _ in steps[1:]] + [self._end]
        sounding = [(at, end, chord) for (at, chord), end in zip(steps, ends, strict=False) if chord.root is not None]
        return tuple(
            Chord(
                id=f"c{i + 1}",
                start_ticks=at,
                length_ticks=end - at,
                root=chord.root or 0,
                quality=chord.quality,
                bass=chord.bass,
            )
            for i, (at, end, chord) in enumerate(sounding)
        )

    def _lyrics(self) -> tuple[Lyric, ...]:
        singing = [part for part in self._parts if any(measure.syllables for measure in part.measures)]
        if not singing:
            return ()
        if len(singing) > 1:
            others = ", ".join(f'"{part.name}"' for part in singing[1:])
            self._remarks.append(f'the words of "{singing[0].name}" are kept, those of {others} left out')
        measures = singing[0].measures
        found = [
            (ticks(one.start + syllable.at), syllable.text)
            for one in self._played
            if one.number < len(measures)
            for syllable in verse_of(measures[one.number].syllables, one.turn)
        ]
        return tuple(Lyric(id=f"l{i + 1}", at_ticks=at, text=text) for i, (at, text) in enumerate(found))

    def _markers(self) -> tuple[Marker, ...]:
        places: dict[tuple[int, str], None] = {}
        for one in self._played:
            for measure in self._at(one.number):
                places |= {(ticks(one.start + at), text): None for at, text in measure.rehearsals}
        return tuple(Marker(id=f"m{i + 1}", at_ticks=at, name=text) for i, (at, text) in enumerate(places))

    def _tracks(self) -> tuple[Track, ...]:
        tracks: list[Track] = []
        taken: set[str] = set()
        for part in self._parts:
            if part.is_left_out:
                self._remarks.append(f'"{part.name}" is unpitched percussion and left out')
                continue
            track_id = slug(part.name, taken)
            taken.add(track_id)
            clips = (self._clip(part),) if any(measure.notes for measure in part.measures) else ()
            tracks.append(Track(id=track_id, name=part.name, clips=clips))
        return tuple(tracks)

    def _clip(self, part: ScorePart) -> NoteClip:
        notes = self._sounding(part)
        return NoteClip(
            id="notes",
            length_ticks=max([self._end, *(end for _, end, _, _ in notes)]),
            notes=tuple(
                Note(id=f"n{i + 1}", start_ticks=start, length_ticks=end - start, pitch=pitch, velocity=velocity)
                for i, (start, end, pitch, velocity) in enumerate(notes)
            ),
            instrument=Instrument(program=part.program),
        )

    def _sounding(self, part: ScorePart) -> list[Sounding]:
        """The notes of a part with ties joined, in order."""
        done: list[list[int]] = []
        open_ties: dict[tuple[int, int], list[tuple[str, list[int]]]] = defaultdict(list)
        for one in self._played:
            if one.number >= len(part.measures):
                continue
            for note in sorted(part.measures[one.number].notes):
                start, end = ticks(one.start + note.at), ticks(one.start + note.at + note.length)
                waiting = open_ties[note.pitch, start]
                # subtle: some programs write only where ties begin; then the next such note of the voice ends it.
                same = [entry for entry in waiting if entry[0] == note.voice]
                entries = same or (waiting if note.is_tied_from else [])
                if entries:
                    entry = entries[0]
                    waiting.remove(entry)
                    held = entry[1]
                    held[1] = end
                else:
                    held = [start, max(start + 1, end), note.pitch, note.velocity]
                    done.append(held)
                if note.is_tied_on:
                    open_ties[note.pitch, end].append((note.voice, held))
        return sorted((start, end, pitch, velocity) for start, end, pitch, velocity in done)


def ticks(quarters: Fraction) -> int:
    """A time in quarter notes in ticks of the song: nearest, halves up."""
    return (2 * quarters * TICKS_PER_QUARTER + 1).__floor__() // 2


def meter_of(length: Fraction, nominal: tuple[int, int]) -> tuple[int, int]:
    """The meter of a bar of ``length`` quarter notes: the nominal one if it fits, or else in as large a unit as can be,
    but no larger than the nominal one's."""
    if length == Fraction(4 * nominal[0], nominal[1]):
        return nominal
    lower = nominal[1]
    while lower < FINEST_BAR and (length * lower / 4).denominator > 1:
        lower *= 2
    upper = int(length * lower / 4)
    while upper > 128 and lower > 1:
        upper, lower = -(-upper // 2), lower // 2
    return min(128, upper), lower


def merged_marks(marks: list[MeasureMarks]) -> MeasureMarks:
    """The bar lines of one measure, from all parts."""
    return MeasureMarks(
        begins_repeat=any(mark.begins_repeat for mark in marks),
        times=max((mark.times for mark in marks), default=0),
        ending=next((mark.ending for mark in marks if mark.ending), frozenset()),
        is_ending_last=any(mark.is_ending_last for mark in marks),
    )


def verse_of(syllables: list[Syllable], turn: int) -> list[Syllable]:
    """The verse of that pass, or else the first one that is there."""
    verses = Counter(syllable.verse for syllable in syllables)
    if not verses:
        return []
    chosen = turn if turn in verses else min(verses)
    return sorted(syllable for syllable in syllables if syllable.verse == chosen)
