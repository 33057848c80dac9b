"""Loud bleed and ringing between the hits of a drum are found and gated; clean drums and ghost notes are left alone."""

from __future__ import annotations

import re

import numpy as np
import pytest
from msgspec.structs import replace

from bandmate.song.devices import Gate
from bandmate.stages.ears import Ears
from bandmate.stages.mix.brief import MixBrief
from bandmate.stages.mix.gate import BLEED, MOST_LOST_DB
from bandmate.stages.mix.gate_bleed import between_hits, likeness
from bandmate.stages.mix.session import Session
from bandmate.stages.mix.trial import Trial, tried
from tests.stages.stems import RATE_HZ, band, hits, noise, tone

Reals = np.ndarray


def kick() -> Reals:
    return 0.5 * hits(0.5137, 0.05) * tone(55.0, 3)


def snare(ghosts_db: float | None = None) -> Reals:
    ghosts = 0.0 if ghosts_db is None else 10 ** (ghosts_db / 20) * hits(1.0274, 0.03, 0.25)
    return 0.4 * (hits(1.0274, 0.05, 0.5137) + ghosts) * noise(2, 180, 8000)


def tom(bleed_db: float | None = None, hum_db: float | None = None) -> Reals:
    own = 0.5 * hits(1.3, 0.08, 0.7) * tone(110.0, 2)
    if bleed_db is not None:
        own = own + 10 ** (bleed_db / 20) * (kick() + snare())
    return own if hum_db is None else own + 0.5 * 10 ** (hum_db / 20) * tone(100.0, 3)


def session_of(**recordings: Reals) -> Session:
    song, ears = band({name.replace("_", " ").title(): samples for name, samples in recordings.items()})
    session = Session(song, ears, MixBrief())
    session.listen()
    return session


def test_clean_drums_are_left_alone() -> None:
    assert BLEED.find(session_of(kick=kick(), snare=snare(), floor_tom=tom())) == []


def test_ghost_notes_are_not_bleed() -> None:
    assert BLEED.find(session_of(kick=kick(), snare=snare(ghosts_db=-14.0), floor_tom=tom())) == []


def test_soft_bleed_is_left_alone() -> None:
    assert BLEED.find(session_of(kick=kick(), snare=snare(), floor_tom=tom(bleed_db=-34.0))) == []


@pytest.mark.parametrize("bleed_db", [-15.0, -18.0])
def test_loud_bleed_is_found_and_gated_as_foretold(bleed_db: float) -> None:
    session = session_of(kick=kick(), snare=snare(), floor_tom=tom(bleed_db))
    (finding,) = BLEED.find(session)
    assert finding.kind == "bleed" and finding.tracks == ("floor-tom",) and finding.confidence >= 0.5
    assert not re.search(r"\d", finding.hint)
    (answer,) = BLEED.answers(session, finding)
    trial = tried(session, BLEED, finding, answer)
    assert isinstance(trial, Trial)
    (move,) = trial.moves
    assert isinstance(move.after, Gate) and move.address == "tracks/floor-tom/inserts/bleed-gate"
    figure = move.evidence[0]
    assert figure.before is not None and figure.after is not None and figure.predicted is not None
    assert figure.before - figure.after > 8.0
    assert figure.before - figure.predicted == pytest.approx(figure.before - figure.after, rel=0.2)
    lost = next(e for e in move.evidence if e.what == "what the hits themselves lose")
    assert lost.after is not None and lost.after <= MOST_LOST_DB
    assert BLEED.find(trial.session) == []


def test_numbers_in_the_reason_are_evidence() -> None:
    session = session_of(kick=kick(), snare=snare(), floor_tom=tom(-15.0))
    (finding,) = BLEED.find(session)
    trial = tried(session, BLEED, finding, BLEED.answers(session, finding)[0])
    assert isinstance(trial, Trial)
    for said, evidence in ((finding.sentence, finding.evidence), (trial.moves[0].because, trial.moves[0].evidence)):
        facts = [abs(v) for e in evidence for v in (e.before, e.after, e.target) if v is not None]
        for number in re.findall(r"(?<![\w.])\d+(?:\.\d+)?(?!\w)", said):
            decimals = len(number.partition(".")[2])
            assert any(f"{fact:.{decimals}f}" == number for fact in facts), f"{number} in: {said}"


def test_a_hum_between_the_hits_is_found() -> None:
    session = session_of(kick=kick(), snare=snare(), floor_tom=tom(hum_db=-18.0))
    (finding,) = BLEED.find(session)
    assert "rings or hums" in finding.sentence


def test_other_instruments_are_not_asked() -> None:
    assert BLEED.find(session_of(kick=kick(), snare=snare(), piano=tom(bleed_db=-12.0))) == []


def test_a_gated_track_gets_no_second_gate() -> None:
    session = session_of(kick=kick(), snare=snare(), floor_tom=tom(-15.0))
    (finding,) = BLEED.find(session)
    song = session.song
    tracks = tuple(
        replace(t, inserts=(Gate(id="bleed-gate", range_db=0.0),)) if t.id == "floor-tom" else t for t in song.tracks
    )
    assert list(BLEED.answers(heard(replace(song, tracks=tracks), session.ears), finding)) == []


def heard(song: object, ears: Ears) -> Session:
    session = Session(song, ears, MixBrief())  # type: ignore[arg-type]
    session.listen()
    return session


@pytest.mark.parametrize(
    "power", [np.zeros(0), np.zeros(900), np.full(900, 0.1), np.eye(1, 900)[0]], ids=["empty", "silence", "tone", "one"]
)
def test_what_has_no_hits_is_not_judged(power: Reals) -> None:
    assert between_hits(power) is None


def test_likeness_to_silence_and_to_nothing_is_none() -> None:
    power = np.square(tom(-15.0)).reshape(-1, RATE_HZ // 100).mean(axis=1)
    between = between_hits(power)
    assert between is not None
    assert likeness(between, np.zeros(900)) == 0.0
    assert likeness(between, np.zeros(0)) == 0.0
    assert likeness(between, power) > 0.99
