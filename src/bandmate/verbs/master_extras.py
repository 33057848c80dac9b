"""What is written beside masters when it is asked for: A/B files, what codecs and what other places make of them.

``ab``
    the piece as it came and every master, 24 bit, all at one loudness, whole or the loudest stretch: that of the
    quietest of them, or less where a peak would come above -1 dBTP. Each is measured again from disk.
``codecs``
    see ``bandmate.verbs.codec_preview``: the codecs of each destination, or the usual ones where it has none.
``stages``
    the first master after each device of its chain, 32-bit float, as it goes into the next one.
``playback``
    a folder for each master, see ``bandmate.verbs.translating``.

Conventions: everything lies in the folder of the results, which is taken away whole when the run is stopped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bandmate.formats.atomic_file import disk_errors
from bandmate.verbs.codec_preview import INDICATIVE
from bandmate.verbs.printing import turned
from bandmate.verbs.progress import Progress, part, silent

if TYPE_CHECKING:
    from bandmate.sound.audio import Samples
    from bandmate.stages.master.study import Study
    from bandmate.verbs.codec_preview import CodecPreview
    from bandmate.verbs.master_making import Draft
    from bandmate.verbs.mastering import MasterOptions
    from bandmate.verbs.translating import Translation

PEAK_ROOM_DBTP = -1.0
TOLERANCE_LU = 0.1


@dataclass(frozen=True, slots=True)
class ExtraFile:
    """A file that was written and what it is."""

    path: Path
    what: str


@dataclass(frozen=True, slots=True)
class Extras:
    """What was written; ``previews`` and ``translations`` go with the masters, None where nothing was asked for."""

    folders: tuple[Path, ...]
    files: tuple[ExtraFile, ...]
    previews: tuple[CodecPreview | None, ...]
    translations: tuple[Translation | None, ...]
    remarks: tuple[str, ...]

    def playback_names(self, nth: int, place: Path) -> dict[str, str]:
        """The files of a master by the system that plays them, as they are called in the folder ``place``."""
        one = self.translations[nth]
        files = one.files if one else ()
        return {file.system: file.path.relative_to(place).as_posix() for file in files}


@dataclass(frozen=True, slots=True)
class Sound:
    """Something to be compared with something else: it can be played again, from its start.

    ``path`` is None for the bench.
    """

    name: str
    rate_hz: int
    integrated_lufs: float | None
    true_peak_dbtp: float
    path: Path | None
    study: Study | None = None

    def blocks(self) -> Iterable[Samples]:
        """From its start, shape (channels, frames)."""
        from bandmate.formats.audio_files import decode_blocks

        if self.path is not None:
            return decode_blocks(self.path)
        assert self.study is not None, "a sound is a file or on the bench"
        return self.study.played(())


def written_extras(
    study: Study, drafts: Sequence[Draft], place: Path, options: MasterOptions, progress: Progress = silent
) -> Extras:
    """Write what the options ask for into ``place``."""
    folders: list[Path] = []
    files: list[ExtraFile] = []
    remarks: list[str] = []
    if options.has_ab:
        found, said = written_pairs(study, drafts, place / "ab", options.ab_seconds)
        folders += [place / "ab"] if found else []
        files += found
        remarks += said
    if options.has_stages:
        found = written_stages(study, drafts[0], place / "stages")
        folders += [place / "stages"] if found else []
        files += found
    previews = coded(drafts, place / "codecs", options, part(progress, 0.2, 0.7))
    translations = translated(drafts, place / "playback", options, part(progress, 0.7, 1.0))
    for name, has_it in (("codecs", options.has_codecs), ("playback", options.has_playback)):
        written = sorted(path for path in (place / name).rglob("*.wav")) if has_it else []
        folders += [place / name] if written else []
        files += [ExtraFile(path, f"to listen to: {name}") for path in written]
    remarks += [one for preview in previews if preview for one in preview.remarks if one != INDICATIVE]
    return Extras(tuple(folders), tuple(files), previews, translations, tuple(dict.fromkeys(remarks)))


def written_stages(study: Study, draft: Draft, folder: Path) -> list[ExtraFile]:
    """The sound after each device of a chain but the last, which is the master itself."""
    from bandmate.stages.master.nodes import NAMES
    from bandmate.verbs.printing import file_name, write_sound

    chain = draft.done.chain if draft.done else ()
    found = []
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    for count in range(1, len(chain)):
        name = NAMES[chain[count - 1].id]
        path = folder / f"{count:02d} {file_name(name)}.wav"
        write_sound(path, study.played(chain[:count]), study.rate_hz, kind="wav-32f", tags={})
        found.append(ExtraFile(path, f"after {name}"))
    return found


def coded(
    drafts: Sequence[Draft], folder: Path, options: MasterOptions, progress: Progress
) -> tuple[CodecPreview | None, ...]:
    """What codecs make of each master; what was found on the way to a codec-safe ceiling where no files are wanted."""
    from bandmate.verbs.codec_preview import preview_codecs

    if not options.has_codecs:
        return tuple(one.coded for one in drafts)
    found: list[CodecPreview | None] = []
    for count, one in enumerate(drafts):
        share = part(progress, count / len(drafts), (count + 1) / len(drafts))
        has_codecs = one.profile is not None and bool(one.profile.lossy_codecs)
        profiles = [one.profile] if one.profile is not None and has_codecs else []
        found.append(preview_codecs(one.printed.path, profiles=profiles, folder=folder, progress=share))
    return tuple(found)


def translated(
    drafts: Sequence[Draft], folder: Path, options: MasterOptions, progress: Progress
) -> tuple[Translation | None, ...]:
    """Each master in other places, with files in a folder of its own."""
    from bandmate.verbs.translating import translate_file

    if not options.has_playback:
        return tuple(None for _ in drafts)
    return tuple(
        translate_file(
            one.printed.path,
            folder / one.name,
            progress=part(progress, count / len(drafts), (count + 1) / len(drafts)),
        )
        for count, one in enumerate(drafts)
    )


def sounds_of(study: Study, drafts: Sequence[Draft]) -> list[Sound]:
    """The piece as it came, and the masters."""
    before = study.before
    found = [
        Sound("before", study.rate_hz, before.integrated_lufs, before.highest_peak_dbtp, path=None, study=study),
    ]
    for one in drafts:
        heard = one.printed.hearing
        found.append(
            Sound(one.name, heard.rate_hz, heard.integrated_lufs, heard.highest_peak_dbtp, path=one.printed.path)
        )
    return found


def written_pairs(
    study: Study, drafts: Sequence[Draft], folder: Path, seconds: float | None
) -> tuple[list[ExtraFile], list[str]]:
    """Before and after as files of one loudness, and what is to be said of them."""
    from bandmate.formats.atomic_file import disk_errors
    from bandmate.stages.master.study import loudest_seconds

    start = 0.0 if seconds is None else loudest_seconds(study.before, seconds)
    span = (start, seconds)
    sounds = sounds_of(study, drafts)
    levels = [level_of(sound, span) for sound in sounds]
    known = [level for level in levels if level is not None]
    if len(known) < len(levels):
        return [], ["no A/B files: one of the sounds is silent or too short to have a loudness"]
    common_lufs = min(lufs + min(0.0, PEAK_ROOM_DBTP - dbtp) for lufs, dbtp in known)
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    files, remarks = [], []
    for letter, sound, (lufs, _) in zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", sounds, known, strict=False):
        gain_db = common_lufs - lufs
        path = folder / f"{letter}-{sound.name}.wav"
        got_lufs = write_matched(sound, path, span, gain_db)
        files.append(ExtraFile(path, f"{sound.name}, matched by {gain_db:+.2f} dB to {got_lufs:.2f} LUFS"))
        if abs(got_lufs - common_lufs) > TOLERANCE_LU:
            remarks.append(f"{path.name} came out at {got_lufs:.2f} LUFS instead of {common_lufs:.2f}")
    return files, remarks


def level_of(sound: Sound, span: tuple[float, float | None]) -> tuple[float, float] | None:
    """Loudness and true peak of a stretch; those of the whole are known already. None without a loudness."""
    from bandmate.sound.loudness import LoudnessMeter
    from bandmate.sound.truepeak import TruePeakMeter

    if span[1] is None:
        return None if sound.integrated_lufs is None else (sound.integrated_lufs, sound.true_peak_dbtp)
    loudness, peak = LoudnessMeter(sound.rate_hz, 2), TruePeakMeter(sound.rate_hz, 2)
    for block in stretch(sound, span):
        loudness.feed(block)
        peak.feed(block)
    lufs = loudness.result().integrated_lufs
    return None if lufs is None else (lufs, peak.result().dbtp)


def stretch(sound: Sound, span: tuple[float, float | None]) -> Iterator[Samples]:
    """A part of a sound on two channels: where it begins, and how many seconds, None for all."""
    import numpy as np

    start, seconds = span
    skipped = round(start * sound.rate_hz)
    left = None if seconds is None else round(seconds * sound.rate_hz)
    for block in sound.blocks():
        kept = block[:, skipped:]
        skipped = max(0, skipped - block.shape[1])
        if left is not None:
            kept = kept[:, :left]
            left -= kept.shape[1]
        if kept.shape[1]:
            yield kept if kept.shape[0] == 2 else np.repeat(kept, 2, axis=0)
        if left == 0:
            return


def write_matched(sound: Sound, path: Path, span: tuple[float, float | None], gain_db: float) -> float:
    """Write a stretch with a gain as 24 bit; its loudness, measured from disk."""
    from bandmate.formats.audio_write import AudioWriter
    from bandmate.verbs.codec_listening import loudness_on_disk

    with AudioWriter(path, sound.rate_hz, 2, kind="wav-24", tags={"title": path.stem}) as writer:
        for block in turned(stretch(sound, span), gain_db):
            writer.write(block)
    found = loudness_on_disk(path)
    return float("nan") if found is None else found
