"""The sound of a disc from its first sector to its last: the tracks as they come, with the pauses put in between.

Conventions: blocks are int16 (2, frames) at 44.1 kHz, cut anywhere, already dithered; nothing is changed but that the
pauses, digital silence, are put in and the last sector is filled up. Memory does not grow with the length.

Not covered: pauses with sound in them; give such a track no pause and its sound with the pause.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from bandmate.formats.disc import CHANNELS, RATE_HZ, SECTOR_FRAMES
from bandmate.formats.red_book import PressableDisc
from bandmate.song.errors import RequestError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Block = npt.NDArray[np.int16]


def image_blocks(pressed: PressableDisc, blocks: Iterable[Block], *, skipped_sectors: int = 0) -> Iterator[Block]:
    """The disc image in blocks.

    Parameters
    ----------
    pressed : PressableDisc
    blocks : iterable of int16 array (2, frames)
        The sound of all tracks, without pauses.
    skipped_sectors : int
        Sectors left out at the start, at most as many as the pause before track 1 has.

    Raises
    ------
    RequestError
        if the sound is shorter or longer than the tracks together, or not stereo int16.
    """
    sound = SoundStream(blocks, sum(track.frames for track in pressed.disc.tracks))
    at_frame = skipped_sectors * SECTOR_FRAMES
    for track, place in zip(pressed.disc.tracks, pressed.layout.places, strict=True):
        if track.pause_sectors:
            yield from silence(place.start_sector * SECTOR_FRAMES - at_frame)
            at_frame = place.start_sector * SECTOR_FRAMES
        yield from sound.take(track.frames)
        at_frame += track.frames
    sound.check_empty()
    yield from silence(pressed.layout.lead_out_sector * SECTOR_FRAMES - at_frame)


def as_bytes(block: Block) -> bytes:
    """A block as a CD has it: left before right, little-endian."""
    return block.T.astype("<i2").tobytes()


def silence(frames: int) -> Iterator[Block]:
    """Digital silence, a second at a time."""
    import numpy as np

    for start in range(0, frames, RATE_HZ):
        yield np.zeros((CHANNELS, min(RATE_HZ, frames - start)), np.int16)


class SoundStream:
    """Blocks of any length, taken in lengths that the tracks ask for."""

    def __init__(self, blocks: Iterable[Block], frames: int) -> None:
        self._blocks = iter(blocks)
        self._frames, self._taken = frames, 0
        self._held: Block | None = None

    def take(self, frames: int) -> Iterator[Block]:
        """The next ``frames`` frames, in pieces."""
        while frames:
            block = self._next()
            if block is None:
                raise RequestError(
                    f"the sound ends after {self._taken} frames ({self._taken / RATE_HZ:.2f} s), the tracks need "
                    f"{self._frames} ({self._frames / RATE_HZ:.2f} s); the lengths of the tracks must add up"
                )
            now, self._held = block[:, :frames], block[:, frames:]
            frames -= now.shape[1]
            self._taken += now.shape[1]
            yield now

    def check_empty(self) -> None:
        """Refuse sound that no track asked for."""
        if self._next() is not None:
            raise RequestError(
                f"the sound goes on after the last track, which ends at frame {self._frames} "
                f"({self._frames / RATE_HZ:.2f} s); the lengths of the tracks must add up"
            )

    def _next(self) -> Block | None:
        """The next block that has something in it."""
        while self._held is None or not self._held.shape[1]:
            block = next(self._blocks, None)
            if block is None:
                return None
            if block.ndim != 2 or block.shape[0] != CHANNELS or block.dtype.name != "int16":
                raise RequestError(
                    f"a CD is written from stereo blocks of int16, got {block.dtype.name} {block.shape}; "
                    "make it stereo and dither it to 16 bit first"
                )
            self._held = block
        return self._held
