"""Which notes a bass plays: one path through all hits of a rhythm that costs least.

Every letter of a row says what a hit may be (the chord's bass, its fifth, a note on the way); what is left open is
settled by the line: small steps, chord tones on strong beats, a half step or a step into the next chord. Dials weigh
in as costs: strain, brightness and the middle of the range.

::

    hits     R . 5 . w a | R            cost of a pitch + cost of the leap to the next one,
    pitches  A   E   F G#| A            the cheapest row of all (dynamic programming)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from bandmate.song.scales import scale_of
from bandmate.stages.compose.band_ground import Ground, Harmony, classes_of
from bandmate.stages.compose.measures_tonal import FIFTHS, degrees_in, tone_strain
from bandmate.stages.compose.pattern_rows import Hit

Costs = npt.NDArray[np.float64]

WRONG = 60.0
LEAPS = (0.9, 0.0, 0.0, 0.25, 0.35, 0.35, 1.4, 0.5, 1.2, 1.3, 1.6, 2.4, 0.8)
"""What leaps of 0 to 12 half steps cost a line."""

FURTHER = 0.6
PULL = 0.055
"""For each half step squared away from the middle."""


@dataclass(frozen=True, slots=True)
class Line:
    """How a line is to go.

    ``strain`` and ``bright`` reward (below 0: cost) notes far from chord and key, and bright ones; ``chance`` is how
    much luck decides where the line is open.
    """

    lowest: int
    highest: int
    centre: float
    strain: float = 0.0
    bright: float = 0.0
    chance: float = 0.5
    out: float = 3.0
    """What notes outside of the scale cost where nothing leads."""


def line_pitches(hits: Sequence[Hit], ground: Ground, line: Line, luck: Costs, held: Sequence[bool]) -> tuple[int, ...]:
    """A pitch for each hit.

    ``luck`` (hits, 12) is how much luck favours each half step above the bass at each hit, 0 to 1; ``held`` says
    which hits are the first of their chord and so its bass.
    """
    if not hits:
        return ()
    pitches = np.arange(line.lowest, line.highest + 1)
    leaps = leap_costs(len(pitches))
    rows = [own_costs(hit, number, hits, ground, line, held) for number, hit in enumerate(hits)]
    total = rows[0] - line.chance * luck[0][(pitches - ground.at(hits[0].at).bass) % 12]
    came = []
    for number in range(1, len(hits)):
        grid = total[:, None] + leaps
        came.append(np.argmin(grid, axis=0))
        bass = ground.at(hits[number].at).bass
        total = (
            grid[came[-1], np.arange(len(pitches))] + rows[number] - line.chance * luck[number][(pitches - bass) % 12]
        )
    at = int(np.argmin(total))
    found = [at]
    for back in reversed(came):
        found.append(int(back[found[-1]]))
    return tuple(line.lowest + one for one in reversed(found))


@lru_cache(maxsize=16)
def leap_costs(size: int) -> Costs:
    """What it costs to go from each pitch to each other."""
    steps = np.abs(np.arange(size)[None] - np.arange(size)[:, None])
    table = np.array([*LEAPS, *(LEAPS[7] + FURTHER * (step - 7) for step in range(13, 128))])
    return np.asarray(table[steps], dtype=np.float64)


def own_costs(hit: Hit, number: int, hits: Sequence[Hit], ground: Ground, line: Line, held: Sequence[bool]) -> Costs:
    """What each pitch costs at a hit."""
    here, letter = ground.at(hit.at), "R" if held[number] else hit.letter
    coming = ground.after(hit.at)
    is_last = number + 1 == len(hits) or hits[number + 1].at >= coming.start
    target = coming if is_last else here
    harmony = coming if letter == "N" and coming.start - hit.at <= 960 else here
    bar = ground.passage.bars[ground.bar_number(hit.at)]
    if letter == "w" and (hit.at - bar.start_ticks) * 2 % bar.length_ticks == 0:
        letter = "c"
    costs = class_costs(letter, harmony, target.bass, is_last, round(line.strain, 3), round(line.bright, 3), line.out)
    pitches = np.arange(line.lowest, line.highest + 1)
    centre = line.centre + (9 if letter == "O" else 0)
    away = pitches - centre
    pull = PULL * away**2 * (0.5 if letter == "O" else 1.0)
    return np.asarray(np.array(costs)[pitches % 12] + pull, dtype=np.float64)


@lru_cache(maxsize=16384)
def class_costs(
    letter: str, harmony: Harmony, target: int, is_last: bool, strain: float, bright: float, out: float
) -> tuple[float, ...]:
    """What each pitch class costs for a letter."""
    classes = classes_of(harmony)
    allowed = {
        "R": (harmony.bass,), "N": (harmony.bass,), "O": (harmony.bass,), "x": (harmony.bass,),
        "5": (fifth_of(harmony),), "3": (third_of(harmony),), "7": (seventh_of(harmony),),
        "6": (sixth_of(harmony),),
    }.get(letter)  # fmt: skip
    scale = scale_of(harmony.key)
    degrees = degrees_in(classes, harmony.key)
    found = []
    for one in range(12):
        cost = 0.0
        if allowed is not None:
            cost = 0.0 if one in allowed else WRONG if letter in "RN" else 4.0
        elif letter == "a":
            cost = approach_cost(one, target, harmony, classes, is_last)
        else:
            within = 1.1 if letter == "c" else 0.5
            cost = 0.0 if one in classes else within if one in scale else out
        degree = (one - harmony.key.tonic) % 12
        cost -= strain * tone_strain(degree, degrees, harmony.key.mode)
        cost -= bright * FIFTHS[degree] / 3
        # subtle: rounded, because sines differ in their last digit from machine to machine.
        found.append(round(cost, 6))
    return tuple(found)


def approach_cost(one: int, target: int, harmony: Harmony, classes: tuple[int, ...], is_last: bool) -> float:
    """Half steps and steps of the scale into the target; its fifth; chord tones where no new chord comes."""
    gap = min((one - target) % 12, (target - one) % 12)
    if gap == 1:
        return 0.2 if is_last else 0.8
    if gap == 2 and one in scale_of(harmony.key):
        return 0.1
    if (one - target) % 12 == 7:
        return 0.5
    return 0.6 if one in classes and one != target else 2.5


def fifth_of(harmony: Harmony) -> int:
    """The fifth above the bass where the chord has it, else the chord's own fifth; never a note that rubs."""
    classes = classes_of(harmony)
    wanted = ((harmony.bass + 7) % 12, (harmony.chord.root + 7) % 12, (harmony.chord.root + 6) % 12)
    return next((one for one in (*wanted, (harmony.chord.root + 8) % 12) if one in classes), harmony.bass)


def third_of(harmony: Harmony) -> int:
    classes, root = classes_of(harmony), harmony.chord.root
    return next((one for gap in (4, 3, 5, 2) if (one := (root + gap) % 12) in classes), root)


def seventh_of(harmony: Harmony) -> int:
    """The chord's seventh; the scale's where it has none, unless that is the leading tone."""
    classes, root = classes_of(harmony), harmony.chord.root
    own = next((one for gap in (10, 11) if (one := (root + gap) % 12) in classes), None)
    if own is not None:
        return own
    minor = (root + 10) % 12
    return minor if minor in scale_of(harmony.key) else sixth_of(harmony)


def sixth_of(harmony: Harmony) -> int:
    classes, root = classes_of(harmony), harmony.chord.root
    sixth = (root + 9) % 12
    return sixth if sixth in classes or sixth in scale_of(harmony.key) else fifth_of(harmony)
