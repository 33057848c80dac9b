"""Filling in the loudness of a finished WAV: the ten bytes in its broadcast extension, and nothing else.

Conventions: a master is written first and measured from the file, so its loudness is known only then. What stays open
(None, or the minus infinity of silence) is written as "not filled in".

Not covered: files without a broadcast extension of version 2; making one would move the sound.

Reference: EBU Tech 3285 v2 §2.4.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

from bandmate.formats.atomic_file import disk_errors
from bandmate.formats.containers import media_errors
from bandmate.formats.riff import BEXT_LOUDNESS_AT, BEXT_VERSION_AT, Chunk, chunks
from bandmate.formats.wav_write import BEXT_BYTES, hundredths
from bandmate.song.errors import MediaError

LOUDNESS_VERSION = 2
WAV_MARKS = (b"RIFF", b"RF64")


def fill_loudness(
    path: Path | str,
    *,
    loudness_lufs: float | None,
    range_lu: float | None,
    true_peak_dbtp: float | None,
    momentary_lufs: float | None,
    short_term_lufs: float | None,
) -> None:
    """Write the loudness of a WAV or RF64 into its broadcast extension, in place.

    Parameters
    ----------
    path : Path or str
        A file that ``AudioWriter`` made with tags or a ``Broadcast``.
    loudness_lufs, range_lu, true_peak_dbtp, momentary_lufs, short_term_lufs : float or None
        Integrated loudness, loudness range, highest true peak, highest momentary and short-term loudness. Kept in
        hundredths; None, infinite and what lies beyond ±99.99 is left open.

    Raises
    ------
    MediaError
        if the file is no WAV, or has no broadcast extension of version 2; it stays as it was.
    ProjectError
        if it may not be written.
    """
    path = Path(path)
    values = (loudness_lufs, range_lu, true_peak_dbtp, momentary_lufs, short_term_lufs)
    with media_errors(path):
        size = path.stat().st_size
        with path.open("rb") as file:
            start = loudness_place(path, file, size)
    with disk_errors(path), path.open("r+b") as file:
        file.seek(start)
        file.write(struct.pack("<5h", *(hundredths(value) for value in values)))


def loudness_place(path: Path, file: BinaryIO, size: int) -> int:
    """Where in the file the loudness fields begin."""
    if file.read(4) not in WAV_MARKS:
        raise MediaError(f'"{path.name}" is no WAV, so it has no place for loudness; write a WAV')
    found = broadcast_chunk(file, size)
    if found is None:
        raise MediaError(f'"{path.name}" has no broadcast extension (bext); write it with tags or a Broadcast')
    file.seek(found.start + BEXT_VERSION_AT)
    version = int.from_bytes(file.read(2), "little")
    if version < LOUDNESS_VERSION:
        raise MediaError(
            f'"{path.name}" has a broadcast extension of version {version}, loudness needs {LOUDNESS_VERSION}; '
            "write the file again with Bandmate"
        )
    return found.start + BEXT_LOUDNESS_AT


def broadcast_chunk(file: BinaryIO, size: int) -> Chunk | None:
    """The broadcast extension, if there is a whole one."""
    for chunk in chunks(file, "<", size):
        if chunk.name == b"bext" and chunk.promised_bytes >= BEXT_BYTES and chunk.start + BEXT_BYTES <= size:
            return chunk
    return None
