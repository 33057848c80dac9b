"""The database of a project: connections, migrations, the lock of the writer.

Conventions: SQLite in WAL mode, so readers are never held up by a writer and see one state from the first question to
the last. Every command writes in one transaction, begun with the write lock in hand (``BEGIN IMMEDIATE``).
``synchronous`` is FULL: a finished step survives a power cut too, not only the death of the program; it costs one
flush of the disk per command, a few milliseconds. Connections are lent from a pool, one to a user at a time, so any
thread may call. A store is not carried over a fork.

Not covered: network drives, where WAL does not work and SQLite falls back to a journal (readers then may wait).

References: https://www.sqlite.org/wal.html, https://www.sqlite.org/stricttables.html,
https://www.sqlite.org/fileformat2.html (header).
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from bandmate.project.disk import damaged, database_error, plain_words, primary_code
from bandmate.project.writer import busy, signed
from bandmate.song.errors import NewerVersion, ProjectError

DATABASE_FILE = "song.db"
SCHEMA = 1
"""How many migrations there are; kept in the database as ``user_version``."""

APPLICATION_ID = int.from_bytes(b"BMSF", "big")
MAGIC = b"SQLite format 3\x00"
DEFAULT_WAIT_SECONDS = 5.0


class Store:
    """The open database of the project in ``folder``.

    Parameters
    ----------
    wait_seconds : float
        How long a writer waits for another one.

    Raises
    ------
    NewerVersion
        if a newer Bandmate made it; nothing is touched then.
    ProjectError
        if it is damaged, or no project.
    """

    def __init__(self, folder: Path, *, wait_seconds: float = DEFAULT_WAIT_SECONDS) -> None:
        self.folder = folder
        self.wait_seconds = wait_seconds
        self._idle: list[sqlite3.Connection] = []
        self._guard = threading.Lock()
        self._is_closed = False
        self._read_only_because: ProjectError | None = None
        self._options = "mode=rw"
        check_header(folder)
        with plain_words(folder, "opening the project"):
            self._open_first()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that sees one state of the project for the length of the block."""
        with plain_words(self.folder, "reading"), self._lent() as db:
            db.execute("BEGIN")
            yield db

    @contextmanager
    def writing(self, doing: str) -> Iterator[sqlite3.Connection]:
        """A connection that holds the write lock; all that is written in the block counts at its end, or nothing.

        Raises
        ------
        ProjectBusy
            if another writer did not finish within ``wait_seconds``; it is named.
        ProjectError
            if the folder is read-only or the disk is full.
        """
        if self._read_only_because is not None:
            raise self._read_only_because
        with plain_words(self.folder, doing), self._lent() as db:
            self._begin_writing(db)
            with signed(self.folder, doing):
                yield db
            db.execute("COMMIT")

    def close(self) -> None:
        """Let go of the database. A connection that is lent just now is closed when it comes back."""
        with self._guard:
            self._is_closed = True
            idle, self._idle = self._idle, []
        for db in idle:
            db.close()

    def _begin_writing(self, db: sqlite3.Connection) -> None:
        try:
            db.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as problem:
            if primary_code(problem) == sqlite3.SQLITE_BUSY:
                raise busy(self.folder, self.wait_seconds) from problem
            raise

    @contextmanager
    def _lent(self) -> Iterator[sqlite3.Connection]:
        """A connection for one user; whatever it did not commit is taken back."""
        db = self._taken()
        try:
            yield db
        finally:
            with suppress(sqlite3.Error):
                db.rollback()
            self._given_back(db)

    def _taken(self) -> sqlite3.Connection:
        with self._guard:
            if self._is_closed:
                raise ProjectError(f'"{self.folder.name}" was closed; open the project again')
            if self._idle:
                return self._idle.pop()
        return connected(self.folder, self._options, self.wait_seconds)

    def _given_back(self, db: sqlite3.Connection) -> None:
        with self._guard:
            if not self._is_closed:
                self._idle.append(db)
                return
        db.close()

    def _open_first(self) -> None:
        """Find the way in: to write; else to read only; else, on a read-only disk, past the lock files."""
        for options in ("mode=rw", "mode=ro", "mode=ro&immutable=1"):
            if "immutable" in options and has_unfinished_journal(self.folder):
                break
            try:
                self._idle.append(opened(self.folder, options, self.wait_seconds))
            except sqlite3.OperationalError as problem:
                self._read_only_because = self._read_only_because or unable(self.folder, problem)
                continue
            self._options = options
            return
        assert self._read_only_because is not None
        raise self._read_only_because


def create_database(folder: Path) -> sqlite3.Connection:
    """A new database with its tables, inside a transaction that the caller finishes with COMMIT."""
    db = connected(folder, "mode=rwc", DEFAULT_WAIT_SECONDS)
    try:
        check_empty(db, folder)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("BEGIN IMMEDIATE")
        check_empty(db, folder)
        apply_migrations(db)
    except BaseException:
        db.close()
        raise
    return db


def check_empty(db: sqlite3.Connection, folder: Path) -> None:
    if schema_version(db) != 0 or has_tables(db):
        raise ProjectError(f'"{folder.name}" is a project already; open it, or choose another folder')


def opened(folder: Path, options: str, wait_seconds: float) -> sqlite3.Connection:
    """A connection to a project that is known to be one, and up to date."""
    db = connected(folder, options, wait_seconds)
    try:
        migrate(db, folder)
    except BaseException:
        db.close()
        raise
    return db


def connected(folder: Path, options: str, wait_seconds: float) -> sqlite3.Connection:
    path = (folder / DATABASE_FILE).as_posix()
    uri = f"file:{quote(path if path.startswith('/') else '/' + path)}?{options}"
    db = sqlite3.connect(uri, uri=True, timeout=wait_seconds, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA foreign_keys = ON")
    db.execute("PRAGMA synchronous = FULL")
    return db


def unable(folder: Path, problem: sqlite3.OperationalError) -> ProjectError:
    """Why the way in to write is closed; raised at once when another way would not help."""
    code = primary_code(problem)
    closed = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL)
    if code not in (*closed, sqlite3.SQLITE_PERM):
        raise problem
    return database_error(folder, problem, "writing")


def has_unfinished_journal(folder: Path) -> bool:
    """Whether steps are still only in the write-ahead file, which a reader past the lock files would not see."""
    journal = folder / f"{DATABASE_FILE}-wal"
    return journal.exists() and journal.stat().st_size > 0


def check_header(folder: Path) -> None:
    """Look at the file before SQLite opens it, so that a foreign or newer one is not touched at all."""
    with plain_words(folder, "opening the project"), (folder / DATABASE_FILE).open("rb") as file:
        header = file.read(100)
    if header and not header.startswith(MAGIC):
        raise damaged(folder, "song.db is no SQLite file")
    check_version(folder, int.from_bytes(header[60:64], "big"))


def check_version(folder: Path, version: int) -> None:
    if version > SCHEMA:
        raise NewerVersion(
            f'"{folder.name}" was saved by a newer Bandmate (project version {version}); this one reads up to '
            f"{SCHEMA}. Update Bandmate to open it; nothing was changed"
        )


def migrate(db: sqlite3.Connection, folder: Path) -> None:
    """Bring an older project up to date, in one transaction; a project of this version is only looked at."""
    version = schema_version(db)
    check_version(folder, version)
    if version == 0 and not has_tables(db):
        raise ProjectError(f'"{folder.name}" is not a finished project: making it was interrupted; make it again')
    if db.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise ProjectError(f'song.db in "{folder.name}" was made by another program; it is no Bandmate project')
    if version < SCHEMA:
        db.execute("BEGIN IMMEDIATE")
        apply_migrations(db)
        db.execute("COMMIT")


def has_tables(db: sqlite3.Connection) -> bool:
    return db.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone() is not None


def schema_version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def apply_migrations(db: sqlite3.Connection) -> None:
    """Every migration that the database has not seen, in order, inside the caller's transaction."""
    from importlib.resources import files

    scripts = sorted(
        (f for f in files(f"{__package__}.migrations").iterdir() if f.name.endswith(".sql")), key=lambda f: f.name
    )
    for script in scripts:
        number = int(script.name[:4])
        if number > schema_version(db):
            for statement in statements(script.read_text(encoding="utf-8")):
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {number}")


def statements(script: str) -> Iterator[str]:
    """The script cut into statements: ``executescript`` would end the transaction first."""
    gathered = ""
    for line in script.splitlines(keepends=True):
        gathered += line
        if sqlite3.complete_statement(gathered):
            yield gathered
            gathered = ""
