"""Everything that can go wrong in a way that a musician can cause or must act on.

::

    BandmateError                 code                  exit
    ├── RequestError              request                  2   asked for something impossible
    │   ├── UnknownName           unknown-name             2   no track, bus, proposal … of that name
    │   ├── OutOfRange            out-of-range             2   a number outside its limits
    │   ├── StaleMove             stale-move               2   the ground of a move has changed
    │   └── LockedMove            locked-move              2   a move that a lock forbids
    ├── MediaError                media                    3   a file cannot be read, or not as sound or score
    ├── ProjectError              project                  4   folder locked, damaged, full, or from a newer version
    │   ├── ProjectBusy           project-busy             4   another program is writing
    │   └── NewerVersion          newer-version            4   saved by a newer Bandmate
    ├── ModelError                model                    5   missing, wrong version, out of memory
    ├── DeviceError               device                   6   a plug-in or interface that cannot be used here
    └── Cancelled                 cancelled              130   the musician stopped it

A message is one line: the thing, its value with unit, the limit or reason, the next step. Bugs stay ``TypeError`` or
``AssertionError`` and are caught nowhere but at a shell's outermost frame.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any


class BandmateError(Exception):
    """Root of every error that is not a bug. ``code`` is stable, ``exit_code`` is what the command line returns."""

    code = "error"
    exit_code = 1

    def __reduce__(self) -> tuple[Any, ...]:
        # subtle: without this, an error made of other arguments than its message breaks a pool of processes.
        return unpickled, (type(self), self.args), self.__dict__


def unpickled(kind: type[BandmateError], args: tuple[Any, ...]) -> BandmateError:
    """An error as it was in another process; its fields follow."""
    return kind.__new__(kind, *args)


class RequestError(BandmateError):
    """The request cannot be met as asked."""

    code = "request"
    exit_code = 2


class UnknownName(RequestError):
    """A name that nothing has: ``no bus named "plates"; there are: main, plate. Did you mean "plate"?``"""

    code = "unknown-name"

    def __init__(self, kind: str, name: str, known: Iterable[str] = ()) -> None:
        self.kind, self.name, self.known = kind, name, tuple(known)
        super().__init__(f'no {kind} named "{name}"; {listing(self.known)}{suggestion(name, self.known)}')


class OutOfRange(RequestError):
    """A number outside its limits."""

    code = "out-of-range"


class StaleMove(RequestError):
    """A move whose ``before`` is not what the song has now."""

    code = "stale-move"

    def __init__(self, address: str, reason: str) -> None:
        self.address = address
        super().__init__(f"the move at {address} is stale: {reason}")


class LockedMove(RequestError):
    """A move at an address that a lock protects."""

    code = "locked-move"

    def __init__(self, address: str, lock: str) -> None:
        self.address, self.lock = address, lock
        super().__init__(f"the move at {address} is refused: {lock} is locked; unlock it first or leave this move out")


class MediaError(BandmateError):
    """A file that cannot be read, or not as sound or score."""

    code = "media"
    exit_code = 3


class ProjectError(BandmateError):
    """A project folder that cannot be used as it is."""

    code = "project"
    exit_code = 4


class ProjectBusy(ProjectError):
    """Another program is writing to the project."""

    code = "project-busy"


class NewerVersion(ProjectError):
    """Saved by a newer Bandmate than this one."""

    code = "newer-version"


class ModelError(BandmateError):
    """A learned model that is missing, of a wrong version, or too large for the memory."""

    code = "model"
    exit_code = 5


class DeviceError(BandmateError):
    """A plug-in, port or interface that is missing, busy or lost."""

    code = "device"
    exit_code = 6


class Cancelled(BandmateError):
    """The musician stopped it. Nothing that was finished is lost."""

    code = "cancelled"
    exit_code = 130


def listing(known: Iterable[str], most: int = 12) -> str:
    """``there are: a, b, c`` for a message, or ``there are none``; at most ``most`` names are spelt out."""
    names = list(known)
    if not names:
        return "there are none"
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"there are: {', '.join(names[:most])}{more}"


def suggestion(name: str, known: Iterable[str]) -> str:
    """``. Did you mean "plate"?`` when one of ``known`` is near ``name``, else nothing."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f'. Did you mean "{near[0]}"?' if near else ""
