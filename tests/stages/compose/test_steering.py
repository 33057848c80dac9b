"""Steering: the dials are met, what has to stay stays, and the compiled measures are the plain ones."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.song.harmony import Key
from bandmate.stages.compose.brief import DIALS, ChordPin, ComposeBrief, Dials, NotePin, PartKind
from bandmate.stages.compose.idea import Idea
from bandmate.stages.compose.measures import METERS, material_of
from bandmate.stages.compose.measures_scale import MEASURED_BY, dial_of, scale_of
from bandmate.stages.compose.passage import Passage, Tone
from bandmate.stages.compose.steering import TOLERANCE, compile_kernels, steered
from bandmate.stages.compose.steering_ground import ground_of, work_of
from bandmate.stages.compose.steering_kernels import measure
from tests.stages.compose.passages import METERS as SIGNATURES
from tests.stages.compose.passages import beat, chord_row, passage_with, strummed, tune

compile_kernels()

PARTS: tuple[PartKind, ...] = ("melody", "bass", "keys", "drums", "chords", "counter")


def idea_for(part: PartKind, passage: Passage, seed: int) -> Idea:
    if part == "chords":
        row = ("C G Am F", "Dm7 G7 Cmaj7 A7", "Am F C/E G")[seed % 3]
        return Idea(chords=chord_row(row, passage.bars[0].length_ticks, len(passage.bars), passage.start_ticks))
    if part == "drums":
        return Idea(beat(passage, seed))
    if part == "keys":
        return Idea(strummed(passage, seed))
    low, high = (31, 48) if part == "bass" else (57, 74)
    return Idea(tune(passage, seed, low=low, high=high))


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(SIGNATURES), st.integers(0, 99), st.sampled_from(["melody", "bass", "keys", "drums", "harmony"]))
def test_the_compiled_measures_are_the_plain_ones(meter: tuple[int, int], seed: int, part: PartKind) -> None:
    passage = passage_with(meter=meter, key=Key(tonic=seed % 12, mode="minor" if seed % 2 else "major"), first_bar=3)
    brief, idea = ComposeBrief(part=part), idea_for(part, passage, seed)
    material, scale = material_of(idea, passage, brief), scale_of(passage, brief)
    wants = {name: 0.5 for name in DIALS if scale.row(name, 32) is not None}
    ground = ground_of(material, scale, wants, brief, passage.bpm)
    work = work_of(idea.tones, [False] * len(idea.tones), ground, passage.start_ticks, 0)
    measure(ground, work, work.tones, len(idea.tones), True)
    for name in wants:
        plain = METERS[MEASURED_BY[name]](material)
        assert work.figures[DIALS.index(name)] == pytest.approx(plain, abs=1e-9), name


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(PARTS),
    st.dictionaries(st.sampled_from(DIALS), st.floats(0, 1), min_size=1, max_size=3),
    st.sampled_from(SIGNATURES),
    st.integers(0, 50),
)
def test_notes_stay_in_their_bars_and_range_and_never_overlap(
    part: PartKind, dials: dict[str, float], meter: tuple[int, int], seed: int
) -> None:
    passage = passage_with(meter=meter, first_bar=3, bpm=200.0 if meter == (5, 8) else 90.0)
    brief = ComposeBrief(part=part, first_bar=3, last_bar=10, dials=Dials(**dials))
    idea = idea_for(part, passage, seed)
    new = steered([idea], passage, brief, seed=seed)[0]
    assert steered([idea], passage, brief, seed=seed)[0] == new
    material = material_of(idea, passage, brief)
    low = min([material.lowest, *(tone.pitch for tone in idea.tones)])
    high = max([material.highest, *(tone.pitch for tone in idea.tones)])
    assert list(new.tones) == sorted(new.tones)
    for at, tone in enumerate(new.tones):
        assert passage.start_ticks <= tone.start_ticks < tone.end_ticks <= passage.end_ticks
        assert part == "drums" or low <= tone.pitch <= high
        assert 1 <= tone.velocity <= 127
        for other in new.tones[at + 1 :]:
            assert tone.pitch != other.pitch or other.start_ticks >= tone.end_ticks
    assert bool(new.tones) == bool(idea.tones) and bool(new.chords) == bool(idea.chords)
    ends = passage.start_ticks
    for chord in new.chords:
        assert chord.start_ticks == ends
        ends = chord.start_ticks + chord.length_ticks
    assert not new.chords or ends == passage.end_ticks
    assert len({chord.id for chord in new.chords}) == len(new.chords)


@pytest.mark.parametrize("part", PARTS)
def test_every_dial_that_a_part_has_is_met(part: PartKind) -> None:
    passage = passage_with()
    scale = scale_of(passage, ComposeBrief(part=part))
    idea = idea_for(part, passage, 5)
    for name in DIALS:
        if scale.row(name, 32) is None:
            continue
        for value in (0.25, 0.75):
            brief = ComposeBrief(part=part, dials=Dials(**{name: value}))
            new = steered([idea], passage, brief)[0]
            reads = dial_of(name, material_of(new, passage, brief), scale)
            assert reads == pytest.approx(value, abs=TOLERANCE), (name, value)
            assert new.evidence[-1].after == pytest.approx(reads)
            assert new.evidence[-1].target == value


def test_nothing_is_touched_where_no_dial_is_turned() -> None:
    passage = passage_with()
    idea = idea_for("melody", passage, 1)
    assert steered([idea], passage, ComposeBrief())[0] is idea


def test_pinned_notes_and_chords_stay() -> None:
    passage = passage_with()
    line = tune(passage, 4, low=60, high=72)
    pinned = line[6]
    bar = passage.bar_at(pinned.start_ticks)
    pin = NotePin(
        bar=bar.number,
        beat=1 + (pinned.start_ticks - bar.start_ticks) / 960,
        beats=pinned.length_ticks / 960,
        pitch=pinned.pitch,
    )
    for dials in (Dials(density=1.0), Dials(density=0.0), Dials(mode=0.0), Dials(syncopation=1.0, register=0.9)):
        found = steered([Idea(line)], passage, ComposeBrief(dials=dials, note_pins=(pin,)))[0]
        assert (pinned.start_ticks, pinned.length_ticks, pinned.pitch) in {tone[:3] for tone in found.tones}
    chords = chord_row("C G Am F", 3840, 8)
    for dials in (Dials(tension=1.0), Dials(mode=0.0), Dials(density=1.0, surprise=1.0), Dials(syncopation=1.0)):
        brief = ComposeBrief(part="chords", dials=dials, chord_pins=(ChordPin(bar=3, chord="Am"),))
        after = steered([Idea(chords=chords)], passage, brief)[0].chords
        assert [c for c in after if c.start_ticks == 2 * 3840 and (c.root, c.quality) == (9, "m")]


def test_a_line_with_words_keeps_its_number_of_notes() -> None:
    passage, line = passage_with(), tune(passage_with(), 2)
    brief = ComposeBrief(dials=Dials(arousal=0.9, surprise=0.8), syllables=("la",) * len(line))
    assert len(steered([Idea(line)], passage, brief)[0].tones) == len(line)


def test_contradictions_are_met_half_way_and_said() -> None:
    passage = passage_with(bpm=80.0)
    excited = ComposeBrief(dials=Dials(arousal=1.0, density=0.0))
    found = steered([Idea(tune(passage, 3, low=57, high=74))], passage, excited)[0]
    assert any("excitement 1.00 could not be met" in note and "density 0.00 pulls" in note for note in found.notes)
    dark = ComposeBrief(dials=Dials(mode=0.0, valence=1.0))
    found = steered([Idea(tune(passage, 3, low=57, high=74))], passage, dark)[0]
    assert any("pulls the other way" in note for note in found.notes)


def test_what_makes_no_sense_is_said_and_left_aside() -> None:
    passage = passage_with()
    found = steered([Idea(beat(passage))], passage, ComposeBrief(part="drums", dials=Dials(mode=1.0)))[0]
    assert found.tones == beat(passage)
    assert found.notes == ("brightness means nothing for drums and was left aside",)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("count", [0, 1, 2])
def test_nothing_and_next_to_nothing(part: PartKind, count: int) -> None:
    passage = passage_with("", bars=1)
    whole = idea_for(part, passage_with(bars=1), 1)
    idea = Idea(whole.tones[:count], whole.chords[:count])
    every = Dials(**dict.fromkeys(DIALS, 0.9))
    found = steered([idea], passage, ComposeBrief(part=part, last_bar=1, dials=every))[0]
    assert bool(found.tones) == bool(idea.tones)


def test_notes_longer_than_the_bars_and_on_the_last_tick() -> None:
    passage = passage_with(bars=2)
    idea = Idea((Tone(0, 7680, 60), Tone(7679, 1, 64)))
    steered([idea], passage, ComposeBrief(last_bar=2, dials=Dials(density=0.7, syncopation=0.3, complexity=0.9)))


@pytest.mark.parametrize("part", PARTS)
def test_it_is_quick(part: PartKind) -> None:
    passage = passage_with()
    ideas = [idea_for(part, passage, seed) for seed in range(12)]
    brief = ComposeBrief(part=part, dials=Dials(density=0.7, complexity=0.6))
    steered(ideas[:1], passage, brief)
    started = time.process_time()
    steered(ideas, passage, brief)
    assert time.process_time() - started < 0.3
