"""Drum parts: only the bars asked for, two hands, pins, dials, every meter and genre."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from bandmate.models.drum_kit import FEET, piece_of
from bandmate.models.drums import load_drums
from bandmate.song.errors import RequestError
from bandmate.stages.compose.brief import ComposeBrief, Dials, NotePin
from bandmate.stages.compose.drum_grid import grid_of
from bandmate.stages.compose.drum_ideas import FLOOR, drum_ideas
from bandmate.stages.compose.idea import Idea, distance
from bandmate.stages.compose.measures import METERS, material_of
from bandmate.stages.compose.measures_scale import dial_value, scale_of
from bandmate.stages.compose.passage import Part, Passage, Tone
from tests.stages.compose.drum_passages import passage

MODEL = load_drums()
METERS_ASKED = ((4, 4), (3, 4), (6, 8), (7, 8), (5, 8), (5, 4), (12, 8), (2, 2), (3, 8), (7, 16), (1, 4))
GENRES = (
    "", "pop", "rock", "funk", "soul", "hip-hop", "jazz", "latin", "reggae", "folk", "chorale", "house", "lofi",
)  # fmt: skip


def drums(given_passage: Passage, seed: int = 0, **asked: object) -> tuple[Idea, ...]:
    return drum_ideas(given_passage, ComposeBrief(part="drums", **asked), MODEL, seed)


def check(idea: Idea, bars: Passage) -> None:
    """What every drum part keeps to."""
    assert idea.tones == tuple(sorted(idea.tones))
    ends: dict[int, int] = {}
    for tone in idea.tones:
        assert bars.start_ticks <= tone.start_ticks < tone.end_ticks <= bars.end_ticks
        assert 1 <= tone.velocity <= 127
        assert ends.get(tone.pitch, 0) <= tone.start_ticks
        ends[tone.pitch] = tone.end_ticks
    for start in {tone.start_ticks for tone in idea.tones}:
        together = [tone for tone in idea.tones if tone.start_ticks == start]
        assert sum(piece_of(tone.pitch) not in FEET for tone in together) <= 2


@settings(max_examples=12, deadline=None)
@given(
    st.sampled_from(METERS_ASKED), st.sampled_from(GENRES), st.integers(0, 999), st.integers(1, 6),
    st.floats(40, 260), st.booleans(),
)  # fmt: skip
def test_drums_keep_to_bars_hands_and_seed(meter, genre, seed, count, bpm, sections):
    bars = passage(count + 1, meter, asked=slice(1, None), bpm=bpm, sections=sections)
    ideas = drums(bars, seed, genre=genre)
    assert ideas
    for idea in ideas:
        check(idea, bars)
    assert ideas == drums(bars, seed, genre=genre)


@pytest.mark.parametrize("genre", GENRES[1:9])
def test_alternatives_are_apart(genre):
    ideas = drums(passage(8), genre=genre)[:3]
    gaps = [distance(ideas[a], ideas[b]) for a, b in ((0, 1), (0, 2), (1, 2))]
    assert min(gaps) >= FLOOR


def test_ideas_say_what_is_learned_and_what_is_written():
    assert all("learned" in idea.says for idea in drums(passage(4), genre="funk"))
    assert all("written" in idea.says for idea in drums(passage(4), genre="house"))


def test_a_backbeat_is_there_in_rock():
    """In the middle of the ideas most bars have the kick on one and a snare on two and four."""
    hits = total = 0
    for seed in range(2):
        for idea in drums(passage(8), seed, genre="rock")[:3]:
            places = {(tone.start_ticks, piece_of(tone.pitch)) for tone in idea.tones}
            for bar in passage(8).bars:
                hits += ((bar.start_ticks + 960, 1) in places) + ((bar.start_ticks + 2880, 1) in places)
                total += 2
    assert hits > 0.7 * total


def test_kick_leans_to_the_bass():
    bass = tuple(Tone(start, 240, 40) for bar in range(8) for start in (bar * 3840 + 720, bar * 3840 + 2640))
    part = Part("bass", "Bass", "bass", 33, False, bass)
    onsets = {tone.start_ticks for tone in bass}

    def share(bars: Passage) -> float:
        found = [t for s in range(2) for i in drums(bars, s, genre="rock")[:3] for t in i.tones if t.pitch == 36]
        return sum(tone.start_ticks in onsets for tone in found) / len(found)

    assert share(passage(8, parts=(part,))) > 1.5 * share(passage(8))


def test_accents_of_the_others_are_met():
    """Where two parts push a beat together, kick or snare push with them more often."""
    push = tuple(Tone(bar * 3840 + 1680, 960, 60, 110) for bar in range(8))
    parts = tuple(Part(name, name, "keys", program, False, push) for name, program in (("keys", 0), ("guitar", 27)))

    def share(bars: Passage) -> float:
        ideas = [idea for seed in (0, 1) for idea in drums(bars, seed, genre="rock")[:3]]
        met = [{t.start_ticks for t in i.tones if t.pitch in (36, 38)} & {t.start_ticks for t in push} for i in ideas]
        return sum(map(len, met))

    assert share(passage(8, parts=parts)) > share(passage(8))


@settings(max_examples=5, deadline=None)
@given(st.integers(1, 4), st.sampled_from((1.0, 1.5, 2.25, 4.0)), st.sampled_from((36, 38, 42, 49, 56)))
def test_pins_are_there(bar, beat, pitch):
    bars = passage(4)
    pin = NotePin(bar=bar, beat=beat, beats=0.5, pitch=pitch)
    for idea in drums(bars, genre="rock", note_pins=(pin,)):
        check(idea, bars)
        start = (bar - 1) * 3840 + round((beat - 1) * 960)
        assert (start, 480, pitch) in {tone[:3] for tone in idea.tones}


def test_impossible_pins_are_refused():
    with pytest.raises(RequestError, match="outside"):
        drums(passage(4), note_pins=(NotePin(bar=9, beat=1, beats=1, pitch=36),))
    three = tuple(NotePin(bar=1, beat=1, beats=1, pitch=pitch) for pitch in (38, 42, 49))
    with pytest.raises(RequestError, match="three hands"):
        drums(passage(4), note_pins=three)
    with pytest.raises(RequestError, match="does not fit"):
        drums(passage(4), note_pins=(NotePin(bar=4, beat=4, beats=3, pitch=36),))
    with pytest.raises(RequestError, match="overlap"):
        drums(
            passage(4), note_pins=(NotePin(bar=1, beat=1, beats=2, pitch=36), NotePin(bar=1, beat=2, beats=1, pitch=36))
        )


def test_no_bars_no_drums():
    bars = passage(2)
    with pytest.raises(RequestError, match="at least one bar"):
        drums(Passage((), bars.all_bars, 100.0))


@pytest.mark.parametrize("dial", ["density", "syncopation", "arousal", "complexity", "surprise"])
def test_dials_do_what_they_say(dial):
    bars, got = passage(4), []
    values = (0.1, 0.3, 0.5, 0.7, 0.9)
    for value in values:
        brief = ComposeBrief(part="drums", genre="rock", alternatives=1, dials=Dials(**{dial: value}))
        material = material_of(drum_ideas(bars, brief, MODEL, 1)[0], bars, brief)
        got.append(dial_value(dial, METERS[dial](material), scale_of(bars, brief), len(material.groups)))
    assert spearmanr(values, got).statistic >= 0.9


def test_slots_fill_every_meter():
    for meter in METERS_ASKED:
        bar = passage(1, meter).bars[0]
        for swung in (False, True):
            grid = grid_of(bar, swung)
            ticks = [slot.ticks for slot in grid.slots]
            assert ticks == sorted(set(ticks))
            assert ticks[0] >= 0 and ticks[-1] < bar.length_ticks
            assert all(0 <= slot.source < 16 for slot in grid.slots)
