"""Steering of chords: other chords, more or fewer, earlier or later, until the dials read what was asked for.

Conventions: as in ``steering_ground.py``; a chord is a row of start, length, symbol, velocity (96) and 1 where it is
pinned. A symbol is a number in a vocabulary. Notes that other parts play in the bars count: chords that fit them
are preferred.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from bandmate.song.chord_tones import TONES, chord_classes, symbol_from
from bandmate.song.harmony import Chord, Key
from bandmate.song.scales import scale_of
from bandmate.stages.compose.brief import ComposeBrief
from bandmate.stages.compose.idea import Idea
from bandmate.stages.compose.measures import material_of
from bandmate.stages.compose.measures_scale import Scale
from bandmate.stages.compose.measures_tonal import FIFTHS, chord_strain, degrees_in, dissonance
from bandmate.stages.compose.passage import Passage, Tone
from bandmate.stages.compose.steering_chord_kernels import Harmony, search_chords
from bandmate.stages.compose.steering_ground import TONAL_DIALS, Reals, Whole, bits_of, ground_of, work_of

ROUNDS, DEEP_ROUNDS = 2500, 1500
CELL_TICKS = 480
PLAIN = ("", "m")
COLOURED = ("7", "maj7", "m7", "sus4", "add9", "m7b5", "dim", "dim7", "aug", "6", "m6", "9")
STRANGE = {"aug": 1.0, "dim": 0.7, "dim7": 0.7, "m7b5": 0.7, "sus4": 0.4}
"""What a kind of chord costs that is not in the progression yet; 0.25 for the others that are coloured."""

Symbol = tuple[int, str, int]
"""Root, quality, and bass or -1."""


class Reading(NamedTuple):
    """What a vocabulary is in a key."""

    bright: Reals
    tense: Reals
    outside: Reals
    kinds: Whole
    names: Whole


@lru_cache(maxsize=256)
def vocabulary(qualities: tuple[str, ...], slashes: tuple[Symbol, ...]) -> tuple[Symbol, ...]:
    """Every quality on every root, and the slash chords that are there."""
    return tuple((root, quality, -1) for quality in qualities for root in range(12)) + slashes


@lru_cache(maxsize=4096)
def classes_of(symbol: Symbol) -> tuple[int, ...]:
    root, quality, bass = symbol
    return chord_classes(
        Chord(id="c", start_ticks=0, length_ticks=1, root=root, quality=quality, bass=None if bass < 0 else bass)
    )


@lru_cache(maxsize=64)
def reading_of(symbols: tuple[Symbol, ...], tonic: int, mode: str) -> Reading:
    """Brightness, tension, share outside the scale, class of surprise and name (relative to the tonic) of each."""
    from bandmate.models.expectation import chord_class

    key = Key(tonic=tonic, mode=mode)  # type: ignore[arg-type]
    scale = set(scale_of(key))
    bright, tense, outside, kinds, names = [], [], [], [], []
    relative: dict[tuple[int, tuple[int, ...]], int] = {}
    for symbol in symbols:
        classes = classes_of(symbol)
        degrees = degrees_in(classes, key)
        above = tuple((one - symbol[0]) % 12 for one in classes)
        bright.append(sum(FIFTHS[degree] for degree in degrees) / len(degrees))
        tense.append(chord_strain(degrees, mode) + dissonance(tuple(sorted(degrees))))
        outside.append(sum(one not in scale for one in classes) / len(classes))
        root = (symbol[0] - tonic) % 12
        kinds.append(chord_class(root, above))
        names.append(relative.setdefault((root, above), len(relative)))
    whole = np.array([kinds, names], dtype=np.int64)
    return Reading(np.array(bright), np.array(tense), np.array(outside), whole[0], whole[1])


def steered_chords(
    idea: Idea, passage: Passage, brief: ComposeBrief, aim: tuple[Scale, dict[str, float]], seed: int
) -> Idea:
    """An idea's chords after the search; notes that voiced them are left out where they no longer belong to them."""
    scale, wants = aim
    start = passage.start_ticks
    symbols = symbols_for(idea, wants)
    numbers = {symbol: at for at, symbol in enumerate(symbols)}
    own = [numbers[symbol_of(chord)] for chord in idea.chords]
    rows = [Tone(c.start_ticks, c.length_ticks, n) for c, n in zip(idea.chords, own, strict=True)]
    material = replace(material_of(idea, passage, brief), tones=())
    ground = ground_of(material, scale, wants, brief, passage.bpm)
    work = work_of(rows, chord_pins(idea.chords, passage, brief), ground, start, seed)
    harmony = harmony_of(idea, passage, symbols, wants)
    search_chords(ground, work, harmony, DEEP_ROUNDS if "complexity" in wants else ROUNDS)
    chords = chords_from(idea, work.tones[: int(work.counts[0])].tolist(), symbols, start)
    return replace(idea, chords=chords, tones=idea.tones if chords == idea.chords else ())


def symbol_of(chord: Chord) -> Symbol:
    return chord.root, chord.quality, -1 if chord.bass is None else chord.bass


def symbols_for(idea: Idea, wants: dict[str, float]) -> tuple[Symbol, ...]:
    """The chords that may be written: those of the kinds that are there, and coloured ones where a dial asks."""
    used = sorted({chord.quality for chord in idea.chords if chord.quality in TONES})
    coloured = COLOURED if any(name in wants for name in TONAL_DIALS) else ()
    qualities = tuple(dict.fromkeys((*PLAIN, *used, *coloured)))
    there = {symbol_of(chord) for chord in idea.chords}
    strange = tuple(sorted(one for one in there if one[2] >= 0 or one[1] not in qualities))
    return vocabulary(qualities, strange)


def chord_pins(chords: tuple[Chord, ...], passage: Passage, brief: ComposeBrief) -> list[bool]:
    """Which chords hold a pin: those that sound where a pin is set."""
    bars = {bar.number: bar for bar in passage.bars}
    at = [
        (bars[pin.bar].start_ticks + round((pin.beat - 1) * bars[pin.bar].beat_ticks), symbol_from(pin.chord).root)
        for pin in brief.chord_pins
        if pin.bar in bars
    ]
    return [any(abs(chord.start_ticks - ticks) <= 60 and chord.root == root for ticks, root in at) for chord in chords]


def harmony_of(idea: Idea, passage: Passage, symbols: tuple[Symbol, ...], wants: dict[str, float]) -> Harmony:
    """The vocabulary in the keys of the bars, and what the other parts play over each eighth."""
    keys = list(dict.fromkeys((bar.key.tonic, bar.key.mode) for bar in passage.bars))
    readings = [reading_of(symbols, *key) for key in keys]
    start, end = passage.start_ticks, passage.end_ticks
    cells = np.zeros((-(-(end - start) // CELL_TICKS), 12))
    for part in passage.parts:
        for tone in () if part.is_drums else part.tones:
            for cell in range(max(start, tone.start_ticks), min(end, tone.end_ticks), CELL_TICKS):
                cells[(cell - start) // CELL_TICKS, tone.pitch % 12] += 1
    total = cells.sum()
    from bandmate.models.expectation import load_expectation

    ease = 0.15 if any(name in wants for name in TONAL_DIALS) else 1.0
    used = {chord.quality for chord in idea.chords} | set(PLAIN)
    strange = np.array([0.0 if one[1] in used else STRANGE.get(one[1], 0.25) for one in symbols])
    return Harmony(
        np.array([keys.index((bar.key.tonic, bar.key.mode)) for bar in passage.bars], dtype=np.int64),
        np.array([one.bright for one in readings]),
        np.array([one.tense for one in readings]),
        np.array([one.outside for one in readings]) * ease + strange,
        np.array([one.kinds for one in readings], dtype=np.int64),
        np.array([one.names for one in readings], dtype=np.int64),
        np.array([bits_of(classes_of(symbol)) for symbol in symbols], dtype=np.int64),
        cells / total if total else cells,
        np.ascontiguousarray(load_expectation().chord),
        np.array([len(symbols), passage.bars[0].pulse_ticks], dtype=np.int64),
    )


def chords_from(idea: Idea, rows: list[list[int]], symbols: tuple[Symbol, ...], start: int) -> tuple[Chord, ...]:
    """Rows as chords; one that is as it was stays the same object."""
    there = {(c.start_ticks, c.length_ticks, *symbol_of(c)): c for c in idea.chords}
    found, taken = [], {chord.id for chord in idea.chords}
    for number, (at, length, symbol, _, _) in enumerate(rows):
        root, quality, bass = symbols[symbol]
        old = there.get((at + start, length, root, quality, bass))
        if old is None:
            name = next(f"s{n}" for n in range(number + 1, 10**6) if f"s{n}" not in taken)
            taken.add(name)
            old = Chord(
                id=name,
                start_ticks=at + start,
                length_ticks=length,
                root=root,
                quality=quality,
                bass=None if bass < 0 else bass,
            )
        found.append(old)
    return tuple(found)
