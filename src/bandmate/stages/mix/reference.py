"""Records that a mix is compared with: an earlier mix of the same song, moment by moment, or another song as a whole.

Whether a record is the same song is heard: what begins in each band has to begin at the same moments all along, at one
delay. Then the two can be laid over each other, and the balance can be read off cell by cell. Another song only has
statistics to offer: how loud its bands are in its loud, middle and quiet parts.

Conventions: hops are those of a hearing, 0.1 s. A reference is intent and no target: only what the musician chose is
compared, and every change is bounded.

Not covered: the same song at another tempo or in another key; that counts as another song.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.fft

from bandmate.stages.hearing import Hearing

Reals = npt.NDArray[np.float64]

BANDS_TOGETHER = 3
SAME_SONG_LIKENESS = 0.35
AS_GOOD = 0.97
LEAST_HOPS = 80
"""Eight seconds: less can be alike by accident."""

FLOOR_BELOW_DB = 50.0
QUANTILES = ((0.85, 1.0), (0.5, 0.85), (0.2, 0.5))
"""Loud, middle and quiet parts: shares of the moments, by level."""


@dataclass(frozen=True, slots=True)
class MixReference:
    """A record to compare with: its name, and what is heard of it."""

    name: str
    hearing: Hearing


@dataclass(frozen=True, slots=True)
class Alignment:
    """Where a record of the same song begins: ``late_hops`` hops after the mix (negative: before); ``likeness`` 0 to
    1."""

    late_hops: int
    likeness: float


def aligned(mix_power: npt.NDArray[np.float32], reference: Hearing) -> Alignment | None:
    """How a record lies over the mix; None where it is another song, or too little of either."""
    first, second = beginnings(mix_power), beginnings(reference.power)
    if min(first.shape[1], second.shape[1]) < LEAST_HOPS:
        return None
    size = scipy.fft.next_fast_len(first.shape[1] + second.shape[1])
    spectra = [scipy.fft.rfft(one, size, axis=1) for one in (first, second)]
    together = scipy.fft.irfft((np.conj(spectra[0]) * spectra[1]).sum(axis=0), size)
    lags = np.arange(size)
    lags = np.where(lags > size // 2, lags - size, lags)
    overlap = np.minimum(first.shape[1], second.shape[1] - lags) - np.maximum(0, -lags)
    together[overlap < LEAST_HOPS] = 0.0
    # A piece that repeats itself fits at many places; the nearest of those that fit as well is meant.
    as_good = lags[together >= AS_GOOD * together.max()]
    late = int(as_good[int(np.argmin(np.abs(as_good)))])
    likeness = likeness_at(first, second, late)
    return Alignment(late, likeness) if likeness >= SAME_SONG_LIKENESS else None


def likeness_at(first: Reals, second: Reals, late: int) -> float:
    """Correlation of two rows of beginnings where they overlap, the second ``late`` hops later."""
    start, end = max(0, -late), min(first.shape[1], second.shape[1] - late)
    a, b = first[:, start:end], second[:, start + late : end + late]
    size = float(np.sqrt((a**2).sum() * (b**2).sum()))
    return float((a * b).sum() / size) if size > 0 else 0.0


def beginnings(power: npt.NDArray[np.float32]) -> Reals:
    """What each broad band rises by from hop to hop, in decibels, its mean taken out; shape (broad bands, hops)."""
    edges = np.arange(0, power.shape[0], BANDS_TOGETHER)
    broad = np.add.reduceat(power.astype(np.float64), edges, axis=0)
    level = 10 * np.log10(broad + 1e-20)
    level = np.maximum(level, level.max(axis=1, keepdims=True, initial=-200.0) - FLOOR_BELOW_DB)
    rises = np.maximum(np.diff(level, axis=1, prepend=level[:, :1]), 0.0)
    found: Reals = rises - rises.mean(axis=1, keepdims=True)
    return found


def laid_over(reference: Hearing, alignment: Alignment, hops: int) -> Reals:
    """The record's power at each of the mix's hops, shape (bands, hops); 0 where it has nothing there."""
    power = np.zeros((len(reference.band_hz), hops))
    start, end = max(0, -alignment.late_hops), min(hops, reference.hops - alignment.late_hops)
    if end > start:
        power[:, start:end] = reference.power[:, start + alignment.late_hops : end + alignment.late_hops]
    return power


def by_loudness(power: Reals, weight_by_band: Reals) -> list[npt.NDArray[np.intp]]:
    """The moments of the loud, the middle and the quiet parts of a signal, each a row of indices; silence is left out.

    Parameters
    ----------
    power : array (bands, hops)
    weight_by_band : array (bands,)
        how much each band counts for loudness.
    """
    level = weight_by_band @ power
    sounding = np.flatnonzero(level > level.max(initial=0.0) * 10 ** (-FLOOR_BELOW_DB / 10))
    order = sounding[np.argsort(level[sounding], kind="stable")]
    return [
        order[int(low * len(order)) : max(int(low * len(order)) + 1, int(high * len(order)))] for low, high in QUANTILES
    ]


def k_weights(band_hz: tuple[float, ...]) -> Reals:
    """Roughly the K-weighting of BS.1770 by band, as power: what lies low counts less, what lies high a little more."""
    hz = np.array(band_hz)
    low = 1.0 / (1.0 + (60.0 / hz) ** 4)
    high = 1.0 + 1.5 / (1.0 + (1_500.0 / hz) ** 4)
    found: Reals = low * high
    return found


def part_levels_db(power: Reals, weight_by_band: Reals) -> Reals:
    """Band levels of the loud, middle and quiet parts, shape (bands, parts), dB."""
    parts = by_loudness(power, weight_by_band)
    levels = [power[:, part].mean(axis=1) if len(part) else np.zeros(len(power)) for part in parts]
    found: Reals = 10 * np.log10(np.stack(levels, axis=1) + 1e-20)
    return found
