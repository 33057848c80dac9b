"""Cutting a signal into blocks in many ways, for tests of what must not depend on it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bandmate.sound.audio import Audio, Samples


def pieces(audio: Audio, rng: np.random.Generator, most_frames: int) -> Iterator[Samples]:
    """Consecutive blocks of 0 to ``most_frames`` frames."""
    start = 0
    while start < audio.frames:
        frames = int(rng.integers(0, most_frames + 1))
        yield audio.samples[:, start : start + frames]
        start += frames


def noise(rng: np.random.Generator, channels: int, frames: int, rate_hz: int, level: float = 0.1) -> Audio:
    """White noise of that RMS level, with a slow swell so that no two moments are alike."""
    swell = 0.6 + 0.4 * np.sin(np.arange(frames) / rate_hz)
    return Audio((level * swell * rng.standard_normal((channels, frames))).astype(np.float32), rate_hz)
