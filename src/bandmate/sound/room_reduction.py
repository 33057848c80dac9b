"""The late part of a room around a voice turned down by a bounded amount; its onsets and what is early are kept.

What has left the source fades in the room by 60 dB in the decay time. Of every bin it is summed up what still sounds of
the past, but for the last 50 ms; how strong that is in this room is told by the moments at which little else sounds.
What is no more than such a tail gets a lower gain, by ``reduction_db`` at most. In a dry recording these moments hold
next to nothing, so next to nothing is taken.

::

    note     ────────┐
    room     ────────┘‾‾‾‾──────____________    early: kept    late: up to -reduction_db
                     |-50 ms-|

Conventions: samples are float32, shape (channels, frames); all channels get the same gain, so the picture stays. What
is taken out is built up and subtracted, so samples of which nothing is taken stay as they are, to the bit.

Not covered: early reflections (the first 50 ms: a boxy room stays boxy), the room under a note that still sounds (it is
20 dB softer than the note or it stays), echoes, instruments that ring by themselves. Finding the room is
``bandmate.sound.room_decay``.

References: Lebart, Boucher & Denbigh, A new method based on spectral subtraction for speech dereverberation (2001);
Habets, Gannot & Cohen, Late reverberant spectral variance estimation based on a statistical model (2009).
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy import fft, ndimage, signal

from bandmate.sound.audio import Samples
from bandmate.sound.kernel import kernel
from bandmate.sound.noise_reduction import spectra_of, subtract

Reals = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]

WINDOW_SECONDS, EARLY_SECONDS = 0.046, 0.05
OVERLAP, PIECE = 4, 512
SMOOTH = (3, 3)
LOWEST_HZ, OCTAVES = 80.0, 1 / 2
MOST_REDUCTION_DB = 12.0
SHORTEST_SECONDS = 0.05

ROUNDS = 3
SOFT_SHARE, LOUD_RANGE = 0.15, 1e-5
"""The softest moments, against what the past leads to expect, tell of the room, while that is within 50 dB of its top.
"""

MOST_STRENGTH = 0.5
OVER = 1.4
"""The softest of moments that vary by chance are below their mean."""

TAIL_OVER = 1.0
"""Less is taken while a note sounds: the share of a moment that is a tail counts too."""

UNTOUCHED = 0.06
"""What is taken by less than this share is not taken at all."""

NOTHING = 1e-20


def room_reduced(
    samples: Samples, rate_hz: int, decay_seconds: float, reduction_db: float = 6.0, amount: float = 1.0
) -> Samples:
    """The recording with the late part of its room turned down.

    Parameters
    ----------
    samples : array (channels, frames)
    rate_hz : int
    decay_seconds : float
        in which the room fades by 60 dB.
    reduction_db : float
        how much the late part is turned down at most; more than 12 dB counts as 12 dB.
    amount : float
        0 … 1, share of what would be taken that is taken; 0 gives the very same samples.

    Returns
    -------
    array (channels, frames)
        new float32; equal to ``samples`` for silence.
    """
    out = samples.copy()
    reduction_db = min(reduction_db, MOST_REDUCTION_DB)
    if amount <= 0 or reduction_db <= 0 or not samples.any():
        return out
    length = OVERLAP * round(WINDOW_SECONDS * rate_hz / OVERLAP)
    hop = length // OVERLAP
    if hop < 2:
        return out
    window = signal.windows.hann(length, sym=False).astype(np.float32)
    power = powers(samples, hop, window)
    taken = shares(power, rate_hz, hop, max(decay_seconds, SHORTEST_SECONDS))
    lowest = 10 ** (-reduction_db / 20)
    scale = np.float32(amount * (1 - lowest) / (0.375 * OVERLAP))
    for first in range(0, len(taken), PIECE):
        part = taken[first : first + PIECE]
        if not part.any():
            continue
        spectra = spectra_of(samples, hop * first, hop, len(part), window)
        wave = fft.irfft(spectra * part, n=length, axis=2) * (window * scale)
        subtract(out, wave, hop * first - length + hop, hop)
    return out


def powers(samples: Samples, hop: int, window: Singles) -> Singles:
    """Power of each bin, mean of the channels, a little smoothed, shape (moments, bins)."""
    moments = -(-(samples.shape[1] + len(window)) // hop)
    out = np.empty((moments, len(window) // 2 + 1), np.float32)
    for first in range(0, moments, PIECE):
        count = min(PIECE, moments - first)
        out[first : first + count] = (np.abs(spectra_of(samples, hop * first, hop, count, window)) ** 2).mean(axis=0)
    return np.asarray(ndimage.uniform_filter(out, SMOOTH, mode="nearest"))


def shares(power: Singles, rate_hz: int, hop: int, decay_seconds: float) -> Singles:
    """Share of each bin that is a tail of the past, 0 … 1, shape (moments, bins)."""
    early = max(round(EARLY_SECONDS * rate_hz / hop), 1)
    fade = float(10 ** (-6 * hop / rate_hz / decay_seconds))
    groups = bands(power.shape[1], rate_hz)
    strength = np.zeros(power.shape[1])
    past = np.empty_like(power)
    for _ in range(ROUNDS):
        sum_up(power, strength, fade, early, past)
        for low, high in groups:
            strength[low:high] = told(power[:, low:high], past[:, low:high], 1 - fade)
    sum_up(power, strength, fade, early, past)
    past *= OVER * strength.astype(np.float32)
    known = np.flatnonzero(strength)
    whole = np.minimum(past, power)[:, known].sum(axis=1) / (power[:, known].sum(axis=1) + NOTHING)
    np.divide(past, np.maximum(power, NOTHING, out=power), out=past)
    past *= np.minimum(TAIL_OVER * whole, 1).astype(np.float32)[:, None]
    taken = np.maximum(np.minimum(past, 1) - UNTOUCHED, 0, out=past)
    taken /= np.float32(1 - UNTOUCHED)
    return taken


def bands(bins: int, rate_hz: int) -> list[tuple[int, int]]:
    """First and last bin of each band; what is below the lowest is left alone."""
    width_hz = rate_hz / 2 / max(bins - 1, 1)
    edges_hz = LOWEST_HZ * 2 ** (OCTAVES * np.arange(32))
    edges = np.unique(np.minimum(np.ceil(edges_hz / width_hz).astype(int), bins))
    return [(int(low), int(high)) for low, high in pairwise(edges)]


def told(power: Singles, past: Singles, steady: float) -> float:
    """How strong the tail of what was summed up is in a band, by the moments at which little else sounds.

    ``steady`` is what it would seem to be in a sound that does not change; 0 where it is near that, as little is told.
    """
    loud = past > LOUD_RANGE * float(past.max(initial=0)) + NOTHING
    if loud.sum() < 16:
        return 0.0
    found = float(np.quantile(power[loud] / past[loud], SOFT_SHARE))
    return found if found < MOST_STRENGTH * steady else 0.0


@kernel
def sum_up(power: Singles, strength: Reals, fade: float, early: int, past: Singles) -> None:
    """Write what sounds on of all that has left the source until ``early`` moments ago, before ``strength``."""
    moments, bins = power.shape
    total = np.zeros(bins)
    for moment in range(moments):
        for at in range(bins):
            left = moment - early
            if left >= 0:
                tail = strength[at] * past[left, at]
                total[at] = fade * total[at] + max(power[left, at] - tail, 0.0)
            past[moment, at] = np.float32(total[at])


def compile_kernels() -> None:
    """Compile the inner loops."""
    one = np.zeros((2, 2), np.float32)
    sum_up(one, np.zeros(2), 0.5, 1, one.copy())
