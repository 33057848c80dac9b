"""A small singer for tests: harmonics through three formants, at any pitch curve."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bandmate.sound.audio import Samples
from bandmate.sound.pitch_curve import PitchCurve

HOP_SECONDS = 0.005
FORMANTS = ((700.0, 90.0), (1_150.0, 110.0), (2_700.0, 150.0))


def sung(pitches: npt.NDArray[np.float64], rate_hz: int) -> Samples:
    """A voice at these MIDI pitches, one for each frame; silent where NaN; float32 (1, frames)."""
    hz = 440.0 * 2.0 ** ((np.where(np.isnan(pitches), 57.0, pitches) - 69.0) / 12.0)
    turns = np.cumsum(hz) / rate_hz
    sound = np.zeros(len(hz))
    for number in range(1, int(min(5_000.0, 0.45 * rate_hz) / hz.max()) + 1):
        there = number * hz
        passed = sum(width**2 / ((there - centre) ** 2 + width**2) for centre, width in FORMANTS) + 0.01
        sound += passed / number * np.cos(2 * np.pi * number * turns)
    sound[np.isnan(pitches)] = 0.0
    return (0.3 * sound / max(float(np.abs(sound).max()), 1e-9)).astype(np.float32)[None, :]


def curve_of(pitches: npt.NDArray[np.float64], rate_hz: int) -> PitchCurve:
    """The true curve of ``sung``."""
    at = (np.arange(int(len(pitches) / rate_hz / HOP_SECONDS)) * HOP_SECONDS * rate_hz).astype(int)
    there = pitches[at]
    hz = np.where(np.isnan(there), 0.0, 440.0 * 2.0 ** ((np.nan_to_num(there, nan=60.0) - 69.0) / 12.0))
    return PitchCurve(HOP_SECONDS, hz, (hz > 0).astype(np.float64))


def phrase(rate_hz: int, notes: tuple[tuple[float, float, float], ...], seconds: float) -> npt.NDArray[np.float64]:
    """Pitches of (start, end, pitch) notes, NaN between them."""
    pitches = np.full(round(seconds * rate_hz), np.nan)
    for start, end, pitch in notes:
        pitches[round(start * rate_hz) : round(end * rate_hz)] = pitch
    return pitches
