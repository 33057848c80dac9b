"""Piano rolls and lead sheets: what is in them, and that they can be drawn of anything."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from bandmate.formats.abc import abc_from_bytes
from bandmate.report.engraving import Oval, Staff, Words, bar_marks, clef_for, heads_of, places_of, step_of
from bandmate.report.score_plots import bar_heads, chord_words, plot_lead_sheet, plot_piano_roll, sheet_lines
from bandmate.song.clips import NoteClip
from bandmate.song.harmony import Chord, Key, Section
from bandmate.song.note_values import Chorded, bar_grid
from bandmate.song.notes import Instrument, Note
from bandmate.song.song import Song
from bandmate.song.time import MeterMap, MeterPoint
from bandmate.song.tracks import Track

TUNE = "\n".join(
    [
        "X:1",
        "T:Проба",
        "M:3/4",
        "L:1/8",
        "K:Bb",
        '"Bb"B2 ^c2 (3def|"F7/A"e>d c4|"Gm"G6|',
        "w:one two",
    ]
).encode()


def tune() -> Song:
    return abc_from_bytes(TUNE, "tune")[0].song


@pytest.mark.parametrize("kind", ["png", "svg"])
@pytest.mark.parametrize("song", [tune(), Song(), Song(tracks=(Track(id="t"),))])
def test_anything_can_be_drawn_and_equal_songs_give_equal_bytes(song: Song, kind: str) -> None:
    for draw in (plot_piano_roll, plot_lead_sheet):
        picture = draw(song, kind=kind)  # type: ignore[operator]
        assert picture == draw(song, kind=kind)  # type: ignore[operator]
        if kind == "png":
            assert picture.startswith(b"\x89PNG")
        else:
            assert ElementTree.fromstring(picture).tag.endswith("svg")


def test_a_lead_sheet_has_every_note_chord_and_word() -> None:
    marks = [mark for line in sheet_lines(tune(), [(0, 0, 0, 0)][:0]) for mark in line]
    assert not [mark for mark in marks if isinstance(mark, Oval) and mark.width == 1.25]
    from bandmate.report.score_plots import notes_of

    marks = [mark for line in sheet_lines(tune(), notes_of(tune().tracks[0])) for mark in line]
    heads = [mark for mark in marks if isinstance(mark, Oval) and mark.width == 1.25]
    words = [mark.text for mark in marks if isinstance(mark, Words)]
    assert len(heads) == 9
    assert {"B♭", "F7/A", "Gm", "one", "two"} <= set(words)
    assert words.count("3") == 1 + 1 + 1  # one triplet, the 3 of the meter, and the number of the third bar


def test_pitches_are_spelled_by_their_key() -> None:
    assert step_of(70, -2) == (6 + 7 * 4, -1)
    assert step_of(70, 6) == (5 + 7 * 4, 1)
    song = Song(key=Key(tonic=5))
    assert chord_words(song, Chord(id="c", start_ticks=0, length_ticks=1, root=10, quality="7", bass=3)) == "B♭7/E♭"
    assert clef_for([40, 45, 50]) == "bass"


def test_every_tick_of_a_bar_is_a_note_or_a_rest() -> None:
    grid = bar_grid(3840, [240, 1000, 1920])
    heads = heads_of([Chorded(240, 960, ((60, 90),)), Chorded(1920, 5000, ((62, 90),))], 0, 3840, grid)
    at = 0
    for head in heads:
        assert head.start == at
        at += head.value.length
    assert at == 3840
    assert heads[-1].is_tied
    staff = Staff("treble", 0)
    bar_marks(heads, places_of(heads, 0, 20), staff, 960)
    assert staff.marks


def test_odd_meters_drums_overlaps_and_sections_are_drawn() -> None:
    meters = MeterMap(
        points=(
            MeterPoint(id="m", at_bar=1, numerator=7, denominator=8),
            MeterPoint(id="n", at_bar=2, numerator=5, denominator=4),
        )
    )
    notes = tuple(Note(id=f"n{i}", start_ticks=i * 333, length_ticks=2000, pitch=35 + i) for i in range(20))
    drums = NoteClip(id="d", length_ticks=9000, notes=notes, instrument=Instrument(is_drums=True))
    song = Song(
        meters=meters,
        sections=(Section(id="v", name="verse", start_bar=1, bars=2),),
        tracks=(
            Track(id="kit", clips=(drums,)),
            Track(id="lead", clips=(NoteClip(id="c", length_ticks=9000, notes=notes),)),
        ),
    )
    assert plot_piano_roll(song, marked=(1, 2)).startswith(b"\x89PNG")
    assert plot_lead_sheet(song, "lead").startswith(b"\x89PNG")
    assert bar_heads(song, [], 1)[0].pitches == ()
