"""Progressions in words: numerals, and what sets one alternative apart from the others.

Conventions: a progression that comes back is written once with how often it comes; a long one is cut after
``MOST`` numerals.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from bandmate.song.chord_tones import chord_classes, tones_of
from bandmate.song.harmony import Chord
from bandmate.song.notes import PITCH_NAMES
from bandmate.song.roman import romans
from bandmate.song.scales import scale_of
from bandmate.stages.compose.measures_tonal import FIFTHS, chord_strain, degrees_in, dissonance
from bandmate.stages.compose.passage import Passage

MOST = 10
DASH = "–"


def numerals_of(chords: Sequence[Chord], passage: Passage) -> list[str]:
    """The numeral of each chord, in the key that holds where it begins."""
    out: list[str] = []
    keyed = [(passage.bar_at(chord.start_ticks).key, chord) for chord in chords]
    for key, group in groupby(keyed, key=lambda one: one[0]):
        out += romans([chord for _, chord in group], key)
    return out


def numerals(chords: Sequence[Chord], passage: Passage) -> str:
    """The progression in numerals: ``I–V–vi–IV (2×)``; with a change of key ``I–V in C, I–IV in D``."""
    keyed = [(passage.bar_at(chord.start_ticks).key, chord) for chord in chords]
    groups = [(key, [chord for _, chord in group]) for key, group in groupby(keyed, key=lambda one: one[0])]
    if len(groups) == 1:
        return in_short(romans(groups[0][1], groups[0][0]))
    return ", ".join(f"{in_short(romans(group, key))} in {PITCH_NAMES[key.tonic]}" for key, group in groups)


def in_short(row: Sequence[str]) -> str:
    """A row of numerals, what comes back once."""
    for length in range(1, min(MOST, len(row) // 2) + 1):
        if len(row) % length == 0 and list(row) == list(row[:length]) * (len(row) // length) and length > 1:
            return f"{DASH.join(row[:length])} ({len(row) // length}×)"
    return DASH.join(row[:MOST]) + ("…" if len(row) > MOST else "")


def features(chords: Sequence[Chord], passage: Passage) -> dict[str, float]:
    """Figures that alternatives are told apart by."""
    keys = [passage.bar_at(chord.start_ticks).key for chord in chords]
    time = sum(chord.length_ticks for chord in chords)
    out = {"changes": len(chords) / len(passage.bars)}
    out["sevenths"] = sum(c.length_ticks for c in chords if len(tones_of(c.quality)) > 3) / time
    out["slashes"] = sum(c.bass is not None for c in chords) / len(chords)
    outside = tension = bright = 0.0
    for chord, key in zip(chords, keys, strict=True):
        classes = chord_classes(chord)
        degrees = degrees_in(classes, key)
        share = chord.length_ticks / time
        outside += share * any(one not in scale_of(key) for one in classes)
        tension += share * (chord_strain(degrees, key.mode) + dissonance(tuple(sorted(degrees))))
        bright += share * sum(FIFTHS[one] for one in degrees) / len(degrees)
    row = numerals_of(chords, passage)
    out.update(outside=outside, tension=tension, bright=bright, kinds=len(set(row)) / len(row))
    return out


WORDS = {
    "changes": ("more changes", "fewer changes", 0.24),
    "sevenths": ("more sevenths", "plainer chords", 0.24),
    "slashes": ("other basses", "", 0.2),
    "outside": ("more from outside the key", "stays in the key", 0.12),
    "tension": ("tenser", "calmer", 0.12),
    "bright": ("brighter", "darker", 0.35),
    "kinds": ("does not come back", "comes back more", 0.2),
}
"""For each figure what more and less of it is called, and the least difference that is worth a word."""


def differences(progressions: Sequence[Sequence[Chord]], passage: Passage) -> list[str]:
    """Of each progression its numerals and what sets it apart from the first (of the first: from all others)."""
    found = [features(chords, passage) for chords in progressions]
    says: list[str] = []
    for number, own in enumerate(found):
        others = found[1:] if number == 0 else found[:1]
        words = apart(own, others) + endings(progressions[number], passage, progressions[0] if number else None)
        row = numerals(progressions[number], passage)
        if any(said.split(";")[0] == row for said in says):
            words.insert(0, "the same at other places")
        extra = f"; {', '.join(words[:3])}" if words else ""
        says.append(row + extra)
    return says


def apart(own: dict[str, float], others: Sequence[dict[str, float]]) -> list[str]:
    """The words whose figures differ most."""
    ranked = []
    for name, (more, less, least) in WORDS.items():
        if others:
            gap = own[name] - sum(other[name] for other in others) / len(others)
            word = more if gap > 0 else less
            if abs(gap) >= least and word:
                ranked.append((-abs(gap) / least, word))
    return [word for _, word in sorted(ranked)][:2]


def endings(chords: Sequence[Chord], passage: Passage, first: Sequence[Chord] | None) -> list[str]:
    """Where it begins and ends, if the first alternative does so elsewhere."""
    own = numerals_of(chords, passage)
    if first is None:
        return []
    other, found = numerals_of(first, passage), []
    if own[0] != other[0]:
        found.append(f"starts on {own[0]}")
    if own[-1] != other[-1]:
        found.append(f"ends on {own[-1]}")
    return found
