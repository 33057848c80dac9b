"""Timbre: what a signal sounds like, whatever it plays and how loud, as a short row of numbers for a classifier.

Conventions: the signal is cut into pieces of two seconds; silent ones are left out. When ``PIECES_KEPT`` are there,
every second one is dropped and from then on only every second one is listened to, and so on: a track of any length
costs a bounded amount of memory, and pieces from all over it remain. Channels are heard as their mean, or the first
alone where they cancel each other. Windows of 90 ms every 22.5 ms; bands in hertz up to 16 kHz, so that the rate of a
file does not change what is found below its half. Where blocks are cut makes no difference.

Not covered: what is heard (``bandmate.stages.mix.role_model`` names it), stereo width, rhythm beyond a piece.

References: A. Klapuri and M. Davy (eds.), Signal Processing Methods for Music Transcription (2006).
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import scipy.fft
import scipy.ndimage

from bandmate.sound.audio import Audio, Samples, checked_rate
from bandmate.sound.band_power import sum_windows
from bandmate.sound.finite import finite_block
from bandmate.sound.timbre_summary import FEATURES, Piece, summary

Reals = npt.NDArray[np.float64]

PIECE_SECONDS = 2.0
PIECES_KEPT = 64
SHORTEST_PIECE_SECONDS = 0.05
WINDOW_SECONDS, HOP_SECONDS, CELL_SECONDS = 0.09, 0.0225, 0.005
SILENT_POWER = 10.0**-8.0
"""A piece whose loudest cell stays below -80 dBFS is silence."""
CANCELLED = 0.05
"""Below this share of the channels' power in their mean, the first channel is heard instead."""
BAND_EDGES_HZ = (
    30, 50, 75, 100, 130, 165, 200, 250, 300, 360, 430, 510, 600, 700, 820, 960, 1120, 1300, 1500, 1750, 2050, 2400,
    2800, 3250, 3800, 4450, 5200, 6100, 7100, 8300, 9700, 11300, 13200, 16000,
)  # fmt: skip
FLATNESS_EDGES_HZ = (60, 400, 1500, 5000, 14_000)
PITCH_TOP_HZ, LOWEST_PITCH_HZ, HIGHEST_PITCH_HZ = 4_000.0, 32.0, 1_600.0
PITCH_POINTS = 1_024
SMOOTHED_BINS = 15
FIRST_PEAK_SHARE = 0.85
HARMONICS = 16
LEAST_SHARE, LEAST_POWER = np.float32(1e-15), np.float32(1e-30)
"""Of a window's power, and at all: what keeps logarithms and quotients finite."""
PEAK_SPAN_HZ, PEAK_FLOOR = (60.0, 5_000.0), 10.0**-2.5
CHROMA_SPAN_HZ = (130.0, 2_100.0)


@dataclass(frozen=True, slots=True, eq=False)
class Timbre:
    """What a signal sounds like.

    Attributes
    ----------
    features : float32 array (F,), read-only
        named by ``bandmate.sound.timbre_summary.FEATURES``; zeros for silence.
    is_silent : bool
        nothing reached -80 dBFS.
    """

    features: Samples
    is_silent: bool


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Everything that depends on the rate only."""

    window: Samples
    hop_frames: int
    size: int
    bin_hz: float
    band_edges: Reals
    class_of: npt.NDArray[np.int64]
    flatness_bins: tuple[tuple[int, int], ...]
    peak_bins: tuple[int, int]
    pitch_bins: int
    lags: tuple[int, int]


@lru_cache(maxsize=8)
def grid(rate_hz: int) -> Grid:
    """The windows and bands for one rate."""
    frames = round(WINDOW_SECONDS * rate_hz)
    size = int(scipy.fft.next_fast_len(frames, real=True))
    bin_hz, bins = rate_hz / size, size // 2 + 1
    flat = np.clip(np.round(np.array(FLATNESS_EDGES_HZ) / bin_hz), 1, bins).astype(int)
    step = 1.0 / (PITCH_POINTS * bin_hz)
    return Grid(
        window=(np.hanning(frames + 2)[1:-1]).astype(np.float32),
        hop_frames=round(HOP_SECONDS * rate_hz),
        size=size,
        bin_hz=bin_hz,
        band_edges=np.clip(np.array(BAND_EDGES_HZ) / bin_hz + 0.5, 0.0, bins),
        class_of=pitch_classes(bins, bin_hz),
        flatness_bins=tuple((int(low), int(high)) for low, high in pairwise(flat)),
        peak_bins=(max(1, round(PEAK_SPAN_HZ[0] / bin_hz)), min(bins - 1, round(PEAK_SPAN_HZ[1] / bin_hz))),
        pitch_bins=min(bins, round(PITCH_TOP_HZ / bin_hz)),
        lags=(int(1.0 / HIGHEST_PITCH_HZ / step), int(1.0 / LOWEST_PITCH_HZ / step) + 1),
    )


def pitch_classes(bins: int, bin_hz: float) -> npt.NDArray[np.int64]:
    """Which of the twelve pitch classes each bin belongs to, array (bins,); -1 outside ``CHROMA_SPAN_HZ``."""
    hz = np.maximum(np.arange(bins) * bin_hz, 1.0)
    place = np.round(12 * np.log2(hz / 440.0)).astype(np.int64) % 12
    return np.where((hz >= CHROMA_SPAN_HZ[0]) & (hz <= CHROMA_SPAN_HZ[1]), place, -1)


class TimbreMeter:
    """Timbre of a signal fed in blocks of any size.

    Memory: about 1.5 MB at most, and two seconds of sound.

    Parameters
    ----------
    rate_hz : int
    channels : int
    """

    def __init__(self, rate_hz: int, channels: int) -> None:
        self._rate_hz, self._channels = checked_rate(rate_hz), channels
        self._buffer = np.zeros((channels, round(PIECE_SECONDS * rate_hz)), np.float32)
        self._filled = self._frames = 0
        self._sounding = 0
        self._stride = 1
        self._pieces: list[Piece] = []

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
        start, length = 0, self._buffer.shape[1]
        self._frames += samples.shape[1]
        while start < samples.shape[1]:
            count = min(length - self._filled, samples.shape[1] - start)
            self._buffer[:, self._filled : self._filled + count] = samples[:, start : start + count]
            self._filled += count
            start += count
            if self._filled == length:
                self._hear(self._buffer)
                self._filled = 0

    def result(self) -> Timbre:
        """The timbre so far, as if the signal ended here; feeding may go on afterwards."""
        ended = copy.copy(self)
        ended._pieces = self._pieces.copy()
        shortest = SHORTEST_PIECE_SECONDS * self._rate_hz
        if self._filled and (self._filled >= shortest or not self._pieces):
            ended._hear(self._buffer[:, : self._filled])
        features = summary(ended._pieces) if ended._pieces else np.zeros(len(FEATURES), np.float32)
        features.flags.writeable = False
        return Timbre(features=features, is_silent=not ended._pieces)

    def _hear(self, piece: Samples) -> None:
        """Listen to a piece if it sounds and if it is its turn."""
        mono = one_channel(piece)
        cells = cell_powers(mono, self._rate_hz)
        if cells.max(initial=0.0) < SILENT_POWER:
            return
        turn, self._sounding = self._sounding, self._sounding + 1
        if turn % self._stride:
            return
        if len(self._pieces) == PIECES_KEPT:
            self._pieces, self._stride = self._pieces[::2], 2 * self._stride
            if turn % self._stride:
                return
        self._pieces.append(analysed(mono, cells, grid(self._rate_hz)))


def measure_timbre(audio: Audio) -> Timbre:
    """Timbre of a whole signal."""
    meter = TimbreMeter(audio.rate_hz, audio.channels)
    meter.feed(audio.samples)
    return meter.result()


def one_channel(piece: Samples) -> Samples:
    """What is listened to: the mean of the channels, or the first where they cancel each other; shape (frames,)."""
    first: Samples = piece[0]
    if piece.shape[0] == 1:
        return first
    mono: Samples = piece.mean(axis=0)
    cancelled = float(np.vdot(mono, mono)) * piece.shape[0] < CANCELLED * float(np.vdot(piece, piece))
    return first if cancelled else mono


def cell_powers(mono: Samples, rate_hz: int) -> Samples:
    """Mean power in cells of 5 ms, array (cells,)."""
    count = max(1, int(len(mono) / (CELL_SECONDS * rate_hz)))
    edges = np.round(np.arange(count + 1) * CELL_SECONDS * rate_hz).astype(int)
    edges[-1] = min(edges[-1], len(mono))
    sums = np.add.reduceat(mono * mono, np.minimum(edges[:-1], len(mono) - 1))
    return np.asarray(sums / np.maximum(np.diff(edges), 1), np.float32)


def analysed(mono: Samples, cells: Samples, on: Grid) -> Piece:
    """Everything that is kept of one piece; one that is shorter than a window is filled up with silence."""
    frames = len(on.window)
    if len(mono) < frames:
        mono = np.concatenate([mono, np.zeros(frames - len(mono), np.float32)])
    windows = np.lib.stride_tricks.sliding_window_view(mono, frames)[:: on.hop_frames] * on.window
    bins = scipy.fft.rfft(windows, on.size, axis=1)
    power = np.empty(bins.shape, np.float32)
    bands, chroma = np.empty((len(bins), len(on.band_edges) - 1), np.float32), np.empty((len(bins), 12), np.float32)
    sum_windows(bins.view(np.float32), on.band_edges, on.class_of, power, bands, chroma)
    pitch_hz, clarity = pitches(power, on)
    levels, share = harmonic_levels(power, pitch_hz, on)
    return Piece(
        cells=cells,
        bands=bands,
        flatness=flatness(power, on),
        peaks=peak_counts(power, on),
        chroma=chroma_spread(chroma),
        pitch_hz=pitch_hz,
        clarity=clarity,
        harmonics=levels,
        harmonic_share=share,
    )


def flatness(power: Samples, on: Grid) -> Samples:
    """How much like noise each region is: the geometric over the arithmetic mean of its bins, dB; 0 at most."""
    found = np.full((len(power), len(on.flatness_bins)), -40.0, np.float32)
    floor = LEAST_SHARE * power.sum(axis=1, keepdims=True) + LEAST_POWER
    for column, (low, high) in enumerate(on.flatness_bins):
        if high - low >= 8:
            part = power[:, low:high] + floor
            found[:, column] = 10 * (np.log10(part).mean(axis=1) - np.log10(part.mean(axis=1)))
    return np.maximum(found, -40.0, out=found)


def peak_counts(power: Samples, on: Grid) -> Samples:
    """How many partials stand out in each window, array (windows,)."""
    low, high = on.peak_bins
    part = power[:, low - 1 : high + 1]
    middle = part[:, 1:-1]
    least = PEAK_FLOOR * middle.max(axis=1, keepdims=True, initial=0.0)
    standing = (middle > part[:, :-2]) & (middle >= part[:, 2:]) & (middle > least)
    return np.asarray(standing.sum(axis=1), np.float32)


def chroma_spread(amplitudes: Samples) -> Samples:
    """Over how many of the twelve pitch classes each window spreads: the entropy of the chroma, bits, (windows,)."""
    chroma = amplitudes * amplitudes
    chroma += LEAST_SHARE * chroma.sum(axis=1, keepdims=True) + LEAST_POWER
    share = chroma / chroma.sum(axis=1, keepdims=True)
    return np.asarray(-(share * np.log2(share + 1e-12)).sum(axis=1), np.float32)


def pitches(power: Samples, on: Grid) -> tuple[Samples, Samples]:
    """Pitch in hertz and how clear it is (0 to 1) of each window, from the autocorrelation of the flat spectrum."""
    flattened = np.power(power[:, : on.pitch_bins], np.float32(0.33))
    flattened -= scipy.ndimage.uniform_filter1d(flattened, SMOOTHED_BINS, axis=1, mode="nearest")
    np.maximum(flattened, 0.0, out=flattened)
    wave = scipy.fft.irfft(flattened, PITCH_POINTS, axis=1)
    low, high = on.lags
    inside = wave[:, low:high] / np.maximum(wave[:, :1], LEAST_POWER)
    middle = inside[:, 1:-1]
    is_peak = (middle > inside[:, :-2]) & (middle >= inside[:, 2:])
    best = np.where(is_peak, middle, -1.0).max(axis=1, keepdims=True)
    first = (is_peak & (middle >= FIRST_PEAK_SHARE * best)).argmax(axis=1)
    rows = np.arange(len(power))
    before, here, after = inside[rows, first], inside[rows, first + 1], inside[rows, first + 2]
    bend = np.minimum(before - 2 * here + after, -1e-9)
    lag = low + first + 1 + np.clip(0.5 * (before - after) / bend, -0.5, 0.5)
    clarity = np.clip(here, 0.0, 1.0) * is_peak.any(axis=1)
    return np.asarray(PITCH_POINTS * on.bin_hz / lag, np.float32), np.asarray(clarity, np.float32)


def harmonic_levels(power: Samples, pitch_hz: Samples, on: Grid) -> tuple[Samples, Samples]:
    """Power of the first harmonics of the pitch, (windows, HARMONICS), and their share of all power to 5 kHz."""
    place = np.round(pitch_hz[:, None] / on.bin_hz * np.arange(1, HARMONICS + 1)).astype(int)
    last = power.shape[1] - 2
    inside = (place <= last) & (place >= 1)
    place = np.clip(place, 1, last)
    rows = np.arange(len(power))[:, None]
    levels = (power[rows, place - 1] + power[rows, place] + power[rows, place + 1]) * inside
    counted = levels * (place * on.bin_hz <= PEAK_SPAN_HZ[1])
    total = power[:, on.peak_bins[0] : on.peak_bins[1]].sum(axis=1) + LEAST_POWER
    return np.asarray(levels, np.float32), np.asarray(np.minimum(counted.sum(axis=1) / total, 1.5), np.float32)


def compile_kernels() -> None:
    """Compile the kernel of ``bandmate.sound.band_power`` that sums windows (or load it from the cache)."""
    measure_timbre(Audio(np.ones((1, 8_000), np.float32), 8_000))
