"""The envelope: lowest and highest sample of short stretches, for drawing a waveform of any length in bounded memory.

Conventions: full scale 1, over all channels. Stretches begin with 512 frames; whenever there are twice as many as
wanted, neighbours are joined, so every stretch but the last is of one length. Samples are taken to be finite.

Not covered: levels (``bandmate.sound.levels``), pictures (``bandmate.report``).
"""

from __future__ import annotations

import numpy as np

from bandmate.sound.audio import Samples

ENVELOPE_POINTS = 1_500
FIRST_STRETCH_FRAMES = 512


class EnvelopeMeter:
    """Envelope of a signal that is taken in blocks of any size."""

    def __init__(self) -> None:
        self._stretch_frames = FIRST_STRETCH_FRAMES
        self._stretches = np.zeros((2, 2 * ENVELOPE_POINTS), np.float32)
        self._whole = 0
        self._started = np.zeros((2, 0), np.float32)  # lowest and highest of the started stretch, or nothing
        self._started_frames = 0

    def take(self, samples: Samples) -> None:
        """Take the next block, shape (channels, frames)."""
        start = 0
        while start < samples.shape[1]:
            rest = samples[:, start:]
            if self._started_frames or rest.shape[1] < self._stretch_frames:
                start += self._go_on(rest)
            else:
                start += self._take_whole(rest)

    def result(self) -> Samples:
        """Lowest and highest sample over time, shape (2, at most twice `ENVELOPE_POINTS`); feeding may go on."""
        return np.concatenate([self._stretches[:, : self._whole], self._started], axis=1)

    def _go_on(self, samples: Samples) -> int:
        """Add to the started stretch what it has room for; how many frames that is."""
        piece = samples[:, : self._stretch_frames - self._started_frames]
        both = np.concatenate([self._started, extremes(piece, 1)], axis=1)
        self._started = np.stack([both[0].min(keepdims=True), both[1].max(keepdims=True)])
        frames: int = piece.shape[1]
        self._started_frames += frames
        if self._started_frames == self._stretch_frames:
            self._keep(self._started)
            self._started, self._started_frames = self._started[:, :0], 0
        return frames

    def _take_whole(self, samples: Samples) -> int:
        """Take all whole stretches that there is room for; how many frames that is."""
        count: int = min(samples.shape[1] // self._stretch_frames, self._stretches.shape[1] - self._whole)
        frames = count * self._stretch_frames
        self._keep(extremes(samples[:, :frames], count))
        return frames

    def _keep(self, found: Samples) -> None:
        """Append whole stretches; where the room is full then, join neighbours."""
        after = self._whole + found.shape[1]
        self._stretches[:, self._whole : after] = found
        self._whole = after
        if after == self._stretches.shape[1]:
            pairs = self._stretches.reshape(2, -1, 2)
            self._whole = pairs.shape[1]
            self._stretches[:, : self._whole] = np.stack([pairs[0].min(axis=1), pairs[1].max(axis=1)])
            self._stretch_frames *= 2


def extremes(samples: Samples, count: int) -> Samples:
    """Lowest and highest sample of ``count`` stretches of equal length, shape (2, count)."""
    stretches = samples.reshape(samples.shape[0], count, -1)
    return np.stack([stretches.min(axis=2).min(axis=0), stretches.max(axis=2).max(axis=0)])
