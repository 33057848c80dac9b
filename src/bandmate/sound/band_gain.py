"""The low or the high part of some stretches made softer: the part is filtered out without phase and added back less.

Conventions: spans are ``(start_frame, frames, gain_db)`` of the recording; those that overlap add up. The gain comes
and goes in ramps that lie inside of the span, so that outside of the spans every sample stays as it was; a gain of 0 dB
changes nothing.

Not covered: where the spans are (``plosives``, ``sibilant_spans``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import scipy.signal

from bandmate.sound.audio import Samples
from bandmate.sound.span_gain import SILENCE_DB, ramped

Reals = npt.NDArray[np.float64]

ORDER = 4
"""Of the filter, which is run twice: 6 dB down at the corner."""

AROUND_PERIODS, AROUND_SECONDS = 8.0, 0.02
"""How much of what is around a span the filter hears: periods of the corner, and at least so long."""

HIGHEST_SHARE = 0.45
"""A corner above this share of the rate leaves nothing above it."""


def with_band_gains(
    samples: Samples,
    rate_hz: int,
    corner_hz: float,
    spans: Sequence[tuple[int, int, float]],
    *,
    is_above: bool,
    ramp_seconds: float,
) -> Samples:
    """The recording with what is above, or below, the corner at these gains; the same object where nothing changes."""
    frames = samples.shape[1]
    corner = corner_hz / rate_hz
    if corner >= HIGHEST_SHARE and is_above:
        return samples
    kind = "highpass" if is_above else "lowpass"
    sections = scipy.signal.butter(ORDER, 2 * min(corner, HIGHEST_SHARE), kind, output="sos")
    around = round(max(AROUND_PERIODS / corner, AROUND_SECONDS * rate_hz))
    made = samples
    for start_frame, length, gain_db in spans:
        start, end = max(0, start_frame), min(frames, start_frame + length)
        if end <= start or gain_db == 0.0:
            continue
        if made is samples:
            made = samples.copy()
        gain = 0.0 if gain_db <= SILENCE_DB else 10.0 ** (gain_db / 20)
        share = ramped(end - start, gain, round(ramp_seconds * rate_hz)).astype(np.float64) - 1.0
        first, last = max(0, start - around), min(frames, end + around)
        for row, channel in enumerate(samples):
            part = zero_phase(channel[first:last].astype(np.float64), sections)[start - first : end - first]
            made[row, start:end] += (share * part).astype(np.float32)
    return made


def zero_phase(sound: Reals, sections: Reals) -> Reals:
    """Filtered forwards and backwards; the sound goes on as silence."""
    ahead = scipy.signal.sosfilt(sections, sound)
    back: Reals = scipy.signal.sosfilt(sections, ahead[::-1])[::-1]
    return back
