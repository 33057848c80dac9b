"""Lead sheets of OpenEWLD in stretches of eight bars, with the chords and the tunes that people wrote to them.

Conventions: places are on a grid of 1/24 of a quarter note. Sheets with a change of meter are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from bandmate.learn.folds import Fold
from bandmate.song.harmony import Chord, Key
from bandmate.stages.compose.passage import Bar, Passage, Tone
from training.compose.works import scores

BARS = 8
KINDS = {
    "major": "", "minor": "m", "dominant": "7", "major-seventh": "maj7", "minor-seventh": "m7", "diminished": "dim",
    "diminished-seventh": "dim7", "half-diminished": "m7b5", "augmented": "aug", "suspended-fourth": "sus4",
    "suspended-second": "sus2", "major-sixth": "6", "minor-sixth": "m6", "dominant-ninth": "9", "major-ninth": "maj9",
    "minor-ninth": "m9", "power": "5", "augmented-seventh": "aug7", "dominant-13th": "13", "dominant-11th": "11",
    "major-minor": "m(maj7)", "minor-11th": "m11", "major-13th": "maj13",
}  # fmt: skip
"""Kinds of chords by their MusicXML names."""


def ticks(quarters: float) -> int:
    """Quarter notes in ticks, on the grid of 1/24 of a quarter."""
    return round(quarters * 24) * 40


def chords_of(row: dict[str, Any], end: int) -> tuple[Chord, ...]:
    """The chords of a lead sheet, each until the next one; two at one place: the later counts."""
    placed = {ticks(start): (root, KINDS.get(kind)) for start, root, kind, _ in row["chords"]}
    starts = sorted(placed)
    found = []
    for number, (start, stop) in enumerate(pairwise([*starts, max(end, starts[-1] + 960 if starts else 0)])):
        root, quality = placed[start]
        if quality is not None and stop > start:
            found.append(
                Chord(id=f"c{number}", start_ticks=start, length_ticks=stop - start, root=root, quality=quality)
            )
    return tuple(found)


def key_of(row: dict[str, Any]) -> Key:
    """The key that is written first; C major without one."""
    fifths, mode = (row["key"][0][1], row["key"][0][2]) if row["key"] else (0, "major")
    tonic = fifths * 7 + (9 if mode == "minor" else 0)
    return Key(tonic=tonic % 12, mode="minor" if mode == "minor" else "major")


def sheet(row: dict[str, Any]) -> Passage | None:
    """A lead sheet as a passage of all its full bars; None where there is no meter, no chord or no tune."""
    if not row["timesig"] or not row["chords"] or len(row["timesig"]) > 1 or not row["parts"][0]["notes"]:
        return None
    numerator, denominator = (int(sign) for sign in row["timesig"][0][1:])
    length = numerator * 3840 // denominator
    starts = [ticks(start) for start in row["measures"]]
    full = [start for start, stop in pairwise(starts) if stop - start == length]
    first = full[0] if full else 0
    key = key_of(row)
    bars: list[Bar] = []
    while len(bars) < len(full) and first + len(bars) * length in full:
        bars.append(Bar(len(bars) + 1, first + len(bars) * length, numerator, denominator, key))
    if len(bars) < BARS:
        return None
    tones = tuple(Tone(ticks(at), max(40, ticks(long)), pitch) for at, long, pitch in row["parts"][0]["notes"])
    chords = chords_of(row, bars[-1].end_ticks)
    return Passage(tuple(bars), tuple(bars), 100.0, chords, (), tones)


def stretches(fold: Fold) -> Iterator[tuple[str, Passage]]:
    """Eight bars after eight bars of every lead sheet of a fold that have chords in every bar and a tune in most."""
    for work in scores("openewld"):
        whole = sheet(work.content) if work.fold == fold else None
        for at in range(0, len(whole.bars) - BARS + 1, BARS) if whole else ():
            assert whole is not None
            bars = whole.bars[at : at + BARS]
            part = Passage(bars, whole.all_bars, 100.0, whole.chords, (), whole.own)
            tuneful = sum(any(b.start_ticks <= t.start_ticks < b.end_ticks for t in part.inside()) for b in bars)
            if tuneful >= BARS - 1 and all(part.chord_at(bar.start_ticks) for bar in bars):
                yield f"{work.title} {at + 1}", part


def quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    """First quartile, median, third quartile; of no values three zeros."""
    row = sorted(values) or [0.0]
    first, middle, third = (row[min(len(row) - 1, int(share * len(row)))] for share in (0.25, 0.5, 0.75))
    return first, middle, third
