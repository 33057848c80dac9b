"""Forms: lengths met exactly, wishes kept, and the same every time."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.models.form import load_form
from bandmate.song.errors import RequestError
from bandmate.stages.compose.form_ideas import FormIdea, form_ideas
from bandmate.stages.compose.sketch_brief import SectionWish, SketchBrief


def check(idea: FormIdea) -> None:
    start = 1
    for at, section in enumerate(idea.sections):
        assert section.start_bar == start and section.bars >= 1
        assert 0.0 <= section.energy <= 1.0
        if section.same_as is not None:
            assert section.same_as < at
            assert idea.sections[section.same_as].name == section.name
        start += section.bars
    assert len({section.id for section in idea.song_sections()}) == len(idea.sections)
    assert idea.says and idea.nats > 0


@given(st.integers(1, 160), st.integers(0, 5))
@settings(max_examples=12, deadline=None)
def test_any_number_of_bars_is_met(bars: int, seed: int) -> None:
    brief = SketchBrief(bars=bars, alternatives=1)
    found = form_ideas(brief, load_form(), tempo_bpm=100.0, seed=seed)
    assert found == form_ideas(brief, load_form(), tempo_bpm=100.0, seed=seed)
    for idea in found:
        check(idea)
        assert idea.bars == bars


@given(st.floats(4.0, 400.0), st.floats(60.0, 180.0), st.sampled_from(((4, 4), (3, 4), (7, 8))))
@settings(max_examples=12, deadline=None)
def test_seconds_are_met_where_the_tempo_is_free(seconds: float, tempo: float, meter: tuple[int, int]) -> None:
    brief = SketchBrief(seconds=seconds, numerator=meter[0], denominator=meter[1], alternatives=1)
    idea = form_ideas(brief, load_form(), tempo_bpm=tempo, seed=1)[0]
    check(idea)
    assert idea.bars * brief.bar_quarters * 60 / idea.tempo_bpm == pytest.approx(seconds, rel=1e-9)
    assert idea.notes


def test_a_tempo_that_is_held_meets_the_length_to_the_bar_and_says_so() -> None:
    brief = SketchBrief(seconds=33.0, tempo_bpm=120.0, tempo_tolerance=0.0, alternatives=1)
    idea = form_ideas(brief, load_form(), tempo_bpm=120.0, seed=1)[0]
    assert idea.tempo_bpm == 120.0
    assert abs(idea.seconds - 33.0) <= 1.0
    assert "from 33 s" in idea.notes[0]


def test_sections_wished_for_are_there() -> None:
    wishes = (SectionWish(name="intro", bars=2), SectionWish(name="rap"), SectionWish(name="chorus", energy=0.9))
    for idea in form_ideas(SketchBrief(bars=18, sections=wishes), load_form(), tempo_bpm=90.0, seed=3):
        check(idea)
        assert [section.name for section in idea.sections] == ["intro", "rap", "chorus"]
        assert idea.sections[0].bars == 2 and idea.bars == 18
        assert idea.sections[2].energy == 0.9


def test_wishes_that_cannot_be_are_refused() -> None:
    wishes = (SectionWish(name="verse", bars=8), SectionWish(name="chorus", bars=8))
    with pytest.raises(RequestError, match="the sketch has 20"):
        form_ideas(SketchBrief(bars=20, sections=wishes), load_form(), tempo_bpm=90.0, seed=3)
    with pytest.raises(RequestError, match="a sketch has at most 512"):
        form_ideas(SketchBrief(seconds=1200.0), load_form(), tempo_bpm=240.0, seed=3)


def test_more_arousal_gives_more_energy() -> None:
    from bandmate.stages.compose.brief import Dials

    means = []
    for arousal in (0.0, 0.5, 1.0):
        brief = SketchBrief(bars=64, dials=Dials(arousal=arousal), alternatives=1)
        sections = form_ideas(brief, load_form(), tempo_bpm=100.0, seed=1)[0].sections
        means.append(sum(section.energy * section.bars for section in sections))
    assert means == sorted(means) and means[0] < means[2]
