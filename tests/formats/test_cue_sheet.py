"""Cue sheets: written, read, and split as other programs would."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.formats.cue_sheet import cue_sheet, decoded, read_cue_sheet, write_cue_image, write_cue_sheet
from bandmate.formats.disc import RATE_HZ, SECTOR_FRAMES, Disc, DiscTrack, laid_out
from bandmate.formats.red_book import pressable
from bandmate.song.errors import MediaError, ProjectError, RequestError

SECONDS = RATE_HZ
DISC = Disc(
    title="Café",
    artist="Björk",
    songwriter="A. Writer",
    ean="5012345678900",
    catalogue_number="BM-001",
    tracks=(
        DiscTrack(frames=5 * SECONDS, title="One", isrc="GBAYE2600001"),
        DiscTrack(frames=4 * SECONDS + 7, title="Two", artist="Guest", pause_sectors=0, is_copy_permitted=True),
        DiscTrack(frames=4 * SECONDS, title="Three", pause_sectors=75, has_pre_emphasis=True, composer="C"),
    ),
)
SHEET = """REM COMMENT "Bandmate"
REM CATALOGUE_NUMBER "BM-001"
CATALOG 5012345678900
TITLE "Café"
PERFORMER "Björk"
SONGWRITER "A. Writer"
FILE "album.wav" WAVE
  TRACK 01 AUDIO
    TITLE "One"
    PERFORMER "Björk"
    ISRC GBAYE2600001
    INDEX 01 00:00:00
  TRACK 02 AUDIO
    TITLE "Two"
    PERFORMER "Guest"
    FLAGS DCP
    INDEX 01 00:05:00
  TRACK 03 AUDIO
    TITLE "Three"
    PERFORMER "Björk"
    COMPOSER "C"
    FLAGS PRE
    INDEX 00 00:09:01
    INDEX 01 00:10:01
"""


def noise(disc: Disc) -> npt.NDArray[np.int16]:
    frames = sum(track.frames for track in disc.tracks)
    return np.random.default_rng(5).integers(-32_768, 32_767, (2, frames), dtype=np.int16, endpoint=True)


def sheet(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def test_the_sheet_says_what_the_disc_is() -> None:
    assert cue_sheet(pressable(DISC), "album.wav") == SHEET


def test_a_wav_and_its_sheet_hold_the_tracks_where_they_say(tmp_path: Path) -> None:
    sound = noise(DISC)
    made = write_cue_image(tmp_path / "album.wav", DISC, (sound[:, at : at + 9_999] for at in range(0, 999_999, 9_999)))
    assert made.sheet == tmp_path / "album.cue"
    whole, rate_hz = soundfile.read(made.wav, dtype="int16")
    first, second = 5 * SECONDS, 4 * SECONDS + 7
    third = (9 * 75 + 1 + 75) * SECTOR_FRAMES
    assert rate_hz == RATE_HZ and len(whole) % SECTOR_FRAMES == 0
    np.testing.assert_array_equal(whole[: first + second].T, sound[:, : first + second])
    assert not whole[first + second : third].any()
    np.testing.assert_array_equal(whole[third:].T, sound[:, first + second :])
    read = read_cue_sheet(made.sheet)
    assert read.audio_name == "album.wav" and read.remarks == ()
    assert laid_out(read.disc) == laid_out(DISC)
    named = tuple(replace(track, artist=track.artist or "Björk") for track in DISC.tracks)
    lengths = tuple(replace(a, frames=b.frames) for a, b in zip(named, read.disc.tracks, strict=True))
    assert read.disc == replace(DISC, tracks=lengths)


def test_letters_decide_the_encoding(tmp_path: Path) -> None:
    path = tmp_path / "a.cue"
    assert write_cue_sheet(path, DISC, "a.wav") == ()
    assert 'TITLE "Café"\r\n'.encode("latin-1") in path.read_bytes()
    (remark,) = write_cue_sheet(path, replace(DISC, title="Дорога"), "a.wav")
    assert remark.startswith("the cue sheet is in UTF-8")
    data = path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbfREM") and 'TITLE "Дорога"\r\n'.encode() in data
    assert read_cue_sheet(path, image_frames=20 * SECONDS).disc.title == "Дорога"
    (remark,) = write_cue_sheet(path, replace(DISC, title="夜"), "a.wav", encoding="latin-1")
    assert 'written as "?"' in remark and b'TITLE "?"' in path.read_bytes()
    (remark,) = write_cue_sheet(path, replace(DISC, title='The "End"'), "a.wav")
    assert "quotation marks" in remark and b"TITLE \"The 'End'\"" in path.read_bytes()


def test_a_longer_first_pause_is_kept(tmp_path: Path) -> None:
    disc = replace(DISC, tracks=(replace(DISC.tracks[0], pause_sectors=160), *DISC.tracks[1:]))
    made = write_cue_image(tmp_path / "a.wav", disc, [noise(disc)])
    text = decoded(made.sheet.read_bytes())
    assert "INDEX 00 00:00:00\r\n    INDEX 01 00:00:10" in text
    assert laid_out(read_cue_sheet(made.sheet).disc) == laid_out(disc)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(300, 400), st.integers(0, 200)), min_size=1, max_size=9))
def test_any_layout_comes_back(rows: list[tuple[int, int]]) -> None:
    tracks = tuple(
        DiscTrack(frames=sectors * SECTOR_FRAMES, pause_sectors=pause + 150 * (not place))
        for place, (sectors, pause) in enumerate(rows)
    )
    disc = Disc(tracks=tracks)
    pressed = pressable(disc)
    from bandmate.formats.cue_sheet import SheetReader

    reader = SheetReader("a.cue")
    for number, line in enumerate(cue_sheet(pressed, "a.wav").splitlines(), start=1):
        reader.take(number, line)
    assert reader.finished(pressed.layout.lead_out_sector - 150).disc == disc


OTHER_SHEET = """\ufeffREM GENRE Rock
  title Plain words here
FILE some.wav WAVE
\ttrack 1 audio
\tFLAGS 4CH DCP
\tTITLE "The "End""
\tPERFORMER ""
\tINDEX 1 0:00:00
\tINDEX 02 00:03:00
TRACK 02 AUDIO
PREGAP 00:01:00
INDEX 01 00:08:00
POSTGAP 00:01:00
"""


def test_sheets_of_other_programs_are_read(tmp_path: Path) -> None:
    read = read_cue_sheet(sheet(tmp_path / "a.cue", OTHER_SHEET), image_frames=13 * SECONDS)
    assert read.disc.title == "Plain words here" and read.audio_name == "some.wav"
    assert [track.pause_sectors for track in read.disc.tracks] == [150, 75]
    assert [track.frames for track in read.disc.tracks] == [8 * SECONDS, 5 * SECONDS]
    assert read.disc.tracks[0].is_copy_permitted
    assert read.disc.tracks[0].title == 'The "End"' and read.disc.tracks[0].artist == ""
    assert read.remarks == ("line 13 (POSTGAP) is left out", "track 1: index 2 4CH is left out")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "lacks a FILE"),
        ('FILE "a.wav" WAVE\n', "lacks a TRACK"),
        ('FILE "a.wav" WAVE\nTRACK 01 AUDIO\n', "lacks an INDEX 01 in a track"),
        ("INDEX 01 00:00:00\n", 'line 1 of "a.cue" makes no sense: "INDEX 01 00:00:00"'),
        ('FILE "a.wav" WAVE\nTRACK 01 AUDIO\nINDEX 01 00:61:00\n', "line 3"),
        ('FILE "a.wav" WAVE\nTRACK 01 AUDIO\nINDEX 01 00:00:75\n', "line 3"),
        ("TRACK one AUDIO\n", "line 1"),
        ("TRACK 01 MODE1/2352\n", "track 01 of .* is MODE1/2352; Bandmate reads audio CDs"),
        ('FILE "a.wav" WAVE\nFILE "b.wav" WAVE\n', "names several sound files"),
        ('FILE "a.wav" WAVE\nTRACK 01 AUDIO\nINDEX 01 00:10:00\n', "begins at 00:10:00 and ends at 00:08:00"),
        (
            'FILE "a.wav" WAVE\nTRACK 01 AUDIO\nINDEX 01 00:05:00\nTRACK 02 AUDIO\nINDEX 01 00:04:00\n',
            "track 1 .* its times are in disorder",
        ),
    ],
)
def test_a_sheet_that_makes_no_sense_is_told_where(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(MediaError, match=said):
        read_cue_sheet(sheet(tmp_path / "a.cue", text), image_frames=8 * SECONDS)


def test_the_sound_file_is_asked_for_its_length(tmp_path: Path) -> None:
    path = sheet(tmp_path / "a.cue", 'FILE "a.wav" WAVE\nTRACK 01 AUDIO\nINDEX 01 00:00:00\n')
    with pytest.raises(MediaError, match=r"a\.wav"):
        read_cue_sheet(path)
    soundfile.write(tmp_path / "a.wav", np.zeros((48_000, 2)), 48_000)
    with pytest.raises(MediaError, match="is at 48000 Hz; a cue sheet counts in CD sectors of 44100 Hz"):
        read_cue_sheet(path)
    (tmp_path / "big.cue").write_bytes(bytes(2 << 20))
    with pytest.raises(MediaError, match="too large for a cue sheet"):
        read_cue_sheet(tmp_path / "big.cue")


def test_nothing_is_left_of_an_image_that_failed(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="the lengths of the tracks must add up"):
        write_cue_image(tmp_path / "a.wav", DISC, [noise(DISC)[:, :-1]])
    with pytest.raises(RequestError, match=r'the file name a"\.wav has a quotation mark'):
        write_cue_sheet(tmp_path / "a.cue", DISC, 'a".wav')
    with pytest.raises(RequestError, match=r'"a\.cue" is the name of the sheet; give the name of the sound'):
        write_cue_image(tmp_path / "a.cue", DISC, [noise(DISC)])
    with pytest.raises(ProjectError, match="there is no folder"):
        write_cue_image(tmp_path / "none" / "a.wav", DISC, [noise(DISC)])
    assert list(tmp_path.iterdir()) == []
