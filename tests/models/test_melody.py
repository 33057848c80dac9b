"""Laws of the melody model: chances sum to one, steps and whole pieces agree, states are values, keys do not matter."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.models.melody import MelodyModel, ground_from, load_melody_model, sample
from bandmate.models.melody_log import LENGTHS, NONE, RHYTHMS, Ground
from bandmate.models.melody_state import GroundBar, events_of, ground_of, is_rest, kind_of, length_of, rhythm_of
from bandmate.song.errors import ModelError
from bandmate.song.harmony import Chord, Key
from bandmate.stages.compose.passage import Bar, Tone

TUNE = ((0, 480, 62), (480, 480, 66), (960, 960, 69), (2400, 480, 67), (2880, 960, 66), (3840, 480, 62))
METERS = ((4, 4), (3, 4), (6, 8), (7, 8), (5, 8))


@pytest.fixture(scope="module")
def model() -> MelodyModel:
    return load_melody_model()


def ground(tonic: int = 2, meter: tuple[int, int] = (4, 4), bars: int = 4) -> Ground:
    length = 3840 * meter[0] // meter[1]
    return ground_of([GroundBar(n * length, *meter, tonic, "major", n % 8) for n in range(bars)])


notes = st.lists(
    st.tuples(st.sampled_from([120, 240, 480, 720, 960]), st.integers(50, 90), st.sampled_from([0, 0, 0, 480])),
    min_size=1,
    max_size=24,
)


def placed(rows: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    found, at = [], 0
    for length, pitch, gap in rows:
        found.append((at, length, pitch))
        at += length + gap
    return found


@settings(max_examples=12, deadline=None)
@given(rows=notes, meter=st.sampled_from(METERS), tonic=st.integers(0, 11))
def test_steps_and_the_whole_agree(
    model: MelodyModel, rows: list[tuple[int, int, int]], meter: tuple[int, int], tonic: int
) -> None:
    under = ground(tonic, meter)
    events, first = events_of(placed(rows), 0)
    of_rhythm, of_pitch = model.nats_of_events(events, under, first)
    state, rhythm, pitch = model.start(under, first), [], []
    for symbol, length, height in events.tolist():
        chances = model.rhythms(state)
        assert np.exp(chances).sum() == pytest.approx(1.0)
        rhythm.append(-chances[symbol])
        if height != NONE and abs(height - model.last_pitch(state)) <= 24:
            pitch.append(-model.pitches(state, symbol)[height])
        elif height != NONE:
            pitch.append(of_pitch[len(pitch)])
        state = model.after(state, length, None if height == NONE else height)
    np.testing.assert_allclose(rhythm, of_rhythm)
    np.testing.assert_allclose(pitch, of_pitch)


def test_a_state_is_a_value(model: MelodyModel) -> None:
    state = model.read(model.start(ground()), TUNE[:4])
    rhythms, pitches = model.rhythms(state), model.pitches(state, 9)
    one = model.after(state, 480, 71)
    other = model.after(state, 960, None)
    further = model.after(model.after(one, 480, 69), 480, 67)
    assert np.array_equal(model.rhythms(state), rhythms)
    assert np.array_equal(model.pitches(state, 9), pitches)
    again = model.after(model.read(model.start(ground()), TUNE[:4]), 960, None)
    assert np.array_equal(model.rhythms(other), model.rhythms(again))
    assert further.ticks == state.ticks + 1440
    assert further.last_pitch == 67
    assert other.last_pitch == 67


def test_a_long_melody_outgrows_its_arrays(model: MelodyModel) -> None:
    state = model.start(ground())
    for number in range(400):
        state = model.after(state, 480, 62 + number % 5)
    assert np.exp(model.rhythms(state)).sum() == pytest.approx(1.0)


def test_a_key_higher_sounds_as_likely(model: MelodyModel) -> None:
    low, high = ground(2), ground(5)
    moved = [(start, length, pitch + 3) for start, length, pitch in TUNE]
    np.testing.assert_allclose(model.nats_of_notes(TUNE, low), model.nats_of_notes(moved, high))


def test_octaves_do_not_count(model: MelodyModel) -> None:
    deep = [(start, length, pitch - 24) for start, length, pitch in TUNE]
    np.testing.assert_allclose(model.nats_of_notes(TUNE, ground()), model.nats_of_notes(deep, ground()))


def test_what_was_heard_before_surprises_less(model: MelodyModel) -> None:
    bars = [Bar(n + 1, n * 3840, 4, 4, Key(tonic=2)) for n in range(8)]
    first = [Tone(0, 480, 62), Tone(480, 480, 66), Tone(960, 480, 61), Tone(1440, 2400, 70)]
    again = [*first, *(tone._replace(start_ticks=tone.start_ticks + 3840) for tone in first)]
    each = model.nats_of_notes(again, ground_from(bars))
    assert each[4:].sum() < 0.7 * each[:4].sum()
    assert model.nats(again, bars) == pytest.approx(each.mean())
    assert model.nats([], bars) == 0.0


def test_a_scale_is_likelier_than_leaps_at_random(model: MelodyModel) -> None:
    rng, bars = Random(4), [Bar(n + 1, n * 3840, 4, 4, Key(tonic=2)) for n in range(4)]
    scale = [(n * 480, 480, pitch) for n, pitch in enumerate((62, 64, 66, 67, 69, 71, 73, 74) * 2)]
    leaps = [(n * 480, 480, rng.randint(55, 85)) for n in range(16)]
    assert model.nats(scale, bars) < 0.6 * model.nats(leaps, bars)


@settings(max_examples=6, deadline=None)
@given(meter=st.sampled_from(METERS), seed=st.integers(0, 99))
def test_drawn_notes_fill_the_time_and_stay_in_the_span(model: MelodyModel, meter: tuple[int, int], seed: int) -> None:
    under = ground(7, meter)
    end = 4 * 3840 * meter[0] // meter[1]
    found = sample(model, model.start(under), end, Random(seed), span=(60, 76))
    assert found == sample(model, model.start(under), end, Random(seed), span=(60, 76))
    assert all(0 <= start < start + length <= end and 60 <= pitch <= 76 for start, length, pitch in found)
    assert all(one[0] + one[1] <= two[0] for one, two in pairwise(found))


def test_rhythm_and_pitch_together_sum_to_one(model: MelodyModel) -> None:
    state = model.read(model.start(ground()), TUNE[:3])
    both = model.log_probabilities(state)
    assert both.shape == (RHYTHMS, 129)
    assert np.exp(both).sum() == pytest.approx(1.0)


def test_events_leave_no_gaps_but_rests() -> None:
    events, first = events_of([(480, 400, 60), (960, 480, 62), (960, 480, 67), (2400, 480, 64)], 0)
    assert first == 480
    assert events[:, 1].tolist() == [480, 480, 960, 480]
    assert events[:, 2].tolist() == [60, 67, NONE, 64]
    assert [is_rest(symbol) for symbol in events[:, 0].tolist()] == [False, False, True, False]
    assert all(length_of(rhythm_of(int(length))) == length for length in LENGTHS)


def test_chords_by_their_suffix() -> None:
    assert [kind_of(name) for name in ("", "maj7", "m7", "7", "dim", "m7b5", "sus4")] == [0, 0, 1, 2, 3, 3, 4]
    chords = [
        Chord(id="a", start_ticks=0, length_ticks=960, root=0),
        Chord(id="b", start_ticks=1920, length_ticks=9, root=7),
    ]
    under = ground_from([Bar(1, 0, 4, 4, Key(tonic=0))], chords)
    assert under.chords.tolist() == [[0, 0, 0], [960, -1, 0], [1920, 7, 0], [1929, -1, 0]]


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    for name, data in (("empty.npz", b""), ("text.npz", b"no model")):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(ModelError, match="install Bandmate again"):
            load_melody_model(tmp_path / name)
    np.savez(tmp_path / "other.npz", one=np.zeros(3))
    with pytest.raises(ModelError, match="install Bandmate again"):
        load_melody_model(tmp_path / "other.npz")
