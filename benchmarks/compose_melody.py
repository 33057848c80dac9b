"""Melodies that Bandmate writes over chords of real songs, beside those that people wrote; and what is done to clips.

``python -m benchmarks.compose_melody`` prints the tables and the goals. The chord tracks are those of the OpenEWLD lead
sheets of the fold that is held back; what people do is measured on stretches of eight bars of the same songs. A figure
is met where the median of what was written lies between the quartiles of what people wrote. The clips are the tunes of
the same stretches.

Baselines: the melody model alone, drawn note by note without plan or chords to aim at, and notes of the scale at chance
on the rhythm that people wrote.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import pairwise
from random import Random
from statistics import mean

from bandmate.learn.folds import Fold
from bandmate.models.melody import MelodyModel, ground_from, load_melody_model, sample
from bandmate.song.scales import scale_of
from bandmate.stages.compose.brief import ComposeBrief
from bandmate.stages.compose.clip_verbs import (
    answer_ideas,
    continue_ideas,
    counter_ideas,
    enrich_ideas,
    harmony_line_ideas,
    infill_ideas,
    morph_ideas,
    share_of_seed,
    share_quoted,
    simplify_ideas,
    vary_ideas,
)
from bandmate.stages.compose.idea import Idea, distance, tone_distance
from bandmate.stages.compose.melody_figures import figures
from bandmate.stages.compose.melody_ideas import melody_ideas
from bandmate.stages.compose.passage import Passage, Tone
from benchmarks.compose_tunes import quartiles, stretches
from benchmarks.goals import reached

FOLD: Fold = "held"
SHOWN = 3
MOST = 125
GOALS = ("in chord on strong beats", "in chord", "pitch-class entropy", "rhythm heard before", "bar heard before")
FLOOR = 0.15
MOST_MS = 300.0
AMOUNTS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
REACHED = 0.1
CLIPS = 30
Writer = Callable[[Passage, int], Sequence[Sequence[Tone]]]
Verb = Callable[..., tuple[Idea, ...]]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Eight bars of a song: with chords alone, and the tune that people sang."""

    name: str
    bare: Passage
    tune: tuple[Tone, ...]

    @property
    def sung(self) -> Passage:
        return replace(self.bare, own=self.tune)


@lru_cache(maxsize=2)
def held(most: int = MOST) -> tuple[Stretch, ...]:
    """The stretches that are judged on."""
    found = []
    for number, (name, passage) in enumerate(stretches(FOLD)):
        if number < most:
            inside = [tone for tone in passage.inside() if tone.end_ticks <= passage.end_ticks]
            found.append(Stretch(name, replace(passage, own=()), tuple(sorted(inside))))
    return tuple(found)


def by_bandmate(model: MelodyModel | None, passage: Passage, seed: int) -> Sequence[Sequence[Tone]]:
    return [idea.tones for idea in melody_ideas(passage, ComposeBrief(), model, seed)[:SHOWN]]


def by_model_alone(model: MelodyModel, passage: Passage, seed: int) -> Sequence[Sequence[Tone]]:
    """Note by note what the model draws."""
    state = model.start(ground_from(passage.all_bars, passage.chords, 1), passage.start_ticks)
    rng = Random(f"alone {seed}")
    rows = [sample(model, state, passage.end_ticks, rng, span=(53, 81)) for _ in range(SHOWN)]
    return [[Tone(*note) for note in row] for row in rows]


def by_chance(tunes: dict[int, tuple[Tone, ...]], passage: Passage, seed: int) -> Sequence[Sequence[Tone]]:
    """Notes of the scale on the rhythm that people wrote."""
    rng = Random(f"chance {seed}")
    tune = tunes[id(passage)]
    return [
        [
            tone._replace(
                pitch=rng.choice([p for p in range(60, 78) if p % 12 in scale_of(passage.bar_at(tone.start_ticks).key)])
            )
            for tone in tune
        ]
        for _ in range(SHOWN)
    ]


def written(writer: Writer) -> list[dict[str, float]]:
    """What is measured on everything that is written for the held stretches."""
    rows = []
    for number, stretch in enumerate(held()):
        for tones in writer(stretch.bare, number):
            rows.append(figures(stretch.bare, tones))
    return rows


def like_people(model: MelodyModel) -> None:
    """The table of figures, and the goals."""
    people = [figures(stretch.bare, stretch.tune) for stretch in held()]
    tunes = {id(stretch.bare): stretch.tune for stretch in held()}
    writers: dict[str, Writer] = {
        "Bandmate": partial(by_bandmate, model),
        "without the model": partial(by_bandmate, None),
        "model alone": partial(by_model_alone, model),
        "chance in the scale": partial(by_chance, tunes),
    }
    rows = {name: written(writer) for name, writer in writers.items()}
    sys.stdout.write(f"{len(people)} stretches of eight bars, fold {FOLD}; quartiles of people, medians of others\n")
    for what in people[0]:
        low, middle, high = quartiles([row[what] for row in people])
        medians = {name: quartiles([row[what] for row in found])[1] for name, found in rows.items()}
        others = "  ".join(f"{name} {value:.3f}" for name, value in medians.items())
        sys.stdout.write(f"  {what:26} people {low:.3f} {middle:.3f} {high:.3f}  {others}\n")
    for what in GOALS:
        low, _, high = quartiles([row[what] for row in people])
        median = quartiles([row[what] for row in rows["Bandmate"]])[1]
        reached(f"melody, {what}", median, "median", at_least=low, at_most=high)


def alternatives(model: MelodyModel) -> None:
    """The smallest distance between the first alternatives of every verb, over all clips."""
    for name, verb in verbs(model).items():
        if name == "morph":
            continue
        least, takes = [], []
        for number, stretch in enumerate(held(CLIPS)):
            start = time.process_time()
            ideas = verb(stretch, number)
            takes.append(time.process_time() - start)
            first = ideas[:SHOWN]
            least += [distance(one, two) for at, one in enumerate(first) for two in first[:at]]
        reached(f"{name}: least distance of alternatives", min(least, default=1.0), "of 1", at_least=FLOOR)
        reached(f"{name}: 8 bars × {SHOWN} alternatives", 1000 * mean(takes[1:]), "ms", at_most=MOST_MS)


def verbs(model: MelodyModel) -> dict[str, Callable[[Stretch, int], tuple[Idea, ...]]]:
    """Every verb on a stretch; those that go on from something have the first four bars of the tune."""
    brief, second = ComposeBrief(), ComposeBrief(part="counter")

    def here(verb: Verb, **wish: float) -> Callable[[Stretch, int], tuple[Idea, ...]]:
        return lambda stretch, seed: verb(stretch.sung, brief, model, seed, **wish)

    def on(verb: Verb, first: int, last: int) -> Callable[[Stretch, int], tuple[Idea, ...]]:
        return lambda stretch, seed: verb(part_of(stretch, first, last), brief, model, seed)

    def along(verb: Verb) -> Callable[[Stretch, int], tuple[Idea, ...]]:
        return lambda stretch, seed: verb(stretch.bare, second, model, seed, lead=stretch.tune)

    return {
        "melody": lambda stretch, seed: melody_ideas(stretch.bare, brief, model, seed),
        "continue": on(continue_ideas, 4, 8),
        "answer": on(answer_ideas, 4, 8),
        "infill": on(infill_ideas, 2, 4),
        "vary 0.3": here(vary_ideas, amount=0.3),
        "vary 0.7": here(vary_ideas, amount=0.7),
        "simplify": here(simplify_ideas),
        "enrich": here(enrich_ideas),
        "counter-melody": along(counter_ideas),
        "harmony line": along(harmony_line_ideas),
    }


def part_of(stretch: Stretch, first: int, last: int) -> Passage:
    """Bars of a stretch as the passage, its tune outside of them as what the part plays."""
    passage = stretch.sung
    bars = passage.bars[first:last]
    outside = [t for t in passage.own if t.end_ticks <= bars[0].start_ticks or t.start_ticks >= bars[-1].end_ticks]
    return replace(passage, bars=bars, own=tuple(outside))


def variations(model: MelodyModel) -> None:
    """How near variations come to the amount that is asked for."""
    off, parts = [], []
    for amount in AMOUNTS:
        got = []
        for number, stretch in enumerate(held(CLIPS)):
            for idea in vary_ideas(stretch.sung, ComposeBrief(), model, number, amount=amount)[:SHOWN]:
                got.append(tone_distance(stretch.tune, idea.tones))
                off.append(abs(got[-1] - amount))
                parts.append(share_of_seed(stretch.tune, idea.tones))
        sys.stdout.write(f"  vary {amount:.1f}: distance {mean(got):.3f}, {min(got):.3f} to {max(got):.3f}\n")
    reached("variations within 0.1 of the amount", 100 * mean(one <= REACHED for one in off), "%", at_least=100.0)


def seeds(model: MelodyModel) -> None:
    """How much of the seed is heard again where a line goes on."""
    for name, verb in (("continue", continue_ideas), ("answer", answer_ideas)):
        quoted = []
        for number, stretch in enumerate(held(CLIPS)):
            passage = part_of(stretch, 4, 8)
            ideas = verb(passage, ComposeBrief(), model, number)[:SHOWN]
            quoted += [share_quoted(passage.before(), idea.tones) for idea in ideas]
        first, middle, third = quartiles(quoted)
        sys.stdout.write(f"  {name}: notes in figures of the seed, quartiles {first:.2f} {middle:.2f} {third:.2f}\n")


def second_lines(model: MelodyModel) -> None:
    """What counter-melodies and second voices are like."""
    for name, verb in (("counter-melody", counter_ideas), ("harmony line", harmony_line_ideas)):
        rows: dict[str, list[float]] = {}
        for number, stretch in enumerate(held(CLIPS)):
            for idea in verb(stretch.bare, ComposeBrief(part="counter"), model, number, lead=stretch.tune)[:SHOWN]:
                for fact in idea.evidence:
                    rows.setdefault(fact.what, []).append(fact.after or 0.0)
        text = ", ".join(f"{what} {mean(values):.3f}" for what, values in rows.items())
        sys.stdout.write(f"  {name}: {text}\n")


def morphs(model: MelodyModel) -> None:
    """Whether the way from one tune to the next goes one way, and how even its steps are."""
    pairs = [
        (one, two)
        for one, two in zip(held(CLIPS), held(CLIPS)[1:], strict=False)
        if (one.bare.bars[0].numerator, one.bare.bars[0].denominator)
        == (two.bare.bars[0].numerator, two.bare.bars[0].denominator)
    ]
    steady, steps = [], []
    for number, (one, two) in enumerate(pairs):
        shift = one.bare.start_ticks - two.bare.start_ticks
        other = tuple(tone._replace(start_ticks=tone.start_ticks + shift) for tone in two.tune)
        ideas = morph_ideas(one.bare, ComposeBrief(), model, number, one=one.tune, other=other, steps=3)
        away = [tone_distance(one.tune, idea.tones) for idea in ideas]
        near = [tone_distance(other, idea.tones) for idea in ideas]
        steady.append(away == sorted(away) and near == sorted(near, reverse=True))
        whole = away[-1]
        steps += [abs((b - a) / whole - 0.25) for a, b in pairwise(away) if whole]
    reached(f"morphs that go one way ({len(pairs)})", 100 * mean(steady), "%", at_least=100.0)
    sys.stdout.write(f"  a step is off an even one by {mean(steps):.3f} of the way\n")


def main() -> None:
    """Print every figure with its goal."""
    model = load_melody_model()
    melody_ideas(held()[0].bare, ComposeBrief(), model, 0)
    like_people(model)
    alternatives(model)
    variations(model)
    seeds(model)
    second_lines(model)
    morphs(model)


if __name__ == "__main__":
    main()
