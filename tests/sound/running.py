"""Feeding a processor in pieces."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle

import numpy as np

from bandmate.sound.audio import Samples
from bandmate.sound.processors import Processor


def run(
    processor: Processor, samples: np.ndarray, sizes: Sequence[int] = (65_536,), *, aligned: bool = True
) -> Samples:
    """``samples`` through ``processor`` in blocks of ``sizes`` (over and over); ``aligned`` takes the latency away."""
    late = processor.latency_frames if aligned else 0
    fed = np.concatenate([samples, np.zeros((len(samples), late))], axis=1).astype(np.float32)
    pieces, start, size = [np.zeros((len(samples), 0), dtype=np.float32)], 0, cycle(sizes)
    while start < fed.shape[1]:
        stop = start + next(size)
        pieces.append(processor.process(fed[:, start:stop]))
        start = stop
    return np.concatenate(pieces, axis=1)[:, late:]


def sine(freq_hz: float, *, rate_hz: int, seconds: float, peak: float = 1.0) -> np.ndarray:
    """A mono sine (1, frames), float64."""
    frames = np.arange(round(rate_hz * seconds))
    return peak * np.sin(2.0 * np.pi * freq_hz / rate_hz * frames)[None, :]


def level_db(samples: np.ndarray) -> float:
    """RMS in dB."""
    return float(10.0 * np.log10(np.mean(np.square(samples, dtype=np.float64))))
