"""Small songs and recordings for the renderer's tests."""

from __future__ import annotations

from typing import Any

import numpy as np

from bandmate.render.media import MemoryMedia
from bandmate.song.clips import AudioClip
from bandmate.song.song import Song
from bandmate.song.tracks import Bus, Main, Track
from bandmate.sound.audio import Audio, Samples

RATE_HZ = 48_000


def noise(seed: int, frames: int, channels: int = 2, level: float = 0.1) -> Samples:
    rng = np.random.default_rng(seed)
    return (rng.standard_normal((channels, frames)) * level).astype(np.float32)


def clip(audio: str, frames: int, **changes: Any) -> AudioClip:
    settings: dict[str, Any] = {"id": audio, "audio": audio, "source_frames": frames, "source_rate_hz": RATE_HZ}
    return AudioClip(**(settings | changes))


def track(track_id: str, frames: int, **changes: Any) -> Track:
    """A track that plays the recording of its own name from the start."""
    settings: dict[str, Any] = {"id": track_id, "clips": (clip(track_id, frames),)}
    return Track(**(settings | changes))


def media(**recordings: Samples) -> MemoryMedia:
    return MemoryMedia({name: Audio(samples, RATE_HZ) for name, samples in recordings.items()})


def song(*tracks: Track, buses: tuple[Bus, ...] = (), main: Main | None = None, **changes: Any) -> Song:
    return Song(rate_hz=RATE_HZ, tracks=tracks, buses=buses, main=main or Main(), **changes)


def plain_sum(*signals: Samples) -> Samples:
    """The sum in float64, rounded once."""
    return np.sum([signal.astype(np.float64) for signal in signals], axis=0).astype(np.float32)
