"""Manners of setting a melody: what each alternative of a harmony leans towards, and how it is called.

Conventions: a lean is added to what the model scores, in nats; a chord costs about 2.3 nats, so that 1 is a nudge and
10 is an order. Manners that need free chords are left out where the song has chords.

Written, not learned: which manners there are. How often Bach does each is in the model's own weights.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bandmate.models.part_costs import QUALITIES, Rows
from bandmate.models.part_search import Scores
from bandmate.song.scales import is_minor_like
from bandmate.stages.compose.brief import Dials
from bandmate.stages.compose.harmony_ground import HarmonyGround
from bandmate.stages.compose.harmony_slots import END, LAST, Slot

Lean = Callable[[Rows, Slot], Scores]

MINOR_QUALITIES, SEVENTHS, DIMINISHED = (1, 2, 5, 7, 8), (4, 5, 6, 7, 8), (2, 3, 7, 8)


@dataclass(frozen=True, slots=True)
class Manner:
    """A way to set a melody. ``lean`` scores the states of a slot; ``same`` is added for staying on a chord on weak
    beats; ``holds`` ties tones over repeated chords; ``passing`` and ``suspending`` are the shares of the chances for
    passing notes and suspensions that are taken."""

    says: str
    lean: Lean | None = None
    same: float = 0.0
    holds: bool = False
    passing: float = 0.35
    suspending: float = 0.3
    free_only: bool = False
    minor_only: bool = False


def of_quality(wanted: tuple[int, ...], weight: float) -> Lean:
    """Towards chords of some qualities."""
    table = np.zeros(len(QUALITIES))
    table[list(wanted)] = weight

    def lean(states: Rows, slot: Slot) -> Scores:
        return table[states[:, 5]]

    return lean


def spacing(weight: float) -> Lean:
    """Towards tenors far below the soprano."""
    return lambda states, slot: weight * np.minimum(6.0, (states[:, 0] - states[:, 2]) / 4.0)


def low_bass(weight: float) -> Lean:
    return lambda states, slot: -weight * (states[:, 3] - 50) / 4.0


def inversions(weight: float) -> Lean:
    return lambda states, slot: np.where(states[:, 9] != 0, weight, 0.0)


def last_degree(degree_major: int, degree_minor: int, weight: float = 12.0) -> Lean:
    """Towards a chord on a step of the key at the very end."""

    def lean(states: Rows, slot: Slot) -> Scores:
        if slot.phrase != LAST:
            return np.zeros(len(states))
        degree = degree_minor if is_minor_like(slot.key) else degree_major
        return np.where((states[:, 4] - slot.key.tonic) % 12 == degree, weight, 0.0)

    return lean


def plagal(states: Rows, slot: Slot) -> Scores:
    """Towards the tonic at the end, and away from dominants at ends and before."""
    degrees = (states[:, 4] - slot.key.tonic) % 12
    if slot.phrase == 0:
        return np.zeros(len(states))
    prices = np.zeros(12)
    prices[[0, 5, 7, 11]] = (4.0 if slot.phrase == LAST else 0.0, 3.0, -5.0, -5.0)
    return prices[degrees]


def bright_end(states: Rows, slot: Slot) -> Scores:
    """A major tonic at the very end."""
    if slot.phrase < END:
        return np.zeros(len(states))
    home = (states[:, 4] == slot.key.tonic) & (states[:, 5] == 0)
    return np.where(home, 12.0 if slot.phrase == LAST else 2.5, 0.0)


def open_ends(states: Rows, slot: Slot) -> Scores:
    """Dominants at the ends of phrases, but for the last."""
    if slot.phrase != END:
        return np.zeros(len(states))
    degrees = (states[:, 4] - slot.key.tonic) % 12
    return np.where(degrees == 7, 5.0, np.where(degrees == 0, -4.0, 0.0))


def both(one: Lean, other: Lean) -> Lean:
    return lambda states, slot: one(states, slot) + other(states, slot)


MANNERS: tuple[Manner, ...] = (
    Manner("as a chorale"),
    Manner("slower chords, held voices", same=6.0, holds=True, passing=0.15, suspending=0.0),
    Manner("flowing inner voices, more suspensions", of_quality(SEVENTHS, 0.8), passing=1.0, suspending=1.0),
    Manner("more minor chords", of_quality(MINOR_QUALITIES, 2.0), free_only=True),
    Manner("wide spacing", both(spacing(1.5), low_bass(0.6)), passing=0.2),
    Manner("close spacing, plain chords", both(spacing(-1.2), of_quality(SEVENTHS, -2.5)), passing=0.0, suspending=0.0),
    Manner("richer sevenths", of_quality(SEVENTHS, 2.2), free_only=True, suspending=0.6),
    Manner("plagal cadence, fewer dominants", plagal, free_only=True),
    Manner("a bass of thirds and steps", inversions(1.8), passing=0.5),
    Manner("more major chords", both(of_quality(MINOR_QUALITIES, -1.6), bright_end), free_only=True),
    Manner("ends in major", bright_end, minor_only=True, free_only=True),
    Manner("deceptive end", last_degree(9, 8), free_only=True),
    Manner("open phrase ends, half cadences", open_ends, free_only=True),
    Manner("darker colours, diminished chords", of_quality(DIMINISHED, 2.5), free_only=True, suspending=0.6),
    Manner("low and dark", both(low_bass(1.6), spacing(0.5)), passing=0.2, suspending=0.2),
    Manner("high tenor", both(spacing(-0.8), low_bass(-0.8)), passing=0.6, suspending=0.2),
)


def manners_for(ground: HarmonyGround) -> tuple[Manner, ...]:
    """The manners that make sense on a ground."""
    are_free = any(chord is None for chord in ground.chords)
    is_minor = bool(ground.slots) and is_minor_like(ground.slots[-1].key)
    return tuple(
        manner for manner in MANNERS if (are_free or not manner.free_only) and (is_minor or not manner.minor_only)
    )


def dialled(manner: Manner, dials: Dials) -> Manner:
    """A manner as the dials turn it: 0.5 changes nothing."""
    leans = [] if manner.lean is None else [manner.lean]
    moving, same = manner.passing, manner.same
    suspending, holds = manner.suspending, manner.holds
    turns = {name: getattr(dials, name) for name in ("density", "arousal", "complexity", "syncopation")}
    for name in ("density", "arousal", "complexity"):
        turn = turns[name]
        if turn is not None:
            moving = moved(moving, turn)
            same += 12.0 * max(0.0, 0.5 - turn)
            holds = holds or turn < 0.3
    for name in ("syncopation", "tension"):
        turn = getattr(dials, name)
        if turn is not None:
            suspending = moved(suspending, turn)
    if dials.register is not None:
        leans.append(register(6.0 * (dials.register - 0.5)))
    for name in ("mode", "valence"):
        turn = getattr(dials, name)
        if turn is not None:
            leans.append(of_quality(MINOR_QUALITIES, -7.0 * (turn - 0.5)))
    for name in ("tension", "surprise"):
        turn = getattr(dials, name)
        if turn is not None:
            leans.append(both(of_quality(SEVENTHS, 6.0 * (turn - 0.5)), of_quality(DIMINISHED, 3.0 * (turn - 0.5))))
    lean = None if not leans else lambda states, slot: sum((one(states, slot) for one in leans), np.zeros(len(states)))
    return Manner(manner.says, lean, same, holds, moving, suspending)


def moved(share: float, turn: float) -> float:
    """A share turned by a dial: 0 at 0, 1 at 1, as it is at 0.5."""
    return 2 * share * turn if turn <= 0.5 else share + (1 - share) * (2 * turn - 1)


def register(weight: float) -> Lean:
    """Towards higher lower voices."""
    return lambda states, slot: weight * (states[:, 1:4].sum(axis=1) / 3 - 58.0) / 4.0
