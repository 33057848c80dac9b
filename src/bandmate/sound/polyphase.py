"""Four points per frame: what a signal does between its samples, and the way back.

Conventions: windowed-sinc interpolation by 4. Point 0 of a frame is the sample itself, bit for bit; points 1 to 3 lie a
quarter, a half and three quarters of the way to the next frame. The filters are symmetric, so the delay is exactly
``taps / 2`` frames. Sums run in a fixed order per frame, so a signal cut elsewhere gives the same bits.

Not covered: other ratios and changes of rate (``bandmate.sound.resample``).
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from bandmate.sound.kernel import kernel

OVERSAMPLING = 4
Points = npt.NDArray[np.float32]
Phases = npt.NDArray[np.float32]
"""float32, shape (points, taps): the weights of the frames around a point, oldest first."""


@cache
def interpolation_phases(taps: int, beta: float, band: float = 1.0) -> Phases:
    """Kaiser-windowed sinc for the four points of a frame; each phase adds up to 1.

    ``taps`` is a multiple of 8; the more, the steeper the edge of the band. ``beta`` trades that for rejection. The
    edge (-6 dB) lies at the share ``band`` of half the rate; at 1 the first phase is the sample itself.
    """
    frames = np.arange(taps) - (taps // 2 - 1)
    phases = np.empty((OVERSAMPLING, taps))
    for point in range(OVERSAMPLING):
        distance = frames - point / OVERSAMPLING
        window = np.i0(beta * np.sqrt(np.maximum(0.0, 1.0 - (2.0 * distance / taps) ** 2))) / np.i0(beta)
        phases[point] = np.sinc(band * distance) * window
    return np.ascontiguousarray(phases / phases.sum(axis=1, keepdims=True), dtype=np.float32)


@kernel
def interpolate(row: Points, start: int, count: int, phases: Phases, points: Points, first: int) -> None:
    """Write the points of ``count`` frames, one row per phase, to ``points`` from row ``first`` on.

    ``row[start]`` is the oldest sample heard, so the first frame is ``row[start + taps / 2 - 1]``.

    subtle: eight weights per round keep the sums in registers; the compiler does the rest over neighbouring frames,
    but only in contiguous arrays, hence ``count`` and no slice.
    """
    for p in range(phases.shape[0]):
        out = points[first + p]
        out[:count] = np.float32(0.0)
        for k in range(0, phases.shape[1], 8):
            w0, w1, w2, w3 = phases[p, k], phases[p, k + 1], phases[p, k + 2], phases[p, k + 3]
            w4, w5, w6, w7 = phases[p, k + 4], phases[p, k + 5], phases[p, k + 6], phases[p, k + 7]
            at = row[start + k : start + k + count + 8]
            for i in range(count):
                near = (w0 * at[i] + w1 * at[i + 1]) + (w2 * at[i + 2] + w3 * at[i + 3])
                far = (w4 * at[i + 4] + w5 * at[i + 5]) + (w6 * at[i + 6] + w7 * at[i + 7])
                out[i] += near + far
