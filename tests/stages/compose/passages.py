"""Passages and tunes that tests of the compose stage are made on."""

from __future__ import annotations

import random

from bandmate.song.chord_tones import symbol_from
from bandmate.song.harmony import Chord, Key
from bandmate.stages.compose.passage import Bar, Passage, Tone

METERS = ((4, 4), (3, 4), (6, 8), (5, 8), (7, 8), (5, 4))


def chord_row(symbols: str, bar_ticks: int, bars: int, start: int = 0) -> tuple[Chord, ...]:
    """A symbol for each bar, over and over."""
    words = symbols.split()
    found = []
    for at in range(bars if words else 0):
        symbol = symbol_from(words[at % len(words)])
        found.append(
            Chord(
                id=f"h{at + 1}",
                start_ticks=start + at * bar_ticks,
                length_ticks=bar_ticks,
                root=symbol.root,
                quality=symbol.quality,
                bass=symbol.bass,
            )
        )
    return tuple(found)


def passage_with(
    symbols: str = "C G Am F",
    bars: int = 8,
    meter: tuple[int, int] = (4, 4),
    key: Key | None = None,
    bpm: float = 110.0,
    first_bar: int = 1,
) -> Passage:
    """Bars in one meter and key, with chords all over them."""
    key = key or Key(tonic=0, mode="major")
    length = meter[0] * 3840 // meter[1]
    every = tuple(Bar(number + 1, number * length, *meter, key) for number in range(bars + first_bar - 1))
    chords = chord_row(symbols, length, len(every))
    return Passage(every[first_bar - 1 :], every, bpm, chords)


def tune(passage: Passage, seed: int = 1, step: int = 480, low: int = 60, high: int = 72) -> tuple[Tone, ...]:
    """A walk in the key over a passage, with rests and long notes."""
    rng = random.Random(seed)
    white = [pitch for pitch in range(low, high + 1) if (pitch - passage.key.tonic) % 12 in (0, 2, 4, 5, 7, 9, 11)]
    place, at, tones = rng.randrange(len(white)), passage.start_ticks, []
    while at < passage.end_ticks:
        long = min(step * rng.choice((1, 1, 1, 2, 3)), passage.end_ticks - at)
        place = min(max(0, place + rng.choice((-2, -1, -1, 0, 1, 1, 2))), len(white) - 1)
        if rng.random() < 0.9:
            tones.append(Tone(at, long, white[place], 84 + rng.randrange(20)))
        at += long
    return tuple(tones) or (Tone(passage.start_ticks, step, white[0]),)


def beat(passage: Passage, seed: int = 1) -> tuple[Tone, ...]:
    """Kick, snare and hats of a simple beat, with a few other strokes."""
    rng = random.Random(seed)
    tones = []
    for bar in passage.bars:
        for place in range(0, bar.length_ticks, 480):
            tones.append(Tone(bar.start_ticks + place, 120, 42, 70 + rng.randrange(20)))
            if place % 1920 == 0 or rng.random() < 0.12:
                tones.append(Tone(bar.start_ticks + place, 120, 36, 100))
            elif place % 960 == 0:
                tones.append(Tone(bar.start_ticks + place, 120, 38, 104))
    return tuple(sorted(tones))


def strummed(passage: Passage, seed: int = 1) -> tuple[Tone, ...]:
    """The chords of a passage, struck twice a bar."""
    rng = random.Random(seed)
    tones = []
    for bar in passage.bars:
        for place in (0, bar.length_ticks // bar.numerator * (bar.numerator // 2)):
            classes = passage.classes_at(bar.start_ticks + place) or (passage.key.tonic, (passage.key.tonic + 7) % 12)
            pitches = {52 + (one - 52) % 12 for one in classes} | {60 + (classes[0] - 60) % 12}
            long = bar.length_ticks // 2 - 60 * rng.randrange(3)
            tones += [Tone(bar.start_ticks + place, long, pitch, 80) for pitch in pitches]
    return tuple(sorted(tones))
