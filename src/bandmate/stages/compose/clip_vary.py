"""A clip varied by a stated distance: 0 is the clip itself, 1 has nothing of it; what lies between is reached by steps.

Conventions: the distance is ``idea.distance``. A variation begins with bars written anew after the old ones where much
is to change, and ends with single notes: a pitch moved to a neighbour in scale or chord, a place moved by a grid step,
a note left out, put in, or put back as it was. Pinned notes are there from the beginning and never change.

::

    clip      C . E . G . . .        amount 0.3   C . E . A . . .        amount 0.6   C . . D E . A .
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random

from bandmate.models.melody import MelodyModel
from bandmate.song.errors import OutOfRange
from bandmate.song.evidence import Evidence
from bandmate.song.scales import scale_of
from bandmate.stages.compose.brief import ComposeBrief
from bandmate.stages.compose.clip_seed import kept_evidence, seed_inside
from bandmate.stages.compose.idea import Idea, tone_distance
from bandmate.stages.compose.melody_ground import (
    EIGHTH_TICKS,
    SIXTEENTH_TICKS,
    chord_at,
    snapped,
    step_of,
    strength_near,
    top_line,
)
from bandmate.stages.compose.melody_ideas import candidate, spread_out, task_of
from bandmate.stages.compose.melody_line import Task
from bandmate.stages.compose.melody_listening import priced
from bandmate.stages.compose.melody_manner import Manner
from bandmate.stages.compose.melody_pins import is_free
from bandmate.stages.compose.melody_plan import BarPlan, How, phrases_of
from bandmate.stages.compose.passage import Passage, Tone

NEAR = 0.035
"""So near to the amount a variation is done."""

FINE_FROM = 0.8
REACHED = 0.1
TRIES = 240
IN_VAIN = 60
"""Changes one after the other that bring nothing: then it is left as it is."""

ANEW_FROM = 0.35
"""From this amount on whole bars are written anew first."""

MANNERS = ("new pitches", "new rhythm", "ornaments", "new turns")
DEEDS: dict[str, tuple[str, ...]] = {
    "new pitches": ("pitch", "pitch", "pitch", "pitch", "place"),
    "new rhythm": ("place", "place", "place", "drop", "add"),
    "ornaments": ("add", "add", "add", "pitch", "place"),
    "new turns": ("pitch", "place", "pitch", "drop", "add"),
}


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a variation has to keep to."""

    task: Task
    source: tuple[Tone, ...]
    is_line: bool
    amount: float
    grid_ticks: int = 240
    """The clip's own grid."""

    @property
    def pins(self) -> tuple[Tone, ...]:
        return self.task.pins

    def step_at(self, ticks: int) -> int:
        """How far notes are moved: by the clip's grid, and for a large distance by the finest one that is played."""
        step = step_of(self.task.passage.bar_at(ticks), self.task.passage.bpm)
        return max(step, self.grid_ticks) if self.amount < FINE_FROM else step

    def off(self, tones: Sequence[Tone]) -> float:
        """How far some notes are from the distance that is wanted."""
        return abs(tone_distance(self.source, tuple(tones)) - self.amount)


def vary_ideas(
    passage: Passage, brief: ComposeBrief, model: MelodyModel | None = None, seed: int = 0, *, amount: float = 0.3
) -> tuple[Idea, ...]:
    """Variations of what the part plays in the bars, each ``amount`` away from it (0 to 1, within 0.1 where it goes).

    Raises
    ------
    RequestError
        where the part plays nothing there.
    OutOfRange
        for an amount below 0 or above 1.
    """
    if not 0 <= amount <= 1:
        raise OutOfRange(f"the amount of a variation is {amount:g}; it goes from 0 (the same) to 1 (nothing in common)")
    source = seed_inside(passage, "vary")
    if amount == 0 and not brief.note_pins:
        return (Idea(tones=source, says="as it is", evidence=stated(source, source, 0.0)),)
    task = wide_enough(task_of(passage, brief), source)
    line, rest = top_line(source)
    bounds = Bounds(task, source, not rest, amount, grid_of(passage, line))
    found: dict[tuple[Tone, ...], tuple[float, int, Idea]] = {}
    for number in range(max(8, 4 * brief.alternatives)):
        rng = Random(f"vary {seed} {number}")
        manner = MANNERS[number % len(MANNERS)]
        begin = anew(bounds, brief, line, rng) if amount >= ANEW_FROM and bounds.is_line else source
        tones = settled(bounds, with_pins(begin, task.pins), manner, rng)
        idea = Idea(
            tones=tones, says=manner, evidence=stated(source, tones, amount), models=("variation rules 1 (written)",)
        )
        if bounds.off(tones) > REACHED:
            got = tone_distance(source, tones)
            idea = replace(idea, notes=(f"a distance of {got:.2f} is the nearest that these notes and pins allow",))
        found.setdefault(tones, (round(bounds.off(tones) / NEAR), number, idea))
    ranked = [row[2] for row in sorted(found.values(), key=lambda row: row[:2])]
    return spread_out([priced(model, task.passage, idea) for idea in ranked], brief.alternatives)


def grid_of(passage: Passage, line: Sequence[Tone]) -> int:
    """An eighth where the line keeps to eighths, as far as it keeps to anything; else a sixteenth."""
    places = [tone.start_ticks - passage.start_ticks for tone in snapped(passage, line)]
    even = sum(place % EIGHTH_TICKS == 0 for place in places)
    return EIGHTH_TICKS if even >= 0.9 * len(places) else SIXTEENTH_TICKS


def stated(source: Sequence[Tone], tones: Sequence[Tone], amount: float) -> tuple[Evidence, ...]:
    """The distance that was reached beside the one that was wanted, and what was kept."""
    reached = round(tone_distance(tuple(source), tuple(tones)), 3)
    return (
        Evidence(what="distance from the clip", unit="0 to 1", after=reached, target=amount),
        kept_evidence(source, tones),
    )


def wide_enough(task: Task, source: Sequence[Tone]) -> Task:
    """The task with a range that holds what is already played."""
    reach = task.reach
    low, high = min(tone.pitch for tone in source), max(tone.pitch for tone in source)
    return replace(task, reach=replace(reach, lowest=min(low, reach.lowest), highest=max(high, reach.highest)))


def with_pins(tones: Sequence[Tone], pins: Sequence[Tone]) -> tuple[Tone, ...]:
    """Notes with the pins among them: what begins in a pin goes, what reaches into one is cut."""
    if not pins:
        return tuple(sorted(tones))
    starts = sorted(pin.start_ticks for pin in pins)
    found = list(pins)
    for tone in tones:
        if is_free(tone.start_ticks, pins):
            end = next((start for start in starts if start > tone.start_ticks), tone.end_ticks)
            found.append(tone._replace(length_ticks=min(tone.length_ticks, end - tone.start_ticks)))
    return tuple(sorted(found))


def anew(bounds: Bounds, brief: ComposeBrief, line: Sequence[Tone], rng: Random) -> tuple[Tone, ...]:
    """The line with some bars written anew after the old ones, as many as the amount asks for."""
    task = bounds.task
    model = replace(task, heard=task.bars, before=tuple(line), is_ahead=True)
    hows: tuple[How, ...] = ("rhythm", "fit", "mirror", "new") if bounds.amount < 0.7 else ("rhythm", "new", "new")

    def plan(task: Task, brief: ComposeBrief, manner: Manner, rng: Random) -> tuple[str, tuple[BarPlan, ...]]:
        phrases, size = phrases_of(task.bars), len(task.bars)
        rows = []
        for at in range(size):
            how = rng.choice(hows)
            source = at if how == "new" or not task.tones_in(at - size, ()) else at - size
            ends = at + 1 == size or phrases[at + 1] != phrases[at]
            rows.append(BarPlan("new" if source == at else how, source, phrases[at], ends, False))
        return "varied", tuple(rows)

    fresh = candidate(model, brief, f"vary {rng.random()}", {}, plan).tones
    order = list(task.bars)
    rng.shuffle(order)
    tones = tuple(line)
    for bar in order:
        kept = [tone for tone in tones if not bar.start_ticks <= tone.start_ticks < bar.end_ticks]
        new = [tone for tone in fresh if bar.start_ticks <= tone.start_ticks < bar.end_ticks]
        changed = tuple(sorted((*kept, *new)))
        if bounds.off(changed) < bounds.off(tones):
            tones = changed
    return one_voice(tones)


def one_voice(tones: Sequence[Tone]) -> tuple[Tone, ...]:
    """Each note cut where the next one begins."""
    row = sorted(tones)
    ends = [*(tone.start_ticks for tone in row[1:]), row[-1].end_ticks if row else 0]
    return tuple(
        tone._replace(length_ticks=max(1, min(tone.length_ticks, end - tone.start_ticks)))
        for tone, end in zip(row, ends, strict=True)
    )


def settled(bounds: Bounds, tones: tuple[Tone, ...], manner: str, rng: Random) -> tuple[Tone, ...]:
    """Notes changed one by one until the distance is right."""
    off = bounds.off(tones)
    deeds = DEEDS[manner]
    vain = 0
    for number in range(TRIES):
        if off <= NEAR or vain > IN_VAIN:
            break
        vain += 1
        too_far = tone_distance(bounds.source, tones) > bounds.amount
        # subtle: after half of the tries every deed goes, for a manner alone may not get there.
        deed = "back" if too_far else rng.choice(deeds if number < TRIES // 3 else DEEDS["new turns"])
        changed = CHANGES[deed](bounds, tones, rng)
        if changed is None:
            continue
        now = bounds.off(changed)
        if now < off:
            tones, off, vain = changed, now, 0
    return tones


def moved_pitch(bounds: Bounds, tones: tuple[Tone, ...], rng: Random) -> tuple[Tone, ...] | None:
    """One note on another pitch near by: of the chord where it is strong, else of the scale."""
    tone = rng.choice(tones)
    if tone in bounds.pins:
        return None
    options = pitches_for(bounds, tone.start_ticks, tone.pitch, rng)
    known = {other.pitch for other in bounds.source if abs(other.start_ticks - tone.start_ticks) <= 60}
    fresh = [pitch for pitch in options if pitch not in known and pitch != tone.pitch]
    return exchanged(bounds, tones, tone, tone._replace(pitch=fresh[0])) if fresh else None


def pitches_for(bounds: Bounds, ticks: int, near: int, rng: Random) -> list[int]:
    """Pitches that fit at a place, near ones first."""
    bar = bounds.task.passage.bar_at(ticks)
    chord, scale = chord_at(bounds.task.passage, ticks), scale_of(bar.key)
    strong = strength_near(bounds.task.passage, ticks) >= 3
    inside = chord if chord and strong else tuple({*scale, *chord})
    reach = bounds.task.reach
    options = [p for p in range(max(reach.lowest, near - 7), min(reach.highest, near + 7) + 1) if p % 12 in inside]
    return sorted(options, key=lambda pitch: abs(pitch - near) + rng.uniform(0, 3))


def moved_place(bounds: Bounds, tones: tuple[Tone, ...], rng: Random) -> tuple[Tone, ...] | None:
    """One note a step or two of the grid earlier or later."""
    tone = rng.choice(tones)
    step = bounds.step_at(tone.start_ticks)
    start = tone.start_ticks + rng.choice((-2, -1, 1, 2)) * step
    if tone in bounds.pins or is_taken(bounds, tones, start):
        return None
    return exchanged(
        bounds, tones, tone, tone._replace(start_ticks=start, length_ticks=max(step // 2, tone.length_ticks))
    )


def left_out(bounds: Bounds, tones: tuple[Tone, ...], rng: Random) -> tuple[Tone, ...] | None:
    """One note less."""
    tone = rng.choice(tones)
    return None if tone in bounds.pins or len(tones) < 2 else tuple(other for other in tones if other != tone)


def put_in(bounds: Bounds, tones: tuple[Tone, ...], rng: Random) -> tuple[Tone, ...] | None:
    """One note more, within a note that is long enough."""
    tone = rng.choice(tones)
    step = bounds.step_at(tone.start_ticks)
    places = [tone.start_ticks + at for at in range(step, max(tone.length_ticks, 2 * step), step)]
    start = rng.choice(places)
    if tone in bounds.pins or is_taken(bounds, tones, start):
        return None
    options = pitches_for(bounds, start, tone.pitch, rng)
    if not options:
        return None
    length = max(step, tone.end_ticks - start)
    return fitted(bounds, (*tones, Tone(start, length, options[0], max(1, tone.velocity - 6))))


def put_back(bounds: Bounds, tones: tuple[Tone, ...], rng: Random) -> tuple[Tone, ...] | None:
    """One note of the clip as it was, instead of what is there now."""
    missing = [tone for tone in bounds.source if tone not in tones]
    if not missing:
        extra = [tone for tone in tones if tone not in bounds.source and tone not in bounds.pins]
        surplus = rng.choice(extra) if extra else None
        return tuple(tone for tone in tones if tone != surplus) if surplus else None
    tone = rng.choice(missing)
    if not is_free(tone.start_ticks, bounds.pins):
        return None
    others = [
        other
        for other in tones
        if other in bounds.pins
        or not tone.start_ticks - 120 < other.start_ticks < tone.end_ticks
        or other in bounds.source
    ]
    return fitted(bounds, (*others, tone))


def exchanged(bounds: Bounds, tones: tuple[Tone, ...], old: Tone, new: Tone) -> tuple[Tone, ...] | None:
    """A note instead of another."""
    return fitted(bounds, (*(tone for tone in tones if tone != old), new))


def is_taken(bounds: Bounds, tones: Sequence[Tone], start: int) -> bool:
    """Whether no note may begin there: outside of the bars, in a pin, or with another note."""
    passage = bounds.task.passage
    if not passage.start_ticks <= start < passage.end_ticks or not is_free(start, bounds.pins):
        return True
    return any(abs(tone.start_ticks - start) <= 60 for tone in tones)


def fitted(bounds: Bounds, tones: Sequence[Tone]) -> tuple[Tone, ...] | None:
    """Notes without overlaps: a line as one voice, else none over another of its pitch; within the bars."""
    end = bounds.task.passage.end_ticks
    row = sorted({tone._replace(length_ticks=min(tone.length_ticks, end - tone.start_ticks)) for tone in tones})
    if bounds.is_line and not bounds.pins:
        return one_voice(row)
    return without_overlaps(row, bounds.pins)


def without_overlaps(tones: Sequence[Tone], pins: Sequence[Tone]) -> tuple[Tone, ...]:
    """No note sounds into another of its pitch."""
    found: list[Tone] = []
    sounding: dict[int, int] = {}
    for tone in sorted(tones):
        at = sounding.get(tone.pitch)
        if at is not None and found[at].end_ticks > tone.start_ticks and found[at] not in pins:
            found[at] = found[at]._replace(length_ticks=max(1, tone.start_ticks - found[at].start_ticks))
        sounding[tone.pitch] = len(found)
        found.append(tone)
    return tuple(found)


CHANGES: dict[str, Callable[[Bounds, tuple[Tone, ...], Random], tuple[Tone, ...] | None]] = {
    "pitch": moved_pitch,
    "place": moved_place,
    "drop": left_out,
    "add": put_in,
    "back": put_back,
}
