"""What a tuning asks of each moment."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bandmate.song.tuning import TunedNote, Tuning
from bandmate.sound.pitch_curve import PitchCurve
from bandmate.sound.tuning_curve import blended, borders_of, correction_of, gains_at, movement, slow_part, steady

HOP = 0.005


def made(**settings: float) -> TunedNote:
    note = TunedNote(id="n", start_seconds=0.5, end_seconds=1.5, centre_pitch=60.0, target_pitch=61.0, amount=1.0)
    return replace(note, **settings)


def shaken(seconds: float = 2.0) -> PitchCurve:
    at = np.arange(round(seconds / HOP)) * HOP
    pitches = 60.0 + 0.2 * np.sin(2 * np.pi * 0.8 * at) + 0.5 * np.sin(2 * np.pi * 5.5 * at)
    return PitchCurve(HOP, 440.0 * 2.0 ** ((pitches - 69.0) / 12.0), np.ones(len(at)))


def tuning_of(*notes: TunedNote, **settings: float) -> Tuning:
    return replace(Tuning(id="t", hop_seconds=HOP, notes=notes), **settings)


def test_drift_and_vibrato_add_up_to_the_pitch_and_are_told_apart() -> None:
    curve = shaken()
    seconds, drift, vibrato = movement(made(), 440.0, curve)
    np.testing.assert_allclose(drift + vibrato, curve.pitches[100:301] - 60.0, atol=1e-9)
    inner = slice(30, -30)
    np.testing.assert_allclose(drift[inner], 0.2 * np.sin(2 * np.pi * 0.8 * seconds[inner]), atol=0.06)
    assert abs(vibrato[inner].std() / (0.5 / np.sqrt(2)) - 1) < 0.06


@given(st.floats(0, 1), st.floats(0, 2), st.floats(0, 2), st.floats(0, 1), st.floats(0, 2), st.floats(0, 2))
def test_the_played_pitch_is_what_was_promised(
    amount: float, drift: float, vibrato: float, centre: float, all_drift: float, all_vibrato: float
) -> None:
    curve = shaken()
    note = made(amount=amount, drift_kept=drift, vibrato_kept=vibrato)
    tuning = tuning_of(note, centre=centre, drift_kept=all_drift, vibrato_kept=all_vibrato)
    seconds, slow, fast = movement(note, 440.0, curve)
    promised = 60.0 + amount * centre + drift * all_drift * slow + vibrato * all_vibrato * fast
    sung = 60.0 + slow + fast
    np.testing.assert_allclose(sung + correction_of(note, tuning, curve).at(seconds), promised, atol=1e-9)


def test_pitches_are_counted_from_the_reference() -> None:
    high = 442.0
    hz = np.full(400, high * 2.0 ** ((60.0 - 69.0) / 12.0))
    curve = PitchCurve(HOP, hz, np.ones(400))
    note = made(drift_kept=0.0, vibrato_kept=0.0)
    asked = correction_of(note, tuning_of(note, reference_hz=high), curve)
    np.testing.assert_allclose(asked.semitones, 1.0, atol=1e-9)


def test_a_note_without_pitch_is_corrected_by_its_centre_alone() -> None:
    curve = PitchCurve(HOP, np.zeros(400), np.zeros(400))
    asked = correction_of(made(vibrato_kept=0.0), tuning_of(made(vibrato_kept=0.0)), curve)
    np.testing.assert_array_equal(asked.semitones, [1.0])
    assert correction_of(made(amount=0.0), tuning_of(made()), curve).is_nothing
    wild = correction_of(made(target_pitch=140.0), tuning_of(made()), curve)
    assert wild.semitones.max() == 24.0


def test_slow_part_of_little() -> None:
    np.testing.assert_allclose(slow_part(np.array([1.0, 3.0]), np.ones(2), HOP), 2.0)
    line = np.linspace(0, 1, 50)
    np.testing.assert_allclose(slow_part(line, np.ones(50), HOP), line, atol=1e-6)
    gappy = np.where((np.arange(50) > 10) & (np.arange(50) < 40), 0.0, 1.0)
    assert np.isfinite(slow_part(line, gappy, HOP)).all()


def asked(
    spans: list[tuple[float, float]], values: list[float], moments: list[float], ramp: float = 0.06
) -> list[float]:
    borders = borders_of(spans, [ramp] * len(spans), (0.0, 3.0), held=0.12, joined=0.12)
    return [round(float(x), 6) for x in blended(np.array(moments), borders, [steady(v) for v in values])]


def test_one_note_goes_over_into_the_next() -> None:
    spans = [(0.1, 1.0), (1.0, 2.95)]
    assert asked(spans, [1.0, -1.0], [0.0, 0.96, 1.0, 1.04, 2.99]) == [1.0, 1.0, 0.0, -1.0, -1.0]
    assert asked(spans, [1.0, -1.0], [0.999, 1.0], 0.0) == [1.0, -1.0]


def test_far_notes_rest_between() -> None:
    spans = [(0.5, 1.0), (1.5, 2.0)]
    got = asked(spans, [1.0, 2.0], [0.3, 0.47, 0.5, 1.0, 1.03, 1.07, 1.3, 1.47, 1.5, 2.0, 2.03, 2.2])
    assert got == [0.0, 0.5, 1.0, 1.0, 0.5, 0.0, 0.0, 1.0, 2.0, 2.0, 1.0, 0.0]
    assert asked([], [], [1.0]) == [0.0]


@given(st.lists(st.tuples(st.floats(0, 3), st.floats(0, 1)), max_size=6), st.floats(0, 2))
def test_shares_add_up_to_one_whatever_the_notes(notes: list[tuple[float, float]], ramp: float) -> None:
    spans = sorted((start, start + length) for start, length in notes)
    borders = borders_of(spans, [ramp] * len(spans), (0.0, 3.0), held=0.1, joined=0.12)
    shares = borders.shares(np.linspace(-1, 5, 97))
    np.testing.assert_allclose(sum(shares), 1.0, atol=1e-12)


def test_gains_have_short_ramps_and_touching_notes_none_between() -> None:
    notes = [
        made(start_seconds=1.0, end_seconds=2.0, gain_db=-20.0),
        made(start_seconds=2.0, end_seconds=3.0, gain_db=-20.0),
        made(start_seconds=4.0, end_seconds=5.0, mute=True),
    ]
    got = gains_at(np.array([0.9, 0.995, 1.5, 2.0, 2.5, 3.5, 4.0, 4.5, 5.2]), notes)
    assert got == pytest.approx([1.0, 0.55, 0.1, 0.1, 0.1, 1.0, 0.0, 0.0, 1.0])


def test_a_note_that_is_still_heard_ends_where_the_next_begins() -> None:
    spans = [(0.2, 2.8), (1.0, 1.2), (2.0, 2.4)]
    assert asked(spans, [1.0, 2.0, 3.0], [0.9, 1.1, 1.6, 2.2, 2.7], 0.0) == [1.0, 2.0, 0.0, 3.0, 0.0]
