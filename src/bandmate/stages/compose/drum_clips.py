"""What can be done to drums that are there: varied, made simpler or richer, filled in, continued; and drums from any
rhythm.

All of them are one thing: bars are drawn again from what drummers do, while some strokes are held and others are not
allowed. What stays as it was keeps its very notes.

Conventions: ``amount`` goes from 0 (as it is) to 1; the distance is that of ``idea.distance``.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bandmate.models.drum_kit import GHOST, KICK, SNARE, TIMEKEEPERS, TOMS
from bandmate.models.drum_patterns import COUNT
from bandmate.models.drums import DrumModel
from bandmate.song.errors import RequestError
from bandmate.stages.compose.brief import ComposeBrief
from bandmate.stages.compose.drum_draw import Bools, Reals, one_stroke_a_hand
from bandmate.stages.compose.drum_sheet import (
    ROWS,
    Redrawn,
    Sheet,
    anew,
    flat,
    free,
    ideas_of,
    nats_of,
    nearest_slot,
    own_notes,
    redrawn,
    sheet_of,
    tones_in,
)
from bandmate.stages.compose.idea import Idea, tone_distance
from bandmate.stages.compose.passage import Passage

REACHED = 0.1
FEWER, MORE = 0.5, 0.6
"""How many of the strokes go, or come besides, at amount 1."""


def drum_vary_ideas(
    passage: Passage, brief: ComposeBrief, model: DrumModel, seed: int = 0, *, amount: float = 0.3
) -> tuple[Idea, ...]:
    """Variations of the drums in the bars, each about ``amount`` away from them.

    Raises
    ------
    RequestError
        if there are none, or for an amount below 0 or above 1.
    """
    source, sheet = own_notes(passage, "vary"), sheet_of(passage, brief)
    checked(amount)
    if amount == 0 and not brief.note_pins:
        return (Idea(tones=source, says="as it is", models=(model.version,)),)
    chance = np.random.Generator(np.random.PCG64(seed))
    was = flat(sheet)
    shares = amount * np.linspace(0.4, 3.0, ROWS)
    let_go = chance.random((ROWS, len(was), COUNT)) < np.minimum(1.0, shares)[:, None, None]
    held = np.where(let_go, np.int8(-1), was[None].astype(np.int8))
    push = amount * np.linspace(0.5, 4.0, ROWS)[:, None, None]
    bias = np.where(was[None], -1.6, 1.0) * push
    drawn = redrawn(sheet, brief, model, held, chance, bias, np.full(ROWS, 0.7 + 0.5 * amount))
    costs = [round(abs(tone_distance(source, tones_in(sheet, row, brief)) - amount), 2) for row in drawn.struck]
    found = ideas_of(sheet, drawn, brief, model, costs, "varied")
    return tuple(told(idea, tone_distance(source, idea.tones), amount) for idea in found)


def told(idea: Idea, got: float, amount: float) -> Idea:
    """An idea that says where it could not get as far as asked."""
    if abs(got - amount) <= REACHED:
        return idea
    return replace(idea, notes=(f"a distance of {got:.2f} is the nearest that these drums allow",))


def checked(amount: float) -> None:
    """Raise a RequestError for an amount that is none."""
    if not 0 <= amount <= 1:
        raise RequestError(f"the amount is {amount:g}; it goes from 0 (as it is) to 1 (as far as it goes)")


def drum_simplify_ideas(
    passage: Passage, brief: ComposeBrief, model: DrumModel, seed: int = 0, *, amount: float = 0.5
) -> tuple[Idea, ...]:
    """The drums in the bars with fewer strokes: ghost notes and what is least expected go first, the frame stays.

    Raises
    ------
    RequestError
        if there are none, or for an amount below 0 or above 1.
    """
    source, sheet = own_notes(passage, "simplify"), sheet_of(passage, brief)
    checked(amount)
    chance = np.random.Generator(np.random.PCG64(seed))
    was = flat(sheet)
    drawn = redrawn(sheet, brief, model, np.repeat(was[None].astype(np.int8), ROWS, axis=0), chance)
    worth = drawn.logits[0] + importance(sheet)
    found = []
    for row in range(ROWS):
        goes = round(len(sheet.notes) * FEWER * amount * (0.5 + row / ROWS))
        jitter = worth + 1.2 * chance.normal(size=worth.shape) * (row > 0)
        found.append(without(sheet, was, jitter, goes))
    many = Redrawn(np.array(found), np.repeat(drawn.logits[:1], ROWS, axis=0))
    target = len(source) * (1 - FEWER * amount)
    costs = [abs(len(tones_in(sheet, row, brief)) - target) for row in many.struck]
    return ideas_of(sheet, many, brief, model, costs, "simpler")


def importance(sheet: Sheet) -> Reals:
    """What a stroke is worth beyond being expected (slots, pieces): beats, kick and snare carry the groove."""
    found = np.zeros((sheet.starts[-1], COUNT))
    found[:, KICK], found[:, SNARE], found[:, GHOST] = 1.5, 1.5, -3.0
    for at, grid in enumerate(sheet.grids):
        for number, slot in enumerate(grid.slots):
            found[sheet.starts[at] + number] += 2.0 if slot.ticks in grid.beats else 0.0 if slot.source % 2 == 0 else -1
    return found


def without(sheet: Sheet, was: Bools, worth: Reals, goes: int) -> Bools:
    """The strokes without the ``goes`` that are worth the least, in the bars asked for."""
    out = was.copy()
    places = [(sheet.starts[at] + slot, piece) for at, slot, piece in sheet.notes]
    for slot, piece in sorted(places, key=lambda place: (worth[place], place))[:goes]:
        out[slot, piece] = False
    return out


def drum_enrich_ideas(
    passage: Passage, brief: ComposeBrief, model: DrumModel, seed: int = 0, *, amount: float = 0.5
) -> tuple[Idea, ...]:
    """The drums in the bars with strokes put between: every stroke stays.

    Raises
    ------
    RequestError
        if there are none, or for an amount below 0 or above 1.
    """
    source, sheet = own_notes(passage, "enrich"), sheet_of(passage, brief)
    checked(amount)
    chance = np.random.Generator(np.random.PCG64(seed))
    was = flat(sheet)
    held = np.where(was[None], np.int8(1), np.int8(-1)) * np.ones((ROWS, 1, 1), np.int8)
    bias = np.linspace(0.0, 3.5, ROWS)[:, None, None] * amount * np.ones((1, len(was), COUNT))
    drawn = redrawn(sheet, brief, model, held, chance, bias)
    drawn = Redrawn(kept_playable(was, drawn.struck), drawn.logits)
    target = len(source) * (1 + MORE * amount)
    counts = [len(tones_in(sheet, row, brief)) for row in drawn.struck]
    costs = [abs(count - target) + (1000 if count <= len(source) and amount > 0 else 0) for count in counts]
    return ideas_of(sheet, drawn, brief, model, costs, "richer")


def kept_playable(was: Bools, struck: Bools) -> Bools:
    """Strokes that were there, and of the new ones those that hands are left for."""
    checked_rows = one_stroke_a_hand(struck)
    return np.where((one_stroke_a_hand(struck) >= was[None]).all(axis=2, keepdims=True), checked_rows, was[None])


def drum_infill_ideas(passage: Passage, brief: ComposeBrief, model: DrumModel, seed: int = 0) -> tuple[Idea, ...]:
    """New drums for the bars that fit what the part plays before and behind them.

    Raises
    ------
    RequestError
        if it plays nothing around them.
    """
    sheet = sheet_of(passage, brief)
    around = [sheet.struck[at].any() for at in range(len(sheet.bars)) if at not in sheet.asked]
    if not any(around):
        raise RequestError("the part strikes nothing around these bars; write new drums instead (part drums)")
    chance = np.random.Generator(np.random.PCG64(seed))
    drawn = anew(sheet, brief, model, chance)
    end = sheet.starts[sheet.asked.stop]
    behind = np.where(drawn.struck[:, end:], -drawn.logits[:, end:], drawn.logits[:, end:])
    costs = np.logaddexp(0, behind).sum(axis=(1, 2)) + [3 * nats_of(sheet, drawn, row) for row in range(ROWS)]
    return ideas_of(sheet, drawn, brief, model, costs.tolist(), "fits what is around")


def drum_continue_ideas(passage: Passage, brief: ComposeBrief, model: DrumModel, seed: int = 0) -> tuple[Idea, ...]:
    """How the drums before the bars may go on.

    Raises
    ------
    RequestError
        if the part strikes nothing before them.
    """
    sheet = sheet_of(passage, brief)
    if not any(sheet.struck[at].any() for at in range(sheet.first)):
        number = passage.bars[0].number
        raise RequestError(f"the part strikes nothing before bar {number}; there is nothing to continue")
    chance = np.random.Generator(np.random.PCG64(seed))
    drawn = anew(sheet, brief, model, chance)
    costs = [nats_of(sheet, drawn, row) for row in range(ROWS)]
    return ideas_of(sheet, drawn, brief, model, costs, "goes on")


def drumify_ideas(passage: Passage, brief: ComposeBrief, model: DrumModel, seed: int = 0) -> tuple[Idea, ...]:
    """Drums from the rhythm of what the part plays in the bars, or of all other parts where it plays nothing.

    Kick, snare and toms begin only where the rhythm does (low notes lean to the kick, loud ones to the snare); hat or
    ride keep time beside it.

    Raises
    ------
    RequestError
        if nothing plays there.
    """
    rhythm = passage.inside() or tuple(
        tone
        for part in passage.parts
        for tone in part.tones
        if passage.start_ticks <= tone.start_ticks < passage.end_ticks
    )
    if not rhythm:
        raise RequestError("nothing plays in these bars; drums can be made from the rhythm of notes only")
    sheet = sheet_of(Passage(passage.bars, passage.bars, passage.bpm), brief)
    chance = np.random.Generator(np.random.PCG64(seed))
    bias = np.full((ROWS, sheet.starts[-1], COUNT), -7.0)
    bias[:, :, list(TIMEKEEPERS)], bias[:, :, GHOST] = 0.0, -2.5
    middle = float(np.median([tone.pitch for tone in rhythm]))
    loud = float(np.median([tone.velocity for tone in rhythm]))
    for tone in rhythm:
        at = next(i for i, bar in enumerate(sheet.bars) if bar.start_ticks <= tone.start_ticks < bar.end_ticks)
        place = sheet.starts[at] + nearest_slot(sheet.grids[at], tone.start_ticks - sheet.bars[at].start_ticks)
        bias[:, place, KICK] = 3.0 + 0.06 * (middle - tone.pitch)
        bias[:, place, SNARE] = 2.0 + 0.04 * (tone.velocity - loud) + 0.02 * (tone.pitch - middle)
        bias[:, place, list(TOMS)] = -0.5
    bias += np.linspace(-0.8, 0.8, ROWS)[:, None, None]
    drawn = redrawn(sheet, brief, model, free(sheet), chance, bias)
    costs = [missed(drawn.struck[row], bias[row]) + 0.3 * nats_of(sheet, drawn, row) for row in range(ROWS)]
    return ideas_of(sheet, drawn, brief, model, costs, "strikes where the notes begin")


def missed(struck: Bools, bias: Reals) -> float:
    """The share of the rhythm's onsets at which kick, snare and toms are all silent."""
    onsets = bias[:, KICK] > -4
    body = struck[:, [KICK, SNARE, *TOMS]].any(axis=1)
    return float(1 - (body & onsets).sum() / max(1, onsets.sum()))
