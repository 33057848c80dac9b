"""Writing a song as a DAWproject: one file that Bitwig Studio, Studio One, Cubase and others open.

Conventions: a zip with ``project.xml``, ``metadata.xml`` and ``audio/*.wav``; sound is stored, not deflated, at its own
rate. What has no place in the format is not guessed at: it is said in ``ExportReport.left_out``, and the caller may
render the strip (clips, polarity, delay and inserts, before the fader, from the start of the song) and pass it as
printed. Equal songs and files give equal bytes.

Not covered: plug-in state, group tracks, scenes. An instrument does not travel: notes do.

Reference: DAWproject 1.0 (github.com/bitwig/dawproject).
"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from bandmate.formats.atomic_file import AtomicFile, disk_errors
from bandmate.formats.audio_files import decode_blocks, probe
from bandmate.formats.audio_write import AudioWriter
from bandmate.formats.dawproject_devices import device_left_out
from bandmate.formats.dawproject_values import first_of_each
from bandmate.formats.dawproject_xml import PackedAudio, ProjectBuilder, is_printed, metadata_element
from bandmate.song.clips import AudioClip, NoteClip
from bandmate.song.errors import RequestError, UnknownName
from bandmate.song.song import Song, audio_hashes, check_references
from bandmate.song.tracks import Bus, Main, Track
from bandmate.song.values import slug

FIXED_DATE = (1980, 1, 1, 0, 0, 0)
PLAIN_FILE = 0o644 << 16
UNIX = 3
COPY_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class ExportedAudio:
    """A recording for the zip: a sound file of any kind, and the name it shall have there. A WAV goes in as it is,
    anything else as 32-bit float WAV."""

    path: Path
    name: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that does not travel: on which strip, what, and whether printing the strip would keep its sound."""

    strip: str
    what: str
    is_printable: bool = True

    def __str__(self) -> str:
        return f"{self.strip}: {self.what}"


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What an export left out, and the sound files in the zip."""

    left_out: tuple[LeftOut, ...]
    files: tuple[str, ...]


def write_dawproject(
    song: Song,
    path: Path | str,
    media_files: Callable[[str], ExportedAudio],
    metadata: Mapping[str, str] | None = None,
    *,
    printed: Mapping[str, ExportedAudio] | None = None,
    version: str = "0.1.0",
) -> ExportReport:
    """Write ``song`` to ``path``.

    Parameters
    ----------
    song : Song
    path : Path or str
    media_files : callable
        from the hash of a recording to its file; asked once for each.
    metadata : mapping, optional
        Title, Artist, Album, OriginalArtist, Composer, Songwriter, Producer, Arranger, Year, Genre, Copyright, Website,
        Comment; the title is the song's unless given.
    printed : mapping, optional
        from the id of a track, or of a bus that is only sent to, to its sound before the fader, from the start of the
        song. The strip keeps fader, pan, automation, and a track its sends; sends to a printed bus are taken away.
    version : str
        of Bandmate, for the file.

    Returns
    -------
    ExportReport

    Raises
    ------
    UnknownName
        if a bus is named that is not there, or something is printed that is not there.
    RequestError
        if buses feed each other in a circle, or a bus that tracks play into is printed.
    MediaError
        if a recording cannot be read.
    ProjectError
        if the folder is missing or read-only, or the disk is full.
    """
    check_references(song)
    printed = dict(printed or {})
    check_printed(song, printed)
    path = Path(path)
    with AtomicFile(path) as target, disk_errors(path), zipfile.ZipFile(target.file, "w") as archive:
        packer = Packer(archive)
        used = {
            clip.audio
            for track in song.tracks
            if track.id not in printed
            for clip in track.clips
            if isinstance(clip, AudioClip)
        }
        packed = {audio: packer.packed(media_files(audio)) for audio in audio_hashes(song) if audio in used}
        prints = {name: packer.packed(file) for name, file in printed.items()}
        project = ProjectBuilder(song, packed.__getitem__, prints, version).project()
        write_entry(archive, "project.xml", xml_bytes(project))
        write_entry(archive, "metadata.xml", xml_bytes(metadata_element(song, metadata or {})))
    return ExportReport(tuple(left_out(song, frozenset(printed))), tuple(packer.files))


def check_printed(song: Song, printed: Mapping[str, ExportedAudio]) -> None:
    """Every printed strip is a track or a bus that only gets sends."""
    strips = {track.id for track in song.tracks} | {bus.id for bus in song.buses}
    fed = {track.output for track in song.tracks} | {bus.output for bus in song.buses}
    for name in printed:
        if name not in strips:
            raise UnknownName("track or bus", name, sorted(strips))
    for bus in song.buses:
        name = bus.id
        if name in fed and is_printed(song, bus, printed):
            raise RequestError(
                f'bus "{name}" gets whole tracks and would be heard twice when printed; print those tracks instead'
            )


class Packer:
    """Puts sound files into the zip, each under a name of its own."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._taken: set[str] = set()
        self.files: list[str] = []

    def packed(self, audio: ExportedAudio) -> PackedAudio:
        """Put one file in."""
        facts = probe(audio.path)
        name = slug(audio.name, self._taken)
        self._taken.add(name)
        inside = f"audio/{name}.wav"
        self.files.append(inside)
        if facts.container == "wav":
            with audio.path.open("rb") as source:
                copy_entry(self._archive, inside, source)
            return PackedAudio(inside, facts.channels, facts.frames, facts.rate_hz)
        with tempfile.TemporaryDirectory() as folder:
            wav = Path(folder) / "decoded.wav"
            with AudioWriter(wav, facts.rate_hz, facts.channels, kind="wav-32f") as writer:
                for block in decode_blocks(audio.path):
                    writer.write(block)
            with wav.open("rb") as source:
                copy_entry(self._archive, inside, source)
        return PackedAudio(inside, facts.channels, writer.frames, facts.rate_hz)


def entry(name: str, method: int) -> zipfile.ZipInfo:
    """A place in the zip without a date and a user."""
    info = zipfile.ZipInfo(name, FIXED_DATE)
    info.compress_type, info.external_attr, info.create_system = method, PLAIN_FILE, UNIX
    return info


def copy_entry(archive: zipfile.ZipFile, name: str, source: BinaryIO) -> None:
    with archive.open(entry(name, zipfile.ZIP_STORED), "w", force_zip64=True) as into:
        while data := source.read(COPY_BYTES):
            into.write(data)


def write_entry(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    archive.writestr(entry(name, zipfile.ZIP_DEFLATED), data)


def xml_bytes(root: Any) -> bytes:
    from lxml import etree

    data: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return data


def left_out(song: Song, printed: frozenset[str] = frozenset()) -> Iterator[LeftOut]:
    """What of ``song`` a DAWproject cannot hold, strip by strip; of printed strips, what comes after the print."""
    for track in song.tracks:
        yield from track_left_out(track, is_print=is_printed(song, track, printed))
    for bus in song.buses:
        yield from strip_left_out(f'bus "{bus.id}"', bus, is_print=is_printed(song, bus, printed))
    yield from strip_left_out("main", song.main, is_print=False)


def track_left_out(track: Track, *, is_print: bool) -> Iterator[LeftOut]:
    strip = f'track "{track.id}"'
    if not is_print:
        if track.polarity_inverted:
            yield LeftOut(strip, "the inverted polarity")
        if track.delay_ms:
            yield LeftOut(strip, f"the delay of {track.delay_ms:g} ms")
        for clip in track.clips:
            if isinstance(clip, AudioClip) and clip.gain_db:
                yield LeftOut(strip, f'the gain of {clip.gain_db:+g} dB of the clip "{clip.id}"')
        programs = {clip.instrument for clip in track.clips if isinstance(clip, NoteClip)}
        for instrument in sorted(programs, key=lambda one: (one.is_drums, one.program)):
            kind = "drum kit" if instrument.is_drums else "instrument"
            yield LeftOut(strip, f"the {kind} (General MIDI {instrument.program + 1}); choose a sound for the notes")
    yield from strip_left_out(strip, track, is_print=is_print)


def strip_left_out(name: str, strip: Track | Bus | Main, *, is_print: bool) -> Iterator[LeftOut]:
    can_print = not isinstance(strip, Main)
    for device in () if is_print else strip.inserts:
        for what in device_left_out(device):
            yield LeftOut(name, what, can_print)
    kept = first_of_each(strip.automation)
    for automation in strip.automation:
        if automation.points and automation not in kept:
            yield LeftOut(name, f'the second automation of {automation.parameter}, "{automation.id}"', False)
