"""Which notes a chord instrument plays: voicings led from chord to chord, and what dials make of them.

Conventions: a shape is a row of pitches from the lowest up (``voicing``). Colour exchanges single voices for others
near by, towards or away from strain and brightness; turning moves the outer voices by octaves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from bandmate.song.errors import RequestError
from bandmate.song.scales import scale_of
from bandmate.stages.compose.band_ground import Ground, Harmony, classes_of, draws
from bandmate.stages.compose.measures_tonal import FIFTHS, degrees_in, tone_strain
from bandmate.stages.compose.voicing import voicings
from bandmate.stages.compose.voicing_shapes import LAYOUTS, Shape, VoicingStyle

HALF_SPAN = 12
LEAST_SPAN = 20
REACH = 4
"""Half steps that a voice may go for a colour."""


@dataclass(frozen=True, slots=True)
class Colour:
    """Towards what voices are exchanged (below 0: away from it), and which share of them at the most."""

    strain: float = 0.0
    bright: float = 0.0
    share: float = 0.0
    turns: float = 0.0
    """Share of hits whose outer voices move by an octave."""


def shapes_of(ground: Ground, style: str, centre: float | None, lowest: int, highest: int) -> tuple[Shape, ...]:
    """A shape for every harmony of the bars, around ``centre`` (None: where the style lies)."""
    layout = LAYOUTS[cast("VoicingStyle", style)]
    low, high = max(lowest, layout.low), min(highest, layout.high)
    if centre is not None:
        middle = min(max(centre, lowest + HALF_SPAN), highest - HALF_SPAN)
        low, high = max(lowest, round(middle) - HALF_SPAN), min(highest, round(middle) + HALF_SPAN)
    if high - low < LEAST_SPAN:
        low, high = max(lowest, min(low, high - LEAST_SPAN)), min(highest, max(high, low + LEAST_SPAN))
    chords = [one.chord for one in ground.harmony]
    keys = [one.key for one in ground.harmony]
    for name in (style, "close", "power"):
        for span in ((low, high), (lowest, highest)):
            try:
                return voicings(chords, cast("VoicingStyle", name), lowest=span[0], highest=span[1], keys=keys)
            except RequestError:
                continue
    return tuple(plain_shape(one, low, highest) for one in ground.harmony)


def plain_shape(harmony: Harmony, low: int, highest: int) -> Shape:
    """The tones of a chord from ``low`` up, for instruments with little room."""
    found = [low + (one - low) % 12 for one in classes_of(harmony)]
    return tuple(sorted({pitch for pitch in found if pitch <= highest})) or (low + (harmony.chord.root - low) % 12,)


def coloured(shape: Shape, harmony: Harmony, colour: Colour, seed: str, span: tuple[int, int]) -> Shape:
    """A shape with some voices exchanged."""
    found = list(shape)
    luck = draws(seed)
    if colour.share > 0 and (colour.strain or colour.bright):
        for at in range(len(found)):
            if luck[at] < colour.share:
                found[at] = exchanged(found, at, harmony, colour, span)
    if luck[11] < colour.turns and len(found) > 1:
        found = turned(found, luck[12], span)
    return tuple(sorted(set(found)))


def exchanged(shape: Sequence[int], at: int, harmony: Harmony, colour: Colour, span: tuple[int, int]) -> int:
    """The pitch near a voice that goes furthest towards the colour; the voice itself where none does."""
    scale = set(scale_of(harmony.key)) | set(classes_of(harmony))
    degrees = degrees_in(classes_of(harmony), harmony.key)
    is_bold = colour.share > 1

    def worth(pitch: int) -> float:
        degree = (pitch - harmony.key.tonic) % 12
        gain = colour.strain * tone_strain(degree, degrees, harmony.key.mode) + colour.bright * FIFTHS[degree] / 3
        return gain - 0.12 * abs(pitch - shape[at])

    near = [
        pitch
        for pitch in range(max(span[0], shape[at] - REACH), min(span[1], shape[at] + REACH) + 1)
        if pitch == shape[at] or (pitch not in shape and (is_bold or pitch % 12 in scale))
    ]
    return max(near, key=lambda pitch: (round(worth(pitch), 6), -abs(pitch - shape[at]), pitch), default=shape[at])


def turned(shape: list[int], luck: float, span: tuple[int, int]) -> list[int]:
    """An outer voice an octave further in, or left out."""
    if luck < 0.4 and shape[0] + 12 <= span[1]:
        return [*shape[1:], shape[0] + 12]
    if luck < 0.75 and shape[-1] - 12 >= span[0]:
        return [shape[-1] - 12, *shape[:-1]]
    return shape[:-1]


def picked(letter: str, shape: Shape, harmony: Harmony, lowest: int) -> Shape:
    """The notes of a shape that a letter asks for."""
    if letter == "U":
        return shape[1:] or shape
    if letter == "L":
        return shape[: max(1, len(shape) // 2 - (len(shape) < 5))]
    if letter == "B":
        floor = max(lowest, shape[0] - 12)
        return (floor + (harmony.bass - floor) % 12,)
    if letter.isdigit():
        return (shape[(int(letter) - 1) % len(shape)],)
    return shape
