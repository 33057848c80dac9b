"""Standard MIDI files as bytes: chunks and events, there and back, without meaning.

Conventions: times are ticks from the start of the track, in the file's own division. Odd but readable files are read:
running status after a meta event, a missing end of track, data bytes above 127 (cut to 127), chunks of other kinds, a
RIFF wrapper. Each oddity that could change the music leaves a remark.

Not covered: type 2 (independent patterns) and SMPTE divisions, both refused; system exclusive content, skipped.

Reference: Standard MIDI Files 1.0 (RP-001).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from bandmate.song.errors import MediaError, OutOfRange

NOTE_OFF, NOTE_ON, CONTROL, PROGRAM, PRESSURE, BEND = 0x80, 0x90, 0xB0, 0xC0, 0xD0, 0xE0
META, SYSEX, SYSEX_MORE = 0xFF, 0xF0, 0xF7
TRACK_NAME, LYRIC, MARKER, PORT, END, TEMPO, METER, KEY = 0x03, 0x05, 0x06, 0x21, 0x2F, 0x51, 0x58, 0x59
ONE_DATA_BYTE = (PROGRAM, PRESSURE)
SYSTEM_DATA_BYTES = {0xF1: 1, 0xF2: 2, 0xF3: 1}
LARGEST_DELTA = 0x0FFF_FFFF


class MidiEvent(NamedTuple):
    """One event: ``status`` without its channel, or META with ``kind``; ``data`` as in the file."""

    ticks: int
    status: int
    data: bytes
    channel: int = 0
    kind: int = 0


@dataclass(frozen=True, slots=True)
class MidiBytes:
    """A file taken apart. Every track ends with an END event."""

    type: int
    ticks_per_quarter: int
    tracks: tuple[tuple[MidiEvent, ...], ...]
    remarks: tuple[str, ...] = ()


def parsed_midi(data: bytes, name: str) -> MidiBytes:
    """The events of a file; ``name`` is for messages.

    Raises
    ------
    MediaError
        if it is no MIDI file, cut off, of type 2, or counts in SMPTE frames.
    """
    if data[:4] == b"RIFF" and data[8:12] == b"RMID":
        data = data[20:]
    if data[:4] != b"MThd" or len(data) < 14:
        raise MediaError(f'"{name}" is not a MIDI file; export it as a Standard MIDI File')
    header_bytes, kind, track_count, division = struct.unpack(">IHHH", data[4:14])
    check_header(name, kind, division)
    remarks: list[str] = []
    tracks: list[tuple[MidiEvent, ...]] = []
    at = 8 + header_bytes
    while at + 8 <= len(data):
        label, size = struct.unpack(">4sI", data[at : at + 8])
        there = len(data) - at - 8
        if size > there:
            raise MediaError(
                f'"{name}" is cut off: chunk {len(tracks) + 1} promises {size} bytes, {there} are there; '
                "copy or export it again"
            )
        if label == b"MTrk":
            tracks.append(TrackParser(data[at + 8 : at + 8 + size], name, len(tracks) + 1, remarks).events())
        at += 8 + size
    if not tracks:
        raise MediaError(f'"{name}" is cut off: it has a header and no track; copy or export it again')
    if len(tracks) < track_count:
        remarks.append(f"the header promises {track_count} tracks, {len(tracks)} are there")
    return MidiBytes(kind, division, tuple(tracks), tuple(dict.fromkeys(remarks)))


def check_header(name: str, kind: int, division: int) -> None:
    if kind > 1:
        raise MediaError(f'"{name}" is of MIDI type {kind}; Bandmate reads type 0 and 1. Export it as type 1')
    if division & 0x8000:
        rate = 256 - (division >> 8)
        raise MediaError(
            f'"{name}" counts in SMPTE frames ({rate} a second) and not in beats; export it with ticks per quarter note'
        )
    if not division:
        raise MediaError(f'"{name}" has 0 ticks per quarter note; export it again')


class TrackParser:
    """Reads the events of one track."""

    def __init__(self, data: bytes, name: str, number: int, remarks: list[str]) -> None:
        self._data, self._name, self._number, self._remarks = data, name, number, remarks
        self._at = self._ticks = self._running = 0

    def events(self) -> tuple[MidiEvent, ...]:
        """All events; an END is added where the file has none."""
        found: list[MidiEvent] = []
        while self._at < len(self._data):
            self._ticks += self._variable_length()
            event = self._event()
            if event is not None:
                found.append(event)
                if event.kind == END and event.status == META:
                    return tuple(found)
        return (*found, MidiEvent(self._ticks, META, b"", kind=END))

    def _event(self) -> MidiEvent | None:
        status = self._byte()
        if status < 0x80:
            self._at -= 1
            status = self._running
            if not status:
                self._refuse("data without a status byte")
        if status == META:
            kind = self._byte()
            return MidiEvent(self._ticks, META, self._take(self._variable_length()), kind=kind)
        if status in (SYSEX, SYSEX_MORE):
            self._take(self._variable_length())
            return None
        if status >= SYSEX:
            self._take(SYSTEM_DATA_BYTES.get(status, 0))
            return None
        self._running = status
        data = self._take(1 if status & 0xF0 in ONE_DATA_BYTE else 2)
        if max(data) > 127:
            self._remarks.append(f"track {self._number} has data bytes above 127, cut to 127")
            data = bytes(min(byte, 127) for byte in data)
        return MidiEvent(self._ticks, status & 0xF0, data, channel=status & 0x0F)

    def _byte(self) -> int:
        return self._take(1)[0]

    def _take(self, size: int) -> bytes:
        taken = self._data[self._at : self._at + size]
        if len(taken) < size:
            self._refuse("an event that is cut off")
        self._at += size
        return taken

    def _variable_length(self) -> int:
        value = 0
        for _ in range(4):
            byte = self._byte()
            value = value << 7 | byte & 0x7F
            if byte < 0x80:
                return value
        return self._refuse("a length of more than four bytes")

    def _refuse(self, what: str) -> int:
        raise MediaError(
            f'"{self._name}" is damaged: {what} in track {self._number} at byte {self._at}; copy or export it again'
        )


def midi_as_bytes(ticks_per_quarter: int, tracks: Iterable[Iterable[MidiEvent]]) -> bytes:
    """A file of type 1; events must be in order of time, END events are added.

    Raises
    ------
    OutOfRange
        if two events are farther apart than MIDI can say.
    """
    chunks = [track_as_bytes(tuple(track)) for track in tracks]
    return struct.pack(">4sIHHH", b"MThd", 6, 1, len(chunks), ticks_per_quarter) + b"".join(chunks)


def track_as_bytes(events: tuple[MidiEvent, ...]) -> bytes:
    content = bytearray()
    now = 0
    for event in events:
        content += variable_length(event.ticks - now)
        now = event.ticks
        if event.status == META:
            content += bytes([META, event.kind]) + variable_length(len(event.data)) + event.data
        else:
            content += bytes([event.status | event.channel]) + event.data
    return struct.pack(">4sI", b"MTrk", len(content)) + bytes(content)


def variable_length(value: int) -> bytes:
    """A number in seven-bit pieces, the highest first."""
    if not 0 <= value <= LARGEST_DELTA:
        raise OutOfRange(f"{value} ticks between two events; MIDI can say at most {LARGEST_DELTA}. Move them closer")
    pieces = [value & 0x7F]
    while value := value >> 7:
        pieces.append(value & 0x7F | 0x80)
    return bytes(reversed(pieces))
