"""How fast a room around a voice dies away, told from its free falls; nothing where that cannot be told.

In four octaves the level is followed. Where a sound that was held ends and nothing comes after it, the level falls in a
straight line; in a room no fall is faster than the room. So the fast ones among many falls are the room, if even they
are slow and there are enough of them. What is struck or plucked rings by itself and says nothing: only falls after a
held level count.

Conventions: samples are float32, shape (channels, frames); seconds in which 60 dB would be lost.

Not covered: rooms that fade in less than 0.29 s, which a close voice hides; instruments that ring after a held note (a
bowed cello, an organ, pedals), for which a room may be found that is theirs; turning the room down
(``bandmate.sound.room_reduction``).

References: Ratnam et al., Blind estimation of reverberation time (2003); Löllmann et al., An improved algorithm for
blind reverberation time estimation (2010).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import signal

from bandmate.sound.audio import Samples
from bandmate.sound.kernel import kernel
from bandmate.sound.pitch_curve import PitchCurve

Reals = npt.NDArray[np.float64]

CENTRES_HZ = (500.0, 1000.0, 2000.0, 4000.0)
HOP_SECONDS, SMOOTH_HOPS = 0.005, 4
DROP_DB, TOP_DB, AGAIN_DB, LOUD_RANGE_DB = 15.0, 3.0, 3.0, 25.0
HELD_HOPS, HELD_DB = 16, 8.0
"""A fall counts where the level was within 8 dB for 80 ms before it."""

STRAIGHT_DB, LONGEST_SECONDS = 1.5, 6.0
LEAST_FALLS, LEAST_BANDS, LEAST_FALLS_SECONDS = 6, 2, 6.0
"""So many falls, and the more the shorter they are: falls times decay."""

FAST, ROOM = 0.2, 0.3
LEAST_DECAY_SECONDS = 0.29
LEAST_VOICED = 0.15
MIXED_SECONDS = 0.08
"""Late part: what still sounds that long after a held sound."""

NOTHING = 1e-15


@dataclass(frozen=True, slots=True)
class Room:
    """A room that is heard.

    Attributes
    ----------
    decay_seconds : float
        in which it fades by 60 dB.
    falls : int
        from how many free falls that is told.
    fastest_seconds, slowest_seconds : float
        of the fastest and of the slowest tenth of them.
    late_db : float
        level 80 ms after a held sound ends, against the held sound, dB, median of the falls.
    confidence : float
        0 … 1.
    """

    decay_seconds: float
    falls: int
    fastest_seconds: float
    slowest_seconds: float
    late_db: float
    confidence: float


def find_room(samples: Samples, rate_hz: int, heard: PitchCurve | None = None) -> Room | None:
    """The room around a voice.

    Parameters
    ----------
    samples : array (channels, frames)
    rate_hz : int
    heard : PitchCurve, optional
        its pitch; what has hardly any is no voice, and nothing is found.

    Returns
    -------
    Room or None
        None where it fades in less than 0.29 s, where too few sounds end freely to tell, and for silence.
    """
    if not samples.any() or (heard is not None and (not len(heard.hz) or heard.voiced.mean() < LEAST_VOICED)):
        return None
    by_band = [falls_of(power) for power in band_powers(samples, rate_hz)]
    found = np.concatenate([np.zeros((0, 2)), *by_band])
    if len(found) < LEAST_FALLS or sum(len(falls) >= 2 for falls in by_band) < LEAST_BANDS:
        return None
    seconds, late_db = found.T
    fast, decay = (float(np.quantile(seconds, share)) for share in (FAST, ROOM))
    weight = len(found) * decay
    if fast < LEAST_DECAY_SECONDS or weight < LEAST_FALLS_SECONDS:
        return None
    lowest, highest = (float(np.quantile(seconds, share)) for share in (0.1, 0.9))
    sure = weight / (weight + 2.0) * min(1.0, 0.6 + (fast - LEAST_DECAY_SECONDS))
    return Room(decay, len(found), lowest, highest, float(np.median(late_db)), sure)


def band_powers(samples: Samples, rate_hz: int) -> list[Reals]:
    """Mean power of each hop in each octave, mean of the channels; octaves beyond the rate are left out."""
    hop = round(HOP_SECONDS * rate_hz)
    hops = samples.shape[1] // max(hop, 1)
    out = []
    for centre_hz in CENTRES_HZ:
        if hop < 4 or hops < HELD_HOPS or centre_hz * np.sqrt(2) > 0.48 * rate_hz:
            continue
        sos = signal.butter(3, [centre_hz / np.sqrt(2), centre_hz * np.sqrt(2)], "band", fs=rate_hz, output="sos")
        power = np.zeros(hops)
        for one in samples:
            wave = signal.sosfilt(sos, one)[: hops * hop]
            power += np.square(wave.reshape(hops, hop)).mean(axis=1)
        out.append(power / len(samples))
    return out


def falls_of(power: Reals) -> Reals:
    """Decay seconds and late level of each free fall, shape (falls, 2)."""
    level_db = 10 * np.log10(np.convolve(power, np.full(SMOOTH_HOPS, 1 / SMOOTH_HOPS), "same") + NOTHING)
    found = np.zeros((len(level_db), 2))
    count = collect(level_db, float(np.quantile(level_db, 0.95)) - LOUD_RANGE_DB, found)
    return found[:count]


@kernel
def collect(level_db: Reals, lowest_top_db: float, found: Reals) -> int:
    """Write decay and late level of each straight fall after a held level; how many there are."""
    count, at, hops = 0, 0, level_db.shape[0]
    late_hops = int(MIXED_SECONDS / HOP_SECONDS)
    while at < hops - 4:
        top, lowest, lowest_at, last = level_db[at], level_db[at], at, at
        if top < lowest_top_db:
            at += 1
            continue
        while last < hops - 1 and level_db[last + 1] < lowest + AGAIN_DB and level_db[last + 1] <= top + 0.5:
            last += 1
            if level_db[last] < lowest:
                lowest, lowest_at = level_db[last], last
        held = at >= HELD_HOPS and level_db[at - HELD_HOPS : at].min() >= top - HELD_DB
        if top - lowest < DROP_DB:
            at += 1
            continue
        if held:
            first = at
            while level_db[first] >= top - TOP_DB:
                first += 1
            end = first
            while level_db[end] > top - DROP_DB:
                end += 1
            seconds, off_db = straight(level_db[first : end + 1])
            if 0 < seconds < LONGEST_SECONDS and off_db < STRAIGHT_DB and end - first >= 3:
                found[count, 0] = seconds
                found[count, 1] = level_db[min(at + late_hops, hops - 1)] - top
                count += 1
        at = lowest_at + 1
    return count


@kernel
def straight(level_db: Reals) -> tuple[float, float]:
    """Seconds in which a straight line through the levels falls by 60 dB, and how far off they are, RMS."""
    points = level_db.shape[0]
    middle, mean = (points - 1) / 2, level_db.mean()
    upper, lower = 0.0, 1e-12
    for at in range(points):
        upper += (at - middle) * (level_db[at] - mean)
        lower += (at - middle) ** 2
    slope = upper / lower
    off = 0.0
    for at in range(points):
        off += (level_db[at] - mean - slope * (at - middle)) ** 2
    return (-60 * HOP_SECONDS / slope if slope < 0 else 0.0), (off / points) ** 0.5


def compile_kernels() -> None:
    """Compile the inner loops."""
    collect(np.zeros(8), 1.0, np.zeros((8, 2)))
    straight(np.zeros(3))
