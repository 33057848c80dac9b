"""Width after a reference: one level for the sides, and mono bass where it is asked for or plainly missing.

Side over mid of the loud parts is compared in each region above the bass; the regions count by how loud they are. One
factor for all of them is what a width knob can do: the shape of the sides over frequency is the tone's business, which
comes first (``bandmate.stages.master.tone_match``). So width is matched on the sketch behind the tone. Give the sketch
from before it too, and strength is counted from there: at half a strength the song ends half of the way between how
wide it came and how wide the target is, whatever the tone's bands did to the sides on the way.

Conventions: widths are side over mid, dB; errors are the song's less the target's, positive for a song that is wider.
Strength and guard are shares, 0 to 1.

Not covered: width made out of mono; widening by delays or phase.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bandmate.song.devices import Width
from bandmate.stages.master.portrait import REGIONS, Portrait, loud_hops, width_db
from bandmate.stages.master.sketch import Sketch, band_weights, from_db
from bandmate.stages.master.target import Target
from bandmate.stages.master.tone_need import curves_of

Reals = npt.NDArray[np.float64]

DEVICE_ID = "master-width"
LEAST_FACTOR, MOST_FACTOR = 0.7, 1.5
"""About 3 dB either way: more is another mix."""
TOLERANCE_DB, LEAST_CHANGE_DB = 1.0, 0.5
MONO_DB = -40.0
"""Sides further down than this are no width that a level could bring up: noise of a channel, or joint coding."""
FURTHEST_DB = 12.0
"""A region does not count for more than this, as one that is mono in the target."""
MOST_MONO_LOSS_DB = 3.0
"""What unrelated channels lose in mono; no song is widened beyond."""

MONO_BASS_HZ = REGIONS[0].high_hz
MUCH_WIDER_DB, AUDIBLE_DB = 6.0, -20.0
"""Bass with sides this far above the target's, and not too faint to matter, is put into the middle."""
WEIGHED_AT_HZ = 48_000
"""One rate for the weights of all songs, so that a sketch and the portrait of what was rendered are weighed alike."""


@dataclass(frozen=True, slots=True)
class RegionWidth:
    """One region: how wide it is, should be and is foretold to become; -150 for mono."""

    region: str
    was_db: float
    target_db: float
    foretold_db: float


@dataclass(frozen=True, slots=True)
class WidthMatch:
    """A width device and what it is foretold to do.

    Attributes
    ----------
    error_before_db, error_after_db : float
        over the regions above the bass, weighted by loudness; behind the tone.
    mono_loss_before_db, mono_loss_after_db : float
        what the mono sum of the whole song loses.
    is_bass_too_wide : bool
        whether mono bass was found to be missing, and not asked for.
    """

    device: Width
    regions: tuple[RegionWidth, ...]
    error_before_db: float
    error_after_db: float
    mono_loss_before_db: float
    mono_loss_after_db: float
    is_bass_too_wide: bool


def match_width(
    sketch: Sketch,
    target: Target,
    *,
    strength: float = 1.0,
    guard: float = 1.0,
    mono_below_hz: float = 0.0,
    before: Sketch | None = None,
) -> WidthMatch | None:
    """A width that brings ``sketch`` (behind the tone) towards ``target``.

    None for a song without sides, without a target for width, and where nothing is asked for and the song is within 1
    dB. A factor keeps between 0.7 and 1.5, and widens no further than to 3 dB of mono loss.

    Parameters
    ----------
    strength, guard : float
        the smaller one is how much of the way is gone.
    mono_below_hz : float
        one channel below this frequency, whatever the target has; 0: only where the bass is much wider than there.
    before : Sketch, optional
        the song before the tone, from which strength counts.
    """
    way = min(strength, guard)
    if is_mono(sketch):
        return None
    factor = factor_for(sketch, target, way, sketch if before is None else before) if way > 0.0 else 1.0
    too_wide = not mono_below_hz and way == 1.0 and bass_is_too_wide(sketch.widened(factor), target)
    device = Width(id=DEVICE_ID, side=factor, mono_below_hz=MONO_BASS_HZ if too_wide else mono_below_hz)
    if device == device.neutral():
        return None
    after = sketch.widened(device.side, device.mono_below_hz)
    was, foretold = (width_db(one, loud_hops(one)) for one in (sketch, after))
    goals = target.width_db or was
    return WidthMatch(
        device=device,
        regions=tuple(
            RegionWidth(region.name, *values) for region, *values in zip(REGIONS, was, goals, foretold, strict=True)
        ),
        error_before_db=width_error_db(sketch, target),
        error_after_db=width_error_db(after, target),
        mono_loss_before_db=mono_loss_db(sketch),
        mono_loss_after_db=mono_loss_db(after),
        is_bass_too_wide=too_wide,
    )


def width_error_db(song: Portrait | Sketch, target: Target) -> float:
    """How much wider (or narrower, below 0) the loud parts of a song are than a target's, above the bass.

    0 without a target for width, for mono and for silence.
    """
    widths = widths_of(song)
    weights = np.where(widths > MONO_DB, region_weights(song, target), 0.0)
    if not target.width_db or not weights.any():
        return 0.0
    apart = np.clip(np.subtract(widths, target.width_db), -FURTHEST_DB, FURTHEST_DB)
    return float((apart * weights).sum() / weights.sum())


def why_no_width(sketch: Sketch, target: Target) -> str:
    """Why `match_width` found nothing to do, in words."""
    if is_mono(sketch):
        return "the song is mono, and width cannot be made out of mono"
    if not target.width_db:
        return "no reference has a weight for width"
    return f"the sides are within {TOLERANCE_DB:g} dB of the references"


def width_change_db(before: Sketch, after: Sketch, target: Target) -> float:
    """How much wider a song has become, by the same weights; regions that are mono do not count."""
    was, now = widths_of(before), widths_of(after)
    weights = np.where((was > MONO_DB) & (now > MONO_DB), region_weights(before, target), 0.0)
    return float(((now - was) * weights).sum() / weights.sum()) if weights.any() else 0.0


def balance_shares(sketch: Sketch, target: Target) -> tuple[Reals, Reals]:
    """How much a gain in each 1/3 octave of the middle and of the sides changes the width, by first order.

    Each adds up to 1; zeros for a mono song.
    """
    weights = np.where(widths_of(sketch) > MONO_DB, region_weights(sketch, target), 0.0)
    weights = weights / max(float(weights.sum()), 1e-30)
    inside = np.array([region.of(sketch.band_hz) for region in REGIONS])
    powers = np.array([power[:, loud_hops(sketch)].sum(axis=1) for power in (sketch.mid, sketch.side)])
    regions = np.maximum(powers @ inside.T, 1e-30)
    mid, side = powers * ((weights / regions) @ inside)
    return mid, side


def is_mono(song: Portrait | Sketch) -> bool:
    """Whether there are no sides above the bass that a level could bring up."""
    return bool((widths_of(song)[1:] <= MONO_DB).all())


def widths_of(song: Portrait | Sketch) -> Reals:
    """The width of each region in the loud parts."""
    return np.array(song.width_db if isinstance(song, Portrait) else width_db(song, loud_hops(song)))


def region_weights(song: Portrait | Sketch, target: Target) -> Reals:
    """How much each region counts: its loudness in the target, so that a change of the song's tone shifts nothing.

    In the song itself, where the target has no tone; the bass counts nothing.
    """
    if target.mid_db:
        hz, mid_db, side_db = (np.array(v) for v in (target.band_hz, target.mid_db, target.side_db))
    else:
        hz, mid_db, side_db = curves_of(song)
    loudness = band_weights(WEIGHED_AT_HZ, len(hz)) * (from_db(mid_db) + from_db(side_db))
    weights = np.array([loudness[region.of(hz)].sum() for region in REGIONS])
    weights[0] = 0.0
    return weights


def mono_loss_db(sketch: Sketch) -> float:
    """What the sum of both channels loses against their mean power, over the whole song; 0 for silence."""
    mid, side = float(sketch.mid.sum()), float(sketch.side.sum())
    return 10.0 * math.log10(1.0 + side / mid) if mid > 0.0 else 0.0


def factor_for(sketch: Sketch, target: Target, way: float, before: Sketch) -> float:
    """The level for the sides, to two figures behind the point; 1 where it would not be worth it."""
    came, now = width_error_db(before, target), width_error_db(sketch, target)
    goal = came if abs(came) <= TOLERANCE_DB else (1.0 - way) * came
    if not target.width_db or abs(goal - now) < LEAST_CHANGE_DB or abs(now) <= TOLERANCE_DB:
        return 1.0
    mid, side = float(sketch.mid.sum()), float(sketch.side.sum())
    safe = max(1.0, math.sqrt(mid * (from_db(MOST_MONO_LOSS_DB).item() - 1.0) / max(side, 1e-30)))
    factor = 10.0 ** ((goal - now) / 20.0)
    return round(float(min(max(factor, LEAST_FACTOR), MOST_FACTOR, safe)), 2)


def bass_is_too_wide(sketch: Sketch, target: Target) -> bool:
    """Whether the bass has sides that can be heard, far above the target's."""
    if not target.width_db:
        return False
    width = width_db(sketch, loud_hops(sketch))[0]
    return bool(width > AUDIBLE_DB and width - target.width_db[0] > MUCH_WIDER_DB)
