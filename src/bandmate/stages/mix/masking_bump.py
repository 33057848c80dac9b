"""More evidence against a masker: a bump on everything that it holds, right where it covers somebody.

Tracks overlap in good mixes too. Where the masker's recording is raised in just that range, even in the noise of its
rests (``tone_excess``), an equalizer or a room did it, and not the music. Where its floor is seen and not raised, that
speaks for the music. Where no floor is seen, masking alone must do, and then there must be more of it.

What a bump tells was fitted on twelve rendered songs: those with a boost planted on the masker had 5.5 dB and more,
all others 1.8 dB and less.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bandmate.stages.mix.session import Session
from bandmate.stages.mix.tone_excess import bump_of

BUMP_Q = 0.9
PLACES_HZ = tuple(float(hz) for hz in np.geomspace(250.0, 4_000.0, 9))
"""Half an octave apart: a bump of that q is seen from both sides."""

MOST_ERROR_DB = 2.5
USUAL_DB, SLOPE = 3.5, 1.2
LEAST_ODDS, UNSEEN_ODDS, MOST_ODDS = -2.5, -1.5, 3.5

Reals = npt.NDArray[np.float64]


class Bumps:
    """What the bumps of tracks say, in log odds; each track is looked at once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[str, Reals] = {}

    def odds(self, track_id: str, freq_hz: float) -> float:
        """What speaks for a fault of the track at a frequency (above 0) or against one."""
        if track_id not in self._known:
            self._known[track_id] = self._looked(track_id)
        return float(np.interp(np.log(freq_hz), np.log(PLACES_HZ), self._known[track_id]))

    def _looked(self, track_id: str) -> Reals:
        closeup = self._session.closeup(track_id)
        found = [bump_of(closeup, hz, BUMP_Q, strictly=True) for hz in PLACES_HZ]
        said = [
            SLOPE * (b.gain_db - USUAL_DB) if b is not None and b.error_db <= MOST_ERROR_DB else UNSEEN_ODDS
            for b in found
        ]
        return np.clip(said, LEAST_ODDS, MOST_ODDS)
