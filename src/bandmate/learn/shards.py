"""Shards: files of many rows, packed, that are there whole or not at all, and are read one after the other.

Conventions: a shard is eight bytes that name its layout, and a list of rows (MessagePack) packed with zstd, which
checks it by a sum. Equal rows give equal bytes. Only one shard is in memory at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from bandmate.formats.atomic_file import write_whole
from bandmate.song.errors import MediaError

MAGIC = b"BANDSH01"
LEVEL = 6
LARGEST_BYTES = 2**30


def shard_bytes(rows: Sequence[dict[str, Any]]) -> bytes:
    """The bytes of a shard."""
    import zstandard

    return MAGIC + zstandard.ZstdCompressor(level=LEVEL, write_checksum=True).compress(msgspec.msgpack.encode(rows))


def write_shard(path: Path, data: bytes) -> None:
    """Put a shard on the disk, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, data)


def rows_in(path: Path) -> list[Any]:
    """The rows of a shard.

    Raises
    ------
    MediaError
        if it is missing, damaged, or of another layout.
    """
    try:
        data = path.read_bytes()
    except OSError as failure:
        raise MediaError(f'the shard "{path}" cannot be read: {failure.strerror or failure}') from failure
    return unpacked(data, path.name)


def unpacked(data: bytes, name: str) -> list[Any]:
    """The rows in the bytes of a shard."""
    import zstandard

    if not data.startswith(MAGIC):
        raise MediaError(f'"{name}" is no shard of this layout; delete the corpus and build it again')
    try:
        plain = zstandard.ZstdDecompressor().decompress(data[len(MAGIC) :], max_output_size=LARGEST_BYTES)
        found = msgspec.msgpack.decode(plain)
    except (zstandard.ZstdError, msgspec.DecodeError) as damage:
        raise MediaError(f'the shard "{name}" is damaged: {damage}; delete it and build the corpus again') from damage
    return list(found)


def rows_of(paths: Iterable[Path]) -> Iterator[Any]:
    """The rows of many shards, one shard after the other."""
    for path in paths:
        yield from rows_in(path)
