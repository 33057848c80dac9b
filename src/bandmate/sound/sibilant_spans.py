"""Sibilants that stick out of the voice and of other sibilants: found, and turned down above a corner.

Conventions: a sibilant's excess is its level above ``CORNER_HZ`` against the level of the voice around it; its gain
brings the excess near what is usual in this recording, or in recordings if all of it is sharp. Spans are frames of the
recording.

Not covered: whether the recording is a voice (a hi-hat is all sibilant, and so nothing is found in it); lisps.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.ndimage

from bandmate.sound.audio import Samples
from bandmate.sound.band_gain import with_band_gains
from bandmate.sound.span_frames import HOP_SECONDS, FoundSpan, Reals, logistic, runs, span_frames

CORNER_HZ = 5_000.0
EDGES_HZ = (200.0, 1_000.0, 4_000.0, 13_000.0)
LEAST_RATE_HZ = 16_000
SHARE = 0.6
"""Of the power of a sibilant, so much is above 4 kHz."""

SECONDS = (0.03, 0.4)
MOST_SIBILANT = 0.35
"""Where more of the loud frames are sibilant, it is no voice."""

LOUD_DB = 25.0
AROUND_SECONDS = 2.0
LEAST_VOICE_SECONDS = 0.5
USUAL_DB = -3.0
"""A recording's usual excess counts as this at most."""

STICKS_OUT_DB, LEFT_DB = 4.0, 1.5
"""From so far above the usual on a sibilant is turned down, and then to so far above it."""

LEAST_GAIN_DB = -12.0
RAMP_SECONDS = 0.008


def find_sibilants(samples: Samples, rate_hz: int) -> tuple[FoundSpan, ...]:
    """The sibilants that stick out, each with its gain; nothing where there is no voice around them.

    Parameters
    ----------
    samples : float32 array (channels, frames)
    rate_hz : int
        below 16 kHz nothing is found.
    """
    if rate_hz < LEAST_RATE_HZ or not samples.any():
        return ()
    frames = span_frames(samples, rate_hz, EDGES_HZ)
    level, high_db = frames.level_db(), frames.level_db(2)
    loud = level > np.percentile(level, 95) - LOUD_DB
    sharp = frames.powers[2] > SHARE * frames.powers.sum(axis=0)
    voice = loud & ~sharp
    if np.count_nonzero(loud & sharp) > MOST_SIBILANT * np.count_nonzero(loud):
        return ()
    if np.count_nonzero(voice) * HOP_SECONDS < LEAST_VOICE_SECONDS:
        return ()
    near_db = nearby_level(frames.powers.sum(axis=0), voice)
    spans = [span for span in runs(loud & sharp) if SECONDS[0] <= (span[1] - span[0]) * HOP_SECONDS <= SECONDS[1]]
    excess = [float(np.percentile((high_db - near_db)[slice(*span)], 80)) for span in spans]
    if not spans:
        return ()
    usual = min(USUAL_DB, float(np.median(excess)))
    found = []
    for span, over in zip(spans, excess, strict=True):
        beyond = over - usual - STICKS_OUT_DB
        if beyond > 0:
            start, length = frames.span(span[0] - 1, span[1] + 1, samples.shape[1])
            gain_db = max(LEAST_GAIN_DB, usual + LEFT_DB - over)
            top_db = float(high_db[slice(*span)].max())
            found.append(FoundSpan(start, length, gain_db, top_db, logistic(0.6 * beyond + 0.3)))
    return tuple(found)


def nearby_level(power: Reals, voice: np.ndarray) -> Reals:
    """The mean level of the voiced frames within a second of each frame, of all where there are none, dB."""
    width = round(AROUND_SECONDS / HOP_SECONDS)
    total = scipy.ndimage.uniform_filter1d(np.where(voice, power, 0.0), width, mode="constant")
    share = scipy.ndimage.uniform_filter1d(voice.astype(np.float64), width, mode="constant")
    overall = float(power[voice].mean())
    mean = np.where(share > 0.05, total / np.maximum(share, 1e-9), overall)
    level: Reals = 10 * np.log10(np.maximum(mean, 1e-15))
    return level


def sibilants_repaired(
    samples: Samples, rate_hz: int, corner_hz: float, spans: Sequence[tuple[int, int, float]]
) -> Samples:
    """The recording with what is above the corner at the gain of each ``(start_frame, frames, gain_db)``."""
    return with_band_gains(samples, rate_hz, corner_hz, spans, is_above=True, ramp_seconds=RAMP_SECONDS)
