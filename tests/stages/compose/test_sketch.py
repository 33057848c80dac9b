"""Sketches: whole songs of the length asked for, by a band of the genre, the same every time."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.song.clips import NoteClip
from bandmate.song.errors import RequestError, UnknownName
from bandmate.song.harmony import Key
from bandmate.song.song import length_seconds
from bandmate.song.wire import song_from_json, song_to_json
from bandmate.stages.compose.brief import GENRES, ChordPin, Dials
from bandmate.stages.compose.sketch import Sketch, sketch_songs
from bandmate.stages.compose.sketch_brief import PartWish, SectionWish, SketchBrief
from bandmate.stages.compose.sketch_parts import SketchModels, load_sketch_models


@cache
def models() -> SketchModels:
    return load_sketch_models()


def one(brief: SketchBrief, seed: int = 1) -> Sketch:
    return sketch_songs(brief, models(), seed)[0]


def check(sketch: Sketch, bars: int) -> None:
    song = sketch.song
    end = song.meters.ticks_at_bar(bars + 1)
    assert song.tracks and song.chords and song.sections and sketch.says and sketch.models
    for track in song.tracks:
        for clip in track.clips:
            assert isinstance(clip, NoteClip)
            assert (clip.start_ticks, clip.length_ticks) == (0, end)
            assert all(note.start_ticks + note.length_ticks <= end for note in clip.notes)
            busy: dict[int, int] = {}
            for note in clip.notes:
                assert clip.instrument.is_drums or busy.get(note.pitch, 0) <= note.start_ticks
                busy[note.pitch] = note.start_ticks + note.length_ticks
    assert song.chords[0].start_ticks == 0
    assert max(chord.start_ticks + chord.length_ticks for chord in song.chords) <= end
    assert song_from_json(song_to_json(song)) == song


@pytest.mark.parametrize("genre", GENRES)
def test_every_genre_has_a_band(genre: str) -> None:
    brief = SketchBrief(genre=genre, bars=4, alternatives=1)  # type: ignore[arg-type]
    sketch = one(brief)
    check(sketch, 4)
    assert sum(row.kind == "written" for row in sketch.sources)
    names = {track.id for track in sketch.song.tracks}
    expected = {"soprano", "alto", "tenor", "bass"} if genre == "chorale" else {"bass", "keys"}
    assert expected <= names


@given(st.integers(1, 12), st.sampled_from(((4, 4), (3, 4), (6, 8), (7, 8))), st.sampled_from(("pop", "jazz", "lofi")))
@settings(max_examples=3, deadline=None)
def test_any_number_of_bars_in_any_meter_is_met(bars: int, meter: tuple[int, int], genre: str) -> None:
    sketch = one(
        SketchBrief(genre=genre, bars=bars, numerator=meter[0], denominator=meter[1], alternatives=1)  # type: ignore[arg-type]
    )
    check(sketch, bars)


@pytest.mark.parametrize("seconds", [15.0, 30.0])
def test_seconds_are_met_exactly(seconds: float) -> None:
    sketch = one(SketchBrief(genre="pop", seconds=seconds, alternatives=1))
    assert float(length_seconds(sketch.song)) == pytest.approx(seconds, abs=1e-6)


def test_the_same_seed_gives_the_same_song() -> None:
    brief = SketchBrief(genre="funk", bars=4, alternatives=1)
    assert one(brief, 7) == one(brief, 7) != one(brief, 8)


def test_alternatives_say_what_sets_them_apart() -> None:
    found = sketch_songs(SketchBrief(genre="rock", bars=8, alternatives=2), models(), 4)
    assert len(found) == 2 == len({sketch.says for sketch in found})
    assert len({sketch.song for sketch in found}) == 2


def test_key_pins_sections_and_players_are_as_asked() -> None:
    brief = SketchBrief(
        genre="soul",
        key=Key(tonic=3, mode="minor"),
        sections=(SectionWish(name="verse", bars=4), SectionWish(name="chorus", bars=4, energy=1.0)),
        chord_pins=(ChordPin(bar=6, chord="Abmaj7"),),
        parts=("keys", "bass"),
        wishes=(PartWish(part="keys", program=19),),
        tempo_bpm=81.5,
        alternatives=1,
    )
    song = one(brief).song
    assert song.key == Key(tonic=3, mode="minor")
    assert [(section.name, section.bars) for section in song.sections] == [("verse", 4), ("chorus", 4)]
    pinned = [str(chord) for chord in song.chords if chord.start_ticks == 5 * 3840]
    assert pinned == ["Abmaj7"]
    assert [track.id for track in song.tracks] == ["bass", "keys"]
    assert song.tracks[1].clips[0].instrument.program == 19  # type: ignore[union-attr]
    assert song.tempo.bpm_at(0) == pytest.approx(81.5)


def test_a_section_that_comes_back_is_known_again() -> None:
    sections = tuple(SectionWish(name=name, bars=8) for name in ("verse", "chorus", "verse", "chorus"))
    for seed in range(3):
        sketch = one(SketchBrief(genre="pop", sections=sections, alternatives=1), seed)
        rows = sketch.form.sections
        if rows[3].same_as is None:
            continue
        lead = next(track for track in sketch.song.tracks if track.id == "lead").clips[0]
        assert isinstance(lead, NoteClip)
        tunes = [
            {(n.start_ticks - start, n.pitch) for n in lead.notes if start <= n.start_ticks < start + 6 * 3840}
            for start in (8 * 3840, 24 * 3840)
        ]
        assert tunes[0] == tunes[1]
        chords = [
            [(c.start_ticks - start, str(c)) for c in sketch.song.chords if start <= c.start_ticks < start + 8 * 3840]
            for start in (8 * 3840, 24 * 3840)
        ]
        assert chords[0] == chords[1]
        return
    pytest.fail("no seed gave a chorus that comes back")


def test_dials_turn_the_band() -> None:
    counts = []
    for density in (0.1, 0.9):
        wish = PartWish(part="keys", dials=Dials(density=density))
        song = one(SketchBrief(genre="pop", bars=8, wishes=(wish,), alternatives=1)).song
        keys = next(track for track in song.tracks if track.id == "keys").clips[0]
        assert isinstance(keys, NoteClip)
        counts.append(len(keys.notes))
    assert counts[1] > 2 * counts[0]


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(RequestError, match="leave one of the two out"):
        one(SketchBrief(bars=8, seconds=20.0))
    with pytest.raises(RequestError, match="pinned to bar 90"):
        one(SketchBrief(bars=8, chord_pins=(ChordPin(bar=90, chord="C"),)))
    with pytest.raises(UnknownName, match="polka"):
        one(SketchBrief(genre="polka", bars=8))  # type: ignore[arg-type]
    with pytest.raises(RequestError, match="no chord symbol"):
        one(SketchBrief(genre="pop", bars=8, chord_pins=(ChordPin(bar=2, chord="H7"),)))
