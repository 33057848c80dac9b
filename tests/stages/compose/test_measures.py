"""The measures of the dials: units, directions, what makes no sense for a part, and the scales between them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.song.harmony import Key
from bandmate.stages.compose.brief import DIALS, ComposeBrief, Dials, PartKind
from bandmate.stages.compose.idea import Idea
from bandmate.stages.compose.measures import UNITS, Measures, measured_idea
from bandmate.stages.compose.measures_meter import grouping, place_of, syncopation, weights
from bandmate.stages.compose.measures_order import code_length
from bandmate.stages.compose.measures_scale import dial_error, dials_of, figure_for, rows, scale_of, value_on
from bandmate.stages.compose.measures_tonal import chord_strain, dissonance
from bandmate.stages.compose.passage import Tone
from tests.stages.compose.passages import METERS, beat, chord_row, passage_with, tune

MELODY = ComposeBrief(part="melody")


def figures(tones: tuple[Tone, ...], part: PartKind = "melody", **kind: object) -> Measures:
    return measured_idea(Idea(tones), passage_with(**kind), ComposeBrief(part=part))  # type: ignore[arg-type]


def test_density_and_register_are_counts_and_means() -> None:
    found = figures((Tone(0, 480, 60), Tone(960, 480, 64), Tone(3840, 480, 71)))
    assert found.density == pytest.approx(3 / 8)
    assert found.register == pytest.approx(65)
    assert found.events == 3


def test_weights_of_a_bar_are_those_of_the_model() -> None:
    assert weights(4, 4)[::3] == (0, -4, -3, -4, -2, -4, -3, -4, -1, -4, -3, -4, -2, -4, -3, -4)
    assert weights(3, 4)[::6] == (0, -2, -1, -2, -1, -2)
    assert weights(6, 8)[::6] == (0, -2, -2, -1, -2, -2)
    assert [sum(grouping(*meter)) for meter in METERS] == [meter[0] for meter in METERS]


def test_a_note_off_the_beat_that_is_held_over_it_is_a_syncopation() -> None:
    bars = passage_with().bars
    on = [bar.start_ticks + place for bar in bars for place in (0, 960, 1920, 2880)]
    assert syncopation(on, bars) == 0
    held = [place - 480 if place % 3840 == 0 and place else place for place in on]
    assert syncopation(held, bars) == pytest.approx(3 * 7 / 8)


@settings(max_examples=40, deadline=None)
@given(st.integers(-40, 40), st.integers(0, 20000))
def test_a_note_played_a_little_off_keeps_its_place(off: int, step: int) -> None:
    place = step * 240
    assert place_of(max(0, place + off)) == place // 80


def test_brightness_rises_from_phrygian_to_lydian() -> None:
    scales = [(0, 1, 3, 5, 7, 8, 10), (0, 2, 3, 5, 7, 8, 10), (0, 2, 4, 5, 7, 9, 11), (0, 2, 4, 6, 7, 9, 11)]
    bright = [figures(tuple(Tone(at * 480, 480, 60 + step) for at, step in enumerate(row))).mode for row in scales]
    assert bright == sorted(bright)  # type: ignore[type-var]


def test_tension_rises_away_from_the_key_and_with_dissonance() -> None:
    assert chord_strain((0, 4, 7), "major") < chord_strain((2, 5, 9), "major") < chord_strain((1, 5, 8), "major")
    assert dissonance((0, 7)) == 0 and dissonance((0,)) == 0
    assert dissonance((0, 4, 7)) < dissonance((0, 3, 6, 10)) < dissonance((0, 1, 2))


def test_what_repeats_is_less_complex() -> None:
    assert code_length([], 4) == 0
    assert code_length("abcd" * 8, 26) < code_length("abcdhgfekjilponmtsrqxwvuzyaecbgd", 26)


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(METERS), st.integers(0, 30), st.sampled_from(["melody", "bass", "keys", "harmony", "counter"]))
def test_every_measure_lies_on_its_dial(meter: tuple[int, int], seed: int, part: PartKind) -> None:
    passage = passage_with(meter=meter)
    brief = ComposeBrief(part=part)
    found = dials_of(measured_idea(Idea(tune(passage, seed)), passage, brief), scale_of(passage, brief))
    assert set(found) == set(DIALS)
    assert all(0 <= value <= 1 for value in found.values())


def test_drums_have_no_pitch() -> None:
    passage, brief = passage_with(), ComposeBrief(part="drums")
    found = measured_idea(Idea(beat(passage)), passage, brief)
    assert (found.register, found.mode, found.tension, found.valence) == (None, None, None, None)
    assert set(dials_of(found, scale_of(passage, brief))) == {
        "density",
        "syncopation",
        "arousal",
        "surprise",
        "complexity",
    }


def test_chords_are_measured_as_chords() -> None:
    passage, brief = passage_with(), ComposeBrief(part="chords")
    plain = measured_idea(Idea(chords=chord_row("C F G C", 3840, 8)), passage, brief)
    dark = measured_idea(Idea(chords=chord_row("Cm Fm Ab Bbm", 3840, 8)), passage, brief)
    strange = measured_idea(Idea(chords=chord_row("C F#7 Bbm Ebdim", 3840, 8)), passage, brief)
    assert plain.density == 1 and plain.register is None
    assert plain.mode > dark.mode and plain.valence > dark.valence  # type: ignore[operator]
    assert plain.tension < strange.tension and plain.surprise < strange.surprise  # type: ignore[operator]


def test_feeling_follows_tempo_mode_and_loudness() -> None:
    line = tune(passage_with(), 3)
    slow, fast = figures(line, bpm=70.0), figures(line, bpm=150.0)
    assert slow.arousal < fast.arousal and slow.valence < fast.valence  # type: ignore[operator]
    loud = figures(tuple(tone._replace(velocity=120) for tone in line))
    soft = figures(tuple(tone._replace(velocity=40) for tone in line))
    assert soft.arousal < loud.arousal and soft.valence == loud.valence  # type: ignore[operator]


def test_nothing_and_one_note() -> None:
    nothing = figures(())
    assert nothing.density == 0
    assert [getattr(nothing, name) for name in ("register", "mode", "tension", "arousal", "surprise")] == [None] * 5
    one = figures((Tone(0, 960, 60),))
    assert one.surprise is None and one.complexity is None and one.mode == 0
    assert dial_error(Idea(), passage_with(), ComposeBrief(dials=Dials(mode=1.0))) == 0


@pytest.mark.parametrize("meter", METERS)
def test_every_meter_at_200_bpm(meter: tuple[int, int]) -> None:
    passage = passage_with(meter=meter, bpm=200.0, key=Key(tonic=6, mode="minor"))
    assert measured_idea(Idea(tune(passage)), passage, MELODY).syncopation is not None


def test_scales_rise_and_read_both_ways() -> None:
    assert set(rows()) == {"bass", "chords", "drums", "folk", "harmony", "keys", "melody"}
    for row in rows().values():
        for name, values in row.items():
            for one in values if name == "complexity" else [values]:
                assert name == "excerpts" or all(low < high for low, high in pairwise(one))
    scale = scale_of(passage_with(), MELODY)
    for dial in DIALS:
        for value in (0.0, 0.15, 0.5, 0.97, 1.0):
            figure, row = figure_for(dial, value, scale), scale.row(dial, 32)
            assert figure is not None and row is not None
            assert value_on(row, figure) == pytest.approx(value)


def test_the_error_is_the_mean_over_the_dials_that_are_turned() -> None:
    passage, line = passage_with(), tune(passage_with())
    there = dials_of(measured_idea(Idea(line), passage, MELODY), scale_of(passage, MELODY))
    exact = ComposeBrief(dials=Dials(density=there["density"], mode=there["mode"]))
    assert dial_error(Idea(line), passage, exact) == pytest.approx(0)
    off = ComposeBrief(dials=Dials(density=abs(there["density"] - 0.4), mode=there["mode"]))
    assert dial_error(Idea(line), passage, off) > 0.05
    assert dial_error(Idea(line), passage, MELODY) == 0


def test_every_measure_has_a_unit() -> None:
    assert set(UNITS) | {"events"} == set(Measures.__dataclass_fields__)
