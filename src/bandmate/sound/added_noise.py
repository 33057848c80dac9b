"""Added noise: what a codec or a limiter put to a signal, band by band, and how far above a simple masking threshold.

Conventions: fed pairs of blocks (original, changed) that are in step to the frame. In each window of about 43 ms, Hann
shaped, half overlapping, noise is ``changed - gain * original``, with the one gain per window that leaves the least of
it; so a mere change of level is no noise, and what is missing (a codec's low-pass) counts like what was added. Levels
are means over channels and windows, full scale 1, in the bands of `bandmate.sound.spectrum`; nothing is ``-inf``.
Windows begin at fixed places: where the signal is cut into blocks makes no difference. Memory does not grow.

The noise-to-mask ratio (NMR) compares the noise of each ERB band with a threshold: the changed signal's own power in
that band or what spreads into it (10 dB per ERB upwards, 25 dB downwards), 14 dB down, and never below the threshold in
quiet (Terhardt 1979), a full-scale sine taken to play at 100 dB SPL. It is a figure for ranking codecs and settings, no
verdict on whether anybody hears a difference: there is no tonality, no temporal masking, no listener in it.

Not covered: pre-echo as such, stereo unmasking, loudness of the noise (PEAQ, ViSQOL).

References: Brandenburg (1987) and ITU-R BS.1387 for NMR; Glasberg and Moore (1990) for ERB; Terhardt (1979).
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.fft

from bandmate.song.errors import RequestError
from bandmate.sound.audio import Samples, checked_rate
from bandmate.sound.finite import finite_block
from bandmate.sound.spectrum import Bands, BandScale, erb_bands, third_octave_bands

Reals = npt.NDArray[np.float64]

WINDOW_MS = 43.0
WINDOWS_AT_ONCE = 64
SPREAD_UP_DB, SPREAD_DOWN_DB = 10.0, 25.0
"""Per ERB."""
MASKED_BELOW_DB = 14.0
FULL_SCALE_DB_SPL = 100.0
SILENT_POWER = 1e-9
"""Windows below this mean square (-90 dB) have no NMR and a gain of 1."""
NMR_RANGE_DB, NMR_STEP_DB = (-100.0, 100.0), 0.1


@dataclass(frozen=True, slots=True, eq=False)
class AddedNoise:
    """What was added.

    Attributes
    ----------
    bands : Bands
    signal_db, noise_db : array (bands,)
        mean power of the original and of the noise; -inf for nothing.
    noise_to_signal_db : array (bands,)
        noise against the original of the same band; -inf for no noise, NaN where the original has nothing either.
    level_change_db : array (bands,)
        the changed signal's power against the original's; -inf where all of it is gone, NaN where there was nothing.
    total_noise_to_signal_db : float or None
        over all frequencies; None for silence.
    nmr_mean_db, nmr_p95_db : float or None
        noise-to-mask ratio: mean over ERB bands and channels in each window, then mean (of the ratio in dB) and 95th
        percentile over windows, to 0.1 dB; None for silence.
    nmr_over_share : float
        windows in which it is above 0 dB, 0 to 1; 0 for silence.
    """

    bands: Bands
    signal_db: Reals
    noise_db: Reals
    noise_to_signal_db: Reals
    level_change_db: Reals
    total_noise_to_signal_db: float | None
    nmr_mean_db: float | None
    nmr_p95_db: float | None
    nmr_over_share: float


class AddedNoiseMeter:
    """Added noise of a pair of signals fed in blocks of any size.

    Parameters
    ----------
    rate_hz : int
    channels : int
    scale : str
        ``third-octave`` or ``erb``: the bands of the levels. NMR is always in ERB bands.
    """

    def __init__(self, rate_hz: int, channels: int, scale: BandScale = "third-octave") -> None:
        self._rate_hz, self._channels = checked_rate(rate_hz), channels
        self._frames = max(64, 2 ** round(np.log2(rate_hz * WINDOW_MS / 1000)))
        self._hop = self._frames // 2
        window = np.hanning(self._frames + 1)[:-1]
        self._window = (window / np.sqrt(np.square(window).mean())).astype(np.float32)
        self._one_sided = 2.0 / self._frames**2
        self._bands = third_octave_bands(rate_hz) if scale == "third-octave" else erb_bands(rate_hz)
        masks = erb_bands(rate_hz)
        bin_hz = rate_hz / self._frames
        self._edges, self._mask_edges = (band_edges(bands, bin_hz) for bands in (self._bands, masks))
        self._quiet = quiet_power(masks.centre_hz)
        self._pending = np.zeros((2, channels, self._hop), np.float32)
        self._fed = self._windows = 0
        self._sums = np.zeros((3, len(self._bands.centre_hz)))
        self._totals = np.zeros(2)
        low, high = NMR_RANGE_DB
        self._histogram = np.zeros(round((high - low) / NMR_STEP_DB) + 1, np.int64)
        self._nmr_sum = 0.0

    def feed(self, original: npt.ArrayLike, changed: npt.ArrayLike) -> None:
        """Take the next pair of blocks, each (channels, frames), of one length; empty ones change nothing.

        Raises
        ------
        RequestError
            for another number of channels, different lengths, or naming the first NaN or infinite frame.
        """
        pair = [
            finite_block(block, self._channels, start_frame=self._fed, rate_hz=self._rate_hz)
            for block in (original, changed)
        ]
        if pair[0].shape != pair[1].shape:
            raise RequestError(
                f"the original has {pair[0].shape[1]} frames and the changed signal {pair[1].shape[1]}; "
                "feed blocks that are in step"
            )
        self._fed += pair[0].shape[1]
        step = WINDOWS_AT_ONCE * self._hop
        for start in range(0, pair[0].shape[1], step):
            piece = np.stack([block[:, start : start + step] for block in pair])
            self._pending = np.concatenate([self._pending, piece], axis=2)
            while self._pending.shape[2] >= step + self._hop:
                self._measure(self._pending[:, :, : step + self._hop])
                self._pending = self._pending[:, :, step:]

    def result(self) -> AddedNoise:
        """What was added so far, as if the signals ended here; feeding may go on afterwards."""
        ended = copy.copy(self)
        ended._sums, ended._totals, ended._histogram = self._sums.copy(), self._totals.copy(), self._histogram.copy()
        if self._fed:
            frames = self._pending.shape[2]
            whole = -(-frames // self._hop) * self._hop + self._hop
            padded = np.zeros((2, self._channels, whole), np.float32)
            padded[:, :, :frames] = self._pending
            ended._measure(padded)
        return ended._summary()

    def _measure(self, signals: Samples) -> None:
        """All windows that lie within ``signals``, shape (2, channels, frames)."""
        sliding = np.lib.stride_tricks.sliding_window_view(signals, self._frames, axis=2)[:, :, :: self._hop]
        bins = scipy.fft.rfft(sliding * self._window, axis=3)
        # In a one-sided spectrum the first and the last bin stand for themselves only, all others for two.
        bins[..., [0, -1]] *= np.float32(np.sqrt(0.5))
        original, changed = bins
        power, after = power_of(original), power_of(changed)
        alike = (original.real * changed.real + original.imag * changed.imag).sum(axis=(0, 2), dtype=np.float64)
        whole = power.sum(axis=(0, 2), dtype=np.float64)
        is_silent = whole < SILENT_POWER * self._channels / self._one_sided
        gain = np.where(is_silent, 1.0, alike / np.where(is_silent, 1.0, whole)).astype(np.float32)
        noise = power_of(changed - gain[:, None] * original)
        self._windows += power.shape[1]
        scale = self._one_sided / self._channels
        for row, spectrum in zip(self._sums, (power, noise, after), strict=True):
            row += scale * in_bands(spectrum.sum(axis=(0, 1), dtype=np.float64), self._edges)
        self._totals += scale * power.sum(dtype=np.float64), scale * noise.sum(dtype=np.float64)
        self._count(noise[:, ~is_silent], after[:, ~is_silent])

    def _count(self, noise: Samples, after: Samples) -> None:
        """Put the NMR of each window into the histogram."""
        if not noise.shape[1]:
            return
        mask = masked(in_bands(after, self._mask_edges), self._quiet / self._one_sided)
        ratio = (in_bands(noise, self._mask_edges) / mask).mean(axis=(0, 2))
        low, high = NMR_RANGE_DB
        level = np.clip(10 * np.log10(np.maximum(ratio, 10 ** (low / 10))), low, high)
        self._nmr_sum += float(level.sum())
        places = np.round((level - low) / NMR_STEP_DB).astype(np.int64)
        self._histogram += np.bincount(places, minlength=len(self._histogram))

    def _summary(self) -> AddedNoise:
        signal, noise, after = self._sums / max(1, self._windows)
        counted = int(self._histogram.sum())
        with np.errstate(divide="ignore", invalid="ignore"):
            levels = [10 * np.log10(row) for row in (signal, noise)]
            ratios = [10 * np.log10(row / signal) for row in (noise, after)]
            total = float(10 * np.log10(self._totals[1] / self._totals[0])) if self._totals[0] > 0 else None
        for row in (*levels, *ratios):
            row.flags.writeable = False
        above = round(-NMR_RANGE_DB[0] / NMR_STEP_DB) + 1
        return AddedNoise(
            self._bands,
            signal_db=levels[0],
            noise_db=levels[1],
            noise_to_signal_db=ratios[0],
            level_change_db=ratios[1],
            total_noise_to_signal_db=total,
            nmr_mean_db=self._nmr_sum / counted if counted else None,
            nmr_p95_db=percentile(self._histogram, 0.95) if counted else None,
            nmr_over_share=float(self._histogram[above:].sum() / counted) if counted else 0.0,
        )


def measure_added_noise(
    original: npt.ArrayLike, changed: npt.ArrayLike, rate_hz: int, scale: BandScale = "third-octave"
) -> AddedNoise:
    """Added noise of two whole signals (channels, frames) that are in step; errors as `AddedNoiseMeter.feed`."""
    meter = AddedNoiseMeter(rate_hz, np.shape(original)[0], scale)
    meter.feed(original, changed)
    return meter.result()


def masked(power: Reals, quiet: Reals) -> Reals:
    """The threshold for the power in ERB bands, shape (..., bands): spread, lowered, and never under ``quiet``."""
    spread = power.copy()
    up, down = 10 ** (-SPREAD_UP_DB / 10), 10 ** (-SPREAD_DOWN_DB / 10)
    for band in range(1, spread.shape[-1]):
        spread[..., band] = np.maximum(spread[..., band], spread[..., band - 1] * up)
    for band in range(spread.shape[-1] - 2, -1, -1):
        spread[..., band] = np.maximum(spread[..., band], spread[..., band + 1] * down)
    return np.maximum(spread * 10 ** (-MASKED_BELOW_DB / 10), quiet)


def quiet_power(centre_hz: Reals) -> Reals:
    """The threshold in quiet as mean square, full scale 1 (Terhardt 1979), for tones at these frequencies."""
    khz = centre_hz / 1000
    spl = 3.64 * khz**-0.8 - 6.5 * np.exp(-0.6 * (khz - 3.3) ** 2) + 1e-3 * khz**4
    power: Reals = 0.5 * 10 ** ((spl - FULL_SCALE_DB_SPL) / 10)
    return power


def power_of(bins: npt.NDArray[np.complex64]) -> Samples:
    """Squared magnitude."""
    power: Samples = bins.real**2 + bins.imag**2
    return power


def band_edges(bands: Bands, bin_hz: float) -> Reals:
    """The edges of touching bands, counted in bins from the lower edge of bin 0."""
    return np.append(bands.low_hz, bands.high_hz[-1:]) / bin_hz + 0.5


def in_bands(power: Reals | Samples, edges: Reals) -> Reals:
    """Power per bin, shape (..., bins), as power in bands; a bin at an edge is shared out by width."""
    running = np.zeros((*power.shape[:-1], power.shape[-1] + 1))
    np.cumsum(power, axis=-1, out=running[..., 1:])
    whole = np.minimum(edges.astype(np.int64), power.shape[-1] - 1)
    at_edges = running[..., whole] + (np.minimum(edges, power.shape[-1]) - whole) * power[..., whole]
    bands: Reals = np.maximum(np.diff(at_edges, axis=-1), 0.0)
    return bands


def percentile(histogram: npt.NDArray[np.int64], share: float) -> float:
    """The value below or at which ``share`` of what was counted lies."""
    counts = np.cumsum(histogram)
    return float(NMR_RANGE_DB[0] + NMR_STEP_DB * int(np.searchsorted(counts, share * counts[-1])))
