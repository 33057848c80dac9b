"""Reading: what one job of files gives, each file as works on the grid or with the reason why it is left out.

Conventions: a job is a few files; its result is a row for each work: what the manifest says of it, and where it can be
learned from, its notes, digest and sketch. No file stops a job: what cannot be read, lasts longer than
`LONGEST_SECONDS`, or has too few or too many notes, is a row with its reason. The result depends on nothing but
the files, so a job may run in any process on any machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from bandmate.learn.grid import GridWork, grid_work, packed_work
from bandmate.learn.likeness import digest_of, sketch_of
from bandmate.learn.sources import SourceFile, sha256_of
from bandmate.song.errors import BandmateError
from bandmate.song.song import Song, length_seconds

LONGEST_SECONDS = 60 * 60
LARGEST_FILE_BYTES = 32 * 2**20
FEWEST_NOTES, MOST_NOTES = 8, 200_000
READER_FAULTS = (BandmateError, ValueError, ArithmeticError, LookupError, RecursionError, MemoryError, OSError)
"""A file of a stranger may bring any of these about; it is then named with what was wrong."""


class ManifestRow(msgspec.Struct, frozen=True, kw_only=True):
    """A work in the manifest of a corpus."""

    corpus: str
    id: str
    title: str
    licence: str
    sha256: str
    source: str
    fold: str = ""
    notes: int = 0
    left_out: str = ""
    """Why it is not learned from; empty for a work that is."""


class ReadRow(msgspec.Struct, frozen=True, kw_only=True):
    """A work as a job found it; ``work`` is None where it is left out."""

    row: ManifestRow
    work: dict[str, Any] | None = None
    digest: bytes = b""
    sketch: bytes = b""


def read_job(files: tuple[SourceFile, ...]) -> bytes:
    """The works of some files, as the bytes of a shard of ``ReadRow``."""
    from bandmate.learn.shards import shard_bytes

    return shard_bytes([msgspec.to_builtins(row, builtin_types=(bytes,)) for file in files for row in works_of(file)])


def works_of(file: SourceFile) -> Iterator[ReadRow]:
    """The works of one file, or the reason why there are none."""
    digest = ""
    try:
        if file.size > LARGEST_FILE_BYTES:
            raise ValueError(
                f"has {file.size / 2**20:.0f} MB; files of at most {LARGEST_FILE_BYTES // 2**20} MB are read"
            )
        data = Path(file.path).read_bytes()
        digest = sha256_of(data)
        songs = songs_of(file, data)
    except READER_FAULTS as fault:
        yield left_out(file, file.name, digest, reason_of(fault))
        return
    for work_id, song in songs:
        try:
            yield read_row(file, work_id, digest, song)
        except READER_FAULTS as fault:
            yield left_out(file, work_id, digest, reason_of(fault))


def songs_of(file: SourceFile, data: bytes) -> list[tuple[str, Song]]:
    """The songs in the bytes of a file with their ids; an ABC file has one for each tune."""
    from bandmate.formats.abc import abc_from_bytes
    from bandmate.formats.midi_bytes import parsed_midi
    from bandmate.formats.midi_read import SongReader
    from bandmate.formats.musicxml_read import read_musicxml_bytes

    name = Path(file.path).name
    if not data:
        raise ValueError("is empty (0 bytes)")
    if file.kind == "midi":
        return [(file.name, SongReader(parsed_midi(data, name)).result().song)]
    if file.kind == "musicxml":
        return [(file.name, read_musicxml_bytes(data, name).song)]
    tunes = abc_from_bytes(data, name)
    if len(tunes) == 1:
        return [(file.name, tunes[0].song)]
    return [(f"{file.name}#{number}", tune.song) for number, tune in enumerate(tunes, 1)]


def read_row(file: SourceFile, work_id: str, digest: str, song: Song) -> ReadRow:
    """A song as a work; left out where it is too long, too short or too full."""
    seconds = float(length_seconds(song))
    if seconds > LONGEST_SECONDS:
        minutes = f"lasts {seconds / 60:.0f} min; works of at most {LONGEST_SECONDS // 60} min are taken, cut it"
        return left_out(file, work_id, digest, minutes)
    work = grid_work(song, work_id, file.corpus)
    if not FEWEST_NOTES <= len(work) <= MOST_NOTES:
        limits = f"has {len(work)} pitched notes; works of {FEWEST_NOTES} to {MOST_NOTES} are taken"
        return left_out(file, work_id, digest, limits)
    title = file.title or song.title
    row = manifest_row(file, work_id, digest, title)
    known = msgspec.structs.replace(row, notes=len(work))
    return ReadRow(
        row=known,
        work=packed_work(named(work, title)),
        digest=digest_of(work),
        sketch=sketch_of(work).astype("<u8").tobytes(),
    )


def named(work: GridWork, title: str) -> GridWork:
    """The work under another title."""
    return GridWork(work.id, title, work.corpus, work.notes, work.meters, work.tonic, work.mode)


def manifest_row(file: SourceFile, work_id: str, digest: str, title: str) -> ManifestRow:
    """What is known of a work before it is judged."""
    return ManifestRow(
        corpus=file.corpus, id=work_id, title=title, licence=file.licence, sha256=digest, source=file.path
    )


def left_out(file: SourceFile, work_id: str, digest: str, why: str) -> ReadRow:
    """A row for what is not learned from."""
    return ReadRow(row=msgspec.structs.replace(manifest_row(file, work_id, digest, file.title), left_out=why))


def reason_of(fault: BaseException) -> str:
    """What was wrong, on one line."""
    if isinstance(fault, MemoryError):
        return "needs more memory than there is"
    said = " ".join(str(fault).split())
    return said or f"cannot be read ({type(fault).__name__})"
