"""Breaths between the phrases of a voice: noise of some length without pitch, neither a rest nor a consonant.

Conventions: levels are judged between 500 Hz and 10 kHz, where rumble is not; spans are frames of the recording, in
order. Turned down by ``GAIN_DB`` and left in: a phrase without its breath sounds cut.

Not covered: whether the recording is a voice (winds breathe too); breaths that run into a sung note without a gap;
breaths below the noise of the room.
"""

from __future__ import annotations

import math

import numpy as np

from bandmate.sound.audio import Samples
from bandmate.sound.pitch_curve import PitchCurve
from bandmate.sound.span_frames import (
    HOP_SECONDS,
    Flags,
    FoundSpan,
    Reals,
    SpanFrames,
    logistic,
    runs,
    span_frames,
    voiced_frames,
)

EDGES_HZ = (500.0, 1_000.0, 2_000.0, 4_000.0, 6_000.0, 10_000.0)
GAIN_DB = -8.0
VOICED_SHARE = (0.15, 0.97)
LEAST_VOICED_SECONDS = 1.0
GAP_SECONDS = 0.3
"""Between phrases there is no pitch for so long; within words there is one sooner."""

SHORTEST_NOTE_SECONDS = 0.05
"""A pitch for less than that is a guess of the tracker's."""

SECONDS = (0.08, 0.6)
JOINED_SECONDS = 0.03
EDGE_SECONDS = 0.03
"""What is nearer to a note than this belongs to it."""

OVER_FLOOR_DB = 8.0
BELOW_VOICE_DB = (-38.0, -9.0)
"""Level of a breath against that of the sung frames."""

LEAST_FLATNESS = 0.13
MOST_IN_ONE_BAND, MOST_SIBILANT = 0.85, 0.55
STEADY_DB = 6.0
"""How much the middle of its levels, all but the lowest and highest sixth, lies to either side, at most."""


def find_breaths(samples: Samples, rate_hz: int, heard: PitchCurve) -> tuple[FoundSpan, ...]:
    """The breaths of a voice, with the gain that turns each down.

    Parameters
    ----------
    samples : float32 array (channels, frames)
    rate_hz : int
    heard : PitchCurve
        the pitch of the voice; without pitch, or with nothing but pitch, nothing is found.
    """
    frames = span_frames(samples, rate_hz, EDGES_HZ)
    voiced = voiced_frames(heard, frames.count)
    if voiced.sum() * HOP_SECONDS < LEAST_VOICED_SECONDS or not VOICED_SHARE[0] < voiced.mean() < VOICED_SHARE[1]:
        return ()
    for first, end in runs(voiced):
        if (end - first) * HOP_SECONDS < SHORTEST_NOTE_SECONDS:
            voiced[first:end] = False
    level = frames.level_db()
    sung_db, floor_db = float(np.median(level[voiced])), float(np.percentile(level, 3))
    sibilant = frames.powers[3:].sum(axis=0) > MOST_SIBILANT * frames.powers.sum(axis=0)
    low_db = max(floor_db + OVER_FLOOR_DB, sung_db + BELOW_VOICE_DB[0])
    is_breath_like = (level > low_db) & (level < sung_db + BELOW_VOICE_DB[1] + 3.0) & ~sibilant
    found = []
    for first, end in runs(~voiced):
        if (end - first) * HOP_SECONDS < GAP_SECONDS:
            continue
        edge = round(EDGE_SECONDS / HOP_SECONDS)
        for start, stop in bridged(is_breath_like[first + edge : end - edge]):
            span = (first + edge + start, first + edge + stop)
            confidence = likeness(frames, level, span, sung_db, low_db)
            if confidence > 0.5:
                begin, length = frames.span(*span, samples.shape[1])
                loud = 10 * math.log10(float(frames.powers[:, slice(*span)].sum(axis=0).mean()))
                found.append(FoundSpan(begin, length, GAIN_DB, loud, confidence))
    return tuple(found)


def bridged(flags: Flags) -> list[tuple[int, int]]:
    """Runs of flags, those with short gaps between them joined."""
    joined: list[tuple[int, int]] = []
    for first, end in runs(flags):
        if joined and (first - joined[-1][1]) * HOP_SECONDS <= JOINED_SECONDS:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((first, end))
    return joined


def likeness(frames: SpanFrames, level: Reals, span: tuple[int, int], sung_db: float, low_db: float) -> float:
    """How sure it is that a stretch is a breath."""
    seconds = (span[1] - span[0]) * HOP_SECONDS
    if not SECONDS[0] <= seconds <= SECONDS[1]:
        return 0.0
    powers = frames.powers[:, slice(*span)].sum(axis=1)
    shares = powers / powers.sum()
    flatness = float(np.median(frames.flatness[slice(*span)]))
    mean_db = float(np.mean(level[slice(*span)]))
    if shares.max() > MOST_IN_ONE_BAND or shares[3:].sum() > MOST_SIBILANT or flatness < LEAST_FLATNESS:
        return 0.0
    low, high = np.percentile(level[slice(*span)], (17, 83))
    if mean_db > sung_db + BELOW_VOICE_DB[1] or high - low > 2 * STEADY_DB:
        return 0.0
    margins = 15.0 * (flatness - LEAST_FLATNESS) + 8.0 * (seconds - SECONDS[0]) + 0.2 * (mean_db - low_db)
    return logistic(margins - 1.0)
