"""The equalizer without phase: a symmetric filter with the bands' levels, run in the frequency domain.

Conventions: the level at each frequency is that of the minimum-phase equalizer with the same bands; nothing is turned
in phase, so what is mixed with the signal elsewhere stays in step. The filter is made as long as it takes to meet the
level within `LARGEST_ERROR_DB` from `LOWEST_HZ` on, but not without end; at 0 Hz the level is met exactly.

The signal is cut on a grid of its own frames and never by blocks, so cuts change no bit. The price is a delay of half
the filter and one piece of the grid, ``latency_frames``. What comes before a loud onset can be heard as a faint swell
(pre-ringing), the more so the lower and narrower a band is.

Not covered: the bands themselves and filters of minimum phase (``bandmate.sound.filters``).

References: A. Oppenheim and R. Schafer, Discrete-Time Signal Processing: design by windows, overlap-save.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import scipy.fft

from bandmate.song.devices import Band, Equalizer
from bandmate.sound.audio import Samples
from bandmate.sound.blocks import BlockProcessor
from bandmate.sound.filters import bands_of, response_db, scopes_of

Reals = npt.NDArray[np.float64]

SHORTEST_SECONDS, LONGEST_SECONDS = 0.04, 0.4
"""Half a filter is at least the one long, 2048 frames at 44.1 and 48 kHz, and at most the other: 16384 frames."""

LARGEST_ERROR_DB, LOWEST_HZ = 0.1, 30.0
LEAST_GAIN = 0.1
"""An error is a share of the level, below -20 dB a share of this: no filter meets the bottom of a notch."""

TAPER = 0.25
"""The share of the filter, both ends together, that is faded out; what the bands do is over before that."""

GRID = 16
"""The level is laid out on a grid this many times finer than half the filter needs."""

PIECE = 6
"""A piece of the grid is so many half lengths: longer is faster and later."""


def linear_phase_taps(band_sets: Sequence[Sequence[Band]], rate_hz: int) -> Reals:
    """One symmetric filter of odd length for each set of bands, all equally long: (sets, taps)."""
    half = 1 << math.ceil(math.log2(SHORTEST_SECONDS * rate_hz))
    while True:
        taps = np.stack([windowed_taps(bands, rate_hz, half) for bands in band_sets])
        errors = [level_error_db(row, bands, rate_hz) for row, bands in zip(taps, band_sets, strict=True)]
        if max(errors) <= LARGEST_ERROR_DB or 2 * half > LONGEST_SECONDS * rate_hz:
            return taps
        half *= 2


def windowed_taps(bands: Sequence[Band], rate_hz: int, half: int) -> Reals:
    """``2 * half + 1`` taps whose level follows that of ``bands``, and meets it at 0 Hz."""
    freqs = np.fft.rfftfreq(GRID * half, 1.0 / rate_hz)
    gains = 10.0 ** (response_db(bands, freqs, rate_hz) / 20.0)
    around = scipy.fft.irfft(gains)
    window = tapered_window(half)
    taps = np.concatenate([around[-half:], around[: half + 1]]) * window
    wanted = gains[0] if gains[0] > 1e-10 else 0.0
    return np.asarray(taps + (wanted - taps.sum()) * window / window.sum())


def tapered_window(half: int) -> Reals:
    """1 in the middle, and half a cosine down to nothing at both ends."""
    from_end = np.minimum(np.arange(2 * half + 1), np.arange(2 * half, -1, -1)) + 1.0
    return np.asarray(0.5 - 0.5 * np.cos(np.pi * np.minimum(from_end / (TAPER * half), 1.0)))


def level_error_db(taps: Reals, bands: Sequence[Band], rate_hz: int) -> float:
    """How far the level of ``taps`` is off that of ``bands`` at worst, from `LOWEST_HZ` up."""
    size = 2 * GRID * (len(taps) // 2)
    freqs = np.fft.rfftfreq(size, 1.0 / rate_hz)
    heard = freqs >= LOWEST_HZ
    found = np.abs(scipy.fft.rfft(taps, size)[heard])
    wanted = 10.0 ** (response_db(bands, freqs[heard], rate_hz) / 20.0)
    share = np.abs(found - wanted) / np.maximum(wanted, LEAST_GAIN)
    return float(20.0 * math.log10(1.0 + share.max()))


class LinearPhaseProcessor(BlockProcessor):
    """A running `Equalizer` of linear phase; bands for middle and sides as in `EqualizerProcessor`.

    Raises
    ------
    RequestError
        for middle or side bands on more than two channels.
    """

    def __init__(self, device: Equalizer, *, rate_hz: int, channels: int) -> None:
        super().__init__(rate_hz=rate_hz, channels=channels)
        scopes = scopes_of(device, channels)
        self.is_mid_side = len(scopes) == 2
        taps = linear_phase_taps([bands_of(device, scope) for scope in scopes], rate_hz)
        self.half = taps.shape[1] // 2
        self.piece = PIECE * self.half
        self.size = self.piece + 2 * self.half
        self.latency_frames = self.half + self.piece
        self.spectra = scipy.fft.rfft(taps * 10.0 ** (device.gain_db / 20.0), self.size, axis=1)
        self.gathered = np.zeros((channels, self.size))
        self.ready = np.zeros((channels, self.piece), dtype=np.float32)
        self.place = 0

    def _run(self, samples: Samples) -> Samples:
        done, start = np.empty_like(samples), 0
        while start < samples.shape[1]:
            count = min(self.piece - self.place, samples.shape[1] - start)
            at = 2 * self.half + self.place
            self.gathered[:, at : at + count] = samples[:, start : start + count]
            done[:, start : start + count] = self.ready[:, self.place : self.place + count]
            start += count
            self.place += count
            if self.place == self.piece:
                self._filter_piece()
        return done

    def _filter_piece(self) -> None:
        """Filter what was gathered, and begin the next piece with its end."""
        rows = self.gathered
        if self.is_mid_side:
            rows = 0.5 * np.stack([rows[0] + rows[1], rows[0] - rows[1]])
        spectrum = scipy.fft.rfft(rows, axis=1)
        spectrum *= self.spectra
        filtered = scipy.fft.irfft(spectrum, self.size, axis=1)[:, 2 * self.half :]
        if self.is_mid_side:
            filtered = np.stack([filtered[0] + filtered[1], filtered[0] - filtered[1]])
        self.ready = filtered.astype(np.float32)
        self.gathered[:, : 2 * self.half] = self.gathered[:, self.piece :].copy()
        self.place = 0
