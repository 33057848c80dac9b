"""Notes that must be there, checked: each inside the bars, within the range, and none over another of its pitch."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from bandmate.song.errors import RequestError
from bandmate.stages.compose.brief import ComposeBrief, NotePin
from bandmate.stages.compose.melody_ground import Reach
from bandmate.stages.compose.passage import Bar, Passage, Tone

PIN_VELOCITY = 96


def pins_of(passage: Passage, brief: ComposeBrief, reach: Reach) -> tuple[Tone, ...]:
    """The pinned notes as tones, in the order of their starts.

    Raises
    ------
    RequestError
        for a pin outside of the bars or the range, of no length, or over another of its pitch.
    """
    found = sorted(pin_tone(pin, passage, reach) for pin in brief.note_pins)
    by_pitch = sorted(found, key=lambda tone: (tone.pitch, tone.start_ticks))
    for one, two in pairwise(by_pitch):
        if one.pitch == two.pitch and two.start_ticks < one.end_ticks:
            bar = passage.bar_at(two.start_ticks).number
            raise RequestError(f"two pinned notes of pitch {two.pitch} overlap in bar {bar}; move or shorten one")
    return tuple(found)


def pin_tone(pin: NotePin, passage: Passage, reach: Reach) -> Tone:
    """One pinned note."""
    bar = bar_of(pin.bar, passage.bars)
    beats = bar.length_ticks / bar.beat_ticks
    if not 1 <= pin.beat < beats + 1:
        raise RequestError(
            f"bar {pin.bar} has no beat {pin.beat:g}; it is in {bar.numerator}/{bar.denominator}, beats 1 to {beats:g}"
        )
    start = bar.start_ticks + round((pin.beat - 1) * bar.beat_ticks)
    length = round(pin.beats * bar.beat_ticks)
    if length < 1:
        raise RequestError(f"the pinned note in bar {pin.bar} is {pin.beats:g} beats long; give it a length above 0")
    if start + length > passage.end_ticks:
        raise RequestError(
            f"the pinned note in bar {pin.bar} reaches beyond bar {passage.bars[-1].number}, the last one; shorten it"
        )
    if not reach.lowest <= pin.pitch <= reach.highest:
        raise RequestError(
            f"pinned pitch {pin.pitch} in bar {pin.bar} is out of range, {reach.lowest} to {reach.highest}; "
            "choose another pitch or another instrument"
        )
    return Tone(start, length, pin.pitch, PIN_VELOCITY)


def bar_of(number: int, bars: Sequence[Bar]) -> Bar:
    """The bar of that number among those asked for."""
    found = next((bar for bar in bars if bar.number == number), None)
    if found is None:
        raise RequestError(
            f"a note is pinned in bar {number}, but the bars asked for are {bars[0].number} to {bars[-1].number}"
        )
    return found


def is_free(start_ticks: int, pins: Sequence[Tone]) -> bool:
    """Whether a note may begin there: not within a pinned one, nor a 1/64 before it."""
    return all(not pin.start_ticks - 60 <= start_ticks < pin.end_ticks for pin in pins)
