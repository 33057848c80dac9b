"""What every running processor does with a block before and after the sound: checks, counts, keeps the shape.

Conventions: a processor is made for one rate and one number of channels, is fed consecutive blocks of any length, and
gives back blocks of the same shape, delayed by ``latency_frames``. It never writes into what it was given. Where the
signal is cut into blocks makes no difference to a single bit.

Not covered: starting over. A processor is used for one pass; make a new one for the next.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from bandmate.song.errors import RequestError
from bandmate.sound.audio import Samples, checked_rate

Rows = npt.NDArray[np.float64]
"""float64, shape (channels, frames)."""

Heard = Mapping[str, npt.ArrayLike]
"""The blocks that a detector may listen to, by the ids of their tracks: as many frames as the block itself, any number
of channels, finite, and late by as much."""

NOTHING_ELSE: Heard = MappingProxyType({})


def checked_block(block: npt.ArrayLike, *, channels: int, start_frame: int) -> Samples:
    """``block`` as contiguous float32, or an error that names the first frame that is not a number.

    subtle: the highest and the lowest tell whether all samples are finite, for NaN wins both comparisons in numpy.
    """
    samples = np.ascontiguousarray(block, dtype=np.float32)
    if samples.ndim != 2 or samples.shape[0] != channels:
        raise RequestError(
            f"block has shape {samples.shape}; this device was started for {channels} channels, "
            f"so pass ({channels}, frames)"
        )
    if samples.size and not (math.isfinite(samples.max()) and math.isfinite(samples.min())):
        bad = ~np.isfinite(samples)
        frame = int(bad.any(axis=0).argmax())
        channel = int(bad[:, frame].argmax())
        raise RequestError(
            f"channel {channel + 1} is {samples[channel, frame]} at frame {start_frame + frame}; "
            "a device needs finite samples; repair or cut that place first"
        )
    return samples


class BlockProcessor:
    """Base of all processors; a subclass writes ``_run``.

    Attributes
    ----------
    latency_frames : int
        by how much the output is late.
    tail_frames : int
        for how long it rings after the input has ended, beyond the latency.
    frames_done : int
        frames fed so far.
    """

    latency_frames: int = 0
    tail_frames: int = 0

    def __init__(self, *, rate_hz: int, channels: int) -> None:
        self.rate_hz = checked_rate(rate_hz)
        self.channels = channels
        self.frames_done = 0

    def process(self, block: npt.ArrayLike) -> Samples:
        """The next block, processed; same shape. An empty block gives an empty block.

        Raises
        ------
        RequestError
            if the block has another number of channels, or a frame that is NaN or infinite. The message names it.
        """
        samples = checked_block(block, channels=self.channels, start_frame=self.frames_done)
        if samples.shape[1] == 0:
            return samples
        done = self._run(samples)
        self.frames_done += samples.shape[1]
        return done

    def report(self) -> dict[str, float]:
        """What the processor did so far, in numbers; nothing for those that do the same all the time."""
        return {}

    def _run(self, samples: Samples) -> Samples:
        raise NotImplementedError


class KeyedBlockProcessor(BlockProcessor):
    """Base of processors whose detectors may listen to other tracks; a subclass writes ``_run_hearing``.

    Attributes
    ----------
    keys : tuple of str
        the ids of those tracks, each once; empty when it hears nothing but its own signal.
    """

    keys: tuple[str, ...] = ()

    def __init__(self, name: str, *, rate_hz: int, channels: int) -> None:
        super().__init__(rate_hz=rate_hz, channels=channels)
        self.name = name

    def process(self, block: npt.ArrayLike, heard: Heard = NOTHING_ELSE) -> Samples:
        """The next block, processed, while the detectors hear ``heard``; otherwise as `BlockProcessor.process`.

        Raises
        ------
        RequestError
            also if a track of ``keys`` is missing from ``heard``, is not finite, or has another number of frames.
        """
        samples = checked_block(block, channels=self.channels, start_frame=self.frames_done)
        if samples.shape[1] == 0:
            return samples
        others = {key: self._checked_key(key, heard, samples.shape[1]) for key in self.keys}
        done = self._run_hearing(samples, {**others, "": samples})
        self.frames_done += samples.shape[1]
        return done

    def _checked_key(self, key: str, heard: Heard, frames: int) -> Samples:
        if key not in heard:
            raise RequestError(
                f'"{self.name}" listens to the track "{key}", which cannot be heard here; '
                "render the song, or leave the key of the device empty"
            )
        samples = np.asarray(heard[key])
        if samples.ndim != 2 or samples.shape[1] != frames:
            raise RequestError(
                f'"{self.name}" listens to the track "{key}", whose block has shape {samples.shape}; '
                f"pass (channels, {frames})"
            )
        return checked_block(samples, channels=samples.shape[0], start_frame=self.frames_done)

    def _run_hearing(self, samples: Samples, heard: Mapping[str, Samples]) -> Samples:
        """``heard`` has every track of ``keys``, and the own signal under the empty key."""
        raise NotImplementedError
