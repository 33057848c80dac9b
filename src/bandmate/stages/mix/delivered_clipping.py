"""Clipping that a meter at full scale misses: recordings that were clipped and turned down afterwards.

A waveform that was cut off has many tops at one and the same level, to the last bit, and they are flat; neither music
nor a limiter does that. The highest samples of all hundredths of a second give the suspicion, the samples around a few
of them the proof.

Conventions: only tracks without devices, whose sound is what was recorded. A waveform that is made of flat tops, such
as a square, is no fault. Full-scale clipping is the level meter's (``bandmate.sound.levels``).

Not covered: tops that a filter, another rate or a lossy codec has rounded since.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bandmate.song.tracks import Track
from bandmate.sound.audio import Samples
from bandmate.stages.mix.session import Session

LEAST_COLUMNS = 4
PROBED_COLUMNS = 24
LEAST_PROVED = 3
LEAST_PAIRED = 0.25
"""Where tops are too steep to stay for three samples, so many of them must stay for two."""

STEEP = 1e-3
"""Beside a top that was cut off the sound falls at least by this share of it; a round one is flatter."""

SAME = 1e-6
"""Tops are at one level when they differ by less than this share of it: what a fader in 32-bit float leaves."""

MOST_SHARE = 0.8
AROUND_SECONDS = 0.02
QUIETEST_DBFS = -40.0


@dataclass(frozen=True, slots=True)
class FlatTops:
    """How many hundredths of a second reach one level and break off there, where first, and which level."""

    count: int
    first_seconds: float
    level_dbfs: float


def flat_tops(session: Session, track: Track) -> FlatTops | None:
    """Flat tops below full scale; None where there are none."""
    closeup = session.closeup(track.id)
    peaks = closeup.peaks
    if any(device.enabled for device in track.inserts) or not peaks.size:
        return None
    top = float(peaks.max())
    at = np.flatnonzero(peaks >= top * (1 - SAME))
    sounding = int((peaks > top * 0.03).sum())
    if top < 10 ** (QUIETEST_DBFS / 20) or len(at) < LEAST_COLUMNS or len(at) > MOST_SHARE * sounding:
        return None
    probed = at[np.linspace(0, len(at) - 1, min(PROBED_COLUMNS, len(at))).round().astype(int)]
    flat = paired = 0
    for column in probed:
        start = max(0.0, column * closeup.level_hop_seconds - AROUND_SECONDS / 4)
        heard = session.ears.excerpt(session.song, track.id, start, AROUND_SECONDS)
        is_long = is_flat(heard, top)
        flat += is_long
        paired += is_long or is_paired(heard, top)
    if flat < LEAST_PROVED and paired < max(LEAST_PROVED, LEAST_PAIRED * len(probed)):
        return None
    return FlatTops(len(at), float(at[0] * closeup.level_hop_seconds), 20 * float(np.log10(top)))


def is_flat(samples: Samples, top: float) -> bool:
    """Whether any channel stays at that level for three samples."""
    high = np.abs(samples) >= top * (1 - SAME)
    runs = high[:, :-2] & high[:, 1:-1] & high[:, 2:]
    return bool((runs & (np.sign(samples[:, :-2]) == np.sign(samples[:, 2:]))).any())


def is_paired(samples: Samples, top: float) -> bool:
    """Whether any channel stays at that level for two samples and falls steeply on both sides of them."""
    size = np.abs(samples)
    high, low = size >= top * (1 - SAME), size <= top * (1 - STEEP)
    pairs = low[:, :-3] & high[:, 1:-2] & high[:, 2:-1] & low[:, 3:]
    return bool((pairs & (np.sign(samples[:, 1:-2]) == np.sign(samples[:, 2:-1]))).any())
