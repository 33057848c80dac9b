"""Tone after a reference: one equalizer that brings the loud parts of a song towards the curve of a target.

The middle gets at most eight bands. Each of them acts on the sides too where these want the same (scope ``stereo``) and
else on the middle alone; what the sides then lack in shape gets at most four bands of their own. How wide the song is
as a whole is no matter of tone: of the ways to a shape, those are taken that keep side over mid as it is, and
``bandmate.stages.master.width_match`` comes afterwards. With ``shape_sides`` off every band is a stereo one, and the
sides keep their level against the middle in every 1/3 octave.

Conventions: strength and guard are shares, 0 to 1; curves are in dB by 1/3 octave. Movement is the response of the
equalizer, levelled over the compared bands.

Not covered: songs without a reference (``bandmate.stages.master.tone``); how far song and target are apart
(``bandmate.stages.master.tone_need``); whether locks allow the device.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace as changed
from itertools import product

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec.structs import replace

from bandmate.song.devices import Band, Equalizer
from bandmate.stages.master.sketch import FLOOR_DB, Sketch
from bandmate.stages.master.target import LEAST_TOLERANCE_DB, Target
from bandmate.stages.master.tone import DEVICE_ID
from bandmate.stages.master.tone_fit import ANCHOR_WEIGHT, MOST_GAIN_DB, Wish, fit_bands, refitted, scaled
from bandmate.stages.master.tone_need import LeftOut, Need, Needs, left_out, needs_of
from bandmate.stages.master.width_match import balance_shares, width_change_db

Reals = npt.NDArray[np.float64]

MOST_BANDS, SIDE_BANDS = 8, 4
FAR_WEIGHT = 0.25
"""What is further away than any band may bring it is followed, but not at the cost of the rest."""
FOLLOWS_BELOW_HZ, FOLLOWS_WEIGHT = 38.0, 0.25
"""Under the 1/3 octave at 40 Hz one note of the bass decides over a band; it is asked to rise no more than that one."""
NO_BOOST_BELOW_HZ = 35.0
"""What cannot be heard takes the limiter's room away from what can."""
CAREFUL_ABOVE_HZ, CAREFUL_DB = 14_000.0, 4.0
"""Above that there is mostly hiss, and what a lossy codec left of the cymbals."""
SKIRT_DB = 1.0
"""Filters have skirts: so much is let pass where nothing may be boosted."""

SOLID_DB = 1.0
"""The guard watches the bands that need more than this; of less, no share can be kept to in tenths of a dB."""
SLACK_DB = 0.25
"""How far rounding to tenths of a dB may pass a limit."""
WHOLE_AT = 1.5
"""Where several references differ, a band is left alone up to their tolerance and moved wholly from so many times of
it; between the two in part, so that no step is made in the curve."""
LEAST_GAIN_DB = 0.2
"""By how much the mean error has to fall, at full strength."""
SCALES = tuple(step / 20 for step in range(20, 0, -1))

TILT_SHELVES_HZ, TILT_Q = (333.0, 3_000.0), 0.5
"""Two shelves that make a straight line over octaves from 100 Hz to 10 kHz, to within 0.05 dB per dB."""
TILT_SPAN_HZ = (100.0, 10_000.0)


@dataclass(frozen=True, slots=True, eq=False)
class Matched:
    """Middle or sides: what was needed, how the equalizer moves them, and what is foretold to be left, dB by band."""

    need: Need
    moved_db: Reals
    left: Need

    @property
    def error_before_db(self) -> float:
        return self.need.error_db

    @property
    def error_after_db(self) -> float:
        """Foretold; over the bands that were compared before."""
        return self.left.error_db


@dataclass(frozen=True, slots=True, eq=False)
class ToneMatch:
    """An equalizer, and what it is foretold to do.

    Attributes
    ----------
    mid, side : Matched or None
        None for what cannot be compared, as the sides of a mono song.
    left_out : tuple of LeftOut
        where song and target are too far apart to be compared.
    width_change_db : float
        what the equalizer is foretold to do to side over mid as a whole, above the bass.
    needs : Needs
        what was found before: pass it to ``tone_error_db`` to measure the same bands after rendering.
    """

    device: Equalizer
    mid: Matched | None
    side: Matched | None
    left_out: tuple[LeftOut, ...]
    width_change_db: float
    needs: Needs
    strength: float
    guard: float


def match_tone(
    sketch: Sketch,
    target: Target,
    *,
    strength: float = 1.0,
    guard: float = 1.0,
    most_bands: int = MOST_BANDS,
    shape_sides: bool = True,
    linear_phase: bool = False,
) -> ToneMatch | None:
    """An equalizer that brings ``sketch`` towards ``target``.

    None for silence, for no strength, for a target without a curve, for a song that is within the tolerance already,
    and where an equalizer would bring less than 0.2 dB.

    Parameters
    ----------
    strength : float
        how much of the way, 0 to 1, in dB in every band; only the gains of the bands depend on it.
    guard : float
        no 1/3 octave that needs more than 1 dB is moved by more than this share of its need, 0 to 1; 1 sets no limit.
    shape_sides : bool
        whether sides may be treated apart from the middle.
    """
    needs = needs_of(sketch, target)
    if min(strength, guard) <= 0.0 or all(need.is_within for need in needs):
        return None
    plans = tuple(Plan(need, wish_of(need, sketch.rate_hz, guard)) for need in needs)
    trial = Trial(sketch, target, needs, plans, Balance(*balance_shares(sketch, target)))
    bands: tuple[Band, ...] = ()
    for plan in plans:
        if plan.need.scope == "mid" and not plan.need.is_within:
            bands = fit_bands(plan.wish, most_bands=most_bands)
        elif plan.need.scope == "side" and shape_sides:
            bands = with_sides(bands, trial.balance.kept(plan.wish, bands), min(SIDE_BANDS, most_bands))
    tried = trial.settled(trial.of(bands))
    if strength < guard:
        tried = trial.of(scaled(tried.bands, strength / guard))
    if not tried.bands or needs.error_db - tried.left.error_db < LEAST_GAIN_DB * min(strength, guard):
        return None
    matched = {
        plan.need.scope: Matched(plan.need, plan.moved_db(tried.bands), left)
        for plan, left in zip(plans, tried.left, strict=True)
    }
    return ToneMatch(
        device=Equalizer(id=DEVICE_ID, bands=tried.bands, phase="linear" if linear_phase else "minimum"),
        mid=matched.get("mid"),
        side=matched.get("side"),
        left_out=left_out(needs),
        width_change_db=tried.width_change_db,
        needs=needs,
        strength=strength,
        guard=guard,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What the middle or the sides need, and what of it is asked for."""

    need: Need
    wish: Wish

    def moved_db(self, bands: Sequence[Band]) -> Reals:
        """The levelled response, by band."""
        return self.wish.levelled(self.wish.response_db(bands, self.need.scope))

    def drift_db(self, bands: Sequence[Band], left: Need) -> Reals:
        """What came about in the compared bands beside the response itself."""
        return np.where(self.need.compared, self.need.need_db - left.need_db - self.moved_db(bands), 0.0)

    def missed_db(self, left: Need) -> float:
        """How far what came about is from what was asked for, mean over the compared bands."""
        missed = self.need.need_db - left.need_db - self.wish.wanted_db
        return float(np.abs(missed[self.need.compared]).mean())

    def moved(self, bands: tuple[Band, ...]) -> tuple[Band, ...]:
        """The bands of this plan (for the middle: all that act on it) set anew to meet the wish."""
        own = [band for band in bands if (band.scope == "side") == (self.need.scope == "side")]
        rest = [band for band in bands if band not in own]
        missing = less(self.wish, self.wish.response_db(rest, self.need.scope))
        new = {band.id: band for band in refitted(tuple(own), missing)}
        return tuple(new.get(band.id, band) for band in bands)


@dataclass(frozen=True, slots=True, eq=False)
class Balance:
    """How much each band tells of how wide the song is as a whole, in the middle and in the sides, shape (bands,)."""

    mid: Reals
    side: Reals

    def change_db(self, wish: Wish, bands: Sequence[Band]) -> float:
        """What the bands do to side over mid, nearly."""
        return float(self.side @ wish.response_db(bands, "side") - self.mid @ wish.response_db(bands, "mid"))

    def kept(self, wish: Wish, bands: Sequence[Band], drift_db: float = 0.0) -> Wish:
        """The wish for the sides, to keep the song as wide as it is when bands do that to the middle."""
        return changed(wish, anchor=self.side, anchor_db=float(self.mid @ wish.response_db(bands, "mid")) - drift_db)


@dataclass(frozen=True, slots=True, eq=False)
class Tried:
    """Bands, what they leave to be wished for, and what they do to side over mid as a whole."""

    bands: tuple[Band, ...]
    left: Needs
    width_change_db: float
    missed_db: float


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """A sketch on which bands are tried."""

    sketch: Sketch
    target: Target
    needs: Needs
    plans: tuple[Plan, ...]
    balance: Balance

    def of(self, bands: tuple[Band, ...]) -> Tried:
        """The bands, turned down where they pass a limit, and what they do."""
        kept = kept_to_limits(bands, self.plans)
        after = self.sketch.equalized(kept)
        left = needs_of(after, self.target, self.needs)
        wider_db = width_change_db(self.sketch, after, self.target)
        missed = [plan.missed_db(part) for plan, part in zip(self.plans, left, strict=True)]
        return Tried(kept, left, wider_db, sum(missed) + ANCHOR_WEIGHT * wider_db**2)

    def settled(self, first: Tried) -> Tried:
        """The better of these bands and the same set anew.

        An equalizer changes which moments are the loud ones, and these have a tone of their own: the second go counts
        that in.
        """
        bands = first.bands
        for plan, left in zip(self.plans, first.left, strict=True):
            wish = changed(plan.wish, wanted_db=plan.wish.wanted_db - plan.drift_db(first.bands, left))
            if plan.need.scope == "side":
                drift_db = first.width_change_db - self.balance.change_db(wish, first.bands)
                wish = self.balance.kept(wish, bands, drift_db)
            bands = changed(plan, wish=wish).moved(bands)
        second = self.of(bands)
        return second if second.missed_db < first.missed_db else first


def wish_of(need: Need, rate_hz: int, guard: float) -> Wish:
    """What the equalizer is asked for: as much of the need as the guard allows, within what may be boosted."""
    hz = need.band_hz
    none = np.full(hz.shape, np.inf)
    ceiling = np.where(hz >= CAREFUL_ABOVE_HZ, CAREFUL_DB, none)
    ceiling[(hz < NO_BOOST_BELOW_HZ) | ~need.sounds] = SKIRT_DB
    lowest, highest = -none, none
    if guard < 1.0:
        solid = (need.compared | need.far) & (np.abs(need.need_db) > SOLID_DB)
        highest = np.where(solid & (need.need_db > 0.0), guard * need.need_db, none)
        lowest = np.where(solid & (need.need_db < 0.0), guard * need.need_db, -none)
    wanted = guard * np.clip(beyond_tolerance(need), -MOST_GAIN_DB, MOST_GAIN_DB)
    weights = np.where(need.compared, 1.0, np.where(need.far, FAR_WEIGHT, 0.0))
    low = hz < FOLLOWS_BELOW_HZ
    wanted[low] = np.minimum(wanted[low], wanted[~low][0])
    weights[low] *= FOLLOWS_WEIGHT
    wanted = np.minimum(wanted, ceiling)
    return Wish(
        hz, rate_hz, wanted, weights, need.compared.astype(np.float64), lowest, highest, ceiling, np.zeros(hz.shape)
    )


def beyond_tolerance(need: Need) -> Reals:
    """The need, less where several references do not agree on it."""
    ramp = np.clip((np.abs(need.need_db) / need.tolerance_db - 1.0) / (WHOLE_AT - 1.0), 0.0, 1.0)
    return np.where(need.tolerance_db > LEAST_TOLERANCE_DB, ramp, 1.0) * need.need_db


def with_sides(bands: tuple[Band, ...], side: Wish, most_bands: int) -> tuple[Band, ...]:
    """Each band on both or on the middle alone, whichever suits the sides, and bands for the sides alone."""
    alone = np.array([side.response_db([band]) for band in bands]).reshape(len(bands), len(side.band_hz))
    choices = np.array(list(product((1.0, 0.0), repeat=len(bands)))).reshape(2 ** len(bands), len(bands))
    costs = [
        side.error_db(shared) + side.excess_db(shared) + ANCHOR_WEIGHT * side.off_anchor_db(shared) ** 2
        for shared in choices @ alone
    ]
    shared = choices[int(np.argmin(costs))]
    chosen = [replace(band, scope="stereo" if both else "mid") for band, both in zip(bands, shared, strict=True)]
    missing = less(side, shared @ alone)
    own = fit_bands(missing, most_bands=most_bands)
    return (*chosen, *(replace(band, id=f"side-{band.id}", scope="side") for band in own))


def less(wish: Wish, response_db: Reals) -> Wish:
    """What is left of a wish when some of it is done."""
    done = wish.levelled(response_db)
    return changed(
        wish,
        wanted_db=wish.wanted_db - done,
        lowest_db=wish.lowest_db - done,
        highest_db=wish.highest_db - done,
        ceiling_db=wish.ceiling_db - response_db,
        anchor_db=-wish.off_anchor_db(response_db),
    )


def kept_to_limits(bands: tuple[Band, ...], plans: Sequence[Plan]) -> tuple[Band, ...]:
    """The bands, turned down as far as it takes to keep to the limits of middle and sides."""
    for scale in SCALES:
        turned = scaled(bands, scale)
        if all(plan.wish.excess_db(plan.wish.response_db(turned, plan.need.scope)) <= SLACK_DB for plan in plans):
            return turned
    return ()


def tilted(target: Target, tilt_db: float) -> Target:
    """The target brighter (or darker, below 0) by so much at 10 kHz against 100 Hz, in a straight line over octaves."""
    hz = np.clip(target.band_hz, *TILT_SPAN_HZ)
    line = tilt_db * (np.log(hz / TILT_SPAN_HZ[0]) / np.log(TILT_SPAN_HZ[1] / TILT_SPAN_HZ[0]) - 0.5)
    mid, side = (
        tuple(np.where(np.array(curve) > FLOOR_DB / 2, np.array(curve) + line, FLOOR_DB).tolist())
        for curve in (target.mid_db, target.side_db)
    )
    return msgspec.structs.replace(target, mid_db=mid, side_db=side)


def tilt_device(tilt_db: float) -> Equalizer:
    """Two shelves that make any song brighter (or darker, below 0) by so much at 10 kHz against 100 Hz."""
    half_db = round(tilt_db / 2.0, 2) + 0.0
    low_hz, high_hz = TILT_SHELVES_HZ
    low = Band(id="low", kind="low-shelf", freq_hz=low_hz, q=TILT_Q, gain_db=-half_db)
    high = Band(id="high", kind="high-shelf", freq_hz=high_hz, q=TILT_Q, gain_db=half_db)
    return Equalizer(id=DEVICE_ID, bands=(low, high))
