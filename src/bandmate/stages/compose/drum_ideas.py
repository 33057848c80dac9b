"""Drum parts for the bars asked for: a groove for each section, fills at their ends, cymbals at their starts.

Pop, rock, funk, soul, hip-hop, jazz, latin and reggae are drawn from what drummers do (``models/drums.py``); house,
lo-fi, folk and chorale from rows that were written. Each idea says which. The kick leans to the onsets of a bass that
is there. Strokes lie on the grid (with the genre's swing) and have plain velocities; ``groove_ideas`` makes them human.

Conventions: General MIDI drum numbers; ghost notes are softer than 45; two hands and two feet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bandmate.models.drum_kit import PIECES
from bandmate.models.drums import DrumModel
from bandmate.song.errors import RequestError
from bandmate.stages.compose.brief import ComposeBrief
from bandmate.stages.compose.drum_dials import to_density, to_loudness, to_syncopation
from bandmate.stages.compose.drum_draw import (
    BARS,
    CYCLE,
    Bools,
    Groove,
    Reals,
    Wishes,
    anchored,
    grooves,
    lead_of_row,
    leaning,
)
from bandmate.stages.compose.drum_grid import Grid, grid_of
from bandmate.stages.compose.drum_layout import (
    Laid,
    crash_at,
    filled,
    pinned_tones,
    playable,
    tones_of,
    with_pins,
    words_of_fill,
)
from bandmate.stages.compose.drum_plan import Genre, Run, genre_of, runs_of
from bandmate.stages.compose.idea import Idea, distance
from bandmate.stages.compose.measures import METERS, Material, material_of
from bandmate.stages.compose.measures_scale import dial_value, figure_for, scale_of
from bandmate.stages.compose.passage import Part, Passage, Tone

ROWS = 32
MORE_THAN_ASKED = 4
FLOOR = 0.15
"""Two of the first ideas are at least so far apart."""

BASS_PROGRAMS = range(32, 40)
FILL_SHARES = (0.25, 0.5, 0.5, 1.0)
CRASH_ENERGY = 0.4
ACCENT_TICKS = 60
TURNED = ("density", "syncopation", "arousal", "surprise", "complexity")
Key = tuple[str, Grid, int]


@dataclass(frozen=True, slots=True, eq=False)
class Dice:
    """Everything that is left to chance, drawn at once: logistic noise, and uniform picks for each row."""

    noise: Reals
    picks: Reals


def drum_ideas(passage: Passage, brief: ComposeBrief, model: DrumModel, seed: int = 0) -> tuple[Idea, ...]:
    """Drum parts, best first; about four times ``brief.alternatives``.

    Raises
    ------
    RequestError
        if there are no bars, no drums are known for the genre, or a pin cannot be met.
    """
    if not passage.bars:
        raise RequestError("there are no bars to drum in; ask for at least one bar")
    genre, pins = genre_of(brief.genre), pinned_tones(passage, brief)
    runs = runs_of(passage, brief)
    drawn, dice = draw_all(genre, model, passage, brief, runs, seed)
    fitness = np.mean([groove.fitness for groove in drawn.values()], axis=0)
    many = max(ROWS // 2, MORE_THAN_ASKED * brief.alternatives)
    if brief.dials.syncopation is not None:
        many = max(ROWS // 4, 2 * brief.alternatives)
    order = np.argsort(fitness, kind="stable")[:many]
    ideas = []
    for row in order:
        laid = laid_out(genre, passage, runs, drawn, (int(row), dice), brief.dials.complexity)
        idea = finished(laid, passage, brief, genre, pins)
        source = f"learned, {model.version}" if genre.learned else "written"
        ideas.append(
            Idea(
                tones=idea,
                says=f"{', '.join(laid.says)} ({genre.name}, {source.split(',')[0]})",
                nats=round(float(fitness[row]), 3),
                models=(model.version,) if genre.learned else ("drum rows, written",),
            )
        )
    return spread(ranked(ideas, passage, brief), MORE_THAN_ASKED * brief.alternatives)


def draw_all(
    genre: Genre, model: DrumModel, passage: Passage, brief: ComposeBrief, runs: Sequence[Run], seed: int
) -> tuple[dict[Key, Groove], Dice]:
    """A groove for every kind of run: runs of one name, meter and loudness share theirs."""
    grids = [grid_of(bar, genre.swung) for bar in passage.bars]
    most = max(len(grid.slots) for grid in grids)
    chance = np.random.Generator(np.random.PCG64(seed))
    uniforms = chance.random((ROWS, BARS * most, len(PIECES))).clip(1e-9, 1 - 1e-9)
    dice = Dice(np.log(uniforms) - np.log1p(-uniforms), chance.random((ROWS, 16)))
    drawn: dict[Key, Groove] = {}
    heard = (bass_onsets(passage), accents(passage))
    for run in runs:
        key = key_of(run, grids)
        if key not in drawn:
            lean = leaning(*(shares_of(onsets, passage, runs, key, grids) for onsets in heard))
            lean += anchored(genre, key[1])
            drawn[key] = grooves(
                genre, model, key[1], run.loudness, wishes_of(brief, dice, lean), dice.noise, dice.picks
            )
    return drawn, dice


def key_of(run: Run, grids: Sequence[Grid]) -> Key:
    """What runs that share a groove have in common."""
    return (run.name, grids[run.bars[0]], run.loudness)


def wishes_of(brief: ComposeBrief, dice: Dice, lean: Reals) -> Wishes:
    """What the dials mean for the draw of each row."""
    dials = brief.dials
    surprise = 0.35 if dials.surprise is None else dials.surprise
    full = dials.density if dials.density is not None else dials.arousal
    middle = 0.0 if full is None else (full - 0.5) * 2
    spread_of_rows = (dice.picks[:, 2] - 0.5) * (0.5 if full is None else 0.3)
    if dials.complexity is not None:
        surprise = 1.8 * dials.complexity - 0.4
    warmth = 0.62 + 0.5 * surprise + 0.2 * (dice.picks[:, 3] - 0.5) * (1 if dials.surprise is None else 3)
    return Wishes(np.maximum(0.3, warmth), middle + spread_of_rows, np.repeat(lean[None], ROWS, axis=0))


def is_bass(part: Part) -> bool:
    """Whether a part is a bass, by its role or its sound."""
    return not part.is_drums and (part.role == "bass" or part.program in BASS_PROGRAMS)


def bass_onsets(passage: Passage) -> list[int]:
    """Where a bass begins a note."""
    return sorted(tone.start_ticks for part in passage.parts if is_bass(part) for tone in part.tones)


def accents(passage: Passage) -> list[int]:
    """Where two parts or more besides bass and drums begin together, off the beat, and as loud as they mostly are."""
    heard: Counter[int] = Counter()
    for part in passage.parts:
        if part.is_drums or is_bass(part) or not part.tones:
            continue
        loud = float(np.median([tone.velocity for tone in part.tones]))
        heard.update({round(t.start_ticks / ACCENT_TICKS) for t in part.tones if t.velocity >= loud})
    places = [place * ACCENT_TICKS for place, parts in heard.items() if parts > 1]
    return sorted(at for at in places if at < passage.end_ticks and (at - passage.bar_at(at).start_ticks) % 960)


def shares_of(onsets: Sequence[int], passage: Passage, runs: Sequence[Run], key: Key, grids: Sequence[Grid]) -> Reals:
    """In what share of the bars of a groove, by their place in the cycle, something begins at each slot."""
    found, bars = np.zeros((CYCLE, len(key[1].slots))), np.zeros(CYCLE)
    starts = np.array([slot.ticks for slot in key[1].slots])
    for run in runs if onsets else ():
        if key_of(run, grids) != key:
            continue
        for number, at in enumerate(run.bars):
            bar = passage.bars[at]
            bars[number % CYCLE] += 1
            inside = [tick - bar.start_ticks for tick in onsets if bar.start_ticks <= tick < bar.end_ticks]
            places = {int(np.abs(starts - tick).argmin()) for tick in inside}
            found[number % CYCLE, sorted(places)] += 1
    return found / np.maximum(1, bars)[:, None]


def laid_out(
    genre: Genre,
    passage: Passage,
    runs: Sequence[Run],
    drawn: dict[Key, Groove],
    chosen: tuple[int, Dice],
    complexity: float | None = None,
) -> Laid:
    """One row over all bars."""
    row, dice = chosen
    grids = tuple(grid_of(bar, genre.swung) for bar in passage.bars)
    struck: list[Bools] = [np.zeros((0, 0), np.bool_)] * len(grids)
    logits: list[Reals] = [np.zeros((0, 0))] * len(grids)
    energies, fills = [0.5] * len(grids), set()
    share = FILL_SHARES[int(dice.picks[row, 4] * len(FILL_SHARES))]
    repeats = (2, CYCLE, CYCLE)[int(dice.picks[row, 5] * 3)]
    if complexity is not None:
        repeats = 1 if complexity < 0.2 else 2 if complexity < 0.45 else CYCLE
    before_filled = False
    for run in runs:
        groove = drawn[key_of(run, grids)]
        for number, at in enumerate(run.bars):
            place = number % repeats
            struck[at], logits[at] = groove.struck[row, place].copy(), groove.logits[row, place]
            energies[at] = run.energy
        first, last = run.bars[0], run.bars[-1]
        marks = run.begins and run.energy >= CRASH_ENERGY and dice.picks[row, 6] < genre.crash
        if marks and (before_filled or run.energy >= 0.7 or first > 0):
            crash_at(struck[first], grids[first])
        before_filled = run.ends and len(run.bars) > 1 and dice.picks[row, 7] < genre.fill
        if before_filled:
            struck[last] = filled(struck[last], groove.struck[row, CYCLE], grids[last], share)
            fills.add(last)
    laid = Laid(grids, struck, logits, tuple(energies), frozenset(fills), row)
    plain = [struck[at] for at in range(len(struck)) if at not in fills] or struck
    same = [bar for bar in plain if bar.shape == plain[0].shape]
    laid.says = [lead_of_row(np.array(same)), *([words] if (words := words_of_fill(laid)) else [])]
    return laid


def finished(
    laid: Laid, passage: Passage, brief: ComposeBrief, genre: Genre, pins: tuple[Tone, ...]
) -> tuple[Tone, ...]:
    """The notes of a laid-out part, moved to the dials, with the pins."""
    scale, dials = scale_of(passage, brief), brief.dials
    seconds_per_tick = 60 / max(1.0, passage.bpm) / 960
    playable(laid, seconds_per_tick)

    def tones() -> tuple[Tone, ...]:
        return tones_of(laid, passage.bars, genre.sixteenth)

    def measured(name: str) -> float:
        return METERS[name](material(passage, brief, tones())) or 0.0

    if dials.density is not None:
        per_bar = figure_for("density", dials.density, scale)
        to_density(laid, (per_bar or 0.0) * len(passage.bars))
    if dials.syncopation is not None:
        wanted = figure_for("syncopation", dials.syncopation, scale) or 0.0
        to_syncopation(laid, wanted, passage.bars, lambda: measured("syncopation"))
    playable(laid, seconds_per_tick)
    if dials.density is not None:
        to_density(laid, (figure_for("density", dials.density, scale) or 0.0) * len(passage.bars))
        playable(laid, seconds_per_tick)
    if dials.arousal is not None:
        wanted = figure_for("arousal", dials.arousal, scale) or 0.0
        velocity = mean_velocity(tones())
        to_loudness(laid, velocity + (wanted - measured("arousal")) / 0.9 * 127, velocity)
    return with_pins(tones(), pins)


def mean_velocity(tones: Sequence[Tone]) -> float:
    return sum(tone.velocity for tone in tones) / max(1, len(tones))


def material(passage: Passage, brief: ComposeBrief, tones: tuple[Tone, ...]) -> Material:
    """Notes as something to be measured."""
    return material_of(Idea(tones=tones), passage, brief)


def ranked(ideas: list[Idea], passage: Passage, brief: ComposeBrief) -> list[Idea]:
    """The ideas, those nearest to the dials first; without dials as they are."""
    wanted = {name: value for name in TURNED if (value := getattr(brief.dials, name)) is not None}
    if not wanted:
        return ideas
    scale = scale_of(passage, brief)

    def error(idea: Idea) -> float:
        found = material(passage, brief, idea.tones)
        places = {name: dial_value(name, METERS[name](found), scale, len(found.groups)) for name in wanted}
        off = [abs((0.5 if place is None else place) - wanted[name]) for name, place in places.items()]
        return round(float(sum(off)), 2)

    return sorted(ideas, key=error)


def spread(ideas: Sequence[Idea], most: int) -> tuple[Idea, ...]:
    """The ideas in their order, but first those that are far enough from all before them; no two alike."""
    chosen: list[Idea] = []
    near: list[Idea] = []
    for idea in ideas:
        gap = min((distance(idea, other) for other in chosen), default=1.0)
        if gap >= FLOOR:
            chosen.append(idea)
        elif gap > 0 and all(idea.tones != other.tones for other in near):
            near.append(idea)
    return tuple((*chosen, *near)[:most])
