"""Fitting a mix to a target: faders and broad equalizer bands of all tracks at once, on powers that were measured.

A mix is modelled as the sum of its tracks' powers by band and moment; a fader multiplies a track's power, an equalizer
band multiplies it by band. That is exact where tracks are unrelated, and its slopes are simple: each track counts by
its share of the power there. So the best settings are found in a few steps of Gauss and Newton, in tenths of a second.

Conventions: powers have shape (tracks, bands, moments), targets (bands, moments) in dB. The level of the whole is free:
a target that is louder in all bands asks for nothing. Settings are bounded, and pulled towards 0 by a spring whose
width is what is usual; a setting that does not matter stays where it is.

Not covered: which tracks cancel each other (``phase``), time: delays between target and mix are the caller's business.

References: the Levenberg-Marquardt method; P. Huber, Robust Estimation of a Location Parameter (1964).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Reals = npt.NDArray[np.float64]

ROUNDS = 40
SETTLED_DB = 0.003
OUTLIER_DB = 4.0
"""Residuals beyond this count in proportion and not by their square: effects of the target are not ours to follow."""

FLOOR_BELOW_DB = 60.0
"""Powers this far below the loudest moment of their band say nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """A mix and what it is to come near to.

    Attributes
    ----------
    power : array (tracks, bands, moments)
    target_db : array (bands, moments)
    weight : array (bands, moments)
        how much each cell counts; 0 for nothing.
    shapes_db : array (settings, bands)
        what each equalizer band does per dB; no rows for faders only.
    gain_width_db, tone_width_db : float
        the spring: how far a fader and an equalizer band usually move; 0 keeps them where they are.
    most_gain_db, most_tone_db : float
        bounds.
    is_held : array of bool (tracks,)
        tracks that stay as they are.
    """

    power: Reals
    target_db: Reals
    weight: Reals
    shapes_db: Reals
    gain_width_db: float
    tone_width_db: float
    most_gain_db: float
    most_tone_db: float
    is_held: npt.NDArray[np.bool_]

    @property
    def settings(self) -> int:
        """How many each track has: a fader and its bands."""
        return 1 + len(self.shapes_db)


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """What was found.

    Attributes
    ----------
    gain_db : array (tracks,)
    tone_db : array (tracks, bands of the equalizer)
    level_db : float
        by how much the target is louder than the fitted mix.
    before_db, after_db : float
        how far mix and target are apart, the level aside: the weighted mean of the magnitudes.
    """

    gain_db: Reals
    tone_db: Reals
    level_db: float
    before_db: float
    after_db: float


def fit(problem: Problem) -> Fit:
    """The settings that bring the mix nearest to the target; all 0 for a target without weight."""
    tracks = len(problem.power)
    values = np.zeros((tracks, problem.settings))
    free = freedom(problem)
    start, level = residual_db(problem, values)
    before_db, damping = distance_db(problem, start), 1e-3
    cost = cost_of(problem, start, values)
    for _ in range(ROUNDS):
        if not problem.weight.any():
            break
        step = next_step(problem, values, free, damping)
        trial = bounded(problem, values + step)
        residual, trial_level = residual_db(problem, trial)
        trial_cost = cost_of(problem, residual, trial)
        if trial_cost < cost:
            moved = float(np.abs(trial - values).max(initial=0.0))
            values, cost, level, damping = trial, trial_cost, trial_level, damping / 4
            if moved < SETTLED_DB:
                break
        else:
            damping *= 8
            if damping > 1e6:
                break
    last, level = residual_db(problem, values)
    return Fit(values[:, 0], values[:, 1:], level, before_db, distance_db(problem, last))


def freedom(problem: Problem) -> Reals:
    """1 / width² of every setting's spring; infinite for what is kept where it is. Shape (settings,)."""
    widths = np.array([problem.gain_width_db, *[problem.tone_width_db] * len(problem.shapes_db)])
    with np.errstate(divide="ignore"):
        found: Reals = 1.0 / widths**2
    return found


def modelled(problem: Problem, values: Reals) -> tuple[Reals, Reals]:
    """The power of the mix (bands, moments), and each track's share of it (tracks, bands, moments)."""
    gain_db = values[:, :1] + values[:, 1:] @ problem.shapes_db if len(problem.shapes_db) else values[:, :1]
    power = problem.power * 10.0 ** (gain_db[:, :, None] / 10.0)
    total = power.sum(axis=0) + 1e-20
    return total, power / total


def residual_db(problem: Problem, values: Reals) -> tuple[Reals, float]:
    """Target less mix, the level taken out, and that level."""
    total, _ = modelled(problem, values)
    raw = problem.target_db - 10.0 * np.log10(total)
    level = weighted_median(raw, problem.weight)
    return raw - level, level


def distance_db(problem: Problem, residual: Reals) -> float:
    """The weighted mean of the magnitudes; 0 where nothing counts."""
    whole = float(problem.weight.sum())
    return float((problem.weight * np.abs(residual)).sum() / whole) if whole > 0 else 0.0


def cost_of(problem: Problem, residual: Reals, values: Reals) -> float:
    """What is made small: robust squares of the residuals, and the springs."""
    size = np.abs(residual)
    robust = np.where(size <= OUTLIER_DB, size**2, 2 * OUTLIER_DB * size - OUTLIER_DB**2)
    springs = freedom(problem)
    held = np.where(np.isfinite(springs), springs, 0.0) * values**2
    return float((problem.weight * robust).sum() + held.sum())


def next_step(problem: Problem, values: Reals, springs: Reals, damping: float) -> Reals:
    """One damped step of Gauss and Newton, shape (tracks, settings)."""
    _, shares = modelled(problem, values)
    residual, _ = residual_db(problem, values)
    weight = problem.weight * np.minimum(1.0, OUTLIER_DB / np.maximum(np.abs(residual), 1e-9))
    tracks, settings = values.shape
    shapes = np.concatenate([np.ones((1, problem.power.shape[1])), problem.shapes_db])
    # The level is free: what all cells have in common is taken out of the slopes as it is out of the residual.
    mean = (shares * weight).sum(axis=2)
    total = max(float(weight.sum()), 1e-12)
    gram = np.einsum("ibm,bm,jbm->bij", shares, weight, shares, optimize=True)
    matrix = np.einsum("kb,lb,bij->ikjl", shapes, shapes, gram, optimize=True).reshape(tracks * settings, -1)
    common = np.einsum("kb,ib->ik", shapes, mean).reshape(-1)
    matrix -= np.outer(common, common) / total
    pull = np.einsum("kb,ibm,bm->ik", shapes, shares, weight * residual, optimize=True).reshape(-1)
    spring = np.tile(springs, tracks)
    kept = ~np.isfinite(spring) | np.repeat(problem.is_held, settings)
    spring = np.where(kept, 0.0, spring)
    pull -= spring * values.reshape(-1)
    matrix += np.diag(spring + damping * (np.diag(matrix) + spring + 1e-9))
    matrix[kept], matrix[:, kept], pull[kept] = 0.0, 0.0, 0.0
    matrix[kept, kept] = 1.0
    step: Reals = np.linalg.solve(matrix, pull).reshape(tracks, settings)
    return step


def bounded(problem: Problem, values: Reals) -> Reals:
    """The values within their bounds. What all faders have in common is the level's business and is taken out first,
    where all of them are free."""
    if problem.gain_width_db and not problem.is_held.any():
        values = values.copy()
        values[:, 0] -= np.median(values[:, 0])
    most = np.array([problem.most_gain_db, *[problem.most_tone_db] * len(problem.shapes_db)])
    found: Reals = np.clip(values, -most, most)
    return found


def weighted_median(values: Reals, weight: Reals) -> float:
    """The value that half of the weight lies below; 0 where nothing counts."""
    flat, heavy = values.ravel(), weight.ravel()
    counted = heavy > 0
    if not counted.any():
        return 0.0
    order = np.argsort(flat[counted], kind="stable")
    share = np.cumsum(heavy[counted][order])
    return float(flat[counted][order][int(np.searchsorted(share, share[-1] / 2))])
