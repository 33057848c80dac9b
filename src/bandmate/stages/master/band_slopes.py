"""What bells and shelves do to 1/3-octave bands, and how that changes with their settings: closed forms, for searching.

The filters stand for their analogue prototypes here; the real ones follow these to a tenth of a dB but near the top
(``bandmate.sound.filters``).

Conventions: settings are rows of log frequency, gain in dB and log Q, shape (3, bands); kinds are 0 for a bell, -1 for
a low shelf and 1 for a high shelf. Slopes are along the settings in that order, in dB per unit.

References: R. Bristow-Johnson, Audio EQ Cookbook.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Reals = npt.NDArray[np.float64]
Kinds = npt.NDArray[np.int64]

DB_PER_NEPER = 10.0 / math.log(10.0)
NEPERS_PER_DB = math.log(10.0) / 20.0


def levels_db(values: Reals, kinds: Kinds, log_hz: Reals) -> tuple[Reals, Reals]:
    """What bands do together to the power in each 1/3-octave band, and its slopes, shape (bands, settings).

    ``log_hz`` has shape (bands, points). No bands give 0 dB.
    """
    count = len(kinds)
    parts = parts_of(values, kinds, log_hz.ravel())
    total = parts[0].sum(axis=0).reshape(log_hz.shape)
    power = np.exp(total / DB_PER_NEPER)
    summed = power.sum(axis=1)
    shares = (power / summed[:, None]).ravel()
    slopes = (parts[1:] * shares).reshape(3 * count, *log_hz.shape).sum(axis=2)
    return DB_PER_NEPER * np.log(summed / log_hz.shape[1]), slopes.T


def parts_of(values: Reals, kinds: Kinds, log_hz: Reals) -> Reals:
    """Level of each band at each frequency and its slopes along its three settings, shape (4, bands, n)."""
    parts = np.zeros((4, len(kinds), log_hz.size))
    bell = kinds == 0
    if bell.any():
        parts[:, bell] = bell_levels(values[:, bell], log_hz)
    if not bell.all():
        parts[:, ~bell] = shelf_levels(values[:, ~bell], kinds[~bell], log_hz)
    return parts


def bell_levels(values: Reals, log_hz: Reals) -> Reals:
    """`parts_of` bells: slopes along log frequency, gain and log Q."""
    log_freq, gain_db, log_q = values[:, :, None]
    above = np.exp(2.0 * (log_hz - log_freq))
    below = 1.0 / above
    away = above + below - 2.0
    tight, raised = np.exp(-2.0 * log_q), np.exp(NEPERS_PER_DB * gain_db)
    top, bottom = tight * raised, tight / raised
    over_top, over_bottom = 1.0 / (away + top), 1.0 / (away + bottom)
    return np.stack(
        [
            DB_PER_NEPER * np.log((away + top) * over_bottom),
            -2.0 * DB_PER_NEPER * (above - below) * (over_top - over_bottom),
            0.5 * (top * over_top + bottom * over_bottom),
            -2.0 * DB_PER_NEPER * (top * over_top - bottom * over_bottom),
        ]
    )


def shelf_levels(values: Reals, kinds: Kinds, log_hz: Reals) -> Reals:
    """`parts_of` shelves; a high shelf is a low one with the frequencies turned round."""
    log_freq, gain_db, log_q = values[:, :, None]
    turn = np.where(kinds < 0, 1.0, -1.0)[:, None]
    y = np.exp(2.0 * turn * (log_hz - log_freq))
    a, tight = np.exp(0.5 * NEPERS_PER_DB * gain_db), np.exp(-2.0 * log_q)
    middle = a * tight * y
    inner, outer = a - y, 1.0 - a * y
    over_top, over_bottom = 1.0 / (inner**2 + middle), 1.0 / (outer**2 + middle)
    by_a = (2.0 * inner + tight * y) * over_top - (tight * y - 2.0 * y * outer) * over_bottom
    by_y = (a * tight - 2.0 * inner) * over_top - (a * tight - 2.0 * a * outer) * over_bottom
    return np.stack(
        [
            gain_db * 0.5 + DB_PER_NEPER * np.log(over_bottom / over_top),
            -2.0 * DB_PER_NEPER * turn * y * by_y,
            0.5 + 0.25 * a * by_a,
            -2.0 * DB_PER_NEPER * middle * (over_top - over_bottom),
        ]
    )


def mean_db(level_db: Reals) -> Reals:
    """The level of the mean power over the last axis."""
    return np.asarray(DB_PER_NEPER * np.log(np.exp(level_db / DB_PER_NEPER).mean(axis=-1)))
