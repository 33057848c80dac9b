"""How likely a fader is wrong and not meant: how far a track is off, against how far the tracks of this song scatter.

In a song whose other tracks all sit within 2 LU of their usual places, one that is 6 LU off is surely odd; in one whose
tracks scatter by 5 LU it is not. So the spread is the song's own, drawn to what is usual where there are few tracks,
and never wider than usual: the tolerance of each role (``data/roles.toml``) stays what is surely no taste.

What a track is may be in doubt. Then it has several places where it could belong, each as likely as the role is, and it
is odd only where it is far from all of them. A kit beside a kick and a snare of their own is overheads or a room.

Conventions: LU, relative to a lead vocal at 0. The law is Bayes': either the fader is in place, and the track lies
around one of its places by a normal law; or it is not, and then it may be anywhere.

Not covered: tracks that lie together by an error that they share.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bandmate.song.tracks import Role
from bandmate.stages.mix.roles import Guess, role_table

WRONG_FADERS = 0.1
"""So many faders of a song somebody asks about are wrong, before anything is heard."""

WRONG_RANGE_LU = 22.0
"""A wrong fader may be anywhere in a range so wide."""

USUAL_SPREAD_LU, PRIOR_SPREAD_LU, PRIOR_TRACKS = 3.0, 2.2, 10
"""The widest spread of faders that counts; what it is where nothing is known, as if so many tracks said so."""

BOLD_SHARE, BOLD_SPREAD = 0.02, 2.0
"""So many faders are meant and yet further out, by a spread so many times as wide."""

USUAL_TOLERANCE_LU = 6.0
"""The tolerance of a role whose spread is that of the song; others in proportion."""

SHARED_TOLERANCE_LU = 2.0
"""More room for taste between tracks of one role: one of three guitars may lead."""

MAY_LEAD = 0.4
"""How often backing vocals by their sound are the lead, where nobody else is."""

NAMED_OTHERWISE = 0.3
"""Names leave doubts about the role, but few that it is something quite different."""

KIT_ALONE: tuple[Role, ...] = ("kick", "snare")
BESIDE_ITS_DRUMS = Guess(
    "unknown",
    0.3,
    "it sounds like a drum kit beside a kick and a snare",
    (("cymbals", 0.5), ("drums", 0.3)),
    by_sound=True,
)

MOST_SURE = 0.98
"""A fader that nobody would set so may still be meant."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a track may belong: its usual loudness, how wide it scatters there, and how likely the place is."""

    relative_lu: float
    tolerance_lu: float
    weight: float
    is_known: bool = True

    def spread_lu(self, song_lu: float) -> float:
        """The standard deviation around this place in a song whose tracks scatter by so much."""
        return (song_lu if self.is_known else USUAL_SPREAD_LU) * self.tolerance_lu / USUAL_TOLERANCE_LU


def taken_for(guess: Guess, roles: Sequence[Role]) -> Guess:
    """What a track is taken for beside tracks of these roles: a kit beside its kick and snare is something else, and a
    voice known by its sound may lead where nobody else does."""
    if guess.role == "drums" and guess.confidence < 1.0 and set(KIT_ALONE) <= set(roles):
        return BESIDE_ITS_DRUMS
    if guess.by_sound and "lead-vox" not in roles:
        return maybe_leading(guess)
    return guess


def maybe_leading(guess: Guess) -> Guess:
    """The guess with some of what is backing vocals in it for a lead vocal."""
    shares = dict(guess.posterior)
    moved = MAY_LEAD * shares.get("backing-vox", 0.0)
    if not moved:
        return guess
    shares["backing-vox"] -= moved
    shares["lead-vox"] = shares.get("lead-vox", 0.0) + moved
    confidence = shares["backing-vox"] if guess.role == "backing-vox" else guess.confidence
    return replace(guess, confidence=confidence, posterior=tuple(shares.items()))


def places_of(guess: Guess, counts: Mapping[Role, int]) -> tuple[Place, ...]:
    """Where a track may belong; ``counts`` says how many tracks of the song have a role."""
    own = max(guess.confidence, dict(guess.posterior).get(guess.role, 0.0)) if guess.role != "unknown" else 0.0
    others = {role: share for role, share in guess.posterior if role not in (guess.role, "unknown")}
    most = min(1.0, (1.0 - own) / max(sum(others.values()), 1e-6))
    weights: dict[Role, float] = {guess.role: own} if own else {}
    weights |= {role: share * most for role, share in others.items()}
    places = [place_of(role, weight, counts, is_own=role == guess.role) for role, weight in weights.items()]
    unknown = role_table()["unknown"]
    rest = max(0.01, 1.0 - sum(weights.values())) * (1.0 if guess.by_sound else NAMED_OTHERWISE)
    return (*places, Place(unknown.relative_lu, unknown.tolerance_lu, rest, is_known=False))


def place_of(role: Role, weight: float, counts: Mapping[Role, int], *, is_own: bool) -> Place:
    """The place of a role, shared with the other tracks that have it."""
    facts = role_table()[role]
    sharing = max(1, counts.get(role, 0) + (0 if is_own else 1))
    room_lu = SHARED_TOLERANCE_LU if sharing > 1 else 0.0
    return Place(facts.relative_lu - 10 * math.log10(sharing), facts.tolerance_lu + room_lu, weight)


def song_spread_lu(distances: Sequence[float]) -> float:
    """How far tracks of known role scatter around their places, as a standard deviation that odd ones do not move."""
    count = len(distances)
    own = 1.4826 * float(np.median(np.abs(distances))) if count else 0.0
    both = (count * own**2 + PRIOR_TRACKS * PRIOR_SPREAD_LU**2) / (count + PRIOR_TRACKS)
    return min(math.sqrt(both), USUAL_SPREAD_LU)


def certainty(level_lu: float, places: Sequence[Place], spread_lu: float, focus_lu: float = 0.0) -> float:
    """How likely a track at that level is in a wrong place, 0 to 1; ``focus_lu`` is how much higher it may sit."""
    meant = 0.0
    for place in places:
        off = level_lu - place.relative_lu
        off = off if off < 0 else max(0.0, off - focus_lu)
        sd = place.spread_lu(spread_lu)
        meant += place.weight * ((1.0 - BOLD_SHARE) * normal(off, sd) + BOLD_SHARE * normal(off, BOLD_SPREAD * sd))
    wrong = WRONG_FADERS / WRONG_RANGE_LU
    return min(MOST_SURE, wrong / (wrong + (1.0 - WRONG_FADERS) * meant))


def normal(off: float, sd: float) -> float:
    """The density of the normal law."""
    return math.exp(-0.5 * (off / sd) ** 2) / (sd * math.sqrt(2 * math.pi))
