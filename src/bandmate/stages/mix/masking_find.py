"""Finding masking: the lead loses much of its main bands to a less important track; which, where, and how surely.

A finding needs all of these: the masker is about as loud as the victim there, or more would not matter; the victim is
more important (``masking_leads``); both play for a while; and what is taken is beyond what is usual in good mixes,
where tracks always overlap. What is usual was fitted on balanced songs, and on the same songs with a boost planted in
the lead's main band. A masker that has a bump right there is suspected sooner, and one that has none later
(``masking_bump``); where it is not sure that the victim leads, nothing else than a bump will do.

Only the lead and what the musician cares most for are victims: in balanced songs snares, kicks and basses are covered
by others as much as in bad ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bandmate.sound.spectrum import erb_bands
from bandmate.stages.mix.masking import Pair, Scene, Stretch, windows
from bandmate.stages.mix.masking_bump import Bumps
from bandmate.stages.mix.masking_leads import Lead, leads, may_cover
from bandmate.stages.mix.session import Session

MASKER_FLOOR_DB = -2.5
BUMP_FLOOR_DB = -4.0
NEAR_DB = 6.0
"""How far below the victim a masker may be to be asked at all: in the region, there with a bump, and in the band where
it is loudest against it."""

MAIN_BANDS = 0.5
"""Bands matter to a track in which it is so loud against its loudest one."""

NARROWEST, WIDEST = 3, 9
"""Bands of a region."""

LEAST_SECONDS = 3.0
LEAST_SHARE = 0.2
LEAST_OF_QUIET = 0.05
LEAST_TAKEN, LEAST_TAKEN_WITH_BUMP = 0.4, 0.3
"""What a pair must have: time together, that as a share of the victim's, and what the masker takes as a share of the
victim's loudness in quiet and of what could be heard."""

USUAL_TAKEN, TAKEN_SLOPE = 0.42, 9.0
USUAL_OF_QUIET, OF_QUIET_SLOPE, MOST_OF_QUIET = 0.12, 7.5, 0.18
USUAL_EXCESS_DB, EXCESS_SLOPE, MOST_EXCESS_DB = -1.0, 0.6, 3.0
BIAS = -0.75
SECTION_BIAS = -2.0
"""How sure: a logistic law on what is taken of what could be heard, the same against quiet (its logarithm), and how
loud the masker is; stricter for a single section, for there are many of these."""

LEAST_BUMP_ODDS = 1.5
"""From here on a bump counts as seen."""

UNSURE_LEAD = 0.9
"""What is left of the confidence where it is not sure that the victim leads, a bump being seen."""

UNKNOWN_SHARE = 0.8
"""What is left of the confidence where it is not known what one of the two is."""


@dataclass(frozen=True, slots=True)
class Masked:
    """A pair with the region in which one covers the other, and how sure that it is too much."""

    pair: Pair
    bands: slice
    low_hz: float
    high_hz: float
    confidence: float
    stretch: Stretch | None = None

    @property
    def taken(self) -> float:
        return self.pair.taken(self.bands)

    @property
    def excess_db(self) -> float:
        return self.pair.excess_db(self.bands)


def masked_pairs(session: Session, sections: Sequence[Stretch] = ()) -> list[Masked]:
    """All pairs with too much masking, the surest first; each pair once, in the whole song or in one section."""
    scenes: list[tuple[Stretch | None, Scene]] = [(None, Scene(session))]
    scenes += [(section, Scene(session, section)) for section in sections]
    best: dict[tuple[str, str], Masked] = {}
    bumps = Bumps(session)
    for stretch, scene in scenes:
        for found in masked_in(scene, bumps, stretch):
            key = (found.pair.victim, found.pair.masker)
            if key not in best or (best[key].stretch is not None and best[key].confidence < found.confidence):
                best[key] = found
    return sorted(best.values(), key=lambda one: -one.confidence)


def masked_in(scene: Scene, bumps: Bumps, stretch: Stretch | None = None) -> Iterator[Masked]:
    """The pairs with too much masking in a scene."""
    for lead, masker in possible_pairs(scene):
        pair = scene.pair(lead.track_id, masker)
        found = worst_region(scene, pair, bumps, SECTION_BIAS if stretch else 0.0, is_sure=lead.is_sure)
        if found is None:
            continue
        region, confidence = found
        session = scene.session
        sure = certainty(session, lead.track_id) * certainty(session, masker) if lead.is_sure else UNSURE_LEAD
        low_hz, high_hz = edges_of(session, region)
        yield Masked(pair, region, low_hz, high_hz, confidence * sure, stretch)


def possible_pairs(scene: Scene) -> Iterator[tuple[Lead, str]]:
    """Leads, each with the tracks that may cover it and must not."""
    session = scene.session
    for lead in leads(session):
        victim = lead.track_id
        sounds = int(scene.sounds[victim].sum())
        for masker in scene.ids:
            if masker == victim or not may_cover(session, masker, victim):
                continue
            together = int(scene.together(victim, masker).sum())
            is_long = together * scene.hop_seconds >= LEAST_SECONDS and together >= LEAST_SHARE * sounds
            if is_long and comes_near(scene, victim, masker):
                yield lead, masker


def comes_near(scene: Scene, victim: str, masker: str) -> bool:
    """Whether the masker is anywhere near the victim where that is loud: cheap to know, and rarely so."""
    together = scene.together(victim, masker)
    own = scene.powers[victim][:, together].mean(axis=1)
    other = scene.powers[masker][:, together].mean(axis=1)
    matters = own > own.max(initial=0.0) * 10**-2.5
    return bool((other[matters] > own[matters] * 10 ** (-NEAR_DB / 10)).any())


def worst_region(
    scene: Scene, pair: Pair, bumps: Bumps, bias: float = 0.0, *, is_sure: bool = True
) -> tuple[slice, float] | None:
    """Where in its main bands the victim loses most, and how sure that it is too much; None where nothing is."""
    main = pair.quiet >= MAIN_BANDS * pair.quiet.max(initial=0.0)
    if not pair.quiet.any():
        return None
    best: tuple[float, slice] | None = None
    for bands in windows(len(main), NARROWEST):
        if not main[bands].all() or pair.excess_db(bands) < BUMP_FLOOR_DB:
            continue
        if pair.of_quiet(bands) < LEAST_OF_QUIET or pair.taken(bands) < LEAST_TAKEN_WITH_BUMP:
            continue
        bump = bumps.odds(pair.masker, scene.centre_hz[bands.start + NARROWEST // 2])
        is_plain = pair.excess_db(bands) >= MASKER_FLOOR_DB and pair.taken(bands) >= LEAST_TAKEN
        if bump < LEAST_BUMP_ODDS and not (is_plain and is_sure):
            continue
        found = score(pair, bands) + bump + bias
        if best is None or found > best[0]:
            best = (found, bands)
    if best is None or best[0] <= 0:
        return None
    return grown(pair, best[1], main), 1 / (1 + float(np.exp(-best[0])))


def score(pair: Pair, bands: slice) -> float:
    """Log odds that so much masking is too much."""
    excess = min(pair.excess_db(bands), MOST_EXCESS_DB)
    of_quiet = float(np.log(min(max(pair.of_quiet(bands), 1e-6), MOST_OF_QUIET) / USUAL_OF_QUIET))
    return (
        BIAS
        + TAKEN_SLOPE * (pair.taken(bands) - USUAL_TAKEN)
        + OF_QUIET_SLOPE * of_quiet
        + EXCESS_SLOPE * (excess - USUAL_EXCESS_DB)
    )


def grown(pair: Pair, bands: slice, main: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> slice:
    """The region with its neighbours in which the masker takes nearly as much."""
    least, low, high = 0.75 * pair.taken(bands), bands.start, bands.stop
    while low > 0 and high - low < WIDEST and main[low - 1] and pair.taken(slice(low - 1, low)) > least:
        low -= 1
    while high < len(main) and high - low < WIDEST and main[high] and pair.taken(slice(high, high + 1)) > least:
        high += 1
    return slice(low, high)


def edges_of(session: Session, bands: slice) -> tuple[float, float]:
    """From the lower edge of the first band to the upper edge of the last, in whole hertz."""
    division = erb_bands(session.song.rate_hz)
    return float(round(division.low_hz[bands.start])), float(round(division.high_hz[bands.stop - 1]))


def certainty(session: Session, track_id: str) -> float:
    """How much it counts what a track is taken for: less where its sound alone says so."""
    guess = session.guess(track_id)
    if guess.role == "unknown":
        return UNKNOWN_SHARE
    return 0.5 + 0.5 * guess.confidence if guess.by_sound else 0.9 + 0.1 * guess.confidence
