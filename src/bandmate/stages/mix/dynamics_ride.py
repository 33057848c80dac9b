"""A ride of the fader that evens out phrases: few points, straight lines of decibels between them.

Conventions: what is ridden is the distance of each phrase from its surroundings, so a section that is louder as a whole
stays louder. Small differences stay as they are, for they are expression. A ride never moves the fader by more than
``MOST_DB``.

Not covered: rides between sections, and rides that follow other tracks.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d

from bandmate.song.song import Song
from bandmate.song.tracks import Automation, AutomationPoint
from bandmate.stages.mix.dynamics_levels import phrase_curve

Reals = npt.NDArray[np.float64]

RIDE_ID = "phrases"
MOST_DB = 6.0
LEFT_DB = 1.0
"""Differences up to this are left alone, of larger ones this much is left."""

STEP_SECONDS = 1.0
EDGE_SECONDS = 0.15
ROUNDS = 3
POINT_DB = 1.3
"""A point is left out where the line without it is no further than this from the ride."""


def ridden_db(power: npt.NDArray[np.floating], hop_seconds: float) -> Reals:
    """The gain at each hop that evens the phrases out, in dB; 0 all through for even playing, and for silence."""
    gain = np.zeros(len(power))
    for _ in range(ROUNDS):
        curve = phrase_curve(power * 10 ** (gain / 10), hop_seconds, STEP_SECONDS)
        if not curve.plays.any():
            return gain
        over = np.sign(curve.residual_db) * np.maximum(np.abs(curve.residual_db) - LEFT_DB, 0.0)
        at = np.flatnonzero(curve.plays)
        change = np.interp(np.arange(len(power)), at, over[at])
        gain = np.clip(gain - change, -MOST_DB, MOST_DB)
    return np.asarray(gaussian_filter1d(gain, EDGE_SECONDS / hop_seconds, mode="nearest"))


def corners(curve: Reals, within: float) -> list[int]:
    """The points of a line that is nowhere further than ``within`` from a curve (Douglas and Peucker's way)."""
    if not len(curve):
        return []
    kept = {0, len(curve) - 1}
    waiting = [(0, len(curve) - 1)]
    while waiting:
        first, last = waiting.pop()
        if last - first < 2:
            continue
        line = np.linspace(curve[first], curve[last], last - first + 1)
        far = np.abs(curve[first : last + 1] - line)
        worst = int(np.argmax(far))
        if far[worst] > within:
            kept.add(first + worst)
            waiting += [(first, first + worst), (first + worst, last)]
    return sorted(kept)


def ride_of(song: Song, gain_db: Reals, hop_seconds: float) -> Automation:
    """The gain at each hop as automation of the fader, at most ``POINT_DB`` off."""
    points = tuple(
        AutomationPoint(
            id=str(number), at_ticks=song.tempo.ticks_at(hop * hop_seconds), value=round(float(gain_db[hop]), 1)
        )
        for number, hop in enumerate(corners(gain_db, POINT_DB), 1)
    )
    return Automation(id=RIDE_ID, parameter="gain_db", points=points)
