"""What the events of a MIDI file mean as a song.

Conventions: times become 960 ticks to a quarter note, rounded to the nearest (halves up). A track becomes one track
per channel that it plays on, with one clip from the song's start to the track's end. A note is ended by the first
note-off of its pitch. Channel 10 is drums. Before the first tempo 120 holds, before the first meter 4/4. Texts are
UTF-8, or Latin-1 where they are not.

Not covered: controllers, pitch bend, pressure (counted in a remark), program changes after the first note.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from bandmate.formats import midi_bytes
from bandmate.formats.midi_bytes import META, MidiBytes, MidiEvent
from bandmate.song.clips import NoteClip
from bandmate.song.harmony import Key, KeyChange, Lyric, Marker
from bandmate.song.notes import Instrument, Note
from bandmate.song.song import Song
from bandmate.song.time import (
    DEFAULT_BPM,
    DEFAULT_METER,
    TICKS_PER_QUARTER,
    MeterMap,
    MeterPoint,
    TempoMap,
    TempoPoint,
)
from bandmate.song.tracks import Role, Track
from bandmate.song.values import slug

DRUM_CHANNEL = 9
MICROSECONDS_A_MINUTE = 60_000_000
FASTEST_BPM = 1_000.0
LARGEST_DENOMINATOR_POWER = 6
LEFT_OUT = {midi_bytes.CONTROL: "controller", midi_bytes.BEND: "pitch-bend", 0xA0: "pressure", 0xD0: "pressure"}


@dataclass(frozen=True, slots=True)
class MidiSong:
    """What a MIDI file says, and in plain words what of it was changed or left out."""

    song: Song
    remarks: tuple[str, ...] = ()


@dataclass(slots=True)
class Part:
    """What one track plays on one channel."""

    notes: list[tuple[int, int, int, int]] = field(default_factory=list)
    """start, end, pitch, velocity, in ticks of the song."""

    programs: list[tuple[int, int]] = field(default_factory=list)
    """ticks, program."""


class SongReader:
    """Turns the events into a song, collecting remarks on the way."""

    def __init__(self, found: MidiBytes) -> None:
        self._found = found
        self._remarks = list(found.remarks)

    def result(self) -> MidiSong:
        """The song with its remarks."""
        events = [event for track in self._found.tracks for event in track]
        self._remark_on_rounding(events)
        metas = [event for event in sorted(events, key=lambda event: event.ticks) if event.status == META]
        tracks = self._tracks()
        meters = self._meters(metas)
        keys = self._keys(metas, meters)
        song = Song(
            title=self._title(),
            tempo=self._tempo(metas),
            meters=meters,
            key=keys[0][1] if keys else None,
            key_changes=tuple(
                KeyChange(id=f"k{bar}", at_bar=bar, tonic=key.tonic, mode=key.mode) for bar, key in keys[1:]
            ),
            markers=tuple(
                Marker(id=f"m{i + 1}", at_ticks=at, name=text.strip(" \0"))
                for i, (at, text) in enumerate(self._texts(metas, midi_bytes.MARKER))
            ),
            lyrics=tuple(
                Lyric(id=f"l{i + 1}", at_ticks=at, text=text)
                for i, (at, text) in enumerate(self._texts(metas, midi_bytes.LYRIC))
            ),
            tracks=tracks,
        )
        self._remark_on_what_is_left_out(events)
        return MidiSong(song, tuple(dict.fromkeys(self._remarks)))

    def _ticks(self, ticks: int) -> int:
        """A time of the file in ticks of the song: nearest, halves up."""
        division = self._found.ticks_per_quarter
        return (2 * ticks * TICKS_PER_QUARTER + division) // (2 * division)

    def _remark_on_rounding(self, events: Iterable[MidiEvent]) -> None:
        division = self._found.ticks_per_quarter
        moved = sum(event.ticks * TICKS_PER_QUARTER % division != 0 for event in events)
        if moved:
            self._remarks.append(
                f"{division} ticks per quarter note do not fit into {TICKS_PER_QUARTER}: "
                f"{moved} events moved to the nearest tick, by half a tick at most"
            )

    def _title(self) -> str:
        """The name of the first track, when that track is the conductor's or the only one."""
        first = self._found.tracks[0]
        has_notes = any(event.status == midi_bytes.NOTE_ON for event in first)
        return "" if has_notes and self._found.type == 1 else track_name(first)

    def _tempo(self, metas: Iterable[MidiEvent]) -> TempoMap:
        places: dict[int, float] = {}
        for event in metas:
            if event.kind != midi_bytes.TEMPO or len(event.data) != 3:
                continue
            microseconds = int.from_bytes(event.data, "big")
            bpm = MICROSECONDS_A_MINUTE / max(1, microseconds)
            if bpm > FASTEST_BPM:
                self._remarks.append(f"a tempo of {bpm:.0f} is set to {FASTEST_BPM:.0f}")
            places[self._ticks(event.ticks)] = min(FASTEST_BPM, bpm)
        if places and min(places) > 0:
            places[0] = DEFAULT_BPM
        steps = sorted(places.items())
        return TempoMap(points=tuple(TempoPoint(id=f"t{i + 1}", at_ticks=t, bpm=b) for i, (t, b) in enumerate(steps)))

    def _meters(self, metas: Iterable[MidiEvent]) -> MeterMap:
        bar, start, meter = 1, 0, DEFAULT_METER
        points: dict[int, tuple[int, int]] = {}
        for event in metas:
            wanted = self._meter(event)
            if wanted is None or (wanted == meter and points):
                continue
            bar_ticks = meter[0] * 4 * TICKS_PER_QUARTER // meter[1]
            at = self._ticks(event.ticks)
            bars = (2 * (at - start) + bar_ticks) // (2 * bar_ticks)
            if at - start != bars * bar_ticks:
                self._remarks.append(
                    f"the change to {wanted[0]}/{wanted[1]} at {at} ticks is not on a bar line; "
                    f"moved to bar {bar + bars}"
                )
            bar, start, meter = bar + bars, start + bars * bar_ticks, wanted
            points[bar] = meter
        if points and min(points) > 1:
            points[1] = DEFAULT_METER
        return MeterMap(
            points=tuple(
                MeterPoint(id=f"b{b}", at_bar=b, numerator=n, denominator=d) for b, (n, d) in sorted(points.items())
            )
        )

    def _meter(self, event: MidiEvent) -> tuple[int, int] | None:
        if event.kind != midi_bytes.METER or len(event.data) < 2:
            return None
        numerator, power = event.data[0], event.data[1]
        if not 1 <= numerator <= 128 or power > LARGEST_DENOMINATOR_POWER:
            self._remarks.append(f"a meter of {numerator}/2^{power} is left out")
            return None
        return numerator, 2**power

    def _keys(self, metas: Iterable[MidiEvent], meters: MeterMap) -> list[tuple[int, Key]]:
        """Bars and the keys that begin there, without repetitions; a change inside a bar counts from the next one."""
        found: dict[int, Key] = {}
        for event in metas:
            key = key_from(event)
            if key is not None:
                place = meters.position_at(self._ticks(event.ticks))
                found[place.bar + ((place.beat, place.ticks) != (1, 0))] = key
        steps = sorted(found.items())
        return [step for i, step in enumerate(steps) if not i or steps[i - 1][1] != step[1]]

    def _texts(self, metas: Iterable[MidiEvent], kind: int) -> Iterator[tuple[int, str]]:
        return ((self._ticks(event.ticks), text_of(event.data)) for event in metas if event.kind == kind)

    def _tracks(self) -> tuple[Track, ...]:
        tracks: list[Track] = []
        taken: set[str] = set()
        for number, events in enumerate(self._found.tracks, 1):
            parts = {channel: part for channel, part in sorted(self._parts(events, number).items()) if part.notes}
            for channel, part in parts.items():
                name = part_name(track_name(events), channel, is_split=len(parts) > 1 or self._found.type == 0)
                track_id = slug(name, taken)
                taken.add(track_id)
                clip = self._clip(part, channel, name, end_ticks=self._ticks(events[-1].ticks))
                role: Role = "drums" if channel == DRUM_CHANNEL else "unknown"
                tracks.append(Track(id=track_id, name=name, role=role, clips=(clip,)))
        return tuple(tracks)

    def _parts(self, events: tuple[MidiEvent, ...], number: int) -> dict[int, Part]:
        parts: dict[int, Part] = defaultdict(Part)
        sounding: dict[tuple[int, int], deque[tuple[int, int]]] = defaultdict(deque)
        for event in events:
            if event.status == midi_bytes.PROGRAM:
                parts[event.channel].programs.append((self._ticks(event.ticks), event.data[0]))
            if event.status not in (midi_bytes.NOTE_ON, midi_bytes.NOTE_OFF):
                continue
            pitch, velocity = event.data
            waiting = sounding[event.channel, pitch]
            if event.status == midi_bytes.NOTE_ON and velocity:
                waiting.append((event.ticks, velocity))
            elif waiting:
                self._end_note(parts[event.channel], waiting.popleft(), pitch, event.ticks)
        open_notes = [(key, note) for key, notes in sounding.items() for note in notes]
        if open_notes:
            self._remarks.append(f"track {number} never ends {len(open_notes)} notes; they last until its end")
        for (channel, pitch), note in open_notes:
            self._end_note(parts[channel], note, pitch, events[-1].ticks)
        return parts

    def _end_note(self, part: Part, begun: tuple[int, int], pitch: int, end_ticks: int) -> None:
        start = self._ticks(begun[0])
        part.notes.append((start, max(start + 1, self._ticks(end_ticks)), pitch, begun[1]))

    def _clip(self, part: Part, channel: int, name: str, *, end_ticks: int) -> NoteClip:
        notes = sorted(part.notes)
        return NoteClip(
            id="notes",
            length_ticks=max(end_ticks, *(end for _, end, _, _ in notes)),
            notes=tuple(
                Note(id=f"n{i + 1}", start_ticks=start, length_ticks=end - start, pitch=pitch, velocity=velocity)
                for i, (start, end, pitch, velocity) in enumerate(notes)
            ),
            instrument=Instrument(
                program=self._program(part, channel, name, notes[0][0]), is_drums=channel == DRUM_CHANNEL
            ),
        )

    def _program(self, part: Part, channel: int, name: str, first_ticks: int) -> int:
        """The program at the first note: the track's own, or else one that another track sets on the channel."""
        programs = part.programs or sorted(
            (self._ticks(event.ticks), event.data[0])
            for track in self._found.tracks
            for event in track
            if event.status == midi_bytes.PROGRAM and event.channel == channel
        )
        before = [program for at, program in programs if at <= first_ticks]
        chosen = before[-1] if before else programs[0][1] if programs else 0
        later = {program for at, program in part.programs if at > first_ticks} - {chosen}
        if later and before:
            self._remarks.append(f'"{name}" changes its sound on the way; program {chosen + 1} is kept')
        return chosen

    def _remark_on_what_is_left_out(self, events: Iterable[MidiEvent]) -> None:
        counts = Counter(LEFT_OUT[event.status] for event in events if event.status in LEFT_OUT)
        for what, count in counts.items():
            self._remarks.append(f"{count} {what} messages are left out")


def track_name(events: Iterable[MidiEvent]) -> str:
    """The first name in a track, or nothing."""
    names = (text_of(e.data).strip(" \0") for e in events if e.status == META and e.kind == midi_bytes.TRACK_NAME)
    return next(names, "")


def part_name(name: str, channel: int, *, is_split: bool) -> str:
    """A track's name; with its channel where one track of the file becomes several."""
    if not name or is_split:
        own = "drums" if channel == DRUM_CHANNEL else f"channel {channel + 1}"
        return f"{name} {own}".strip()
    return name


def key_from(event: MidiEvent) -> Key | None:
    """The key of a key signature: sharps (flats below 0), and minor or not."""
    if event.kind != midi_bytes.KEY or len(event.data) != 2 or event.data[1] > 1:
        return None
    sharps = event.data[0] - 256 if event.data[0] > 127 else event.data[0]
    if abs(sharps) > 7:
        return None
    is_minor = bool(event.data[1])
    return Key(tonic=(sharps * 7 + (9 if is_minor else 0)) % 12, mode="minor" if is_minor else "major")


def text_of(data: bytes) -> str:
    """Text as UTF-8, or Latin-1 where it is not."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")
