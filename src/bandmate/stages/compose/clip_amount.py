"""A clip made simpler or richer: notes left out from the least to the most important, or put between those there.

Conventions: what stays keeps its place and pitch to the tick; only lengths change, to close gaps or to make room. The
first note, and pinned ones, always stay. New notes lie on the grid: passing notes, neighbours, chord tones, repeats.

::

    simplify   C d E f G - A -    ->   C - E - G - - -
    enrich     C - E - G - - -    ->   C d E - G a g -
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from bandmate.models.melody import MelodyModel
from bandmate.song.errors import RequestError
from bandmate.song.evidence import Evidence
from bandmate.song.scales import scale_of
from bandmate.stages.compose.brief import ComposeBrief
from bandmate.stages.compose.clip_seed import kept_evidence, seed_inside, spoken
from bandmate.stages.compose.clip_vary import grid_of, wide_enough, with_pins, without_overlaps
from bandmate.stages.compose.idea import Idea
from bandmate.stages.compose.melody_ground import (
    SIXTEENTH_TICKS,
    chord_at,
    step_of,
    strength_at,
    strength_near,
    top_line,
)
from bandmate.stages.compose.melody_ideas import spread_out, task_of
from bandmate.stages.compose.melody_line import Task
from bandmate.stages.compose.melody_listening import priced
from bandmate.stages.compose.passage import Passage, Tone

LEAVE_OUT = (0.35, 0.5, 0.2, 0.65, 0.42, 0.28, 0.58, 0.75)
"""Shares of the notes that go, alternative by alternative."""

PUT_IN = (0.5, 0.85, 0.3, 1.2, 0.65, 0.4, 1.0, 1.6)
"""Notes put in for each that is there."""

MODELS = ("simplify and enrich rules 1 (written)",)
ROUGHNESS = 0.9
"""How far chance may change the order of importance."""


def simplify_ideas(
    passage: Passage, brief: ComposeBrief, model: MelodyModel | None = None, seed: int = 0
) -> tuple[Idea, ...]:
    """What the part plays in the bars with fewer notes.

    Raises
    ------
    RequestError
        where the part plays fewer than two notes there.
    """
    source = seed_inside(passage, "simplify")
    task = wide_enough(task_of(passage, brief), source)
    given = with_pins(source, task.pins)
    if len(given) < 2:
        raise RequestError(
            f"{spoken(passage)} of the part has one note; there is nothing to leave out: choose more bars"
        )
    found: dict[tuple[Tone, ...], Idea] = {}
    for number in range(max(8, 4 * brief.alternatives)):
        rng = Random(f"simplify {seed} {number}")
        share = LEAVE_OUT[number % len(LEAVE_OUT)]
        order = sorted(given[1:], key=lambda tone: importance(task, given, tone) + rng.gauss(0, ROUGHNESS))
        gone = [tone for tone in order if tone not in task.pins][: max(1, round(share * len(given)))]
        tones = held_on(task, tuple(tone for tone in given if tone not in gone), given)
        says = f"{len(tones)} of {len(given)} notes"
        found.setdefault(tones, Idea(tones=tones, says=says, evidence=counted(source, tones), models=MODELS))
    simpler = [idea for idea in found.values() if len(idea.tones) < len(given)]
    if not simpler:
        raise RequestError("all notes but the first are pinned; there is nothing to leave out: take pins away")
    return spread_out([priced(model, task.passage, idea) for idea in simpler], brief.alternatives)


def enrich_ideas(
    passage: Passage, brief: ComposeBrief, model: MelodyModel | None = None, seed: int = 0
) -> tuple[Idea, ...]:
    """What the part plays in the bars with notes put between.

    Raises
    ------
    RequestError
        where the part plays nothing there, or nothing fits between its notes.
    """
    source = seed_inside(passage, "enrich")
    task = wide_enough(task_of(passage, brief), source)
    given = with_pins(source, task.pins)
    found: dict[tuple[Tone, ...], Idea] = {}
    for number in range(max(8, 4 * brief.alternatives)):
        rng = Random(f"enrich {seed} {number}")
        wanted = max(1, round(PUT_IN[number % len(PUT_IN)] * len(given)))
        tones = enriched(task, given, wanted, rng)
        says = f"{len(tones) - len(given)} notes more"
        found.setdefault(tones, Idea(tones=tones, says=says, evidence=counted(source, tones), models=MODELS))
    richer = [idea for idea in found.values() if len(idea.tones) > len(given)]
    if not richer:
        raise RequestError("the notes leave no room between them; there is nothing to put in: choose other bars")
    return spread_out([priced(model, task.passage, idea) for idea in richer], brief.alternatives)


def counted(source: Sequence[Tone], tones: Sequence[Tone]) -> tuple[Evidence, ...]:
    """Notes before and after, and what was kept."""
    return (
        Evidence(what="notes", unit="notes", before=len(source), after=len(tones)),
        kept_evidence(source, tones),
    )


def importance(task: Task, tones: Sequence[Tone], tone: Tone) -> float:
    """How much a note carries: its place, its length, the chord, and whether the line turns at it."""
    chord = chord_at(task.passage, tone.start_ticks)
    worth = 0.8 * strength_near(task.passage, tone.start_ticks)
    worth += min(2.0, tone.length_ticks / 960) + (0.7 if tone.pitch % 12 in chord else 0.0)
    at = tones.index(tone)
    if 0 < at < len(tones) - 1:
        before, after = tones[at - 1].pitch, tones[at + 1].pitch
        worth += 0.8 * ((tone.pitch - before) * (after - tone.pitch) < 0) + 0.5 * (
            tone.pitch == max(t.pitch for t in tones)
        )
    return worth


def held_on(task: Task, tones: Sequence[Tone], given: Sequence[Tone]) -> tuple[Tone, ...]:
    """A line's notes held over what was left out behind them, to the next note at the most, a bar in all."""
    if top_line(given)[1]:
        return tuple(tones)
    found = []
    for number, tone in enumerate(tones):
        following = tones[number + 1].start_ticks if number + 1 < len(tones) else task.passage.end_ticks
        silent = next((one.end_ticks for one in reversed(given) if one.start_ticks < following), tone.end_ticks)
        bar = task.passage.bar_at(tone.start_ticks)
        end = min(following, max(silent, tone.end_ticks), tone.start_ticks + bar.length_ticks)
        found.append(
            tone if tone in task.pins else tone._replace(length_ticks=max(tone.length_ticks, end - tone.start_ticks))
        )
    return tuple(found)


def enriched(task: Task, given: Sequence[Tone], wanted: int, rng: Random) -> tuple[Tone, ...]:
    """Notes put into the spaces, the longest spaces first, as many as are wanted where there is room."""
    line = list(given)
    grid = grid_of(task.passage, top_line(given)[0])
    for _ in range(wanted):
        upper, _rest = top_line(line)
        spaces = spaces_of(task, upper, grid) or spaces_of(task, upper, SIXTEENTH_TICKS)
        if not spaces:
            break
        weights = [(place[2] - place[0]) ** 1.5 for place, _ in spaces]
        (start, middle, end), number = rng.choices(spaces, weights)[0]
        behind = upper[number + 1] if number + 1 < len(upper) else None
        pitch = between(task, upper[number], behind, middle, rng)
        line = [cut(tone, start, middle, task.pins) for tone in line]
        line.append(Tone(middle, end - middle, pitch, max(1, upper[number].velocity - 8)))
        line = list(without_overlaps(line, task.pins))
    return tuple(sorted(line))


def spaces_of(task: Task, line: Sequence[Tone], grid: int) -> list[tuple[tuple[int, int, int], int]]:
    """All spaces of a line that a note fits into on a grid, with the number of the note they are behind."""
    rows = ((space_behind(task, line, number, grid), number) for number in range(len(line)))
    return [(space, number) for space, number in rows if space is not None]


def space_behind(task: Task, line: Sequence[Tone], number: int, grid: int) -> tuple[int, int, int] | None:
    """Where a note of the line begins, where another may begin in its space, and where the space ends."""
    tone = line[number]
    end = line[number + 1].start_ticks if number + 1 < len(line) else min(task.passage.end_ticks, tone.end_ticks)
    if tone in task.pins:
        return None
    bar = task.passage.bar_at(tone.start_ticks)
    step = max(grid, step_of(bar, task.passage.bpm))
    steps = (end - tone.start_ticks + step // 3) // step
    if steps < 2:
        return None
    half = steps // 2 if steps % 2 == 0 else (steps + 1) // 2
    # subtle: uneven notes lie beside the grid; the new one goes onto it, but never nearer to them than half a step.
    middle = bar.start_ticks + round((tone.start_ticks + half * step - bar.start_ticks) / step) * step
    if middle - tone.start_ticks < step // 2 or end - middle < step // 2:
        return None
    return tone.start_ticks, middle, end


def cut(tone: Tone, start: int, middle: int, pins: Sequence[Tone]) -> Tone:
    """The note before a new one, cut where that begins."""
    if tone.start_ticks == start and tone not in pins and tone.end_ticks > middle:
        return tone._replace(length_ticks=middle - start)
    return tone


def between(task: Task, one: Tone, other: Tone | None, ticks: int, rng: Random) -> int:
    """A pitch between two notes: the scale's step between, a neighbour of the second, a tone of the chord, a repeat."""
    bar = task.passage.bar_at(ticks)
    chord, scale = chord_at(task.passage, ticks), scale_of(bar.key)
    target = other.pitch if other is not None else one.pitch
    low, high = sorted((one.pitch, target))
    strong = strength_at(bar, ticks) >= 3
    options: list[tuple[float, int]] = []
    for pitch in range(max(task.reach.lowest, low - 4), min(task.reach.highest, high + 4) + 1):
        in_chord = pitch % 12 in chord
        if not in_chord and pitch % 12 not in scale:
            continue
        worth = 1.6 * in_chord * (2 if strong else 1)
        worth += 2.0 * (low < pitch < high) - 0.35 * (abs(pitch - one.pitch) + abs(pitch - target))
        worth += 1.2 * (abs(pitch - target) in (1, 2)) + 0.9 * (abs(pitch - one.pitch) in (1, 2))
        worth -= 1.0 * (pitch == one.pitch) + 0.8 * (pitch == target)
        options.append((worth + rng.gauss(0, 0.7), pitch))
    return max(options)[1] if options else one.pitch
