"""Fine spectrum: snapshots of a signal in bands of 1/24 octave, spread evenly over its whole length.

A ring, a hum and the floor of noise show in narrow bands and over minutes, not in the tenth of a second. So a moment of
about a third of a second is looked at now and then, and never more than `MOST_SNAPSHOTS` are kept: when these are
full, every second one is let go and from then on they are taken half as often. Each begins a little later in its
turn than the one before (by the golden ratio), so that they do not march in step with the music.

Conventions: bands have the centres 1000 Hz * 10^(n / 80), from 20 Hz to 20 kHz; eight of them make the 1/3-octave band
of ``bandmate.sound.spectrum``. Those centred above half the rate are left out. Power is the mean over channels of the
square, full scale 1: a full-scale sine on all channels has -3.01 dB. Silence is `FLOOR_DB`. Windows are Hann-shaped;
a tone is about 6 Hz wide (at -6 dB), so that below 200 Hz neighbouring bands share what they show. A signal shorter
than a window has one snapshot, with silence behind it; what follows after the last whole window is not looked at.
Results do not depend on where blocks are cut.

Not covered: moments and beats (``bandmate.sound.spectrum``, ``bandmate.sound.onsets``), mid and side apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.fft

from bandmate.sound.audio import Samples, checked_rate
from bandmate.sound.finite import finite_block

Reals = npt.NDArray[np.float64]
Halves = npt.NDArray[np.float16]

BANDS_PER_DECADE = 80
NUMBERS = (-136, 105)
"""From 20 Hz to 20 kHz."""

WINDOW_SECONDS = 0.34
SPACING_SECONDS = 0.3
MOST_SNAPSHOTS = 384
FLOOR_DB = -150.0
GOLDEN = 0.6180339887498949


@dataclass(frozen=True, slots=True, eq=False)
class FineSpectrum:
    """Snapshots of a spectrum.

    Attributes
    ----------
    band_hz : array (bands,)
        centres.
    level_db : float16 array (bands, snapshots)
        power of each band, dB; `FLOOR_DB` for nothing; read-only.
    at_seconds : float32 array (snapshots,)
        where each snapshot begins; read-only.
    window_seconds : float
        how long each is.
    """

    band_hz: Reals
    level_db: Halves
    at_seconds: Samples
    window_seconds: float


class FineSpectrumMeter:
    """Fine spectrum of a signal that is taken in blocks of any size.

    Memory: at most `MOST_SNAPSHOTS` of 241 numbers of two bytes, whatever the length.

    Parameters
    ----------
    rate_hz : int
    channels : int
    """

    def __init__(self, rate_hz: int, channels: int) -> None:
        self._rate_hz, self._channels = checked_rate(rate_hz), channels
        self._length = int(scipy.fft.next_fast_len(max(64, round(WINDOW_SECONDS * rate_hz)), real=True))
        shape = 0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(self._length) + 0.5) / self._length)
        # A bin below half the rate stands for its mirror image too, so its power counts twice.
        self._scale = 2.0 / (self._length * float((shape**2).sum()) * max(channels, 1))
        self._window = shape.astype(np.float32)
        self._band_hz, self._edges = fine_bands(rate_hz, self._length)
        self._pending = np.zeros((channels, 0), np.float32)
        self._pending_start = 0
        self._frames = 0
        self._turn, self._stride = 0, 1
        self._columns: list[Halves] = []

    def feed(self, block: npt.ArrayLike) -> None:
        """Take the next block, shape (channels, frames).

        Raises
        ------
        RequestError
            for a wrong number of channels, or naming the first NaN or infinite frame.
        """
        self.take(finite_block(block, self._channels, start_frame=self._frames, rate_hz=self._rate_hz))

    def take(self, samples: Samples) -> None:
        """As ``feed``, for a block that `finite_block` has given."""
        self._frames += samples.shape[1]
        held = np.concatenate([self._pending, samples], axis=1) if self._pending.shape[1] else samples
        start = self._start(self._turn)
        while start + self._length <= self._frames:
            first = start - self._pending_start
            self._look(held[:, first : first + self._length])
            start = self._start(self._turn)
        gone = min(start - self._pending_start, held.shape[1])
        self._pending = held[:, gone:].copy()
        self._pending_start += gone

    def result(self) -> FineSpectrum:
        """The snapshots so far, as if the signal ended here; a signal without frames has none."""
        columns = list(self._columns)
        if not columns and self._frames:
            columns.append(self._levels(self._pending))
        level_db = np.array(columns, np.float16).reshape(-1, len(self._band_hz)).T
        starts = [self._start(number * self._stride) for number in range(len(columns))]
        at_seconds = np.array(starts, np.float64).astype(np.float32) / np.float32(self._rate_hz)
        for array in (level_db, at_seconds):
            array.flags.writeable = False
        return FineSpectrum(self._band_hz, level_db, at_seconds, self._length / self._rate_hz)

    def _start(self, turn: int) -> int:
        """The first frame of the snapshot of that turn; the first begins with the signal."""
        return int((turn + (turn * GOLDEN) % 1.0) * SPACING_SECONDS * self._rate_hz)

    def _look(self, window: Samples) -> None:
        """Keep one snapshot; where there is no more room, let every second go."""
        self._columns.append(self._levels(window))
        if len(self._columns) == MOST_SNAPSHOTS:
            self._columns = self._columns[::2]
            self._stride *= 2
        self._turn = len(self._columns) * self._stride

    def _levels(self, window: Samples) -> Halves:
        """Power of each band of a window, dB."""
        bins = scipy.fft.rfft(window * self._window[: window.shape[1]], self._length, axis=1)
        power = (bins.real**2 + bins.imag**2).sum(axis=0, dtype=np.float64)
        # The sum of all bins below an edge, from one edge to the next: a bin that an edge cuts is shared out.
        summed = np.concatenate([[0.0], np.cumsum(power)])
        below = np.interp(self._edges, np.arange(len(summed)), summed)
        levels = 10 * np.log10(np.maximum(np.diff(below) * self._scale, 10 ** (FLOOR_DB / 10)))
        rounded: Halves = levels.astype(np.float16)
        return rounded


def fine_bands(rate_hz: int, length: int) -> tuple[Reals, Reals]:
    """Centres of the bands in Hz, and their edges in bins from the lower edge of bin 0."""
    numbers = np.arange(*NUMBERS)
    centre_hz = 1000.0 * 10 ** (numbers / BANDS_PER_DECADE)
    numbers = numbers[centre_hz < rate_hz / 2]
    edges_hz = 1000.0 * 10 ** ((np.append(numbers, numbers[-1] + 1) - 0.5) / BANDS_PER_DECADE)
    edges: Reals = np.minimum(edges_hz, rate_hz / 2) * length / rate_hz + 0.5
    centre_hz = centre_hz[: len(numbers)]
    centre_hz.flags.writeable = False
    return centre_hz, edges
