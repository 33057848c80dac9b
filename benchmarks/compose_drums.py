"""Drums against drummers who were kept back: what they strike, when and how hard; dials, alternatives, speed.

``python -m benchmarks.compose_drums`` prints the tables and the goals; it reads the Groove MIDI Dataset. The takes kept
back are those of its validation part; its test part is not here. Baselines are means of all other takes, by style, and
by style, piece and place.
"""

from __future__ import annotations

import sys
import time
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.stats import spearmanr

from bandmate.models.drum_feel import PIECE_KINDS, Trees, rest
from bandmate.models.drums import DrumModel, load_drums
from bandmate.song.harmony import Key
from bandmate.stages.compose.brief import ComposeBrief, Dials
from bandmate.stages.compose.drum_ideas import drum_ideas
from bandmate.stages.compose.idea import distance
from bandmate.stages.compose.measures import METERS, material_of
from bandmate.stages.compose.measures_scale import dial_value, scale_of
from bandmate.stages.compose.passage import Bar, Passage
from benchmarks.goals import reached
from training.compose.drum_feel import Strokes, by_mean, rows_of
from training.compose.drum_patterns import barred, decisions, loudness_edges, nats
from training.compose.drum_takes import Take, bars_of, takes

BETTER = 15.0
GENRES = ("pop", "rock", "funk", "soul", "hip-hop", "jazz", "latin", "reggae", "house", "lofi", "folk")
DIALS = ("density", "syncopation", "arousal", "complexity", "surprise")
Reals = npt.NDArray[np.float64]


class Errors(NamedTuple):
    """Mean absolute errors: the model's, of means by style, and of means by style, piece and place."""

    model: float
    style: float
    place: float

    @property
    def below_style(self) -> float:
        return 100 * (1 - self.model / self.style)

    @property
    def below_place(self) -> float:
        return 100 * (1 - self.model / self.place)


def errors(trees: Trees, known: Strokes, held: Strokes, name: str, *, centred: bool = False) -> Errors:
    """Errors for a figure; ``centred`` takes off each take's own lean, from the model and the means alike."""
    wanted, figures = getattr(held, name), getattr(known, name)
    size = 64 * PIECE_KINDS * 96
    cells = [(rows.style * PIECE_KINDS + rows.piece) * 96 + rows.place for rows in (known, held)]
    said = (
        trees.say(held.facts),
        by_mean((known.style, figures), held.style, 64),
        by_mean((cells[0], figures), cells[1], size),
    )
    return Errors(*(float(np.abs(leaning(wanted - one, held, centred)).mean()) for one in said))


def leaning(missed: Reals, rows: Strokes, centred: bool) -> Reals:
    """What was missed, without the median of each take if asked."""
    if not centred:
        return missed
    out = missed.copy()
    for number in np.unique(rows.take):
        out[rows.take == number] -= np.median(missed[rows.take == number])
    return out


def played_like_drummers(model: DrumModel, every: list[Take]) -> None:
    """Early and late, and velocities."""
    known_takes, held_takes = [t for t in every if not t.is_held], [t for t in every if t.is_held]
    for fine, grid in ((False, "sixteenths"), (True, "sixteenths and thirds of a beat")):
        known, held = rows_of(known_takes, fine), rows_of(held_takes, fine)
        late = errors(model.feel.late_ms, known, held, "late_ms")
        own = errors(model.feel.late_ms, known, held, "late_ms", centred=True)
        hard = errors(model.feel.velocity, known, held, "velocity")
        print(f"on {grid}, {len(held.piece)} strokes of {len(held_takes)} takes: model | mean by style | and by place")
        for what, found in (("late, ms", late), ("late, without the take's lean, ms", own), ("velocity", hard)):
            print(f"  {what}: {found.model:.2f} | {found.style:.2f} | {found.place:.2f}")
        for what, found in (("microtiming", late), ("velocity", hard)):
            reached(f"{what} on {grid}, below the mean by style", found.below_style, "%", at_least=BETTER)
            reached(f"{what} on {grid}, below the mean by style, piece and place", found.below_place, "%", at_least=0)
        if not fine:
            spread(model, held)


def spread(model: DrumModel, held: Strokes) -> None:
    """How much of drummers' own spread a drawing has, take by take: 1 is as much."""
    feel, ratios = model.feel, []
    for number in np.unique(held.take):
        rows = held.take == number
        if rows.sum() < 60:
            continue
        chance = np.random.default_rng(int(number))
        late = feel.late_ms.say(held.facts[rows]) + rest(feel.late_rest, held.piece[rows], chance)
        hard = feel.velocity.say(held.facts[rows]) + rest(feel.velocity_rest, held.piece[rows], chance)
        ratios.append((late.std() / held.late_ms[rows].std(), hard.std() / held.velocity[rows].std()))
    for what, ratio in zip(("microtiming", "velocity"), np.median(ratios, axis=0), strict=True):
        reached(f"spread of {what} of a drawing against drummers' own", ratio, "x", at_least=0.75, at_most=1.35)


def struck_like_drummers(model: DrumModel, every: list[Take]) -> None:
    """What is struck."""
    items = barred(every)
    edges = loudness_edges(item for item in items if not item.take.is_held)
    held = decisions([item for item in items if item.take.is_held], edges)
    print(f"what is struck: {nats(model.patterns, held):.3f} nats for a sixteenth, all pieces")


def song(bars: int) -> Passage:
    """Verse and chorus in 4/4."""
    key, found = Key(tonic=0, mode="major"), []
    for at in range(bars):
        section = (f"s{at // 4}", ("verse", "chorus")[at // 4 % 2], at % 4 + 1, 4)
        found.append(Bar(at + 1, at * 3840, 4, 4, key, *section))
    return Passage(tuple(found), tuple(found), 104.0)


def turned(model: DrumModel) -> None:
    """Dials: what was asked against what is measured on the first three ideas."""
    bars = song(8)
    for dial in DIALS:
        found = {}
        for genre in GENRES:
            asked, got = [], []
            for value in np.linspace(0, 1, 8).tolist():
                brief = ComposeBrief(part="drums", genre=genre, dials=Dials(**{dial: value}))
                for idea in drum_ideas(bars, brief, model, 1)[:3]:
                    material = material_of(idea, bars, brief)
                    place = dial_value(dial, METERS[dial](material), scale_of(bars, brief), len(material.groups))
                    asked.append(value)
                    got.append(place)
            found[genre] = float(spearmanr(asked, got).statistic)
        print(f"  {dial}: " + ", ".join(f"{genre} {rho:.2f}" for genre, rho in found.items()))
        reached(f"drums, {dial} asked against measured, middle genre", float(np.median(list(found.values()))),
                "Spearman", at_least=0.9)  # fmt: skip


def apart(model: DrumModel, every: list[Take]) -> None:
    """Alternatives, and whether a drummer's own pair of bars comes back."""
    bars, gaps, alike, total = song(8), [], 0, 0
    known = set()
    for take in every:
        if take.meter == (4, 4):
            grid = bars_of(take)
            known |= {grid[at : at + 2].tobytes() for at in range(len(grid) - 1)}
    for genre in GENRES:
        for seed in (1, 2, 3):
            ideas = drum_ideas(bars, ComposeBrief(part="drums", genre=genre), model, seed)[:3]
            gaps += [distance(ideas[a], ideas[b]) for a, b in ((0, 1), (0, 2), (1, 2))]
            for idea in ideas:
                pairs = as_pairs(idea.tones)
                alike += sum(pair in known for pair in pairs)
                total += len(pairs)
    reached("drum alternatives, least mutual distance", min(gaps), "of 1", at_least=0.15)
    print(f"  pairs of bars that a drummer of the set played stroke by stroke: {alike} of {total}")


def as_pairs(tones: tuple[tuple[int, ...], ...]) -> list[bytes]:
    """Every two bars in a row as strokes on a grid."""
    from bandmate.models.drum_kit import PIECES, piece_of

    grid = np.zeros((8 * 16, len(PIECES)), np.bool_)
    for start, _, pitch, velocity in tones:
        grid[min(len(grid) - 1, (start + 100) // 240), piece_of(pitch, velocity)] = True
    bars = grid.reshape(8, 16, len(PIECES))
    return [bars[at : at + 2].tobytes() for at in range(7)]


def quick() -> DrumModel:
    """Loading and writing."""
    begin = time.process_time()
    load_drums.cache_clear()
    model = load_drums()
    reached("drums, load", 1000 * (time.process_time() - begin), "ms", at_most=200)
    bars, brief = song(8), ComposeBrief(part="drums", genre="rock")
    drum_ideas(bars, brief, model, 0)
    begin = time.process_time()
    for seed in range(10):
        drum_ideas(bars, brief, model, seed)
    reached("drums, 8 bars, 3 alternatives", 100 * (time.process_time() - begin), "ms", at_most=300)
    return model


def main() -> int:
    """Print every figure."""
    model = quick()
    every = list(takes())
    struck_like_drummers(model, every)
    played_like_drummers(model, every)
    apart(model, every)
    turned(model)
    return 0


if __name__ == "__main__":
    sys.exit(main())
