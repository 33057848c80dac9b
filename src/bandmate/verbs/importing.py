"""Bringing recordings and written music (MIDI, MusicXML, ABC) into a project.

Everything is looked at before anything is written: one bad file, and nothing is imported, with a message that names it.
The files themselves are copied into the project and never written again.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bandmate.formats.containers import media_errors
from bandmate.formats.scores import SCORE_ENDINGS
from bandmate.project.store import DATABASE_FILE
from bandmate.song.clips import AudioClip
from bandmate.song.errors import MediaError, RequestError
from bandmate.song.proposal import Author
from bandmate.song.song import Song
from bandmate.song.tracks import Track
from bandmate.song.values import slug
from bandmate.stages.mix.roles import SURE_ENOUGH, role_from_name
from bandmate.verbs.progress import Progress, part, silent

if TYPE_CHECKING:
    from bandmate.formats.audio_files import FileFacts
    from bandmate.formats.scores import Score
    from bandmate.project.folder import Project
    from bandmate.project.recordings import Recording

SOUND_ENDINGS = {".wav", ".wave", ".bwf", ".aif", ".aiff", ".aifc", ".flac", ".ogg", ".oga", ".opus"} | {
    ".mp3",
    ".m4a",
    ".mp4",
    ".aac",
    ".caf",
}
FOUND_IN_FOLDERS = SOUND_ENDINGS | SCORE_ENDINGS - {".xml"}
"""A file that ends in .xml can be anything; it is read as music only when it is named."""

CAN_HOLD_NAN = {"float", "double"}
"""Only these codecs can hold samples that are not numbers, so only these are read to the end before the import."""

LOWEST_SONG_RATE_HZ = 44_100
PRODUCTION_PROJECT = "project"
"""The folder of the project inside the results of a production."""

OWN_FOLDERS = ("audio", "cache", "plots")


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did: the new tracks' ids, and what the musician should know."""

    revision: str
    tracks: tuple[str, ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A sound file that passed all checks; ``is_cut_off`` where only a part of what it promises is there."""

    path: Path
    facts: FileFacts
    is_cut_off: bool = False


def import_files(
    project: Project, paths: Iterable[Path | str], *, progress: Progress = silent, allow_truncated: bool = False
) -> Imported:
    """Import files and folders of files: one track for each recording, the tracks of each MIDI, MusicXML or ABC file.

    The first recordings decide the song's sample rate: the rate most of them have, the higher of two equally frequent
    ones, at least 44.1 kHz. Roles are taken from names where those are clear.

    Raises
    ------
    RequestError
        if there is nothing to import.
    MediaError
        if a file cannot be read, has no frames, more than two channels, or samples that are not numbers. Nothing is
        imported then.
    """
    sounds, scores = sorted_out(paths)
    found, read = looked_at(sounds, scores, part(progress, 0.0, 0.3), allow_truncated=allow_truncated)
    song, remarks = project.song, list(rate_remarks(found))
    if not song.tracks and found:
        song = replace(song, rate_hz=common_rate(found))
    before = {track.id for track in song.tracks}
    song, more = with_recordings(project, song, found, part(progress, 0.3, 0.9))
    remarks += more
    for path, score in zip(scores, read, strict=True):
        song, more = with_score(song, path, score)
        remarks += more
    new = tuple(track.id for track in song.tracks if track.id not in before)
    files = (*sounds, *scores)
    names = ", ".join(path.name for path in files[:3]) + (" …" if len(files) > 3 else "")
    author = Author(kind="import", name=names)
    counted = f"{len(files)} files" if len(files) > 1 else "1 file"
    revision = project.commit(song, f"import {counted}: {names}", author=author)
    progress("imported", 1.0)
    return Imported(revision.id, new, tuple(remarks))


def sorted_out(paths: Iterable[Path | str]) -> tuple[list[Path], list[Path]]:
    """Sound files and written music among the paths; a folder stands for what is in it, without what is hidden."""
    files: list[Path] = []
    given = [Path(path) for path in paths]
    for path in given:
        with media_errors(path):
            files += folder_files(path) if path.is_dir() else [path]
    scores = [path for path in files if path.suffix.lower() in SCORE_ENDINGS]
    sounds = [path for path in files if path not in scores]
    if not files:
        places = ", ".join(f'"{path}"' for path in given) or "the list of files"
        raise RequestError(
            f"nothing to import in {places}: no sound file or written music there; give a folder of stems"
        )
    return sounds, scores


def folder_files(folder: Path, within: frozenset[Path] = frozenset()) -> list[Path]:
    """The sound files and written music in a folder and below it, by folder and name.

    What is hidden is left out, and so is what Bandmate wrote: projects, and what a production put beside its project.
    A link back to a folder that it is ``within`` is not followed. A link that leads nowhere is among the files, so that
    it is missed by name.
    """
    real = folder.resolve()
    if real in within:
        return []
    found: list[Path] = []
    for path in sorted(folder.iterdir(), key=lambda path: (path.is_dir(), path.name.casefold())):
        if path.name.startswith("."):
            continue
        if path.is_dir():
            found += [] if is_own(path) else folder_files(path, within | {real})
        elif (path.is_file() or path.is_symlink()) and path.suffix.lower() in FOUND_IN_FOLDERS:
            found.append(path)
    return found


def is_own(folder: Path) -> bool:
    """Whether a folder is a project, one of a project's own folders, or the results of a production."""
    holds_project = any((place / DATABASE_FILE).is_file() for place in (folder, folder / PRODUCTION_PROJECT))
    return holds_project or (folder.name in OWN_FOLDERS and (folder.parent / DATABASE_FILE).is_file())


def looked_at(
    sounds: Sequence[Path], scores: Sequence[Path], progress: Progress, *, allow_truncated: bool
) -> tuple[list[Found], list[Score]]:
    """Look at every file; of several bad ones the message names the first and says what is wrong with two more."""
    from bandmate.formats.scores import read_score

    found: list[Found] = []
    read: list[Score] = []
    bad: list[str] = []
    for count, path in enumerate((*sounds, *scores)):
        progress(f"looking at {path.name}", count / (len(sounds) + len(scores)))
        try:
            if count < len(sounds):
                found.append(checked(path, allow_truncated))
            else:
                read.append(read_score(path))
        except MediaError as problem:
            bad.append(str(problem))
    if bad:
        also = f" (and {len(bad) - 1} more: {'; '.join(bad[1:3])})" if len(bad) > 1 else ""
        raise MediaError(f"{bad[0]}{also}; nothing was imported")
    return found, read


def checked(path: Path, allow_truncated: bool) -> Found:
    """A sound file that can be mixed."""
    from bandmate.formats.audio_files import check_mixable, probe

    facts = probe(path, allow_truncated=allow_truncated)
    check_mixable(facts, path.name)
    is_cut_off = allow_truncated and not is_whole(path)
    if is_cut_off or facts.codec in CAN_HOLD_NAN:
        read_through(path, allow_truncated)
    return Found(path, facts, is_cut_off)


def is_whole(path: Path) -> bool:
    """Whether all can be decoded that the file promises."""
    try:
        read_through(path, allow_truncated=False)
    except MediaError:
        return False
    return True


def read_through(path: Path, allow_truncated: bool) -> None:
    """Decode a whole file, so that what is wrong with its samples is said before anything is imported."""
    from bandmate.formats.audio_files import decode_blocks

    for _ in decode_blocks(path, allow_truncated=allow_truncated):
        pass


def common_rate(found: Sequence[Found]) -> int:
    """The rate that most files have; the higher of equally frequent ones."""
    counts = Counter(one.facts.rate_hz for one in found)
    return max(LOWEST_SONG_RATE_HZ, max(counts, key=lambda rate: (counts[rate], rate)))


def rate_remarks(found: Sequence[Found]) -> tuple[str, ...]:
    """What is worth saying about rates and lengths that differ."""
    remarks = []
    rates = Counter(one.facts.rate_hz for one in found)
    if len(rates) > 1:
        listed = ", ".join(f"{count} at {rate / 1000:g} kHz" for rate, count in sorted(rates.items()))
        remarks.append(f"the files have different sample rates ({listed}); they are converted as they play")
    lengths = [one.facts.seconds for one in found]
    if lengths and max(lengths) - min(lengths) > 1.0:
        remarks.append(
            f"the files are {min(lengths):.1f} to {max(lengths):.1f} seconds long; all begin at the start of the song"
        )
    return tuple(remarks)


def with_recordings(
    project: Project, song: Song, found: Sequence[Found], progress: Progress
) -> tuple[Song, tuple[str, ...]]:
    """The song with one track for each recording."""
    remarks: list[str] = []
    seen = {clip.audio: f'track "{t.name}"' for t in song.tracks for clip in t.clips if isinstance(clip, AudioClip)}
    for count, one in enumerate(found):
        progress(f"copying {one.path.name}", count / len(found))
        recording = added(project, one)
        if one.is_cut_off:
            remarks.append(f"{one.path.name} is cut off; the {recording.seconds:.3f} s that are there were imported")
        if recording.sha256 in seen:
            remarks.append(f"{one.path.name} is the same recording as {seen[recording.sha256]}")
        seen[recording.sha256] = one.path.name
        taken = {track.id for track in song.tracks}
        name = shown_name(one.path)
        if slug(name) in taken:
            remarks.append(f'there is a track "{name}" already; {one.path.name} became {slug(name, taken)}')
        clip = AudioClip(
            id="clip-1",
            name=name,
            audio=recording.sha256,
            source_frames=recording.frames,
            source_rate_hz=recording.rate_hz,
        )
        guess = role_from_name(name)
        role = guess.role if guess.confidence >= SURE_ENOUGH else "unknown"
        song = replace(song, tracks=(*song.tracks, Track(id=slug(name, taken), name=name, role=role, clips=(clip,))))
    return song, tuple(remarks)


def shown_name(path: Path) -> str:
    """A file's name without its ending, as a track can carry it: line breaks and control characters become blanks."""
    return " ".join("".join(c if c.isprintable() else " " for c in path.stem).split()) or "item"


def added(project: Project, one: Found) -> Recording:
    """The recording in the project; of a file that is cut off, a whole WAV of what is there."""
    from bandmate.formats.audio_files import decode_blocks
    from bandmate.formats.audio_write import AudioWriter

    if not one.is_cut_off:
        return project.media.add(one.path)
    with tempfile.TemporaryDirectory() as folder:
        mended = Path(folder) / f"{one.path.stem}.wav"
        with AudioWriter(mended, one.facts.rate_hz, one.facts.channels, kind="wav-32f") as writer:
            for block in decode_blocks(one.path, allow_truncated=True):
                writer.write(block)
        return project.media.add(mended)


def with_score(song: Song, path: Path, score: Score) -> tuple[Song, tuple[str, ...]]:
    """The song with the tracks of a written file; its tempo, meters, keys, chords and markers too where it has none."""
    tracks = list(song.tracks)
    for track in score.song.tracks:
        taken = {other.id for other in tracks}
        guess = role_from_name(track.name)
        role = guess.role if track.role == "unknown" and guess.confidence >= SURE_ENOUGH else track.role
        tracks.append(replace(track, id=slug(track.name or path.stem, taken), role=role))
    if not song.tempo.points and not song.meters.points:
        came = score.song
        song = replace(
            song,
            tempo=came.tempo,
            meters=came.meters,
            key=came.key,
            key_changes=came.key_changes,
            chords=came.chords,
            markers=came.markers,
            lyrics=came.lyrics,
        )
    return replace(song, tracks=tuple(tracks)), tuple(f"{path.name}: {remark}" for remark in score.remarks)
