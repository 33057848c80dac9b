"""Writing a DDP 2.00 file set: the folder from which a plant presses a CD.

The folder has DDPID, DDPMS, PQDESCR, CDTEXT.BIN where there are texts, IMAGE.DAT, and beside the standard CHECKSUM.MD5
and CHECKSUM.SHA256, in the form that ``md5sum -c`` and ``sha256sum -c`` read.

Conventions: the sound comes as int16 blocks (2, frames) at 44.1 kHz, already dithered, one stream for the whole disc
without its pauses. Memory does not grow with the length. The folder is made under a hidden name beside its place and
renamed at the end; an error or Ctrl-C takes it away again. Equal sound and texts give equal bytes.

The image is 16 bit, little-endian, left before right, in sectors of 2352 bytes, and begins with the pause before track
1. Field by field: ``bandmate.formats.ddp_fields``; which fields are uncertain stands there.

Not covered: a PQ sheet on paper; zip archives; several images. DDP is a trademark of DCA, Inc.

References: see ``bandmate.formats.ddp_fields``.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bandmate.formats.atomic_file import disk_errors
from bandmate.formats.cd_text import cd_text
from bandmate.formats.ddp_fields import (
    ddpid,
    image_map_packet,
    pq_map_packet,
    pq_marks,
    pq_packet,
    text_map_packet,
)
from bandmate.formats.disc import Disc, Layout
from bandmate.formats.disc_image import as_bytes, image_blocks
from bandmate.formats.red_book import PressableDisc, pressable
from bandmate.song.errors import ProjectError

if TYPE_CHECKING:
    from bandmate.formats.disc_image import Block

ID_NAME, MAP_NAME, PQ_NAME, TEXT_NAME, IMAGE_NAME = "DDPID", "DDPMS", "PQDESCR", "CDTEXT.BIN", "IMAGE.DAT"
SUM_NAMES = {"md5": "CHECKSUM.MD5", "sha256": "CHECKSUM.SHA256"}
"""Checksum files by hashlib's names."""
ALL_NAMES = (ID_NAME, MAP_NAME, TEXT_NAME, PQ_NAME, IMAGE_NAME, *SUM_NAMES.values())


@dataclass(frozen=True, slots=True)
class WrittenDdp:
    """A file set that was written: its folder, its files in order, where the tracks lie, and what to tell."""

    folder: Path
    files: tuple[Path, ...]
    layout: Layout
    remarks: tuple[str, ...]


def write_ddp(folder: Path | str, disc: Disc, blocks: Iterable[Block], *, is_replacing: bool = False) -> WrittenDdp:
    """Write a disc as a DDP file set.

    Parameters
    ----------
    folder : Path or str
        Where the set shall be; the folder around it must exist.
    disc : Disc
        Texts, codes and lengths; ``frames`` of the tracks together are what the blocks must give.
    blocks : iterable of int16 array (2, frames)
        The sound at 44.1 kHz, cut anywhere.
    is_replacing : bool
        Whether an older file set in that place may go.

    Raises
    ------
    OutOfRange, RequestError
        if the disc breaks the Red Book's rules, or the sound is not as long as the tracks.
    ProjectError
        if the place is taken or may not be written, or the disk is full.
    """
    folder = Path(folder)
    check_place(folder, is_replacing)
    pressed = pressable(disc)
    part = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    try:
        with disk_errors(folder):
            # Left by a process that was killed and had the same number.
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir()
        text_remarks = write_files(part, folder, pressed, blocks)
        with disk_errors(folder):
            put_in_place(part, folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    files = tuple(folder / name for name in ALL_NAMES if (folder / name).exists())
    return WrittenDdp(folder, files, pressed.layout, pressed.remarks + text_remarks)


def check_place(folder: Path, is_replacing: bool) -> None:
    """Refuse a place that holds something which is not ours to take away."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise ProjectError(f'"{folder.name}" is a file; choose another name for the disc image')
    names = {entry.name for entry in folder.iterdir()}
    if not names:
        return
    foreign = sorted(names - set(ALL_NAMES))
    if foreign or ID_NAME not in names:
        raise ProjectError(
            f'"{folder.name}" has other files in it ({(foreign or sorted(names))[0]}); choose a new folder'
        )
    if not is_replacing:
        raise ProjectError(f'"{folder.name}" holds a disc image already; choose another folder, or ask to replace it')


def write_files(part: Path, folder: Path, pressed: PressableDisc, blocks: Iterable[Block]) -> tuple[str, ...]:
    """All files of the set; gives the remarks of the CD-Text."""
    pq = b"".join(pq_packet(mark) for mark in pq_marks(pressed))
    texts = cd_text(pressed.disc)
    packets = [pq_map_packet(len(pq), PQ_NAME), image_map_packet(pressed, IMAGE_NAME)]
    if texts.data:
        packets.insert(0, text_map_packet(len(texts.data), TEXT_NAME))
    streams: dict[str, Iterable[bytes]] = {ID_NAME: [ddpid(pressed)], MAP_NAME: packets}
    if texts.data:
        streams[TEXT_NAME] = [texts.data]
    streams[PQ_NAME] = [pq]
    streams[IMAGE_NAME] = map(as_bytes, image_blocks(pressed, blocks))
    sums: dict[str, list[str]] = {kind: [] for kind in SUM_NAMES}
    for name, stream in streams.items():
        for kind, value in write_hashed(part / name, folder / name, stream).items():
            sums[kind].append(f"{value} *{name}\n")
    for kind, name in SUM_NAMES.items():
        write_hashed(part / name, folder / name, ["".join(sums[kind]).encode()])
    return texts.remarks


def write_hashed(path: Path, shown: Path, stream: Iterable[bytes]) -> dict[str, str]:
    """Write a file to the disk and give its checksums; ``shown`` is its name in messages."""
    hashes = {kind: hashlib.new(kind, usedforsecurity=False) for kind in SUM_NAMES}
    with disk_errors(shown), path.open("wb") as file:
        for data in stream:
            file.write(data)
            for each in hashes.values():
                each.update(data)
        file.flush()
        os.fsync(file.fileno())
    return {kind: each.hexdigest() for kind, each in hashes.items()}


def put_in_place(part: Path, folder: Path) -> None:
    """Rename the finished folder; an older set goes only after the new one stands in its place."""
    if not folder.exists():
        part.rename(folder)
        return
    old = folder.with_name(f".{folder.name}.{os.getpid()}.old")
    folder.rename(old)
    try:
        part.rename(folder)
    except BaseException:
        old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)
