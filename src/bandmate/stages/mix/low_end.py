"""Kick against bass: how much bass there is where the kick has its weight, at the moments of its hits.

The figure is the level of all basses against all kicks together, in the third of an octave in which the kick is
strongest and its two neighbours, over the moments of its hits. In balanced songs the kick is well above the bass there,
for a bass is longer and spread over more notes; where both are about equal, neither is clear.

Conventions: 1/3-octave bands and hops of a hearing, powers as they leave the faders. A kit on one track counts as the
kick where there is no other.

Not covered: who is in whose way between hits; sub-basses against other basses.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bandmate.stages.mix.audible import padded
from bandmate.stages.mix.session import Powers, Session, summed

Hops = npt.NDArray[np.bool_]

KICK_HZ = (38.0, 130.0)
"""Where a kick has its weight."""

HIT_DB = -10.0
"""A hop belongs to a hit that is at most so far below the loud ones."""

LEAST_HITS = 8
LEAST_SHARE_DB = -20.0
"""So many hops of hits there must be, and so much of the kick must be down there, against all of it."""

SHARES_THE_PLACE_DB = -6.0
"""Basses count as in the way that are at most so far below the strongest one there."""


@dataclass(frozen=True, slots=True)
class LowEnd:
    """Kicks and basses that meet.

    ``kicks`` and ``basses`` are ids, those strongest there first; ``freq_hz`` is the centre of the kick's strongest
    band; ``bass_over_kick_db`` the figure; ``peak_db`` how far the basses' level in that band is above the mean of
    their neighbouring ones.
    """

    kicks: tuple[str, ...]
    basses: tuple[str, ...]
    freq_hz: float
    bass_over_kick_db: float
    peak_db: float


def low_end_of(session: Session) -> LowEnd | None:
    """Where kick and bass meet in a song; None where one of them is missing or has nothing down there."""
    kicks = of_role(session, "kick") or of_role(session, "drums")
    basses = of_role(session, "bass")
    if not kicks or not basses:
        return None
    kick, bass, hz = together(session, kicks), together(session, basses), band_hz(session, kicks[0])
    hops = max(kick.shape[1], bass.shape[1])
    kick, bass = padded(kick, hops), padded(bass, hops)
    low = (hz >= KICK_HZ[0]) & (hz <= KICK_HZ[1])
    hits = hits_of(kick, low)
    weight = float(kick[low].sum()) / max(float(kick.sum()), 1e-18)
    if hits.sum() < LEAST_HITS or weight < 10 ** (LEAST_SHARE_DB / 10):
        return None
    strongest = int(np.argmax(np.where(low, kick[:, hits].mean(axis=1), -1.0)))
    return LowEnd(
        kicks=by_strength(session, kicks, strongest, hits),
        basses=in_the_way(session, basses, strongest, hits),
        freq_hz=float(hz[strongest]),
        bass_over_kick_db=over_db(bass, kick, strongest, hits),
        peak_db=above_neighbours_db(bass[:, hits].mean(axis=1), strongest),
    )


def figure_at(session: Session, kicks: tuple[str, ...], basses: tuple[str, ...], freq_hz: float) -> float | None:
    """The figure of these tracks at this place; None where one side has nothing there."""
    sounding = {track.id for track in session.tracks}
    kicks, basses = (tuple(i for i in ids if i in sounding) for ids in (kicks, basses))
    if not kicks or not basses:
        return None
    kick, bass, hz = together(session, kicks), together(session, basses), band_hz(session, kicks[0])
    hops = max(kick.shape[1], bass.shape[1])
    hits = hits_of(padded(kick, hops), (hz >= KICK_HZ[0]) & (hz <= KICK_HZ[1]))
    strongest = int(np.argmin(np.abs(hz - freq_hz)))
    return over_db(padded(bass, hops), padded(kick, hops), strongest, hits) if hits.any() else None


def of_role(session: Session, role: str) -> tuple[str, ...]:
    """The tracks of a role."""
    return tuple(track.id for track in session.tracks if session.guess(track.id).role == role)


def together(session: Session, ids: tuple[str, ...]) -> Powers:
    return summed([session.power(track_id) for track_id in ids])


def band_hz(session: Session, track_id: str) -> npt.NDArray[np.float64]:
    return np.array(session.hearing(track_id).band_hz)


def hits_of(kick: Powers, low: npt.NDArray[np.bool_]) -> Hops:
    """The hops of the kick's hits, by its low bands."""
    level = kick[low].sum(axis=0)
    loud = float(np.quantile(level, 0.95)) if level.size else 0.0
    if loud <= 0.0:
        loud = float(level.max(initial=0.0))
    return np.asarray((level > loud * 10 ** (HIT_DB / 10)) & (level > 0))


def around(strongest: int) -> slice:
    """A band with its neighbours."""
    return slice(max(strongest - 1, 0), strongest + 2)


def over_db(bass: Powers, kick: Powers, strongest: int, hits: Hops) -> float:
    """Level of the bass against the kick around a band during the hits; -150 without any bass."""
    a, b = (float(power[around(strongest)][:, hits].sum(dtype=np.float64)) for power in (bass, kick))
    return 10 * float(np.log10(max(a, 1e-15 * b) / b)) if b > 0 else 0.0


def above_neighbours_db(bands: npt.NDArray[np.floating], strongest: int) -> float:
    """How far a band stands out of those two and three bands away."""
    near = [i for i in (strongest - 3, strongest - 2, strongest + 2, strongest + 3) if 0 <= i < len(bands)]
    rest = float(np.mean([bands[i] for i in near])) if near else 0.0
    return 10 * float(np.log10(max(float(bands[strongest]), 1e-15) / max(rest, 1e-15)))


def by_strength(session: Session, ids: tuple[str, ...], band: int, hits: Hops) -> tuple[str, ...]:
    return tuple(sorted(ids, key=lambda track_id: -level_at(session, track_id, band, hits)))


def in_the_way(session: Session, ids: tuple[str, ...], band: int, hits: Hops) -> tuple[str, ...]:
    """Those of some tracks that count there, the strongest first."""
    ordered = by_strength(session, ids, band, hits)
    least = level_at(session, ordered[0], band, hits) * 10 ** (SHARES_THE_PLACE_DB / 10)
    return tuple(track_id for track_id in ordered if level_at(session, track_id, band, hits) >= least)


def level_at(session: Session, track_id: str, band: int, hits: Hops) -> float:
    """Power of a track around a band during the hits."""
    power = padded(session.power(track_id), len(hits))
    return float(power[around(band)][:, hits].sum(dtype=np.float64))
