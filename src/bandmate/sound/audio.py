"""Sound in memory: an array that carries its rate.

Conventions: float32, shape ``(channels, frames)``, full scale = 1.0, read-only. A *frame* is one value per channel at
one instant. Functions that work block by block take plain arrays of that shape; ``Audio`` is for whole signals.

Not covered: files (``bandmate.formats.audio_files``), more than 64 channels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bandmate.song.errors import OutOfRange, RequestError

Samples = npt.NDArray[np.float32]
"""float32, shape (channels, frames)."""

RATE_RANGE_HZ = (1_000, 768_000)
MAX_CHANNELS = 64


@dataclass(frozen=True, slots=True, eq=False)
class Audio:
    """A whole signal.

    Parameters
    ----------
    samples : array (channels, frames)
        Converted to contiguous float32 and made read-only; an array that is so already is not copied.
    rate_hz : int

    Raises
    ------
    RequestError
        if ``samples`` is not two-dimensional; for mono pass ``samples[None, :]``.
    OutOfRange
        if the rate or the number of channels is outside its limits.
    """

    samples: Samples
    rate_hz: int

    def __post_init__(self) -> None:
        samples = checked_samples(self.samples)
        if samples is self.samples and samples.flags.writeable:
            samples = samples.view()
        samples.flags.writeable = False
        object.__setattr__(self, "samples", samples)
        object.__setattr__(self, "rate_hz", checked_rate(self.rate_hz))

    @property
    def channels(self) -> int:
        return int(self.samples.shape[0])

    @property
    def frames(self) -> int:
        return int(self.samples.shape[1])

    @property
    def seconds(self) -> float:
        return self.frames / self.rate_hz

    def blocks(self, frames: int = 65_536) -> Iterator[Samples]:
        """The signal in consecutive pieces of at most ``frames`` frames; nothing for an empty signal."""
        for start in range(0, self.frames, frames):
            yield self.samples[:, start : start + frames]


def checked_samples(samples: npt.ArrayLike) -> Samples:
    """``samples`` as contiguous float32 (channels, frames), or an error that names the fix."""
    array = np.ascontiguousarray(samples, dtype=np.float32)
    if np.ndim(samples) != 2:
        raise RequestError(
            f"audio must be (channels, frames), got shape {np.shape(samples)}; for mono pass samples[None, :]"
        )
    if not 1 <= array.shape[0] <= MAX_CHANNELS:
        raise OutOfRange(
            f"audio has {array.shape[0]} channels; 1 to {MAX_CHANNELS} are possible. "
            "Was the array (frames, channels)? Then pass samples.T"
        )
    return array


def checked_rate(rate_hz: int) -> int:
    """``rate_hz`` as int, or an error with the limits."""
    low, high = RATE_RANGE_HZ
    if int(rate_hz) != rate_hz or not low <= rate_hz <= high:
        raise OutOfRange(f"sample rate {rate_hz} Hz is not a whole number from {low} to {high} Hz")
    return int(rate_hz)
