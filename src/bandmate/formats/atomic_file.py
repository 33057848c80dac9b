"""A file that is there complete or not at all.

Conventions: it is written under a hidden name beside its place and renamed at the end; an error or Ctrl-C takes it away
again, and what was there before stays. A full disk and a folder that may not be written are ``ProjectError``.

Not covered: several files at once; a power cut between rename and the folder's own write.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from bandmate.song.errors import ProjectError

FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG)
FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """What the system refuses while ``path`` is written, said as a ``ProjectError``."""
    try:
        yield
    except OSError as failure:
        raise ProjectError(refusal(path, failure)) from failure


def refusal(path: Path, failure: OSError) -> str:
    """The message for a write that failed."""
    if failure.errno in FULL:
        return f'the disk is full: no room for "{path.name}"; nothing was kept of it. Free some space and try again'
    if failure.errno in FORBIDDEN:
        return f'"{path.name}" cannot be written: the folder "{path.parent}" is read-only; choose another folder'
    if failure.errno == errno.ENOENT:
        return f'"{path.name}" cannot be written: there is no folder "{path.parent}"; make it or choose another'
    return f'"{path.name}" cannot be written: {failure.strerror or failure}'


class AtomicFile:
    """An open file that takes its place when it is kept.

    Raises
    ------
    ProjectError
        if the folder is missing or read-only, or the disk is full.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._part = path.with_name(f".{path.name}.{os.getpid()}.part")
        with disk_errors(path):
            if path.is_dir():
                raise ProjectError(f'"{path.name}" is a folder; choose another name')
            self.file: BinaryIO = self._part.open("w+b")

    def keep(self) -> None:
        """Finish: everything on the disk, then renamed to its place."""
        try:
            with disk_errors(self.path):
                self.file.flush()
                os.fsync(self.file.fileno())
                self.file.close()
                self._part.replace(self.path)
        except BaseException:
            self.discard()
            raise

    def discard(self) -> None:
        """Take it away; nothing happens once it is kept."""
        # subtle: on a full disk, closing fails as well, because it tries once more to write what is left.
        with suppress(OSError):
            self.file.close()
        self._part.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.keep()
        else:
            self.discard()


def write_whole(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path``, complete or not at all; errors as ``AtomicFile``."""
    with AtomicFile(path) as target, disk_errors(path):
        target.file.write(data)
