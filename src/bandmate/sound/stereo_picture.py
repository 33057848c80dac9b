"""The stereo picture: which place between the loudspeakers sounds how often, and how far both channels agree by band.

Conventions: mid is (L + R) / 2, side (L - R) / 2. The grid is square: rows from mid +1 (top) to mid -1, columns from
hard left (side +1) to hard right (side -1), where 1 is a level that the caller chooses; what lies beyond counts in the
cells at the edge. Frames more than 60 dB under that level are not counted, so that silence and dither draw no dot.

Correlation is that of the whole signal within a 1/3-octave band, from half overlapping sine windows of about 0.19 s:
1 for the same signal, 0 for unrelated ones, -1 for opposite polarity. Mono counts as two equal channels. Results do not
depend on where the blocks are cut; memory does not grow with the length. A band counts every bin of the spectrum that
reaches into it: below 60 Hz neighbours share one.

Not covered: width over time; where a single instrument is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.fft

from bandmate.song.errors import RequestError
from bandmate.sound.audio import Samples, checked_rate
from bandmate.sound.band_pair import correlation_of
from bandmate.sound.finite import finite_block
from bandmate.sound.spectrum import third_octave_bands

Reals = npt.NDArray[np.float64]

CELLS = 48
WINDOW_SECONDS = 0.186
FAINT_DB = -60.0
HEARD_WITHIN_DB = 80.0
"""A band further under the strongest one holds leakage of its neighbours and rounding, which agree with nothing."""


@dataclass(frozen=True, slots=True)
class StereoPicture:
    """What was seen.

    Attributes
    ----------
    band_hz : tuple of float (bands,)
        1/3-octave centres.
    correlation : tuple of float or None (bands,)
        None where a channel has nothing.
    counts : tuple of tuple of int (48, 48)
        frames in each cell; all 0 for silence.
    """

    band_hz: tuple[float, ...]
    correlation: tuple[float | None, ...]
    counts: tuple[tuple[int, ...], ...]


class PictureMeter:
    """Draws the picture of a signal that is fed in blocks of any size.

    Parameters
    ----------
    rate_hz : int
    channels : int
        1 or 2.
    edge_dbfs : float
        the level of mid or side that lies at the edge of the grid.

    Raises
    ------
    RequestError
        for more channels.
    """

    def __init__(self, rate_hz: int, channels: int, *, edge_dbfs: float) -> None:
        if channels not in (1, 2):
            raise RequestError(f"a stereo picture has 1 or 2 channels, not {channels}; choose the pair to look at")
        self._rate_hz, self._channels = checked_rate(rate_hz), channels
        self._edge = np.float32(10.0 ** (edge_dbfs / 20.0))
        self._half = max(8, 1 << round(np.log2(rate_hz * WINDOW_SECONDS / 2)))
        self._window = np.sin(np.pi * (np.arange(2 * self._half) + 0.5) / (2 * self._half)).astype(np.float32)
        self._rest = np.zeros((2, self._half), np.float32)
        self._counts = np.zeros(CELLS * CELLS, np.int64)
        self._sums = np.zeros((3, self._half + 1))
        self._frames = 0

    def feed(self, block: npt.ArrayLike) -> None:
        """Take the next block, shape (channels, frames); an empty one changes nothing.

        Raises
        ------
        RequestError
            for a wrong number of channels, or naming the first NaN or infinite frame.
        """
        samples: Samples = finite_block(block, self._channels, start_frame=self._frames, rate_hz=self._rate_hz)
        self._frames += samples.shape[1]
        pair = samples if self._channels == 2 else np.repeat(samples, 2, axis=0)
        self._count(pair)
        self._rest = self._analyse(np.concatenate([self._rest, pair], axis=1))

    def result(self) -> StereoPicture:
        """The picture so far, as if the signal ended here; feed nothing afterwards."""
        self._analyse(np.concatenate([self._rest, np.zeros((2, 2 * self._half), np.float32)], axis=1))
        bands = third_octave_bands(self._rate_hz)
        bin_hz = self._rate_hz / (2 * self._half)
        hz = np.arange(self._half + 1) * bin_hz
        sums = np.array(
            [
                self._sums[:, (hz > low - bin_hz / 2) & (hz <= high + bin_hz / 2)].sum(axis=1)
                for low, high in zip(bands.low_hz, bands.high_hz, strict=True)
            ]
        ).reshape(-1, 3)
        floor = float(sums[:, :2].sum(axis=1).max(initial=0.0)) * 10 ** (-HEARD_WITHIN_DB / 10)
        return StereoPicture(
            band_hz=tuple(bands.centre_hz.tolist()),
            correlation=tuple(
                correlation_of(both, left, right) if left + right > floor else None
                for left, right, both in sums.tolist()
            ),
            counts=tuple(tuple(row) for row in self._counts.reshape(CELLS, CELLS).tolist()),
        )

    def _count(self, pair: Samples) -> None:
        """Every frame that is heard into its cell."""
        mid, side = (pair[0] + pair[1]) / (2 * self._edge), (pair[0] - pair[1]) / (2 * self._edge)
        heard = np.maximum(np.abs(mid), np.abs(side)) > np.float32(10.0 ** (FAINT_DB / 20.0))
        rows, columns = (
            np.clip((np.float32(1.0) - values[heard]) * np.float32(CELLS / 2), 0, CELLS - 1).astype(np.int64)
            for values in (mid, side)
        )
        self._counts += np.bincount(rows * CELLS + columns, minlength=CELLS * CELLS)

    def _analyse(self, signal: Samples) -> Samples:
        """Add up every whole window, one after the other whatever the blocks; gives what is left for the next."""
        count = signal.shape[1] // self._half - 1
        for n in range(count):
            window = signal[:, n * self._half : (n + 2) * self._half] * self._window
            left, right = scipy.fft.rfft(window.astype(np.float64), axis=1)
            self._sums[0] += left.real**2 + left.imag**2
            self._sums[1] += right.real**2 + right.imag**2
            self._sums[2] += left.real * right.real + left.imag * right.imag
        return signal[:, max(count, 0) * self._half :]
