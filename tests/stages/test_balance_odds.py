"""How surely a fader is wrong grows with the distance, and shrinks where the song scatters or the role is in doubt."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandmate.stages.mix.balance_odds import (
    USUAL_SPREAD_LU,
    certainty,
    maybe_leading,
    places_of,
    song_spread_lu,
    taken_for,
)
from bandmate.stages.mix.roles import Guess, role_table

BASS = Guess("bass", 0.95, "the name says so", (("bass", 0.95),))
PLACE_LU = role_table()["bass"].relative_lu


def sure(off_lu: float, spread_lu: float, guess: Guess = BASS) -> float:
    return certainty(PLACE_LU + off_lu, places_of(guess, {"bass": 1}), spread_lu)


@given(st.floats(0, 14), st.floats(0.1, 3), st.floats(1.5, 3))
def test_the_further_off_the_surer(off_lu: float, more_lu: float, spread_lu: float) -> None:
    plain = places_of(Guess("bass", 1.0, "the musician says so"), {"bass": 1})[:1]
    near, far = (certainty(PLACE_LU + off, plain, spread_lu) for off in (off_lu, off_lu + more_lu))
    assert 0.0 <= near <= far <= 1.0


def test_six_lu_are_odd_in_a_tight_song_and_taste_in_one_that_scatters() -> None:
    assert sure(-6.0, song_spread_lu([0.5, -1.0, 1.2, -0.8, 0.3, 1.5, -1.9, 0.1])) > 0.5
    assert sure(-6.0, song_spread_lu([5.0, -4.0, 6.2, -5.8, 3.3, 4.5, -6.9, 0.1])) < 0.5


def test_what_is_far_beyond_the_tolerance_is_odd_in_any_song() -> None:
    assert sure(-12.0, USUAL_SPREAD_LU) > 0.8


@given(st.lists(st.floats(-30, 30), max_size=30))
def test_the_spread_is_never_wider_than_usual(distances: list[float]) -> None:
    assert 0.0 < song_spread_lu(distances) <= USUAL_SPREAD_LU


def test_one_odd_track_does_not_widen_the_spread() -> None:
    song = [0.5, -1.0, 1.2, -0.8, 0.3, 1.5, -1.9, 0.1]
    assert song_spread_lu([*song, 14.0]) == pytest.approx(song_spread_lu([*song, 2.0]))


def test_a_track_that_may_be_in_its_place_is_not_moved() -> None:
    doubtful = Guess("bass", 0.6, "it sounds like a bass", (("bass", 0.6), ("pad", 0.4)), by_sound=True)
    pad_lu = role_table()["pad"].relative_lu
    assert sure(pad_lu - PLACE_LU, 2.0) > 0.5 > sure(pad_lu - PLACE_LU, 2.0, doubtful)


def test_a_kit_beside_kick_and_snare_is_no_kit() -> None:
    kit = Guess("drums", 0.95, "it sounds like a drum kit", (("drums", 0.95),), by_sound=True)
    assert taken_for(kit, ["drums", "kick", "snare"]).role == "unknown"
    assert taken_for(kit, ["drums", "bass"]) == kit
    told = Guess("drums", 1.0, "the musician says so")
    assert taken_for(told, ["drums", "kick", "snare"]) == told


def test_a_voice_known_by_its_sound_may_lead_where_nobody_does() -> None:
    voice = Guess("backing-vox", 0.7, "it sounds like one", (("backing-vox", 0.7), ("synth", 0.2)), by_sound=True)
    assert dict(maybe_leading(voice).posterior)["lead-vox"] > 0.2
    assert taken_for(voice, ["backing-vox", "lead-vox"]) == voice
    assert taken_for(voice, ["backing-vox"]).confidence < voice.confidence


def test_the_weights_of_the_places_add_up_to_about_one() -> None:
    doubted = Guess("lead-vox", 0.62, "the name has it", (("lead-vox", 0.9), ("synth", 0.05)))
    for guess in (doubted, Guess("unknown", 0.3, "nothing", (("piano", 0.4),), by_sound=True)):
        assert sum(place.weight for place in places_of(guess, {})) == pytest.approx(1.0, abs=0.1)
