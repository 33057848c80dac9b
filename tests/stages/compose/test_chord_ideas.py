"""Ideas for chords: only the bars asked for, pins as they are, keys, meters, dials, tunes."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.models.chords import load_chord_model
from bandmate.song.chord_tones import TONES, chord_classes, symbol_from
from bandmate.song.errors import RequestError
from bandmate.song.harmony import Chord, Key
from bandmate.song.notes import PITCH_NAMES
from bandmate.song.scales import key_from, scale_of
from bandmate.stages.compose.brief import DIALS, GENRES, ChordPin, ComposeBrief, Dials
from bandmate.stages.compose.chord_fit import in_chord_share
from bandmate.stages.compose.chord_ideas import APART, chord_ideas, next_chord_ideas
from bandmate.stages.compose.idea import Idea, distance
from bandmate.stages.compose.measures import measured_idea
from bandmate.stages.compose.passage import Passage
from tests.stages.compose.chord_songs import empty, with_chords, with_tune

MODEL = load_chord_model()
METERS = ((4, 4), (3, 4), (6, 8), (7, 8), (5, 4), (5, 8), (12, 8), (2, 2), (9, 8), (7, 4), (1, 4), (11, 8))
KEYS = ("C", "Am", "F# minor", "Bb", "D dorian", "E phrygian", "Eb lydian", "G mixolydian", "B locrian")


def asked(**fields: Any) -> ComposeBrief:
    return ComposeBrief(part="chords", **fields)


def assert_whole(idea: Idea, passage: Passage) -> None:
    """Chords one behind the other from the first tick of the bars to the last."""
    chords = idea.chords
    assert chords[0].start_ticks == passage.start_ticks
    assert chords[-1].start_ticks + chords[-1].length_ticks == passage.end_ticks
    assert all(one.start_ticks + one.length_ticks == other.start_ticks for one, other in pairwise(chords))
    assert len({chord.id for chord in chords}) == len(chords)


pins = st.builds(
    ChordPin,
    bar=st.integers(3, 6),
    beat=st.sampled_from((1.0, 2.0, 2.5, 3.0)),
    chord=st.builds(
        lambda root, quality, bass: (
            f"{PITCH_NAMES[root]}{quality}{'/' + PITCH_NAMES[bass] if bass is not None else ''}"
        ),
        st.integers(0, 11),
        st.sampled_from(sorted(TONES)),
        st.none() | st.integers(0, 11),
    ),
)


@settings(max_examples=14, deadline=None)
@given(
    st.sampled_from(KEYS),
    st.sampled_from(METERS[:8]),
    st.lists(pins, max_size=3, unique_by=lambda pin: (pin.bar, pin.beat)),
    st.sampled_from(GENRES),
    st.integers(0, 9),
)
def test_bars_are_filled_and_pins_are_exact(
    key: str, meter: tuple[int, int], wanted: list[ChordPin], genre: Any, seed: int
) -> None:
    passage = empty(key, 4, meter, first=3, total=9)
    brief = asked(chord_pins=tuple(wanted), genre=genre)
    if any(pin.beat >= meter[0] + 1 for pin in wanted):
        return
    ideas = chord_ideas(passage, brief, MODEL, seed)
    assert len(ideas) >= brief.alternatives
    for idea in ideas:
        assert_whole(idea, passage)
        for pin in wanted:
            bar, symbol = passage.all_bars[pin.bar - 1], symbol_from(pin.chord)
            at = bar.start_ticks + round((pin.beat - 1) * bar.beat_ticks)
            here = [chord for chord in idea.chords if chord.start_ticks == at]
            assert [(c.root, c.quality) for c in here] == [(symbol.root, symbol.quality)]
            assert here[0].bass == (None if symbol.bass == symbol.root else symbol.bass)
            later = [p for p in wanted if p.bar == pin.bar and p.beat > pin.beat]
            if not later:
                assert here[0].start_ticks + here[0].length_ticks >= bar.end_ticks


@settings(max_examples=8, deadline=None)
@given(
    st.sampled_from(KEYS),
    st.dictionaries(st.sampled_from(DIALS), st.sampled_from((0.0, 0.3, 0.5, 1.0)), max_size=4),
    st.integers(1, 6),
    st.sampled_from(METERS),
)
def test_whatever_the_dials_say_it_is_the_same_again(
    key: str, dials: dict[str, float], bars: int, meter: tuple[int, int]
) -> None:
    passage = empty(key, bars, meter, bpm=200)
    brief = asked(dials=Dials(**dials))
    ideas = chord_ideas(passage, brief, MODEL, 3)
    assert ideas == chord_ideas(passage, brief, MODEL, 3)
    for idea in ideas:
        assert_whole(idea, passage)


@pytest.mark.parametrize("genre", ["", "rock", "funk", "jazz", "latin", "reggae", "folk", "chorale", "lofi"])
@pytest.mark.parametrize("key", ["C", "Am"])
def test_the_first_alternatives_are_apart_and_say_how(genre: Any, key: str) -> None:
    ideas = chord_ideas(empty(key), asked(genre=genre, section="verse"), MODEL, 1)
    first = ideas[:3]
    assert all(distance(one, other) >= APART for one, other in combinations(first, 2))
    assert len({idea.says for idea in first}) == 3
    assert all(idea.nats is not None and idea.models == (MODEL.version,) for idea in ideas)
    assert len(ideas) >= 8


def test_another_key_is_the_same_a_little_higher() -> None:
    one = chord_ideas(empty("C"), asked(), MODEL, 5)
    other = chord_ideas(empty("D"), asked(), MODEL, 5)
    assert [[(c.root + 2) % 12 for c in idea.chords] for idea in one] == [[c.root for c in i.chords] for i in other]
    instead = chord_ideas(empty("C"), asked(key=key_from("D")), MODEL, 5)
    assert [idea.chords for idea in instead] == [idea.chords for idea in other]


def test_a_change_of_key_is_followed_and_prepared() -> None:
    passage = empty("C", 8)
    bars = tuple(replace(bar, key=key_from("D")) if bar.number > 4 else bar for bar in passage.bars)
    passage = replace(passage, bars=bars, all_bars=bars)
    inside, prepared = [], []
    for seed in range(4):
        for idea in chord_ideas(passage, asked(), MODEL, seed)[:3]:
            assert_whole(idea, passage)
            later = [chord for chord in idea.chords if chord.start_ticks >= bars[4].start_ticks]
            scale = scale_of(key_from("D"))
            inside += [all(one in scale for one in chord_classes(chord)) for chord in later]
            last = [chord for chord in idea.chords if chord.start_ticks < bars[4].start_ticks][-1]
            prepared.append(last.root == 9 or all(one in scale for one in chord_classes(last)))
    assert sum(inside) > 0.7 * len(inside)
    assert sum(prepared) > 0.5 * len(prepared)


def test_an_earlier_verse_is_remembered() -> None:
    passage = empty("C", 4, first=9, total=12)
    names = {1: ("verse 1", 1), 5: ("chorus", 5), 9: ("verse 2", 9)}
    bars = []
    for bar in passage.all_bars:
        begin = max(start for start in names if start <= bar.number)
        word = names[begin][0]
        bars.append(
            replace(bar, section=word, section_name=word, bar_in_section=bar.number - begin + 1, bars_in_section=4)
        )
    passage = replace(passage, bars=tuple(bars[8:]), all_bars=tuple(bars))
    passage = with_chords(passage, "C Eb Dm7 Ab F G C G")
    ideas = chord_ideas(passage, asked(), MODEL, 1)
    assert [str(chord) for chord in ideas[0].chords][:3] == ["C", "Eb", "Dm7"]


def test_a_tune_is_harmonised() -> None:
    tune = [60, 64, 67, 64, 65, 69, 65, 69, 67, 71, 74, 71, 72, 67, 64, 60]
    passage = with_tune(empty("C", 8), tune)
    for seed in range(3):
        for idea in chord_ideas(passage, asked(), MODEL, seed)[:3]:
            share = in_chord_share(passage.parts[0].tones, idea.chords)
            assert share is not None and share >= 0.7
            assert any(one.what == "melody in the chords" and one.after == round(share, 3) for one in idea.evidence)


def test_one_note_and_no_section_are_enough() -> None:
    passage = with_tune(empty("F#m", 1, (5, 8), bpm=200), [61])
    for idea in chord_ideas(passage, asked(), MODEL, 0):
        assert_whole(idea, passage)


def test_a_section_ends_at_home_or_on_the_way_there() -> None:
    ends = [
        idea.chords[-1].root
        for seed in range(4)
        for idea in chord_ideas(empty(section="chorus"), asked(), MODEL, seed)[:3]
    ]
    assert sum(root in (0, 7, 5) for root in ends) > 0.7 * len(ends)


def test_a_mood_colours_and_one_without_data_is_said() -> None:
    def brightness(mood: str) -> float:
        passage, brief = empty("C"), asked(mood=mood)
        found = [
            measured_idea(idea, passage, brief).mode or 0.0
            for seed in range(3)
            for idea in chord_ideas(passage, brief, MODEL, seed)[:3]
        ]
        return sum(found) / len(found)

    assert brightness("dark") < brightness("joyful")
    assert "nothing was learned" in " ".join(chord_ideas(empty(), asked(mood="hungry"), MODEL, 1)[0].notes)


def test_dials_are_met() -> None:
    passage = empty("C")
    for name in ("density", "mode", "tension", "surprise"):
        figures = []
        for value in (0.2, 0.8):
            brief = asked(dials=Dials(**{name: value}))
            figures.append(getattr(measured_idea(chord_ideas(passage, brief, MODEL, 2)[0], passage, brief), name))
        assert figures[0] < figures[1], name


def test_with_a_track_the_chords_are_played() -> None:
    passage = empty("C")
    for idea in chord_ideas(passage, asked(track="keys", program=4), MODEL, 1):
        assert idea.tones == tuple(sorted(idea.tones))
        for tone in idea.tones:
            chord = next(c for c in idea.chords if c.start_ticks <= tone.start_ticks < c.start_ticks + c.length_ticks)
            assert tone.end_ticks <= chord.start_ticks + chord.length_ticks
            assert 41 <= tone.pitch <= 84
    assert not chord_ideas(passage, asked(), MODEL, 1)[0].tones


@pytest.mark.parametrize(
    ("pin", "message"),
    [
        (ChordPin(bar=3, chord="H#9"), "no chord symbol"),
        (ChordPin(bar=3, chord=""), "no chord symbol"),
        (ChordPin(bar=9, chord="C"), "not among the bars"),
        (ChordPin(bar=0, chord="C"), "not among the bars"),
        (ChordPin(bar=3, chord="C", beat=5), "has no beat"),
        (ChordPin(bar=3, chord="C", beat=0.5), "has no beat"),
    ],
)
def test_pins_that_cannot_be_met_are_refused(pin: ChordPin, message: str) -> None:
    for ideas in (chord_ideas, next_chord_ideas):
        with pytest.raises(RequestError, match=message):
            ideas(empty(), asked(chord_pins=(pin,)), MODEL, 1)


def test_two_chords_in_one_place_and_no_bars_are_refused() -> None:
    both = (ChordPin(bar=1, chord="C"), ChordPin(bar=1, chord="F"))
    with pytest.raises(RequestError, match="two chords"):
        chord_ideas(empty(), asked(chord_pins=both), MODEL, 1)
    nothing = Passage((), empty().all_bars, 100.0)
    with pytest.raises(RequestError, match="no bars"):
        chord_ideas(nothing, asked(), MODEL, 1)


def test_the_next_chord_goes_on_from_those_before() -> None:
    passage = with_chords(empty("C", 1, first=4, total=4), "Dm7 G7 Dm7,G7")
    ideas = next_chord_ideas(passage, asked(genre="jazz"), MODEL, 1)
    assert 0 in [idea.chords[0].root for idea in ideas[:3]]
    assert len(ideas) >= 8
    costs = [idea.nats for idea in ideas if idea.nats is not None]
    assert costs == sorted(costs)
    assert all(idea.chords[0].start_ticks == passage.start_ticks for idea in ideas)
    pinned = next_chord_ideas(passage, asked(chord_pins=(ChordPin(bar=4, chord="Ab13"),)), MODEL, 1)
    assert [str(idea.chords[0]) for idea in pinned] == ["Ab13"]


def test_key_and_chords_of_the_song_stay_values() -> None:
    assert isinstance(chord_ideas(empty(Key(tonic=3)), asked(), MODEL, 1)[0].chords[0], Chord)


def test_long_requests_come_back_by_section() -> None:
    passage = empty("G", 24)
    names = {1: "verse", 9: "chorus", 17: "verse"}
    bars = []
    for bar in passage.bars:
        begin = max(start for start in names if start <= bar.number)
        place = bar.number - begin + 1
        bars.append(
            replace(bar, section=f"s{begin}", section_name=names[begin], bar_in_section=place, bars_in_section=8)
        )
    passage = replace(passage, bars=tuple(bars), all_bars=tuple(bars))
    pin = ChordPin(bar=11, beat=3, chord="Eb7")
    ideas = chord_ideas(passage, asked(chord_pins=(pin,)), MODEL, 4)
    assert len(ideas) >= 3
    for idea in ideas:
        assert_whole(idea, passage)
        first, last = (
            [str(c) for c in idea.chords if bars[at].start_ticks <= c.start_ticks < bars[at + 7].end_ticks]
            for at in (0, 16)
        )
        assert first == last
        assert "Eb7" in [str(c) for c in idea.chords if c.start_ticks == bars[10].start_ticks + 1920]
    assert distance(ideas[0], ideas[1]) > 0
