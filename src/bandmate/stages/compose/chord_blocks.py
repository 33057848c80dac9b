"""Long requests in blocks: section by section, or eight bars at a time, and what is named alike has the same chords.

Conventions: bars without sections go A A B A. A block with pins, another meter or other keys than the one that it
would repeat is written anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from msgspec.structs import replace as with_fields

from bandmate.models.chord_steps import section_code
from bandmate.song.harmony import Chord
from bandmate.stages.compose.brief import ComposeBrief
from bandmate.stages.compose.idea import Idea
from bandmate.stages.compose.passage import Bar, Passage

LONG, BLOCK = 16, 8
UNNAMED = (0, 0, 1, 0)

Writer = Callable[[Passage, ComposeBrief, int], tuple[Idea, ...]]
Block = tuple[Bar, ...]


def blocks_of(bars: Sequence[Bar]) -> list[Block]:
    """The bars in sections, and long ones in eights."""
    sections: list[list[Bar]] = []
    for bar in bars:
        if not sections or bar.section != sections[-1][-1].section or (bar.section and bar.bar_in_section == 1):
            sections.append([])
        sections[-1].append(bar)
    found: list[Block] = []
    for section in sections:
        cut = (
            [section]
            if len(section) <= BLOCK + BLOCK // 2
            else [section[at : at + BLOCK] for at in range(0, len(section), BLOCK)]
        )
        found += [tuple(one) for one in cut]
    return found


def shape(number: int, block: Block) -> tuple[object, ...]:
    """Blocks of the same shape may have the same chords."""
    code = section_code(block[0].section_name)
    letter: object = (code, block[0].bar_in_section) if code else ("", UNNAMED[number % len(UNNAMED)])
    up = block[0].key.tonic
    keys = tuple(((bar.key.tonic - up) % 12, bar.key.mode) for bar in block)
    return letter, tuple((bar.numerator, bar.denominator) for bar in block), keys


def written_long(passage: Passage, brief: ComposeBrief, write: Writer, seed: int, number: int) -> Idea:
    """Chords for all blocks; ``number`` chooses among the alternatives of each."""
    outside = tuple(
        chord for chord in passage.chords if not passage.start_ticks <= chord.start_ticks < passage.end_ticks
    )
    done: list[Chord] = []
    costs: list[float] = []
    notes: dict[str, None] = {}
    known: dict[tuple[object, ...], tuple[Block, tuple[Chord, ...]]] = {}
    for place, block in enumerate(blocks_of(passage.bars)):
        numbers = {bar.number for bar in block}
        pins = tuple(pin for pin in brief.chord_pins if pin.bar in numbers)
        name = shape(place, block)
        if name in known and not pins and not passage.parts:
            done += moved(*known[name], block)
            continue
        chords = tuple(sorted((*outside, *done), key=lambda chord: chord.start_ticks))
        part = replace(passage, bars=block, chords=chords)
        asked = with_fields(brief, chord_pins=pins, track="", program=None)
        found = write(part, asked, seed * 101 + place)
        idea = found[(number + place * (number > 0)) % min(len(found), brief.alternatives + 1)]
        known.setdefault(name, (block, idea.chords))
        done += idea.chords
        costs.append(idea.nats or 0.0)
        notes.update(dict.fromkeys(idea.notes))
    chords = tuple(with_fields(chord, id=f"chord-{at}") for at, chord in enumerate(done, 1))
    return Idea(chords=chords, nats=sum(costs) / len(costs), notes=tuple(notes))


def moved(old: Block, chords: Sequence[Chord], new: Block) -> list[Chord]:
    """The chords of a block in the bars, and in the key, of another."""
    later, up = new[0].start_ticks - old[0].start_ticks, new[0].key.tonic - old[0].key.tonic
    return [
        with_fields(
            chord,
            start_ticks=chord.start_ticks + later,
            root=(chord.root + up) % 12,
            bass=None if chord.bass is None else (chord.bass + up) % 12,
        )
        for chord in chords
    ]
