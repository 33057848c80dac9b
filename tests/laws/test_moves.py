"""The laws of moves, over any songs."""

from __future__ import annotations

import copy

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.song.address import ORDER, get, last_step
from bandmate.song.errors import BandmateError, LockedMove, StaleMove
from bandmate.song.moves import Move, apply, blend, diff
from bandmate.song.proposal import restrengthened
from bandmate.song.song import Lock, Song
from bandmate.song.tracks import Track
from tests.songs import GAINS, songs

STRENGTHS = st.floats(0, 1)
SLOW = settings(deadline=None, max_examples=60)


def is_same_but_for_order(a: Song, b: Song) -> bool:
    """A move that brings an item back does not know where it was; everything else must be as before."""
    return all(last_step(move.address) == ORDER for move in diff(a, b))


def collection_moves(a: Song, b: Song) -> list[Move]:
    """The same changes as whole collections, as a stage writes them that puts a device before others."""
    names = ("tracks", "buses", "sections", "chords", "markers")
    return [Move(address=name, before=getattr(a, name), after=getattr(b, name), by="human") for name in names]


@SLOW
@given(songs(), songs())
def test_applying_the_difference_gives_the_other_song(a: Song, b: Song) -> None:
    assert apply(a, diff(a, b)) == b


@SLOW
@given(songs(), songs(), STRENGTHS)
def test_apply_leaves_the_old_song_as_it_was(a: Song, b: Song, strength: float) -> None:
    kept = copy.deepcopy(a)
    for move in diff(a, b):
        apply(a, move, strength)
    assert a == kept


@SLOW
@given(songs(), songs())
def test_strength_0_returns_the_same_song_object(a: Song, b: Song) -> None:
    assert apply(a, diff(a, b), 0.0) is a


@SLOW
@given(songs(locked=False), GAINS)
def test_tracks_that_were_not_touched_are_the_same_objects(song: Song, gain_db: float) -> None:
    for track in song.tracks:
        move = Move(address=f"tracks/{track.id}/gain_db", before=track.gain_db, after=gain_db)
        moved = apply(song, move)
        for old, new in zip(song.tracks, moved.tracks, strict=True):
            assert (new is old) == (old.id != track.id or gain_db == track.gain_db)
        assert moved.main is song.main and moved.buses is song.buses


@SLOW
@given(songs(), songs())
def test_a_difference_is_found_only_where_there_is_one(a: Song, b: Song) -> None:
    assert diff(a, a) == ()
    assert (diff(a, b) == ()) == (a == b)


@given(GAINS, GAINS, st.lists(STRENGTHS, min_size=2, max_size=5))
def test_a_number_goes_monotonically_from_before_to_after(before: float, after: float, strengths: list[float]) -> None:
    way = [blend(before, after, s) for s in sorted(strengths)]
    assert way == sorted(way, reverse=after < before)
    assert all(min(before, after) <= value <= max(before, after) for value in way)
    assert blend(before, after, 0) is before and blend(before, after, 1) == after


@given(st.integers(0, 127), st.integers(0, 127), STRENGTHS)
def test_whole_numbers_stay_whole_and_inside(before: int, after: int, strength: float) -> None:
    value = blend(before, after, strength, "velocity")
    assert isinstance(value, int) and min(before, after) <= value <= max(before, after)


@SLOW
@given(songs(), songs(), STRENGTHS)
def test_any_strength_of_any_difference_gives_a_song(a: Song, b: Song, strength: float) -> None:
    song = a
    for move in diff(a, b):
        song = apply(song, move, strength)
    assert isinstance(song, Song)


@SLOW
@given(songs(), songs())
def test_a_move_turned_round_takes_itself_back(a: Song, b: Song) -> None:
    for move in (*diff(a, b), *collection_moves(a, b)):
        turned_round = msgspec.structs.replace(move, before=move.after, after=move.before)
        assert is_same_but_for_order(apply(apply(a, move), turned_round), a)


@SLOW
@given(songs(), songs())
def test_moves_of_different_places_may_come_in_any_order(a: Song, b: Song) -> None:
    moves = diff(a, b)
    assert is_same_but_for_order(apply(a, moves), apply(a, reversed(moves)))


@SLOW
@given(songs(), songs(), STRENGTHS, STRENGTHS)
def test_another_strength_later_is_that_strength_at_once(a: Song, b: Song, first: float, then: float) -> None:
    for move in (*diff(a, b), *collection_moves(a, b)):
        changed = apply(apply(a, move, first), restrengthened(move, first, then))
        assert is_same_but_for_order(changed, apply(a, move, then))


@SLOW
@given(songs(), songs())
def test_a_whole_collection_merged_is_that_collection(a: Song, b: Song) -> None:
    for move in collection_moves(a, b):
        assert get(apply(a, move), move.address) == move.after


@SLOW
@given(songs(), songs(), songs())
def test_a_difference_applied_elsewhere_works_or_is_refused_by_name(a: Song, b: Song, other: Song) -> None:
    for move in diff(a, b):
        try:
            apply(other, move)
        except StaleMove as stale:
            assert move.address.split("/")[0] in str(stale)
        except BandmateError as refused:
            pytest.fail(f"{move.address}: {refused}")


@SLOW
@given(songs(locked=False))
def test_a_lock_stops_proposals_and_not_the_musician(song: Song) -> None:
    for track in song.tracks:
        locked = msgspec.structs.replace(song, locks=(Lock(id="l", address=f"tracks/{track.id}"),))
        address = f"tracks/{track.id}/gain_db"
        wanted = 1.0 if track.gain_db != 1.0 else 2.0
        move = Move(address=address, before=track.gain_db, after=wanted)
        with pytest.raises(LockedMove, match=f"{address} is refused: tracks/{track.id} is locked"):
            apply(locked, move)
        by_hand = apply(locked, msgspec.structs.replace(move, by="human"))
        assert get(by_hand, address) == wanted


def test_a_lock_below_a_moved_place_stops_the_move_too() -> None:
    song = Song(tracks=(Track(id="vox"),), locks=(Lock(id="l", address="tracks/vox/gain_db"),))
    with pytest.raises(LockedMove, match="tracks/vox is refused: tracks/vox/gain_db is locked"):
        apply(song, Move(address="tracks/vox", before=song.tracks[0], after=Track(id="vox", gain_db=3.0)))


def test_a_proposal_cannot_take_a_lock_away() -> None:
    lock = Lock(id="l", address="tracks/vox")
    with pytest.raises(LockedMove, match="locks/l/address is refused: the list of locks is locked"):
        apply(Song(locks=(lock,)), Move(address="locks/l/address", before="tracks/vox", after="main"))
