"""A second opinion on pitch, which shares nothing with the tracker: autocorrelation with the window taken out.

What corrects must not judge itself. This tracker has no network and none of the other's loops: the autocorrelation of
46 ms under a Hann window, divided by that of the window, on lags four times finer than the frames, and the best path
through its tops.

Conventions: as `bandmate.sound.pitch`: a point every 5 ms, 0 Hz where nothing is sung, several channels added up.

Not covered: material with several notes at once.

References: P. Boersma, Accurate short-term analysis of the fundamental frequency and the harmonics-to-noise ratio of a
sampled sound (1993), equations 9 to 27; written anew from the paper.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy.fft
from numpy.lib.stride_tricks import sliding_window_view

from bandmate.sound.audio import Audio, Samples, checked_rate
from bandmate.sound.finite import finite_block
from bandmate.sound.kernel import kernel
from bandmate.sound.pitch_curve import PitchCurve
from bandmate.sound.resample import resample

Reals = npt.NDArray[np.float64]

HOP_SECONDS = 0.005
RATE_HZ = 8_000
FINER = 4
PERIODS = 3.0
"""How many periods of the lowest pitch are in a window."""

KEPT = 5
LEAST_TOP = 0.3
VOICED_ABOVE, QUIET_BELOW = 0.55, 0.03
OCTAVE_GAIN, JUMP_COST, TURN_COST = 0.01, 0.7, 0.28
"""A short period is preferred a little; a leap of an octave, a beginning and an end cost so much, each in likeness."""

PIECE_POINTS = 1_000
SHORTEST_SECONDS = 0.02


def judge_pitch(samples: Samples, rate_hz: int, *, low_hz: float = 65.0, high_hz: float = 1_100.0) -> PitchCurve:
    """The pitch of a recording of one voice, as an independent judge hears it.

    Parameters
    ----------
    samples : float32 array (channels, frames)
    rate_hz : int
    low_hz, high_hz : float

    Returns
    -------
    PitchCurve
        ``ceil(frames / rate / 5 ms)`` points; no pitch in silence, none at all for an empty recording.

    Raises
    ------
    OutOfRange
        for a rate outside 1 kHz to 768 kHz.
    RequestError
        for NaN or infinity.
    """
    samples = finite_block(samples, len(samples), start_frame=0, rate_hz=checked_rate(rate_hz))
    points = -(-samples.shape[1] * round(1 / HOP_SECONDS) // rate_hz)
    if samples.shape[1] < SHORTEST_SECONDS * rate_hz or not samples.any():
        return PitchCurve(HOP_SECONDS, np.zeros(points), np.zeros(points))
    sound = resample(Audio(added(samples)[None, :], rate_hz), RATE_HZ).samples[0]
    size = int(PERIODS * RATE_HZ / low_hz) // 2 * 2
    hop = round(HOP_SECONDS * RATE_HZ)
    around = np.zeros(hop * max(points - 1, 0) + size, np.float32)
    kept = sound[: len(around) - size // 2]
    around[size // 2 : size // 2 + len(kept)] = kept
    frames = sliding_window_view(around, size)[::hop][:points]
    loudest = float(np.max(np.abs(sound - sound.mean())))
    lags, heights, none = np.zeros((points, KEPT)), np.zeros((points, KEPT)), np.zeros(points)
    reach = (int(FINER * RATE_HZ / high_hz), int(np.ceil(FINER * RATE_HZ / low_hz)))
    for first in range(0, points, PIECE_POINTS):
        part = slice(first, min(first + PIECE_POINTS, points))
        piece = frames[part] - frames[part].mean(axis=1, keepdims=True)
        tops(autocorrelation(piece, reach[1] + 2), reach[0], lags[part], heights[part])
        level = np.abs(piece[:, size // 4 : -size // 4]).max(axis=1) / max(loudest, 1e-9)
        none[part] = VOICED_ABOVE + np.maximum(0.0, 2.0 - level * (1 + VOICED_ABOVE) / QUIET_BELOW)
    chosen = np.zeros(points, np.int64)
    through(lags, heights, none, chosen)
    sung = chosen < KEPT
    rows, index = np.arange(points), np.minimum(chosen, KEPT - 1)
    hz = np.where(sung, FINER * RATE_HZ / np.maximum(lags[rows, index], 1.0), 0.0)
    return PitchCurve(HOP_SECONDS, hz, np.where(sung, np.clip(heights[rows, index], 0.0, 1.0), 0.0))


def added(samples: Samples) -> Samples:
    """The channels added up, or the loudest alone where they cancel."""
    total: Samples = samples.mean(axis=0, dtype=np.float32)
    powers = (samples.astype(np.float64) ** 2).sum(axis=1)
    return total if float(total.astype(np.float64) @ total) >= 0.1 * powers.max() else samples[int(powers.argmax())]


def autocorrelation(frames: Samples, lags: int) -> Samples:
    """Of each frame under a Hann window, the window's own taken out, 1 at lag 0; array (frames, fine lags)."""
    size = frames.shape[1]
    window = np.hanning(size + 2)[1:-1].astype(np.float32)
    length = int(scipy.fft.next_fast_len(size + lags // FINER + 2, real=True))

    def raw(signal: Samples) -> Samples:
        power = np.abs(scipy.fft.rfft(signal, length)) ** 2
        found: Samples = scipy.fft.irfft(power, FINER * length)[:, :lags]
        return found

    own = raw(window[None, :])
    mine = raw(frames * window)
    shape = own / own[:, :1]
    return np.asarray(mine / np.maximum(mine[:, :1], 1e-12) / shape, np.float32)


@kernel
def tops(rows: Samples, low: int, lags: Reals, heights: Reals) -> None:
    """Write the highest tops of each row from lag ``low`` on, with what a short period gains."""
    points, count = rows.shape
    kept = lags.shape[1]
    for point in range(points):
        for lag in range(max(low, 1), count - 1):
            before, top, after = float(rows[point, lag - 1]), float(rows[point, lag]), float(rows[point, lag + 1])
            if top < LEAST_TOP or top < before or top <= after:
                continue
            bend = before - 2.0 * top + after
            shift = 0.5 * (before - after) / bend if bend < 0.0 else 0.0
            height = top - 0.25 * (before - after) * shift
            if height > 1.0:
                height = 1.0 / height
            height -= OCTAVE_GAIN * np.log2(lag / low)
            slot = kept
            while slot > 0 and heights[point, slot - 1] < height:
                slot -= 1
            for later in range(kept - 1, slot, -1):
                lags[point, later] = lags[point, later - 1]
                heights[point, later] = heights[point, later - 1]
            if slot < kept:
                lags[point, slot] = lag + shift
                heights[point, slot] = height


@kernel
def through(lags: Reals, heights: Reals, none: Reals, chosen: npt.NDArray[np.int64]) -> None:
    """Write which top is taken at each point so that all is likeliest; the number of tops stands for no pitch."""
    points, kept = lags.shape
    back = np.zeros((points, kept + 1), np.int64)
    score, last = np.zeros(kept + 1), np.zeros(kept + 1)
    for point in range(points):
        last[:] = score
        for state in range(kept + 1):
            if state < kept and lags[point, state] <= 0.0:
                score[state] = -1e18
                continue
            best, origin = -1e18, kept
            for old in range(kept + 1):
                gain = last[old]
                if point > 0 and (state == kept) != (old == kept):
                    gain -= TURN_COST
                elif point > 0 and state < kept and lags[point - 1, old] > 0.0:
                    gain -= JUMP_COST * abs(np.log2(lags[point, state] / lags[point - 1, old]))
                if gain > best:
                    best, origin = gain, old
            back[point, state] = origin
            score[state] = best + (none[point] if state == kept else heights[point, state])
    if points == 0:
        return
    chosen[points - 1] = np.argmax(score)
    for point in range(points - 1, 0, -1):
        chosen[point - 1] = back[point, chosen[point]]


def compile_kernels() -> None:
    """Run every kernel once."""
    lags, heights = np.zeros((2, KEPT)), np.zeros((2, KEPT))
    tops(np.zeros((2, 8), np.float32), 2, lags, heights)
    through(lags, heights, np.zeros(2), np.zeros(2, np.int64))
