"""Comping: only the bars asked for, within the instrument, chords where the chord track has them, and pins obeyed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.song.chord_tones import chord_classes
from bandmate.song.errors import RequestError
from bandmate.stages.compose.brief import GENRES, ComposeBrief, Dials, NotePin
from bandmate.stages.compose.genres import sources
from bandmate.stages.compose.idea import distance
from bandmate.stages.compose.keys_ideas import keys_ideas
from bandmate.stages.compose.measures import material_of
from bandmate.stages.compose.measures_scale import dial_of, scale_of
from bandmate.stages.compose.passage import Passage, Tone, passage_of
from tests.stages.compose.band_songs import METERS, chord_song, with_drums


def check(passage: Passage, tones: tuple[Tone, ...]) -> None:
    assert list(tones) == sorted(tones)
    ends: dict[int, int] = {}
    for tone in tones:
        assert passage.start_ticks <= tone.start_ticks < tone.end_ticks <= passage.end_ticks
        assert 36 <= tone.pitch <= 86
        assert 1 <= tone.velocity <= 127
        assert ends.get(tone.pitch, 0) <= tone.start_ticks
        ends[tone.pitch] = tone.end_ticks


@given(st.sampled_from(GENRES), st.sampled_from(METERS), st.integers(0, 3), st.booleans())
@settings(max_examples=25, deadline=None)
def test_chords_keep_to_bars_and_range(genre: str, meter: tuple[int, int], seed: int, has_drums: bool) -> None:
    passage = passage_of(chord_song(meter), 3, 6)
    passage = with_drums(passage) if has_drums else passage
    brief = ComposeBrief(part="keys", genre=genre, first_bar=3, last_bar=6, alternatives=1)  # type: ignore[arg-type]
    ideas = keys_ideas(passage, brief, seed)
    assert ideas == keys_ideas(passage, brief, seed)
    for idea in ideas:
        assert idea.tones and idea.says
        check(passage, idea.tones)


@pytest.mark.parametrize("genre", ["pop", "house", "lofi", "rock", "chorale"])
def test_without_dials_the_notes_are_those_of_the_chords(genre: str) -> None:
    passage = passage_of(chord_song((4, 4)), 1, 8)
    for idea in keys_ideas(passage, ComposeBrief(part="keys", genre=genre), 1):  # type: ignore[arg-type]
        for tone in idea.tones:
            chord = passage.chord_at(tone.start_ticks)
            assert chord is not None
            assert tone.pitch % 12 in chord_classes(chord)


def test_a_held_chord_is_struck_anew_where_the_chord_changes() -> None:
    song = chord_song((4, 4), bars=4)
    halves = tuple(
        replace_chord
        for chord in song.chords
        for replace_chord in (
            type(chord)(id=chord.id + "a", start_ticks=chord.start_ticks, length_ticks=1920, root=0),
            type(chord)(id=chord.id + "b", start_ticks=chord.start_ticks + 1920, length_ticks=1920, root=5),
        )
    )
    passage = replace(passage_of(song, 1, 4), chords=halves)
    for idea in keys_ideas(passage, ComposeBrief(part="keys", genre="lofi"), 1, "pad"):
        starts = {tone.start_ticks for tone in idea.tones}
        assert {number * 1920 for number in range(8)} <= starts


def test_alternatives_differ() -> None:
    ideas = keys_ideas(passage_of(chord_song((4, 4)), 1, 8), ComposeBrief(part="keys", genre="soul"), 1)
    assert len(ideas) >= 9
    assert distance(ideas[0], ideas[2]) > 0.2


def test_pins_are_there_and_impossible_ones_are_refused() -> None:
    passage = passage_of(chord_song((4, 4)), 1, 4)
    pins = (NotePin(bar=2, beat=2.5, beats=1.5, pitch=64), NotePin(bar=2, beat=2.5, beats=3, pitch=72))
    for idea in keys_ideas(passage, ComposeBrief(part="keys", genre="pop", note_pins=pins), 0):
        check(passage, idea.tones)
        assert {Tone(3840 + 1440, 1440, 64), Tone(3840 + 1440, 2880, 72)} <= set(idea.tones)
    with pytest.raises(RequestError, match="pinned over each other"):
        pin = NotePin(bar=1, beat=1, beats=2, pitch=64)
        keys_ideas(passage, ComposeBrief(part="keys", note_pins=(pin, pin)), 0)
    with pytest.raises(RequestError, match="the instrument goes from"):
        keys_ideas(passage, ComposeBrief(part="keys", note_pins=(NotePin(bar=1, beat=1, beats=2, pitch=120),)), 0)


@pytest.mark.parametrize("program", [0, 4, 11, 16, 24, 30, 48, 73, 89, 112])
def test_any_instrument_has_room(program: int) -> None:
    passage = passage_of(chord_song((3, 4)), 1, 4)
    for idea in keys_ideas(passage, ComposeBrief(part="keys", program=program, alternatives=1), 3):
        assert idea.tones


def test_no_chords_and_no_key_still_make_chords() -> None:
    song = chord_song((5, 8), bpm=200.0)
    bare = passage_of(type(song)(meters=song.meters, tempo=song.tempo), 1, 1)
    for idea in keys_ideas(bare, ComposeBrief(part="keys", genre="jazz"), 3):
        check(bare, idea.tones)


@pytest.mark.parametrize("dial", ["density", "register", "mode", "tension"])
def test_dials_measure_as_they_are_turned(dial: str) -> None:
    passage = passage_of(chord_song((4, 4)), 1, 4)
    found = []
    for value in (0.2, 0.5, 0.8):
        brief = ComposeBrief(part="keys", genre="pop", dials=Dials(**{dial: value}), alternatives=1)
        idea = keys_ideas(passage, brief, 1)[0]
        found.append(dial_of(dial, material_of(idea, passage, brief), scale_of(passage, brief)))
    assert found == pytest.approx([0.2, 0.5, 0.8], abs=0.2)


@pytest.mark.parametrize("genre", GENRES)
def test_every_genre_says_what_is_learned_and_what_is_written(genre: str) -> None:
    kinds = {(row.part, row.kind) for row in sources(genre)}
    assert {("bass", "written"), ("keys", "written"), ("form", "learned"), ("form", "written")} <= kinds
    assert not {("bass", "learned"), ("keys", "learned")} & kinds
    is_written = genre in ("house", "lofi", "chorale", "folk")
    assert (("drums", "written") in kinds) == is_written
