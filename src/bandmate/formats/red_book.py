"""The rules of the Red Book, held against a disc before anything of it is written.

Conventions: what no plant can press is an error; what a plant or a player may stumble over is a remark, one sentence
for the musician. Codes and texts come out put right: ISRC and bar code in one spelling, texts on one line.

Choices: a track's four seconds are counted from its own sound, without the pause after it, which is never laxer than
the standard; the disc must end by 79:57:74, the last place of an 80-minute disc.

References: IEC 60908; limits and habits of plants as given by the DDP Mastering Tools (cue2ddp: four seconds, two
seconds before track 1, 99 tracks).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from bandmate.formats.disc import (
    FIRST_PAUSE_SECTORS,
    RATE_HZ,
    SECTORS_PER_SECOND,
    TEXT_NAMES,
    Disc,
    DiscTrack,
    Holder,
    Layout,
    clock,
    laid_out,
    retitled,
    sector_of,
)
from bandmate.formats.isrc import normal_ean, normal_isrc
from bandmate.song.errors import OutOfRange, RequestError

MOST_TRACKS = 99
LEAST_TRACK_SECONDS = 4
LAST_SECTOR = sector_of(79, 57, 74)
COMFORTABLE_SECTORS = sector_of(74, 0, 0)


@dataclass(frozen=True, slots=True)
class PressableDisc:
    """A disc that keeps the rules, its codes and texts put right, where its tracks lie, and what there is to remark."""

    disc: Disc
    layout: Layout
    remarks: tuple[str, ...]


def pressable(disc: Disc) -> PressableDisc:
    """Hold a disc against the Red Book.

    Raises
    ------
    OutOfRange
        for no or more than 99 tracks, a track under four seconds, less than two seconds before track 1, a pause below
        nothing, or a disc that ends after 79:57:74.
    RequestError
        for an ISRC or a bar code that is none, and for an ISRC that two tracks share.
    """
    check_tracks(disc)
    tracks = tuple(tidy_track(number, track) for number, track in enumerate(disc.tracks, start=1))
    ean = normal_ean(disc.ean) if disc.ean.strip() else ""
    disc = tidy_texts(replace(disc, tracks=tracks, ean=ean, catalogue_number=one_line(disc.catalogue_number)))
    check_shared_codes(disc)
    layout = laid_out(disc)
    if layout.lead_out_sector > LAST_SECTOR:
        raise OutOfRange(
            f"the disc ends at {clock(layout.lead_out_sector)}; a CD ends by {clock(LAST_SECTOR)} "
            "(minutes:seconds:75ths). Leave a track out, shorten the pauses, or make two discs"
        )
    return PressableDisc(disc, layout, tuple(remarks(disc, layout)))


def check_tracks(disc: Disc) -> None:
    """Counts and lengths."""
    if not 1 <= len(disc.tracks) <= MOST_TRACKS:
        raise OutOfRange(f"a CD has 1 to {MOST_TRACKS} tracks, this has {len(disc.tracks)}")
    for number, track in enumerate(disc.tracks, start=1):
        if track.frames < LEAST_TRACK_SECONDS * RATE_HZ:
            raise OutOfRange(
                f"track {number} is {track.frames / RATE_HZ:.2f} s long; a CD needs {LEAST_TRACK_SECONDS} s or more. "
                "Join it to its neighbour, or add silence to its end"
            )
        least = FIRST_PAUSE_SECTORS if number == 1 else 0
        if track.pause_sectors < least:
            raise OutOfRange(
                f"the pause before track {number} is {track.pause_sectors} sectors "
                f"({track.pause_sectors / SECTORS_PER_SECOND:.2f} s); it must be {least} or more"
            )


def tidy_track(number: int, track: DiscTrack) -> DiscTrack:
    try:
        isrc = normal_isrc(track.isrc) if track.isrc.strip() else ""
    except RequestError as wrong:
        raise RequestError(f"track {number}: {wrong}") from wrong
    return tidy_texts(replace(track, isrc=isrc))


def tidy_texts(holder: Holder) -> Holder:
    return retitled(holder, {name: one_line(getattr(holder, name)) for name in TEXT_NAMES})


def one_line(text: str) -> str:
    """The text without line breaks, control characters and doubled spaces."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def check_shared_codes(disc: Disc) -> None:
    for isrc, count in Counter(track.isrc for track in disc.tracks if track.isrc).items():
        if count > 1:
            numbers = [str(number) for number, track in enumerate(disc.tracks, start=1) if track.isrc == isrc]
            raise RequestError(f"tracks {' and '.join(numbers)} have the same ISRC {isrc}; every recording has its own")


def remarks(disc: Disc, layout: Layout) -> list[str]:
    """What may be asked about, although it can be pressed."""
    said = []
    if layout.lead_out_sector > COMFORTABLE_SECTORS:
        said.append(
            f"the disc ends at {clock(layout.lead_out_sector)}; beyond {clock(COMFORTABLE_SECTORS)} some plants and "
            "old players have trouble, ask the plant"
        )
    bare = [str(number) for number, track in enumerate(disc.tracks, start=1) if not track.isrc]
    if bare and len(bare) < len(disc.tracks):
        said.append(f"no ISRC for track {', '.join(bare)}, although others have one")
    for place in layout.places:
        if place.early_frames:
            said.append(
                f"the mark of track {place.number} lies {1000 * place.early_frames / RATE_HZ:.1f} ms before its first "
                "sound: a CD has a place for a mark every 13.3 ms, and no pause is wanted here"
            )
    marked = [str(number) for number, track in enumerate(disc.tracks, start=1) if track.has_pre_emphasis]
    if marked:
        said.append(f"track {', '.join(marked)} is marked as pre-emphasised: players will cut its treble")
    return said
