"""Sides that cancel, bass that is wide, files that are not stereo, and a centre where everything plays."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bandmate.song.moves import apply
from bandmate.stages.mix.brief import MixBrief
from bandmate.stages.mix.pan import FURTHEST, side_share, spread, spreadable
from bandmate.stages.mix.pan_family import CROWDED_CENTRE, PAN, SIDES_OF_ONE, pair_share
from bandmate.stages.mix.stereo import kept_share, low_sides_db
from bandmate.stages.mix.stereo_family import DUAL_MONO, MONO_LOSS, ONE_SIDED, STEREO, WIDE_LOW_END
from tests.stages.sessions import first_trial, heard
from tests.stages.stems import RATE_HZ, Reals, hits, noise, stems
from tests.stages.test_mix import assert_reason_rests_on_evidence

FRAMES = 6 * RATE_HZ


def band() -> dict[str, Reals]:
    return {name: samples[:FRAMES] for name, samples in stems().items()}


def wide(seed: int, low_hz: float, high_hz: float, alike: float) -> Reals:
    """Noise on two channels with that correlation."""
    both, own, other = (0.1 * noise(seed + k, low_hz, high_hz)[:FRAMES] for k in range(3))
    a, b = math.sqrt(abs(alike)), math.sqrt(1 - abs(alike))
    return np.stack([a * both + b * own, math.copysign(a, alike) * both + b * other])


def test_clean_tracks_get_no_finding() -> None:
    recordings = {**band(), "Pad": wide(300, 150, 6000, 0.6), "Strings": wide(310, 200, 8000, 0.0)}
    session = heard(recordings)
    assert [f for family in (*STEREO, *PAN) for f in family.find(session)] == []
    for samples in (np.zeros((2, RATE_HZ)), np.zeros((2, 1)), np.zeros((1, RATE_HZ))):
        session = heard({"Pad": samples})
        assert [f for family in (*STEREO, *PAN) for f in family.find(session)] == []


@pytest.mark.parametrize("alike", [-0.5, -0.9, -1.0])
def test_a_channel_that_is_upside_down_is_turned_over(alike: float) -> None:
    session = heard({**band(), "Пэд": wide(320, 60, 6000, alike)})
    (finding,) = MONO_LOSS.find(session)
    trial = first_trial(session, MONO_LOSS, finding)
    (move,) = trial.moves
    assert move.address.endswith("/inserts/turned-right") and move.after.right_inverted
    assert move.evidence[0].after < 2.0 and list(MONO_LOSS.find(trial.session)) == []
    assert_reason_rests_on_evidence(move)


def test_sides_that_are_an_effect_are_brought_down_and_not_turned() -> None:
    middle, side = 0.05 * noise(330, 60, 5000)[:FRAMES], 0.1 * noise(331, 400, 5000)[:FRAMES]
    low = 0.2 * noise(332, 60, 100)[:FRAMES]
    session = heard({**band(), "Pad 2": np.stack([middle + side + low, middle - side + low])})
    found = list(MONO_LOSS.find(session))
    for finding in found:
        (move,) = first_trial(session, MONO_LOSS, finding).moves
        assert move.address.endswith("/inserts/narrower") and 0 < move.after.side < 1
        assert_reason_rests_on_evidence(move)
    alone = np.stack([0.6 * middle + side, 0.6 * middle - side])
    session = heard({**band(), "Pad 2": alone})
    assert len(list(MONO_LOSS.find(session))) == 1


def test_a_wide_bass_is_made_mono() -> None:
    bass = band()["Bass"]
    session = heard({**band(), "Bass": np.stack([bass, np.roll(bass, 130)])})
    (finding,) = WIDE_LOW_END.find(session)
    trial = first_trial(session, WIDE_LOW_END, finding)
    (move,) = trial.moves
    assert move.after.mono_below_hz == 120.0 and move.evidence[0].after < move.evidence[0].before - 6.0
    assert_reason_rests_on_evidence(move)
    assert list(WIDE_LOW_END.find(trial.session)) == []


def test_a_wide_piano_with_little_bass_is_left_alone() -> None:
    assert list(WIDE_LOW_END.find(heard({**band(), "Piano": wide(340, 200, 6000, 0.1)}))) == []


def test_what_a_crossover_leaves_of_the_sides() -> None:
    assert kept_share(40.0, 120.0) < 1e-3 < kept_share(100.0, 120.0) < 0.2 and kept_share(2_000.0, 120.0) > 0.999
    session = heard({"Bass": wide(350, 40, 110, 0.0)})
    assert low_sides_db(session.hearing("bass")) == pytest.approx(0.0, abs=1.5)


def test_stereo_files_that_are_mono_are_said_once_in_a_while() -> None:
    guitar = band()["Guitar"]
    (finding,) = DUAL_MONO.find(heard({**band(), "Guitar": np.stack([guitar, guitar])}))
    assert finding.sentence == "Guitar: a stereo file with the same sound on both sides; it could be mono"
    nearly = np.stack([guitar, guitar * (1 + 4e-3)])
    (finding,) = DUAL_MONO.find(heard({**band(), "Guitar": nearly}))
    assert "nearly the same sound on both sides (they differ by -54 dB)" in finding.sentence
    everything = {name: np.stack([samples, samples]) for name, samples in band().items()}
    assert list(DUAL_MONO.find(heard(everything))) == []


@pytest.mark.parametrize("left", [0.0, 0.02])
def test_a_missing_side_is_found(left: float) -> None:
    both = wide(360, 300, 5000, 0.5)
    session = heard({**band(), "Strings": both * np.array([[left], [1.0]])})
    (finding,) = ONE_SIDED.find(session)
    (move,) = first_trial(session, ONE_SIDED, finding).moves
    assert move.evidence[0].after < 1.0
    assert_reason_rests_on_evidence(move)
    assert ("right side only" in finding.sentence) is (left == 0.0)


def test_a_soft_side_is_turned_up_where_it_can_be() -> None:
    session = heard({**band(), "Strings": wide(360, 300, 5000, 0.5) * np.array([[0.1], [1.0]])})
    (finding,) = ONE_SIDED.find(session)
    (move,) = first_trial(session, ONE_SIDED, finding).moves
    assert move.address.endswith("/inserts/sides") and move.after.left_db == pytest.approx(20.0, abs=0.5)


def test_files_that_were_panned_before_they_were_delivered_are_left_alone() -> None:
    guitar = band()["Guitar"]
    other = 0.3 * noise(370, 200, 3000)[:FRAMES] * hits(0.25, 0.3)[:FRAMES]
    nothing = np.zeros(FRAMES)
    recordings = {**band(), "Gtr 1": np.stack([guitar, nothing]), "Gtr 2": np.stack([nothing, other])}
    assert list(ONE_SIDED.find(heard(recordings))) == []


def crowd() -> dict[str, Reals]:
    """The small band with four more tracks in the centre."""
    more = {
        "Organ": 0.08 * noise(380, 250, 1500)[:FRAMES] * hits(2.0, 1.5)[:FRAMES],
        "Strings": 0.08 * noise(381, 400, 5000)[:FRAMES],
        "BV 1": 0.08 * noise(382, 300, 3000)[:FRAMES] * hits(1.5, 0.7)[:FRAMES],
        "BV 2": 0.08 * noise(383, 300, 3000)[:FRAMES] * hits(1.5, 0.7)[:FRAMES],
    }
    return {**band(), **more}


def test_a_crowded_centre_is_spread_out() -> None:
    session = heard(crowd())
    (finding,) = CROWDED_CENTRE.find(session)
    assert len(finding.tracks) == 7
    trial = first_trial(session, CROWDED_CENTRE, finding)
    pans = {track.id: track.pan for track in trial.session.song.tracks}
    assert all(pans[track_id] == 0 for track_id in ("kick", "snare", "bass", "lead-vox"))
    assert all(0 < abs(pans[track_id]) <= FURTHEST for track_id in finding.tracks)
    assert pans["bv-1"] == -pans["bv-2"]
    predicted = {fact.what: fact.predicted for fact in trial.moves[0].evidence}
    assert predicted["most that left and right differ in an octave"] < 3.0
    assert predicted["most that mono takes off a track"] < 1.5
    assert_reason_rests_on_evidence(trial.moves[0])
    assert list(CROWDED_CENTRE.find(trial.session)) == []
    assert side_share(trial.session, {}) == pytest.approx(10 ** (-trial.moves[0].evidence[0].after / 10), rel=0.3)


def test_what_the_musician_panned_or_left_to_a_stereo_pad_stays() -> None:
    assert list(CROWDED_CENTRE.find(heard(crowd(), pans={"Guitar": 0.4}))) == []
    assert list(CROWDED_CENTRE.find(heard({**crowd(), "Pad": wide(390, 200, 6000, 0.0)}))) == []
    few = {name: samples for name, samples in crowd().items() if name not in ("Organ", "BV 1", "BV 2", "Strings")}
    assert list(CROWDED_CENTRE.find(heard(few))) == []


def test_only_what_the_brief_allows_is_spread_and_what_matters_most_stays() -> None:
    assert {t.id for t in spreadable(heard(crowd(), brief=MixBrief(focus=("guitar",))))} == {
        *("keys", "pad", "organ", "strings", "bv-1", "bv-2")
    }
    allowed = ("organ", "strings", "keys", "pad")
    session = heard(crowd(), brief=MixBrief(tracks=allowed))
    (finding,) = CROWDED_CENTRE.find(session)
    assert set(finding.tracks) == set(allowed)


def test_where_nobody_leads_voices_and_the_loudest_stay() -> None:
    recordings = {name: samples for name, samples in crowd().items() if name != "Lead Vox"}
    ids = {track.id for track in spreadable(heard(recordings))}
    assert not {"bv-1", "bv-2"} & ids and len(ids) == 4


def test_many_tracks_are_dealt_out_evenly() -> None:
    names = [f"{name} {i}" for i in range(1, 8) for name in ("Guitar", "Keys")]
    recordings = {
        name: 0.05 * noise(400 + i, 200 * 1.2**i, 900 * 1.2**i)[: 2 * RATE_HZ] for i, name in enumerate(names)
    }
    session = heard({**recordings, "Lead Vox": band()["Lead Vox"]})
    found = spread(session, spreadable(session), [("guitar-1", "keys-1")])
    assert len(found.pans) == 14 and found.pans["guitar-1"] == -found.pans["keys-1"]
    assert found.imbalance_db < 6.0 and found.mono_loss_db < 1.5


def test_left_and_right_by_their_names_go_left_and_right() -> None:
    double = 0.3 * noise(391, 200, 3000)[:FRAMES] * hits(0.25, 0.3)[:FRAMES]
    session = heard({**band(), "Гитара Л": 0.5 * band()["Guitar"], "Гитара П": double})
    (finding,) = SIDES_OF_ONE.find(session)
    trial = first_trial(session, SIDES_OF_ONE, finding)
    assert [move.after for move in trial.moves] == [-1.0, 1.0]
    assert_reason_rests_on_evidence(trial.moves[0])
    same = heard({**band(), "Gtr L": band()["Guitar"], "Gtr R": 0.8 * band()["Guitar"]})
    assert list(SIDES_OF_ONE.find(same)) == []
    assert pair_share(0.0, 0.0, 0.3) == pytest.approx(100.0) and pair_share(-1.0, 1.0, 0.0) == pytest.approx(50.0)


def test_half_a_strength_is_half_the_way() -> None:
    session = heard(crowd())
    (finding,) = CROWDED_CENTRE.find(session)
    moves = CROWDED_CENTRE.answers(session, finding)[0].moves
    half = apply(session.song, moves, 0.5)
    assert all(half.track(m.address.split("/")[1]).pan == pytest.approx(m.after / 2) for m in moves)
    assert apply(session.song, moves, 0.0) is session.song
