"""From float to whole numbers: rounding, with or without dither.

Conventions: full scale 1.0 becomes ``2 ** (bits - 1)``; what is above is held at the highest whole number and counted.
The dither is triangular, two steps wide, so the error is noise of constant level (-93.3 dBFS at 16 bits) that has
nothing to do with the music. ``shaped`` moves that noise above 10 kHz, where the ear is dull: for 16 bits at 44.1 and
48 kHz. Dither once, last, and never into float files.

The noise is drawn from a counter: which frame and channel it is decides, not what was drawn before. So blocks can be
cut anywhere, and a channel sounds the same in mono and in stereo.

Not covered: 8-bit and companded formats.

References: S. Lipshitz, J. Vanderkooy, R. Wannamaker, Minimally Audible Noise Shaping, JAES 39 (1991), the five
coefficients of table 2; S. Vigna's splitmix64 for the random numbers.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import numpy.typing as npt

from bandmate.song.errors import OutOfRange
from bandmate.sound.audio import Samples
from bandmate.sound.blocks import checked_block
from bandmate.sound.kernel import kernel

Dither = Literal["none", "tpdf", "shaped"]
Whole = npt.NDArray[np.int32]
Reals = npt.NDArray[np.float64]

BITS = (8, 24)
SHAPING = np.array([2.033, -2.165, 1.959, -1.590, 0.6149])
"""Weights of the last five errors."""

GOLDEN = 0x9E3779B97F4A7C15


@kernel
def scramble(number: np.uint64) -> np.uint64:
    """splitmix64: 64 bits that look random, from a counter."""
    mixed = number
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


@kernel
def quantise(row: Samples, key: int, start: int, settings: Reals, errors: Reals, whole: Whole) -> int:
    """Write the whole numbers of one channel; gives how many were held at full scale.

    ``settings`` is full scale, and the width of the dither in steps; ``errors`` the last five errors, newest first,
    or nothing for white noise.
    """
    full, width = settings[0], settings[1] / 2.0**32
    held = 0
    for i in range(row.shape[1]):
        number = scramble(np.uint64(key) + np.uint64(start + i) * np.uint64(GOLDEN))
        noise = width * (float(number >> np.uint64(32)) - float(number & np.uint64(0xFFFFFFFF)))
        wanted = row[0, i] * full
        for k in range(errors.shape[0]):
            wanted -= SHAPING[k] * errors[k]
        value = math.floor(wanted + noise + 0.5)
        if value > full - 1.0 or value < -full:
            value = min(max(value, -full), full - 1.0)
            held += 1
        for k in range(errors.shape[0] - 1, 0, -1):
            errors[k] = errors[k - 1]
        if errors.shape[0]:
            errors[0] = min(max(value - wanted, -2.0), 2.0)
        whole[0, i] = int(value)
    return held


class Quantiser:
    """Rounds a signal to whole numbers, block after block.

    Parameters
    ----------
    bits : int
        8 to 24.
    channels : int
    seed : int
        Same seed, same noise.
    dither : "none", "tpdf" or "shaped"
        ``none`` gives back 24-bit material as it was; for fewer bits than the source has, take ``tpdf``.

    Attributes
    ----------
    held_samples : int
        samples so far that were above full scale and were held there.

    Raises
    ------
    OutOfRange
        for other numbers of bits.
    """

    def __init__(self, bits: int, channels: int, seed: int = 0, dither: Dither = "tpdf") -> None:
        if not BITS[0] <= bits <= BITS[1]:
            raise OutOfRange(f"{bits} bits cannot be written; possible are {BITS[0]} to {BITS[1]}")
        self.settings = np.array([2.0 ** (bits - 1), 0.0 if dither == "none" else 1.0])
        self.errors = np.zeros((channels, len(SHAPING) if dither == "shaped" else 0))
        self.keys = [int(scramble(np.uint64((seed * 0x1000 + channel) % 2**63))) % 2**63 for channel in range(channels)]
        self.frames_done = 0
        self.held_samples = 0

    def process(self, block: npt.ArrayLike) -> Whole:
        """The next block as int32 (channels, frames); silence without dither is zeros.

        Raises
        ------
        RequestError
            if the block has another number of channels, or a frame that is NaN or infinite.
        """
        samples = checked_block(block, channels=len(self.keys), start_frame=self.frames_done)
        whole = np.empty(samples.shape, dtype=np.int32)
        for c, key in enumerate(self.keys):
            rows = samples[c : c + 1], whole[c : c + 1]
            self.held_samples += quantise(rows[0], key, self.frames_done, self.settings, self.errors[c], rows[1])
        self.frames_done += samples.shape[1]
        return whole


def compile_kernels() -> None:
    """Compile what is in this module, now rather than at the first block."""
    Quantiser(16, 1).process(np.zeros((1, 4), dtype=np.float32))
