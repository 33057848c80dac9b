"""Bumps: by how much a level curve is raised around a frequency, as by a bell of an equalizer, and how sure that is.

The curve is taken for a straight line of any height and slope, plus bends that are as usual in such curves, plus what
each point errs by, plus a bell of unknown height. The height that explains the curve best has a closed form
(generalized least squares), and so has its error: a bump no larger than usual bends comes out with an error that says
so.

Conventions: levels in dB over octaves.

References: C. E. Rasmussen, C. K. I. Williams, Gaussian Processes for Machine Learning (2006), 2.7.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bandmate.sound.filters import analogue_prototype

Reals = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

ANY_HEIGHT_DB, ANY_SLOPE_DB = 30.0, 6.0
SHAPE_DB = 8.0
"""The height of the bell whose shape is looked for; other heights have nearly the same."""


@dataclass(frozen=True, slots=True)
class Bends:
    """How a curve bends without any fault: by how much, over how many octaves, and what each point errs by."""

    bend_db: float
    octaves: float
    point_db: float


@dataclass(frozen=True, slots=True)
class Bump:
    """A raised place: its height and the error of that, both in dB."""

    freq_hz: float
    gain_db: float
    error_db: float


def bell_db(hz: Reals, freq_hz: float, gain_db: float, q: float) -> Reals:
    """What a bell does at each frequency, dB, after the analogue prototype."""
    top, bottom = analogue_prototype("bell", gain_db, q)
    x = hz / freq_hz
    above = (top[2] - top[0] * x * x) ** 2 + (top[1] * x) ** 2
    below = (bottom[2] - bottom[0] * x * x) ** 2 + (bottom[1] * x) ** 2
    found: Reals = 10 * np.log10(above / below)
    return found


def bump_at(hz: Reals, level_db: Reals, freq_hz: float, q: float, bends: Bends, error_db: Reals | float = 0.0) -> Bump:
    """The bump of a curve around one frequency; points may have errors of their own."""
    octaves = np.log2(hz / freq_hz)
    apart = np.subtract.outer(octaves, octaves)
    spread = ANY_HEIGHT_DB**2 + ANY_SLOPE_DB**2 * np.outer(octaves, octaves)
    spread += bends.bend_db**2 * np.exp(-((apart / bends.octaves) ** 2) / 2)
    spread += np.diag(bends.point_db**2 + np.broadcast_to(np.square(error_db), hz.shape))
    shape = bell_db(hz, freq_hz, SHAPE_DB, q) / SHAPE_DB
    solved = np.linalg.solve(spread, np.stack([shape, level_db], axis=1))
    weight = float(shape @ solved[:, 0])
    return Bump(freq_hz, float(shape @ solved[:, 1]) / weight, weight**-0.5)
