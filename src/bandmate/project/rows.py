"""What goes into a row and comes out of it: compressed JSON, times, text.

Conventions: JSON is kept as a zstandard frame; times are ISO 8601 in UTC with milliseconds, so that they sort as text.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import zstandard

from bandmate.song.errors import ProjectError


def packed(data: bytes) -> bytes:
    """``data``, smaller; with a checksum, so that damage shows."""
    return zstandard.ZstdCompressor(level=3, write_checksum=True).compress(data)


def unpacked(data: bytes, what: str) -> bytes:
    """What ``packed`` made smaller.

    Raises
    ------
    ProjectError
        if it is damaged; ``what`` names it.
    """
    try:
        return zstandard.ZstdDecompressor().decompress(data)
    except zstandard.ZstdError as damage:
        raise ProjectError(
            f"{what} is damaged and cannot be unpacked: {damage}; restore a copy of the folder"
        ) from damage


def sha256_text(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def now_utc() -> str:
    """The time as it is kept: ``2026-11-21T21:55:03.127Z``."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def storable(text: str) -> str:
    """``text`` without what UTF-8 cannot hold: names of files may have such characters on some systems."""
    return text.encode("utf-8", "replace").decode("utf-8")
