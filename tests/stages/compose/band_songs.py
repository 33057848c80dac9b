"""Songs of some bars with chords, for the tests of what a band plays."""

from __future__ import annotations

from dataclasses import replace

from bandmate.song.chord_tones import symbol_from
from bandmate.song.harmony import Chord, Key, KeyChange, Section
from bandmate.song.song import Song
from bandmate.song.time import MeterMap, MeterPoint, TempoMap, TempoPoint
from bandmate.stages.compose.passage import Part, Passage, Tone

METERS = ((4, 4), (3, 4), (6, 8), (7, 8), (5, 4), (5, 8), (2, 4), (12, 8), (1, 4), (2, 2))
CHORDS = ("Am7", "D7/F#", "G", "Cmaj7", "F", "Bm7b5", "E7", "Am")


def chord_song(meter: tuple[int, int] = (4, 4), bars: int = 8, bpm: float = 110.0) -> Song:
    """A chord for every bar, two sections, and a change of key in bar 5."""
    length = meter[0] * 3840 // meter[1]
    chords = tuple(
        Chord(id=f"c{number}", start_ticks=number * length, length_ticks=length,
              **symbol_from(CHORDS[number % len(CHORDS)])._asdict())
        for number in range(bars)
    )  # fmt: skip
    half = max(1, bars // 2)
    sections = (
        Section(id="v", name="verse", start_bar=1, bars=half),
        Section(id="c", name="chorus", start_bar=half + 1, bars=max(1, bars - half)),
    )
    return Song(
        meters=MeterMap(points=(MeterPoint(id="m", at_bar=1, numerator=meter[0], denominator=meter[1]),)),
        tempo=TempoMap(points=(TempoPoint(id="t", at_ticks=0, bpm=bpm),)),
        key=Key(tonic=9, mode="minor"),
        key_changes=(KeyChange(id="k", at_bar=5, tonic=0),),
        sections=sections,
        chords=chords,
    )


def with_drums(passage: Passage) -> Passage:
    """A straight beat with a pushed kick, in every bar of the song."""
    tones = []
    for bar in passage.all_bars:
        for place, piece in ((0, 36), (960, 38), (1680, 36), (2400, 36), (2880, 38)):
            if place < bar.length_ticks:
                tones.append(Tone(bar.start_ticks + place, 100, piece, 100))
        tones += [Tone(bar.start_ticks + place, 60, 42, 70) for place in range(0, bar.length_ticks, 480)]
    return replace(passage, parts=(*passage.parts, Part("drums", "drums", "drums", 0, True, tuple(sorted(tones)))))
