"""Songs to and from ABC notation, the plain text that folk tunes are shared in.

Conventions: every tune of a file (X:) becomes a song. Text is UTF-8, or Latin-1 where it is not. Repeats are unfolded.
What is left out or changed is said in a remark.

Not covered: see `abc_read`, `abc_music` and `abc_unfold`, and for writing `abc_write`.

References: the ABC music standard 2.1.
"""

from __future__ import annotations

from pathlib import Path

from bandmate.formats.abc_read import AbcSong, tunes_in
from bandmate.formats.abc_write import song_as_abc
from bandmate.formats.atomic_file import write_whole
from bandmate.formats.containers import checked_file, media_errors
from bandmate.song.errors import MediaError, OutOfRange
from bandmate.song.song import Song


def read_abc(path: Path | str) -> tuple[AbcSong, ...]:
    """The tunes of an ABC file, each with remarks on what was changed or left out.

    Raises
    ------
    MediaError
        if the file is missing, empty, no text, has no X: field, or a length that cannot be meant.
    """
    path = checked_file(Path(path))
    with media_errors(path):
        data = path.read_bytes()
    return abc_from_bytes(data, path.name)


def write_abc(song: Song, path: Path | str) -> None:
    """Write the notes, chords and words of ``song`` as one tune in UTF-8; drums and audio are left out.

    Raises
    ------
    ProjectError
        if the folder is missing or read-only, or the disk is full.
    """
    write_whole(Path(path), song_as_abc(song).encode("utf-8", "replace"))


def abc_from_bytes(data: bytes, name: str) -> tuple[AbcSong, ...]:
    """The tunes in the bytes of a file called ``name``."""
    if b"\0" in data:
        line = data[: data.index(b"\0")].count(b"\n") + 1
        raise MediaError(f'"{name}" is no ABC: line {line} has a zero byte, so it is no text; name a text file')
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    try:
        tunes = tunes_in(text)
    except MediaError as fault:
        raise MediaError(f'"{name}", {fault}') from fault
    except OutOfRange as fault:
        raise MediaError(f'"{name}" has a tune beyond what a song can hold: {fault}') from fault
    if not tunes:
        raise MediaError(f'"{name}" is no ABC: from line 1 on there is no X: field; begin every tune with X:1')
    return tuple(tunes)
