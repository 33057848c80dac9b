"""Masking between pairs: found where it was made, told apart from what is usual, and answered with what helps."""

from __future__ import annotations

import time
from itertools import pairwise

import numpy as np
import pytest
from msgspec.structs import replace

from bandmate.song.clips import NoteClip
from bandmate.song.moves import apply
from bandmate.song.notes import Instrument, Note
from bandmate.song.song import Song
from bandmate.stages.ears import Ears
from bandmate.stages.mix.brief import MixBrief
from bandmate.stages.mix.draft import Draft
from bandmate.stages.mix.low_end_family import LOW_END
from bandmate.stages.mix.masking import Scene, bands_between, importance, importance_table
from bandmate.stages.mix.masking_bump import Bumps
from bandmate.stages.mix.masking_family import MASKING
from bandmate.stages.mix.masking_find import masked_pairs
from bandmate.stages.mix.masking_leads import leads, may_cover
from bandmate.stages.mix.octave import octave_moves, range_table
from bandmate.stages.mix.roles import role_table
from bandmate.stages.mix.session import Session
from tests.stages.sessions import heard
from tests.stages.stems import RATE_HZ, SECONDS, band, hits, noise, phrases, stems
from tests.stages.test_mix import assert_reason_rests_on_evidence

Recordings = dict[str, np.ndarray]


def voice() -> np.ndarray:
    """A lead with its weight from 300 to 1200 Hz."""
    return 0.14 * noise(11, 300, 1_200) * phrases(2.0, 1.0)


def covered() -> Recordings:
    """A small band in which the keys play right in the voice's bands, as loud as that."""
    return {**stems(), "Pad": 0.3 * stems()["Pad"], "Lead Vox": voice(), "Keys": 0.13 * noise(12, 350, 1_000)}


def session_for(recordings: Recordings, brief: MixBrief | None = None) -> Session:
    song, ears = band(recordings)
    session = Session(song, ears, brief or MixBrief())
    session.listen()
    return session


def test_a_balanced_band_has_no_masking_worth_a_word() -> None:
    assert MASKING.find(session_for(stems())) == []
    assert LOW_END.find(session_for(stems())) == []


def test_keys_over_the_voice_are_found_in_their_bands() -> None:
    (finding,) = MASKING.find(session_for(covered()))
    assert finding.kind == "masking" and finding.tracks == ("lead-vox", "keys")
    assert finding.low_hz is not None and finding.high_hz is not None
    assert 250 < finding.low_hz < finding.high_hz < 1_300
    assert finding.confidence > 0.5 and finding.evidence[0].unit == "%"


def test_the_answers_leave_less_covered_and_say_by_how_much_before() -> None:
    session = session_for(covered())
    (finding,) = MASKING.find(session)
    draft = Draft(session)
    draft.answer(MASKING, finding)
    assert {move.address for move in draft.moves} == {
        "tracks/keys/inserts/room-for-lead-vox",
        "tracks/keys/inserts/dynamic-room-for-lead-vox",
    }
    assert len({move.choice for move in draft.moves}) == 2
    for move in draft.moves:
        assert_reason_rests_on_evidence(move)
        figure = move.evidence[0]
        assert figure.before - figure.after >= MASKING.least
        assert figure.predicted - figure.after == pytest.approx(0.0, abs=0.2 * (figure.before - figure.after))


def test_a_dynamic_band_leaves_the_pauses_alone() -> None:
    session = session_for(covered())
    (finding,) = MASKING.find(session)
    draft = Draft(session)
    draft.answer(MASKING, finding)
    dynamic = next(move for move in draft.moves if "dynamic" in move.address)
    after = session.with_song(apply(session.song, dynamic))
    band_of = bands_between(session.closeup("keys").erb_hz, finding.low_hz or 0, finding.high_hz or 0)
    sings = Scene(session).sounds["lead-vox"]
    pauses = ~np.convolve(sings, np.ones(13), mode="same").astype(bool)
    change = 10 * np.log10(after.power("keys").sum() / session.power("keys").sum())
    parts = [s.erb_power("keys")[band_of] for s in (session, after)]
    assert change < -0.5
    assert pauses.any() and np.allclose(parts[0][:, pauses], parts[1][:, pauses], rtol=0.1)


def test_the_more_important_track_does_not_give_way() -> None:
    session = session_for({**covered(), "Keys": 0.02 * noise(12, 350, 1_000)})
    assert all(one.pair.victim == "lead-vox" for one in masked_pairs(session))
    assert MASKING.find(session) == []


def test_what_the_musician_cares_most_for_never_gives_way() -> None:
    session = session_for(covered(), MixBrief(focus=("keys",)))
    assert all("keys" not in finding.tracks[1:] for finding in MASKING.find(session))
    assert importance(session, "keys") > importance(session, "lead-vox")


def test_a_masker_far_below_the_voice_is_never_blamed() -> None:
    session = session_for({**covered(), "Keys": 0.01 * noise(12, 350, 1_000)})
    assert masked_pairs(session) == []


def test_a_track_that_plays_only_in_the_pauses_masks_nothing() -> None:
    pauses = 1.0 - phrases(2.0, 1.0)
    session = session_for({**covered(), "Keys": 0.13 * noise(12, 350, 1_000) * pauses})
    assert MASKING.find(session) == []


def test_what_a_third_track_covers_anyway_is_not_blamed_on_the_softer_one() -> None:
    session = session_for({**covered(), "Guitar": 0.4 * noise(13, 300, 1_200)})
    scene = Scene(session)
    bands = bands_between(scene.centre_hz, 300, 1_200)
    loud, soft = (scene.pair("lead-vox", masker).taken(bands) for masker in ("guitar", "keys"))
    assert loud > 0.6 and soft < 0.3


def test_the_figure_falls_when_the_masker_does_and_is_none_when_it_is_gone() -> None:
    session = session_for(covered())
    (finding,) = MASKING.find(session)
    taken = []
    for gain_db in (0.0, -3.0, -6.0, -12.0):
        tracks = tuple(replace(t, gain_db=gain_db) if t.id == "keys" else t for t in session.song.tracks)
        taken.append(MASKING.gauge(session.with_song(replace(session.song, tracks=tracks)), finding))
    assert all(a is not None and b is not None and a > b for a, b in pairwise(taken))
    muted = tuple(replace(t, mute=True) if t.id == "keys" else t for t in session.song.tracks)
    assert MASKING.gauge(session.with_song(replace(session.song, tracks=muted)), finding) is None


@pytest.mark.parametrize(
    "recordings",
    [{}, {"Vox": np.zeros(RATE_HZ)}, {"Vox": 0.1 * noise(1, 300, 900)}, {"Vox": np.zeros(10), "Keys": np.zeros(10)}],
)
def test_silence_and_single_tracks_have_nothing_to_say(recordings: Recordings) -> None:
    assert MASKING.find(session_for(recordings)) == []
    assert LOW_END.find(session_for(recordings)) == []


def written(pitch: int, program: int = 89) -> tuple[Song, Ears]:
    """The small band with a voice and a pad in notes over it."""
    song, ears = band({"Lead Vox": voice(), "Kick": stems()["Kick"], "Bass": stems()["Bass"]})
    ticks = song.tempo.ticks_at(SECONDS)
    notes = tuple(Note(id=str(i), start_ticks=0, length_ticks=ticks, pitch=pitch + i) for i in (0, 4, 7))
    clip = NoteClip(id="notes", length_ticks=ticks, notes=notes, instrument=Instrument(program=program))
    pad = replace(song.tracks[0], id="pad", name="Pad", clips=(clip,), gain_db=6.0)
    return replace(song, tracks=(*song.tracks, pad)), ears


def test_notes_move_an_octave_inside_the_stretch_only() -> None:
    song, _ = written(72)
    pad = song.track("pad")
    (move,) = octave_moves(song, pad, -12, 0.0, SECONDS)
    assert move.address == "tracks/pad/clips/notes/notes"
    assert [note.pitch for note in move.after] == [60, 64, 67]
    assert octave_moves(song, pad, -12, 5.0, SECONDS) == ()


def test_notes_that_would_leave_the_range_stay() -> None:
    song, _ = written(40)
    assert octave_moves(song, song.track("pad"), -12, 0.0, SECONDS) == ()
    assert octave_moves(song, song.track("lead-vox"), -12, 0.0, SECONDS) == ()


def test_a_pad_in_notes_is_offered_another_octave() -> None:
    song, ears = written(60)
    session = Session(song, ears, MixBrief(focus=("lead-vox",)))
    session.listen()
    scene = Scene(session)
    pair = scene.pair("lead-vox", "pad")
    assert pair.taken(bands_between(scene.centre_hz, 300, 1_200)) > 0.1
    finding = MASKING.find(session_for(covered()))[0]
    finding = replace(finding, tracks=("lead-vox", "pad"))
    octaves = [answer for answer in MASKING.answers(session, finding) if "octave" in answer.deed]
    assert len(octaves) == 1
    after = session.with_song(apply(song, octaves[0].moves))
    assert MASKING.gauge(after, finding) == pytest.approx(octaves[0].predicted, abs=0.01)


def test_the_tables_name_every_role_and_every_family() -> None:
    assert set(importance_table()) == set(role_table())
    assert max(importance_table(), key=lambda role: importance_table()[role]) == "lead-vox"
    assert len(range_table()) == 16 and all(low < high for low, high in range_table())


def test_a_bass_on_top_of_the_kick_is_found_and_put_below_it() -> None:
    recordings = {**stems(), "Bass": 0.5 * noise(14, 45, 75) * hits(0.5, 0.6) + stems()["Bass"]}
    session = session_for(recordings)
    (finding,) = LOW_END.find(session)
    assert finding.tracks[:2] == ("kick", "bass")
    draft = Draft(session)
    draft.answer(LOW_END, finding)
    devices = {move.address.rpartition("/")[2] for move in draft.moves}
    assert devices == {"room-for-kick", "duck-under-kick"}
    for move in draft.moves:
        assert_reason_rests_on_evidence(move)
        figure = move.evidence[0]
        assert figure.before - figure.after >= LOW_END.least
        assert figure.predicted - figure.after == pytest.approx(0.0, abs=0.25 * (figure.before - figure.after))


def test_a_bass_that_ends_before_the_kick_has_answers_too() -> None:
    bass = 0.5 * noise(14, 45, 75) * hits(0.5, 0.6) + stems()["Bass"]
    session = session_for({**stems(), "Bass": bass[: len(bass) - 3 * RATE_HZ]})
    (finding,) = LOW_END.find(session)
    assert len(LOW_END.answers(session, finding)) == 2


def test_a_bass_that_matters_most_makes_the_kick_give_way() -> None:
    recordings = {**stems(), "Bass": 0.5 * noise(14, 45, 75) * hits(0.5, 0.6) + stems()["Bass"]}
    session = session_for(recordings, MixBrief(focus=("bass",)))
    (finding,) = LOW_END.find(session)
    assert all(
        move.address.startswith("tracks/kick/") for answer in LOW_END.answers(session, finding) for move in answer.moves
    )


@pytest.mark.parametrize("rate_hz", [8_000, 192_000])
def test_any_rate_is_heard(rate_hz: int) -> None:
    frames = 2 * rate_hz
    rng = np.random.default_rng(1)
    recordings = {name: 0.1 * rng.standard_normal((2, frames)) for name in ("Lead Vox", "Keys", "Kick", "Bass")}
    session = heard(recordings, rate_hz=rate_hz)
    for family in (MASKING, LOW_END):
        for finding in family.find(session):
            assert family.gauge(session, finding) is not None and family.answers(session, finding)


def test_the_search_takes_no_longer_than_a_moment() -> None:
    session = session_for(covered())
    MASKING.find(session)
    began = time.process_time()
    MASKING.find(session)
    assert time.process_time() - began < 1.0


def test_a_bump_where_the_masker_covers_the_lead_counts_against_it_and_a_plain_floor_for_it() -> None:
    floor = 3e-4 * noise(31, 20, 16_000)
    rests = np.where(phrases(2.0, 1.0) > 0, 1.0, 0.0)
    plain = 0.05 * noise(32, 200, 4_000) * rests + floor
    raised = plain + 2.0 * (0.05 * noise(32, 350, 700) * rests + 3e-4 * noise(31, 350, 700))
    bumps = Bumps(session_for({**stems(), "Keys": plain, "Organ": raised}))
    assert bumps.odds("keys", 500.0) <= 0.0 < bumps.odds("organ", 500.0)
    assert bumps.odds("organ", 3_000.0) <= 0.0


def test_a_name_tells_the_lead_and_who_may_cover_it() -> None:
    session = session_for(covered())
    assert next((lead.track_id, lead.is_sure) for lead in leads(session)) == ("lead-vox", True)
    assert may_cover(session, "keys", "lead-vox") and not may_cover(session, "lead-vox", "keys")
    assert not may_cover(session, "kick", "lead-vox") and not may_cover(session, "bass", "lead-vox")
