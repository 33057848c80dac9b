"""Stretches of a recording made softer or louder, with ramps that lie inside of them.

Conventions: frames of the recording; a ramp is half a cosine in decibels' place, that is, in amplitude, and as long as
asked or half of its stretch at most. Stretches that overlap multiply. Outside of them every sample stays as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bandmate.sound.audio import Samples

SILENCE_DB = -150.0
"""At and below this a stretch is silent."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """``frames`` frames from ``start_frame`` on, and what is added to their level."""

    start_frame: int
    frames: int
    gain_db: float


def with_gains(samples: Samples, stretches: Sequence[Stretch], *, ramp_frames: int) -> Samples:
    """The recording with these stretches at their gains; the same object where none of them changes anything.

    Parameters
    ----------
    samples : float32 array (channels, frames)
    stretches : sequence of Stretch
        what lies outside of the recording counts for nothing.
    ramp_frames : int
        how long the gain takes from nothing to all at both ends.
    """
    made = samples
    for stretch in stretches:
        start, end = max(0, stretch.start_frame), min(samples.shape[1], stretch.start_frame + stretch.frames)
        if stretch.gain_db == 0.0 or end <= start:
            continue
        if made is samples:
            made = samples.copy()
        gain = 0.0 if stretch.gain_db <= SILENCE_DB else 10.0 ** (stretch.gain_db / 20)
        made[:, start:end] *= ramped(end - start, gain, ramp_frames)
    return made


def ramped(frames: int, gain: float, ramp_frames: int) -> Samples:
    """The gain of each frame: from 1 to ``gain`` and back."""
    ramp = min(ramp_frames, frames // 2)
    share = np.ones(frames)
    if ramp:
        rise = 0.5 - 0.5 * np.cos(np.pi * (np.arange(ramp) + 0.5) / ramp)
        share[:ramp], share[frames - ramp :] = rise, rise[::-1]
    return (1.0 + (gain - 1.0) * share).astype(np.float32)
