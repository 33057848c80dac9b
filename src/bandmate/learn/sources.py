"""Sources: the files of music in a user's folders, each with the licence that it is learned from under.

Conventions: a file is listed when a manifest has a row for it, or else when a licence file lies in its folder or in one
above it, up to the folder that was named, or when one licence file was given for everything. One file that is not
listed stops everything: music without a licence is never learned from by mistake. Names that begin with a dot are
passed over, and so are files of other kinds.

Not covered: whether a licence allows learning. It is written down, and the musician answers for it.
"""

from __future__ import annotations

import csv
import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bandmate.song.errors import MediaError, RequestError

KINDS = {
    **dict.fromkeys((".mid", ".midi"), "midi"),
    **dict.fromkeys((".musicxml", ".xml", ".mxl"), "musicxml"),
    ".abc": "abc",
}
LICENCE_NAMES = re.compile(r"(licen[cs]e|copying|copyright)([-_.].*)?$", re.IGNORECASE)
COLUMNS = ("path", "licence")
LONGEST_LICENCE_LINE = 100

KNOWN_LICENCES: tuple[tuple[str, str], ...] = (
    (r"cc0|creative commons zero|public domain dedication", "CC0 1.0"),
    (r"attribution-?\s*noncommercial-?\s*sharealike\s+4", "CC BY-NC-SA 4.0"),
    (r"attribution-?\s*noncommercial-?\s*noderiv\w*\s+4", "CC BY-NC-ND 4.0"),
    (r"attribution-?\s*noncommercial\s+4", "CC BY-NC 4.0"),
    (r"attribution-?\s*sharealike\s+4", "CC BY-SA 4.0"),
    (r"attribution-?\s*noderiv\w*\s+4", "CC BY-ND 4.0"),
    (r"attribution\s+4(\.0)?\s+international|\bcc[ -]by[ -]4", "CC BY 4.0"),
    (r"gnu affero general public licen", "AGPL"),
    (r"gnu lesser general public licen", "LGPL"),
    (r"gnu general public licen", "GPL"),
    (r"apache license", "Apache-2.0"),
    (r"permission is hereby granted, free of charge", "MIT"),
)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to read: where it is, its name within its corpus, and its licence."""

    path: str
    name: str
    corpus: str
    licence: str
    title: str = ""
    size: int = 0
    changed_ns: int = 0

    @property
    def kind(self) -> str:
        """``midi``, ``musicxml`` or ``abc``, by the end of its name."""
        return KINDS[Path(self.path).suffix.lower()]


@dataclass(frozen=True, slots=True)
class Listing:
    """What says under which licence files are: a manifest's rows by path, or one licence for everything."""

    rows: dict[str, tuple[str, str]] | None = None
    licence: str = ""
    manifest: str = ""
    found: dict[Path, str] = field(default_factory=dict)
    """Licences of folders that were looked at."""


def listing_of(manifest: Path | None, licence_file: Path | None) -> Listing:
    """What a manifest or a licence file says.

    Raises
    ------
    MediaError
        if it is missing or empty, or the manifest has no columns ``path`` and ``licence``.
    RequestError
        if a row has no licence, or two rows have one path.
    """
    rows = manifest_rows(manifest) if manifest else None
    licence = licence_in(licence_file) if licence_file else ""
    return Listing(rows, licence, manifest.name if manifest else "")


def manifest_rows(path: Path) -> dict[str, tuple[str, str]]:
    """Licence and title by path, as a manifest (CSV) lists them."""
    text = licence_text(path, "manifest")
    table = csv.DictReader(text.splitlines())
    if missing := [name for name in COLUMNS if name not in (table.fieldnames or ())]:
        raise MediaError(
            f'the manifest "{path.name}" has no column "{missing[0]}"; its first line must be: path,licence'
        )
    rows: dict[str, tuple[str, str]] = {}
    for row in table:
        name, licence = (row["path"] or "").strip().replace("\\", "/"), (row["licence"] or "").strip()
        if not licence:
            raise RequestError(f'line {table.line_num} of "{path.name}" has no licence for "{name}"; write it there')
        if name in rows:
            raise RequestError(f'line {table.line_num} of "{path.name}" lists "{name}" again; keep one of them')
        rows[name] = (licence, (row.get("title") or "").strip())
    return rows


def licence_text(path: Path, what: str) -> str:
    """The text of a licence file or a manifest; refused where there is none in it."""
    try:
        text = path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as failure:
        raise MediaError(f'the {what} "{path}" cannot be read: {failure.strerror or failure}') from failure
    if not text.strip():
        raise MediaError(f'the {what} "{path}" is empty; write into it what the music may be used for')
    return text


def licence_in(path: Path) -> str:
    """The name of the licence in a file: a known one, or the first line of it."""
    text = licence_text(path, "licence file")
    flat = " ".join(text.split()).casefold()
    for pattern, name in KNOWN_LICENCES:
        if re.search(pattern, flat):
            return name
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    first = next((line for line in lines if re.search(r"\w{2}", line)), lines[0])
    return first[:LONGEST_LICENCE_LINE]


def sources_in(folders: Sequence[Path], listing: Listing) -> Iterator[SourceFile]:
    """Every file of music in the folders, by name.

    Raises
    ------
    RequestError
        if a folder is missing or has no music, two folders have one name, or a file is not listed.
    """
    names = [folder.resolve().name for folder in folders]
    if twice := [name for name in names if names.count(name) > 1]:
        raise RequestError(f'two folders are called "{twice[0]}"; a corpus is known by its name: rename one of them')
    for folder, corpus in zip(folders, names, strict=True):
        if not folder.is_dir():
            raise RequestError(f'there is no folder "{folder}"; name a folder with MIDI, MusicXML or ABC files')
        count = 0
        for path in music_in(folder):
            count += 1
            yield source_file(path, folder, corpus, listing)
        if not count:
            raise RequestError(f'"{folder}" has no music in it; it reads {", ".join(sorted(KINDS))}')


def music_in(folder: Path) -> Iterator[Path]:
    """Files of music below a folder, folder by folder, by name."""
    for at, below, files in os.walk(folder):
        below[:] = sorted(name for name in below if not name.startswith("."))
        for name in sorted(files):
            if Path(name).suffix.lower() in KINDS and not name.startswith("."):
                yield Path(at) / name


def source_file(path: Path, folder: Path, corpus: str, listing: Listing) -> SourceFile:
    """A file with its licence."""
    inside = path.relative_to(folder).as_posix()
    licence, title = licence_of(path, folder, inside, listing)
    facts = path.stat() if path.exists() else None
    return SourceFile(
        str(path),
        inside,
        corpus,
        licence,
        title,
        facts.st_size if facts else 0,
        facts.st_mtime_ns if facts else 0,
    )


def licence_of(path: Path, folder: Path, inside: str, listing: Listing) -> tuple[str, str]:
    """Licence and title of a file, or a refusal."""
    if listing.rows is not None:
        row = listing.rows.get(inside) or listing.rows.get(f"{folder.resolve().name}/{inside}")
        if row is None:
            raise RequestError(
                f'"{inside}" in "{folder}" is not listed in "{listing.manifest}"; add a row with its licence, '
                "or take the file away"
            )
        return row
    licence = listing.licence or folder_licence(path.parent, folder, listing)
    if not licence:
        raise RequestError(
            f'"{inside}" in "{folder}" has no licence: no LICENSE or COPYING file lies in its folder or above, and no '
            "manifest lists it; put a licence file there, or name one with --licence-file or a --manifest"
        )
    return licence, ""


def folder_licence(at: Path, top: Path, listing: Listing) -> str:
    """The licence that lies in a folder, or else in the next one above, up to ``top``; empty for none."""
    if at not in listing.found:
        own = sorted(path for path in at.iterdir() if path.is_file() and LICENCE_NAMES.match(path.name))
        if own:
            listing.found[at] = licence_in(own[0])
        else:
            listing.found[at] = "" if at == top else folder_licence(at.parent, top, listing)
    return listing.found[at]


def sha256_of(data: bytes) -> str:
    """The hash that a file is known by."""
    return hashlib.sha256(data).hexdigest()
