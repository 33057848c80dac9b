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

from typing import Literal

import numpy as np
import numpy.typing as npt

from bandmate.song.errors import OutOfRange
from bandmate.sound.audio import Samples
from bandmate.sound.blocks import checked_block
from bandmate.sound.kernel import kernel

Dither = Literal["none", "tpdf", "shaped"]
Whole = npt.NDArray[np.int32]
Keys = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float64]

BITS = (8, 24)
SHAPING = np.array([2.033, -2.165, 1.959, -1.590, 0.6149])
"""Weights of the last five errors."""

STRETCH_FRAMES = 1_024
GOLDEN = 0x9E3779B97F4A7C15


@kernel
def scramble(number: np.uint64) -> np.uint64:
    """splitmix64: 64 bits that look random, from a counter."""
    mixed = number
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


@kernel
def draw_noise(key: int, start: int, width: float, noise: Reals) -> None:
    """Write triangular noise, up to ``width`` steps either way, for the frames from ``start`` on."""
    if width == 0.0:
        noise[:] = 0.0
        return
    step = width / 2.0**32
    for i in range(noise.shape[0]):
        number = scramble(np.uint64(key) + np.uint64(start + i) * np.uint64(GOLDEN))
        noise[i] = step * np.float64(np.int64(number >> np.uint64(32)) - np.int64(number & np.uint64(0xFFFFFFFF)))


@kernel
def round_white(row: Samples, noise: Reals, full: float, whole: Whole) -> int:
    """Write the whole numbers of a stretch of one channel; gives how many were held at full scale."""
    held, top = 0, full - 1.0
    for i in range(row.shape[0]):
        value = np.floor(row[i] * full + noise[i] + 0.5)
        held += (value > top) + (value < -full)
        whole[i] = np.int32(min(max(value, -full), top))
    return held


@kernel
def round_shaped(rows: Samples, noise: Reals, full: float, errors: Reals, whole: Whole) -> int:
    """As ``round_white`` for two channels, each ``errors`` (2, 5) fed back: the last five, newest first.

    Both channels run side by side: each would wait for its own last error, so the second one is nearly free.
    """
    held, top, left, right = 0, full - 1.0, rows[0], rows[1]
    a, b, c, d, e = SHAPING[0], SHAPING[1], SHAPING[2], SHAPING[3], SHAPING[4]
    p0, p1, p2, p3, p4 = errors[0, 0], errors[0, 1], errors[0, 2], errors[0, 3], errors[0, 4]
    q0, q1, q2, q3, q4 = errors[1, 0], errors[1, 1], errors[1, 2], errors[1, 3], errors[1, 4]
    for i in range(rows.shape[1]):
        x = left[i] * full - a * p0 - b * p1 - c * p2 - d * p3 - e * p4
        y = right[i] * full - a * q0 - b * q1 - c * q2 - d * q3 - e * q4
        u, v = np.floor(x + noise[0, i] + 0.5), np.floor(y + noise[1, i] + 0.5)
        held += (u > top) + (u < -full) + (v > top) + (v < -full)
        u, v = min(max(u, -full), top), min(max(v, -full), top)
        p4, p3, p2, p1, p0 = p3, p2, p1, p0, min(max(u - x, -2.0), 2.0)
        q4, q3, q2, q1, q0 = q3, q2, q1, q0, min(max(v - y, -2.0), 2.0)
        whole[0, i], whole[1, i] = np.int32(u), np.int32(v)
    errors[0, 0], errors[0, 1], errors[0, 2], errors[0, 3], errors[0, 4] = p0, p1, p2, p3, p4
    errors[1, 0], errors[1, 1], errors[1, 2], errors[1, 3], errors[1, 4] = q0, q1, q2, q3, q4
    return held


@kernel
def quantise(rows: Samples, keys: Keys, start: int, settings: Reals, errors: Reals, whole: Whole) -> int:
    """Write the whole numbers of all channels; gives how many were held at full scale.

    ``settings`` is full scale, and the width of the dither in steps; ``errors`` (channels, 5) the last errors, or
    nothing for white noise. Noise is shaped two channels at a time; an odd one has silence at its side.
    """
    channels, frames = rows.shape
    held, full, noise = 0, settings[0], np.zeros((channels + 1, STRETCH_FRAMES))
    pair, rounded = np.zeros((2, STRETCH_FRAMES), np.float32), np.zeros((2, STRETCH_FRAMES), np.int32)
    kept = np.zeros((2, SHAPING.shape[0]))
    for done in range(0, frames, STRETCH_FRAMES):
        count = min(STRETCH_FRAMES, frames - done)
        for channel in range(channels):
            draw_noise(keys[channel], start + done, settings[1], noise[channel, :count])
            if errors.shape[1] == 0:
                row, written = rows[channel, done : done + count], whole[channel, done : done + count]
                held += round_white(row, noise[channel], full, written)
        if errors.shape[1]:
            for first in range(0, channels, 2):
                both = min(2, channels - first)
                pair[both:], kept[both:] = 0.0, 0.0
                pair[:both, :count] = rows[first : first + both, done : done + count]
                kept[:both] = errors[first : first + both]
                held += round_shaped(pair[:, :count], noise[first : first + 2], full, kept, rounded)
                errors[first : first + both] = kept[:both]
                whole[first : first + both, done : done + count] = rounded[:both, :count]
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
        keys = [int(scramble(np.uint64((seed * 0x1000 + channel) % 2**63))) % 2**63 for channel in range(channels)]
        self.keys = np.array(keys, np.int64)
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
        # subtle: numba compiles a kernel anew for read-only arrays; so that one version does, all blocks are.
        samples = samples.view()
        samples.flags.writeable = False
        whole = np.empty(samples.shape, dtype=np.int32)
        self.held_samples += quantise(samples, self.keys, self.frames_done, self.settings, self.errors, whole)
        self.frames_done += samples.shape[1]
        return whole


def compile_kernels() -> None:
    """Compile what is in this module, now rather than at the first block."""
    Quantiser(16, 1).process(np.zeros((1, 4), dtype=np.float32))
