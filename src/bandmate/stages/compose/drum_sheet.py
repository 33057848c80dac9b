"""Drums on a sheet: bars as slots with what is struck in them, drawn again while some strokes are held.

Conventions: a sheet has up to four bars before those asked for, and two behind. What stays as it was keeps its very
notes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bandmate.models.drum_kit import CRASH, PITCHES, TOMS, piece_of
from bandmate.models.drum_patterns import COUNT, Manner, busyness_of, draw, lead_of, task_of
from bandmate.models.drums import DrumModel
from bandmate.song.errors import RequestError
from bandmate.stages.compose.brief import ComposeBrief
from bandmate.stages.compose.drum_draw import Bools, Reals
from bandmate.stages.compose.drum_grid import Grid, grid_of
from bandmate.stages.compose.drum_ideas import spread
from bandmate.stages.compose.drum_layout import STROKE_TICKS, pinned_tones, shortened, stroke_velocity, with_pins
from bandmate.stages.compose.drum_plan import genre_of
from bandmate.stages.compose.idea import Idea
from bandmate.stages.compose.passage import Bar, Passage, Tone

ROWS = 32
HISTORY_BARS = 4
AFTER_BARS = 2
STYLE_OF_WRITTEN = {"house": "dance", "lofi": "hip-hop", "folk": "country", "chorale": "pop"}

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
