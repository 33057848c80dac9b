"""What goes wrong: one line, the exit code of the error tree, nothing on stdout, nothing changed."""

from __future__ import annotations

import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from bandmate.verbs import importing
from tests.cli.calling import Caller
from tests.verbs.studio import contents, state_of, tone
from tests.verbs.test_importing import BAD

REQUESTS = [
    ("accept P9", r'no proposal named "P9"; there are: P1 \[unknown-name\]'),
    ("show Q", r'no proposal named "Q"; there are: P1 \[unknown-name\]'),
    ("accept P1 --moves 99", r"there is no move 99 in P1; it has \d+, counted from 1 \[out-of-range\]"),
    ("refuse P1 --moves 0", r"there is no move 0 in P1; it has \d+, counted from 1 \[out-of-range\]"),
    ("accept P1 --moves one", r'"one" is no list of move numbers; write them as 1,3,7-9 \[request\]'),
    ("accept P1 --moves 1,,2", r'"1,,2" is no list of move numbers; write them as 1,3,7-9 \[request\]'),
    ("accept P1 --moves 3-1", r'"3-1" is no range of move numbers; write the lower one first \[request\]'),
    ("accept P1 --moves 1-999999999", r'"1-999999999" goes beyond the 100000 moves that a proposal can have'),
    ("accept P1 --strength 1", r'"1" is no strength; write move=percent, such as 3=50, from 0 to 100 \[request\]'),
    ("accept P1 --strength 1=150", r'"1=150" is no strength; write move=percent'),
    ("accept P1 --strength 1=-5", r'"1=-5" is no strength; write move=percent'),
    ("accept P1 --strength 1=nan", r'"1=nan" is no strength; write move=percent'),
    ("accept P1 --strength =50", r'"" is no list of move numbers; write them as 1,3,7-9'),
    ("accept P1 --strength 99=50", r"there is no move 99 in P1; it has \d+, counted from 1"),
    ("strength P1 1", r'"1" is no strength; write move=percent'),
    ("strength P1 99=5", r"there is no move 99 in P1"),
    ("lock paad", r'no track named "paad"; .+ Did you mean "pad"\? \[unknown-name\]'),
    ("lock tracks/paad", r'there is nothing at tracks/paad to lock; check the name\. Did you mean "pad"\? \[request\]'),
    ("lock tracks/pad/gian_db", r'leads nowhere: no "gian_db" in tracks/pad; .+ Did you mean "gain_db"\?'),
    ("unlock pad", r'no lock named "tracks/pad"; there are none \[unknown-name\]'),
    ("propose mix --track paad", r'no track named "paad"; .+ Did you mean "pad"\?'),
    ("propose mix --aspects balnce", r'no aspect named "balnce"; .+ Did you mean "balance"\?'),
    ("propose master --profile spotfy", r'no delivery profile named "spotfy"; .+ Did you mean "spotify"\?'),
    ("render x.wav --master tidl", r'no delivery profile named "tidl"; .+ Did you mean "tidal"\?'),
    ("render x.wav --master cd --bars 1", r"a master is the whole song as its profile wants it; leave out --bars"),
    ("render x.mp3 --master cd", r'a master is written as WAV; end the name "x\.mp3" in \.wav \[request\]'),
    ("render x.wav --track paad", r'no track named "paad"; .+ Did you mean "pad"\?'),
    ("render x.wav --bars 5-2", r'"5-2" is no range of bars; write it as 9-16, counted from 1 \[request\]'),
    ("render x.wav --bars 0", r'"0" is no range of bars'),
    ("render x.wav --bars a", r'"a" is no range of bars'),
    (
        "render x.wav --bars 90",
        r"nothing plays from 178\.0 s on: the song ends at 6\.0 s; begin earlier \[out-of-range\]",
    ),
    ("render x.wva", r'no kind of file named "wva"; .+ Did you mean "wav"\? \[unknown-name\]'),
    ("render x", r'"x" does not tell its kind; end it in \.wav, \.flac, \.mp3, \.m4a or \.opus \[request\]'),
    ("render x.wav --kind mp3", r'"x\.wav" would hold mp3; end its name in \.mp3 \[request\]'),
    (
        "export x.als",
        r'cannot export "x\.als"; end its name in \.dawproject, \.mid, \.musicxml or \.abc, '
        r"or give a folder \[request\]",
    ),
    ("export x.mid", r"the song has no notes to write, its tracks are recordings; export a \.dawproject"),
    ("undo 9", r"undo by 9 steps; only 1 can be undone \[out-of-range\]"),
    ("undo 0", r"invalid value for 'steps': .+; see bandmate undo --help \[usage\]"),
    ("redo", r"there is nothing to redo \[request\]"),
    ("go-to 77", r'no revision or version named "77"; there are: the numbers 1 to 2 \[unknown-name\]'),
    ("new .", r'".+" is a project already; open it, or choose another folder \[project\]'),
    ("acept P1", r"no such command 'acept'. Did you mean 'accept'\? \[usage\]"),
    ("show", r"missing argument 'proposal'; see bandmate show --help \[usage\]"),
    ("log --al", r"no such option: --al \(Possible options: --all, --help\); see bandmate log --help \[usage\]"),
]
"""A command, and the line that answers it."""


@pytest.mark.parametrize(("words", "line"), REQUESTS, ids=[words for words, _ in REQUESTS])
def test_an_impossible_request_is_answered_in_one_line_and_changes_nothing(here: Caller, words: str, line: str) -> None:
    before, files = state_of(here.folder), set(here.folder.iterdir())
    answer = here(*words.split())
    assert re.search(line, answer.error), answer.err
    assert answer.code == (4 if "[project]" in answer.err else 2)
    assert state_of(here.folder) == before
    assert {path for path in here.folder.iterdir() if not path.name.startswith("song.db-")} <= files


@pytest.mark.parametrize(("make", "error", "message"), BAD)
def test_bad_files_are_named_with_the_exit_code_of_their_error(
    call: Caller, make: Callable[[Path], Path], error: type[Exception], message: str
) -> None:
    (call.folder / "in").mkdir()
    given = make(call.folder / "in")
    call.ok("new", "song")
    before = state_of(call.folder / "song")
    for words in (("import", given, "-p", "song"), ("produce", given, "-o", "out")):
        answer = call(*words)
        assert re.search(message, answer.error), answer.err
        assert answer.code == getattr(error, "exit_code")  # noqa: B009
    assert state_of(call.folder / "song") == before
    assert sorted(path.name for path in call.folder.iterdir()) in (["in", "song"], ["in", "out", "song"][::2])


def test_a_folder_without_a_project_says_how_to_make_one(call: Caller, stems: Path) -> None:
    for words in (("import", stems), ("log",), ("listen",), ("accept", "P1"), ("render", "x.wav")):
        answer = call(*words)
        assert answer.error == (
            f'"{call.folder.name}" is no project, nor is a folder above it; make one with "bandmate new" [project]'
        )
        assert answer.code == 4
    assert list(call.folder.iterdir()) == []


def test_a_missing_project_and_a_file_in_its_place_are_named(call: Caller) -> None:
    (call.folder / "notes.txt").touch()
    assert call("log", "-p", "nowhere").error.startswith('there is no folder "nowhere"; check the path')
    assert call("log", "-p", "notes.txt").error.startswith('"notes.txt" is a file, not a project folder')
    assert call("new", "notes.txt").error.startswith('"notes.txt" is a file, so no project can be made there')


def test_a_project_of_a_newer_version_is_left_untouched(here: Caller) -> None:
    with sqlite3.connect(here.folder / "song.db") as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    before = contents(here.folder)
    for words in (("log",), ("accept", "P1"), ("import", "x.wav"), ("verify",)):
        answer = here(*words)
        assert re.search(
            r'"evening" was saved by a newer Bandmate \(project version 99\).+\[newer-version\]', answer.error
        )
        assert answer.code == 4
    assert contents(here.folder) == before


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b'"bandmate_song":1', b'"bandmate_song":9', r"the song was saved in format 9; .+ Update Bandmate to open it"),
        (b'"title":', b'"mood":"blue","title":', r"the song has something this Bandmate .+ does not know: .+`mood`"),
    ],
)
def test_a_song_of_a_newer_format_is_refused_not_shortened(here: Caller, old: bytes, new: bytes, message: str) -> None:
    with sqlite3.connect(here.folder / "song.db") as db:
        for number, packed in db.execute("SELECT number, song FROM revision").fetchall():
            song = zstandard.ZstdDecompressor().decompress(packed)
            assert old in song
            newer = zstandard.ZstdCompressor(write_checksum=True).compress(song.replace(old, new, 1))
            db.execute("UPDATE revision SET song = ? WHERE number = ?", (newer, number))
    db.close()
    before = contents(here.folder)
    for words in (("show", "P1"), ("accept", "P1"), ("listen",), ("render", "x.wav")):
        answer = here(*words)
        assert re.search(message + r".* \[newer-version\]", answer.error), answer.err
        assert answer.code == 4
    assert contents(here.folder) == before


def test_a_damaged_project_says_what_to_restore(here: Caller) -> None:
    (here.folder / "song.db").write_bytes(b"not a database at all" * 100)
    assert re.search(r'the database of "evening" is damaged: .+ restore song\.db from a copy', here("log").error)


@pytest.mark.skipif(sys.platform != "linux", reason="needs a disk in memory")
def test_a_project_on_a_read_only_disk_can_be_read_and_not_changed(here: Caller, small_disk: Path, stems: Path) -> None:
    here.ok("listen", "--no-plots")
    shutil.rmtree(here.folder / "cache")
    shutil.rmtree(here.folder / "audio")
    folder = Path(shutil.copytree(here.folder, small_disk / "song"))
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    assert here.ok("log", "-p", folder).out
    assert here.ok("show", "P1", "-p", folder).out
    for words in (("accept", "P1"), ("undo",), ("lock", "pad"), ("import", stems), ("propose", "mix")):
        answer = here(*words, "-p", folder)
        assert re.search(r"is read-only|is missing", answer.error), (words, answer.err)
        assert answer.code == 4
    answer = here("new", small_disk / "new")
    assert "the folder is read-only or belongs to somebody else" in answer.error
    assert sorted(path.name for path in small_disk.iterdir()) == ["song"]


def test_a_full_disk_is_named_and_the_project_stays_well(here: Caller, small_disk: Path, tmp_path: Path) -> None:
    here.ok("new", small_disk / "song")
    big = tone(tmp_path / "big.wav", seconds=10.0)
    assert re.search(
        r'"big\.wav" needs 1\.8 MB; the disk of "song" has .+ free',
        here("import", big, "-p", small_disk / "song").error,
    )
    here.ok("import", tone(tmp_path / "a.wav", seconds=4.0), "-p", small_disk / "song")
    before = state_of(small_disk / "song")
    answer = here("render", small_disk / "mix.wav", "-p", small_disk / "song")
    assert answer.code == 4 and "full" in answer.error
    answer = here("produce", tmp_path / "a.wav", "-o", small_disk / "out")
    assert answer.code == 4 and '"a.wav" needs 706 kB; the disk of "project" has' in answer.error
    assert state_of(small_disk / "song") == before
    assert here.ok("verify", "-p", small_disk / "song").out.startswith("all well")
    assert sorted(path.name for path in small_disk.iterdir()) == ["song"]


def test_a_bug_is_shown_with_its_traceback_and_a_request_to_report_it(
    here: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(importing, "import_files", broken)
    answer = here("import", "x.wav")
    assert answer.code == 1 and answer.out == ""
    assert "Traceback" in answer.err
    assert answer.err.endswith("bandmate: this is a bug in Bandmate; please report it with the lines above [bug]\n")


def test_ctrl_c_is_answered_with_130(here: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(importing, "import_files", stopped)
    answer = here("import", "x.wav")
    assert answer.code == 130
    assert answer.error == "stopped; what was finished before is kept, nothing is half-written [cancelled]"
