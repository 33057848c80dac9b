"""Which tracks may have heard one source: those whose bands rise and fall together, whatever their tone and level.

The power of every third of an octave is held against its own mean, so that equalizers and faders make no difference:
two microphones on one source have the same pattern, two instruments that play the same bars have not. It is cheap, so
all pairs of a large session can be compared, and only the likely ones are correlated as waveforms.

Not covered: what the relation is (``bandmate.sound.relation``).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from bandmate.song.tracks import Track
from bandmate.stages.hearing import Hearing
from bandmate.stages.mix.roles import role_table
from bandmate.stages.mix.session import Session

Reals = npt.NDArray[np.float32]

MOST_PAIRS = 80
"""At some hundredths of a second each."""

LEAST_HOPS = 10
ACTIVE_DB = -40.0
FLOOR_DB = -40.0
"""Below its loud moments a track is not playing; below its own mean a band is silent."""

COLUMNS = 3
EITHER_DB = -35.0

LIKE_FAMILY, LIKE_UNKNOWN, LIKE_STRANGERS = 0.3, 0.45, 0.7
"""The least likeness at which a pair is worth a look: of one family, of which one is unknown, of two families.
Measured: twins under any equalizer 0.9 and more, microphones of one kit 0.4 to 0.9, strangers rarely over 0.5."""


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """How the bands of a track move: ``bands`` (bands, hops) in decades, ``weight`` by band, and when it
    plays."""

    bands: Reals
    weight: Reals
    plays: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class LikelyPair:
    """Two tracks that may have heard one source; ``likeness`` -1 to 1."""

    first: Track
    second: Track
    likeness: float


def likely_pairs(session: Session) -> list[LikelyPair]:
    """The pairs that are worth a look, the most alike first; none for fewer than two tracks."""
    table = role_table()
    patterns = {track.id: pattern_of(session.hearing(track.id)) for track in session.tracks}
    family = {track.id: table[session.guess(track.id).role].family for track in session.tracks}
    found = []
    for first, second in combinations(session.tracks, 2):
        alike = likeness(patterns[first.id], patterns[second.id])
        if alike >= least_likeness(family[first.id], family[second.id]):
            found.append(LikelyPair(first, second, alike))
    return sorted(found, key=lambda pair: -pair.likeness)[:MOST_PAIRS]


def least_likeness(first: str, second: str) -> float:
    """How alike two tracks of these families must be."""
    if "unknown" in (first, second):
        return LIKE_UNKNOWN
    return LIKE_FAMILY if first == second else LIKE_STRANGERS


def pattern_of(hearing: Hearing) -> Pattern:
    """The pattern of a track; a silent one never plays."""
    power = hearing.power
    mean = power.mean(axis=1, dtype=np.float64).astype(np.float32) if hearing.hops else np.zeros(len(power), np.float32)
    floor = mean * np.float32(10 ** (FLOOR_DB / 10)) + np.float32(1e-20)
    by_time = power.sum(axis=0)
    loud = float(np.quantile(by_time, 0.95)) if by_time.size else 0.0
    plays = (by_time > loud * 10 ** (ACTIVE_DB / 10)) & (by_time > 0)
    return Pattern(np.log10(power + floor[:, None]), np.sqrt(mean), plays)


def likeness(first: Pattern, second: Pattern) -> float:
    """Correlation of two patterns while both play, -1 to 1; 0 where that says nothing."""
    hops = min(len(first.plays), len(second.plays))
    both = first.plays[:hops] & second.plays[:hops]
    if both.sum() < LEAST_HOPS:
        return 0.0
    one, other = (centred(pattern.bands[:, :hops][:, both]) for pattern in (first, second))
    weight = np.sqrt(first.weight * second.weight)
    product = np.einsum("bh,bh->b", one, other)
    size = np.sqrt(np.einsum("bh,bh->b", one, one) * np.einsum("bh,bh->b", other, other))
    moving = (size > 0) & (weight > 0)
    if not moving.any():
        return 0.0
    return float(np.average(product[moving] / size[moving], weights=weight[moving]))


def togetherness(session: Session, first_id: str, second_id: str) -> float:
    """Correlation of two tracks' levels every 30 ms while either plays, -1 to 1; 0 where that says nothing.

    Two microphones on one source are loud together (0.85 and more, measured); an overhead has much that the snare
    beneath it has not (about 0.5).
    """
    one, other = (levels_db(session.closeup(track_id).levels) for track_id in (first_id, second_id))
    columns = min(len(one), len(other))
    one, other = one[:columns], other[:columns]
    either = (one > EITHER_DB) | (other > EITHER_DB)
    one, other = one[either], other[either]
    if len(one) < LEAST_HOPS or one.std() == 0 or other.std() == 0:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])


def levels_db(power: Reals) -> npt.NDArray[np.float64]:
    """Level against the loud moments, every three columns, dB, at least -40; empty for silence."""
    whole = len(power) // COLUMNS * COLUMNS
    mean = power[:whole].reshape(-1, COLUMNS).mean(axis=1, dtype=np.float64)
    if not mean.any():
        return np.zeros(0)
    loud = float(np.quantile(mean[mean > 0], 0.95))
    found: npt.NDArray[np.float64] = 10 * np.log10(np.maximum(mean / loud, 10 ** (FLOOR_DB / 10)))
    return found


def centred(bands: Reals) -> Reals:
    """Each band less its mean."""
    found: Reals = bands - bands.mean(axis=1, keepdims=True)
    return found
