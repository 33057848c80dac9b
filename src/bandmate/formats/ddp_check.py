"""Reading a DDP file set back: which disc it is, and whether every field, length and checksum holds.

Conventions: what makes the set unreadable is a ``MediaError``; what a plant would stumble over is a problem, one
sentence each, and a set without problems can be sent. Sets of other programs are read as well: other file names,
numbers padded with blanks, one lead-out, the bar code in every packet, checksums under other names.

Not covered: playing it, DDP 1.01, several images, more than the indexes 0 and 1 (they are named as a problem).

References: see ``bandmate.formats.ddp_fields``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from bandmate.formats.cd_text import CODES, DISC_ID, TEXT_KINDS, read_cd_text
from bandmate.formats.containers import media_errors
from bandmate.formats.ddp import ID_NAME, MAP_NAME
from bandmate.formats.ddp_fields import (
    COPY_BIT,
    ID_BYTES,
    ID_FIELDS,
    LEAD_IN,
    LEAD_OUT,
    LEVEL,
    MAIN_DATA,
    MAP_FIELDS,
    MAP_MARK,
    NAME_LETTERS,
    PQ_FIELDS,
    PQ_KIND,
    PQ_MARK,
    PRE_EMPHASIS_BIT,
    SUBCODE,
    TEXT_KIND,
    PqMark,
    parsed,
    parsed_all,
    parsed_pq,
)
from bandmate.formats.disc import SECTOR_BYTES, SECTOR_FRAMES, Disc, DiscTrack, Layout, Place, clock, laid_out, retitled
from bandmate.formats.isrc import normal_ean
from bandmate.formats.red_book import pressable
from bandmate.song.errors import MediaError, RequestError

SUM_LENGTHS = {32: "md5", 64: "sha256"}
SUM_LINE = re.compile(r"^([0-9a-fA-F]+) [ *]?(.+?)\r?$")
MOST_SUM_BYTES = 1 << 16
READ_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class DdpSet:
    """A file set as it was read.

    ``disc`` has the lengths of the tracks in whole sectors; ``master_id`` is what the plant calls it; ``problems`` is
    empty for a set that can be sent.
    """

    folder: Path
    disc: Disc
    layout: Layout
    image: Path
    master_id: str
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Streams:
    """The files that the map stream names, with the packets that name them."""

    image: tuple[Path, dict[str, str]]
    pq: tuple[Path, dict[str, str]]
    text: tuple[Path, dict[str, str]] | None


def read_ddp(folder: Path | str, *, has_sums_checked: bool = True) -> DdpSet:
    """Read a file set and check it.

    Parameters
    ----------
    folder : Path or str
    has_sums_checked : bool
        Whether the checksums are made anew, for which the whole image is read.

    Raises
    ------
    MediaError
        if it is no DDP file set, a file that it names is missing, or a record makes no sense.
    """
    folder = Path(folder)
    with media_errors(folder):
        identity = read_identity(folder)
        streams = read_map(folder)
        marks = [
            parsed_pq(values, streams.pq[0].name)
            for values in parsed_all(PQ_FIELDS, streams.pq[0].read_bytes(), PQ_MARK, streams.pq[0].name)
        ]
        layout, tracks = read_tracks(marks, streams.pq[0].name)
        texts = read_cd_text(streams.text[0].read_bytes(), streams.text[0].name) if streams.text else {}
        disc = with_texts(Disc(tracks=tracks, ean=disc_ean(identity, marks)), texts)
        problems = [
            *identity_problems(identity, marks),
            *length_problems(streams, layout),
            *mark_problems(marks),
            *text_problems(disc, texts),
            *rule_problems(disc, layout),
            *(sum_problems(folder) if has_sums_checked else ()),
        ]
    return DdpSet(folder, disc, layout, streams.image[0], identity["MID"], tuple(problems))


def read_identity(folder: Path) -> dict[str, str]:
    """The DDPID."""
    path = folder / ID_NAME
    if not path.is_file():
        raise MediaError(f'"{folder.name}" has no {ID_NAME} in it; it is no DDP file set')
    data = path.read_bytes()
    if len(data) != ID_BYTES:
        raise MediaError(f'"{ID_NAME}" has {len(data)} bytes instead of {ID_BYTES}; ask for the disc image again')
    return parsed(ID_FIELDS, data)


def read_map(folder: Path) -> Streams:
    """The map stream: which file is the image, which the PQ descriptor, which the CD-Text."""
    path = folder / MAP_NAME
    if not path.is_file():
        raise MediaError(f'"{folder.name}" has no {MAP_NAME} in it; it is no DDP file set')
    found: dict[str, tuple[Path, dict[str, str]]] = {}
    for values in parsed_all(MAP_FIELDS, path.read_bytes(), MAP_MARK, MAP_NAME):
        kind = values["SUB"] if values["DST"] == SUBCODE else values["DST"]
        if kind not in (MAIN_DATA, PQ_KIND, TEXT_KIND):
            continue
        if kind in found:
            raise MediaError(f'"{MAP_NAME}" names two streams {kind}; Bandmate reads discs with one')
        found[kind] = (named_file(folder, values["DSI"]), values)
    for kind in (MAIN_DATA, PQ_KIND):
        if kind not in found:
            raise MediaError(f'"{MAP_NAME}" names no stream {kind}; a disc needs it, ask for the disc image again')
    return Streams(found[MAIN_DATA], found[PQ_KIND], found.get(TEXT_KIND))


def named_file(folder: Path, name: str) -> Path:
    """A file of the set. A name with a path in it could lead out of the folder, and is refused."""
    if not name or re.search(r"[/\\:]", name) or name in (".", ".."):
        raise MediaError(f'"{MAP_NAME}" names a file "{name}", which is none of this folder')
    path = folder / name
    if not path.is_file():
        raise MediaError(f'"{MAP_NAME}" names "{name}", but there is no such file in "{folder.name}"; copy it again')
    return path


def read_tracks(marks: Sequence[PqMark], name: str) -> tuple[Layout, tuple[DiscTrack, ...]]:
    """Tracks and layout from the marks."""
    if not marks or marks[0].track != LEAD_IN or marks[-1].track != LEAD_OUT:
        raise MediaError(f'"{name}" must begin with the lead-in (00) and end with the lead-out (AA)')
    lead_out = marks[-1].sector
    starts = [mark for mark in marks if mark.track not in (LEAD_IN, LEAD_OUT) and mark.index == 1]
    pauses = {mark.track: mark.sector for mark in marks if mark.index == 0}
    order = [f"{number:02d}" for number in range(1, len(starts) + 1)]
    seen = list(dict.fromkeys(mark.track for mark in marks if mark.track not in (LEAD_IN, LEAD_OUT)))
    if not starts or seen != order or [mark.track for mark in starts] != order:
        raise MediaError(f'"{name}" must have the tracks 01, 02 … in order, each with one index 01')
    places = [
        Place(number, pauses.get(mark.track, mark.sector), mark.sector) for number, mark in enumerate(starts, start=1)
    ]
    ends = [place.pause_sector for place in places[1:]] + [lead_out]
    codes = {mark.track: mark.isrc for mark in reversed(marks) if mark.isrc}
    tracks = tuple(
        DiscTrack(
            frames=(end - place.start_sector) * SECTOR_FRAMES,
            pause_sectors=place.start_sector - place.pause_sector,
            isrc=codes.get(mark.track, ""),
            is_copy_permitted=bool(mark.control & COPY_BIT),
            has_pre_emphasis=bool(mark.control & PRE_EMPHASIS_BIT),
        )
        for mark, place, end in zip(starts, places, ends, strict=True)
    )
    return Layout(tuple(places), lead_out), tracks


def disc_ean(identity: Mapping[str, str], marks: Sequence[PqMark]) -> str:
    """The bar code: from the PQ descriptor, which is what gets onto the disc, or else from the DDPID."""
    return next((mark.ean for mark in marks if mark.ean), identity["UPC"])


def with_texts(disc: Disc, texts: Mapping[int, Sequence[str]]) -> Disc:
    """The disc with the texts of its CD-Text."""
    for name, kind in TEXT_KINDS.items():
        row = [*texts.get(kind, ()), *[""] * (len(disc.tracks) + 1)]
        tracks = tuple(retitled(track, {name: row[number]}) for number, track in enumerate(disc.tracks, start=1))
        disc = retitled(replace(disc, tracks=tracks), {name: row[0]})
    return replace(disc, catalogue_number=texts[DISC_ID][0]) if DISC_ID in texts else disc


def identity_problems(identity: Mapping[str, str], marks: Sequence[PqMark]) -> Iterator[str]:
    if identity["DDPID"] != LEVEL:
        yield f'{ID_NAME}: the level is "{identity["DDPID"]}", Bandmate knows "{LEVEL}"'
    if identity["TYPE"] != "CD":
        yield f'{ID_NAME}: the type of disc is "{identity["TYPE"]}" instead of CD'
    in_marks = {mark.ean for mark in marks if mark.ean}
    if identity["UPC"] and not in_marks:
        yield f"the bar code {identity['UPC']} stands in {ID_NAME} only; without it in the PQ codes no disc bears it"
    if len({bare_code(code) for code in in_marks | {identity["UPC"] or next(iter(in_marks), "")}}) > 1:
        yield f"the bar codes differ: {ID_NAME} has {identity['UPC']}, the PQ codes have {', '.join(sorted(in_marks))}"


def bare_code(code: str) -> str:
    """A bar code as an EAN-13, where it is one."""
    try:
        return normal_ean(code)
    except RequestError:
        return code


def length_problems(streams: Streams, layout: Layout) -> Iterator[str]:
    """What the map stream says of the files, against the files."""
    for path, values in filter(None, (streams.pq, streams.text)):
        if number(values["DSL"]) != path.stat().st_size:
            yield f"{path.name} has {path.stat().st_size} bytes, {MAP_NAME} says {values['DSL']}"
    path, values = streams.image
    size, sectors = path.stat().st_size, number(values["DSL"])
    if size % SECTOR_BYTES:
        yield f"{path.name} has {size} bytes, no whole number of sectors ({SECTOR_BYTES} bytes); it was cut off"
    if size // SECTOR_BYTES != sectors:
        yield f"{path.name} has {size // SECTOR_BYTES} sectors, {MAP_NAME} says {values['DSL']}"
    if sectors != layout.lead_out_sector:
        yield f"the image lasts {clock(sectors or 0)}, the lead-out is at {clock(layout.lead_out_sector)}"
    if (pause := number(values["PRE2"])) != layout.places[0].start_sector:
        yield f"{MAP_NAME} says {pause} sectors before track 1, the PQ codes say {layout.places[0].start_sector}"
    fixed = {"CDM": ("DA",), "SSM": ("7", "0"), "SCR": ("0", "1"), "DSS": ("", "0" * 8, "0")}
    for field, known in fixed.items():
        if values[field] not in known:
            yield f'{MAP_NAME}: {field} of the image is "{values[field]}", expected {" or ".join(filter(None, known))}'
    for _, packet in filter(None, (streams.image, streams.pq, streams.text)):
        if number(packet["SIZ"]) != NAME_LETTERS:
            yield f'{MAP_NAME}: the width of the name {packet["DSI"]} is "{packet["SIZ"]}" instead of {NAME_LETTERS}'


def number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None


def mark_problems(marks: Sequence[PqMark]) -> Iterator[str]:
    """Order and flags of the marks."""
    if marks[0].sector or marks[0].index or marks[1].sector or marks[1].index:
        yield "the PQ codes must begin with the lead-in and the pause of track 1, both at 00:00:00"
    for before, after in pairwise(marks):
        if after.sector < before.sector or (after.sector == before.sector and after.index > 0 and after != before):
            yield f"track {after.track} index {after.index} at {clock(after.sector)} is not after the mark before"
    for mark in marks:
        if mark.index > 1:
            yield f"track {mark.track} has an index {mark.index}, which Bandmate does not keep"
        if mark.control & ~(COPY_BIT | PRE_EMPHASIS_BIT) or mark.is_protected:
            yield f"track {mark.track} is marked as data, four channels or SCMS (control {mark.control:X})"
    for track in {mark.track for mark in marks}:
        if len({mark.control for mark in marks if mark.track == track}) > 1:
            yield f"the control flags change within track {track}"
        if len({mark.isrc for mark in marks if mark.track == track and mark.isrc}) > 1:
            yield f"track {track} has two different ISRCs"


def text_problems(disc: Disc, texts: Mapping[int, Sequence[str]]) -> Iterator[str]:
    """The CD-Text against the PQ codes."""
    for kind, row in texts.items():
        if kind != DISC_ID and len(row) != len(disc.tracks) + 1:
            yield f"the CD-Text has texts for {len(row) - 1} tracks, the disc has {len(disc.tracks)}"
            return
    for place, code in enumerate(texts.get(CODES, ())):
        known = disc.tracks[place - 1].isrc if place else disc.ean
        if code and bare_code(code) != bare_code(known):
            whose = f"track {place}" if place else "the disc"
            yield f'the CD-Text has the code {code} for {whose}, the PQ codes have "{known}"'


def rule_problems(disc: Disc, layout: Layout) -> Iterator[str]:
    """The Red Book's rules, the first that is broken."""
    try:
        pressable(disc)
    except RequestError as wrong:
        yield str(wrong)
        return
    if laid_out(disc).lead_out_sector != layout.lead_out_sector:
        yield "the tracks do not fill the time from the first pause to the lead-out"


def sum_problems(folder: Path) -> Iterator[str]:
    """Every checksum in every checksum file of the folder, made anew."""
    wanted: dict[tuple[str, str], tuple[str, str]] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in (".md5", ".sha256") and path.stat().st_size <= MOST_SUM_BYTES:
            for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
                found = SUM_LINE.match(line)
                kind = SUM_LENGTHS.get(len(found[1])) if found else None
                if found and kind:
                    wanted[found[2], kind] = (found[1].lower(), path.name)
    if not wanted:
        yield "there are no checksums beside the disc image; plants ask for CHECKSUM.MD5"
    for name in dict.fromkeys(name for name, _ in wanted):
        kinds = {kind: value for (other, kind), value in wanted.items() if other == name}
        path = folder / name
        if path.parent != folder or not path.is_file():
            yield f"{next(iter(kinds.values()))[1]} names {name}, which is not there"
            continue
        for kind, value in file_sums(path, tuple(kinds)).items():
            if value != kinds[kind][0]:
                yield f"{name} is not as {kinds[kind][1]} has it; it was changed or damaged, copy it again"


def file_sums(path: Path, kinds: Sequence[str]) -> dict[str, str]:
    hashes = {kind: hashlib.new(kind, usedforsecurity=False) for kind in kinds}
    with path.open("rb") as file:
        while data := file.read(READ_BYTES):
            for each in hashes.values():
                each.update(data)
    return {kind: each.hexdigest() for kind, each in hashes.items()}
