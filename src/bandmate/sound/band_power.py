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
Counts = npt.NDArray[np.int64]


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
    if channels == 2:
        left, right, rest = signal[0, start : start + frames], signal[1, start : start + frames], window[1]
        half = np.float32(0.5)
        for i in range(frames):
            middle = (left[i] + right[i]) * half
            rest[i] = (left[i] - middle) * shape[i]
            mean[i] = middle * shape[i]
        return
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
def rows_with_sound(windows: Samples) -> int:
    """How many rows are worth transforming: none of silence, one where all channels are the same, else all.

    ``windows`` is (hops, rows, frames).
    """
    found = 0
    for hop in range(windows.shape[0]):
        for row in range(found, windows.shape[1]):
            bits, any_bit = windows[hop, row].view(np.int32), np.int32(0)
            for i in range(bits.shape[0]):
                any_bit |= bits[i] & np.int32(0x7FFFFFFF)
            if any_bit:
                found = 1 if row == 0 else windows.shape[1]
    return found


@kernel
def add_power(parts: Samples, scale: float, mid: Reals, side: Reals, now: Reals) -> None:
    """Add the power of each bin to ``mid`` and ``side``; write their sum and what is not mid to the rows of ``now``.

    ``parts`` is (rows, 2 * bins): the real and the imaginary part of each bin in turn; ``scale`` is that of a bin. The
    first and the last bin stand alone, the others for a positive and a negative frequency.
    """
    rows, last, total, rest = parts.shape[0], mid.shape[0] - 1, now[0], now[1]
    rest[:] = 0.0
    for nth in range(min(rows, 2)):
        _write_squares(parts[nth], now[nth])
    for nth in range(2, rows):
        row = parts[nth]
        for k in range(last + 1):
            re, im = np.float64(row[2 * k]), np.float64(row[2 * k + 1])
            rest[k] += re * re + im * im
    for k in (0, last):
        total[k] *= 0.5
        rest[k] *= 0.5
    share = scale / max(1, rows - 1)
    for k in range(last + 1):
        power, more = total[k] * scale, rest[k] * share
        mid[k] += power
        side[k] += more
        total[k] = power + more
        rest[k] = more


@kernel
def _write_squares(row: Samples, squares: Reals) -> None:
    """Write the squared magnitude of each bin."""
    for k in range(squares.shape[0]):
        re, im = np.float64(row[2 * k]), np.float64(row[2 * k + 1])
        squares[k] = re * re + im * im


@kernel
def sum_bands(power: Reals, edges: Reals, sums: Reals) -> None:
    """Write the power of both rows between each edge and the next to ``sums``, shape (2, bands)."""
    top = power.shape[1] - 1
    one, other = power[0], power[1]
    for band in range(sums.shape[1]):
        low, high = edges[band], edges[band + 1]
        first, last = int(low), int(high)
        if first == last:
            sums[0, band] = (high - low) * one[min(first, top)]
            sums[1, band] = (high - low) * other[min(first, top)]
            continue
        a, b = (first + 1 - low) * one[first], (first + 1 - low) * other[first]
        for k in range(first + 1, last):
            a += one[k]
            b += other[k]
        sums[0, band] = a + (high - last) * one[min(last, top)]
        sums[1, band] = b + (high - last) * other[min(last, top)]


@kernel
def sum_windows(
    parts: Samples, edges: Reals, class_of: Counts, power: Samples, bands: Samples, chroma: Samples
) -> None:
    """Write the power of each bin, of each band, and the summed amplitude of each class of bins, window by window.

    ``parts`` is (windows, 2 * bins) as in `add_power`; ``class_of`` has a column of ``chroma`` for each bin, or -1.
    """
    top = power.shape[1] - 1
    for window in range(power.shape[0]):
        row, squares, classes = parts[window], power[window], np.zeros(chroma.shape[1])
        for k in range(top + 1):
            squares[k] = row[2 * k] * row[2 * k] + row[2 * k + 1] * row[2 * k + 1]
        for k in range(top + 1):
            if class_of[k] >= 0:
                classes[class_of[k]] += np.sqrt(squares[k])
        chroma[window] = classes
        for band in range(bands.shape[1]):
            low, high = edges[band], edges[band + 1]
            first, last = int(low), int(high)
            if first == last:
                bands[window, band] = (high - low) * squares[min(first, top)]
                continue
            total = (first + 1 - low) * np.float64(squares[first])
            for k in range(first + 1, last):
                total += squares[k]
            bands[window, band] = total + (high - last) * squares[min(last, top)]
