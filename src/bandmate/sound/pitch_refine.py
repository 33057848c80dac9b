"""Inner loops of the pitch tracker: periods by likeness, their finest position, and the best path through them.

Conventions: a recording is mono float32 at a fixed rate; a point is a moment of the pitch curve, given as the frame it
is centred on. A window is compared with the one a period later, and both lie evenly around the point, so that a gliding
pitch is measured where it is. Likeness is 1 for a perfect repetition. ``power`` is what ``power_until`` gives.

References: D. Talkin, A Robust Algorithm for Pitch Tracking (RAPT), in Speech Coding and Synthesis (1995), for
candidates by normalised cross-correlation and a path through them. The rest is our own.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bandmate.sound.audio import Samples
from bandmate.sound.kernel import contracted_kernel

Reals = npt.NDArray[np.float64]
Frames = npt.NDArray[np.int64]

REFINED_OVER_SECONDS = 0.011
"""Several periods of high notes are measured together until they last so long: the error of one lag is shared."""

SEARCH_SHARE = 0.035
"""How far around a rough period the fine one is looked for: 60 cents."""


def power_until(sound: Samples) -> Reals:
    """The sum of the squares before each frame, array (frames + 1,)."""
    power = np.zeros(len(sound) + 1)
    np.cumsum(np.square(sound, dtype=np.float64), out=power[1:])
    return power


@contracted_kernel
def likeness(sound: Samples, power: Reals, centre: int, lag: int, width: int) -> float:
    """How alike two windows a lag apart are, evenly around ``centre``; 0 outside of the sound.

    Divided by the mean of their powers, not by the geometric one: where a note begins or ends they are not alike.
    """
    first = centre - (width + lag) // 2
    if first < 0 or first + lag + width > len(sound):
        return 0.0
    both = power[first + width] - power[first] + power[first + lag + width] - power[first + lag]
    a0 = a1 = a2 = a3 = np.float32(0.0)
    for at in range(first, first + width - 3, 4):
        a0 += sound[at] * sound[at + lag]
        a1 += sound[at + 1] * sound[at + lag + 1]
        a2 += sound[at + 2] * sound[at + lag + 2]
        a3 += sound[at + 3] * sound[at + lag + 3]
    alike: float = 2.0 * float(a0 + a1 + a2 + a3) / (both + 1e-12)
    return alike


@contracted_kernel
def top_of(before: float, middle: float, after: float) -> float:
    """Where the parabola through three values has its top, from -0.5 to 0.5 around the middle one."""
    bend = before - 2.0 * middle + after
    if bend >= -1e-12:
        return 0.0
    return min(0.5, max(-0.5, 0.5 * (before - after) / bend))


@contracted_kernel
def find_periods(
    sound: Samples, power: Reals, centres: Frames, lags: tuple[int, int], width: int, periods: Reals, likenesses: Reals
) -> None:
    """Write the most likely periods of each point, in frames, and how alike they are; 0 where there are no more.

    Parameters
    ----------
    sound : float32 array (frames,)
    centres : array (points,)
        a negative one is left out.
    lags : tuple of int
        the shortest and longest period.
    width : int
        of a window, in frames.
    periods, likenesses : arrays (points, kept)
        written.
    """
    low, high = lags
    kept = periods.shape[1]
    row = np.zeros(high - low + 3)
    for point in range(len(centres)):
        periods[point] = 0.0
        likenesses[point] = 0.0
        if centres[point] < 0:
            continue
        for lag in range(low - 1, high + 2):
            row[lag - low + 1] = likeness(sound, power, centres[point], lag, width)
        for index in range(1, len(row) - 1):
            height = row[index]
            if height < 0.25 or height < row[index - 1] or height <= row[index + 1]:
                continue
            shift = top_of(row[index - 1], height, row[index + 1])
            height -= 0.25 * (row[index - 1] - row[index + 1]) * shift
            slot = kept
            while slot > 0 and likenesses[point, slot - 1] < height:
                slot -= 1
            if slot == kept:
                continue
            for later in range(kept - 1, slot, -1):
                periods[point, later] = periods[point, later - 1]
                likenesses[point, later] = likenesses[point, later - 1]
            periods[point, slot] = index + low - 1 + shift
            likenesses[point, slot] = height


@contracted_kernel
def nearest_top(sound: Samples, power: Reals, centre: int, rough: float, reach: int, width: int) -> tuple[float, float]:
    """The lag near a rough one at which the likeness has its top, and that likeness; lag 0 if the top lies outside."""
    middle = round(rough)
    best, best_lag = -1.0, 0
    for lag in range(max(2, middle - reach), middle + reach + 1):
        alike = likeness(sound, power, centre, lag, width)
        if alike > best:
            best, best_lag = alike, lag
    if best <= 0.0 or best_lag == 0:
        return 0.0, 0.0
    before = likeness(sound, power, centre, best_lag - 1, width)
    after = likeness(sound, power, centre, best_lag + 1, width)
    if before > best or after > best:
        return 0.0, best
    return best_lag + top_of(before, best, after), best


@contracted_kernel
def refine_periods(
    sound: Samples, power: Reals, centres: Frames, rough: Reals, span: tuple[int, int], fine: Reals, alike: Reals
) -> None:
    """Write the exact period of each point near its rough one, and how alike the windows are.

    ``span`` is the width of a window, and how long the periods measured together last, in frames. A point without a
    rough period (0) gives 0.
    """
    width, together = span
    for point in range(len(centres)):
        fine[point] = 0.0
        alike[point] = 0.0
        if rough[point] <= 0.0:
            continue
        reach = max(2, int(SEARCH_SHARE * rough[point] + 0.5))
        period, height = nearest_top(sound, power, centres[point], rough[point], reach, width)
        alike[point] = height
        if period <= 0.0:
            continue
        fine[point] = period
        count = 2
        while count * period <= together:
            several, _ = nearest_top(sound, power, centres[point], count * period, 2, width)
            if several <= 0.0 or abs(several - count * period) > 1.5:
                break
            period = several / count
            fine[point] = period
            count *= 2


@contracted_kernel
def best_path(costs: Reals, octaves: Reals, jump_cost: float, turn_cost: float) -> Frames:
    """The cheapest way through the states of all points, array (points,).

    Parameters
    ----------
    costs : array (points, states)
        the last state is "no pitch"; a state that is not there costs infinitely much.
    octaves : array (points, states)
        log2 of the pitch of each state.
    jump_cost : float
        of an octave between two points.
    turn_cost : float
        of a beginning or an end of pitch.
    """
    points, states = costs.shape
    silent = states - 1
    came = np.zeros((points, states), np.int64)
    total = costs[0].copy()
    fresh = np.zeros(states)
    for point in range(1, points):
        for state in range(states):
            cheapest, origin = np.inf, silent
            for last in range(states):
                if total[last] == np.inf:
                    continue
                step = total[last]
                if (state == silent) != (last == silent):
                    step += turn_cost
                elif state != silent:
                    step += jump_cost * abs(octaves[point, state] - octaves[point - 1, last])
                if step < cheapest:
                    cheapest, origin = step, last
            fresh[state] = cheapest + costs[point, state]
            came[point, state] = origin
        total[:] = fresh
    path = np.zeros(points, np.int64)
    if points:
        path[points - 1] = np.argmin(total)
        for point in range(points - 1, 0, -1):
            path[point - 1] = came[point, path[point]]
    return path


def compile_kernels() -> None:
    """Run every kernel once."""
    sound, power = np.zeros(64, np.float32), np.zeros(65)
    centres, rough = np.array([32]), np.array([8.0])
    periods, likenesses = np.zeros((1, 3)), np.zeros((1, 3))
    find_periods(sound, power, centres, (4, 8), 16, periods, likenesses)
    refine_periods(sound, power, centres, rough, (16, 32), np.zeros(1), np.zeros(1))
    best_path(np.zeros((2, 2)), np.zeros((2, 2)), 1.0, 1.0)
