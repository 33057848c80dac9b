"""From the model's plain symbols to chords as they are written: sevenths, colours, and basses that go by step.

Conventions: a colour never rubs with a note that is held over the chord, and stays the same for the same chord of an
idea. Pinned chords stay as they are written.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from bandmate.models.chord_steps import KINDS, QUALITIES, symbol_of
from bandmate.song.chord_tones import Symbol, tones_of
from bandmate.song.harmony import Chord, Key
from bandmate.song.scales import scale_of
from bandmate.stages.compose.chord_fit import rubs
from bandmate.stages.compose.chord_slots import Slot
from bandmate.stages.compose.chord_walk import ChordGround

OUTSIDE = 0.08
LIKE_THE_SONG = 0.75
IN_ALL = 0.9
"""An idea has sevenths on (nearly) all chords or on none: how many ideas do is the genre's."""

SEVENTHS = {"": ("maj7", "7"), "m": ("m7",), "dim": ("m7b5", "dim7")}


def coloured(
    ground: ChordGround, slots: Sequence[Slot], symbols: Sequence[int], colour: float, rng: Random
) -> tuple[Symbol, ...]:
    """Chords for the slots. ``colour`` 1 is as much as the genre has, 0 none."""
    known = as_in_the_song(ground) if rng.random() < LIKE_THE_SONG else {}
    sevenths = IN_ALL if rng.random() < ground.manner.sevenths else 0.0
    found: list[Symbol] = []
    for slot, symbol in zip(slots, symbols, strict=True):
        if slot.pin is not None:
            found.append(slot.pin)
            continue
        key = slot.bar.key
        root, kind = (key.tonic + symbol // len(KINDS)) % 12, symbol % len(KINDS)
        name = (symbol, key.tonic)
        if name not in known:
            known[name] = suffix_for(ground, root, kind, key, (colour, sevenths, rng))
        quality = known[name]
        if quality != QUALITIES[kind] and rubs(ground.tones, chord_at(slot, Symbol(root, quality, None))):
            quality = QUALITIES[kind]
        found.append(Symbol(root, quality, None))
    return with_basses(ground, slots, found, rng)


def as_in_the_song(ground: ChordGround) -> dict[tuple[int, int], str]:
    """How the song before the bars has written each of its chords, as symbol and tonic; the last time counts."""
    known = {}
    for chord in ground.passage.chords:
        if chord.start_ticks < ground.passage.start_ticks:
            tonic = ground.passage.bar_at(chord.start_ticks).key.tonic
            known[symbol_of(chord.root, chord.quality, tonic), tonic] = chord.quality
    return known


def suffix_for(ground: ChordGround, root: int, kind: int, key: Key, manner: tuple[float, float, Random]) -> str:
    """A way to write a chord of a kind: as often as the source has it, more or less by the genre's colour."""
    colour, sevenths, rng = manner
    quality, scale = QUALITIES[kind], scale_of(key)
    if quality in SEVENTHS and rng.random() < sevenths:
        fitting = [one for one in SEVENTHS[quality] if all((root + tone) % 12 in scale for tone in tones_of(one))]
        if quality == "" and (ground.manner.is_dominant or (root - key.tonic) % 12 == 7):
            fitting = ["7"]
        quality = fitting[0] if fitting else quality
        kind = QUALITIES.index(quality) if quality in QUALITIES else kind
    weights = {quality: 1e-6}
    counts = ground.model.colours[:, kind].sum(axis=0) if ground.manner.colour > 1 else None
    counts = ground.model.colours[ground.manner.source, kind] if counts is None else counts
    for suffix, count in zip(ground.model.suffixes, counts, strict=True):
        if count:
            outside = sum((root + tone) % 12 not in scale for tone in tones_of(suffix))
            plain = sum((root + tone) % 12 not in scale for tone in tones_of(quality))
            factor = 1.0 if suffix == quality else ground.manner.colour * colour * OUTSIDE ** max(0, outside - plain)
            weights[suffix] = weights.get(suffix, 0.0) + float(count) * factor
    names = sorted(weights)
    return rng.choices(names, weights=[weights[name] for name in names])[0]


def with_basses(
    ground: ChordGround, slots: Sequence[Slot], chords: Sequence[Symbol], rng: Random
) -> tuple[Symbol, ...]:
    """Thirds and fifths in the bass where the line then goes by step from the chord before to the one behind."""
    found: list[Symbol] = []
    for number, chord in enumerate(chords):
        wants = rng.random() < 2 * ground.manner.slash
        if slots[number].pin is None and wants and 0 < number < len(chords) - 1:
            before = found[-1].root if found[-1].bass is None else found[-1].bass
            found.append(Symbol(chord.root, chord.quality, step_bass(before, chord, chords[number + 1].root)))
        else:
            found.append(chord)
    return tuple(found)


def step_bass(before: int, chord: Symbol, behind: int) -> int | None:
    """The third or fifth of a chord that lies between its neighbours' basses; None where its root does as well."""

    def off(bass: int) -> int:
        return sum(min((bass - other) % 12, (other - bass) % 12) for other in (before, behind))

    tones = [tone for tone in tones_of(chord.quality) if tone in (3, 4, 7)]
    options = [(chord.root + tone) % 12 for tone in tones]
    best = min(options, key=lambda bass: (off(bass), bass), default=chord.root)
    is_step = all(0 < min((best - other) % 12, (other - best) % 12) <= 2 for other in (before, behind))
    return best if is_step and off(best) < off(chord.root) else None


def chord_at(slot: Slot, chord: Symbol, name: str = "chord") -> Chord:
    """A chord of the song in its slot."""
    return Chord(
        id=name,
        start_ticks=slot.start_ticks,
        length_ticks=slot.end_ticks - slot.start_ticks,
        root=chord.root,
        quality=chord.quality,
        bass=None if chord.bass == chord.root else chord.bass,
    )


def chords_of(slots: Sequence[Slot], chords: Sequence[Symbol]) -> tuple[Chord, ...]:
    """Chords of the song; one that only repeats the one before it becomes part of that, but for pinned ones."""
    found: list[Chord] = []
    for slot, symbol in zip(slots, chords, strict=True):
        one = chord_at(slot, symbol, f"chord-{len(found) + 1}")
        last = found[-1] if found else None
        if last and slot.pin is None and (last.root, last.quality, last.bass) == (one.root, one.quality, one.bass):
            found[-1] = chord_at(
                Slot(last.start_ticks, slot.end_ticks, slot.bar, slot.place), symbol, f"chord-{len(found)}"
            )
        else:
            found.append(one)
    return tuple(found)
