"""Passages for tests of chords: empty bars, bars with chords, bars with a tune."""

from __future__ import annotations

from dataclasses import replace

from bandmate.song.chord_tones import symbol_from
from bandmate.song.harmony import Chord, Key
from bandmate.song.scales import key_from
from bandmate.stages.compose.passage import Bar, Part, Passage, Tone


def empty(
    key: str | Key = "C",
    bars: int = 8,
    meter: tuple[int, int] = (4, 4),
    *,
    first: int = 1,
    total: int | None = None,
    section: str = "",
    bpm: float = 110.0,
) -> Passage:
    """Bars without anything in them."""
    home = key_from(key) if isinstance(key, str) else key
    length = meter[0] * 3840 // meter[1]
    count = max(total or 0, first + bars - 1)
    every = tuple(
        Bar(n, (n - 1) * length, *meter, home, "s" if section else "", section, n, count if section else 0)
        for n in range(1, count + 1)
    )
    return Passage(every[first - 1 : first - 1 + bars], every, bpm)


def with_chords(passage: Passage, text: str) -> Passage:
    """Chords from the first bar of the song on, one word a bar; a comma parts a bar."""
    found = []
    for bar, word in zip(passage.all_bars, text.split(), strict=False):
        names = word.split(",")
        for number, name in enumerate(names):
            symbol, length = symbol_from(name), bar.length_ticks // len(names)
            found.append(
                Chord(
                    id=f"c{bar.number}-{number}",
                    start_ticks=bar.start_ticks + number * length,
                    length_ticks=length,
                    root=symbol.root,
                    quality=symbol.quality,
                    bass=symbol.bass,
                )
            )
    return replace(passage, chords=tuple(found))


def with_tune(passage: Passage, pitches: list[int], length: int = 1920) -> Passage:
    """Notes of a voice, one behind the other from the first bar of the song on."""
    tones = tuple(Tone(number * length, length, pitch) for number, pitch in enumerate(pitches))
    return replace(passage, parts=(Part("voice", "voice", "lead-vox", 53, False, tones),))
