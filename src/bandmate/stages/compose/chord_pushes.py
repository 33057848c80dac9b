"""Chords pushed: played half a pulse before the beat that they belong to, as many as the dial of syncopation asks for.

Conventions: below ``FIRST`` of the dial nothing is pushed; at 1 most chords that may be are. The first chord of the
bars, pinned chords and those right behind them stay where they are. A push is an eighth where one taps quarters or
dotted quarters.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from msgspec.structs import replace

from bandmate.song.harmony import Chord
from bandmate.stages.compose.chord_slots import pins_of
from bandmate.stages.compose.chord_walk import ChordGround

FIRST, MOST = 0.4, 0.85
SHORTEST_TICKS = 480


def pushed(ground: ChordGround, chords: Sequence[Chord], rng: Random) -> tuple[Chord, ...]:
    """The chords with some of them early."""
    dial = ground.brief.dials.syncopation
    if dial is None or dial <= FIRST:
        return tuple(chords)
    passage = ground.passage
    pinned = {pin.at_ticks for pin in pins_of(passage, ground.brief)}
    may = []
    for number in range(1, len(chords)):
        bar, chord, before = passage.bar_at(chords[number].start_ticks), chords[number], chords[number - 1]
        early = push_ticks(bar.pulse_ticks, bar.beat_ticks)
        on_pulse = (chord.start_ticks - bar.start_ticks) % bar.beat_ticks == 0
        if {chord.start_ticks, before.start_ticks} & pinned or before.length_ticks < early + SHORTEST_TICKS:
            continue
        if on_pulse:
            may.append(number)
    share = (dial - FIRST) / (1 - FIRST)
    count = min(len(may), max(1, round(MOST * share * len(may))))
    # subtle: the strongest beats come first, so that more of the dial is more of the weight, whatever is drawn.
    order = sorted(may, key=lambda number: (strength(ground, chords[number]), rng.random()))
    found = list(chords)
    for number in sorted(order[:count]):
        bar = passage.bar_at(found[number].start_ticks)
        early = push_ticks(bar.pulse_ticks, bar.beat_ticks)
        one, before = found[number], found[number - 1]
        found[number - 1] = replace(before, length_ticks=before.length_ticks - early)
        found[number] = replace(one, start_ticks=one.start_ticks - early, length_ticks=one.length_ticks + early)
    return tuple(found)


def push_ticks(pulse: int, beat: int) -> int:
    """How early: half a pulse, or a beat where the pulse has three."""
    return beat if pulse != beat else pulse // 2


def strength(ground: ChordGround, chord: Chord) -> int:
    """0 for the beginning of a bar, 1 for anywhere else."""
    return int(chord.start_ticks != ground.passage.bar_at(chord.start_ticks).start_ticks)
