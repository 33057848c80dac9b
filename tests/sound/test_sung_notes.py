"""Notes from a pitch curve: steps are notes, vibrato, drift and slips are not, and humans agree."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from bandmate.sound.one_voice import is_one_voice
from bandmate.sound.pitch import track_pitch
from bandmate.sound.pitch_curve import PitchCurve
from bandmate.sound.pitch_judge import judge_pitch
from bandmate.sound.sung_notes import SungNote, sung_notes, vibrato
from bandmate.sound.sung_steps import explained_by_steps
from tests.conftest import shared_folder
from tests.sound.singer import contour, shaken, tone

RATE_HZ = 22_050
NO_SOUND = np.zeros((1, 0), np.float32)


def curve_of(pitches: np.ndarray, hop_seconds: float = 0.005) -> PitchCurve:
    hz = np.where(np.isnan(pitches), 0.0, 440.0 * 2 ** ((np.nan_to_num(pitches) - 69) / 12))
    return PitchCurve(hop_seconds, hz, (hz > 0) * 0.95)


def drawn(*notes: tuple[float, float]) -> np.ndarray:
    """Pitches at points of 5 ms, from (seconds, pitch); NaN is silence."""
    return np.concatenate([np.full(round(seconds * 200), pitch) for seconds, pitch in notes])


def spans(notes: tuple[SungNote, ...]) -> list[tuple[float, float]]:
    return [(round(note.start_seconds, 3), round(note.end_seconds, 3)) for note in notes]


def test_steps_are_notes() -> None:
    notes = sung_notes(curve_of(drawn((0.3, 60.0), (0.3, 62.0), (0.2, np.nan), (0.4, 61.0))), NO_SOUND, RATE_HZ)
    assert spans(notes) == [(0.0, 0.3), (0.3, 0.6), (0.8, 1.2)]
    assert [note.centre_pitch for note in notes] == pytest.approx([60.0, 62.0, 61.0])
    assert all(note.confidence == pytest.approx(0.95) for note in notes)
    assert not any(note.is_glide or note.vibrato_cents for note in notes)


@pytest.mark.parametrize("depth_cents", [20.0, 60.0, 100.0])
@pytest.mark.parametrize("rate_hz", [4.5, 6.8])
def test_vibrato_stays_one_note(depth_cents: float, rate_hz: float) -> None:
    pitches = shaken(drawn((1.5, 57.3)), 200, depth_cents, rate_hz)
    (note,) = sung_notes(curve_of(pitches), NO_SOUND, RATE_HZ)
    assert note.centre_pitch == pytest.approx(57.3, abs=0.06)
    assert note.vibrato_cents == pytest.approx(depth_cents, rel=0.1)
    assert note.vibrato_hz == pytest.approx(rate_hz, abs=0.15)


def test_drift_stays_one_note_and_is_told() -> None:
    (note,) = sung_notes(curve_of(60.0 + np.linspace(-0.3, 0.3, 200)), NO_SOUND, RATE_HZ)
    assert note.drift_cents == pytest.approx(40.0, abs=3.0)
    assert not note.is_glide


def test_a_slip_of_the_tracker_is_no_note() -> None:
    pitches = drawn((0.5, 60.0), (0.02, 72.0), (0.5, 60.0))
    assert len(sung_notes(curve_of(pitches), NO_SOUND, RATE_HZ)) == 1


def test_a_slide_is_a_glide() -> None:
    pitches = np.concatenate([drawn((0.15, np.nan)), np.linspace(60.0, 61.8, 30), drawn((0.15, np.nan))])
    (note,) = sung_notes(curve_of(pitches), NO_SOUND, RATE_HZ)
    assert note.is_glide


def test_a_note_sung_again_counts_again() -> None:
    pitches = contour([(0.1, 1.1, 60.0)], 1.2, RATE_HZ)
    sound = tone(pitches, RATE_HZ)
    at = np.arange(sound.shape[1]) / RATE_HZ
    dipped = (sound * (1 - 0.8 * np.exp(-(((at - 0.6) / 0.02) ** 2)))).astype(np.float32)
    assert len(sung_notes(track_pitch(sound, RATE_HZ), sound, RATE_HZ)) == 1
    first, second = sung_notes(track_pitch(dipped, RATE_HZ), dipped, RATE_HZ)
    assert first.end_seconds == pytest.approx(0.6, abs=0.02)
    assert second.start_seconds == pytest.approx(0.6, abs=0.02)


@pytest.mark.parametrize("points", [0, 1, 2, 5, 12])
def test_nothing_and_hardly_anything(points: int) -> None:
    assert sung_notes(curve_of(np.full(points, np.nan)), NO_SOUND, RATE_HZ) == ()
    assert len(sung_notes(curve_of(np.full(points, 60.0)), NO_SOUND, RATE_HZ)) == (points >= 10)


def test_notes_never_overlap_and_last_as_long_as_the_voice(rng: np.random.Generator) -> None:
    walk = 60 + np.cumsum(rng.standard_normal(2_000)) * 0.3
    walk[rng.random(2_000) < 0.05] = np.nan
    notes = sung_notes(curve_of(walk), NO_SOUND, RATE_HZ)
    assert all(a.end_seconds <= b.start_seconds + 1e-9 for a, b in itertools.pairwise(notes))
    assert all(note.seconds >= 0.05 and 0 <= note.confidence <= 1 for note in notes)


def test_a_staircase_is_explained_exactly() -> None:
    stairs = np.repeat([0.0, 200.0, 100.0], 50)
    assert np.array_equal(explained_by_steps(stairs, 1_000.0, 250.0), stairs)
    assert len(np.unique(explained_by_steps(stairs, 1e9, 250.0))) == 1
    assert not len(explained_by_steps(np.zeros(0), 1.0, 1.0))


def test_no_vibrato_in_noise(rng: np.random.Generator) -> None:
    assert vibrato(60 + 0.02 * rng.standard_normal(300), 0.005) == (0.0, 0.0)
    assert vibrato(np.full(10, 60.0), 0.005) == (0.0, 0.0)


def test_human_annotators_hear_the_same_notes() -> None:
    import soundfile

    folder = shared_folder("audio", "sung_with_f0")
    sound, rate_hz = soundfile.read(folder / "vocadito_1.wav", dtype="float32", always_2d=True)
    samples = np.ascontiguousarray(sound.T)
    notes = sung_notes(track_pitch(samples, rate_hz), samples, rate_hz)
    for who in ("A1", "A2"):
        labels = np.loadtxt(folder / f"vocadito_1_notes{who}.csv", delimiter=",")
        hits = sum(
            any(
                abs(note.start_seconds - start) < 0.1 and abs(note.centre_pitch - 69 - 12 * np.log2(hz / 440)) < 0.5
                for note in notes
            )
            for start, hz, _ in labels
        )
        assert 2 * hits / (len(labels) + len(notes)) >= 0.9


def test_a_singer_is_one_voice_and_two_are_not() -> None:
    low = tone(shaken(contour([(0.1, 1.9, 50.0)], 2.0, RATE_HZ), RATE_HZ, 40, 5.5), RATE_HZ)
    high = tone(shaken(contour([(0.1, 1.0, 57.4), (1.0, 1.9, 55.6)], 2.0, RATE_HZ), RATE_HZ, 50, 6.1), RATE_HZ)
    curve, judged = track_pitch(low, RATE_HZ), judge_pitch(low, RATE_HZ)
    is_one, figures = is_one_voice(curve, low, RATE_HZ, judged)
    assert is_one
    assert figures.lacks == ""
    assert figures.pitched_share > 0.9
    assert figures.agreement == pytest.approx(1.0, abs=0.02)
    both = low + high
    is_one, figures = is_one_voice(track_pitch(both, RATE_HZ), both, RATE_HZ, judge_pitch(both, RATE_HZ))
    assert not is_one


@pytest.mark.parametrize(("kind", "lacks"), [("silence", "silence"), ("noise", "pitch"), ("drums", "pitch")])
def test_what_is_no_voice_says_what_it_lacks(kind: str, lacks: str, rng: np.random.Generator) -> None:
    noise = 0.2 * rng.standard_normal((1, 2 * RATE_HZ))
    beat = np.exp(-20 * (4 * np.arange(2 * RATE_HZ) / RATE_HZ % 1))
    sound = {"silence": 0 * noise, "noise": noise, "drums": noise * beat}[kind].astype(np.float32)
    is_one, figures = is_one_voice(track_pitch(sound, RATE_HZ), sound, RATE_HZ)
    assert not is_one
    assert figures.lacks == lacks
    assert figures.agreement is None


def test_nothing_at_all_is_no_voice() -> None:
    is_one, figures = is_one_voice(track_pitch(NO_SOUND, RATE_HZ), NO_SOUND, RATE_HZ)
    assert not is_one
    assert figures.lacks == "silence"
