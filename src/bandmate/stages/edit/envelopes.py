"""Loudness over time and spectral envelopes, for comparing a take with what was made of it.

Conventions: an envelope over time has a point every millisecond, the root of the mean square of 25 ms around it (more
than a period of any voice), of all channels together. A spectral envelope is the power spectrum of 40 ms, averaged over
the width of one harmonic, so that the harmonics themselves do not count.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import scipy.fft

from bandmate.sound.audio import Samples
from bandmate.sound.pitch_curve import PitchCurve

Reals = npt.NDArray[np.float64]

POINTS_PER_SECOND = 1_000
WINDOW_SECONDS = 0.025
FLOOR_DB = -80.0
LAG_MS, AROUND_MS = 20, 100
"""How far beginnings are searched, and how much around a beginning is compared."""

FRAME_SECONDS, STEP_SECONDS = 0.04, 0.02
COLOUR_HZ = (150.0, 8_000.0)
ENVELOPE_RANGE_DB = 50.0
"""What is so far below the highest of an envelope is not heard as colour."""

MOST_FRAMES = 600
LEVEL_SECONDS = 0.05
LEVEL_RANGE_DB = 40.0


def envelope_db(samples: Samples, rate_hz: int) -> Reals:
    """Level every millisecond, dB of full scale, not below -80; array (milliseconds,)."""
    power = np.zeros(samples.shape[1] + 1)
    np.cumsum(np.square(samples, dtype=np.float64).mean(axis=0), out=power[1:])
    centre = np.arange(int(samples.shape[1] / rate_hz * POINTS_PER_SECOND)) / POINTS_PER_SECOND * rate_hz
    half = 0.5 * WINDOW_SECONDS * rate_hz
    low = np.clip(np.round(centre - half).astype(int), 0, samples.shape[1])
    high = np.clip(np.round(centre + half).astype(int), 0, samples.shape[1])
    mean = (power[high] - power[low]) / np.maximum(high - low, 1)
    levels: Reals = np.maximum(10 * np.log10(np.maximum(mean, 1e-12)), FLOOR_DB)
    return levels


def envelope_lag_ms(before: Reals, after: Reals, at_seconds: float) -> float:
    """By how many milliseconds what begins at a moment has moved; positive is late, 0 where nothing begins."""
    at = round(at_seconds * POINTS_PER_SECOND)
    first, last = at - AROUND_MS, at + AROUND_MS
    if first - LAG_MS < 0 or last + LAG_MS > min(len(before), len(after)):
        return 0.0
    one = before[first:last] - before[first:last].mean()
    if one.std() < 1.0:
        return 0.0
    likeness = []
    for lag in range(-LAG_MS, LAG_MS + 1):
        other = after[first + lag : last + lag]
        other = other - other.mean()
        likeness.append(float(one @ other) / max(float(np.linalg.norm(other)), 1e-9))
    return float(int(np.argmax(likeness)) - LAG_MS)


def voiced_level_change_db(before: Reals, after: Reals, heard: PitchCurve) -> float:
    """By how much the level of voiced moments changes, dB, 95 of 100 by no more; 0 where nothing is voiced.

    Only moments count that are at most 40 dB below the loud ones.
    """
    width = round(LEVEL_SECONDS * POINTS_PER_SECOND)
    count = min(len(before), len(after)) // width
    if not count or not heard.voiced.any():
        return 0.0
    levels = [
        10 * np.log10((10 ** (level[: count * width].reshape(count, width) / 10)).mean(axis=1))
        for level in (before, after)
    ]
    middle = (np.arange(count) + 0.5) * width / POINTS_PER_SECOND
    at = np.minimum((middle / heard.hop_seconds).astype(int), len(heard.hz) - 1)
    voiced = heard.voiced[at]
    if not voiced.any():
        return 0.0
    counted = voiced & (levels[0] >= np.quantile(levels[0][voiced], 0.95) - LEVEL_RANGE_DB)
    return float(np.quantile(np.abs(levels[1] - levels[0])[counted], 0.95))


def spectral_distance_db(
    before: Samples,
    after: Samples,
    rate_hz: int,
    judged: tuple[PitchCurve, PitchCurve],
    spans: Sequence[tuple[float, float]],
) -> float | None:
    """How far apart the spectral envelopes are inside of these stretches, dB; None where nothing there is voiced.

    The root of the mean square over frequency, with the level taken out, of each frame; their median.
    """
    size = int(scipy.fft.next_fast_len(round(FRAME_SECONDS * rate_hz), real=True))
    moments = frames_in(spans, before.shape[1] / rate_hz)
    found = []
    for at in moments:
        hz = [pitch_at(curve, at) for curve in judged]
        first = round(at * rate_hz) - size // 2
        if min(hz) <= 0 or first < 0 or first + size > before.shape[1]:
            continue
        one, other = (
            envelope_of(sound[:, first : first + size].mean(axis=0, dtype=np.float64), rate_hz, f0)
            for sound, f0 in zip((before, after), hz, strict=True)
        )
        apart = other - one
        found.append(float(np.sqrt(np.mean((apart - np.median(apart)) ** 2))))
    return float(np.median(found)) if found else None


def frames_in(spans: Sequence[tuple[float, float]], seconds: float) -> list[float]:
    """Moments spread over the stretches, no more than ``MOST_FRAMES``."""
    moments = [
        at
        for start, end in spans
        for at in np.arange(start + STEP_SECONDS, min(end, seconds) - STEP_SECONDS, STEP_SECONDS)
    ]
    stride = max(1, -(-len(moments) // MOST_FRAMES))
    return [float(at) for at in moments[::stride]]


def pitch_at(curve: PitchCurve, at_seconds: float) -> float:
    index = round(at_seconds / curve.hop_seconds)
    return float(curve.hz[index]) if 0 <= index < len(curve.hz) else 0.0


def envelope_of(frame: Reals, rate_hz: int, f0_hz: float) -> Reals:
    """The spectral envelope of one frame in dB, over the bins from 150 Hz to 8 kHz."""
    power = np.abs(scipy.fft.rfft(frame * np.hanning(len(frame)))) ** 2
    bin_hz = rate_hz / len(frame)
    half = 0.5 * f0_hz / bin_hz
    summed = np.concatenate([[0.0], np.cumsum(power)])
    bins = np.arange(int(COLOUR_HZ[0] / bin_hz), int(min(COLOUR_HZ[1], 0.45 * rate_hz) / bin_hz))
    low, high = np.maximum(bins + 0.5 - half, 0.0), np.minimum(bins + 0.5 + half, float(len(power)))
    edges = np.arange(len(summed), dtype=np.float64)
    mean = (np.interp(high, edges, summed) - np.interp(low, edges, summed)) / (high - low)
    floor = max(float(mean.max(initial=0.0)) * 10 ** (-ENVELOPE_RANGE_DB / 10), 1e-15)
    return np.asarray(10 * np.log10(np.maximum(mean, floor)))
