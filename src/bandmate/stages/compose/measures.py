"""What of a piece can be measured that the dials turn: density, register, syncopation, mode, tension and the rest.

Conventions: everything is measured on the bars of a ``Material``; a figure that makes no sense for the part (the mode
of drums) or that nothing is there for is None. Chords are measured as chords when the part is ``chords``, else they
are what the notes are heard against. Figures are plain; ``measures_scale.py`` maps them to dials.

References
----------
Feeling: weights written by us after T. Eerola, A. Friberg and R. Bresin, "Emotional expression in music:
contribution, linearity, and additivity of primary musical cues", Frontiers in Psychology 4:487, 2013 (mode, then
tempo and register, carry gladness; tempo, loudness and register carry excitement, additively), and A. Gabrielsson and
E. Lindström, "The role of structure in the musical expression of emotions", 2010 (dissonance is sad or tense).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from itertools import pairwise

from bandmate.models.expectation import Expectation, load_expectation
from bandmate.song.chord_tones import chord_classes
from bandmate.song.harmony import Chord
from bandmate.song.scales import is_minor_like
from bandmate.stages.compose.brief import ComposeBrief, PartKind
from bandmate.stages.compose.idea import Idea
from bandmate.stages.compose.measures_meter import PLACE_TICKS, place_of, syncopation
from bandmate.stages.compose.measures_order import code_length
from bandmate.stages.compose.measures_tonal import (
    FIFTHS,
    chord_strain,
    degrees_in,
    dissonance,
    tone_strain,
)
from bandmate.stages.compose.melody_ground import reach_of
from bandmate.stages.compose.passage import Bar, Passage, Tone
from bandmate.stages.mix.octave import range_of

TOGETHER_TICKS = 60
"""Notes that begin within a 1/64 begin together."""

WINDOWS: dict[str, tuple[int, int]] = {
    "melody": (53, 77),
    "counter": (48, 76),
    "harmony": (41, 79),
    "bass": (28, 60),
    "keys": (41, 84),
    "chords": (41, 84),
}
"""Where a part lies, whatever its instrument could play besides."""

WEAK_DRUMS = frozenset((22, 26, 42, 44, 46, 51, 59, 53, 54, 69, 70, 82))
"""Hats, ride, shakers: they mark time and do not syncopate."""

GHOST_VELOCITY = 45

VALENCE = {"mode": 0.45, "pace": 0.12, "register": 0.25, "tension": -0.5}
AROUSAL = {"tempo": 1.0, "pace": 0.9, "velocity": 0.9, "register": 0.5, "syncopation": 0.08}
"""Weights: of brightness in fifths, of the logarithm of onsets and of beats per second, of register as a share, of
velocity as a share, of tension and syncopation as they are measured."""


@dataclass(frozen=True, slots=True)
class Measures:
    """Measured attributes of a piece.

    ``density``: notes (or chord changes) for a bar. ``register``: mean pitch; ``register_share``: where it lies in the
    instrument's range, 0 to 1. ``syncopation``: Longuet-Higgins and Lee's weight for a bar. ``mode``: mean place on
    the line of fifths above the tonic, weighted by length. ``tension``: mean distance on the spiral of fifths plus
    dissonance. ``valence``, ``arousal``: sums of the others with stated weights, without a unit. ``surprise``: nats
    for an event under an order-2 statistic of the corpora; ``complexity``: nats for an event that is coded by what
    came before it in the piece itself.
    """

    density: float | None = None
    register: float | None = None
    register_share: float | None = None
    syncopation: float | None = None
    mode: float | None = None
    tension: float | None = None
    valence: float | None = None
    arousal: float | None = None
    surprise: float | None = None
    complexity: float | None = None
    events: int = 0
    """How many events (notes that begin together, or chords) it was measured on."""


UNITS = {
    "density": "notes/bar",
    "register": "MIDI pitch",
    "register_share": "of the range",
    "syncopation": "weight/bar",
    "mode": "fifths above the tonic",
    "tension": "spiral distance",
    "valence": "weighted sum",
    "arousal": "weighted sum",
    "surprise": "nats/event",
    "complexity": "nats/event",
}


@dataclass(frozen=True, slots=True)
class Material:
    """What is measured: notes or chords in some bars, the chords that sound under them, and the range."""

    bars: tuple[Bar, ...]
    bpm: float
    part: PartKind
    tones: tuple[Tone, ...] = ()
    chords: tuple[Chord, ...] = ()
    lowest: int = 53
    highest: int = 77
    groups: tuple[tuple[Tone, ...], ...] = field(default=(), repr=False)
    """The notes by the places that they begin at."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "groups", together(self.tones))

    @property
    def of_chords(self) -> bool:
        return self.part == "chords"

    def key_of(self, ticks: int) -> Bar:
        """The bar (and with it the key) at a place."""
        for bar in reversed(self.bars):
            if bar.start_ticks <= ticks:
                return bar
        return self.bars[0]

    def chord_at(self, ticks: int) -> Chord | None:
        for chord in self.chords:
            if chord.start_ticks <= ticks < chord.start_ticks + chord.length_ticks:
                return chord
        return None


def window(part: str, program: int | None) -> tuple[int, int]:
    """Lowest and highest pitch that a part is written in on an instrument; the part's own window without one."""
    low, high = WINDOWS.get(part, (28, 96))
    if program is None:
        return low, high
    least, most = range_of(program)
    return (max(low, least), min(high, most)) if min(high, most) - max(low, least) >= 12 else (least, most)


def material_of(idea: Idea, passage: Passage, brief: ComposeBrief) -> Material:
    """An idea as something to be measured, with the song's chords under it where it brings none."""
    low, high = window(brief.part, brief.program)
    if brief.part in ("melody", "counter"):
        reach = reach_of(passage, brief)
        low, high = reach.lowest, reach.highest
    inside = tuple(chord for chord in passage.chords if chord.start_ticks < passage.end_ticks)
    under = idea.chords or tuple(c for c in inside if c.start_ticks + c.length_ticks > passage.start_ticks)
    return Material(passage.bars, passage.bpm, brief.part, idea.tones, under, low, high)


def together(tones: Sequence[Tone]) -> tuple[tuple[Tone, ...], ...]:
    """Notes in groups that begin together, each from the lowest up."""
    groups: list[list[Tone]] = []
    for tone in sorted(tones):
        if groups and tone.start_ticks - groups[-1][0].start_ticks <= TOGETHER_TICKS:
            groups[-1].append(tone)
        else:
            groups.append([tone])
    return tuple(tuple(sorted(group, key=lambda tone: tone.pitch)) for group in groups)


def density(material: Material) -> float | None:
    """Notes, or changes of chord, for a bar."""
    count = len(material.chords) if material.of_chords else len(material.tones)
    return count / len(material.bars)


def register(material: Material) -> float | None:
    """Mean pitch; None for drums, chords and silence."""
    if material.part == "drums" or material.of_chords or not material.tones:
        return None
    return sum(tone.pitch for tone in material.tones) / len(material.tones)


def register_share(material: Material) -> float | None:
    """Where the mean pitch lies in the range; may fall out of 0 to 1 for notes out of it."""
    mean = register(material)
    return None if mean is None else (mean - material.lowest) / max(1, material.highest - material.lowest)


def onset_weight(material: Material) -> float | None:
    """Syncopation for a bar; of drums that of kick, snare, toms and cymbals, without ghost notes."""
    if material.of_chords:
        return syncopation((chord.start_ticks for chord in material.chords), material.bars)
    tones = material.tones
    if material.part == "drums":
        tones = tuple(t for t in tones if t.pitch not in WEAK_DRUMS and t.velocity >= GHOST_VELOCITY)
    return syncopation((tone.start_ticks for tone in tones), material.bars)


def chord_degrees(material: Material, chord: Chord) -> tuple[int, ...]:
    return degrees_in(chord_classes(chord), material.key_of(chord.start_ticks).key)


def brightness(material: Material) -> float | None:
    """Mean place on the line of fifths above the tonic, weighted by length; None for drums and silence."""
    if material.part == "drums":
        return None
    total = weight = 0.0
    if material.of_chords:
        for chord in material.chords:
            places = [FIFTHS[degree] for degree in chord_degrees(material, chord)]
            total += chord.length_ticks * sum(places) / len(places)
            weight += chord.length_ticks
    for tone in () if material.of_chords else material.tones:
        degree = (tone.pitch - material.key_of(tone.start_ticks).key.tonic) % 12
        total += tone.length_ticks * FIFTHS[degree]
        weight += tone.length_ticks
    return total / weight if weight else None


def tension(material: Material) -> float | None:
    """Distance from key and chord, and the dissonance of what sounds together; None for drums and silence."""
    if material.part == "drums":
        return None
    return chord_tension(material) if material.of_chords else tone_tension(material)


def chord_tension(material: Material) -> float | None:
    total = weight = 0.0
    for chord in material.chords:
        degrees, mode = chord_degrees(material, chord), material.key_of(chord.start_ticks).key.mode
        total += chord.length_ticks * (chord_strain(degrees, mode) + dissonance(tuple(sorted(degrees))))
        weight += chord.length_ticks
    return total / weight if weight else None


def tone_tension(material: Material) -> float | None:
    total = weight = 0.0
    for group in material.groups:
        start = group[0].start_ticks
        key, chord = material.key_of(start).key, material.chord_at(start)
        under = chord_degrees(material, chord) if chord else ()
        clash = dissonance(tuple(sorted({tone.pitch % 12 for tone in group})))
        for tone in group:
            strain = tone_strain((tone.pitch - key.tonic) % 12, under, key.mode)
            total += tone.length_ticks * (strain + clash)
            weight += tone.length_ticks
    return total / weight if weight else None


def valence(material: Material) -> float | None:
    """Gladness: brightness, pace and register speak for it, tension against it. Drums have none."""
    bright, tense = brightness(material), tension(material)
    if bright is None or tense is None:
        return None
    share = register_share(material)
    return (
        VALENCE["mode"] * bright
        + VALENCE["pace"] * math.log(material.bpm / 100)
        + VALENCE["register"] * (0.5 if share is None else share)
        + VALENCE["tension"] * tense
    )


def arousal(material: Material) -> float | None:
    """Excitement: tempo, onsets per second, velocity, register and syncopation; None for silence."""
    count = len(material.chords) if material.of_chords else len(material.groups)
    if not count:
        return None
    quarters = sum(bar.length_ticks for bar in material.bars) / 960
    per_second = count / quarters * material.bpm / 60
    share, weight = register_share(material), onset_weight(material)
    return (
        AROUSAL["tempo"] * math.log(material.bpm / 100)
        + AROUSAL["pace"] * math.log(per_second)
        + AROUSAL["velocity"] * mean_velocity(material) / 127
        + AROUSAL["register"] * (0.5 if share is None else share)
        + AROUSAL["syncopation"] * (weight or 0.0)
    )


def mean_velocity(material: Material) -> float:
    """96 where there are no notes."""
    if material.of_chords or not material.tones:
        return 96.0
    return sum(tone.velocity for tone in material.tones) / len(material.tones)


def surprise(material: Material, model: Expectation | None = None) -> float | None:
    """Nats for an event under the order-2 statistic of the corpora; None for fewer than two events."""
    model = model or load_expectation()
    if material.of_chords:
        return model.of_chords([chord_symbol(material, chord) for chord in material.chords])
    if material.part == "drums":
        return model.of_drums(drum_steps(material))
    minor = is_minor_like(material.bars[0].key)
    return model.of_tones(tone_steps(material), minor, low=material.part == "bass")


def chord_symbol(material: Material, chord: Chord) -> tuple[int, tuple[int, ...]]:
    """Root above the tonic, and the tones above the root."""
    key = material.key_of(chord.start_ticks).key
    return (chord.root - key.tonic) % 12, tuple((one - chord.root) % 12 for one in chord_classes(chord))


def tone_steps(material: Material) -> list[tuple[int, int, int]]:
    """Of every onset: the half steps of its line above the tonic, places since the onset before, and the octave's
    pitch. The line is the lowest note of a bass and the highest of everything else."""
    found = []
    before = None
    for group in material.groups:
        tone = group[0] if material.part == "bass" else group[-1]
        bar = material.key_of(tone.start_ticks)
        place = place_of(max(0, tone.start_ticks - material.bars[0].start_ticks))
        found.append(((tone.pitch - bar.key.tonic) % 12, 0 if before is None else place - before, tone.pitch))
        before = place
    return found


def drum_steps(material: Material) -> list[tuple[int, int]]:
    """Of every onset: its place in the bar, and its pieces as bits (kick, snare, hats or ride, all others)."""
    found = []
    for group in material.groups:
        bar = material.key_of(group[0].start_ticks)
        place = place_of(max(0, group[0].start_ticks - bar.start_ticks))
        found.append((place % (bar.length_ticks // PLACE_TICKS), sum({piece_bit(tone.pitch) for tone in group})))
    return found


def piece_bit(pitch: int) -> int:
    if pitch in (35, 36):
        return 1
    if pitch in (37, 38, 39, 40):
        return 2
    return 4 if pitch in WEAK_DRUMS else 8


def complexity(material: Material) -> float | None:
    """Nats for an event, coded by what came before it in the piece; None for fewer than two events."""
    if material.of_chords:
        if len(material.chords) < 2:
            return None
        chords = [chord_symbol(material, chord) for chord in material.chords]
        lengths = [chord.length_ticks // PLACE_TICKS for chord in material.chords]
        return code_length(chords, 48) + code_length(lengths, 12)
    if len(material.groups) < 2:
        return None
    if material.part == "drums":
        steps = drum_steps(material)
        return code_length([bits for _, bits in steps], 12) + code_length([place for place, _ in steps], 24)
    line = tone_steps(material)
    leaps = [max(-12, min(12, after[2] - here[2])) for here, after in pairwise(line)]
    return code_length(leaps, 25) + code_length([step[1] for step in line[1:]], 16)


METERS: dict[str, Callable[[Material], float | None]] = {
    "density": density,
    "register": register,
    "register_share": register_share,
    "syncopation": onset_weight,
    "mode": brightness,
    "tension": tension,
    "valence": valence,
    "arousal": arousal,
    "surprise": surprise,
    "complexity": complexity,
}


def measured(material: Material) -> Measures:
    """Every attribute of a piece."""
    events = len(material.chords) if material.of_chords else len(material.groups)
    return Measures(**{name: meter(material) for name, meter in METERS.items()}, events=events)


def measured_idea(idea: Idea, passage: Passage, brief: ComposeBrief) -> Measures:
    """Every attribute of an idea."""
    return measured(material_of(idea, passage, brief))


assert {one.name for one in fields(Measures)} == {*METERS, "events"}
