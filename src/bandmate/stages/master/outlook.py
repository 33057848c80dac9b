"""The outlook: what gain and limiter will make of a chain, before they run; and the runs that then decide.

The sound behind the front of the chain (everything up to the ride) is heard once. What a ride and the limiter do to
loudness and range follows from that in milliseconds, so the ride can allow for what the limiter will take away.

Conventions: a soft clip, which comes between, is not in the outlook; the real runs correct what it changes.

Not covered: what is proposed in the end (``bandmate.stages.master.finish``).
"""

from __future__ import annotations

from dataclasses import dataclass

from bandmate.song.devices import Limiter, Ride
from bandmate.sound.limiter_forecast import Forecaster
from bandmate.stages.master.range_match import gain_at
from bandmate.stages.master.search import Bounds, next_gain


@dataclass(frozen=True, slots=True)
class Outlook:
    """A forecaster of the front of a chain, and what is aimed at: no ``bounds`` leave the gain where it is."""

    forecaster: Forecaster
    limiter: Limiter
    bounds: Bounds | None

    def ridden(self, ride: Ride | None) -> Forecaster:
        """The forecaster with a ride behind the front."""
        if ride is None:
            return self.forecaster
        return self.forecaster.ridden(lambda seconds: gain_at(ride, seconds))

    def range_lu(self, ride: Ride | None) -> float | None:
        """The loudness range that will be left; None where none can be measured."""
        forecaster = self.ridden(ride)
        gain_db = self.limiter.gain_db
        if self.bounds is not None:
            found = next_gain(forecaster.at, [], self.bounds)
            gain_db = gain_db if found is None else found
        return forecaster.at(gain_db).range_lu
