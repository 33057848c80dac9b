"""The inner loops of the spectrum meter: a window of a signal as mid and rest, and power summed up in bands.

Conventions: a window is (rows, frames): row 0 is the mean of all channels; stereo has one row more, which is the left
channel less the mean; more channels have a row each. Edges of bands are counted in bins from the lower edge of bin 0;
bin k is one bin wide and centred on k, and a bin that an edge cuts is shared out. Sums run from low to high, so a band
without any power has exactly none.

Not covered: the transform between the two (``scipy.fft``).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bandmate.sound.audio import Samples
from bandmate.sound.kernel import kernel

Reals = npt.NDArray[np.float64]
Bins = npt.NDArray[np.complex64]


def rows_for(channels: int) -> int:
    """How many rows a window of that many channels has."""
    return (1, 1, 2)[channels] if channels <= 2 else 1 + channels


@kernel
def fill_window(signal: Samples, start: int, shape: Samples, window: Samples) -> None:
    """Write the window that begins at frame ``start``.

    subtle: a plain loop over contiguous rows of one length is what the compiler makes full-width instructions of.
    """
    channels, rows, frames = signal.shape[0], window.shape[0], shape.shape[0]
    mean = window[0]
    mean[:] = np.float32(0.0)
    for channel in range(channels):
        row = signal[channel, start : start + frames]
        for i in range(frames):
            mean[i] += row[i]
    share = np.float32(1.0 / channels)
    for i in range(frames):
        mean[i] *= share
    for nth in range(1, rows):
        row, rest = signal[nth - 1, start : start + frames], window[nth]
        for i in range(frames):
            rest[i] = (row[i] - mean[i]) * shape[i]
    for i in range(frames):
        mean[i] *= shape[i]


@kernel
def rows_with_sound(window: Samples) -> int:
    """How many rows are worth transforming: none of a silence, one where all channels are the same, else all."""
    found = 0
    for row in range(window.shape[0]):
        bits, any_bit = window[row].view(np.int32), np.int32(0)
        for i in range(bits.shape[0]):
            any_bit |= bits[i] & np.int32(0x7FFFFFFF)
        if any_bit:
            found = 1 if row == 0 else window.shape[0]
    return found


@kernel
def add_power(bins: Bins, scale: float, mid: Reals, side: Reals, now: Reals) -> None:
    """Add the power of each bin to ``mid`` and ``side``; write their sum and what is not mid to the rows of ``now``.
    ``scale`` is that of a bin.

    The first and the last bin stand alone, the others for a positive and a negative frequency.
    """
    last, rows = bins.shape[1] - 1, bins.shape[0]
    share = scale / max(1, rows - 1)
    for k in range(bins.shape[1]):
        half = 0.5 if k == 0 or k == last else 1.0
        re, im = np.float64(bins[0, k].real), np.float64(bins[0, k].imag)
        power, rest = (re * re + im * im) * scale * half, 0.0
        for row in range(1, rows):
            re, im = np.float64(bins[row, k].real), np.float64(bins[row, k].imag)
            rest += re * re + im * im
        rest *= share * half
        mid[k] += power
        side[k] += rest
        now[0, k] = power + rest
        now[1, k] = rest


@kernel
def sum_bands(power: Reals, edges: Reals, sums: Reals) -> None:
    """Write the power between each edge and the next to ``sums``."""
    top = power.shape[0] - 1
    for band in range(edges.shape[0] - 1):
        low, high = edges[band], edges[band + 1]
        first, last = int(low), int(high)
        if first == last:
            sums[band] = (high - low) * power[min(first, top)]
            continue
        total = (first + 1 - low) * power[first]
        for k in range(first + 1, last):
            total += power[k]
        sums[band] = total + (high - last) * power[min(last, top)]
