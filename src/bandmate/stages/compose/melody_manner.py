"""How a melody is to be: the dials as numbers that the writing aims at.

Conventions: what is usual (a dial at 0.5, or not set) was measured on the lead sheets of OpenEWLD that teach: stretches
of eight bars have 2.9 notes in a bar of four quarters (half of them 2.3 to 3.8), 79 % of the notes on strong beats and
72 % of all are in the chord, 8 % are off the scale.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from bandmate.stages.compose.brief import ComposeBrief, Dials
from bandmate.stages.compose.measures_scale import Scale, figure_for, scale_of
from bandmate.stages.compose.melody_ground import Reach
from bandmate.stages.compose.passage import Passage

USUAL_VELOCITY = 92
EDGE = 4
"""The mean pitch keeps so many half steps away from the ends of the range."""


@dataclass(frozen=True, slots=True)
class Manner:
    """What the writing of one candidate aims at."""

    notes_per_quarter: float = 0.8
    held_over: float = -0.55
    """What a note gains (or pays) for each step of strength that it is held over."""

    in_chord: float = 1.0
    """How much chord tones are preferred; 1 is usual."""

    strain: float = 0.0
    """What a note gains for its distance from chord and key."""

    brightness: float = 0.0
    """What a note gains for each fifth up."""

    off_scale: float = -2.6
    habit: float = 0.5
    """Weight of what usually follows in tunes; below 0 the unusual is preferred."""

    freedom: float = 1.0
    """Temperature of the choice of pitches."""

    syncopation: float = 0.25
    """Longuet-Higgins and Lee's weight for a bar that rhythms are chosen for."""

    repetition: float = 0.55
    """Share of bars that come from earlier ones."""

    centre: float = 67.0
    width: float = 3.4
    """Half steps that a tune goes from its curve."""

    velocity: int = USUAL_VELOCITY
    spread: float = 1.0
    """How far leaps are allowed to go; 1 is usual."""


def manner_of(passage: Passage, brief: ComposeBrief, reach: Reach, rng: Random) -> Manner:
    """The dials as a manner, a little different for each candidate where a dial leaves room."""
    dials, scale = brief.dials, scale_of(passage, brief)
    arousal, valence = turned(dials.arousal), turned(dials.valence)
    density = dials.density if dials.density is not None else 0.5 + 0.7 * arousal + rng.uniform(-0.1, 0.1)
    sync = turned(dials.syncopation) if dials.syncopation is not None else 0.4 * arousal + rng.uniform(-0.2, 0.2)
    tension = turned(dials.tension) if dials.tension is not None else -0.7 * valence
    mode = turned(dials.mode) if dials.mode is not None else 0.9 * valence
    surprise, complexity = turned(dials.surprise), turned(dials.complexity)
    return Manner(
        notes_per_quarter=max(0.05, aimed("density", density, scale) / scale.bar_quarters),
        syncopation=aimed("syncopation", 0.5 + sync, scale),
        held_over=-0.55 + (3.2 * sync if sync < 0 else 2.6 * sync),
        in_chord=max(0.0, 1.0 - 1.6 * max(0.0, tension)) * rng.uniform(0.9, 1.1),
        strain=3.0 * tension,
        brightness=1.1 * mode,
        off_scale=-2.6 + 2.2 * max(0.0, tension) + 1.2 * abs(mode) + 1.6 * max(0.0, surprise),
        habit=0.5 - 2.4 * surprise,
        freedom=1.0 + 0.5 * max(0.0, surprise),
        repetition=min(1.0, max(0.0, 0.5 - 0.9 * complexity + rng.uniform(-0.1, 0.1))),
        centre=centre_of(dials, scale, reach),
        width=3.4 if dials.register is None else 2.6,
        velocity=round(USUAL_VELOCITY + 44 * arousal),
        spread=1.0 + 0.7 * complexity + 0.5 * surprise,
    )


def aimed(name: str, value: float, scale: Scale) -> float:
    """The figure that a dial stands for on the scale of the part."""
    return figure_for(name, min(1.0, max(0.0, value)), scale) or 0.0


def centre_of(dials: Dials, scale: Scale, reach: Reach) -> float:
    """The mean pitch: what the dial says, else home, a little higher where it is to be excited or glad."""
    low, high = min(reach.lowest + EDGE, reach.centre), max(reach.highest - EDGE, reach.centre)
    if dials.register is not None:
        wanted = scale.lowest + aimed("register", dials.register, scale) * (scale.highest - scale.lowest)
    else:
        wanted = reach.centre + 10 * turned(dials.arousal) + 8 * turned(dials.valence)
    return min(high, max(low, wanted))


def turned(dial: float | None) -> float:
    """A dial from -0.5 to 0.5; 0 where it is not set."""
    return 0.0 if dial is None else dial - 0.5
