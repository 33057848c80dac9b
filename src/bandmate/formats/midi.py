"""Songs to and from Standard MIDI Files.

Conventions: files of type 0 and 1 are read; type 1 with 960 ticks to a quarter note is written. Its first track is the
conductor's: title, tempo, meters, key, markers, lyrics. Every track with notes follows, with its name, program and
channel; drums are on channel 10, the sixteenth melodic track and later ones on another port.

What MIDI cannot hold, and so does not come back: where one clip ends and the next begins, instruments of later clips
of one track, ids, muted clips (left out), tempo finer than a microsecond per quarter note or below 3.58, modes other
than major and minor (written with their signature as a major key), and which of two overlapping notes of one pitch ends
first.

Not covered: audio, devices, automation, sections, chords.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bandmate.formats import midi_bytes
from bandmate.formats.atomic_file import write_whole
from bandmate.formats.containers import checked_file, media_errors
from bandmate.formats.midi_bytes import META, MidiEvent, midi_as_bytes, parsed_midi
from bandmate.formats.midi_read import DRUM_CHANNEL, MICROSECONDS_A_MINUTE, MidiSong, SongReader
from bandmate.song.clips import NoteClip
from bandmate.song.harmony import Key
from bandmate.song.song import Song
from bandmate.song.time import TICKS_PER_QUARTER, meter_steps, tempo_steps
from bandmate.song.tracks import Track

SLOWEST_MICROSECONDS = 0xFF_FFFF
MELODIC_CHANNELS = tuple(channel for channel in range(16) if channel != DRUM_CHANNEL)
OFF_VELOCITY = 64
MODE_DEGREES = {"major": 0, "dorian": 2, "phrygian": 4, "lydian": 5, "mixolydian": 7, "minor": 9, "locrian": 11}
"""How far above its parent major key's tonic a mode begins."""


def read_midi(path: Path | str) -> MidiSong:
    """The song in a MIDI file, with remarks on what was changed or left out.

    Raises
    ------
    MediaError
        if the file is missing, no MIDI file, damaged, of type 2, or counts in SMPTE frames.
    """
    path = checked_file(Path(path))
    with media_errors(path):
        data = path.read_bytes()
    return SongReader(parsed_midi(data, path.name)).result()


def write_midi(song: Song, path: Path | str) -> None:
    """Write the notes of ``song``; a song without notes gives its tempo, meters, markers and lyrics.

    Raises
    ------
    OutOfRange
        if two events are farther apart than MIDI can say.
    ProjectError
        if the folder is missing or read-only, or the disk is full.
    """
    write_whole(Path(path), song_as_midi(song))


def song_as_midi(song: Song) -> bytes:
    """The bytes of ``write_midi``."""
    tracks = [in_order(conductor_events(song))]
    melodic = 0
    for track in song.tracks:
        clips = [clip for clip in track.clips if isinstance(clip, NoteClip) and not clip.mute]
        if not clips:
            continue
        port, place = divmod(melodic, len(MELODIC_CHANNELS))
        melodic += not all(clip.instrument.is_drums for clip in clips)
        tracks.append(in_order(track_events(track, clips, channel=MELODIC_CHANNELS[place], port=port)))
    return midi_as_bytes(TICKS_PER_QUARTER, tracks)


def in_order(events: Iterator[MidiEvent]) -> list[MidiEvent]:
    """Events by time; at one time ends come before beginnings, and END comes last."""
    return sorted(events, key=lambda event: (event.ticks, rank(event)))


def rank(event: MidiEvent) -> int:
    if event.status == META:
        return 4 if event.kind == midi_bytes.END else 0
    return {midi_bytes.NOTE_OFF: 1, midi_bytes.PROGRAM: 2}.get(event.status, 3)


def conductor_events(song: Song) -> Iterator[MidiEvent]:
    yield meta(0, midi_bytes.TRACK_NAME, song.title.encode())
    starts, _, seconds_per_tick = tempo_steps(song.tempo)
    last = 0
    for at, seconds in zip(starts, seconds_per_tick, strict=True):
        microseconds = round(seconds * TICKS_PER_QUARTER * MICROSECONDS_A_MINUTE / 60)
        yield meta(at, midi_bytes.TEMPO, min(SLOWEST_MICROSECONDS, microseconds).to_bytes(3, "big"))
        last = max(last, at)
    for step in meter_steps(song.meters):
        power = step.denominator.bit_length() - 1
        yield meta(step.start_ticks, midi_bytes.METER, bytes([step.numerator, power, 24, 8]))
        last = max(last, step.start_ticks)
    if song.key is not None:
        yield meta(0, midi_bytes.KEY, key_signature(song.key))
    for change in song.key_changes:
        at = song.meters.ticks_at_bar(change.at_bar)
        yield meta(at, midi_bytes.KEY, key_signature(change.key))
        last = max(last, at)
    for marker in song.markers:
        yield meta(marker.at_ticks, midi_bytes.MARKER, marker.name.encode())
    for lyric in song.lyrics:
        yield meta(lyric.at_ticks, midi_bytes.LYRIC, lyric.text.encode())
    last = max([last, *(marker.at_ticks for marker in song.markers), *(lyric.at_ticks for lyric in song.lyrics)])
    yield meta(last, midi_bytes.END, b"")


def track_events(track: Track, clips: list[NoteClip], *, channel: int, port: int) -> Iterator[MidiEvent]:
    yield meta(0, midi_bytes.TRACK_NAME, (track.name or track.id).encode())
    if port:
        yield meta(0, midi_bytes.PORT, bytes([port]))
    sounds: dict[int, int] = {}
    for number, clip in enumerate(sorted(clips, key=lambda clip: clip.start_ticks)):
        own = DRUM_CHANNEL if clip.instrument.is_drums else channel
        if sounds.get(own) != clip.instrument.program:
            at = clip.start_ticks if number else 0
            yield MidiEvent(at, midi_bytes.PROGRAM, bytes([clip.instrument.program]), channel=own)
        sounds[own] = clip.instrument.program
        yield from note_events(clip, own)
    yield meta(max(clip.start_ticks + clip.length_ticks for clip in clips), midi_bytes.END, b"")


def note_events(clip: NoteClip, channel: int) -> Iterator[MidiEvent]:
    """The notes that start inside the clip, cut where it ends."""
    for note in clip.notes:
        if note.start_ticks >= clip.length_ticks:
            continue
        start = clip.start_ticks + note.start_ticks
        end = clip.start_ticks + min(clip.length_ticks, note.start_ticks + note.length_ticks)
        yield MidiEvent(start, midi_bytes.NOTE_ON, bytes([note.pitch, note.velocity]), channel=channel)
        yield MidiEvent(end, midi_bytes.NOTE_OFF, bytes([note.pitch, OFF_VELOCITY]), channel=channel)


def meta(ticks: int, kind: int, data: bytes) -> MidiEvent:
    return MidiEvent(ticks, META, data, kind=kind)


def key_signature(key: Key) -> bytes:
    """Sharps (flats below 0, as a signed byte) and minor or not; other modes as their parent major key."""
    fifths = (key.tonic - MODE_DEGREES[key.mode]) * 7 % 12
    sharps = fifths - 12 if fifths > 6 else fifths
    return bytes([sharps % 256, key.mode == "minor"])
