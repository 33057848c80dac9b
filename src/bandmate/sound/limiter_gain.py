"""From true peaks to the gain of a limiter: how it comes down, how long it stays, how it goes back.

Frame by frame: the gain that each peak needs; the least of these within a window; where the style fills gaps, the
highest of those least gains over the gap's length, which leaves a gain down between two peaks and lets it go at once
after the last; the release, quick from what was short and slow from what was long; two moving averages. See
``bandmate.sound.limiter`` for why.

Conventions: gains are factors from 0 to 1. A gain that was 1 for long is 1 exactly. Where blocks are cut makes no
difference to a single bit.

Not covered: where the peaks come from (``bandmate.sound.limiter_peaks``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bandmate.song.devices import LimiterStyle
from bandmate.sound.dynamics import WORKING_DB, share_per_frame
from bandmate.sound.kernel import kernel
from bandmate.sound.polyphase import Points

GUARD_FRAMES = 8
"""The gain stays at its least for so long around a peak, because a peak between samples hangs on its neighbours."""

ONE = 2**36
"""Gains are averaged as whole numbers of this size: sums of whole numbers never drift."""

COUNT_EVERY = 16
"""The mean reduction is taken over every sixteenth frame."""

HISTORY_PER_SECOND = 10

Reals = npt.NDArray[np.float64]
Gains = npt.NDArray[np.float32]
Counters = npt.NDArray[np.int64]
CLOCK, PLACE, SUM_A, SUM_B = range(6, 10)
"""The six counters before these are the ends of the three runs."""
FAST, SLOW = range(2)
LOWEST, LOWEST_CLOCK, TOTAL_DB, WORKING, COUNTED = range(5)


@dataclass(frozen=True, slots=True)
class Shape:
    """How a style moves its gain.

    Attributes
    ----------
    lookahead, release : float
        shares of the device's look-ahead and release time.
    hold_ms : float
        how much longer than needed the gain stays down after every peak.
    fill_ms : float
        gaps between two peaks that are about so long are held, at what the lower of both needs; a peak alone is not.
    slow_ms : float
        the time constant of the slow release, from a long reduction.
    sustain_ms : float
        a reduction is long when it has lasted for this time; 0 means that it is averaged over ``slow_ms``, and the
        release is quick back to that average.
    """

    lookahead: float
    release: float
    hold_ms: float
    fill_ms: float
    slow_ms: float
    sustain_ms: float


SHAPES: dict[LimiterStyle, Shape] = {
    "transparent": Shape(lookahead=1.0, release=1.0, hold_ms=6.0, fill_ms=0.0, slow_ms=400.0, sustain_ms=0.0),
    "balanced": Shape(lookahead=0.75, release=0.3, hold_ms=0.0, fill_ms=15.5, slow_ms=120.0, sustain_ms=200.0),
    "loud": Shape(lookahead=0.125, release=0.01, hold_ms=0.0, fill_ms=15.5, slow_ms=80.0, sustain_ms=200.0),
}
"""Tuned on fourteen pieces of music driven to -9 LUFS. Transparent: a hold of 6 ms costs 0.15 LU and takes THD+N of
a 50 Hz tone from -45 to below -140 dB. Filling gaps does so for less, from 31 Hz up, but needs that much look-ahead."""


LEAST_LOOKAHEAD_MS, LEAST_RELEASE_MS = 0.5, 0.6
"""A gain that moves faster than this makes new peaks between the samples. No style goes below it but where the device's
own settings do."""


class GainRider:
    """The gain of a limiter, block after block.

    Attributes
    ----------
    latency_frames : int
        by how much the gain is late against the peaks.
    """

    def __init__(
        self,
        shape: Shape,
        *,
        aim: float,
        lookahead_ms: float,
        release_ms: float,
        rate_hz: int,
        guard_frames: int = GUARD_FRAMES,
    ) -> None:
        lookahead_ms = max(shape.lookahead * lookahead_ms, min(lookahead_ms, LEAST_LOOKAHEAD_MS))
        half = max(2, round(lookahead_ms * rate_hz / 2_000.0))
        hold, fill, sustain = (
            round(time_ms * rate_hz / 1_000.0) for time_ms in (shape.hold_ms, shape.fill_ms, shape.sustain_ms)
        )
        ramp = 2 * half - 2
        window = ramp + 1 + 2 * guard_frames + hold + fill
        self.latency_frames = ramp + guard_frames + fill
        release = share_per_frame(max(shape.release * release_ms, min(release_ms, LEAST_RELEASE_MS)), rate_hz)
        self.settings = np.array([aim, release, share_per_frame(shape.slow_ms, rate_hz), window, fill + 1, sustain])
        self.runs = (empty_run(window), empty_run(fill + 1), empty_run(sustain))
        self.rings = np.array([[ONE] * half, [ONE * half] * half])
        self.counters = np.array([0, 0, 0, 0, 0, 0, 0, 0, ONE * half, ONE * half * half])
        self.state = np.ones(2)

    def ride(self, peaks: Points) -> Reals:
        """The gains, shape (frames,), ``latency_frames`` late, for ``peaks`` (1, frames)."""
        gains = np.empty(peaks.shape[1])
        ride_gain(peaks, self.settings, self.runs, self.rings, self.counters, self.state, gains)
        return gains


def empty_run(length: int) -> Reals:
    """Room for `least_in_window` over ``length`` values: values and clocks, a power of two of each."""
    return np.ones((2, 1 << (length + 1).bit_length()))


class Tally:
    """What there is to say of a gain: how low it went and where, its mean, and the lowest of every tenth of a second.

    The first ``late`` gains belong to no sound. Memory is four bytes for each tenth of a second.
    """

    def __init__(self, rate_hz: int, late: int) -> None:
        self._rate_hz, self._late, self._frame = rate_hz, late, -late
        self._state = np.array([1.0, 0.0, 0.0, 0.0, 0.0])
        self._lowest = np.ones(64, dtype=np.float32)

    def take(self, gains: Reals) -> None:
        """Take the next gains, shape (frames,)."""
        count_reduction(gains, self._frame + self._late, self._state)
        skipped = min(max(-self._frame, 0), len(gains))
        start, self._frame = self._frame + skipped, self._frame + len(gains)
        if skipped == len(gains):
            return
        numbers = np.arange(start * HISTORY_PER_SECOND // self._rate_hz, self._tenths())
        edges = np.maximum(-(-numbers * self._rate_hz // HISTORY_PER_SECOND), start) - start
        while len(self._lowest) < self._tenths():
            self._lowest = np.concatenate([self._lowest, np.ones_like(self._lowest)])
        found = np.minimum.reduceat(gains[skipped:], edges)
        self._lowest[numbers] = np.minimum(self._lowest[numbers], found)

    def _tenths(self) -> int:
        """How many tenths of a second have begun."""
        return max(0, (self._frame - 1) * HISTORY_PER_SECOND // self._rate_hz + 1)

    def history_db(self) -> Gains:
        """The lowest gain of every tenth of a second in dB, at most 0."""
        found: Gains = np.float32(20.0) * np.log10(self._lowest[: self._tenths()])
        return found

    def report(self) -> dict[str, float]:
        """The four figures of a device that turns down; see `bandmate.sound.processors.Processor`."""
        lowest, counted = float(self._state[LOWEST]), max(float(self._state[COUNTED]), 1.0)
        late = self._late if lowest < 1.0 else 0
        return {
            "max_reduction_db": -20.0 * math.log10(lowest) + 0.0,
            "mean_reduction_db": float(self._state[TOTAL_DB]) / counted,
            "at_seconds": max(float(self._state[LOWEST_CLOCK]) - late, 0.0) / self._rate_hz,
            "working_share": float(self._state[WORKING]) / counted,
        }


@kernel
def ride_gain(
    peaks: Points,
    settings: Reals,
    runs: tuple[Reals, Reals, Reals],
    rings: Counters,
    counters: Counters,
    state: Reals,
    gains: Reals,
) -> None:
    """Write the gain for each frame; ``settings`` is aim, release share, slow share, window, fill, sustain.

    ``runs`` hold what may be the least gain of the window, the highest of those over the gap that is filled, and the
    highest over the time that makes a reduction long; ``rings`` the two moving averages.
    """
    aim, fast_share, slow_share, window, fill, sustain = settings
    half = rings.shape[1]
    whole = float(half) * float(half) * float(ONE)
    fast, slow = state[FAST], state[SLOW]
    clock, place, sum_a, sum_b = counters[CLOCK], counters[PLACE], counters[SUM_A], counters[SUM_B]
    for i in range(peaks.shape[1]):
        needed = aim / peaks[0, i] if peaks[0, i] > aim else 1.0
        least = least_in_window(needed, clock, window, runs[0], counters[0:2])
        if fill > 1.0:
            least = -least_in_window(-least, clock, fill, runs[1], counters[2:4])
        if sustain > 0.0:
            lasting = -least_in_window(-least, clock, sustain, runs[2], counters[4:6])
            slow = min(lasting, lasting + slow_share * (slow - lasting))
        else:
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
        clock += 1
    state[FAST], state[SLOW] = fast, slow
    counters[CLOCK], counters[PLACE], counters[SUM_A], counters[SUM_B] = clock, place, sum_a, sum_b


@kernel
def least_in_window(value: float, clock: int, window: float, run: Reals, ends: Counters) -> float:
    """The least of the last ``window`` values; ``run`` keeps those that may yet be it, and their clocks."""
    mask, first, last = run.shape[1] - 1, ends[0], ends[1]
    while last > first and run[0, (last - 1) & mask] >= value:
        last -= 1
    run[0, last & mask] = value
    run[1, last & mask] = clock
    last += 1
    if run[1, first & mask] <= clock - window:
        first += 1
    ends[0], ends[1] = first, last
    least: float = run[0, first & mask]
    return least


@kernel
def count_reduction(gains: Reals, clock: int, state: Reals) -> None:
    """Keep the lowest gain and its place, and of every sixteenth a value for the mean."""
    for i in range(gains.shape[0]):
        gain = gains[i]
        if gain < state[LOWEST]:
            state[LOWEST] = gain
            state[LOWEST_CLOCK] = clock + i
        if (clock + i) % COUNT_EVERY == 0:
            reduction_db = -20.0 * math.log10(gain) if gain < 1.0 else 0.0
            state[TOTAL_DB] += reduction_db
            state[COUNTED] += 1.0
            if reduction_db > WORKING_DB:
                state[WORKING] += 1.0
