"""The chords of the chorales, slot by slot: which tones sound longest in each, and what each voice sings of them.

Conventions: slots as the generator cuts them (``stages.compose.harmony_slots``), from the soprano alone; states as in
``models.part_costs``. Chords are told by the tones themselves: a chord is worth the time of the tones that it explains,
less for those it leaves over and a little for those that it lacks.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bandmate.models.part_costs import NO_TONE, QUALITY_TONES, STATE, Rows
from bandmate.stages.compose.harmony_slots import Slot, melody_line, slot_rows, slots_of
from training.compose.chorale_scores import PER_QUARTER, TICKS, Chorale, passage_of_chorale

FRAME = TICKS // PER_QUARTER


class Lesson(NamedTuple):
    """A chorale for the part costs: slots as they are and as rows, the melody in each, the state in each."""

    slots: list[Slot]
    rows: Rows
    melody: Rows
    states: Rows


def chord_masks() -> np.ndarray:
    """(root and quality, pitch class): 1 for the chord's tones."""
    masks = np.zeros((12, len(QUALITY_TONES), 12))
    for root in range(12):
        for quality, tones in enumerate(QUALITY_TONES):
            masks[root, quality, [(root + tone) % 12 for tone in tones]] = 1
    return masks.reshape(-1, 12)


MASKS = chord_masks()
SIZES = MASKS.sum(axis=1)


def lesson_of(piece: Chorale) -> Lesson:
    """What a chorale teaches."""
    passage = passage_of_chorale(piece)
    line = melody_line(passage.own, passage.start_ticks, passage.end_ticks)
    slots = slots_of(line, passage.bars)
    frames = frames_of(piece)
    states = np.zeros((len(slots), STATE), np.int64)
    for at, slot in enumerate(slots):
        part = frames[slot.start // FRAME : max(slot.start // FRAME + 1, -(-slot.end // FRAME))]
        states[at] = state_of(part if len(part) else frames[-1:], slot.soprano)
    melody = np.array([(slot.soprano, slot.lowest, slot.highest) for slot in slots], np.int64)
    return Lesson(slots, slot_rows(slots), melody, states)


def frames_of(piece: Chorale) -> Rows:
    """Pitches of the four voices at each sixteenth, silence not left out."""
    length = max(voice[-1].end_ticks for voice in piece.voices) // FRAME
    frames = np.zeros((max(1, length), 4), np.int64)
    for number, voice in enumerate(piece.voices):
        frames[:, number] = voice[0].pitch
        for tone in voice:
            frames[round(tone.start_ticks / FRAME) :, number] = tone.pitch
    return frames


def state_of(part: Rows, soprano: int) -> Rows:
    """The state of a few frames."""
    weights = np.zeros(12)
    for frame, row in enumerate(part):
        for voice, pitch in enumerate(row):
            weights[pitch % 12] += (1.5 if frame == 0 else 1.0) * (1.3 if voice == 3 else 1.0)
    weights /= weights.sum()
    inside = MASKS @ weights
    lacking = (MASKS * (weights < 0.04)).sum(axis=1)
    bass = np.array([root == part[0, 3] % 12 for root in range(12) for _ in QUALITY_TONES])
    chord = int(np.argmax(inside - 0.14 * lacking - 0.02 * SIZES + 0.03 * bass))
    root, quality = divmod(chord, len(QUALITY_TONES))
    tones = [(root + tone) % 12 for tone in QUALITY_TONES[quality]]
    pitches = [soprano]
    for voice in (1, 2, 3):
        sung = [int(pitch) for pitch in part[:, voice]]
        fitting = [pitch for pitch in sung if pitch % 12 in tones]
        pitches.append(fitting[0] if fitting else sung[0])
    if len(tones) == 4 and all(pitch % 12 != tones[3] for pitch in pitches):
        # subtle: a seventh that only passes by is no part of the chord that the voices stand on.
        quality, tones = QUALITY_TONES.index(QUALITY_TONES[quality][:3]), tones[:3]
    kinds = [min(3, tones.index(pitch % 12)) if pitch % 12 in tones else NO_TONE for pitch in pitches]
    return np.array([*pitches, root, quality, *kinds], np.int64)
