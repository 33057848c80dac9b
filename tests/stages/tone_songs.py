"""Sketches and noise with a known tone, for the tests of tone and width."""

from __future__ import annotations

import numpy as np

from bandmate.song.devices import Band
from bandmate.stages.hearing import Hearing, hear
from bandmate.stages.master.sketch import Sketch, bands_response_db, from_db, sketch_of

RATE_HZ = 44_100
BAND_HZ = 1_000.0 * 10.0 ** ((np.arange(31) - 17) / 10)

Reals = np.ndarray


def usual_db(band_hz: Reals = BAND_HZ) -> Reals:
    """A fall of 3 dB per octave from 100 Hz on, as of a record."""
    return -3.0 * np.log2(np.maximum(band_hz, 100.0) / 100.0) - 20.0


def sketch(mid_db: Reals, side_db: Reals | None = None, *, hops: int = 200, rate_hz: int = RATE_HZ) -> Sketch:
    """Steady sound of those levels for 20 s; mono without a side."""
    mid = np.repeat(from_db(mid_db)[:, None], hops, axis=1)
    side = np.zeros(mid.shape) if side_db is None else np.repeat(from_db(side_db)[:, None], hops, axis=1)
    return Sketch(BAND_HZ[: len(mid_db)], 0.1, rate_hz, mid, side)


def moving(still: Sketch, seed: int = 1) -> Sketch:
    """The same with loud and quiet moments, other ones in each band."""
    swing = np.random.default_rng(seed).normal(0.0, 3.0, still.mid.shape)
    return still.multiplied(swing)


def bell(freq_hz: float, gain_db: float, q: float = 1.0, **more: object) -> Band:
    return Band(id=f"at-{freq_hz:g}", freq_hz=freq_hz, gain_db=gain_db, q=q, **more)


def response_db(bands: list[Band], scope: str = "mid", rate_hz: int = RATE_HZ) -> Reals:
    return bands_response_db(bands, BAND_HZ, rate_hz, scope)


def record(seed: int, *, seconds: float = 8.0, width: float = 0.4) -> np.ndarray:
    """Stereo noise that falls like a record; (2, frames) float32 at 44.1 kHz."""
    frames = round(seconds * RATE_HZ)
    rng = np.random.default_rng(seed)
    hz = np.maximum(np.fft.rfftfreq(frames, 1 / RATE_HZ), 20.0)
    fall = hz**-0.5 * np.maximum(hz, 100.0) ** -0.5
    parts = [np.fft.irfft(np.fft.rfft(rng.standard_normal(frames)) * fall, frames) for _ in range(2)]
    mid, side = (part / np.abs(part).max() for part in parts)
    return (np.stack([mid + width * side, mid - width * side]) * 0.3).astype(np.float32)


def heard(samples: np.ndarray, rate_hz: int = RATE_HZ) -> Hearing:
    return hear([samples], rate_hz)


def sketched(samples: np.ndarray, rate_hz: int = RATE_HZ) -> Sketch:
    return sketch_of(heard(samples, rate_hz))
