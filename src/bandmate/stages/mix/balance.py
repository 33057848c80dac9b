"""Static balance: which faders are far from where such tracks usually sit.

Conventions: a track's loudness is that of the parts where it plays (active-only), after its inserts and with its fader.
What is usual is ``data/roles.toml``. The tracks are compared with each other, not with an absolute level: the median
distance is taken out first, so that a few odd tracks do not move all the others.

How surely a fader is wrong, and not the musician's taste, is in ``balance_odds``. A move is kept only where it can be
heard: the share of time and bands in which a track stands out of the rest is worked out before and after, from
the measured band powers (a fader multiplies them, so this is exact).

A track that the musician cares most for may sit a little higher than is usual: it is turned down later, and brought up
to there where it is buried.

Not covered: rides over time (``rides``), tracks whose fader is automated (they count, and are left alone and named).

References: Pestana and Reiss 2014 and De Man et al. 2017 on what engineers do; the figures are ours.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bandmate.stages.mix.audible import audible_share, padded
from bandmate.stages.mix.balance_odds import Place, certainty, places_of, song_spread_lu, taken_for
from bandmate.stages.mix.masking import playing
from bandmate.stages.mix.roles import SURE_ENOUGH, Guess
from bandmate.stages.mix.session import Session
from bandmate.stages.words import spoken_name

Power = npt.NDArray[np.float32]
"""Mean power, shape (bands, hops)."""

FOCUS_LU = 1.5
"""How much higher a track may sit that the musician cares most for."""

LEFT_INSIDE_LU = 1.0
"""A track is not pulled to the very centre of what is usual, but to this near it."""

STEP_DB = 0.5
FEWEST_TRACKS = 3
PLAYS_DB = -25.0
"""A track plays where it is at most so far below its loud moments."""

ODD = 0.25
"""Below this it is not worth a remark that a track may be out of place."""

MOST_DB = 15.0
"""No fader moves further at once: beyond this the recording is at fault, or the role was guessed wrong."""

OWN_GAIN_SHARE = 0.02
OTHERS_GAIN_SHARE = 0.01
"""The least that a move must make heard: of the track that is turned up; of the others, on average, of one turned
down. It spreads over all of them, so less of each will do."""


@dataclass(frozen=True, slots=True)
class Part:
    """What the balance needs to know of one track: loudness while it plays, and power by band and time, both after the
    inserts and with the fader. ``places`` is where it may belong. ``focus_lu`` is how much higher than usual it may
    sit."""

    track_id: str
    name: str
    guess: Guess
    active_lufs: float
    power: Power
    places: tuple[Place, ...]
    focus_lu: float = 0.0

    @property
    def relative_lu(self) -> float:
        """Where such a track usually sits, from a lead vocal at 0; the mean of its places where its role is unknown."""
        if self.guess.role != "unknown":
            return self.places[0].relative_lu
        weights = [place.weight for place in self.places]
        return float(np.average([place.relative_lu for place in self.places], weights=weights))

    @property
    def is_known(self) -> bool:
        return self.guess.role != "unknown" and self.guess.confidence >= SURE_ENOUGH


@dataclass(frozen=True, slots=True)
class Rebalance:
    """One fader that should move: how far the track is from its usual place, and what the change does.

    ``confidence`` says how surely this fader is wrong and not meant. ``audible_before`` and ``audible_after`` are
    shares from 0 to 1: of the track itself when it is turned up, of the other tracks on average when it is turned down.
    """

    part: Part
    distance_lu: float
    confidence: float
    gain_db: float
    audible_before: float
    audible_after: float

    @property
    def helps(self) -> bool:
        least = OWN_GAIN_SHARE if self.gain_db > 0 else OTHERS_GAIN_SHARE
        return self.audible_after - self.audible_before >= least


def parts_of(session: Session) -> tuple[Part, ...]:
    """All tracks that sound, as they leave their faders. Tracks of unknown role share nothing."""
    roles = [guess.role for guess in session.guesses().values()]
    guesses = {track.id: taken_for(session.guess(track.id), roles) for track in session.tracks}
    counts = Counter(guess.role for guess in guesses.values())
    found = []
    for track in session.tracks:
        guess = guesses[track.id]
        focus_lu = FOCUS_LU if track.id in session.brief.focus else 0.0
        lufs, power = session.loudness_lufs(track.id), session.power(track.id)
        found.append(Part(track.id, spoken_name(track), guess, lufs, power, places_of(guess, counts), focus_lu))
    return tuple(found)


def distances(parts: Sequence[Part]) -> dict[str, float]:
    """How many LU each track is above (+) or below (-) its usual place, the median taken out; empty for no tracks."""
    if not parts:
        return {}
    raw = np.array([part.active_lufs - part.relative_lu for part in parts])
    weights = np.array([max(part.guess.confidence, 0.1) for part in parts])
    anchor = weighted_median(raw, weights)
    return {part.track_id: float(d) for part, d in zip(parts, raw - anchor, strict=True)}


def weighted_median(values: npt.NDArray[np.float64], weights: npt.NDArray[np.float64]) -> float:
    """The value that half of the weight lies below; the middle of two where the half falls between them."""
    order = np.argsort(values, kind="stable")
    share = np.cumsum(weights[order]) / weights.sum()
    i = int(np.searchsorted(share, 0.5))
    if np.isclose(share[i], 0.5) and i + 1 < len(values):
        return float(values[order[i]] + values[order[i + 1]]) / 2
    return float(values[order[i]])


def rebalances(parts: Sequence[Part]) -> tuple[Rebalance, ...]:
    """The faders that may have to move, furthest from their place first; empty for fewer than three tracks, where
    nothing can be said about what is usual."""
    if len(parts) < FEWEST_TRACKS:
        return ()
    off = distances(parts)
    sure = {part.track_id: certainty_of(part, parts, off) for part in parts}
    odd = [part for part in parts if sure[part.track_id] >= ODD]
    found = [rebalance(part, off[part.track_id], sure[part.track_id], parts) for part in odd]
    return tuple(sorted(found, key=lambda one: -abs(one.distance_lu)))


def certainty_of(part: Part, parts: Sequence[Part], off: Mapping[str, float]) -> float:
    """How surely a fader is wrong, from how far it is off and how far the other tracks of known role are."""
    others = [off[other.track_id] for other in parts if other is not part and other.is_known]
    level_lu = part.relative_lu + off[part.track_id]
    return certainty(level_lu, part.places, song_spread_lu(others), part.focus_lu)


def rebalance(part: Part, distance_lu: float, confidence: float, parts: Sequence[Part]) -> Rebalance:
    """The change for one track, with what it does to how well the tracks are heard."""
    wanted = part.focus_lu - np.sign(distance_lu) * (abs(distance_lu) - LEFT_INSIDE_LU)
    gain_db = float(np.clip(round(wanted / STEP_DB) * STEP_DB, -MOST_DB, MOST_DB))
    factor = np.float32(10 ** (gain_db / 10))
    others = [other for other in parts if other is not part]
    rest = total_power(others)
    if gain_db > 0:
        before, after = audible_share(part.power, rest), audible_share(part.power * factor, rest)
    else:
        when = playing(part.power, PLAYS_DB)
        before = mean_audible_share(others, part.power, when)
        after = mean_audible_share(others, part.power * factor, when)
    return Rebalance(part, distance_lu, confidence, gain_db, before, after)


def total_power(parts: Sequence[Part]) -> Power:
    """The power of all parts together; silence after the end of a shorter one."""
    bands, hops = parts[0].power.shape[0], max(part.power.shape[1] for part in parts)
    total = np.zeros((bands, hops), np.float32)
    for part in parts:
        total[:, : part.power.shape[1]] += part.power
    return total


def mean_audible_share(others: Sequence[Part], changed: Power, when: npt.NDArray[np.bool_]) -> float:
    """How well the others are heard against each other and the changed track, on average over the hops in which that
    plays: a tom that is much too loud takes nothing from anybody in most of a song."""
    hops = max(changed.shape[1], *(part.power.shape[1] for part in others))
    then = np.flatnonzero(when)
    everything = (padded(total_power(others), hops) + padded(changed, hops))[:, then]
    own = [padded(part.power, hops)[:, then] for part in others]
    return float(np.mean([audible_share(power, everything - power) for power in own if power.any()] or [1.0]))
