"""Pops: the puff of a p or b that hits the microphone as a burst below the voice, found and turned down.

A pop is a burst below the lowest sung pitch that comes at once, sticks far out of what is there before and after, is
nearly as loud as the voice, and is followed by it.

Conventions: the corner lies below the voice's pitch, so that no note is touched; spans are frames of the recording.

Not covered: pops that reach up into the voice; voices and instruments lower than ``LOWEST_VOICE_HZ``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.ndimage
import scipy.signal

from bandmate.sound.audio import Samples
from bandmate.sound.band_gain import with_band_gains
from bandmate.sound.pitch_curve import PitchCurve
from bandmate.sound.span_frames import HOP_SECONDS, Flags, FoundSpan, Reals, logistic, runs, voiced_frames

CORNER_HZ = (60.0, 150.0)
UNDER_PITCH = 0.75
HEARD_BELOW = 0.8
"""A pop is looked for below this share of the corner: there the slope of the filter lets nothing of a note through."""

LOWEST_VOICE_HZ = 75.0
LEAST_VOICED_SHARE = 0.2
SMOOTHED_SECONDS, AROUND_SECONDS = 0.03, 0.8
RISE_DB, ENDS_DB = 14.0, 6.0
"""A pop sticks out of the median around it by the one at its peak, and by the other from its start to its end."""

BELOW_VOICE_DB = -9.0
"""Its peak against the level of the sung frames, at least."""

SECONDS = (0.02, 0.3)
VOICE_WITHIN_SECONDS = 0.25
LEAST_GAIN_DB = -30.0
RAMP_SECONDS = 0.015


def corner_for(heard: PitchCurve) -> float:
    """The corner below the lower pitches of a voice, Hz; 0 where it is too low to be a voice, or silent."""
    if not heard.voiced.any():
        return 0.0
    low_hz = float(np.percentile(heard.hz[heard.voiced], 5))
    return float(np.clip(UNDER_PITCH * low_hz, *CORNER_HZ)) if low_hz >= LOWEST_VOICE_HZ else 0.0


def find_plosives(samples: Samples, rate_hz: int, heard: PitchCurve) -> tuple[FoundSpan, ...]:
    """The pops of a voice, each with the gain that brings its low part to what is usual around it.

    Parameters
    ----------
    samples : float32 array (channels, frames)
    rate_hz : int
    heard : PitchCurve
        the pitch of the voice: ``corner_for(heard)`` is where its low part ends.
    """
    corner = corner_for(heard)
    hop = HOP_SECONDS * rate_hz
    count = int(samples.shape[1] / hop)
    voiced = voiced_frames(heard, count)
    if not corner or count < 4 or voiced.mean() < LEAST_VOICED_SHARE:
        return ()
    low_db, all_db = levels(samples, rate_hz, corner, count)
    voice_db = float(np.median(all_db[voiced]))
    around = scipy.ndimage.percentile_filter(low_db, 50, 2 * round(AROUND_SECONDS / HOP_SECONDS / 2) + 1)
    over = low_db - np.maximum(around, voice_db - 40.0)
    ahead = followed(voiced)
    found = []
    for first, end in runs(over > ENDS_DB):
        peak = first + int(np.argmax(over[first:end]))
        margin = min(float(over[peak]) - RISE_DB, float(low_db[peak]) - voice_db - BELOW_VOICE_DB)
        if margin < 0 or not SECONDS[0] <= (end - first) * HOP_SECONDS <= SECONDS[1] or not ahead[peak]:
            continue
        start, stop = round(max(0, first - 2) * hop), min(samples.shape[1], round((end + 2) * hop))
        gain_db = max(LEAST_GAIN_DB, 3.0 - float(over[peak]))
        confidence = logistic(0.5 * margin + 0.5)
        found.append(FoundSpan(start, stop - start, gain_db, float(low_db[peak]), confidence))
    return tuple(found)


def levels(samples: Samples, rate_hz: int, corner: float, count: int) -> tuple[Reals, Reals]:
    """Level below the corner and of everything, smoothed over 30 ms, at each frame, dB."""
    sections = scipy.signal.butter(8, 2 * HEARD_BELOW * corner / rate_hz, "lowpass", output="sos")
    edges = np.round(np.arange(count + 1) * HOP_SECONDS * rate_hz).astype(np.int64)
    low, everything = np.zeros(count), np.zeros(count)
    for channel in samples:
        sound = channel.astype(np.float64)
        for total, part in ((low, scipy.signal.sosfilt(sections, sound)), (everything, sound)):
            total += np.add.reduceat(part[: edges[-1]] ** 2, edges[:-1]) / np.diff(edges) / len(samples)
    width = round(SMOOTHED_SECONDS / HOP_SECONDS)
    smooth = [scipy.ndimage.uniform_filter1d(power, width, mode="nearest") for power in (low, everything)]
    return 10 * np.log10(np.maximum(smooth[0], 1e-15)), 10 * np.log10(np.maximum(smooth[1], 1e-15))


def followed(voiced: Flags) -> Flags:
    """Where the voice is heard within a moment from then on."""
    reach = round(VOICE_WITHIN_SECONDS / HOP_SECONDS)
    padded = np.concatenate([voiced, np.zeros(reach, np.bool_)])
    counts = np.concatenate([[0], np.cumsum(padded)])
    return counts[reach : reach + len(voiced)] > counts[: len(voiced)]


def plosives_repaired(
    samples: Samples, rate_hz: int, corner_hz: float, spans: Sequence[tuple[int, int, float]]
) -> Samples:
    """The recording with what is below the corner at the gain of each ``(start_frame, frames, gain_db)``."""
    return with_band_gains(samples, rate_hz, corner_hz, spans, is_above=False, ramp_seconds=RAMP_SECONDS)
