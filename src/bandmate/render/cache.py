"""The render cache: finished signals on disk, by the hash of everything they depend on.

Conventions: one file per signal, raw float32 in chunks of ``CHUNK_FRAMES`` frames, each chunk channel by channel, then
one checksum per chunk, the report as JSON, and a footer. A file appears under its name only when it is complete
(written aside, then renamed), so a crash leaves nothing half-done. Deleting any file, or all of them, at any time costs
time and nothing else: what is missing or damaged is made again. When the disk is full the cache stops writing and the
render goes on. Beyond ``max_bytes`` the least recently used files go first.

Not covered: sharing between machines (the byte order is the machine's own).
"""

from __future__ import annotations

import itertools
import json
import os
import struct
import threading
import time
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from bandmate.sound.audio import Samples

CHUNK_FRAMES = 65_536
DEFAULT_MAX_BYTES = 8 * 2**30
STALE_SECONDS = 24 * 3600
MAGIC = b"bandmat1"
FOOTER = struct.Struct("<QIIII8s")
SUFFIX, PART_SUFFIX = ".signal", ".part"

Report = Any
"""Plain JSON."""


class CacheDamage(Exception):
    """An entry that is not what was written. Never leaves the package: it means "make it again"."""


class Layout(NamedTuple):
    """What the footer says of a file."""

    frames: int
    channels: int
    json_bytes: int
    json_crc: int

    @property
    def chunks(self) -> int:
        return -(-self.frames // CHUNK_FRAMES)

    @property
    def file_bytes(self) -> int:
        return 4 * self.frames * self.channels + 8 * self.chunks + self.json_bytes + FOOTER.size


def checksum(chunk: Samples) -> int:
    """A sum over the bits of a chunk: quick, and different after any single change."""
    bits = chunk.reshape(-1).view(np.uint32 if chunk.size % 2 else np.uint64)
    total: int = int(np.add.reduce(bits, dtype=np.uint64)) ^ chunk.shape[1]
    return total


class RenderCache:
    """Finished signals in ``folder``, at most ``max_bytes`` of them.

    Parameters
    ----------
    folder : Path
        made when the first signal is written.
    max_bytes : int
        beyond it the least recently used signals are deleted.
    """

    def __init__(self, folder: Path, max_bytes: int = DEFAULT_MAX_BYTES) -> None:
        self.folder, self.max_bytes = Path(folder), max_bytes
        self.is_writable = True
        self._lock = threading.Lock()
        self._numbers = itertools.count()

    def find(self, key: str) -> CacheEntry | None:
        """The signal of that key, or None when it is not there or does not look right."""
        try:
            return CacheEntry(self._path(key))
        except (OSError, CacheDamage):
            return None

    def writer(self, key: str, channels: int) -> CacheWriter:
        """What takes the signal of that key, piece by piece."""
        name = f"{key}.{os.getpid()}-{next(self._numbers)}{PART_SUFFIX}"
        return CacheWriter(self, self.folder / name, self._path(key), channels)

    def used_bytes(self) -> int:
        """What the finished signals take on disk."""
        return sum(size for _, size, _ in self._files(SUFFIX))

    def evict(self) -> None:
        """Delete the least recently used signals beyond ``max_bytes``, and what crashes left behind a day ago."""
        with self._lock:
            for when, _, path in self._files(PART_SUFFIX):
                if when < time.time() - STALE_SECONDS:
                    remove(path)
            files = sorted(self._files(SUFFIX))
            over = sum(size for _, size, _ in files) - self.max_bytes
            for _, size, path in files:
                if over <= 0:
                    break
                remove(path)
                over -= size

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}{SUFFIX}"

    def _files(self, suffix: str) -> list[tuple[float, int, Path]]:
        found: list[tuple[float, int, Path]] = []
        with suppress(OSError):
            for path in self.folder.iterdir():
                with suppress(OSError):
                    if path.name.endswith(suffix):
                        state = path.stat()
                        found.append((state.st_mtime, state.st_size, path))
        return found


def remove(path: Path) -> None:
    """Delete a cache file; one that is gone or in use elsewhere is left to the next time."""
    with suppress(OSError):
        path.unlink()


class CacheEntry:
    """One finished signal, readable anywhere."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO = path.open("rb")
        try:
            layout = self._layout()
            self.frames, self.channels = layout.frames, layout.channels
            self._sums, self.notes = self._ending(layout)
            with suppress(OSError):
                os.utime(path)
        except BaseException:
            self._file.close()
            raise
        self._chunk_index = -1
        self._chunk: Samples = np.zeros((self.channels, 0), np.float32)

    def read(self, start: int, frames: int) -> Samples:
        """As `Feed.read`; raises `CacheDamage` where the file is not what was written."""
        first, last = start // CHUNK_FRAMES, (min(start + frames, self.frames) - 1) // CHUNK_FRAMES
        if start % CHUNK_FRAMES == 0 and first == last and self._length(first) == frames:
            return self._read_chunk(first)
        found = np.zeros((self.channels, frames), np.float32)
        for index in range(first, last + 1):
            chunk, offset = self._kept_chunk(index), index * CHUNK_FRAMES - start
            low, high = max(0, offset), min(frames, offset + chunk.shape[1])
            found[:, low:high] = chunk[:, low - offset : high - offset]
        return found

    def close(self) -> None:
        self._file.close()

    def forget(self) -> None:
        """Close and delete the file."""
        self.close()
        remove(self._path)

    def _length(self, index: int) -> int:
        return min(CHUNK_FRAMES, self.frames - index * CHUNK_FRAMES)

    def _kept_chunk(self, index: int) -> Samples:
        if index != self._chunk_index:
            self._chunk, self._chunk_index = self._read_chunk(index), index
        return self._chunk

    def _read_chunk(self, index: int) -> Samples:
        chunk = np.empty((self.channels, self._length(index)), np.float32)
        try:
            self._file.seek(4 * self.channels * CHUNK_FRAMES * index)
            count = self._file.readinto(chunk.data.cast("B"))  # type: ignore[attr-defined]
        except OSError as problem:
            raise CacheDamage from problem
        if count != chunk.nbytes or checksum(chunk) != self._sums[index]:
            raise CacheDamage
        return chunk

    def _layout(self) -> Layout:
        size = os.fstat(self._file.fileno()).st_size
        if size < FOOTER.size:
            raise CacheDamage
        self._file.seek(size - FOOTER.size)
        frames, channels, json_bytes, json_crc, chunk_frames, magic = FOOTER.unpack(self._file.read(FOOTER.size))
        layout = Layout(frames, channels, json_bytes, json_crc)
        if magic != MAGIC or chunk_frames != CHUNK_FRAMES or layout.file_bytes != size:
            raise CacheDamage
        return layout

    def _ending(self, layout: Layout) -> tuple[list[int], Report]:
        self._file.seek(4 * layout.frames * layout.channels)
        sums = self._file.read(8 * layout.chunks)
        text = self._file.read(layout.json_bytes)
        if zlib.crc32(text) != layout.json_crc:
            raise CacheDamage
        return [int(value) for value in np.frombuffer(sums, np.uint64)], json.loads(text)


class CacheWriter:
    """Takes one signal, piece by piece, and puts it under its key when it is complete."""

    def __init__(self, cache: RenderCache, part: Path, path: Path, channels: int) -> None:
        self._cache, self._part, self._path, self.channels = cache, part, path, channels
        self._file: BinaryIO | None = None
        self._sums: list[int] = []
        self._frames = 0
        self._pending: list[Samples] = []
        self._pending_frames = 0
        if cache.is_writable:
            with self._disk():
                cache.folder.mkdir(parents=True, exist_ok=True)
                self._file = part.open("wb", buffering=0)

    def write(self, block: Samples) -> None:
        """The next frames, (channels, frames)."""
        if self._file is None:
            return
        offset = 0
        while offset < block.shape[1]:
            piece = block[:, offset : offset + CHUNK_FRAMES - self._pending_frames]
            self._pending.append(piece)
            self._pending_frames += piece.shape[1]
            offset += piece.shape[1]
            if self._pending_frames == CHUNK_FRAMES:
                self._flush()

    def finish(self, notes: Report) -> None:
        """The signal is complete; ``notes`` (plain JSON) is kept with it."""
        self._flush()
        text = json.dumps(notes).encode()
        ending = np.array(self._sums, np.uint64).tobytes() + text
        footer = FOOTER.pack(self._frames, self.channels, len(text), zlib.crc32(text), CHUNK_FRAMES, MAGIC)
        with self._disk():
            self._put(ending + footer)
        if self._file is None:
            return
        with self._disk():
            self._file.close()
            self._part.replace(self._path)
        self._file = None
        self._cache.evict()

    def abandon(self) -> None:
        """Forget what was written."""
        if self._file is not None:
            self._file.close()
            self._file = None
            remove(self._part)

    def _flush(self) -> None:
        if self._file is None or not self._pending_frames:
            return
        whole = self._pending[0] if len(self._pending) == 1 else np.concatenate(self._pending, axis=1)
        chunk = np.ascontiguousarray(whole, np.float32)
        self._pending, self._pending_frames = [], 0
        with self._disk():
            self._put(chunk.data.cast("B"))
        self._sums.append(checksum(chunk))
        self._frames += chunk.shape[1]

    def _put(self, data: bytes | memoryview) -> None:
        # subtle: a raw file may take only a part of what it is given, at the latest when the disk fills up.
        view = memoryview(data)
        while self._file is not None and len(view):
            view = view[self._file.write(view) :]

    def _disk(self) -> DiskGuard:
        return DiskGuard(self)

    def fail(self) -> None:
        """The disk refused: stop writing, here and for the rest of the run."""
        self._cache.is_writable = False
        self.abandon()


class DiskGuard:
    """Turns a disk that is full, read-only or gone into a cache that no longer writes."""

    def __init__(self, writer: CacheWriter) -> None:
        self._writer = writer

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: object) -> bool:
        if isinstance(problem, OSError):
            with suppress(OSError):
                self._writer.fail()
            return True
        return False
