"""Verify finds what was changed behind the project's back, and names it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bandmate.project import Problem, Project
from bandmate.project.history import chain_hash
from bandmate.project.rows import packed, sha256_text
from bandmate.song.clips import AudioClip
from bandmate.song.errors import ProjectError
from bandmate.song.song import Song
from bandmate.song.tracks import Track
from bandmate.song.wire import made_to_json, song_to_json
from tests.project.projects import proposal, song, titled, write_wav


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Six revisions on two branches, a recording in use, a proposal half decided."""
    with Project.create(tmp_path / "my song", song=song()) as made:
        found = made.media.add(write_wav(tmp_path / "vox.wav"))
        clip = AudioClip(id="c", audio=found.sha256, source_frames=found.frames, source_rate_hz=found.rate_hz)
        made.commit(Song(tracks=(*song().tracks[1:], Track(id="vox", clips=(clip,)))), "import")
        made.add_proposal(proposal())
        made.accept("P1", [1])
        made.undo()
        made.accept("P1", [2, 3])
        made.commit(titled(made.song, "Later"), "rename")
        made.name_version("demo")
        made.commit(titled(made.song, "Last"), "rename again")
        yield made


def tamper(project: Project, *statements: str, values: tuple[object, ...] = ()) -> tuple[Problem, ...]:
    """Change the database with another program, then verify."""
    db = sqlite3.connect(project.folder / "song.db", isolation_level=None)
    for statement in statements:
        db.execute(statement, values if "?" in statement else ())
    db.close()
    return project.verify()


def test_an_untouched_project_has_no_problems(project: Project) -> None:
    assert project.verify() == ()


@pytest.mark.parametrize(
    "change",
    [
        "message = 'never happened'",
        """author = '{"kind":"human"}'""",
        "created_at = '2020-01-01T00:00:00.000Z'",
        "parent = (SELECT id FROM revision WHERE number = 1)",
        "song_hash = replace(song_hash, substr(song_hash, 1, 1), 'g')",
        "made = (SELECT made FROM revision WHERE number = 1)",
        "previous_hash = hash",
        "hash = replace(hash, 'a', 'b') || '0'",
    ],
)
def test_a_changed_column_of_a_revision_is_named(project: Project, change: str) -> None:
    problems = tamper(project, f"UPDATE revision SET {change} WHERE number = 4")
    assert {p.where for p in problems} == {"revision 4"}
    assert {p.kind for p in problems} == {"revision-changed"}
    assert problems[0].message.startswith("revision 4 was changed after it was written")


def test_another_song_in_a_row_is_named(project: Project) -> None:
    problems = tamper(project, "UPDATE revision SET song = ? WHERE number = 2", values=(packed(song_to_json(Song())),))
    assert [(p.kind, p.where) for p in problems] == [("revision-changed", "revision 2")]
    assert problems[0].message.endswith("the song is not what was written")
    (problem,) = tamper(project, "UPDATE revision SET song = ? WHERE number = 2", values=(b"not packed",))
    assert problem.where == "revision 2"
    with pytest.raises(ProjectError, match="the song of revision 2 is damaged and cannot be unpacked"):
        project.song_at(2)


def test_a_row_that_was_changed_with_a_new_hash_breaks_the_chain(project: Project) -> None:
    """A careful forger: song, its hash, the row's hash and id are all consistent."""
    db = sqlite3.connect(project.folder / "song.db", isolation_level=None)
    columns = "number, parent, message, author, created_at, previous_hash"
    number, parent, message, author, created_at, previous = db.execute(
        f"SELECT {columns} FROM revision WHERE number = 3"
    ).fetchone()
    forged, made = song_to_json(Song(title="forged")), sha256_text(made_to_json(()))
    row_hash = chain_hash(
        number, parent, message, author, sha256_text(forged), made, created_at, previous_hash=previous
    )
    values = (packed(forged), sha256_text(forged), packed(made_to_json(())), row_hash, row_hash[:12])
    db.execute("UPDATE revision SET song = ?, song_hash = ?, made = ?, hash = ?, id = ? WHERE number = 3", values)
    for table, column in (("branch", "head"), ("branch", "tip"), ("decision", "revision")):
        db.execute(f"UPDATE {table} SET {column} = ? WHERE {column} NOT IN (SELECT id FROM revision)", values[-1:])
    db.close()
    problems = project.verify()
    assert [(p.kind, p.where) for p in problems] == [("revision-changed", "revision 3")]
    assert problems[0].message.endswith("revision 4 was written after another one")


@pytest.mark.parametrize(
    ("gone", "where"),
    [("number = 3", "revision 3"), ("number IN (3, 4)", "revisions 3 to 4"), ("number = 1", "revision 1")],
)
def test_a_removed_revision_is_named(project: Project, gone: str, where: str) -> None:
    problems = tamper(project, f"DELETE FROM revision WHERE {gone}")
    assert [p.where for p in problems if p.kind == "revision-removed"] == [where]
    assert not [p for p in problems if p.kind == "revision-changed"]


def test_a_history_that_was_cut_off_at_its_end_shows(project: Project) -> None:
    cut = (
        "UPDATE branch SET head = (SELECT id FROM revision WHERE number = 5), tip = (SELECT id FROM revision WHERE"
        " number = 5) WHERE tip = (SELECT id FROM revision WHERE number = 6)"
    )
    (problem,) = tamper(project, cut, "DELETE FROM revision WHERE number = 6")
    assert (problem.kind, problem.where) == ("revision-removed", "revision 6")
    assert problem.message == "revision 6 and what may have followed it were removed from the history"


def test_revisions_that_changed_places_are_named(project: Project) -> None:
    problems = tamper(
        project,
        "UPDATE revision SET number = 99 WHERE number = 4",
        "UPDATE revision SET number = 4 WHERE number = 5",
        "UPDATE revision SET number = 5 WHERE number = 99",
    )
    assert {p.where for p in problems} == {"revision 4", "revision 5"}


def test_a_revision_that_was_slipped_in_is_named(project: Project) -> None:
    copy = (
        "INSERT INTO revision SELECT 7, 'x', parent, message, author, song, song_hash, made, created_at, hash, 'y'"
        " FROM revision WHERE number = 6"
    )
    assert "revision 7" in {p.where for p in tamper(project, copy)}


def flip_a_bit(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(("harm", "kind"), [(flip_a_bit, "audio-changed"), (Path.unlink, "audio-missing")])
def test_a_harmed_recording_is_named(project: Project, harm: Callable[[Path], None], kind: str) -> None:
    (found,) = project.media.recordings()
    path = project.media.path(found.sha256)
    path.chmod(0o600)
    harm(path)
    (problem,) = project.verify()
    assert problem.kind == kind and problem.where == path.relative_to(project.folder).as_posix()
    assert '"vox.wav"' in problem.message and not problem.is_harmless


def test_files_that_nobody_imported_are_named_and_harmless(project: Project) -> None:
    (project.folder / "audio" / "1-2-3.part").write_bytes(b"half")
    (project.folder / "audio" / "note.txt").write_bytes(b"hello")
    part, note = project.verify()
    assert part == Problem(
        "audio-extra",
        "audio/1-2-3.part",
        "audio/1-2-3.part is left over from an interrupted import; it may be deleted",
        True,
    )
    assert note.message == "audio/note.txt is no part of the project; it may be deleted" and note.is_harmless


def test_a_recording_that_the_project_does_not_list_is_named_with_the_track(project: Project) -> None:
    problems = tamper(project, "DELETE FROM recording")
    assert {p.where for p in problems if p.kind == "recording-unknown"} == {f"revision {n}" for n in (2, 3, 4, 5, 6)}
    assert "on track vox" in next(p.message for p in problems if p.kind == "recording-unknown")


def test_rows_that_name_what_is_not_there_are_found(project: Project) -> None:
    problems = tamper(project, "PRAGMA foreign_keys = OFF", "UPDATE version SET revision = 'nowhere'")
    assert [(p.kind, p.message) for p in problems] == [
        ("database-damaged", "row 1 of the table version names a revision that is not there")
    ]


def test_a_history_bent_into_a_circle_still_ends(project: Project) -> None:
    problems = tamper(
        project, "UPDATE revision SET parent = (SELECT id FROM revision WHERE number = 6) WHERE number = 2"
    )
    assert "revision 2" in {p.where for p in problems}
    assert len(project.log()) < 6


def test_a_history_without_its_head_says_to_verify(project: Project) -> None:
    tamper(project, "DELETE FROM revision WHERE number = 6")
    with pytest.raises(ProjectError, match="a revision that is needed is not there; run verify to see which"):
        _ = project.song
