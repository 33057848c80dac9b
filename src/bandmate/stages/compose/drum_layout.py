"""Grooves laid out over bars: what comes back, where a fill stands in, where a cymbal marks a section; then notes.

Conventions: a laid-out part has, for every bar asked for, an array of slots and pieces. Strokes are as long as a slot
at most. Velocities here are plain (piece, place, energy, ghost); ``groove_ideas.py`` plays them like a drummer.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from bandmate.models.drum_kit import (
    CRASH,
    FEET,
    GHOST,
    HAT,
    KICK,
    OPEN,
    PEDAL,
    PIECES,
    PITCHES,
    RIDE,
    SNARE,
    STICK,
    TIMEKEEPERS,
    TOMS,
    piece_of,
)
from bandmate.song.errors import RequestError
from bandmate.stages.compose.brief import ComposeBrief
from bandmate.stages.compose.drum_draw import one_stroke_a_hand
from bandmate.stages.compose.drum_grid import Grid
from bandmate.stages.compose.passage import Bar, Passage, Tone

Reals = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

STROKE_TICKS = 120
TOGETHER_TICKS = 60
FASTEST_ONE_HAND_SECONDS = 0.085
FASTEST_SECONDS = 0.045
LEVELS = (98, 102, 92, 80, 84, 78, 62, 104, 96, 96, 98, 30)
"""Velocity of each piece in the middle of its range."""

ON_BEAT, OFF_BEAT, BETWEEN = 6, -4, -14
PIN_VELOCITY = 100


@dataclass(slots=True)
class Laid:
    """A part laid out: strokes and logits bar by bar, which bars are filled, and the energy of each."""

    grids: tuple[Grid, ...]
    struck: list[Bools]
    logits: list[Reals]
    energies: tuple[float, ...]
    fills: frozenset[int]
    row: int
    loudness: float = 1.0
    says: list[str] = field(default_factory=list)

    @property
    def strokes(self) -> int:
        return int(sum(bar.sum() for bar in self.struck))


def crash_at(bar: Bools, grid: Grid) -> None:
    """Mark the beginning of a bar with crash and kick (in place)."""
    bar[0] = False
    bar[0, [CRASH, KICK]] = True


def filled(groove: Bools, fill: Bools, grid: Grid, share: float) -> Bools:
    """A bar whose last ``share`` is taken from a fill; it begins with a beat."""
    ticks = [slot.ticks for slot in grid.slots]
    span = ticks[-1] + (ticks[-1] - ticks[-2] if len(ticks) > 1 else ticks[-1] + 1)
    begin = max((beat for beat in grid.beats if beat <= span * (1 - share) + 1), default=0)
    out = groove.copy()
    late = np.array(ticks) >= begin
    out[late] = fill[late]
    return out


def playable(laid: Laid, seconds_per_tick: float) -> None:
    """Leave out what two hands cannot reach in time (in place)."""
    for number, (bar, grid) in enumerate(zip(laid.struck, laid.grids, strict=True)):
        bar = one_stroke_a_hand(bar)
        laid.struck[number] = bar
        ticks = np.array([slot.ticks for slot in grid.slots])
        gaps = np.diff(ticks).min(initial=4 * 960) * seconds_per_tick
        beats = np.isin(ticks, grid.beats)
        halves = np.arange(len(ticks)) % 2 == 0
        if gaps < FASTEST_ONE_HAND_SECONDS:
            for piece in (*TIMEKEEPERS, PEDAL, KICK, GHOST):
                bar[~(beats | halves), piece] = False
        if gaps * 2 < FASTEST_ONE_HAND_SECONDS:
            for piece in range(len(PIECES)):
                bar[~beats, piece] = False
        if gaps < FASTEST_SECONDS:
            bar[~(beats | halves)] = False


def stroke_velocity(piece: int, ticks: int, grid: Grid, energy: float, loudness: float) -> int:
    """How hard a stroke is, 1 to 127; a ghost note stays one."""
    place = ON_BEAT if ticks in grid.beats else OFF_BEAT if (ticks % 480 == 0 or grid.by_threes) else BETWEEN
    if piece == GHOST:
        return int(min(42, max(8, (LEVELS[GHOST] + place / 3) * loudness)))
    level = (LEVELS[piece] + (place if piece in (HAT, OPEN, RIDE, PEDAL) else place / 3)) * (0.78 + 0.4 * energy)
    return int(min(127, max(46 if piece in (SNARE, STICK) else 12, round(level * loudness))))


def tones_of(laid: Laid, bars: tuple[Bar, ...], sixteenth: int) -> tuple[Tone, ...]:
    """The notes. ``sixteenth``: ticks that every second sixteenth comes late."""
    found = []
    for bar, grid, struck, energy in zip(bars, laid.grids, laid.struck, laid.energies, strict=True):
        straight = not grid.by_threes and bar.denominator <= 4
        for slot, piece in zip(*np.nonzero(struck), strict=True):
            ticks = grid.slots[int(slot)].ticks
            late = sixteenth if straight and ticks % 480 == 240 else 0
            velocity = stroke_velocity(int(piece), ticks, grid, energy, laid.loudness)
            found.append(Tone(bar.start_ticks + ticks + late, STROKE_TICKS, PITCHES[int(piece)], velocity))
    return shortened(sorted(found), bars[-1].end_ticks)


def shortened(tones: list[Tone], end_ticks: int) -> tuple[Tone, ...]:
    """Tones that end where the next of their pitch begins, and of which no two begin together on one pitch."""
    following: dict[int, int] = {}
    found = []
    for tone in reversed(tones):
        limit = min(end_ticks, following.get(tone.pitch, end_ticks)) - tone.start_ticks
        if limit <= 0:
            continue
        following[tone.pitch] = tone.start_ticks
        found.append(tone._replace(length_ticks=min(tone.length_ticks, limit)))
    return tuple(sorted(found))


def hands(tones: tuple[Tone, ...] | list[Tone], at: int) -> list[Tone]:
    """What hands strike at a place, within a 1/64."""
    return [tone for tone in tones if abs(tone.start_ticks - at) <= TOGETHER_TICKS and piece_of(tone.pitch) not in FEET]


def pinned_tones(passage: Passage, brief: ComposeBrief) -> tuple[Tone, ...]:
    """The notes that must be there.

    Raises
    ------
    RequestError
        if one lies outside the bars, or three pieces for two hands begin together, or two on one pitch overlap.
    """
    bars = {bar.number: bar for bar in passage.bars}
    found: list[Tone] = []
    for pin in brief.note_pins:
        bar = bars.get(pin.bar)
        if bar is None or not 1 <= pin.beat < bar.numerator + 1:
            raise RequestError(
                f"bar {pin.bar}, beat {pin.beat:g} of a pin lies outside bars {passage.bars[0].number} to "
                f"{passage.bars[-1].number}; ask for those bars too, or move the pin"
            )
        start = bar.start_ticks + round((pin.beat - 1) * bar.beat_ticks)
        length = round(pin.beats * bar.beat_ticks)
        if length < 1 or start + length > passage.end_ticks or not 0 <= pin.pitch <= 127:
            raise RequestError(
                f"pin of pitch {pin.pitch} for {pin.beats:g} beats at bar {pin.bar}, beat {pin.beat:g} does not fit; "
                "it must be a pitch from 0 to 127 and end within the bars"
            )
        found.append(Tone(start, length, pin.pitch, PIN_VELOCITY))
    for tone in found:
        if len(hands(found, tone.start_ticks)) > 2:
            raise RequestError("three pins want three hands at one place; a drummer has two: take one of them away")
        others = [one for one in found if one is not tone and one.pitch == tone.pitch]
        if any(one.start_ticks < tone.end_ticks and tone.start_ticks < one.end_ticks for one in others):
            raise RequestError(f"two pins of pitch {tone.pitch} overlap; shorten one of them or move it")
    return tuple(sorted(found))


def with_pins(tones: tuple[Tone, ...], pins: tuple[Tone, ...]) -> tuple[Tone, ...]:
    """Notes with the pins among them: what stands in their way goes."""
    for pin in pins:
        kept: list[Tone] = []
        for tone in tones:
            overlaps = tone.pitch == pin.pitch and tone.end_ticks > pin.start_ticks and tone.start_ticks < pin.end_ticks
            if overlaps and tone.start_ticks < pin.start_ticks - TOGETHER_TICKS:
                tone, overlaps = tone._replace(length_ticks=pin.start_ticks - tone.start_ticks), False
            if not overlaps:
                kept.append(tone)
        over = hands(kept, pin.start_ticks)
        if piece_of(pin.pitch) not in FEET and len(over) > 1:
            leave = sorted(over, key=lambda tone: (tone in pins, tone.velocity))[: len(over) - 1]
            kept = [tone for tone in kept if tone not in leave or tone in pins]
        tones = tuple(sorted((*kept, pin)))
    return tones


def words_of_fill(laid: Laid) -> str:
    """What the fills of a part are made of; empty without one."""
    if not laid.fills:
        return ""
    bars = [laid.struck[at] for at in sorted(laid.fills)]
    toms = sum(int(bar[:, list(TOMS)].sum()) for bar in bars)
    snares = sum(int(bar[:, [SNARE, STICK, GHOST]].sum()) for bar in bars)
    return "tom fill" if toms > snares else "snare fill" if snares > 4 * len(bars) else "short fill"
