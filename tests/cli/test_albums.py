"""The commands album and batch: what they print, as text and JSON, their exit codes, and a program that is killed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import soundfile

from tests.cli.calling import PROGRAM, Caller
from tests.verbs.album_tracks import visible, write_album, write_track

COLUMNS = ("no.", "title", "LUFS was", "is", "gain dB", "limiter dB", "dBTP", "tone drift dB")


@pytest.fixture
def there(call: Caller) -> Caller:
    """Calls beside a folder with three tracks."""
    write_album(call.folder / "night")
    return call


def test_three_lines_make_an_album(there: Caller) -> None:
    listed = there.ok("album", "night", "--write-toml", "--title", "Nuit")
    assert listed.out.startswith("album list: night/album.toml; fill it in")
    made = there.ok("album", "night", "--out", "out", "--target", "cd", "--lufs", "-16")
    for column in COLUMNS:
        assert column in made.out
    assert "the album measures" in made.out and "and -16.0 after; all tracks were moved by" in made.out
    assert "files: out; report: out/album.html" in made.out
    assert "is written as" in made.err, "what CD-Text cannot hold is said"
    again = there.ok("album", "night", "--out", "out", "--target", "cd", "--lufs", "-16", "--json")
    assert again.json["title"] == "Nuit" and again.json["after_lufs"] == pytest.approx(-16.0, abs=0.06)
    assert Path(again.json["tracks"][0]["path"]).name == "01 Dawn.wav"
    assert (there.folder / "out" / "cd" / "ddp" / "DDPID").is_file()


def test_an_album_that_cannot_be_is_one_line(there: Caller) -> None:
    for words, code, said in (
        (("none",), 2, 'there is no folder "none"; name the folder that has the tracks in it'),
        (("night", "--order", "3,1"), 2, "the order must name each of the 3 tracks once"),
        (("night", "--drift", "99"), 2, "the bound on tone drift is 99 dB; possible are 1 to 12"),
        (("night", "--anchor", "first"), 2, 'no anchor of an album named "first"; there are: album, loudest'),
        (("night", "--tone", "120"), 2, "tone is 120 %; possible are 0 to 100 %"),
        (("night", "--ean", "123"), 2, '"123" is no bar code'),
        (("night", "--gap", "-1"), 2, "the gap before it is -1 s"),
        (("night", "--target", "spotify,cd"), 2, "one destination at a time"),
    ):
        answer = there("album", *words, "--out", "out")
        assert answer.code == code and said in answer.error, answer
    assert not (there.folder / "out").exists()


def test_a_batch_does_what_it_can_and_says_what_it_cannot(there: Caller) -> None:
    (there.folder / "night" / "bad.wav").write_bytes(b"RIFF")
    answer = there("batch", "night", "--out", "out", "--no-report")
    assert answer.code == 3 and "bad.wav: NOT DONE: " in answer.out and "3 of 4 files are mastered in out" in answer.out
    (there.folder / "night" / "bad.wav").unlink()
    again = there.ok("batch", "night", "--out", "out", "--no-report", "--json")
    assert [row["was_there"] for row in again.json["files"]] == [True, True, True]


@pytest.mark.skipif(sys.platform == "win32", reason="a program is killed in another way there")
def test_an_album_that_is_killed_goes_on_to_the_same_bytes(there: Caller) -> None:
    """Killed as soon as a draft of a track is there, then once more later."""
    write_track(there.folder / "night" / "04 More.wav", seconds=12.0, rms_dbfs=-17.0)
    there.ok("album", "night", "--out", "whole")
    killed = 0
    for drafts in (1, 2):
        process = subprocess.Popen(
            [*PROGRAM, "album", "night", "--out", "out"],
            cwd=there.folder,
            env={**os.environ},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        place = there.folder / "out" / ".bandmate-album" / "drafts"
        while process.poll() is None and len(list(place.glob("[!.]*.wav"))) < drafts:
            time.sleep(0.01)
        process.kill()
        killed += process.wait() != 0
    assert killed, "the program was never stopped in the middle"
    there.ok("album", "night", "--out", "out")
    assert visible(there.folder / "out") == visible(there.folder / "whole")
    assert soundfile.info(there.folder / "out" / "04 More.wav").duration == 12.0
