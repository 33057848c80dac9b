"""Mixing after a reference: what was turned is found again, other songs only lend a direction, and aspects hold."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec.structs import replace

from bandmate.song.devices import Equalizer
from bandmate.song.song import Song
from bandmate.stages.ears import Ears
from bandmate.stages.mix.brief import Aspect, MixBrief
from bandmate.stages.mix.draft import Draft
from bandmate.stages.mix.reference import MixReference, aligned
from bandmate.stages.mix.reference_fit import Problem, fit
from bandmate.stages.mix.reference_moves import add_reference
from bandmate.stages.mix.session import Session, summed
from tests.stages.stems import band, stems


def session_of(song: Song, ears: Ears, *aspects: Aspect) -> Session:
    session = Session(song, ears, MixBrief(aspects=aspects))
    session.listen()
    return session


def turned(song: Song, changes_db: dict[str, float]) -> Song:
    return replace(song, tracks=tuple(replace(t, gain_db=changes_db.get(t.id, 0.0)) for t in song.tracks))


def proposed(song: Song, ears: Ears, reference: MixReference, *aspects: Aspect) -> Draft:
    draft = Draft(session_of(song, ears, *aspects))
    add_reference(draft, [reference])
    return draft


def test_faders_that_were_turned_are_turned_back() -> None:
    song, ears = band(stems())
    reference = MixReference("last week's mix", ears.main(song))
    wrong = {"kick": 6.0, "pad": -8.0, "guitar": 9.0, "lead-vox": -5.0}
    draft = proposed(turned(song, wrong), ears, reference, "balance")
    left = np.array([draft.song.track(track.id).gain_db for track in song.tracks])
    assert np.abs(left - np.median(left)).max() < 2.1
    assert draft.findings[0].kind == "reference" and "an earlier mix of this song" in draft.findings[0].sentence
    rendered = draft.moves[0].evidence[-2]
    assert rendered.after is not None and rendered.before is not None and rendered.after < rendered.before / 3


def test_the_same_mix_asks_for_nothing() -> None:
    song, ears = band(stems())
    draft = proposed(song, ears, MixReference("itself", ears.main(song)), "balance", "low-end", "tone")
    assert draft.moves == []
    assert "against itself" in draft.remarks[0]


def test_only_the_chosen_aspect_moves() -> None:
    song, ears = band(stems())
    reference = MixReference("earlier", ears.main(song))
    wrong = turned(song, {"bass": 7.0, "guitar": -7.0})
    low = proposed(wrong, ears, reference, "low-end")
    assert {move.address.split("/")[1] for move in low.moves} <= {"kick", "bass"}
    tone = proposed(wrong, ears, reference, "tone")
    assert all(isinstance(move.after, Equalizer) for move in tone.moves)
    assert proposed(wrong, ears, reference, "dynamics").moves == []


def test_the_same_song_is_known_by_its_beginnings() -> None:
    song, ears = band(stems())
    session = session_of(song, ears)
    whole = summed([session.power(track.id) for track in session.tracks])
    heard = ears.main(song)
    found = aligned(whole[:, 15:], heard)
    assert found is not None and found.late_hops == 15
    other = np.random.default_rng(2).lognormal(0.0, 2.0, heard.power.shape).astype(np.float32)
    assert aligned(whole, replace(heard, power_data=other.tobytes())) is None
    assert aligned(whole[:, :50], heard) is None


@pytest.mark.parametrize("tracks", [1, 2, 24])
def test_the_fit_finds_what_was_turned(tracks: int) -> None:
    rng = np.random.default_rng(tracks)
    power = rng.lognormal(0.0, 2.0, (tracks, 31, 200)) * rng.lognormal(0.0, 1.0, (tracks, 31, 1))
    target = 10 * np.log10(power.sum(axis=0))
    wrong = rng.uniform(-12, 12, tracks)
    weight = np.ones(target.shape) * 3_000 / target.size
    problem = Problem(
        power * 10 ** (wrong[:, None, None] / 10),
        target,
        weight,
        np.zeros((0, 31)),
        12.0,
        0.0,
        15.0,
        0.0,
        np.zeros(tracks, bool),
    )
    found = fit(problem)
    error = found.gain_db + wrong
    assert np.abs(error - np.median(error)).max() < 1.0
    assert found.after_db <= found.before_db + 1e-9


def test_a_target_without_weight_asks_for_nothing() -> None:
    power = np.ones((3, 31, 4))
    problem = Problem(
        power, np.zeros((31, 4)), np.zeros((31, 4)), np.zeros((0, 31)), 12.0, 0.0, 15.0, 0.0, np.zeros(3, bool)
    )
    assert not fit(problem).gain_db.any()
