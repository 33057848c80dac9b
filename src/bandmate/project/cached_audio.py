"""Recordings decoded, resampled and edited once, then read from the cache.

A cache file is 32 bytes of header and then float32 frames, interleaved, little endian, so that one seek and one read
give any span; nothing is mapped into memory. Its name is the recording's hash, the rate, and the versions of the
format, the decoder and the resampler; it may be deleted at any moment and is then made again. It is written under a
passing name and renamed when it is complete; two that make it at once make the same, and the first one's stays.
"""

from __future__ import annotations

import os
import struct
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from io import BufferedWriter, FileIO
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bandmate.formats.audio_files import Reader, decode_blocks, open_audio
from bandmate.project.recordings import PART_SUFFIX, Recording, by_original_name, remove_forgotten
from bandmate.song.errors import ProjectError
from bandmate.sound.audio import Audio, Samples
from bandmate.sound.resample import Resampler

CACHE_VERSION = 1
"""Raised by one whenever the format of the file, the decoder or the resampler changes what comes out."""

HEADER = struct.Struct("<8sIIQ8x")
"""Magic, channels, rate, frames."""

MAGIC = b"BMFRAMES"
FRAME = np.dtype("<f4")
ATTEMPTS = 3

_making: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
_guard = threading.Lock()


class OriginalSource:
    """A reader of the original file."""

    def __init__(self, recording: Recording, path: Path, reader: Reader) -> None:
        self._recording, self._path, self._reader = recording, path, reader
        self.channels, self.frames, self.rate_hz = reader.channels, reader.frames, reader.rate_hz

    def read(self, start_frame: int, frames: int) -> Samples:
        """float32 (channels, frames); silence outside the recording."""
        with by_original_name(self._recording, self._path):
            return self._reader.read(start_frame, frames)

    def close(self) -> None:
        self._reader.close()


class CachedSource:
    """A reader of a cache file. Stays readable when the file is deleted meanwhile, where the system allows that."""

    def __init__(self, file: FileIO, *, channels: int, rate_hz: int, frames: int) -> None:
        self._file = file
        self.channels, self.rate_hz, self.frames = channels, rate_hz, frames

    def read(self, start_frame: int, frames: int) -> Samples:
        """float32 (channels, frames); silence outside the recording."""
        found = np.zeros((self.channels, frames), np.float32)
        first, last = max(0, start_frame), min(self.frames, start_frame + frames)
        if last > first:
            interleaved = np.zeros((last - first, self.channels), FRAME)
            self._file.seek(HEADER.size + first * self.channels * FRAME.itemsize)
            read_all(self._file, interleaved)
            found[:, first - start_frame : last - start_frame] = interleaved.T
        return found

    def close(self) -> None:
        self._file.close()


def original_source(recording: Recording, path: Path) -> OriginalSource:
    """A reader of a file that can be read anywhere."""
    with by_original_name(recording, path):
        return OriginalSource(recording, path, open_audio(path))


def cached_source(recording: Recording, path: Path, cache: Path, rate_hz: int) -> CachedSource:
    """A reader of the recording at ``rate_hz``; decodes it first where that has not been done."""
    place = cache / recording.sha256[:2] / f"{recording.sha256}-{rate_hz}-{CACHE_VERSION}.f32"

    def write(file: BufferedWriter) -> None:
        with by_original_name(recording, path):
            write_frames(file, recording, path, rate_hz)

    return made_source(place, write, f'the cache file of "{recording.original_name}"')


def kept_source(name: str, cache: Path, make: Callable[[], Audio]) -> CachedSource:
    """A reader of a sound that is made from recordings; makes it first where that has not been done."""

    def write(file: BufferedWriter) -> None:
        audio = make()
        file.write(HEADER.pack(MAGIC, audio.channels, audio.rate_hz, audio.frames))
        for block in audio.blocks():
            write_block(file, block)

    return made_source(cache / name[:2] / f"{name}-{CACHE_VERSION}.f32", write, "a cache file of an edited recording")


def made_source(place: Path, write: Callable[[BufferedWriter], None], what: str) -> CachedSource:
    """A reader of a cache file, written first where it is not there."""
    for _ in range(ATTEMPTS):
        source = opened_cache(place)
        if source is not None:
            return source
        with making(place):
            if not place.exists():
                make_file(place, write)
    raise ProjectError(f"{what} keeps vanishing; does a program clean it up?")


def making(place: Path) -> threading.Lock:
    """The lock that keeps two threads from decoding the same file at once; two programs may."""
    with _guard:
        return _making[str(place)]


def make_file(place: Path, write: Callable[[BufferedWriter], None]) -> None:
    """Write a file under a passing name, and give it its own when it is whole."""
    place.parent.mkdir(parents=True, exist_ok=True)
    remove_forgotten(place.parent)
    part = place.with_name(f"{os.getpid()}-{threading.get_ident()}-{time.monotonic_ns()}{PART_SUFFIX}")
    try:
        with part.open("xb") as file:
            write(file)
        put_in_place(part, place)
    finally:
        part.unlink(missing_ok=True)


def write_frames(file: BufferedWriter, recording: Recording, path: Path, rate_hz: int) -> None:
    file.write(bytes(HEADER.size))
    resampler = Resampler(recording.rate_hz, rate_hz, recording.channels)
    frames = 0
    for block in decode_blocks(path):
        frames += write_block(file, resampler.feed(block))
    frames += write_block(file, resampler.finish())
    file.seek(0)
    file.write(HEADER.pack(MAGIC, recording.channels, rate_hz, frames))


def write_block(file: BufferedWriter, block: Samples) -> int:
    file.write(np.ascontiguousarray(block.T, FRAME).data)
    return int(block.shape[1])


def put_in_place(part: Path, place: Path) -> None:
    try:
        part.replace(place)
    except PermissionError:
        # subtle: Windows does not replace a file that is open; then another program has made the same one
        if not place.exists():
            raise


def opened_cache(place: Path) -> CachedSource | None:
    """A reader of a cache file; None where it is not there, or not whole, which takes it away."""
    try:
        file = place.open("rb", buffering=0)
    except FileNotFoundError:
        return None
    header = file.read(HEADER.size)
    if len(header) == HEADER.size:
        magic, channels, rate_hz, frames = HEADER.unpack(header)
        whole_bytes = HEADER.size + frames * channels * FRAME.itemsize
        if magic == MAGIC and os.fstat(file.fileno()).st_size == whole_bytes:
            return CachedSource(file, channels=channels, rate_hz=rate_hz, frames=frames)
    file.close()
    place.unlink(missing_ok=True)
    return None


def read_all(file: FileIO, into: npt.NDArray[np.float32]) -> None:
    """Fill the array; a single read may give less on some systems."""
    view, done = into.reshape(-1).view(np.uint8).data, 0
    while done < len(view):
        got = file.readinto(view[done:])
        if not got:
            return
        done += got
