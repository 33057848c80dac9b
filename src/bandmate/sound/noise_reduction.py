"""Steady noise turned down by a bounded amount where nothing else sounds, without ringing and with onsets kept.

The gain of each bin is that of the log-spectral amplitude estimator. How far something stands above the noise is
followed forwards and backwards in time, and the larger of the two counts: an onset is known from what comes after it,
a tail from what came before. Where nothing stands out around a bin, its gain is the lowest one, the same everywhere,
so that what is left is the same noise, softer, and does not twinkle.

::

    noise    ──────────┐          ┌────────    gain 0 dB while a note sounds
    note               └──────────┘            gain -reduction_db in rests and between partials

What is taken out is built up and subtracted, so samples of which nothing is taken stay as they are, to the bit.

Conventions: samples are float32, shape (channels, frames); all channels get the same gain, so the picture stays.

Not covered: finding the noise (``bandmate.sound.noise_profile``), noise that changes.

References: Ephraim & Malah (1985); Cohen, Noise spectrum estimation in adverse environments (2003); Cappé,
Elimination of the musical noise phenomenon (1994).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import fft, ndimage, signal, special

from bandmate.sound.audio import Samples
from bandmate.sound.kernel import kernel
from bandmate.sound.noise_profile import NoiseBand, band_edges

Singles = npt.NDArray[np.float32]
Reals = npt.NDArray[np.float64]

WINDOW_SECONDS = 0.046
OVERLAP = 4
PIECE, MARGIN = 512, 48
MOST_REDUCTION_DB = 18.0
FORGETTING = 0.96
LEAST_A_PRIORI = 10 ** (-25 / 10)
UNTOUCHED = 0.03
"""What is taken by less than this share is not taken at all."""

AROUND = (5, 5)
AROUND_LOW, AROUND_HIGH = 1.5, 2.6
ALONG = 9
ALONG_LOW, ALONG_HIGH = 2.2, 4.0
"""Power over that of the noise, mean of moments and bins around, and of moments along a bin, from which something is
there a little, and surely."""

GRAIN = np.exp(0.5 * special.exp1(np.logspace(-4, 2, 601))).astype(np.float64)


def reduced(
    samples: Samples,
    rate_hz: int,
    profile: Sequence[NoiseBand],
    reduction_db: float = 9.0,
    amount: float = 1.0,
) -> Samples:
    """The recording with its noise turned down.

    Parameters
    ----------
    samples : array (channels, frames)
    rate_hz : int
    profile : sequence of NoiseBand
        of this recording; bands that are missing are left alone.
    reduction_db : float
        how much the noise is turned down where nothing else sounds; more than 18 dB counts as 18 dB.
    amount : float
        0 … 1, share of what would be taken that is taken; 0 gives the very same samples.

    Returns
    -------
    array (channels, frames)
        new float32; equal to ``samples`` for silence and where the profile is empty.
    """
    out = samples.copy()
    reduction_db = min(reduction_db, MOST_REDUCTION_DB)
    if amount <= 0 or reduction_db <= 0 or not profile or not samples.any():
        return out
    length = OVERLAP * round(WINDOW_SECONDS * rate_hz / OVERLAP)
    hop = length // OVERLAP
    if hop < 2:
        return out
    window = signal.windows.hann(length, sym=False).astype(np.float32)
    noise = noise_power(profile, rate_hz, length) * float(np.square(window, dtype=np.float64).sum())
    frames = samples.shape[1]
    moments = -(-(frames + length) // hop)
    lowest = 10 ** (-reduction_db / 20)
    scale = np.float32(amount / (0.375 * OVERLAP))
    for first in range(0, moments, PIECE):
        last = min(first + PIECE, moments)
        spectra = spectra_of(samples, hop * (first - MARGIN), hop, last - first + 2 * MARGIN, window)
        taken = 1 - gains((np.abs(spectra) ** 2).mean(axis=0), noise, lowest)[MARGIN : MARGIN + last - first]
        taken = np.maximum(taken - UNTOUCHED, 0) * np.float32((1 - lowest) / max(1 - lowest - UNTOUCHED, 1e-6))
        wave = fft.irfft(spectra[:, MARGIN : MARGIN + last - first] * taken, n=length, axis=2) * (window * scale)
        subtract(out, wave, hop * first - length + hop, hop)
    return out


def spectra_of(samples: Samples, start: int, hop: int, moments: int, window: Singles) -> npt.NDArray[np.complex64]:
    """Windowed spectra, shape (channels, moments, bins); beyond the recording is silence."""
    length, frames = len(window), samples.shape[1]
    start -= length - hop
    stop = start + hop * (moments - 1) + length
    cut = np.zeros((len(samples), stop - start), np.float32)
    low, high = max(start, 0), min(stop, frames)
    if high > low:
        cut[:, low - start : high - start] = samples[:, low:high]
    at = hop * np.arange(moments)[:, None] + np.arange(length)
    return np.asarray(fft.rfft(cut[:, at] * window, axis=2))


def subtract(out: Samples, wave: Singles, start: int, hop: int) -> None:
    """Take overlapping waves (channels, moments, length) from ``out`` in place; the first begins at ``start``."""
    channels, moments, length = wave.shape
    total = np.zeros((channels, hop * (moments - 1) + length), np.float32)
    for moment in range(moments):
        total[:, moment * hop : moment * hop + length] += wave[:, moment]
    low, high = max(start, 0), min(start + total.shape[1], out.shape[1])
    if high > low:
        out[:, low:high] -= total[:, low - start : high - start]


def noise_power(profile: Sequence[NoiseBand], rate_hz: int, length: int) -> Reals:
    """Expected power of each bin for a window whose squares sum to one; 0 where nothing is known."""
    edges = band_edges(rate_hz)
    centres, widths = (edges[:-1] + edges[1:]) / 2, np.diff(edges)
    hz = np.fft.rfftfreq(length, 1 / rate_hz)
    known = sorted(profile, key=lambda band: band.freq_hz)
    places = np.array([int(np.argmin(np.abs(centres - band.freq_hz))) for band in known])
    density_db = np.array([band.level_db for band in known]) - 10 * np.log10(widths[places])
    power = 10 ** (np.interp(hz, centres[places], density_db) / 10) * rate_hz / 2
    inside = np.isin(np.clip(np.searchsorted(edges, hz, side="right") - 1, 0, len(centres) - 1), places)
    return np.asarray(np.where(inside, power, 0.0))


def gains(power: Singles, noise: Reals, lowest: float) -> Singles:
    """Gain of each bin, shape (moments, bins); 1 where the noise is not known."""
    known = noise > 0
    ratio = np.full(power.shape, 1e6, np.float32)
    ratio[:, known] = power[:, known] / noise[known]
    a_priori = np.full(power.shape, LEAST_A_PRIORI, np.float32)
    follow(ratio, a_priori, GRAIN)
    gain = np.empty_like(ratio)
    estimate(ratio, a_priori, GRAIN, gain)
    capped = np.minimum(ratio, 40.0)
    around = ndimage.uniform_filter(capped, AROUND, mode="nearest")
    along = ndimage.uniform_filter1d(capped, ALONG, axis=0, mode="nearest")
    there = np.maximum(
        (around - AROUND_LOW) / (AROUND_HIGH - AROUND_LOW), (along - ALONG_LOW) / (ALONG_HIGH - ALONG_LOW)
    )
    there = np.clip(there, 0, 1)
    gain = np.maximum(gain, lowest) ** there * np.float32(lowest) ** (1 - there)
    gain[:, ~known] = 1
    return np.asarray(np.minimum(gain, 1))


@kernel
def spectral_gain(ratio: float, a_priori: float, grain: Reals) -> float:
    """Gain of the log-spectral amplitude estimator; ``grain`` is exp(E1/2) on a logarithmic scale."""
    share = a_priori / (1 + a_priori)
    place = (np.log10(max(share * ratio, 1e-4)) + 4) * 100
    if place >= 600:
        return share
    at = int(place)
    part = place - at
    return float(share * (grain[at] * (1 - part) + grain[at + 1] * part))


@kernel
def follow(ratio: Singles, a_priori: Singles, grain: Reals) -> None:
    """Raise ``a_priori`` to what was followed forwards and to what was followed backwards."""
    moments, bins = ratio.shape
    for way in range(2):
        before = np.zeros(bins)
        for step in range(moments):
            now = step if way == 0 else moments - 1 - step
            for at in range(bins):
                seen = ratio[now, at]
                here = FORGETTING * before[at] + (1 - FORGETTING) * max(seen - 1.0, 0.0)
                here = max(here, LEAST_A_PRIORI)
                before[at] = min(spectral_gain(seen, here, grain), 1.0) ** 2 * seen
                a_priori[now, at] = max(a_priori[now, at], here)


@kernel
def estimate(ratio: Singles, a_priori: Singles, grain: Reals, gain: Singles) -> None:
    """Write the gain of every bin."""
    for now in range(ratio.shape[0]):
        for at in range(ratio.shape[1]):
            gain[now, at] = min(spectral_gain(ratio[now, at], a_priori[now, at], grain), 1.0)


def compile_kernels() -> None:
    """Compile the inner loops."""
    ratio = np.ones((2, 2), np.float32)
    follow(ratio, ratio.copy(), GRAIN)
    estimate(ratio, ratio.copy(), GRAIN, ratio.copy())
