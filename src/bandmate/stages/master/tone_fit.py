"""Fitting an equalizer of a few bands to a wanted curve, so that what is proposed can be read, typed and changed.

The error is the weighted mean of the absolute distances by 1/3-octave band, both curves levelled by the same weighted
mean: level is the limiter's business. Bands are put in one after the other where most is missing, all of them are moved
together after each, and the least useful ones are tried again elsewhere. A band that is strong and narrow at once has
to bring more than others: it colours single notes, and a musician would not turn it.

Conventions: curves are in dB by band, shape (bands,). While searching, a band has three settings (log frequency, gain,
log Q) and follows its analogue prototype, whose slopes are known in closed form; how far the real filters are from that
is measured and taken into account. The result is rounded to what one would type (three figures of a frequency, tenths
of a dB, hundredths of a Q). Nothing is random: equal wishes give equal bands.

Not covered: which curve to want (``bandmate.stages.master.tone_match``), passes and notches.

References: R. Bristow-Johnson, Audio EQ Cookbook (prototypes); K. Madsen, H. Nielsen, O. Tingleff, Methods for
Non-Linear Least Squares Problems (damped steps); absolute errors by iterated reweighting.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
import numpy.typing as npt
from msgspec.structs import replace

from bandmate.song.devices import Band, BandScope
from bandmate.stages.master.band_slopes import Kinds, levels_db, mean_db, parts_of
from bandmate.stages.master.sketch import bands_response_db, points_within

Reals = npt.NDArray[np.float64]
Kind = Literal["bell", "low-shelf", "high-shelf"]

FREQ_RANGE_HZ = (25.0, 18_000.0)
HIGHEST_SHARE = 0.45
"""No band above this share of the rate, where half of it would be out of the sound."""
BELL_Q, SHELF_Q = (0.3, 4.0), (0.5, 1.0)
"""Narrower than a third of an octave is a note and not a tone; a steeper shelf overshoots."""
MOST_GAIN_DB = 9.0
LEAST_GAIN_DB, LEAST_USE_DB = 0.3, 0.05
"""A band that does less, or brings the mean error down by less, is left out. Of some thirty 1/3 octaves, the second is
worth 1.5 dB in one of them: at twice as much, five bands are left of eight and the error grows by a third."""

CORNER_DB, COARSE_CORNER_DB = 0.1, 0.5
"""Where the error turns from square to absolute: below what anybody would type, and wider while bands are put in."""
LIMIT_WEIGHT = 40.0
ANCHOR_WEIGHT = 0.1
"""1 dB off the anchor counts like a mean error of 0.1 dB: of two ways to one shape, the one that keeps the level."""
TRIFLE = 2e-4
"""What a band of 1 dB and Q 1 has to bring; it grows with the square of the gain and with Q: 0.05 dB for 9 dB at Q
3."""
TWINS_APART = (0.08, 0.5)
"""Logs of frequency and Q: an eighth of an octave, and two thirds as wide."""

SHAPE_DB = 4.0
BELL_QS = (0.4, 0.8, 1.6, 3.2)
GAINS_TRIED_DB = (-2.0, 2.0)
STEPS_TO_TELL, STEPS_BETWEEN, STEPS_AT_END = 2, 6, 30
SWAPS, SWAPPED_AT_MOST = 2, 3
LEAST_PROGRESS = 1e-3
DAMPING_START, DAMPING_LEAST, DAMPING_MOST = 1e-2, 1e-6, 1e6
LONGEST_STEP = ((0.5,), (4.0,), (0.7,))
POINTS = (1, 4, 7)
"""Three of the nine points of a band are enough while searching: the middles of its thirds."""


@dataclass(frozen=True, slots=True, eq=False)
class Wish:
    """What an equalizer is asked for, by 1/3-octave band.

    Attributes
    ----------
    wanted_db : array (bands,)
        the curve; its level does not count.
    weights : array (bands,)
        how much a band counts, 0 for one that does not.
    levelling : array (bands,)
        how much it counts when a level is taken out: the bands by whose mean others will level it.
    lowest_db, highest_db : array (bands,)
        what the levelled response may be there; infinite where there is no limit.
    ceiling_db : array (bands,)
        what the response itself may be at most, as one sees it on the equalizer; infinite where there is no limit.
    anchor : array (bands,)
        a mean (its shares add up to 1) that the response itself is wanted to have, ``anchor_db``; zeros for none.
    """

    band_hz: Reals
    rate_hz: int
    wanted_db: Reals
    weights: Reals
    levelling: Reals
    lowest_db: Reals
    highest_db: Reals
    ceiling_db: Reals
    anchor: Reals
    anchor_db: float = 0.0

    @property
    def shares(self) -> Reals:
        """The weights with a sum of 1."""
        return np.asarray(self.weights / max(float(self.weights.sum()), 1e-12))

    def level_db(self, curve_db: Reals) -> float:
        """The mean that is taken out of a curve."""
        return float(self.levelling @ curve_db) / max(float(self.levelling.sum()), 1e-12)

    def levelled(self, curve_db: Reals) -> Reals:
        """The curve less that mean."""
        return np.asarray(curve_db - self.level_db(curve_db))

    def response_db(self, bands: Sequence[Band], scope: BandScope = "stereo") -> Reals:
        """What the bands of a scope (and stereo ones) do, by 1/3-octave band."""
        return bands_response_db(bands, self.band_hz, self.rate_hz, scope)

    def error_db(self, response_db: Reals) -> float:
        """Weighted mean of the absolute distances, 0 and up."""
        return float(self.shares @ np.abs(self.levelled(response_db - self.wanted_db)))

    def excess_db(self, response_db: Reals) -> float:
        """How far the response passes a limit in the worst band; 0 when it keeps to all of them."""
        moved = self.levelled(response_db)
        beyond = moved - self.highest_db, self.lowest_db - moved, response_db - self.ceiling_db
        return max(0.0, float(np.max(beyond)))

    def off_anchor_db(self, response_db: Reals) -> float:
        """How far the response is from the mean it is wanted to have."""
        return float(self.anchor @ response_db) - self.anchor_db


def wish_for(band_hz: Reals, rate_hz: int, wanted_db: Reals, weights: Reals | None = None) -> Wish:
    """A wish without limits; every band counts alike where no weights are given."""
    none = np.full(band_hz.shape, np.inf)
    counted = np.ones(band_hz.shape) if weights is None else weights
    return Wish(band_hz, rate_hz, wanted_db, counted, counted, -none, none, none, np.zeros(band_hz.shape))


def fit_bands(wish: Wish, *, most_bands: int, most_gain_db: float = MOST_GAIN_DB) -> tuple[Band, ...]:
    """At most ``most_bands`` bells and shelves (one of each) that come closest to the wish, from low to high.

    Gains keep to ``most_gain_db``, frequencies to 25 Hz – 18 kHz and below 0.45 of the rate, Q to 0.3 – 4 (shelves 0.5
    – 1). Bands that bring nothing worth having are left out; a flat wish, or one in which no band counts, gives none.
    """
    if most_bands < 1 or not wish.weights.any() or most_gain_db < LEAST_GAIN_DB:
        return ()
    search = Search(wish, most_gain_db)
    found = search.swapped(search.refined(search.grown(search.nothing, most_bands), STEPS_AT_END))
    found = search.refined(search.grown(search.without_twins(found), most_bands), STEPS_AT_END)
    search.meet_real_filters(found)
    found = search.refined(found, STEPS_AT_END)
    return typed(search.thinned(search.without_twins(found)))


def refitted(bands: tuple[Band, ...], wish: Wish) -> tuple[Band, ...]:
    """The same bands moved to meet another wish, nothing added and nothing left out."""
    if not bands or not wish.weights.any():
        return bands
    search = Search(wish, max(MOST_GAIN_DB, *(abs(band.gain_db) for band in bands)))
    kinds = {"bell": 0, "low-shelf": -1, "high-shelf": 1}
    values = np.array([[math.log(band.freq_hz), band.gain_db, math.log(band.q)] for band in bands]).T
    found = Settings(values, np.array([kinds[band.kind] for band in bands], np.int64))
    search.meet_real_filters(found)
    moved = search.refined(found, STEPS_AT_END)
    return tuple(with_settings(band, moved.values[:, n]) for n, band in enumerate(bands))


def scaled(bands: Sequence[Band], strength: float) -> tuple[Band, ...]:
    """The bands with that share of their gain, in tenths of a dB; those that come to nothing are left out."""
    turned = (replace(band, gain_db=round(band.gain_db * strength, 1) + 0.0) for band in bands)
    return tuple(band for band in turned if band.gain_db != 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Settings:
    """Bands while they are searched: rows of log frequency, gain in dB and log Q, shape (3, bands), and what it costs.

    ``kinds``: 0 for a bell, -1 for a low shelf, 1 for a high shelf.
    """

    values: Reals
    kinds: Kinds
    cost: float = math.inf

    @property
    def count(self) -> int:
        return len(self.kinds)

    def without(self, n: int) -> Settings:
        return Settings(np.delete(self.values, n, axis=1), np.delete(self.kinds, n))

    def joined(self, value: Reals, kind: int) -> Settings:
        return Settings(np.concatenate([self.values, value[:, None]], axis=1), np.append(self.kinds, kind))


@dataclass(frozen=True, slots=True, eq=False)
class Slope:
    """The cost of some settings, its gradient (settings,) and its approximate curvature (settings, settings)."""

    cost: float
    gradient: Reals
    curvature: Reals


class Search:
    """The search for the settings that come closest to one wish."""

    nothing = Settings(np.empty((3, 0)), np.empty(0, np.int64))

    def __init__(self, wish: Wish, most_gain_db: float) -> None:
        self.wish = wish
        self.most_gain_db = most_gain_db
        self.shares = wish.shares
        self.levelling = wish.levelling / max(float(wish.levelling.sum()), 1e-12)
        self.wanted_db = wish.levelled(wish.wanted_db)
        self.log_hz = np.log(points_within(tuple(wish.band_hz.tolist()), wish.rate_hz)[:, POINTS])
        self.top_hz = min(FREQ_RANGE_HZ[1], HIGHEST_SHARE * wish.rate_hz)
        self.beside_db = np.zeros(wish.band_hz.shape)
        self.atoms, self.shapes = self.dictionary()
        self.moving = self.shapes - (self.shapes @ self.levelling)[:, None]

    def dictionary(self) -> tuple[Settings, Reals]:
        """Bands that may be put in, and what each does by band for 1 dB."""
        hz = [float(hz) for hz in self.wish.band_hz if FREQ_RANGE_HZ[0] <= hz <= self.top_hz]
        bells = [(math.log(f), SHAPE_DB, math.log(q)) for f in hz for q in BELL_QS]
        shelves = [(math.log(f), SHAPE_DB, math.log(0.7071)) for f in hz[2::2] for _ in range(2)]
        kinds = np.array([0] * len(bells) + [-1, 1] * (len(shelves) // 2), np.int64)
        atoms = Settings(np.array(bells + shelves).reshape(-1, 3).T, kinds)
        level = parts_of(atoms.values, kinds, self.log_hz.ravel())[0].reshape(-1, *self.log_hz.shape)
        return atoms, mean_db(level) / SHAPE_DB

    def limits(self, kinds: Kinds) -> tuple[Reals, Reals]:
        """The lowest and the highest of each setting."""
        bell = kinds == 0
        least_q, most_q = (np.where(bell, BELL_Q[n], SHELF_Q[n]) for n in range(2))
        full = np.ones(len(kinds))
        low = np.array([math.log(FREQ_RANGE_HZ[0]) * full, -self.most_gain_db * full, np.log(least_q)])
        return low, np.array([math.log(self.top_hz) * full, self.most_gain_db * full, np.log(most_q)])

    def level_costs(self, level_db: Reals, corner_db: float) -> Reals:
        """What responses cost, shape (..., bands): their error, and what they pass limits and anchor by."""
        wish = self.wish
        moved = level_db - (level_db @ self.levelling)[..., None]
        root = np.sqrt(1.0 + ((moved - self.wanted_db) / corner_db) ** 2)
        beyond = moved - np.clip(moved, wish.lowest_db, wish.highest_db)
        above = np.maximum(level_db - wish.ceiling_db, 0.0)
        off = level_db @ wish.anchor - wish.anchor_db
        passed = (beyond**2 + above**2).mean(axis=-1)
        return np.asarray(corner_db * (root - 1.0) @ self.shares + LIMIT_WEIGHT * passed + ANCHOR_WEIGHT * off**2)

    def slope(self, found: Settings, corner_db: float) -> Slope:
        """What the settings cost: their response, and a trifle for each band."""
        wish = self.wish
        level, slopes = levels_db(found.values, found.kinds, self.log_hz)
        level = level + self.beside_db
        _, gain_db, log_q = found.values
        narrow = TRIFLE * np.exp(log_q)
        cost = float(self.level_costs(level, corner_db)) + float(narrow @ gain_db**2)
        moved, moving = level - self.levelling @ level, slopes - self.levelling @ slopes
        error = moved - self.wanted_db
        pull = self.shares / np.sqrt(corner_db**2 + error**2)
        beyond = moved - np.clip(moved, wish.lowest_db, wish.highest_db)
        above = np.maximum(level - wish.ceiling_db, 0.0)
        tow, limit = wish.anchor @ slopes, 2.0 * LIMIT_WEIGHT / len(level)
        gradient = moving.T @ (pull * error + limit * beyond) + slopes.T @ (limit * above)
        gradient += 2.0 * ANCHOR_WEIGHT * wish.off_anchor_db(level) * tow
        gradient += np.concatenate([0.0 * narrow, 2.0 * narrow * gain_db, narrow * gain_db**2])
        curvature = moving.T @ (moving * (pull + limit * (beyond != 0.0))[:, None])
        curvature += slopes.T @ (slopes * (limit * (above > 0.0))[:, None]) + 2.0 * ANCHOR_WEIGHT * np.outer(tow, tow)
        diagonal = np.concatenate([0.0 * narrow, 2.0 * narrow, narrow * gain_db**2])
        return Slope(cost, gradient, curvature + np.diag(diagonal))

    def refined(self, found: Settings, steps: int, corner_db: float = CORNER_DB) -> Settings:
        """All settings moved together, downhill, by at most so many steps."""
        low, high = self.limits(found.kinds)
        values, damping = np.clip(found.values, low, high), DAMPING_START
        here = self.slope(Settings(values, found.kinds), corner_db)
        for _ in range(steps):
            held = ((values <= low) & (here.gradient.reshape(3, -1) > 0)) | (
                (values >= high) & (here.gradient.reshape(3, -1) < 0)
            )
            there = None
            while damping < DAMPING_MOST:
                step = damped_step(here, ~held.ravel(), damping).reshape(3, -1)
                tried = np.clip(values - np.clip(step, np.negative(LONGEST_STEP), LONGEST_STEP), low, high)
                there = self.slope(Settings(tried, found.kinds), corner_db)
                if there.cost < here.cost:
                    break
                damping *= 4.0
            if there is None or there.cost >= here.cost:
                break
            settled = here.cost - there.cost < 1e-4 * here.cost
            values, here, damping = tried, there, max(damping / 5.0, DAMPING_LEAST)
            if settled:
                break
        return Settings(values, found.kinds, here.cost)

    def grown(self, found: Settings, most_bands: int) -> Settings:
        """Bands added one by one, each where it brings most."""
        while found.count < most_bands:
            found = self.refined(self.with_best(found), STEPS_BETWEEN, COARSE_CORNER_DB)
        return found

    def with_best(self, found: Settings) -> Settings:
        """One band more: the one whose shape brings most, at one of a few gains."""
        level = levels_db(found.values, found.kinds, self.log_hz)[0] + self.beside_db
        missing = self.wanted_db - (level - self.levelling @ level)
        pull = self.shares / np.sqrt(1.0 + missing**2)
        nearest = (self.moving @ (pull * missing)) / (self.moving**2 @ pull + 1e-9)
        gains_db = np.stack([nearest, 0.5 * nearest, *(np.full(nearest.shape, gain) for gain in GAINS_TRIED_DB)])
        gains_db = np.clip(gains_db, -self.most_gain_db, self.most_gain_db)
        costs = self.level_costs(level + gains_db[:, :, None] * self.shapes, COARSE_CORNER_DB)
        costs += TRIFLE * np.exp(self.atoms.values[2]) * gains_db**2
        costs[:, np.isin(self.atoms.kinds, found.kinds[found.kinds != 0])] = math.inf
        which, best = np.unravel_index(np.argmin(costs), costs.shape)
        value = self.atoms.values[:, best].copy()
        value[1] = gains_db[which, best]
        return found.joined(value, int(self.atoms.kinds[best]))

    def swapped(self, found: Settings) -> Settings:
        """The least useful bands taken out and put in anew, as long as that helps."""
        for _ in range(SWAPS):
            costs = [self.refined(found.without(n), STEPS_TO_TELL).cost for n in range(found.count)]
            for n in np.argsort(costs, kind="stable")[:SWAPPED_AT_MOST]:
                other = self.refined(self.grown(found.without(int(n)), found.count), STEPS_AT_END // 2)
                if other.cost < found.cost - LEAST_PROGRESS:
                    found = other
                    break
            else:
                break
        return found

    def meet_real_filters(self, found: Settings) -> None:
        """From now on, count in how far the real filters are from their prototypes."""
        real = self.wish.response_db(typed(found))
        self.beside_db = real - levels_db(found.values, found.kinds, self.log_hz)[0]

    def without_twins(self, found: Settings) -> Settings:
        """Bells that stand on each other made one: nobody would set two, and together they pass the largest gain."""
        for one, other in combinations(range(found.count), 2):
            apart = np.abs(found.values[:, one] - found.values[:, other])
            same = found.kinds[one] == found.kinds[other] == 0 and found.values[1, [one, other]].prod() > 0.0
            if same and apart[0] < TWINS_APART[0] and apart[2] < TWINS_APART[1]:
                values = found.values.copy()
                values[1, one] += values[1, other]
                merged = Settings(values, found.kinds).without(other)
                return self.without_twins(self.refined(merged, STEPS_BETWEEN))
        return found

    def thinned(self, found: Settings) -> Settings:
        """The settings without the bands that bring less than they should, the least useful first."""
        while found.count:
            weak = int(np.argmin(np.abs(found.values[1])))
            if abs(found.values[1, weak]) < LEAST_GAIN_DB:
                found = self.refined(found.without(weak), STEPS_BETWEEN)
                continue
            others = [self.refined(found.without(n), STEPS_TO_TELL) for n in range(found.count)]
            best = self.refined(min(others, key=lambda other: other.cost), STEPS_BETWEEN)
            if best.cost - found.cost >= LEAST_USE_DB:
                break
            found = best
        return found


def damped_step(here: Slope, free: npt.NDArray[np.bool_], damping: float) -> Reals:
    """How far to go against the gradient; settings at their limits stay."""
    step = np.zeros(free.shape)
    if not free.any():
        return step
    curvature = here.curvature[np.ix_(free, free)]
    heavier = curvature + np.diag(damping * (np.diag(curvature) + 1e-3))
    step[free] = np.linalg.solve(heavier, here.gradient[free])
    return step


def typed(found: Settings) -> tuple[Band, ...]:
    """The settings as one would type them, from low to high."""
    names: dict[int, Kind] = {0: "bell", -1: "low-shelf", 1: "high-shelf"}
    order = np.argsort(found.values[0], kind="stable").tolist()
    return tuple(
        with_settings(Band(id=str(place), kind=names[int(found.kinds[n])]), found.values[:, n])
        for place, n in enumerate(order, start=1)
    )


def with_settings(band: Band, values: Reals) -> Band:
    """The band at those settings, rounded to what one would type."""
    log_freq, gain_db, log_q = values.tolist()
    freq_hz = float(f"{math.exp(log_freq):.3g}")
    return replace(band, freq_hz=freq_hz, gain_db=round(gain_db, 1) + 0.0, q=round(math.exp(log_q), 2))
