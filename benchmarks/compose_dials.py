"""Dials: what is asked for against what is measured on the notes, for every dial and part, with the real generators.

How it is measured: four passages of eight bars (4/4, 3/4, 6/8, 4/4 in minor; 72 to 140 bpm) with chords; every dial is
asked for from 0 to 1 in eleven steps, with another seed for each; the first idea of a generator is measured as it comes
and after steering. Spearman's correlation is over all passages at once. The measures are those of
``stages/compose/measures.py`` on the scales of ``data/compose/dials.toml``, which were fitted on works that teach; no
held-out music is needed, as what is tested is obedience and not taste.

Run it with ``python -m benchmarks.compose_dials``; ``--quick`` takes two passages and five steps.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import numpy as np
from scipy.stats import spearmanr

from bandmate.song.chord_tones import symbol_from
from bandmate.song.harmony import Chord, Key
from bandmate.stages.compose.brief import DIALS, ComposeBrief, Dials, PartKind
from bandmate.stages.compose.choosing import FLOOR, chosen
from bandmate.stages.compose.idea import Idea, distance
from bandmate.stages.compose.measures import material_of
from bandmate.stages.compose.measures_scale import dial_of, scale_of
from bandmate.stages.compose.passage import Bar, Passage
from bandmate.stages.compose.steering import TOLERANCE, steered
from bandmate.stages.compose.tasks import ideas_for
from bandmate.stages.compose.toolbox import Toolbox
from benchmarks.goals import reached

PARTS: tuple[PartKind, ...] = ("melody", "bass", "keys", "drums", "chords")
LEAST_CORRELATION = 0.9
MOST_MILLISECONDS = 80.0
CANDIDATES = 12
BARS = 8
GROUND = (
    ("C G Am F", (4, 4), Key(tonic=0), 104.0),
    ("G Em C D7", (3, 4), Key(tonic=7), 140.0),
    ("Eb Cm Fm Bb7", (6, 8), Key(tonic=3), 88.0),
    ("Am F C G", (4, 4), Key(tonic=9, mode="minor"), 72.0),
)


@dataclass(frozen=True, slots=True)
class Obedience:
    """One dial of one part: correlation before and after steering, mean and worst distance after it."""

    part: str
    dial: str
    generated: float
    correlation: float
    error: float
    within: float
    worst: float


def passages(count: int = len(GROUND)) -> list[Passage]:
    """Eight bars each."""
    found = []
    for symbols, meter, key, bpm in GROUND[:count]:
        length = meter[0] * 3840 // meter[1]
        bars = tuple(Bar(number + 1, number * length, *meter, key) for number in range(BARS))
        words = [symbol_from(word) for word in symbols.split()]
        chords = tuple(
            Chord(id=f"h{at}", start_ticks=at * length, length_ticks=length, root=one.root, quality=one.quality)
            for at, one in enumerate(words[at % len(words)] for at in range(BARS))
        )
        found.append(Passage(bars, bars, bpm, chords))
    return found


def read(name: str, idea: Idea, passage: Passage, brief: ComposeBrief) -> float | None:
    """What a dial reads on an idea."""
    return dial_of(name, material_of(idea, passage, brief), scale_of(passage, brief))


def measured(part: PartKind, dial: str, ground: list[Passage], steps: int, tools: Toolbox) -> Obedience | None:
    """One dial of one part; None where the part has no such dial."""
    rows: list[tuple[float, float, float]] = []
    for number, passage in enumerate(ground):
        if scale_of(passage, ComposeBrief(part=part)).row(dial, 32) is None:
            return None
        for step in range(steps):
            value = step / (steps - 1)
            brief = ComposeBrief(part=part, dials=Dials(**{dial: value}))
            idea = ideas_for(passage, brief, tools, 100 * number + step)[0]
            after = steered([idea], passage, brief, seed=step)[0]
            before_reads, reads = read(dial, idea, passage, brief), read(dial, after, passage, brief)
            if reads is not None:
                rows.append((value, before_reads if before_reads is not None else 0.5, reads))
    asked, before, got = np.array(rows).T
    off = np.abs(got - asked)
    return Obedience(
        part,
        dial,
        correlation(asked, before),
        correlation(asked, got),
        float(off.mean()),
        float((off <= TOLERANCE).mean()),
        float(off.max()),
    )


def correlation(asked: np.ndarray, got: np.ndarray) -> float:
    """Spearman's; 0 where nothing moves."""
    return float(spearmanr(asked, got).statistic) if np.ptp(got) > 0 else 0.0


def every(ground: list[Passage], steps: int, tools: Toolbox, parts: tuple[PartKind, ...]) -> Iterator[Obedience]:
    for part in parts:
        for dial in DIALS:
            found = measured(part, dial, ground, steps, tools)
            if found is not None:
                yield found


def together(part: PartKind, tools: Toolbox, tries: int = 8) -> float:
    """Of three dials that are turned at once, to places drawn from 0.2 to 0.8: the share that is met."""
    rng, met, count = Random(7), 0, 0
    for number in range(tries):
        passage = passages()[number % len(GROUND)]
        names = [name for name in DIALS if scale_of(passage, ComposeBrief(part=part)).row(name, 32) is not None]
        wants = {name: round(rng.uniform(0.2, 0.8), 2) for name in rng.sample(names, 3)}
        brief = ComposeBrief(part=part, dials=Dials(**wants))
        found = steered(ideas_for(passage, brief, tools, number)[:1], passage, brief)[0]
        for name, value in wants.items():
            reads = read(name, found, passage, brief)
            met += reads is not None and abs(reads - value) <= TOLERANCE
            count += 1
    return met / count


def milliseconds(part: PartKind, tools: Toolbox) -> tuple[float, float]:
    """CPU time to steer and choose among twelve candidates, and the least distance of what was chosen."""
    passage = passages(1)[0]
    brief = ComposeBrief(part=part, dials=Dials(density=0.7, syncopation=0.4))
    ideas = ideas_for(passage, ComposeBrief(part=part), tools, 5)[:CANDIDATES]
    steered(ideas[:1], passage, brief)
    spent, kept = [], ()
    for _ in range(3):
        started = time.process_time()
        kept = chosen(steered(ideas, passage, brief), 3, passage, brief)
        spent.append(1000 * (time.process_time() - started))
    apart = [distance(one, other) for at, one in enumerate(kept) for other in kept[at + 1 :]]
    return min(spent), min(apart, default=0.0)


def report(quick: bool = False, parts: tuple[PartKind, ...] = PARTS) -> bool:
    """Every figure with its goal; whether all were reached."""
    tools, ground = Toolbox(), passages(2 if quick else len(GROUND))
    fine = True
    print("part    dial         generated  steered  mean off  within 0.08  worst")
    rows = []
    for row in every(ground, 5 if quick else 11, tools, parts):
        rows.append(row)
        print(
            f"{row.part:7} {row.dial:12} {row.generated:9.3f} {row.correlation:8.3f} {row.error:9.3f} "
            f"{row.within:11.0%} {row.worst:7.3f}",
            flush=True,
        )
    for dial in DIALS:
        own = [row for row in rows if row.dial == dial]
        if not own:
            continue
        least = min(own, key=lambda row: row.correlation)
        fine &= reached(
            f"dial {dial}: Spearman, asked against measured, the part that obeys least ({least.part})",
            least.correlation,
            "",
            at_least=LEAST_CORRELATION,
        )
    fine &= reached("dials: mean distance from what was asked", mean_of(rows), "of 1", at_most=0.05)
    for part in parts:
        print(f"  {part}: {together(part, tools):.0%} of three dials turned at once are met within {TOLERANCE}")
        spent, apart = milliseconds(part, tools)
        fine &= reached(f"{part}: steering and choosing of {CANDIDATES}", spent, "ms", at_most=MOST_MILLISECONDS)
        fine &= reached(f"{part}: least distance of what is shown", apart, "", at_least=FLOOR)
    return fine


def mean_of(rows: list[Obedience]) -> float:
    return float(np.mean([row.error for row in rows]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    asked = parser.parse_args()
    raise SystemExit(not report(asked.quick, tuple(asked.parts)))


if __name__ == "__main__":
    main()
