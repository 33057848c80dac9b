"""Roles from names, in several spellings and languages; from sound only where it stands out."""

from __future__ import annotations

import pytest

from bandmate.stages.hearing import hear
from bandmate.stages.mix.roles import role_from_name, role_from_sound, role_of, role_table
from tests.stages.stems import RATE_HZ, audio_of, hits, noise, stems, tone


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
