"""What moves do, case by case; the laws are in tests/laws."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from bandmate.song.address import ABSENT, get, value_type_at
from bandmate.song.devices import Band, Compressor, Equalizer, Limiter
from bandmate.song.errors import OutOfRange, RequestError, StaleMove
from bandmate.song.moves import Move, apply, diff, lock_at
from bandmate.song.notes import Note
from bandmate.song.proposal import HUMAN, Author, MadeMove, Proposal, accept, chosen, restrengthened
from bandmate.song.song import Lock, Song
from bandmate.song.tracks import Automation, AutomationPoint, Bus, Send, Track

EQ = Equalizer(id="eq", bands=(Band(id="1", freq_hz=280.0, gain_db=-4.0),))
SONG = Song(tracks=(Track(id="vox"), Track(id="bass", inserts=(Compressor(id="comp"),))))
INSERT = Move(address="tracks/vox/inserts/eq", before=ABSENT, after=EQ)


def notes(*pitches: int) -> tuple[Note, ...]:
    return tuple(Note(id=f"n{i}", start_ticks=960 * i, length_ticks=960, pitch=p) for i, p in enumerate(pitches))


def test_half_an_equalizer_is_half_its_gain() -> None:
    half = apply(SONG, INSERT, 0.5)
    assert get(half, "tracks/vox/inserts/eq/bands/1/gain_db") == -2.0
    assert get(half, "tracks/vox/inserts/eq/bands/1/freq_hz") == 280.0


def test_half_a_limiter_has_half_the_gain_and_the_whole_ceiling() -> None:
    limiter = Limiter(id="limiter", gain_db=8.0, ceiling_dbtp=-1.0)
    half = apply(SONG, Move(address="main/inserts/limiter", before=ABSENT, after=limiter), 0.5)
    assert half.main.inserts == (Limiter(id="limiter", gain_db=4.0, ceiling_dbtp=-1.0),)


def test_a_high_pass_fades_in_over_octaves() -> None:
    rumble = Equalizer(id="eq", bands=(Band(id="1", kind="high-pass", freq_hz=80.0),))
    half = apply(SONG, Move(address="tracks/vox/inserts/eq", before=ABSENT, after=rumble), 0.5)
    assert get(half, "tracks/vox/inserts/eq/bands/1/freq_hz") == pytest.approx(20.0)


def test_two_moves_on_different_notes_of_one_clip_both_apply() -> None:
    from bandmate.song.clips import NoteClip

    clip = NoteClip(id="c", length_ticks=9600, notes=notes(60, 61, 62))
    song = Song(tracks=(Track(id="t", clips=(clip,)),))
    address = "tracks/t/clips/c/notes"
    higher = Move(address=address, before=clip.notes, after=notes(72, 61, 62))
    shorter = Move(address=address, before=clip.notes, after=clip.notes[:-1])
    both = get(apply(song, (higher, shorter)), address)
    assert [n.pitch for n in both] == [72, 61]


def test_a_pitch_has_no_half_way() -> None:
    clip_notes = notes(60)
    move = Move(address="tracks/t/clips/c/notes/n0/pitch", before=60, after=72)
    from bandmate.song.clips import NoteClip

    song = Song(tracks=(Track(id="t", clips=(NoteClip(id="c", length_ticks=960, notes=clip_notes),)),))
    assert get(apply(song, move, 0.4), move.address) == 60 and get(apply(song, move, 0.6), move.address) == 72


def test_a_ride_at_half_strength_moves_half_as_far() -> None:
    points = (AutomationPoint(id="1", at_ticks=0, value=0.0), AutomationPoint(id="2", at_ticks=960, value=-3.0))
    ride = Automation(id="ride", parameter="gain_db", points=points)
    move = Move(address="tracks/vox/automation/ride", before=ABSENT, after=ride)
    (half,) = apply(SONG, move, 0.5).tracks[0].automation
    assert [point.value for point in half.points] == [0.0, -1.5]
    pan = Move(
        address="tracks/vox/automation/ride", before=ABSENT, after=replace(ride, parameter="pan", points=points[:1])
    )
    assert get(apply(SONG, pan, 0.4), "tracks/vox/automation/ride/points") == ()
    assert get(apply(SONG, pan, 0.6), "tracks/vox/automation/ride/points") == points[:1]


def test_a_send_at_half_strength_brings_half_as_much() -> None:
    song = replace(SONG, buses=(Bus(id="room"),))
    added = Move(address="tracks/vox/sends/room", before=ABSENT, after=Send(id="room", bus="room", gain_db=-12.0))
    assert get(apply(song, added, 0.5), "tracks/vox/sends/room/gain_db") == pytest.approx(-18.02, abs=0.01)
    assert get(apply(song, added, 1e-9), "tracks/vox/sends/room/gain_db") == -150.0
    there = apply(song, added)
    assert apply(there, Move(address=added.address, before=added.after, after=ABSENT), 1.0) == song
    taken = apply(there, Move(address=added.address, before=added.after, after=ABSENT), 0.5)
    assert get(taken, "tracks/vox/sends/room/gain_db") == pytest.approx(-18.02, abs=0.01)


def test_a_stale_move_is_refused_by_name() -> None:
    moved = apply(SONG, Move(address="tracks/vox/gain_db", before=0.0, after=2.0))
    with pytest.raises(StaleMove, match="tracks/vox/gain_db is stale: it stands on 0, the song now has 2"):
        apply(moved, Move(address="tracks/vox/gain_db", before=0.0, after=-3.0))
    with pytest.raises(StaleMove, match='there is no "guitar" in tracks'):
        apply(SONG, Move(address="tracks/guitar/gain_db", before=0.0, after=-3.0))


def test_an_address_that_leads_nowhere_lists_what_there_is() -> None:
    with pytest.raises(RequestError, match=r'no "gain" in tracks/vox; there are: .*gain_db.*Did you mean "gain_db"'):
        apply(SONG, Move(address="tracks/vox/gain", before=0.0, after=1.0))


def test_a_strength_above_1_is_refused() -> None:
    with pytest.raises(OutOfRange, match=r"strength is 1\.5; possible are 0 to 1"):
        apply(SONG, INSERT, 1.5)


def test_an_item_inserted_between_others_keeps_its_place_when_others_came_meanwhile() -> None:
    comp = SONG.tracks[1].inserts[0]
    limiter = Limiter(id="lim")
    meanwhile = apply(SONG, Move(address="tracks/bass/inserts/lim", before=ABSENT, after=limiter))
    first = Move(address="tracks/bass/inserts", before=(comp,), after=(EQ, comp))
    assert [d.id for d in apply(meanwhile, first).tracks[1].inserts] == ["eq", "comp", "lim"]


def test_a_changed_order_is_one_move() -> None:
    swapped = Song(tracks=tuple(reversed(SONG.tracks)))
    (move,) = diff(SONG, swapped)
    assert (move.address, move.before, move.after) == ("tracks/@order", ("vox", "bass"), ("bass", "vox"))


def test_an_order_with_something_that_is_not_there_is_stale() -> None:
    unknown = Move(address="tracks/@order", before=("vox", "bass"), after=("bass", "horns", "vox"))
    with pytest.raises(StaleMove, match='tracks/@order is stale: it puts "horns" in order, which is not in the song'):
        apply(SONG, unknown)


def test_an_order_leaves_out_what_is_gone_meanwhile() -> None:
    gone = apply(SONG, Move(address="tracks/vox", before=SONG.tracks[0], after=ABSENT))
    swap = Move(address="tracks/@order", before=("vox", "bass"), after=("bass", "vox"))
    assert [track.id for track in apply(gone, swap).tracks] == ["bass"]


@pytest.mark.parametrize(
    ("address", "before", "after", "said"),
    [
        ("tracks/vox/mute", False, "yes", "tracks/vox/mute cannot hold 'yes': expected `bool`, got `str`"),
        ("title", "", ABSENT, "title cannot hold nothing: expected `str`"),
        ("tracks/vox/inserts/eq", ABSENT, Track(id="eq"), "tracks/vox/inserts/eq cannot hold Track"),
        (
            "tracks/vox/inserts/eq",
            ABSENT,
            Compressor(id="comp"),
            'cannot hold an item named "comp"; its id must be "eq"',
        ),
        ("tracks/vox/inserts", (), [EQ], "tracks/vox/inserts cannot hold a list; a collection is a tuple"),
    ],
)
def test_a_value_that_no_song_could_have_there_is_refused(address: str, before: Any, after: Any, said: str) -> None:
    with pytest.raises(RequestError, match=said):
        apply(SONG, Move(address=address, before=before, after=after))


def test_slashes_too_many_change_nothing_about_an_address() -> None:
    swap = Move(address="/tracks//@order/", before=("vox", "bass"), after=("bass", "vox"))
    assert [track.id for track in apply(SONG, swap).tracks] == ["bass", "vox"]
    assert apply(SONG, Move(address="/", before=SONG, after=Song(title="other"))) == Song(title="other")


def test_below_nothing_there_is_nothing_to_move() -> None:
    with pytest.raises(StaleMove, match="key/tonic is stale: nothing has no tonic"):
        apply(SONG, Move(address="key/tonic", before=0, after=2))


def test_half_a_fader_move_written_in_whole_numbers_is_half_of_it() -> None:
    half = apply(SONG, Move(address="tracks/vox/gain_db", before=0, after=-3), 0.5)
    assert half.tracks[0].gain_db == -1.5


def test_what_keeps_proposals_from_a_place_is_named() -> None:
    song = Song(tracks=SONG.tracks, locks=(Lock(id="l", address="tracks/vox/inserts"),))
    assert lock_at(song, "tracks/vox/inserts/eq") == lock_at(song, "tracks/vox") == "tracks/vox/inserts"
    assert lock_at(song, "tracks/bass") is None
    assert lock_at(SONG, "locks/l") == "the list of locks"


def test_the_type_at_an_address_is_known() -> None:
    assert value_type_at("tracks/x/inserts/@order") == tuple[str, ...]
    assert "Meta" in repr(value_type_at("tracks/x/inserts/y/bands/2/gain_db"))


def test_some_of_a_proposal_at_some_strength() -> None:
    louder = Move(address="tracks/bass/gain_db", before=0.0, after=4.0)
    proposal = Proposal(stage="mix", title="t", moves=(INSERT, louder), author=HUMAN)
    made = chosen(proposal, (2,), {2: 0.5})
    assert made == (MadeMove(move=louder, strength=0.5),)
    song = accept(SONG, made)
    assert song.tracks[1].gain_db == 2.0 and song.tracks[0] is SONG.tracks[0]
    with pytest.raises(OutOfRange, match="there is no move 3; the proposal has 2"):
        chosen(proposal, (3,), {})
    with pytest.raises(OutOfRange, match="strength of move 1 is 150 %"):
        chosen(proposal, None, {1: 1.5})


def test_the_strength_of_an_accepted_move_can_be_changed() -> None:
    half = apply(SONG, INSERT, 0.5)
    less = apply(half, restrengthened(INSERT, 0.5, 0.25))
    assert get(less, "tracks/vox/inserts/eq/bands/1/gain_db") == -1.0
    assert apply(half, restrengthened(INSERT, 0.5, 0.0)).tracks[0].inserts == ()


def test_a_lock_does_not_keep_the_musician_from_weakening_what_was_accepted() -> None:
    half = replace(apply(SONG, INSERT, 0.5), locks=(Lock(id="l", address="tracks/vox"),))
    less = apply(half, restrengthened(INSERT, 0.5, 0.25))
    assert get(less, "tracks/vox/inserts/eq/bands/1/gain_db") == -1.0


def test_an_author_of_no_known_kind_is_refused() -> None:
    with pytest.raises(RequestError, match='an author is human, assistant, import, not "person"'):
        Author(kind="person")  # type: ignore[arg-type]
