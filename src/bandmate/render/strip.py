"""The inserts of a strip: devices in a row, without delay.

Conventions: a device that looks ahead is late by ``latency_frames``; the row drops as many frames at the start and is
fed silence at the end, so what comes out lies frame for frame under what went in, whatever devices there are. Switched
off devices, and those whose settings leave the sound as it is, are not there at all.

A track rings for as long as its devices say (``tail_frames``) and one second more; after that it is silent, so that its
length depends on nothing but itself.

A device with a key hears another track beside its own signal. The row reads that track in step with what it is fed, and
holds it back by as much as the devices before have made the own signal late, so both are heard at the same moment::

    key track  ── after its inserts ── held back ──┐
    own signal ── device ── device (late) ── device with a key ── …
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

from bandmate.render.feed import Feed, Notes, silence
from bandmate.song.devices import AnyDevice
from bandmate.song.song import Song
from bandmate.song.time import TICKS_PER_QUARTER
from bandmate.sound.audio import Samples
from bandmate.sound.processors import KeyedProcessor, Processor, processor_for

CATCH_UP_FRAMES = 65_536
RING_SECONDS = 1
TAIL_LIMIT_SECONDS = 60


class Working(NamedTuple):
    """A device at work: the ``nth`` of the switched-on devices of its strip."""

    nth: int
    processor: Processor
    held_back: tuple[tuple[str, HeldBack], ...]

    def process(self, block: Samples, heard: dict[str, Samples]) -> Samples:
        """The next block; ``heard`` has the key tracks of the whole row, as the row is fed."""
        if not isinstance(self.processor, KeyedProcessor):
            return self.processor.process(block)
        return self.processor.process(block, {key: line.next(heard[key]) for key, line in self.held_back})


class HeldBack:
    """A signal on its way to a device that others make wait: it comes out ``frames`` frames late."""

    def __init__(self, frames: int) -> None:
        self._frames = frames
        self._kept: Samples | None = None

    def next(self, block: Samples) -> Samples:
        """What comes out while ``block`` goes in."""
        if not self._frames:
            return block
        kept = silence(block.shape[0], self._frames) if self._kept is None else self._kept
        joined = np.concatenate([kept, block], axis=1)
        self._kept = joined[:, block.shape[1] :]
        return joined[:, : block.shape[1]]


def seconds_per_tick(song: Song) -> float:
    """The length of a tick at the start of the song."""
    return 60.0 / (song.tempo.bpm_at(0) * TICKS_PER_QUARTER)


def switched_on(inserts: Iterable[AnyDevice]) -> tuple[AnyDevice, ...]:
    """The devices that are not switched off."""
    return tuple(device for device in inserts if device.enabled)


class InsertRow:
    """The devices of one strip, at work on blocks.

    Parameters
    ----------
    inserts : devices
    channels : int
    song : Song
    key_feed : callable
        from the id of a track to a new feed of what a detector hears of it; the row closes it.
    """

    def __init__(
        self, inserts: Iterable[AnyDevice], channels: int, song: Song, key_feed: Callable[[str], Feed]
    ) -> None:
        self.channels = channels
        self._working: list[Working] = []
        self._fed = 0
        for index, device in enumerate(switched_on(inserts)):
            processor = processor_for(
                device,
                rate_hz=song.rate_hz,
                channels=channels,
                seconds_per_tick=seconds_per_tick(song),
                late_frames=self.latency_frames,
            )
            if processor is not None:
                keys = processor.keys if isinstance(processor, KeyedProcessor) else ()
                held_back = tuple((key, HeldBack(self.latency_frames)) for key in keys)
                self._working.append(Working(index, processor, held_back))
        self._heard: dict[str, Feed] = {}
        try:
            for key in dict.fromkeys(key for one in self._working for key, _ in one.held_back):
                self._heard[key] = key_feed(key)
        except BaseException:
            self.close()
            raise

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
        """The next block through all devices, late by ``latency_frames``; the first begins with the song."""
        frames = block.shape[1]
        heard = {key: feed.read(self._fed, frames) for key, feed in self._heard.items()}
        self._fed += frames
        for one in self._working:
            block = one.process(block, heard)
        return block

    def close(self) -> None:
        """Let go of the tracks that are listened to."""
        for feed in self._heard.values():
            feed.close()

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
        self._row.close()
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
