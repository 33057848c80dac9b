"""A plain singer for tests: a harmonic tone along any pitch contour, whose truth is the contour."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]
Reals = npt.NDArray[np.float64]


def tone(pitches: Reals, rate_hz: int, *, level: float = 0.2) -> Samples:
    """Harmonics falling by 1.5 powers along MIDI pitches, one for each frame; NaN is silence; (1, frames)."""
    sung = ~np.isnan(pitches)
    hz = 440.0 * 2 ** ((np.where(sung, pitches, 60.0) - 69.0) / 12)
    phase = 2 * np.pi * np.cumsum(hz / rate_hz)
    sound = np.zeros(len(hz))
    for number in range(1, 21):
        sound += np.where(number * hz < 0.42 * rate_hz, number**-1.5, 0.0) * np.sin(number * phase + 0.3 * number)
    fade = np.convolve(sung.astype(float), np.ones(rate_hz // 100) / (rate_hz // 100), mode="same")
    return (level * sound * sung * np.clip(fade * 2 - 1, 0, 1)).astype(np.float32)[None, :]


def contour(notes: Sequence[tuple[float, float, float]], seconds: float, rate_hz: int) -> Reals:
    """Pitches at every frame of notes (start, end, pitch), NaN between them."""
    pitches = np.full(round(seconds * rate_hz), np.nan)
    for start, end, pitch in notes:
        pitches[round(start * rate_hz) : round(end * rate_hz)] = pitch
    return pitches


def shaken(pitches: Reals, rate_hz: int, cents: float, hz: float) -> Reals:
    """The same with a vibrato."""
    return pitches + cents / 100 * np.sin(2 * np.pi * hz * np.arange(len(pitches)) / rate_hz)


def truth(pitches: Reals, rate_hz: int, points: int, hop_seconds: float) -> Reals:
    """The pitch at each point of a curve."""
    at = np.minimum(np.round(np.arange(points) * hop_seconds * rate_hz).astype(int), len(pitches) - 1)
    return pitches[at]
