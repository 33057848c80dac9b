"""The melody model as a listener: it hears a line while that is drawn, and says what it thinks of each next pitch.

Conventions: the model was taught on melodies around C4 to B4; lines are moved there by octaves for it. What the part
plays before the bars is read first, so that the model knows the piece. Short gaps are how a note is played, longer ones
are rests.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from bandmate.models.melody import MelodyModel, ground_from
from bandmate.models.melody_state import MERGED_TICKS, MelodyState, rhythm_of
from bandmate.stages.compose.idea import Idea
from bandmate.stages.compose.melody_ground import top_line
from bandmate.stages.compose.melody_pitch import Listener, Reals, Slot
from bandmate.stages.compose.passage import Passage, Tone

LEAST = -9.0
"""A pitch that the model holds for impossible has this log-probability."""

HOME = 66.5
"""The middle of what the model was taught, above the tonic's pitch class."""

STYLE = 1


def lift_of(pitch: float, tonic: int) -> int:
    """Half steps, whole octaves, from where the model is at home to a line around a pitch."""
    return 12 * round((pitch - HOME - tonic) / 12)


class ModelListener(Listener):
    """Hears one line; every line needs its own."""

    def __init__(self, model: MelodyModel, begin: MelodyState, lift: int, weight: float) -> None:
        self.model, self.state, self.lift, self.weight = model, begin, lift, weight
        self.held: Slot | None = None
        self.held_pitch = 0

    def scores(self, slot: Slot, low: int, size: int, weight: float) -> Reals:
        """Probabilities of the pitches of a window, to the power of the listener's weight."""
        self.settle(slot.start_ticks)
        told = self.model.pitches(self.state, rhythm_of(slot.length_ticks))
        at = np.arange(low, low + size) - self.lift
        row = np.where((at >= 0) & (at < 128), told[np.clip(at, 0, 127)], LEAST)
        return np.asarray(np.exp(self.weight * np.maximum(row, LEAST)))

    def take(self, slot: Slot, pitch: int) -> None:
        """The note that was chosen; it is written down when the next one shows how long it lasts."""
        self.settle(slot.start_ticks)
        self.held, self.held_pitch = slot, min(127, max(0, pitch - self.lift))

    def settle(self, ticks: int) -> None:
        """Write down the note before, and the rest behind it if there is one, up to a place."""
        if self.held is not None:
            whole, length = max(1, ticks - self.held.start_ticks), self.held.length_ticks
            is_played_short = whole - length <= max(MERGED_TICKS, length // 2)
            self.state = self.model.after(self.state, whole if is_played_short else length, self.held_pitch)
            self.held = None
        if self.state.ticks < ticks:
            if self.state.counts.events:
                self.state = self.model.after(self.state, ticks - self.state.ticks, None)
            else:
                self.state = self.model.start(self.state.ground, ticks)


def begin_state(model: MelodyModel, passage: Passage, before: Sequence[Tone], lift: int) -> MelodyState:
    """What the model knows after the line before the bars."""
    state = model.start(ground_from(passage.all_bars, passage.chords, STYLE))
    return model.read(state, [(t.start_ticks, t.length_ticks, min(127, max(0, t.pitch - lift))) for t in before])


def nats_of(model: MelodyModel, passage: Passage, before: Sequence[Tone], tones: Sequence[Tone]) -> float:
    """What the model pays for a note of the tones, with the line before them in its memory; 0 for none."""
    ground = ground_from(passage.all_bars, passage.chords, STYLE)
    row = [(tone.start_ticks, tone.length_ticks, tone.pitch) for tone in (*before, *tones)]
    new = len({tone.start_ticks for tone in tones})
    each = model.nats_of_notes(row, ground)
    return float(each[-new:].mean()) if new and len(each) else 0.0


def priced(model: MelodyModel | None, passage: Passage, idea: Idea) -> Idea:
    """An idea with what the model pays for a note of its upper line; as it is without a model."""
    if model is None:
        return idea
    nats = nats_of(model, passage, top_line(passage.before())[0], top_line(idea.tones)[0])
    return replace(idea, nats=nats, models=(*idea.models, model.version or "melody"))
