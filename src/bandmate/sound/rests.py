"""Rests: stretches that hold nothing but the noise floor, so that a gate may turn them down.

A rest stays near its own floor from its start to its end: what still dies away is music and is left alone, and so is
what is tonal. The level has to rise clearly before a rest is over, and to lie low for a while before one begins.

Conventions: spans are frames of the recording, with some time left open before what follows (``PRE_SECONDS``) and after
what went before (``POST_SECONDS``).

Not covered: rests with bleed of other instruments in them, which is no floor; hum and rumble below 100 Hz, which do not
end a rest.
"""

from __future__ import annotations

import numpy as np
import scipy.ndimage

from bandmate.sound.audio import Samples
from bandmate.sound.span_frames import HOP_SECONDS, FoundSpan, Reals, logistic, runs, span_frames

EDGES_HZ = (100.0, 1_000.0, 4_000.0, 12_000.0)
GAIN_DB = -18.0
SMOOTHED_SECONDS = 0.03
CLOSES_DB, OPENS_DB = 5.0, 9.0
"""A rest lies within the one above the floor, and is over at the other."""

BELOW_LOUD_DB = 26.0
"""The floor lies at least so far below the loud tenth of the recording."""

SHORTEST_SECONDS = 0.4
PRE_SECONDS, POST_SECONDS = 0.06, 0.12
FLOOR_SHARE = 5
"""Percentile of the frames' levels that counts as the floor."""

DIGITAL_SILENCE_DB = -88.0
LEAST_FLATNESS = 0.12
STEADY_DB, FALLING_DB = 2.5, 3.0
"""Most that the level varies in a rest, as a standard deviation, and by which its second half is softer."""


def find_rests(samples: Samples, rate_hz: int, *, gain_db: float = GAIN_DB) -> tuple[FoundSpan, ...]:
    """The rests of a recording; nothing in silence throughout, and nothing where there is no floor to be seen.

    Parameters
    ----------
    samples : float32 array (channels, frames)
    rate_hz : int
    gain_db : float
        what each rest is given.
    """
    frames = span_frames(samples, rate_hz, EDGES_HZ)
    if frames.count * HOP_SECONDS < SHORTEST_SECONDS:
        return ()
    width = round(SMOOTHED_SECONDS / HOP_SECONDS)
    power = scipy.ndimage.uniform_filter1d(frames.powers.sum(axis=0), width, mode="nearest")
    level: Reals = np.maximum(10 * np.log10(np.maximum(power, 1e-15)), DIGITAL_SILENCE_DB)
    floor_db, loud_db = float(np.percentile(level, FLOOR_SHARE)), float(np.percentile(level, 90))
    if loud_db - floor_db < BELOW_LOUD_DB:
        return ()
    found = []
    for first, end in runs(level < floor_db + OPENS_DB):
        span = settled(level, first, end, floor_db)
        # A gate has to open before the sound, and to let it die away; the ends of the recording need neither.
        start = span[0] + (round(POST_SECONDS / HOP_SECONDS) if span[0] > 0 else 0)
        stop = span[1] - (round(PRE_SECONDS / HOP_SECONDS) if span[1] < frames.count else 0)
        if (stop - start) * HOP_SECONDS < SHORTEST_SECONDS:
            continue
        inside = level[start:stop]
        flatness = float(np.median(frames.flatness[start:stop]))
        if not is_floor(inside, flatness):
            continue
        begin, length = frames.span(start, stop, samples.shape[1])
        confidence = logistic(0.2 * (loud_db - float(inside.mean()) - BELOW_LOUD_DB) + 1.0)
        found.append(FoundSpan(begin, length, gain_db, float(inside.mean()), confidence))
    return tuple(found)


def settled(level: Reals, first: int, end: int, floor_db: float) -> tuple[int, int]:
    """The part of a stretch between the first and the last moment at which it lies near the floor."""
    near = np.flatnonzero(level[first:end] < floor_db + CLOSES_DB)
    return (first + int(near[0]), first + int(near[-1]) + 1) if len(near) else (first, first)


def is_floor(level: Reals, flatness: float) -> bool:
    """Whether a stretch is steady noise, or digital silence."""
    if level.max() <= DIGITAL_SILENCE_DB + 1.0:
        return True
    half = len(level) // 2
    is_falling = float(np.mean(level[:half]) - np.mean(level[half:])) > FALLING_DB
    return flatness >= LEAST_FLATNESS and float(np.std(level)) <= STEADY_DB and not is_falling
