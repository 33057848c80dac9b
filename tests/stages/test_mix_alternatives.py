"""Saturation and parallel compression even hits out as foretold, keep the loudness, and stay away elsewhere."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec.structs import replace

from bandmate.song.devices import Compressor, Saturator
from bandmate.song.moves import apply
from bandmate.song.tracks import Automation, AutomationPoint, Bus
from bandmate.stages.mix.dynamics import UNEVEN_HITS
from bandmate.stages.mix.dynamics_saturation import loss_db
from bandmate.stages.mix.session import Session
from bandmate.stages.mix.trial import Trial, tried
from tests.stages.test_mix_dynamics import assert_forecast, assert_numbers_are_evidence, beaten, heard, session_of


def kept(session: Session) -> list[Trial]:
    (finding,) = UNEVEN_HITS.find(session)
    trials = [tried(session, UNEVEN_HITS, finding, answer) for answer in UNEVEN_HITS.answers(session, finding)]
    return [trial for trial in trials if isinstance(trial, Trial)]


@pytest.fixture(scope="module")
def kick() -> Session:
    return session_of({"Kick": beaten(9.0, 7)})


def test_a_kick_has_three_answers(kick: Session) -> None:
    compressor, saturator, parallel = kept(kick)
    assert isinstance(compressor.moves[0].after, Compressor)
    assert isinstance(saturator.moves[0].after, Saturator)
    assert isinstance(parallel.moves[0].after, Bus)
    for trial in (compressor, saturator, parallel):
        assert_forecast(trial.moves[0].evidence[0])
        assert_numbers_are_evidence(trial.moves[0].because, trial.moves[0].evidence)


def test_saturation_keeps_the_loudness(kick: Session) -> None:
    _, saturator, _ = kept(kick)
    assert saturator.session.loudness_lufs("kick") == pytest.approx(kick.loudness_lufs("kick"), abs=0.7)


def test_track_and_squashed_copy_together_keep_the_loudness(kick: Session) -> None:
    *_, parallel = kept(kick)
    addresses = [move.address for move in parallel.moves]
    assert addresses == ["buses/parallel-kick", "tracks/kick/sends/parallel-kick", "tracks/kick/gain_db"]
    before = kick.closeup("kick").levels.mean(dtype=np.float64)
    after = kick.ears.alone(parallel.session.song, "kick").levels.mean(dtype=np.float64)
    assert 10 * np.log10(after / before) == pytest.approx(0.0, abs=1.2)


def test_a_track_alone_is_heard_anew_only_when_it_or_a_bus_changes(kick: Session) -> None:
    *_, parallel = kept(kick)
    song = parallel.session.song
    first = kick.ears.alone(song, "kick")
    assert kick.ears.alone(replace(song, title="other"), "kick") == first
    softer = replace(song, buses=tuple(replace(bus, gain_db=-30.0) for bus in song.buses))
    assert kick.ears.alone(softer, "kick") != first


def test_a_squashed_copy_is_not_offered_twice(kick: Session) -> None:
    *_, parallel = kept(kick)
    (finding,) = UNEVEN_HITS.find(kick)
    again = heard(apply(kick.song, parallel.moves), kick.ears)
    assert all(len(answer.moves) == 1 for answer in UNEVEN_HITS.answers(again, finding))


def test_a_fader_that_moves_is_left_to_the_musician(kick: Session) -> None:
    own = Automation(id="mine", parameter="gain_db", points=(AutomationPoint(id="1", at_ticks=0, value=-1.0),))
    song = replace(kick.song, tracks=(replace(kick.song.tracks[0], automation=(own,)),))
    session = heard(song, kick.ears)
    (finding,) = UNEVEN_HITS.find(session)
    assert [len(answer.moves) for answer in UNEVEN_HITS.answers(session, finding)] == [1]


def test_guitars_are_neither_saturated_nor_squashed() -> None:
    session = session_of({"Acoustic Guitar": beaten(9.0, 7)})
    for finding in UNEVEN_HITS.find(session):
        assert all(isinstance(a.moves[0].after, Compressor) for a in UNEVEN_HITS.answers(session, finding))


@pytest.mark.parametrize("drive_db", [0.0, 6.0, 18.0])
def test_saturation_takes_from_a_sine_what_is_foretold(drive_db: float) -> None:
    drive = 10 ** (drive_db / 20)
    sine = 0.5 * np.sin(2 * np.pi * np.arange(4800) / 48)
    shaped = np.tanh(drive * sine) / drive
    lost = 10 * np.log10(np.mean(shaped**2) / np.mean(sine**2))
    assert loss_db(np.array([0.5]), drive_db)[0] == pytest.approx(lost, abs=0.05)


def test_soft_sound_and_silence_lose_nothing_to_saturation() -> None:
    assert loss_db(np.array([0.0, 1e-4]), 0.0) == pytest.approx([0.0, 0.0], abs=1e-3)
