"""Translation: how a finished file does on a phone, on earbuds, in a car and a club, as figures and to listen to.

The file is read twice at most: once to measure, once to write what each system plays. Those files are turned to one
loudness, so that they can be compared with each other and with the record itself, and none is louder than the record
or comes nearer to full scale than 1 dB; in a room with noise, the noise is in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bandmate.song.errors import RequestError
from bandmate.verbs.progress import Progress, part, silent
from bandmate.verbs.readiness import make_ready

if TYPE_CHECKING:
    from bandmate.formats.audio_write import AudioWriter
    from bandmate.sound.audio import Samples
    from bandmate.sound.loudness import LoudnessMeter
    from bandmate.sound.playback import Playback, PlaybackSystem, RoomNoise
    from bandmate.stages.master.translated import TranslationRow

ITSELF = "original"
PEAK_ROOM_DBTP = -1.0


@dataclass(frozen=True, slots=True)
class PlaybackFile:
    """What one system plays, or the record itself (``original``), on disk; ``gain_db`` brought it to its loudness."""

    system: str
    path: Path
    gain_db: float
    loudness_lufs: float | None


@dataclass(frozen=True, slots=True)
class Translation:
    """A record on every system. ``files`` is empty where none were asked for, and for silence."""

    path: Path
    seconds: float
    rows: tuple[TranslationRow, ...]
    files: tuple[PlaybackFile, ...]


def translate_file(
    path: Path | str,
    folder: Path | str | None = None,
    *,
    systems: Iterable[str] = (),
    progress: Progress = silent,
) -> Translation:
    """Measure a sound file on every playback system; with ``folder``, write what each of them plays into it.

    Parameters
    ----------
    path : Path or str
        a mono or stereo file of any kind and rate.
    folder : Path or str, optional
        gets ``original.wav`` and one file for each system, such as ``phone.wav``: 24 bit, two channels, the rate of the
        record, all at one loudness. It is made when it is not there.
    systems : iterable of str, optional
        only these, by id or name; all by default.

    Returns
    -------
    Translation
        silence and less than 400 ms have rows without figures, and no files.

    Raises
    ------
    UnknownName
        if there is no such system.
    MediaError
        if the file cannot be read, or has more than two channels.
    RequestError
        if one of the files to write is the file to read.
    ProjectError
        if the folder cannot be written to.
    """
    from bandmate.formats.audio_files import check_mixable, probe
    from bandmate.sound.playback import playback_system, playback_systems
    from bandmate.stages.master.translation import translate

    path = Path(path)
    wanted = tuple(dict.fromkeys(playback_system(name) for name in systems)) or tuple(playback_systems().values())
    facts = probe(path)
    check_mixable(facts, path.name)
    if folder is not None:
        check_folder(path, Path(folder), wanted)
    make_ready(part(progress, 0.0, 0.1))
    listening = part(progress, 0.1, 1.0 if folder is None else 0.6)
    rows = translate(lambda: told(path, facts.frames, "listening", listening), facts.rate_hz, wanted)
    files: tuple[PlaybackFile, ...] = ()
    if folder is not None and any(row.loudness_lufs is not None for row in rows):
        writing = part(progress, 0.6, 1.0)
        blocks = told(path, facts.frames, "writing", writing)
        files = write_playbacks(blocks, rows, wanted, Path(folder), shape=(facts.rate_hz, facts.channels))
    return Translation(path=path, seconds=facts.seconds, rows=rows, files=files)


def check_folder(path: Path, folder: Path, systems: Iterable[PlaybackSystem]) -> None:
    """Refuse to write over what is read, and make the folder."""
    from bandmate.formats.atomic_file import disk_errors

    for name in (ITSELF, *(system.id for system in systems)):
        target = folder / f"{name}.wav"
        if target.exists() and target.samefile(path):
            raise RequestError(f'"{target.name}" in "{folder}" is the file to listen to; choose another folder')
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)


def told(path: Path, frames: int, what: str, progress: Progress) -> Iterator[Samples]:
    """The blocks of a file, with a word on how far it is."""
    from bandmate.formats.audio_files import decode_blocks

    done = 0
    for block in decode_blocks(path):
        yield block
        done += block.shape[1]
        progress(f"{what} to {path.name}" if what == "listening" else what, done / max(frames, 1))


def write_playbacks(
    blocks: Iterable[Samples],
    rows: tuple[TranslationRow, ...],
    systems: tuple[PlaybackSystem, ...],
    folder: Path,
    *,
    shape: tuple[int, int],
) -> tuple[PlaybackFile, ...]:
    """Write the record and what every system plays, at one loudness, in one pass; ``shape`` is rate and channels."""
    from bandmate.sound.playback import Playback

    rate_hz, channels = shape
    target_lufs = common_lufs(rows)
    with ExitStack() as open_files:
        record = Printer(ITSELF, folder, rate_hz, gain_db=target_lufs - itself_lufs(rows))
        open_files.enter_context(record.writer)
        printers: list[tuple[Playback, Printer]] = []
        for system, row in zip(systems, rows, strict=True):
            if row.loudness_lufs is None:
                continue
            printer = Printer(system.id, folder, rate_hz, gain_db=target_lufs - row.loudness_lufs)
            open_files.enter_context(printer.writer)
            printer.add_noise(system, target_lufs)
            printers.append((Playback(system, rate_hz=rate_hz, channels=channels), printer))
        for block in blocks:
            record.write(on_both_sides(block))
            for playback, printer in printers:
                printer.write(playback.play(block))
        for playback, printer in printers:
            printer.write(playback.finish())
    return (record.file(), *(printer.file() for _, printer in printers))


def common_lufs(rows: tuple[TranslationRow, ...]) -> float:
    """The loudness that all of them can have: not above the record, nor with peaks above -1 dBTP."""
    heard = [row for row in rows if row.loudness_lufs is not None]
    room = [row.loudness_lufs - row.true_peak_dbtp + PEAK_ROOM_DBTP for row in heard if row.loudness_lufs is not None]
    return min(itself_lufs(rows), *room)


def itself_lufs(rows: tuple[TranslationRow, ...]) -> float:
    """How loud the record itself is; asked only where some row has a loudness."""
    return next(
        row.loudness_lufs - row.loudness_change_lu
        for row in rows
        if row.loudness_lufs is not None and row.loudness_change_lu is not None
    )


def on_both_sides(block: Samples) -> Samples:
    """Two channels, whatever came in."""
    import numpy as np

    return np.repeat(block, 2, axis=0) if block.shape[0] == 1 else block


class Printer:
    """Writes one file at a loudness and measures what it writes."""

    def __init__(self, name: str, folder: Path, rate_hz: int, *, gain_db: float) -> None:
        from bandmate.formats.audio_write import AudioWriter
        from bandmate.sound.loudness import LoudnessMeter

        self._name, self._path, self._rate_hz = name, folder / f"{name}.wav", rate_hz
        self._gain_db = gain_db
        self._noise: RoomNoise | None = None
        self._meter: LoudnessMeter = LoudnessMeter(rate_hz, 2)
        self.writer: AudioWriter = AudioWriter(self._path, rate_hz, 2, kind="wav-24")

    def add_noise(self, system: PlaybackSystem, target_lufs: float) -> None:
        """Put the noise of a system's room in, and turn the music down by what the noise adds."""
        import math

        from bandmate.sound.playback import RoomNoise

        below_lu = system.noise_below_lu
        if below_lu is not None:
            self._gain_db -= 10 * math.log10(1 + 10 ** (-below_lu / 10))
            self._noise = RoomNoise(system, rate_hz=self._rate_hz, loudness_lufs=target_lufs - below_lu)

    def write(self, block: Samples) -> None:
        """Append a block, shape (2, frames)."""
        import numpy as np

        turned = np.asarray(np.float32(10 ** (self._gain_db / 20)) * block)
        if self._noise is not None:
            turned += self._noise.block(turned.shape[1])
        self._meter.feed(turned)
        self.writer.write(turned)

    def file(self) -> PlaybackFile:
        """What was written."""
        return PlaybackFile(self._name, self._path, self._gain_db, self._meter.result().integrated_lufs)
