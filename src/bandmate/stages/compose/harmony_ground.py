"""What harmony in four parts stands on: the slots of a melody, what may sound in each, and what every step costs.

Conventions: voices are soprano, alto, tenor, bass, numbered from 0. Where the song has a chord, or one is pinned, it
is obeyed: its tones only, its bass where it names one. A pinned note goes to the voice in whose range it lies best. A
melody that lies lower or higher than sopranos sing is set as if it stood in another octave (``shift``).

Not covered: melodies in a lower voice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import median

import numpy as np

from bandmate.models.part_costs import NO_TONE, STATE, Rows, Weights
from bandmate.models.part_search import (
    ANY_MELODY,
    FAULT_PRICES,
    KEPT,
    MOST_STATES,
    NEEDS,
    TENDENCY_PRICE,
    Scores,
    chord_row,
    every_chord,
    keep_best,
    states_of,
    step_scores,
    unary_scores,
)
from bandmate.song.chord_tones import tones_of
from bandmate.song.errors import RequestError
from bandmate.song.harmony import Chord
from bandmate.song.notes import PITCH_NAMES
from bandmate.stages.compose.band_ground import with_pins
from bandmate.stages.compose.brief import ComposeBrief
from bandmate.stages.compose.harmony_slots import Slot, melody_line, slot_rows, slots_of
from bandmate.stages.compose.part_rules import SATB
from bandmate.stages.compose.passage import Passage, Tone

PRICES = np.array([*FAULT_PRICES, TENDENCY_PRICE])
LOWEST_MELODY, USUAL_MELODY = 54, (61, 80)
INVERSION_PRICE = 1.5
"""Of a bass other than the root under a chord of the song that names none."""

STRANGE_PIN_PRICE = 4.0
MOST_SLOTS = 2000
HOME_AT_FIRST = 1.5
"""For a tonic in root position at the beginning, of which the chords' scores know nothing."""

QUALITY_CLASSES = (
    ({4, 10}, 4), ({4, 11}, 6), ({3, 7, 10}, 5), ({3, 6, 10}, 7), ({3, 6, 9}, 8), ({3, 6}, 2), ({4, 8}, 3), ({3}, 1),
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Pinned:
    """A pinned note: its voice and where it is."""

    voice: int
    tone: Tone


@dataclass(frozen=True, slots=True, eq=False)
class HarmonyGround:
    """Everything a search needs; ``states`` (slots, kept, state), scores alone and of steps, how many states each slot
    has. ``chords`` has the song's chord of each slot, None where there is none."""

    passage: Passage
    line: tuple[Tone, ...]
    shift: int
    slots: tuple[Slot, ...]
    chords: tuple[Chord | None, ...]
    pins: tuple[Pinned, ...]
    rows: Rows
    states: Rows
    numbers: Rows
    unary: Scores
    steps: Scores


@lru_cache(maxsize=1)
def free_chords() -> Rows:
    return every_chord()


def harmony_ground(passage: Passage, brief: ComposeBrief, weights: Weights) -> HarmonyGround:
    """The ground under the melody that the passage's own part has in the bars; without a melody it has no slots.

    Raises
    ------
    RequestError
        if a pin cannot be met.
    """
    if not passage.bars:
        raise RequestError("there are no bars to harmonise; ask for at least one")
    line = melody_line(passage.own, passage.start_ticks, passage.end_ticks)
    shift = shift_of(line)
    lifted = tuple(tone._replace(pitch=tone.pitch + shift) for tone in line)
    spans = chord_spans(passage, brief)
    pins = pinned_notes(passage, brief, lifted)
    cuts = [at for start, end, _ in spans for at in (start, end)]
    cuts += [at for pin in pins for at in (pin.tone.start_ticks, pin.tone.end_ticks)]
    slots = tuple(slots_of(lifted, passage.bars, cuts, brief.key))
    if len(slots) > MOST_SLOTS:
        raise RequestError(
            f"{len(passage.bars)} bars have {len(slots)} chords to set, at most {MOST_SLOTS} go at once; "
            "ask for fewer bars at a time"
        )
    chords = tuple(next((chord for start, end, chord in spans if start <= slot.start < end), None) for slot in slots)
    rows = slot_rows(slots)
    count = len(slots)
    states, numbers = np.zeros((count, KEPT, STATE), np.int64), np.zeros(count, np.int64)
    unary, steps = np.zeros((count, KEPT)), np.zeros((count, KEPT, KEPT))
    for at, (slot, chord) in enumerate(zip(slots, chords, strict=True)):
        held = pins_in(slot, pins)
        numbers[at] = kept_states((slot, rows[at], chord, held), weights, states[at], unary[at])
        if at:
            one, other = numbers[at - 1], numbers[at]
            step_scores(states[at - 1, :one], states[at, :other], rows[at], weights, PRICES, steps[at])
    if slots and chords[0] is None:
        unary[0] += HOME_AT_FIRST * ((states[0, :, 4] == slots[0].key.tonic) & (states[0, :, 9] == 0))
    return HarmonyGround(passage, line, shift, slots, chords, pins, rows, states, numbers, unary, steps)


def shift_of(line: Sequence[Tone]) -> int:
    """How many octaves (in half steps) brings a melody to where sopranos sing."""
    if not line:
        return 0
    middle, lowest = median(tone.pitch for tone in line), min(tone.pitch for tone in line)
    shift = 0
    while middle + shift < USUAL_MELODY[0] - 3 or lowest + shift < LOWEST_MELODY:
        shift += 12
    while middle + shift > USUAL_MELODY[1] and lowest + shift - 12 >= LOWEST_MELODY:
        shift -= 12
    return shift


def chord_spans(passage: Passage, brief: ComposeBrief) -> list[tuple[int, int, Chord]]:
    """From where to where each chord of the song, or a pinned one, holds."""
    start, end = passage.start_ticks, passage.end_ticks
    spans = [(max(start, c.start_ticks), min(end, c.start_ticks + c.length_ticks), c) for c in passage.chords]
    return with_pins(sorted((s for s in spans if s[0] < s[1]), key=lambda span: span[:2]), passage, brief)


def pinned_notes(passage: Passage, brief: ComposeBrief, line: Sequence[Tone]) -> tuple[Pinned, ...]:
    """The notes that must be there, each with its voice; those that the melody itself has are met already."""
    found: list[Pinned] = []
    for pin in brief.note_pins:
        bar = next((bar for bar in passage.bars if bar.number == pin.bar), None)
        name = f"{PITCH_NAMES[pin.pitch % 12]}{pin.pitch // 12 - 1}"
        where = f"the note {name} pinned to bar {pin.bar}, beat {pin.beat:g}"
        if bar is None or not 1 <= pin.beat < bar.numerator + 1 or pin.beats <= 0:
            raise RequestError(f"{where} is outside of the bars asked for; move the pin or ask for its bar")
        start = bar.start_ticks + round((pin.beat - 1) * bar.beat_ticks)
        tone = Tone(start, max(1, round(pin.beats * bar.beat_ticks)), pin.pitch)
        if tone.end_ticks > passage.end_ticks:
            raise RequestError(f"{where} goes on behind the last bar asked for; make it shorter or ask for more bars")
        over = [one for one in line if one.start_ticks < tone.end_ticks and one.end_ticks > tone.start_ticks]
        if any(one[:3] == tone[:3] for one in over):
            continue
        if over and min(one.pitch for one in over) < tone.pitch:
            raise RequestError(f"{where} is above the melody, where no lower voice can sing; pin a lower note")
        found.append(Pinned(voice_for(tone, found, where), tone))
    return tuple(found)


def voice_for(tone: Tone, taken: Sequence[Pinned], where: str) -> int:
    """The free voice in whose range a note lies best, in order with those pinned at the same time."""
    together = [one for one in taken if one.tone.start_ticks < tone.end_ticks and one.tone.end_ticks > tone.start_ticks]
    options = [
        voice
        for voice in (1, 2, 3)
        if SATB[voice][0] <= tone.pitch <= SATB[voice][1]
        and all((one.voice - voice) * (tone.pitch - one.tone.pitch) > 0 for one in together)
    ]
    if not options:
        low, high = SATB[3][0], SATB[1][1]
        raise RequestError(f"{where} fits no free voice; they sing from {low} to {high} as MIDI notes, one note each")
    return min(options, key=lambda voice: abs(tone.pitch - sum(SATB[voice]) / 2))


def pins_in(slot: Slot, pins: Sequence[Pinned]) -> Rows:
    """The pitch that each voice must have in a slot; -1 for none."""
    held = np.full(4, -1, np.int64)
    for pin in pins:
        if pin.tone.start_ticks <= slot.start < pin.tone.end_ticks:
            held[pin.voice] = pin.tone.pitch
    return held


def kept_states(what: tuple[Slot, Rows, Chord | None, Rows], weights: Weights, kept: Rows, scores: Scores) -> int:
    """The best states of a slot, into ``kept``; what must give way where nothing fits: tones that a chord should
    have, then ranges, then the rule that nothing is above the melody."""
    slot, row, chord, held = what
    chords = free_chords() if chord is None else song_chord(chord)
    melody = np.array([slot.soprano, slot.lowest, slot.highest], np.int64)
    ranges = np.array(SATB, np.int64)
    found, single = buffers()
    for trial in range(5):
        if trial == 1:
            chords = chords.copy()
            chords[:, NEEDS] &= 0b1010
        elif trial == 2:
            chords[:, NEEDS], chords[:, ANY_MELODY] = 0, 1
        elif trial == 3:
            ranges[1:, 0] -= 7
        elif trial == 4:
            melody[1] = max(melody[1], SATB[1][1])
        count = states_of(row, melody, chords, ranges, held, found)
        if count:
            break
    else:
        raise RequestError(
            f"no four voices fit at {slot.start / 960:g} quarters, where notes are pinned; pin fewer of them there"
        )
    unary_scores(found, count, row, weights, single)
    if chord is not None and chord.bass is None:
        single[:count] -= INVERSION_PRICE * (found[:count, 9] != 0)
    for voice in np.flatnonzero(held >= 0):
        single[:count] -= STRANGE_PIN_PRICE * (found[:count, 6 + voice] == NO_TONE)
    return keep_best(found, single, count, kept, scores)


@lru_cache(maxsize=1)
def buffers() -> tuple[Rows, Scores]:
    """Room for all states of one slot."""
    return np.zeros((MOST_STATES, STATE), np.int64), np.zeros(MOST_STATES)


def song_chord(chord: Chord) -> Rows:
    """A chord of the song as a table of one row."""
    tones = tones_of(chord.quality)
    there = {tone % 12 for tone in tones}
    quality = next((number for wanted, number in QUALITY_CLASSES if wanted <= there), 0)
    bass = -1 if chord.bass is None else chord.bass
    return chord_row(chord.root, quality, tones, bass, any_melody=True).reshape(1, -1)
