"""Saturation as another answer to hits that differ too much: what is loud is rounded off, and sounds fuller for it.

What a soft clipper does to a level is worked out for a sine of the peak that each 10 ms have: near enough for basses
and drums, which is where it is offered. What it takes from the loudness, the fader gives back.

Not covered: the overtones that come in; voices and chords, where they would be heard as distortion.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bandmate.song.devices import Saturator
from bandmate.song.tracks import Role

Reals = npt.NDArray[np.float64]

DEVICE_ID = "evening-saturator"
ROLES: tuple[Role, ...] = ("bass", "kick", "snare", "percussion")
OVER_DB = (-3.0, 0.0, 3.0, 6.0, 9.0)
"""How far above the knee of the curve the middle hits are driven."""

MOST_DRIVE_DB = 48.0
PHASES = np.sin(np.pi * (np.arange(64) + 0.5) / 128)
DRIVEN = 10 ** (np.arange(-40.0, 41.0) / 20)
LOSS_DB = 20 * np.log10(
    np.sqrt((np.tanh(DRIVEN[:, None] * PHASES) ** 2).mean(axis=1)) / (DRIVEN * np.sqrt((PHASES**2).mean()))
)


@dataclass(frozen=True, slots=True)
class Saturation:
    """A saturator, the spread that it leaves, and by how much the fader goes up to keep the loudness."""

    device: Saturator
    spread_db: float
    makeup_db: float


def loss_db(peaks: npt.NDArray[np.floating], drive_db: float) -> Reals:
    """The change of level of each column, dB, 0 or below, for sines of these peaks; ``drive_db`` as on the device."""
    driven_db = 20 * np.log10(np.maximum(peaks.astype(np.float64), 1e-9)) + drive_db
    found: Reals = np.interp(driven_db, 20 * np.log10(DRIVEN), LOSS_DB)
    return found


def saturation_for(
    peaks: npt.NDArray[np.floating],
    levels: Reals,
    middle_db: float,
    judge: Callable[[Reals], float | None],
    *,
    aim_db: float,
) -> Saturation | None:
    """The gentlest saturator that reaches the aim, else the one that comes nearest; None where none can be judged.

    ``middle_db`` is the peak that the middle hit reaches, dBFS; ``judge`` as for the compressor.
    """
    best: Saturation | None = None
    total = float(levels.sum())
    for over_db in OVER_DB:
        drive_db = round(float(np.clip(over_db - middle_db, 0.0, MOST_DRIVE_DB)), 1)
        gain = 10 ** (loss_db(peaks, drive_db) / 20)
        spread = judge(gain)
        if spread is None or total <= 0.0:
            continue
        makeup_db = round(10 * float(np.log10(total / max(float((levels * gain**2).sum()), 1e-30))), 1)
        found = Saturation(Saturator(id=DEVICE_ID, drive_db=drive_db), spread, makeup_db)
        if best is None or (found.spread_db < best.spread_db and best.spread_db > aim_db):
            best = found
    return best
