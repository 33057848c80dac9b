"""The chunks of WAV and AIFF files: how much sound the header promises, how much is there, and what it is called.

Conventions: lengths in bytes as the file has them; a WAV with a ``data`` length of 0xFFFFFFFF was written by a program
that could not go back, and is taken to last until its end.

Not covered: iXML, cue points, LIST adtl. Sound itself is decoded by libsndfile.

References: EBU Tech 3285 v2 (bext), EBU Tech 3306 v2 (RF64), Microsoft RIFF (LIST INFO), Apple AIFF-C.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, NamedTuple

from bandmate.formats.containers import media_errors
from bandmate.song.errors import MediaError

UNKNOWN_BYTES = 0xFFFF_FFFF
MOST_TAG_BYTES = 1 << 20

INFO_NAMES = {
    "INAM": "title",
    "IART": "artist",
    "IPRD": "album",
    "ITRK": "track",
    "ICRD": "date",
    "ISRC": "isrc",
    "ICMT": "comment",
    "IGNR": "genre",
    "ICOP": "copyright",
}
"""LIST INFO chunk names and Bandmate's. Broadcasters also use ISRC for a code; RIFF meant "source" by it."""

BEXT_TEXTS = (("description", 0, 256), ("originator", 256, 32), ("originator_reference", 288, 32))
BEXT_VERSION_AT, BEXT_LOUDNESS_AT = 346, 412
BEXT_LOUDNESS = ("loudness_lufs", "range_lu", "true_peak_dbtp", "momentary_lufs", "short_term_lufs")
MOST_HUNDREDTHS = 9_999
"""Tech 3285 v2 §2.4: loudness fields beyond this say nothing."""


class Chunk(NamedTuple):
    """A chunk's name, where its content begins, and the length its header gives."""

    name: bytes
    start: int
    promised_bytes: int


@dataclass(frozen=True, slots=True)
class ChunkFacts:
    """What the chunks of one file say."""

    promised_bytes: int
    there_bytes: int
    bytes_per_second: int
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def missing_bytes(self) -> int:
        return max(0, self.promised_bytes - self.there_bytes)


def chunk_facts(path: Path) -> ChunkFacts:
    """What a WAV, RF64 or AIFF file promises and has.

    Raises
    ------
    MediaError
        if it has no description of its sound, or no sound.
    """
    with media_errors(path), path.open("rb") as file:
        head = file.read(12)
        is_aiff = head[:4] == b"FORM"
        order = ">" if is_aiff or head[:4] == b"RIFX" else "<"
        return gathered_facts(path, file, order)


def gathered_facts(path: Path, file: BinaryIO, order: str) -> ChunkFacts:
    size = path.stat().st_size
    tags: dict[str, str] = {}
    sound: Chunk | None = None
    rate_bytes, ds64_bytes = 0, None
    for chunk in chunks(file, order, size):
        file.seek(chunk.start)
        if chunk.name == b"ds64":
            ds64_bytes = struct.unpack("<8xQ", file.read(16))[0]
        elif chunk.name == b"fmt ":
            rate_bytes = struct.unpack(order + "8xI", padded(file.read(12), 12))[0]
        elif chunk.name == b"COMM":
            rate_bytes = aiff_bytes_per_second(padded(file.read(18), 18))
        elif chunk.name in (b"data", b"SSND") and sound is None:
            sound = sound_chunk(chunk, ds64_bytes, size)
        elif chunk.name in (b"bext", b"LIST"):
            read = bext_tags if chunk.name == b"bext" else info_tags
            tags.update(read(file.read(min(chunk.promised_bytes, MOST_TAG_BYTES))))
    if sound is None or not rate_bytes:
        lacking = "sound" if sound is None else "description of its sound"
        raise MediaError(f'"{path.name}" has no {lacking} in it, only a header; copy or export it again')
    return ChunkFacts(sound.promised_bytes, max(0, min(size - sound.start, sound.promised_bytes)), rate_bytes, tags)


def chunks(file: BinaryIO, order: str, size: int) -> Iterator[Chunk]:
    """The chunks in order, until the file ends."""
    at, ds64_bytes = 12, None
    while at + 8 <= size:
        file.seek(at)
        name, promised = struct.unpack(order + "4sI", padded(file.read(8), 8))
        chunk = Chunk(name, at + 8, promised)
        if name == b"ds64":
            ds64_bytes = struct.unpack("<8xQ", padded(file.read(16), 16))[0]
        yield chunk
        if name == b"data":
            chunk = sound_chunk(chunk, ds64_bytes, size)
        # subtle: a chunk of odd length is followed by one byte of padding that its length does not count.
        at = chunk.start + chunk.promised_bytes + (chunk.promised_bytes & 1)


def sound_chunk(chunk: Chunk, ds64_bytes: int | None, size: int) -> Chunk:
    """The sound with its true promised length: from RF64's ds64, or the rest of the file when nobody knew."""
    if chunk.promised_bytes != UNKNOWN_BYTES:
        return chunk
    return chunk._replace(promised_bytes=size - chunk.start if ds64_bytes is None else ds64_bytes)


def aiff_bytes_per_second(comm: bytes) -> int:
    """From an AIFF COMM chunk: channels × bytes per sample × rate, the rate an 80-bit float."""
    channels, bits, exponent, mantissa = struct.unpack(">h4xhHQ", comm)
    rate_hz = mantissa * 2.0 ** ((exponent & 0x7FFF) - 16_383 - 63)
    return int(channels * -(-bits // 8) * rate_hz)


def bext_tags(data: bytes) -> dict[str, str]:
    """The texts of a broadcast extension that are filled in, date, place on the timeline, and loudness."""
    tags = {name: text for name, at, length in BEXT_TEXTS if (text := plain_text(data[at : at + length]))}
    if date := plain_text(data[320:330]):
        tags["origination_date"] = date
    if len(data) >= 346 and (reference := struct.unpack("<Q", data[338:346])[0]):
        tags["time_reference_frames"] = str(reference)
    return tags | bext_loudness(data)


def bext_loudness(data: bytes) -> dict[str, str]:
    """The loudness fields of a broadcast extension of version 2 that are filled in, two digits after the point."""
    end = BEXT_LOUDNESS_AT + 2 * len(BEXT_LOUDNESS)
    if len(data) < end or struct.unpack_from("<H", data, BEXT_VERSION_AT)[0] < 2:
        return {}
    values = struct.unpack_from(f"<{len(BEXT_LOUDNESS)}h", data, BEXT_LOUDNESS_AT)
    filled = zip(BEXT_LOUDNESS, values, strict=True)
    return {name: f"{value / 100:.2f}" for name, value in filled if abs(value) <= MOST_HUNDREDTHS}


def info_tags(data: bytes) -> dict[str, str]:
    """The texts of a LIST INFO chunk."""
    tags: dict[str, str] = {}
    at = 4 if data[:4] == b"INFO" else len(data)
    while at + 8 <= len(data):
        name, length = struct.unpack("<4sI", data[at : at + 8])
        known = INFO_NAMES.get(name.decode("latin-1"))
        if known and (text := plain_text(data[at + 8 : at + 8 + length])):
            tags[known] = text
        at += 8 + length + (length & 1)
    return tags


def plain_text(data: bytes) -> str:
    """Text up to its first zero; UTF-8, or Latin-1 where it is not."""
    raw = data.split(b"\0", 1)[0]
    try:
        return raw.decode().strip()
    except UnicodeDecodeError:
        return raw.decode("latin-1").strip()


def padded(data: bytes, length: int) -> bytes:
    """``data``, with zeros where the file ended too early."""
    return data.ljust(length, b"\0")
