"""MIDI files: bytes made by hand, real drummers' files against mido, and songs there and back."""

from __future__ import annotations

import random
import struct
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import mido
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bandmate.formats.midi import read_midi, song_as_midi, write_midi
from bandmate.formats.midi_bytes import parsed_midi, variable_length
from bandmate.formats.midi_read import SongReader
from bandmate.song.clips import NoteClip
from bandmate.song.errors import MediaError, OutOfRange, ProjectError
from bandmate.song.harmony import Key, KeyChange, Lyric, Marker
from bandmate.song.notes import Instrument, Note
from bandmate.song.song import Song
from bandmate.song.time import MeterMap, MeterPoint, TempoMap, TempoPoint
from bandmate.song.tracks import Track
from tests.conftest import shared_folder
from tests.songs import songs

ZERO_META = b"\x00\xff"
END = b"\x00\xff\x2f\x00"


def midi_file(*tracks: bytes, kind: int = 1, division: int = 480) -> bytes:
    head = struct.pack(">4sIHHH", b"MThd", 6, kind, len(tracks), division)
    return head + b"".join(struct.pack(">4sI", b"MTrk", len(track)) + track for track in tracks)


def read(data: bytes) -> Any:
    return SongReader(parsed_midi(data, "x.mid")).result()


def written_and_read(song: Song) -> Song:
    found = read(song_as_midi(song))
    assert found.remarks == ()
    return found.song


def sounding(song: Song) -> list[tuple[str, int, bool, list[tuple[int, int, int, int]]]]:
    """Tracks with notes: name, program, whether drums, and notes as start, end, pitch, velocity."""
    found = []
    for track in song.tracks:
        clips = sorted((c for c in track.clips if isinstance(c, NoteClip) and not c.mute), key=lambda c: c.start_ticks)
        notes = sorted(
            (
                clip.start_ticks + note.start_ticks,
                clip.start_ticks + min(clip.length_ticks, note.start_ticks + note.length_ticks),
                note.pitch,
                note.velocity,
            )
            for clip in clips
            for note in clip.notes
            if note.start_ticks < clip.length_ticks
        )
        if notes:
            instrument = clips[0].instrument
            found.append((track.name or track.id, instrument.program, instrument.is_drums, notes))
    return found


def can_be_held(song: Song) -> bool:
    """One instrument per track, no two notes of one pitch at once, plain names, tempo that MIDI can say."""
    for track in song.tracks:
        clips = [c for c in track.clips if isinstance(c, NoteClip) and not c.mute]
        if len({clip.instrument for clip in clips}) > 1:
            return False
    for _, _, _, notes in sounding(song):
        by_pitch = sorted((pitch, start, end) for start, end, pitch, _ in notes)
        if any(a[0] == b[0] and b[1] < a[2] for a, b in pairwise(by_pitch)):
            return False
    return True


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(songs().filter(can_be_held))
def test_music_written_and_read_is_the_same_music(song: Song) -> None:
    back = written_and_read(song)
    plain = [(name.strip(" \0"), *rest) for name, *rest in sounding(song)]
    assert [rest for _, *rest in sounding(back)] == [rest for _, *rest in plain]
    assert back.title == song.title.strip(" \0")
    in_time = sorted(song.markers, key=lambda marker: marker.at_ticks)
    assert [(m.at_ticks, m.name) for m in back.markers] == [(m.at_ticks, m.name.strip(" \0")) for m in in_time]
    words = sorted(song.lyrics, key=lambda lyric: lyric.at_ticks)
    assert [(w.at_ticks, w.text) for w in back.lyrics] == [(w.at_ticks, w.text) for w in words]
    assert back.key == song.key
    for ticks in (0, 959, 40_000, 100_000):
        wanted = song.tempo.seconds_at(ticks)
        # A tempo is whole microseconds per quarter note, so a tick is off by 1/1920 microsecond at most.
        assert abs(back.tempo.seconds_at(ticks) - wanted) <= Fraction(ticks, 1_900_000_000)
        assert back.meters.position_at(ticks) == song.meters.position_at(ticks)


@given(st.integers(60_000, 0xFF_FFFF))
def test_every_tempo_that_midi_can_say_comes_back_exactly(microseconds: int) -> None:
    song = Song(tempo=TempoMap(points=(TempoPoint(id="t1", at_ticks=0, bpm=60_000_000 / microseconds),)))
    assert written_and_read(song).tempo == song.tempo


@pytest.mark.parametrize("mode", ["major", "minor"])
@pytest.mark.parametrize("tonic", range(12))
def test_every_key_comes_back_and_mido_agrees(tonic: int, mode: Any, tmp_path: Path) -> None:
    song = Song(key=Key(tonic=tonic, mode=mode))
    assert written_and_read(song).key == song.key
    write_midi(song, tmp_path / "k.mid")
    [by_mido] = [m.key for m in mido.MidiFile(tmp_path / "k.mid").tracks[0] if m.type == "key_signature"]
    names = ["C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"]
    flats = {"Db": 1, "G#": 8, "D#": 3, "A#": 10}
    letter = by_mido.removesuffix("m")
    assert (flats.get(letter, names.index(letter) if letter in names else -1), by_mido.endswith("m")) == (
        tonic,
        mode == "minor",
    )


def test_dorian_is_written_with_its_signature() -> None:
    assert written_and_read(Song(key=Key(tonic=2, mode="dorian"))).key == Key(tonic=0, mode="major")


def onsets_by_mido(file: mido.MidiFile) -> list[tuple[int, int, int]]:
    """Note beginnings as ticks, pitch, velocity, straight from mido's messages."""
    found = []
    for track in file.tracks:
        now = 0
        for message in track:
            now += message.time
            if message.type == "note_on" and message.velocity:
                found.append((now * 960 // file.ticks_per_beat, message.note, message.velocity))
    return sorted(found)


def test_real_drummers_files_agree_with_mido_and_come_back() -> None:
    paths = sorted(shared_folder("data", "groove_midi").rglob("*.mid"))
    for path in random.Random(7).sample(paths, 100):
        found, by_mido = read_midi(path), mido.MidiFile(path)
        [(_, _, is_drums, notes)] = sounding(found.song)
        assert is_drums
        assert sorted((start, pitch, velocity) for start, _, pitch, velocity in notes) == onsets_by_mido(by_mido)
        seconds = found.song.tempo.seconds_at(found.song.tracks[0].clips[0].length_ticks)
        assert float(seconds) == pytest.approx(by_mido.length)
        assert all(remark.endswith("messages are left out") for remark in found.remarks), found.remarks
        again = written_and_read(found.song)
        assert again.tracks[0].clips == found.song.tracks[0].clips
        assert (again.tempo, again.meters, again.key) == (found.song.tempo, found.song.meters, found.song.key)


def test_mido_reads_what_is_written(tmp_path: Path) -> None:
    song = Song(
        title="Вечер",
        tempo=TempoMap(points=(TempoPoint(id="a", at_ticks=0, bpm=90), TempoPoint(id="b", at_ticks=3_840, bpm=120))),
        meters=MeterMap(points=(MeterPoint(id="a", at_bar=1, numerator=6, denominator=8),)),
        markers=(Marker(id="v", at_ticks=2_880, name="Verse"),),
        lyrics=(Lyric(id="l", at_ticks=960, text="la "),),
        tracks=tuple(
            Track(
                id=f"t{i}",
                name=f"T{i}",
                clips=(
                    NoteClip(
                        id="c",
                        start_ticks=960,
                        length_ticks=1_920,
                        notes=(Note(id="n", start_ticks=0, length_ticks=9_999, pitch=60 + i, velocity=90),),
                        instrument=Instrument(program=i, is_drums=i == 3),
                    ),
                ),
            )
            for i in range(18)
        ),
    )
    write_midi(song, tmp_path / "x.mid")
    file = mido.MidiFile(tmp_path / "x.mid", charset="utf-8")
    assert (file.type, file.ticks_per_beat, len(file.tracks)) == (1, 960, 19)
    assert file.tracks[0].name == "Вечер"
    kinds = {message.type for message in file.tracks[0]}
    assert kinds >= {"set_tempo", "time_signature", "marker", "lyrics", "end_of_track"}
    channels = [m.channel for track in file.tracks[1:] for m in track if m.type == "note_on"]
    assert channels == [0, 1, 2, 9, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 0, 1]
    assert [m.port for track in file.tracks for m in track if m.type == "midi_port"] == [1, 1]
    programs = [m.program for track in file.tracks[1:] for m in track if m.type == "program_change"]
    assert programs == list(range(18))
    assert [m.time for m in file.tracks[1] if m.type in ("note_on", "note_off", "end_of_track")] == [960, 1_920, 0]


HAND_MADE = midi_file(
    b"\x00\xff\x03\x04Song"
    b"\x00\xff\x51\x03\x07\xa1\x20"  # 500 000 microseconds
    b"\x00\xff\x58\x04\x03\x02\x18\x08"  # 3/4
    b"\x00\xff\x59\x02\xfd\x01"  # three flats, minor
    b"\x8b\x20\xff\x06\x05Verse"  # 1440 ticks = one bar of 3/4
    b"\x00\xff\x58\x04\x04\x02\x18\x08" + END,
    b"\x00\xff\x03\x04Bass\x00\xc2\x21"
    b"\x00\x92\x28\x64"  # E2 on
    b"\x81\x70\x28\x00"  # running status, velocity 0 = off after 240
    b"\x00\xf0\x03\x01\x02\xf7"  # system exclusive
    b"\x00\x92\x2b\x50\x81\x70\x82\x2b\x40" + b"",  # G2, without an end of track
)


def test_a_file_made_by_hand_is_read_byte_by_byte() -> None:
    found = read(HAND_MADE)
    song = found.song
    assert found.remarks == ()
    assert (song.title, song.key) == ("Song", Key(tonic=0, mode="minor"))
    assert song.tempo.bpm_at(0) == 120
    assert [(p.at_bar, p.numerator, p.denominator) for p in song.meters.points] == [(1, 3, 4), (2, 4, 4)]
    assert [(m.at_ticks, m.name) for m in song.markers] == [(2_880, "Verse")]
    assert sounding(song) == [("Bass", 33, False, [(0, 480, 40, 100), (480, 960, 43, 80)])]


def test_a_type_0_file_is_split_by_channel() -> None:
    track = b"\x00\xff\x03\x03Jam\x00\x90\x3c\x40\x00\x99\x24\x7f\x60\x80\x3c\x00\x00\x89\x24\x00" + END
    song = read(midi_file(track, kind=0, division=96)).song
    assert song.title == "Jam"
    assert [(track.id, track.name, track.role) for track in song.tracks] == [
        ("jam-channel-1", "Jam channel 1", "unknown"),
        ("jam-drums", "Jam drums", "drums"),
    ]
    assert [rest for _, *rest in sounding(song)] == [[0, False, [(0, 960, 60, 64)]], [0, True, [(0, 960, 36, 127)]]]


def test_a_division_that_does_not_fit_is_rounded_with_a_remark() -> None:
    track = b"\x01\x90\x3c\x40\x64\x80\x3c\x00" + END
    found = read(midi_file(track, division=1_024))
    assert sounding(found.song)[0][3] == [(1, 95, 60, 64)]
    assert found.remarks == (
        "1024 ticks per quarter note do not fit into 960: 3 events moved to the nearest tick, by half a tick at most",
    )


def test_a_meter_change_off_the_bar_line_is_moved_with_a_remark() -> None:
    track = b"\x00\xff\x58\x04\x04\x02\x18\x08\x8e\x50\xff\x58\x04\x03\x02\x18\x08" + END
    found = read(midi_file(track, division=480))
    assert [(p.at_bar, p.numerator) for p in found.song.meters.points] == [(1, 4), (2, 3)]
    assert found.remarks == ("the change to 3/4 at 3744 ticks is not on a bar line; moved to bar 2",)


def test_a_late_first_tempo_leaves_120_before_it() -> None:
    song = read(midi_file(b"\x83\x60\xff\x51\x03\x0f\x42\x40" + END, division=480)).song
    assert [(p.at_ticks, p.bpm) for p in song.tempo.points] == [(0, 120.0), (960, 60.0)]


def test_oddities_leave_remarks() -> None:
    track = (
        b"\x00\x90\x3c\xff\x00\x3c\x40"  # velocity 255, then a second C that is never ended
        b"\x10\x80\x3c\x00\x00\xb0\x40\x7f\x00\xe0\x00\x40"
        b"\x00\xff\x59\x02\x00\x00\x00\xff\x59\x02\x01\x00"
        b"\x00\xff\x58\x04\x00\x02\x18\x08\x00\xff\x51\x03\x00\x00\x01\x00\xc0\x05" + END
    )
    found = read(midi_file(track, division=480)[:-4] + END)
    assert set(found.remarks) == {
        "track 1 has data bytes above 127, cut to 127",
        "track 1 never ends 1 notes; they last until its end",
        "a meter of 0/2^2 is left out",
        "a tempo of 60000000 is set to 1000",
        "1 controller messages are left out",
        "1 pitch-bend messages are left out",
    }


def test_changes_of_key_travel() -> None:
    changes = (KeyChange(id="k3", at_bar=3, tonic=2), KeyChange(id="k5", at_bar=5, tonic=4, mode="minor"))
    song = Song(
        key=Key(tonic=0),
        key_changes=changes,
        meters=MeterMap(points=(MeterPoint(id="m", at_bar=1, numerator=3, denominator=4),)),
    )
    back = read(song_as_midi(song)).song
    assert back.key == song.key
    assert back.key_changes == changes


def test_a_later_program_is_said_and_not_kept() -> None:
    track = b"\x00\xc0\x05\x00\x90\x3c\x40\x10\x80\x3c\x00\x00\xc0\x09" + END
    found = read(midi_file(track))
    assert found.remarks == ('"channel 1" changes its sound on the way; program 6 is kept',)
    assert sounding(found.song)[0][1] == 5


def test_a_program_set_by_another_track_counts() -> None:
    song = read(midi_file(b"\x00\xc0\x07" + END, b"\x00\x90\x3c\x40\x10\x80\x3c\x00" + END)).song
    assert sounding(song)[0][1] == 7


def test_a_riff_wrapper_and_foreign_chunks_are_read_past() -> None:
    foreign = HAND_MADE[:14] + struct.pack(">4sI", b"XFIH", 3) + b"abc" + HAND_MADE[14:]
    wrapped = b"RIFF" + struct.pack("<I", len(foreign) + 12) + b"RMIDdata" + struct.pack("<I", len(foreign)) + foreign
    assert read(wrapped).song == read(HAND_MADE).song


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"some text, not music", r'"x.mid" is not a MIDI file; export it as a Standard MIDI File'),
        (HAND_MADE[:-5], r'"x.mid" is cut off: chunk 2 promises 34 bytes, 29 are there; copy or export it again'),
        (HAND_MADE[:14], r'"x.mid" is cut off: it has a header and no track'),
        (midi_file(END, kind=2), r'"x.mid" is of MIDI type 2; Bandmate reads type 0 and 1. Export it as type 1'),
        (
            midi_file(END, division=0xE728),
            r'"x.mid" counts in SMPTE frames \(25 a second\) and not in beats; export it',
        ),
        (midi_file(END, division=0), r'"x.mid" has 0 ticks per quarter note; export it again'),
        (midi_file(b"\x00\x3c\x40"), r'"x.mid" is damaged: data without a status byte in track 1 at byte 1; copy or'),
        (midi_file(b"\x00\x90\x3c"), r'"x.mid" is damaged: an event that is cut off in track 1 at byte 2'),
        (midi_file(b"\xff\xff\xff\xff\x01"), r'"x.mid" is damaged: a length of more than four bytes in track 1'),
    ],
)
def test_damaged_files_are_refused(tmp_path: Path, data: bytes, message: str) -> None:
    (tmp_path / "x.mid").write_bytes(data)
    with pytest.raises(MediaError, match=message):
        read_midi(tmp_path / "x.mid")


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(HAND_MADE) - 1), st.integers(0, 255))
def test_one_wrong_byte_is_read_or_refused_and_never_a_crash(at: int, byte: int) -> None:
    data = bytearray(HAND_MADE)
    data[at] = byte
    try:
        read(bytes(data))
    except MediaError:
        return


def test_a_missing_file_and_a_missing_folder_are_said(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r'there is no file ".*x.mid"'):
        read_midi(tmp_path / "x.mid")
    with pytest.raises(ProjectError, match=r'"x.mid" cannot be written: there is no folder'):
        write_midi(Song(), tmp_path / "no" / "x.mid")


def test_events_too_far_apart_are_refused() -> None:
    with pytest.raises(OutOfRange, match="268435456 ticks between two events; MIDI can say at most 268435455"):
        variable_length(2**28)


def test_an_empty_song_is_a_file_with_a_conductor(tmp_path: Path) -> None:
    write_midi(Song(), tmp_path / "x.mid")
    assert len(mido.MidiFile(tmp_path / "x.mid").tracks) == 1
    assert read_midi(tmp_path / "x.mid").song.tracks == ()
