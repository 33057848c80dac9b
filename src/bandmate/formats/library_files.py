"""WAV, AIFF, FLAC, OGG, Opus, CAF, AU and W64, decoded by libsndfile.

Conventions: frames are exact in all of these; OGG and Opus are not read from just any frame, since libsndfile finds its
place in them only roughly.

Not covered: FLAC streams of unknown length, whose frames come back as a number beyond 2**40.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bandmate.formats.codec_files import codec_tags
from bandmate.formats.file_facts import FileFacts
from bandmate.song.errors import MediaError

if TYPE_CHECKING:
    from bandmate.sound.audio import Samples

TAGGED_BY_CODEC = {"flac": "flac", "ogg": "ogg", "opus": "ogg"}
SEEKABLE = ("wav", "aiff", "flac", "caf", "au", "w64")
BITS = {"PCM_S8": 8, "PCM_U8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32, "FLOAT": 32, "DOUBLE": 64}


def library_facts(path: Path, container: str, tags: dict[str, str]) -> FileFacts:
    """Facts of what libsndfile reads."""
    with closing(opened_library(path)) as file:
        bits = BITS.get(file.subtype)
        if container == "aiff":
            tags = {name: text for name, text in file.copy_metadata().items() if text} | tags
        elif container in TAGGED_BY_CODEC:
            tags = codec_tags(path, TAGGED_BY_CODEC[container])
        codec = "flac" if container == "flac" else file.subtype.lower().replace("_", "-")
        return FileFacts(
            int(file.channels),
            int(file.frames),
            int(file.samplerate),
            container,
            codec,
            bits=bits,
            tags=tags,
            is_exact_seek=container in SEEKABLE,
        )


def opened_library(path: Path) -> Any:
    """The file through libsndfile; its complaints come as ``MediaError``."""
    import soundfile

    try:
        return soundfile.SoundFile(str(path))
    except soundfile.LibsndfileError as failure:
        raise MediaError(f'"{path.name}" cannot be decoded: {failure.error_string}; export it again') from failure


def read_frames(file: Any, start: int, frames: int) -> Samples:
    """``frames`` frames, contiguous (channels, frames); fewer where the file is damaged."""
    import numpy as np
    import soundfile

    try:
        if file.tell() != start:
            file.seek(start)
        block = file.read(frames, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError:
        block = np.zeros((0, file.channels), np.float32)
    rows = np.empty((block.shape[1], block.shape[0]), np.float32)
    for channel in range(len(rows)):
        rows[channel] = block[:, channel]
    return rows
