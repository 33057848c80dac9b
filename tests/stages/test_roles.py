"""Roles from names, in several spellings and languages; from sound only where it stands out."""

from __future__ import annotations

import numpy as np
import pytest

from bandmate.sound.audio import Audio
from bandmate.sound.timbre import Timbre, measure_timbre
from bandmate.stages.hearing import Hearing, hear
from bandmate.stages.mix.roles import SURE_ENOUGH, Guess, role_from_name, role_from_sound, role_of, role_table
from tests.stages.stems import RATE_HZ, audio_of, hits, noise, phrases, stems, times, tone


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("Kick In", "kick"),
        ("BD_02", "kick"),
        ("Bass Drum 2", "kick"),
        ("SNR top", "snare"),
        ("HiHat", "hats"),
        ("OH L", "cymbals"),
        ("drums", "drums"),
        ("bassguitar", "bass"),
        ("Bass DI", "bass"),
        ("Synth Bass", "bass"),
        ("clav", "keys"),
        ("horns", "brass"),
        ("leadguitar", "lead-guitar"),
        ("GTR 1 L", "electric-guitar"),
        ("Acoustic Gtr", "acoustic-guitar"),
        ("LeadVox", "lead-vox"),
        ("Lead Vocal (comp)", "lead-vox"),
        ("BGV high", "backing-vox"),
        ("вокал", "lead-vox"),
        ("Бас-гитара", "bass"),
        ("бочка", "kick"),
        ("Струнные 2", "strings"),
    ],
)
def test_a_name_gives_the_role_away(name: str, role: str) -> None:
    guess = role_from_name(name)
    assert guess.role == role and guess.confidence >= 0.8


@pytest.mark.parametrize("name", ["Audio 07", "take3", "John", "", "Untitled", "Мама"])
def test_a_name_that_says_nothing_gives_unknown(name: str) -> None:
    guess = role_from_name(name)
    assert guess.role == "unknown" and guess.confidence == 0.0


def test_what_the_musician_says_counts_more_than_the_name() -> None:
    hearing = hear([audio_of(tone(440.0)).samples], RATE_HZ)
    assert role_of("pad", "Lead Vox", hearing).role == "pad"
    assert role_of("pad", "Lead Vox", hearing).confidence == 1.0
    assert role_of("unknown", "Lead Vox", hearing).role == "lead-vox"


def test_sound_alone_tells_bass_kick_and_cymbals_and_is_not_too_sure() -> None:
    recordings = {
        "bass": stems()["Bass"] * 1.0,
        "kick": hits(0.5, 0.03) * tone(50.0, 1),
        "cymbals": hits(0.5, 0.4) * noise(3, 6000, 16_000),
    }
    for role, samples in recordings.items():
        guess = role_from_sound(hear([audio_of(samples).samples], RATE_HZ))
        assert (guess.role, guess.confidence <= 0.6) == (role, True)


def test_silence_has_no_role() -> None:
    guess = role_from_sound(hear([audio_of(stems()["Pad"] * 0).samples], RATE_HZ))
    assert guess.role == "unknown" and guess.because == "it is silent"


def test_the_table_is_in_sensible_limits() -> None:
    for facts in role_table().values():
        assert -20 <= facts.relative_lu <= 0 and 4 <= facts.tolerance_lu <= 10
        assert 20 <= facts.lowest_hz <= 200 and facts.family


def heard_both(samples: np.ndarray) -> tuple[Hearing, Timbre]:
    recording = audio_of(samples).samples
    return hear([recording], RATE_HZ), measure_timbre(Audio(recording, RATE_HZ))


def bass_line() -> np.ndarray:
    """Low notes that ring, with few overtones."""
    clock = times()
    hz = 41.2 * 2 ** (np.array([0, 0, 3, 5, 7, 5, 3, 0])[(clock / 0.5).astype(int) % 8] / 12)
    turn = 2 * np.pi * np.cumsum(hz) / RATE_HZ
    return 0.3 * sum(np.sin(k * turn) / k**2 for k in range(1, 8)) * np.exp(-(clock % 0.5) / 0.6)


def test_an_unnamed_track_is_what_the_model_hears() -> None:
    guess = role_of("unknown", "Audio 07", *heard_both(bass_line()))
    assert guess.role == "bass" and guess.confidence >= SURE_ENOUGH and guess.because == "it sounds like a bass"
    assert guess.posterior[0] == ("bass", pytest.approx(guess.confidence, abs=1e-3))


def test_a_name_and_a_sound_that_agree_are_surer_than_the_name() -> None:
    hearing, timbre = heard_both(bass_line())
    both = role_of("unknown", "BassGtr", hearing, timbre)
    assert both.role == "bass" and both.confidence >= role_of("unknown", "BassGtr", hearing).confidence
    assert both.because.endswith("and it sounds like one")


def test_a_sound_that_contradicts_the_name_lowers_the_confidence_and_says_so() -> None:
    hearing, timbre = heard_both(bass_line())
    named = role_of("unknown", "Lead Vox", hearing)
    both = role_of("unknown", "Lead Vox", hearing, timbre)
    assert both.role == "lead-vox" and both.confidence < 0.8 * named.confidence
    assert both.because.endswith("but it sounds more like a bass") and both.posterior


def test_the_musician_counts_more_than_name_and_sound() -> None:
    guess = role_of("pad", "Lead Vox", *heard_both(bass_line()))
    assert guess == Guess("pad", 1.0, "the musician says so", (("pad", 1.0),))


def test_silence_is_unknown_whatever_the_model_would_say() -> None:
    hearing, timbre = heard_both(bass_line() * 0)
    guess = role_of("unknown", "Audio 07", hearing, timbre)
    assert (guess.role, guess.confidence, guess.posterior) == ("unknown", 0.0, ())
    assert role_of("unknown", "Kick In", hearing, timbre).role == "kick"


def test_what_is_not_clear_is_unknown_and_says_between_what() -> None:
    mixed = bass_line() + noise(3, 200, 9_000) * hits(0.37, 0.2) + tone(523.0) * phrases(0.7, 0.2)
    guess = role_of("unknown", "Audio 07", *heard_both(mixed))
    assert guess.role == "unknown" or guess.confidence >= SURE_ENOUGH
    assert sum(share for _, share in guess.posterior) <= 1.001
