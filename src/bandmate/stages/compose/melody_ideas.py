"""Melodies for some bars, over chords or free: rhythm first, then pitch, with a plan of what comes again.

Conventions: see ``melody_line``. Every candidate has its own plan, curve and chance, all told by the seed; they are
measured, ranked by how near they are to the dials and to what people write, and put in an order in which the first ones
differ.

What is learned: shares of intervals, of repeated bars and all quartiles (OpenEWLD), what follows what (the statistic
``expectation``), and the ``melody`` model where it is given. What is written by us: worths of places and gaps, plans,
curves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from random import Random

from bandmate.models.expectation import load_expectation
from bandmate.models.melody import MelodyModel
from bandmate.song.errors import RequestError
from bandmate.song.evidence import Evidence
from bandmate.stages.compose.brief import ComposeBrief
from bandmate.stages.compose.idea import Idea, distance
from bandmate.stages.compose.measures import material_of, surprise
from bandmate.stages.compose.measures_meter import syncopation
from bandmate.stages.compose.measures_scale import dial_error, wanted
from bandmate.stages.compose.melody_figures import figures, strangeness
from bandmate.stages.compose.melody_ground import reach_of, snapped, top_line
from bandmate.stages.compose.melody_line import CURVES, Task, written_line
from bandmate.stages.compose.melody_listening import ModelListener, begin_state, lift_of, nats_of
from bandmate.stages.compose.melody_manner import Manner, manner_of
from bandmate.stages.compose.melody_pins import pins_of
from bandmate.stages.compose.melody_pitch import Habits
from bandmate.stages.compose.melody_plan import BarPlan, plan_kind, plan_of
from bandmate.stages.compose.passage import Bar, Passage, Tone

LEAST_APART = 0.2
"""Of the first alternatives from each other."""

MODELS = ("melody rules 1 (written, with learned shares)", "expectation")
MOST_HEARD = 4
MODEL_WEIGHT = 0.3
"""How much the melody model has to say in the draw of pitches."""

CANDIDATES_FOR_ONE = 4
FEWEST = 8
ROWS = (0.3, 0.2, 0.1)
"""How far the efforts of each row of candidates are spread."""

BEST = 3


Maker = Callable[[str, Mapping[str, float]], "Candidate"]
PlanMaker = Callable[[Task, ComposeBrief, Manner, Random], tuple[str, tuple[BarPlan, ...]]]


def melody_ideas(
    passage: Passage, brief: ComposeBrief, model: MelodyModel | None = None, seed: int = 0
) -> tuple[Idea, ...]:
    """Melodies for the bars of a passage, about four times as many as are asked for, best first.

    Parameters
    ----------
    passage : Passage
        the bars, with chords or without; what the part plays before them is gone on from.
    brief : ComposeBrief
        dials, pins, syllables, program; ``key`` holds instead of the song's.
    model : optional
        the melody model; without it the written worths and the statistic of the corpora alone.
    seed : int
        the same seed gives the same notes.

    Raises
    ------
    RequestError
        for bars that are none, and for pins and syllables that cannot be met.
    """
    return best_lines(task_of(passage, brief), brief, seed, tune_plan, model)


def best_lines(
    task: Task, brief: ComposeBrief, seed: int, plan: PlanMaker, model: MelodyModel | None = None
) -> tuple[Idea, ...]:
    """Candidates after plans, ranked and put in order."""
    count = max(FEWEST, CANDIDATES_FOR_ONE * brief.alternatives)
    found: dict[tuple[tuple[int, int], ...], Candidate] = {}
    for one in candidates(
        task.passage, brief, seed, count, lambda name, efforts: candidate(task, brief, name, efforts, plan, model)
    ):
        found.setdefault(tuple((tone.start_ticks, tone.pitch) for tone in one.tones), one)
    ranked = [idea for _, idea in ranked_by(task, brief, list(found.values()))[:count]]
    return spread_out([judged(task, brief, idea, model) for idea in ranked], brief.alternatives)


def tune_plan(task: Task, brief: ComposeBrief, manner: Manner, rng: Random) -> tuple[str, tuple[BarPlan, ...]]:
    """The form of a tune: what is usual in its section."""
    kind = plan_kind(brief.section or task.bars[0].section_name, rng)
    return kind, plan_of(task.bars, kind, manner.repetition, rng, len(task.heard))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A melody and how it was made."""

    tones: tuple[Tone, ...]
    plan: str
    curve: str
    efforts: Mapping[str, float]
    """How hard the dials were pulled."""


def task_of(passage: Passage, brief: ComposeBrief) -> Task:
    """What all candidates have in common, checked."""
    if not passage.bars:
        raise RequestError("there are no bars to write for; ask for one at least")
    keyed = passage_in_key(passage, brief)
    reach = reach_of(keyed, brief)
    before, after = snapped(keyed, top_line(keyed.before())[0]), top_line(keyed.after())[0]
    heard = heard_bars(keyed, before)
    near = before if heard else ()
    return Task(keyed, reach, pins_of(keyed, brief, reach), brief.syllables, heard, near, after, habits=habits())


def passage_in_key(passage: Passage, brief: ComposeBrief) -> Passage:
    """The passage with the key that the brief asks for, if any."""
    if brief.key is None:
        return passage
    key = brief.key
    bars = tuple(replace(bar, key=key) for bar in passage.bars)
    numbers = {bar.number: bar for bar in bars}
    return replace(passage, bars=bars, all_bars=tuple(numbers.get(bar.number, bar) for bar in passage.all_bars))


def heard_bars(passage: Passage, before: Sequence[Tone]) -> tuple[Bar, ...]:
    """Up to four bars right before those asked for that the line plays in, all of the first one's meter."""
    first = passage.bars[0]
    found: list[Bar] = []
    for bar in reversed([bar for bar in passage.all_bars if bar.number < first.number]):
        plays = any(bar.start_ticks <= tone.start_ticks < bar.end_ticks for tone in before)
        same = (bar.numerator, bar.denominator) == (first.numerator, first.denominator)
        if not plays or not same or len(found) == MOST_HEARD:
            break
        found.append(bar)
    return tuple(reversed(found))


@lru_cache(maxsize=1)
def habits() -> Habits:
    """What usually follows in tunes, from the statistic of the corpora."""
    costs = load_expectation().pitch
    return Habits((costs[:, 0], costs[:, 1]))


def candidates(passage: Passage, brief: ComposeBrief, seed: int, count: int, make: Maker) -> list[Candidate]:
    """More lines than ``count``; where dials are turned, each row pulls them as it did best in the rows before."""
    goals = wanted(brief)
    if not goals:
        return [make(f"{seed} {number}", {}) for number in range(count + count // 2)]
    found: list[tuple[float, int, Candidate]] = []
    efforts, number = dict(goals), 0
    for reach in ROWS:
        for _ in range(count * 3 // 2 // len(ROWS)):
            rng = Random(f"effort {seed} {number}")
            tried = {name: value + rng.uniform(-reach, reach) for name, value in efforts.items()}
            one = make(f"{seed} {number}", tried)
            found.append((dial_error(Idea(tones=one.tones), passage, brief), number, one))
            number += 1
        best = sorted(found, key=lambda row: row[:2])[:BEST]
        efforts = {name: sum(one.efforts[name] for _, _, one in best) / len(best) for name in efforts}
    return [one for _, _, one in found]


def candidate(
    task: Task,
    brief: ComposeBrief,
    name: str,
    efforts: Mapping[str, float],
    plan: PlanMaker,
    model: MelodyModel | None = None,
) -> Candidate:
    """One melody by its name."""
    rng = Random(f"melody {name}")
    manner = like_heard(task, manner_of(task.passage, brief, task.reach, efforts, rng), efforts)
    kind, plans = plan(task, brief, manner, rng)
    curve = rng.choice(CURVES)
    listener = None
    if model is not None:
        lift = lift_of(manner.centre, task.bars[0].key.tonic)
        weight = MODEL_WEIGHT - 1.2 * (efforts.get("surprise", 0.5) - 0.5)
        before = () if task.is_ahead else task.before
        listener = ModelListener(model, begin_state(model, task.passage, before, lift), lift, weight)
    return Candidate(written_line(task, manner, plans, curve, rng, listener), kind, curve, efforts)


def like_heard(task: Task, manner: Manner, efforts: Mapping[str, float]) -> Manner:
    """As busy and as syncopated as what was heard before, where no dial says otherwise."""
    starts = [tone.start_ticks for at in range(-len(task.heard), 0) for tone in task.tones_in(at, ())]
    if not starts:
        return manner
    if not {"density", "arousal"} & set(efforts):
        quarters = sum(bar.length_ticks for bar in task.heard) / 960
        manner = replace(manner, notes_per_quarter=min(4.0, len(starts) / quarters))
    if not {"syncopation", "arousal"} & set(efforts):
        manner = replace(manner, syncopation=syncopation(starts, task.heard))
    return manner


def ranked_by(task: Task, brief: ComposeBrief, candidates: Sequence[Candidate]) -> list[tuple[float, Idea]]:
    """Candidates as ideas with what they cost, the best first: near to the dials, then like people's tunes."""
    turned, passage = wanted(brief), task.passage
    rows = []
    measured = [figures(passage, one.tones) for one in candidates]
    for number, (one, found) in enumerate(zip(candidates, measured, strict=True)):
        idea = idea_of(one, found, has_chords=bool(passage.chords))
        strange = strangeness(found, skipped(turned))
        cost = (12.0 if turned else 0.0) * dial_error(idea, passage, brief) + strange / (2.0 if turned else 1.0)
        rows.append((cost, number, replace(idea, says=said(one, found, measured))))
    rows.sort(key=lambda row: row[:2])
    return [(cost, idea) for cost, _, idea in rows]


def skipped(turned: dict[str, float]) -> tuple[str, ...]:
    """Figures that do not count where a dial asks for something else."""
    found: list[str] = []
    if "density" in turned or "arousal" in turned:
        found.append("notes in a bar")
    if {"tension", "mode", "valence", "surprise"} & set(turned):
        found += ["in chord", "in chord on strong beats", "off the scale", "pitch-class entropy"]
    if {"complexity", "surprise"} & set(turned):
        found += [
            "rhythm heard before",
            "bar heard before",
            "leaps",
            "steps",
            "span",
            "same pitch",
            "pitch-class entropy",
        ]
    return tuple(found)


def idea_of(one: Candidate, found: dict[str, float], *, has_chords: bool) -> Idea:
    """A candidate as an idea, with evidence; without chords nothing is said of them."""
    evidence = tuple(
        Evidence(what=what, unit=unit, after=round(found[what], 3))
        for what, unit in (
            ("in chord on strong beats", "share"),
            ("pitch-class entropy", "bits"),
            ("rhythm heard before", "share of bars"),
            ("notes in a bar", "notes"),
        )
        if has_chords or "chord" not in what
    )
    return Idea(tones=one.tones, evidence=evidence)


def judged(task: Task, brief: ComposeBrief, idea: Idea, model: MelodyModel | None) -> Idea:
    """An idea with what the model pays for it; without a model, what the statistic of the corpora pays."""
    if model is None:
        return replace(idea, nats=surprise(material_of(idea, task.passage, brief)), models=MODELS)
    nats = nats_of(model, task.passage, () if task.is_ahead else task.before, idea.tones)
    return replace(idea, nats=nats, models=(model.version or "melody", *MODELS))


WORDS = (
    ("notes in a bar", "busier", "sparser"),
    ("leaps", "leaps more", "moves by step"),
    ("rhythm heard before", "repeats its rhythm", "keeps changing"),
    ("span", "wide", "narrow"),
    ("in chord", "close to the chords", "leans off the chords"),
)


def said(one: Candidate, found: dict[str, float], every: Sequence[dict[str, float]]) -> str:
    """What sets a candidate apart: its plan and curve, and where it differs most from the others."""
    marks = []
    for name, more, less in WORDS:
        values = sorted(row[name] for row in every)
        middle, wide = values[len(values) // 2], max(1e-6, values[-1] - values[0])
        marks.append(((found[name] - middle) / wide, more, less))
    size, more, less = max(marks, key=lambda mark: abs(mark[0]))
    words = [one.plan, one.curve]
    if abs(size) > 0.25:
        words.append(more if size > 0 else less)
    return ", ".join(words)


def spread_out(ideas: Sequence[Idea], first: int, least: float = LEAST_APART) -> tuple[Idea, ...]:
    """Ideas in their order, but the first ones so that each is far enough from those before it where that goes."""
    left = list(ideas)
    chosen: list[Idea] = []
    while left and len(chosen) < first:
        far = next((idea for idea in left if all(distance(idea, other) >= least for other in chosen)), None)
        if far is None:
            far = max(left, key=lambda idea: min((distance(idea, other) for other in chosen), default=1.0))
        chosen.append(far)
        left.remove(far)
    return (*chosen, *left)
