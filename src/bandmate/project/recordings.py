"""What is known of a recording, and what its original and its decoded copy have in common on disk.

A file that takes time to write has a passing name until it is complete; a program that died leaves it behind.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bandmate.song.errors import MediaError

PART_SUFFIX = ".part"
FORGOTTEN_SECONDS = 3600.0
"""A half-written file that nobody has written to for so long belongs to a program that died."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A file in the project. ``extension`` has no dot; ``is_exact_seek`` means that it can be read anywhere exactly."""

    sha256: str
    extension: str
    channels: int
    frames: int
    rate_hz: int
    codec: str
    original_name: str
    bytes: int
    is_exact_seek: bool

    @property
    def seconds(self) -> float:
        return self.frames / self.rate_hz


def remove_forgotten(folder: Path) -> None:
    """Take away half-written files of programs that died."""
    for part in folder.glob(f"*{PART_SUFFIX}"):
        with suppress(OSError):
            if time.time() - part.stat().st_mtime > FORGOTTEN_SECONDS:
                part.unlink()


@contextmanager
def by_original_name(recording: Recording, path: Path) -> Iterator[None]:
    """Errors about the copy speak of the file by the name that the musician knows."""
    try:
        yield
    except MediaError as problem:
        raise MediaError(str(problem).replace(path.name, recording.original_name)) from problem
