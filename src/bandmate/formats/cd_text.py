"""CD-Text: the titles, names and codes in the lead-in of a CD, as packs of 18 bytes, there and back.

A pack is: kind, track (0 for the disc), running number, position byte, 12 bytes of text, 2 bytes CRC. The texts of one
kind stand one after another, the disc's first, each closed by a zero, and are cut into twelves regardless; the position
byte tells how many characters of the first text stand in packs before (15 for 15 and more). The CRC is CRC-16/CCITT,
start 0, all bits inverted. Three packs of kind 8Fh close the block: character set, tracks, counts, language.

Kinds written: 80h titles, 81h performers, 82h songwriters, 83h composers, 84h arrangers, 85h messages, 86h the label's
catalogue number, 8Eh bar code and ISRCs, 8Fh sizes. A kind is there when the disc or any track has such a text.

Choices: one block, English, ISO 8859-1; other letters are rewritten by ``latin_text`` with a remark. A track without an
artist has the disc's. Where the 256 packs of a block do not suffice, repeated texts become a tab, which stands for "as
before"; then 8Eh is left out, because the PQ descriptor has those codes as well.

Uncertain: 86h and 8Eh as Sony documents them; the writers whose output was compared (see below) leave them out, so no
plant's answer to them is known. The copyright byte of 8Fh is 0, as everybody writes it.

Not covered: more blocks and languages, MS-JIS, genre (87h), tables of contents (88h, 89h), closed information (8Dh).

References: MMC-3 Annex J; GNU libcdio's and libburn's descriptions of CD-Text, which restate Sony's; checked byte for
byte against packs that cue2ddp 1.1 wrote, and read back by libcdio.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bandmate.formats.disc import TEXT_NAMES, Disc
from bandmate.formats.latin_text import change_remark, latin_text
from bandmate.song.errors import MediaError, OutOfRange

PACK_BYTES, PACK_TEXT_BYTES, MOST_PACKS = 18, 12, 256
TITLE, PERFORMER, DISC_ID, CODES, SIZES = 0x80, 0x81, 0x86, 0x8E, 0x8F
TEXT_KINDS = dict(zip(TEXT_NAMES, range(TITLE, DISC_ID), strict=True))
"""Bandmate's names of texts and the kinds of packs: title 80h, artist 81h … message 85h."""
KIND_WORDS = {**{kind: name for name, kind in TEXT_KINDS.items()}, DISC_ID: "catalogue number"}
SIZE_PACKS = 3
FARTHEST = 15
ENGLISH = 0x09
REPEATED = "\t"

Texts = Mapping[int, Sequence[str]]
"""Texts by kind: the disc's, then each track's. 86h has the disc's only."""


@dataclass(frozen=True, slots=True)
class CdText:
    """CD-Text as bytes, empty where there is nothing to say, and what was changed on the way."""

    data: bytes
    remarks: tuple[str, ...] = ()


def cd_text(disc: Disc) -> CdText:
    """The CD-Text of a disc.

    Raises
    ------
    OutOfRange
        if the texts do not fit into 256 packs.
    """
    texts, remarks = disc_texts(disc)
    if not texts:
        return CdText(b"")
    if pack_count(texts) > MOST_PACKS:
        texts = {kind: with_tabs(row) for kind, row in texts.items()}
    if pack_count(texts) > MOST_PACKS and CODES in texts:
        del texts[CODES]
        remarks.append("the texts fill the CD-Text, so it has no bar code and ISRCs; the PQ codes have them")
    packs = pack_count(texts)
    if packs > MOST_PACKS:
        raise OutOfRange(
            f"the titles and names need {packs} packs of CD-Text, a CD has {MOST_PACKS} (about 3000 letters); "
            "shorten titles, or leave out messages, composers or arrangers"
        )
    return CdText(packed_texts(texts, len(disc.tracks)), tuple(remarks))


def disc_texts(disc: Disc) -> tuple[dict[int, tuple[str, ...]], list[str]]:
    """The texts of a disc in ISO 8859-1, and a remark on each that had to change."""
    texts: dict[int, tuple[str, ...]] = {}
    remarks: list[str] = []

    def latin(kind: int, number: int, text: str) -> str:
        written = latin_text(text)
        if written != text:
            where = f"CD-Text {KIND_WORDS[kind]} of {f'track {number}' if number else 'the disc'}:"
            remarks.append(change_remark(where, text, written))
        return written

    for name, kind in TEXT_KINDS.items():
        row = [getattr(holder, name) for holder in (disc, *disc.tracks)]
        if any(row):
            written = [latin(kind, number, text) for number, text in enumerate(row)]
            texts[kind] = tuple(text or written[0] for text in written) if kind == PERFORMER else tuple(written)
    if disc.catalogue_number:
        texts[DISC_ID] = (latin(DISC_ID, 0, disc.catalogue_number),)
    if disc.ean or any(track.isrc for track in disc.tracks):
        texts[CODES] = (disc.ean, *(track.isrc for track in disc.tracks))
    return {kind: row for kind, row in texts.items() if any(row)}, remarks


def with_tabs(row: Sequence[str]) -> tuple[str, ...]:
    """The row with a tab for every track whose text is that of the track before."""
    return tuple(
        REPEATED if number > 1 and text and text == row[number - 1] else text for number, text in enumerate(row)
    )


def pack_count(texts: Texts) -> int:
    """Packs that texts need, the sizes included."""
    lengths = (sum(len(text) + 1 for text in row) for row in texts.values())
    return sum(-(-length // PACK_TEXT_BYTES) for length in lengths) + SIZE_PACKS


def packed_texts(texts: Texts, tracks: int) -> bytes:
    """The packs of one block: texts in ISO 8859-1, kinds in rising order, sizes last."""
    bodies = [body for kind in sorted(texts) for body in text_bodies(kind, texts[kind])]
    counts = bytearray(16)
    for body in bodies:
        counts[body[0] - TITLE] += 1
    counts[SIZES - TITLE] = SIZE_PACKS
    last = len(bodies) + SIZE_PACKS - 1
    sizes = struct.pack("<BBBB16sB7xB7x", 0, 1, tracks, 0, bytes(counts), last, ENGLISH)
    for part in range(SIZE_PACKS):
        at = part * PACK_TEXT_BYTES
        bodies.append((SIZES, part, 0, sizes[at : at + PACK_TEXT_BYTES]))
    return b"".join(finished_pack(running, body) for running, body in enumerate(bodies))


Body = tuple[int, int, int, bytes]
"""Kind, track, position and text of a pack."""


def text_bodies(kind: int, row: Sequence[str]) -> Iterator[Body]:
    """The packs of one kind, without running number and CRC."""
    stream, owners = bytearray(), []
    for number, text in enumerate(row):
        coded = text.encode("latin-1") + b"\0"
        owners += [(number, min(place, FARTHEST)) for place in range(len(coded))]
        stream += coded
    for at in range(0, len(stream), PACK_TEXT_BYTES):
        number, place = owners[at]
        yield kind, number, place, bytes(stream[at : at + PACK_TEXT_BYTES]).ljust(PACK_TEXT_BYTES, b"\0")


def finished_pack(running: int, body: Body) -> bytes:
    kind, number, place, text = body
    head = bytes((kind, number, running, place)) + text
    return head + struct.pack(">H", inverted_crc(head))


def inverted_crc(data: bytes) -> int:
    """CRC-16 with x^16 + x^12 + x^5 + 1, start 0, inverted."""
    crc = 0
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1) ^ (0x11021 if crc & 0x8000 else 0)
    return crc ^ 0xFFFF


def read_cd_text(data: bytes, name: str = "CDTEXT.BIN") -> dict[int, tuple[str, ...]]:
    """The texts of the first block by kind: the disc's, then each track's; 86h the disc's only.

    Parameters
    ----------
    data : bytes
        Packs without a header. One zero byte more at the end, which some programs write, is forgiven.
    name : str
        For messages.

    Raises
    ------
    MediaError
        if a pack is cut off, its CRC is wrong, the running numbers have a gap, or the sizes at the end do not fit.
    """
    packs = checked_packs(data, name)
    sizes = b"".join(pack[4:16] for pack in packs if pack[0] == SIZES)
    if len(sizes) != SIZE_PACKS * PACK_TEXT_BYTES:
        raise MediaError(f'"{name}" has no sizes at its end (3 packs of kind 8Fh); write the disc image again')
    tracks, counts = sizes[2], sizes[4:20]
    texts: dict[int, tuple[str, ...]] = {}
    for kind in (*range(TITLE, DISC_ID + 1), CODES):
        own = [pack for pack in packs if pack[0] == kind]
        if len(own) != counts[kind - TITLE]:
            raise MediaError(f'"{name}" has {len(own)} packs of kind {kind:X}h, its sizes say {counts[kind - TITLE]}')
        if own:
            rows = b"".join(pack[4:16] for pack in own).decode("latin-1").split("\0")
            texts[kind] = without_tabs(rows[: 1 if kind == DISC_ID else tracks + 1])
    return texts


def checked_packs(data: bytes, name: str) -> list[bytes]:
    """The packs of the first block, CRC and running number checked."""
    if len(data) % PACK_BYTES == 1 and data[-1] == 0:
        data = data[:-1]
    if not data or len(data) % PACK_BYTES:
        raise MediaError(f'"{name}" has {len(data)} bytes, CD-Text comes in packs of {PACK_BYTES}; it was cut off')
    packs = [data[at : at + PACK_BYTES] for at in range(0, len(data), PACK_BYTES)]
    for place, pack in enumerate(packs):
        if struct.unpack(">H", pack[16:])[0] != inverted_crc(pack[:16]):
            raise MediaError(f'"{name}" is damaged: the CRC of pack {place + 1} is wrong; write the disc image again')
    first = [pack for pack in packs if not pack[3] & 0x70]
    for place, pack in enumerate(first):
        if pack[2] != place:
            raise MediaError(f'"{name}" is damaged: pack {place + 1} is numbered {pack[2]}, {place} was expected')
    return first


def without_tabs(row: Sequence[str]) -> tuple[str, ...]:
    """The row with every tab replaced by the text that it stands for."""
    full: list[str] = []
    for text in row:
        full.append(full[-1] if text == REPEATED and full else text)
    return tuple(full)
