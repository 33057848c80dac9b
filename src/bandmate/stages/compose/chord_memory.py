"""When chords changed the last time that a section of this name was there."""

from __future__ import annotations

from collections.abc import Sequence

from bandmate.stages.compose.brief import ComposeBrief
from bandmate.stages.compose.chord_slots import Slot, pins_of, section_of, slots_from, with_pins
from bandmate.stages.compose.passage import Bar, Passage


def remembered_starts(passage: Passage, brief: ComposeBrief) -> list[int] | None:
    """Ticks in the bars where chords begin if they do so as in the last section of the name; None if there was none,
    or it was in another meter."""
    code, first, _ = section_of(passage.bars[0], passage, brief)
    earlier = [bar for bar in passage.all_bars if bar.end_ticks <= passage.start_ticks]
    same = [bar for bar in earlier if section_of(bar, passage, brief)[0] == code]
    begins = [bar for bar in same if section_of(bar, passage, brief)[1] == first]
    if not code or not begins:
        return None
    row = earlier[begins[-1].number - 1 :][: len(passage.bars)]
    if len(row) < len(passage.bars) or any(bar not in same for bar in row) or not chorded(row, passage):
        return None
    if any(old.length_ticks != new.length_ticks for old, new in zip(row, passage.bars, strict=True)):
        return None
    up = passage.start_ticks - row[0].start_ticks
    starts = [chord.start_ticks for chord in passage.chords]
    return [start + up for start in starts if row[0].start_ticks <= start < row[-1].end_ticks]


def chorded(row: Sequence[Bar], passage: Passage) -> bool:
    """Whether chords begin in at least half of the bars, one of them in the first."""
    has = [any(bar.start_ticks <= chord.start_ticks < bar.end_ticks for chord in passage.chords) for bar in row]
    return has[0] and 2 * sum(has) >= len(has)


def slots_at(starts: Sequence[int], passage: Passage, brief: ComposeBrief) -> tuple[Slot, ...]:
    """Slots that begin at ``starts`` and at the pins."""
    pins = pins_of(passage, brief)
    return slots_from(with_pins(list(starts), pins, passage.bars), passage, brief, pins)
