"""The plan of a melody: which bars are new and which come from earlier ones, and how phrases end.

Conventions: bars are counted from 0 within the bars asked for; a bar that was heard before them counts down from -1.
A letter says what a bar is: ``new``; ``exact`` (as its source), ``fit`` (its rhythm and shape, moved to the chord),
``sequence`` (moved by a step or more in any case), ``rhythm`` (its rhythm with new pitches), ``ending`` (its first
half, then new), ``mirror`` (its rhythm, its steps turned upside down).

::

    sentence   a  b  a' b'  a' a'' c  .       call      a  b  a' b'  a  b  c  .
    period     a  b  c  ,   a  b  c' .        aaba      a  b  a' ,   c  c' a  .

References
----------
W. E. Caplin, "Classical Form", Oxford 1998: sentence and period. The shares of repeated bars are those measured on the
lead sheets of OpenEWLD that teach: in eight bars 29 to 57 % of the rhythms were there before, 0 to 13 % of the bars
with their pitches.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Literal, NamedTuple

from bandmate.stages.compose.passage import Bar

How = Literal["new", "exact", "fit", "sequence", "rhythm", "ending", "mirror"]

KINDS = ("sentence", "period", "call and response", "aaba", "riff", "free")

SHAPES: dict[str, tuple[tuple[How, int], ...]] = {
    "sentence": (
        ("new", 0), ("new", 0), ("fit", 0), ("fit", 1), ("sequence", 0), ("sequence", 4), ("new", 0), ("new", 0),
    ),
    "period": (("new", 0), ("new", 0), ("rhythm", 0), ("new", 0), ("exact", 0), ("ending", 1), ("fit", 2), ("new", 0)),
    "call and response": (
        ("new", 0), ("new", 0), ("fit", 0), ("rhythm", 1), ("fit", 0), ("new", 0), ("rhythm", 5), ("new", 0),
    ),
    "aaba": (("new", 0), ("new", 0), ("fit", 0), ("ending", 1), ("new", 0), ("sequence", 4), ("exact", 0), ("new", 0)),
    "riff": (("new", 0), ("fit", 0), ("exact", 0), ("new", 0), ("fit", 0), ("sequence", 0), ("ending", 0), ("new", 0)),
    "free": (("new", 0), ("new", 0), ("rhythm", 0), ("new", 0), ("new", 0), ("rhythm", 1), ("new", 0), ("new", 0)),
}  # fmt: skip
"""Of eight bars: how each is made, and from which."""

WEIGHTS = {"chorus": (3, 1, 2, 3, 3, 0), "verse": (3, 3, 2, 2, 1, 2), "bridge": (2, 2, 1, 1, 1, 4)}
USUAL_WEIGHTS = (4, 3, 2, 2, 1, 1)
SHORT_PHRASE, PHRASE = 2, 4


class BarPlan(NamedTuple):
    """How a bar is made; ``source`` is the bar it comes from (its own number for new ones)."""

    how: How
    source: int
    phrase: int
    ends_phrase: bool
    closes: bool
    """Whether the tune comes to rest here."""


def phrases_of(bars: Sequence[Bar]) -> list[int]:
    """For every bar the number of its phrase: four bars each from the start of its section; a rest of one joins."""
    found: list[int] = []
    number = -1
    for at, bar in enumerate(bars):
        starts = at == 0 or (bar.bar_in_section == 1 and bars[at - 1].section != bar.section)
        in_phrase = (bar.bar_in_section - 1 if bar.section else at) % PHRASE
        left = len(bars) - at
        if starts or (in_phrase == 0 and left > 1):
            number += 1
        found.append(number)
    return found


def plan_kind(section_name: str, rng: Random) -> str:
    """A form for a section, at random by what is usual there."""
    name = section_name.casefold()
    weights = next((row for known, row in WEIGHTS.items() if known in name), USUAL_WEIGHTS)
    return rng.choices(KINDS, weights)[0]


def plan_of(bars: Sequence[Bar], kind: str, repetition: float, rng: Random, heard: int = 0) -> tuple[BarPlan, ...]:
    """How every bar is made.

    ``repetition`` is the share of bars that come from earlier ones: bars of the form are made new, or new ones are
    taken from earlier ones, until it is met. ``heard`` bars before the first one count as the start of the form when
    there are any: what is written goes on from them.
    """
    phrases = phrases_of(bars)
    shape = SHAPES[kind]
    offset = heard if heard < len(shape) else 0
    made: list[BarPlan] = []
    for at, bar in enumerate(bars):
        how, source = shape[(at + offset) % len(shape)]
        start = (at + offset) // len(shape) * len(shape) - offset
        source += start
        ends = at + 1 == len(bars) or phrases[at + 1] != phrases[at]
        last = at + 1 == len(bars)
        closes = last and (not bar.bars_in_section or bar.bar_in_section == bar.bars_in_section)
        if last and len(bars) > 1 and closes:
            how, source = "new", at
        if how == "new" and at + offset >= len(shape) and not ends:
            how, source = rng.choice(("exact", "fit", "rhythm")), start + (at + offset) % len(shape) - len(shape)
        usable = -heard <= source < at and same_meter(bars, source, at)
        made.append(BarPlan(how if usable else "new", source if usable else at, phrases[at], ends, closes))
    return with_share(made, bars, repetition, rng)


def same_meter(bars: Sequence[Bar], source: int, at: int) -> bool:
    """Whether two bars are of one length; of bars heard before that is seen to when they are read."""
    return source < 0 or bars[source].length_ticks == bars[at].length_ticks


def with_share(made: list[BarPlan], bars: Sequence[Bar], repetition: float, rng: Random) -> tuple[BarPlan, ...]:
    """The plan with about as many repeated bars as are wanted; the last bar stays as it is."""
    wanted = round(repetition * (len(made) - 1))
    order = list(range(1, len(made) - 1))
    rng.shuffle(order)
    for at in order:
        repeated = sum(plan.how != "new" for plan in made)
        plan = made[at]
        if repeated > wanted and plan.how != "new":
            made[at] = plan._replace(how="new", source=at)
        elif repeated < wanted and plan.how == "new":
            source = max((other for other in range(at) if same_meter(bars, other, at)), default=at)
            if source < at:
                made[at] = plan._replace(how="fit" if rng.random() < 0.6 else "exact", source=rooted(made, source))
    return tuple(made)


def rooted(made: Sequence[BarPlan], source: int) -> int:
    """The bar that a bar comes from in the end."""
    while source >= 0 and made[source].source != source:
        source = made[source].source
    return source
