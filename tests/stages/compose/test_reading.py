"""Key and chords that are read from notes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.song.clips import NoteClip
from bandmate.song.harmony import Chord, Key
from bandmate.song.notes import Note
from bandmate.song.song import Song
from bandmate.song.time import MeterMap, MeterPoint
from bandmate.song.tracks import Track
from bandmate.stages.compose.passage import Tone, bars_of
from bandmate.stages.compose.reading import chords_of, key_of, with_reading

TUNE = (60, 60, 67, 67, 69, 69, 67, 65, 65, 64, 64, 62, 62, 60, 67, 67, 65, 65, 64, 64, 62, 60)


def line(pitches: tuple[int, ...], up: int = 0) -> list[Tone]:
    return [Tone(i * 480, 480, pitch + up) for i, pitch in enumerate(pitches)]


def song_of(tones: list[Tone]) -> Song:
    end = max(tone.end_ticks for tone in tones)
    notes = tuple(
        Note(id=f"n{i}", start_ticks=t.start_ticks, length_ticks=t.length_ticks, pitch=t.pitch, velocity=t.velocity)
        for i, t in enumerate(tones)
    )
    return Song(
        tracks=(Track(id="a", name="a", clips=(NoteClip(id="c", start_ticks=0, length_ticks=end, notes=notes),)),)
    )


@given(up=st.integers(-12, 12))
@settings(max_examples=12, deadline=None)
def test_a_transposed_tune_is_in_the_transposed_key(up: int) -> None:
    assert key_of(line(TUNE, up)) == Key(tonic=up % 12, mode="major")


@pytest.mark.parametrize("meter", [(4, 4), (3, 4), (6, 8), (7, 8), (5, 4), (1, 4)])
def test_block_chords_are_read_back(meter: tuple[int, int]) -> None:
    point = MeterPoint(id="m", at_bar=1, numerator=meter[0], denominator=meter[1])
    song = Song(meters=MeterMap(points=(point,)))
    bars = bars_of(song, 4)
    wanted = [
        (9, "m", (45, 60, 64, 69)),
        (5, "", (41, 60, 65, 69)),
        (0, "", (48, 60, 64, 67)),
        (7, "", (43, 59, 62, 67)),
    ]
    tones = [
        Tone(bar.start_ticks, bar.length_ticks, pitch)
        for bar, (_, _, pitches) in zip(bars, wanted, strict=True)
        for pitch in pitches
    ]
    found = chords_of(tones, bars)
    assert [(chord.root, chord.quality) for chord in found] == [(root, quality) for root, quality, _ in wanted]
    assert [chord.start_ticks for chord in found] == [bar.start_ticks for bar in bars]
    assert found[-1].start_ticks + found[-1].length_ticks == bars[-1].end_ticks


def test_what_is_written_down_stays() -> None:
    chords = (Chord(id="x", start_ticks=0, length_ticks=3840, root=1),)
    song = song_of(line(TUNE))
    there = Song(tracks=song.tracks, key=Key(tonic=3, mode="dorian"), chords=chords)
    assert with_reading(there) == (there, ())


def test_a_single_line_has_a_key_and_no_chords() -> None:
    read, said = with_reading(song_of(line(TUNE)))
    assert read.key == Key(tonic=0, mode="major")
    assert read.chords == ()
    assert said == ("no key is written down; the notes say C major",)


def test_too_few_notes_say_nothing() -> None:
    song = song_of(line((60, 64)))
    assert with_reading(song) == (song, ())
    assert with_reading(Song()) == (Song(), ())
