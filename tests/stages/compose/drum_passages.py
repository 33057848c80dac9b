"""Passages for tests of drums."""

from __future__ import annotations

from bandmate.song.harmony import Key
from bandmate.stages.compose.passage import Bar, Part, Passage, Tone

KEY = Key(tonic=0, mode="major")


def bars_of(count: int, numerator: int = 4, denominator: int = 4, *, sections: bool = True) -> tuple[Bar, ...]:
    """Bars, four to a section."""
    found: list[Bar] = []
    for number in range(count):
        start = found[-1].end_ticks if found else 0
        name = ("verse", "chorus")[number // 4 % 2]
        place = (f"s{number // 4}", name, number % 4 + 1, 4) if sections else ("", "", number + 1, 0)
        found.append(Bar(number + 1, start, numerator, denominator, KEY, *place))
    return tuple(found)


def passage(
    count: int = 8,
    meter: tuple[int, int] = (4, 4),
    *,
    asked: slice = slice(None),
    bpm: float = 110.0,
    own: tuple[Tone, ...] = (),
    parts: tuple[Part, ...] = (),
    sections: bool = True,
) -> Passage:
    """Some bars of a song."""
    bars = bars_of(count, *meter, sections=sections)
    return Passage(bars[asked], bars, bpm, parts=parts, own=own)
