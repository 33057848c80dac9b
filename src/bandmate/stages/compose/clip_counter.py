"""A counter-melody: it moves where the lead holds, goes the other way where both move, and agrees on strong beats.

Conventions: the second line lies below the lead where its instrument can, else above it. Rhythms are drawn as
in ``melody_rhythm`` and chosen by how they fill the lead's gaps; pitches as in ``melody_pitch`` with worths for what
sounds together and for how both lines move.

References
----------
Two-part counterpoint as it is taught: contrary and oblique motion first, no parallel fifths and octaves, dissonance on
weak places and by step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from random import Random

import numpy as np

from bandmate.models.melody import MelodyModel
from bandmate.song.evidence import Evidence
from bandmate.song.scales import is_minor_like
from bandmate.stages.compose.brief import ComposeBrief
from bandmate.stages.compose.clip_lead import CONSONANT, PERFECT, Lead, lead_in
from bandmate.stages.compose.idea import Idea
from bandmate.stages.compose.measures_scale import dial_error, wanted
from bandmate.stages.compose.melody_figures import is_strong, mean
from bandmate.stages.compose.melody_ground import chord_at, levels, step_of, strength_at
from bandmate.stages.compose.melody_ideas import CANDIDATES_FOR_ONE, FEWEST, Candidate, candidates, spread_out, task_of
from bandmate.stages.compose.melody_line import ACCENTS, ANY_PITCHES, Task, with_pins
from bandmate.stages.compose.melody_listening import priced
from bandmate.stages.compose.melody_manner import Manner, manner_of
from bandmate.stages.compose.melody_pitch import Reals, Slot, Window, line_of, place_worth, window_of
from bandmate.stages.compose.melody_rhythm import rhythm_of
from bandmate.stages.compose.passage import Bar, Passage, Tone

BELOW, ABOVE = -9, 9
"""Half steps from the lead's middle to that of the second line."""

RHYTHM_DRAWS = 6
SPARSER = 0.75
"""The second line has so many notes for each that a tune usually has."""

AGAIN = 0.8
"""What a rhythm that was there before gains."""

MODELS = ("counterpoint rules 1 (written)", "expectation")


def counter_ideas(
    passage: Passage,
    brief: ComposeBrief,
    model: MelodyModel | None = None,
    seed: int = 0,
    *,
    lead: Sequence[Tone] | None = None,
) -> tuple[Idea, ...]:
    """Second lines to a lead: ``lead``, or the part of the song that leads in the bars.

    Raises
    ------
    RequestError
        where nothing leads in the bars.
    """
    line = lead_in(passage, lead, "counter")
    task = replace(task_of(passage, brief), syllables=())
    count = max(FEWEST, CANDIDATES_FOR_ONE * brief.alternatives)

    def make(name: str, efforts: Mapping[str, float]) -> Candidate:
        return counter_line(task, brief, line, name, efforts)

    found: dict[tuple[Tone, ...], tuple[float, int, Idea]] = {}
    turned = wanted(brief)
    for number, one in enumerate(candidates(task.passage, brief, seed, count, make)):
        facts = agreement(task.passage, line, one.tones)
        cost = sum(abs(facts[name] - aim) for name, aim in AIMS.items())
        idea = Idea(tones=one.tones, says=one.plan, evidence=stated(facts), models=MODELS)
        cost += 8.0 * dial_error(idea, task.passage, brief) if turned else 0.0
        found.setdefault(one.tones, (cost, number, idea))
    ranked = [row[2] for row in sorted(found.values(), key=lambda row: row[:2])[:count]]
    return spread_out([priced(model, task.passage, idea) for idea in ranked], brief.alternatives)


AIMS = {"consonant with the lead on strong beats": 1.0, "contrary or oblique": 0.85, "begun while the lead holds": 0.75}


def stated(facts: Mapping[str, float]) -> tuple[Evidence, ...]:
    return tuple(Evidence(what=name, unit="share", after=round(value, 3)) for name, value in facts.items())


def counter_line(task: Task, brief: ComposeBrief, lead: Lead, name: str, efforts: Mapping[str, float]) -> Candidate:
    """One second line."""
    rng = Random(f"counter {name}")
    manner = manner_of(task.passage, brief, task.reach, efforts, rng)
    above = rng.random() < 0.25 or lead.mean_pitch + BELOW < task.reach.lowest
    if "register" not in efforts:
        centre = lead.mean_pitch + (ABOVE if above else BELOW) + rng.uniform(-1.5, 1.5)
        manner = replace(manner, centre=min(max(centre, task.reach.lowest + 3), task.reach.highest - 3), width=4.5)
    above = manner.centre > lead.mean_pitch
    if "density" not in efforts:
        manner = replace(manner, notes_per_quarter=manner.notes_per_quarter * SPARSER)
    starts = with_pins(task, counter_rhythm(task, lead, manner, rng))
    tones = counter_pitches(task, lead, manner, starts, above, rng)
    return Candidate(tones, "above the lead" if above else "below the lead", "", efforts)


def counter_rhythm(task: Task, lead: Lead, manner: Manner, rng: Random) -> list[int]:
    """Bar by bar the rhythm that fills best what the lead leaves open; one that was there before is preferred."""
    found: list[int] = []
    known: list[tuple[int, tuple[int, ...]]] = []
    owed = 0.0
    for bar in task.bars:
        step = step_of(bar, task.passage.bpm)
        size = len(levels(bar.numerator, bar.denominator, step))
        owed += manner.notes_per_quarter * bar.length_ticks / 960
        count = min(size * 3 // 4, max(0 if owed < 0.5 else 1, round(owed)))
        owed -= count
        meter = (bar.numerator, bar.denominator)
        rows = [rhythm_of(meter, step, count, manner.held_over, rng) for _ in range(RHYTHM_DRAWS)]
        options = [(fill(bar, row, lead) + rng.gauss(0, 0.3), row) for row in rows]
        options += [
            (fill(bar, row, lead) + AGAIN, row)
            for ticks, row in known
            if ticks == bar.length_ticks and len(row) == count
        ]
        best = max(options)[1]
        known.append((bar.length_ticks, best))
        found += [bar.start_ticks + place for place in best]
    return found


def fill(bar: Bar, row: Sequence[int], lead: Lead) -> float:
    """How well a rhythm goes with the lead: notes where it holds or rests, few where it moves."""
    worth = 0.0
    for place in row:
        ticks = bar.start_ticks + place
        if lead.begins(ticks):
            worth -= 0.3 if place == 0 else 0.9
        else:
            sounding = lead.at(ticks)
            worth += 0.7 if sounding is None or sounding.length_ticks >= 960 else 0.2
    return worth


def counter_pitches(
    task: Task, lead: Lead, manner: Manner, starts: Sequence[int], above: bool, rng: Random
) -> tuple[Tone, ...]:
    """Pitches for the second line's rhythm."""
    fixed = {pin.start_ticks: pin for pin in task.pins}
    slots = [counter_slot(task, manner, starts, at, fixed) for at in range(len(starts))]
    if not slots:
        return task.pins
    pinned = [slot.fixed for slot in slots if slot.fixed >= 0]
    centre = round(manner.centre)
    low = min([max(task.reach.lowest, centre - ANY_PITCHES), *pinned])
    high = max([min(task.reach.highest, centre + ANY_PITCHES), *pinned])
    key = slots[0].key
    window = window_of(
        low, high - low + 1, key.tonic, is_minor_like(key), (1.0, manner.habit, manner.freedom), task.habits
    )
    home = (manner.centre - 9, manner.centre + 9)
    worths: list[Reals] = []
    for slot in slots:
        worth = place_worth(slot, window, manner, home, manner.centre + 10)
        worths.append(worth if slot.fixed >= 0 else worth + together_worth(slot, lead, window, above))
    joints = [None, *(motion_worth(one, two, lead, window) for one, two in pairwise(slots))]
    drawn = line_of(slots, worths, window, [t.pitch for t in task.before[-2:]], rng, None, manner, joints)
    velocity = max(1, manner.velocity - 10)
    tones = [
        fixed.get(slot.start_ticks)
        or Tone(slot.start_ticks, slot.length_ticks, pitch, min(127, max(1, velocity + ACCENTS[slot.strength])))
        for slot, pitch in zip(slots, drawn, strict=True)
    ]
    return tuple(sorted({*tones, *task.pins}))


def counter_slot(task: Task, manner: Manner, starts: Sequence[int], at: int, fixed: Mapping[int, Tone]) -> Slot:
    """A note of the second line without its pitch."""
    start = starts[at]
    bar = task.passage.bar_at(start)
    end = starts[at + 1] if at + 1 < len(starts) else task.passage.end_ticks
    length = min(end - start, 2 * bar.length_ticks)
    if end == task.passage.end_ticks and length > 960:
        length -= 240
    pin = fixed.get(start)
    return Slot(
        start_ticks=start,
        length_ticks=pin.length_ticks if pin else length,
        strength=strength_at(bar, start),
        chord=chord_at(task.passage, start),
        key=bar.key,
        aim=manner.centre,
        ends=1 if at + 1 == len(starts) else 0,
        fixed=pin.pitch if pin else -1,
    )


def together_worth(slot: Slot, lead: Lead, window: Window, above: bool) -> Reals:
    """What each pitch is worth against what the lead plays while it sounds."""
    pitches = np.arange(window.low, window.low + window.size)
    worth = np.zeros(window.size)
    strong = slot.strength >= 3
    first = lead.at(slot.start_ticks)
    heard = [(first, 1.0)] if first is not None else []
    heard += [(tone, 0.5) for tone in lead.within(slot.start_ticks, slot.start_ticks + slot.length_ticks)]
    for tone, share in heard:
        table = INTERVAL_WORTH[strong]
        worth += share * table[(tone.pitch - pitches) % 12]
        crossed = pitches < tone.pitch + 2 if above else pitches > tone.pitch - 2
        worth -= share * 3.0 * crossed
    return worth


INTERVAL_WORTH = {
    strong: np.array(
        [
            -0.9 if interval == 0 else 0.9 if interval in CONSONANT else 0.2 if interval == 7
            else -0.3 if interval == 5 else -2.4 if strong else -0.8
            for interval in range(12)
        ]
    )
    for strong in (True, False)
}  # fmt: skip


def motion_worth(one: Slot, two: Slot, lead: Lead, window: Window) -> Reals | None:
    """What steps are worth by what the lead does meanwhile: ``[last, this]``, not logarithms."""
    before, after = lead.last(one.start_ticks), lead.last(two.start_ticks)
    if before is None or after is None:
        return None
    pitches = np.arange(window.low, window.low + window.size)
    own = pitches[None, :] - pitches[:, None]
    step = after.pitch - before.pitch
    if step == 0:
        return np.exp(np.where(own == 0, -0.3, 0.2))
    interval = (after.pitch - pitches[None, :]) % 12
    perfect = np.isin(interval, PERFECT)
    same_way = own * step > 0
    worth = np.where(own * step < 0, 0.9, np.where(own == 0, 0.2, np.where(same_way, -0.5, 0.0)))
    worth = np.where(same_way & perfect & (own == step), -4.0, worth)
    return np.exp(worth)


def agreement(passage: Passage, lead: Lead, tones: Sequence[Tone]) -> dict[str, float]:
    """Shares: consonances on strong beats, motion that is contrary or oblique, and notes begun while the lead holds."""
    strong = []
    for tone in tones:
        other = lead.at(tone.start_ticks)
        if other is not None and is_strong(passage.bar_at(tone.start_ticks), tone.start_ticks):
            strong.append((other.pitch - tone.pitch) % 12 in (*CONSONANT, *PERFECT))
    motions = []
    for one, two in pairwise(tones):
        before, after = lead.last(one.start_ticks), lead.last(two.start_ticks)
        if before is not None and after is not None and (before.pitch != after.pitch or one.pitch != two.pitch):
            motions.append((two.pitch - one.pitch) * (after.pitch - before.pitch) <= 0)
    return {
        "consonant with the lead on strong beats": mean(strong) if strong else 1.0,
        "contrary or oblique": mean(motions) if motions else 1.0,
        "begun while the lead holds": mean([not lead.begins(tone.start_ticks) for tone in tones]),
    }
