"""The database: opened only when it is ours, written by one at a time, never left half-written."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest

from bandmate.project import Project, find_project
from bandmate.project.store import SCHEMA, Store, connected, statements
from bandmate.project.writer import NOTE_FILE
from bandmate.song.errors import NewerVersion, ProjectBusy, ProjectError
from tests.conftest import ROOT
from tests.project.projects import song, titled


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with two revisions, closed."""
    with Project.create(tmp_path / "мой трек", song=song()) as made:
        made.commit(titled(made.song, "Second"), "second")
    return tmp_path / "мой трек"


def raw(folder: Path) -> sqlite3.Connection:
    return sqlite3.connect(folder / "song.db", isolation_level=None)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_the_migrations_are_as_many_as_the_schema_number_says() -> None:
    names = [f.name for f in files("bandmate.project.migrations").iterdir() if f.name.endswith(".sql")]
    assert [int(name[:4]) for name in sorted(names)] == list(range(1, SCHEMA + 1))


def test_a_script_is_cut_into_whole_statements() -> None:
    assert [s.strip() for s in statements("-- why; because\nSELECT 1;\nSELECT\n ';';\n")] == [
        "-- why; because\nSELECT 1;",
        "SELECT\n ';';",
    ]


def test_the_database_is_wal_strict_and_flushed_at_every_step(folder: Path) -> None:
    db = connected(folder, "mode=rw", 1.0)
    assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert db.execute("PRAGMA synchronous").fetchone() == (2,)
    assert db.execute("PRAGMA user_version").fetchone() == (SCHEMA,)
    tables = [row for row in db.execute("PRAGMA table_list") if not row[1].startswith("sqlite_")]
    assert len(tables) == 8 and all(row[5] == 1 for row in tables)
    db.close()


def test_a_project_is_found_from_a_folder_inside_it(folder: Path) -> None:
    inside = folder / "audio" / "ab"
    inside.mkdir(parents=True)
    assert find_project(inside) == folder
    with Project.open(inside) as project:
        assert project.song.title == "Second"


def test_places_that_are_no_project_are_named(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=f'"{tmp_path.name}" is no project, nor is a folder above it; make one'):
        Project.open(tmp_path)
    with pytest.raises(ProjectError, match='there is no folder "nowhere"; check the path, or make a new project'):
        Project.open(tmp_path / "nowhere")
    (tmp_path / "take.wav").write_bytes(b"RIFF")
    with pytest.raises(ProjectError, match=r'"take\.wav" is a file, not a project folder; open the folder'):
        Project.open(tmp_path / "take.wav")
    with pytest.raises(ProjectError, match=r'"take\.wav" is a file, so no project can be made there'):
        Project.create(tmp_path / "take.wav")


def test_a_project_is_not_made_over_another_one(folder: Path) -> None:
    with pytest.raises(ProjectError, match='"мой трек" is a project already; open it, or choose another folder'):
        Project.create(folder)
    with Project.open(folder) as project:
        assert project.song.title == "Second"


def test_a_project_of_a_newer_version_is_refused_and_not_touched(folder: Path) -> None:
    db = raw(folder)
    db.execute(f"PRAGMA user_version = {SCHEMA + 6}")
    db.close()
    before = contents(folder)
    with pytest.raises(
        NewerVersion, match=rf"was saved by a newer Bandmate \(project version {SCHEMA + 6}\); this one reads up to"
    ):
        Project.open(folder)
    assert contents(folder) == before


def test_a_newer_version_that_is_only_in_the_write_ahead_file_is_refused_too(folder: Path) -> None:
    db = raw(folder)
    db.execute("PRAGMA wal_autocheckpoint = 0")
    db.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    with pytest.raises(NewerVersion, match="Update Bandmate to open it; nothing was changed"):
        Project.open(folder)
    db.close()


def test_a_file_that_is_no_database_is_refused(folder: Path) -> None:
    (folder / "song.db").write_bytes(b"these are not the bytes of a database, " * 40)
    with pytest.raises(
        ProjectError, match=r'the database of "мой трек" is damaged: song\.db is no SQLite file; restore'
    ):
        Project.open(folder)


def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    db = raw(tmp_path)
    db.execute("CREATE TABLE photo (id INTEGER)")
    db.close()
    before = contents(tmp_path)
    with pytest.raises(ProjectError, match="was made by another program; it is no Bandmate project"):
        Project.open(tmp_path)
    with pytest.raises(ProjectError, match="is a project already"):
        Project.create(tmp_path)
    assert contents(tmp_path) == before


@pytest.mark.parametrize("damage", ["cut", "noise", "zeros"])
def test_a_damaged_database_is_named_on_opening_or_found_by_verify(folder: Path, damage: str) -> None:
    with Project.open(folder) as project:
        for count in range(40):
            project.commit(titled(project.song, f"title {count}"), "again")
    path = folder / "song.db"
    data = path.read_bytes()
    filling = {"cut": b"", "noise": bytes(range(1, 256)) * 4000, "zeros": bytes(len(data))}[damage]
    path.write_bytes((data[:4096] + filling)[: len(data)])
    try:
        with Project.open(folder) as project:
            assert {p.kind for p in project.verify()} & {"database-damaged"}
            with pytest.raises(ProjectError, match="damaged"):
                project.commit(titled(project.song, "more"), "more")
    except ProjectError as refused:
        assert "damaged" in str(refused)


def test_making_a_project_that_was_interrupted_is_said_and_can_be_done_again(tmp_path: Path) -> None:
    db = raw(tmp_path)
    db.execute("PRAGMA journal_mode = WAL")
    db.close()
    with pytest.raises(ProjectError, match="is not a finished project: making it was interrupted; make it again"):
        Project.open(tmp_path)
    with Project.create(tmp_path, "Again") as project:
        assert project.song.title == "Again"


def test_a_closed_project_says_so(folder: Path) -> None:
    project = Project.open(folder)
    project.close()
    with pytest.raises(ProjectError, match='"мой трек" was closed; open the project again'):
        project.log()


HOLD = """
import sys, time
from pathlib import Path
from bandmate.project.store import Store
sys.argv = ["bandmate"]
with Store(Path(sys.stdin.readline().strip())).writing("mixing the album"):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def holder(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Another program that is writing to the project until it is told to go on."""
    program = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(HOLD)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        env=os.environ | {"PYTHONPATH": str(ROOT / "src"), "PYTHONUTF8": "1"},
    )
    assert program.stdin and program.stdout
    program.stdin.write(f"{folder}\n")
    program.stdin.flush()
    assert program.stdout.readline() == "held\n"
    yield program
    program.kill()
    program.communicate()


def test_the_second_writer_is_told_who_holds_the_project(folder: Path, holder: subprocess.Popen[str]) -> None:
    with Project.open(folder, wait_seconds=0.2) as project:
        expected = (
            rf'"мой трек" is being written by bandmate \(mixing the album, process {holder.pid} on .+, since 2.+Z\); '
            r"waited 0\.2 s\. Do it again when that is done"
        )
        with pytest.raises(ProjectBusy, match=expected):
            project.undo()


def test_readers_are_not_held_up_by_a_writer(folder: Path, holder: subprocess.Popen[str]) -> None:
    started = time.monotonic()
    with Project.open(folder, wait_seconds=5) as project:
        assert project.song.title == "Second"
        assert len(project.log()) == 2 and project.verify() == ()
    assert time.monotonic() - started < 2


def test_the_second_writer_waits_for_the_first(folder: Path, holder: subprocess.Popen[str]) -> None:
    release = threading.Timer(0.3, holder.communicate, ["\n"])
    release.start()
    with Project.open(folder, wait_seconds=30) as project:
        assert project.undo().number == 1
    release.join()


def test_a_writer_that_was_killed_is_no_obstacle(folder: Path, holder: subprocess.Popen[str]) -> None:
    holder.kill()
    holder.wait()
    assert (folder / NOTE_FILE).exists()
    with Project.open(folder, wait_seconds=0.2) as project:
        assert project.undo().number == 1
    assert not (folder / NOTE_FILE).exists()


def test_the_note_of_a_dead_program_is_not_believed(folder: Path, holder: subprocess.Popen[str]) -> None:
    text = (folder / NOTE_FILE).read_text(encoding="utf-8").replace(f'"pid":{holder.pid}', '"pid":999999999')
    (folder / NOTE_FILE).write_text(text, encoding="utf-8")
    with (
        Project.open(folder, wait_seconds=0.05) as project,
        pytest.raises(ProjectBusy, match="written by another program; waited 0"),
    ):
        project.undo()


def test_many_threads_write_and_every_step_is_kept(folder: Path) -> None:
    with Project.open(folder, wait_seconds=60) as project:

        def name_versions(writer: int) -> None:
            for step in range(5):
                project.name_version(f"{writer}-{step}")

        threads = [threading.Thread(target=name_versions, args=(writer,)) for writer in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(project.versions()) == 30 and project.verify() == ()


def test_an_error_inside_a_command_leaves_everything_as_it_was(folder: Path) -> None:
    store = Store(folder)
    with pytest.raises(ZeroDivisionError), store.writing("failing") as db:
        db.execute("UPDATE branch SET head = tip")
        db.execute("INSERT INTO version SELECT 'x', head, '' FROM branch")
        raise ZeroDivisionError
    with store.reading() as db:
        assert db.execute("SELECT count(*) FROM version").fetchone() == (0,)
    store.close()


def test_a_copy_of_the_folder_is_the_same_project(folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(folder, tmp_path / "copy")
    with Project.open(folder) as a, Project.open(copy) as b:
        assert a.log() == b.log()
