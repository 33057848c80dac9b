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
from bandmate.stages.mix.dynamics_usual import shares_of
from bandmate.stages.mix.roles import Guess
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

LEAST_KNOWN = 0.5
"""So likely must it be that a track is something that stops, to be judged at all."""

DEEP_DB = 40.0


def usual_seconds(guess: Guess) -> tuple[tuple[float, float], ...]:
    """The longest fast falls that are usual for what a track may be, in seconds, each with how likely that is.

    Empty for what rings by itself and where that is too likely.
    """
    if guess.role != "unknown" and guess.role not in USUAL_SECONDS:
        return ()
    known = tuple((USUAL_SECONDS[role], share) for role, share in shares_of(guess) if role in USUAL_SECONDS)
    return known if sum(share for _, share in known) >= LEAST_KNOWN else ()


def longest_usual_seconds(guess: Guess) -> float | None:
    """The longest that is usual for its role, and where that is not known for any that it may have; None for none."""
    if guess.role in USUAL_SECONDS:
        return USUAL_SECONDS[guess.role]
    return max((seconds for seconds, _ in usual_seconds(guess)), default=None)


def fast_fall_seconds(session: Session, track_id: str, drop_db: float = DROP_DB) -> float | None:
    """How long the faster falls of a track take; None where there are too few."""
    falls = fall_seconds(faded_levels(session, track_id), session.closeup(track_id).level_hop_seconds, drop_db)
    return float(np.quantile(falls, FAST_SHARE)) if len(falls) >= FEWEST_FALLS else None


def deeper_fall_seconds(session: Session, track_id: str) -> float | None:
    """How long the faster falls take for their second 20 dB, which is where a small room shows; None for too few."""
    first, whole = fast_fall_seconds(session, track_id), fast_fall_seconds(session, track_id, DEEP_DB)
    return None if first is None or whole is None else max(whole - first, 0.0)
