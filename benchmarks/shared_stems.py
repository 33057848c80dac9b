"""Real stems to measure with, where the folder of shared recordings is there; else some that are made here."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]

RATE_HZ = 44_100
SYNTHETIC_SECONDS = 40


def stem_files() -> list[Path]:
    """The shared stems; an empty list where there are none."""
    base = Path(os.environ.get("BANDMATE_SHARED", Path(__file__).resolve().parents[2] / "shared"))
    return sorted((base / "audio" / "stems_cc0").glob("*.mp3"))


def stems() -> dict[str, Samples]:
    """Stems by name, stereo (2, frames) at 44.1 kHz: the shared ones, or drums, bass, keys and a voice made here."""
    import soundfile

    found = {}
    for path in stem_files():
        samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
        assert rate_hz == RATE_HZ, f"{path.name} has {rate_hz} Hz; these benchmarks are for {RATE_HZ} Hz"
        found[path.stem] = np.ascontiguousarray(np.broadcast_to(samples.T, (2, len(samples))))
    return found or made_stems()


def made_stems() -> dict[str, Samples]:
    """Something like music, when there is nothing else."""
    rng, clock = np.random.default_rng(1), np.arange(SYNTHETIC_SECONDS * RATE_HZ) / RATE_HZ
    beat = np.exp(-8 * (clock * 2 % 1.0))
    notes = 55 * 2 ** (np.floor(clock / 2) % 5 / 12)
    bass = 0.2 * np.sin(2 * np.pi * np.cumsum(notes) / RATE_HZ)
    keys = 0.1 * sum(np.sin(2 * np.pi * np.cumsum(notes * k) / RATE_HZ) for k in (4, 5, 6))
    voice = 0.1 * np.sin(2 * np.pi * 330 * clock + 2 * np.sin(5 * clock)) * (np.sin(clock / 2) > 0)
    noise = rng.standard_normal((2, len(clock)))
    made = {"drums": 0.3 * beat * noise, "bass": bass, "keys": keys, "lead vocal": voice}
    return {name: np.broadcast_to(sound, (2, len(clock))).astype(np.float32) for name, sound in made.items()}
