"""Melodies: only the bars asked for, pins exact, in range, the same for a seed, and dials that do what they say."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.models.melody import load_melody_model
from bandmate.song.errors import RequestError
from bandmate.song.scales import key_from, scale_of
from bandmate.stages.compose.brief import DIALS, GENRES, ComposeBrief, Dials, NotePin
from bandmate.stages.compose.idea import distance
from bandmate.stages.compose.measures import material_of
from bandmate.stages.compose.measures_meter import syncopation
from bandmate.stages.compose.measures_scale import dial_of
from bandmate.stages.compose.measures_scale import scale_of as dial_scale
from bandmate.stages.compose.melody_figures import HUMAN, figures, is_strong
from bandmate.stages.compose.melody_ground import reach_of, strength_at
from bandmate.stages.compose.melody_ideas import melody_ideas
from bandmate.stages.compose.melody_manner import styles
from bandmate.stages.compose.passage import Tone
from tests.stages.compose.tunes import METERS, holds_the_laws, passage, roll, tune

CHORDS = ("G", "D7", "Em", "C", "Am7", "Bm7b5", "F#dim", "A7", "Cmaj9", "Gsus4", "Bb/D", None)

WORDS = ("'twin", "kle", "'twin", "kle", "'lit", "tle", "'star", "'how", "I", "'won", "der", "'what", "you", "'are")

passages = st.builds(
    passage,
    st.lists(st.sampled_from(CHORDS), min_size=1, max_size=9),
    st.sampled_from(("G", "Em", "F# dorian", "Bb minor", "C phrygian")),
    st.sampled_from(METERS),
    bpm=st.sampled_from((40.0, 110.0, 200.0)),
    then=st.sampled_from(("", "Ab", "B minor")),
)


@settings(max_examples=14, deadline=None)
@given(passages, st.integers(0, 99), st.sampled_from((None, 0, 32, 40, 57, 73)))
def test_a_melody_stays_in_the_bars_and_in_range(where, seed, program) -> None:  # type: ignore[no-untyped-def]
    brief = ComposeBrief(program=program, alternatives=2)
    reach = reach_of(where, brief)
    ideas = melody_ideas(where, brief, None, seed)
    assert ideas
    for idea in ideas:
        holds_the_laws(where, idea.tones, reach.lowest, reach.highest)
        assert all(one.end_ticks <= two.start_ticks for one, two in zip(idea.tones, idea.tones[1:], strict=False))


@settings(max_examples=12, deadline=None)
@given(
    st.sampled_from(METERS),
    st.lists(st.tuples(st.integers(1, 4), st.sampled_from((1.0, 1.5, 2.0, 2.75)), st.integers(55, 76)), max_size=5),
    st.integers(0, 99),
)
def test_pinned_notes_are_there_to_the_tick(meter, pins, seed) -> None:  # type: ignore[no-untyped-def]
    where = passage(meter=meter)
    beat = 3840 // meter[1]
    places = {(bar, at): pitch for bar, at, pitch in pins}
    brief = ComposeBrief(
        alternatives=1,
        note_pins=tuple(NotePin(bar=bar, beat=at, beats=0.2, pitch=pitch) for (bar, at), pitch in places.items()),
    )
    wanted = {
        (where.bars[bar - 1].start_ticks + round((at - 1) * beat), round(0.2 * beat), pitch)
        for (bar, at), pitch in places.items()
    }
    for idea in melody_ideas(where, brief, None, seed):
        holds_the_laws(where, idea.tones)
        assert wanted <= {tone[:3] for tone in idea.tones}
        assert all(
            not (start < tone.start_ticks < start + length) for start, length, _ in wanted for tone in idea.tones
        )


@pytest.mark.parametrize("with_model", (False, True))
def test_the_same_seed_gives_the_same_notes(with_model: bool) -> None:
    model = load_melody_model() if with_model else None
    where = passage(own=tune(), first=3)
    one, two, three = (melody_ideas(where, ComposeBrief(), model, seed) for seed in (4, 4, 5))
    assert one == two
    assert [idea.tones for idea in one] != [idea.tones for idea in three]


def test_the_model_says_what_a_note_costs() -> None:
    ideas = melody_ideas(passage(), ComposeBrief(), load_melody_model(), 1)
    assert all(idea.nats is not None and 0.5 < idea.nats < 9 for idea in ideas)
    assert all("melody" in idea.models[0] for idea in ideas)


def test_the_first_alternatives_differ() -> None:
    for seed in range(5):
        first = melody_ideas(passage(), ComposeBrief(alternatives=3), None, seed)[:3]
        assert all(distance(first[a], first[b]) >= 0.15 for a in range(3) for b in range(a))
        assert len({idea.says for idea in first}) > 1


def test_more_are_offered_than_asked_for() -> None:
    assert len(melody_ideas(passage(), ComposeBrief(alternatives=3), None, 0)) >= 8


@pytest.mark.parametrize("dial", [name for name in DIALS if name != "mode"])
def test_a_dial_does_what_it_says(dial: str) -> None:
    where = passage(("G", "D", "Em", "C", "Am", "D7", "G", "G"))
    found = []
    for value in (0.1, 0.5, 0.9):
        brief = ComposeBrief(dials=Dials(**{dial: value}), alternatives=1)
        idea = melody_ideas(where, brief, None, 2)[0]
        measured = dial_of(dial, material_of(idea, where, brief), dial_scale(where, brief))
        assert measured is not None
        found.append(measured)
    assert found[0] < found[1] < found[2]


def test_genres_differ_where_no_dial_says_otherwise() -> None:
    where = passage(("G", "D", "Em", "C", "Am", "D7", "G", "G"))

    def off_the_beat(genre: str) -> float:
        brief = ComposeBrief(genre=genre)  # type: ignore[arg-type]
        ideas = [idea for seed in range(3) for idea in melody_ideas(where, brief, None, seed)[:3]]
        return sum(syncopation((t.start_ticks for t in idea.tones), where.bars) for idea in ideas) / len(ideas)

    assert off_the_beat("chorale") < off_the_beat("pop") < off_the_beat("funk")
    assert set(styles()) == set(GENRES)


def test_dials_that_pull_against_each_other_give_a_melody() -> None:
    dials = Dials(density=1.0, arousal=0.0, valence=1.0, mode=0.0, tension=1.0, surprise=0.0, complexity=1.0)
    holds_the_laws(passage(), melody_ideas(passage(), ComposeBrief(dials=dials), None, 0)[0].tones)


def test_every_syllable_has_a_note_and_stressed_ones_stand_strong() -> None:
    words = WORDS
    where = passage()
    strong: dict[bool, list[int]] = {True: [], False: []}
    for idea in melody_ideas(where, ComposeBrief(syllables=words), None, 3):
        assert len(idea.tones) == len(words)
        for word, tone in zip(words, idea.tones, strict=True):
            bar = where.bar_at(tone.start_ticks)
            strong[word.startswith("'")].append(strength_at(bar, tone.start_ticks))
    stressed, other = (sum(row) / len(row) for row in (strong[True], strong[False]))
    assert stressed > other + 0.8


def test_more_syllables_than_places_are_refused() -> None:
    with pytest.raises(RequestError, match="syllables do not fit"):
        melody_ideas(passage(), ComposeBrief(syllables=("la",) * 200))


@pytest.mark.parametrize(
    ("pin", "message"),
    [
        (NotePin(bar=9, beat=1, beats=1, pitch=60), "pinned in bar 9, but the bars asked for are 1 to 4"),
        (NotePin(bar=1, beat=5, beats=1, pitch=60), "bar 1 has no beat 5"),
        (NotePin(bar=1, beat=1, beats=0, pitch=60), "give it a length above 0"),
        (NotePin(bar=4, beat=4, beats=3, pitch=60), "reaches beyond bar 4"),
        (NotePin(bar=1, beat=1, beats=1, pitch=20), "pinned pitch 20 in bar 1 is out of range"),
    ],
)
def test_impossible_pins_are_refused(pin: NotePin, message: str) -> None:
    with pytest.raises(RequestError, match=message):
        melody_ideas(passage(), ComposeBrief(note_pins=(pin,)))


def test_two_pins_of_a_pitch_may_not_overlap() -> None:
    pins = (NotePin(bar=1, beat=1, beats=2, pitch=60), NotePin(bar=1, beat=2, beats=1, pitch=60))
    with pytest.raises(RequestError, match="overlap in bar 1"):
        melody_ideas(passage(), ComposeBrief(note_pins=pins))


def test_the_key_of_the_brief_holds() -> None:
    where = passage((None,) * 8, "C")
    brief = ComposeBrief(key=key_from("Db"))
    tones = melody_ideas(where, brief, None, 0)[0].tones
    assert sum(tone.pitch % 12 in scale_of(key_from("Db")) for tone in tones) >= 0.85 * len(tones)


def test_a_change_of_key_inside_is_followed() -> None:
    where = passage((None,) * 8, "C", then="E")
    late = [t for idea in melody_ideas(where, ComposeBrief(), None, 0) for t in idea.tones if t.start_ticks >= 2 * 3840]
    assert sum(t.pitch % 12 in scale_of(key_from("E")) for t in late) > 0.85 * len(late)


def test_what_was_heard_before_is_gone_on_from() -> None:
    where = passage(("G", "D", "Em", "C", "G", "D"), own=tune(uneven=40), first=3)
    ideas = melody_ideas(where, ComposeBrief(), None, 1)
    assert all(idea.tones[0].start_ticks >= where.start_ticks for idea in ideas)
    mean = sum(tone.pitch for idea in ideas for tone in idea.tones) / sum(len(idea.tones) for idea in ideas)
    assert 62 < mean < 76


def test_melodies_are_like_those_that_people_write() -> None:
    where = passage(("C", "Am", "F", "G", "C", "A7", "Dm7", "G7"), "C")
    rows = [
        figures(where, idea.tones) for seed in range(4) for idea in melody_ideas(where, ComposeBrief(), None, seed)[:3]
    ]
    for name in ("in chord on strong beats", "pitch-class entropy", "rhythm heard before", "notes in a bar"):
        values = sorted(row[name] for row in rows)
        low, high = HUMAN[name]
        assert low <= values[len(values) // 2] <= high, name


def test_figures_of_a_known_tune() -> None:
    where = passage(("G", "D"))
    tones = (Tone(0, 960, 67), Tone(1920, 960, 69), Tone(3840, 960, 74), Tone(5760, 960, 78))
    found = figures(where, tones)
    assert found["in chord on strong beats"] == 0.75
    assert found["rhythm heard before"] == 0.5
    assert found["pitch-class entropy"] == 2.0
    assert is_strong(where.bars[0], 1920) and not is_strong(where.bars[0], 960)


def test_no_bars_are_refused() -> None:
    where = passage()
    with pytest.raises(RequestError, match="no bars to write for"):
        melody_ideas(replace(where, bars=()), ComposeBrief())


def test_a_tune_of_the_song_is_not_copied_to_another_place() -> None:
    where = passage(own=tune(), first=3)
    assert roll(tune()) != roll(melody_ideas(where, ComposeBrief(), None, 0)[0].tones)
