"""Drums moved to where the dials want them: strokes added and left out by their chances, strokes louder and softer.

Density is met to within half a note a bar; syncopation by moving single strokes of kick and snare that come back in
every bar; excitement by velocity, after density. Complexity and surprise are chosen by (``drum_ideas.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from bandmate.models.drum_kit import CRASH, GHOST, HAT, KICK, OPEN, PEDAL, RIDE, SNARE
from bandmate.models.drum_patterns import COUNT
from bandmate.stages.compose.drum_draw import Bools, one_stroke_a_hand
from bandmate.stages.compose.drum_layout import Laid
from bandmate.stages.compose.measures_meter import place_of
from bandmate.stages.compose.measures_meter import weights as meter_weights
from bandmate.stages.compose.passage import Bar

MOVES = 14
STEPS = 6
ROUNDS = 3
NEAR_ENOUGH = 0.15
STRONG = [piece for piece in range(COUNT) if piece not in (HAT, OPEN, PEDAL, RIDE, GHOST)]
"""What syncopates: hats, ride and ghost notes only mark time."""

LOUDEST, SOFTEST = 1.35, 0.45


Move = tuple[float, int, tuple[int, ...], bool]
"""What a move costs (nats), its slot, its pieces, and whether they come or go."""


def groove_bars(laid: Laid) -> list[int]:
    """The bars that are no fills and have the grid of most; all where there is nothing else."""
    plain = [at for at in range(len(laid.struck)) if at not in laid.fills] or list(range(len(laid.struck)))
    sizes = [len(laid.grids[at].slots) for at in plain]
    most = max(set(sizes), key=lambda size: (sizes.count(size), size))
    return [at for at in plain if len(laid.grids[at].slots) == most]


def to_density(laid: Laid, strokes: float) -> None:
    """Add the likeliest strokes, or leave out the least likely ones, until there are about so many (in place)."""
    bars = groove_bars(laid)
    logits = np.mean([laid.logits[at] for at in bars], axis=0)
    logits = np.where(np.isin(np.arange(COUNT), [CRASH]), -20.0, logits)
    order = np.argsort(-logits, axis=None, kind="stable")
    want = round(strokes)
    if laid.strokes < want:
        for place in order:
            if laid.strokes >= want:
                return
            add(laid, bars, divmod(int(place), COUNT), want)
    elif laid.strokes > want:
        every = groove_bars(laid) + sorted(laid.fills)
        for place in order[::-1]:
            slot, piece = divmod(int(place), COUNT)
            for at in reversed(every):
                if laid.strokes <= want:
                    return
                if slot < len(laid.struck[at]):
                    laid.struck[at][slot, piece] = False


def add(laid: Laid, bars: list[int], where: tuple[int, int], want: int) -> None:
    """Strike a piece at a slot of every bar that has a hand free, as long as strokes are wanted."""
    slot, piece = where
    for at in bars:
        bar = laid.struck[at]
        if laid.strokes >= want or bar[slot, piece]:
            continue
        trial = bar.copy()
        trial[slot, piece] = True
        checked = one_stroke_a_hand(trial)
        if checked[slot, piece] and checked.sum() == trial.sum():
            laid.struck[at] = trial


def to_syncopation(laid: Laid, wanted: float, bars: Sequence[Bar], measured: Callable[[], float]) -> None:
    """Toggle strokes of kick and snare that come back in every bar until the measure is near (in place).

    Single steps are tried on two bars of the groove; ``measured`` is asked for the whole part, and what the two bars
    do not tell is made up for.
    """
    plain = groove_bars(laid)
    pair = plain[:2] if len(plain) > 1 else [plain[0], plain[0]]
    meter = (bars[pair[0]].numerator, bars[pair[0]].denominator)
    for _ in range(ROUNDS):
        missing = wanted - measured()
        now = pair_syncopation(laid, pair, meter)
        if abs(missing) < NEAR_ENOUGH:
            return
        before = [bar.copy() for bar in laid.struck]
        towards(laid, plain, now + missing * len(laid.struck) / len(plain), lambda: pair_syncopation(laid, pair, meter))
        if abs(wanted - measured()) >= abs(missing):
            laid.struck = before
            return


def towards(laid: Laid, plain: list[int], wanted: float, measured: Callable[[], float]) -> None:
    """Toggle one stroke after the other, the one that helps most for its cost, as long as one helps (in place)."""
    now = measured()
    for _ in range(STEPS):
        best: tuple[float, float, list[Bools]] | None = None
        for cost, slot, pieces, on in moves(laid, plain, wanted > now):
            kept = laid.struck
            laid.struck = turned(kept, plain, slot, pieces, on)
            figure = measured()
            cost = abs(figure - wanted) + 0.01 * cost
            if best is None or cost < best[0]:
                best = (cost, figure, laid.struck)
            laid.struck = kept
        if best is None or abs(best[1] - wanted) >= abs(now - wanted) - 1e-9:
            return
        now, laid.struck = best[1], best[2]


def pair_syncopation(laid: Laid, pair: Sequence[int], meter: tuple[int, int]) -> float:
    """What ``measures_meter.syncopation`` gives for two bars of strong strokes, for a bar."""
    weights = meter_weights(*meter)
    size = len(weights)
    places = [
        number * size + place_of(laid.grids[at].slots[slot].ticks)
        for number, at in enumerate(pair)
        for slot in np.flatnonzero(laid.struck[at][:, STRONG].any(axis=1)).tolist()
    ]
    every, total = weights * 2, 0
    if not places:
        return 0.0
    for here, following in zip(places, [*places[1:], len(every)], strict=True):
        between = every[here + 1 : min(following, here + 1 + size)]
        if between:
            total += max(0, max(between) - every[here])
    return total / 2


def moves(laid: Laid, plain: list[int], more: bool) -> list[Move]:
    """What makes a groove more syncopated, or less: beats cleared and strokes between them, or the other way round.
    The likeliest come first."""
    at = plain[0]
    grid, logits, struck = laid.grids[at], laid.logits[at], laid.struck[at]
    found: list[Move] = []
    for slot, place in enumerate(grid.slots):
        there = [piece for piece in STRONG if struck[slot, piece]]
        if (place.ticks in grid.beats) == more:
            if there:
                found.append((float(max(logits[slot, there])), slot, tuple(there), False))
        elif not there:
            found += [(float(-logits[slot, piece]), slot, (piece,), True) for piece in (KICK, SNARE)]
    return sorted(found)[:MOVES]


def turned(struck: list[Bools], bars: list[int], slot: int, pieces: tuple[int, ...], on: bool) -> list[Bools]:
    """The bars with strokes put in or left out in all that come back; a hand is made free for them."""
    out = list(struck)
    for at in bars:
        bar = struck[at].copy()
        bar[slot, list(pieces)] = on
        if on and SNARE in pieces:
            bar[slot, GHOST] = False
        out[at] = one_stroke_a_hand(bar)
    return out


def to_loudness(laid: Laid, wanted_velocity: float, measured_velocity: float) -> None:
    """Turn all strokes up or down towards a mean velocity (in place)."""
    laid.loudness = float(np.clip(laid.loudness * wanted_velocity / max(1.0, measured_velocity), SOFTEST, LOUDEST))
