"""A voice, tuned: laws of playing a tuning, and of playing it around one note."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from msgspec.structs import replace

from bandmate.song.errors import UnknownName
from bandmate.song.tuning import TunedNote, Tuning
from bandmate.sound.audio import Samples
from bandmate.sound.tuned_voice import TunedVoice, play_tuning
from tests.conftest import shared_folder
from tests.sound.phrases import HOP_SECONDS, curve_of, phrase, sung

RATE_HZ = 22_050
NOTES = ((0.1, 0.6, 57.2), (0.6, 1.1, 60.3), (1.3, 1.8, 58.8), (1.8, 2.4, 55.9))


def voice(rate_hz: int = RATE_HZ, notes: tuple[tuple[float, float, float], ...] = NOTES) -> tuple[Samples, Tuning]:
    pitches = phrase(rate_hz, notes, notes[-1][1] + 0.2)
    made = tuple(
        TunedNote(
            id=f"n{i}", start_seconds=start, end_seconds=end, centre_pitch=pitch, target_pitch=float(round(pitch))
        )
        for i, (start, end, pitch) in enumerate(notes)
    )
    data = curve_of(pitches, rate_hz).to_data()
    return sung(pitches, rate_hz), Tuning(id="t", hop_seconds=HOP_SECONDS, pitch_data=data, notes=made)


def edited(tuning: Tuning, number: int, **settings: float) -> Tuning:
    notes = list(tuning.notes)
    notes[number] = replace(notes[number], **settings)
    return replace(tuning, notes=tuple(notes))


def pitch_of(sound: npt.NDArray[np.float32], rate_hz: int, near: float) -> float:
    """The pitch of a steady tone: the phase of its third harmonic, half a stretch later."""
    hz = 3 * 440.0 * 2.0 ** ((near - 69.0) / 12.0)
    half = len(sound) // 2
    turn = np.exp(-2j * np.pi * hz / rate_hz * np.arange(len(sound))) * sound
    window = np.hanning(half)
    one, other = (np.sum(window * turn[at : at + half]) for at in (0, half))
    return near + 12 * np.log2(1 + float(np.angle(other / one)) / (2 * np.pi * half / rate_hz) / hz)


def test_a_neutral_tuning_gives_the_very_same_samples() -> None:
    samples, tuning = voice()
    assert play_tuning(samples, RATE_HZ, tuning) is samples
    assert play_tuning(samples, RATE_HZ, edited(tuning, 1, target_pitch=63.0, amount=0.0)) is samples
    moved = edited(tuning, 1, amount=1.0)
    assert play_tuning(samples, RATE_HZ, replace(moved, enabled=False)) is samples
    assert play_tuning(samples, RATE_HZ, moved.neutral()) is samples
    assert play_tuning(samples, RATE_HZ, replace(moved, centre=0.0)) is samples


@pytest.mark.parametrize("semitones", [-5.0, -0.4, 0.3, 3.0])
def test_a_note_comes_to_its_target_within_two_cents(semitones: float) -> None:
    samples, tuning = voice(notes=((0.1, 1.5, 57.2),))
    done = play_tuning(samples, RATE_HZ, edited(tuning, 0, target_pitch=57.2 + semitones, amount=1.0))
    core = done[0, round(0.3 * RATE_HZ) : round(1.3 * RATE_HZ)]
    assert abs(pitch_of(core, RATE_HZ, 57.2 + semitones) - 57.2 - semitones) < 0.02
    was = samples[0, round(0.3 * RATE_HZ) : round(1.3 * RATE_HZ)]
    assert abs(20 * np.log10(np.std(core) / np.std(was))) < 1.5


def test_outside_of_what_a_note_reaches_every_bit_stays() -> None:
    samples, tuning = voice()
    moved = edited(tuning, 2, amount=1.0)
    done = play_tuning(samples, RATE_HZ, moved)
    changed = np.flatnonzero((done != samples).any(axis=0)) / RATE_HZ
    assert changed.min() > 1.25
    assert changed.max() < 1.8 + 0.25
    start, end = TunedVoice(samples, RATE_HZ, curve_of(phrase(RATE_HZ, NOTES, 2.6), RATE_HZ)).reach(moved.notes[2])
    assert start <= changed.min() and changed.max() <= end


def test_joins_make_no_click() -> None:
    samples, tuning = voice()
    for number in range(4):
        done = play_tuning(samples, RATE_HZ, edited(tuning, number, target_pitch=NOTES[number][2] + 1.0, amount=1.0))
        was, now = (np.abs(np.diff(each[0], n=2)).max() for each in (samples[:, 2_300:-4_500], done[:, 2_300:-4_500]))
        assert now < 1.35 * was


def test_around_a_note_the_bits_are_those_of_the_whole() -> None:
    samples, tuning = voice()
    tuning = edited(tuning, 0, amount=1.0, gain_db=-3.0)
    tuning = edited(tuning, 2, amount=0.7, formant_semitones=2.0)
    tuning = edited(edited(tuning, 3, mute=True), 1, vibrato_kept=0.0)
    whole = play_tuning(samples, RATE_HZ, tuning)
    played = TunedVoice(samples, RATE_HZ, curve_of(phrase(RATE_HZ, NOTES, 2.6), RATE_HZ))
    for note in tuning.notes:
        first, part = TunedVoice(samples, RATE_HZ, played.curve).play_around(tuning, note.id)
        np.testing.assert_array_equal(part, whole[:, first : first + part.shape[1]])
        other = played.play(edited(tuning, int(note.id[1:]), amount=0.2, mute=False, gain_db=2.0))
        changed = np.flatnonzero((other != whole).any(axis=0))
        assert first <= changed.min() and changed.max() < first + part.shape[1]
    with pytest.raises(UnknownName, match='no note named "n9"'):
        played.play_around(tuning, "n9")


def test_the_hard_effect_is_flat_and_on_its_target() -> None:
    rate = RATE_HZ
    pitches = phrase(rate, ((0.1, 1.7, 60.0),), 1.9)
    clock = np.arange(len(pitches)) / rate
    pitches += 0.5 * np.sin(2 * np.pi * 5.5 * clock) + 0.2 * (clock - 0.9)
    note = TunedNote(
        id="n", start_seconds=0.1, end_seconds=1.7, centre_pitch=60.0, target_pitch=61.0, amount=1.0, retune_ms=0.0,
        drift_kept=0.0, vibrato_kept=0.0,
    )  # fmt: skip
    curve = curve_of(pitches, rate)
    tuning = Tuning(id="t", hop_seconds=HOP_SECONDS, pitch_data=curve.to_data(), notes=(note,))
    done = play_tuning(sung(pitches, rate), rate, tuning)
    for at in np.arange(0.2, 1.5, 0.1):
        piece = done[0, round(at * rate) : round((at + 0.1) * rate)]
        assert abs(pitch_of(piece, rate, 61.0) - 61.0) < 0.04


def test_channels_move_as_one() -> None:
    samples, tuning = voice()
    moved = edited(tuning, 1, amount=1.0)
    stereo = np.vstack([samples, -0.25 * samples])
    done = play_tuning(stereo, RATE_HZ, moved)
    np.testing.assert_array_equal(done[1], -0.25 * done[0])
    np.testing.assert_allclose(done[:1], play_tuning(samples, RATE_HZ, moved), atol=2e-3)


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 48_000, 192_000])
def test_every_rate_is_played(rate_hz: int) -> None:
    samples, tuning = voice(rate_hz, ((0.05, 0.45, 57.2),))
    done = play_tuning(samples, rate_hz, edited(tuning, 0, amount=1.0, target_pitch=59.0))
    core = done[0, round(0.15 * rate_hz) : round(0.4 * rate_hz)]
    assert abs(pitch_of(core, rate_hz, 59.0) - 59.0) < 0.03
    assert done.dtype == np.float32


def test_bad_input_is_left_alone() -> None:
    samples, tuning = voice()
    moved = edited(tuning, 1, amount=1.0)
    silent = np.zeros_like(samples)
    np.testing.assert_array_equal(play_tuning(silent, RATE_HZ, moved), silent)
    for frames in (0, 1, 40):
        short = samples[:, :frames]
        np.testing.assert_array_equal(play_tuning(short, RATE_HZ, moved), short)
    for beyond in (500.0, 2.59):
        late = edited(tuning, 1, amount=1.0, start_seconds=beyond, end_seconds=beyond + 1, gain_db=-6.0)
        assert play_tuning(samples, RATE_HZ, late).shape == samples.shape
    assert play_tuning(samples, RATE_HZ, replace(moved, pitch_data=b"")) is samples


def test_noise_taken_for_a_voice_is_copied(rng: np.random.Generator) -> None:
    _, tuning = voice()
    noise = (0.1 * rng.standard_normal((1, round(2.6 * RATE_HZ)))).astype(np.float32)
    done = play_tuning(noise, RATE_HZ, edited(tuning, 0, amount=1.0, target_pitch=60.0))
    assert np.isfinite(done).all() and np.mean(done == noise) > 0.7


def test_gain_and_mute_belong_to_their_note() -> None:
    samples, tuning = voice()
    done = play_tuning(samples, RATE_HZ, edited(edited(tuning, 1, gain_db=-6.0), 2, mute=True))
    at = [
        slice(round(a * RATE_HZ), round(b * RATE_HZ)) for a, b in ((0.0, 0.58), (0.62, 1.09), (1.32, 1.79), (1.82, 2.6))
    ]
    np.testing.assert_array_equal(done[:, at[0]], samples[:, at[0]])
    np.testing.assert_allclose(done[:, at[1]], samples[:, at[1]] * 10 ** (-6 / 20), rtol=1e-6)
    assert not done[:, at[2]].any()
    np.testing.assert_array_equal(done[:, at[3]], samples[:, at[3]])


def test_a_real_voice_is_only_changed_where_it_is_asked() -> None:
    from bandmate.formats.audio_files import read_audio

    audio = read_audio(shared_folder("audio", "sung_with_f0") / "vocadito_1.wav")
    truth = np.loadtxt(shared_folder("audio", "sung_with_f0") / "vocadito_1_f0.csv", delimiter=",")
    grid = np.arange(0, 12.0, HOP_SECONDS)
    nearest = np.clip(np.searchsorted(truth[:, 0], grid), 0, len(truth) - 1)
    hz = truth[nearest, 1]
    steps = np.where(hz > 0, np.round(200 * (69 + 12 * np.log2(np.maximum(hz, 1.0) / 440))), 0)
    note = TunedNote(id="n", start_seconds=8.0, end_seconds=9.0, centre_pitch=60.0, target_pitch=60.5, amount=1.0)
    tuning = Tuning(id="t", hop_seconds=HOP_SECONDS, pitch_data=steps.astype("<i2").tobytes(), notes=(note,))
    samples = audio.samples[:, : 12 * audio.rate_hz]
    done = play_tuning(samples, audio.rate_hz, tuning)
    changed = np.flatnonzero((done != samples).any(axis=0)) / audio.rate_hz
    assert changed.min() > 7.8 and changed.max() < 9.4
    assert np.abs(done).max() < 1.3 * np.abs(samples[:, 7 * audio.rate_hz : 10 * audio.rate_hz]).max() + 0.2
