"""What is measured while a file goes through codecs: levels, added noise, overs, the difference; in one pass.

Conventions: the file is read once for all codecs, block by block, each codec in a thread of its own while a block is
worked on. Memory does not grow with length, and the figures do not depend on the threads.

Not covered: what the figures mean (`bandmate.verbs.codec_preview`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bandmate.formats.codec_round_trip import CodecRoundTrip, CodecSetting
from bandmate.verbs.progress import Progress

if TYPE_CHECKING:
    from bandmate.sound.audio import Samples

SILENT_DBTP = -100.0
"""Dither of 24 bits alone peaks at -132 dBTP."""

MOST_THREADS = 4


@dataclass(frozen=True, slots=True)
class Level:
    """Loudness and peaks of one sound.

    ``integrated_lufs`` is None for silence and for less than 400 ms; peaks of digital silence are -inf.
    ``true_peak_dbtp`` is the 4x meter of BS.1770, ``true_peak_16x_dbtp`` the check.
    """

    integrated_lufs: float | None
    true_peak_dbtp: float
    true_peak_16x_dbtp: float

    @property
    def is_silent(self) -> bool:
        """Nothing but dither, or not even that."""
        return self.true_peak_16x_dbtp < SILENT_DBTP


@dataclass(frozen=True, slots=True)
class Source:
    """A file that can be read from its beginning again and again."""

    path: Path
    rate_hz: int
    channels: int
    frames: int

    def blocks(self, progress: Progress, what: str) -> Iterator[Samples]:
        """The sound, block by block, saying how far it is."""
        from bandmate.formats.audio_files import decode_blocks

        done = 0
        for block in decode_blocks(self.path):
            progress(what, done / max(1, self.frames))
            done += block.shape[1]
            yield block


class LevelMeters:
    """The three meters of a `Level`."""

    def __init__(self, rate_hz: int, channels: int) -> None:
        from bandmate.sound.loudness import LoudnessMeter
        from bandmate.sound.truepeak import TruePeakMeter

        self._loudness = LoudnessMeter(rate_hz, channels)
        self._peaks = (TruePeakMeter(rate_hz, channels, 4), TruePeakMeter(rate_hz, channels, 16))

    def feed(self, block: Samples) -> None:
        self._loudness.feed(block)
        for meter in self._peaks:
            meter.feed(block)

    def result(self) -> Level:
        usual, check = (meter.result().dbtp for meter in self._peaks)
        return Level(self._loudness.result().integrated_lufs, usual, check)


class CodecMeters:
    """A codec and all that is measured of what comes out of it."""

    def __init__(self, setting: CodecSetting, rate_hz: int, channels: int) -> None:
        from bandmate.sound.added_noise import AddedNoiseMeter
        from bandmate.sound.loudness import LoudnessMeter

        self.setting, self.over_samples = setting, 0
        self.trip = CodecRoundTrip(setting, rate_hz, channels)
        self.level = LevelMeters(self.trip.rate_hz, channels)
        self.noise = AddedNoiseMeter(self.trip.rate_hz, channels)
        self.difference = LoudnessMeter(self.trip.rate_hz, channels)

    def feed(self, block: Samples | None) -> None:
        """The next block; None is the end."""
        import numpy as np

        for pair in self.trip.finish() if block is None else self.trip.feed(block):
            self.level.feed(pair.decoded)
            self.noise.feed(pair.original, pair.decoded)
            self.difference.feed(pair.decoded - pair.original)
            self.over_samples += int(np.count_nonzero(np.abs(pair.decoded) > 1.0))


def measured(
    source: Source, settings: Iterable[CodecSetting], progress: Progress
) -> tuple[Level, tuple[CodecMeters, ...]]:
    """The original's level, and every codec's meters after the whole file."""
    own = LevelMeters(source.rate_hz, source.channels)
    meters = tuple(CodecMeters(setting, source.rate_hz, source.channels) for setting in settings)
    # Encoders, decoders and kernels do not hold Python's lock: each codec may have a thread.
    with ThreadPoolExecutor(min(MOST_THREADS, len(meters))) as pool:
        for block in source.blocks(progress, "encoding and decoding"):
            fed = [pool.submit(meter.feed, block) for meter in meters]
            own.feed(block)
            for one in fed:
                one.result()
        for done in [pool.submit(meter.feed, None) for meter in meters]:
            done.result()
    return own.result(), meters
