"""An audio CD as values: its tracks, texts and codes, and where every track lies on the disc.

Conventions: a sector is 1/75 s, 588 frames at 44.1 kHz, 2352 bytes. Sector 0 is the first sector of the disc image,
that is the start of the pause before track 1, and times on the disc count from it. The sound of the tracks is one
stream without the pauses; the pauses are digital silence, put in between.

Where a pause follows, the last sector of a track is filled up with silence. Where none does, the sound runs on
untouched, and the mark of the next track lies at the sector's beginning: up to 13 ms early, never in a click.

Not covered: more than the indexes 0 and 1, several sessions, data tracks, four channels, SCMS.

References: IEC 60908 (Red Book).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

RATE_HZ = 44_100
CHANNELS = 2
SECTORS_PER_SECOND = 75
SECTOR_FRAMES = RATE_HZ // SECTORS_PER_SECOND
FRAME_BYTES = 4
SECTOR_BYTES = SECTOR_FRAMES * FRAME_BYTES
FIRST_PAUSE_SECTORS = 2 * SECTORS_PER_SECOND


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscTexts:
    """The texts that a disc and each of its tracks can have; all may be empty."""

    title: str = ""
    artist: str = ""
    songwriter: str = ""
    composer: str = ""
    arranger: str = ""
    message: str = ""


TEXT_NAMES = tuple(field.name for field in fields(DiscTexts))


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscTrack(DiscTexts):
    """A track of a disc.

    ``frames`` is its length at 44.1 kHz, without pauses; ``pause_sectors`` is the silence before it, 0 for a segue.
    Before track 1 it must be two seconds or more. ``is_copy_permitted`` and ``has_pre_emphasis`` are the two control
    flags of the Red Book.
    """

    frames: int
    pause_sectors: int = FIRST_PAUSE_SECTORS
    isrc: str = ""
    is_copy_permitted: bool = False
    has_pre_emphasis: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Disc(DiscTexts):
    """A disc: its texts, its bar code (EAN-13 or UPC-A), the label's own catalogue number, and its tracks in order."""

    tracks: tuple[DiscTrack, ...]
    ean: str = ""
    catalogue_number: str = ""


Holder = TypeVar("Holder", Disc, DiscTrack)


def retitled(holder: Holder, texts: Mapping[str, str]) -> Holder:
    """A disc or track with other texts, by the names in ``TEXT_NAMES``."""
    changes: dict[str, Any] = dict(texts)
    return replace(holder, **changes)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a track lies, in sectors from the start of the image.

    ``pause_sector`` is its index 0 and ``start_sector`` its index 1; without a pause both are the same.
    ``early_frames`` is by how much the mark lies before the track's first frame, 0 to 587.
    """

    number: int
    pause_sector: int
    start_sector: int
    early_frames: int = 0


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the tracks lie, and the lead-out: the first sector after the sound, which is also the image's length."""

    places: tuple[Place, ...]
    lead_out_sector: int

    @property
    def image_bytes(self) -> int:
        return self.lead_out_sector * SECTOR_BYTES


def laid_out(disc: Disc) -> Layout:
    """Where every track of a disc lies; nothing is judged here."""
    places: list[Place] = []
    at_frame = 0
    for number, track in enumerate(disc.tracks, start=1):
        if track.pause_sectors:
            pause_sector = whole_sectors(at_frame)
            start_sector = pause_sector + track.pause_sectors
            places.append(Place(number, pause_sector, start_sector))
            at_frame = start_sector * SECTOR_FRAMES
        else:
            start_sector, early_frames = divmod(at_frame, SECTOR_FRAMES)
            places.append(Place(number, start_sector, start_sector, early_frames))
        at_frame += track.frames
    return Layout(tuple(places), whole_sectors(at_frame))


def whole_sectors(frames: int) -> int:
    """Sectors that hold ``frames``, the last one filled up."""
    return -(-frames // SECTOR_FRAMES)


def clock(sector: int) -> str:
    """A sector as minutes, seconds and 75ths: 375 is ``00:05:00``."""
    seconds, sectors = divmod(sector, SECTORS_PER_SECOND)
    return f"{seconds // 60:02d}:{seconds % 60:02d}:{sectors:02d}"


def sector_of(minutes: int, seconds: int, sectors: int) -> int:
    """The sector at a time; ``clock`` backwards."""
    return (minutes * 60 + seconds) * SECTORS_PER_SECOND + sectors
