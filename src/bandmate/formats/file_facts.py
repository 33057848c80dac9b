"""What a sound file is, and whether it can be used.

Not covered: finding it out, which is ``bandmate.formats.audio_files.probe``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bandmate.song.errors import MediaError

if TYPE_CHECKING:
    from bandmate.sound.audio import Samples

MOST_MIXED_CHANNELS = 2


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What a sound file is.

    ``bits`` is the resolution of a sample, None for lossy codecs; ``is_exact_seek`` tells whether ``open_audio`` reads
    it; ``tags`` are by Bandmate's names (title, artist, album, track, date, isrc, comment …).
    """

    channels: int
    frames: int
    rate_hz: int
    container: str
    codec: str
    bits: int | None = None
    tags: dict[str, str] = field(default_factory=dict)
    is_exact_seek: bool = False

    @property
    def seconds(self) -> float:
        return self.frames / self.rate_hz


def check_finite(block: Samples, name: str, *, start_frame: int, rate_hz: int) -> None:
    """Refuse a block with a NaN or infinite sample.

    Parameters
    ----------
    block : array (channels, frames)
    name : str
        of the file, for the message.
    start_frame : int
        where in the file the block begins.
    rate_hz : int

    Raises
    ------
    MediaError
        naming the first bad frame, its time, and what to do.
    """
    import numpy as np

    # max and min carry NaN and infinity along, without an array of flags for every block.
    if not block.size or (np.isfinite(block.max()) and np.isfinite(block.min())):
        return
    frame = int((~np.isfinite(block)).any(axis=0).argmax())
    channel = int((~np.isfinite(block[:, frame])).argmax())
    at = start_frame + frame
    raise MediaError(
        f'"{name}" is {block[channel, frame]} at frame {at} ({at / rate_hz:.3f} s), channel {channel + 1}; '
        "a broken plug-in or export does that: export it again, or cut that place out"
    )


def check_mixable(facts: FileFacts, name: str) -> None:
    """Refuse what is neither mono nor stereo.

    Raises
    ------
    MediaError
        naming the file and its channels.
    """
    if facts.channels > MOST_MIXED_CHANNELS:
        raise MediaError(
            f'"{name}" has {facts.channels} channels; Bandmate mixes mono and stereo. '
            "Split it into mono or stereo files first"
        )
