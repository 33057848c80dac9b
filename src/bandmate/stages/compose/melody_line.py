"""One melody: its rhythm bar by bar after a plan, then its pitches along a curve.

Conventions: a place is where a note begins, in song ticks; a phrase is what the plan says. Bars that are made after
others take their rhythm, and their pitches moved by steps of the scale; the draw may bend them to the chord.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from bandmate.song.scales import is_minor_like
from bandmate.stages.compose.measures_meter import syncopation
from bandmate.stages.compose.melody_ground import (
    EIGHTH_TICKS,
    Reach,
    chord_at,
    levels,
    mirrored,
    moved,
    step_of,
    strength_at,
)
from bandmate.stages.compose.melody_lyrics import syllable_starts
from bandmate.stages.compose.melody_manner import Manner
from bandmate.stages.compose.melody_pins import is_free
from bandmate.stages.compose.melody_pitch import Habits, Listener, Reals, Slot, line_of, place_worth, window_of
from bandmate.stages.compose.melody_plan import BarPlan
from bandmate.stages.compose.melody_rhythm import rhythm_of, shares_of
from bandmate.stages.compose.passage import Bar, Passage, Tone

CURVES = ("arch", "rise", "fall", "wave", "valley")
SWING = 3.6
"""Half steps between the middle of a curve and its ends."""

RHYTHM_DRAWS = 7
LAST_AT = 0.55
"""A tune comes to rest no later in its last bar, where that goes."""

ENDINGS = 4
BREATH_TICKS = 480
PULL = {"exact": 3.0, "fit": 1.1, "sequence": 1.3, "ending": 1.6, "mirror": 1.1}
ACCENTS = (-5, -2, 0, 3, 6)
ANY_PITCHES = 20
"""Half steps to each side of the middle that are looked at."""


@dataclass(frozen=True, slots=True)
class Task:
    """What every candidate has in common: where, for whom, and what must be there."""

    passage: Passage
    reach: Reach
    pins: tuple[Tone, ...] = ()
    syllables: tuple[str, ...] = ()
    heard: tuple[Bar, ...] = ()
    """Bars right before those asked for that the part plays in; the tune goes on from them."""

    before: tuple[Tone, ...] = ()
    """The line of the part before the bars."""

    after: tuple[Tone, ...] = ()
    is_ahead: bool = False
    """Whether what was heard lies behind the bars, and not before them."""

    habits: Habits | None = field(default=None, repr=False)

    @property
    def bars(self) -> tuple[Bar, ...]:
        return self.passage.bars

    def bar(self, number: int) -> Bar:
        """A bar by its number in a plan: from 0, below 0 for those that were heard."""
        return self.bars[number] if number >= 0 else self.heard[number]

    def tones_in(self, number: int, line: Sequence[Tone]) -> list[Tone]:
        """The notes of a bar, of the line or of what was heard."""
        bar = self.bar(number)
        tones = line if number >= 0 else self.before
        return [tone for tone in tones if bar.start_ticks <= tone.start_ticks < bar.end_ticks]


def written_line(
    task: Task, manner: Manner, plans: Sequence[BarPlan], curve: str, rng: Random, listener: Listener | None = None
) -> tuple[Tone, ...]:
    """A melody after a plan."""
    starts = starts_of(task, manner, plans, rng)
    return pitched(task, manner, plans, curve, starts, rng, listener)


def starts_of(task: Task, manner: Manner, plans: Sequence[BarPlan], rng: Random) -> list[int]:
    """Where the notes begin: of some draws the one whose syncopation is nearest to what is wanted."""
    if task.syllables:
        return syllable_starts(task.passage, task.syllables, task.pins, rng)
    draws = [with_pins(task, bar_rhythms(task, manner, plans, rng)) for _ in range(RHYTHM_DRAWS)]
    quarters = sum(bar.length_ticks for bar in task.bars) / 960
    wanted = manner.notes_per_quarter * quarters
    return min(
        draws,
        key=lambda row: (
            abs(syncopation(row, task.bars) - manner.syncopation) + 3.0 * abs(len(row) - wanted) / len(task.bars)
        ),
    )


def with_pins(task: Task, starts: Sequence[int]) -> list[int]:
    """Starts with those of the pins among them, and none that would sound into one."""
    return sorted({start for start in starts if is_free(start, task.pins)} | {pin.start_ticks for pin in task.pins})


def bar_rhythms(task: Task, manner: Manner, plans: Sequence[BarPlan], rng: Random) -> list[int]:
    """Rhythms bar by bar; a bar that is made after another takes that one's."""
    steps = [grid_of(bar, task.passage.bpm, manner) for bar in task.bars]
    times = [sum(plan.source == at for plan in plans) for at in range(len(plans))]
    weights = [
        (0.65 if plan.ends_phrase else 1.0) * (0.8 if plan.closes else 1.0) * bar.length_ticks
        for plan, bar in zip(plans, task.bars, strict=True)
    ]
    most = [
        max(1, len(levels(bar.numerator, bar.denominator, step)) * 7 // 8)
        for bar, step in zip(task.bars, steps, strict=True)
    ]
    quarters = sum(bar.length_ticks for bar in task.bars) / 960
    given = sum(len(task.tones_in(plan.source, ())) for plan in plans if plan.source < 0)
    total = max(1.0, manner.notes_per_quarter * quarters - given)
    counts = shares_of(total, weights, times, most, rng)
    rows: list[tuple[int, ...]] = []
    for at, (plan, bar) in enumerate(zip(plans, task.bars, strict=True)):
        meter = (bar.numerator, bar.denominator)
        if plan.source == at:
            row = rhythm_of(meter, steps[at], counts[at], manner.held_over, rng)
            latest = bar.length_ticks * (LAST_AT if plan.closes else 1.0)
            for _ in range(ENDINGS if row and row[-1] > latest else 0):
                other = rhythm_of(meter, steps[at], counts[at], manner.held_over, rng)
                row = min(row, other, key=lambda places: places[-1])
        else:
            row = copied(task, plan, rows)
            if plan.how == "ending":
                fresh = rhythm_of(meter, steps[at], max(1, len(row)), manner.held_over, rng)
                half = bar.length_ticks // 2
                row = tuple(x for x in row if x < half) + tuple(x for x in fresh if x >= half)
        rows.append(row)
    return [bar.start_ticks + place for bar, row in zip(task.bars, rows, strict=True) for place in row]


def grid_of(bar: Bar, bpm: float, manner: Manner) -> int:
    """The grid of a bar: eighths, or sixteenths for a manner that moves in them."""
    step = step_of(bar, bpm)
    return EIGHTH_TICKS if not manner.is_fine and bar.length_ticks % EIGHTH_TICKS == 0 and step < EIGHTH_TICKS else step


def copied(task: Task, plan: BarPlan, rows: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    """The rhythm of the bar that a bar is made after."""
    if plan.source >= 0:
        return rows[plan.source]
    start = task.bar(plan.source).start_ticks
    return tuple(tone.start_ticks - start for tone in task.tones_in(plan.source, ()))


def pitched(
    task: Task,
    manner: Manner,
    plans: Sequence[BarPlan],
    curve: str,
    starts: Sequence[int],
    rng: Random,
    listener: Listener | None = None,
) -> tuple[Tone, ...]:
    """Pitches for a rhythm, stretch after stretch: a bar that is made after another waits until that one is there."""
    spans = lengths_of(task, plans, starts)
    fixed = {pin.start_ticks: pin for pin in task.pins}
    line: list[Tone] = []
    past = [] if task.is_ahead else [tone.pitch for tone in task.before[-2:]]
    for stretch in stretches_of(plans):
        slots: list[Slot] = []
        for at in stretch:
            slots += slots_of(task, manner, plans, at, curve, spans, line, rng)
        if not slots:
            continue
        coming = coming_slot(task, manner, stretch[-1] + 1, spans)
        drawn = draw(task, manner, [*slots, *coming], [*past, *(t.pitch for t in line)][-2:], rng, listener)
        for slot, pitch in zip(slots, drawn, strict=False):
            velocity = min(127, max(1, manner.velocity + ACCENTS[slot.strength] + rng.randint(-3, 3)))
            line.append(fixed.get(slot.start_ticks) or Tone(slot.start_ticks, slot.length_ticks, pitch, velocity))
    return tuple(sorted({*line, *task.pins}))


def draw(
    task: Task, manner: Manner, slots: Sequence[Slot], past: Sequence[int], rng: Random, listener: Listener | None
) -> list[int]:
    """Pitches for some slots."""
    centre = round(manner.centre)
    fixed = [slot.fixed for slot in slots if slot.fixed >= 0]
    low = max(task.reach.lowest, min([centre - ANY_PITCHES, *fixed]))
    high = min(task.reach.highest, max([centre + ANY_PITCHES, *fixed]))
    low, high = min([low, *fixed]), max([high, *fixed])
    key = slots[0].key
    manners = (manner.spread, manner.habit, manner.freedom)
    window = window_of(low, high - low + 1, key.tonic, is_minor_like(key), manners, task.habits)
    home = (manner.centre - 8, manner.centre + 8)
    worths: list[Reals] = [place_worth(slot, window, manner, home, manner.centre + 8) for slot in slots]
    return line_of(slots, worths, window, past, rng, listener, manner)


def stretches_of(plans: Sequence[BarPlan]) -> list[list[int]]:
    """Bars in rows that can be drawn at once: none is made after another of the same row."""
    found: list[list[int]] = []
    for at, plan in enumerate(plans):
        if found and (plan.source == at or plan.source not in found[-1]) and len(found[-1]) < 4:
            found[-1].append(at)
        else:
            found.append([at])
    return found


def lengths_of(task: Task, plans: Sequence[BarPlan], starts: Sequence[int]) -> dict[int, int]:
    """How long the note that begins at each place is: to the next one, with a breath at the end of a phrase."""
    fixed = {pin.start_ticks: pin.length_ticks for pin in task.pins}
    found: dict[int, int] = {}
    for at, start in enumerate(starts):
        number = bar_number(task.bars, start)
        bar, following = task.bars[number], starts[at + 1] if at + 1 < len(starts) else task.passage.end_ticks
        end = min(following, start + max(bar.length_ticks, 1920), task.passage.end_ticks)
        is_last = following >= bar.end_ticks and plans[number].ends_phrase
        if is_last:
            end = min(end, bar.end_ticks)
            breath = min(BREATH_TICKS, (end - start) // 3 // 240 * 240)
            end -= breath
        found[start] = fixed.get(start, max(60, end - start))
    return found


def bar_number(bars: Sequence[Bar], ticks: int) -> int:
    """The number, from 0, of the bar that a place lies in."""
    return next(at for at, bar in enumerate(bars) if bar.start_ticks <= ticks < bar.end_ticks)


def slots_of(
    task: Task,
    manner: Manner,
    plans: Sequence[BarPlan],
    at: int,
    curve: str,
    spans: dict[int, int],
    line: Sequence[Tone],
    rng: Random,
) -> list[Slot]:
    """The notes of a bar, without pitches."""
    bar, plan = task.bars[at], plans[at]
    starts = [start for start in spans if bar.start_ticks <= start < bar.end_ticks]
    models = models_of(task, plan, at, starts, line, rng) if plan.how in PULL and plan.source != at else {}
    fixed = {pin.start_ticks: pin.pitch for pin in task.pins}
    first, last = phrase_span(task, plans, at)
    found = []
    for start in starts:
        place = (start - first) / max(1, last - first)
        is_end = start == starts[-1] and plan.ends_phrase
        found.append(
            Slot(
                start_ticks=start,
                length_ticks=spans[start],
                strength=strength_at(bar, start),
                chord=chord_at(task.passage, start),
                key=bar.key,
                aim=manner.centre + aim_of(curve, place, plan.phrase, manner),
                ends=(2 if plan.closes else 1) if is_end else 0,
                fixed=fixed.get(start, -1),
                model=models.get(start, -1),
                pull=0.3 if is_end else PULL.get(plan.how, 0.0),
            )
        )
    return found


def coming_slot(task: Task, manner: Manner, number: int, spans: dict[int, int]) -> list[Slot]:
    """The first note behind a stretch where it is fixed already: it is prepared, not jumped at."""
    if number < len(task.bars):
        bar = task.bars[number]
        start = next((one for one in spans if bar.start_ticks <= one < bar.end_ticks), None)
        pin = next((pin for pin in task.pins if pin.start_ticks == start), None)
    else:
        bar = task.bars[-1]
        pin = next((tone for tone in task.after if tone.start_ticks < bar.end_ticks + bar.length_ticks // 2), None)
    if pin is None or not task.reach.lowest <= pin.pitch <= task.reach.highest:
        return []
    chord = chord_at(task.passage, pin.start_ticks)
    return [Slot(pin.start_ticks, pin.length_ticks, 2, chord, bar.key, manner.centre, fixed=pin.pitch, is_coming=True)]


def phrase_span(task: Task, plans: Sequence[BarPlan], at: int) -> tuple[int, int]:
    """Where the phrase of a bar begins and ends."""
    own = [bar for bar, plan in zip(task.bars, plans, strict=True) if plan.phrase == plans[at].phrase]
    return own[0].start_ticks, own[-1].end_ticks


def aim_of(curve: str, place: float, phrase: int, manner: Manner) -> float:
    """Half steps above the middle that a curve has at a place (0 to 1) of a phrase; every second one leans on."""
    swing = SWING * min(1.4, manner.spread)
    shape = {
        "arch": math.sin(math.pi * place) * 2 - 1.1,
        "rise": 2 * place - 1,
        "fall": 1 - 2 * place,
        "wave": math.sin(2 * math.pi * place),
        "valley": 0.8 - math.sin(math.pi * place) * 1.7,
    }[curve]
    lift = (0.0, 0.5, -0.2, 0.3)[phrase % 4]
    return swing * (shape + lift - 0.15)


def models_of(
    task: Task, plan: BarPlan, at: int, starts: Sequence[int], line: Sequence[Tone], rng: Random
) -> dict[int, int]:
    """For the places of a bar the pitches of the bar it is made after, moved so that they fit the chords."""
    bar, old = task.bars[at], task.bar(plan.source)
    known = {tone.start_ticks - old.start_ticks: tone.pitch for tone in task.tones_in(plan.source, line)}
    pairs = [(start, known[start - bar.start_ticks]) for start in starts if start - bar.start_ticks in known]
    if not pairs:
        return {}
    if plan.how in ("exact", "ending"):
        options: tuple[int, ...] = (0,)
    else:
        options = (-3, -2, -1, 1, 2, 3) if plan.how == "sequence" else (0, -1, 1, -2, 2, -3, 3)
    given = [pitch for _, pitch in pairs]
    if plan.how == "mirror":
        given = [mirrored(pitch, given[0], old.key) for pitch in given]
    scored = []
    for steps in options:
        pitches = [moved(pitch, old.key, bar.key, steps) for pitch in given]
        cost = 0.25 * abs(steps) + rng.uniform(0, 0.3)
        for (start, _), pitch in zip(pairs, pitches, strict=True):
            chord = chord_at(task.passage, start)
            misses = bool(chord) and pitch % 12 not in chord
            cost += misses * (1.0 if strength_at(bar, start) >= 3 else 0.3) / len(pairs) * 2
            cost += 2.0 * (not task.reach.lowest <= pitch <= task.reach.highest)
        scored.append((cost, steps, pitches))
    best = min(scored, key=lambda row: row[:2])[2]
    return {start: pitch for (start, _), pitch in zip(pairs, best, strict=True)}
