"""Full disks, read-only folders: said in plain words, nothing half-written."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from bandmate.project import Project, media
from bandmate.project.disk import database_error, plain_words, readable_bytes, system_error
from bandmate.project.store import connected
from bandmate.song.errors import ProjectError
from tests.project.projects import proposal, song, titled, write_wav

SMALL_DISK_BYTES = 2_000_000
FULL = r'the disk of ".+" is full: .+ free, too little for .+; free some space .+ Nothing is half-written'


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MB in memory."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = sys.platform == "linux" and os.geteuid() == 0 and mount(place, f"size={SMALL_DISK_BYTES}")
    if not mounted:
        pytest.skip("a small disk can only be mounted by root on Linux")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def mount(place: Path, options: str) -> bool:
    program = shutil.which("mount")
    if program is None:
        return False
    done = subprocess.run(
        [program, "-t", "tmpfs", "-o", options, "tmpfs", str(place)], capture_output=True, check=False
    )
    return done.returncode == 0


def fill(place: Path) -> Path:
    """Take all the space that is left."""
    filler = place / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (65_536, 4096, 512, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
    return filler


def test_a_full_disk_is_named_and_loses_nothing(small_disk: Path) -> None:
    with Project.create(small_disk / "песня", song=song()) as project:
        filler = fill(small_disk)
        with pytest.raises(ProjectError, match=FULL):
            for count in range(2000):
                project.commit(titled(project.song, f"{count}" * 30), "more")
        finished = project.log()
        assert project.verify() == ()
        filler.unlink()
        project.commit(titled(project.song, "space again"), "space again")
        assert project.log()[1:] == finished and project.verify() == ()


def test_a_full_disk_stops_every_command_and_reading_still_works(small_disk: Path) -> None:
    with Project.create(small_disk / "song", song=song()) as project:
        name = project.add_proposal(proposal())
    with Project.open(small_disk / "song") as project:
        project.name_version("a")
        filler = fill(small_disk)
        with pytest.raises(ProjectError, match=FULL):
            for _ in range(2000):
                project.add_proposal(proposal())
        with pytest.raises(ProjectError, match=FULL):
            project.accept(name, [1])
        assert project.proposal(name).counts["open"] == 3 and project.head.number == 1
        filler.unlink()
        assert project.accept(name, [1]).number == 2


def test_a_project_on_a_full_disk_opens_for_reading(small_disk: Path) -> None:
    Project.create(small_disk / "song", song=song()).close()
    filler = fill(small_disk)
    with Project.open(small_disk / "song") as project:
        assert project.song == song()
        with pytest.raises(ProjectError, match=FULL):
            project.commit(titled(song(), "new"), "new")
    filler.unlink()


def test_a_project_cannot_be_made_on_a_full_disk(small_disk: Path) -> None:
    filler = fill(small_disk)
    with pytest.raises(ProjectError, match=FULL):
        Project.create(small_disk / "song")
    filler.unlink()
    Project.create(small_disk / "song").close()


def test_a_recording_that_does_not_fit_is_refused_before_it_is_copied(small_disk: Path, tmp_path: Path) -> None:
    wav = write_wav(tmp_path / "long take.wav", frames=600_000)
    with Project.create(small_disk / "song") as project:
        with pytest.raises(
            ProjectError, match=r'"long take.wav" needs 2.4 MB; the disk of "song" has .+ free. Free some'
        ):
            project.media.add(wav)
        assert project.media.recordings() == () and list((small_disk / "song").rglob("*.part")) == []


def test_a_disk_that_fills_up_while_copying_leaves_nothing(
    small_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wav = write_wav(tmp_path / "take.wav", frames=600_000)
    monkeypatch.setattr(media, "free_bytes", lambda _: 10**12)
    with Project.create(small_disk / "song") as project:
        with pytest.raises(ProjectError, match=FULL):
            project.media.add(wav)
        assert project.verify() == ()
        assert [path for path in (small_disk / "song" / "audio").rglob("*") if path.is_file()] == []


def test_a_cache_that_does_not_fit_leaves_nothing(small_disk: Path, tmp_path: Path) -> None:
    wav = write_wav(tmp_path / "take.wav", frames=200_000, channels=1)
    with Project.create(small_disk / "song") as project:
        recording = project.media.add(wav)
        with pytest.raises(ProjectError, match=r'too little for decoding "take.wav" into the cache'):
            project.media.source(recording.sha256, 192_000)
        project.remember("0" * 64, "loudness", "1", np.random.default_rng(1).bytes(3_000_000))
        assert project.recall("0" * 64, "loudness", "1") is None
        assert [path for path in (small_disk / "song" / "cache").rglob("*") if path.is_file()] == []


def test_a_read_only_disk_can_be_read_and_says_why_it_is_not_written(small_disk: Path, tmp_path: Path) -> None:
    with Project.create(small_disk / "song", song=song()) as project:
        recording = project.media.add(write_wav(tmp_path / "a.wav"))
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    read_only = r'in "song" is not possible: the folder is read-only or belongs to somebody else; copy the project'
    with Project.open(small_disk / "song") as project:
        assert project.song == song() and project.verify() == ()
        project.media.source(recording.sha256, 48_000).close()
        with pytest.raises(ProjectError, match=read_only):
            project.commit(titled(song(), "x"), "x")
        with pytest.raises(ProjectError, match=read_only):
            project.media.add(write_wav(tmp_path / "b.wav", seed=2))
        with pytest.raises(ProjectError, match=read_only):
            project.media.source(recording.sha256, 44_100)
        project.remember("0" * 64, "loudness", "1", b"-14")
    with pytest.raises(ProjectError, match='making a project in "other" is not possible: the folder is read-only'):
        Project.create(small_disk / "other")


def test_steps_that_a_read_only_disk_would_hide_are_not_hidden(small_disk: Path, tmp_path: Path) -> None:
    folder = small_disk / "song"
    with Project.create(folder, song=song()) as project:
        project.commit(titled(song(), "only in the journal"), "x")
        shutil.copytree(folder, small_disk / "crashed", ignore=shutil.ignore_patterns("*-shm"))
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(ProjectError, match='in "crashed" is not possible: the folder is read-only'):
        Project.open(small_disk / "crashed")


@pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() == 0, reason="permissions do not stop root, nor work so on Windows"
)
def test_a_folder_without_permission_is_named(tmp_path: Path) -> None:
    Project.create(tmp_path / "song", song=song()).close()
    (tmp_path / "song").chmod(0o500)
    with Project.open(tmp_path / "song") as project, pytest.raises(ProjectError, match="the folder is read-only"):
        project.commit(titled(song(), "x"), "x")
    (tmp_path / "song").chmod(0o700)


def test_a_database_that_cannot_grow_is_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def limited(folder: Path, options: str, wait_seconds: float) -> sqlite3.Connection:
        db = connected(folder, options, wait_seconds)
        db.execute("PRAGMA max_page_count = 30")
        return db

    with Project.create(tmp_path / "song", song=song()) as project:
        project.close()
    monkeypatch.setattr("bandmate.project.store.connected", limited)
    with Project.open(tmp_path / "song") as project:
        with pytest.raises(ProjectError, match=FULL):
            for count in range(2000):
                project.commit(titled(project.song, f"{count}" * 40), "more")
        assert project.verify() == ()
        assert project.song.title == "Tram" or project.song.title == f"{len(project.log()) - 2}" * 40


def test_a_copy_that_fails_half_way_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with Project.create(tmp_path / "song") as project:
        with monkeypatch.context() as broken:
            broken.setattr("bandmate.project.media.os.fsync", fail)
            with pytest.raises(ProjectError, match=r'too little for importing "a.wav"'):
                project.media.add(write_wav(tmp_path / "a.wav"))
        assert [path for path in (tmp_path / "song" / "audio").rglob("*") if path.is_file()] == []
        assert project.media.add(tmp_path / "a.wav").frames == 2000


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, 'the disk of "song" is full'),
        (errno.EACCES, 'saving in "song" is not possible: the folder is read-only'),
        (errno.EROFS, "the folder is read-only or belongs to somebody else"),
        (errno.EIO, 'saving in "song" failed: input/output error; check the disk and do it again'),
    ],
)
def test_what_the_system_refuses_is_said_in_plain_words(number: int, words: str, tmp_path: Path) -> None:
    assert words in str(system_error(tmp_path / "song", OSError(number, os.strerror(number)), "saving"))


def test_no_error_of_the_database_gets_out_raw(tmp_path: Path) -> None:
    for error in (sqlite3.OperationalError("odd"), sqlite3.IntegrityError("odd"), sqlite3.DatabaseError("odd")):
        with (
            pytest.raises(ProjectError, match=r'saving in ".+" failed: odd; run verify'),
            plain_words(tmp_path, "saving"),
        ):
            raise error
    corrupt = sqlite3.DatabaseError("malformed")
    corrupt.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    assert "is damaged: malformed; restore song.db from a copy" in str(database_error(tmp_path, corrupt, "saving"))


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 bytes"), (999, "999 bytes"), (1500, "1.5 kB"), (123_456_789, "123 MB"), (5 * 10**12, "5.0 TB")],
)
def test_sizes_are_readable(count: int, text: str) -> None:
    assert readable_bytes(count) == text


def test_a_folder_that_may_not_even_be_looked_into_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a home folder of somebody else; simulated, since root may look everywhere."""

    def sealed(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    for look in ("exists", "is_file", "is_dir"):
        monkeypatch.setattr(Path, look, sealed)
    with pytest.raises(ProjectError, match='"song"'):
        Project.create(tmp_path / "song")
    with pytest.raises(ProjectError, match='"song"'):
        Project.open(tmp_path / "song")
