"""The recordings of a project: copied in once, named by their sha256, never written again.

``audio/ab/<sha256>.<extension>`` is a copy of the file that was imported, read-only. It is written under another name,
flushed to the disk and only then renamed, and only after that a row names it; so a crash leaves at most a file that
nothing names, which ``verify`` calls left over and a second import takes up.

WAV, AIFF and FLAC at the wanted rate are read where they lie. Everything else is decoded and resampled once into the
cache (``cached_audio``). Any thread may ask; each gets a source of its own.
"""

from __future__ import annotations

import hashlib
import os
import re
import sqlite3
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from bandmate.project.disk import free_bytes, plain_words, readable_bytes, sync_folder
from bandmate.project.recordings import PART_SUFFIX, Recording, remove_forgotten
from bandmate.project.rows import now_utc, storable
from bandmate.project.store import Store
from bandmate.song.errors import MediaError, ProjectError, UnknownName

if TYPE_CHECKING:
    from bandmate.formats.audio_files import FileFacts
    from bandmate.render.media import Source
    from bandmate.sound.audio import Audio

AUDIO_FOLDER = "audio"
CACHE_FOLDER = "cache"
COPY_BYTES = 1 << 20

COLUMNS = "sha256, extension, channels, frames, rate_hz, codec, original_name, bytes, is_exact_seek"


class MediaStore:
    """The recordings of an open project; a ``bandmate.render.media.Media``."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._folder = store.folder
        self._known: dict[str, Recording] = {}
        self._guard = threading.Lock()

    def add(self, path: Path | str) -> Recording:
        """Copy a sound file into the project. The same content twice is kept once, under the name it first had.

        Raises
        ------
        MediaError
            if the file is not there or is no sound that can be read.
        ProjectError
            if the disk is full or the folder read-only; nothing is left behind then.
        """
        path = Path(path)
        facts = probed(path)
        with plain_words(self._folder, f'importing "{path.name}"'):
            self._check_space(path)
            part, sha256, size = self._copied(path)
            try:
                known = self._row(sha256)
                extension = known.extension if known else extension_of(path, facts)
                place = self.path_of(sha256, extension)
                keep(part, place, size)
            finally:
                part.unlink(missing_ok=True)
        return known or self._write_row(sha256, extension, facts, original=path.name, size=size)

    def recording(self, sha256: str) -> Recording:
        """The recording with this hash.

        Raises
        ------
        UnknownName
            if the project has none.
        """
        with self._guard:
            found = self._known.get(sha256)
        found = found or self._row(sha256)
        if found is None:
            raise UnknownName("recording", sha256, [one.original_name for one in self.recordings()])
        with self._guard:
            self._known[sha256] = found
        return found

    def recordings(self) -> tuple[Recording, ...]:
        """All recordings, in the order they were added."""
        with self._store.reading() as db:
            rows = db.execute(f"SELECT {COLUMNS} FROM recording ORDER BY rowid").fetchall()
        return tuple(recording_of(row) for row in rows)

    def path(self, sha256: str) -> Path:
        """Where the original lies. It must not be written to.

        Raises
        ------
        ProjectError
            if the file is gone.
        """
        found = self.recording(sha256)
        place = self.path_of(sha256, found.extension)
        if not place.is_file():
            where = place.relative_to(self._folder).as_posix()
            raise ProjectError(
                f'the recording "{found.original_name}" is missing: {where} is not in "{self._folder.name}"; '
                "import the file again, or put it back from a copy"
            )
        return place

    def path_of(self, sha256: str, extension: str) -> Path:
        return self._folder / AUDIO_FOLDER / sha256[:2] / f"{sha256}.{extension}"

    def source(self, audio: str, rate_hz: int) -> Source:
        """A new reader of the recording ``audio`` at ``rate_hz``; the caller closes it.

        Raises
        ------
        UnknownName
            if there is no such recording.
        MediaError
            if it cannot be decoded.
        ProjectError
            if it is missing, or must be decoded and the cache cannot be written.
        """
        # Decoders are loaded only where sound is touched: opening a project is to be quick.
        from bandmate.project.cached_audio import cached_source, original_source

        found, path = self.recording(audio), self.path(audio)
        if found.is_exact_seek and found.rate_hz == rate_hz:
            return original_source(found, path)
        with plain_words(self._folder, f'decoding "{found.original_name}" into the cache'):
            return cached_source(found, path, self._folder / CACHE_FOLDER, rate_hz)

    def kept(self, name: str, make: Callable[[], Audio]) -> Source:
        """A new reader of a sound that is made from recordings; made once, into the cache.

        Raises
        ------
        ProjectError
            if the cache cannot be written.
        """
        from bandmate.project.cached_audio import kept_source

        with plain_words(self._folder, "keeping an edited recording in the cache"):
            return kept_source(name, self._folder / CACHE_FOLDER, make)

    def _check_space(self, path: Path) -> None:
        needed, free = path.stat().st_size, free_bytes(self._folder)
        if needed > free:
            raise ProjectError(
                f'"{path.name}" needs {readable_bytes(needed)}; the disk of "{self._folder.name}" has '
                f'{readable_bytes(free)} free. Free some space (the folder "cache" in the project may be deleted)'
            )

    def _copied(self, path: Path) -> tuple[Path, str, int]:
        """A copy under a passing name, flushed to the disk; its path, sha256 and size."""
        folder = self._folder / AUDIO_FOLDER
        folder.mkdir(exist_ok=True)
        remove_forgotten(folder)
        part = folder / f"{os.getpid()}-{threading.get_ident()}-{time.monotonic_ns()}{PART_SUFFIX}"
        try:
            sha256, size = copied_and_hashed(path, part)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        return part, sha256, size

    def _row(self, sha256: str) -> Recording | None:
        with self._store.reading() as db:
            return row_of(db, sha256)

    def _write_row(self, sha256: str, extension: str, facts: FileFacts, *, original: str, size: int) -> Recording:
        new = Recording(
            sha256,
            extension,
            facts.channels,
            facts.frames,
            facts.rate_hz,
            storable(facts.codec),
            storable(original),
            size,
            facts.is_exact_seek,
        )
        with self._store.writing(f'importing "{original}"') as db:
            found = row_of(db, sha256)
            if found is None:
                db.execute(
                    f"INSERT INTO recording ({COLUMNS}, added_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (*(getattr(new, field) for field in COLUMNS.split(", ")), now_utc()),
                )
        return found or new


def probed(path: Path) -> FileFacts:
    """What the file is; an error of the system while looking is the file's, not the project's."""
    from bandmate.formats.audio_files import probe

    try:
        return probe(path)
    except OSError as problem:
        raise MediaError(f'"{path.name}" cannot be read: {(problem.strerror or str(problem)).lower()}') from problem


def row_of(db: sqlite3.Connection, sha256: str) -> Recording | None:
    row = db.execute(f"SELECT {COLUMNS} FROM recording WHERE sha256 = ?", (sha256,)).fetchone()
    return recording_of(row) if row else None


def recording_of(row: tuple[str, str, int, int, int, str, str, int, int]) -> Recording:
    return Recording(*row[:8], is_exact_seek=bool(row[8]))


def extension_of(path: Path, facts: FileFacts) -> str:
    """The file's own extension where it is a plain one, else what its content is called."""
    own = path.suffix[1:].lower()
    return own if re.fullmatch(r"[a-z0-9]{1,5}", own) else re.sub(r"[^a-z0-9]", "", facts.container.lower()) or "audio"


def copied_and_hashed(path: Path, to: Path) -> tuple[str, int]:
    """Copy block by block, hashing on the way; the sha256 and the size of what was copied."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as original, to.open("xb") as copy:
        while block := original.read(COPY_BYTES):
            digest.update(block)
            copy.write(block)
            size += len(block)
        copy.flush()
        os.fsync(copy.fileno())
    return digest.hexdigest(), size


def keep(part: Path, place: Path, size: int) -> None:
    """Give a finished copy its lasting name. A file that is there already stays, unless it is of another size."""
    if not (place.is_file() and place.stat().st_size == size):
        place.parent.mkdir(exist_ok=True)
        if place.exists():
            place.chmod(stat.S_IREAD | stat.S_IWRITE)
        part.replace(place)
        sync_folder(place.parent)
        sync_folder(place.parent.parent)
    place.chmod(stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH)
