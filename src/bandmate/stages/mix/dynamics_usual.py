"""How evenly each kind of track is usually played: from where on its hits or its phrases count as uneven.

The figures are what separates playing and singing as it is from the same with levels jumping about, on songs with real
drummers' grooves, a small set of real stems and our own demo song; see ``bandmate.stages.mix.dynamics_levels`` for what
is measured. They are wide on purpose: expression is the musician's business. A kind of track that can do as it likes
(whole drum kits, fills on toms, pads) has no figure, and nothing is said about it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from bandmate.song.tracks import Role


@dataclass(frozen=True, slots=True)
class Evenness:
    """The widest usual spread of phrases and of hits, in dB; None where anything is usual."""

    phrases_db: float | None
    hits_db: float | None


EVENNESS: dict[Role, Evenness] = {
    "kick": Evenness(None, 11.8),
    "snare": Evenness(None, 13.5),
    "hats": Evenness(None, 11.8),
    "cymbals": Evenness(None, 8.0),
    "percussion": Evenness(None, 6.0),
    "bass": Evenness(6.8, 4.8),
    "electric-guitar": Evenness(6.0, 6.0),
    "acoustic-guitar": Evenness(6.0, 6.2),
    "lead-guitar": Evenness(7.2, 6.0),
    "piano": Evenness(9.0, 11.0),
    "keys": Evenness(7.2, 7.0),
    "organ": Evenness(6.0, 5.5),
    "synth": Evenness(6.0, 5.5),
    "strings": Evenness(8.0, 6.6),
    "brass": Evenness(13.0, 5.4),
    "woodwind": Evenness(7.2, 5.6),
    "lead-vox": Evenness(7.4, 11.5),
    "backing-vox": Evenness(10.0, 11.5),
}
ANYTHING = Evenness(None, None)

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
