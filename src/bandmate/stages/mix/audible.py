"""How much of a track can be heard beside all others, in shares of the moments and bands that matter to it.

Conventions: a share is 0 to 1. A cell (band × hop) matters where the track is active and the band carries a part of its
sound; it is heard where it is at most 6 dB below everything else in that band. A silent track has 1: nothing of it is
masked.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bandmate.stages.mix.session import Powers, Session, summed

Cells = npt.NDArray[np.bool_]
"""Yes or no by band and hop."""

MASKED_BELOW_DB = -6.0
"""A track that is further below everything else in its band is not heard there."""

OWN_BANDS_DB = -20.0
ACTIVE_HOPS_DB = -30.0
"""What matters to a track: bands no further below its own level, moments no further below its loud ones."""

SAME_WITHIN_DB = 0.05
"""A change of all powers below this changes no share that anybody would speak of."""


def audible_share(own: Powers, rest: Powers) -> float:
    """Share of the cells that matter to a track in which it is not masked by ``rest``; both of shape (bands, hops)."""
    matters, heard = audible_cells(own, rest)
    count = int(matters.sum())
    return float((heard & matters).sum() / count) if count else 1.0


def audible_cells(own: Powers, rest: Powers) -> tuple[Cells, Cells]:
    """Which cells matter to a track, and in which it is not masked by ``rest``; as many hops as the longer one has."""
    hops = max(own.shape[1], rest.shape[1])
    own, rest = padded(own, hops), padded(rest, hops)
    by_time = own.sum(axis=0)
    loud = float(np.quantile(by_time, 0.95)) if by_time.size else 0.0
    matters = (
        (by_time > loud * 10 ** (ACTIVE_HOPS_DB / 10)) & (by_time > 0) & (own > by_time * 10 ** (OWN_BANDS_DB / 10))
    )
    return matters, own >= rest * np.float32(10 ** (MASKED_BELOW_DB / 10))


def padded(power: Powers, hops: int) -> Powers:
    """``power`` with silence up to ``hops``."""
    return power if power.shape[1] >= hops else np.pad(power, ((0, 0), (0, hops - power.shape[1])))


def shares_of_others(
    before: Session, after: Session, changed: tuple[str, ...]
) -> tuple[dict[str, float], dict[str, float]]:
    """The audible shares of all tracks but ``changed``, in two states of one song; empty where nothing got louder."""
    ids = [track.id for track in before.tracks]
    if not any(louder(before.power(track_id), after.power(track_id)) for track_id in ids):
        return {}, {}
    others = [track_id for track_id in ids if track_id not in changed]
    return shares(before, others), shares(after, others)


def shares(session: Session, track_ids: list[str]) -> dict[str, float]:
    """The audible share of each of these tracks beside everything else that plays."""
    if not session.tracks:
        return {}
    total = summed([session.power(track.id) for track in session.tracks])
    found = {}
    for track_id in track_ids:
        own = padded(session.power(track_id), total.shape[1])
        found[track_id] = audible_share(own, np.maximum(total - own, 0.0))
    return found


def louder(before: Powers, after: Powers) -> bool:
    """Whether any band of a track is louder than before."""
    if before is after:
        return False
    earlier, later = before.mean(axis=1, dtype=np.float64), after.mean(axis=1, dtype=np.float64)
    return bool((later > earlier * 10 ** (SAME_WITHIN_DB / 10) + 1e-15).any())
