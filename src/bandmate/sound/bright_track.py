"""Brightness over time: what lies above 4.5 kHz, every 10 ms, as a de-esser at that frequency hears it.

Conventions: columns as in ``bandmate.sound.level_track``: column k is about the frames from ``k * 10 ms`` to
``(k + 1) * 10 ms`` of all channels together after a high-pass of 12 dB per octave; ``peak`` is the largest magnitude,
``power`` the mean of the squares, full scale 1. Silence is 0. Results do not depend on where blocks are cut. At rates
that do not carry twice `CORNER_HZ`, the corner is kept where the rate ends, as it is in the de-esser.

Not covered: which sounds are sibilants.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from bandmate.sound.audio import Samples, checked_rate
from bandmate.sound.filters import high_pass_row
from bandmate.sound.kernel import FLUSH, kernel
from bandmate.sound.level_track import HOP_MS, LevelTrack, column_starts, joined

Reals = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

CORNER_HZ = 4_500.0
HIGHEST_SHARE = 0.45
"""As in the de-esser (``bandmate.sound.dynamics``)."""


class BrightTrackMeter:
    """Level above `CORNER_HZ` over time of a signal in checked blocks of any size; 8 bytes for every 10 ms."""

    def __init__(self, rate_hz: int, channels: int) -> None:
        self._rate_hz, self._channels = checked_rate(rate_hz), channels
        corner = math.tan(math.pi * min(CORNER_HZ / rate_hz, HIGHEST_SHARE))
        self._section = np.array(high_pass_row(corner, math.sqrt(0.5)))
        self._state = np.zeros((channels, 2))
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
        squares, sums = np.zeros((2, last - first + 1))
        squares[0], sums[0] = self._open
        add_bright(samples, edges, self._section, self._state, (squares, sums))
        self._frames += count
        self._open[:] = 0.0
        if self._frames < column_starts(np.array([last + 1]), self._rate_hz)[0]:
            self._open[:] = squares[-1], sums[-1]
            squares, sums = squares[:-1], sums[:-1]
        frames = np.diff(column_starts(np.arange(first, first + len(sums) + 1), self._rate_hz))
        self._peaks.append(np.sqrt(squares).astype(np.float32))
        self._powers.append((sums / (frames * self._channels)).astype(np.float32))

    def result(self) -> LevelTrack:
        """The levels so far, as if the signal ended here; the last column may be cut short."""
        peaks, powers = list(self._peaks), list(self._powers)
        at = self._frames * 1000 // (self._rate_hz * HOP_MS)
        begun = self._frames - int(column_starts(np.array([at]), self._rate_hz)[0])
        if begun > 0:
            peaks.append(np.sqrt(self._open[:1]).astype(np.float32))
            powers.append((self._open[1:] / (begun * self._channels)).astype(np.float32))
        return LevelTrack(HOP_MS / 1000, joined(peaks), joined(powers))


@kernel
def add_bright(samples: Samples, edges: Whole, section: Reals, state: Reals, columns: tuple[Reals, Reals]) -> None:
    """Filter every channel and raise the highest and the sum of squares of the columns; outer edges may lie outside.

    Two channels go together, because a filter alone spends most of its time waiting; an odd one is its own partner.
    """
    b0, b1, b2, a1, a2 = section[0], section[1], section[2], section[3], section[4]
    highest, sums = columns
    channels, frames = samples.shape
    for c in range(0, channels, 2):
        d = min(c + 1, channels - 1)
        share = 1.0 if d > c else 0.0
        row, other = samples[c], samples[d]
        s1, s2, s3, s4 = state[c, 0], state[c, 1], state[d, 0], state[d, 1]
        for k in range(sums.shape[0]):
            top, total, more = highest[k], 0.0, 0.0
            for i in range(max(edges[k], 0), min(edges[k + 1], frames)):
                x, u = np.float64(row[i]), np.float64(other[i])
                y, v = b0 * x + s1, b0 * u + s3
                s1, s3 = (b1 * x + s2) - a1 * y, (b1 * u + s4) - a1 * v
                s2, s4 = b2 * x - a2 * y, b2 * u - a2 * v
                y, v = y * y, v * v
                top = y if y > top else top
                top = v if v > top else top
                total += y
                more += v
            if edges[k + 1] <= frames:  # only there, so that nothing depends on where blocks are cut
                s1, s2, s3, s4 = (s1 + FLUSH) - FLUSH, (s2 + FLUSH) - FLUSH, (s3 + FLUSH) - FLUSH, (s4 + FLUSH) - FLUSH
            highest[k] = top
            sums[k] += total + share * more
        state[c, 0], state[c, 1] = s1, s2
        state[d, 0], state[d, 1] = s3, s4


def compile_kernels() -> None:
    """Compile the loop (or load it from the cache)."""
    samples = np.zeros((1, 4), np.float32)
    samples.flags.writeable = False
    BrightTrackMeter(8_000, 1).take(samples)
