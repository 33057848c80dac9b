"""True peak: how high the waveform rises between the samples, after any converter or codec has joined them up.

Two meters, one method (a Kaiser-windowed sinc, evaluated at 3 or 15 points between neighbouring samples):

* ``oversample=4``, 48 taps per point: the meter of BS.1770-5, annex 2, whose example has 12. Use it to show a figure.
* ``oversample=16``, 128 taps per point: the check. Use it to claim that a ceiling holds.

Why two meters of the same signal differ: annex 2 allows a 4x meter to read up to 0.55 dB low at 0.45 of the rate
(0.034 dB at 16x), for the crest may lie between its points; and near half the rate every interpolator must fall off,
each at another place. Ours are within 0.1 dB up to 0.45 (4x) and 0.47 (16x) of the rate. On clipped music with energy
up to there, meters of good quality differ by 0.1 dB, so say which one was used and leave that much room.

Conventions: dBTP, 0 = full scale; silence is ``-inf``. The signal is taken as zero before its first and after its last
frame. The search skips what cannot exceed the peak found so far (see `Ladder`): the result is exactly that of looking
everywhere. It does not depend on how the signal is cut into blocks.

Not covered: attenuation before oversampling (annex 2 needs it for integers only), inter-sample clip counts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
import numpy.typing as npt

from bandmate.song.errors import OutOfRange
from bandmate.sound.audio import Audio, Samples, checked_rate
from bandmate.sound.finite import finite_block
from bandmate.sound.kernel import contracted_kernel, kernel
from bandmate.sound.magnitude import magnitude

Oversample = Literal[4, 16]
Reals = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

TILE_FRAMES = 64
MARGIN_FRAMES = 2
STRIDE_FRAMES = TILE_FRAMES - 2 * MARGIN_FRAMES
RUN_TILES = 32
FEED_FRAMES = 65_536
ROUNDING = 1e-4


@dataclass(frozen=True, slots=True)
class TruePeak:
    """The highest point of a signal.

    Attributes
    ----------
    dbtp : float
        over all channels; -inf for digital silence and for no frames.
    channel_dbtp : tuple of float
    sample_peak_dbfs : float
        highest sample, without oversampling; never above ``dbtp``.
    at_seconds : float or None
        where the highest point is (the first of equals within a channel, the first such channel); None for silence.
    oversample : int
        which meter this is.
    """

    dbtp: float
    channel_dbtp: tuple[float, ...]
    sample_peak_dbfs: float
    at_seconds: float | None
    oversample: int


@dataclass(frozen=True, slots=True, eq=False)
class Ladder:
    """The interpolator, its points ordered so that few of them rule out the rest.

    Level 0 is the samples themselves, level 1 the points half way between, level 2 the quarters, level 3 the
    sixteenths. Every point of a later level is nearly a weighted sum of earlier levels' points within two frames:
    ``|later| <= reach * max|earlier| + rest * max|samples|``, where ``reach`` is the sum of the weights' magnitudes and
    ``rest`` the sum of what the weights leave over. So where the right side is not above the peak found so far, the
    later points need no look.

    From level 0 there are two such bounds. For the first, ``rest`` is the sum of the magnitudes of the taps. For the
    second the weights are a straight line between two samples; what they leave over is made of second differences, and
    counts ``bend * max|second differences|``: little in music, much in noise.

    Attributes
    ----------
    taps : float32 (points, taps)
        to be correlated with the samples; tap ``taps // 2 - 1`` meets the sample before the point.
    points : int array (points,)
        position of each row after its sample, in 1 / oversample frames.
    level_ends : int array (levels,)
        rows of ``taps`` known at each level; 0 for level 0.
    bounds : float array (1 + levels, 3)
        reach, rest and bend; two rows for level 0.
    """

    taps: Samples
    points: Whole
    level_ends: Whole
    bounds: Reals


DESIGNS: dict[int, tuple[int, float]] = {4: (48, 6.0), 16: (128, 7.0)}
"""Taps per point and Kaiser beta."""

BOUNDS: dict[int, tuple[tuple[float, float], ...]] = {4: ((1.386, 0.015),), 16: ((1.36, 0.04), (1.085, 0.0045))}
"""(reach, rest) from level 1 on. Weights that attain them are found by linear programming in the tests."""


@cache
def interpolator(oversample: int) -> Ladder:
    """The interpolator of one of the meters.

    Parameters
    ----------
    oversample : int
        4 or 16.

    Raises
    ------
    OutOfRange
        for any other factor.
    """
    if oversample not in DESIGNS:
        raise OutOfRange(f"oversampling of {oversample} is not made; use 4 (the standard's meter) or 16 (the check)")
    length, beta = DESIGNS[oversample]
    levels = [[oversample // 2], [oversample // 4, 3 * oversample // 4]]
    levels.append([point for point in range(1, oversample) if point not in levels[0] + levels[1]])
    points = np.array([point for level in levels for point in level])
    away = np.arange(length) - (length // 2 - 1) - points[:, None] / oversample
    taps = np.sinc(away) * np.i0(beta * np.sqrt(np.maximum(0.0, 1 - (2 * away / length) ** 2)))
    taps /= taps.sum(axis=1, keepdims=True)
    ends = np.cumsum([0] + [len(level) for level in levels if level])[:-1]
    magnitude = float(np.abs(taps).sum(axis=1).max())
    from_samples = [(0.0, magnitude, 0.0), (1.0, 0.0, bend(taps))]
    bounds = np.array([*from_samples, *((*bound, 0.0) for bound in BOUNDS[oversample])])
    bounds[:, 1] += ROUNDING * magnitude
    return Ladder(taps.astype(np.float32), points, ends, bounds)


def bend(taps: Reals) -> float:
    """How far second differences of magnitude 1 can move a point away from the straight line between its neighbours.

    A row of taps less the line of the same sum and the same centre of gravity is a sum of second differences; its
    running sum's running sum is their weights.
    """
    before = taps.shape[1] // 2 - 1
    line = np.zeros(taps.shape)
    line[:, before + 1] = taps @ (np.arange(taps.shape[1]) - before)
    line[:, before] = taps.sum(axis=1) - line[:, before + 1]
    return float(np.abs(np.cumsum(np.cumsum(taps - line, axis=1), axis=1)).sum(axis=1).max())


class TruePeakMeter:
    """True peak of a signal fed in blocks of any size.

    Parameters
    ----------
    rate_hz : int
    channels : int
    oversample : int
        4 (the standard's meter, at every rate) or 16 (the check).

    Raises
    ------
    OutOfRange
        for another factor.
    """

    def __init__(self, rate_hz: int, channels: int, oversample: Oversample = 4) -> None:
        self._rate_hz = checked_rate(rate_hz)
        self._oversample = oversample
        self._ladder = interpolator(oversample)
        lead_frames = self._ladder.taps.shape[1] - 1 + MARGIN_FRAMES
        self._pending = np.zeros((channels, lead_frames), np.float32)
        self._pending_start = -lead_frames
        self._frames = 0
        self._sample_peak = 0.0
        self._best = np.zeros((channels, 3))

    def feed(self, block: npt.ArrayLike) -> None:
        """Take the next block, shape (channels, frames); an empty one changes nothing.

        Raises
        ------
        RequestError
            for a wrong number of channels, or naming the first NaN or infinite frame.
        """
        self.take(finite_block(block, len(self._best), start_frame=self._frames, rate_hz=self._rate_hz))

    def take(self, samples: Samples) -> None:
        """As ``feed``, for a block that `finite_block` has given."""
        if samples.size:
            self._sample_peak = max(self._sample_peak, float(samples.max()), -float(samples.min()))
        for start in range(0, samples.shape[1], FEED_FRAMES):
            signal = np.concatenate([self._pending, samples[:, start : start + FEED_FRAMES]], axis=1)
            done = self._scan(signal, self._best)
            self._pending = signal[:, done:].copy()
            self._pending_start += done
        self._frames += samples.shape[1]

    def result(self) -> TruePeak:
        """The peak so far, as if the signal ended here; feeding may go on afterwards."""
        best = self._best.copy()
        silence = np.zeros((len(best), self._ladder.taps.shape[1] + TILE_FRAMES), np.float32)
        self._scan(np.concatenate([self._pending, silence], axis=1), best)
        loudest = best[int(best[:, 0].argmax())]
        seconds = (loudest[1] + loudest[2] / self._oversample) / self._rate_hz
        return TruePeak(
            dbtp=decibels(loudest[0]),
            channel_dbtp=tuple(decibels(peak) for peak in best[:, 0]),
            sample_peak_dbfs=decibels(self._sample_peak),
            at_seconds=max(0.0, float(seconds)) if loudest[0] > 0 else None,
            oversample=self._oversample,
        )

    def _scan(self, signal: Samples, best: Reals) -> int:
        """Search all whole tiles of ``signal``; how many frames are done with."""
        ladder, done = self._ladder, 0
        for row, found in zip(signal, best, strict=True):
            done = _search(
                row, self._pending_start, ladder.taps, ladder.points, ladder.level_ends, ladder.bounds, found
            )
        return done


def measure_true_peak(audio: Audio, oversample: Oversample = 4) -> TruePeak:
    """True peak of a whole signal."""
    meter = TruePeakMeter(audio.rate_hz, audio.channels, oversample)
    meter.feed(audio.samples)
    return meter.result()


def true_peak_at_16x(audio: Audio) -> TruePeak:
    """True peak of a whole signal by the stricter meter: what a ceiling is checked with."""
    return measure_true_peak(audio, 16)


def decibels(amplitude: float) -> float:
    """Amplitude in dB, -inf for zero."""
    return 20 * math.log10(amplitude) if amplitude > 0 else -math.inf


def compile_kernels() -> None:
    """Compile this module's kernels (or load them from the cache)."""
    TruePeakMeter(48_000, 1).result()


@kernel
def _search(
    signal: Samples, start_frame: int, taps: Samples, points: Whole, level_ends: Whole, bounds: Reals, best: Reals
) -> int:
    """Find the highest point in all whole tiles; keep magnitude, frame and point of it in ``best``.

    Gives the number of frames that are done with. A tile is entered where the bounds do not rule it out.
    """
    reach_frames, before = TILE_FRAMES + taps.shape[1] - 1, taps.shape[1] // 2 - 1
    tiles: int = max(0, (signal.shape[0] - reach_frames) // STRIDE_FRAMES + 1)
    beyond = (reach_frames - TILE_FRAMES + STRIDE_FRAMES - 1) // STRIDE_FRAMES
    surveyed, curve = np.zeros((2, RUN_TILES + beyond)), np.zeros(TILE_FRAMES, np.float32)
    for number in range(tiles):
        nth, start = number % RUN_TILES, number * STRIDE_FRAMES
        if nth == 0:
            places = min(RUN_TILES, tiles - number) + beyond
            run = signal[start : start + places * STRIDE_FRAMES + TILE_FRAMES]
            is_open = bounds[0, 1] * magnitude(run) > best[0]
            if is_open:
                _survey(run, surveyed[:, :places], curve)
        if not is_open:
            continue
        widest, bent = surveyed[0, nth], surveyed[1, nth]
        for further in range(nth + 1, nth + 1 + beyond):
            widest, bent = max(widest, surveyed[0, further]), max(bent, surveyed[1, further])
        if bounds[0, 1] * widest <= best[0] or _line_bound(bounds, widest, widest, bent) <= best[0]:
            continue
        tile, frame = signal[start + before : start + before + TILE_FRAMES], start_frame + start + before
        earlier = magnitude(tile)
        if earlier > best[0]:
            _note(tile, earlier, frame, 0, best)
        if _line_bound(bounds, earlier, widest, bent) <= best[0]:
            continue
        for level in range(level_ends.shape[0]):
            if level and bounds[level + 1, 0] * earlier + bounds[level + 1, 1] * widest <= best[0]:
                break
            last = level_ends[level + 1] if level + 1 < level_ends.shape[0] else taps.shape[0]
            for row in range(level_ends[level], last):
                _interpolate(signal[start:], taps[row], curve)
                height = magnitude(curve)
                earlier = max(earlier, height)
                if height > best[0]:
                    _note(curve, height, frame, points[row], best)
    return tiles * STRIDE_FRAMES


@kernel
def _survey(run: Samples, surveyed: Reals, curve: Samples) -> None:
    """Write the largest magnitude of the samples and of their second differences around each tile of a run."""
    for nth in range(surveyed.shape[1]):
        at = min(nth * STRIDE_FRAMES, run.shape[0] - TILE_FRAMES)
        surveyed[0, nth] = magnitude(run[at : at + TILE_FRAMES])
        at = min(at, run.shape[0] - TILE_FRAMES - 2)
        a, b, c = run[at:], run[at + 1 :], run[at + 2 :]
        for i in range(TILE_FRAMES):
            curve[i] = a[i] - b[i] - b[i] + c[i]
        surveyed[1, nth] = magnitude(curve)


@kernel
def _line_bound(bounds: Reals, earlier: float, widest: float, bent: float) -> float:
    """How high a point can be, from the straight line between two samples; see `Ladder`."""
    return float(bounds[1, 0] * earlier + bounds[1, 1] * widest + bounds[1, 2] * bent)


@contracted_kernel
def _interpolate(signal: Samples, row: Samples, curve: Samples) -> None:
    """Correlate a tile of ``signal`` with one row of taps.

    Four taps per pass over a tile of fixed length: compiled to full-width multiply-adds, every frame rounded alike. The
    only liberty taken is to multiply and add in one rounding; NaN and infinity keep their meaning.
    """
    for i in range(TILE_FRAMES):
        curve[i] = 0.0
    for k in range(0, row.shape[0], 4):
        a, b, c, d = row[k], row[k + 1], row[k + 2], row[k + 3]
        v, w, x, y = signal[k:], signal[k + 1 :], signal[k + 2 :], signal[k + 3 :]
        for i in range(TILE_FRAMES):
            curve[i] = curve[i] + a * v[i] + b * w[i] + c * x[i] + d * y[i]


@kernel
def _note(samples: Samples, height: float, frame: int, point: int, best: Reals) -> None:
    """Remember a new highest point and the first place where it is."""
    for i in range(samples.shape[0]):
        if abs(np.float64(samples[i])) == height:
            best[0], best[1], best[2] = height, frame + i, point
            return
