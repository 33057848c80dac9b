"""DDP file sets: against records of another writer, read back, and damaged in every field."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from bandmate.formats.ddp import ALL_NAMES, write_ddp
from bandmate.formats.ddp_check import read_ddp
from bandmate.formats.ddp_fields import (
    ID_BYTES,
    ID_FIELDS,
    MAP_BYTES,
    MAP_FIELDS,
    PQ_BYTES,
    ddpid,
    image_map_packet,
    parsed,
    pq_map_packet,
    pq_marks,
    pq_packet,
    text_map_packet,
)
from bandmate.formats.disc import RATE_HZ, SECTOR_BYTES, SECTOR_FRAMES, Disc, DiscTrack, laid_out
from bandmate.formats.red_book import pressable
from bandmate.song.errors import MediaError, OutOfRange, ProjectError, RequestError

Sound = npt.NDArray[np.int16]
DISC = Disc(
    title="Дорога",
    artist="Björk",
    ean="5012345678900",
    catalogue_number="BM-001",
    tracks=(
        DiscTrack(frames=4 * RATE_HZ + 100, title="One", isrc="GB-AYE-26-00001", is_copy_permitted=True),
        DiscTrack(frames=4 * RATE_HZ + 7, title="Two", isrc="GBAYE2600002", pause_sectors=0),
        DiscTrack(frames=4 * RATE_HZ, title="Three", isrc="GBAYE2600003", pause_sectors=75, artist="Guest"),
    ),
)
CUE2DDP_SD = (
    "VVVS0000  00000001                                              "
    "VVVS0100  00000001                                              "
    "VVVS0101  00020001                                              "
    "VVVS0200  00100001                                              "
    "VVVS0201  00120001                                              "
    "VVVSAA01  00220001                                              "
    "VVVSAA01  00220001                                              "
)
CUE2DDP_MAP = (
    "VVVMS0             448        PQ DESCR                                  17SD                                    "
    "                VVVMD0            1650                DA71     150                      17IMAGE.DAT             "
    "                                "
)
"""What cue2ddp 1.1 writes for two tracks with a pause of two seconds, as the ddp-reverse-eng project (MIT) recorded."""


def track(seconds: int, pause_seconds: int = 2, isrc: str = "") -> DiscTrack:
    return DiscTrack(frames=seconds * RATE_HZ, pause_sectors=75 * pause_seconds, isrc=isrc)


def noise(disc: Disc = DISC) -> Sound:
    frames = sum(each.frames for each in disc.tracks)
    return np.random.default_rng(5).integers(-32_768, 32_767, (2, frames), dtype=np.int16, endpoint=True)


def cut(sound: Sound, frames: int) -> Iterator[Sound]:
    for start in range(0, sound.shape[1], frames):
        yield sound[:, start : start + frames]


def pq_bytes(disc: Disc) -> bytes:
    return b"".join(pq_packet(mark) for mark in pq_marks(pressable(disc)))


def md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_ddp(tmp_path_factory.mktemp("ddp") / "set", DISC, cut(noise(), 10_000)).folder


@pytest.fixture
def copy(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "copy"))


@pytest.mark.parametrize(
    ("disc", "wanted"),
    [
        (Disc(tracks=(track(10),)), "efb6f54229b585f060c421277c8003e0"),
        (Disc(tracks=(track(10), track(10, 0))), "705ac1ddd23cde9d353cb4c70283318d"),
        (Disc(tracks=(track(8), track(10))), "b48acb2e5a9748fce02ec99a161bb687"),
        (Disc(tracks=(track(10, 2, "USABC1234567"),), ean="0123456789012"), "e6d506c61b61150a572f5290379e47d9"),
    ],
)
def test_pq_packets_are_those_of_cue2ddp(disc: Disc, wanted: str) -> None:
    """Checksums as recorded by the ddp-reverse-eng project (MIT) in its experiments 008, 002, 003 and 005."""
    assert md5(pq_bytes(disc)) == wanted


def test_the_ddpid_is_that_of_cue2ddp() -> None:
    plain = Disc(tracks=(track(10),))
    assert md5(ddpid(pressable(plain))) == "187970110683c92c25bdb82256354780"
    assert md5(ddpid(pressable(replace(plain, ean="0123456789012")))) == "dd89c874714f94418b20feea4d9b2ac6"


def test_the_master_id_is_plain(tmp_path: Path) -> None:
    named = Disc(tracks=(track(10),), title="Café – Łódź 夜 ß" + "x" * 50)
    assert parsed(ID_FIELDS, ddpid(pressable(named)))["MID"] == ("Cafe - Lodz ? ?" + "x" * 50)[:48]


def test_map_packets_differ_from_cue2ddp_only_where_it_is_said() -> None:
    pressed = pressable(Disc(tracks=(track(8), track(10))))
    ours = [
        parsed(MAP_FIELDS, packet) for packet in (pq_map_packet(448, "PQDESCR"), image_map_packet(pressed, "IMAGE.DAT"))
    ]
    theirs = [parsed(MAP_FIELDS, CUE2DDP_MAP[at : at + MAP_BYTES].encode()) for at in (0, MAP_BYTES)]
    differing = [
        {name for name in a if a[name].lstrip("0") != b[name].lstrip("0")} for a, b in zip(ours, theirs, strict=True)
    ]
    assert differing == [{"DSI"}, {"SCR"}]
    assert (ours[1]["DSS"], ours[1]["SCR"], theirs[1]["SCR"]) == ("00000000", "0", "1")


def test_fields_stand_where_independent_readers_look(made: Path) -> None:
    identity, packets, marks = ((made / name).read_text("ascii") for name in ("DDPID", "DDPMS", "PQDESCR"))
    assert (ID_BYTES, MAP_BYTES, PQ_BYTES) == (128, 128, 64)
    assert (identity[:8], identity[8:21], identity[38:44], identity[87:89]) == (
        "DDP 2.00",
        "5012345678900",
        "BM-001",
        "CD",
    )
    text, pq, image = (packets[at : at + 128] for at in (0, 128, 256))
    assert (text[:6], text[14:22], text[30:38], text[55:57], text[71:74]) == (
        "VVVMS0",
        "00000234",
        "CDTEXT  ",
        "00",
        "017",
    )
    assert (pq[14:22], pq[30:38], pq[74:91]) == ("00000512", "PQ DESCR", "PQDESCR          ")
    assert (image[4:6], image[14:30], image[38:42], image[46:50]) == ("D0", "0000112600000000", "DA70", " 150")
    assert image[74:91] == "IMAGE.DAT        " and not image[91:].strip()
    assert marks[64:128] == "VVVS0100  00000021  GBAYE2600001" + " " * 32
    assert marks[32:45] == "5012345678900" and marks[-64:] == marks[-128:-64] == "VVVSAA01  00150101".ljust(64)


def test_the_image_is_the_sound_with_its_pauses(made: Path) -> None:
    image = np.fromfile(made / "IMAGE.DAT", "<i2").reshape(-1, 2).T
    sound, first = noise(), 150 * SECTOR_FRAMES
    joined = DISC.tracks[0].frames + DISC.tracks[1].frames
    third = laid_out(DISC).places[2].start_sector * SECTOR_FRAMES
    assert image.shape[1] % SECTOR_FRAMES == 0 and not image[:, :first].any()
    np.testing.assert_array_equal(image[:, first : first + joined], sound[:, :joined])
    assert not image[:, first + joined : third].any()
    np.testing.assert_array_equal(image[:, third:], sound[:, joined:])


def test_a_set_comes_back_and_has_no_problems(made: Path) -> None:
    read = read_ddp(made)
    assert read.problems == () and read.image == made / "IMAGE.DAT" and read.master_id == "BM-001"
    assert read.layout.lead_out_sector == laid_out(DISC).lead_out_sector
    assert [place.start_sector for place in read.layout.places] == [150, 450, 826]
    assert laid_out(read.disc) == read.layout
    assert (read.disc.title, read.disc.ean, read.disc.catalogue_number) == ("Doroga", "5012345678900", "BM-001")
    assert [each.isrc for each in read.disc.tracks] == ["GBAYE2600001", "GBAYE2600002", "GBAYE2600003"]
    assert [each.artist for each in read.disc.tracks] == ["Björk", "Björk", "Guest"]
    assert [each.is_copy_permitted for each in read.disc.tracks] == [True, False, False]


def test_checksums_are_in_the_form_of_md5sum(made: Path) -> None:
    for name, kind in (("CHECKSUM.MD5", "md5"), ("CHECKSUM.SHA256", "sha256")):
        lines = (made / name).read_text("ascii").splitlines()
        names = ["DDPID", "DDPMS", "CDTEXT.BIN", "PQDESCR", "IMAGE.DAT"]
        assert lines == [f"{hashlib.new(kind, (made / each).read_bytes()).hexdigest()} *{each}" for each in names]


def test_equal_sound_gives_equal_bytes_however_it_is_cut(made: Path, tmp_path: Path) -> None:
    again = write_ddp(tmp_path / "again", DISC, iter([noise(), noise()[:, :0]])).folder
    assert sorted(path.name for path in again.iterdir()) == sorted(ALL_NAMES)
    for name in ALL_NAMES:
        assert (again / name).read_bytes() == (made / name).read_bytes()


def test_remarks_are_passed_on(tmp_path: Path) -> None:
    written = write_ddp(tmp_path / "set", DISC, [noise()])
    assert [path.name for path in written.files] == list(ALL_NAMES)
    assert [remark.split(":")[0] for remark in written.remarks] == [
        "the mark of track 2 lies 2.3 ms before its first sound",
        "CD-Text title of the disc",
    ]


@pytest.mark.parametrize(
    ("blocks", "said"),
    [
        (lambda sound: [sound[:, :-1]], r"the sound ends after \d+ frames .* the tracks need \d+"),
        (lambda sound: [], "the sound ends after 0 frames"),
        (lambda sound: [sound, sound[:, :1]], r"the sound goes on after the last track, which ends at frame \d+"),
        (lambda sound: [sound[:1]], r"written from stereo blocks of int16, got int16 \(1, "),
        (lambda sound: [sound.astype(np.float32)], "got float32"),
    ],
)
def test_sound_that_does_not_fit_is_refused_and_leaves_nothing(
    tmp_path: Path, blocks: Callable[[Sound], list[Sound]], said: str
) -> None:
    with pytest.raises(RequestError, match=said):
        write_ddp(tmp_path / "set", DISC, blocks(noise()))
    assert list(tmp_path.iterdir()) == []


def test_rules_are_checked_before_any_sound_is_asked_for(tmp_path: Path) -> None:
    def never() -> Iterator[Sound]:
        raise AssertionError
        yield

    with pytest.raises(OutOfRange, match="a CD needs 4 s or more"):
        write_ddp(tmp_path / "set", Disc(tracks=(track(3),)), never())
    with pytest.raises(ProjectError, match="there is no folder"):
        write_ddp(tmp_path / "none" / "set", DISC, never())
    assert list(tmp_path.iterdir()) == []


def test_stopping_leaves_the_older_set_as_it_was(copy: Path, made: Path) -> None:
    def stopped() -> Iterator[Sound]:
        yield noise()[:, :50_000]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_ddp(copy, DISC, stopped(), is_replacing=True)
    assert list(copy.parent.iterdir()) == [copy] and read_ddp(copy).problems == ()


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ProjectError, match=r'the disk is full: no room for "DDPID"'):
        write_ddp(tmp_path / "set", DISC, [noise()])
    assert list(tmp_path.iterdir()) == []


def test_a_place_is_only_taken_when_it_is_free_or_asked_for(copy: Path, tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match='"copy" holds a disc image already; choose another folder, or ask'):
        write_ddp(copy, DISC, [noise()])
    short = Disc(tracks=(track(4),))
    write_ddp(copy, short, [noise(short)], is_replacing=True)
    assert read_ddp(copy).disc.tracks == short.tracks and list(tmp_path.iterdir()) == [copy]
    assert not (copy / "CDTEXT.BIN").exists()
    (copy / "notes.txt").write_text("mine")
    with pytest.raises(ProjectError, match=r'"copy" has other files in it \(notes.txt\); choose a new folder'):
        write_ddp(copy, DISC, [noise()], is_replacing=True)
    with pytest.raises(ProjectError, match=r'"notes.txt" is a file; choose another name'):
        write_ddp(copy / "notes.txt", DISC, [noise()])
    (tmp_path / "empty").mkdir()
    write_ddp(tmp_path / "empty", short, [noise(short)])
    assert read_ddp(tmp_path / "empty").problems == ()


def test_a_set_of_cue2ddp_is_read(tmp_path: Path) -> None:
    (tmp_path / "DDPID").write_bytes(b"DDP 2.00".ljust(87) + b"CD".ljust(41))
    (tmp_path / "DDPMS").write_text(CUE2DDP_MAP)
    (tmp_path / "SD").write_text(CUE2DDP_SD)
    (tmp_path / "IMAGE.DAT").write_bytes(bytes(1_650 * SECTOR_BYTES))
    (tmp_path / "CHECKSUM.MD5").write_text(f"{md5(CUE2DDP_SD.encode())} *SD\n")
    read = read_ddp(tmp_path)
    assert read.problems == ()
    assert [each.frames for each in read.disc.tracks] == [8 * RATE_HZ, 10 * RATE_HZ]
    assert [each.pause_sectors for each in read.disc.tracks] == [150, 150]


def put(name: str, at: int, text: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        data = bytearray((folder / name).read_bytes())
        data[at : at + len(text)] = text.encode()
        (folder / name).write_bytes(data)

    return change


def grow(name: str, more: bytes) -> Callable[[Path], None]:
    return lambda folder: (folder / name).open("ab").write(more) and None  # type: ignore[func-returns-value]


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (put("DDPID", 4, "1.01"), 'the level is "DDP 1.01"'),
        (put("DDPID", 87, "DV"), 'the type of disc is "DV" instead of CD'),
        (put("DDPID", 8, "4006381333931"), "the bar codes differ: DDPID has 4006381333931"),
        (put("PQDESCR", 32, " " * 13), "the bar code 5012345678900 stands in DDPID only"),
        (put("DDPMS", 21, "7"), "CDTEXT.BIN has 234 bytes, DDPMS says 00000237"),
        (put("DDPMS", 128 + 21, "7"), "PQDESCR has 512 bytes, DDPMS says 00000517"),
        (put("DDPMS", 256 + 21, "7"), "IMAGE.DAT has 1126 sectors, DDPMS says 00001127"),
        (put("DDPMS", 256 + 38, "10"), 'CDM of the image is "10", expected DA'),
        (put("DDPMS", 256 + 40, "4"), 'SSM of the image is "4", expected 7 or 0'),
        (put("DDPMS", 256 + 46, " 149"), "DDPMS says 149 sectors before track 1, the PQ codes say 150"),
        (put("DDPMS", 256 + 71, "016"), 'the width of the name IMAGE.DAT is "016" instead of 17'),
        (grow("IMAGE.DAT", bytes(100)), "no whole number of sectors"),
        (grow("IMAGE.DAT", bytes(SECTOR_BYTES)), "IMAGE.DAT has 1127 sectors"),
        (put("PQDESCR", 7 * 64 + 15, "2"), "the image lasts 00:15:01, the lead-out is at 00:15:02"),
        (put("PQDESCR", 64 + 15, "1"), "must begin with the lead-in and the pause of track 1"),
        (put("PQDESCR", 3 * 64 + 10, "000001"), "track 02 index 1 at 00:00:01 is not after the mark before"),
        (put("PQDESCR", 2 * 64 + 16, "0"), "the control flags change within track 01"),
        (put("PQDESCR", 3 * 64 + 16, "41"), r"track 02 is marked as data, four channels or SCMS \(control 4\)"),
        (put("PQDESCR", 3 * 64 + 17, "S"), "track 02 is marked as data, four channels or SCMS"),
        (put("PQDESCR", 2 * 64 + 20, "GBAYE2600009"), "track 01 has two different ISRCs"),
        (put("PQDESCR", 3 * 64 + 20, "GBAYE2600001"), "tracks 1 and 2 have the same ISRC"),
        (put("PQDESCR", 3 * 64 + 20, "GBAYE26000X2"), 'track 2: "GBAYE26000X2" is no ISRC'),
        (put("PQDESCR", 3 * 64 + 20, "GBAYE2600008"), "the CD-Text has the code GBAYE2600002 for track 2"),
        (put("IMAGE.DAT", 900_000, "xx"), "IMAGE.DAT is not as CHECKSUM.SHA256 has it; it was changed or damaged"),
        (put("CHECKSUM.MD5", 0, "0000"), "DDPID is not as CHECKSUM.MD5 has it"),
        (put("CHECKSUM.MD5", 34, "NOBOD"), "CHECKSUM.MD5 names NOBOD, which is not there"),
    ],
)
def test_every_damaged_field_is_named(copy: Path, damage: Callable[[Path], None], said: str) -> None:
    damage(copy)
    problems = read_ddp(copy).problems
    assert any(re.search(said, problem) for problem in problems), problems


def test_without_checksums_a_set_is_not_complete(copy: Path) -> None:
    for name in ("CHECKSUM.MD5", "CHECKSUM.SHA256"):
        (copy / name).unlink()
    assert read_ddp(copy).problems == ("there are no checksums beside the disc image; plants ask for CHECKSUM.MD5",)
    assert read_ddp(copy, has_sums_checked=False).problems == ()


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda folder: (folder / "DDPID").unlink(), r'"copy" has no DDPID in it; it is no DDP file set'),
        (lambda folder: (folder / "DDPMS").unlink(), r'"copy" has no DDPMS in it'),
        (lambda folder: (folder / "IMAGE.DAT").unlink(), r'names "IMAGE.DAT", but there is no such file'),
        (grow("DDPID", b" "), r'"DDPID" has 129 bytes instead of 128'),
        (grow("DDPMS", b" "), r'"DDPMS" has 385 bytes, its records have 128 each'),
        (put("DDPMS", 0, "XXXX"), r'record 1 of "DDPMS" does not begin with VVVM'),
        (put("DDPMS", 256 + 4, "D2"), r'"DDPMS" names no stream D0'),
        (put("DDPMS", 30, "PQ DESCR"), r'"DDPMS" names two streams PQ DESCR'),
        (put("DDPMS", 256 + 74, "../IMAGE.DAT "), r'names a file "../IMAGE.DAT", which is none of this folder'),
        (put("DDPMS", 256 + 74, " " * 17), r'names a file ""'),
        (put("PQDESCR", 64, "XXXX"), r'record 2 of "PQDESCR" does not begin with VVVS'),
        (put("PQDESCR", 2 * 64 + 12, "61"), r'track 01 that makes no sense: index "01", time "006100"'),
        (put("PQDESCR", 2 * 64 + 14, "75"), r"makes no sense"),
        (put("PQDESCR", 2 * 64 + 16, "Z1"), r'control "Z1"'),
        (put("PQDESCR", 5 * 64 + 6, "02"), r"must have the tracks 01, 02 … in order, each with one index 01"),
        (put("PQDESCR", 3 * 64 + 4, "X2"), r"must have the tracks 01, 02"),
        (put("PQDESCR", 4, "01"), r"must begin with the lead-in"),
        (put("CDTEXT.BIN", 5, "!"), r'"CDTEXT.BIN" is damaged: the CRC of pack 1 is wrong'),
    ],
)
def test_what_cannot_be_read_is_said(copy: Path, damage: Callable[[Path], None], said: str) -> None:
    damage(copy)
    with pytest.raises(MediaError, match=said):
        read_ddp(copy)


def test_texts_have_their_packet_only_where_there_are_texts() -> None:
    assert text_map_packet(90, "CDTEXT.BIN")[:40] == b"VVVMS0        00000090        CDTEXT    "
