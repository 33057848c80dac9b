"""The ways through the history: undo, redo, branches, named versions.

::

    r1 ── r2 ── r3 ── r4          main     head r2 after two undos, tip r4: redo goes on along main
           └─── r5 ── r6          main-2   began by itself when something was made at r2

History is never deleted. Every branch remembers where the musician stands on it (``head``) and how far it goes
(``tip``). Undo and redo move the head along the branch; something new made behind the tip starts a branch of its own,
and the old future stays where it was, under the old name. Every revision is on the way to some tip.

Functions here work inside a transaction that the caller holds.
"""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass

from bandmate.project.history import RevisionInfo, checked_steps, find, head, lineage, revision
from bandmate.project.rows import now_utc, storable
from bandmate.song.errors import RequestError, UnknownName

LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class BranchInfo:
    """A branch: ``head`` is where the musician stands on it, ``tip`` its newest revision."""

    name: str
    head: RevisionInfo
    tip: RevisionInfo
    is_current: bool


@dataclass(frozen=True, slots=True)
class VersionInfo:
    """A name that was given to a revision."""

    name: str
    revision: RevisionInfo
    created_at: str


def branches(db: sqlite3.Connection) -> tuple[BranchInfo, ...]:
    """All branches, by name."""
    current = current_name(db)
    rows = db.execute("SELECT name, head, tip FROM branch ORDER BY name").fetchall()
    return tuple(BranchInfo(name, revision(db, h), revision(db, t), name == current) for name, h, t in rows)


def current_name(db: sqlite3.Connection) -> str:
    return str(db.execute("SELECT branch FROM project").fetchone()[0])


def advance(db: sqlite3.Connection, new: RevisionInfo) -> None:
    """Put the head onto a revision just made, on this branch at its tip, on a new one behind it."""
    name = current_name(db)
    if new.parent == tip_of(db, name):
        db.execute("UPDATE branch SET head = ?, tip = ? WHERE name = ?", (new.id, new.id, name))
    else:
        start_branch(db, free_name(db, name), new.id)


def tip_of(db: sqlite3.Connection, name: str) -> str:
    return str(db.execute("SELECT tip FROM branch WHERE name = ?", (name,)).fetchone()[0])


def free_name(db: sqlite3.Connection, name: str) -> str:
    """``main-2`` after ``main``, ``main-3`` after ``main-2``."""
    stem, number = re.sub(r"-\d+$", "", name), 2
    taken = names_of(db, "branch")
    while f"{stem}-{number}" in taken:
        number += 1
    return f"{stem}-{number}"


def names_of(db: sqlite3.Connection, table: str) -> list[str]:
    return [row[0] for row in db.execute(f"SELECT name FROM {table} ORDER BY name")]


def start_branch(db: sqlite3.Connection, name: str, at: str) -> None:
    db.execute("INSERT INTO branch VALUES (?, ?, ?, ?)", (name, at, at, now_utc()))
    db.execute("UPDATE project SET branch = ?", (name,))


def move_head(db: sqlite3.Connection, to: str) -> RevisionInfo:
    db.execute("UPDATE branch SET head = ? WHERE name = ?", (to, current_name(db)))
    return revision(db, to)


def undo(db: sqlite3.Connection, steps: int) -> RevisionInfo:
    """Move the head ``steps`` revisions back."""
    line = lineage(db, head(db).id)
    checked_steps(steps, len(line) - 1, "undo")
    return move_head(db, line[steps])


def redo(db: sqlite3.Connection, steps: int) -> RevisionInfo:
    """Move the head ``steps`` revisions forward on the way to the tip of the branch."""
    line = lineage(db, tip_of(db, current_name(db)))
    place = line.index(head(db).id)
    checked_steps(steps, place, "redo")
    return move_head(db, line[place - steps])


def branch(db: sqlite3.Connection, name: str) -> RevisionInfo:
    """Begin a branch at the head and go on there."""
    name = checked_name(name, "branch")
    if name in names_of(db, "branch"):
        raise RequestError(f'there is a branch "{name}" already; switch to it, or take another name')
    here = head(db)
    start_branch(db, name, here.id)
    return here


def switch(db: sqlite3.Connection, name: str) -> RevisionInfo:
    """Go to where the musician left the branch."""
    known = names_of(db, "branch")
    if name not in known:
        raise UnknownName("branch", name, known)
    db.execute("UPDATE project SET branch = ?", (name,))
    return head(db)


def go_to(db: sqlite3.Connection, wanted: str | int) -> RevisionInfo:
    """Put the head onto any revision: on this branch if it leads there, else on the one that reaches least far."""
    target = find(db, wanted)
    here = current_name(db)
    ways = {name: lineage(db, tip_of(db, name)) for name in names_of(db, "branch")}
    leading = [name for name, line in ways.items() if target.id in line]
    if here not in leading:
        nearest = min(leading, key=lambda name: ways[name].index(target.id))
        db.execute("UPDATE project SET branch = ?", (nearest,))
    return move_head(db, target.id)


def name_version(db: sqlite3.Connection, name: str) -> VersionInfo:
    """Give the head a name that lasts."""
    name = checked_name(name, "version")
    taken = db.execute("SELECT revision FROM version WHERE name = ?", (name,)).fetchone()
    if taken:
        number = revision(db, taken[0]).number
        raise RequestError(f'there is a version "{name}" already, revision {number}; take another name')
    here, created_at = head(db), now_utc()
    db.execute("INSERT INTO version VALUES (?, ?, ?)", (name, here.id, created_at))
    return VersionInfo(name, here, created_at)


def versions(db: sqlite3.Connection) -> tuple[VersionInfo, ...]:
    """All named versions, oldest first."""
    rows = db.execute("SELECT name, revision, created_at FROM version ORDER BY created_at, name").fetchall()
    return tuple(VersionInfo(name, revision(db, at), created_at) for name, at, created_at in rows)


def checked_name(name: str, kind: str) -> str:
    name = storable(name).strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise RequestError(f"a {kind} cannot be named {name!r}: 1 to {LONGEST_NAME} characters that can be printed")
    return name
