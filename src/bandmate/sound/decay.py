"""How fast a sound dies away: the time of every free fall of its level, from a level track of one value every 10 ms.

A free fall begins where the level was last near a top, and ends where it is ``drop_db`` lower; one in which the level
comes up again by ``AGAIN_DB`` does not count. In a room no fall is faster than the room, so the fast ones among many
falls say how much room there is; the slow ones may be the instrument's own.

Conventions: seconds. Silence, steady sound and no sound have no falls.

Not covered: reverberation time by band; instruments that always ring (their falls are long without any room).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bandmate.sound.kernel import kernel

Reals = npt.NDArray[np.float64]

SMOOTH_COLUMNS = 5
TOP_DB = 3.0
AGAIN_DB = 4.5
LOUD_RANGE_DB = 15.0
"""Only falls from levels that are no further than this below the loud ones count."""

NOTHING = 1e-15


def fall_seconds(power: npt.NDArray[np.floating], column_seconds: float, drop_db: float) -> Reals:
    """How long each free fall by ``drop_db`` takes; ``power`` is the mean power of every column, shape (columns,)."""
    if len(power) < SMOOTH_COLUMNS:
        return np.zeros(0)
    wide = np.convolve(power.astype(np.float64), np.full(SMOOTH_COLUMNS, 1.0 / SMOOTH_COLUMNS), mode="same")
    total = float(wide.sum())
    if total <= 0.0:
        return np.zeros(0)
    loud_db = 10 * float(np.log10((wide**2).sum() / total))
    level_db = 10 * np.log10(np.maximum(wide, NOTHING))
    found = np.zeros(len(level_db))
    count = find_falls(level_db, np.array([drop_db, loud_db - LOUD_RANGE_DB]), found)
    return found[:count] * column_seconds


@kernel
def find_falls(level_db: Reals, settings: Reals, found: Reals) -> int:
    """Write how many columns each fall takes, in fractions; ``settings`` is the drop and the lowest top.

    Returns how many falls there are.
    """
    drop, lowest_top = settings[0], settings[1]
    top, low, last, count = level_db[0], level_db[0], 0.0, 0
    for i in range(1, level_db.shape[0]):
        level, before = level_db[i], level_db[i - 1]
        if level >= low + AGAIN_DB or level >= top:
            top, low, last = level, level, float(i)
            continue
        low = min(low, level)
        near = top - TOP_DB
        if level > near:
            last = float(i)
        elif before > near:
            last = i - 1 + (before - near) / (before - level)
        if top - level >= drop:
            if top > lowest_top:
                end = i - 1 + (before - (top - drop)) / (before - level) if before > level else float(i)
                found[count] = end - last
                count += 1
            top, low, last = level, level, float(i)
    return count


def compile_kernels() -> None:
    """Compile what is in this module, now rather than at the first fall."""
    find_falls(np.zeros(2), np.zeros(2), np.zeros(2))
