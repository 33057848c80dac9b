"""Scales and targets: what is in, where notes go, and what is left alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandmate.song.errors import UnknownName
from bandmate.sound.sung_notes import SungNote
from bandmate.stages.edit.scale import chromatic, find_scale, named_scale, reference_hz
from bandmate.stages.edit.targets import aims, tuned_notes

TWINKLE = (60, 60, 67, 67, 69, 69, 67, 65, 65, 64, 64, 62, 62, 60, 71, 72, 60)


def sung(*pitches: float, seconds: float = 0.4, is_glide: bool = False, confidence: float = 0.95) -> list[SungNote]:
    return [
        SungNote(at * seconds, (at + 1) * seconds, pitch, 0.0, 0.0, 0.0, is_glide, confidence)
        for at, pitch in enumerate(pitches)
    ]


@pytest.mark.parametrize("up", range(12))
def test_a_major_tune_is_found_in_every_key(up: int) -> None:
    scale = find_scale(sung(*(pitch + up for pitch in TWINKLE)))
    assert scale.pitch_classes == tuple(sorted((degree + up) % 12 for degree in (0, 2, 4, 5, 7, 9, 11)))
    assert scale.candidates[0] == scale.name
    assert scale.tonic == up
    assert scale.name.endswith("major")
    assert scale.relative.endswith("minor")
    assert scale.margin > 0.6


def test_relatives_share_their_notes() -> None:
    assert named_scale("A minor").pitch_classes == named_scale("C major").pitch_classes
    assert named_scale("Bb minor").tonic == 10
    assert named_scale("chromatic").pitch_classes == tuple(range(12))


def test_few_notes_make_no_key() -> None:
    scale = find_scale(sung(60, 64))
    assert scale.name == "chromatic"
    assert scale.margin < 0.6
    assert find_scale([]).name == "chromatic"


def test_a_backing_makes_a_key_of_few_notes() -> None:
    chroma = np.zeros(12)
    chroma[[0, 2, 4, 5, 7, 9, 11]] = 1.0
    scale = find_scale(sung(60, 62, 64, 67), chroma)
    assert scale.pitch_classes == named_scale("C major").pitch_classes


def test_every_note_at_once_is_chromatic() -> None:
    assert find_scale(sung(*range(60, 72))).name == "chromatic"


def test_unknown_scales_are_refused() -> None:
    with pytest.raises(UnknownName, match='no scale named "H major"'):
        named_scale("H major")
    with pytest.raises(UnknownName, match='no scale named ""'):
        named_scale("")


def test_the_band_is_tuned_elsewhere(rng: np.random.Generator) -> None:
    off = rng.normal(0.18, 0.08, len(TWINKLE))
    assert reference_hz(sung(*(np.array(TWINKLE) + off))) == pytest.approx(440 * 2 ** (0.18 / 12), abs=1.5)
    assert reference_hz(sung(*TWINKLE)) == 440.0
    assert reference_hz(sung(60.3, 62.3)) == 440.0
    assert reference_hz(sung(*(60 + 12 * rng.random(12)))) == 440.0


def test_notes_go_where_they_were_meant() -> None:
    found = aims(sung(60.3, 61.7, 64.05, 67.11), named_scale("C major"))
    assert [aim.note.target_pitch for aim in found] == [60, 62, 64, 67]
    assert [aim.why for aim in found] == ["moved", "moved", "in tune", "moved"]
    assert found[0].note.amount == 1.0
    assert found[2].note.amount == 0.0
    assert 0 < found[3].note.amount < 1
    assert found[0].off_cents == pytest.approx(-30)


def test_the_scale_decides_what_is_nearly_between() -> None:
    inside, outside = named_scale("C major"), chromatic()
    (note,) = tuned_notes(sung(60.55), inside)
    assert note.target_pitch == 60
    (note,) = tuned_notes(sung(60.55), outside)
    assert note.target_pitch == 61
    (note,) = tuned_notes(sung(61.03), inside)
    assert note.target_pitch == 61


def test_a_tune_sung_flat_stays_the_tune() -> None:
    flat = [pitch - 0.45 - 0.1 * (at == 3) for at, pitch in enumerate(TWINKLE)]
    assert [note.target_pitch for note in tuned_notes(sung(*flat), chromatic())] == list(TWINKLE)


def test_what_is_left_alone_says_why() -> None:
    scale = named_scale("C major")
    assert aims(sung(60.3, is_glide=True), scale)[0].why == "slide"
    assert aims(sung(60.3, seconds=0.08), scale)[0].why == "short"
    assert aims(sung(60.3, confidence=0.4), scale)[0].why == "unsure"
    assert aims(sung(63.5), scale)[0].why == "blue"
    assert aims(sung(60.52), chromatic())[0].why == "between"
    for case in (sung(60.3, is_glide=True), sung(60.3, seconds=0.08), sung(60.3, confidence=0.4), sung(63.5)):
        assert aims(case, scale)[0].note.amount == 0.0


def test_short_notes_go_less_of_the_way() -> None:
    (note,) = tuned_notes(sung(60.3, seconds=0.1), chromatic())
    assert note.amount == pytest.approx(0.1 / 0.12)


def test_hard_flattens_everything() -> None:
    found = aims([*sung(60.3, is_glide=True), *sung(63.5)], named_scale("C major"), style="hard")
    assert all(aim.note.amount == 1.0 and aim.note.vibrato_kept == 0 and aim.note.retune_ms == 0 for aim in found)
    with pytest.raises(UnknownName, match='no style of tuning named "robot"'):
        aims([], chromatic(), style="robot")


def test_another_reference_moves_the_grid() -> None:
    (note,) = tuned_notes(sung(60.2), chromatic(), reference_hz=440 * 2 ** (0.2 / 12))
    assert note.centre_pitch == pytest.approx(60.0)
    assert note.amount == 0.0


@given(st.lists(st.floats(36.0, 84.0), max_size=20), st.sampled_from(["natural", "hard"]))
def test_targets_are_semitones_nearby(pitches: list[float], style: str) -> None:
    found = aims(sung(*pitches), find_scale(sung(*pitches)), style=style)
    assert [aim.note.centre_pitch for aim in found] == pytest.approx(pitches)
    for aim in found:
        assert aim.note.target_pitch == round(aim.note.target_pitch)
        assert abs(aim.off_cents) <= 200
        assert 0 <= aim.note.amount <= 1
        assert style == "hard" or abs(aim.off_cents) <= 70 or aim.note.amount == 0
    assert len({aim.note.id for aim in found}) == len(found)
