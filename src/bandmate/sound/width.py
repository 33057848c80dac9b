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
from bandmate.sound.filters import Cascade


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
        self.side = device.side
        none = np.empty((0, 5))
        high, align = none, none
        if device.mono_below_hz > 0.0:
            _, high, align = crossover_sections(device.mono_below_hz, rate_hz)
        self.for_side, self.for_mid = Cascade(high, 1), Cascade(align, 1)

    def _run(self, samples: Samples) -> Samples:
        rows = samples.astype(np.float64)
        mid = self.for_mid.run(0.5 * (rows[:1] + rows[1:]))
        side = self.for_side.run((0.5 * self.side) * (rows[:1] - rows[1:]))
        return np.concatenate([mid + side, mid - side]).astype(np.float32)
