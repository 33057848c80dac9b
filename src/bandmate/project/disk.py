"""What a disk answers, in words that a musician can act on.

Every ``OSError`` and every ``sqlite3.Error`` that comes up in a project passes through here and leaves as a
``ProjectError``: full, read-only, damaged, busy, or what the system says.
"""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bandmate.song.errors import ProjectBusy, ProjectError

FULL = frozenset((errno.ENOSPC, errno.EDQUOT if hasattr(errno, "EDQUOT") else errno.ENOSPC))
FORBIDDEN = frozenset((errno.EACCES, errno.EPERM, errno.EROFS))

NEARLY_NOTHING_BYTES = 64 * 1024
"""With less than this free, an input/output error of the database is taken for a full disk."""


@contextmanager
def plain_words(folder: Path, doing: str) -> Iterator[None]:
    """Let no raw error of the system or the database out of the block."""
    try:
        yield
    except sqlite3.Error as problem:
        raise database_error(folder, problem, doing) from problem
    except OSError as problem:
        raise system_error(folder, problem, doing) from problem


def system_error(folder: Path, problem: OSError, doing: str) -> ProjectError:
    """What the operating system refused."""
    if problem.errno in FULL:
        return full_disk(folder, doing)
    if problem.errno in FORBIDDEN:
        return read_only(folder, doing)
    reason = problem.strerror or str(problem)
    return ProjectError(f'{doing} in "{folder.name}" failed: {reason.lower()}; check the disk and do it again')


def database_error(folder: Path, problem: sqlite3.Error, doing: str) -> ProjectError:
    """What the database refused."""
    code = primary_code(problem)
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return ProjectBusy(f'another program holds "{folder.name}" while {doing}; do it again when it is done')
    if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and free_bytes(folder) < NEARLY_NOTHING_BYTES):
        return full_disk(folder, doing)
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return read_only(folder, doing)
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return damaged(folder, str(problem))
    return ProjectError(f'{doing} in "{folder.name}" failed: {problem}; run verify to see whether anything is damaged')


def primary_code(problem: sqlite3.Error) -> int:
    """SQLite's code without its extension; 0 for an error that Python itself raised."""
    return int(getattr(problem, "sqlite_errorcode", 0)) & 0xFF


def full_disk(folder: Path, doing: str) -> ProjectError:
    return ProjectError(
        f'the disk of "{folder.name}" is full: {readable_bytes(free_bytes(folder))} free, too little for {doing}; '
        'free some space (the folder "cache" in the project may be deleted) and do it again. Nothing is half-written'
    )


def read_only(folder: Path, doing: str) -> ProjectError:
    return ProjectError(
        f'{doing} in "{folder.name}" is not possible: the folder is read-only or belongs to somebody else; '
        "copy the project to a folder of your own, or change its permissions"
    )


def damaged(folder: Path, reason: str) -> ProjectError:
    return ProjectError(
        f'the database of "{folder.name}" is damaged: {reason}; restore song.db from a copy. '
        "The recordings in its audio folder are not concerned"
    )


def free_bytes(folder: Path) -> int:
    """Free space where ``folder`` is, or will be; 0 where the system does not say."""
    place = folder
    while not place.exists() and place != place.parent:
        place = place.parent
    try:
        return shutil.disk_usage(place).free
    except OSError:
        return 0


def readable_bytes(count: int) -> str:
    """``1.2 GB`` for a message."""
    size, unit = float(count), "bytes"
    for larger in ("kB", "MB", "GB", "TB"):
        if size < 1000:
            break
        size, unit = size / 1000, larger
    return f"{size:.0f} {unit}" if unit == "bytes" or size >= 100 else f"{size:.1f} {unit}"


def sync_folder(folder: Path) -> None:
    """Make a rename inside ``folder`` survive a power cut. Windows does that by itself and has no call for it."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        # subtle: some network and FUSE file systems refuse to sync a folder; the file itself is synced already
        with suppress(OSError):
            os.fsync(handle)
    finally:
        os.close(handle)
