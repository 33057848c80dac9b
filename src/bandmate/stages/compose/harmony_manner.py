"""Manners of setting a melody: what each alternative of a harmony leans towards, and how it is called.

Conventions: a lean is added to what the model scores, in nats; a chord costs about 2.3 nats, so that 1 is a nudge and
10 is an order. Manners that need free chords are left out where the song has chords.

Written, not learned: which manners there are. How often Bach does each is in the model's own weights.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from bandmate.models.part_costs import QUALITIES, Rows
from bandmate.models.part_search import Scores
from bandmate.song.scales import is_minor_like
from bandmate.stages.compose.harmony_ground import HarmonyGround
from bandmate.stages.compose.harmony_slots import END, LAST, Slot
from bandmate.stages.compose.measures_tonal import FIFTHS

Lean = Callable[[Rows, Slot], Scores]

MINOR_QUALITIES, SEVENTHS, DIMINISHED = (1, 2, 5, 7, 8), (4, 5, 6, 7, 8), (2, 3, 7, 8)


@dataclass(frozen=True, slots=True)
class Manner:
    """A way to set a melody. ``lean`` scores the states of a slot; ``same`` is added for staying on a chord on weak
    beats; ``holds`` ties tones over repeated chords; ``passing`` and ``suspending`` are the shares of the chances for
    passing notes and suspensions that are taken. ``claims``: which figures of ``harmony_words`` the words say are
    higher (1) or lower (-1) than in the first setting."""

    says: str
    lean: Lean | None = None
    same: float = 0.0
    holds: bool = False
    passing: float = 0.35
    suspending: float = 0.3
    free_only: bool = False
    minor_only: bool = False
    claims: tuple[tuple[str, int], ...] = ()
    noise: float = 0.0
    """How much more is drawn than usual."""

    breaking: float = 0.0
    """The share of the chances for broken chords and anticipations that is taken."""

    loudness: int = 0
    """Added to the velocity."""


def of_quality(wanted: tuple[int, ...], weight: float) -> Lean:
    """Towards chords of some qualities."""
    table = np.zeros(len(QUALITIES))
    table[list(wanted)] = weight

    def lean(states: Rows, slot: Slot) -> Scores:
        return table[states[:, 5]]

    return lean


def spacing(weight: float) -> Lean:
    """Towards tenors far below the soprano."""

    def lean(states: Rows, slot: Slot) -> Scores:
        found: Scores = weight * np.minimum(6.0, (states[:, 0] - states[:, 2]) / 4.0)
        return found

    return lean


def low_bass(weight: float) -> Lean:
    """Towards basses below D3."""

    def lean(states: Rows, slot: Slot) -> Scores:
        found: Scores = (states[:, 3] - 50).astype(np.float64) * (-weight / 4.0)
        return found

    return lean


def inversions(weight: float) -> Lean:
    """Towards basses other than the root."""
    return lambda states, slot: np.where(states[:, 9] != 0, weight, 0.0)


def last_degree(degree_major: int, degree_minor: int, weight: float = 12.0) -> Lean:
    """Towards a chord on a step of the key at the very end."""

    def lean(states: Rows, slot: Slot) -> Scores:
        if slot.phrase != LAST:
            return np.zeros(len(states))
        degree = degree_minor if is_minor_like(slot.key) else degree_major
        is_there = ((states[:, 4] - slot.key.tonic) % 12 == degree) & (states[:, 9] == 0)
        return np.where(is_there, weight, 0.0)

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


UP, DOWN = 1, -1
CLOSE = (("spread", DOWN),)
brighter = both(of_quality(MINOR_QUALITIES, -1.6), bright_end)
MANNERS: tuple[Manner, ...] = (
    Manner("as a chorale"),
    Manner("slower chords", None, 6.0, True, 0.15, 0.0, free_only=True, claims=(("changes", DOWN),)),
    Manner("flowing, more suspensions", of_quality(SEVENTHS, 0.8), 0.0, False, 1.0, 1.0, claims=(("moving", UP),)),
    Manner("more minor chords", of_quality(MINOR_QUALITIES, 2.0), free_only=True, claims=(("minor", UP),)),
    Manner("wide spacing", both(spacing(1.5), low_bass(0.6)), passing=0.2, claims=(("spread", UP),)),
    Manner("fewer dominants", plagal, free_only=True, claims=(("dominants", DOWN),)),
    Manner("richer sevenths", of_quality(SEVENTHS, 2.2), suspending=0.6, free_only=True, claims=(("sevenths", UP),)),
    Manner("close, plain", both(spacing(-1.2), of_quality(SEVENTHS, -2.5)), 0.0, False, 0.0, 0.0, claims=CLOSE),
    Manner("more inversions", inversions(1.8), passing=0.5, claims=(("inversions", UP),)),
    Manner("held voices", None, 1.0, True, 0.1, 0.0, claims=(("moving", DOWN),)),
    Manner("fewer minor chords", brighter, free_only=True, claims=(("minor", DOWN),)),
    Manner("", last_degree(9, 8), free_only=True),
    Manner("", bright_end, free_only=True, minor_only=True),
    Manner("phrases end open", open_ends, free_only=True, claims=(("open ends", UP),)),
    Manner("diminished colours", of_quality(DIMINISHED, 2.5), free_only=True, claims=(("diminished", UP),)),
    Manner("low bass", both(low_bass(1.6), spacing(0.5)), passing=0.2, suspending=0.2, claims=(("bass", DOWN),)),
    Manner("high tenor", both(spacing(-0.8), low_bass(-0.8)), passing=0.6, claims=(("tenor", UP),)),
)


def manners_for(ground: HarmonyGround) -> tuple[Manner, ...]:
    """The manners that make sense on a ground."""
    are_free = any(chord is None for chord in ground.chords)
    is_minor = bool(ground.slots) and is_minor_like(ground.slots[-1].key)
    return tuple(
        manner for manner in MANNERS if (are_free or not manner.free_only) and (is_minor or not manner.minor_only)
    )


def register(weight: float) -> Lean:
    """Towards higher lower voices."""

    def lean(states: Rows, slot: Slot) -> Scores:
        found: Scores = (states[:, 1:4].sum(axis=1) / 3 - 58.0) * (weight / 4.0)
        return found

    return lean


def bright(weight: float) -> Lean:
    """Towards tones above the tonic on the line of fifths."""
    places = np.array(FIFTHS, np.float64)

    def lean(states: Rows, slot: Slot) -> Scores:
        found: Scores = places[(states[:, 1:4] - slot.key.tonic) % 12].mean(axis=1) * weight
        return found

    return lean


def rough(weight: float) -> Lean:
    """Towards chords that rub, and tones far from the key."""
    places = np.abs(np.array(FIFTHS, np.float64) - 2.0)
    bite = np.array([0.0, 0.0, 1.0, 1.2, 1.0, 0.8, 1.2, 1.4, 1.8])

    def lean(states: Rows, slot: Slot) -> Scores:
        far = places[(states[:, 1:4] - slot.key.tonic) % 12].mean(axis=1)
        found: Scores = (bite[states[:, 5]] + 0.3 * far) * weight
        return found

    return lean


def turned(manner: Manner, turns: Mapping[str, float]) -> Manner:
    """A manner as the dials turn it: each from -1 (or less) over 0 (as it is) to 1 (or more)."""
    busy = turns.get("density", 0.0) + 0.7 * turns.get("arousal", 0.0)
    off = turns.get("syncopation", 0.0) + 0.3 * turns.get("tension", 0.0) + 0.2 * turns.get("arousal", 0.0)
    glad = turns.get("mode", 0.0) + 0.8 * turns.get("valence", 0.0)
    harsh = turns.get("tension", 0.0) - 0.4 * turns.get("valence", 0.0) + 0.6 * turns.get("surprise", 0.0)
    high = turns.get("register", 0.0) + 0.5 * turns.get("arousal", 0.0) + 0.5 * turns.get("valence", 0.0)
    leans = [
        lean(weight) for lean, weight in ((bright, 1.5 * glad), (rough, 2.5 * harsh), (register, 3.0 * high)) if weight
    ]
    if manner.lean is not None:
        leans.append(manner.lean)

    def together(states: Rows, slot: Slot) -> Scores:
        found: Scores = np.sum([lean(states, slot) for lean in leans], axis=0)
        return found

    return replace(
        manner,
        lean=together if leans else None,
        same=manner.same + 8.0 * max(0.0, -busy),
        holds=manner.holds or busy < -0.2,
        passing=moved(manner.passing, busy),
        breaking=max(0.0, min(1.0, busy - 0.3)),
        loudness=round(30 * max(-1.0, min(1.0, turns.get("arousal", 0.0)))),
        suspending=moved(manner.suspending, off),
        noise=max(0.0, turns.get("surprise", 0.0) + turns.get("complexity", 0.0)),
    )


def moved(share: float, turn: float) -> float:
    """A share turned by a dial: 0 at -1, 1 at 1, as it is at 0."""
    turn = max(-1.0, min(1.0, turn))
    return share * (1 + turn) if turn <= 0.0 else share + (1 - share) * turn
