"""Choosing: what is shown differs, comes in order, and says in what it differs."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.stages.compose.brief import ComposeBrief, Dials
from bandmate.stages.compose.choosing import FLOOR, chosen
from bandmate.stages.compose.idea import Idea, distance
from bandmate.stages.compose.measures_scale import dial_error
from bandmate.stages.compose.passage import Tone
from tests.stages.compose.passages import chord_row, passage_with, tune

PASSAGE = passage_with()
BRIEF = ComposeBrief()


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 8), max_size=10), st.integers(1, 4), st.sampled_from([0.0, FLOOR, 0.5, 0.9]))
def test_what_is_shown_is_far_enough_apart(seeds: list[int], count: int, floor: float) -> None:
    ideas = [Idea(tune(PASSAGE, seed)) for seed in seeds]
    found = chosen(ideas, count, PASSAGE, BRIEF, floor)
    assert len(found) <= count
    assert not ideas or (found and found[0].tones == ideas[0].tones)
    for at, one in enumerate(found):
        for other in found[at + 1 :]:
            assert distance(one, other) >= floor and one.tones != other.tones
    assert len(found) == count or not found or "no other idea" in found[0].notes[-1]


def test_the_same_notes_are_never_shown_twice() -> None:
    line = tune(PASSAGE, 1)
    found = chosen([Idea(line), Idea(line), Idea(line)], 3, PASSAGE, BRIEF, floor=0.0)
    assert len(found) == 1
    assert found[0].notes == ("1 of 3: no other idea is at least 0 away from these",)


def test_the_difference_is_said_with_its_numbers() -> None:
    sparse = Idea(tuple(Tone(bar.start_ticks, 960, 60 + bar.number % 3) for bar in PASSAGE.bars))
    busy = Idea(tuple(Tone(at * 480, 240, (72, 74, 76, 77)[at * 7 % 4]) for at in range(64)))
    found = chosen([sparse, busy], 2, PASSAGE, BRIEF)
    assert found[0].says.startswith("sparser") or "sparser" in found[0].says
    assert "higher" in found[1].says
    for idea in found:
        numbers = {float(number) for number in re.findall(r"\d+\.\d+", idea.says)}
        fields = {value for one in idea.evidence for value in (one.before, one.after) if value is not None}
        assert numbers <= fields


def test_what_is_said_already_stays() -> None:
    ideas = [Idea(tune(PASSAGE, seed), says=f"plan {seed}") for seed in range(3)]
    assert [idea.says for idea in chosen(ideas, 3, PASSAGE, BRIEF)] == ["plan 0", "plan 1", "plan 2"]


def test_ideas_that_miss_the_dials_go_behind() -> None:
    ideas = [Idea(tune(PASSAGE, seed)) for seed in range(6)]
    brief = ComposeBrief(dials=Dials(density=0.9, register=0.2))
    errors = [dial_error(idea, PASSAGE, brief) for idea in chosen(ideas, 3, PASSAGE, brief)]
    assert errors[0] <= min(dial_error(idea, PASSAGE, brief) for idea in ideas) + 0.04


def test_chords_differ_in_words_of_chords() -> None:
    slow = Idea(chords=chord_row("C F G C", 3840, 8))
    fast = Idea(chords=chord_row("C Am Dm G7 Em F Bb G", 1920, 16))
    found = chosen([slow, fast], 2, PASSAGE, ComposeBrief(part="chords"))
    assert "fewer changes" in found[0].says and "more changes" in found[1].says


def test_nothing_gives_nothing() -> None:
    assert chosen([], 3, PASSAGE, BRIEF) == ()
    assert chosen([Idea()], 3, PASSAGE, BRIEF)[0].tones == ()
    assert chosen([Idea(tune(PASSAGE))], 0, PASSAGE, BRIEF) == ()
