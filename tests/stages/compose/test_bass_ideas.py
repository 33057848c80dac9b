"""Bass lines: only the bars asked for, one note at a time, roots on changes, with the kick, and pins obeyed."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.song.errors import RequestError
from bandmate.stages.compose.bass_ideas import bass_ideas
from bandmate.stages.compose.brief import GENRES, ComposeBrief, Dials, NotePin
from bandmate.stages.compose.idea import distance
from bandmate.stages.compose.measures import material_of
from bandmate.stages.compose.measures_scale import dial_of, scale_of
from bandmate.stages.compose.passage import Part, Passage, Tone, passage_of
from tests.stages.compose.band_songs import METERS, chord_song, with_drums

LOW, HIGH = 28, 60


def check(passage: Passage, tones: tuple[Tone, ...]) -> None:
    assert list(tones) == sorted(tones)
    for tone in tones:
        assert passage.start_ticks <= tone.start_ticks < tone.end_ticks <= passage.end_ticks
        assert LOW <= tone.pitch <= HIGH
        assert 1 <= tone.velocity <= 127
    assert all(one.end_ticks <= other.start_ticks for one, other in pairwise(tones))


@given(st.sampled_from(GENRES), st.sampled_from(METERS), st.integers(0, 3), st.booleans())
@settings(max_examples=25, deadline=None)
def test_lines_keep_to_bars_range_and_one_note_at_a_time(
    genre: str, meter: tuple[int, int], seed: int, has_drums: bool
) -> None:
    passage = passage_of(chord_song(meter), 3, 6)
    passage = with_drums(passage) if has_drums else passage
    brief = ComposeBrief(part="bass", genre=genre, first_bar=3, last_bar=6, alternatives=1)  # type: ignore[arg-type]
    ideas = bass_ideas(passage, brief, seed)
    assert ideas == bass_ideas(passage, brief, seed)
    for idea in ideas:
        assert idea.tones and idea.says
        check(passage, idea.tones)
        for chord in passage.chords:
            inside = [
                t for t in idea.tones if chord.start_ticks <= t.start_ticks < chord.start_ticks + chord.length_ticks
            ]
            early = [t for t in idea.tones if t.start_ticks < chord.start_ticks < t.end_ticks]
            bass = chord.root if chord.bass is None else chord.bass
            if inside and not early:
                assert inside[0].pitch % 12 == bass


def test_alternatives_differ() -> None:
    ideas = bass_ideas(passage_of(chord_song((4, 4)), 1, 8), ComposeBrief(part="bass", genre="funk"), 1)
    assert len(ideas) >= 9
    assert distance(ideas[0], ideas[1]) > 0.2


def test_the_bass_goes_with_the_kick() -> None:
    passage = with_drums(passage_of(chord_song((4, 4)), 1, 8))
    kicks = [tone.start_ticks for part in passage.parts for tone in part.tones if tone.pitch == 36]
    tones = bass_ideas(passage, ComposeBrief(part="bass", genre="soul"), 2)[0].tones
    starts = {tone.start_ticks for tone in tones}
    assert sum(kick in starts for kick in kicks) >= 0.7 * len(kicks)


def test_swing_is_that_of_the_drummer() -> None:
    passage = passage_of(chord_song((4, 4)), 1, 8)
    hats = tuple(Tone(at, 60, 42, 80) for beat in range(0, 8 * 3840, 960) for at in (beat, beat + 600))
    passage = Passage(passage.bars, passage.all_bars, 100.0, passage.chords, (Part("d", "d", "drums", 0, True, hats),))
    tones = bass_ideas(passage, ComposeBrief(part="bass", genre="rock"), 1)[0].tones
    late = [tone.start_ticks % 960 for tone in tones if 400 < tone.start_ticks % 960 < 700]
    assert late and set(late) == {600}


def test_pins_are_there_and_impossible_ones_are_refused() -> None:
    passage = passage_of(chord_song((4, 4)), 1, 4)
    pins = (NotePin(bar=2, beat=2.5, beats=1.5, pitch=33), NotePin(bar=4, beat=4, beats=9, pitch=50))
    for idea in bass_ideas(passage, ComposeBrief(part="bass", note_pins=pins), 0):
        check(passage, idea.tones)
        assert Tone(3840 + 1440, 1440, 33) in idea.tones
        assert Tone(3 * 3840 + 2880, 960, 50) in idea.tones
    for pin, words in (
        (NotePin(bar=9, beat=1, beats=1, pitch=40), "outside of bars 1-4"),
        (NotePin(bar=2, beat=1, beats=1, pitch=90), "from 28 to 60"),
        (NotePin(bar=2, beat=6, beats=1, pitch=40), "does not fit"),
    ):
        with pytest.raises(RequestError, match=words):
            bass_ideas(passage, ComposeBrief(part="bass", note_pins=(pin,)), 0)
    two = (NotePin(bar=1, beat=1, beats=2, pitch=40), NotePin(bar=1, beat=2, beats=1, pitch=45))
    with pytest.raises(RequestError, match="one note at a time"):
        bass_ideas(passage, ComposeBrief(part="bass", note_pins=two), 0)


def test_no_chords_and_no_key_still_make_a_line() -> None:
    song = chord_song((5, 8), bpm=200.0)
    bare = passage_of(type(song)(meters=song.meters, tempo=song.tempo), 1, 1)
    for idea in bass_ideas(bare, ComposeBrief(part="bass", genre="jazz"), 3):
        check(bare, idea.tones)


@pytest.mark.parametrize("dial", ["density", "register", "syncopation", "tension"])
def test_dials_measure_as_they_are_turned(dial: str) -> None:
    passage = passage_of(chord_song((4, 4)), 1, 4)
    found = []
    for value in (0.1, 0.5, 0.9):
        brief = ComposeBrief(part="bass", genre="pop", dials=Dials(**{dial: value}), alternatives=1)
        idea = bass_ideas(passage, brief, 1)[0]
        found.append(dial_of(dial, material_of(idea, passage, brief), scale_of(passage, brief)))
    assert all(value is not None for value in found)
    assert found == pytest.approx([0.1, 0.5, 0.9], abs=0.12 if dial != "tension" else 0.25)


def test_what_was_played_before_is_one_of_the_rows() -> None:
    song = chord_song((4, 4))
    passage = passage_of(song, 3, 6)
    own = tuple(Tone(bar * 3840 + at, 200, 33, 96) for bar in (0, 1) for at in (0, 720, 1680, 3120))
    passage = Passage(passage.bars, passage.all_bars, passage.bpm, passage.chords, (), own)
    ideas = bass_ideas(passage, ComposeBrief(part="bass", genre="pop", first_bar=3, last_bar=6), 1)
    same = [idea for idea in ideas if "as in the bars before" in idea.says]
    assert same
    inside = [tone.start_ticks - 2 * 3840 for tone in same[0].tones if tone.start_ticks < 3 * 3840]
    assert inside == [0, 720, 1680, 3120]
