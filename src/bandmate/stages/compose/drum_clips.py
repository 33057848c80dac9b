"""What can be done to drums that are there: varied, made simpler or richer, filled in, continued; and drums from any
rhythm.

All of them are one thing: bars are drawn again from what drummers do, while some strokes are held and others are not
allowed. What stays as it was keeps its very notes.

Conventions: ``amount`` goes from 0 (as it is) to 1; the distance is that of ``idea.distance``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bandmate.models.drum_kit import CRASH, GHOST, KICK, PITCHES, SNARE, TIMEKEEPERS, TOMS, piece_of
from bandmate.models.drum_patterns import COUNT, Manner, busyness_of, draw, lead_of, task_of
from bandmate.models.drums import DrumModel
from bandmate.song.errors import RequestError
from bandmate.stages.compose.brief import ComposeBrief
from bandmate.stages.compose.drum_draw import Bools, Reals, one_stroke_a_hand
from bandmate.stages.compose.drum_grid import Grid, grid_of
from bandmate.stages.compose.drum_ideas import spread
from bandmate.stages.compose.drum_layout import STROKE_TICKS, pinned_tones, shortened, stroke_velocity, with_pins
from bandmate.stages.compose.drum_plan import genre_of
from bandmate.stages.compose.idea import Idea, tone_distance
from bandmate.stages.compose.passage import Bar, Passage, Tone

ROWS = 32
HISTORY_BARS = 4
AFTER_BARS = 2
STYLE_OF_WRITTEN = {"house": "dance", "lofi": "hip-hop", "folk": "country", "chorale": "pop"}
FEWER, MORE = 0.5, 0.6
"""How many of the strokes go, or come besides, at amount 1."""

Places = dict[tuple[int, int, int], Tone]


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """Bars as slots: those before that are known, those asked for, those behind; and the notes at their places."""

    passage: Passage
    bars: tuple[Bar, ...]
    grids: tuple[Grid, ...]
    first: int
    """Which of the bars is the first one asked for."""

    struck: tuple[Bools, ...]
    notes: Places
    """Bar, slot and piece of every note in the bars asked for."""

    @property
    def asked(self) -> range:
        return range(self.first, self.first + len(self.passage.bars))

    @property
    def starts(self) -> list[int]:
        return [0, *np.cumsum([len(grid.slots) for grid in self.grids]).tolist()]


def sheet_of(passage: Passage, brief: ComposeBrief) -> Sheet:
    """The bars asked for with up to four before and two behind."""
    swung = genre_of(brief.genre).swung
    number = passage.bars[0].number
    before = [bar for bar in passage.all_bars if number - HISTORY_BARS <= bar.number < number]
    last = passage.bars[-1].number
    after = [bar for bar in passage.all_bars if last < bar.number <= last + AFTER_BARS]
    bars = (*before, *passage.bars, *after)
    grids = tuple(grid_of(bar, swung) for bar in bars)
    struck = [np.zeros((len(grid.slots), COUNT), np.bool_) for grid in grids]
    notes: Places = {}
    for tone in passage.own:
        at = next((i for i, bar in enumerate(bars) if bar.start_ticks <= tone.start_ticks < bar.end_ticks), None)
        if at is None:
            continue
        slot = nearest_slot(grids[at], tone.start_ticks - bars[at].start_ticks)
        piece = piece_of(tone.pitch, tone.velocity)
        struck[at][slot, piece] = True
        if number <= bars[at].number <= last:
            notes.setdefault((at, slot, piece), tone)
    return Sheet(passage, bars, grids, len(before), tuple(struck), notes)


def nearest_slot(grid: Grid, ticks: int) -> int:
    """The slot that a note belongs to."""
    return min(range(len(grid.slots)), key=lambda slot: abs(grid.slots[slot].ticks - ticks))


def own_notes(passage: Passage, deed: str) -> tuple[Tone, ...]:
    """What the part plays in the bars."""
    tones = passage.inside()
    if not tones:
        first, last = passage.bars[0].number, passage.bars[-1].number
        raise RequestError(f"the part strikes nothing in bars {first} to {last}; there is nothing to {deed}")
    return tones


def manner_of(sheet: Sheet, brief: ComposeBrief, model: DrumModel, rows: int) -> Manner:
    """How the bars around, or those asked for, are played: the same for all rows."""
    genre = genre_of(brief.genre)
    swung = sheet.grids[sheet.first].by_threes
    name = genre.styles[0] if genre.learned else STYLE_OF_WRITTEN[genre.name]
    style = model.style(name, swung=swung)
    played = [bar for bar in sheet.struck if bar.any() and len(bar) == len(sheet.struck[sheet.first])]
    if played:
        bars = np.array(played)
        leads, busy = lead_of(bars), busyness_of(bars)
        lead, full = int(np.bincount(leads).argmax()), int(np.bincount(busy).argmax())
    else:
        place = int(model.manners[style, int(swung), 1].argmax())
        lead, full = divmod(place, model.manners.shape[-1])
    return Manner(*(np.full(rows, value, np.int64) for value in (style, int(swung), 1, lead, full)))


@dataclass(frozen=True, slots=True, eq=False)
class Redrawn:
    """Rows drawn over a sheet: strokes and logits (rows, slots of all bars, pieces)."""

    struck: Bools
    logits: Reals


def redrawn(
    sheet: Sheet,
    brief: ComposeBrief,
    model: DrumModel,
    held: npt.NDArray[np.int8],
    chance: np.random.Generator,
    bias: Reals | None = None,
    warmth: Reals | None = None,
) -> Redrawn:
    """Draw the bars asked for with ``held`` strokes (rows, slots of all bars, pieces); the others stay as they are.
    ``warmth``: how freely each row is drawn; 1 is as drummers do."""
    rows, slots = held.shape[:2]
    sources = [[slot.source for slot in grid.slots] for grid in sheet.grids]
    forced = held.copy()
    starts = sheet.starts
    for at in range(len(sheet.bars)):
        if at not in sheet.asked:
            forced[:, starts[at] : starts[at + 1]] = sheet.struck[at][None]
    task = task_of(sources, fills_in(sheet), sheet.first)
    uniforms = chance.random((rows, slots, COUNT)).clip(1e-9, 1 - 1e-9)
    free_rows = np.full(rows, 0.7) if warmth is None else warmth
    noise = free_rows[:, None, None] * (np.log(uniforms) - np.log1p(-uniforms))
    lean = np.zeros((rows, slots, COUNT)) if bias is None else bias
    lean[:, :, [CRASH, *TOMS]] -= 0.7
    drawn = draw(model.patterns, manner_of(sheet, brief, model, rows), task, lean, noise, forced)
    return Redrawn(drawn.struck, drawn.logits)


def fills_in(sheet: Sheet) -> list[int]:
    """1 for the bars asked for that end a section."""
    return [
        int(at in sheet.asked and bar.bars_in_section > 1 and bar.bar_in_section == bar.bars_in_section)
        for at, bar in enumerate(sheet.bars)
    ]


def anew(sheet: Sheet, brief: ComposeBrief, model: DrumModel, chance: np.random.Generator) -> Redrawn:
    """The bars asked for drawn freely, rows from the likeliest to the boldest, some fuller than others."""
    bold = np.linspace(0.0, 1.0, ROWS)
    fuller = (chance.random(ROWS) - 0.5) * 2.4 * bold
    bias = fuller[:, None, None] * np.ones((ROWS, sheet.starts[-1], COUNT))
    return redrawn(sheet, brief, model, free(sheet), chance, bias, 0.6 + 1.2 * bold)


def free(sheet: Sheet) -> npt.NDArray[np.int8]:
    """Nothing held."""
    return np.full((ROWS, sheet.starts[-1], COUNT), -1, np.int8)


def flat(sheet: Sheet) -> Bools:
    """The strokes of all bars in a row."""
    return np.concatenate(sheet.struck)


def tones_in(sheet: Sheet, struck: Bools, brief: ComposeBrief) -> tuple[Tone, ...]:
    """Strokes (slots of all bars, pieces) of the bars asked for as notes; those that were there keep theirs."""
    genre, starts, found = genre_of(brief.genre), sheet.starts, []
    for at in sheet.asked:
        bar, grid = sheet.bars[at], sheet.grids[at]
        for slot, piece in zip(*np.nonzero(struck[starts[at] : starts[at + 1]]), strict=True):
            known = sheet.notes.get((at, int(slot), int(piece)))
            if known is None:
                ticks = grid.slots[int(slot)].ticks
                straight = not grid.by_threes and bar.denominator <= 4
                late = genre.sixteenth if straight and ticks % 480 == 240 else 0
                velocity = stroke_velocity(int(piece), ticks, grid, 0.55, 1.0)
                known = Tone(bar.start_ticks + ticks + late, STROKE_TICKS, PITCHES[int(piece)], velocity)
            found.append(known)
    pins = pinned_tones(sheet.passage, brief)
    return with_pins(shortened(sorted(found), sheet.passage.end_ticks), pins)


def ideas_of(
    sheet: Sheet, drawn: Redrawn, brief: ComposeBrief, model: DrumModel, costs: Sequence[float], says: str
) -> tuple[Idea, ...]:
    """Rows as ideas, the cheapest first, apart from each other."""
    found = []
    for row in np.argsort(costs, kind="stable"):
        tones = tones_in(sheet, drawn.struck[row], brief)
        if tones:
            found.append(Idea(tones=tones, says=says, nats=nats_of(sheet, drawn, int(row)), models=(model.version,)))
    return spread(found, 4 * brief.alternatives)


def nats_of(sheet: Sheet, drawn: Redrawn, row: int) -> float:
    """What a slot of the bars asked for costs."""
    begin, end = sheet.starts[sheet.first], sheet.starts[sheet.asked.stop]
    struck, logits = drawn.struck[row, begin:end], drawn.logits[row, begin:end]
    return round(float(np.logaddexp(0, np.where(struck, -logits, logits)).sum(axis=1).mean()), 3)


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
    return ideas_of(sheet, drawn, brief, model, costs, "varied")


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
