"""The melody model: how likely each next note is, from dance tunes and songs and from the piece itself.

How it is used::

    model = load_melody_model()
    state = model.start(ground_from(passage.all_bars, passage.chords), passage.start_ticks)
    rhythm = model.rhythms(state)                    # log-probabilities (RHYTHMS,): lengths of notes, then of rests
    pitch = model.pitches(state, symbol)             # log-probabilities (128,) of MIDI pitches, the rhythm known
    state = model.after(state, length_ticks, pitch)  # pitch None: a rest; the old state stays good
    model.nats(tones, bars)                          # how surprising a melody is, nats a note

Conventions: natural logarithms. States are values (``melody_state``). A melody may begin anywhere in a bar. The model
was taught on melodies whose tonic lies between C4 and B4; another register is told by moving pitches by octaves first
(``nats`` does so). Equal input gives equal results.

Not covered: several voices, velocities, where a melody ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import as_file, files
from pathlib import Path
from random import Random
from typing import Any, Protocol

import numpy as np

from bandmate.models import mixing
from bandmate.models.melody_features import PITCH_NAMES, RHYTHM_NAMES, pitch_row, rhythm_row, rows_of_melody
from bandmate.models.melody_log import (
    EVENT,
    LENGTHS,
    NONE,
    NOTE,
    PITCHES,
    REACH,
    RHYTHMS,
    Counts,
    Ground,
    Ints,
    Log,
    add_event,
)
from bandmate.models.melody_state import (
    GroundBar,
    GroundChord,
    MelodyState,
    Shelf,
    events_of,
    ground_of,
    kind_of,
    length_of,
    rhythm_of,
)
from bandmate.models.mixing import Memory, Mixing
from bandmate.models.mixing_counts import arrays_from_file, model_from
from bandmate.models.mixing_kernels import Floats
from bandmate.song.errors import ModelError
from bandmate.song.harmony import Chord, Key

__all__ = ["RHYTHMS", "MelodyModel", "ground_from", "ground_of", "load_melody_model", "sample"]

UNLIKELY = -1e9
"""The log-probability of a pitch that is out of reach."""


class BarLike(Protocol):
    """A bar of a song, as passages have them."""

    @property
    def number(self) -> int: ...
    @property
    def start_ticks(self) -> int: ...
    @property
    def numerator(self) -> int: ...
    @property
    def denominator(self) -> int: ...
    @property
    def key(self) -> Key: ...
    @property
    def bar_in_section(self) -> int: ...


def ground_from(bars: Sequence[BarLike], chords: Sequence[Chord] = (), style: int = 0) -> Ground:
    """Bars of a passage (at least one) and chords of its song as the model reads them; ``style``: 0 dance tune, 1
    song."""
    found = [
        GroundBar(
            b.start_ticks, b.numerator, b.denominator, b.key.tonic, b.key.mode, (max(1, b.bar_in_section) - 1) % 8
        )
        for b in bars
    ]
    placed: list[GroundChord] = []
    for number, chord in enumerate(chords):
        placed.append(GroundChord(chord.start_ticks, chord.root, kind_of(chord.quality)))
        end = chord.start_ticks + chord.length_ticks
        if number + 1 == len(chords) or chords[number + 1].start_ticks > end:
            placed.append(GroundChord(end, -1, 0))
    return ground_of(found, placed, style)


@dataclass(frozen=True, slots=True, eq=False)
class MelodyModel:
    """A taught model; not to be used by two threads at once (``fresh`` gives another)."""

    rhythm: Mixing
    pitch: Mixing
    version: str = ""

    def fresh(self) -> MelodyModel:
        """The same model for another thread."""
        return MelodyModel(self.rhythm.fresh(), self.pitch.fresh(), self.version)

    def start(self, ground: Ground, start_ticks: int | None = None) -> MelodyState:
        """A melody without notes that begins at ``start_ticks``; None: where the first bar begins."""
        log = Log(np.zeros((128, EVENT), np.int64), np.zeros((128, NOTE), np.int64))
        begin = int(ground.bars[0, 0]) if start_ticks is None else start_ticks
        return MelodyState(ground, Counts(0, 0, begin), Shelf(log, self.rhythm.memory(), self.pitch.memory(), 0))

    def rhythms(self, state: MelodyState) -> Floats:
        """Log-probabilities (``RHYTHMS``,): lengths of a note that comes next, then of a rest (``length_of``)."""
        return foretold(self.rhythm, self.rhythm_row(state), state.shelf.rhythms, state.counts.events)

    def pitches(self, state: MelodyState, rhythm: int) -> Floats:
        """Log-probabilities (128,) of the MIDI pitches of a note of this rhythm; ``UNLIKELY`` beyond two octaves."""
        told = foretold(self.pitch, self.pitch_row(state, rhythm), state.shelf.pitches, state.counts.notes)
        last = self.last_pitch(state)
        out = np.full(128, UNLIKELY)
        low, high = max(0, last - REACH), min(127, last + REACH)
        out[low : high + 1] = told[low - last + REACH : high - last + REACH + 1]
        return out

    def log_probabilities(self, state: MelodyState, least: float = 1e-4) -> Floats:
        """Log-probabilities (``RHYTHMS``, 129) of rhythm and pitch together; the last column is the rest.

        Notes of a rhythm that is less likely than ``least`` share their probability evenly over two octaves each way.
        """
        rhythms = self.rhythms(state)
        out = np.full((RHYTHMS, 129), UNLIKELY)
        half = len(LENGTHS)
        out[half:, 128] = rhythms[half:]
        last = self.last_pitch(state)
        even = np.full(128, UNLIKELY)
        even[max(0, last - REACH) : last + REACH + 1] = -np.log(PITCHES)
        for symbol in range(half):
            likely = rhythms[symbol] > np.log(least)
            out[symbol, :128] = rhythms[symbol] + (self.pitches(state, symbol) if likely else even)
        return out

    def after(self, state: MelodyState, length_ticks: int, pitch: int | None) -> MelodyState:
        """The state behind a note (MIDI pitch) or a rest (None); ``state`` stays as it is."""
        rhythm = rhythm_of(length_ticks, is_rest=pitch is None)
        shelf = state.owned()
        shelf.rhythms.add(self.rhythm_row(state), rhythm)
        if pitch is not None:
            step = min(max(pitch - self.last_pitch(state), -REACH), REACH) + REACH
            shelf.pitches.add(self.pitch_row(state, rhythm), step)
        return state.written(rhythm, max(1, length_ticks), NONE if pitch is None else pitch, shelf)

    def read(self, state: MelodyState, notes: Sequence[tuple[int, ...]]) -> MelodyState:
        """The state behind some notes (start, length, pitch, …) that begin at or behind it."""
        events, first = events_of([(n[0], n[1], n[2]) for n in notes], state.ticks)
        if first > state.ticks and state.counts.events:
            state = self.after(state, first - state.ticks, None)
        elif first > state.ticks:
            state = self.start(state.ground, first)
        for _, length, pitch in events:
            state = self.after(state, int(length), None if pitch == NONE else int(pitch))
        return state

    def nats(self, notes: Sequence[tuple[int, ...]], bars: Sequence[BarLike], chords: Sequence[Chord] = ()) -> float:
        """How surprising a melody is, nats a note; notes are (start, length, pitch, …). 0 for no notes."""
        each = self.nats_of_notes(notes, ground_from(bars, chords))
        return float(each.mean()) if len(each) else 0.0

    def nats_of_notes(self, notes: Sequence[tuple[int, ...]], ground: Ground) -> Floats:
        """How surprising each note is (notes,), its rhythm and the rests before it included.

        The melody is moved by octaves to where the model was taught. Of notes that begin together the highest counts.
        """
        inside = [(note[0], note[1], note[2]) for note in notes if note[0] >= ground.bars[0, 0]]
        events, first = events_of(inside, int(ground.bars[0, 0]))
        is_note = events[:, 2] != NONE
        if not is_note.any():
            return np.zeros(0)
        middle = np.median(events[is_note, 2]) - (66.5 + ground.bars[0, 5])
        events[is_note, 2] -= 12 * round(middle / 12)
        of_rhythm, of_pitch = self.nats_of_events(events, ground, first)
        out = np.zeros(len(of_pitch))
        # subtle: a rest behind a note counts for the note behind it, one at the very end for nobody.
        owner = np.cumsum(is_note) - is_note
        inside_piece = owner < len(out)
        np.add.at(out, owner[inside_piece], of_rhythm[inside_piece])
        return out + of_pitch

    def nats_of_events(self, events: Ints, ground: Ground, first_ticks: int) -> tuple[Floats, Floats]:
        """The nats of the rhythm of each event (rhythm, length, pitch), and of the pitch of each note."""
        notes = int(np.count_nonzero(events[:, 2] != NONE))
        rows, pitch_rows = empty_rows(len(events), notes)
        intervals = np.zeros(notes, np.int64)
        rows_of_melody(events, ground, first_ticks, rows, pitch_rows, intervals)
        rhythms = np.ascontiguousarray(events[:, 0])
        return self.rhythm.nats(rows, rhythms), self.pitch.nats(pitch_rows, intervals)

    def last_pitch(self, state: MelodyState) -> int:
        """MIDI pitch of the last note; before the first that of the tonic between C4 and B4."""
        last = state.last_pitch
        return 60 + int(state.ground.bars[0, 5]) if last is None else last

    def rhythm_row(self, state: MelodyState) -> Ints:
        row = np.empty(len(RHYTHM_NAMES), np.int64)
        rhythm_row(state.shelf.log, state.counts, state.ground, row)
        return row

    def pitch_row(self, state: MelodyState, rhythm: int) -> Ints:
        row = np.empty(len(PITCH_NAMES), np.int64)
        pitch_row(state.shelf.log, state.counts, state.ground, rhythm, row)
        return row


def foretold(model: Mixing, row: Ints, memory: Memory, length: int) -> Floats:
    """What comes after the first ``length`` steps of a memory, which stays as it is."""
    whole = memory.length
    if whole == length:
        return model.predict(row, memory)
    # subtle: the row of the step that is predicted is written behind the past, where another state's step stands.
    kept = memory.hashes[:, length].copy()
    memory.length = length
    told = model.predict(row, memory)
    memory.hashes[:, length], memory.length = kept, whole
    return told


def empty_rows(events: int, notes: int) -> tuple[Ints, Ints]:
    return np.zeros((events, len(RHYTHM_NAMES)), np.int64), np.zeros((notes, len(PITCH_NAMES)), np.int64)


def sample(
    model: MelodyModel,
    state: MelodyState,
    end_ticks: int,
    rng: Random,
    heat: float = 1.0,
    span: tuple[int, int] = (0, 127),
) -> tuple[tuple[int, int, int], ...]:
    """Notes (start, length, pitch) drawn from the model until ``end_ticks``; the last is cut there.

    ``heat`` below 1 keeps to what is likely, above 1 leaves it; ``span``: lowest and highest pitch.
    """
    found = []
    while state.ticks < end_ticks:
        symbol = draw(model.rhythms(state), heat, rng)
        length = min(length_of(symbol), end_ticks - state.ticks)
        if symbol >= len(LENGTHS):
            state = model.after(state, length, None)
            continue
        told = model.pitches(state, symbol)
        low, high = span
        told[:low] = UNLIKELY
        told[high + 1 :] = UNLIKELY
        last = min(max(model.last_pitch(state), low), high)
        pitch = draw(told, heat, rng) if told.max() > UNLIKELY else last
        found.append((state.ticks, length, pitch))
        state = model.after(state, length, pitch)
    return tuple(found)


def draw(told: Floats, heat: float, rng: Random) -> int:
    """One symbol by its probability to the power of ``1 / heat``."""
    chances = np.exp((told - told.max()) / max(1e-3, heat))
    return int(min(np.searchsorted(np.cumsum(chances), rng.random() * chances.sum(), "right"), len(told) - 1))


@lru_cache(maxsize=4)
def load_melody_model(path: Path | None = None) -> MelodyModel:
    """The melody model, by default the one that comes with Bandmate.

    Raises
    ------
    ModelError
        if the file is missing, cannot be read or is of another version.
    """
    if path is None:
        with as_file(files("bandmate").joinpath("data", "models", "melody.npz")) as place:
            return model_of(arrays_from_file(place), str(place))
    return model_of(arrays_from_file(path), str(path))


def model_of(arrays: dict[str, Any], place: str) -> MelodyModel:
    rhythm, pitch = model_from("rhythm", arrays), model_from("pitch", arrays)
    if rhythm.plan.symbols != RHYTHMS or pitch.plan.symbols != PITCHES:
        raise ModelError(f'"{place}" is a melody model of another version; install Bandmate again or train it anew')
    version = arrays["version"].tobytes().decode() if "version" in arrays else ""
    return MelodyModel(rhythm, pitch, version)


def compile_kernels() -> None:
    """Compile the loops, or load them from the disk."""
    mixing.compile_kernels()
    ground = ground_of([GroundBar(0, 4, 4, 0)], [GroundChord(0, 0, 0)])
    events = np.array([[9, 480, 60], [9, 480, NONE]], np.int64)
    rows_of_melody(events, ground, 0, *empty_rows(2, 1), np.zeros(1, np.int64))
    add_event(Log(np.zeros((2, EVENT), np.int64), np.zeros((2, NOTE), np.int64)), Counts(0, 0, 0), ground, 9, 480, 60)
