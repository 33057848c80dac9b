"""What the lines of an ABC file mean as songs, one for each tune.

Conventions: a tune begins at X: and ends at an empty line or the next X:. 960 ticks to a quarter note, times rounded to
the nearest tick. A voice becomes a track with one clip. A pickup stands at the end of bar 1. The first tempo, key and
meters are those of the first voice; without Q: the tempo is 120.

Not covered: what `abc_music` and `abc_unfold` leave out, key changes (the notes are right, the song keeps one key),
W: and P:.

References: the ABC music standard 2.1, §2, §3, §5 and §7.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction

from bandmate.formats.abc_fields import (
    WHOLE_TICKS,
    Signature,
    chord_from,
    fraction_from,
    meter_from,
    signature_from,
    tempo_from,
    usual_unit,
)
from bandmate.formats.abc_music import Bar, Change, Sound, Voice
from bandmate.formats.abc_unfold import unfolded
from bandmate.song.clips import NoteClip
from bandmate.song.harmony import Chord, Lyric
from bandmate.song.notes import Instrument, Note
from bandmate.song.song import Song
from bandmate.song.time import MeterMap, MeterPoint, TempoMap, TempoPoint, meter_steps
from bandmate.song.tracks import Track
from bandmate.song.values import slug

FIELD = re.compile(r"\s*([A-Za-z]):(?![|:])\s*(.*)")
MUSIC_FIELDS = "KLMQ"
SILENT_DIRECTIVE = re.compile(r"%%MIDI\s+program\s+(?:\d+\s+)?(\d{1,3})\s*$")
MOST_BARS_NAMED = 5


@dataclass(frozen=True, slots=True)
class AbcSong:
    """What an ABC tune says, and in plain words what of it was changed or left out."""

    song: Song
    remarks: tuple[str, ...] = ()


@dataclass(slots=True)
class Layout:
    """One voice in ticks of the song."""

    notes: list[tuple[int, int, int]] = field(default_factory=list)
    """start, end, pitch."""

    chords: list[tuple[int, str]] = field(default_factory=list)
    words: list[tuple[int, str]] = field(default_factory=list)
    meters: list[tuple[int, tuple[int, int]]] = field(default_factory=list)
    tempi: list[tuple[int, float]] = field(default_factory=list)
    end: int = 0
    moved: int = 0


class TuneReader:
    """Turns the lines of one tune into a song, collecting remarks on the way."""

    def __init__(self, common: list[tuple[int, str]], lines: list[tuple[int, str]]) -> None:
        self._lines = lines
        self._remarks: list[str] = []
        self._left_out: Counter[str] = Counter()
        self._fields: dict[str, str] = {}
        self._titles: list[str] = []
        self._voices: dict[str, Voice] = {}
        self._named: dict[str, str] = {}
        self._program = 0
        for line, text in common:
            found = FIELD.match(text)
            if found and found[1] in "LMQ":
                self._take_header(found[1], without_comment(found[2]), line)

    def result(self) -> AbcSong:
        """The song with its remarks."""
        body = self._read_header()
        self._read_body(body)
        voices = [voice for voice in self._voices.values() if any(bar.items for bar in voice.bars)]
        start = pickup(voices[0].bars) if voices else Fraction(0)
        layouts = [laid_out(voice, start) for voice in voices]
        first = layouts[0] if layouts else Layout()
        song = Song(
            title=self._titles[0] if self._titles else "",
            tempo=self._tempo(first),
            meters=self._meters(first),
            key=self._signature().key,
            chords=chords_of(layouts),
            lyrics=tuple(
                Lyric(id=f"l{i + 1}", at_ticks=at, text=text)
                for i, (at, text) in enumerate(sorted(word for layout in layouts for word in layout.words))
            ),
            tracks=self._tracks(voices, layouts),
        )
        self._remark(voices, layouts)
        return AbcSong(song, tuple(dict.fromkeys(self._remarks)))

    def _read_header(self) -> list[tuple[int, str]]:
        """Take the fields up to K:; gives the lines after it."""
        has_key = any((found := FIELD.match(text)) and found[1] == "K" for _, text in self._lines)
        for place, (line, text) in enumerate(self._lines):
            self._take_directive(text)
            text = without_comment(text)
            found = FIELD.match(text)
            if found is None and text.strip() and not has_key:
                self._remarks.append("there is no K: field; read without sharps and flats")
                return self._lines[place:]
            if found is None:
                if text.strip():
                    self._remarks.append(f"line {line} is before K: and no field; left out")
                continue
            self._take_header(found[1], found[2].strip(), line)
            if found[1] == "K":
                return self._lines[place + 1 :]
        return []

    def _take_header(self, letter: str, text: str, line: int) -> None:
        if letter == "T":
            self._titles.append(text.replace("\\%", "%"))
        elif letter == "V":
            self._name_voice(text)
        elif letter == "P" and len(text) > 1:
            self._remarks.append(f"the order of the parts, {text[:40]}, is not followed; they are read as written")
        elif letter in MUSIC_FIELDS:
            self._fields[letter] = text
            is_known = {
                "M": meter_from(text) is not None or text.lower() in ("none", ""),
                "L": fraction_from(text) is not None,
                "Q": tempo_from(text, Fraction(1, 8)) is not None or text.count('"') > 1,
                "K": signature_from(text) is not None,
            }[letter]
            if not is_known:
                self._remarks.append(f"line {line}: {letter}: {text[:40]} cannot be understood; left out")

    def _take_directive(self, text: str) -> None:
        found = SILENT_DIRECTIVE.match(text.strip())
        if found and int(found[1]) < 128:
            self._program = int(found[1])

    def _meter(self) -> tuple[int, int] | None:
        return meter_from(self._fields.get("M", ""))

    def _unit(self) -> Fraction:
        return fraction_from(self._fields.get("L", "")) or usual_unit(self._meter())

    def _signature(self) -> Signature:
        return signature_from(self._fields.get("K", "none")) or Signature(None, {})

    def _name_voice(self, text: str) -> str:
        """The id in a V: field, with its name kept."""
        own = (text.split() or ["1"])[0]
        found = re.search(r'(?:name|nm)\s*=\s*(?:"([^"]*)"|(\S+))', text)
        if found:
            self._named[own] = found[1] or found[2] or own
        return own

    def _voice(self, own: str) -> Voice:
        if own not in self._voices:
            signature = self._signature()
            self._voices[own] = Voice(own, self._unit(), self._meter(), dict(signature.shifts))
            self._voices[own].program = self._program
        return self._voices[own]

    def _read_body(self, lines: list[tuple[int, str]]) -> None:
        own = ""
        for line, text in lines:
            self._take_directive(text)
            if own in self._voices and text.startswith("%%MIDI"):
                self._voices[own].program = self._program
            text = without_comment(text)
            found = FIELD.match(text)
            if found and found[1] == "V":
                own = self._name_voice(found[2])
            elif found and found[1] in MUSIC_FIELDS:
                if not self._voice(own).take_field(found[1], found[2].strip()):
                    self._remarks.append(f"line {line}: {text.strip()[:40]} cannot be understood; left out")
            elif found and found[1] == "w":
                self._voice(own).take_words(found[2])
            elif found is None and text.strip():
                own = self._take_music(own, text, line)

    def _take_music(self, own: str, text: str, line: int) -> str:
        """A line of music, that may change voices on the way; gives the voice at its end."""
        parts = re.split(r"\[V:([^\]]*)\]", text)
        if parts[0].strip():
            self._voice(own).take_music(parts[0], line)
        for name, music in zip(parts[1::2], parts[2::2], strict=True):
            own = self._name_voice(name)
            self._voice(own).take_music(music, line)
        return own

    def _tempo(self, first: Layout) -> TempoMap:
        bpm = tempo_from(self._fields.get("Q", ""), self._unit())
        places = ({0: bpm} if bpm else {}) | dict(first.tempi)
        return TempoMap(
            points=tuple(
                TempoPoint(id=f"t{i + 1}", at_ticks=at, bpm=b) for i, (at, b) in enumerate(sorted(places.items()))
            )
        )

    def _meters(self, first: Layout) -> MeterMap:
        points: dict[int, tuple[int, int]] = {}
        meters = MeterMap()
        for at, meter in first.meters:
            step = meter_steps(meters)[-1]
            bars = (2 * (at - step.start_ticks) + step.bar_ticks) // (2 * step.bar_ticks)
            if at != step.start_ticks + bars * step.bar_ticks:
                self._remarks.append(f"the change to {meter[0]}/{meter[1]} is moved to bar {step.bar + bars}")
            points[step.bar + bars] = meter
            meters = MeterMap(
                points=tuple(
                    MeterPoint(id=f"b{b}", at_bar=b, numerator=n, denominator=d) for b, (n, d) in sorted(points.items())
                )
            )
        return meters

    def _tracks(self, voices: list[Voice], layouts: list[Layout]) -> tuple[Track, ...]:
        tracks: list[Track] = []
        taken: set[str] = set()
        for voice, layout in zip(voices, layouts, strict=True):
            if not layout.notes:
                continue
            name = self._named.get(voice.name) or (f"Voice {voice.name}" if voice.name else "Melody")
            track_id = slug(name, taken)
            taken.add(track_id)
            clip = NoteClip(
                id="notes",
                length_ticks=max(1, layout.end, *(end for _, end, _ in layout.notes)),
                notes=tuple(
                    Note(id=f"n{i + 1}", start_ticks=start, length_ticks=end - start, pitch=pitch)
                    for i, (start, end, pitch) in enumerate(sorted(layout.notes))
                ),
                instrument=Instrument(program=voice.program),
            )
            tracks.append(Track(id=track_id, name=name, clips=(clip,)))
        return tuple(tracks)

    def _remark(self, voices: list[Voice], layouts: list[Layout]) -> None:
        if not any(layout.notes for layout in layouts):
            self._remarks.append("there are no notes")
        for voice in voices:
            self._left_out += voice.left_out
            uneven = uneven_bars(voice.bars)
            if uneven:
                named = ", ".join(str(number) for number in uneven[:MOST_BARS_NAMED])
                more = f" and {len(uneven) - MOST_BARS_NAMED} more" if len(uneven) > MOST_BARS_NAMED else ""
                self._remarks.append(f"bars that do not add up to their meter, as written: {named}{more}")
            if {key for key in voice.key_changes if key} - {self._signature().key}:
                self._remarks.append("the key changes; the first is kept for the whole song")
        words = [text for voice in voices for bar in voice.bars for text in texts_of(bar)]
        self._left_out["texts"] += sum(chord_from(text) is None for text in words)
        if len({layout.end for layout in layouts}) > 1:
            self._remarks.append("the voices are not equally long")
        moved = sum(layout.moved for layout in layouts)
        if moved:
            self._remarks.append(f"{moved} notes moved to the nearest tick, by half a tick at most")
        self._remarks += [f"left out: {count} {what}" for what, count in self._left_out.items() if count]


def tunes_in(text: str) -> list[AbcSong]:
    """The tunes of an ABC text; none when it has no X: field."""
    common: list[tuple[int, str]] = []
    tunes: list[list[tuple[int, str]]] = []
    is_inside = False
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), 1):
        if re.match(r"\s*X:(?![|:])", line):
            tunes.append([])
            is_inside = True
        elif not line.strip():
            is_inside = False
        if is_inside:
            tunes[-1].append((number, line))
        elif not tunes:
            common.append((number, line))
    return [TuneReader(common, tune).result() for tune in tunes]


def without_comment(text: str) -> str:
    """A line up to its ``%``."""
    return re.split(r"(?<!\\)%", text, maxsplit=1)[0]


def texts_of(bar: Bar) -> list[str]:
    return [text for item in bar.items if isinstance(item, Sound) for text in item.texts if text]


def pickup(bars: list[Bar]) -> Fraction:
    """Where in bar 1 the first note stands, so that a short first bar ends at its bar line."""
    sounding = [bar for bar in bars if bar.length]
    if len(sounding) < 2 or sounding[0].meter is None:
        return Fraction(0)
    return max(Fraction(0), Fraction(*sounding[0].meter) - sounding[0].length)


def uneven_bars(bars: list[Bar]) -> list[int]:
    """Bars (from 1, as written) that are no whole bar; beside a double bar, a repeat or an ending one may be short."""
    bars = [bar for bar in bars if bar.length]
    out = []
    for number, bar in enumerate(bars):
        if bar.meter is None:
            continue
        before, after = bars[number - 1] if number else None, bars[number + 1] if number + 1 < len(bars) else None
        begins = before is None or before.is_edge or before.repeats or bar.starts_repeat or bar.endings
        ends = after is None or bar.is_edge or bar.repeats or after.starts_repeat or after.endings
        wanted = Fraction(*bar.meter)
        if bar.length != wanted and not ((begins or ends) and bar.length < wanted):
            out.append(number + 1)
    return out


def laid_out(voice: Voice, start: Fraction) -> Layout:
    """A voice with its repeats unfolded, in ticks."""
    out = Layout()
    at = start
    held: dict[int, int] = {}
    meter: tuple[int, int] | None = None
    for bar, turn in unfolded(voice.bars):
        if bar.meter not in (None, meter) and bar.meter is not None:
            meter = bar.meter
            out.meters.append((ticks(at if out.meters else Fraction(0)), meter))
        for item in bar.items:
            if isinstance(item, Change):
                if item.bpm is not None:
                    out.tempi.append((ticks(at), item.bpm))
                continue
            place_words(out, item, ticks(at), turn)
            held = place_sound(out, item, at, held)
            at += item.length
    out.end = ticks(at)
    return out


def place_words(out: Layout, sound: Sound, at: int, turn: int) -> None:
    """Chords and the syllable of the verse that is sung on this pass."""
    out.chords += [(at, text) for text in sound.texts if chord_from(text)]
    if sound.words and (word := sound.words[min(turn, len(sound.words)) - 1]):
        out.words.append((at, word))


def place_sound(out: Layout, sound: Sound, at: Fraction, held: dict[int, int]) -> dict[int, int]:
    """Add the notes, or lengthen those that are tied to them; gives where the tied ones stand."""
    start, end = ticks(at), ticks(at + sound.length)
    out.moved += (at * WHOLE_TICKS).denominator > 1 and bool(sound.pitches)
    places: dict[int, int] = {}
    for pitch in sound.pitches:
        place = held.get(pitch)
        if place is None:
            place = len(out.notes)
            out.notes.append((start, max(start + 1, end), pitch))
        else:
            begun = out.notes[place][0]
            out.notes[place] = (begun, max(begun + 1, end), pitch)
        if pitch in sound.tied:
            places[pitch] = place
    return places


def ticks(length: Fraction) -> int:
    """A length in ticks, to the nearest, halves up."""
    return int(length * WHOLE_TICKS + Fraction(1, 2))


def chords_of(layouts: list[Layout]) -> tuple[Chord, ...]:
    """The chords of all voices; each sounds until the next, the last to the end."""
    places = dict(sorted((at, text) for layout in layouts for at, text in layout.chords))
    ends = [*list(places)[1:], max((layout.end for layout in layouts), default=0)]
    out: list[Chord] = []
    for (at, text), end in zip(places.items(), ends, strict=False):
        name = chord_from(text)
        if name is not None:
            length = max(1, end - at)
            out.append(
                Chord(
                    id=f"c{len(out) + 1}",
                    start_ticks=at,
                    length_ticks=length,
                    root=name.root,
                    quality=name.quality,
                    bass=name.bass,
                )
            )
    return tuple(out)
