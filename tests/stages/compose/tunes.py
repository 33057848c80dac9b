"""Passages for the tests of melodies: chords in a row, any meter and key, and a tune to begin with."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from bandmate.song.chord_tones import symbol_from
from bandmate.song.harmony import Chord, Key
from bandmate.song.scales import key_from
from bandmate.stages.compose.passage import Bar, Part, Passage, Tone

METERS = ((4, 4), (3, 4), (6, 8), (7, 8), (5, 8), (5, 4), (2, 2), (12, 8))
TUNE = ((0, 67, 480), (480, 69, 480), (960, 71, 960), (1920, 74, 1440), (3840, 72, 480), (4320, 71, 480),
        (4800, 69, 960), (5760, 67, 1440))  # fmt: skip


def tune(at: int = 0, *, uneven: int = 0) -> tuple[Tone, ...]:
    """Two bars of a tune in G; ``uneven`` is how many ticks late its notes may be."""
    rng = Random(5)
    return tuple(
        Tone(at + start + rng.randint(0, uneven), length - uneven - 10, pitch, 80) for start, pitch, length in TUNE
    )


def passage(
    symbols: Sequence[str | None] = ("G", "D", "Em", "C"),
    key: str = "G",
    meter: tuple[int, int] = (4, 4),
    *,
    bpm: float = 110.0,
    own: Sequence[Tone] = (),
    first: int = 1,
    last: int | None = None,
    then: str = "",
    parts: Sequence[Part] = (),
) -> Passage:
    """One chord a bar (None: none); from the third bar on the key ``then``, if it is given."""
    length = meter[0] * 3840 // meter[1]
    keys: list[Key] = [key_from(then if then and number >= 2 else key) for number in range(len(symbols))]
    bars = tuple(Bar(number + 1, number * length, *meter, keys[number]) for number in range(len(symbols)))
    chords = []
    for number, text in enumerate(symbols):
        if text is not None:
            symbol = symbol_from(text)
            chords.append(
                Chord(
                    id=f"c{number}",
                    start_ticks=number * length,
                    length_ticks=length,
                    root=symbol.root,
                    quality=symbol.quality,
                    bass=symbol.bass,
                )
            )
    return Passage(bars[first - 1 : last or len(bars)], bars, bpm, tuple(chords), tuple(parts), tuple(sorted(own)))


def roll(tones: Sequence[Tone]) -> list[tuple[int, int]]:
    """Place and pitch of each note."""
    return [(tone.start_ticks, tone.pitch) for tone in tones]


def holds_the_laws(where: Passage, tones: Sequence[Tone], low: int = 0, high: int = 127) -> None:
    """Inside the bars, in order, in range, and no note over another of its pitch."""
    assert list(tones) == sorted(tones)
    sounding: dict[int, int] = {}
    for tone in tones:
        assert where.start_ticks <= tone.start_ticks and tone.end_ticks <= where.end_ticks
        assert tone.length_ticks >= 1 and 1 <= tone.velocity <= 127
        assert low <= tone.pitch <= high
        assert sounding.get(tone.pitch, 0) <= tone.start_ticks
        sounding[tone.pitch] = tone.end_ticks
