"""The one tag that FFmpeg does not write into an M4A: the ISRC, as iTunes keeps it.

Conventions: the tag is put into a finished file whose ``moov`` atom comes last, as FFmpeg writes it; nothing that the
file's offsets point to moves then. A file without a list of tags is left as it is.

Not covered: files of other programs, pictures.

Reference: QuickTime File Format, "Metadata item atoms"; iTunes' ``----`` atoms have a mean, a name and a data atom.
"""

from __future__ import annotations

import os
import struct
from typing import BinaryIO, NamedTuple

MEAN = b"com.apple.iTunes"
UTF8_TEXT = 1
PARENTS = (b"moov", b"udta", b"meta", b"ilst")
VERSION_BYTES = {b"meta": 4}


class Atom(NamedTuple):
    """Where an atom begins and ends in the file."""

    start: int
    end: int


def add_isrc(file: BinaryIO, isrc: str) -> None:
    """Add the ISRC to the list of tags of a finished M4A."""
    atoms = tag_path(file)
    if atoms is None:
        return
    tag = freeform_atom(b"ISRC", isrc.encode())
    at = atoms[-1].end
    file.seek(at)
    rest = file.read()
    file.seek(at)
    file.write(tag + rest)
    for atom in atoms:
        file.seek(atom.start)
        file.write(struct.pack(">I", atom.end - atom.start + len(tag)))


def tag_path(file: BinaryIO) -> tuple[Atom, ...] | None:
    """The atoms from ``moov`` down to the list of tags, or None where there is none or ``moov`` is not last."""
    size = file.seek(0, os.SEEK_END)
    found: list[Atom] = []
    start, end = 0, size
    for name in PARENTS:
        atom = child(file, name, start, end)
        if atom is None or (name == b"moov" and atom.end != size):
            return None
        found.append(atom)
        start, end = atom.start + 8 + VERSION_BYTES.get(name, 0), atom.end
    return tuple(found)


def child(file: BinaryIO, name: bytes, start: int, end: int) -> Atom | None:
    """The first atom called ``name`` between two places."""
    at = start
    while at + 8 <= end:
        file.seek(at)
        head = file.read(16)
        size, label = struct.unpack(">I4s", head[:8])
        if size == 1:
            size = struct.unpack(">Q", head[8:16])[0]
        if label == name:
            return Atom(at, at + size)
        at += max(8, size)
    return None


def freeform_atom(name: bytes, text: bytes) -> bytes:
    """A tag that has no four-letter name of its own."""
    content = atom_bytes(b"mean", bytes(4) + MEAN) + atom_bytes(b"name", bytes(4) + name)
    return atom_bytes(b"----", content + atom_bytes(b"data", struct.pack(">II", UTF8_TEXT, 0) + text))


def atom_bytes(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", len(content) + 8, name) + content
