"""Rides: a track that is off in one section is put back there, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec.structs import replace

from bandmate.song.harmony import Section
from bandmate.song.moves import apply
from bandmate.song.time import TempoMap, TempoPoint
from bandmate.song.tracks import Automation, AutomationPoint
from bandmate.stages.mix.balance_family import BALANCE
from bandmate.stages.mix.brief import MixBrief
from bandmate.stages.mix.draft import Draft
from bandmate.stages.mix.rides import deviation, find_rides, has_own_rides, ride_over, sections_of
from bandmate.stages.mix.session import Session
from tests.stages.stems import band, stems, times
from tests.stages.test_mix import assert_reason_rests_on_evidence

FORM = tuple(Section(id=str(i), name=name, start_bar=1 + 2 * i, bars=2) for i, name in enumerate("ABC"))


def session_for(recordings: dict[str, np.ndarray], brief: MixBrief | None = None) -> Session:
    """Three sections of four seconds each."""
    song, ears = band(recordings)
    song = replace(song, sections=FORM, tempo=TempoMap(points=(TempoPoint(id="1", at_ticks=0, bpm=120.0),)))
    session = Session(song, ears, brief or MixBrief())
    session.listen()
    return session


def louder_in(recordings: dict[str, np.ndarray], name: str, gain_db: float, section: int = 1) -> dict[str, np.ndarray]:
    inside = (times() >= 4.0 * section) & (times() < 4.0 * (section + 1))
    return {**recordings, name: recordings[name] * np.where(inside, 10 ** (gain_db / 20), 1.0)}


def test_a_steady_song_has_nothing_to_ride() -> None:
    session = session_for(stems())
    assert sections_of(session) == [(0.0, 4.0), (4.0, 8.0), (8.0, 12.0)]
    assert find_rides(session) == []


@pytest.mark.parametrize(("gain_db", "kind"), [(8.0, "sticking-out"), (-8.0, "buried")])
def test_a_track_that_is_off_in_one_section_is_ridden_back(gain_db: float, kind: str) -> None:
    session = session_for(louder_in(stems(), "Guitar", gain_db))
    (finding,) = find_rides(session)
    assert (finding.kind, finding.tracks, finding.start_seconds, finding.end_seconds) == (kind, ("guitar",), 4.0, 8.0)
    assert finding.where == "bars 3–4"
    draft = Draft(session)
    draft.answer(BALANCE, finding)
    (move,) = draft.moves
    assert_reason_rests_on_evidence(move)
    figure = move.evidence[0]
    assert figure.before == pytest.approx(8.0, abs=1.0) and figure.after < 3.0
    assert figure.predicted == pytest.approx(figure.after, abs=0.2 * (figure.before - figure.after))
    level = [s.power("guitar").sum(axis=0) for s in (session, draft.session)]
    assert np.allclose(level[0][:38], level[1][:38]) and np.allclose(level[0][82:], level[1][82:])


def test_all_together_louder_is_the_song() -> None:
    recordings = stems()
    for name in list(recordings):
        recordings = louder_in(recordings, name, 8.0)
    assert find_rides(session_for(recordings)) == []


def test_a_part_that_is_different_everywhere_is_music() -> None:
    recordings = louder_in(louder_in(stems(), "Guitar", 6.0, 0), "Guitar", -7.0, 2)
    assert find_rides(session_for(recordings)) == []


def test_small_steps_are_the_musicians_own() -> None:
    assert find_rides(session_for(louder_in(stems(), "Guitar", 4.0))) == []


def test_a_fader_that_the_musician_rides_is_left_alone() -> None:
    session = session_for(louder_in(stems(), "Guitar", 8.0))
    own = Automation(id="own", parameter="gain_db", points=(AutomationPoint(id="1", at_ticks=0, value=-1.0),))
    tracks = tuple(replace(t, automation=(own,)) if t.id == "guitar" else t for t in session.song.tracks)
    assert find_rides(session.with_song(replace(session.song, tracks=tracks))) == []


def test_what_matters_most_may_stand_out_a_little_more() -> None:
    recordings = louder_in(stems(), "Guitar", 6.0)
    plain = find_rides(session_for(recordings))
    focused = find_rides(session_for(recordings, MixBrief(focus=("guitar",))))
    assert len(plain) == 1 and focused == []


def test_a_ride_from_the_first_to_the_last_moment_has_no_ramps_outside() -> None:
    session = session_for(stems())
    first, last = ride_over(session, (0.0, 4.0), 3.0), ride_over(session, (8.0, 12.0), -3.0)
    assert [point.value for point in first.points] == [3.0, 3.0, 0.0]
    assert [point.value for point in last.points] == [0.0, -3.0]
    assert first.id != last.id


def test_a_second_round_finds_nothing_more() -> None:
    session = session_for(louder_in(stems(), "Guitar", 6.5))
    draft = Draft(session)
    for finding in find_rides(session):
        draft.answer(BALANCE, finding)
    assert draft.moves
    again = session.with_song(apply(session.song, draft.moves))
    assert find_rides(again) == []


def test_too_few_sections_and_tracks_say_nothing() -> None:
    song, ears = band({"Guitar": stems()["Guitar"]})
    session = Session(song, ears, MixBrief())
    session.listen()
    assert find_rides(session) == []
    levels = {"a": np.array([0.0, 9.0, 0.0]), "b": np.zeros(3)}
    assert deviation(levels, "a", 1, [(0, 4), (4, 8), (8, 12)]) is None


@pytest.mark.parametrize(("name", "is_own"), [("phrases", False), ("ride-960", False), ("fade", True)])
def test_rides_that_this_stage_proposed_are_not_the_musicians(name: str, *, is_own: bool) -> None:
    song, _ = band(stems())
    ride = Automation(id=name, parameter="gain_db", points=(AutomationPoint(id="1", at_ticks=0, value=-2.0),))
    assert has_own_rides(replace(song.tracks[0], automation=(ride,))) is is_own
