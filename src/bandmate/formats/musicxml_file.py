"""The XML of a MusicXML file, plain or in a zip (.mxl), read so that no file can do harm.

Conventions: nothing outside the file is ever fetched. A file that declares entities, or that is or unpacks to more than
`MOST_BYTES`, is refused. What the file is, is told from its bytes and not from its name.

Not covered: scores in the time-wise order, encrypted zips, images and other files that lie in the zip.

Reference: MusicXML 4.0, W3C Music Notation Community Group, final report of 2021.
"""

from __future__ import annotations

import io
import lzma
import re
import struct
import zipfile
import zlib
from fractions import Fraction
from pathlib import Path
from typing import Any

from bandmate.formats.containers import checked_file, media_errors
from bandmate.song.errors import MediaError

MOST_BYTES = 64 * 2**20
CONTAINER = "META-INF/container.xml"
ZIP_FAULTS = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    KeyError,
    ValueError,
    RuntimeError,
    OverflowError,
)
NUMBER = re.compile(r"[+-]?\d{1,9}(\.\d{1,9})?\d*")


def score_root(path: Path) -> Any:
    """The ``score-partwise`` element of a file.

    Raises
    ------
    MediaError
        if the file is missing, too large, damaged, dangerous, or no MusicXML in the part-wise order.
    """
    checked_file(path)
    with media_errors(path), path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    return root_from(data, path.name)


def root_from(data: bytes, name: str) -> Any:
    """`score_root` of bytes; ``name`` is only for messages."""
    check_size(len(data), name)
    root = parsed_xml(unpacked(data, name) if data.startswith(b"PK") else data, name)
    if root.tag == "score-timewise":
        raise MediaError(f'"{name}" is a time-wise score; Bandmate reads part-wise ones: save it again as part-wise')
    if root.tag != "score-partwise":
        raise MediaError(
            f'"{name}" is no MusicXML: its outermost element is <{str(root.tag)[:60]}>, not <score-partwise>; '
            "export it as MusicXML again"
        )
    return root


def check_size(size: int, name: str) -> None:
    if size > MOST_BYTES:
        raise MediaError(
            f'"{name}" holds more than {MOST_BYTES // 2**20} MB; no score needs that much: export it again'
        )


def unpacked(data: bytes, name: str) -> bytes:
    """The score in the zip: the first one that its container names, or else the first file that ends like one."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            names = packed.namelist()
            wanted = named_score(member(packed, CONTAINER, name), name) if CONTAINER in names else ""
            scores = [n for n in names if n.endswith((".musicxml", ".xml")) and not n.startswith("META-INF/")]
            if wanted not in names and not scores:
                raise MediaError(f'"{name}" is a zip without a score in it; export it as MusicXML again')
            return member(packed, wanted if wanted in names else scores[0], name)
    except ZIP_FAULTS as damage:
        raise MediaError(f'"{name}" is a damaged zip: {damage}; copy or export it again') from damage


def member(packed: zipfile.ZipFile, wanted: str, name: str) -> bytes:
    """A file of the zip, never more of it than is allowed."""
    with packed.open(wanted) as file:
        data = file.read(MOST_BYTES + 1)
    check_size(len(data), name)
    return data


def named_score(container: bytes, name: str) -> str:
    """The first file that a container names."""
    for element in parsed_xml(container, name).iter():
        if local_name(element) == "rootfile" and element.get("full-path"):
            return str(element.get("full-path"))
    return ""


def local_name(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def parsed_xml(data: bytes, name: str) -> Any:
    """The root of XML that declares no entities, without comments and instructions."""
    from lxml import etree

    # subtle: without the zero bytes, because the same declaration in UTF-16 has one at every other place.
    if b"<!ENTITY" in data.replace(b"\0", b""):
        raise MediaError(f'"{name}" declares entities, which no score needs and which can do harm; export it again')
    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as fault:
        line = getattr(fault, "lineno", None) or 1
        raise MediaError(
            f'"{name}" is no XML that can be read: line {line}: {fault}; export it as MusicXML again'
        ) from fault
    if root is None:
        raise MediaError(f'"{name}" has no XML in it; export it as MusicXML again')
    return root


def number(text: str | None, default: Fraction | int = 0) -> Fraction:
    """A number as MusicXML writes it; ``default`` where there is none or it is none."""
    found = NUMBER.fullmatch(text.strip()[:40]) if text else None
    return Fraction(text.strip()[:40]) if found and text else Fraction(default)


def whole(text: str | None, default: int = 0) -> int:
    """A whole number; ``default`` where there is none."""
    return round(number(text, default))
