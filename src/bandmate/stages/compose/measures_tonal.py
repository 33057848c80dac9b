"""How bright notes and chords are, how far from their key, and how dissonant.

Conventions: pitch classes stand on the line of fifths relative to the tonic, from -5 (the lowered second) to 6 (the
raised fourth). Brightness is the mean place on that line; distances are those of Chew's spiral, where a fifth is
1.46, a major third 1.46 and a half step 2.9 or so.

References
----------
E. Chew, "Mathematical and Computational Modeling of Tonality", Springer 2014: the spiral array, centres of effect.
D. Herremans and E. Chew, "Tension ribbons", TENOR 2016: tension as distance of a centre of effect from the key's.
D. Huron, "Interval-class content in equally tempered pitch-class sets", Music Perception 11 (3), 1994: the
consonance of interval classes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache

from bandmate.song.harmony import Key
from bandmate.song.scales import STEPS

FIFTHS = (0, -5, 2, -3, 4, -1, 6, 1, -4, 3, -2, 5)
"""Place on the line of fifths of every half step above the tonic."""

RISE = math.sqrt(2 / 15)
"""Height of the spiral for a fifth, at a radius of 1: fifths and major thirds are equally near."""

CONSONANCE = (0.0, -1.428, -0.582, 0.594, 0.386, 1.240, -0.453)
"""Of the interval classes 0 to 6 (Huron 1994)."""

Point = tuple[float, float, float]


def spiral(fifths: int) -> Point:
    """Where a place on the line of fifths lies."""
    angle = fifths * math.pi / 2
    return math.sin(angle), math.cos(angle), fifths * RISE


def centre(degrees: Iterable[int]) -> Point:
    """Centre of effect of half steps above the tonic, all of one weight."""
    points = [spiral(FIFTHS[degree % 12]) for degree in degrees]
    size = max(1, len(points))
    return (sum(p[0] for p in points) / size, sum(p[1] for p in points) / size, sum(p[2] for p in points) / size)


@lru_cache(maxsize=16)
def key_centre(mode: str) -> Point:
    """Of the scale, with tonic and fifth counted twice."""
    return centre((*STEPS[mode], 0, 7))  # type: ignore[index]


@lru_cache(maxsize=4096)
def chord_centre(degrees: tuple[int, ...]) -> Point:
    """Of a chord's half steps above the tonic, with its root counted twice."""
    return centre((*degrees, degrees[0]))


@lru_cache(maxsize=4096)
def chord_strain(degrees: tuple[int, ...], mode: str) -> float:
    """Distance of a chord from the key."""
    return math.dist(chord_centre(degrees), key_centre(mode))


@lru_cache(maxsize=8192)
def tone_strain(degree: int, chord: tuple[int, ...], mode: str) -> float:
    """Distance of a note from the chord under it and from the key, half and half; from the key where none is."""
    here = spiral(FIFTHS[degree % 12])
    from_key = math.dist(here, key_centre(mode))
    if not chord:
        return from_key
    from_chord = 0.0 if degree in chord else math.dist(here, chord_centre(chord))
    return (from_key + from_chord) / 2


@lru_cache(maxsize=8192)
def dissonance(classes: tuple[int, ...]) -> float:
    """Of pitch classes that sound together: the mean of their pairs, 0 for fifths, 1 for half steps.

    Fewer than two different ones have none.
    """
    pairs = [
        CONSONANCE[min((one - other) % 12, (other - one) % 12)]
        for at, one in enumerate(classes)
        for other in classes[at + 1 :]
        if one != other
    ]
    return (CONSONANCE[5] - sum(pairs) / len(pairs)) / (CONSONANCE[5] - CONSONANCE[1]) if pairs else 0.0


def degrees_in(classes: Sequence[int], key: Key) -> tuple[int, ...]:
    """Pitch classes as half steps above the tonic."""
    return tuple((one - key.tonic) % 12 for one in classes)
