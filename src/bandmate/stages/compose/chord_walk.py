"""Progressions drawn chord by chord from the model, pulled by dials, melody, mood and pins, and looking ahead.

Conventions: a tilt is in nats for a unit of its figure. The song's chords before the bars are in the model's memory;
every drawn chord joins it and is forgotten again at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from random import Random

import numpy as np
import numpy.typing as npt

from bandmate.models.chord_steps import KINDS, MAJOR, MINOR, QUALITIES, SYMBOLS, Place, section_code, symbol_of
from bandmate.models.chords import ChordModel, ChordSong
from bandmate.models.expectation import chord_class, load_expectation
from bandmate.song.chord_tones import Symbol, tones_of
from bandmate.song.harmony import Key
from bandmate.song.scales import is_minor_like, scale_of
from bandmate.stages.compose.brief import ComposeBrief
from bandmate.stages.compose.chord_fit import heard, sounding, worths
from bandmate.stages.compose.chord_manner import ChordManner, leaning, manner_of, symbol_tones
from bandmate.stages.compose.chord_slots import Slot, place_at
from bandmate.stages.compose.measures_tonal import FIFTHS, chord_strain, dissonance
from bandmate.stages.compose.passage import Passage, Tone

Reals = npt.NDArray[np.float64]

FIT, MOST_QUARTERS = 1.6, 5.0
"""Nats that a chord gets for a quarter note of melody inside of it."""

CADENCE, BEGINNING = 0.7, 0.45
SEEN_PAIR, BACK_AGAIN, SAME_ROOT = 1.6, 1.2, 1.5
"""What a step between two chords pays that the idea has had, going back to the chord before the last, and another
kind of the chord on the same root: left alone, a model with a memory likes to swing between two chords for ever."""

LOOK_AHEAD = 6
MOST_MEMORY = 256
NEW_HOME, TO_NEW_HOME, IN_BOTH = 2.0, 4.0, 2.0


@dataclass(frozen=True, slots=True)
class Tilt:
    """What dials pull with: nats for a unit of brightness, tension, gladness, cost, and for a chord that is new.

    ``heat`` is that of the draw, ``variety`` how much swinging between two chords is avoided."""

    mode: float = 0.0
    tension: float = 0.0
    valence: float = 0.0
    surprise: float = 0.0
    complexity: float = 0.0
    heat: float = 1.0
    variety: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class ChordGround:
    """What is the same for all ideas: where they go, what they go by, and the song before them."""

    passage: Passage
    brief: ComposeBrief
    model: ChordModel
    manner: ChordManner
    song: ChordSong
    tones: tuple[Tone, ...]
    after: tuple[Symbol, Place, Key] | None
    leanings: dict[Key, Reals]

    @property
    def comes_back(self) -> bool:
        """Whether the song has had a section of the name of the first bar."""
        code = place_at(self.passage.start_ticks, self.passage.bars[0], self.passage, self.brief).section
        return bool(code) and any(place.section == code for place in self.song.progression.places)

    @property
    def ends_section(self) -> bool:
        """Whether the last bar asked for ends its section, or the song."""
        last = self.passage.bars[-1]
        if last.bars_in_section:
            return last.bar_in_section == last.bars_in_section
        return self.after is None


@dataclass(frozen=True, slots=True)
class Walk:
    """Symbols of the slots, what the model pays for a chord, and what the melody gives for all of them."""

    symbols: tuple[int, ...]
    nats: float
    fit: float


def ground_of(passage: Passage, brief: ComposeBrief, model: ChordModel) -> ChordGround:
    """Everything that ideas for these bars rest on."""
    manner = manner_of(brief, model)
    key = passage.key
    song = model.song(manner.source, MINOR if is_minor_like(key) else MAJOR)
    before = [chord for chord in passage.chords if chord.start_ticks < passage.start_ticks][-MOST_MEMORY:]
    last = -1
    for chord in before:
        bar = passage.bar_at(chord.start_ticks)
        place, symbol = (
            place_at(chord.start_ticks, bar, passage, brief),
            symbol_of(chord.root, chord.quality, bar.key.tonic),
        )
        if symbol != last or place.starts_section:
            song.add(symbol, place)
        last = symbol
    after = next((chord for chord in passage.chords if chord.start_ticks >= passage.end_ticks), None)
    follows = None
    if after is not None and after.start_ticks < passage.end_ticks + 2 * passage.bars[-1].length_ticks:
        bar = passage.bar_at(after.start_ticks)
        place = place_at(after.start_ticks, bar, passage, brief)
        follows = (Symbol(after.root, after.quality, after.bass), place, bar.key)
    leanings = {bar.key: leaning(manner, bar.key, model) for bar in passage.bars}
    return ChordGround(passage, brief, model, manner, song, sounding(passage), follows, leanings)


def walk(
    ground: ChordGround, slots: Sequence[Slot], tilt: Tilt, loop: int, rng: Random, fixed: dict[int, int] | None = None
) -> Walk:
    """A progression for the slots; ``fixed`` symbols by slot, besides the pins. It comes back after ``loop`` bars."""
    song, begin = ground.song, ground.song.length
    wanted = {n: s.pin for n, s in enumerate(slots) if s.pin is not None}
    held = {n: symbol_of(pin.root, pin.quality, slots[n].bar.key.tonic) for n, pin in wanted.items()}
    held = {**(fixed or {}), **held}
    pulls = pulls_of(ground, slots, tilt)
    fits = fits_of(ground, slots) if ground.tones else [np.zeros(SYMBOLS)] * len(slots)
    symbols: list[int] = []
    paid = fit = 0.0
    try:
        for number, slot in enumerate(slots):
            said = song.next(slot.place)
            symbol = held.get(number, copied(slots, symbols, number, loop))
            if symbol is None:
                scores = said / tilt.heat + pulls[number] + fits[number] + moving(symbols, tilt)
                if symbols and not slot.place.starts_section:
                    scores[symbols[-1]] -= 20
                scores = looked_ahead(ground, slots, number, scores, held)
                symbol = drawn(scores, rng)
            paid -= float(said[symbol])
            fit += float(fits[number][symbol])
            song.add(symbol, slot.place)
            symbols.append(symbol)
    finally:
        song.cut(begin)
    return Walk(tuple(symbols), paid / max(1, len(symbols)), fit)


def copied(slots: Sequence[Slot], symbols: Sequence[int], number: int, loop: int) -> int | None:
    """What stood ``loop`` bars before at the same place; None in the first round, at the end of the bars and
    before a change of key."""
    slot = slots[number]
    if not loop or number == len(slots) - 1 or slots[number + 1].bar.key != slot.bar.key:
        return None
    for earlier in range(number - 1, -1, -1):
        other = slots[earlier]
        if slot.bar.number - other.bar.number > loop:
            return None
        same = slot.start_ticks - slot.bar.start_ticks == other.start_ticks - other.bar.start_ticks
        if same and slot.bar.number - other.bar.number == loop:
            return symbols[earlier]
    return None


def pulls_of(ground: ChordGround, slots: Sequence[Slot], tilt: Tilt) -> list[Reals]:
    """Nats for every symbol in every slot: manner, dials, cadence and change of key."""
    found = []
    for number, slot in enumerate(slots):
        key = slot.bar.key
        out = ground.leanings.get(key, np.zeros(SYMBOLS)).copy()
        bright, tense = brightness(), tensions(key.mode)
        out += tilt.mode * bright + tilt.tension * tense + tilt.valence * (0.45 * bright - 0.5 * tense)
        if number == 0 and not ground.song.length:
            out += BEGINNING * edge(ground.model.beginnings[int(is_minor_like(key))], slot.place.section)
        if number == len(slots) - 1 and ground.ends_section:
            out += CADENCE * cadence(ground, slot)
        found.append(out)
    for number, (slot, later) in enumerate(pairwise(slots)):
        if slot.bar.key != later.bar.key:
            found[number] += leading_to(slot.bar.key, later.bar.key)
            found[number + 1][: len(KINDS)] += NEW_HOME
    return found


def edge(counts: Reals, code: int) -> Reals:
    """Logarithms of how often each chord stands at the edge of a section, smoothed by all sections."""
    every = counts.sum(axis=0)
    row = counts[code] + 12 * (every + 0.02) / (every + 0.02).sum()
    return np.asarray(np.log(row / row.sum()), dtype=np.float64)


def fits_of(ground: ChordGround, slots: Sequence[Slot]) -> list[Reals]:
    """Nats that the melody speaks for every symbol in every slot; nothing where there is none."""
    found = []
    for slot in slots:
        weights = heard(ground.tones, slot.start_ticks, slot.end_ticks, ground.passage)
        quarters = min(MOST_QUARTERS, (slot.end_ticks - slot.start_ticks) / 960)
        found.append(FIT * quarters * worths(weights, slot.bar.key.tonic))
    return found


def cadence(ground: ChordGround, slot: Slot) -> Reals:
    """How sections of this name end; a song ends at home."""
    code = slot.place.section or (section_code("outro") if ground.after is None else 0)
    return edge(ground.model.endings[int(is_minor_like(slot.bar.key))], code)


def leading_to(key: Key, new: Key) -> Reals:
    """Toward the dominant of a new key, and chords that both keys have."""
    out = np.zeros(SYMBOLS)
    scales = [{(one - key.tonic) % 12 for one in scale_of(other)} for other in (key, new)]
    for symbol in range(SYMBOLS):
        degree, kind = divmod(symbol, len(KINDS))
        if (key.tonic + degree - new.tonic) % 12 == 7 and KINDS[kind] in ("maj", "7", "sus"):
            out[symbol] += TO_NEW_HOME
        has = set(np.flatnonzero(symbol_tones()[symbol]).tolist())
        out[symbol] += IN_BOTH * (has <= scales[0] and has <= scales[1])
    return out


def moving(symbols: Sequence[int], tilt: Tilt) -> Reals:
    """What depends on the chords just before: cost under the yardstick of surprise, and being new."""
    out = np.zeros(SYMBOLS)
    if tilt.surprise and symbols:
        classes = symbol_classes()
        before = classes[symbols[-2 if len(symbols) > 1 else -1]]
        out += tilt.surprise * load_expectation().chord[before, classes[symbols[-1]]][classes]
    if tilt.complexity:
        out[sorted(set(symbols))] -= tilt.complexity
    if symbols:
        root = symbols[-1] // len(KINDS) * len(KINDS)
        out[root : root + len(KINDS)] -= SAME_ROOT * tilt.variety
    if len(symbols) > 1:
        out[symbols[-2]] -= BACK_AGAIN * tilt.variety
        for one, other in pairwise(symbols):
            if one == symbols[-1]:
                out[other] -= SEEN_PAIR * tilt.variety
    return out


def looked_ahead(ground: ChordGround, slots: Sequence[Slot], number: int, scores: Reals, held: dict[int, int]) -> Reals:
    """Scores with what the chord behind, where that is fixed, says to the likeliest ones; the others fall away."""
    if number + 1 < len(slots):
        symbol, place = held.get(number + 1), slots[number + 1].place
        if symbol is None:
            return scores
    elif ground.after is not None:
        chord, place, key = ground.after
        symbol = symbol_of(chord.root, chord.quality, key.tonic)
    else:
        return scores
    out, song = np.full(SYMBOLS, -1e9), ground.song
    begin = song.length
    for one in np.argsort(-scores, kind="stable")[:LOOK_AHEAD]:
        song.add(int(one), slots[number].place)
        out[one] = scores[one] + song.next(place)[symbol] - 6.0 * (one == symbol)
        song.cut(begin)
    return out


def drawn(scores: Reals, rng: Random) -> int:
    """A symbol by its chance."""
    chances = np.exp(scores - scores.max())
    return int(np.searchsorted(np.cumsum(chances), rng.random() * chances.sum(), side="right").clip(0, SYMBOLS - 1))


@lru_cache(maxsize=1)
def brightness() -> Reals:
    """Mean place on the line of fifths of every symbol."""
    return np.array([np.mean([FIFTHS[step] for step in degrees(symbol)]) for symbol in range(SYMBOLS)])


@lru_cache(maxsize=16)
def tensions(mode: str) -> Reals:
    """Distance from the key, and dissonance, of every symbol."""
    found = [chord_strain(degrees(one), mode) + dissonance(tuple(sorted(degrees(one)))) for one in range(SYMBOLS)]
    return np.array(found)


@lru_cache(maxsize=1)
def symbol_classes() -> npt.NDArray[np.int64]:
    """Class of each symbol for the yardstick of surprise."""
    return np.array([chord_class(one // len(KINDS), tones_of(QUALITIES[one % len(KINDS)])) for one in range(SYMBOLS)])


def degrees(symbol: int) -> tuple[int, ...]:
    """Half steps above the tonic, root first."""
    degree, kind = divmod(symbol, len(KINDS))
    return tuple((degree + tone) % 12 for tone in tones_of(QUALITIES[kind]))
