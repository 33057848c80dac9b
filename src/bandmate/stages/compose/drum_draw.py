"""Grooves and fills for a run of bars: many drawn side by side, from drummers or from written rows.

Of every run a cycle of four bars and one fill are drawn; ``drum_ideas.py`` lays them out. The first bar that is drawn
is thrown away: it only gives the others something to repeat.

Conventions: arrays are (rows, bars, slots, pieces); a row is an alternative. The same ``noise`` for two runs makes
them relatives.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bandmate.models.drum_kit import CRASH, KICK, OPEN, PIECES, RIDE, SLOTS, SNARE, STICK, TIMEKEEPERS, TOMS
from bandmate.models.drum_patterns import BUSYNESSES, COUNT, LEADS, Manner, draw, task_of
from bandmate.models.drums import DrumModel
from bandmate.stages.compose.drum_grid import Grid
from bandmate.stages.compose.drum_plan import Genre

Reals = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

CYCLE = 4
"""Bars of a groove: two, and the two again as they come back."""

BARS = CYCLE + 2
"""The one thrown away, the cycle, the fill."""

NEVER = -12.0
TENTHS = {".": NEVER, "9": 7.0}
FILL_LEAN = 0.6
"""Drawn fills lean to snare and toms by so many nats: single ones of drummers are thinner than what is expected."""

FILL_SLOTS = 8
"""A fill of a written groove begins so many slots before the end of a bar of sixteen."""


@dataclass(frozen=True, slots=True, eq=False)
class Wishes:
    """What the drawing is moved by, for every row: ``warmth`` of the draw (1 is as drummers do), how much is to be
    struck (-1 to 1), and what is added to logits at the slots of a bar (cycle bars, slots, pieces)."""

    warmth: Reals
    fullness: Reals
    bias: Reals


@dataclass(frozen=True, slots=True, eq=False)
class Groove:
    """A run's drawings: ``struck`` and ``logits`` of the cycle and, last, of the fill; ``fitness`` of each row: what a
    slot of its cycle costs, by its own past and by its style alone, in nats; the less the more usual."""

    struck: Bools
    logits: Reals
    fitness: Reals


def grooves(
    genre: Genre, model: DrumModel, grid: Grid, loudness: int, wishes: Wishes, noise: Reals, picks: Reals
) -> Groove:
    """Draw a run. ``noise`` is logistic (rows, at least the bars' slots, pieces); ``picks`` (rows, 2) are uniform."""
    slots = len(grid.slots)
    warmed = noise[:, : BARS * slots] * wishes.warmth[:, None, None]
    bias = np.zeros((len(noise), BARS, slots, COUNT))
    bias[:, 1 : CYCLE + 1] = wishes.bias
    bias[:, 0] = bias[:, 1]
    bias += wishes.fullness[:, None, None, None] * 1.2
    bias[..., CRASH] -= 2.0
    bias[:, :-1, :, list(TOMS)] -= 1.0
    bias[:, -1, :, [SNARE, *TOMS]] += FILL_LEAN
    if genre.learned:
        return learned(genre, model, grid, loudness, (wishes, warmed, picks), bias)
    return from_rows(genre, grid, warmed.reshape(len(noise), BARS, slots, COUNT), bias, (wishes, picks))


def learned(
    genre: Genre,
    model: DrumModel,
    grid: Grid,
    loudness: int,
    drawing: tuple[Wishes, Reals, Reals],
    bias: Reals,
) -> Groove:
    """Drawn from what drummers do."""
    wishes, noise, picks = drawing
    rows, slots = len(noise), len(grid.slots)
    names = [genre.styles[int(pick * len(genre.styles))] for pick in picks[:, 0]]
    style = np.array([model.style(name, swung=grid.by_threes) for name in names], np.int64)
    kinds = np.array(
        [
            manner_for(model, int(one), grid.by_threes, loudness, (float(full), float(pick)))
            for one, full, pick in zip(style, wishes.fullness, picks[:, 1], strict=True)
        ],
        np.int64,
    )
    manner = Manner(
        style, np.full(rows, int(grid.by_threes)), np.full(rows, loudness), kinds // BUSYNESSES, kinds % BUSYNESSES
    )
    source = [slot.source for slot in grid.slots]
    task = task_of([source] * BARS, [0] * (BARS - 1) + [1])
    drawn = draw(model.patterns, manner, task, bias.reshape(rows, BARS * slots, COUNT), noise)
    struck = drawn.struck.reshape(rows, BARS, slots, COUNT)[:, 1:]
    logits = drawn.logits.reshape(rows, BARS, slots, COUNT)[:, 1:]
    usual = usual_logits(model, manner, np.array(source, np.int64))
    cycle = struck[:, :CYCLE]
    alone = np.logaddexp(0, np.where(cycle, -usual[:, None], usual[:, None])).sum(axis=3).mean(axis=(1, 2))
    plain = logits[:, :CYCLE] - bias[:, 1 : CYCLE + 1]
    own = np.logaddexp(0, np.where(cycle, -plain, plain)).sum(axis=3).mean(axis=(1, 2))
    return Groove(struck, logits, alone + own / 2)


def manner_for(model: DrumModel, style: int, swung: bool, loudness: int, moved: tuple[float, float]) -> int:
    """What keeps time and how busy a row is, drawn from the bars of a style; a wish for more moves the chances."""
    fullness, pick = moved
    counts = model.manners[style, int(swung), loudness] + 0.25 * model.manners[style, int(swung)].sum(axis=0)
    lead, busy = np.arange(LEADS)[:, None], np.arange(BUSYNESSES)[None, :]
    rate = np.where(lead == 0, -1, (lead - 1) % 3)
    weights = counts * np.exp(fullness * 2.0 * (rate + busy - 2))
    weights[0] *= 0.05
    ladder = np.cumsum(weights.ravel())
    return int(np.searchsorted(ladder, pick * ladder[-1], side="right").clip(0, LEADS * BUSYNESSES - 1))


def usual_logits(model: DrumModel, manner: Manner, source: Ints) -> Reals:
    """What style, place and timekeeper alone give (rows, slots, pieces)."""
    from bandmate.models.drum_patterns import TABLE_BITS, hashed

    kind = manner.style * 2 + manner.swung
    piece = np.arange(COUNT)
    at = (piece * 2)[None, None, :] * SLOTS + source[None, :, None]
    key = (kind[:, None, None] * 512 + at) * 10 + manner.lead[:, None, None]
    return np.asarray(model.patterns.stretched[8][hashed(key, TABLE_BITS[8])], np.float64)


def row_logits(row: tuple[tuple[str, str], ...]) -> Reals:
    """Logits of a written row (sixteen slots, pieces)."""
    found = np.full((SLOTS, COUNT), NEVER)
    for name, signs in row:
        for slot, sign in enumerate(signs):
            chance = 0.5 if sign in TENTHS else int(sign) / 10
            found[slot, PIECES.index(name)] = TENTHS.get(sign, np.log(chance / (1 - chance)))
    return found


def from_rows(genre: Genre, grid: Grid, noise: Reals, bias: Reals, moved_by: tuple[Wishes, Reals]) -> Groove:
    """Drawn from the rows of a written genre; the second pair of bars of the cycle shares most of the first's noise."""
    wishes, picks = moved_by
    tables = np.stack([row_logits(row) for row in genre.rows])
    source = np.array([slot.source for slot in grid.slots], np.int64)
    chosen = np.minimum((picks[:, 0] * len(tables)).astype(int), len(tables) - 1)
    base = tables[chosen][:, source]
    logits = np.repeat(base[:, None], BARS - 1, axis=1)
    steady = noise[:, 1:].copy()
    fresh = np.clip(0.6 * (wishes.warmth - 0.45), 0.03, 0.6)[:, None, None]
    steady[:, 1] = (1 - fresh) * noise[:, 1] + fresh * noise[:, 2]
    steady[:, 2:CYCLE] = (1 - fresh[:, None]) * noise[:, 1:3] + fresh[:, None] * noise[:, 3:5]
    moved = np.where(logits > NEVER, bias[:, 1:], bias[:, 1:] - 2.0)
    freer = np.clip(1.9 - 1.4 * wishes.warmth, 0.35, 1.0)[:, None, None, None]
    logits = np.where(logits > 6.5, logits * freer + moved * 0.7, logits + moved)
    fill_over(logits[:, CYCLE], genre)
    struck = one_stroke_a_hand(steady < logits)
    plain = logits[:, :CYCLE] - moved[:, :CYCLE]
    cost = np.logaddexp(0, np.where(struck[:, :CYCLE], -plain, plain)).sum(axis=3).mean(axis=(1, 2))
    return Groove(struck, logits, cost)


def fill_over(logits: Reals, genre: Genre) -> None:
    """Write a fill over the end of the last bar: snare and toms from high to low, the rest thinner (in place)."""
    if genre.fill == 0:
        return
    slots = logits.shape[1]
    begin = max(1, slots - max(2, slots * FILL_SLOTS // SLOTS))
    for slot in range(begin, slots):
        share = (slot - begin) / max(1, slots - begin)
        logits[:, slot] -= 3.0
        logits[:, slot, SNARE] = 0.9 - 2.2 * share
        for number, tom in enumerate(TOMS):
            logits[:, slot, tom] = 0.6 - 5.0 * abs(share - (0.35 + 0.25 * number))


def one_stroke_a_hand(struck: Bools) -> Bools:
    """What two hands can strike at once: snare, stick and ghost are one drum, the hat is shut or open, and beyond two
    strokes the timekeeper, then the quietest, is left out."""
    from bandmate.models.drum_kit import GHOST, HAT, HIGH, LOW, MID, OPEN, PEDAL

    out = struck.copy()
    out[..., GHOST] &= ~(out[..., SNARE] | out[..., STICK])
    out[..., STICK] &= ~out[..., SNARE]
    out[..., HAT] &= ~(out[..., OPEN] | out[..., RIDE])
    out[..., OPEN] &= ~out[..., RIDE]
    out[..., PEDAL] &= ~(out[..., HAT] | out[..., OPEN])
    hands = np.zeros(out.shape[:-1], np.int64)
    for piece in (CRASH, SNARE, STICK, LOW, MID, HIGH, OPEN, RIDE, HAT, GHOST):
        out[..., piece] &= hands < 2
        hands += out[..., piece]
    return out


def leaning(bass: Reals, accents: Reals) -> Reals:
    """What a bass adds to the kick, and accents of the others to kick, snare and open hat (cycle bars, slots, pieces):
    each is the share of bars (cycle bars, slots) in which they begin there."""
    found = np.zeros((*bass.shape, COUNT))
    found[:, :, KICK] = 2.4 * bass - 0.5 * (bass.sum() > 0) + 1.5 * accents
    found[:, :, SNARE], found[:, :, OPEN] = 0.8 * accents, 0.8 * accents
    return found


def anchored(genre: Genre, grid: Grid) -> Reals:
    """What a genre leans on, whatever is drawn (slots, pieces): its anchors were written."""
    found = np.zeros((len(grid.slots), COUNT))
    for name, signs in genre.anchors:
        for at, slot in enumerate(grid.slots):
            if signs[slot.source] != ".":
                found[at, PIECES.index(name)] += int(signs[slot.source]) / 2
    return found


def lead_of_row(struck: Bools) -> str:
    """What keeps time in a row (bars, slots, pieces), in words."""
    strokes = struck[:, :, list(TIMEKEEPERS)].sum(axis=(0, 1)) / max(1, len(struck))
    if strokes.max() < 2:
        return "no timekeeper"
    name = ("hat", "open hat", "ride")[int(strokes.argmax())]
    rate = "quarters" if strokes.max() <= 5 else "eighths" if strokes.max() <= 10 else "sixteenths"
    return f"{rate} on the {name}"
