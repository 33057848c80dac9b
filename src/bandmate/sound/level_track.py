"""Level over time, every 10 ms: the highest sample and the power, as fader riders and compressors see a track.

Conventions: column k is about the frames from ``k * 10 ms`` to ``(k + 1) * 10 ms``, of all channels together: ``peak``
is the largest magnitude, ``power`` the mean of the squares, full scale 1. The last column may be cut short. Silence is
0; a signal without frames has no columns. Results do not depend on where blocks are cut.

Not covered: true peaks (``bandmate.sound.truepeak``), loudness (``bandmate.sound.loudness``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bandmate.sound.audio import Samples, checked_rate
from bandmate.sound.kernel import kernel

Reals = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

HOP_MS = 10


@dataclass(frozen=True, slots=True, eq=False)
class LevelTrack:
    """Level over time: float32 arrays (columns,) of ``peak`` and ``power``, linear, read-only."""

    hop_seconds: float
    peak: Samples
    power: Samples


class LevelTrackMeter:
    """Level over time of a signal that comes in checked blocks of any size; 8 bytes for every 10 ms."""

    def __init__(self, rate_hz: int, channels: int) -> None:
        self._rate_hz, self._channels = checked_rate(rate_hz), channels
        self._frames = 0
        self._open = np.zeros(2)
        self._peaks: list[Samples] = []
        self._powers: list[Samples] = []

    def take(self, samples: Samples) -> None:
        """The next block, shape (channels, frames), finite."""
        count = samples.shape[1]
        if not count:
            return
        first = self._frames * 1000 // (self._rate_hz * HOP_MS)
        last = (self._frames + count - 1) * 1000 // (self._rate_hz * HOP_MS)
        edges = column_starts(np.arange(first, last + 2), self._rate_hz) - self._frames
        peaks, sums = np.zeros((2, last - first + 1))
        add_levels(samples, edges, peaks, sums)
        peaks[0], sums[0] = max(peaks[0], self._open[0]), sums[0] + self._open[1]
        self._frames += count
        if self._frames < column_starts(np.array([last + 1]), self._rate_hz)[0]:
            self._open[:] = peaks[-1], sums[-1]
            peaks, sums, last = peaks[:-1], sums[:-1], last - 1
        else:
            self._open[:] = 0.0
        self._keep(first, peaks, sums)

    def result(self) -> LevelTrack:
        """The levels so far, as if the signal ended here."""
        peaks, powers = list(self._peaks), list(self._powers)
        at = self._frames * 1000 // (self._rate_hz * HOP_MS)
        begun = self._frames - int(column_starts(np.array([at]), self._rate_hz)[0])
        if begun > 0:
            peaks.append(self._open[:1].astype(np.float32))
            powers.append((self._open[1:] / (begun * self._channels)).astype(np.float32))
        return LevelTrack(HOP_MS / 1000, joined(peaks), joined(powers))

    def _keep(self, first: int, peaks: Reals, sums: Reals) -> None:
        frames = np.diff(column_starts(np.arange(first, first + len(sums) + 1), self._rate_hz))
        self._peaks.append(peaks.astype(np.float32))
        self._powers.append((sums / (frames * self._channels)).astype(np.float32))


def column_starts(columns: Whole, rate_hz: int) -> Whole:
    """The first frame of each column: the first at or after its time."""
    found: Whole = -(-columns * rate_hz * HOP_MS // 1000)
    return found


def joined(parts: list[Samples]) -> Samples:
    whole = np.concatenate([np.zeros(0, np.float32), *parts])
    whole.flags.writeable = False
    return whole


@kernel
def add_levels(samples: Samples, edges: Whole, peaks: Reals, sums: Reals) -> None:
    """Peak and sum of squares of each column; ``edges`` may lie outside of the block."""
    frames = samples.shape[1]
    for k in range(peaks.shape[0]):
        start, end = max(edges[k], 0), min(edges[k + 1], frames)
        for c in range(samples.shape[0]):
            row = samples[c]
            highest, total = np.float32(0.0), 0.0
            for i in range(start, end):
                highest = max(highest, abs(row[i]))
                total += np.float64(row[i]) * np.float64(row[i])
            peaks[k] = max(peaks[k], highest)
            sums[k] += total


def compile_kernels() -> None:
    """Compile the loop (or load it from the cache)."""
    samples = np.zeros((1, 4), np.float32)
    samples.flags.writeable = False
    meter = LevelTrackMeter(8_000, 1)
    meter.take(samples)
