"""Making and opening projects."""

from __future__ import annotations

from pathlib import Path

from bandmate.project.folder import Project, find_project
from bandmate.song.song import Song


def new_project(folder: Path | str, *, title: str = "") -> Project:
    """An empty project in ``folder``, which is made where it is not there.

    Raises
    ------
    ProjectError
        if the folder has a project already, or cannot be written to.
    """
    place = Path(folder)
    return Project.create(place, title=title or place.name, song=Song(title=title or place.name))


def open_project(folder: Path | str | None = None) -> Project:
    """The project in ``folder``, or the nearest one above the present folder.

    Raises
    ------
    ProjectError
        if there is none, it is damaged, or a newer Bandmate made it.
    """
    return Project.open(find_project(Path(folder) if folder is not None else Path.cwd()))
