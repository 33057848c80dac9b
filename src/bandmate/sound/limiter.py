"""Look-ahead true-peak limiter: one pass, and what comes out stays under the ceiling between the samples too.

How it works, frame by frame:

1. the true peak around the frame: four points per frame, and a sine laid through the three highest. Twice, through a
   filter that passes all up to half the rate and through one that rolls off before, as players and meters do either;
2. the gain this peak needs, ``aim / peak``, or 1;
3. the least of these within the look-ahead, so that the gain is down before the peak comes, and some milliseconds
   more, so that it does not move between the crests of a bass note;
4. release: from a short reduction quickly back (``release_ms``), from a long one slowly, as an average says;
5. two moving averages, each half the look-ahead long: a gain without corners, and never above what the peak needs;
6. the delayed signal times that gain.

Conventions: all channels get the same gain. The aim is `MARGIN_DB` below the ceiling, because meters differ: clipped
white noise, limited by 12 dB, reads at most the ceiling on 4x and 16x meters with steep, gentle and rolled-off filters
alike, while music reads what was aimed at within 0.01 dB. Nothing above the aim: the output is the input, bit for bit.
The delay is ``latency_frames`` whatever the signal. Memory is some thousand frames.

Not covered: what a codec makes of it; files with loss rise by up to 1 dB when they are decoded.

References: ITU-R BS.1770-5 annex 2 for the meaning of true peak.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from bandmate.song.devices import Limiter
from bandmate.sound.audio import Samples
from bandmate.sound.blocks import BlockProcessor
from bandmate.sound.dynamics import WORKING_DB, share_per_frame
from bandmate.sound.kernel import kernel
from bandmate.sound.limiter_peaks import LANES, SPARE, TAPS, measure_peaks, peak_filters
from bandmate.sound.polyphase import Points

MARGIN_DB = 0.1
SLOW_RELEASE_MS = 400.0
HOLD_MS = 6.0
"""Tuned on five stems driven to -9 LUFS: 6 ms cost 0.15 LU and take THD+N of a 50 Hz tone from -45 to below -140 dB."""

GUARD_FRAMES = 8
"""The gain stays at its least for so long around a peak, because a peak between samples hangs on its neighbours."""

ONE = 2**36
"""Gains are averaged as whole numbers of this size: sums of whole numbers never drift."""

COUNT_EVERY = 16
"""The mean reduction is taken over every sixteenth frame."""

Reals = npt.NDArray[np.float64]
Counters = npt.NDArray[np.int64]
FIRST, LAST, CLOCK, PLACE, SUM_A, SUM_B = range(6)
FAST, SLOW, LOWEST, LOWEST_CLOCK, TOTAL_DB, WORKING, COUNTED = range(7)


@kernel
def ride_gain(
    peaks: Points, settings: Reals, lows: Reals, rings: Counters, counters: Counters, state: Reals, gains: Reals
) -> None:
    """Write the gain for each frame (steps 2 to 5); ``settings`` is aim, fast share, slow share, window.

    ``lows`` holds the rising run of least gains in the window with their clocks, ``rings`` the two moving averages.
    """
    aim, fast_share, slow_share, window = settings[0], settings[1], settings[2], settings[3]
    half, mask = rings.shape[1], lows.shape[1] - 1
    whole = float(half) * float(half) * float(ONE)
    fast, slow = state[FAST], state[SLOW]
    first, last, clock, place = counters[FIRST], counters[LAST], counters[CLOCK], counters[PLACE]
    sum_a, sum_b = counters[SUM_A], counters[SUM_B]
    for i in range(peaks.shape[1]):
        needed = aim / peaks[0, i] if peaks[0, i] > aim else 1.0
        while last > first and lows[0, (last - 1) & mask] >= needed:
            last -= 1
        lows[0, last & mask] = needed
        lows[1, last & mask] = clock
        last += 1
        if lows[1, first & mask] <= clock - window:
            first += 1
        least = lows[0, first & mask]
        slow = least + slow_share * (slow - least)
        fast = slow + fast_share * (fast - slow) if fast < slow else 1.0 + slow_share * (fast - 1.0)
        fast = min(fast, least)
        level = int(fast * ONE)
        sum_a += level - rings[0, place]
        rings[0, place] = level
        sum_b += sum_a - rings[1, place]
        rings[1, place] = sum_a
        place = place + 1 if place + 1 < half else 0
        gains[i] = sum_b / whole
        count_reduction(gains[i], clock, state)
        clock += 1
    state[FAST], state[SLOW] = fast, slow
    counters[FIRST], counters[LAST], counters[CLOCK], counters[PLACE] = first, last, clock, place
    counters[SUM_A], counters[SUM_B] = sum_a, sum_b


@kernel
def count_reduction(gain: float, clock: int, state: Reals) -> None:
    """Keep the lowest gain and its place, and now and then a value for the mean."""
    if gain < state[LOWEST]:
        state[LOWEST] = gain
        state[LOWEST_CLOCK] = clock
    if clock % COUNT_EVERY == 0:
        reduction_db = -20.0 * math.log10(gain) if gain < 1.0 else 0.0
        state[TOTAL_DB] += reduction_db
        state[COUNTED] += 1.0
        if reduction_db > WORKING_DB:
            state[WORKING] += 1.0


class LimiterProcessor(BlockProcessor):
    """A running `Limiter`. ``gain_db`` is applied first; a look-ahead of 4 ms delays by 5.5 ms at 44.1 kHz."""

    def __init__(self, device: Limiter, *, rate_hz: int, channels: int) -> None:
        super().__init__(rate_hz=rate_hz, channels=channels)
        half = max(2, round(device.lookahead_ms * rate_hz / 2_000.0))
        ramp = 2 * half - 2
        window = ramp + 1 + 2 * GUARD_FRAMES + round(HOLD_MS * rate_hz / 1_000.0)
        self.latency_frames = ramp + GUARD_FRAMES + TAPS // 2
        self.gain = np.float32(10.0 ** (device.gain_db / 20.0))
        aim = float(np.float32(10.0 ** ((device.ceiling_dbtp - MARGIN_DB) / 20.0)))
        filters = peak_filters()
        self.filters = (filters.full, filters.rolled, filters.glance)
        self.bounds = (filters.most, filters.reach, filters.rest)
        shares = share_per_frame(device.release_ms, rate_hz), share_per_frame(SLOW_RELEASE_MS, rate_hz)
        self.settings = np.array([aim, *shares, window])
        self.lows = np.ones((2, 1 << window.bit_length()))
        self.rings = np.array([[ONE] * half, [ONE * half] * half])
        self.counters = np.array([0, 0, 0, 0, ONE * half, ONE * half * half])
        self.state = np.array([1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0])
        self.points = np.zeros((9, LANES), dtype=np.float32)
        self.held = np.zeros((channels, max(self.latency_frames, TAPS)), dtype=np.float32)

    def _run(self, samples: Samples) -> Samples:
        frames = samples.shape[1]
        joined = np.concatenate([self.held, samples * self.gain], axis=1)
        peaks, gains = np.empty((1, frames), dtype=np.float32), np.empty(frames)
        segment = np.pad(joined[:, joined.shape[1] - frames - TAPS :], ((0, 0), (0, SPARE)))
        measure_peaks(segment, self.filters, self.bounds, self.settings[0], self.points, peaks)
        ride_gain(peaks, self.settings, self.lows, self.rings, self.counters, self.state, gains)
        start = self.held.shape[1] - self.latency_frames
        self.held = joined[:, frames:].copy()
        return np.asarray(joined[:, start : start + frames] * gains, dtype=np.float32)

    def report(self) -> dict[str, float]:
        """How far the gain went down, on average too, and where in the signal that went in."""
        lowest, counted = float(self.state[LOWEST]), max(float(self.state[COUNTED]), 1.0)
        late = self.latency_frames if lowest < 1.0 else 0
        return {
            "max_reduction_db": -20.0 * math.log10(lowest) + 0.0,
            "mean_reduction_db": float(self.state[TOTAL_DB]) / counted,
            "at_seconds": max(float(self.state[LOWEST_CLOCK]) - late, 0.0) / self.rate_hz,
            "working_share": float(self.state[WORKING]) / counted,
        }


def compile_kernels() -> None:
    """Compile what is in this module, now rather than at the first block."""
    LimiterProcessor(Limiter(id="first"), rate_hz=8_000, channels=1).process(np.ones((1, 4), dtype=np.float32))
