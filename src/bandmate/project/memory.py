"""What the ears have heard: answers kept by content, analyser and version, so that nothing is measured twice.

An answer is a small file in the cache, compressed and with a checksum; it is written whole under a passing name and
renamed. So any number of threads and programs may remember and recall at once without waiting for each other or for
the writer of the project, and the whole memory may be deleted at any moment: what is not there is measured again.
"""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from pathlib import Path

import msgspec
import zstandard

from bandmate.project.media import CACHE_FOLDER
from bandmate.project.recordings import PART_SUFFIX
from bandmate.project.rows import packed, sha256_text

HEARD_FOLDER = "heard"


class Memory:
    """The memory of the project in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._place = folder / CACHE_FOLDER / HEARD_FOLDER

    def recall(self, content_hash: str, analyser: str, version: str) -> bytes | None:
        """The answer of this version of the analyser about this content; None where there is none, or a damaged one."""
        try:
            return zstandard.ZstdDecompressor().decompress(self._path(content_hash, analyser, version).read_bytes())
        except (OSError, zstandard.ZstdError):
            return None

    def remember(self, content_hash: str, analyser: str, version: str, answer: bytes) -> None:
        """Keep an answer; a later one for the same question replaces it.

        Where the folder is read-only or the disk full the answer is not kept, and nothing is said: it is only measured
        again.
        """
        place = self._path(content_hash, analyser, version)
        part = place.with_name(f"{os.getpid()}-{threading.get_ident()}-{time.monotonic_ns()}{PART_SUFFIX}")
        with suppress(OSError):
            try:
                place.parent.mkdir(parents=True, exist_ok=True)
                part.write_bytes(packed(answer))
                part.replace(place)
            finally:
                part.unlink(missing_ok=True)

    def _path(self, content_hash: str, analyser: str, version: str) -> Path:
        name = sha256_text(msgspec.json.encode((content_hash, analyser, version)))
        return self._place / name[:2] / f"{name}.zst"
