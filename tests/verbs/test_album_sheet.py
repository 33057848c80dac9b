"""The track list of an album: order by name, what album.toml may say, and what is wrong with one."""

from __future__ import annotations

import os
import sys
import tomllib
from pathlib import Path

import pytest

from bandmate.song.errors import OutOfRange, RequestError
from bandmate.verbs.album_disc import short_name
from bandmate.verbs.album_sheet import SheetChanges, name_key, read_album, write_sheet
from bandmate.verbs.album_tracks import project_names


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three files; the list looks at names only."""
    for name in ("10 last.wav", "2 middle.flac", "1 first.wav", ".hidden.wav", "cover.jpg"):
        (tmp_path / name).touch()
    return tmp_path


def sheet(folder: Path, text: str) -> Path:
    (folder / "album.toml").write_text(text, encoding="utf-8")
    return folder


def test_tracks_come_in_the_order_of_their_names_with_numbers_as_numbers(folder: Path) -> None:
    album = read_album(folder)
    assert [track.path.name for track in album.tracks] == ["1 first.wav", "2 middle.flac", "10 last.wav"]
    assert [track.number for track in album.tracks] == [1, 2, 3]
    assert album.title == folder.name and album.remarks == ()
    assert sorted(["b", "A", "ä", "a2", "a10"], key=name_key) == ["A", "a2", "a10", "b", "ä"]


def test_a_number_in_front_is_no_part_of_the_title_where_it_is_the_place(tmp_path: Path) -> None:
    for name in ("01 - One.wav", "02_Two.wav", "3. Three.wav"):
        (tmp_path / name).touch()
    assert [track.title for track in read_album(tmp_path).tracks] == ["One", "Two", "Three"]
    (tmp_path / "99 Ballons.wav").touch()
    titles = [track.title for track in read_album(tmp_path).tracks]
    assert (titles[0], titles[-1]) == ("01 - One", "99 Ballons")


def test_the_list_says_order_titles_codes_gaps_and_fades(folder: Path) -> None:
    text = """
    title = "All"
    artist = "We"
    ean = "5 901234 123457"
    gap_seconds = 1
    trim_end = true
    [[track]]
    file = "10 last.wav"
    title = "Последняя"
    isrc = "GB-AYE-26-00001"
    fade_out_ms = 250.5
    trim_end = false
    [[track]]
    file = "1 first.wav"
    gap_before_seconds = 0
    """
    album = read_album(sheet(folder, text))
    last, first = album.tracks
    assert (album.title, album.artist, album.ean) == ("All", "We", "5901234123457")
    assert (last.number, last.title, last.gap_before_seconds, last.fade_out_ms) == (1, "Последняя", 1.0, 250.5)
    assert (first.title, first.gap_before_seconds, first.trim_end, last.trim_end) == ("1 first", 0.0, True, False)
    assert album.remarks == ("not in album.toml, so left out: 2 middle.flac",)


def test_what_is_asked_for_goes_before_the_list(folder: Path) -> None:
    sheet(folder, 'title = "All"\ngap_seconds = 1.0\n')
    changes = SheetChanges(title="Other", artist="They", gap_seconds=0.0, order=(3, 1, 2))
    album = read_album(folder, changes)
    assert (album.title, album.artist) == ("Other", "They")
    assert [track.path.name[:2] for track in album.tracks] == ["10", "1 ", "2 "]
    assert [track.number for track in album.tracks] == [1, 2, 3]
    assert album.tracks[0].gap_before_seconds == 0.0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title = ", "album.toml is no TOML: "),
        ("colour = 1", "album.toml cannot be used: .*colour.*; known are: title, artist, ean, gap_seconds"),
        ('[[track]]\nfile = "x.wav"', r'album.toml, track 1: there is no file "x\.wav"'),
        ('[[track]]\nfile = ""', r'album.toml, track 1: there is no file ""'),
        ('[[track]]\nfile = "1 first.wav"\n' * 2, r'album.toml names "1 first\.wav" 2 times'),
        ('[[track]]\nfile = "1 first.wav"\nisrc = "GB-AYE-26"', r'track 1: "GB-AYE-26" is no ISRC: it has 7 letters'),
        ('ean = "4006381333932"', r'"4006381333932" is no bar code: its last digit is 2'),
        ("gap_seconds = true", "album.toml cannot be used"),
    ],
)
def test_a_list_that_cannot_be_used_is_refused_with_the_place(folder: Path, text: str, said: str) -> None:
    with pytest.raises(RequestError, match=said):
        read_album(sheet(folder, text))


@pytest.mark.parametrize("value", ["-1", "61", "nan", "inf"])
def test_a_gap_has_limits(folder: Path, value: str) -> None:
    with pytest.raises(OutOfRange, match=r"track 1: the gap before it is .* s; possible are 0 to 60"):
        read_album(sheet(folder, f"gap_seconds = {value}"))


def test_a_list_in_latin_letters_of_another_code_is_refused(folder: Path) -> None:
    (folder / "album.toml").write_bytes('title = "Été"'.encode("latin-1"))
    with pytest.raises(RequestError, match=r"album\.toml is no TOML"):
        read_album(folder)


def test_two_tracks_with_one_isrc_are_refused(folder: Path) -> None:
    text = "\n".join(f'[[track]]\nfile = "{name}"\nisrc = "GBAYE2600001"' for name in ("1 first.wav", "10 last.wav"))
    with pytest.raises(RequestError, match="2 tracks have the same ISRC GBAYE2600001; every recording has its own"):
        read_album(sheet(folder, text))


def test_an_order_must_name_every_track_once(folder: Path) -> None:
    for order in ((1, 2), (1, 2, 2), (1, 2, 4), (0, 1, 2)):
        with pytest.raises(RequestError, match=r"must name each of the 3 tracks once; they are: 1 1 first\.wav, 2 2"):
            read_album(folder, SheetChanges(order=order))


def test_folders_without_tracks_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="has no sound file in it; put the tracks of the album there"):
        read_album(tmp_path)
    with pytest.raises(RequestError, match=r'there is no folder ".*none"'):
        read_album(tmp_path / "none")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_name_that_is_no_text_is_refused(folder: Path) -> None:
    (folder / os.fsdecode(b"na\xffme.wav")).touch()
    with pytest.raises(RequestError, match=r'the name ".*na\?me\.wav" has bytes that are no letters; rename it'):
        read_album(folder)


def test_a_template_reads_back_as_the_album_that_it_was_made_from(folder: Path) -> None:
    (folder / 'a "quoted" \\ name.wav').touch()
    changes = SheetChanges(title='Say "hi"', artist="Ы", ean="5901234123457", gap_seconds=1.5)
    before = read_album(folder, changes)
    path = write_sheet(folder, changes)
    assert read_album(folder) == before
    text = path.read_text(encoding="utf-8")
    filled = "\n".join(line.removeprefix("# ") for line in text.splitlines()[1:])
    assert set(tomllib.loads(filled)["track"][0]) >= {"file", "title", "artist", "isrc", "fade_in_ms", "fade_out_ms"}
    with pytest.raises(RequestError, match=r"is there already; change it, or move it away first"):
        write_sheet(folder)


def test_projects_are_named_after_their_files_each_by_a_name_of_its_own() -> None:
    paths = [Path("x/One.wav"), Path("x/one.flac"), Path("y/One.wav"), Path("x/Ночь?.wav")]
    names = project_names(paths)
    assert names == ["One.wav", "one.flac", "One.wav 2", "Ночь-"]
    assert len({name.casefold() for name in names}) == len(names)


def test_long_titles_are_cut_where_a_file_system_would_refuse_them() -> None:
    assert len(short_name("Ы" * 300).encode()) <= 160
    assert short_name("a/b: c?") == "a-b- c-"
    assert short_name("...") == "track"
