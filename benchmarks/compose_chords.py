"""Chords: changes foreseen on songs kept back, dials, pins, tunes harmonised, alternatives, and how fast it all is.

``python -m benchmarks.compose_chords`` prints figures, goals and baselines; ``--short`` leaves out what trains again.

Conventions: judged on the fold "held" (77 songs of Billboard, lead sheets of OpenEWLD). The baseline is the variable
order Markov model with a memory of the song (orders 0 to 4, Witten and Bell's rule, fixed weights of the memory by
order) that the project's research had, taught and judged on the same songs; it knows neither sections nor places.
"""

from __future__ import annotations

import math
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations
from random import Random

import numpy as np
from numpy.typing import NDArray

from bandmate.learn.mixing import Pace, teach
from bandmate.models import chord_steps as steps
from bandmate.models.chords import ChordModel, load_chord_model
from bandmate.models.mixing import Mixing
from bandmate.song.chord_tones import TONES, symbol_from
from bandmate.song.harmony import Chord
from bandmate.song.notes import PITCH_NAMES
from bandmate.song.scales import key_from, scale_of
from bandmate.stages.compose.brief import GENRES, ChordPin, ComposeBrief, Dials
from bandmate.stages.compose.chord_fit import in_chord_share
from bandmate.stages.compose.chord_ideas import APART, chord_ideas
from bandmate.stages.compose.idea import distance
from bandmate.stages.compose.measures import measured_idea
from bandmate.stages.compose.measures_scale import MEASURED_BY
from bandmate.stages.compose.passage import Bar, Part, Passage
from bandmate.stages.compose.reharmonise import reharmonise_ideas
from benchmarks.compose_tunes import stretches
from benchmarks.goals import reached
from training.compose.chord_charts import Chart, charts

ORDER = 4
MEMORY_WEIGHTS = (0.05, 0.2, 0.4, 0.55, 0.65)
TIME_COLUMNS = [steps.BAR, steps.SLOT, steps.CELL, steps.EIGHT, steps.HELD]
FORM_COLUMNS = [steps.SECTION, steps.INDEX, *range(steps.PREFIX, steps.RUN + 1)]
DIALS = ("density", "syncopation", "mode", "tension", "valence", "arousal", "surprise", "complexity")
Reals = NDArray[np.float64]


class Orders:
    """Counts of what followed up to ``ORDER`` chords, blended from low order to high."""

    def __init__(self, symbols: int) -> None:
        self.symbols = symbols
        self.counts: list[dict[tuple[int, ...], Reals]] = [{} for _ in range(ORDER + 1)]

    def add(self, row: Sequence[int], at: int) -> None:
        for order in range(min(at, ORDER) + 1):
            counts = self.counts[order].setdefault(tuple(row[at - order : at]), np.zeros(self.symbols))
            counts[row[at]] += 1

    def chances(self, before: Sequence[int]) -> tuple[Reals, int]:
        """Chances of every symbol, and the longest order that knew anything."""
        out, longest = np.full(self.symbols, 1 / self.symbols), 0
        for order in range(min(len(before), ORDER) + 1):
            counts = self.counts[order].get(tuple(before[len(before) - order :]))
            if counts is None:
                break
            kinds = np.count_nonzero(counts)
            out, longest = (counts + kinds * out) / (counts.sum() + kinds), order
        return out, longest


def baseline(taught: Sequence[Chart], judged: Sequence[Chart]) -> tuple[float, float]:
    """Perplexity and share of right first guesses of the Markov model with memory."""
    symbols = {one: number for number, one in enumerate(sorted({s for c in (*taught, *judged) for s in c.symbols}))}
    rows = [[symbols[one] for one in chart.symbols] for chart in taught]
    corpus = Orders(len(symbols))
    for row in rows:
        for at in range(len(row)):
            corpus.add(row, at)
    nats, hits, changes = 0.0, 0, 0
    for chart in judged:
        memory, row = Orders(len(symbols)), [symbols[one] for one in chart.symbols]
        for at, symbol in enumerate(row):
            before = row[max(0, at - ORDER) : at]
            said, _ = corpus.chances(before)
            own, longest = memory.chances(before)
            said = (1 - MEMORY_WEIGHTS[longest]) * said + MEMORY_WEIGHTS[longest] * own
            memory.add(row, at)
            hits += not np.any(said > said[symbol])
            nats -= math.log(said[symbol])
            changes += 1
    return math.exp(nats / changes), hits / changes


def judged_rows(model: Mixing, found: Sequence[Chart], hidden: Sequence[int] = ()) -> tuple[float, float]:
    """Perplexity and share of right first guesses, with some columns of the features hidden."""
    nats, hits, changes = 0.0, 0, 0
    for chart in found:
        memory, rows = model.memory(), chart.rows()
        rows[:, list(hidden)] = -1
        for row, symbol in zip(rows, chart.symbols, strict=True):
            said = model.predict(row, memory)
            nats -= float(said[symbol])
            hits += not np.any(said > said[symbol])
            memory.add(row, symbol)
            changes += 1
    return math.exp(nats / changes), hits / changes


def taught_without(found: Sequence[Chart], hidden: Sequence[int]) -> Mixing:
    """The model taught again with some columns hidden."""
    rows = np.concatenate([chart.rows() for chart in found])
    rows[:, list(hidden)] = -1
    symbols = np.concatenate([np.array(chart.symbols) for chart in found])
    pieces = np.repeat(np.arange(len(found)), [len(chart.symbols) for chart in found])
    return teach(steps.plan(), rows, symbols, pieces, pace=Pace(passes=3, seed=6)).model


def changes(model: ChordModel, *, short: bool = False) -> None:
    """Chord changes of songs that were kept back."""
    every = list(charts())
    billboard = {
        fold: [one for one in every if one.work.fold == fold and one.work.corpus == "mcgill_billboard"]
        for fold in ("teach", "held")
    }
    held, count = billboard["held"], sum(len(one.symbols) for one in billboard["held"])
    print(f"chord changes, Billboard: {len(held)} songs held back, {count} changes, {steps.SYMBOLS} classes")
    perplexity, first = judged_rows(model.mixing, held)
    before, before_first = baseline(billboard["teach"], held)
    print(f"  baseline (Markov of order {ORDER} with memory): perplexity {before:.3f}, first guess {before_first:.3f}")
    reached("perplexity of chord changes, with the song's memory", perplexity, "", at_most=3.3)
    reached("first guess right", first, "share", at_least=0.74)
    if not short:
        taught = [one for one in every if one.work.fold == "teach"]
        for name, hidden in (("time", TIME_COLUMNS), ("time and form", [*TIME_COLUMNS, *FORM_COLUMNS])):
            again = judged_rows(taught_without(taught, hidden), held, hidden)
            print(f"  taught again without {name}: perplexity {again[0]:.3f}, first guess {again[1]:.3f}")


def empty(key: str, bars: int = 8, meter: tuple[int, int] = (4, 4)) -> Passage:
    """Bars without anything in them."""
    length = meter[0] * 3840 // meter[1]
    every = tuple(Bar(n, (n - 1) * length, *meter, key_from(key), "", "", n, 0) for n in range(1, bars + 1))
    return Passage(every, every, 110.0)


def dials(model: ChordModel) -> None:
    """Every dial: what is asked for against what is measured on the first idea."""
    print("dials, first ideas for 8 empty bars in three keys, two genres, two seeds")
    values = [round(0.125 * number, 3) for number in range(9)]
    for name in DIALS:
        asked, found = [], []
        for key in ("C", "Am", "F# dorian"):
            for genre in ("pop", "jazz"):
                for seed in (1, 2):
                    for value in values:
                        brief = ComposeBrief(part="chords", genre=genre, dials=Dials(**{name: value}))  # type: ignore[arg-type]
                        idea = chord_ideas(empty(key), brief, model, seed)[0]
                        figure = getattr(measured_idea(idea, empty(key), brief), MEASURED_BY[name])
                        if figure is not None:
                            asked.append(value)
                            found.append(figure)
        reached(f"dial {name}, chords", spearman(asked, found), "Spearman", at_least=0.9)


def spearman(one: Sequence[float], other: Sequence[float]) -> float:
    """Rank correlation, ties in the middle."""

    def ranks(row: Sequence[float]) -> Reals:
        values, inverse, counts = np.unique(np.asarray(row), return_inverse=True, return_counts=True)
        ends = np.cumsum(counts)
        return (ends - (counts - 1) / 2)[inverse] if len(values) else np.zeros(0)

    return float(np.corrcoef(ranks(one), ranks(other))[0, 1])


def pins(model: ChordModel) -> None:
    """Chords pinned anywhere are there, exactly."""
    rng, exact, asked = Random(4), 0, 0
    for number in range(60):
        passage = empty(rng.choice(("C", "Am", "Eb", "F# minor")), 8, rng.choice(((4, 4), (3, 4), (6, 8), (7, 8))))
        found = {
            (rng.randrange(1, 9), float(rng.choice((1, 2, 3)))): PITCH_NAMES[rng.randrange(12)]
            + rng.choice(sorted(TONES))
            for _ in range(3)
        }
        wanted = tuple(ChordPin(bar=bar, beat=beat, chord=chord) for (bar, beat), chord in found.items())
        for idea in chord_ideas(passage, ComposeBrief(part="chords", chord_pins=wanted), model, number):
            at = {chord.start_ticks: (chord.root, chord.quality) for chord in idea.chords}
            for pin in wanted:
                bar, symbol = passage.bars[pin.bar - 1], symbol_from(pin.chord)
                place = bar.start_ticks + round((pin.beat - 1) * bar.beat_ticks)
                exact += at.get(place) == (symbol.root, symbol.quality)
                asked += 1
    print(f"pins: {asked} in ideas of 60 requests")
    reached("pinned chords that are there", exact / asked, "share", at_least=1.0)


def tunes(model: ChordModel) -> None:
    """Tunes that were kept back, harmonised: how much of them is in the chords, how often the root is the real one."""
    shares: dict[str, list[float]] = defaultdict(list)
    roots: dict[str, list[float]] = defaultdict(list)
    for _, whole in stretches("held"):
        part = Part("tune", "tune", "lead-vox", 53, False, whole.own)
        inside = tuple(c for c in whole.chords if whole.start_ticks <= c.start_ticks < whole.end_ticks)
        passage = replace(whole, chords=(), parts=(part,), own=())
        tones = tuple(t for t in whole.own if whole.start_ticks <= t.start_ticks < whole.end_ticks)
        ideas = chord_ideas(passage, ComposeBrief(part="chords", genre="folk"), model, 1)[:3]
        answers = {"people": inside, "ours": ideas[0].chords, "best triad a bar": best_triads(passage)}
        for name, chords in answers.items():
            shares[name].append(in_chord_share(tones, chords) or 0.0)
            roots[name].append(same_root(chords, inside, whole))
        roots["ours, one of three"].append(max(same_root(idea.chords, inside, whole) for idea in ideas))
    count = len(shares["people"])
    print(f"tunes harmonised: {count} stretches of eight bars of lead sheets held back")
    for name, found in roots.items():
        share = f"{np.mean(shares[name]):.3f} of the tune in chords, " if name in shares else ""
        print(f"  {name}: {share}root as people have it {np.mean(found):.3f} of the time")
    low, high = np.quantile(shares["people"], (0.25, 0.75))
    reached("tune in our chords", float(np.mean(shares["ours"])), "share", at_least=float(low), at_most=float(high))


def best_triads(passage: Passage) -> tuple[Chord, ...]:
    """In each bar the triad of the key that has most of the tune."""
    found = []
    for bar in passage.bars:
        scale = scale_of(bar.key)
        options = []
        for step in range(6):
            third, fifth = (scale[(step + up) % 7] for up in (2, 4))
            quality = "m" if (third - scale[step]) % 12 == 3 else ""
            quality = "dim" if (fifth - scale[step]) % 12 == 6 else quality
            options.append(
                Chord(
                    id=f"b{bar.number}",
                    start_ticks=bar.start_ticks,
                    length_ticks=bar.length_ticks,
                    root=scale[step],
                    quality=quality,
                )
            )
        found.append(max(options, key=lambda chord: in_chord_share(passage.parts[0].tones, (chord,)) or 0.0))
    return tuple(found)


def same_root(one: Sequence[Chord], other: Sequence[Chord], passage: Passage) -> float:
    """Share of the eighths at which both have a chord on the same root."""

    def root_at(chords: Sequence[Chord], ticks: int) -> int | None:
        return next((c.root for c in chords if c.start_ticks <= ticks < c.start_ticks + c.length_ticks), None)

    places = range(passage.start_ticks, passage.end_ticks, 480)
    pairs = [(root_at(one, at), root_at(other, at)) for at in places]
    known = [a == b for a, b in pairs if a is not None and b is not None]
    return sum(known) / max(1, len(known))


def alternatives(model: ChordModel) -> None:
    """How far the first three ideas are apart, in every genre."""
    least = {"chords": 1.0, "other chords": 1.0}
    for genre in GENRES:
        for key in ("C", "Am"):
            brief = ComposeBrief(part="chords", genre=genre)
            first = chord_ideas(empty(key), brief, model, 1)[:3]
            song = replace(empty(key), chords=first[0].chords)
            for name, found in (("chords", first), ("other chords", reharmonise_ideas(song, brief, model, 1)[:3])):
                least[name] = min(least[name], *(distance(one, other) for one, other in combinations(found, 2)))
    for name, figure in least.items():
        reached(f"least distance of alternatives, {name}", figure, "distance", at_least=APART)


def speed(model: ChordModel) -> None:
    """Milliseconds of one core, after a first call."""
    song = model.song()
    place = steps.Place(2, 0, 0, True)
    song.next(place)
    begin = time.process_time()
    for number in range(200):
        place = steps.Place(2, number % 8, 0, number % 8 == 0)
        song.add(int(song.next(place).argmax()), place)
    reached("one chord in real time", (time.process_time() - begin) / 200 * 1000, "ms", at_most=5)
    plain, steered = ComposeBrief(part="chords"), ComposeBrief(part="chords", dials=Dials(tension=0.7, surprise=0.6))
    passage = empty("C")
    chorded = replace(passage, chords=chord_ideas(passage, plain, model, 1)[0].chords)
    jobs: dict[str, Callable[[int], object]] = {
        "chords": lambda seed: chord_ideas(passage, plain, model, seed),
        "chords to two dials": lambda seed: chord_ideas(passage, steered, model, seed),
        "chords as played": lambda seed: chord_ideas(passage, replace_track(plain), model, seed),
        "other chords": lambda seed: reharmonise_ideas(chorded, plain, model, seed),
    }
    for name, job in jobs.items():
        job(0)
        begin = time.process_time()
        for seed in range(1, 6):
            job(seed)
        reached(f"8 bars × 3 alternatives, {name}", (time.process_time() - begin) / 5 * 1000, "ms", at_most=300)


def replace_track(brief: ComposeBrief) -> ComposeBrief:
    """The same for a track of its own."""
    from msgspec.structs import replace as with_fields

    return with_fields(brief, track="keys")


def main() -> None:
    """Everything."""
    model, short = load_chord_model(), "--short" in sys.argv
    speed(model)
    changes(model, short=short)
    alternatives(model)
    pins(model)
    tunes(model)
    dials(model)


if __name__ == "__main__":
    main()
