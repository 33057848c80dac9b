"""Voicings: chords laid out as notes that lead into each other with the least movement, in a style and a range.

Conventions: one voicing for each chord, pitches from the lowest up. All rows of shapes are weighed against each other
by dynamic programming: how far the voices move, how the top line goes, how low narrow intervals lie, what is doubled,
how far it is from the middle of the range. The same chords give the same voicing.

References: the limits of low intervals as arrangers teach them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from bandmate.song.chord_tones import chord_classes, tones_of
from bandmate.song.errors import RequestError, UnknownName
from bandmate.song.harmony import Chord, Key
from bandmate.song.scales import scale_of
from bandmate.stages.compose.passage import Tone
from bandmate.stages.compose.voicing_shapes import LAYOUTS, VOICING_STYLES, Shape, VoicingStyle, shapes

LOWEST_OF_INTERVAL = {1: 52, 2: 51, 3: 48, 4: 46, 5: 46, 6: 46, 7: 34, 8: 43, 9: 41, 10: 41, 11: 41}
"""The lowest note that an interval (in half steps) sounds clear on."""

MOST_SHAPES = 160
BASS_RANGE = (36, 55)

Costs = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Weights:
    """What a voicing pays, in half steps of movement."""

    movement: float = 1.0
    top_leap: float = 0.35
    mud: float = 2.0
    doubled_leading_tone: float = 9.0
    doubled_third: float = 1.5
    away: float = 0.55
    clash_on_top: float = 2.5
    rub_below: float = 1.5
    parallel: float = 1.2


WEIGHTS = Weights()


def voicings(
    chords: Sequence[Chord],
    style: VoicingStyle = "close",
    *,
    lowest: int | None = None,
    highest: int | None = None,
    keys: Sequence[Key] | Key | None = None,
    before: Shape = (),
    has_bass: bool = False,
) -> tuple[Shape, ...]:
    """Pitches of each chord, led from one to the next.

    Parameters
    ----------
    lowest, highest : int, optional
        where it may lie; by default the range usual for the style.
    keys : Key or one for each chord, optional
        whose leading tone is never doubled, and whose scale decides on tensions of rootless voicings.
    before : tuple of int
        the voicing that it goes on from.
    has_bass : bool
        a left hand's bass note below, where the style has none of its own.

    Raises
    ------
    RequestError
        if the range has no room for a chord.
    """
    if style not in VOICING_STYLES:
        raise UnknownName("voicing style", style, VOICING_STYLES)
    layout = LAYOUTS[style]
    span = (layout.low if lowest is None else lowest, layout.high if highest is None else highest)
    every: list[Key | None] = list(keys) if isinstance(keys, Sequence) else [keys] * len(chords)
    choices = [shapes_for(chord, style, span, key) for chord, key in zip(chords, every, strict=True)]
    if not choices:
        return ()
    own = [own_costs(found, chord, key, span) for found, chord, key in zip(choices, chords, every, strict=True)]
    row = [choices[at][pick] for at, pick in enumerate(best_path(choices, own, before))]
    if has_bass and not layout.has_bass:
        row = with_left_hand(chords, row)
    return tuple(row)


def voiced(
    chords: Sequence[Chord],
    style: VoicingStyle = "close",
    *,
    lowest: int | None = None,
    highest: int | None = None,
    keys: Sequence[Key] | Key | None = None,
    before: Shape = (),
    has_bass: bool = False,
    velocity: int = 80,
) -> tuple[Tone, ...]:
    """The chords as held notes; see ``voicings``."""
    rows = voicings(
        chords, style, lowest=lowest, highest=highest, keys=keys, before=before, has_bass=has_bass
    )  # fmt: skip
    return tuple(
        Tone(chord.start_ticks, chord.length_ticks, pitch, velocity)
        for chord, row in zip(chords, rows, strict=True)
        for pitch in row
    )


def shapes_for(chord: Chord, style: VoicingStyle, span: tuple[int, int], key: Key | None) -> tuple[Shape, ...]:
    """Shapes of a chord; at most ``MOST_SHAPES``, those around the middle of the range."""
    found = shapes(chord.root, chord.quality, chord.bass, style, span, scale_of(key) if key else ())
    if not found:
        raise RequestError(
            f"{chord} does not fit between the notes {span[0]} and {span[1]}; give the voicing a wider range"
        )
    if len(found) > MOST_SHAPES:
        middle = (span[0] + span[1]) / 2
        found = tuple(sorted(found, key=lambda shape: (abs(sum(shape) / len(shape) - middle), shape))[:MOST_SHAPES])
    return found


def own_costs(found: tuple[Shape, ...], chord: Chord, key: Key | None, span: tuple[int, int]) -> Costs:
    """What each shape costs by itself."""
    leading = (key.tonic + 11) % 12 if key and (key.tonic + 11) % 12 in chord_classes(chord) else None
    steps = tones_of(chord.quality)
    third = (chord.root + 4) % 12 if 4 in steps else None
    middle = (span[0] + span[1]) / 2
    return np.array([shape_cost(shape, leading, third, middle) for shape in found])


def shape_cost(shape: Shape, leading: int | None, third: int | None, middle: float) -> float:
    """Mud, doubling, clashes on top, and the distance from the middle of the range."""
    classes = [pitch % 12 for pitch in shape]
    mud = sum(max(0, LOWEST_OF_INTERVAL.get(high - low, 0) - low) for low, high in pairwise(shape))
    cost = WEIGHTS.mud * mud + WEIGHTS.away * abs(sum(shape) / len(shape) - middle)
    if leading is not None and classes.count(leading) > 1:
        cost += WEIGHTS.doubled_leading_tone
    if third is not None and third != leading and classes.count(third) > 1:
        cost += WEIGHTS.doubled_third
    if len(shape) > 2 and shape[-1] - shape[-2] == 1:
        cost += WEIGHTS.clash_on_top
    if shape[1] - shape[0] == 1:
        cost += WEIGHTS.rub_below
    ninths = sum((high - low) % 12 == 1 and high - low > 12 for low in shape[:-1] for high in shape)
    return cost + WEIGHTS.clash_on_top * ninths


def best_path(choices: list[tuple[Shape, ...]], own: list[Costs], before: Shape) -> list[int]:
    """The cheapest row of shapes; ties go to the earlier shape."""
    total = own[0].copy()
    if before:
        total += move_costs((before,), choices[0])[0]
    came: list[npt.NDArray[np.intp]] = []
    for at in range(1, len(choices)):
        grid = total[:, None] + move_costs(choices[at - 1], choices[at])
        came.append(np.argmin(np.round(grid, 9), axis=0))
        total = grid[came[-1], np.arange(grid.shape[1])] + own[at]
    picks = [int(np.argmin(np.round(total, 9)))]
    for back in reversed(came):
        picks.append(int(back[picks[-1]]))
    return picks[::-1]


def move_costs(old: tuple[Shape, ...], new: tuple[Shape, ...]) -> Costs:
    """What it costs to go from each old shape to each new one: movement of all voices, and of the top line."""
    one, other = padded(old), padded(new)
    if one.shape[1] == other.shape[1] and not (np.isnan(one).any() or np.isnan(other).any()):
        moves = other[None] - one[:, None]
        movement = np.abs(moves).sum(axis=2)
        together = (np.sign(moves[:, :, -1]) == np.sign(moves[:, :, 0])) & (moves[:, :, 0] != 0)
        fifths = np.isin((one[:, -1] - one[:, 0]) % 12, (0, 7))[:, None] & (moves[:, :, -1] == moves[:, :, 0])
        parallel = (together & fifths) * WEIGHTS.parallel
    else:
        gaps = np.abs(one[:, None, :, None] - other[None, :, None, :])
        nearest_new = np.nansum(np.nanmin(np.where(np.isnan(gaps), np.inf, gaps), axis=3) * valid(one)[:, None], axis=2)
        nearest_old = np.nansum(np.nanmin(np.where(np.isnan(gaps), np.inf, gaps), axis=2) * valid(other)[None], axis=2)
        movement, parallel = (nearest_new + nearest_old) / 2, np.zeros_like(nearest_new)
    leap = np.maximum(0, np.abs(np.nanmax(other, axis=1)[None] - np.nanmax(one, axis=1)[:, None]) - 2)
    return np.asarray(WEIGHTS.movement * movement + WEIGHTS.top_leap * leap**2 + parallel, dtype=np.float64)


def padded(rows: tuple[Shape, ...]) -> Costs:
    """Shapes as an array, NaN where one has fewer voices."""
    out = np.full((len(rows), max(map(len, rows))), np.nan)
    for at, row in enumerate(rows):
        out[at, : len(row)] = row
    return out


def valid(rows: Costs) -> Costs:
    """1 for a voice, NaN for none."""
    return np.where(np.isnan(rows), np.nan, 1.0)


def with_left_hand(chords: Sequence[Chord], row: list[Shape]) -> list[Shape]:
    """Each shape with the chord's bass below, near to the bass before."""
    found, last = [], 43
    for chord, shape in zip(chords, row, strict=True):
        bass = chord.root if chord.bass is None else chord.bass
        places = [pitch for pitch in range(*BASS_RANGE) if pitch % 12 == bass and pitch <= shape[0] - 3]
        if places:
            last = min(places, key=lambda pitch: (abs(pitch - last), pitch))
            found.append((last, *shape))
        else:
            found.append(shape)
    return found
