"""Spectrum: long-term levels in 1/3-octave and ERB bands, mid and side apart, and each band's power over time.

Conventions: windows of twice the hop (200 ms at the usual 100 ms hop), half overlapping, sine-shaped: their squares add
up to 1, so that the powers of all bands and all hops add up to the power of the signal. Hop k is centred on frame
``floor(k * rate_hz * hop_ms / 1000)``; before the first and after the last frame there is silence. Frequency bins are
5 Hz apart at every rate. Power is the mean over channels of the square, full scale 1, so a full-scale sine on all
channels has -3.01 dB; of that, mid is the power of the channels' mean and side is the rest, which for stereo are
((L + R) / 2)² and ((L - R) / 2)². Nothing at all is ``-inf``.

1/3-octave bands have the base-10 centres of IEC 61260-1 (1000 Hz * 10^(n/10)), from 20 Hz to 20 kHz; ERB bands are one
ERB wide (Glasberg and Moore 1990), ERB numbers 1 to 41: 26 Hz to 18.6 kHz. Bands centred above half the rate are left
out; one that reaches across it ends there.

Below 60 Hz a 1/3-octave band is only one to three bins wide, and a tone leaks into its neighbours at about -20 dB.

Not covered: phase, pitch (``bandmate.sound.pitch``), calibrated filter-bank classes of IEC 61260.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import scipy.fft

from bandmate.song.errors import OutOfRange
from bandmate.sound.audio import Audio, Samples, checked_rate
from bandmate.sound.band_power import add_power, fill_window, rows_for, rows_with_sound, sum_bands
from bandmate.sound.finite import finite_block

Reals = npt.NDArray[np.float64]
BandScale = Literal["third-octave", "erb"]

HOP_RANGE_MS = (20, 1_000)
TILT_SPAN_HZ = (100.0, 10_000.0)
TILT_FLOOR_DB = -70.0
TILT_BANDS = 3
HOPS_PER_CHUNK = 256
HOPS_TOGETHER = 4
"""Windows that are transformed at once: the transform does four rows for little more than the price of one."""


@dataclass(frozen=True, slots=True, eq=False)
class Bands:
    """A division of the spectrum: arrays (bands,) of centres and edges in Hz, read-only."""

    scale: BandScale
    centre_hz: Reals
    low_hz: Reals
    high_hz: Reals


@dataclass(frozen=True, slots=True, eq=False)
class BandLevels:
    """Power in bands.

    Attributes
    ----------
    bands : Bands
    mid_db, side_db, total_db : array (bands,)
        of the whole signal's power; mono has a side of -inf.
    power : float32 array (bands, hops)
        total power around each hop, linear, so that tracks can be added and gains multiplied in.
    side_power : float32 array (bands, hops)
        the part of it that is not mid.
    """

    bands: Bands
    mid_db: Reals
    side_db: Reals
    total_db: Reals
    power: Samples
    side_power: Samples


@dataclass(frozen=True, slots=True, eq=False)
class Spectrum:
    """What the spectrum meter saw.

    Attributes
    ----------
    hop_ms : int
        distance of the columns of every ``power``; column k is centred on ``k * hop_ms``.
    third_octaves : BandLevels
    erb : BandLevels or None
        None where it was not asked for.
    centroid_hz : float or None
        power-weighted mean frequency; None for silence.
    tilt_db_per_octave : float or None
        slope of the 1/3-octave levels from 100 Hz to 10 kHz: 0 for pink noise, 3 for white; None for silence, or when
        fewer than three bands are within 70 dB of the strongest.
    """

    hop_ms: int
    third_octaves: BandLevels
    erb: BandLevels | None
    centroid_hz: float | None
    tilt_db_per_octave: float | None


class SpectrumMeter:
    """Spectrum of a signal fed in blocks of any size.

    Memory: two numbers per band and hop.

    Parameters
    ----------
    rate_hz : int
    channels : int
    hop_ms : int
        20 to 1000. A longer hop tells low notes apart better and moments worse.
    erb : bool
        also in ERB bands; without, it is a little faster and takes half the memory.

    Raises
    ------
    OutOfRange
        for another hop.
    """

    def __init__(self, rate_hz: int, channels: int, *, hop_ms: int = 100, erb: bool = True) -> None:
        if not HOP_RANGE_MS[0] <= hop_ms <= HOP_RANGE_MS[1]:
            raise OutOfRange(f"spectrum hop {hop_ms} ms is not from {HOP_RANGE_MS[0]} to {HOP_RANGE_MS[1]} ms")
        self._rate_hz, self._channels, self._hop_ms = checked_rate(rate_hz), channels, hop_ms
        self._half = max(2, round(rate_hz * hop_ms / 1000))
        self._window = np.sin(np.pi * (np.arange(2 * self._half) + 0.5) / (2 * self._half)).astype(np.float32)
        self._bands = [third_octave_bands(rate_hz), *([erb_bands(rate_hz)] if erb else [])]
        self._edges = [_edge_bins(bands, rate_hz / (2 * self._half)) for bands in self._bands]
        self._pending = np.zeros((channels, self._half), np.float32)
        self._pending_start = -self._half
        self._frames = 0
        self._hops = 0
        self._mid, self._side = np.zeros((2, self._half + 1))
        self._now = np.zeros((2, self._half + 1))
        self._windows = np.zeros((HOPS_TOGETHER, rows_for(channels), 2 * self._half), np.float32)
        self._filled = 0
        self._columns: list[list[Samples]] = [[] for _ in self._bands]  # of (total and side, bands, hops)

    def feed(self, block: npt.ArrayLike) -> None:
        """Take the next block, shape (channels, frames); an empty one changes nothing.

        Raises
        ------
        RequestError
            for a wrong number of channels, or naming the first NaN or infinite frame.
        """
        self.take(finite_block(block, self._channels, start_frame=self._frames, rate_hz=self._rate_hz))

    def take(self, samples: Samples) -> None:
        """As ``feed``, for a block that `finite_block` has given."""
        piece_frames = HOPS_PER_CHUNK * self._half
        for start in range(0, samples.shape[1], piece_frames):
            piece = samples[:, start : start + piece_frames]
            self._frames += piece.shape[1]
            self._cut(np.concatenate([self._pending, piece], axis=1))

    def result(self) -> Spectrum:
        """The spectrum so far, as if the signal ended here; feeding may go on afterwards."""
        ended = copy.copy(self)
        ended._mid, ended._side, ended._windows = self._mid.copy(), self._side.copy(), self._windows.copy()
        ended._columns = [columns.copy() for columns in self._columns]
        if self._frames:
            silence = np.zeros((self._channels, 2 * self._half - 1), np.float32)
            ended._cut(np.concatenate([self._pending, silence], axis=1))
            ended._analyse()
        return ended._summary()

    def _summary(self) -> Spectrum:
        third_octaves = self._levels(0)
        power = self._mid + self._side
        bin_hz = self._rate_hz / (2 * self._half)
        heard = float(power[1:].sum())
        return Spectrum(
            hop_ms=self._hop_ms,
            third_octaves=third_octaves,
            erb=self._levels(1) if len(self._bands) > 1 else None,
            centroid_hz=bin_hz * float((power * np.arange(len(power)))[1:].sum()) / heard if heard > 0 else None,
            tilt_db_per_octave=tilt(third_octaves),
        )

    def _levels(self, index: int) -> BandLevels:
        """One division's long-term levels and its history."""
        columns, bands = self._columns[index], self._bands[index]
        sums = np.empty((2, len(bands.centre_hz)))
        sum_bands(np.stack([self._mid, self._side]), self._edges[index], sums)
        mid, side = sums / max(1, self._frames)
        history = np.concatenate([np.zeros((*sums.shape, 0), np.float32), *columns], axis=2)
        history.flags.writeable = False
        return BandLevels(bands, _decibels(mid), _decibels(side), _decibels(mid + side), *history)

    def _cut(self, signal: Samples) -> None:
        """Take all windows that lie within ``signal``, which begins at ``_pending_start``; keep the rest."""
        while True:
            start = self._hops * self._rate_hz * self._hop_ms // 1000 - self._half - self._pending_start
            if start + 2 * self._half > signal.shape[1]:
                break
            fill_window(signal, start, self._window, self._windows[self._filled])
            self._hops += 1
            self._filled += 1
            if self._filled == HOPS_TOGETHER:
                self._analyse()
        self._pending = signal[:, start:].copy()
        self._pending_start += start

    def _analyse(self) -> None:
        """Add the power of the windows that wait to the sums and to the history."""
        windows, self._filled = self._windows[: self._filled], 0
        rows = rows_with_sound(windows)
        sums = [np.zeros((len(windows), 2, len(bands.centre_hz))) for bands in self._bands]
        if rows:
            bins = scipy.fft.rfft(windows[:, :rows], axis=2)
            for hop, parts in enumerate(bins.view(np.float32)):
                add_power(parts, 1 / self._half, self._mid, self._side, self._now)
                for edges, of_division in zip(self._edges, sums, strict=True):
                    sum_bands(self._now, edges, of_division[hop])
        for columns, of_division in zip(self._columns, sums, strict=True):
            columns.append((of_division / self._half).astype(np.float32).transpose(1, 2, 0))


def measure_spectrum(audio: Audio, *, hop_ms: int = 100) -> Spectrum:
    """Spectrum of a whole signal."""
    meter = SpectrumMeter(audio.rate_hz, audio.channels, hop_ms=hop_ms)
    meter.feed(audio.samples)
    return meter.result()


def compile_kernels() -> None:
    """Compile the kernels of ``bandmate.sound.band_power`` (or load them from the cache)."""
    for channels in (1, 2):
        meter = SpectrumMeter(8_000, channels)
        meter.feed(np.ones((channels, 1), np.float32))
        meter.result()


def third_octave_bands(rate_hz: int) -> Bands:
    """The 1/3-octave bands from 20 Hz to 20 kHz that are centred below half the rate."""
    return _bands("third-octave", lambda number: 1000.0 * 10 ** (number / 10), np.arange(-17.0, 14.0), rate_hz)


def erb_bands(rate_hz: int) -> Bands:
    """The bands of ERB number 1 to 41 that are centred below half the rate."""
    return _bands("erb", lambda number: (10 ** (number / 21.4) - 1) / 0.00437, np.arange(1.0, 42.0), rate_hz)


def tilt(levels: BandLevels) -> float | None:
    """Slope in dB per octave of the levels between 100 Hz and 10 kHz; see `Spectrum`."""
    centre, level = levels.bands.centre_hz, levels.total_db
    inside = (centre > TILT_SPAN_HZ[0] * 0.98) & (centre < TILT_SPAN_HZ[1] * 1.02)
    used = inside & (level > level.max(initial=-np.inf, where=inside) + TILT_FLOOR_DB)
    if used.sum() < TILT_BANDS:
        return None
    return float(np.polyfit(np.log2(centre[used]), level[used], 1)[0])


def _bands(scale: BandScale, to_hz: Callable[[Reals], Reals], numbers: Reals, rate_hz: int) -> Bands:
    """The bands one number wide that are centred below half the rate, none reaching beyond it."""
    numbers = numbers[to_hz(numbers) < rate_hz / 2]
    parts = (to_hz(numbers), to_hz(numbers - 0.5), np.minimum(to_hz(numbers + 0.5), rate_hz / 2))
    for part in parts:
        part.flags.writeable = False
    return Bands(scale, *parts)


def _edge_bins(bands: Bands, bin_hz: float) -> Reals:
    """The band edges counted in bins from the lower edge of bin 0; bin k is one bin wide, centred on k."""
    return np.append(bands.low_hz, bands.high_hz[-1:]) / bin_hz + 0.5


def _decibels(power: Reals) -> Reals:
    """10 log10, -inf for nothing, read-only."""
    with np.errstate(divide="ignore"):
        level: Reals = 10 * np.log10(power)
    level.flags.writeable = False
    return level
