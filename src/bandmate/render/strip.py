"""The inserts of a strip: devices in a row, without delay.

Conventions: a device that looks ahead is late by ``latency_frames``; the row drops as many frames at the start and is
fed silence at the end, so what comes out lies frame for frame under what went in, whatever devices there are. Switched
off devices, and those whose settings leave the sound as it is, are not there at all.

A track rings for as long as its devices say (``tail_frames``) and one second more; after that it is silent, so that its
length depends on nothing but itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from bandmate.render.feed import Feed, Notes, silence
from bandmate.song.devices import AnyDevice
from bandmate.song.song import Song
from bandmate.song.time import TICKS_PER_QUARTER
from bandmate.sound.audio import Samples
from bandmate.sound.processors import Processor, processor_for

CATCH_UP_FRAMES = 65_536
RING_SECONDS = 1
TAIL_LIMIT_SECONDS = 60


class Working(NamedTuple):
    """A device at work: the ``nth`` of the switched-on devices of its strip."""

    nth: int
    processor: Processor


def seconds_per_tick(song: Song) -> float:
    """The length of a tick at the start of the song."""
    return 60.0 / (song.tempo.bpm_at(0) * TICKS_PER_QUARTER)


def switched_on(inserts: Iterable[AnyDevice]) -> tuple[AnyDevice, ...]:
    """The devices that are not switched off."""
    return tuple(device for device in inserts if device.enabled)


class InsertRow:
    """The devices of one strip, at work on blocks."""

    def __init__(self, inserts: Iterable[AnyDevice], channels: int, song: Song) -> None:
        self.channels = channels
        self._working: list[Working] = []
        for index, device in enumerate(switched_on(inserts)):
            processor = processor_for(
                device,
                rate_hz=song.rate_hz,
                channels=channels,
                seconds_per_tick=seconds_per_tick(song),
                late_frames=self.latency_frames,
            )
            if processor is not None:
                self._working.append(Working(index, processor))

    @property
    def is_empty(self) -> bool:
        return not self._working

    @property
    def latency_frames(self) -> int:
        return sum(one.processor.latency_frames for one in self._working)

    @property
    def tail_frames(self) -> int:
        return sum(one.processor.tail_frames for one in self._working)

    def process(self, block: Samples) -> Samples:
        """The next block through all devices, late by ``latency_frames``."""
        for one in self._working:
            block = one.processor.process(block)
        return block

    def notes(self) -> Notes:
        """Index and report of each device."""
        return [[one.nth, one.processor.report()] for one in self._working]


class Inserted:
    """A feed with devices behind it."""

    def __init__(self, feed: Feed, row: InsertRow, rate_hz: int) -> None:
        self._feed, self._row = feed, row
        self.channels = feed.channels
        ring = RING_SECONDS * rate_hz + min(row.tail_frames, TAIL_LIMIT_SECONDS * rate_hz)
        self.frames = feed.frames + ring if feed.frames else 0
        self._position = 0
        self._fed = 0

    def read(self, start: int, frames: int) -> Samples:
        if start < self._position:
            raise AssertionError(f"a strip is read from front to back; {start} is before {self._position}")
        while self._position < start:
            self._next(min(CATCH_UP_FRAMES, start - self._position))
        wanted = max(0, min(frames, self.frames - start))
        block = self._next(wanted)
        if wanted == frames:
            return block
        longer = silence(self.channels, frames)
        longer[:, :wanted] = block
        return longer

    def notes(self) -> Notes:
        return self._row.notes()

    def close(self) -> None:
        self._feed.close()

    def _next(self, frames: int) -> Samples:
        """The next ``frames`` frames, on time: the row is fed ahead by its latency."""
        if frames <= 0:
            return silence(self.channels, 0)
        ahead = self._position + frames + self._row.latency_frames - self._fed
        block = self._row.process(self._feed.read(self._fed, ahead))
        self._fed += ahead
        self._position += frames
        return block[:, ahead - frames :]
