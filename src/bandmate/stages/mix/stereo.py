"""How wide a track is and what mono leaves of it, worked out from the power of its middle and its sides.

Conventions: middle = (left + right) / 2, sides = (left - right) / 2. The side of a balance, of a width and of a loss
is in dB, kept within 60 so that figures stay figures where a channel is silent.

Not covered: changes over time; two tracks against each other (``phase``).
"""

from __future__ import annotations

import math

import numpy as np

from bandmate.stages.hearing import Hearing
from bandmate.stages.mix.session import Session

MOST_DB = 60.0
LOW_HZ = 120.0
ABOVE_LOW_HZ = 200.0
BASS_ONLY_SHARE = 0.01
AGAINST_SHARE = 0.6
"""Channels of equal level whose sides have more than this share of the power have a correlation below -0.2."""

BAND_EDGE = 2 ** (1 / 6)
POINTS = 9


def kept(value_db: float) -> float:
    """A ratio in dB within ±60."""
    return max(-MOST_DB, min(MOST_DB, value_db))


def mono_loss_db(hearing: Hearing) -> float:
    """What the mono sum of a track loses, dB; 0 for mono and silence."""
    return 0.0 if hearing.mono_loss_db is None else kept(hearing.mono_loss_db)


def loss_with_sides_db(hearing: Hearing, side: float) -> float:
    """The same with the sides at that level (1 as they are)."""
    sides = 10 ** (kept(hearing.width_db or -MOST_DB) / 10)
    return 10 * math.log10(1 + side**2 * sides)


def loss_when_turned_db(hearing: Hearing) -> float:
    """The same with one channel turned over: what was sides is middle."""
    sides = 10 ** (kept(hearing.width_db or -MOST_DB) / 10)
    return kept(10 * math.log10(1 + 1 / sides))


def low_sides_db(hearing: Hearing, mono_below_hz: float = 0.0) -> float | None:
    """Sides against middle below 120 Hz, dB, as they are or with the bass made mono; None where there is no bass."""
    hz = np.array(hearing.band_hz)
    low = hz * BAND_EDGE <= LOW_HZ * 1.01
    sides = hearing.side_power[low].sum(axis=1, dtype=np.float64)
    middle = float(hearing.power[low].sum(dtype=np.float64) - sides.sum())
    if mono_below_hz > 0:
        sides = sides * np.array([kept_share(centre, mono_below_hz) for centre in hz[low]])
    left = float(sides.sum())
    if middle <= 0 and left <= 0:
        return None
    return kept(10 * math.log10(max(left, 1e-20) / max(middle, 1e-20)))


def kept_share(centre_hz: float, mono_below_hz: float) -> float:
    """How much power of the sides of a third of an octave is left: a Linkwitz-Riley high-pass of 24 dB per octave."""
    points = centre_hz * BAND_EDGE ** np.linspace(-1, 1, POINTS)
    ratio = (points / mono_below_hz) ** 4
    return float(np.mean((ratio / (1 + ratio)) ** 2))


def are_against(hearing: Hearing) -> bool:
    """Whether the sides are above the middle beyond the bass, or everywhere in what is nothing but bass: then it is a
    channel that is against the other, and not a wide bass."""
    power = hearing.power.sum(axis=1, dtype=np.float64)
    sides = hearing.side_power.sum(axis=1, dtype=np.float64)
    above = np.array(hearing.band_hz) > ABOVE_LOW_HZ
    if power[above].sum() < BASS_ONLY_SHARE * power.sum():
        above = np.ones_like(above)
    return float(sides[above].sum()) > AGAINST_SHARE * float(power[above].sum())


def low_share(session: Session, track_id: str) -> float:
    """Which share of all that sounds below 120 Hz comes from a track, 0 to 1."""
    hz = np.array(session.hearing(track_id).band_hz)
    low = hz * BAND_EDGE <= LOW_HZ * 1.01
    powers = {track.id: float(session.power(track.id)[low].sum(dtype=np.float64)) for track in session.tracks}
    total = sum(powers.values())
    return powers[track_id] / total if total > 0 else 0.0
