"""Files to hear what a codec does: what it decodes to, original and decoded at one loudness, and the difference.

For each codec, in a folder, named after the file:

``song.aac-128.decoded.wav``
    as it was decoded, 32-bit float, so that what is beyond full scale is still there.
``song.44100.A-original.wav`` and ``song.aac-128.B-decoded.wav``
    24 bit, at the codec's rate and at one loudness, for comparing blind; one A serves all codecs of its rate. All are
    turned down to the quietest of them, and further where one of them would come above -1 dBTP. Both are measured
    again from disk. Where one codec is there at two rates, the rate is in the name.
``song.aac-128.difference-38.2LUFS.wav``
    decoded less original, 24 bit, with its own loudness in its name, as loud as it is; a gain that was asked for is in
    the name as well.

Conventions: a second pass through the codecs, which gives the same sound to the bit as the first. All files appear
together when all are finished, each whole.

Not covered: short excerpts; a player that switches.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bandmate.formats.atomic_file import disk_errors
from bandmate.formats.codec_round_trip import CodecRoundTrip, CodecSetting
from bandmate.song.errors import OutOfRange
from bandmate.verbs.progress import Progress

if TYPE_CHECKING:
    from bandmate.formats.audio_write import AudioWriter, Kind
    from bandmate.sound.audio import Samples
    from bandmate.verbs.codec_meters import Level, Source
    from bandmate.verbs.codec_preview import CodedMaster

PEAK_ROOM_DBTP = -1.0
TOLERANCE_LU = 0.1
DIFFERENCE_GAIN_RANGE_DB = (-60.0, 60.0)


@dataclass(frozen=True, slots=True)
class HeardFiles:
    """The files of one codec.

    ``original_lufs`` and ``matched_lufs`` are measured of the pair on disk, None for silence; ``remark`` is empty
    where all is as it should be.
    """

    decoded: Path
    original: Path
    matched: Path
    difference: Path
    original_gain_db: float
    matched_gain_db: float
    original_lufs: float | None
    matched_lufs: float | None
    difference_gain_db: float
    remark: str = ""


def with_files(
    source: Source,
    level: Level,
    coded: tuple[CodedMaster, ...],
    folder: Path,
    difference_gain_db: float,
    progress: Progress,
) -> tuple[CodedMaster, ...]:
    """Write the files of every codec; the same figures with the files in them."""
    common_lufs = matched_loudness(level, coded)
    planned = []
    for one in coded:
        is_alone = sum(other.label == one.label for other in coded) == 1
        name = f"{source.path.stem}.{one.codec}-{one.kbps}" + ("" if is_alone else f".{one.rate_hz}")
        original = folder / f"{source.path.stem}.{one.rate_hz}.A-original.wav"
        files = plan(folder / name, original, level, one, common_lufs, difference_gain_db)
        planned.append(replace(one, files=files))
    with ExitStack() as stack:
        originals = OriginalFiles(source, planned, stack)
        others = [CodecFiles(source, one, stack) for one in planned]
        with ThreadPoolExecutor(2) as pool:
            for block in source.blocks(progress, "writing files to listen to"):
                fed = [pool.submit(file.feed, block) for file in others]
                originals.feed(block)
                for done in fed:
                    done.result()
        for file in others:
            file.feed(None)
        originals.feed(None)
    return tuple(replace(one, files=measured_again(one.files)) for one in planned if one.files is not None)


def make_folder(folder: Path) -> None:
    """Make the folder, or say why that cannot be."""
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)


def check_gain(difference_gain_db: float) -> None:
    """Refuse a gain for the difference that cannot be meant."""
    low, high = DIFFERENCE_GAIN_RANGE_DB
    if not low <= difference_gain_db <= high:
        raise OutOfRange(f"a gain of {difference_gain_db:g} dB for the difference is not from {low:g} to {high:g} dB")


def matched_loudness(level: Level, coded: tuple[CodedMaster, ...]) -> float | None:
    """The loudness that all can have without coming above -1 dBTP; None where one of them has none."""
    found = []
    for one in (level, *(each.level for each in coded)):
        if one.integrated_lufs is None:
            return None
        room_db = PEAK_ROOM_DBTP - max(one.true_peak_16x_dbtp, one.true_peak_dbtp)
        found.append(one.integrated_lufs + min(0.0, room_db))
    return min(found)


def plan(
    place: Path,
    original: Path,
    level: Level,
    coded: CodedMaster,
    common_lufs: float | None,
    difference_gain_db: float,
) -> HeardFiles:
    """Where the files go, ``place`` being the beginning of their names, and with which gains."""
    loudness = f"{coded.difference_lufs:.1f}LUFS" if coded.difference_lufs is not None else "-silent"
    raised = f".raised{difference_gain_db:+g}dB" if difference_gain_db else ""
    gains = [
        0.0 if common_lufs is None or one.integrated_lufs is None else common_lufs - one.integrated_lufs
        for one in (level, coded.level)
    ]
    return HeardFiles(
        decoded=place.with_name(f"{place.name}.decoded.wav"),
        original=original,
        matched=place.with_name(f"{place.name}.B-decoded.wav"),
        difference=place.with_name(f"{place.name}.difference{loudness}{raised}.wav"),
        original_gain_db=gains[0],
        matched_gain_db=gains[1],
        original_lufs=None,
        matched_lufs=None,
        difference_gain_db=difference_gain_db,
        remark="" if common_lufs is not None else "A and B have no loudness to be matched by and are as they are",
    )


def opened(stack: ExitStack, path: Path, shape: tuple[int, int], note: str, kind: Kind = "wav-24") -> AudioWriter:
    """A WAV, ``shape`` being its rate and channels, that appears when the stack is left without an error."""
    from bandmate.formats.audio_write import AudioWriter, WriteOptions
    from bandmate.formats.wav_write import Broadcast

    options = WriteOptions(broadcast=Broadcast(description=note))
    return stack.enter_context(AudioWriter(path, *shape, kind=kind, options=options))


class OriginalFiles:
    """The original at the loudness of the pairs, once for each rate."""

    def __init__(self, source: Source, coded: list[CodedMaster], stack: ExitStack) -> None:
        from bandmate.sound.resample import Resampler

        self._kept: dict[int, tuple[Resampler, AudioWriter, Samples]] = {}
        for one in coded:
            if one.files is not None and one.rate_hz not in self._kept:
                note = f"A: the original, {one.files.original_gain_db:+.2f} dB"
                writer = opened(stack, one.files.original, (one.rate_hz, source.channels), note)
                resampler = Resampler(source.rate_hz, one.rate_hz, source.channels)
                self._kept[one.rate_hz] = (resampler, writer, factor(one.files.original_gain_db))

    def feed(self, block: Samples | None) -> None:
        for resampler, writer, gain in self._kept.values():
            writer.write((resampler.finish() if block is None else resampler.feed(block)) * gain)


class CodecFiles:
    """A codec and the files of what comes out of it."""

    def __init__(self, source: Source, coded: CodedMaster, stack: ExitStack) -> None:
        files = coded.files
        assert files is not None
        rate_hz, channels = coded.rate_hz, source.channels
        setting = CodecSetting(coded.codec, coded.kbps, rate_hz)  # type: ignore[arg-type]
        self._trip = CodecRoundTrip(setting, source.rate_hz, channels)
        self._gains = factor(files.matched_gain_db), factor(files.difference_gain_db)
        level = "nothing" if coded.difference_lufs is None else f"{coded.difference_lufs:.1f} LUFS"
        shape = (rate_hz, channels)
        self._decoded = opened(stack, files.decoded, shape, f"decoded from {coded.label} kbit/s, as it is", "wav-32f")
        note = f"B: decoded from {coded.label} kbit/s, {files.matched_gain_db:+.2f} dB"
        self._matched = opened(stack, files.matched, shape, note)
        note = f"{coded.label} kbit/s less the original: {level}, here with {files.difference_gain_db:+g} dB"
        self._difference = opened(stack, files.difference, shape, note)

    def feed(self, block: Samples | None) -> None:
        for pair in self._trip.finish() if block is None else self._trip.feed(block):
            self._decoded.write(pair.decoded)
            self._matched.write(pair.decoded * self._gains[0])
            self._difference.write((pair.decoded - pair.original) * self._gains[1])


def measured_again(files: HeardFiles) -> HeardFiles:
    """The same with the loudness of the pair as it is on disk."""
    loudness = [loudness_on_disk(path) for path in (files.original, files.matched)]
    remark = files.remark
    known = [level for level in loudness if level is not None]
    if len(known) == 2 and not remark and abs(known[0] - known[1]) > TOLERANCE_LU:
        remark = f"A and B differ by {abs(known[0] - known[1]):.2f} LU on disk"
    return replace(files, original_lufs=loudness[0], matched_lufs=loudness[1], remark=remark)


def loudness_on_disk(path: Path) -> float | None:
    from bandmate.formats.audio_files import decode_blocks, probe
    from bandmate.sound.loudness import LoudnessMeter

    facts = probe(path)
    meter = LoudnessMeter(facts.rate_hz, facts.channels)
    for block in decode_blocks(path):
        meter.feed(block)
    return meter.result().integrated_lufs


def factor(gain_db: float) -> Samples:
    """A gain as float32, so that what it is multiplied with stays so."""
    import numpy as np

    return np.asarray(10 ** (gain_db / 20), np.float32)
