"""Other equalizers for rows of features: what a filter does to the spectrum of a track, done to its features alone.

Conventions: a curve in decibels over the bands is added to the long-term and the usual spectrum, and the levels are
made relative to all the power again; what else depends on the spectrum is left as it was. Cheap, so that no row is seen
twice alike; the real thing is done to the sound in ``damage``.
"""

from __future__ import annotations

import numpy as np

from bandmate.sound.timbre_summary import BANDS, FEATURES, FLOOR_DB

Array = np.ndarray
LONG_TERM = np.array([FEATURES.index(f"long-term-{k}") for k in range(BANDS)])
USUAL = np.array([FEATURES.index(f"usual-{k}") for k in range(BANDS)])


class Shader:
    """Changes standardized rows; knows by what they were standardized."""

    def __init__(self, mean: Array, spread: Array, farthest: float, *, share: float, strength: float) -> None:
        self.mean, self.spread, self.farthest = mean, spread, farthest
        self.share, self.strength = share, strength

    def __call__(self, rng: np.random.Generator, inputs: Array) -> Array:
        """The rows, a share of them under another curve."""
        chosen = np.flatnonzero(rng.random(len(inputs)) < self.share)
        out = inputs.copy()
        if not len(chosen):
            return out
        curve = self.curves(rng, len(chosen))
        whole = np.zeros((len(chosen), 1))
        for columns in (LONG_TERM, USUAL):
            levels = inputs[np.ix_(chosen, columns)] * self.spread[columns] + self.mean[columns] + curve
            if columns is LONG_TERM:
                whole = 10 * np.log10((10 ** (levels / 10)).sum(axis=1, keepdims=True))
            levels = np.maximum(levels - whole, FLOOR_DB)
            values = (levels - self.mean[columns]) / self.spread[columns]
            out[np.ix_(chosen, columns)] = np.clip(values, -self.farthest, self.farthest)
        return out

    def curves(self, rng: np.random.Generator, count: int) -> Array:
        """Tilts, bumps, and passes, (count, BANDS), dB."""
        place = np.arange(BANDS)
        tilt = rng.normal(0, 0.25, (count, 1)) * (place - BANDS / 2)
        bumps = np.zeros((count, BANDS))
        for _ in range(3):
            middle, width = rng.uniform(0, BANDS, (count, 1)), rng.uniform(1.5, 7, (count, 1))
            bumps += rng.normal(0, 4, (count, 1)) * np.exp(-0.5 * ((place - middle) / width) ** 2)
        low = rng.uniform(-12, 7, (count, 1))
        high = rng.uniform(22, 50, (count, 1))
        passes = -2.5 * np.maximum(0, low - place) - 2.5 * np.maximum(0, place - high)
        return np.asarray(self.strength * (tilt + bumps + passes), np.float32)
