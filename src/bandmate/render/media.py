"""Where the renderer gets recordings from.

Conventions: a recording is named by the sha256 of its file. A ``Source`` is one open reader of it, decoded and at the
rate that was asked for; it is not shared between threads, so every thread asks for its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np

from bandmate.song.errors import UnknownName
from bandmate.sound.audio import Audio, Samples
from bandmate.sound.resample import resample

MADE_KEPT = 8


class Source(Protocol):
    """One recording, readable anywhere."""

    @property
    def channels(self) -> int: ...

    @property
    def frames(self) -> int: ...

    @property
    def rate_hz(self) -> int: ...

    def read(self, start_frame: int, frames: int) -> Samples:
        """``frames`` frames from ``start_frame`` on, (channels, frames); silence before the start and after the end."""
        ...

    def close(self) -> None: ...


class Media(Protocol):
    """A collection of recordings."""

    def source(self, audio: str, rate_hz: int) -> Source:
        """A new reader of the recording ``audio`` at ``rate_hz``."""
        ...

    def kept(self, name: str, make: Callable[[], Audio]) -> Source:
        """A new reader of a sound that is made from recordings; it is made once, and kept under its name."""
        ...


class MemorySource:
    """A recording in memory."""

    def __init__(self, audio: Audio) -> None:
        self._audio = audio
        self.channels, self.frames, self.rate_hz = audio.channels, audio.frames, audio.rate_hz

    def read(self, start_frame: int, frames: int) -> Samples:
        found = np.zeros((self.channels, frames), np.float32)
        first, last = max(0, start_frame), min(self.frames, start_frame + frames)
        if last > first:
            found[:, first - start_frame : last - start_frame] = self._audio.samples[:, first:last]
        return found

    def close(self) -> None:
        """Nothing to let go of."""


class MemoryMedia:
    """Recordings in memory, by name: for tests and for lone files."""

    def __init__(self, recordings: Mapping[str, Audio]) -> None:
        self._recordings = dict(recordings)
        self._made: dict[str, Audio] = {}

    def source(self, audio: str, rate_hz: int) -> MemorySource:
        if audio not in self._recordings:
            raise UnknownName("recording", audio, self._recordings)
        return MemorySource(resample(self._recordings[audio], rate_hz))

    def kept(self, name: str, make: Callable[[], Audio]) -> MemorySource:
        """As ``source``, for what is made; the last few are kept."""
        if name not in self._made:
            made = make()
            while len(self._made) >= MADE_KEPT:
                self._made.pop(next(iter(self._made)))
            self._made[name] = made
        return MemorySource(self._made[name])
