"""Three mixes that differ in a stated direction, and width and density after a reference."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec.structs import replace

from bandmate.song.devices import Compressor
from bandmate.song.errors import UnknownName
from bandmate.song.moves import apply
from bandmate.song.song import Lock, Song
from bandmate.stages.ears import Ears
from bandmate.stages.mix.brief import MixBrief
from bandmate.stages.mix.directions import DIRECTIONS, checked_direction
from bandmate.stages.mix.draft import Draft
from bandmate.stages.mix.propose import propose_directions, propose_mix
from bandmate.stages.mix.reference import MixReference
from bandmate.stages.mix.reference_whole import add_density, add_width, side_db
from bandmate.stages.mix.session import Session
from tests.stages.stems import band, stems


def panned(song: Song, factor: float) -> Song:
    pans = {"guitar": -0.5, "keys": 0.5, "pad": 0.3}
    return replace(song, tracks=tuple(replace(t, pan=factor * pans.get(t.id, 0.0)) for t in song.tracks))


def draft_of(song: Song, ears: Ears) -> Draft:
    session = Session(song, ears, MixBrief())
    session.listen()
    return Draft(session)


def test_each_direction_does_what_it_says() -> None:
    song, ears = band(stems())
    song = panned(song, 1.0)
    vocal, drums, wide = propose_directions(song, MixBrief(), ears=ears)
    gains = {move.address.split("/")[1]: move.after for move in vocal.moves}
    assert gains["lead-vox"] == 1.5 and gains["pad"] == -1.0
    gains = {move.address.split("/")[1]: move.after for move in drums.moves}
    assert gains["kick"] == 1.5 and "lead-vox" not in gains
    before, after = (side_db(ears.main(one)) for one in (song, apply(song, wide.moves)))
    assert before is not None and after is not None and after > before + 1.0
    assert all(proposal.findings[0].evidence[0].after is not None for proposal in (vocal, drums, wide))
    assert (vocal.findings[0].evidence[0].after or 0.0) > 0.5


def test_locks_hold_in_every_direction() -> None:
    song, ears = band(stems())
    locked = replace(
        panned(song, 1.0), locks=(Lock(id="l", address="tracks/lead-vox"), Lock(id="k", address="tracks/keys"))
    )
    for proposal in propose_directions(locked, MixBrief(), ears=ears):
        assert not any(move.address.startswith(("tracks/lead-vox", "tracks/keys")) for move in proposal.moves)


def test_without_a_lead_there_is_no_vocal_forward() -> None:
    song, ears = band({name: one for name, one in stems().items() if name != "Lead Vox"})
    vocal = propose_directions(song, MixBrief(), ears=ears)[0]
    assert vocal.moves == () and "no track is known as lead vocal" in vocal.remarks[0]


def test_an_unknown_direction_is_named() -> None:
    assert checked_direction("wide") == DIRECTIONS[2]
    with pytest.raises(UnknownName, match='no direction named "loud"'):
        checked_direction("loud")


def test_width_goes_part_of_the_way_to_the_reference() -> None:
    song, ears = band(stems())
    narrow, wide = panned(song, 0.3), panned(song, 1.0)
    draft = draft_of(narrow, ears)
    add_width(draft, [MixReference("wide", ears.main(wide))])
    assert {move.address.split("/")[2] for move in draft.moves} == {"pan"}
    figure = draft.moves[0].evidence[0]
    assert figure.before is not None and figure.after is not None and figure.target is not None
    assert figure.before < figure.after <= figure.target
    assert figure.predicted == pytest.approx(figure.after, abs=0.2 * (figure.after - figure.before))
    same = draft_of(wide, ears)
    add_width(same, [MixReference("itself", ears.main(wide))])
    assert same.moves == [] and "near enough" in same.remarks[0]


def test_a_denser_reference_gets_a_gentle_compressor_and_a_peakier_one_nothing() -> None:
    song, ears = band(stems())
    loud = dict(stems())
    loud["Kick"] = np.tanh(6 * loud["Kick"]) / 6
    loud["Snare"] = np.tanh(6 * loud["Snare"]) / 6
    dense, dense_ears = band(loud)
    reference = MixReference("dense", dense_ears.main(dense))
    draft = draft_of(song, ears)
    add_density(draft, [reference])
    assert len(draft.moves) <= 1
    for move in draft.moves:
        assert isinstance(move.after, Compressor) and move.after.ratio <= 2.0
    other = draft_of(dense, dense_ears)
    add_density(other, [MixReference("peaky", ears.main(song))])
    assert other.moves == [] and "left alone" in other.remarks[0]


def test_the_whole_stage_takes_references() -> None:
    song, ears = band(stems())
    wrong = replace(song, tracks=tuple(replace(t, gain_db=8.0 if t.id == "guitar" else 0.0) for t in song.tracks))
    brief = MixBrief(aspects=("balance",))
    proposal = propose_mix(wrong, brief, ears=ears, references=[MixReference("rough", ears.main(song))])
    assert any(move.address == "tracks/guitar/gain_db" for move in proposal.moves)
    assert all(move.finding == "reference" for move in proposal.moves)
