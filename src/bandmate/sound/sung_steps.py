"""The cheapest staircase through a curve: each moment costs its distance from it, and each step a fixed price.

Conventions: cents; the staircase lies on a grid of 20 cents. The price is in cents times points.

References: the Potts model, solved exactly by dynamic programming.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bandmate.sound.kernel import kernel

Reals = npt.NDArray[np.float64]

GRID_CENTS = 20.0


def explained_by_steps(cents: Reals, price: float, farthest: float) -> Reals:
    """The staircase of a curve without gaps, array (points,); no moment counts as further off than ``farthest``."""
    if not len(cents):
        return np.zeros(0)
    low = float(cents.min())
    count = int((float(cents.max()) - low) / GRID_CENTS) + 2
    chosen = np.zeros(len(cents), np.int64)
    cheapest_steps(cents - low, price, farthest, np.zeros((len(cents), count), np.bool_), chosen)
    staircase: Reals = np.asarray(low + GRID_CENTS * chosen, np.float64)
    return staircase


@kernel
def cheapest_steps(
    cents: Reals, price: float, farthest: float, fresh: npt.NDArray[np.bool_], chosen: npt.NDArray[np.int64]
) -> None:
    """Write the grid line of each moment; ``fresh`` is written on: where a line is best begun anew."""
    points, lines = fresh.shape
    total = np.zeros(lines)
    origins = np.zeros(points, np.int64)
    for point in range(points):
        origin = np.argmin(total)
        cheapest = total[origin] + price
        origins[point] = origin
        for line in range(lines):
            if cheapest < total[line]:
                total[line] = cheapest
                fresh[point, line] = True
            total[line] += min(abs(cents[point] - GRID_CENTS * line), farthest)
    line = int(np.argmin(total))
    for point in range(points - 1, -1, -1):
        chosen[point] = line
        if fresh[point, line]:
            line = int(origins[point])


def compile_kernels() -> None:
    """Run the kernel once."""
    explained_by_steps(np.zeros(4), 1.0, 100.0)
