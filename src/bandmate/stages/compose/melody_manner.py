"""How a melody is to be: the dials as numbers that the writing aims at.

Conventions: what is usual (a dial at 0.5, or not set) was measured on the lead sheets of OpenEWLD that teach: stretches
of eight bars have 2.9 notes in a bar of four quarters (half of them 2.3 to 3.8), 79 % of the notes on strong beats and
72 % of all are in the chord, 8 % are off the scale.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from random import Random

from bandmate.stages.compose.brief import ComposeBrief
from bandmate.stages.compose.measures_scale import Scale, figure_for, scale_of
from bandmate.stages.compose.melody_ground import Reach
from bandmate.stages.compose.passage import Passage

USUAL_VELOCITY = 92
FULL_EIGHTHS = 1.3
"""More notes for a quarter than this need sixteenths."""

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

    off_scale: float = -2.2
    habit: float = 0.5
    """Weight of what usually follows in tunes; below 0 the unusual is preferred."""

    freedom: float = 1.0
    """Temperature of the choice of pitches."""

    syncopation: float = 0.25
    """Longuet-Higgins and Lee's weight for a bar that rhythms are chosen for."""

    repetition: float = 0.55
    """Share of bars that come from earlier ones."""

    is_fine: bool = True
    """Whether it moves in sixteenths, or in eighths at the most."""

    centre: float = 67.0
    width: float = 3.4
    """Half steps that a tune goes from its curve."""

    velocity: int = USUAL_VELOCITY
    spread: float = 1.0
    """How far leaps are allowed to go; 1 is usual."""


@dataclass(frozen=True, slots=True)
class Style:
    """What is usual in a genre; without one, on the lead sheets."""

    density: float = 0.5
    syncopation: float = 0.5
    repetition: float = 0.2
    fine: float = 0.25
    spread: float = 1.45
    off_scale: float = 0.0


@lru_cache(maxsize=1)
def styles() -> dict[str, dict[str, float]]:
    """``data/compose/melody.toml``: written, not learned."""
    text = files("bandmate").joinpath("data", "compose", "melody.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def manner_of(passage: Passage, brief: ComposeBrief, reach: Reach, efforts: Mapping[str, float], rng: Random) -> Manner:
    """The dials as a manner, a little different for each candidate where a dial leaves room.

    ``efforts`` are the dials that are turned, as hard as they are pulled: a dial that gives too little is pulled
    further than where it is to end up.
    """
    scale, style = scale_of(passage, brief), Style(**styles().get(brief.genre, {}))
    arousal, valence = (efforts.get(name, 0.5) - 0.5 for name in ("arousal", "valence"))
    density = efforts.get("density", style.density + 0.7 * arousal + rng.uniform(-0.1, 0.1))
    sync = efforts.get("syncopation", style.syncopation + 0.4 * arousal + rng.uniform(-0.2, 0.2)) - 0.5
    tension = efforts.get("tension", 0.5 - 0.9 * valence) - 0.5
    mode = efforts.get("mode", 0.5 + 0.9 * valence) - 0.5
    surprise, complexity = (efforts.get(name, 0.5) - 0.5 for name in ("surprise", "complexity"))
    notes = max(0.05, aimed("density", density, scale) / scale.bar_quarters)
    fine = style.fine + 0.6 * max(0.0, sync) + 0.6 * max(0.0, complexity, surprise) + (notes > FULL_EIGHTHS)
    return Manner(
        notes_per_quarter=notes,
        is_fine=rng.random() < fine,
        syncopation=aimed("syncopation", 0.5 + sync, scale),
        held_over=min(1.0, -0.55 + (3.2 * sync if sync < 0 else 2.6 * sync)),
        in_chord=max(0.0, 1.1 - 1.6 * max(0.0, tension)) * rng.choice((0.9, 1.0, 1.1)),
        strain=4.0 * tension,
        brightness=1.1 * mode,
        off_scale=-2.2 + style.off_scale + 2.2 * max(0.0, tension) + 1.2 * abs(mode) + 1.6 * max(0.0, surprise),
        habit=0.5 - 2.4 * surprise,
        freedom=1.0 + 0.5 * max(0.0, surprise),
        repetition=min(1.0, max(0.0, style.repetition - 0.9 * complexity + rng.uniform(-0.12, 0.12))),
        centre=centre_of(efforts, scale, reach),
        width=3.4 if "register" not in efforts else 2.6,
        velocity=round(USUAL_VELOCITY + 50 * arousal),
        spread=max(0.4, style.spread + 0.7 * complexity + 0.5 * surprise),
    )


def aimed(name: str, value: float, scale: Scale) -> float:
    """The figure that a dial stands for on the scale of the part."""
    return figure_for(name, min(1.0, max(0.0, value)), scale) or 0.0


def centre_of(efforts: Mapping[str, float], scale: Scale, reach: Reach) -> float:
    """The mean pitch: what the dial says, else home, a little higher where it is to be excited or glad."""
    low, high = min(reach.lowest + EDGE, reach.centre), max(reach.highest - EDGE, reach.centre)
    if "register" in efforts:
        wanted = scale.lowest + aimed("register", efforts["register"], scale) * (scale.highest - scale.lowest)
    else:
        lift = 10 * (efforts.get("arousal", 0.5) - 0.5) + 8 * (efforts.get("valence", 0.5) - 0.5)
        wanted = reach.centre + lift
    return min(high, max(low, wanted))
