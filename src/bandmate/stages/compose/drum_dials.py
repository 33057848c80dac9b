"""Drums moved to where the dials want them: strokes added and left out by their chances, strokes louder and softer.

Density is met to within half a note a bar; syncopation by moving single strokes of kick and snare that come back in
every bar; excitement by velocity, after density. Complexity and surprise are chosen by (``drum_ideas.py``).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bandmate.models.drum_kit import CRASH, GHOST, KICK, SNARE
from bandmate.models.drum_patterns import COUNT
from bandmate.stages.compose.drum_draw import Bools, one_stroke_a_hand
from bandmate.stages.compose.drum_layout import Laid

TOGGLES = 14
STEPS = 8
LOUDEST, SOFTEST = 1.35, 0.45


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


def to_syncopation(laid: Laid, wanted: float, measured: Callable[[Laid], float]) -> None:
    """Toggle strokes of kick and snare that come back in every bar until the measure is near (in place)."""
    bars = groove_bars(laid)
    now = measured(laid)
    for _ in range(STEPS):
        best: tuple[float, float, list[Bools]] | None = None
        for slot, piece in toggles(laid, bars):
            kept = laid.struck
            laid.struck = toggled(kept, bars, slot, piece)
            figure = measured(laid)
            cost = abs(figure - wanted) + 0.01 * abs(float(laid.logits[bars[0]][slot, piece]))
            if best is None or cost < best[0]:
                best = (cost, figure, laid.struck)
            laid.struck = kept
        if best is None or abs(best[1] - wanted) >= abs(now - wanted) - 1e-9:
            return
        now, laid.struck = best[1], best[2]


def toggles(laid: Laid, bars: list[int]) -> list[tuple[int, int]]:
    """Slots and pieces that are least sure, for kick, snare and the snare's ghost notes that may become strokes."""
    logits = laid.logits[bars[0]]
    struck = laid.struck[bars[0]]
    costs = [
        (float(logits[slot, piece]) * (1 if struck[slot, piece] else -1), slot, piece)
        for piece in (KICK, SNARE)
        for slot in range(len(logits))
    ]
    return [(slot, piece) for _, slot, piece in sorted(costs)[:TOGGLES]]


def toggled(struck: list[Bools], bars: list[int], slot: int, piece: int) -> list[Bools]:
    """The bars with one stroke turned over in those that come back; a free hand is made for it."""
    on = not struck[bars[0]][slot, piece]
    out = list(struck)
    for at in bars:
        bar = struck[at].copy()
        bar[slot, piece] = on
        if on and piece == SNARE:
            bar[slot, GHOST] = False
        out[at] = one_stroke_a_hand(bar)
    return out


def to_loudness(laid: Laid, wanted_velocity: float, measured_velocity: float) -> None:
    """Turn all strokes up or down towards a mean velocity (in place)."""
    laid.loudness = float(np.clip(laid.loudness * wanted_velocity / max(1.0, measured_velocity), SOFTEST, LOUDEST))
