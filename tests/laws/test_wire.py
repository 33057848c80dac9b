"""JSON there and back is the identity; what is newer is refused."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings

from bandmate.song.address import ABSENT
from bandmate.song.devices import Band, Compressor, DeEsser, DynamicBand, DynamicEqBand, DynamicEqualizer, Gate
from bandmate.song.errors import NewerVersion, ProjectError
from bandmate.song.evidence import Evidence
from bandmate.song.moves import Move, diff
from bandmate.song.proposal import Author, MadeMove, Proposal
from bandmate.song.song import Song
from bandmate.song.tracks import Main
from bandmate.song.wire import (
    made_from_json,
    made_to_json,
    proposal_from_json,
    proposal_to_json,
    song_from_json,
    song_to_json,
)
from tests.songs import songs

SLOW = settings(deadline=None, max_examples=60)


@SLOW
@given(songs())
def test_a_song_comes_back_from_json_as_it_was(song: Song) -> None:
    data = song_to_json(song)
    assert song_from_json(data) == song
    assert song_to_json(song_from_json(data)) == data


@SLOW
@given(songs(), songs())
def test_a_proposal_comes_back_from_json_as_it_was(a: Song, b: Song) -> None:
    proposal = Proposal(
        stage="mix",
        title="any",
        moves=tuple(
            msgspec.structs.replace(m, because="why", evidence=(Evidence(what="x", unit="dB", before=1.5),))
            for m in diff(a, b)
        ),
        author=Author(kind="assistant", name="mix", version="1", seed=3),
    )
    assert proposal_from_json(proposal_to_json(proposal)) == proposal
    made = tuple(MadeMove(move=move, strength=0.5) for move in proposal.moves)
    assert made_from_json(made_to_json(made)) == made


def test_an_inserted_band_keeps_its_kind() -> None:
    """Equalizers and multiband compressors both have bands; JSON must say whose a band is."""
    for band in (Band(id="1", gain_db=-2.0), DynamicBand(id="1", upper_hz=200.0), DynamicEqBand(id="1", key="kick")):
        move = Move(address="main/inserts/x/bands/1", before=ABSENT, after=band)
        proposal = Proposal(stage="mix", title="one band", moves=(move,))
        assert proposal_from_json(proposal_to_json(proposal)) == proposal


def test_what_a_device_listens_to_comes_back_from_json() -> None:
    inserts = (
        Compressor(id="c", key="kick"),
        Gate(id="g", key="snare"),
        DynamicEqualizer(id="d", bands=(DynamicEqBand(id="1", kind="low-shelf", key="kick"),)),
    )
    song = Song(main=Main(inserts=inserts))
    assert song_from_json(song_to_json(song)) == song


@pytest.mark.parametrize("device", [Gate(id="x", range_db=-60.0), DeEsser(id="x", range_db=-6.0)])
def test_a_number_keeps_the_limits_of_its_own_device(device: Gate | DeEsser) -> None:
    """Both have a range, a gate a much deeper one; an address alone does not say which it is."""
    move = Move(address="main/inserts/x/range_db", before=device.range_db, after=device.range_db / 2)
    proposal = Proposal(stage="mix", title="one number", moves=(move,))
    assert proposal_from_json(proposal_to_json(proposal)) == proposal


def test_a_higher_format_number_is_refused() -> None:
    data = song_to_json(Song()).replace(b'"bandmate_song":1', b'"bandmate_song":7')
    with pytest.raises(NewerVersion, match=r"saved in format 7; this Bandmate reads up to 1\. Update Bandmate"):
        song_from_json(data)


def test_an_unknown_field_is_refused_and_not_dropped() -> None:
    data = song_to_json(Song()).replace(b'"title":""', b'"title":"","mood":"blue"')
    with pytest.raises(NewerVersion, match=r"does not know: .*`mood`.*update Bandmate"):
        song_from_json(data)


def test_damage_is_named() -> None:
    with pytest.raises(ProjectError, match="the song is damaged and cannot be read"):
        song_from_json(b'{"bandmate_song":1,"so')
    with pytest.raises(ProjectError, match="this is no Bandmate song"):
        song_from_json(b"[]")
    with pytest.raises(ProjectError, match="the song is damaged: Expected `int` <= 384000"):
        song_from_json(song_to_json(Song()).replace(b"48000", b"999999999"))
