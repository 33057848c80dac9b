"""Short finished pieces to master: a small band with soft and loud parts, and files made of them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import soundfile

from tests.stages.stems import RATE_HZ, noise, stems, times

Reals = np.ndarray


@cache
def mix() -> Reals:
    """Twelve seconds in stereo, the first half 8 dB softer; shape (2, frames), peaks near -11 dBFS."""
    both = sum(stems().values())
    level = np.where(times() < 6.0, 0.4, 1.0)
    side = 0.05 * noise(5, 200, 9_000)
    return 0.25 * level * np.stack([both + side, both - side])


@cache
def record() -> Reals:
    """The same band, brighter, denser and louder: something to compare with."""
    spectrum = np.fft.rfft(mix())
    hz = np.fft.rfftfreq(mix().shape[1], 1 / RATE_HZ)
    bright = np.fft.irfft(spectrum * np.sqrt(1 + hz / 1_500), mix().shape[1])
    return 0.8 * np.tanh(2 * bright / np.abs(bright).max())


def written(path: Path, samples: Reals, *, rate_hz: int = RATE_HZ, subtype: str = "PCM_24") -> Path:
    """A sound file with these samples, shape (channels, frames) or (frames,)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.atleast_2d(samples).T, rate_hz, subtype=subtype)
    return path


def stretched(rate_hz: int, seconds: float) -> Reals:
    """Some seconds at another rate: the mix with more or fewer points, whatever that does to its pitch."""
    frames = round(rate_hz * seconds)
    return np.stack([np.interp(np.linspace(0, row.size - 1, frames), np.arange(row.size), row) for row in mix()])


def samples_of(path: Path) -> tuple[Reals, int]:
    """What is in a file, shape (channels, frames), and its rate."""
    samples, rate_hz = soundfile.read(path, always_2d=True)
    return samples.T, rate_hz
