"""A corpus: works of music read from folders, without repetitions, split by work, in shards that are streamed.

::

    CORPUS/corpus.json          what it was made of, its shards, counts; written last, so that it says "finished"
           manifest.csv         a row for every work: source, title, licence, hash, fold, notes, why it is left out
           shards/teach-….bms   works on the grid (also tune-…, held-…)
           reading/….bms        what each job of files gave; a second run takes these instead of reading again

Conventions: all files of one job are read together; a job is known by its files' names, sizes and times of change.
Duplicates are left out and the first one by folder and name stays. A family of works that are alike is on one side
of the split: that of its first work, told by `folds.fold_of`. Memory holds half a kilobyte for a work, and no more than
a few jobs' notes. Stopped at any time, a second run goes on.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from bandmate.formats.atomic_file import disk_errors, write_whole
from bandmate.learn.folds import fold_of
from bandmate.learn.grid import GridWork, unpacked_work
from bandmate.learn.likeness import Hashes, Verdict, judged
from bandmate.learn.reading import ManifestRow, ReadRow, read_job
from bandmate.learn.shards import rows_in, shard_bytes, write_shard
from bandmate.learn.sources import Listing, SourceFile, listing_of, sources_in
from bandmate.learn.workers import Workers, mapped
from bandmate.song.errors import MediaError, RequestError

LAYOUT = 1
FOLDS = ("teach", "tune", "held")
JOB_FILES, JOB_BYTES = 64, 2 * 2**20
CORPUS_NAME, MANIFEST_NAME, SHARDS, READING = "corpus.json", "manifest.csv", "shards", "reading"
SUFFIX = ".bms"

Say = Any
"""What is going on, and how much of the whole is done (0 to 1)."""


class ShardFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A shard of a corpus."""

    name: str
    fold: str
    works: int
    notes: int


class CorpusFacts(msgspec.Struct, frozen=True, kw_only=True):
    """``corpus.json``: what a corpus holds. ``made_of`` is the hash of its jobs."""

    layout: int = LAYOUT
    made_of: str
    works: int
    left_out: int
    notes: int
    folds: dict[str, int]
    licences: dict[str, int]
    sources: dict[str, int]
    shards: tuple[ShardFacts, ...]


@dataclass(frozen=True, slots=True)
class Corpus:
    """A finished corpus on the disk."""

    folder: Path
    facts: CorpusFacts

    def shards(self, fold: str) -> tuple[Path, ...]:
        """The shards of a fold, in order."""
        return tuple(self.folder / SHARDS / shard.name for shard in self.facts.shards if shard.fold == fold)

    def works(self, fold: str) -> Iterator[GridWork]:
        """The works of a fold, one shard in memory at a time."""
        for path in self.shards(fold):
            yield from (unpacked_work(row) for row in rows_in(path))

    def manifest(self) -> list[ManifestRow]:
        """The rows of the manifest."""
        with (self.folder / MANIFEST_NAME).open(encoding="utf-8", newline="") as file:
            return [msgspec.convert(row, ManifestRow, strict=False) for row in csv.DictReader(file)]


@dataclass(slots=True)
class Gathered:
    """What is known of all works, in order, before they are judged."""

    rows: list[ManifestRow] = field(default_factory=list)
    digests: list[bytes] = field(default_factory=list)
    sketches: list[Hashes] = field(default_factory=list)


def open_corpus(folder: Path | str) -> Corpus:
    """A corpus that was built.

    Raises
    ------
    MediaError
        if there is none, it is not finished, or it is of another layout.
    """
    path = Path(folder) / CORPUS_NAME
    if not path.is_file():
        raise MediaError(
            f'"{folder}" is no finished corpus; build one with: bandmate learn corpus FOLDER -o "{folder}"'
        )
    try:
        facts = msgspec.json.decode(path.read_bytes(), type=CorpusFacts)
    except (OSError, msgspec.DecodeError) as damage:
        raise MediaError(f'"{path}" is damaged: {damage}; delete it and build the corpus again') from damage
    if facts.layout != LAYOUT:
        raise MediaError(f'"{folder}" has layout {facts.layout}, this Bandmate reads {LAYOUT}; build the corpus again')
    return Corpus(Path(folder), facts)


def build_corpus(
    folders: Sequence[Path | str],
    to: Path | str,
    *,
    manifest: Path | None = None,
    licence_file: Path | None = None,
    workers: Workers = Workers(),
    progress: Say = None,
) -> Corpus:
    """Read all music of some folders into a corpus; the same again goes on, or finds it finished.

    Raises
    ------
    RequestError
        if a file has no licence, a folder is missing or has no music, or nothing can be learned from.
    MediaError, ProjectError
        if a manifest cannot be read, or the corpus cannot be written.
    """
    say = progress or (lambda what, share: None)
    place, listing = Path(to), listing_of(manifest, licence_file)
    roots = [Path(folder) for folder in folders]
    inside = [str(root) for root in roots if place.resolve().is_relative_to(root.resolve())]
    if inside:
        raise RequestError(
            f'the corpus "{place}" would lie inside of "{inside[0]}", which it is read from; name another'
        )
    jobs = [job_name(files) for files in jobs_of(sources_in(roots, listing))]
    made_of = hashlib.sha256("\n".join(jobs).encode()).hexdigest()
    with disk_errors(place):
        (place / READING).mkdir(parents=True, exist_ok=True)
    if (place / CORPUS_NAME).is_file() and open_corpus(place).facts.made_of == made_of:
        return open_corpus(place)
    (place / CORPUS_NAME).unlink(missing_ok=True)
    read_all(place, roots, listing, jobs, workers, say)
    say("looking for duplicates", 0.8)
    gathered = gathered_of(place, jobs)
    rows = with_folds(gathered)
    written = tuple(write_folds(place, jobs, rows, say))
    if not any(shard.works for shard in written):
        reasons = "; ".join(f"{row.id}: {row.left_out}" for row in rows[:3])
        raise RequestError(f"nothing of {len(rows)} works can be learned from: {reasons}")
    write_whole(place / MANIFEST_NAME, manifest_bytes(rows))
    forget_others(place, jobs, written)
    write_whole(place / CORPUS_NAME, msgspec.json.format(msgspec.json.encode(facts_of(made_of, rows, written))))
    return open_corpus(place)


def jobs_of(sources: Iterable[SourceFile]) -> Iterator[tuple[SourceFile, ...]]:
    """Files in jobs of about the same size, in order."""
    job: list[SourceFile] = []
    size = 0
    for source in sources:
        if job and (len(job) >= JOB_FILES or size + source.size > JOB_BYTES):
            yield tuple(job)
            job, size = [], 0
        job.append(source)
        size += source.size
    if job:
        yield tuple(job)


def job_name(files: tuple[SourceFile, ...]) -> str:
    """What a job is known by."""
    facts = [(LAYOUT, f.corpus, f.name, f.licence, f.title, f.size, f.changed_ns) for f in files]
    return hashlib.sha256(msgspec.json.encode(facts)).hexdigest()[:24]


def read_all(place: Path, roots: list[Path], listing: Listing, jobs: list[str], workers: Workers, say: Say) -> None:
    """Read what no earlier run has read."""
    there = {path.stem for path in (place / READING).glob(f"*{SUFFIX}")}
    missing = [name for name in jobs if name not in there]
    wanted = (files for files in jobs_of(sources_in(roots, listing)) if job_name(files) not in there)
    for count, (name, data) in enumerate(zip(missing, mapped(read_job, wanted, workers), strict=False)):
        say(f"reading {len(jobs)} jobs of files", 0.8 * (len(jobs) - len(missing) + count) / len(jobs))
        write_shard(place / READING / f"{name}{SUFFIX}", data)


def read_rows(place: Path, job: str) -> Iterator[ReadRow]:
    """What a job gave."""
    for row in rows_in(place / READING / f"{job}{SUFFIX}"):
        yield msgspec.convert(row, ReadRow)


def gathered_of(place: Path, jobs: list[str]) -> Gathered:
    """Rows, digests and sketches of all works; a work that is left out has an empty digest of its own."""
    found = Gathered()
    for job in jobs:
        for read in read_rows(place, job):
            found.rows.append(read.row)
            found.digests.append(read.digest or b"left out %d" % len(found.rows))
            found.sketches.append(np.frombuffer(read.sketch, "<u8").astype(np.uint64))
    return found


def with_folds(gathered: Gathered) -> list[ManifestRow]:
    """The rows with their folds, and with why a repetition is left out."""
    verdict = judged(gathered.digests, gathered.sketches)
    return [judged_row(gathered.rows, number, verdict) for number in range(len(gathered.rows))]


def judged_row(rows: list[ManifestRow], number: int, verdict: Verdict) -> ManifestRow:
    row = rows[number]
    if row.left_out:
        return row
    same = int(verdict.same_as[number])
    if same >= 0:
        what = "has the same notes as" if verdict.is_exact[number] else "is nearly the same as"
        return msgspec.structs.replace(row, left_out=f'{what} "{rows[same].id}" of {rows[same].corpus}')
    first = rows[int(verdict.kin[number])]
    return msgspec.structs.replace(row, fold=fold_of(first.corpus, first.title or first.id))


def write_folds(place: Path, jobs: list[str], rows: list[ManifestRow], say: Say) -> Iterator[ShardFacts]:
    """Put the works of every job into the shards of their folds; a shard that is there already stays."""
    at = 0
    for number, job in enumerate(jobs):
        say("writing shards", 0.85 + 0.15 * number / len(jobs))
        reads = list(read_rows(place, job))
        judged_rows = rows[at : at + len(reads)]
        at += len(reads)
        for fold in FOLDS:
            works = [
                read.work for read, row in zip(reads, judged_rows, strict=True) if row.fold == fold and not row.left_out
            ]
            if not works:
                continue
            ids = hashlib.sha256("\n".join(str(work["id"]) for work in works if work).encode()).hexdigest()[:8]
            name = f"{fold}-{number:06d}-{job[:12]}-{ids}{SUFFIX}"
            path = place / SHARDS / name
            if not path.is_file():
                write_shard(path, shard_bytes([work for work in works if work]))
            notes = sum(row.notes for row in judged_rows if row.fold == fold and not row.left_out)
            yield ShardFacts(name=name, fold=fold, works=len(works), notes=notes)


def manifest_bytes(rows: list[ManifestRow]) -> bytes:
    """The manifest as CSV."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, ManifestRow.__struct_fields__, lineterminator="\n")
    writer.writeheader()
    writer.writerows(msgspec.to_builtins(row) for row in rows)
    return text.getvalue().encode("utf-8", "backslashreplace")


def forget_others(place: Path, jobs: list[str], written: tuple[ShardFacts, ...]) -> None:
    """Take away shards that belong to no job of this corpus."""
    keep = {*jobs, *(Path(shard.name).stem for shard in written)}
    for path in (*(place / READING).glob(f"*{SUFFIX}"), *(place / SHARDS).glob(f"*{SUFFIX}")):
        if path.stem not in keep:
            path.unlink()


def facts_of(made_of: str, rows: list[ManifestRow], shards: tuple[ShardFacts, ...]) -> CorpusFacts:
    """What a corpus holds, counted."""
    taken = [row for row in rows if not row.left_out]
    return CorpusFacts(
        made_of=made_of,
        works=len(taken),
        left_out=len(rows) - len(taken),
        notes=sum(row.notes for row in taken),
        folds=dict(sorted(Counter(row.fold for row in taken).items())),
        licences=dict(sorted(Counter(row.licence for row in taken).items())),
        sources=dict(sorted(Counter(row.corpus for row in taken).items())),
        shards=shards,
    )
