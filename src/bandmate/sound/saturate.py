"""Saturation: soft clipping that keeps its new overtones out of the audible band's mirror.

Conventions: ``tanh`` with unit slope at zero, so a quiet signal keeps its level and a loud one is rounded off at
``-drive_db`` dBFS, made up by nothing. It runs at four times the rate; overtones above half the rate are taken out
before they fold back. Dry and wet are delayed alike.

Not covered: asymmetric curves, tape and tube models.
"""

from __future__ import annotations

import numpy as np

from bandmate.song.devices import Saturator
from bandmate.sound.audio import Samples
from bandmate.sound.blocks import BlockProcessor
from bandmate.sound.kernel import kernel
from bandmate.sound.polyphase import OVERSAMPLING, Phases, Points, interpolate, interpolation_phases

TAPS, BETA = 64, 8.0


@kernel
def decimate(points: Points, phases: Phases, row: Samples) -> None:
    """Low-pass the four points per frame and write one sample per frame to ``row`` (1, frames).

    ``points`` (4, frames + taps) begins half the taps before the first frame.
    """
    frames = row.shape[1]
    row[:] = np.float32(0.0)
    for p in range(phases.shape[0]):
        for k in range(0, phases.shape[1], 4):
            w0, w1, w2, w3 = phases[p, k], phases[p, k + 1], phases[p, k + 2], phases[p, k + 3]
            at = points[p, k : k + frames + 4]
            for i in range(frames):
                row[0, i] += (w0 * at[i] + w1 * at[i + 1]) + (w2 * at[i + 2] + w3 * at[i + 3])


class SaturatorProcessor(BlockProcessor):
    """A running `Saturator`; silence stays silence."""

    latency_frames = TAPS

    def __init__(self, device: Saturator, *, rate_hz: int, channels: int) -> None:
        super().__init__(rate_hz=rate_hz, channels=channels)
        self.wet = device.wet
        self.drive = np.float32(10.0 ** (device.drive_db / 20.0))
        self.up = interpolation_phases(TAPS, BETA)
        self.down = np.ascontiguousarray(self.up[:, ::-1]) / np.float32(OVERSAMPLING)
        self.held = np.zeros((channels, 2 * TAPS), dtype=np.float32)

    def _run(self, samples: Samples) -> Samples:
        joined = np.concatenate([self.held, samples], axis=1)
        self.held = joined[:, samples.shape[1] :].copy()
        wet = np.concatenate([self._shaped(row) for row in joined])
        dry = joined[:, TAPS : TAPS + samples.shape[1]]
        return np.asarray(self.wet * wet + (1.0 - self.wet) * dry, dtype=np.float32)

    def _shaped(self, row: Samples) -> Samples:
        """One channel with ``2 * TAPS`` frames before, soft-clipped (1, frames), late by the latency."""
        count = len(row) - TAPS - 1
        points = np.empty((OVERSAMPLING, count), dtype=np.float32)
        interpolate(row, 1, count, self.up, points, 0)
        points = np.tanh(points * self.drive) / self.drive
        shaped = np.empty((1, count - TAPS + 1), dtype=np.float32)
        decimate(points, self.down, shaped)
        return shaped


def compile_kernels() -> None:
    """Compile what is in this module, now rather than at the first block."""
    SaturatorProcessor(Saturator(id="first"), rate_hz=8_000, channels=1).process(np.ones((1, 4), dtype=np.float32))
