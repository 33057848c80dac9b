"""The track list of an album: which files in which order, with titles, codes, gaps, fades; read from ``album.toml``.

Without such a file the tracks are the sound files of the folder in the order of their names (numbers in names count as
numbers), each called after its file. Everything is checked here before anything is written elsewhere.

Conventions: gaps are in seconds, fades in milliseconds. A gap that nobody asked for is None: two seconds on a CD, none
in single files. Files lie in the folder or below it.

Not covered: measuring; what a CD allows (``bandmate.formats.red_book``).
"""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from bandmate.formats.atomic_file import disk_errors, write_whole
from bandmate.formats.isrc import normal_ean, normal_isrc
from bandmate.song.errors import OutOfRange, RequestError
from bandmate.verbs.importing import SOUND_ENDINGS, shown_name

SHEET_NAME = "album.toml"
GAP_RANGE_SECONDS = (0.0, 60.0)
FADE_RANGE_MS = (0.0, 600_000.0)
NUMBERED = re.compile(r"(\d{1,3})[\s._-]+(\S.*)")


class TrackLines(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What ``album.toml`` says of a track; what is not there is as the album has it."""

    file: str
    title: str = ""
    artist: str = ""
    isrc: str = ""
    gap_before_seconds: float | None = None
    fade_in_ms: float = 0.0
    fade_out_ms: float = 0.0
    trim_start: bool | None = None
    trim_end: bool | None = None


class SheetLines(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What ``album.toml`` says."""

    title: str = ""
    artist: str = ""
    ean: str = ""
    gap_seconds: float | None = None
    trim_start: bool = False
    trim_end: bool = False
    track: tuple[TrackLines, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AlbumTrack:
    """One track as asked for. ``number`` counts from 1; ``gap_before_seconds`` None: nobody asked for one."""

    number: int
    path: Path
    title: str
    artist: str = ""
    isrc: str = ""
    gap_before_seconds: float | None = None
    fade_in_ms: float = 0.0
    fade_out_ms: float = 0.0
    trim_start: bool = False
    trim_end: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AlbumSheet:
    """An album as asked for, and what there is to say about its list."""

    folder: Path
    title: str
    artist: str = ""
    ean: str = ""
    tracks: tuple[AlbumTrack, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetChanges:
    """What is asked for beside ``album.toml``, and goes before it; empty texts and None change nothing.

    ``order`` has the numbers of the tracks as the list has them, counted from 1.
    """

    title: str = ""
    artist: str = ""
    ean: str = ""
    gap_seconds: float | None = None
    order: tuple[int, ...] = ()


def read_album(folder: Path | str, changes: SheetChanges | None = None) -> AlbumSheet:
    """The track list of a folder.

    Raises
    ------
    RequestError
        if there is no such folder, no sound in it, ``album.toml`` cannot be read or names what is not there, or a code
        is none.
    OutOfRange
        for a gap or fade outside its limits.
    """
    place, asked = Path(folder), changes or SheetChanges()
    files = sound_files(place)
    lines = read_lines(place / SHEET_NAME)
    listed = lines.track or listed_by_name(files)
    gap = lines.gap_seconds if asked.gap_seconds is None else asked.gap_seconds
    tracks = [track_of(place, number, one, replace_gap(lines, gap)) for number, one in enumerate(listed, 1)]
    check_once([track.path for track in tracks])
    tracks = ordered(tracks, asked.order)
    named = {track.path.resolve() for track in tracks}
    rest = [path.name for path in files if path.resolve() not in named]
    ean = asked.ean or lines.ean
    sheet = AlbumSheet(
        folder=place,
        title=asked.title or lines.title or place.resolve().name,
        artist=asked.artist or lines.artist,
        ean=normal_ean(ean) if ean.strip() else "",
        tracks=tuple(tracks),
        remarks=(f"not in {SHEET_NAME}, so left out: {', '.join(rest)}",) if rest else (),
    )
    check_codes(sheet)
    return sheet


def sound_files(folder: Path) -> list[Path]:
    """The sound files of a folder, hidden ones left out, by name; numbers in names count as numbers.

    Raises
    ------
    RequestError
        if it is no folder, has no sound in it, or a name is no text.
    """
    if not folder.is_dir():
        raise RequestError(f'there is no folder "{folder}"; name the folder that has the tracks in it')
    with disk_errors(folder):
        files = [one for one in folder.iterdir() if one.suffix.lower() in SOUND_ENDINGS and one.is_file()]
    found = sorted((one for one in files if not one.name.startswith(".")), key=lambda path: name_key(path.name))
    for path in (folder.resolve(), *found):
        check_name(path)
    if not found and not (folder / SHEET_NAME).is_file():
        raise RequestError(f'"{folder}" has no sound file in it; put the tracks of the album there')
    return found


def check_name(path: Path) -> None:
    """Refuse bytes that are no letters: neither tags nor a list could hold them."""
    try:
        str(path).encode()
    except UnicodeEncodeError as wrong:
        shown = str(path).encode("utf-8", "replace").decode()
        raise RequestError(f'the name "{shown}" has bytes that are no letters; rename it') from wrong


def listed_by_name(files: Sequence[Path]) -> tuple[TrackLines, ...]:
    """The files as tracks; where each begins with the number of its place, that is no part of its title."""
    found = [NUMBERED.match(shown_name(path)) for path in files]
    titles = [match[2] for number, match in enumerate(found, 1) if match and int(match[1]) == number]
    if len(titles) != len(files):
        titles = [shown_name(path) for path in files]
    return tuple(TrackLines(file=path.name, title=title) for path, title in zip(files, titles, strict=True))


def name_key(name: str) -> tuple[list[tuple[int, int, str]], str]:
    """A name to sort by: ``2.wav`` comes before ``10.wav``."""
    pieces = re.split(r"(\d+)", name.casefold())
    return [(0, int(piece), "") if piece.isdecimal() else (1, 0, piece) for piece in pieces if piece], name


def read_lines(path: Path) -> SheetLines:
    """``album.toml``; an empty list where there is none."""
    if not path.is_file():
        return SheetLines()
    with disk_errors(path):
        data = path.read_bytes()
    try:
        return msgspec.convert(tomllib.loads(data.decode("utf-8-sig")), SheetLines)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise RequestError(f"{SHEET_NAME} is no TOML: {str(problem).lower()}; correct it there") from problem
    except msgspec.ValidationError as problem:
        known = f"{', '.join(SheetLines.__struct_fields__)}; of a track: {', '.join(TrackLines.__struct_fields__)}"
        raise RequestError(f"{SHEET_NAME} cannot be used: {str(problem).lower()}; known are: {known}") from problem


def replace_gap(lines: SheetLines, gap_seconds: float | None) -> SheetLines:
    return msgspec.structs.replace(lines, gap_seconds=gap_seconds)


def track_of(folder: Path, number: int, lines: TrackLines, album: SheetLines) -> AlbumTrack:
    """A track with what it takes from the album."""
    path = folder / lines.file
    if not lines.file.strip() or not path.is_file():
        raise RequestError(f'{SHEET_NAME}, track {number}: there is no file "{lines.file}" in "{folder}"')
    gap = album.gap_seconds if lines.gap_before_seconds is None else lines.gap_before_seconds
    checked(f"track {number}: the gap before it", gap, GAP_RANGE_SECONDS, "s")
    checked(f"track {number}: the fade-in", lines.fade_in_ms, FADE_RANGE_MS, "ms")
    checked(f"track {number}: the fade-out", lines.fade_out_ms, FADE_RANGE_MS, "ms")
    return AlbumTrack(
        number=number,
        path=path,
        title=lines.title or shown_name(path),
        artist=lines.artist,
        isrc=lines.isrc,
        gap_before_seconds=gap,
        fade_in_ms=lines.fade_in_ms,
        fade_out_ms=lines.fade_out_ms,
        trim_start=album.trim_start if lines.trim_start is None else lines.trim_start,
        trim_end=album.trim_end if lines.trim_end is None else lines.trim_end,
    )


def checked(what: str, value: float | None, limits: tuple[float, float], unit: str) -> None:
    # subtle: written so that NaN, which TOML has, is refused too.
    if value is not None and not limits[0] <= value <= limits[1]:
        raise OutOfRange(f"{what} is {value:g} {unit}; possible are {limits[0]:g} to {limits[1]:g}")


def check_once(paths: Sequence[Path]) -> None:
    for path, count in Counter(paths).items():
        if count > 1:
            raise RequestError(f'{SHEET_NAME} names "{path.name}" {count} times; a track is on an album once')


def ordered(tracks: list[AlbumTrack], order: Sequence[int]) -> list[AlbumTrack]:
    """The tracks in another order, numbered anew.

    Raises
    ------
    RequestError
        if the order does not name every track once.
    """
    if not order:
        return tracks
    if sorted(order) != list(range(1, len(tracks) + 1)):
        listed = ", ".join(f"{track.number} {track.path.name}" for track in tracks[:12])
        more = f" and {len(tracks) - 12} more" if len(tracks) > 12 else ""
        raise RequestError(f"the order must name each of the {len(tracks)} tracks once; they are: {listed}{more}")
    return [replace(tracks[one - 1], number=number) for number, one in enumerate(order, 1)]


def check_codes(sheet: AlbumSheet) -> None:
    """Every ISRC is one, and no two tracks share one."""
    codes = []
    for track in sheet.tracks:
        try:
            codes += [normal_isrc(track.isrc)] if track.isrc.strip() else []
        except RequestError as wrong:
            raise RequestError(f"track {track.number}: {wrong}") from wrong
    for isrc, count in Counter(codes).items():
        if count > 1:
            raise RequestError(f"{count} tracks have the same ISRC {isrc}; every recording has its own")


def write_sheet(folder: Path | str, changes: SheetChanges | None = None) -> Path:
    """Write an ``album.toml`` for the files of a folder, with every line that it can have, to be filled in.

    Raises
    ------
    RequestError
        if there is one already, or no sound.
    """
    place = Path(folder)
    path = place / SHEET_NAME
    if path.exists():
        raise RequestError(f'"{path}" is there already; change it, or move it away first')
    album = read_album(place, changes)
    write_whole(path, sheet_text(album, changes or SheetChanges()).encode())
    return path


def sheet_text(album: AlbumSheet, changes: SheetChanges) -> str:
    """The text of a template; lines that change nothing are comments."""
    gap = f"gap_seconds = {changes.gap_seconds:g}" if changes.gap_seconds is not None else "# gap_seconds = 2.0"
    lines = [
        "# An album for Bandmate. The order of the [[track]] parts is the order of the album.",
        f"title = {quoted(album.title)}",
        f"artist = {quoted(album.artist)}",
        f"ean = {quoted(album.ean)}  # bar code, 12 or 13 digits",
        f"{gap}  # before each track; without this line 2 s on a CD, none in single files",
        "# trim_start = true  # cut the silence before the first sound of every track",
        "# trim_end = true  # cut the silence after the last sound of every track",
    ]
    for track in album.tracks:
        lines += [
            "",
            "[[track]]",
            f"file = {quoted(track.path.name)}",
            f"title = {quoted(track.title)}",
            f"# artist = {quoted(album.artist)}  # where it is not the album's",
            f"isrc = {quoted(track.isrc)}  # such as GB-AYE-26-00001",
            "# gap_before_seconds = 2.0",
            "# fade_in_ms = 0",
            "# fade_out_ms = 0",
        ]
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """A basic string of TOML; JSON writes them alike, but for one character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")
