"""Linkwitz-Riley crossovers: a signal in bands that add up flat.

Conventions: 24 dB per octave (two Butterworth filters of second order in a row), -6 dB at the crossover, all bands in
phase there. The sum of the bands has the level of the input at every frequency; its phase is that of an all-pass.

Not covered: linear phase, other slopes.

References: S. Linkwitz and R. Riley, Active Crossover Networks for Noncoincident Drivers, JAES 24 (1976).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bandmate.sound.blocks import Rows
from bandmate.sound.filters import HIGHEST_SHARE, Cascade, Sections, high_pass_sections, low_pass_sections

HIGHEST_CROSSOVER_SHARE = 0.98 * HIGHEST_SHARE


def crossover_sections(freq_hz: float, rate_hz: int) -> tuple[Sections, Sections, Sections]:
    """The sections of the low band, of the high band, and of the all-pass that is their sum."""
    freq_hz = min(freq_hz, HIGHEST_CROSSOVER_SHARE * rate_hz)
    low = low_pass_sections(freq_hz, rate_hz, order=2)
    high = high_pass_sections(freq_hz, rate_hz, order=2)
    a1, a2 = low[0, 3], low[0, 4]
    return np.repeat(low, 2, axis=0), np.repeat(high, 2, axis=0), np.array([[a2, a1, 1.0, a1, a2]])


class BandSplitter:
    """A signal in bands, block after block.

    Each crossover cuts what the one before it left above; the bands below it pass its all-pass, so that all bands stay
    in phase.

    Parameters
    ----------
    freqs_hz : sequence of float
        The crossovers, rising. None gives one band, the signal itself.
    rate_hz, channels : int
    """

    def __init__(self, freqs_hz: Sequence[float], *, rate_hz: int, channels: int) -> None:
        designs = [crossover_sections(freq_hz, rate_hz) for freq_hz in freqs_hz]
        self.low = [Cascade(low, channels) for low, _, _ in designs]
        self.high = [Cascade(high, channels) for _, high, _ in designs]
        self.align = [
            Cascade(np.concatenate([np.empty((0, 5)), *(allpass for _, _, allpass in designs[k + 1 :])]), channels)
            for k in range(len(designs))
        ]

    def split(self, rows: Rows) -> npt.NDArray[np.float64]:
        """``rows`` (channels, frames) as (bands, channels, frames), lowest first; ``rows`` may be written over."""
        bands = np.empty((len(self.low) + 1, *rows.shape))
        rest = rows
        for k, (low, high, align) in enumerate(zip(self.low, self.high, self.align, strict=True)):
            bands[k] = rest
            align.run(low.run(bands[k]))
            rest = high.run(rest)
        bands[-1] = rest
        return bands
