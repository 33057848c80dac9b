"""Riding the fader: a gain that moves over time, in straight lines of decibels from point to point.

Conventions: the points count in the order of their moments, whatever their order in the song; of points at one moment
the last one holds from there on, so that two make a step. Before the first point and after the last the gain stands
still. Each frame's gain is worked out from the frame's own place, never from the frame before, so neither block cuts
nor length add an error. Where the gain is 0 dB the sound stays bit for bit as it is.

Not covered: automation of faders in musical time (see ``bandmate.render.levels``).
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from bandmate.song.devices import Ride
from bandmate.sound.audio import Samples
from bandmate.sound.blocks import BlockProcessor
from bandmate.sound.kernel import kernel
from bandmate.sound.section_loops import writable

Reals = npt.NDArray[np.float64]

NEPERS_PER_DB = math.log(10.0) / 20.0


@kernel
def ride_levels(samples: Samples, places: Reals, levels_db: Reals, start_frame: int, done: Samples) -> None:
    """Write ``samples`` times the gain to ``done``; ``places`` are frames, rising, ``start_frame`` that of column 0."""
    frames, points, i = samples.shape[1], places.shape[0], 0
    for k in range(points + 1):
        stop = frames
        if k < points:
            stop = min(max(math.ceil(places[k]) - start_frame, i), frames)
        if k == 0 or k == points or levels_db[k - 1] == levels_db[k]:
            gain = math.exp(levels_db[max(k - 1, 0)] * NEPERS_PER_DB)
            for c in range(samples.shape[0]):
                for j in range(i, stop):
                    done[c, j] = samples[c, j] * gain
        elif stop > i:
            slope = (levels_db[k] - levels_db[k - 1]) / (places[k] - places[k - 1])
            for j in range(i, stop):
                level_db = levels_db[k - 1] + slope * (start_frame + j - places[k - 1])
                gain = math.exp(level_db * NEPERS_PER_DB)
                for c in range(samples.shape[0]):
                    done[c, j] = samples[c, j] * gain
        i = stop


class RideProcessor(BlockProcessor):
    """A running `Ride`.

    Parameters
    ----------
    late_frames : int
        by how much the signal is already late when it comes here; the ride waits as long.
    """

    def __init__(self, device: Ride, *, rate_hz: int, channels: int, late_frames: int = 0) -> None:
        super().__init__(rate_hz=rate_hz, channels=channels)
        self.late_frames = late_frames
        points = sorted(device.points, key=lambda point: point.at_seconds)
        self.places = np.array([point.at_seconds * rate_hz for point in points])
        self.levels_db = np.array([point.gain_db for point in points], dtype=np.float64)

    def _run(self, samples: Samples) -> Samples:
        done = np.empty_like(samples)
        ride_levels(writable(samples), self.places, self.levels_db, self.frames_done - self.late_frames, done)
        return done


def compile_kernels() -> None:
    """Compile what is in this module, now rather than at the first block."""
    ride_levels(np.ones((1, 2), dtype=np.float32), np.zeros(1), np.zeros(1), 0, np.ones((1, 2), dtype=np.float32))
