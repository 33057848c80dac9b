"""Writing WAV: 16 and 24 bit and 32-bit float, with titles that WAV and BWF readers find, and RF64 beyond 4 GB.

Conventions: texts go out as UTF-8, in LIST INFO (title, artist, album, track, date, ISRC, comment, genre, copyright)
and in the broadcast extension; both stand before the sound. Nothing is dated unless the caller gives a date, so equal
sound gives equal bytes.

Not covered: iXML, cue points, more than two channels.

References: EBU Tech 3285 v2 (bext version 2, loudness fields), EBU Tech 3306 v2 (RF64), Microsoft RIFF (LIST INFO).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from bandmate.formats.riff import INFO_NAMES, MOST_HUNDREDTHS, UNKNOWN_BYTES

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

PCM, FLOAT = 1, 3
DS64_BYTES = 28
BEXT_BYTES = 602
UNKNOWN_LOUDNESS = 0x7FFF
"""Tech 3285 v2 §2.4: this value says that a loudness field is not filled in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Broadcast:
    """The broadcast extension of a WAV.

    ``origination_date`` is ``YYYY-MM-DD`` and ``origination_time`` is ``HH:MM:SS``; ``time_reference_frames`` is where
    the recording lies on the session's timeline. A loudness of None is left open; ``formats.bext_patch.fill_loudness``
    puts it in once the finished file was measured.
    """

    description: str = ""
    originator: str = "Bandmate"
    originator_reference: str = ""
    origination_date: str = ""
    origination_time: str = ""
    time_reference_frames: int = 0
    coding_history: str = ""
    loudness_lufs: float | None = None
    range_lu: float | None = None
    true_peak_dbtp: float | None = None
    momentary_lufs: float | None = None
    short_term_lufs: float | None = None


class WavSink:
    """A WAV being written to an open file. ``bits`` is 16, 24, or 32 for float."""

    def __init__(
        self,
        file: BinaryIO,
        rate_hz: int,
        channels: int,
        *,
        bits: int,
        tags: dict[str, str],
        broadcast: Broadcast | None,
    ) -> None:
        self._file, self._bits, self._data_bytes = file, bits, 0
        file.write(b"RIFF\0\0\0\0WAVE")
        # A chunk that readers skip keeps the place for RF64's lengths (Tech 3306 §3).
        file.write(chunk(b"JUNK", bytes(DS64_BYTES)))
        file.write(chunk(b"fmt ", format_chunk(rate_hz, channels, bits)))
        self._fact_at = file.tell() + 8
        if bits == 32:
            file.write(chunk(b"fact", bytes(4)))
        if broadcast is not None:
            file.write(chunk(b"bext", bext_chunk(broadcast)))
        if tags:
            file.write(chunk(b"LIST", info_chunk(tags)))
        file.write(b"data\0\0\0\0")
        self._data_at = file.tell()
        self._frame_bytes = channels * bits // 8

    def write(self, block: npt.NDArray[np.float32] | npt.NDArray[np.int32]) -> None:
        """Append a block (channels, frames): whole numbers at 16 and 24 bit, float32 at 32."""
        data = packed(block, self._bits)
        self._file.write(data)
        self._data_bytes += len(data)

    def finish(self) -> None:
        """Put the lengths into the header."""
        if self._data_bytes & 1:
            self._file.write(b"\0")
        riff_bytes = self._file.tell() - 8
        frames = self._data_bytes // self._frame_bytes
        is_long = riff_bytes >= UNKNOWN_BYTES
        if is_long:
            self._file.seek(0)
            self._file.write(b"RF64")
            self._file.seek(12)
            self._file.write(chunk(b"ds64", struct.pack("<QQQI", riff_bytes, self._data_bytes, frames, 0)))
        self._put(4, riff_bytes)
        if self._bits == 32:
            self._put(self._fact_at, frames)
        self._put(self._data_at - 4, self._data_bytes)

    def _put(self, at: int, number: int) -> None:
        self._file.seek(at)
        self._file.write(struct.pack("<I", min(number, UNKNOWN_BYTES)))


def packed(block: npt.NDArray[np.float32] | npt.NDArray[np.int32], bits: int) -> memoryview:
    """A block as the bytes of a WAV: interleaved, little-endian.

    Channel by channel and, at 24 bit, byte by byte: long strided copies are many times faster than short rows.
    """
    import numpy as np

    channels, frames = block.shape
    if bits != 24:
        interleaved = np.empty((frames, channels), "<f4" if bits == 32 else "<i2")
        for channel, row in enumerate(block):
            interleaved[:, channel] = row
        return interleaved.reshape(-1).view("u1").data
    three_bytes = np.empty((frames, channels, 3), "u1")
    for channel, row in enumerate(block):
        four_bytes = row.astype("<i4", copy=False).view("u1").reshape(-1, 4)
        for place in range(3):
            three_bytes[:, channel, place] = four_bytes[:, place]
    return three_bytes.reshape(-1).data


def chunk(name: bytes, content: bytes) -> bytes:
    """A RIFF chunk, padded to an even length."""
    return name + struct.pack("<I", len(content)) + content + bytes(len(content) & 1)


def format_chunk(rate_hz: int, channels: int, bits: int) -> bytes:
    frame_bytes = channels * bits // 8
    kind = FLOAT if bits == 32 else PCM
    content = struct.pack("<HHIIHH", kind, channels, rate_hz, rate_hz * frame_bytes, frame_bytes, bits)
    return content + (bytes(2) if kind == FLOAT else b"")


def info_chunk(tags: dict[str, str]) -> bytes:
    """LIST INFO with the tags it has names for."""
    content = b"INFO"
    for name, tag in INFO_NAMES.items():
        if tags.get(tag):
            content += chunk(name.encode(), tags[tag].encode() + b"\0")
    return content


def bext_chunk(facts: Broadcast) -> bytes:
    """The broadcast extension, version 2."""
    loudness = (facts.loudness_lufs, facts.range_lu, facts.true_peak_dbtp, facts.momentary_lufs, facts.short_term_lufs)
    head = fixed(facts.description, 256) + fixed(facts.originator, 32) + fixed(facts.originator_reference, 32)
    head += fixed(facts.origination_date, 10) + fixed(facts.origination_time, 8)
    head += struct.pack("<QH64x5h", facts.time_reference_frames, 2, *(hundredths(value) for value in loudness))
    return head.ljust(BEXT_BYTES, b"\0") + facts.coding_history.encode()


def fixed(text: str, length: int) -> bytes:
    """Text as UTF-8 in exactly ``length`` bytes, cut between characters."""
    return text.encode()[:length].decode(errors="ignore").encode().ljust(length, b"\0")


def hundredths(value: float | None) -> int:
    """A loudness as bext has it; what is None, infinite, NaN or beyond ±99.99 is not filled in."""
    if value is None or not abs(value) * 100 <= MOST_HUNDREDTHS:
        return UNKNOWN_LOUDNESS
    return round(value * 100)
