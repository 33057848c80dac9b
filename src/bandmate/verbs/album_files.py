"""The folder of an album's results: what lies there, what of it is ours, and new files put in their places.

Files are made as drafts in a hidden folder beside the results and renamed into place when all of them are finished. A
list of what was put there, with hashes, says what may be replaced or, when it no longer belongs to the album, taken
away; what the musician put there or changed since is never touched.

Conventions: names are relative, with slashes. The list has the hashes before a file is renamed, so that a run that was
stopped in between still knows its own files.

Not covered: what is in the files.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from bandmate.formats.atomic_file import disk_errors, write_whole
from bandmate.song.errors import RequestError
from bandmate.verbs.album_tracks import file_sha256

WORK_FOLDER = ".bandmate-album"
PROJECTS_FOLDER = "projects"
LIST_NAME = "written.json"
DRAFTS_FOLDER = "drafts"


class WrittenList(msgspec.Struct, frozen=True, kw_only=True):
    """Which files were put into the folder, each with the hashes that it has or may have."""

    files: dict[str, tuple[str, ...]] = {}
    layout: int = 1


@dataclass(frozen=True, slots=True)
class Finished:
    """A file that is ready: where it is now (its place, or a draft), and its hash."""

    path: Path
    sha256: str


class ResultsFolder:
    """Where an album is written to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.work = folder / WORK_FOLDER
        self.drafts = self.work / DRAFTS_FOLDER
        self.projects = folder / PROJECTS_FOLDER

    def check(self, names: Iterable[str]) -> None:
        """Refuse to write over anything that is not ours.

        Raises
        ------
        RequestError
            naming what is in the way.
        """
        if self.folder.exists() and not self.folder.is_dir():
            raise RequestError(f'"{self.folder}" is a file; the results need a folder, choose another name')
        known = self.known()
        if self.projects.exists() and not (self.work / LIST_NAME).exists():
            raise RequestError(f'"{self.folder}" has {PROJECTS_FOLDER} already; choose another folder')
        for name in names:
            path = self.folder / name
            if not path.exists():
                continue
            if name not in known:
                raise RequestError(f'"{self.folder}" has {name} already; choose another folder, or move it away')
            if file_sha256(path) not in known[name]:
                raise RequestError(
                    f'"{name}" in "{self.folder}" was changed since it was written; move it away, or choose another '
                    "folder"
                )

    def begin(self) -> None:
        """Make the folder, with its list, so that the next run knows what is ours."""
        with disk_errors(self.work):
            self.work.mkdir(parents=True, exist_ok=True)
        if not (self.work / LIST_NAME).exists():
            self._note({})

    def finish(self, files: Mapping[str, Finished]) -> None:
        """Put every file in its place, take away ours that no longer belong here, and the drafts.

        subtle: whatever happens between two of these steps, doing all of them again ends the same.
        """
        known = self.known()
        wanted = {name: (one.sha256,) for name, one in files.items()}
        self._note({name: (*known.get(name, ()), *wanted.get(name, ())) for name in known | wanted})
        for name, one in files.items():
            place = self.folder / name
            if one.path != place:
                with disk_errors(place):
                    place.parent.mkdir(parents=True, exist_ok=True)
                    one.path.replace(place)
        for name in known.keys() - wanted.keys():
            self._take_away(name, known[name])
        self._note(wanted)
        shutil.rmtree(self.drafts, ignore_errors=True)

    def known(self) -> dict[str, tuple[str, ...]]:
        """What was put here, with its hashes."""
        path = self.work / LIST_NAME
        if not path.is_file():
            return {}
        with disk_errors(path):
            data = path.read_bytes()
        try:
            return msgspec.json.decode(data, type=WrittenList).files
        except (msgspec.DecodeError, UnicodeDecodeError) as problem:
            raise RequestError(
                f'"{path}" is damaged, so nobody knows which files are Bandmate\'s: {problem}; choose another folder'
            ) from problem

    def _take_away(self, name: str, hashes: tuple[str, ...]) -> None:
        place = self.folder / name
        if not place.is_file() or file_sha256(place) not in hashes:
            return
        with disk_errors(place):
            place.unlink()
            folder = place.parent
            while folder != self.folder and not any(folder.iterdir()):
                folder.rmdir()
                folder = folder.parent

    def _note(self, files: Mapping[str, tuple[str, ...]]) -> None:
        listed = WrittenList(files={name: tuple(dict.fromkeys(files[name])) for name in sorted(files)})
        write_whole(self.work / LIST_NAME, msgspec.json.format(msgspec.json.encode(listed)))
