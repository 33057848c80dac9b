"""What is done with clips: the seed stays, distances are what they say, nothing leaves the bars."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bandmate.song.errors import OutOfRange, RequestError
from bandmate.stages.compose.brief import ComposeBrief, Dials, NotePin
from bandmate.stages.compose.clip_verbs import (
    answer_ideas,
    continue_ideas,
    counter_ideas,
    enrich_ideas,
    harmony_line_ideas,
    infill_ideas,
    laid_in,
    morph_ideas,
    share_of_seed,
    share_quoted,
    simplify_ideas,
    vary_ideas,
)
from bandmate.stages.compose.idea import Idea, distance, tone_distance
from bandmate.stages.compose.passage import Part, Passage, Tone
from tests.stages.compose.tunes import METERS, holds_the_laws, passage, roll, tune

BRIEF = ComposeBrief(alternatives=2)
FROM_HERE = (vary_ideas, simplify_ideas, enrich_ideas)
FROM_BEFORE = (continue_ideas, answer_ideas)
TO_A_LEAD = (counter_ideas, harmony_line_ideas)


@st.composite
def clips(draw: st.DrawFn, end: int = 4 * 3840) -> tuple[Tone, ...]:
    """Notes of one voice, on the grid or beside it."""
    starts = sorted(draw(st.sets(st.integers(0, end // 240 - 1), min_size=1, max_size=20)))
    late = draw(st.lists(st.integers(0, 60), min_size=len(starts), max_size=len(starts)))
    pitches = draw(st.lists(st.integers(58, 79), min_size=len(starts), max_size=len(starts)))
    places = [start * 240 + shift for start, shift in zip(starts, late, strict=True)]
    ends = [*places[1:], end]
    return tuple(Tone(a, min(960, b - a), pitch, 90) for a, b, pitch in zip(places, ends, pitches, strict=True))


@settings(max_examples=15, deadline=None)
@given(clips(), st.floats(0, 1), st.integers(0, 9))
def test_a_variation_is_as_far_away_as_it_says(clip: tuple[Tone, ...], amount: float, seed: int) -> None:
    where = passage(own=clip)
    for idea in vary_ideas(where, BRIEF, None, seed, amount=amount):
        holds_the_laws(where, idea.tones)
        reached = tone_distance(clip, idea.tones)
        assert idea.evidence[0].target == amount and idea.evidence[0].after == pytest.approx(reached, abs=0.001)
        assert abs(reached - amount) <= 0.1 or idea.notes
        # a few notes make large steps; many reach every distance.
        if len(clip) >= 8:
            assert abs(reached - amount) <= 0.1


def test_the_amount_0_is_the_clip_itself() -> None:
    clip = tune(uneven=50)
    (idea,) = vary_ideas(passage(own=clip), BRIEF, None, 3, amount=0)
    assert idea.tones == clip and share_of_seed(clip, idea.tones) == 1


@pytest.mark.parametrize("amount", (-0.1, 1.5))
def test_amounts_out_of_range_are_refused(amount: float) -> None:
    with pytest.raises(OutOfRange, match="goes from 0"):
        vary_ideas(passage(own=tune()), BRIEF, amount=amount)


@settings(max_examples=12, deadline=None)
@given(clips(), st.sampled_from(METERS), st.integers(0, 9))
def test_simplified_notes_are_of_the_clip_and_enriched_ones_hold_it(
    clip: tuple[Tone, ...], meter: tuple[int, int], seed: int
) -> None:
    where = passage(meter=meter, own=clip)
    inside = where.inside()
    assume(inside and inside[-1].end_ticks <= where.end_ticks)
    if len(inside) > 1:
        for idea in simplify_ideas(where, BRIEF, None, seed):
            holds_the_laws(where, idea.tones)
            assert set(roll(idea.tones)) < set(roll(inside)) and idea.tones[0].start_ticks == inside[0].start_ticks
    try:
        richer = enrich_ideas(where, BRIEF, None, seed)
    except RequestError as error:
        assert "no room" in str(error)
        return
    for idea in richer:
        holds_the_laws(where, idea.tones)
        assert set(roll(idea.tones)) > set(roll(inside)) and share_of_seed(inside, idea.tones) == 1


@settings(max_examples=15, deadline=None)
@given(clips(), clips(), st.integers(1, 6), st.integers(0, 9))
def test_a_morph_goes_from_one_to_the_other(
    one: tuple[Tone, ...], other: tuple[Tone, ...], steps: int, seed: int
) -> None:
    where = passage()
    ideas = morph_ideas(where, BRIEF, None, seed, one=one, other=other, steps=steps)
    assert len(ideas) == steps + 2
    assert ideas[0].tones == one and ideas[-1].tones == other
    ends = (Idea(tones=one), Idea(tones=other))
    away = [distance(ends[0], idea) for idea in ideas]
    near = [distance(ends[1], idea) for idea in ideas]
    assert all(a <= b + 1e-9 for a, b in pairwise(away))
    assert all(a >= b - 1e-9 for a, b in pairwise(near))
    for idea in ideas:
        holds_the_laws(where, idea.tones)


def test_a_morph_of_tunes_makes_even_steps() -> None:
    one, other = (
        (*tune(), *tune(7680)),
        tuple(t._replace(pitch=t.pitch - 5, start_ticks=t.start_ticks + 240) for t in tune()),
    )
    ideas = morph_ideas(passage(), BRIEF, None, 0, one=one, other=other, steps=3)
    away = [tone_distance(one, idea.tones) for idea in ideas]
    assert all(0.05 < b - a < 0.5 for a, b in pairwise(away))


def test_what_cannot_be_morphed_is_refused() -> None:
    for one, other, steps, message in (
        ((), tune(), 3, "first clip is empty"),
        (tune(), (), 3, "second clip is empty"),
        (tune(), tune(90000), 3, "does not lie in the bars"),
        (tune(), tune(), 0, "1 to 32"),
    ):
        with pytest.raises(RequestError, match=message):
            morph_ideas(passage(), BRIEF, one=one, other=other, steps=steps)


def test_a_clip_is_laid_into_the_bars() -> None:
    where = passage(first=3)
    moved = laid_in(tune(90000), 90000, where)
    assert roll(moved) == [(start + where.start_ticks, pitch) for start, pitch in roll(tune())]


@settings(max_examples=10, deadline=None)
@given(clips(2 * 3840), st.sampled_from((*FROM_BEFORE, infill_ideas)), st.integers(0, 9))
def test_going_on_keeps_to_the_bars(clip, verb, seed) -> None:  # type: ignore[no-untyped-def]
    behind = tune(5 * 3840)
    where = passage(("G", "D", "Em", "C", "G", "D", "G"), own=(*clip, *behind), first=3, last=5)
    for idea in verb(where, BRIEF, None, seed):
        holds_the_laws(where, idea.tones)
        assert idea.tones
        assert any(e.what == "notes of the seed kept" and e.after == 1 for e in idea.evidence)
    assert verb(where, BRIEF, None, seed) == verb(where, BRIEF, None, seed)


@pytest.mark.parametrize("verb", FROM_BEFORE)
@pytest.mark.parametrize("uneven", (0, 50))
def test_what_goes_on_quotes_the_seed(verb, uneven: int) -> None:  # type: ignore[no-untyped-def]
    seed_tones = tune(uneven=uneven)
    where = passage(("G", "D", "Em", "C", "G", "D"), own=seed_tones, first=3)
    ideas = verb(where, ComposeBrief(alternatives=3), None, 1)[:3]
    even = tune()
    assert sum(share_quoted(even, idea.tones) for idea in ideas) / 3 > 0.4
    assert all(distance(ideas[a], ideas[b]) >= 0.15 for a in range(3) for b in range(a))


def test_filled_bars_lead_to_what_is_behind() -> None:
    where = passage(("G", "D", "Em", "C"), own=(*tune(), Tone(3 * 3840, 960, 64)), first=3, last=3)
    for idea in infill_ideas(where, ComposeBrief(), None, 2)[:3]:
        step = next(e.after for e in idea.evidence if e.what == "step to the note behind")
        assert step is not None and abs(step) <= 7


@pytest.mark.parametrize("verb", FROM_BEFORE)
def test_nothing_to_go_on_from_is_refused(verb) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(RequestError, match="plays nothing before bar 1"):
        verb(passage(), BRIEF)


@pytest.mark.parametrize("verb", FROM_HERE)
def test_empty_bars_are_refused(verb) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(RequestError, match="empty in bars 1 to 4; there is nothing to"):
        verb(passage(), BRIEF)


@pytest.mark.parametrize("verb", (*FROM_BEFORE, infill_ideas))
def test_one_note_is_enough_to_go_on_from(verb) -> None:  # type: ignore[no-untyped-def]
    where = passage(own=(Tone(0, 480, 66),), first=2)
    holds_the_laws(where, verb(where, BRIEF, None, 0)[0].tones)


def test_one_note_can_be_varied_and_enriched_but_not_simplified() -> None:
    where = passage(own=(Tone(0, 1920, 67),))
    assert vary_ideas(where, BRIEF, None, 0, amount=0.5)[0].tones
    assert len(enrich_ideas(where, BRIEF, None, 0)[0].tones) > 1
    with pytest.raises(RequestError, match="one note; there is nothing to leave out"):
        simplify_ideas(where, BRIEF)


@pytest.mark.parametrize("verb", (*FROM_HERE, *FROM_BEFORE, infill_ideas))
def test_pins_hold_in_every_verb(verb) -> None:  # type: ignore[no-untyped-def]
    own = (*tune(), *tune(2 * 3840))
    where = passage(("G", "D", "Em", "C"), own=own, first=3)
    brief = ComposeBrief(alternatives=2, note_pins=(NotePin(bar=3, beat=2, beats=1, pitch=62),))
    for idea in verb(where, brief, None, 0):
        holds_the_laws(where, idea.tones)
        assert any(tone[:3] == (2 * 3840 + 960, 960, 62) for tone in idea.tones)


def with_lead(lead: tuple[Tone, ...], meter: tuple[int, int] = (4, 4)) -> Passage:
    bass = Part("bass", "Bass", "bass", 33, False, (Tone(0, 3840, 43),))
    voice = Part("vox", "Voice", "lead-vox", 53, False, lead)
    return passage(meter=meter, parts=(bass, voice))


@settings(max_examples=10, deadline=None)
@given(clips(2 * 3840), st.sampled_from(TO_A_LEAD), st.sampled_from(METERS), st.integers(0, 9))
def test_a_second_line_keeps_to_the_bars(lead, verb, meter, seed) -> None:  # type: ignore[no-untyped-def]
    where = with_lead(lead, meter)
    for idea in verb(where, ComposeBrief(part="counter", alternatives=2), None, seed):
        holds_the_laws(where, idea.tones)
    assert verb(where, BRIEF, None, seed) == verb(where, BRIEF, None, seed)


def test_a_harmony_line_goes_along_in_thirds_and_sixths() -> None:
    lead = (*tune(uneven=30), *tune(7680, uneven=30))
    for idea in harmony_line_ideas(with_lead(lead), ComposeBrief(part="harmony"), None, 0)[:3]:
        assert [t.start_ticks for t in idea.tones] == [t.start_ticks for t in lead]
        facts = {e.what: e.after for e in idea.evidence}
        assert facts["in the key"] == 1
        gaps = [abs(a.pitch - b.pitch) % 12 for a, b in zip(lead, idea.tones, strict=True)]
        assert sum(gap in (3, 4, 8, 9) for gap in gaps) > 0.6 * len(gaps)
        assert not any(gap in (1, 2, 10, 11) for gap in gaps)


def test_a_counter_melody_agrees_and_moves_where_the_lead_holds() -> None:
    lead = (*tune(), *tune(7680))
    facts = [
        {e.what: e.after or 0.0 for e in idea.evidence}
        for seed in range(4)
        for idea in counter_ideas(with_lead(lead), ComposeBrief(part="counter"), None, seed)[:3]
    ]
    assert sum(row["consonant with the lead on strong beats"] for row in facts) / len(facts) > 0.75
    assert sum(row["contrary or oblique"] for row in facts) / len(facts) > 0.6
    assert sum(row["begun while the lead holds"] for row in facts) / len(facts) > 0.5


def test_a_second_line_takes_the_given_lead_and_turns_by_dials() -> None:
    lead = (*tune(), *tune(7680))
    where = passage()
    few, many = (
        len(counter_ideas(where, ComposeBrief(part="counter", dials=Dials(density=dial)), None, 0, lead=lead)[0].tones)
        for dial in (0.1, 0.9)
    )
    assert few < many


@pytest.mark.parametrize("verb", TO_A_LEAD)
def test_without_a_lead_it_is_refused(verb) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(RequestError, match="no part leads in bars 1 to 4"):
        verb(passage(), BRIEF)


def test_an_instrument_too_far_from_the_lead_is_refused() -> None:
    high = tuple(tone._replace(pitch=tone.pitch + 19) for tone in tune())
    with pytest.raises(RequestError, match="choose an instrument nearer"):
        harmony_line_ideas(with_lead(high), ComposeBrief(program=43, part="harmony"))


def test_the_share_of_the_seed() -> None:
    seed = tune()
    assert share_of_seed(seed, seed) == 1 and share_of_seed((), ()) == 1 and share_of_seed(seed, ()) == 0
    late = tuple(tone._replace(start_ticks=tone.start_ticks + 100) for tone in seed)
    assert share_of_seed(seed, late) == 1
    assert share_of_seed(seed, seed[: len(seed) // 2]) == 0.5
    assert share_quoted(seed, tuple(tone._replace(pitch=tone.pitch + 5) for tone in seed)) == 1
