"""What came out of a render, beside the sound.

Conventions: levels in dBFS of the sample peak (a meter for the true peak is ``bandmate.sound.truepeak``); ``None`` is
silence. What a device reports is named by the device (``max_reduction_db`` and the like).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from bandmate.sound.audio import Audio, Samples


@dataclass(frozen=True, slots=True)
class DeviceReport:
    """What one device did.

    Attributes
    ----------
    strip : str
        id of the track or bus, or ``main``.
    device : str
        id of the device on that strip.
    values : dict
        name with unit → number.
    """

    strip: str
    device: str
    values: dict[str, float]


@dataclass(frozen=True, slots=True)
class RenderReport:
    """What a render has to say.

    Attributes
    ----------
    rate_hz : int
    frames : int
        how many were rendered.
    song_frames : int
        where the last clip ends, delays included.
    tail_frames : int
        how long the sound rings on after that; 0 for a span that ends before.
    peak_dbfs : float or None
        the highest sample; None for silence.
    devices : tuple of DeviceReport
        in the order of the strips: tracks, buses, main.
    """

    rate_hz: int
    frames: int
    song_frames: int
    tail_frames: int
    peak_dbfs: float | None
    devices: tuple[DeviceReport, ...]

    def device(self, strip: str, device: str) -> dict[str, float]:
        """What that device reported; empty when it did nothing."""
        return next((one.values for one in self.devices if (one.strip, one.device) == (strip, device)), {})


@dataclass(frozen=True, slots=True)
class Rendering:
    """Rendered sound with its report."""

    audio: Audio
    report: RenderReport


class PeakMeter:
    """Counts frames and remembers the highest sample."""

    def __init__(self) -> None:
        self.frames = 0
        self.peak = 0.0

    def feed(self, block: Samples) -> None:
        self.frames += block.shape[1]
        if block.size:
            self.peak = max(self.peak, float(block.max()), -float(block.min()))

    @property
    def peak_dbfs(self) -> float | None:
        return 20.0 * math.log10(self.peak) if self.peak > 0.0 else None
