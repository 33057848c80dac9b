"""A small network in plain numpy: standardized features in, two hidden layers, a posterior over roles out.

Conventions: rows of float32 features; roles by their number. Training is Adam with mixed examples, dropout and smoothed
labels, which keep it from learning a sound set by heart. The same seed gives the same network on one machine.

References: H. Zhang and others, mixup (ICLR 2018); D. Kingma and J. Ba, Adam (ICLR 2015).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

Array = np.ndarray
Change = Callable[[np.random.Generator, np.ndarray], np.ndarray]


@dataclass(frozen=True, slots=True)
class Settings:
    """How one network is made and taught."""

    hidden: int = 256
    epochs: int = 50
    batch: int = 128
    step: float = 2e-3
    weight_decay: float = 3e-4
    drop_inputs: float = 0.05
    drop_hidden: float = 0.3
    mixing: float = 0.5
    smoothing: float = 0.02
    noise: float = 0.1


@dataclass(frozen=True, slots=True)
class Network:
    """Weights and offsets of three layers."""

    layers: tuple[tuple[Array, Array], ...]

    def scores(self, inputs: Array) -> Array:
        """Before the softmax, (rows, roles)."""
        values = inputs
        for weights, offsets in self.layers[:-1]:
            values = np.maximum(values @ weights + offsets, 0.0)
        return values @ self.layers[-1][0] + self.layers[-1][1]


def softmax(scores: Array) -> Array:
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True)


def taught(
    inputs: Array, targets: Array, weights: Array, seed: int, settings: Settings, change: Change | None = None
) -> Network:
    """A network taught on standardized rows.

    Parameters
    ----------
    targets : array (rows, roles)
        one-hot.
    weights : array (rows,)
        how much each row counts.
    change : function or None
        makes other rows of a batch, alike in what they are, each time it is seen.
    """
    rng = np.random.default_rng(seed)
    sizes = [inputs.shape[1], settings.hidden, settings.hidden // 2, targets.shape[1]]
    values = []
    for above, below in pairwise(sizes):
        values += [rng.normal(0, np.sqrt(2 / above), (above, below)).astype(np.float32), np.zeros(below, np.float32)]
    first, second = [np.zeros_like(v) for v in values], [np.zeros_like(v) for v in values]
    goal = targets * (1 - settings.smoothing) + settings.smoothing / targets.shape[1]
    total = settings.epochs * (len(inputs) // settings.batch)
    done = 0
    for _ in range(settings.epochs):
        order, other = rng.permutation(len(inputs)), rng.permutation(len(inputs))
        for start in range(0, len(inputs) - settings.batch + 1, settings.batch):
            one, two = order[start : start + settings.batch], other[start : start + settings.batch]
            share = rng.beta(settings.mixing, settings.mixing, (settings.batch, 1)).astype(np.float32)
            firsts, seconds = (
                (inputs[one], inputs[two]) if change is None else (change(rng, inputs[one]), change(rng, inputs[two]))
            )
            rows = share * firsts + (1 - share) * seconds
            wanted = share * goal[one] + (1 - share) * goal[two]
            count = (share[:, 0] * weights[one] + (1 - share[:, 0]) * weights[two])[:, None]
            rows = rows + settings.noise * rng.standard_normal(rows.shape, dtype=np.float32)
            rows *= (rng.random(rows.shape, dtype=np.float32) >= settings.drop_inputs) / np.float32(
                1 - settings.drop_inputs
            )
            slopes = gradients(values, rows, wanted, count, rng, settings)
            done += 1
            pace = settings.step * 0.5 * (1 + np.cos(np.pi * done / total)) * min(1.0, done / 100)
            adam(values, slopes, first, second, done, pace, settings.weight_decay)
    return Network(tuple(zip(values[::2], values[1::2], strict=True)))


def gradients(
    values: list[Array], rows: Array, wanted: Array, count: Array, rng: np.random.Generator, settings: Settings
) -> list[Array]:
    """The slopes of the mean cross entropy for all weights and offsets."""
    kept, heard = [rows], []
    for layer in range(2):
        above = kept[-1] @ values[2 * layer] + values[2 * layer + 1]
        mask = (above > 0) * (rng.random(above.shape, dtype=np.float32) >= settings.drop_hidden)
        mask = mask / np.float32(1 - settings.drop_hidden)
        heard.append(mask)
        kept.append(above * mask)
    found = softmax(kept[-1] @ values[4] + values[5])
    error = (found - wanted) * count / len(rows)
    slopes: list[Array] = []
    for layer in (2, 1, 0):
        slopes = [kept[layer].T @ error, error.sum(axis=0), *slopes]
        if layer:
            error = (error @ values[2 * layer].T) * heard[layer - 1]
    return slopes


def adam(
    values: list[Array],
    slopes: list[Array],
    first: list[Array],
    second: list[Array],
    done: int,
    pace: float,
    decay: float,
) -> None:
    for value, slope, mean, square in zip(values, slopes, first, second, strict=True):
        mean *= 0.9
        mean += 0.1 * slope
        square *= 0.999
        square += 0.001 * slope * slope
        change = (mean / (1 - 0.9**done)) / (np.sqrt(square / (1 - 0.999**done)) + 1e-8)
        value -= (pace * (change + (decay * value if value.ndim == 2 else 0.0))).astype(np.float32)
