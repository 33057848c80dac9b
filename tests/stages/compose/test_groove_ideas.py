"""Groove and what can be done to drums that are there: bounds, what stays, and bad input."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.models.drum_kit import FEET, piece_of
from bandmate.models.drums import load_drums
from bandmate.song.errors import RequestError
from bandmate.stages.compose.brief import ComposeBrief
from bandmate.stages.compose.drum_clips import (
    drum_continue_ideas,
    drum_enrich_ideas,
    drum_infill_ideas,
    drum_simplify_ideas,
    drum_vary_ideas,
)
from bandmate.stages.compose.drum_ideas import drum_ideas
from bandmate.stages.compose.groove_ideas import MOST_MS, MOST_VELOCITY, drumify_ideas, groove_ideas
from bandmate.stages.compose.idea import tone_distance
from bandmate.stages.compose.passage import Passage, Tone
from tests.stages.compose.drum_passages import passage

MODEL = load_drums()
DRUMS = ComposeBrief(part="drums", genre="funk")
WHOLE = passage(8)
OWN = drum_ideas(WHOLE, DRUMS, MODEL, 3)[0].tones
MIDDLE = replace(passage(8, asked=slice(2, 6)), own=OWN)
VERBS = {
    "vary": drum_vary_ideas, "simplify": drum_simplify_ideas, "enrich": drum_enrich_ideas,
    "infill": drum_infill_ideas, "continue": drum_continue_ideas, "drumify": drumify_ideas,
}  # fmt: skip
NOTES = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 4), st.integers(30, 90)), min_size=1, max_size=20)


def line(rows: list[tuple[int, int, int]]) -> tuple[Tone, ...]:
    """Notes of one voice on sixteenths."""
    starts = sorted({start: (length, pitch) for start, length, pitch in rows}.items())
    ends = [at for at, _ in starts[1:]] + [32]
    return tuple(
        Tone(at * 240, min(length, end - at) * 240, pitch, 80)
        for (at, (length, pitch)), end in zip(starts, ends, strict=True)
    )


@settings(max_examples=25, deadline=None)
@given(NOTES, st.floats(0, 1), st.integers(0, 99), st.sampled_from(("drums", "melody", "bass", "keys")))
def test_groove_moves_within_bounds_only(rows, amount, seed, part):
    bars = passage(4, own=line(rows))
    ideas = groove_ideas(bars, ComposeBrief(part=part, genre="soul"), MODEL, seed, amount=amount)
    most_ticks = MOST_MS * bars.bpm * 960 / 60000
    for idea in ideas:
        assert [tone.pitch for tone in idea.tones] == [tone.pitch for tone in bars.inside()]
        for tone, was in zip(idea.tones, bars.inside(), strict=True):
            assert abs(tone.start_ticks - was.start_ticks) <= most_ticks * amount + 1
            assert abs(tone.velocity - was.velocity) <= MOST_VELOCITY
            assert bars.start_ticks <= tone.start_ticks < bars.end_ticks
            assert 1 <= tone.length_ticks <= was.length_ticks
    assert ideas == groove_ideas(bars, ComposeBrief(part=part, genre="soul"), MODEL, seed, amount=amount)


def test_no_groove_is_the_same():
    assert groove_ideas(MIDDLE, DRUMS, MODEL, 5, amount=0.0)[0].tones == MIDDLE.inside()


def test_groove_keeps_real_variance():
    """A part that is played is not regressed to the middle: hats of one velocity come out apart."""
    hats = tuple(Tone(at * 480, 120, 42, 80) for at in range(64))
    bars = passage(8, own=hats)
    played = groove_ideas(bars, DRUMS, MODEL, 1)[0].tones
    assert np.std([tone.velocity for tone in played]) > 6
    moved = [tone.start_ticks - was.start_ticks for tone, was in zip(played, hats, strict=True)]
    assert np.std(moved) * 60000 / bars.bpm / 960 > 4


def test_a_chord_stays_together():
    chord = tuple(Tone(at, 900, pitch, 80) for at in (0, 960, 1920) for pitch in (60, 64, 67))
    for idea in groove_ideas(passage(2, own=chord), ComposeBrief(part="keys"), MODEL, 1):
        assert len({tone.start_ticks for tone in idea.tones}) == 3


@pytest.mark.parametrize("verb", sorted(VERBS))
@pytest.mark.parametrize("seed", [0, 7])
def test_verbs_keep_to_bars_hands_and_seed(verb, seed):
    ideas = VERBS[verb](MIDDLE, DRUMS, MODEL, seed)
    assert len(ideas) >= 3
    for idea in ideas:
        for tone in idea.tones:
            assert MIDDLE.start_ticks <= tone.start_ticks < tone.end_ticks <= MIDDLE.end_ticks
            together = [t for t in idea.tones if t.start_ticks == tone.start_ticks]
            assert sum(piece_of(t.pitch) not in FEET for t in together) <= 2
    assert ideas == VERBS[verb](MIDDLE, DRUMS, MODEL, seed)


@pytest.mark.parametrize("amount", [0.1, 0.3, 0.5])
def test_a_variation_is_as_far_as_asked(amount):
    found = [tone_distance(MIDDLE.inside(), i.tones) for i in drum_vary_ideas(MIDDLE, DRUMS, MODEL, 1, amount=amount)]
    assert abs(np.mean(found[:3]) - amount) < 0.1


def test_no_variation_is_the_same():
    assert drum_vary_ideas(MIDDLE, DRUMS, MODEL, 1, amount=0.0)[0].tones == MIDDLE.inside()


def test_simpler_has_fewer_strokes_and_richer_has_more():
    own = set(MIDDLE.inside())
    for idea in drum_simplify_ideas(MIDDLE, DRUMS, MODEL, 1)[:3]:
        assert set(idea.tones) < own
    for idea in drum_enrich_ideas(MIDDLE, DRUMS, MODEL, 1)[:3]:
        assert {(tone.start_ticks, tone.pitch) for tone in own} < {
            (tone.start_ticks, tone.pitch) for tone in idea.tones
        }


@settings(max_examples=10, deadline=None)
@given(NOTES)
def test_drumified_bodies_strike_with_the_rhythm(rows):
    bars = passage(4, own=line(rows))
    onsets = {tone.start_ticks for tone in bars.inside()}
    for idea in drumify_ideas(bars, ComposeBrief(part="drums", genre="rock"), MODEL, 1)[:3]:
        body = [tone for tone in idea.tones if tone.pitch in (36, 38) and tone.velocity >= 45]
        assert sum(tone.start_ticks in onsets for tone in body) >= 0.8 * len(body)


def test_empty_bars_are_refused():
    bars = passage(4)
    for verb in ("vary", "simplify", "enrich"):
        with pytest.raises(RequestError, match="strikes nothing"):
            VERBS[verb](bars, DRUMS, MODEL, 0)
    with pytest.raises(RequestError, match="around these bars"):
        drum_infill_ideas(bars, DRUMS, MODEL, 0)
    with pytest.raises(RequestError, match="nothing to continue"):
        drum_continue_ideas(bars, DRUMS, MODEL, 0)
    with pytest.raises(RequestError, match="nothing plays"):
        drumify_ideas(bars, DRUMS, MODEL, 0)
    with pytest.raises(RequestError, match="no notes"):
        groove_ideas(bars, DRUMS, MODEL, 0)
    with pytest.raises(RequestError, match="goes from 0"):
        groove_ideas(MIDDLE, DRUMS, MODEL, 0, amount=1.5)
    with pytest.raises(RequestError, match="goes from 0"):
        drum_vary_ideas(MIDDLE, DRUMS, MODEL, 0, amount=-0.5)


def test_one_note_is_enough():
    bars: Passage = passage(1, own=(Tone(0, 240, 36, 90),))
    assert groove_ideas(bars, DRUMS, MODEL, 0)
    assert drumify_ideas(bars, DRUMS, MODEL, 0)
    assert drum_vary_ideas(bars, DRUMS, MODEL, 0, amount=0.5)
