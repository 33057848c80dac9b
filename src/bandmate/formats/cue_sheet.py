"""Cue sheets: one WAV with a whole disc in it, and a text that says where its tracks begin; written and read.

Conventions: times are ``MM:SS:FF`` in 75ths of a second and count from the start of the WAV. The WAV has no two seconds
of silence at its start, because every program that burns it puts them there itself; only what a longer first pause has
beyond them is in the WAV, from index 00. The other pauses are in the WAV.

Choices: ISO 8859-1 where it has all letters, because many old programs read nothing else; UTF-8 with a byte order mark
where it has not. A track without an artist has the disc's. A quotation mark in a text becomes ``'``, because a cue
sheet knows no way to write one. COMPOSER, ARRANGER and MESSAGE are written as well; programs that do not know a line
leave it out.

Not covered: several files in one sheet, data tracks, POSTGAP, CDTEXTFILE, indexes beyond 01 (they are left out with a
remark).

References: CDRWIN User's Guide, "Cuesheet commands"; which lines and orders programs take, from the ddp-reverse-eng
project's notes on cue2ddp; the sheets are also read by cuetools' ``cueprint``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from bandmate.formats.atomic_file import AtomicFile, disk_errors, write_whole
from bandmate.formats.containers import media_errors
from bandmate.formats.disc import (
    CHANNELS,
    FIRST_PAUSE_SECTORS,
    RATE_HZ,
    SECTOR_FRAMES,
    TEXT_NAMES,
    Disc,
    DiscTexts,
    DiscTrack,
    clock,
    retitled,
    sector_of,
)
from bandmate.formats.disc_image import image_blocks
from bandmate.formats.latin_text import fits_latin
from bandmate.formats.red_book import PressableDisc, one_line, pressable
from bandmate.formats.wav_write import WavSink
from bandmate.song.errors import MediaError, RequestError

if TYPE_CHECKING:
    from bandmate.formats.disc_image import Block

Encoding = Literal["auto", "utf-8", "latin-1"]
COMMANDS = {"PERFORMER": "artist", **{name.upper(): name for name in TEXT_NAMES if name != "artist"}}
"""Lines with a text, and what Bandmate calls it."""
WORD = re.compile(r'"([^"]*)"|(\S+)')
TIME = re.compile(r"(\d{1,3}):([0-5]?\d):([0-7]?\d)$")
MOST_SHEET_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class WrittenCue:
    """A WAV with a whole disc and its cue sheet, and what to tell."""

    wav: Path
    sheet: Path
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CueSheet:
    """A cue sheet as it was read: the disc, the name of its sound file, and what could not be kept."""

    disc: Disc
    audio_name: str
    remarks: tuple[str, ...]


def write_cue_image(path: Path | str, disc: Disc, blocks: Iterable[Block]) -> WrittenCue:
    """Write a disc as one WAV at ``path``, and the cue sheet beside it.

    Parameters
    ----------
    path : Path or str
        Of the WAV; the sheet gets the same name with ``.cue``.
    disc : Disc
    blocks : iterable of int16 array (2, frames)
        The sound of all tracks at 44.1 kHz, dithered, without pauses.

    Raises
    ------
    OutOfRange, RequestError
        if the disc breaks the Red Book's rules, or the sound is not as long as the tracks.
    ProjectError
        if the folder may not be written or the disk is full.
    """
    path = Path(path)
    sheet = path.with_suffix(".cue")
    if sheet == path:
        raise RequestError(f'"{path.name}" is the name of the sheet; give the name of the sound, with .wav')
    pressed = pressable(disc)
    cue_sheet(pressed, path.name)
    tags = {"title": pressed.disc.title, "artist": pressed.disc.artist, "album": pressed.disc.title}
    with AtomicFile(path) as target, disk_errors(path):
        sink = WavSink(
            target.file,
            RATE_HZ,
            CHANNELS,
            bits=16,
            tags={name: text for name, text in tags.items() if text},
            broadcast=None,
        )
        for block in image_blocks(pressed, blocks, skipped_sectors=FIRST_PAUSE_SECTORS):
            sink.write(block.astype("int32"))
        sink.finish()
    text_remarks = write_cue_sheet(sheet, pressed.disc, path.name)
    return WrittenCue(path, sheet, pressed.remarks + text_remarks)


def write_cue_sheet(path: Path | str, disc: Disc, audio_name: str, *, encoding: Encoding = "auto") -> tuple[str, ...]:
    """Write a cue sheet for a WAV that has the disc without its first two seconds; gives remarks.

    Raises
    ------
    OutOfRange, RequestError
        if the disc breaks the Red Book's rules.
    ProjectError
        if it cannot be written.
    """
    text = cue_sheet(pressable(disc), audio_name)
    plain = text.replace("\n", "")
    if encoding == "auto":
        encoding = "latin-1" if fits_latin(plain) else "utf-8"
    codec = "utf-8-sig" if encoding == "utf-8" and not plain.isascii() else encoding
    write_whole(Path(path), text.replace("\n", "\r\n").encode(codec, errors="replace"))
    said = []
    if encoding == "utf-8" and not plain.isascii():
        said.append(
            "the cue sheet is in UTF-8, because ISO 8859-1 does not have its letters; old programs may show signs"
        )
    if encoding == "latin-1" and not fits_latin(plain):
        said.append('letters that ISO 8859-1 does not have are written as "?" in the cue sheet')
    if any('"' in text for holder in (disc, *disc.tracks) for text in texts_of(holder).values()):
        said.append("quotation marks in titles are written as ' in the cue sheet, which has no other way")
    return tuple(said)


def texts_of(holder: DiscTexts) -> dict[str, str]:
    return {name: getattr(holder, name) for name in TEXT_NAMES}


def cue_sheet(pressed: PressableDisc, audio_name: str) -> str:
    """The text of a cue sheet, lines ended by ``\\n``.

    Raises
    ------
    RequestError
        for a file name with a quotation mark, which a cue sheet cannot hold.
    """
    if '"' in audio_name:
        raise RequestError(f"the file name {audio_name} has a quotation mark, which no cue sheet can hold; rename it")
    return "\n".join(sheet_lines(pressed, audio_name)) + "\n"


def sheet_lines(pressed: PressableDisc, audio_name: str) -> Iterator[str]:
    disc = pressed.disc
    # Readers that stumble over the byte order mark lose the first line, so it is one that nobody needs.
    yield 'REM COMMENT "Bandmate"'
    if disc.catalogue_number:
        yield f"REM CATALOGUE_NUMBER {quoted(disc.catalogue_number)}"
    if disc.ean:
        yield f"CATALOG {disc.ean}"
    yield from text_lines(disc, "")
    yield f'FILE "{audio_name}" WAVE'
    for track, place in zip(disc.tracks, pressed.layout.places, strict=True):
        yield f"  TRACK {place.number:02d} AUDIO"
        yield from text_lines(replace(track, artist=track.artist or disc.artist), "    ")
        if track.isrc:
            yield f"    ISRC {track.isrc}"
        flags = ["DCP"] * track.is_copy_permitted + ["PRE"] * track.has_pre_emphasis
        if flags:
            yield f"    FLAGS {' '.join(flags)}"
        pause = max(0, place.pause_sector - FIRST_PAUSE_SECTORS)
        start = place.start_sector - FIRST_PAUSE_SECTORS
        if pause != start:
            yield f"    INDEX 00 {clock(pause)}"
        yield f"    INDEX 01 {clock(start)}"


def text_lines(holder: DiscTexts, indent: str) -> Iterator[str]:
    texts = texts_of(holder)
    for command in ("TITLE", *(name for name in COMMANDS if name != "TITLE")):
        if texts[COMMANDS[command]]:
            yield f"{indent}{command} {quoted(texts[COMMANDS[command]])}"


def quoted(text: str) -> str:
    return '"' + one_line(text).replace('"', "'") + '"'


@dataclass(slots=True)
class SheetTrack:
    """A track while its lines are read."""

    number: int
    texts: dict[str, str] = field(default_factory=dict)
    isrc: str = ""
    flags: tuple[str, ...] = ()
    indexes: dict[int, int] = field(default_factory=dict)
    added_sectors: int = 0


def read_cue_sheet(path: Path | str, *, image_frames: int | None = None) -> CueSheet:
    """Read a cue sheet for one sound file.

    Parameters
    ----------
    path : Path or str
        UTF-8, with or without a byte order mark, or else ISO 8859-1.
    image_frames : int, optional
        Length of the sound file at 44.1 kHz; without it the file itself is asked.

    Raises
    ------
    MediaError
        naming the line that makes no sense, or if the sound file is needed and missing, or not at 44.1 kHz.
    """
    path = Path(path)
    with media_errors(path):
        if path.stat().st_size > MOST_SHEET_BYTES:
            raise MediaError(f'"{path.name}" is too large for a cue sheet; choose the .cue file, not the sound')
        lines = decoded(path.read_bytes()).splitlines()
    reader = SheetReader(path.name)
    for number, line in enumerate(lines, start=1):
        reader.take(number, line)
    frames = audio_frames(path.with_name(reader.audio_name)) if image_frames is None else image_frames
    return reader.finished(-(-frames // SECTOR_FRAMES))


def decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def audio_frames(path: Path) -> int:
    """Length of a disc's sound file."""
    from bandmate.formats.audio_files import probe

    facts = probe(path)
    if facts.rate_hz != RATE_HZ:
        raise MediaError(f'"{path.name}" is at {facts.rate_hz} Hz; a cue sheet counts in CD sectors of {RATE_HZ} Hz')
    return facts.frames


class SheetReader:
    """What the lines of a cue sheet have said so far."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.audio_name = ""
        self._texts: dict[str, str] = {}
        self._ean = self._catalogue_number = ""
        self._tracks: list[SheetTrack] = []
        self._remarks: list[str] = []

    def take(self, number: int, line: str) -> None:
        """Read a line."""
        words = [quote or bare for quote, bare in WORD.findall(line)]
        if not words:
            return
        command, rest = words[0].upper(), words[1:]
        try:
            if command in COMMANDS:
                texts = self._tracks[-1].texts if self._tracks else self._texts
                texts[COMMANDS[command]] = text_in(line) if '"' in line else " ".join(rest)
            else:
                self._take_fact(number, command, rest)
        except (IndexError, ValueError) as wrong:
            raise MediaError(f'line {number} of "{self._name}" makes no sense: "{line.strip()}"') from wrong

    def _take_fact(self, number: int, command: str, rest: list[str]) -> None:
        if command == "FILE":
            if self.audio_name:
                raise MediaError(f'"{self._name}" names several sound files; Bandmate reads sheets for one')
            self.audio_name = rest[0]
        elif command == "CATALOG":
            self._ean = rest[0]
        elif command == "REM" and rest[:1] == ["CATALOGUE_NUMBER"]:
            self._catalogue_number = rest[1]
        elif command == "TRACK":
            if rest[1].upper() != "AUDIO":
                raise MediaError(f'track {rest[0]} of "{self._name}" is {rest[1]}; Bandmate reads audio CDs')
            self._tracks.append(SheetTrack(int(rest[0])))
        elif command in ("ISRC", "FLAGS", "INDEX", "PREGAP"):
            self._take_track_fact(command, rest)
        elif command != "REM":
            self._remarks.append(f"line {number} ({command}) is left out")

    def _take_track_fact(self, command: str, rest: list[str]) -> None:
        track = self._tracks[-1]
        if command == "ISRC":
            track.isrc = rest[0]
        elif command == "FLAGS":
            track.flags = tuple(flag.upper() for flag in rest)
        elif command == "PREGAP":
            track.added_sectors = sector_in(rest[0])
        else:
            track.indexes[int(rest[0])] = sector_in(rest[1])

    def finished(self, image_sectors: int) -> CueSheet:
        """The disc, once all lines are read."""
        starts = [track.indexes.get(1) for track in self._tracks]
        if not self.audio_name or not self._tracks or None in starts:
            lacking = "a FILE" if not self.audio_name else "a TRACK" if not self._tracks else "an INDEX 01 in a track"
            raise MediaError(f'"{self._name}" lacks {lacking}; it is no complete cue sheet')
        begins = [track.indexes.get(0, track.indexes[1]) for track in self._tracks]
        tracks = []
        for place, track in enumerate(self._tracks):
            end = begins[place + 1] if place + 1 < len(begins) else image_sectors
            tracks.append(self._finished_track(track, is_first=place == 0, end=end))
        disc = Disc(tracks=tuple(tracks), ean=self._ean, catalogue_number=self._catalogue_number)
        return CueSheet(retitled(disc, self._texts), self.audio_name, tuple(self._remarks))

    def _finished_track(self, track: SheetTrack, *, is_first: bool, end: int) -> DiscTrack:
        start = track.indexes[1]
        begin = 0 if is_first else track.indexes.get(0, start)
        if not begin <= start < end:
            raise MediaError(
                f'track {track.number} of "{self._name}" begins at {clock(start)} and ends at {clock(end)}; '
                "the sheet does not belong to this sound, or its times are in disorder"
            )
        beyond = [str(index) for index in track.indexes if index > 1]
        lost = [flag for flag in track.flags if flag not in ("DCP", "PRE")]
        if beyond or lost:
            self._remarks.append(f"track {track.number}: {' '.join(['index ' + i for i in beyond] + lost)} is left out")
        kept = DiscTrack(
            frames=(end - start) * SECTOR_FRAMES,
            pause_sectors=start - begin + (FIRST_PAUSE_SECTORS if is_first else track.added_sectors),
            isrc=track.isrc,
            is_copy_permitted="DCP" in track.flags,
            has_pre_emphasis="PRE" in track.flags,
        )
        return retitled(kept, track.texts)


def text_in(line: str) -> str:
    """What stands between the first and the last quotation mark of a line; inside it they may stand as well."""
    return line[line.index('"') + 1 :].rpartition('"')[0]


def sector_in(text: str) -> int:
    """The sector that ``MM:SS:FF`` names."""
    found = TIME.match(text)
    if not found or int(found[3]) > 74:
        raise ValueError(text)
    return sector_of(int(found[1]), int(found[2]), int(found[3]))
