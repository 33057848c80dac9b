"""MusicXML: scores made by hand, songs there and back, and files that are damaged or meant to harm."""

from __future__ import annotations

import io
import random
import zipfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from bandmate.formats.musicxml_file import MOST_BYTES
from bandmate.formats.musicxml_read import read_musicxml, read_musicxml_bytes
from bandmate.formats.musicxml_repeats import MeasureMarks, playing_order
from bandmate.formats.musicxml_write import packed, song_as_musicxml, write_musicxml
from bandmate.song.clips import NoteClip
from bandmate.song.errors import BandmateError, MediaError, OutOfRange, ProjectError
from bandmate.song.harmony import Chord, Key, KeyChange, Lyric, Marker
from bandmate.song.notes import Instrument, Note
from bandmate.song.song import Song
from bandmate.song.time import MeterMap, MeterPoint, TempoMap, TempoPoint
from bandmate.song.tracks import Track

QUARTER = 960


def score(*measures: str, attributes: str = "<divisions>4</divisions>", name: str = "Flute") -> bytes:
    inside = "".join(
        f'<measure number="{i + 1}">{f"<attributes>{attributes}</attributes>" if not i else ""}{measure}</measure>'
        for i, measure in enumerate(measures)
    )
    return (
        f'<?xml version="1.0"?><score-partwise version="4.0"><part-list><score-part id="P1">'
        f'<part-name>{name}</part-name></score-part></part-list><part id="P1">{inside}</part></score-partwise>'
    ).encode()


def note(step: str = "C4", duration: int = 4, *, before: str = "", after: str = "") -> str:
    return (
        f"<note>{before}<pitch><step>{step[0]}</step><octave>{step[1]}</octave></pitch>"
        f"<duration>{duration}</duration>{after}</note>"
    )


def notes_of(song: Song, track: int = 0) -> list[tuple[int, int, int]]:
    """start, length, pitch of what the first clip of a track plays."""
    clip = song.tracks[track].clips[0]
    assert isinstance(clip, NoteClip)
    return [(clip.start_ticks + n.start_ticks, n.length_ticks, n.pitch) for n in clip.notes]


def written_and_read(song: Song) -> Song:
    found = read_musicxml_bytes(song_as_musicxml(song))
    assert found.remarks == ()
    return found.song


def song_of(notes: list[tuple[int, int, int]], **fields: Any) -> Song:
    made = tuple(Note(id=f"n{i}", start_ticks=s, length_ticks=n, pitch=p) for i, (s, n, p) in enumerate(notes))
    clip = NoteClip(id="notes", length_ticks=max([1, *(s + n for s, n, _ in notes)]), notes=made)
    return Song(tracks=(Track(id="lead", name="Lead", clips=(clip,)),), **fields)


def test_chords_voices_and_ties_become_notes_of_one_clip() -> None:
    second = "<backup><duration>16</duration></backup>" + note("E3", 8) + "<forward><duration>4</duration></forward>"
    first = note("C4", 12) + note("G4", 12, before="<chord/>") + note("A4", after='<tie type="start"/>')
    after = note("A4", 2, after='<tie type="stop"/>') + note("A4", 14)
    song = read_musicxml_bytes(score(first + second, after)).song
    assert notes_of(song) == [
        (0, 1920, 52),
        (0, 2880, 60),
        (0, 2880, 67),
        (2880, 1440, 69),
        (4320, 3360, 69),
    ]


def test_triplets_are_exact_and_quintuplets_rounded() -> None:
    song = read_musicxml_bytes(score(note(duration=1) * 3, attributes="<divisions>3</divisions>")).song
    assert notes_of(song) == [(0, 320, 60), (320, 320, 60), (640, 320, 60)]
    song = read_musicxml_bytes(score(note(duration=1) * 7, attributes="<divisions>7</divisions>")).song
    found = notes_of(song)
    assert sum(length for _, length, _ in found) == QUARTER
    assert all(start + length == later for (start, length, _), (later, _, _) in pairwise(found))


def test_a_transposing_part_sounds_where_it_sounds() -> None:
    attributes = (
        "<divisions>4</divisions><key><fifths>2</fifths><mode>major</mode></key>"
        "<transpose><diatonic>-1</diatonic><chromatic>-2</chromatic></transpose>"
    )
    harmony = "<harmony><root><root-step>D</root-step></root><kind>dominant</kind></harmony>"
    # subtle: the key comes before the transposition in the file and is moved all the same.
    song = read_musicxml_bytes(score(harmony + note("D5", 16), attributes=attributes, name="Trumpet")).song
    assert notes_of(song) == [(0, 3840, 72)]
    assert [str(chord) for chord in song.chords] == ["C7"]
    assert song.key == Key(tonic=0)


def test_repeats_and_endings_are_played_out_with_their_verses() -> None:
    def sung(number: int, text: str) -> str:
        return f'<lyric number="{number}"><syllabic>single</syllabic><text>{text}</text></lyric>'

    both = note("C4", 16, after=sung(1, "one") + sung(2, "two"))
    first = '<barline location="left"><ending number="1" type="start"/></barline>' + note("D4", 16)
    first += '<barline><ending number="1" type="stop"/><repeat direction="backward"/></barline>'
    second = '<barline location="left"><ending number="2" type="start"/></barline>' + note("E4", 16)
    second += '<barline><ending number="2" type="discontinue"/></barline>'
    song = read_musicxml_bytes(score(both, first, second, note("F4", 16))).song
    assert [pitch for _, _, pitch in notes_of(song)] == [60, 62, 60, 64, 65]
    assert [(lyric.at_ticks, lyric.text) for lyric in song.lyrics] == [(0, "one"), (2 * 3840, "two")]


@pytest.mark.parametrize(
    ("marks", "order"),
    [
        ([MeasureMarks(), MeasureMarks(times=3)], [0, 1, 0, 1, 0, 1]),
        ([MeasureMarks(), MeasureMarks(begins_repeat=True, times=2), MeasureMarks()], [0, 1, 1, 2]),
        ([MeasureMarks(times=2), MeasureMarks(times=2)], [0, 0, 1, 1]),
        ([MeasureMarks(), MeasureMarks(times=2, ending=frozenset({1}), is_ending_last=True)], [0, 1, 0]),
    ],
)
def test_repeats(marks: list[MeasureMarks], order: list[int]) -> None:
    assert [number for number, _ in playing_order(marks, "x")] == order


def test_upbeats_and_meters_become_bars() -> None:
    attributes = "<divisions>4</divisions><time><beats>3</beats><beat-type>4</beat-type></time>"
    song = read_musicxml_bytes(score(note(), note(duration=12), note(duration=12), attributes=attributes)).song
    assert [(p.at_bar, p.numerator, p.denominator) for p in song.meters.points] == [(1, 1, 4), (2, 3, 4)]


def test_a_part_that_is_too_full_does_not_move_the_others() -> None:
    two = score(note(duration=20), note(duration=16)).replace(
        b"</part></score", b'</part><part id="P2"><measure>' + note(duration=16).encode() + b"</measure></part></score"
    )
    two = two.replace(
        b'<part id="P2"><measure>', b'<part id="P2"><measure><attributes><divisions>4</divisions></attributes>'
    )
    found = read_musicxml_bytes(two)
    assert [start for start, _, _ in notes_of(found.song)] == [0, 3840]
    assert found.remarks == ("measure 1 is too full in one part, which sounds on over the bar line",)


def test_a_tie_that_only_says_where_it_begins_is_joined() -> None:
    song = read_musicxml_bytes(score(note(duration=16, after='<tie type="start"/>'), note())).song
    assert notes_of(song) == [(0, 4800, 60)]


def test_tempo_comes_from_the_sound_or_else_from_the_metronome() -> None:
    metronome = (
        "<direction><direction-type><metronome><beat-unit>quarter</beat-unit><beat-unit-dot/>"
        "<per-minute>60</per-minute></metronome></direction-type>{}</direction>"
    )
    song = read_musicxml_bytes(score(metronome.format("") + note(duration=16), metronome.format('<sound tempo="72"/>')))
    assert [(p.at_ticks, p.bpm) for p in song.song.tempo.points] == [(0, 90.0), (3840, 72.0)]


def test_what_is_left_out_is_said() -> None:
    grace = "<note><grace/><pitch><step>C</step><octave>4</octave></pitch></note>"
    drum = "<note><unpitched/><duration>4</duration></note>"
    jump = '<sound dacapo="yes"/>'
    found = read_musicxml_bytes(score(grace + note() + drum + jump))
    assert found.remarks == (
        '"Flute": 1 grace notes left out',
        '"Flute": 1 notes of unpitched percussion left out',
        '"Flute": 1 jumps (da capo, dal segno, coda, fine) left out',
    )
    drums = read_musicxml_bytes(score(drum, name="Kit"))
    assert drums.song.tracks == ()
    assert drums.remarks[-1] == '"Kit" is unpitched percussion and left out'


GRID = st.tuples(st.integers(0, 100), st.integers(1, 70), st.integers(24, 100)).map(
    lambda n: (n[0] * 120, n[1] * 120, n[2])
)
METERS = st.lists(st.sampled_from([(4, 4), (3, 4), (6, 8), (7, 8), (5, 16), (1, 32), (2, 2)]), max_size=3)


@settings(max_examples=60, deadline=None)
@given(notes=st.lists(GRID, min_size=1, max_size=25), meters=METERS)
def test_songs_on_32nds_come_back_to_the_tick(notes: list[tuple[int, int, int]], meters: list[tuple[int, int]]) -> None:
    points = tuple(
        MeterPoint(id=f"b{i}", at_bar=1 + 2 * i, numerator=n, denominator=d) for i, (n, d) in enumerate(meters)
    )
    song = song_of(notes, meters=MeterMap(points=points))
    assert notes_of(written_and_read(song)) == sorted(notes)


@settings(max_examples=40, deadline=None)
@given(starts=st.lists(st.integers(0, 47), min_size=1, max_size=20, unique=True), step=st.sampled_from([160, 320]))
def test_triplets_come_back_to_the_tick(starts: list[int], step: int) -> None:
    notes = [(start * step, step, 60) for start in sorted(starts)]
    assert notes_of(written_and_read(song_of(notes))) == notes


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9000), st.integers(1, 5000), st.integers(0, 127)), min_size=1, max_size=15))
def test_any_notes_are_written_near_where_they_are(notes: list[tuple[int, int, int]]) -> None:
    found = notes_of(written_and_read(song_of(notes)))
    assert sorted(pitch for _, _, pitch in found) == sorted(pitch for _, _, pitch in notes)
    for (start, _, _), (was, _, _) in zip(found, sorted(notes), strict=True):
        assert abs(start - was) <= 240


def test_everything_else_comes_back() -> None:
    chords = (("C", 0, "", None), ("Dm7", 2, "m7", None), ("G", 7, "7alt", 11), ("E", 4, "m7b5", None))
    song = song_of(
        [(0, 1920, 60), (1920, 1920, 62), (3840, 3840, 64)],
        title="Über & out",
        key=Key(tonic=7, mode="dorian"),
        tempo=TempoMap(
            points=(TempoPoint(id="t1", at_ticks=0, bpm=97.5), TempoPoint(id="t2", at_ticks=4000, bpm=1000 / 3))
        ),
        meters=MeterMap(points=(MeterPoint(id="b1", at_bar=1, numerator=4, denominator=4),)),
        chords=tuple(
            Chord(id=f"c{i + 1}", start_ticks=i * 1920, length_ticks=1920, root=root, quality=quality, bass=bass)
            for i, (_, root, quality, bass) in enumerate(chords)
        ),
        lyrics=(Lyric(id="l1", at_ticks=0, text="Hal-"), Lyric(id="l2", at_ticks=1920, text="lo")),
        markers=(Marker(id="m1", at_ticks=3840, name="Chorus"),),
    )
    found = written_and_read(song)
    assert found.title == song.title
    assert (found.key, found.chords, found.lyrics, found.markers) == (song.key, song.chords, song.lyrics, song.markers)
    assert found.meters == song.meters
    assert [p.at_ticks for p in found.tempo.points] == [0, 4000]
    assert [p.bpm for p in found.tempo.points] == pytest.approx([97.5, 1000 / 3], abs=1e-8)


def test_velocity_program_and_names_come_back() -> None:
    made = tuple(Note(id=f"n{v}", start_ticks=v * 120, length_ticks=120, pitch=60, velocity=v) for v in range(1, 128))
    clip = NoteClip(id="x", start_ticks=960, length_ticks=20_000, notes=made, instrument=Instrument(program=40))
    track = Track(id="vl", name="Violin", clips=(clip,))
    found = written_and_read(Song(tracks=(track,))).tracks[0]
    back = found.clips[0]
    assert isinstance(back, NoteClip)
    assert [n.velocity for n in back.notes] == list(range(1, 128))
    assert (found.name, back.instrument, back.notes[0].start_ticks) == ("Violin", Instrument(program=40), 1080)


def test_empty_songs_and_long_ones() -> None:
    assert written_and_read(Song()).tracks[0].clips == ()
    with pytest.raises(OutOfRange, match="a score takes 20000 at most"):
        song_as_musicxml(song_of([(2**39, 960, 60)]))


def test_files_plain_and_packed(tmp_path: Path) -> None:
    song = song_of([(0, 960, 60)])
    for name in ("a.musicxml", "b.xml", "c.mxl"):
        write_musicxml(song, tmp_path / name)
        assert notes_of(read_musicxml(tmp_path / name).song) == [(0, 960, 60)]
    assert (tmp_path / "c.mxl").read_bytes() == packed(song_as_musicxml(song))
    with pytest.raises(ProjectError):
        write_musicxml(song, tmp_path / "none" / "a.mxl")


def zipped(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in files.items():
            file.writestr(name.replace("_", "."), data)
    return buffer.getvalue()


BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><score-partwise><part>&b;</part></score-partwise>'


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"hello", "line 1"),
        (b"<html/>", "outermost element is <html>"),
        (b"<score-timewise/>", "save it again as part-wise"),
        (b"<score-partwise/>", "has no part in it"),
        (BOMB, "declares entities"),
        (BOMB.decode().encode("utf-16"), "declares entities"),
        (score("<note/>", attributes="<divisions>0</divisions>"), "divisions to a quarter note in line 1"),
        (score("<note><pitch><step>H</step></pitch></note>"), "without a step or an octave in line 1"),
        (score(note(duration=99999)), "quarter notes in measure 1"),
        (zipped(readme_txt=b"x"), "a zip without a score"),
        (zipped(score_xml=score(note()))[:60], "damaged zip"),
        (zipped(score_xml=b" " * (MOST_BYTES + 1)), "holds more than 64 MB"),
    ],
)
def test_what_is_no_score_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(MediaError, match=said):
        read_musicxml_bytes(data, "x.musicxml")


def test_missing_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="there is no file"):
        read_musicxml(tmp_path / "a.mxl")


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32), is_packed=st.booleans())
def test_damaged_files_only_give_errors_that_say_so(seed: int, is_packed: bool) -> None:
    chance = random.Random(seed)
    song = song_of(
        [(0, 960, 60), (960, 5000, 64)],
        chords=(Chord(id="c1", start_ticks=0, length_ticks=960, root=0),),
        tempo=TempoMap(points=(TempoPoint(id="t1", at_ticks=0, bpm=90),)),
    )
    data = song_as_musicxml(song)
    whole = bytearray(packed(data) if is_packed else data)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(whole))
        kind = chance.randrange(3)
        if kind == 0:
            whole[at] = chance.choice(b"0123456789-.<>/ae\0\xff")
        elif kind == 1:
            del whole[at : at + chance.randint(1, 200)]
        else:
            whole[at:at] = whole[at : at + chance.randint(1, 400)]
        if not whole:
            break
    try:
        read_musicxml_bytes(bytes(whole))
    except BandmateError as refusal:
        assert isinstance(refusal, MediaError)


def test_changes_of_key_travel() -> None:
    changes = (KeyChange(id="k2", at_bar=2, tonic=9, mode="minor"), KeyChange(id="k4", at_bar=4, tonic=3))
    notes = tuple(Note(id=f"n{i}", start_ticks=i * 3840, length_ticks=960, pitch=63) for i in range(5))
    clip = NoteClip(id="c", length_ticks=5 * 3840, notes=notes)
    song = Song(key=Key(tonic=0), key_changes=changes, tracks=(Track(id="t", clips=(clip,)),))
    back = read_musicxml_bytes(song_as_musicxml(song)).song
    assert back.key == song.key
    assert back.key_changes == changes


@pytest.mark.parametrize(
    ("meter", "lengths", "expected"),
    [
        ((4, 4), [480, 480, 240, 240, 480, 960, 960], ["begin", "end", "begin,begin", "continue,end", "end", "", ""]),
        ((4, 4), [480, 960, 480, 1920], ["", "", "", ""]),
        (
            (6, 8),
            [480, 480, 480, 480, 240, 240, 480],
            ["begin", "continue", "end", "begin", "continue,begin", "continue,end", "end"],
        ),
        ((4, 4), [720, 240, 960, 1920], ["begin", "end,backward hook", "", ""]),
    ],
)
def test_short_notes_are_joined_within_a_pulse(meter: tuple[int, int], lengths: list[int], expected: list[str]) -> None:
    starts = [sum(lengths[:i]) for i in range(len(lengths))]
    notes = tuple(
        Note(id=f"n{i}", start_ticks=start, length_ticks=length, pitch=60)
        for i, (start, length) in enumerate(zip(starts, lengths, strict=True))
    )
    meters = MeterMap(points=(MeterPoint(id="m", at_bar=1, numerator=meter[0], denominator=meter[1]),))
    song = Song(meters=meters, tracks=(Track(id="t", clips=(NoteClip(id="c", length_ticks=9600, notes=notes),)),))
    root = etree.fromstring(song_as_musicxml(song))
    found = [
        ",".join(beam.text for beam in note.findall("beam"))
        for note in root.iter("note")
        if note.find("pitch") is not None
    ]
    assert found == expected
