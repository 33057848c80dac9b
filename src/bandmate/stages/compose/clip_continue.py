"""Going on from what is there: continue a line, answer it, fill the bars between what is before and behind.

Conventions: the notes outside of the bars stay as they are, uneven as they may be; what is written is made after
them bar by bar (``melody_plan``), on the grid, as busy and as syncopated as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from bandmate.models.melody import MelodyModel
from bandmate.song.errors import RequestError
from bandmate.song.evidence import Evidence
from bandmate.stages.compose.brief import ComposeBrief
from bandmate.stages.compose.clip_seed import kept_evidence, quoted_evidence
from bandmate.stages.compose.idea import Idea
from bandmate.stages.compose.melody_ground import snapped, top_line
from bandmate.stages.compose.melody_ideas import best_lines, task_of, tune_plan
from bandmate.stages.compose.melody_line import Task
from bandmate.stages.compose.melody_manner import Manner
from bandmate.stages.compose.melody_plan import BarPlan, How, phrases_of, plan_of
from bandmate.stages.compose.passage import Bar, Passage, Tone

MOST_SEED_BARS = 8
ANSWERS: dict[str, tuple[How, ...]] = {
    "echo": ("fit", "ending"),
    "turned upside down": ("mirror", "ending"),
    "same rhythm": ("rhythm", "rhythm"),
    "a step on": ("sequence", "ending"),
}
LINK_LEAST = 0.55
"""Share of bars that are made after the seed when a line is continued."""


def continue_ideas(
    passage: Passage, brief: ComposeBrief, model: MelodyModel | None = None, seed: int = 0
) -> tuple[Idea, ...]:
    """How the line that the part plays before the bars may go on.

    Raises
    ------
    RequestError
        where the part plays nothing before the bars.
    """
    task, given = seeded(passage, brief, "continue")

    def plan(task: Task, brief: ComposeBrief, manner: Manner, rng: Random) -> tuple[str, tuple[BarPlan, ...]]:
        kind = rng.choice(("sentence", "period", "call and response", "riff"))
        share = max(LINK_LEAST, manner.repetition)
        return f"goes on as a {kind}", plan_of(task.bars, kind, share, rng, len(task.heard))

    return with_seed(best_lines(task, brief, seed, plan, model), given)


def answer_ideas(
    passage: Passage, brief: ComposeBrief, model: MelodyModel | None = None, seed: int = 0
) -> tuple[Idea, ...]:
    """Answers to the line before the bars: its rhythm and its turns, but to another end, and at rest.

    Raises
    ------
    RequestError
        where the part plays nothing before the bars.
    """
    task, given = seeded(passage, brief, "answer")

    def plan(task: Task, brief: ComposeBrief, manner: Manner, rng: Random) -> tuple[str, tuple[BarPlan, ...]]:
        kind = rng.choice(tuple(ANSWERS))
        return kind, answer_plan(task, ANSWERS[kind])

    return with_seed(best_lines(task, brief, seed, plan, model), given)


def infill_ideas(
    passage: Passage, brief: ComposeBrief, model: MelodyModel | None = None, seed: int = 0
) -> tuple[Idea, ...]:
    """New notes for the bars that lead from what the part plays before them to what it plays behind them.

    What the part plays in the bars is replaced, but for pins. Where it plays nothing around them, a melody is written.
    """
    task = task_of(passage, brief)
    given = (*task.passage.before(), *task.passage.after())
    if not task.heard and task.after:
        task = after_as_seed(task)
    ideas = best_lines(task, brief, seed, tune_plan, model)
    return tuple(
        replace(idea, evidence=(*joints(task, idea.tones), *idea.evidence)) for idea in with_seed(ideas, given)
    )


def seeded(passage: Passage, brief: ComposeBrief, deed: str) -> tuple[Task, tuple[Tone, ...]]:
    """The task with the last bars that the part plays before those asked for, and the notes in them."""
    task = task_of(passage, brief)
    before = top_line(task.passage.before())[0]
    if not before:
        first = passage.bars[0].number
        raise RequestError(f"the part plays nothing before bar {first}; there is nothing to {deed}: choose later bars")
    if not task.heard:
        task = replace(task, heard=played_bars(task.passage, before), before=snapped(task.passage, before))
    first_bar = task.heard[0].start_ticks if task.heard else 0
    return task, tuple(tone for tone in passage.before() if tone.start_ticks >= first_bar)


def played_bars(passage: Passage, tones: Sequence[Tone]) -> tuple[Bar, ...]:
    """The last bars that notes lie in, of the meter that is asked for: up to four, and as many as are asked for."""
    first = passage.bars[0]
    found = [
        bar
        for bar in passage.all_bars
        if bar.end_ticks <= first.start_ticks
        and (bar.numerator, bar.denominator) == (first.numerator, first.denominator)
        and any(bar.start_ticks <= tone.start_ticks < bar.end_ticks for tone in tones)
    ]
    return tuple(found[-4:])


def after_as_seed(task: Task) -> Task:
    """The bars behind as what was heard: what is written leads to them by their own rhythms."""
    meter = (task.bars[0].numerator, task.bars[0].denominator)
    line = snapped(task.passage, task.after)
    found = [
        bar
        for bar in task.passage.all_bars
        if bar.start_ticks >= task.passage.end_ticks
        and (bar.numerator, bar.denominator) == meter
        and any(bar.start_ticks <= tone.start_ticks < bar.end_ticks for tone in line)
    ]
    return replace(task, heard=tuple(found[:4]), before=line, is_ahead=True)


def answer_plan(task: Task, hows: Sequence[How]) -> tuple[BarPlan, ...]:
    """Each bar made after the bar of the seed that it answers; phrases end otherwise, and the last one at rest."""
    size = len(task.heard)
    phrases = phrases_of(task.bars)
    found = []
    for at in range(len(task.bars)):
        last = at + 1 == len(task.bars)
        ends = last or phrases[at + 1] != phrases[at]
        source = at % size - size if size else at
        if last and len(task.bars) > 1:
            how: How = "new"
        else:
            how = hows[1] if ends else hows[0]
        found.append(BarPlan(how if size else "new", at if how == "new" else source, phrases[at], ends, last))
    return tuple(found)


def with_seed(ideas: Sequence[Idea], given: Sequence[Tone]) -> tuple[Idea, ...]:
    """Ideas that say how much of the seed is in them: none of its notes is touched, and figures of it come again."""
    return tuple(
        replace(
            idea,
            evidence=(kept_evidence(given, (*given, *idea.tones)), quoted_evidence(given, idea.tones), *idea.evidence),
        )
        for idea in ideas
    )


def joints(task: Task, tones: Sequence[Tone]) -> tuple[Evidence, ...]:
    """The steps at both ends of what was filled in."""
    found = []
    before, after = task.passage.before(), task.passage.after()
    if before and tones:
        found.append(
            Evidence(what="step from the note before", unit="half steps", after=tones[0].pitch - before[-1].pitch)
        )
    if after and tones:
        found.append(
            Evidence(what="step to the note behind", unit="half steps", after=after[0].pitch - tones[-1].pitch)
        )
    return tuple(found)
