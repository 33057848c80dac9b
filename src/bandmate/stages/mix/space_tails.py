"""How much room is on a track, as far as its sound gives it away.

A voice, a snare, a horn stop sounding at once; in a room they cannot. So the time in which the faster falls of such a
track lose 20 dB says how much room is on it. Instruments that ring by themselves (pianos, strummed guitars, cymbals,
pads) are not judged, nor is what never stops.

Not covered: which room; reverberation that a device on a bus makes (``bandmate.stages.mix.room_return``).
"""

from __future__ import annotations

import numpy as np

from bandmate.song.tracks import Role
from bandmate.sound.decay import fall_seconds
from bandmate.stages.mix.dynamics import faded_levels
from bandmate.stages.mix.session import Session

DROP_DB, FEWEST_FALLS = 20.0, 3
FAST_SHARE = 0.2
LONGEST_SECONDS = 0.75
"""Falls that are slower all through are the sound's own: no room that one would record in makes them."""

USUAL_SECONDS: dict[Role, float] = {
    "lead-vox": 0.15,
    "backing-vox": 0.18,
    "snare": 0.26,
    "brass": 0.31,
    "woodwind": 0.19,
    "lead-guitar": 0.22,
    "percussion": 0.22,
}
"""The longest fast fall by 20 dB that is usual, on songs with a little room and on real stems; snares may ring."""

DEEP_DB = 40.0


def fast_fall_seconds(session: Session, track_id: str, drop_db: float = DROP_DB) -> float | None:
    """How long the faster falls of a track take; None where there are too few."""
    falls = fall_seconds(faded_levels(session, track_id), session.closeup(track_id).level_hop_seconds, drop_db)
    return float(np.quantile(falls, FAST_SHARE)) if len(falls) >= FEWEST_FALLS else None


def deeper_fall_seconds(session: Session, track_id: str) -> float | None:
    """How long the faster falls take for their second 20 dB, which is where a small room shows; None for too few."""
    first, whole = fast_fall_seconds(session, track_id), fast_fall_seconds(session, track_id, DEEP_DB)
    return None if first is None or whole is None else max(whole - first, 0.0)
