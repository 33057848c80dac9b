"""Who is writing to a project just now, for the one who has to wait.

The lock itself is the database's: the operating system lets go of it when a program dies, so a dead writer holds up
nobody. ``writer.json`` only says who holds it. It is written after the lock was taken and removed before it is given
back; one that a killed program left behind is overwritten by the next writer and never believed about a dead process.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from bandmate.project.rows import now_utc
from bandmate.song.errors import ProjectBusy

NOTE_FILE = "writer.json"


class Writer(msgspec.Struct, frozen=True, kw_only=True):
    """The program that holds the lock: its process number, computer, name, what it does and since when (UTC)."""

    pid: int
    host: str
    program: str
    doing: str
    since: str


@contextmanager
def signed(folder: Path, doing: str) -> Iterator[None]:
    """Say who writes, for the length of the block. A note that cannot be written stops nobody."""
    note = folder / NOTE_FILE
    writer = Writer(pid=os.getpid(), host=socket.gethostname(), program=program(), doing=doing, since=now_utc())
    with suppress(OSError):
        note.write_bytes(msgspec.json.encode(writer))
    try:
        yield
    finally:
        with suppress(OSError):
            note.unlink()


def program() -> str:
    return Path(sys.argv[0]).name if sys.argv and sys.argv[0] not in ("", "-c", "-m") else "python"


def present_writer(folder: Path) -> Writer | None:
    """Who holds the lock, as far as the note can be read and its process is alive."""
    try:
        writer = msgspec.json.decode((folder / NOTE_FILE).read_bytes(), type=Writer)
    except (OSError, msgspec.DecodeError):
        return None
    return writer if writer.host != socket.gethostname() or is_alive(writer.pid) else None


def is_alive(pid: int) -> bool:
    """Whether a process of this number runs here. Windows is not asked: its call for it would end the process."""
    if os.name == "nt":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def busy(folder: Path, waited_seconds: float) -> ProjectBusy:
    """The error of the one who waited in vain."""
    writer = present_writer(folder)
    if writer is None:
        who = "another program"
    else:
        who = f"{writer.program} ({writer.doing}, process {writer.pid} on {writer.host}, since {writer.since})"
    return ProjectBusy(
        f'"{folder.name}" is being written by {who}; waited {waited_seconds:g} s. Do it again when that is done'
    )
