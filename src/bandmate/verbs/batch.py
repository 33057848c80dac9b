"""A batch: every sound file of a folder mastered on its own, with one brief for all; a stopped run goes on.

Each file gets a folder with all that ``bandmate.verbs.mastering.master`` writes. A file that cannot be mastered is
named at the end, and the others are done. What is finished is not done again unless the file, the brief or the options
are others.

Conventions: a list in the results says which folder was begun and which is finished, made of what, with the hashes of
its files. A folder that was begun and not finished holds nothing of the musician's and is made anew. One that has to be
made anew although it was finished is replaced only where nobody has changed its project or its files since.

Not covered: one loudness for all (``bandmate.verbs.album``).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from bandmate.formats.atomic_file import disk_errors, write_whole
from bandmate.project.memory import Memory
from bandmate.song.errors import BandmateError, Cancelled, MediaError, ProjectError, RequestError
from bandmate.verbs.album_sheet import sound_files
from bandmate.verbs.album_tracks import file_sha256, hashed, project_names
from bandmate.verbs.importing import PRODUCTION_PROJECT, checked
from bandmate.verbs.mastering import MasterOptions, MasterResults, destinations, master
from bandmate.verbs.progress import Progress, part, silent
from bandmate.verbs.projects import open_project
from bandmate.verbs.references import read_references
from bandmate.verbs.results import level_in_words
from bandmate.version import __version__

if TYPE_CHECKING:
    from bandmate.stages.master.brief import MasterBrief

WORK_FOLDER, LIST_NAME = ".bandmate-batch", "finished.json"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One folder of the results.

    ``made_of`` is the hash of the file, the brief and the options; ``files`` are hashes by name, ``head`` the project's
    revision, ``said`` one line for each master. All three are empty while it is being made.
    """

    made_of: str
    files: dict[str, str] = {}
    head: str = ""
    said: tuple[str, ...] = ()

    @property
    def is_finished(self) -> bool:
        return bool(self.head)


class BatchList(msgspec.Struct, frozen=True, kw_only=True):
    """Every folder of the results by its name."""

    folders: dict[str, Entry] = {}
    layout: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRow:
    """One file: its results, or the problem with it. ``was_there`` where an earlier run had finished it."""

    source: Path
    folder: Path
    said: tuple[str, ...] = ()
    problem: BandmateError | None = None
    was_there: bool = False


@dataclass(frozen=True, slots=True)
class BatchResults:
    """What a batch wrote."""

    folder: Path
    rows: tuple[BatchRow, ...]

    @property
    def problems(self) -> tuple[BandmateError, ...]:
        return tuple(row.problem for row in self.rows if row.problem is not None)

    def summary(self) -> tuple[str, ...]:
        """The outcome in a few lines."""
        lines = []
        for row in self.rows:
            if row.problem is not None:
                lines.append(f"{row.source.name}: NOT DONE: {row.problem}")
            for said in row.said:
                lines.append(f"{row.source.name}: {said}{' (was there)' if row.was_there else ''}")
        done = len(self.rows) - len(self.problems)
        return (*lines, f"{done} of {len(self.rows)} files are mastered in {self.folder}")

    def facts(self) -> dict[str, Any]:
        """The outcome for programs."""
        return {
            "folder": str(self.folder),
            "files": [
                {
                    "source": str(row.source),
                    "folder": str(row.folder),
                    "masters": list(row.said),
                    "was_there": row.was_there,
                    "problem": None if row.problem is None else str(row.problem),
                    "code": None if row.problem is None else row.problem.code,
                }
                for row in self.rows
            ],
        }


def master_batch(
    folder: Path | str,
    to: Path | str,
    *,
    references: Sequence[Path | str] = (),
    targets: Sequence[str] = (),
    brief: MasterBrief | None = None,
    options: MasterOptions | None = None,
    progress: Progress = silent,
) -> BatchResults:
    """Master every sound file in a folder on its own; the same again goes on where it stopped.

    Parameters are those of ``bandmate.verbs.mastering.master``, the same for every file.

    Raises
    ------
    RequestError
        if there is no sound in the folder, something that is not ours is in the way, or the brief cannot be met.
    ProjectError
        if the results cannot be written. A file that cannot be mastered raises nothing: its row has the problem.
    """
    from bandmate.stages.master.brief import MasterBrief

    sources, place = sound_files(Path(folder)), Path(to)
    if not sources:
        raise RequestError(f'"{folder}" has no sound file in it; put the files to be mastered there')
    if place.resolve() == Path(folder).resolve():
        raise RequestError(f'"{to}" has the files to be mastered in it; write the results into another folder')
    asked, wanted = brief or MasterBrief(), options or MasterOptions()
    names = destinations(targets, has_references=bool(references or asked.references))
    batch = Batch(place, [place / name for name in project_names(sources)])
    read = read_references(references, memory=batch.memory, progress=part(progress, 0.0, 0.05))
    asked = replace(asked, references=(*asked.references, *read))
    rows = []
    for count, (source, result) in enumerate(zip(sources, batch.folders, strict=True)):
        share = part(progress, 0.05 + 0.95 * count / len(sources), 0.05 + 0.95 * (count + 1) / len(sources))
        with disk_errors(source):
            made_of = hashed((file_sha256(source), asked, names, repr(wanted), __version__))
        rows.append(batch.row(source, result, made_of, Job(asked, names, wanted), share))
    progress("done", 1.0)
    return BatchResults(place, tuple(rows))


@dataclass(frozen=True, slots=True)
class Job:
    """What is done to every file."""

    brief: MasterBrief
    targets: tuple[str, ...]
    options: MasterOptions


class Batch:
    """The folder of a batch's results.

    Raises
    ------
    RequestError
        if one of the folders is there and is not ours.
    """

    def __init__(self, place: Path, folders: Sequence[Path]) -> None:
        self.place, self.folders = place, tuple(folders)
        self._list = place / WORK_FOLDER / LIST_NAME
        self.memory = Memory(place / WORK_FOLDER)
        if place.exists() and not place.is_dir():
            raise RequestError(f'"{place}" is a file; the results need a folder, choose another name')
        known = self._entries()
        foreign = [folder.name for folder in folders if folder.exists() and folder.name not in known]
        if foreign:
            raise RequestError(f'"{place}" has {", ".join(foreign[:3])} already; choose another folder')
        with disk_errors(self._list):
            self._list.parent.mkdir(parents=True, exist_ok=True)

    def row(self, source: Path, folder: Path, made_of: str, job: Job, progress: Progress) -> BatchRow:
        """One file mastered, or found finished, or the problem with it."""
        entry = self._entries().get(folder.name)
        try:
            if entry is not None and entry.is_finished:
                if entry.made_of == made_of and not changed_files(folder, entry):
                    return BatchRow(source=source, folder=folder, said=entry.said, was_there=True)
                check_untouched(folder, entry)
            checked(source, False)
            self._note(folder.name, Entry(made_of=made_of))
            with disk_errors(folder):
                if folder.exists():
                    shutil.rmtree(folder)
            share = named(source, progress)
            share("getting ready", 0.0)
            done = master(source, folder, targets=job.targets, brief=job.brief, options=job.options, progress=share)
        except (ProjectError, Cancelled):
            raise
        except (RequestError, MediaError) as problem:
            return BatchRow(source=source, folder=folder, problem=problem)
        finished = Entry(made_of=made_of, files=dict(hashes(folder)), head=head_of(folder), said=said(done))
        self._note(folder.name, finished)
        return BatchRow(source=source, folder=folder, said=finished.said)

    def _entries(self) -> dict[str, Entry]:
        if not self._list.is_file():
            return {}
        with disk_errors(self._list):
            data = self._list.read_bytes()
        try:
            return msgspec.json.decode(data, type=BatchList).folders
        except (msgspec.DecodeError, UnicodeDecodeError) as problem:
            raise RequestError(
                f'"{self._list}" is damaged, so nobody knows what is finished: {problem}; choose another folder'
            ) from problem

    def _note(self, name: str, entry: Entry) -> None:
        listed = BatchList(folders=dict(sorted((self._entries() | {name: entry}).items())))
        write_whole(self._list, msgspec.json.format(msgspec.json.encode(listed)))


def named(source: Path, progress: Progress) -> Progress:
    """A progress that says which file it is about."""

    def report(what: str, share: float) -> None:
        progress(f"{source.name}: {what}", share)

    return report


def said(done: MasterResults) -> tuple[str, ...]:
    return tuple(f"{one.name}  {level_in_words(one.printed.hearing)}" for one in done.masters)


def hashes(folder: Path) -> Iterator[tuple[str, str]]:
    """Every file of a result with its hash, without its project."""
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.is_file() and inside.parts[0] != PRODUCTION_PROJECT:
            yield inside.as_posix(), file_sha256(path)


def head_of(folder: Path) -> str:
    with open_project(folder / PRODUCTION_PROJECT) as project:
        return project.head.id


def changed_files(folder: Path, entry: Entry) -> list[str]:
    """Files of a finished result that are gone or others now."""
    found = dict(hashes(folder)) if folder.is_dir() else {}
    return [name for name, sha256 in entry.files.items() if found.get(name) != sha256]


def check_untouched(folder: Path, entry: Entry) -> None:
    """Refuse to replace what the musician has worked on.

    Raises
    ------
    RequestError
        if the project has other revisions, or a file was changed or put there.
    """
    if not folder.exists():
        return
    now = dict(hashes(folder))
    is_moved = (folder / PRODUCTION_PROJECT).exists() and head_of(folder) != entry.head
    if is_moved or any(entry.files.get(name) != sha256 for name, sha256 in now.items()):
        raise RequestError(
            f'"{folder}" was changed by hand since it was made, so it is not made anew; move it away, or choose '
            "another folder for the results"
        )
