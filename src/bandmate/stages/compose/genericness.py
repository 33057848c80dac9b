"""The genericness meter: how much of a song could have been told beforehand by who knows the open corpus.

Chords and form cost what their models pay for them, melodies and rhythms what their runs are worth among the works.
What a share says: 0.9 is more usual than nine of ten works that taught nothing. Being usual is no fault; a musician
may want to know it.

Conventions: shares from 0 to 1, 1 the most usual. Chords are judged in windows of eight changes, each as if nothing
had been heard before, so that a rare loop does not get usual by being repeated.

Not covered: sound, tempo, words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from bandmate.models.chord_steps import Place, symbol_of
from bandmate.models.chords import ChordModel
from bandmate.models.form import LABELS, FormModel
from bandmate.models.line_steps import chord_line, pitch_line, rhythm_line
from bandmate.models.originality import OriginalityModel
from bandmate.models.works_index import Line, Shared, WorksIndex, hashes_of
from bandmate.song.errors import RequestError
from bandmate.song.evidence import Evidence
from bandmate.song.harmony import Chord, Key
from bandmate.stages.compose.passage import Tone

WINDOW_CHANGES = 8
FEWEST_CHANGES = 3
FEWEST_SECTIONS = 2
FEWEST_IN_A_FORM = 4
NEIGHBOURS = 3
UNITS = {
    "chords": "nats per change",
    "melody": "bits per run",
    "rhythm": "bits per run",
    "arrangement": "nats per section",
}


@dataclass(frozen=True, slots=True)
class Genericness:
    """One aspect: how usual it is (0 to 1), what it costs, and the works nearest to it.

    ``own`` is the share of its runs that the musician's catalogue has too; None without a catalogue.
    """

    aspect: str
    share: float
    cost: float
    neighbours: tuple[Shared, ...] = ()
    own: float | None = None

    def sentence(self) -> str:
        """In plain words, with its figure."""
        return f"{self.aspect}: more usual than {self.share:.0%} of the works"

    def evidence(self) -> tuple[Evidence, ...]:
        found = [
            Evidence(what=f"how usual the {self.aspect} is", unit="share of works", after=round(self.share, 3)),
            Evidence(what=f"what the {self.aspect} costs", unit=UNITS[self.aspect], after=round(self.cost, 3)),
        ]
        if self.own is not None:
            found.append(
                Evidence(what="runs that your catalogue has too", unit="share of runs", after=round(self.own, 3))
            )
        return tuple(found)


def chord_cost(chords: Sequence[Chord], key_at: Callable[[int], Key], model: ChordModel) -> float | None:
    """Nats per change; None for fewer than three changes. ``key_at`` gives the key at a tick."""
    symbols: list[int] = []
    for chord in sorted(chords, key=lambda one: one.start_ticks):
        try:
            symbol = symbol_of(chord.root, chord.quality, key_at(chord.start_ticks).tonic)
        except RequestError:
            continue
        if not symbols or symbol != symbols[-1]:
            symbols.append(symbol)
    return symbols_cost(symbols, model)


def symbols_cost(symbols: Sequence[int], model: ChordModel) -> float | None:
    """Nats per change of a row of symbols in their key; None for fewer than three."""
    if len(symbols) < FEWEST_CHANGES:
        return None
    spent = []
    for begin in range(0, len(symbols), WINDOW_CHANGES):
        window = symbols[begin : begin + WINDOW_CHANGES]
        if begin and len(window) < FEWEST_CHANGES:
            break
        song = model.song()
        for at, symbol in enumerate(window):
            place = Place(0, at, 0, at == 0)
            spent.append(-float(song.next(place)[symbol]))
            song.add(symbol, place)
    return float(np.mean(spent))


def line_cost(line: Line, index: WorksIndex) -> float | None:
    """Bits per run; None for a line that is shorter than a run."""
    hashes = hashes_of(line.steps, index.gram)
    return float(index.bits_of(hashes).mean()) if len(hashes) else None


def form_cost(names: Sequence[str], model: FormModel) -> float | None:
    """Nats per section of a form with the names of ``models.form``; None for fewer than two that are known."""
    row = [LABELS.index(name) for name in names if name in LABELS]
    return model.nats(row) / (len(row) + 1) if len(row) >= FEWEST_SECTIONS else None


@dataclass(frozen=True)
class Meter:
    """The models that it is measured with, and an index of the musician's own lines."""

    works: OriginalityModel
    chords: ChordModel
    form: FormModel
    own: WorksIndex | None = None

    def of_chords(self, chords: Sequence[Chord], key_at: Callable[[int], Key]) -> Genericness | None:
        """How usual a progression is; None for too few changes."""
        cost = chord_cost(chords, key_at, self.chords)
        if cost is None:
            return None
        line = chord_line(chords, lambda at: at).line
        near = self.works.indices["chords"].shared(line.steps, most=NEIGHBOURS)
        return Genericness("chords", self.works.usualness("chords", cost), cost, near)

    def of_melody(self, tones: Sequence[Tone], bar_at: Callable[[int], int]) -> Genericness | None:
        """How usual the pitches of a line are; None for too few notes."""
        line = pitch_line([t.start_ticks for t in tones], [t.pitch for t in tones], bar_at).line
        own = None
        if self.own is not None:
            hashes = hashes_of(line.steps, self.own.gram)
            own = float((self.own.counts[hashes] > 0).mean()) if len(hashes) else None
        return self.of_line("melody", "pitches", line, own)

    def of_rhythm(self, tones: Sequence[Tone], bar_at: Callable[[int], int]) -> Genericness | None:
        """How usual the rhythm of a line is; None for too few notes."""
        line = rhythm_line([t.start_ticks for t in tones], [t.pitch for t in tones], bar_at).line
        return self.of_line("rhythm", "rhythms", line, None)

    def of_line(self, aspect: str, kind: str, line: Line, own: float | None) -> Genericness | None:
        index = self.works.indices[kind]
        cost = line_cost(line, index)
        if cost is None:
            return None
        return Genericness(
            aspect, self.works.usualness(aspect, cost), cost, index.shared(line.steps, most=NEIGHBOURS), own
        )

    def of_form(self, names: Sequence[str]) -> Genericness | None:
        """How usual the order of the sections is; None for fewer than four, which are a piece of a song and no form."""
        cost = form_cost(names, self.form) if len(names) >= FEWEST_IN_A_FORM else None
        return None if cost is None else Genericness("arrangement", self.works.usualness("arrangement", cost), cost)
