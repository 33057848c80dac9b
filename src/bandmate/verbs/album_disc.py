"""The CD of an album: one WAV with a cue sheet, and a DDP 2.00 file set that was read back and checked.

Conventions: the tracks are the finished files, 16 bit at 44.1 kHz, taken over sample for sample; nothing is dithered or
changed again. Pauses that nobody asked for are two seconds.

Not covered: burning; what the fields mean (``bandmate.formats.ddp``, ``bandmate.formats.cue_sheet``).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bandmate.formats.atomic_file import disk_errors
from bandmate.formats.disc import FIRST_PAUSE_SECTORS, SECTORS_PER_SECOND, Disc, DiscTrack
from bandmate.song.errors import MediaError
from bandmate.verbs.album_files import Finished
from bandmate.verbs.album_sheet import AlbumSheet
from bandmate.verbs.album_tracks import file_sha256
from bandmate.verbs.printing import file_name

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

CD_FOLDER, DDP_FOLDER = "cd", "ddp"
MOST_NAME_BYTES = 160


@dataclass(frozen=True, slots=True)
class WrittenDisc:
    """The files of a disc by their names in the results, and what there is to tell."""

    files: dict[str, Finished]
    remarks: tuple[str, ...]


def disc_of(album: AlbumSheet, frames: Sequence[int]) -> Disc:
    """The album as a disc; ``frames`` are the lengths of the tracks at 44.1 kHz."""
    tracks = []
    for track, length in zip(album.tracks, frames, strict=True):
        gap = track.gap_before_seconds
        pause = FIRST_PAUSE_SECTORS if gap is None else round(gap * SECTORS_PER_SECOND)
        if track.number == 1:
            pause = max(pause, FIRST_PAUSE_SECTORS)
        tracks.append(
            DiscTrack(
                title=track.title,
                artist=track.artist or album.artist,
                isrc=track.isrc,
                frames=length,
                pause_sectors=pause,
            )
        )
    return Disc(title=album.title, artist=album.artist, ean=album.ean, tracks=tuple(tracks))


def disc_names(album: AlbumSheet) -> tuple[str, ...]:
    """The files of the disc, as far as they are known before: all that could be in the way."""
    from bandmate.formats.ddp import ALL_NAMES

    return (
        f"{CD_FOLDER}/{image_name(album)}",
        f"{CD_FOLDER}/{Path(image_name(album)).with_suffix('.cue').name}",
        *(f"{CD_FOLDER}/{DDP_FOLDER}/{name}" for name in ALL_NAMES),
    )


def image_name(album: AlbumSheet) -> str:
    """The WAV with the whole disc; a quotation mark, which no cue sheet can hold, is none of any file's name here."""
    return f"{short_name(album.title)}.wav"


def short_name(title: str) -> str:
    """A title as part of a file's name, cut where a file system would refuse it."""
    kept = file_name(title).encode("utf-8", "replace")[:MOST_NAME_BYTES].decode("utf-8", "ignore").rstrip(" .")
    return kept or "track"


def write_disc(drafts: Path, album: AlbumSheet, disc: Disc, tracks: Sequence[Path]) -> WrittenDisc:
    """Write cue sheet, image and DDP set below ``drafts``, and read the set back.

    Raises
    ------
    OutOfRange, RequestError
        if the disc breaks the Red Book's rules.
    MediaError
        if the set that was written has a problem.
    ProjectError
        if it cannot be written.
    """
    from bandmate.formats.cue_sheet import write_cue_image
    from bandmate.formats.ddp import write_ddp
    from bandmate.formats.ddp_check import read_ddp

    place = drafts / CD_FOLDER
    with disk_errors(place):
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
    cue = write_cue_image(place / image_name(album), disc, whole_blocks(tracks))
    ddp = write_ddp(place / DDP_FOLDER, disc, whole_blocks(tracks))
    problems = read_ddp(ddp.folder).problems
    if problems:
        raise MediaError(f"the disc image that was written cannot be sent to a plant: {'; '.join(problems)}")
    files = {
        path.relative_to(drafts).as_posix(): Finished(path, file_sha256(path))
        for path in (cue.wav, cue.sheet, *ddp.files)
    }
    return WrittenDisc(files, tuple(dict.fromkeys((*cue.remarks, *ddp.remarks))))


def whole_blocks(tracks: Iterable[Path]) -> Iterator[npt.NDArray[np.int16]]:
    """The samples of 16-bit files, one after another, as they stand in the files."""
    import numpy as np

    from bandmate.formats.audio_files import decode_blocks

    for path in tracks:
        for block in decode_blocks(path):
            yield np.rint(block * 32_768.0).astype(np.int16)
