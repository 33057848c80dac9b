"""Loudness range: a hand on the fader that brings loud and quiet parts as far apart as the references have them.

The ride follows the short-term loudness: what is quieter than the loud parts comes up to narrow the range, or goes down
to widen it; the loud parts stay where they are. It is slow (nothing under three seconds), written as a few points that
can be moved by hand, and never more than `MOST_DB`. With passages the gain stands still within each and changes over
`TRANSITION_SECONDS` where one ends.

Conventions: everything here is foretold on the sketch; the caller measures what came of it. Fade-ins, fade-outs and
what is over `FADES_BELOW_LU` under the loud parts are not brought up: noise and reverb tails live there.

Not covered: anything that happens within a beat; that is a compressor's business.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bandmate.song.devices import Ride, RidePoint
from bandmate.stages.master.passages import Passage
from bandmate.stages.master.sketch import FLOOR_DB, Sketch

Reals = npt.NDArray[np.float64]

DEVICE_ID = "master-ride"
MOST_DB = 6.0
LEAST_CHANGE_LU = 0.5
"""A range that is nearer than this to what is asked for is left alone."""

SLOPE_LIMITS = (-0.6, 0.6)
SLOPE_STEP = 0.005
FADES_BELOW_LU = 25.0
SMOOTH_SECONDS = 4.0
POINT_TOLERANCE_DB = 0.3
LEAST_POINT_SECONDS = 1.0
TRANSITION_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class RangeMatch:
    """A ride, and what it does to the loudness range as it is foretold; ``without_lu`` is the range that is left
    without the ride, where a limiter behind it changes that."""

    device: Ride
    was_lu: float
    wanted_lu: float
    target_lu: float
    foretold_lu: float
    without_lu: float | None = None

    @property
    def most_db(self) -> float:
        """The largest gain of the ride, up or down."""
        return max((abs(point.gain_db) for point in self.device.points), default=0.0)


def match_range(
    sketch: Sketch, target_lu: float, *, strength: float, passages: Sequence[Passage] = ()
) -> RangeMatch | None:
    """A ride that brings the loudness range ``strength`` of the way to ``target_lu``.

    None for silence, for strength 0, and where the range is near enough already.
    """
    was = sketch.range_lu()
    if was is None or strength <= 0.0:
        return None
    wanted = was + strength * (target_lu - was)
    if abs(wanted - was) < LEAST_CHANGE_LU:
        return None
    device, foretold = nearest(sketch, wanted, passages)
    if not device.points or abs(foretold - wanted) >= abs(was - wanted) - 0.2:
        return None
    return RangeMatch(device, was, wanted, target_lu, foretold)


def nearest(sketch: Sketch, wanted_lu: float, passages: Sequence[Passage]) -> tuple[Ride, float]:
    """The ride whose range is nearest to what is wanted, and that range; found by halving the slopes."""
    low, high = SLOPE_LIMITS
    found = [tried(sketch, low, passages), tried(sketch, high, passages)]
    while high - low >= SLOPE_STEP:
        middle = (low + high) / 2
        found.append(tried(sketch, middle, passages))
        low, high = (middle, high) if found[-1][1] < wanted_lu else (low, middle)
    return min(found, key=lambda one: abs(one[1] - wanted_lu))


def tried(sketch: Sketch, slope: float, passages: Sequence[Passage]) -> tuple[Ride, float]:
    """The ride of that slope, and the range that it leaves."""
    seconds = hop_times(sketch)
    gain = gains_db(sketch, slope, passages)
    device = Ride(id=DEVICE_ID, points=passage_points(gain, sketch, passages) if passages else points(seconds, gain))
    return device, sketch.ridden(gain_at(device, seconds)).range_lu() or 0.0


def hop_times(sketch: Sketch) -> Reals:
    """The moment of each hop, in seconds."""
    return np.arange(sketch.hops, dtype=np.float64) * sketch.hop_seconds


def gains_db(sketch: Sketch, slope: float, passages: Sequence[Passage]) -> Reals:
    """The gain at each hop: the slope times the distance to the loud parts; more to widen, the other way to narrow."""
    levels = sketch.short_term_lufs()
    for passage in passages:
        first, last = (round(at / sketch.hop_seconds) for at in (passage.start_seconds, passage.end_seconds))
        levels[first:last] = FLOOR_DB if passage.loudness_lufs is None else passage.loudness_lufs
    pivot = np.quantile(levels[levels > levels.max() - FADES_BELOW_LU], 0.8)
    below = np.minimum(levels - pivot, 0.0)
    # Beyond the limit the gain falls back to nothing over as many decibels again.
    faded = np.clip(2.0 + below / FADES_BELOW_LU, 0.0, 1.0) if slope < 0 else 1.0
    gain = np.clip(slope * np.maximum(below, -FADES_BELOW_LU), -MOST_DB, MOST_DB) * faded
    return gain if passages else smoothed(gain, max(1, round(SMOOTH_SECONDS / sketch.hop_seconds)))


def smoothed(values: Reals, width: int) -> Reals:
    """Two moving averages, the ends held."""
    for _ in range(2):
        padded = np.pad(values, (width // 2, width - 1 - width // 2), mode="edge")
        summed = np.concatenate([[0.0], np.cumsum(padded)])
        values = (summed[width:] - summed[:-width]) / width
    return values


def points(seconds: Reals, gain_db: Reals) -> tuple[RidePoint, ...]:
    """As few points as draw the gain to within `POINT_TOLERANCE_DB`."""
    if not gain_db.size or np.abs(gain_db).max() < POINT_TOLERANCE_DB:
        return ()
    kept = sorted(corners(seconds, gain_db))
    apart = [kept[0]]
    for at in kept[1:]:
        if seconds[at] - seconds[apart[-1]] >= LEAST_POINT_SECONDS:
            apart.append(at)
    return numbered([(float(seconds[at]), float(gain_db[at])) for at in apart])


def corners(seconds: Reals, gain_db: Reals) -> set[int]:
    """The points that straight lines must go through to stay within the tolerance (Ramer, Douglas and Peucker)."""
    kept = {0, len(gain_db) - 1}
    open_ends = [(0, len(gain_db) - 1)]
    while open_ends:
        first, last = open_ends.pop()
        if last - first < 2:
            continue
        line = np.interp(seconds[first:last], seconds[[first, last]], gain_db[[first, last]])
        off = np.abs(gain_db[first:last] - line)
        if off.max() > POINT_TOLERANCE_DB:
            middle = first + int(off.argmax())
            kept.add(middle)
            open_ends += [(first, middle), (middle, last)]
    return kept


def passage_points(gain_db: Reals, sketch: Sketch, passages: Sequence[Passage]) -> tuple[RidePoint, ...]:
    """A level for each passage, with a transition around each border."""
    levels = []
    for passage in passages:
        at = min(round((passage.start_seconds + passage.end_seconds) / 2 / sketch.hop_seconds), len(gain_db) - 1)
        levels.append(float(gain_db[at]))
    drawn = [(0.0, levels[0])]
    for passage, before, after in zip(passages[1:], levels, levels[1:], strict=False):
        if abs(after - before) >= 0.05:
            drawn.append((max(0.0, passage.start_seconds - TRANSITION_SECONDS / 2), before))
            drawn.append((passage.start_seconds + TRANSITION_SECONDS / 2, after))
    return numbered(drawn) if np.abs(levels).max() >= 0.05 else ()


def numbered(drawn: Sequence[tuple[float, float]]) -> tuple[RidePoint, ...]:
    """Points as a musician would write them: hundredths of a second, tenths of a decibel."""
    return tuple(
        RidePoint(id=str(n), at_seconds=round(at, 2), gain_db=round(gain, 1) + 0.0)
        for n, (at, gain) in enumerate(drawn, 1)
    )


def gain_at(device: Ride, seconds: Reals) -> Reals:
    """The gain of a ride at moments, dB."""
    if not device.points:
        return np.zeros(len(seconds))
    drawn = sorted((point.at_seconds, point.gain_db) for point in device.points)
    return np.asarray(np.interp(seconds, [at for at, _ in drawn], [gain for _, gain in drawn]), np.float64)
