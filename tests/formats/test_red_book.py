"""The Red Book's rules, and where tracks come to lie."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.formats.disc import RATE_HZ, SECTOR_FRAMES, Disc, DiscTrack, clock, laid_out, sector_of
from bandmate.formats.red_book import LAST_SECTOR, pressable
from bandmate.song.errors import OutOfRange, RequestError

TRACK = DiscTrack(frames=4 * RATE_HZ)


def disc(*tracks: DiscTrack, **more: str) -> Disc:
    return Disc(tracks=tracks, **more)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(4 * RATE_HZ, 9 * RATE_HZ), st.integers(0, 300)), min_size=1, max_size=12))
def test_tracks_follow_each_other_and_keep_their_pauses(rows: list[tuple[int, int]]) -> None:
    rows[0] = (rows[0][0], rows[0][1] + 150)
    tracks = tuple(DiscTrack(frames=frames, pause_sectors=pause) for frames, pause in rows)
    layout = laid_out(disc(*tracks))
    ends = [place.pause_sector for place in layout.places[1:]] + [layout.lead_out_sector]
    assert layout.places[0].pause_sector == 0
    for track, place, end in zip(tracks, layout.places, ends, strict=True):
        assert place.start_sector - place.pause_sector == track.pause_sectors
        assert 0 <= place.early_frames < SECTOR_FRAMES and (not place.early_frames or not track.pause_sectors)
        assert end - place.start_sector >= track.frames // SECTOR_FRAMES >= 300
    silent = sum(track.pause_sectors for track in tracks) * SECTOR_FRAMES
    sound = sum(track.frames for track in tracks)
    assert 0 <= layout.lead_out_sector * SECTOR_FRAMES - silent - sound < len(tracks) * SECTOR_FRAMES


@settings(deadline=None)
@given(st.integers(0, 99), st.integers(0, 59), st.integers(0, 74))
def test_the_clock_goes_there_and_back(minutes: int, seconds: int, sectors: int) -> None:
    assert clock(sector_of(minutes, seconds, sectors)) == f"{minutes:02d}:{seconds:02d}:{sectors:02d}"


def test_codes_and_texts_are_put_right() -> None:
    track = replace(TRACK, isrc="gb-aye-26-00001", title=" A\nlong\t title ")
    made = pressable(disc(track, ean="036000291452", artist="A\x00 B"))
    assert made.disc.tracks[0].isrc == "GBAYE2600001" and made.disc.tracks[0].title == "A long title"
    assert made.disc.ean == "0036000291452" and made.disc.artist == "A B"
    assert made.remarks == ()


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (disc(), "a CD has 1 to 99 tracks, this has 0"),
        (disc(*[TRACK] * 100), "a CD has 1 to 99 tracks, this has 100"),
        (disc(TRACK, replace(TRACK, frames=4 * RATE_HZ - 1)), r"track 2 is 4.00 s long; a CD needs 4 s or more"),
        (disc(replace(TRACK, pause_sectors=149)), r"the pause before track 1 is 149 sectors \(1.99 s\).* 150 or more"),
        (disc(TRACK, replace(TRACK, pause_sectors=-1)), "the pause before track 2 is -1 sectors"),
        (disc(replace(TRACK, frames=80 * 60 * RATE_HZ)), r"the disc ends at 80:02:00; a CD ends by 79:57:74"),
    ],
)
def test_what_no_plant_can_press_is_refused(broken: Disc, said: str) -> None:
    with pytest.raises(OutOfRange, match=said):
        pressable(broken)


def test_the_longest_disc_is_taken_with_a_remark() -> None:
    made = pressable(disc(replace(TRACK, frames=(LAST_SECTOR - 150) * SECTOR_FRAMES)))
    assert clock(made.layout.lead_out_sector) == "79:57:74"
    assert made.remarks == (
        "the disc ends at 79:57:74; beyond 74:00:00 some plants and old players have trouble, ask the plant",
    )


def test_wrong_and_shared_codes_are_refused() -> None:
    with pytest.raises(RequestError, match=r'track 2: "GB" is no ISRC'):
        pressable(disc(TRACK, replace(TRACK, isrc="GB")))
    with pytest.raises(RequestError, match="tracks 1 and 2 have the same ISRC GBAYE2600001"):
        pressable(disc(*[replace(TRACK, isrc="GBAYE2600001")] * 2))
    with pytest.raises(RequestError, match="is no bar code"):
        pressable(disc(TRACK, ean="5012345678901"))


def test_what_may_be_asked_about_is_said() -> None:
    first = replace(TRACK, frames=4 * RATE_HZ + 100, isrc="GBAYE2600001", has_pre_emphasis=True)
    made = pressable(disc(first, replace(TRACK, pause_sectors=0)))
    assert [remark.split(":")[0] for remark in made.remarks] == [
        "no ISRC for track 2, although others have one",
        "the mark of track 2 lies 2.3 ms before its first sound",
        "track 1 is marked as pre-emphasised",
    ]
