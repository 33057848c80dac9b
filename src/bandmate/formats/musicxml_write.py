"""Songs as MusicXML files.

Conventions: MusicXML 4.0 in the part-wise order, 960 divisions to a quarter note. Every track with notes becomes a part
of as many voices as its notes need; notes are cut at bar lines and tied. Notes begin and end on the grid that
`note_values` finds, so that they can be printed; what is on it keeps its ticks. Chord symbols, tempo and markers
stand in the first part, words in the part that has the most notes where they are sung. Velocities are kept as loudness
for playing. Pitches are spelled after the key.

What a score cannot hold: which clip a note is in. Muted clips and drums are left out.

Not covered: beams (the program that reads draws them), dynamics signs, slurs, several staves in a part, sections.

Reference: MusicXML 4.0, W3C Music Notation Community Group, final report of 2021.
"""

from __future__ import annotations

import io
import zipfile
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bandmate.formats.atomic_file import write_whole
from bandmate.formats.musicxml_bar import Bar, BarWriter, Event, child, tempo_element
from bandmate.formats.musicxml_chords import KINDS
from bandmate.formats.musicxml_file import CONTAINER
from bandmate.song.clips import NoteClip
from bandmate.song.errors import OutOfRange
from bandmate.song.harmony import Chord
from bandmate.song.note_values import Chorded, bar_grid, fifths_of, in_voices, nearest, spelled
from bandmate.song.song import Song
from bandmate.song.time import TICKS_PER_QUARTER, meter_steps, tempo_steps
from bandmate.song.tracks import Track

MOST_BARS = 20_000
LOWEST_TREBLE = 57
"""Parts whose middle pitch is below A3 are in the bass clef."""

DOCTYPE = (
    '<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN" '
    '"http://www.musicxml.org/dtds/partwise.dtd">'
)
ZIP_DATE = (1980, 1, 1, 0, 0, 0)
CONTAINER_XML = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<container><rootfiles>'
    b'<rootfile full-path="score.musicxml" media-type="application/vnd.recordare.musicxml+xml"/>'
    b"</rootfiles></container>\n"
)


def write_musicxml(song: Song, path: Path | str) -> None:
    """Write the notes of ``song`` as a score; packed where the name ends in ``.mxl``.

    Raises
    ------
    OutOfRange
        if the song has more than `MOST_BARS` bars.
    ProjectError
        if the folder is missing or read-only, or the disk is full.
    """
    path = Path(path)
    data = song_as_musicxml(song)
    write_whole(path, packed(data) if path.suffix.lower() == ".mxl" else data)


def song_as_musicxml(song: Song) -> bytes:
    """The bytes of ``write_musicxml``, not packed."""
    from lxml import etree

    written: bytes = etree.tostring(
        ScoreBuilder(song).score(), xml_declaration=True, encoding="UTF-8", pretty_print=True, doctype=DOCTYPE
    )
    return written


def packed(score: bytes) -> bytes:
    """The zip of a score, the same for the same score."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in ((CONTAINER, CONTAINER_XML), ("score.musicxml", score)):
            file.writestr(zipfile.ZipInfo(name, ZIP_DATE), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


@dataclass(slots=True)
class PartNotes:
    """The notes of a track as start, end, pitch, velocity in ticks of the song, and the words sung to them."""

    track: Track
    program: int
    notes: list[tuple[int, int, int, int]]
    words: dict[int, str] = field(default_factory=dict)


class ScoreBuilder:
    """Builds the XML of one song."""

    def __init__(self, song: Song) -> None:
        self._song = song
        self._parts = [part for track in song.tracks if (part := part_of(track))]
        self._bars = self._all_bars()
        self._starts = [bar.start for bar in self._bars]
        if self._parts and song.lyrics:
            sung = {lyric.at_ticks for lyric in song.lyrics}
            singer = max(self._parts, key=lambda part: len(sung & {note[0] for note in part.notes}))
            singer.words = {lyric.at_ticks: lyric.text for lyric in song.lyrics}

    def score(self) -> Any:
        """The ``score-partwise`` element."""
        from lxml import etree

        root = etree.Element("score-partwise", version="4.0")
        if self._song.title:
            child(child(root, "work"), "work-title", self._song.title)
        child(child(child(root, "identification"), "encoding"), "software", "Bandmate")
        listed = child(root, "part-list")
        parts = self._parts or [PartNotes(Track(id="music", name="Music"), 0, [])]
        for number, part in enumerate(parts, 1):
            self._list(listed, part, number)
        for number, part in enumerate(parts, 1):
            self._add_part(child(root, "part", id=f"P{number}"), part, list(self._events()) if number == 1 else [])
        return root

    def _list(self, listed: Any, part: PartNotes, number: int) -> None:
        own = child(listed, "score-part", id=f"P{number}")
        child(own, "part-name", part.track.name or part.track.id)
        child(child(own, "score-instrument", id=f"P{number}-I1"), "instrument-name", part.track.name or part.track.id)
        sound = child(own, "midi-instrument", id=f"P{number}-I1")
        child(sound, "midi-channel", 1 + (number - 1) % 9)
        child(sound, "midi-program", part.program + 1)

    def _all_bars(self) -> list[Bar]:
        """The bars up to the last thing that is written."""
        song = self._song
        ends = [end for part in self._parts for _, end, _, _ in part.notes]
        ends += [chord.start_ticks + 1 for chord in song.chords] + [marker.at_ticks + 1 for marker in song.markers]
        last = max([1, *ends])
        count = song.meters.position_at(last - 1).bar
        if count > MOST_BARS:
            raise OutOfRange(f"the song has {count} bars; a score takes {MOST_BARS} at most: write it in parts")
        steps = {step.bar: step for step in meter_steps(song.meters)}
        bars: list[Bar] = []
        at, last_key = 0, None
        for number in range(1, count + 1):
            now, key = song.meters.step_at(at), song.key_at_bar(number)
            meter = (now.numerator, now.denominator) if number in steps else None
            is_compound = now.denominator == 8 and now.numerator % 3 == 0
            pulse = 3 * now.beat_ticks if is_compound else TICKS_PER_QUARTER
            bars.append(Bar(at, now.bar_ticks, meter, pulse, key if key != last_key else None, fifths_of(key)))
            at, last_key = at + now.bar_ticks, key
        return bars

    def _events(self) -> Iterator[Event]:
        """What stands above the first part, in order."""
        from lxml import etree

        starts, _, _ = tempo_steps(self._song.tempo)
        found: list[Event] = []
        for at in starts if self._song.tempo.points else []:
            found.append((at, tempo_element(etree, self._song.tempo.bpm_at(at))))
        for marker in self._song.markers:
            direction = etree.Element("direction", placement="above")
            child(child(direction, "direction-type"), "rehearsal", marker.name)
            found.append((marker.at_ticks, direction))
        found += [(chord.start_ticks, self._harmony(etree, chord)) for chord in self._song.chords]
        yield from sorted(found, key=lambda event: event[0])

    def _harmony(self, etree: Any, chord: Chord) -> Any:
        element = etree.Element("harmony")
        fifths = self._bars[self._bar_at(chord.start_ticks)].fifths
        add_spelled(child(element, "root"), "root", chord.root, fifths)
        child(element, "kind", KINDS.get(chord.quality, "other"), text=chord.quality)
        if chord.bass is not None:
            add_spelled(child(element, "bass"), "bass", chord.bass, fifths)
        return element

    def _add_part(self, element: Any, part: PartNotes, events: list[Event]) -> None:
        grids = self._grids(part)
        words = {self._snapped(at, grids): text for at, text in part.words.items()}
        voices = in_voices(self._printed(part, grids)) or [[]]
        inside = [self._by_bar(voice) for voice in voices]
        by_bar: dict[int, list[Event]] = {}
        for at, event in events:
            by_bar.setdefault(self._bar_at(at), []).append((at, event))
        for number, bar in enumerate(self._bars):
            measure = child(element, "measure", number=number + 1)
            self._add_attributes(measure, bar, part if number == 0 else None)
            for voice, pieces in enumerate(inside, 1):
                own = pieces.get(number, [])
                if voice > 1 and not own:
                    continue
                if voice > 1:
                    child(child(measure, "backup"), "duration", bar.length)
                writer = BarWriter(measure, bar, grids[number], voice)
                writer.write(own, by_bar.get(number, []) if voice == 1 else [], words)

    def _bar_at(self, at: int) -> int:
        return min(len(self._bars), bisect_right(self._starts, at)) - 1

    def _grids(self, part: PartNotes) -> list[list[int]]:
        places: dict[int, list[int]] = {}
        for start, end, _, _ in part.notes:
            for at in (start, end):
                number = self._bar_at(at)
                places.setdefault(number, []).append(min(self._bars[number].length, at - self._bars[number].start))
        return [bar_grid(bar.length, places.get(number, [])) for number, bar in enumerate(self._bars)]

    def _snapped(self, at: int, grids: list[list[int]]) -> int:
        number = self._bar_at(at)
        return self._bars[number].start + nearest(grids[number], at - self._bars[number].start)

    def _printed(self, part: PartNotes, grids: list[list[int]]) -> Iterator[tuple[int, int, int, int]]:
        """The notes on the grid, none shorter than one of its steps."""
        for start, end, pitch, velocity in part.notes:
            first, last = self._snapped(start, grids), self._snapped(end, grids)
            if last <= first:
                number = self._bar_at(first)
                bar, grid = self._bars[number], grids[number]
                i = bisect_right(grid, first - bar.start)
                # subtle: the end of the last bar has no step after it, so such a note begins one step earlier.
                first, last = (first, bar.start + grid[i]) if i < len(grid) else (bar.start + grid[-2], first)
            yield first, last, pitch, velocity

    def _by_bar(self, voice: list[Chorded]) -> dict[int, list[tuple[int, int, Chorded]]]:
        """The pieces of the chords in each bar that they sound in, with where they begin and end in it."""
        found: dict[int, list[tuple[int, int, Chorded]]] = {}
        for chord in voice:
            number = self._bar_at(chord.start)
            while number < len(self._bars) and self._bars[number].start < chord.end:
                bar = self._bars[number]
                begin, end = max(chord.start, bar.start), min(chord.end, bar.start + bar.length)
                found.setdefault(number, []).append((begin - bar.start, end - bar.start, chord))
                number += 1
        return found

    def _add_attributes(self, measure: Any, bar: Bar, first: PartNotes | None) -> None:
        if first is None and bar.meter is None and bar.key is None:
            return
        attributes = child(measure, "attributes")
        if first is not None:
            child(attributes, "divisions", TICKS_PER_QUARTER)
        if bar.key is not None:
            key = child(attributes, "key")
            child(key, "fifths", bar.fifths)
            child(key, "mode", bar.key.mode)
        if bar.meter is not None:
            time = child(attributes, "time")
            child(time, "beats", bar.meter[0])
            child(time, "beat-type", bar.meter[1])
        if first is not None:
            clef = child(attributes, "clef")
            pitches = sorted(note[2] for note in first.notes) or [60]
            is_low = pitches[len(pitches) // 2] < LOWEST_TREBLE
            child(clef, "sign", "F" if is_low else "G")
            child(clef, "line", 4 if is_low else 2)


def part_of(track: Track) -> PartNotes | None:
    """The notes of a track, cut where their clips end; None for a track without any."""
    clips = [c for c in track.clips if isinstance(c, NoteClip) and not c.mute and not c.instrument.is_drums]
    notes = [
        (
            clip.start_ticks + note.start_ticks,
            clip.start_ticks + min(clip.length_ticks, note.start_ticks + note.length_ticks),
            note.pitch,
            note.velocity,
        )
        for clip in clips
        for note in clip.notes
        if note.start_ticks < clip.length_ticks
    ]
    return PartNotes(track, clips[0].instrument.program, sorted(notes)) if clips else None


def add_spelled(parent: Any, name: str, pitch_class: int, fifths: int) -> None:
    """A ``root`` or ``bass`` as the signature of its bar spells it."""
    step, alter = spelled(pitch_class, fifths)
    child(parent, f"{name}-step", step)
    if alter:
        child(parent, f"{name}-alter", alter)
