"""How evenly each kind of track is usually played: from where on its hits or its phrases count as uneven.

The figures are what separates playing and singing as it is from the same with levels jumping about, on songs with real
drummers' grooves, a small set of real stems and our own demo song; see ``bandmate.stages.mix.dynamics_levels`` for what
is measured. They are wide on purpose: expression is the musician's business. A kind of track that can do as it likes
(whole drum kits, what hangs over them, fills on toms, pads) has no figure, and nothing is said about it.

Where the sound leaves open what a track is, the figures of all that it may be count, each as far as it is likely.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bandmate.song.tracks import Role
from bandmate.stages.mix.roles import Guess


@dataclass(frozen=True, slots=True)
class Evenness:
    """The widest usual spread of phrases and of hits, in dB; None where anything is usual."""

    phrases_db: float | None
    hits_db: float | None


EVENNESS: dict[Role, Evenness] = {
    "kick": Evenness(None, 11.8),
    "snare": Evenness(None, 13.5),
    "hats": Evenness(None, 13.5),
    "percussion": Evenness(None, 6.0),
    "bass": Evenness(5.4, 4.8),
    "electric-guitar": Evenness(5.4, 6.0),
    "acoustic-guitar": Evenness(5.4, 6.2),
    "lead-guitar": Evenness(5.8, 6.0),
    "piano": Evenness(7.4, 11.0),
    "keys": Evenness(5.8, 7.0),
    "organ": Evenness(5.4, 5.5),
    "synth": Evenness(5.4, 5.5),
    "strings": Evenness(6.2, 6.6),
    "brass": Evenness(9.9, 5.4),
    "woodwind": Evenness(5.8, 5.6),
    "lead-vox": Evenness(7.2, 11.5),
    "backing-vox": Evenness(9.4, 11.5),
}
ANYTHING = Evenness(None, None)

HEARD: dict[Role, Evenness] = {
    **dict.fromkeys(("lead-vox", "backing-vox"), Evenness(8.7, 11.5)),
    **dict.fromkeys(("synth", "lead-guitar", "woodwind", "strings"), Evenness(9.4, 10.0)),
    "brass": Evenness(9.9, 10.0),
}
"""The same for tracks whose role comes from their sound alone: voices, winds, strings and leads are easily taken for
each other, so what is usual for one of them is what is usual for all."""

EASING_DB = 0.8
"""This far beyond what is usual the odds are e to 1 that it is no expression."""

LEFT_SHARE = 0.65
"""What a move aims at: as even as the more even half of such tracks."""


def usual(role: Role) -> Evenness:
    """What is usual for a role; nothing in particular where the table has none."""
    return EVENNESS.get(role, ANYTHING)


def sureness(spread_db: float, usual_db: float) -> float:
    """How sure it is that such a spread is a fault: one half where it begins, 0 to 1."""
    return 1.0 / (1.0 + math.exp(-(spread_db - usual_db) / EASING_DB))


def limits_for(guess: Guess, *, of_phrases: bool, only_heard: bool = False) -> tuple[tuple[float, float], ...]:
    """What is usual for a track: limits in dB, each with the probability that it is the right one.

    The first is that of the role it was given, if it was given one. What is left to chance counts as the widest of
    them; what may do as it likes is left out, so the probabilities may add up to less than 1. Empty where the role may
    do as it likes, and where nothing is known. ``only_heard`` says that the role comes from the sound alone.
    """
    table = {**EVENNESS, **HEARD} if only_heard else EVENNESS

    def limit_of(role: Role) -> float | None:
        evenness = table.get(role, ANYTHING)
        return evenness.phrases_db if of_phrases else evenness.hits_db

    rows = shares_of(guess)
    known = [(limit, share) for role, share in rows if (limit := limit_of(role)) is not None]
    if not known or (guess.role != "unknown" and limit_of(guess.role) is None):
        return ()
    rest = max(0.0, 1.0 - sum(share for _, share in rows))
    return (*known, (max(limit for limit, _ in known), rest))


def shares_of(guess: Guess) -> list[tuple[Role, float]]:
    """What a track may be and how likely; first the role that it was given, as sure as that is."""
    if guess.role == "unknown":
        return list(guess.posterior)
    others = [(role, share) for role, share in guess.posterior if role != guess.role]
    left = max(0.0, 1.0 - guess.confidence)
    scale = left / max(sum(share for _, share in others), left, 1e-9)
    return [(guess.role, guess.confidence), *((role, share * scale) for role, share in others)]


def at_most_db(limits: Sequence[tuple[float, float]], guess: Guess) -> float:
    """What is usual at most: the limit of the role, and where that is not known the mean of those it may have."""
    if guess.role != "unknown":
        return limits[0][0]
    total = sum(share for _, share in limits)
    return sum(limit * share for limit, share in limits) / total if total > 0 else limits[0][0]


def oddness(spread_db: float, limits: Sequence[tuple[float, float]]) -> float:
    """How sure it is that a spread is a fault, whatever the track is, 0 to 1."""
    return sum(share * sureness(spread_db, limit) for limit, share in limits)
