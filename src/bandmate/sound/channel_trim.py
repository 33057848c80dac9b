"""Trim: the level of each channel on its own, and the polarity of the right one.

Conventions: the first channel is the left one, the second the right one; further channels stay as they are. A mono
signal has one channel: ``left_db`` is its level, and what is set for the right one counts for nothing. Each sample is
multiplied in float64 and rounded once; turning the polarity changes the sign and no other bit.

Not covered: panning and the fader (see ``bandmate.render``).
"""

from __future__ import annotations

import numpy as np

from bandmate.song.devices import ChannelTrim
from bandmate.sound.audio import Samples
from bandmate.sound.blocks import BlockProcessor


def channel_gains(device: ChannelTrim, channels: int) -> tuple[float, ...]:
    """The gain of each channel, negative where the polarity is turned; all 1.0 when the sound stays as it is."""
    right = 10.0 ** (device.right_db / 20.0) * (-1.0 if device.right_inverted else 1.0)
    set_here = (10.0 ** (device.left_db / 20.0), right)
    return (set_here + (1.0,) * channels)[:channels]


class ChannelTrimProcessor(BlockProcessor):
    """A running `ChannelTrim`."""

    def __init__(self, device: ChannelTrim, *, rate_hz: int, channels: int) -> None:
        super().__init__(rate_hz=rate_hz, channels=channels)
        self.gains = np.array(channel_gains(device, channels))[:, None]

    def _run(self, samples: Samples) -> Samples:
        return np.asarray(samples * self.gains, dtype=np.float32)
