"""Another sample rate, without a shift in time: soxr, fed block by block.

Conventions: float32 (channels, frames) in and out. Frame n of the output lies at second ``n / to_hz`` of the input, so
the delay is zero. The output has exactly ``round(frames * to_hz / from_hz)`` frames (halves to even), and is the same
however the input is cut.

Not covered: changing rates while running (vari-speed, which is ``bandmate.sound.stretch``'s), dither. Resampling to a
lower rate can raise the true peak; check it afterwards.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

import numpy as np
import numpy.typing as npt
import soxr

from bandmate.sound.audio import Audio, Samples, checked_rate
from bandmate.sound.finite import finite_block

Quality = Literal["HQ", "VHQ"]

FEED_FRAMES = 65_536


class Resampler:
    """Changes the rate of a signal fed in blocks of any size.

    Parameters
    ----------
    from_hz, to_hz : int
        equal rates give the blocks back untouched.
    channels : int
    quality : str
        ``HQ``: 20 bit, for listening on; ``VHQ``: 28 bit, for what is delivered.
    """

    def __init__(self, from_hz: int, to_hz: int, channels: int, quality: Quality = "VHQ") -> None:
        self._from_hz, self._to_hz, self._channels = checked_rate(from_hz), checked_rate(to_hz), channels
        self._stream = soxr.ResampleStream(from_hz, to_hz, channels, dtype="float32", quality=quality)
        self._frames_in = 0
        self._frames_out = 0

    def feed(self, block: npt.ArrayLike) -> Samples:
        """Take the next block (channels, frames) and give what is ready: often less, sometimes nothing.

        Raises
        ------
        RequestError
            for a wrong number of channels, or naming the first NaN or infinite frame.
        """
        samples = finite_block(block, self._channels, start_frame=self._frames_in, rate_hz=self._from_hz)
        self._frames_in += samples.shape[1]
        if self._from_hz == self._to_hz:
            self._frames_out = self._frames_in
            return samples
        pieces = [
            self._stream.resample_chunk(np.ascontiguousarray(samples[:, start : start + FEED_FRAMES].T))
            for start in range(0, samples.shape[1], FEED_FRAMES)
        ]
        return self._counted(pieces)

    def finish(self) -> Samples:
        """The rest, once all blocks are fed; the resampler is used up then."""
        if self._from_hz == self._to_hz:
            return np.zeros((self._channels, 0), np.float32)
        rest = self._stream.resample_chunk(np.zeros((0, self._channels), np.float32), last=True)
        missing = resampled_frames(self._frames_in, self._from_hz, self._to_hz) - self._frames_out
        ended = np.zeros((missing, self._channels), np.float32)
        ended[: len(rest)] = rest[:missing]
        return self._counted([ended])

    def _counted(self, pieces: list[Samples]) -> Samples:
        """Soxr's (frames, channels) pieces as one block, counted."""
        joined = np.concatenate([np.zeros((0, self._channels), np.float32), *pieces])
        self._frames_out += len(joined)
        return np.ascontiguousarray(joined.T)


def resample(audio: Audio, rate_hz: int, quality: Quality = "VHQ") -> Audio:
    """``audio`` at another rate; at its own rate the same object.

    Raises
    ------
    OutOfRange
        for a rate outside 1 kHz to 768 kHz.
    RequestError
        for NaN or infinity.
    """
    if checked_rate(rate_hz) == audio.rate_hz:
        return audio
    resampler = Resampler(audio.rate_hz, rate_hz, audio.channels, quality)
    return Audio(np.concatenate([resampler.feed(audio.samples), resampler.finish()], axis=1), rate_hz)


def resampled_frames(frames: int, from_hz: int, to_hz: int) -> int:
    """How many frames ``frames`` become."""
    return round(Fraction(frames * to_hz, from_hz))
