"""Revisions: rows that are only ever added, each with the hash of the row before.

``hash`` is the sha256 over every other column of the row (the song and the moves by their own hashes) and the hash of
the row before it in order of insertion, whatever the parent is. So a row that was changed, taken out, put in or moved
shows in ``verify``. ``id`` is the beginning of the hash, ``number`` counts from 1 for the musician.

Functions here work inside a transaction that the caller holds.
"""

from __future__ import annotations

import hashlib
import sqlite3
from dataclasses import dataclass
from typing import Any

import msgspec

from bandmate.project.rows import now_utc, packed, sha256_text, storable, unpacked
from bandmate.song.errors import OutOfRange, ProjectError, RequestError, UnknownName
from bandmate.song.proposal import Author, MadeMove
from bandmate.song.song import Song
from bandmate.song.wire import made_from_json, made_to_json, song_from_json, song_to_json

ID_LENGTH = 12
SHORTEST_PREFIX = 4
FIRST_BRANCH = "main"


@dataclass(frozen=True, slots=True)
class RevisionInfo:
    """One step of the history, without the song. ``parent`` is an id, None for the first; ``created_at`` is UTC."""

    id: str
    number: int
    parent: str | None
    message: str
    author: Author
    created_at: str
    hash: str


COLUMNS = "revision.id, number, parent, message, author, revision.created_at, hash"


def info_of(row: tuple[Any, ...] | None) -> RevisionInfo:
    """The value of a row with ``COLUMNS``; a row that should be there and is not is damage."""
    if row is None:
        raise missing_row()
    name, number, parent, message, author, created_at, row_hash = row
    return RevisionInfo(name, number, parent, message, msgspec.json.decode(author, type=Author), created_at, row_hash)


def write_revision(
    db: sqlite3.Connection,
    song: Song,
    message: str,
    author: Author,
    *,
    parent: str | None,
    made: tuple[MadeMove, ...] = (),
) -> RevisionInfo:
    """Add a row at the end of the chain. Moves the head nowhere.

    Raises
    ------
    RequestError, ProjectError
        if the song or a move has an address or a value that no song could have, which could not be read again.
    """
    song_json, made_json = song_to_json(song), made_to_json(made)
    check_readable(song_json)
    made_from_json(made_json)
    author_json = msgspec.json.encode(author).decode()
    last = db.execute("SELECT number, hash FROM revision ORDER BY number DESC LIMIT 1").fetchone()
    number, previous = (last[0] + 1, last[1]) if last else (1, "")
    message, created_at, song_hash = storable(message), now_utc(), sha256_text(song_json)
    row_hash = chain_hash(
        number, parent, message, author_json, song_hash, sha256_text(made_json), created_at, previous_hash=previous
    )
    name = row_hash[:ID_LENGTH]
    values = (number, name, parent, message, author_json, packed(song_json), song_hash, packed(made_json), created_at)
    db.execute("INSERT INTO revision VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (*values, previous, row_hash))
    db.execute("UPDATE project SET last_hash = ?", (row_hash,))
    return RevisionInfo(name, number, parent, message, author, created_at, row_hash)


def chain_hash(*columns: str | int | None, previous_hash: str) -> str:
    """sha256 over the columns, in the order of ``write_revision``, and the hash of the row before.

    They are joined as a JSON list, so no two different rows have the same text.
    """
    return hashlib.sha256(msgspec.json.encode((*columns, previous_hash))).hexdigest()


def check_readable(song_json: bytes) -> None:
    """Refuse a song that would end the project: one with a value of a wrong type, which only Python can make."""
    try:
        song_from_json(song_json)
    except ProjectError as problem:
        raise RequestError(f"the song cannot be kept, for it could not be read again: {problem}") from problem


def write_first_revision(db: sqlite3.Connection, song: Song, project_id: str) -> RevisionInfo:
    """The first revision with the first branch, in an empty database."""
    # subtle: branch and project refer to each other's rows, which is allowed until the end of the transaction
    db.execute("PRAGMA defer_foreign_keys = ON")
    created_at = now_utc()
    db.execute("INSERT INTO project VALUES (1, ?, ?, '', ?)", (project_id, FIRST_BRANCH, created_at))
    first = write_revision(db, song, "new project", Author(kind="human"), parent=None)
    db.execute("INSERT INTO branch VALUES (?, ?, ?, ?)", (FIRST_BRANCH, first.id, first.id, created_at))
    return first


def head(db: sqlite3.Connection) -> RevisionInfo:
    """Where the musician stands."""
    row = db.execute(
        f"SELECT {COLUMNS} FROM project JOIN branch ON branch.name = project.branch "
        "JOIN revision ON revision.id = branch.head"
    ).fetchone()
    return info_of(row)


def revision(db: sqlite3.Connection, name: str) -> RevisionInfo:
    """The revision with this full id."""
    return info_of(db.execute(f"SELECT {COLUMNS} FROM revision WHERE id = ?", (name,)).fetchone())


def song_of(db: sqlite3.Connection, name: str) -> Song:
    """The song of the revision with this full id."""
    number, blob = blob_of(db, "song", name)
    return song_from_json(unpacked(blob, f"the song of revision {number}"))


def made_of(db: sqlite3.Connection, name: str) -> tuple[MadeMove, ...]:
    """The moves that were written down with the revision."""
    number, blob = blob_of(db, "made", name)
    return made_from_json(unpacked(blob, f"the list of moves of revision {number}"))


def blob_of(db: sqlite3.Connection, column: str, name: str) -> tuple[int, bytes]:
    row = db.execute(f"SELECT number, {column} FROM revision WHERE id = ?", (name,)).fetchone()
    if row is None:
        raise missing_row()
    return int(row[0]), bytes(row[1])


def missing_row() -> ProjectError:
    return ProjectError("the history is damaged: a revision that is needed is not there; run verify to see which")


def lineage(db: sqlite3.Connection, name: str) -> tuple[str, ...]:
    """The ids from a revision back to the first one, both included.

    A parent is always older; a row that was tampered with to say otherwise ends the line instead of closing a circle.
    """
    rows = db.execute(
        "WITH RECURSIVE line (id, parent, number) AS ("
        " SELECT id, parent, number FROM revision WHERE id = ?"
        " UNION ALL SELECT r.id, r.parent, r.number FROM revision r JOIN line"
        " ON r.id = line.parent AND r.number < line.number)"
        " SELECT id FROM line ORDER BY number DESC",
        (name,),
    )
    return tuple(row[0] for row in rows)


def log(db: sqlite3.Connection, *, everything: bool) -> tuple[RevisionInfo, ...]:
    """The revisions, newest first: those that lead to the head, or all there are."""
    rows = db.execute(f"SELECT {COLUMNS} FROM revision ORDER BY number DESC").fetchall()
    line = None if everything else frozenset(lineage(db, head(db).id))
    return tuple(info_of(row) for row in rows if line is None or row[0] in line)


def find(db: sqlite3.Connection, wanted: str | int) -> RevisionInfo:
    """The revision with this version name, number, id or beginning of an id (four characters at least).

    Raises
    ------
    UnknownName
        if there is none.
    RequestError
        if more than one id begins like this.
    """
    text = str(wanted)
    select = f"SELECT {COLUMNS} FROM revision "
    row = db.execute(select + "JOIN version ON version.revision = revision.id WHERE name = ?", (text,)).fetchone()
    if row is None and text.isdecimal() and len(text) < ID_LENGTH:
        row = db.execute(select + "WHERE number = ?", (int(text),)).fetchone()
    if row is not None:
        return info_of(row)
    near = db.execute(select + "WHERE substr(id, 1, ?) = ?", (len(text), text.lower())).fetchall()
    if len(near) == 1 and len(text) >= SHORTEST_PREFIX:
        return info_of(near[0])
    if len(near) > 1 and len(text) >= SHORTEST_PREFIX:
        raise RequestError(f'"{text}" is the beginning of {len(near)} revision ids; give more characters')
    known = [r[0] for r in db.execute("SELECT name FROM version ORDER BY name")]
    count = db.execute("SELECT max(number) FROM revision").fetchone()[0]
    raise UnknownName("revision or version", text, [*known, f"the numbers 1 to {count}"])


def checked_steps(steps: int, possible: int, word: str) -> None:
    """Refuse to go further than the history does."""
    if steps < 1:
        raise OutOfRange(f"{word} by {steps} steps; it takes a whole number from 1 on")
    if possible == 0:
        raise RequestError(f"there is nothing to {word}")
    if steps > possible:
        raise OutOfRange(f"{word} by {steps} steps; only {possible} can be {word}ne")
