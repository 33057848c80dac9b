"""Summing: tracks into groups, groups and buses into buses, buses into main.

Conventions: everything is added up in one fixed order, in float64, and rounded once for each group and once for each
bus. ``GROUP_TRACKS`` neighbouring tracks make a group, whose sum can be kept in the cache: when one fader moves, only
its own group is added up anew. Because the order never changes, the result is the same to the bit with a cache, without
one, and with any number of workers.

::

    track ─┐
    track ─┼─ group ─┐
    …      ┘         ├─ bus (inserts, fader, pan) ─┐
    track ── group ──┴─────────────────────────────┴─ main (inserts, fader)

A track gives one stereo signal to each place it feeds: its output and its sends, two channels each, in that order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bandmate.render.feed import Feed, Notes, silence
from bandmate.render.levels import Fader, Panner, linear_gain, placed
from bandmate.render.strip import InsertRow
from bandmate.song.song import Song
from bandmate.song.tracks import Track
from bandmate.sound.adding import sum_of
from bandmate.sound.audio import Samples

GROUP_TRACKS = 3


class TrackOutput:
    """A track after its fader: two channels for the output, and two for each send that is on."""

    def __init__(self, track: Track, strip: Feed, song: Song) -> None:
        self._strip = strip
        self._fader = Fader(track.gain_db, track.automation, song)
        self._panner = Panner(track.pan, track.automation, song)
        self._sends = [send for send in track.sends if send.enabled]
        self.places = (track.output, *(send.bus for send in self._sends))
        self.channels = 2 * len(self.places)
        self.frames = strip.frames

    def read(self, start: int, frames: int) -> Samples:
        block = self._strip.read(start, frames)
        after = placed(block, start, self._fader, self._panner)
        if not self._sends:
            return after
        parts = [after]
        for send in self._sends:
            # A send before the fader is before the pan too: mono sound goes to both sides.
            source = np.broadcast_to(block, after.shape) if send.pre_fader else after
            parts.append(source * np.float32(linear_gain(send.gain_db)))
        return np.concatenate(parts, axis=0)

    def notes(self) -> Notes:
        return self._strip.notes()

    def close(self) -> None:
        self._strip.close()


class GroupSum:
    """Some tracks added up, for each place that any of them feeds."""

    def __init__(self, outputs: Sequence[Feed], feeds: Sequence[tuple[str, ...]], places: tuple[str, ...]) -> None:
        self._outputs = tuple(outputs)
        self._rows = [[places.index(place) for place in fed] for fed in feeds]
        self.places = places
        self.channels = 2 * len(places)
        self.frames = max((output.frames for output in outputs), default=0)

    def read(self, start: int, frames: int) -> Samples:
        playing = [
            (output.read(start, frames), rows)
            for output, rows in zip(self._outputs, self._rows, strict=True)
            if start < output.frames
        ]
        sums = [silence(2, frames)] * len(self.places)
        for place in range(len(self.places)):
            arriving = [
                block[2 * nth : 2 * nth + 2] for block, rows in playing for nth, row in enumerate(rows) if row == place
            ]
            if arriving:
                sums[place] = sum_of(arriving)
        return sums[0] if len(sums) == 1 else np.concatenate(sums, axis=0)

    def notes(self) -> Notes:
        return [output.notes() for output in self._outputs]

    def close(self) -> None:
        for output in self._outputs:
            output.close()


@dataclass(frozen=True, slots=True)
class BusSettings:
    """What a bus does, main included: ``panner`` is None for main, ``is_silent`` for a muted bus."""

    row: InsertRow
    fader: Fader
    panner: Panner | None
    is_silent: bool = False


class BusRun:
    """One bus at work: takes what comes in, in any pieces, and gives what is ready, in order and on time.

    Inputs whose devices look ahead come later than others; each waits here until all are there.
    """

    def __init__(self, settings: BusSettings, inputs: int) -> None:
        self._settings = settings
        self._waiting: list[list[Samples]] = [[] for _ in range(inputs)]
        self._late = settings.row.latency_frames
        self._position = 0
        self.sums: list[Samples] = []

    def push(self, source: int, block: Samples) -> None:
        """The next block of one input."""
        if block.shape[1]:
            self._waiting[source].append(block)

    def take_sum(self) -> Samples:
        """All inputs added up, as far as all are there."""
        ready = min((sum(block.shape[1] for block in line) for line in self._waiting), default=0)
        if not ready:
            return silence(2, 0)
        return sum_of([self._cut(source, ready) for source in range(len(self._waiting))])

    def take(self) -> Samples:
        """All inputs added up, through the devices, after fader and pan; what is ready of it."""
        block = self.take_sum()
        if not block.shape[1]:
            return block
        if not self._settings.row.is_empty:
            block = self._settings.row.process(block)
            early = min(self._late, block.shape[1])
            self._late -= early
            block = block[:, early:]
        start = self._position
        self._position += block.shape[1]
        if self._settings.is_silent:
            return silence(2, block.shape[1])
        if self._settings.panner is None and self._settings.fader.is_neutral:
            return block
        return placed(block, start, self._settings.fader, self._settings.panner)

    def begin_at(self, frame: int) -> None:
        """The first frame that will come in is ``frame`` of the song."""
        self._position = frame

    def _cut(self, source: int, frames: int) -> Samples:
        line = self._waiting[source]
        if line[0].shape[1] == frames:
            return line.pop(0)
        joined = np.concatenate(line, axis=1)
        self._waiting[source] = [joined[:, frames:]] if joined.shape[1] > frames else []
        return joined[:, :frames]
