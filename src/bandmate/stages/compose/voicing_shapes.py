"""Shapes of a chord: every way in which a style may lay its tones out within a range.

Conventions: a shape is a row of pitches from the lowest up. The styles: ``close`` (within an octave), ``open`` (spread
over more than one), ``drop-2`` (close in four voices, the second from the top an octave lower), ``rootless`` (jazz, on
the third or the seventh, with ninths and thirteenths), ``pad`` (wide, bass below), ``power`` (root and fifth),
``guitar`` (what a hand can hold on six strings in standard tuning). ``pad``, ``power`` and ``guitar`` carry the bass
of the chord; the others leave it to the bass player.

Not covered: other tunings; clusters; upper-structure triads.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise, product
from typing import Literal, get_args

from bandmate.song.chord_tones import tones_of

VoicingStyle = Literal["close", "open", "drop-2", "rootless", "pad", "power", "guitar"]
VOICING_STYLES: tuple[VoicingStyle, ...] = get_args(VoicingStyle)

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """What a style asks of a shape: its voices, the gaps between neighbours, its span, and the range it sounds in."""

    least_voices: int
    most_voices: int
    gaps: tuple[int, int]
    span: tuple[int, int]
    low: int
    high: int
    has_bass: bool = False
    bass_gap: tuple[int, int] = (1, 19)


LAYOUTS: dict[VoicingStyle, Layout] = {
    "close": Layout(3, 4, (1, 9), (0, 11), 52, 76),
    "open": Layout(3, 4, (3, 12), (12, 22), 48, 79),
    "drop-2": Layout(4, 4, (1, 12), (12, 19), 48, 76),
    "rootless": Layout(4, 4, (1, 9), (0, 14), 50, 74),
    "pad": Layout(4, 5, (2, 9), (12, 31), 40, 76, has_bass=True, bass_gap=(7, 19)),
    "power": Layout(2, 3, (5, 7), (6, 12), 36, 60, has_bass=True, bass_gap=(6, 8)),
    "guitar": Layout(3, 6, (1, 14), (7, 31), 40, 76, has_bass=True),
}
STRINGS = (40, 45, 50, 55, 59, 64)
"""Open strings of a guitar, as they sound."""

HIGHEST_FRET, HAND = 12, 4


@dataclass(frozen=True, slots=True)
class Material:
    """Half steps above the root that a shape must have, and those that it may have."""

    needed: tuple[int, ...]
    allowed: tuple[int, ...]


@lru_cache(maxsize=2048)
def material(quality: str, voices: int) -> Material:
    """The tones of a chord for so many voices: the perfect fifth goes first, then the lower tensions, then the root.

    Of a chord with tensions the root goes before the fifth: the bass has it.
    """
    tones = tones_of(quality)
    steps = tuple(dict.fromkeys(tone % 12 for tone in tones))
    third = [step for step in steps if step in (3, 4)] or [step for step in steps if step in (2, 5)][:1]
    seventh = [tone for tone in tones if tone in (9, 10, 11)]
    altered = [step for step in steps if step in (6, 8) and 7 not in steps]
    tensions = [tone % 12 for tone in tones if tone > 12][::-1]
    last = [*tensions, *[step for step in steps if step == 7], 0] if tensions else [0, *steps]
    order = tuple(dict.fromkeys([*third, *seventh[:1], *altered, *last, *steps]))
    needed = order[: min(voices, len(order))]
    return Material(needed, needed if len(order) >= voices else order)


@lru_cache(maxsize=2048)
def rootless_material(quality: str, scale_steps: tuple[int, ...]) -> Material:
    """Third, seventh and two of fifth, ninth and thirteenth, as far as the scale (half steps above the root) has them.

    Chords that are whole without tensions (diminished sevenths, altered ones) keep their own tones.
    """
    tones = tones_of(quality)
    steps = tuple(dict.fromkeys(tone % 12 for tone in tones))
    third = 5 if 5 in steps and 3 not in steps and 4 not in steps else (3 if 3 in steps else 4)
    has_ninth = any(tone in (13, 14, 15) for tone in tones)
    ninth = next((tone % 12 for tone in tones if tone in (13, 14, 15)), 2)
    is_dim7 = steps == (0, 3, 6, 9)
    if is_dim7 or quality == "5" or third not in steps:
        return material(quality, 4)
    seventh = next((step for step in (10, 11, 9) if step in steps), 9 if third == 4 else 10)
    is_dominant = third == 4 and seventh == 10
    if not has_ninth and scale_steps and ninth not in scale_steps:
        ninth = 1 if is_dominant and 1 in scale_steps else 0
    fifth = next((step for step in steps if step in (6, 8)), 7)
    if is_dominant and fifth == 7:
        altered = next((tone % 12 for tone in tones if tone in (20, 21)), 9)
        fifth = altered if not scale_steps or altered in scale_steps else 7
    if 6 in steps and third == 3:
        ninth = 0
    needed = tuple(dict.fromkeys((third, seventh, ninth, fifth)))
    return Material(needed, needed)


def shapes(
    root: int, quality: str, bass: int | None, style: VoicingStyle, span: tuple[int, int], scale: tuple[int, ...] = ()
) -> tuple[Shape, ...]:
    """Every shape of a chord in a style, with all pitches within ``span`` (lowest, highest).

    Where a style does not fit into the span, close shapes of three voices stand in; none at all only where the span
    has no room for two tones of the chord.
    """
    steps = tuple(sorted((one - root) % 12 for one in scale))
    lowest = root if bass is None or style == "power" else bass
    return found_shapes(root, quality, lowest, style, span, steps)


@lru_cache(maxsize=8192)
def found_shapes(
    root: int, quality: str, bass: int, style: VoicingStyle, span: tuple[int, int], steps: tuple[int, ...]
) -> tuple[Shape, ...]:
    if style == "guitar":
        found = held_shapes(root, quality, bass, span)
        if found:
            return found
    layout = LAYOUTS["open" if style == "guitar" else style]
    for voices in range(layout.most_voices, layout.least_voices - 1, -1):
        tones = power_material(quality) if style == "power" else material(quality, voices)
        if style == "rootless":
            tones = rootless_material(quality, steps)
        if voices > max(3, len(tones_of(quality))) and style in ("close", "open"):
            continue
        found = tuple(shape for shape in laid_out(root, bass, tones, voices, layout, span) if is_of(shape, style, root))
        if found:
            return found
    return last_resort(root, quality, span)


def power_material(quality: str) -> Material:
    """Root and fifth, the fifth as the chord has it."""
    steps = {tone % 12 for tone in tones_of(quality)}
    fifth = 7 if 7 in steps else next((step for step in (6, 8) if step in steps), 7)
    return Material((0, fifth), (0, fifth))


def laid_out(
    root: int, bass: int, tones: Material, voices: int, layout: Layout, span: tuple[int, int]
) -> Iterator[Shape]:
    """Rows of pitches that have what is needed and keep the gaps, from the lowest up."""
    allowed = {(root + step) % 12 for step in tones.allowed}
    needed = {(root + step) % 12 for step in tones.needed} - ({bass} if layout.has_bass else set())
    pitches = [pitch for pitch in range(span[0], span[1] + 1) if pitch % 12 in allowed]
    firsts = [pitch for pitch in range(span[0], span[1] + 1) if pitch % 12 == bass] if layout.has_bass else pitches

    def grown(shape: Shape, missing: frozenset[int]) -> Iterator[Shape]:
        left = voices - len(shape)
        if len(missing) > left:
            return
        if left == 0:
            if layout.span[0] <= shape[-1] - shape[0] <= layout.span[1]:
                yield shape
            return
        least, most = layout.bass_gap if layout.has_bass and len(shape) == 1 else layout.gaps
        for pitch in pitches:
            if least <= pitch - shape[-1] <= most and pitch - shape[0] <= layout.span[1]:
                yield from grown((*shape, pitch), missing - {pitch % 12})

    for first in firsts:
        yield from grown((first,), frozenset(needed) - {first % 12})


def is_of(shape: Shape, style: VoicingStyle, root: int) -> bool:
    """What gaps and span alone do not say of a style."""
    if style == "drop-2":
        raised = sorted((*shape[1:], shape[0] + 12))
        return raised[-1] - raised[0] <= 12 and raised[-2] == shape[0] + 12
    if style == "rootless":
        return (shape[0] - root) % 12 in (3, 4, 5, 9, 10, 11)
    if style == "pad":
        return len({pitch % 12 for pitch in shape[1:]}) >= min(3, len(shape) - 1)
    return True


def last_resort(root: int, quality: str, span: tuple[int, int]) -> tuple[Shape, ...]:
    """Three or two tones of a chord wherever they fit."""
    for voices in (3, 2):
        tones = material(quality, voices)
        layout = Layout(voices, voices, (1, 12), (0, 24), 0, 127)
        found = tuple(laid_out(root, root, tones, voices, layout, span))
        if found:
            return found
    return ()


def held_shapes(root: int, quality: str, bass: int, span: tuple[int, int]) -> tuple[Shape, ...]:
    """What a hand can hold: bass lowest, neighbouring strings, four frets (open strings at the nut besides)."""
    tones = material(quality, 4)
    classes = {(root + step) % 12 for step in tones.allowed} | {bass}
    needed = {(root + step) % 12 for step in tones.needed} | {bass}
    found: dict[Shape, None] = {}
    for lowest in range(3):
        for place in range(HIGHEST_FRET - HAND + 2):
            frets = [*([0] if place < 3 else []), *range(max(1, place), place + HAND)]
            options = [
                [opened + fret for fret in frets if (opened + fret) % 12 in classes] for opened in STRINGS[lowest:]
            ]
            options[0] = [pitch for pitch in options[0] if pitch % 12 == bass]
            for strings in (len(options), len(options) - 1):
                for shape in product(*options[:strings]):
                    if is_held(shape, needed, span) and fingers(shape, lowest) <= 4:
                        found[shape] = None
    most = max((len(shape) for shape in found), default=0)
    return tuple(shape for shape in found if len(shape) >= max(4, most - 1))


def is_held(shape: Shape, needed: set[int], span: tuple[int, int]) -> bool:
    """Whether strings rise, within the span, with everything needed."""
    return (
        len(shape) >= 3
        and span[0] <= shape[0]
        and shape[-1] <= span[1]
        and all(one < other for one, other in pairwise(shape))
        and needed <= {pitch % 12 for pitch in shape}
    )


def fingers(shape: Shape, lowest: int) -> int:
    """Fingers that a shape needs; a barre over the lowest fret is one."""
    frets = [pitch - opened for pitch, opened in zip(shape, STRINGS[lowest:], strict=False)]
    pressed = [fret for fret in frets if fret]
    has_barre = pressed and 0 not in frets
    return len(pressed) - (pressed.count(min(pressed)) - 1 if has_barre else 0)
