"""When chords change: places in the bars asked for, from how often charts change chords, with pins in their places.

Conventions: a slot reaches to the next one or to the end of the bars. Bars of four, three and two pulses have patterns
that were learned; others are grouped (5 as 3+2, 7 as 2+2+3) and take those of as many groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
import numpy.typing as npt

from bandmate.models.chord_steps import Place, section_code
from bandmate.models.chords import METERS, ChordModel
from bandmate.song.chord_tones import Symbol, symbol_from
from bandmate.song.errors import RequestError
from bandmate.stages.compose.brief import ComposeBrief
from bandmate.stages.compose.melody_ground import GROUPS, groups_of
from bandmate.stages.compose.passage import Bar, Passage

Reals = npt.NDArray[np.float64]

TWELFTHS = {4: (0, 3, 6, 9), 3: (0, 4, 8), 2: (0, 6), 1: (0,)}
PLANS = 60
MOST_PACE = 9.0


@dataclass(frozen=True, slots=True)
class Slot:
    """A place where a chord begins, and how far it reaches. ``pin`` is what must be there."""

    start_ticks: int
    end_ticks: int
    bar: Bar
    place: Place
    pin: Symbol | None = None


@dataclass(frozen=True, slots=True)
class Pinned:
    """A chord that must be at a place."""

    at_ticks: int
    bar: int
    chord: Symbol


def pins_of(passage: Passage, brief: ComposeBrief) -> tuple[Pinned, ...]:
    """The chords that must be there, in their order.

    Raises
    ------
    RequestError
        if a pin is no chord, lies outside of the bars, or stands where another does.
    """
    bars = {bar.number: bar for bar in passage.bars}
    found: dict[int, Pinned] = {}
    for pin in brief.chord_pins:
        chord = symbol_from(pin.chord)
        bar = bars.get(pin.bar)
        if bar is None:
            first, last = passage.bars[0].number, passage.bars[-1].number
            raise RequestError(f"bar {pin.bar} is not among the bars asked for; pin {pin.chord} in bars {first}-{last}")
        if not 1 <= pin.beat < bar.numerator + 1:
            last_beat = bar.numerator
            raise RequestError(f"bar {pin.bar} has no beat {pin.beat:g}; pin {pin.chord} on beat 1 to {last_beat}")
        at = bar.start_ticks + round((pin.beat - 1) * bar.beat_ticks)
        if at in found and found[at].chord != chord:
            raise RequestError(f"bar {pin.bar} beat {pin.beat:g} is pinned to two chords; leave one of them out")
        found[at] = Pinned(at, pin.bar, chord)
    return tuple(found[at] for at in sorted(found))


def offsets(bar: Bar) -> tuple[int, ...]:
    """Where chords may change in a bar, in ticks from its start: at most four places."""
    pulses = bar.length_ticks // bar.pulse_ticks if bar.length_ticks % bar.pulse_ticks == 0 else 0
    if (
        bar.numerator in (5, 7, 8, 10, 11)
        and bar.pulse_ticks == bar.beat_ticks
        and (bar.denominator != 4 or pulses > 4)
    ):
        groups = GROUPS.get((bar.numerator, bar.denominator)) or groups_of(bar.numerator)
    else:
        groups = (bar.pulse_ticks // bar.beat_ticks,) * pulses
    while len(groups) > 4:
        groups = tuple(sum(groups[at : at + 2]) for at in range(0, len(groups), 2))
    starts = [0]
    for group in groups[:-1]:
        starts.append(starts[-1] + group * bar.beat_ticks)
    return tuple(starts)


def patterns(model: ChordModel, source: int, bar: Bar) -> tuple[list[tuple[int, ...]], Reals]:
    """Ways in which chords begin in a bar (indices of ``offsets``), and how often each came (bar of 4, before, way)."""
    places = TWELFTHS[len(offsets(bar))]
    meter = METERS.index({4: "four", 3: "three"}.get(len(places), "two"))
    ways, columns = [], []
    for number, mask in enumerate(model.masks):
        bits = [twelfth for twelfth in range(12) if int(mask) >> twelfth & 1]
        if all(bit in places for bit in bits):
            ways.append(tuple(places.index(bit) for bit in bits))
            columns.append(number)
    counts = model.rhythm[source, meter][:, :, columns] + 0.02
    return ways, counts


def section_of(bar: Bar, passage: Passage, brief: ComposeBrief) -> tuple[int, int, bool]:
    """Code of a bar's section, its bar there from 0, and whether it begins there."""
    if brief.section and not bar.section_name:
        index = bar.number - passage.bars[0].number
        return section_code(brief.section), index, index == 0
    code = section_code(bar.section_name or brief.section)
    return code, bar.bar_in_section - 1, bool(bar.section) and bar.bar_in_section == 1


def place_at(ticks: int, bar: Bar, passage: Passage, brief: ComposeBrief) -> Place:
    """The model's place of a chord that begins at ``ticks``."""
    code, index, starts = section_of(bar, passage, brief)
    twelfth = min(11, (ticks - bar.start_ticks) * 12 // bar.length_ticks)
    return Place(code, index, twelfth, starts and ticks == bar.start_ticks)


@dataclass(frozen=True, slots=True)
class RhythmWish:
    """Changes for a bar (None: as it comes), what a change pays, and after how many bars the rhythm comes back."""

    changes: float | None
    pace: float
    loop: int


def plan_slots(
    passage: Passage, brief: ComposeBrief, model: ChordModel, wish: RhythmWish, source: int, rng: Random
) -> tuple[Slot, ...]:
    """One way to place chords in the bars; the nearest to the wish of many."""
    bars, pins = passage.bars, pins_of(passage, brief)
    table = [patterns(model, source, bar) for bar in bars]
    pace = wish.pace if wish.changes is None else pace_for(wish.changes, table, bars)
    target = None if wish.changes is None else wish.changes * len(bars)
    best: tuple[float, list[int]] | None = None
    for _ in range(1 if target is None else PLANS):
        starts = with_pins(drawn_starts(bars, table, pace, wish.loop, rng), pins, bars)
        off = 0.0 if target is None else abs(len(starts) - target)
        if best is None or off < best[0]:
            best = (off, starts)
        if off < 0.5:
            break
    assert best is not None
    return slots_from(best[1], passage, brief, pins)


def pace_for(changes: float, table: Sequence[tuple[list[tuple[int, ...]], Reals]], bars: Sequence[Bar]) -> float:
    """What a change must pay for so many of them to be expected in a bar."""
    low, high = -MOST_PACE, MOST_PACE
    for _ in range(18):
        middle = (low + high) / 2
        found = [expected(*table[number], number % 4, middle) for number in range(len(bars))]
        low, high = (middle, high) if sum(found) / len(found) < changes else (low, middle)
    return (low + high) / 2


def expected(ways: list[tuple[int, ...]], counts: Reals, cell: int, pace: float) -> float:
    """Changes in a bar on the average."""
    sizes = np.array([len(way) for way in ways], float)
    weights = counts[cell].sum(axis=0) * np.exp(np.clip(pace * sizes, -60, 60))
    return float(weights @ sizes / weights.sum())


def drawn_starts(
    bars: Sequence[Bar], table: Sequence[tuple[list[tuple[int, ...]], Reals]], pace: float, loop: int, rng: Random
) -> list[int]:
    """Ticks where chords begin, bar by bar."""
    starts: list[int] = []
    drawn: list[tuple[int, ...]] = []
    for number, bar in enumerate(bars):
        ways, counts = table[number]
        same_meter = loop and number >= loop and bars[number - loop].length_ticks == bar.length_ticks
        if same_meter and (number < len(bars) - 1 or rng.random() < 0.5):
            way = drawn[number - loop]
        else:
            before = min(3, len(drawn[-1])) if drawn else 0
            sizes = np.array([len(one) for one in ways], float)
            weights = counts[number % 4, before] * np.exp(np.clip(pace * sizes, -60, 60))
            way = rng.choices(ways, weights=list(weights))[0]
        if number and bar.key != bars[number - 1].key and 0 not in way:
            way = (0, *way)
        drawn.append(way)
        places = offsets(bar)
        starts += [bar.start_ticks + places[index] for index in way]
    return starts


def with_pins(starts: list[int], pins: Sequence[Pinned], bars: Sequence[Bar]) -> list[int]:
    """A chord at the first tick and at every pin; a pinned chord has the rest of its bar to itself."""
    ends = {bar.number: bar.end_ticks for bar in bars}
    kept = {bars[0].start_ticks, *starts}
    for pin in pins:
        kept = {at for at in kept if not pin.at_ticks < at < ends[pin.bar]}
    return sorted(kept | {pin.at_ticks for pin in pins})


def slots_from(
    starts: Sequence[int], passage: Passage, brief: ComposeBrief, pins: Sequence[Pinned]
) -> tuple[Slot, ...]:
    """Slots that begin at ``starts``."""
    pinned = {pin.at_ticks: pin.chord for pin in pins}
    ends = [*starts[1:], passage.end_ticks]
    found = []
    for start, end in zip(starts, ends, strict=True):
        bar = passage.bar_at(start)
        found.append(Slot(start, end, bar, place_at(start, bar, passage, brief), pinned.get(start)))
    return tuple(found)
