"""Decibels by the block: levels to decibels, reductions in decibels to gains, many at a time.

Conventions: plain arithmetic on float64 and its bits, without a branch and without a call, so that the compiler does
several values in one step. Both ways are right within 1e-9 dB over the whole range of sound; 0 dB of reduction is a
gain of 1 to the bit, and a level of nothing is some thousand decibels down.

Not covered: single values, for which Python's ``math`` is as good.

References: W. Cody and W. Waite, Software Manual for the Elementary Functions (1980): reduction of the argument.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from bandmate.sound.kernel import kernel

Curve = npt.NDArray[np.float64]

DB_PER_NEPER = 20.0 / math.log(10.0)
DB_PER_OCTAVE = 20.0 * math.log10(2.0)
ROOT_OF_TWO = math.sqrt(2.0)

EXPONENT_PLACE = np.uint64(52)
FRACTION_BITS = np.uint64((1 << 52) - 1)
BITS_OF_ONE = np.uint64(1023 << 52)
BITS_OF_WHOLE = np.uint64(1075 << 52)
"""Of 2 ** 52; with a whole number in the lowest bits it is 2 ** 52 plus that number."""

WHOLE, BIAS = 2.0**52, 1023.0
ROUNDER = 1.5 * 2.0**52
"""Added, it leaves the nearest whole number in the lowest bits."""

DEEPEST_OCTAVES = -1000.0


@kernel
def to_decibels(levels: Curve, decibels: Curve, spare: Curve) -> None:
    """Write 20 log10 of ``levels`` (0 or positive) to ``decibels``; all three are equally long and contiguous.

    A level is a power of two times a number m around 1, whose logarithm is twice the artanh of (m - 1) / (m + 1).

    subtle: the compiler gives up on doing several values at once where a division might be by nothing, so it is
    numpy's, which does not look.
    """
    given, fractions, exponents = levels.view(np.uint64), decibels.view(np.uint64), spare.view(np.uint64)
    for i in range(levels.shape[0]):
        exponents[i] = (given[i] >> EXPONENT_PLACE) | BITS_OF_WHOLE
    for i in range(levels.shape[0]):
        fractions[i] = (given[i] & FRACTION_BITS) | BITS_OF_ONE
    for i in range(levels.shape[0]):
        m, octaves = decibels[i], spare[i] - (WHOLE + BIAS)
        is_high = m > ROOT_OF_TWO
        m, octaves = (0.5 * m if is_high else m), (octaves + 1.0 if is_high else octaves)
        s = np.divide(m - 1.0, m + 1.0)
        q = s * s
        sum_of_odd = s * (1.0 + q * (1 / 3 + q * (1 / 5 + q * (1 / 7 + q * (1 / 9 + q * (1 / 11 + q / 13))))))
        decibels[i] = (2.0 * DB_PER_NEPER) * sum_of_odd + DB_PER_OCTAVE * octaves


@kernel
def to_gains(reductions: Curve, spare: Curve) -> None:
    """Turn reductions in dB, 0 or positive, into gains, in place; ``spare`` is equally long, both are contiguous."""
    bits, wholes = reductions.view(np.uint64), spare.view(np.uint64)
    for i in range(reductions.shape[0]):
        octaves = reductions[i] * (-1.0 / DB_PER_OCTAVE)
        octaves = octaves if octaves > DEEPEST_OCTAVES else DEEPEST_OCTAVES
        spare[i] = octaves + ROUNDER
        x = (octaves - (spare[i] - ROUNDER)) * (DB_PER_OCTAVE / DB_PER_NEPER)
        low = 1.0 + x * (1.0 + x * (1 / 2 + x * (1 / 6 + x * (1 / 24 + x / 120))))
        x3 = x * x * x
        reductions[i] = low + x3 * x3 * (1 / 720 + x * (1 / 5040 + x * (1 / 40320 + x * (1 / 362880 + x / 3628800))))
    for i in range(reductions.shape[0]):
        bits[i] += wholes[i] << EXPONENT_PLACE


def compile_kernels() -> None:
    """Compile what is in this module, now rather than at the first block."""
    to_decibels(np.ones(1), np.ones(1), np.ones(1))
    to_gains(np.ones(1), np.ones(1))
