"""Rhythms made from scratch, as onsets and as sound, with the moments of their beats."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Reals = npt.NDArray[np.float64]
RATE_HZ = 16_000
HOP_SECONDS = 0.01


def beat_times(bpm: float, beats: int, *, start: float = 0.5, drift: float = 0.0, jitter: float = 0.0) -> Reals:
    """Moments of beats, the first at ``start``; ``drift`` is how far the tempo sways, as a share."""
    sway = 1 + drift * np.sin(np.arange(beats - 1) / beats * 4 * np.pi)
    times = start + np.concatenate([[0.0], np.cumsum(60 / bpm * sway)])
    moved = np.random.default_rng(3).normal(0.0, jitter, beats) if jitter else np.zeros(beats)
    return np.asarray(times + moved, np.float64)


def between(beats: Reals, share: float) -> Reals:
    """The moments that lie ``share`` of a beat after each beat."""
    return np.asarray(np.interp(np.arange(len(beats) - 1) + share, np.arange(len(beats)), beats), np.float64)


def rows(hits: list[tuple[Reals, float, float]], seconds: float) -> tuple[npt.NDArray[np.float32], ...]:
    """Strength and low strength of hits, each ``(moments, strength, low strength)``, with a little unrest."""
    hops = int(seconds / HOP_SECONDS)
    made = np.random.default_rng(5).uniform(0.0, 0.3, (2, hops))
    for times, strength, low in hits:
        at = np.rint(times / HOP_SECONDS).astype(int)
        at = at[at < hops]
        made[0, at] = np.maximum(made[0, at], strength)
        made[1, at] = np.maximum(made[1, at], low)
    return made[0].astype(np.float32), made[1].astype(np.float32)


def drums(beats: Reals, per_bar: int = 4, *, off_beat: float = 0.5) -> list[tuple[Reals, float, float]]:
    """Kick on the first beat of a bar (and the third of four), snare on the others' back, hats between."""
    numbers = np.arange(len(beats)) % per_bar
    kicks = np.isin(numbers, (0, 2) if per_bar == 4 else (0,))
    return [
        (beats[kicks], 11.0, 13.0),
        (beats[~kicks], 14.0, 5.0),
        (beats, 6.0, 0.0),
        (between(beats, off_beat), 5.0, 0.0),
    ]


def sounding(hits: list[tuple[Reals, float, float]], seconds: float, rate_hz: int = RATE_HZ) -> npt.NDArray[np.float32]:
    """The hits as short sounds, low ones at 60 Hz and the rest as noise; shape (1, frames)."""
    made = np.zeros(int(seconds * rate_hz))
    noise = np.random.default_rng(7).standard_normal(rate_hz // 5) * np.exp(-np.arange(rate_hz // 5) / rate_hz * 40)
    boom = np.sin(2 * np.pi * 60 * np.arange(rate_hz // 5) / rate_hz) * np.exp(-np.arange(rate_hz // 5) / rate_hz * 20)
    for times, strength, low in hits:
        for at in np.rint(times * rate_hz).astype(int):
            piece = made[at : at + rate_hz // 5]
            level = 0.02 * strength
            piece += (level * noise * (0.3 if low > 10 else 1.0) + (0.5 * boom if low > 10 else 0.0))[: len(piece)]
    return made[None].astype(np.float32) * np.float32(0.5)
