"""Is everything still as it was written? Every recording, every row of the history, every reference between them.

Nothing is changed or repaired. A problem names the file or the revision; what is only left over from an interrupted
import, or was put there by somebody, is marked harmless.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import zstandard

from bandmate.project.disk import plain_words
from bandmate.project.history import ID_LENGTH, chain_hash
from bandmate.project.media import AUDIO_FOLDER, COPY_BYTES, MediaStore
from bandmate.project.recordings import PART_SUFFIX
from bandmate.project.rows import sha256_text
from bandmate.project.store import Store
from bandmate.song.errors import BandmateError
from bandmate.song.song import Song, audio_hashes
from bandmate.song.wire import made_from_json, song_from_json

Kind = Literal[
    "database-damaged",
    "revision-changed",
    "revision-removed",
    "song-unreadable",
    "recording-unknown",
    "audio-changed",
    "audio-missing",
    "audio-extra",
]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is not as it was written. ``where`` is ``revision 7`` or a path inside the project."""

    kind: Kind
    where: str
    message: str
    is_harmless: bool = False


def verify(store: Store, media: MediaStore) -> tuple[Problem, ...]:
    """Everything that is wrong; empty when all is well. Reads every recording once."""
    try:
        with store.reading() as db:
            problems = [*database_problems(db), *chain_problems(db)]
        return (*problems, *audio_problems(store.folder, media))
    except BandmateError as damage:
        return (Problem("database-damaged", "song.db", str(damage)),)


def database_problems(db: sqlite3.Connection) -> Iterator[Problem]:
    """What SQLite finds in its own pages, and rows that name rows which are not there."""
    for (line,) in db.execute("PRAGMA integrity_check"):
        if line != "ok":
            yield Problem(
                "database-damaged", "song.db", f"the database is damaged: {line}; restore song.db from a copy"
            )
    for table, row, wanted, _ in db.execute("PRAGMA foreign_key_check").fetchall():
        yield Problem(
            "database-damaged", "song.db", f"row {row} of the table {table} names a {wanted} that is not there"
        )


def chain_problems(db: sqlite3.Connection) -> Iterator[Problem]:
    """Rows of the history that were changed, taken out, put in or moved."""
    recordings = {row[0] for row in db.execute("SELECT sha256 FROM recording")}
    number, previous, is_sound = 0, "", True
    for row in db.execute(
        "SELECT number, id, parent, message, author, song, song_hash, made, created_at, previous_hash, hash"
        " FROM revision ORDER BY number"
    ):
        was_sound, is_sound = is_sound, is_whole(row)
        if not is_sound:
            yield changed(row[0], "the row is not what was written")
        if row[0] != number + 1:
            yield removed(number + 1, row[0] - 1)
        elif was_sound and is_sound and row[9] != previous:
            # both rows are consistent by themselves, so the earlier one was exchanged together with its hash
            yield changed(max(number, 1), f"revision {row[0]} was written after another one")
        yield from song_problems(row, recordings)
        number, previous = row[0], row[-1]
    last = db.execute("SELECT last_hash FROM project").fetchone()
    if last is None or (last[0] != previous and is_sound):
        yield removed(number + 1, None)


def is_whole(row: tuple[Any, ...]) -> bool:
    number, name, parent, message, author, _, song_hash, made, created_at, previous, row_hash = row
    made_json = plain(made)
    if made_json is None or name != row_hash[:ID_LENGTH]:
        return False
    made_hash = sha256_text(made_json)
    written = chain_hash(number, parent, message, author, song_hash, made_hash, created_at, previous_hash=previous)
    return bool(written == row_hash)


def song_problems(row: tuple[Any, ...], recordings: set[str]) -> Iterator[Problem]:
    """The song of the row: is it the one that was written, can it be read, are its recordings in the project?"""
    where, data, made = f"revision {row[0]}", plain(row[5]), plain(row[7])
    if data is None or sha256_text(data) != row[6]:
        yield changed(row[0], "the song is not what was written")
    if data is None or made is None:
        return
    try:
        song = song_from_json(data)
        made_from_json(made)
    except BandmateError as problem:
        yield Problem("song-unreadable", where, f"{where} cannot be read: {problem}")
        return
    for audio in audio_hashes(song):
        if audio not in recordings:
            yield Problem(
                "recording-unknown",
                where,
                f"{where} uses a recording that the project does not have: {audio[:12]}… on {tracks_with(song, audio)}",
            )


def tracks_with(song: Song, audio: str) -> str:
    found = [track.id for track in song.tracks if any(getattr(clip, "audio", "") == audio for clip in track.clips)]
    return f"track{'s' if len(found) > 1 else ''} {', '.join(found)}"


def plain(blob: bytes) -> bytes | None:
    """What was packed, or None where it is damaged."""
    try:
        return zstandard.ZstdDecompressor().decompress(blob)
    except (zstandard.ZstdError, TypeError):
        return None


def changed(number: int, how: str) -> Problem:
    where = f"revision {number}"
    return Problem("revision-changed", where, f"{where} was changed after it was written: {how}")


def removed(first: int, last: int | None) -> Problem:
    """Missing rows from ``first`` to ``last``, or to an end that nobody knows."""
    if last is None:
        where = f"revision {first}"
        return Problem(
            "revision-removed", where, f"{where} and what may have followed it were removed from the history"
        )
    where = f"revision {first}" if first == last else f"revisions {first} to {last}"
    verb = "was" if first == last else "were"
    return Problem("revision-removed", where, f"{where} {verb} removed from the history")


def audio_problems(folder: Path, media: MediaStore) -> Iterator[Problem]:
    """Recordings that are gone or are not what was imported, and files that nobody imported."""
    expected = set()
    for recording in media.recordings():
        path = media.path_of(recording.sha256, recording.extension)
        where = path.relative_to(folder).as_posix()
        expected.add(where)
        if not path.is_file():
            yield Problem("audio-missing", where, f'"{recording.original_name}" is missing: {where} is not there')
        elif hash_of_file(folder, path) != recording.sha256:
            yield Problem(
                "audio-changed",
                where,
                f'"{recording.original_name}" was changed after it was imported: {where}; put it back from a copy',
            )
    for path in sorted((folder / AUDIO_FOLDER).rglob("*")):
        where = path.relative_to(folder).as_posix()
        if path.is_file() and where not in expected:
            reason = "left over from an interrupted import" if path.suffix == PART_SUFFIX else "no part of the project"
            yield Problem("audio-extra", where, f"{where} is {reason}; it may be deleted", is_harmless=True)


def hash_of_file(folder: Path, path: Path) -> str:
    digest = hashlib.sha256()
    with plain_words(folder, f"reading {path.name}"), path.open("rb") as file:
        while block := file.read(COPY_BYTES):
            digest.update(block)
    return digest.hexdigest()
