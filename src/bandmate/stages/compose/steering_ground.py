"""What a part stands on while it is steered, in arrays: bars, chords, scales of the dials, and the notes themselves.

Conventions: ticks are counted from the start of the passage, places in twelfths of a quarter. A note is a row of
start, length, pitch, velocity and 1 where it is pinned.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bandmate.models.expectation import length_class as class_of_length
from bandmate.models.expectation import load_expectation
from bandmate.song.chord_tones import chord_classes
from bandmate.song.scales import is_minor_like, scale_of
from bandmate.stages.compose.brief import DIALS, ComposeBrief
from bandmate.stages.compose.measures import GHOST_VELOCITY, WEAK_DRUMS, Material, chord_degrees, piece_bit
from bandmate.stages.compose.measures_meter import PLACE_TICKS, bar_weights, snapped
from bandmate.stages.compose.measures_scale import Scale
from bandmate.stages.compose.measures_tonal import FIFTHS, tone_strain
from bandmate.stages.compose.passage import Passage, Tone

Whole = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float64]

LINE, CHORDAL, DRUMS = 0, 1, 2
"""Kinds of part: one note at a time, several, a kit."""

KIND, LOW, HIGH, LOW_LINE, FIXED, CHROMATIC, TONAL, LONGEST = range(8)
"""Places in ``facts``: kind of part, its range, whether its line is the lowest note, whether no note may be added or
taken away, whether notes off the scale are offered, whether it has pitches, and the places of a bar."""

FACTS = 8
MOST_EVENTS = 4096
DRAWS = 16384
DEFAULT_PIECES = (36, 38, 42)
TONAL_DIALS = ("mode", "tension", "valence", "surprise")


class Ground(NamedTuple):
    """What does not change while notes do."""

    facts: Whole
    feeling: Reals
    """Logarithm of the tempo over 100 bpm, beats per minute, quarters, bars."""

    bars: Whole
    """Where bars begin, and the end of the last."""

    segments: Whole
    """A row for each stretch of one key and chord: its start, tonic, scale and chord as bits, root or -1."""

    strain: Reals
    """By segment and half steps above the tonic."""

    weights: Whole
    snaps: Whole
    lengths: Whole
    pieces: Whole
    """Of every drum: 1 where it only marks time, its bit, and 1 where a hand strikes it."""

    palette: Whole
    pitch: Reals
    rhythm: Reals
    stroke: Reals
    rows: Reals
    """Scales of the dials in their order, then those of complexity for more events."""

    wants: Reals
    """What is asked of each dial, and how much it counts; 0 for one that is not turned."""

    odds: Reals
    """Running sum of the chances of the edits."""


class Work(NamedTuple):
    """Notes, and room to work in."""

    tones: Whole
    trial: Whole
    counts: Whole
    draws: Reals
    at: Whole
    struck: npt.NDArray[np.uint8]
    heads: Whole
    events: Whole
    stamps: Whole
    figures: Reals


@lru_cache(maxsize=1)
def snap_table() -> Whole:
    return np.array([snapped(ticks) for ticks in range(960)], dtype=np.int64)


@lru_cache(maxsize=1)
def length_table() -> Whole:
    return np.array([class_of_length(places) for places in range(MOST_EVENTS)], dtype=np.int64)


FEET = (35, 36, 44)


@lru_cache(maxsize=1)
def piece_table() -> Whole:
    rows = [(pitch in WEAK_DRUMS, piece_bit(pitch), pitch not in FEET) for pitch in range(128)]
    return np.array(rows, dtype=np.int64)


@lru_cache(maxsize=8)
def cost_tables(minor: bool, low: bool) -> tuple[Reals, Reals, Reals]:
    model = load_expectation()
    pitch, rhythm = (model.low_pitch, model.low_rhythm) if low else (model.pitch, model.rhythm)
    return np.ascontiguousarray(pitch[:, int(minor)]), np.ascontiguousarray(rhythm), np.ascontiguousarray(model.stroke)


@lru_cache(maxsize=64)
def rows_of(scale: Scale) -> Reals:
    """The scales of the nine dials, and four more rows of complexity; rows of what the part has not are zeros."""
    found = np.zeros((len(DIALS) + 4, 11))
    for at, name in enumerate(DIALS):
        row = scale.row(name, 8)
        if row is not None:
            found[at] = row
    for more, events in enumerate((16, 32, 64, 128), len(DIALS)):
        row = scale.row("complexity", events)
        if row is not None:
            found[more] = row
    return found


def bits_of(classes: Sequence[int]) -> int:
    return sum(1 << (one % 12) for one in set(classes))


def segments_of(material: Material) -> tuple[Whole, Reals]:
    """Stretches of one key and one chord, and the strain of every degree in them."""
    start, end = material.bars[0].start_ticks, material.bars[-1].end_ticks
    edges = {bar.start_ticks for bar in material.bars}
    edges |= {chord.start_ticks for chord in material.chords}
    edges |= {chord.start_ticks + chord.length_ticks for chord in material.chords}
    rows, strains = [], []
    for edge in sorted({max(start, edge) for edge in edges if edge < end}):
        key, chord = material.key_of(edge).key, material.chord_at(edge)
        under = chord_degrees(material, chord) if chord else ()
        classes = chord_classes(chord) if chord else ()
        rows.append((edge - start, key.tonic, bits_of(scale_of(key)), bits_of(classes), chord.root if chord else -1))
        strains.append([tone_strain(degree, under, key.mode) for degree in range(12)])
    return np.array(rows, dtype=np.int64), np.array(strains)


def ground_of(material: Material, scale: Scale, wants: dict[str, float], brief: ComposeBrief, bpm: float) -> Ground:
    """Everything but the notes."""
    drums = material.part == "drums"
    several = any(len(group) > 1 for group in material.groups)
    facts = np.zeros(FACTS, dtype=np.int64)
    facts[KIND] = DRUMS if drums else CHORDAL if several or material.part in ("keys", "harmony") else LINE
    pitches = [tone.pitch for tone in material.tones]
    facts[LOW], facts[HIGH] = min([material.lowest, *pitches]), max([material.highest, *pitches])
    facts[LOW_LINE] = material.part == "bass"
    facts[FIXED] = bool(brief.syllables)
    facts[CHROMATIC] = any(name in wants for name in TONAL_DIALS)
    facts[TONAL] = not drums
    facts[LONGEST] = max(1, material.bars[0].length_ticks // PLACE_TICKS)
    start, end = material.bars[0].start_ticks, material.bars[-1].end_ticks
    segments, strain = segments_of(material)
    pitch, rhythm, stroke = cost_tables(is_minor_like(material.bars[0].key), material.part == "bass")
    asked = np.zeros((2, len(DIALS)))
    for at, name in enumerate(DIALS):
        if name in wants:
            asked[:, at] = wants[name], 1.0
    quarters = sum(bar.length_ticks for bar in material.bars) / 960
    return Ground(
        facts,
        np.array([np.log(bpm / 100), bpm, quarters, len(material.bars), material.lowest, material.highest]),
        np.array([bar.start_ticks - start for bar in material.bars] + [end - start], dtype=np.int64),
        segments,
        strain,
        np.array(bar_weights(material.bars), dtype=np.int64),
        snap_table(),
        length_table(),
        piece_table(),
        np.array(sorted({*pitches, *DEFAULT_PIECES}) if drums else [0], dtype=np.int64),
        pitch,
        rhythm,
        stroke,
        rows_of(scale),
        asked,
        np.zeros(1),
    )


def work_of(tones: Sequence[Tone], pinned: Sequence[bool], ground: Ground, start: int, seed: int) -> Work:
    """The notes of a part, and room for four times as many."""
    count = len(tones)
    room = count * 4 + 160
    rows = np.zeros((room, 5), dtype=np.int64)
    order = sorted(range(count), key=lambda at: tones[at])
    for row, at in enumerate(order):
        tone = tones[at]
        rows[row] = tone.start_ticks - start, tone.length_ticks, tone.pitch, tone.velocity, pinned[at]
    return Work(
        rows,
        rows.copy(),
        np.array([count, count], dtype=np.int64),
        np.random.Generator(np.random.PCG64(seed)).random(DRAWS),
        np.zeros(2, dtype=np.int64),
        np.zeros(len(ground.weights) + 1, dtype=np.uint8),
        np.zeros(room + 1, dtype=np.int64),
        np.zeros((2, room), dtype=np.int64),
        np.full((4, MOST_EVENTS), -1, dtype=np.int64),
        np.zeros(len(DIALS) + 1),
    )


def tones_from(work: Work, start: int) -> tuple[Tone, ...]:
    """The notes as they are now."""
    rows = work.tones[: int(work.counts[0]), :4].tolist()
    return tuple(sorted(Tone(row[0] + start, row[1], row[2], row[3]) for row in rows))


def pinned_of(tones: Sequence[Tone], passage: Passage, brief: ComposeBrief) -> list[bool]:
    """Which notes are pinned."""
    starts = {bar.number: bar for bar in passage.bars}
    pins = {
        (starts[pin.bar].start_ticks + round((pin.beat - 1) * starts[pin.bar].beat_ticks), pin.pitch)
        for pin in brief.note_pins
        if pin.bar in starts
    }
    return [any(abs(tone.start_ticks - at) <= 60 and tone.pitch == pitch for at, pitch in pins) for tone in tones]


FIFTHS_ROW = np.array(FIFTHS, dtype=np.int64)
GHOST = GHOST_VELOCITY
