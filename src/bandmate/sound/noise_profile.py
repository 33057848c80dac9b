"""Steady noise of a recording: its level in bands, learned from the rests, from between the notes, or from a place.

In each band the softest moments are looked at. Where they come back to one level all through the recording, and last,
that is the noise; where they do not, the band plays and nothing is known of its noise. Within a band the lower bins
tell, so that the noise is also seen between partials.

Conventions: levels are of the mean square in a band, dB of full scale, mean of the channels; a band that tells nothing
is left out. Silence, and what is shorter than half a second, has no noise.

Not covered: noise that changes (traffic, wind, an audience), hum (``bandmate.sound.hum_removal``).

References: Martin, Noise power spectral density estimation based on optimal smoothing and minimum statistics (2001).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy import fft, ndimage, signal

from bandmate.sound.audio import Samples

Reals = npt.NDArray[np.float64]

WINDOW_SECONDS = 0.06
PIECE = 256
LOWEST_HZ, NARROWEST_HZ, WIDTH_OCTAVES = 20.0, 100.0, 1 / 4
LOWER_SHARE = 0.35
"""Which of the bins of a band, from the softest up, tells of its noise."""

NOTHING = 1e-20
LEAST_SECONDS = 0.5
SMOOTH_SECONDS = 0.2
BLOCK_SECONDS, LEAST_BLOCKS, MOST_BLOCKS = 1.0, 3, 12
NEAR_DB = 2.5
"""Moments within that of the softest are of the noise, as noise itself varies a little."""

LEAST_NEAR_SECONDS, LEAST_NEAR_SHARE = 0.4, 0.06
MOST_SPREAD_DB = 1.5
MOST_UNEVEN, LEAST_STEPS = 1.8, 4
"""How much more than noise the softest moments of a band may vary, and from how many moments that is known."""

MOSTLY_NEAR, LEAST_TOGETHER = 0.66, 0.7
"""A band that is softest less of the time than the first has to be so when this share of its likes is."""

LEAST_LEVEL_DB = -110.0
SOFTEST_DB = -62.0
"""Noise that is so far below what plays is left alone."""

USUAL_REDUCTION_DB, LOUD_BELOW_DB = 9.0, 26.0
"""Noise that is less than the second below what plays is loud."""

LEAST_SHARE_OF_BANDS = 0.4


@dataclass(frozen=True, slots=True)
class NoiseBand:
    """Noise around ``freq_hz``, mean square in the band, dB of full scale."""

    freq_hz: float
    level_db: float


@dataclass(frozen=True, slots=True)
class NoiseProfile:
    """Steady noise.

    Attributes
    ----------
    bands : tuple of NoiseBand
        from low to high; bands of which nothing is known are left out.
    level_db : float
        of all bands together.
    below_db : float
        how far it is below the recording while it plays.
    seconds : float
        how long it was heard with little else, the median of the bands.
    steadiness : float
        0 … 1; share of the bands in which one level came back all through the recording.
    confidence : float
        0 … 1.
    """

    bands: tuple[NoiseBand, ...]
    level_db: float
    below_db: float
    seconds: float
    steadiness: float
    confidence: float

    @property
    def reduction_db(self) -> float:
        """By how much it is worth turning down: 9 dB, and up to 12 dB where it is loud."""
        return float(np.clip(USUAL_REDUCTION_DB + (LOUD_BELOW_DB - self.below_db) / 3, USUAL_REDUCTION_DB, 12.0))


@dataclass(frozen=True, slots=True, eq=False)
class BandTrack:
    """Density of the lower bins of each band over time, mean square per Hz, shape (moments, bands), and all power."""

    density: Reals
    power: Reals
    edges_hz: Reals
    bins: tuple[int, ...]
    hop_seconds: float


def band_edges(rate_hz: int) -> Reals:
    """Edges of the bands up to half of the rate, Hz: 100 Hz wide below, a quarter of an octave above."""
    edges = [LOWEST_HZ]
    while edges[-1] < rate_hz / 2:
        edges.append(max(edges[-1] + NARROWEST_HZ, edges[-1] * 2**WIDTH_OCTAVES))
    if rate_hz / 2 - edges[-2] < (edges[-1] - edges[-2]) / 2 and len(edges) > 2:
        edges.pop()
    return np.array([*edges[:-1], min(edges[-1], rate_hz / 2)])


def tracked(samples: Samples, rate_hz: int) -> BandTrack:
    """The bands of a recording over time; worked through in pieces."""
    length = 2 * round(WINDOW_SECONDS * rate_hz / 2)
    hop, edges = length // 2, band_edges(rate_hz)
    window = signal.windows.hann(length, sym=False).astype(np.float32)
    moments = max((samples.shape[1] - length) // hop + 1, 0)
    cuts = np.searchsorted(np.fft.rfftfreq(length, 1 / rate_hz), edges)
    scale = 2 / (rate_hz * float(np.square(window, dtype=np.float64).sum()) * max(len(samples), 1))
    density, power = np.zeros((moments, len(edges) - 1)), np.zeros(moments)
    for first in range(0, moments, PIECE):
        starts = hop * np.arange(first, min(first + PIECE, moments))
        seen = np.zeros((len(starts), length // 2 + 1))
        for one in samples:
            seen += np.abs(fft.rfft(one[starts[:, None] + np.arange(length)] * window, axis=1)) ** 2
        seen *= scale
        power[first : first + PIECE] = seen[:, 1:].sum(axis=1) * rate_hz / length
        for band, (low, high) in enumerate(pairwise(cuts)):
            density[first : first + PIECE, band] = lower(seen[:, low : max(high, low + 1)])
    return BandTrack(density, power, edges, tuple(int(count) for count in np.maximum(np.diff(cuts), 1)), hop / rate_hz)


def lower(bins: Reals) -> Reals:
    """Mean density that noise must have for its lower bins to be as these are."""
    rank = int(LOWER_SHARE * (bins.shape[1] - 1))
    # The expected value of the rank-th smallest of n exponential variates of mean 1 (Rényi).
    expected = sum(1 / (bins.shape[1] - place) for place in range(rank + 1))
    return np.asarray(np.partition(bins, rank, axis=1)[:, rank] / expected)


def find_noise(samples: Samples, rate_hz: int) -> NoiseProfile | None:
    """The steady noise of a recording.

    Parameters
    ----------
    samples : array (channels, frames)
    rate_hz : int

    Returns
    -------
    NoiseProfile or None
        None where no steady noise can be told from what plays, where it is too soft to matter, and for silence.
    """
    if samples.shape[1] < LEAST_SECONDS * rate_hz or not samples.any():
        return None
    track = tracked(samples, rate_hz)
    columns = max(round(SMOOTH_SECONDS / track.hop_seconds), 1)
    if len(track.power) < 2 * columns:
        return None
    smooth = ndimage.uniform_filter1d(track.density, columns, axis=0, mode="nearest")
    spread_db = expected_spread_db(track)
    bands = [
        floor_of(track.density[:, band], smooth[:, band], float(spread_db[band]), track.hop_seconds)
        for band in range(smooth.shape[1])
    ]
    return summed_up(track, together(bands))


@dataclass(frozen=True, slots=True, eq=False)
class Floor:
    """Of a band: density of what is softest in it, at which moments it was heard, and whether that is steady noise."""

    density: float
    near: npt.NDArray[np.bool_]
    is_noise: bool


def expected_spread_db(track: BandTrack) -> Reals:
    """By how much the density of each band varies from moment to moment where there is noise only, dB."""
    spread = []
    for bins in track.bins:
        rank = int(LOWER_SHARE * (bins - 1))
        places = 1 / (bins - np.arange(rank + 1))
        spread.append(10 / np.log(10) * np.sqrt(np.square(places).sum()) / places.sum())
    return np.array(spread)


def floor_of(density: Reals, smooth: Reals, spread_db: float, hop_seconds: float) -> Floor:
    """What is softest in a band; noise where it comes back, lasts, and varies no more than noise does."""
    columns = max(round(SMOOTH_SECONDS / hop_seconds), 1)
    smooth_spread_db = spread_db / float(np.sqrt(columns))
    softest = float(np.quantile(smooth, 0.02))
    if softest <= NOTHING:
        return Floor(0.0, np.zeros(len(smooth), bool), is_noise=False)
    near = smooth < softest * 10 ** ((NEAR_DB + 2 * smooth_spread_db) / 10)
    seconds = float(near.sum()) * hop_seconds
    level = min(float(density[near].mean()), softest * 10 ** (2 * smooth_spread_db / 10))
    lasts = seconds >= LEAST_NEAR_SECONDS and bool(near.mean() >= LEAST_NEAR_SHARE)
    pairs = near[2:] & near[:-2]
    steps = 10 * np.log10((density[2:] + NOTHING) / (density[:-2] + NOTHING))[pairs]
    if not lasts or len(steps) < LEAST_STEPS:
        return Floor(level, near, is_noise=False)
    is_even = float(np.sqrt(np.square(steps).mean() / 2)) < MOST_UNEVEN * spread_db
    return Floor(level, near, is_even and comes_back(smooth, hop_seconds, MOST_SPREAD_DB + 2 * smooth_spread_db))


def together(floors: Sequence[Floor]) -> list[Floor]:
    """The same without bands that are seldom soft, and then at times of their own: in a rest, all of those are."""
    seldom = [at for at, floor in enumerate(floors) if floor.is_noise and floor.near.mean() < MOSTLY_NEAR]
    out = list(floors)
    for at in seldom:
        others = [floors[other].near for other in seldom if other != at]
        share = float(np.mean(others, axis=0)[floors[at].near].mean()) if others else 0.0
        out[at] = replace(floors[at], is_noise=share >= LEAST_TOGETHER)
    return out


def comes_back(smooth: Reals, hop_seconds: float, spread_db: float) -> bool:
    """Whether the softest level is found again and again, in most blocks."""
    seconds = len(smooth) * hop_seconds
    blocks = np.array_split(smooth, min(max(int(seconds / BLOCK_SECONDS), LEAST_BLOCKS), MOST_BLOCKS))
    softest_db = 10 * np.log10(np.array([block.min() for block in blocks]) + NOTHING)
    lowest = np.sort(softest_db)[: max(len(blocks) // 2, LEAST_BLOCKS)]
    return bool(np.ptp(lowest) < spread_db)


def summed_up(track: BandTrack, floors: Sequence[Floor]) -> NoiseProfile | None:
    """The profile of what was found in the bands; None where too little of it is noise, or too soft to matter."""
    known = np.array([floor.is_noise for floor in floors])
    if known.mean() < LEAST_SHARE_OF_BANDS:
        return None
    levels = filled(np.array([floor.density for floor in floors]), known)
    seconds = float(np.median([floor.near.sum() for floor in floors if floor.is_noise])) * track.hop_seconds
    profile = profile_of(track, levels, seconds, float(known.mean()))
    if profile.level_db < LEAST_LEVEL_DB or profile.below_db > -SOFTEST_DB:
        return None
    return profile


def filled(softest: Reals, known: npt.NDArray[np.bool_]) -> Reals:
    """Levels of all bands: where a band plays, what its neighbours lead to expect, and no more than its softest."""
    places = np.flatnonzero(known)
    level_db = 10 * np.log10(softest + NOTHING)
    expected_db = np.interp(np.arange(len(softest)), places, level_db[places])
    return np.asarray(np.where(known, softest, np.minimum(10 ** (expected_db / 10), softest)))


def profile_of(track: BandTrack, levels: Reals, seconds: float, share: float) -> NoiseProfile:
    """A profile of densities by band; NaN where nothing is known."""
    known = np.isfinite(levels) & (levels > NOTHING)
    width = np.diff(track.edges_hz)
    centres = (track.edges_hz[:-1] + track.edges_hz[1:]) / 2
    inside = levels * width
    bands = tuple(NoiseBand(float(centres[band]), 10 * float(np.log10(inside[band]))) for band in np.flatnonzero(known))
    total_db = 10 * float(np.log10(inside[known].sum() + NOTHING))
    playing_db = 10 * float(np.log10(np.quantile(track.power, 0.95) + NOTHING))
    return NoiseProfile(bands, total_db, playing_db - total_db, seconds, share, share * seconds / (seconds + 0.3))


def noise_in(samples: Samples, rate_hz: int, start_frame: int, frames: int) -> NoiseProfile | None:
    """The noise of a stretch in which nothing else sounds.

    Returns
    -------
    NoiseProfile or None
        None where the stretch is silent or shorter than two windows of 60 ms; what lies outside of the recording does
        not count.
    """
    cut = samples[:, max(start_frame, 0) : max(start_frame + frames, 0)]
    track = tracked(cut, rate_hz)
    if len(track.power) < 2 or not cut.any():
        return None
    levels = track.density.mean(axis=0)
    levels[levels <= NOTHING] = np.nan
    return profile_of(track, levels, cut.shape[1] / rate_hz, 1.0) if np.isfinite(levels).any() else None
