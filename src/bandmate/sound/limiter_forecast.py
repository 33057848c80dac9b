"""What a limiter would do to a signal at any gain, from one hearing of it: loudness and reduction in milliseconds.

The signal is heard once. For each hop of 1/1280 second two numbers are kept: the highest point between the samples, by
an interpolator of 8 taps, and the energy after K-weighting. A limiter's gain is then ridden over hops instead of
frames, and the loudness is that of the hops' energies times its square. On fourteen pieces of music at up to 6 dB of
mean reduction the loudness was within 0.05 LU of the real thing for the transparent style and 0.25 LU for the others,
whose ramps are shorter than a hop. So a forecast says where to look, and never what was found.

Conventions: stereo. Eight bytes per hop: 37 MB for an hour.

Not covered: devices between gain and limiter.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bandmate.song.devices import Limiter
from bandmate.sound.audio import Samples
from bandmate.sound.k_weighting import k_weighting, weigh_pair
from bandmate.sound.kernel import kernel
from bandmate.sound.limiter import MARGIN_DB
from bandmate.sound.limiter_gain import SHAPES, GainRider, Tally
from bandmate.sound.limiter_peaks import GLANCE_TAPS, LANES, SPARE, TILE, TILES, peak_filters
from bandmate.sound.loudness import (
    MOMENTARY_HOPS,
    OFFSET_LU,
    SHORT_TERM_HOPS,
    Loudness,
    album_loudness,
    loudness_range,
)
from bandmate.sound.polyphase import Phases, Points, interpolate

HOPS_PER_SECOND = 1_280
HOPS_PER_TENTH = HOPS_PER_SECOND // 10
CHUNK_HOPS = 1_024 * HOPS_PER_TENTH

Gains = npt.NDArray[np.float32]
Counters = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a limiter would do at a gain; None for a loudness or a range where there is none to measure."""

    gain_db: float
    loudness_lufs: float | None
    range_lu: float | None
    max_reduction_db: float
    mean_reduction_db: float


class HopSurvey:
    """Hears a stereo signal, fed in blocks of any size, for forecasts."""

    def __init__(self, rate_hz: int) -> None:
        self.rate_hz = rate_hz
        self._filters, self._state = k_weighting(rate_hz), np.zeros(10)
        self._frames = 0
        self._held = np.zeros((2, GLANCE_TAPS), dtype=np.float32)
        self._points = np.zeros((5, LANES), dtype=np.float32)
        self._highest = np.zeros(1, dtype=np.float32)
        self._peaks: list[Gains] = []
        self._energies: list[Gains] = []

    def feed(self, block: Samples) -> None:
        """Take the next block, shape (2, frames)."""
        frames = block.shape[1]
        numbers = np.arange(self._hops(self._frames) + 1, self._hops(self._frames + frames) + 1, dtype=np.int64)
        ends = numbers * self.rate_hz // HOPS_PER_SECOND - self._frames
        pair, peaks = np.empty((2, len(ends))), np.empty(len(ends), dtype=np.float32)
        left, right = np.ascontiguousarray(block[0]), np.ascontiguousarray(block[1])
        weigh_pair(left, right, self._state, self._filters, ends, pair)
        joined = np.concatenate([self._held, block, np.zeros((2, SPARE), np.float32)], axis=1)
        highest_of_hops(joined, peak_filters().glance, ends, self._points, self._highest, peaks)
        self._held = joined[:, frames : frames + GLANCE_TAPS].copy()
        self._energies.append(pair.sum(axis=0).astype(np.float32))
        self._peaks.append(peaks)
        self._frames += frames

    def _hops(self, frames: int) -> int:
        """How many hops are complete after so many frames."""
        return ((frames + 1) * HOPS_PER_SECOND - 1) // self.rate_hz

    def forecaster(self, limiter: Limiter) -> Forecaster:
        """Forecasts for ``limiter``, of what was heard so far."""
        none = np.zeros(0, dtype=np.float32)
        peaks, energies = np.concatenate([none, *self._peaks]), np.concatenate([none, *self._energies])
        self._peaks, self._energies = [peaks], [energies]
        return Forecaster(peaks, energies, limiter, self.rate_hz)


class Forecaster:
    """Forecasts for one limiter and one signal."""

    def __init__(self, peaks: Gains, energies: Gains, limiter: Limiter, rate_hz: int) -> None:
        self._peaks, self._energies, self._limiter, self._rate_hz = peaks, energies, limiter, rate_hz
        self._aim = 10.0 ** ((limiter.ceiling_dbtp - MARGIN_DB) / 20.0)

    def at(self, gain_db: float) -> Forecast:
        """What happens with this gain before the limiter."""
        gains, report = self._run(gain_db)
        tenths = self._tenths(gains * np.float32(10.0 ** (gain_db / 20.0)))
        momentary, short_term = (self._levels(tenths, hops) for hops in (MOMENTARY_HOPS, SHORT_TERM_HOPS))
        none = len(momentary) == 0
        return Forecast(
            gain_db=gain_db,
            loudness_lufs=None if none else album_loudness([Loudness(None, None, None, None, momentary, short_term)]),
            range_lu=loudness_range(short_term),
            max_reduction_db=report["max_reduction_db"],
            mean_reduction_db=report["mean_reduction_db"],
        )

    def reductions_db(self, gain_db: float) -> Reals:
        """By how much each tenth of a second comes out quieter with this gain, in dB, positive; 0 for silence."""
        gains, _ = self._run(gain_db)
        limited, whole = self._tenths(gains), self._tenths(np.ones_like(gains))
        return np.asarray(-10.0 * np.log10(np.where(whole > 0.0, limited, 1.0) / np.where(whole > 0.0, whole, 1.0)))

    def _run(self, gain_db: float) -> tuple[Gains, dict[str, float]]:
        """The limiter's gain at each hop, and its report."""
        rider = GainRider(
            SHAPES[self._limiter.style],
            aim=self._aim,
            lookahead_ms=self._limiter.lookahead_ms,
            release_ms=self._limiter.release_ms,
            rate_hz=HOPS_PER_SECOND,
            guard_frames=0,
        )
        factor, late = np.float32(10.0 ** (gain_db / 20.0)), rider.latency_frames
        tally = Tally(HOPS_PER_SECOND, late)
        gains = np.empty(len(self._peaks) + late, dtype=np.float32)
        for start in range(0, len(gains), CHUNK_HOPS):
            piece = self._peaks[start : start + CHUNK_HOPS] * factor
            piece = np.pad(piece, (0, min(CHUNK_HOPS, len(gains) - start) - len(piece)))
            ridden = rider.ride(piece[np.newaxis])
            tally.take(ridden)
            gains[start : start + CHUNK_HOPS] = ridden
        return gains[late:], tally.report()

    def ridden(self, gain_db: Callable[[Reals], Reals]) -> Forecaster:
        """Forecasts for the same signal with a hand on the fader before the gain: decibels for moments in seconds."""
        gains = np.empty(len(self._peaks), dtype=np.float32)
        for start in range(0, len(gains), CHUNK_HOPS):
            moments = np.arange(start, min(start + CHUNK_HOPS, len(gains))) / HOPS_PER_SECOND
            gains[start : start + CHUNK_HOPS] = 10.0 ** (gain_db(moments) / 20.0)
        return Forecaster(self._peaks * gains, self._energies * gains * gains, self._limiter, self._rate_hz)

    def _tenths(self, gains: Gains) -> Reals:
        """Energy of each tenth of a second, every hop with its gain."""
        tenths = np.empty(len(gains) // HOPS_PER_TENTH)
        step = CHUNK_HOPS // HOPS_PER_TENTH
        for start in range(0, len(tenths), step):
            part = slice(start * HOPS_PER_TENTH, min(start + step, len(tenths)) * HOPS_PER_TENTH)
            energies = self._energies[part] * np.square(gains[part], dtype=np.float64)
            tenths[start : start + step] = energies.reshape(-1, HOPS_PER_TENTH).sum(axis=1)
        return tenths

    def _levels(self, tenths: Reals, hops: int) -> Reals:
        """Loudness of so many tenths together, at each of them; empty where there are fewer."""
        if len(tenths) < hops:
            return np.zeros(0)
        windows = np.lib.stride_tricks.sliding_window_view(tenths, hops).sum(axis=1)
        with np.errstate(divide="ignore"):
            return np.asarray(OFFSET_LU + 10 * np.log10(windows / (0.1 * hops * self._rate_hz)))


@kernel
def highest_of_hops(
    samples: Samples, glance: Phases, ends: Counters, points: Points, highest: Points, peaks: Points
) -> None:
    """Write the highest point of each hop that ends in this block to ``peaks``; ``highest`` is that of the started one.

    ``samples`` begins with as many frames as ``glance`` has taps and ends with `SPARE`; points are so many late.
    """
    frames = samples.shape[1] - GLANCE_TAPS - SPARE
    hop, high = 0, highest[0]
    for begin in range(0, frames, TILE * TILES):
        count = min(TILE * TILES, frames - begin)
        lanes = (count + 7) // 8 * 8
        top = points[4]
        top[:] = np.float32(0.0)
        for c in range(samples.shape[0]):
            row = samples[c]
            for i in range(lanes):
                points[0, i] = row[begin + GLANCE_TAPS // 2 - 1 + i]
            interpolate(row, begin, lanes, glance, points, 1)
            for p in range(4):
                for i in range(lanes):
                    top[i] = max(top[i], abs(points[p, i]))
        for i in range(count):
            while hop < ends.shape[0] and ends[hop] <= begin + i:
                peaks[hop] = high
                high = np.float32(0.0)
                hop += 1
            high = max(high, top[i])
    while hop < ends.shape[0]:
        peaks[hop] = high
        high = np.float32(0.0)
        hop += 1
    highest[0] = high


def compile_kernels() -> None:
    """Compile what is in this module, now rather than at the first block."""
    HopSurvey(8_000).feed(np.ones((2, 64), dtype=np.float32))
