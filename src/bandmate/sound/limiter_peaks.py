"""The true peak around each frame, for the limiter: exact where it can be above the aim, and no work where it cannot.

How high the signal rises between its frames is read off four points per frame, through two interpolators of 128 taps:
one that passes all up to half the rate and one that rolls off before, as players and meters do either. A sine laid
through the three highest points gives the crest between them.

That is some 900 multiplications per sample, so a glance comes first: an interpolator of 8 taps. What it can be wrong by
is known. Its error is a filter that hears the top of the spectrum only; so it is written as a differentiator of fourth
order (1, -4, 6, -4, 1) / 16, which is cheap to run, followed by another filter, plus a small rest:

    ``|exact point| <= |glance| + reach * root of the energy after the differentiator + rest * highest sample``

over the samples under the taps (Cauchy and Schwarz), with ``reach`` the norm of that other filter and ``rest`` the sum
of the magnitudes of what is left over. Where the right side is not above the aim, nothing more is measured, and what is
written is bit for bit what measuring would have given. Music driven to -9 LUFS needs the long taps in a tenth of its
time; white noise 12 dB above the ceiling needs them everywhere.

Conventions: arrays (channels, frames), float32. The work is the same wherever blocks are cut, but for which tiles get
the long taps, and that changes no result.

Not covered: readings in dBTP (``bandmate.sound.truepeak``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
import numpy.typing as npt

from bandmate.sound.audio import Samples
from bandmate.sound.kernel import compiled, kernel
from bandmate.sound.polyphase import OVERSAMPLING, Phases, Points, interpolate, interpolation_phases

TAPS, BETA, ROLLED_BAND = 128, 6.0, 0.9546
"""Flat to 0.95 of half the rate, and -6 dB there (the edge of a good sample rate converter)."""

GLANCE_TAPS = 8
DIFFERENTIATOR = np.array([1.0, -4.0, 6.0, -4.0, 1.0]) / 16.0
WEIGHT_OF_REACH = 1e-4
"""In the fit of the glance: how much a squared unit of reach counts against one of rest."""

ROUNDING = 1e-4
"""What float32 may add to or take from a sum over the taps, as a share of the highest sample; four times the worst."""

TILE = 32
TILES = 8
SPARE = 8
"""Frames that a segment has beyond its end, of any value: loops run over whole vectors."""

LANES = TILE * TILES + SPARE
COVER = TAPS // TILE + 1
"""Tiles under the taps of one tile's frames."""

STEADIEST_COSINE = 0.7
"""Cosine of the widest angle that a sine has between two of the four points; half the rate has 45 degrees."""

LEAST_SHARE = 0.92
"""A point below this share of a crest is not the highest near it: 1 / (crest of the widest sine)."""

Reals = npt.NDArray[np.float64]
Marks = npt.NDArray[np.uint8]

reordered = partial(compiled, fastmath={"reassoc", "contract", "nnan", "nsz"})
"""For loops whose result only decides where to look closely: sums in the order that is quickest."""


@dataclass(frozen=True, slots=True, eq=False)
class PeakFilters:
    """The interpolators: the two that count, the glance, and how far they can be apart.

    Attributes
    ----------
    full, rolled, glance : float32 (points, taps)
        points 1 to 3; 0 to 3; 1 to 3.
    most : float
        how far above the highest sample a point can be, as a factor.
    reach, rest : float
    """

    full: Phases
    rolled: Phases
    glance: Phases
    most: float
    reach: float
    rest: float


@cache
def peak_filters() -> PeakFilters:
    """The filters, fitted once per process."""
    full = interpolation_phases(TAPS, BETA)[1:]
    rolled = interpolation_phases(TAPS, BETA, ROLLED_BAND)
    matrix = behind_differentiator()
    solver = np.linalg.solve(matrix.T @ matrix + WEIGHT_OF_REACH * np.eye(matrix.shape[1]), matrix.T)
    short = np.eye(TAPS)[:, TAPS // 2 - GLANCE_TAPS // 2 : TAPS // 2 + GLANCE_TAPS // 2]
    unexplained = np.eye(TAPS) - matrix @ solver
    glance = np.linalg.solve(short.T @ unexplained @ short, short.T @ unexplained @ full.T).T.astype(np.float32)
    itself = np.eye(1, GLANCE_TAPS, GLANCE_TAPS // 2 - 1)
    missing = np.concatenate([full - glance @ short.T, rolled - np.concatenate([itself, glance]) @ short.T]).T
    other = solver @ missing
    reach = float(np.sqrt(np.sum(other**2, axis=0)).max())
    rest = float(np.abs(missing - matrix @ other).sum(axis=0).max())
    most = float(max(np.abs(full).sum(axis=1).max(), np.abs(rolled).sum(axis=1).max()))
    return PeakFilters(full, rolled, glance, most, reach, rest + ROUNDING)


def behind_differentiator() -> Reals:
    """Column k: what the k-th tap of a filter after the differentiator is among the long taps."""
    columns = TAPS - len(DIFFERENTIATOR) + 1
    matrix = np.zeros((TAPS, columns))
    for column in range(columns):
        matrix[column : column + len(DIFFERENTIATOR), column] = DIFFERENTIATOR
    return matrix


@kernel
def crest(before: float, point: float, after: float, highest: float) -> float:
    """The height of a sine through three neighbouring points, or ``highest`` when that is higher."""
    before, point, after = abs(before), abs(point), abs(after)
    if point < before or point < after or point <= LEAST_SHARE * highest:
        return highest
    cosine = min(max((before + after) / (2.0 * point), STEADIEST_COSINE), 0.99999)
    lean = after - before
    return max(highest, math.sqrt(point * point + lean * lean / (4.0 * (1.0 - cosine * cosine))))


@kernel
def highest_crest(points: Points, i: int, highest: float) -> float:
    """The highest crest of both filters among the points that end with frame ``i``, or ``highest``."""
    for row in (0, 4):
        p2, p3, p4, p5 = points[row + 2, i - 1], points[row + 3, i - 1], points[row, i], points[row + 1, i]
        p6, p7 = points[row + 2, i], points[row + 3, i]
        highest = crest(p2, p3, p4, crest(p3, p4, p5, highest))
        highest = crest(p4, p5, p6, crest(p5, p6, p7, highest))
    return highest


@reordered
def survey(row: Points, tiles: Points) -> None:
    """Write each tile's highest sample, and its energy after the differentiator, to ``tiles`` (2, tiles)."""
    frames, four, six = row.shape[0], np.float32(4.0), np.float32(6.0)
    for t in range(tiles.shape[1]):
        start = t * TILE
        inside, whole = min(TILE, frames - start), min(TILE, frames - 4 - start)
        at = row[start : start + inside + 4]
        highest, energy = np.float32(0.0), np.float32(0.0)
        for i in range(inside):
            highest = max(highest, abs(at[i]))
        for i in range(whole):
            bend = (at[i] + at[i + 4]) - four * (at[i + 1] + at[i + 3]) + six * at[i + 2]
            energy += bend * bend
        tiles[0, t], tiles[1, t] = highest, energy / np.float32(256.0)


@reordered
def highest_of(row: Points) -> np.float32:
    """The highest value; 0 for none."""
    highest = np.float32(0.0)
    for i in range(row.shape[0]):
        highest = max(highest, row[i])
    return highest


@kernel
def whole_vectors(count: int) -> int:
    """``count`` rounded up to what fills vectors of eight."""
    return (count + 7) // 8 * 8


@kernel
def fold_points(points: Points, rows: int, lanes: int) -> None:
    """Write the magnitude of the highest of the first ``rows`` points of each frame to the last row."""
    top = points[points.shape[0] - 1]
    top[:lanes] = np.float32(0.0)
    for p in range(rows):
        for i in range(lanes):
            top[i] = max(top[i], abs(points[p, i]))


@kernel
def glance_at(row: Points, begin: int, count: int, glance: Phases, points: Points) -> None:
    """How high the points of the frame before ``begin`` and of ``count`` more are, to the last row of ``points``."""
    lanes = whole_vectors(count + 1)
    for i in range(lanes):
        points[0, i] = row[begin + TAPS // 2 - 1 + i]
    interpolate(row, begin + TAPS // 2 - GLANCE_TAPS // 2, lanes, glance, points, 1)
    fold_points(points, OVERSAMPLING, lanes)


@kernel
def look_closely(
    row: Points,
    begin: int,
    count: int,
    filters: tuple[Phases, Phases, Phases],
    aims: tuple[float, bool],
    points: Points,
    peaks: Points,
) -> None:
    """Raise ``count`` frames of ``peaks`` from ``begin`` on to the crests of this channel, and to its slopes."""
    full, rolled, _ = filters
    aim, slopes = aims
    lanes = whole_vectors(count + 1)
    for i in range(lanes):
        points[0, i] = row[begin + TAPS // 2 - 1 + i]
    interpolate(row, begin, lanes, full, points, 1)
    interpolate(row, begin, lanes, rolled, points, 4)
    fold_points(points, 8, lanes)
    top = points[8]
    for i in range(1, count + 1):
        if max(top[i - 1], top[i]) > aim * LEAST_SHARE:
            peaks[0, begin + i - 1] = highest_crest(points, i, peaks[0, begin + i - 1])
            if slopes:
                peaks[0, begin + i - 1] = max(peaks[0, begin + i - 1], top[i])


@kernel
def mark_tiles(
    row: Points,
    tiles: Points,
    glance: Phases,
    bounds: tuple[float, float, float],
    limit: float,
    points: Points,
    marks: Marks,
) -> None:
    """Set in ``marks`` which tiles may have a point above ``limit``: 1 or 0, for as many as it is long."""
    most, reach, rest = bounds
    frames = row.shape[0] - TAPS - SPARE
    seen = -1
    for t in range(marks.shape[0]):
        highest, energy = tiles[0, t], tiles[1, t]
        for near in range(t + 1, min(t + COVER, tiles.shape[1])):
            highest = max(highest, tiles[0, near])
            energy += tiles[1, near]
        marks[t] = 0
        if most * highest > limit:
            group = t // TILES * TILES
            if seen != group:
                glance_at(row, group * TILE, min(TILES * TILE, frames - group * TILE), glance, points)
                seen = group
            start = (t - group) * TILE
            end = min(start + TILE + 1, frames - group * TILE + 1)
            marks[t] = (
                highest_of(points[points.shape[0] - 1, start:end]) + reach * math.sqrt(energy) + rest * highest > limit
            )


@kernel
def measure_peaks(
    samples: Samples,
    filters: tuple[Phases, Phases, Phases],
    bounds: tuple[float, float, float],
    aims: tuple[float, bool],
    points: Points,
    peaks: Points,
) -> None:
    """Write the true peak around each frame to ``peaks``, and the aim where it is not above that.

    ``samples`` ends with half the taps before the first frame of ``peaks``, those frames, half the taps after the last,
    and `SPARE`. ``filters`` are the full, the rolled and the glance; ``bounds`` are the share that the samples can rise
    by, reach and rest; ``aims`` the aim, and whether what is above it on the slope of a longer wave, far from its
    crest, counts too. ``points`` is scratch.

    subtle: rows are cut here, where the compiler sees that they are contiguous; without that no loop is a vector loop.
    """
    aim, _ = aims
    frames = peaks.shape[1]
    tiles = np.empty((2, (frames + TAPS + SPARE + TILE - 1) // TILE), dtype=np.float32)
    marks = np.empty((frames + TILE - 1) // TILE, dtype=np.uint8)
    peaks[:] = aim
    for c in range(samples.shape[0]):
        row = samples[c][samples.shape[1] - frames - TAPS - SPARE :]
        survey(row, tiles)
        mark_tiles(row, tiles, filters[2], bounds, aim * LEAST_SHARE, points, marks)
        t = 0
        while t < marks.shape[0]:
            first = t
            while t < marks.shape[0] and t < first + TILES and marks[t] != 0:
                t += 1
            if t > first:
                count = min(t * TILE, frames) - first * TILE
                look_closely(row, first * TILE, count, filters, aims, points, peaks)
            else:
                t += 1
