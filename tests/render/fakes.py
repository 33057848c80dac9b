"""Devices whose effect is known exactly, in place of the real ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import numpy as np
import numpy.typing as npt

from bandmate.song.devices import AnyDevice, Delay, Limiter, Reverb, Saturator
from bandmate.sound.audio import Samples


class Late:
    """Gives back what it gets, late and times a factor; says how much it saw."""

    tail_frames = 0

    def __init__(self, channels: int, latency_frames: int, factor: float = 1.0) -> None:
        self.latency_frames, self._factor, self._seen = latency_frames, np.float32(factor), 0
        self._kept = np.zeros((channels, latency_frames), np.float32)

    def process(self, block: npt.ArrayLike) -> Samples:
        joined = np.concatenate([self._kept, np.asarray(block, np.float32)], axis=1)
        frames = np.asarray(block).shape[1]
        self._seen += frames
        self._kept = joined[:, frames:]
        return np.ascontiguousarray(joined[:, :frames] * self._factor)

    def report(self) -> dict[str, float]:
        return {"seen_share": 1.0 if self._seen else 0.0}


class Ring(Late):
    """Each frame comes again, halved, every 1000 frames."""

    PERIOD = 1000

    def __init__(self, channels: int, tail_frames: int) -> None:
        super().__init__(channels, 0)
        self.tail_frames = tail_frames
        self._line = np.zeros((channels, self.PERIOD), np.float32)

    def process(self, block: npt.ArrayLike) -> Samples:
        rung = np.array(block, np.float32)
        for start in range(0, rung.shape[1], self.PERIOD):
            piece = rung[:, start : start + self.PERIOD]
            count = piece.shape[1]
            piece += np.float32(0.5) * self._line[:, :count]
            self._line = np.concatenate([self._line[:, count:], piece], axis=1)
        return rung


class Shop:
    """Makes fakes for devices, and remembers for which."""

    def __init__(self) -> None:
        self.made: list[str] = []

    def __call__(
        self, device: AnyDevice, *, rate_hz: int, channels: int, seconds_per_tick: float, late_frames: int = 0
    ) -> Late | None:
        if not isinstance(device, Limiter | Saturator | Reverb | Delay):
            return None
        self.made.append(device.id)
        if isinstance(device, Limiter):
            return Late(channels, round(device.lookahead_ms * rate_hz / 1000))
        if isinstance(device, Reverb):
            return Ring(channels, 40_000)
        if isinstance(device, Delay):
            return Late(channels, 0, factor=seconds_per_tick)
        return Late(channels, 0, factor=0.5)


@contextmanager
def faked_devices() -> Iterator[Shop]:
    shop = Shop()
    with patch("bandmate.render.strip.processor_for", shop):
        yield shop
