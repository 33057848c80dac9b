"""The gates: they pass what improves, and fail what replaces, each for its own reason."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec.structs import replace

from bandmate.song.tuning import TunedNote
from bandmate.sound.pitch_curve import PitchCurve
from bandmate.stages.edit.envelopes import envelope_db, envelope_lag_ms
from bandmate.stages.edit.gate_repair import NOTHING_DB, read_repair, repair_failures
from bandmate.stages.edit.gate_tuning import TuningReading, read_tuning, tuning_failures

RATE_HZ, HOP = 16_000, 0.005
SECONDS = 4.0
VIBRATO_HZ = 5.5


def curve(cents: np.ndarray) -> PitchCurve:
    hz = 220.0 * 2 ** (cents / 1200)
    return PitchCurve(HOP, hz, np.ones(len(hz)))


def movement(off: float, depth: float) -> np.ndarray:
    """Cents around A3: ``off`` and a vibrato."""
    at = np.arange(round(SECONDS / HOP)) * HOP
    return off + depth * np.sin(2 * np.pi * VIBRATO_HZ * at)


def sung(cents: np.ndarray) -> np.ndarray:
    """A voice-like tone along a curve, with notes of a second each."""
    at = np.arange(round(SECONDS * RATE_HZ)) / RATE_HZ
    hz = 220.0 * 2 ** (np.interp(at, np.arange(len(cents)) * HOP, cents) / 1200)
    phase = 2 * np.pi * np.cumsum(hz) / RATE_HZ
    tone = sum(np.sin(k * phase) / k for k in range(1, 12))
    swell = np.minimum(1.0, 20 * np.minimum(at % 1.0, 1.0 - at % 1.0))
    return (0.1 * tone * swell)[None].astype(np.float32)


NOTES = tuple(
    TunedNote(id=str(i), start_seconds=i, end_seconds=i + 1, centre_pitch=57.3, target_pitch=57.0, amount=1.0)
    for i in range(4)
)
BEFORE = movement(30.0, 40.0)


def reading(after: np.ndarray, notes: tuple[TunedNote, ...] = NOTES) -> TuningReading:
    return read_tuning(sung(BEFORE), sung(after), RATE_HZ, (curve(BEFORE), curve(after)), notes, 0.06)


def test_a_centre_that_moves_with_its_vibrato_passes() -> None:
    found = reading(movement(3.0, 40.0))
    assert found.error_cents_before == pytest.approx(30.0, abs=6.0)
    assert found.error_cents_after == pytest.approx(3.0, abs=6.0)
    assert found.vibrato_ratio == pytest.approx(1.0, abs=0.02) and found.contour_cents < 1.0
    assert found.timbre_db < 2.0 and found.onset_ms <= 1.0
    assert tuning_failures(found) == ()


def test_a_flattened_vibrato_fails_unless_it_was_asked_for() -> None:
    found = reading(movement(0.0, 4.0))
    (ratio, *others) = tuning_failures(found)
    assert "vibrato is 0.10 times as deep" in ratio and any("movement strays by" in one for one in others)
    assert tuning_failures(found, keeps_movement=False) == ()


def test_notes_that_come_no_nearer_fail() -> None:
    (said,) = tuning_failures(reading(movement(25.0, 40.0)))
    assert said.startswith("note error only falls from 34 to 29 cents")


def test_what_changes_between_the_touched_notes_fails() -> None:
    notes = (*NOTES[:3], replace(NOTES[3], amount=0.0))
    assert any("samples change outside" in one for one in tuning_failures(reading(movement(0.0, 40.0), notes)))


def test_a_late_beginning_is_measured() -> None:
    sound = sung(BEFORE)
    late = np.roll(sound, round(0.012 * RATE_HZ), axis=1)
    one, other = envelope_db(sound, RATE_HZ), envelope_db(late, RATE_HZ)
    assert envelope_lag_ms(one, other, 1.0) == pytest.approx(12.0, abs=1.0)
    assert envelope_lag_ms(one, one, 1.0) == 0.0 and envelope_lag_ms(one, one, 0.0) == 0.0


def test_noise_that_is_taken_out_has_no_performance_in_it() -> None:
    rng = np.random.default_rng(5)
    noise = 0.003 * rng.standard_normal((1, round(SECONDS * RATE_HZ))).astype(np.float32)
    found = read_repair(sung(BEFORE) + noise, sung(BEFORE), RATE_HZ, curve(BEFORE))
    assert found.performance_db < -45 and repair_failures(found) == ()
    assert found.residual_db == pytest.approx(10 * np.log10((noise**2).sum() / (sung(BEFORE) ** 2).sum()), abs=0.3)


def test_a_voice_that_is_thinned_out_fails() -> None:
    found = read_repair(sung(BEFORE), 0.8 * sung(BEFORE), RATE_HZ, curve(BEFORE))
    assert found.performance_db == pytest.approx(20 * np.log10(0.2), abs=0.2)
    assert found.level_db == pytest.approx(1.94, abs=0.05)
    assert len(repair_failures(found)) == 2


def test_without_a_pitch_the_loud_moments_are_the_performance() -> None:
    rng = np.random.default_rng(6)
    hits = np.zeros((1, 64_000), np.float32)
    for at in range(0, 64_000, 8_000):
        hits[0, at : at + 2_000] = rng.standard_normal(2_000) * np.exp(-np.arange(2_000) / 400)
    still = PitchCurve(HOP, np.zeros(800), np.zeros(800))
    assert read_repair(hits, 0.9 * hits, RATE_HZ, still).performance_db == pytest.approx(-20.0, abs=0.2)
    assert read_repair(hits, hits, RATE_HZ, still).performance_db == NOTHING_DB


def test_an_echo_that_is_taken_out_is_not_held_against_the_voice() -> None:
    voice = sung(BEFORE)
    echo = 0.3 * np.roll(voice, round(0.25 * RATE_HZ), axis=1)
    echo[:, : round(0.25 * RATE_HZ)] = 0
    plain = read_repair(voice + echo, voice, RATE_HZ, curve(BEFORE))
    told = read_repair(voice + echo, voice, RATE_HZ, curve(BEFORE), only_rising=True)
    assert told.performance_db < plain.performance_db


def test_what_changes_outside_of_the_stretches_is_counted() -> None:
    sound = sung(BEFORE)
    made = sound.copy()
    made[:, 100:130] = 0.01
    found = read_repair(sound, made, RATE_HZ, curve(BEFORE), [(110, 130)])
    assert found.changed_outside == 10 and "10 samples change outside" in repair_failures(found)[-1]


@pytest.mark.parametrize("frames", [0, 10, 400])
def test_hardly_any_sound_fails_nothing(frames: int) -> None:
    sound = np.zeros((1, frames), np.float32)
    nothing = PitchCurve(HOP, np.zeros(0), np.zeros(0))
    assert repair_failures(read_repair(sound, sound, RATE_HZ, nothing)) == ()
    assert tuning_failures(read_tuning(sound, sound, RATE_HZ, (nothing, nothing), (), 0.06)) == ()
