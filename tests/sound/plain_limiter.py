"""The transparent limiter as plainly as it can be written, to hold the quick one to: everything measured everywhere."""

from __future__ import annotations

import math

import numpy as np

from bandmate.song.devices import Limiter
from bandmate.sound.dynamics import share_per_frame
from bandmate.sound.polyphase import interpolation_phases

TAPS, HALF_TAPS, GUARD, ONE = 128, 64, 8, 2**36
FULL = interpolation_phases(TAPS, 6.0)
ROLLED = interpolation_phases(TAPS, 6.0, 0.9546)


def limited(samples: np.ndarray, device: Limiter, rate_hz: int) -> np.ndarray:
    """``samples`` (channels, frames) limited, in time with the input; float32."""
    sound = np.asarray(samples, np.float32) * np.float32(10.0 ** (device.gain_db / 20.0))
    half = max(2, round(device.lookahead_ms * rate_hz / 2_000.0))
    aim = float(np.float32(10.0 ** ((device.ceiling_dbtp - 0.1) / 20.0)))
    gains = gains_for(peaks_of(sound, aim, 2 * half + GUARD), aim, device, half, rate_hz)
    return np.asarray(sound * gains[2 * half - 2 + GUARD + HALF_TAPS :][: sound.shape[1]], np.float32)


def peaks_of(sound: np.ndarray, aim: float, after: int) -> np.ndarray:
    """The true peak around each frame, from the one that is half the taps before the first to ``after`` the last."""
    padded = np.pad(sound, ((0, 0), (TAPS, TAPS + after)))
    peaks = np.full(sound.shape[1] + HALF_TAPS + after, np.float32(aim), np.float32)
    for row in padded:
        full, rolled = (np.stack([points_of(row, each) for each in taps]) for taps in (FULL, ROLLED))
        full[0] = row[HALF_TAPS - 1 :][: full.shape[1]]
        lines = [np.abs(points.T.ravel()) for points in (full, rolled)]
        for i in range(len(peaks)):
            at, highest = 4 * (i + 1), float(peaks[i])  # the frame's first point; those before are the last frame's
            for line in lines:
                highest = highest_crest(line[at - 2 : at + 4], highest)
            peaks[i] = highest
    return peaks


def points_of(row: np.ndarray, taps: np.ndarray) -> np.ndarray:
    """One point of each frame from the 63rd on, summed in eights, in float32."""
    count = len(row) - TAPS + 1
    total = np.zeros(count, np.float32)
    for k in range(0, TAPS, 8):
        a = [taps[k + j] * row[k + j : k + j + count] for j in range(8)]
        total += ((a[0] + a[1]) + (a[2] + a[3])) + ((a[4] + a[5]) + (a[6] + a[7]))
    return total


def highest_crest(line: np.ndarray, highest: float) -> float:
    """The highest crest of a sine at the four inner points, where it is above ``highest``.

    subtle: sums and squares of points are float32, as they are in the loops.
    """
    for middle in (2, 1, 4, 3):
        before, point, after = line[middle - 1 : middle + 2]
        if point >= before and point >= after and point > 0.92 * highest:
            cosine = min(max(float(before + after) / (2.0 * float(point)), 0.7), 0.99999)
            lean = after - before
            height = float(point * point) + float(lean * lean) / (4.0 * (1.0 - cosine * cosine))
            highest = max(highest, math.sqrt(height))
    return highest


def gains_for(peaks: np.ndarray, aim: float, device: Limiter, half: int, rate_hz: int) -> np.ndarray:
    needed = [aim / float(peak) if peak > aim else 1.0 for peak in peaks]
    window = 2 * half - 1 + 2 * GUARD + round(6.0 * rate_hz / 1_000.0)
    quick, steady = share_per_frame(device.release_ms, rate_hz), share_per_frame(400.0, rate_hz)
    fast = slow = 1.0
    levels, sums, gains = [ONE] * half, [ONE * half] * half, []
    for i in range(len(needed)):
        least = min(needed[max(0, i - window + 1) : i + 1])
        slow = least + steady * (slow - least)
        fast = slow + quick * (fast - slow) if fast < slow else 1.0 + steady * (fast - 1.0)
        fast = min(fast, least)
        levels = [*levels[1:], int(fast * ONE)]
        sums = [*sums[1:], sum(levels)]
        gains.append(sum(sums) / (float(half) * float(half) * float(ONE)))
    return np.array(gains)
