"""How wide a stereo signal is: the level of its sides, and one channel only for the bass.

Conventions: middle = (left + right) / 2, side = (left - right) / 2. Below ``mono_below_hz`` the sides are cut by a
Linkwitz-Riley high-pass of 24 dB per octave; the middle passes the all-pass of that crossover, so middle and side stay
in phase and the sum of both channels keeps its level at every frequency.

Not covered: panning (see ``bandmate.render``), width made out of mono.
"""

from __future__ import annotations

import numpy as np

from bandmate.song.devices import Width
from bandmate.song.errors import RequestError
from bandmate.sound.audio import Samples
from bandmate.sound.blocks import BlockProcessor
from bandmate.sound.crossover import crossover_sections
from bandmate.sound.filters import Lanes
from bandmate.sound.section_loops import filter_mid_side, writable


class WidthProcessor(BlockProcessor):
    """A running `Width`, stereo only.

    Raises
    ------
    RequestError
        when the signal is not stereo. (`processor_for` leaves a mono signal alone: it has no sides.)
    """

    def __init__(self, device: Width, *, rate_hz: int, channels: int) -> None:
        super().__init__(rate_hz=rate_hz, channels=channels)
        if channels != 2:
            raise RequestError(
                f'width "{device.id}" needs a stereo signal, this one has {channels} channels; use it on a stereo track'
            )
        none = np.empty((0, 5))
        high, align = none, none
        if device.mono_below_hz > 0.0:
            _, high, align = crossover_sections(device.mono_below_hz, rate_hz)
        self.lanes = Lanes(align, high)
        self.gains = (0.5, 0.5 * device.side)

    def _run(self, samples: Samples) -> Samples:
        done = np.empty_like(samples)
        filter_mid_side(writable(samples), self.lanes.in_first, self.lanes.lanes, self.lanes.state, self.gains, done)
        return done
