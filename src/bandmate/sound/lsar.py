"""Samples drawn again from what is around them: the values that surprise an autoregressive model of the sound least.

A short stretch of sound is predicted from the samples before each (``model``); what the prediction misses is the
residual. Samples that are missing get those values that make the residual smallest (``fill``): least squares, with both
sides of the gap known.

Conventions: float64; a model is ``[1, a1, … ap]``, so that the residual is the sum of ``a[k] * x[n - k]``. Kernels work
in the arrays they are given.

Not covered: finding what is missing (``click_repair``, ``declip``); gaps of more than some milliseconds, which a model
of this kind lets die away.

References: A. Janssen, R. Veldhuis, L. Vries, Adaptive interpolation of discrete-time signals that can be modeled as
autoregressive processes (1986); S. Godsill and P. Rayner, Digital Audio Restoration (1998), chapters 4 and 5.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bandmate.sound.kernel import contracted_kernel

Reals = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

WHITENESS = 1e-7
"""Noise that a model is given to reckon with, as a share of the power: bands that are empty stay harmless."""


@contracted_kernel
def model(sound: Reals, window: Reals, made: Reals) -> None:
    """The model that predicts ``sound * window`` best, written into ``made``; ``[1, 0, …]`` where there is nothing."""
    order, frames = made.shape[0] - 1, sound.shape[0]
    likeness = np.zeros(order + 1)
    seen = np.zeros(frames + order)
    for n in range(frames):
        seen[order + n] = sound[n] * window[n]
    for n in range(frames):
        value = seen[order + n]
        before = seen[n : n + order + 1]
        for k in range(order + 1):
            likeness[k] += value * before[k]
    likeness = likeness[::-1].copy()
    made[:] = 0.0
    made[0] = 1.0
    error = likeness[0] * (1.0 + WHITENESS)
    turned = np.zeros(order + 1)
    for step in range(1, order + 1):
        if error <= 1e-30:
            return
        missed = likeness[step]
        for k in range(1, step):
            missed += made[k] * likeness[step - k]
        reflection = -missed / error
        for k in range(1, step):
            turned[k] = made[k] + reflection * made[step - k]
        made[1:step] = turned[1:step]
        made[step] = reflection
        error *= 1.0 - reflection * reflection


@contracted_kernel
def residual(sound: Reals, made: Reals, missed: Reals) -> None:
    """What the model misses of each sample from those before it, written into ``missed``; nothing is before them."""
    frames = sound.shape[0]
    missed[:] = sound
    for k in range(1, min(made.shape[0], frames)):
        share = made[k]
        for n in range(k, frames):
            missed[n] += share * sound[n - k]


@contracted_kernel
def likenesses(made: Reals, of_model: Reals) -> None:
    """How the model is like itself moved on by 0, 1, … p samples: the coefficients of the normal equations."""
    order = made.shape[0] - 1
    for lag in range(order + 1):
        total = 0.0
        for k in range(order + 1 - lag):
            total += made[k] * made[k + lag]
        of_model[lag] = total


@contracted_kernel
def fill(sound: Reals, places: Whole, made: Reals) -> None:
    """Give ``sound`` at ``places`` (rising) the values that surprise the model least, all others being known."""
    unknown, order = places.shape[0], made.shape[0] - 1
    of_model = np.zeros(order + 1)
    likenesses(made, of_model)
    wanted = np.zeros(unknown)
    known_from(sound, places, of_model, wanted)
    # Cholesky in a band: places further apart than the order do not know of each other.
    root = np.zeros((unknown, order + 1))
    for i in range(unknown):
        first = max(0, i - order)
        for j in range(first, i + 1):
            apart = places[i] - places[j]
            total = of_model[apart] if apart <= order else 0.0
            if i == j:
                total *= 1.0 + 1e-10
            shared = max(first, j - order)
            for k in range(shared, j):
                total -= root[i, k - i + order] * root[j, k - j + order]
            if i == j:
                root[i, order] = np.sqrt(max(total, 1e-300))
            else:
                root[i, j - i + order] = total / root[j, order]
    for i in range(unknown):
        for k in range(max(0, i - order), i):
            wanted[i] -= root[i, k - i + order] * wanted[k]
        wanted[i] /= root[i, order]
    for i in range(unknown - 1, -1, -1):
        for k in range(i + 1, min(unknown, i + order + 1)):
            wanted[i] -= root[k, i - k + order] * wanted[k]
        wanted[i] /= root[i, order]
        sound[places[i]] = wanted[i]


@contracted_kernel
def known_from(sound: Reals, places: Whole, of_model: Reals, wanted: Reals) -> None:
    """The right side of the normal equations: what the known samples say about each unknown one."""
    order = of_model.shape[0] - 1
    for place in places:
        sound[place] = 0.0
    for i in range(places.shape[0]):
        first, last = max(0, places[i] - order), min(sound.shape[0] - 1, places[i] + order)
        total = 0.0
        for n in range(first, last + 1):
            total += of_model[abs(n - places[i])] * sound[n]
        wanted[i] = -total


@contracted_kernel
def drawn_between(sound: Reals, places: Whole) -> None:
    """Give ``sound`` at ``places`` (rising) straight lines between what is known beside them."""
    at = 0
    while at < places.shape[0]:
        end = at
        while end + 1 < places.shape[0] and places[end + 1] == places[end] + 1:
            end += 1
        before = sound[places[at] - 1] if places[at] > 0 else 0.0
        after = sound[places[end] + 1] if places[end] + 1 < sound.shape[0] else 0.0
        steps = end - at + 2
        for k in range(at, end + 1):
            sound[places[k]] = before + (after - before) * (k - at + 1) / steps
        at = end + 1


@contracted_kernel
def redraw(sound: Reals, places: Whole, window: Reals, order: int, rounds: int) -> None:
    """Draw ``sound`` at ``places`` again: model and values in turn, since each needs the other."""
    drawn_between(sound, places)
    made = np.zeros(order + 1)
    for _ in range(rounds):
        model(sound, window, made)
        fill(sound, places, made)


def compile_kernels() -> None:
    """Compile the loops of this module."""
    sound, places = np.sin(np.arange(256.0)), np.arange(100, 104)
    redraw(sound, places, np.ones(256), 8, 1)
    residual(sound, np.ones(3), np.zeros(256))
