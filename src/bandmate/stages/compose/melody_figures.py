"""What is measured on a tune to tell whether it is like those that people write, and where theirs lie.

Conventions: "strong" are the first beat of a bar and, where a bar has an even number of beats, the one in the middle.
A bar was heard before when an earlier bar has the same places (and pitches).

References
----------
Quartiles: 1,199 stretches of eight bars of the lead sheets of OpenEWLD that teach.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from math import log2

from bandmate.song.scales import scale_of
from bandmate.stages.compose.passage import Bar, Passage, Tone

HUMAN: dict[str, tuple[float, float]] = {
    "in chord": (0.632, 0.810),
    "in chord on strong beats": (0.667, 0.917),
    "pitch-class entropy": (2.355, 2.753),
    "rhythm heard before": (0.286, 0.571),
    "bar heard before": (0.0, 0.125),
    "notes in a bar": (2.25, 3.75),
    "steps": (0.385, 0.629),
    "same pitch": (0.042, 0.250),
    "leaps": (0.059, 0.208),
    "span": (10, 14),
    "off the scale": (0.0, 0.118),
}
"""First and third quartile of what people write."""


def is_strong(bar: Bar, ticks: int) -> bool:
    """Whether a place is the first beat of a bar or the one in its middle."""
    place = ticks - bar.start_ticks
    return place == 0 or (bar.numerator % 2 == 0 and place * 2 == bar.length_ticks)


def figures(passage: Passage, tones: Sequence[Tone]) -> dict[str, float]:
    """What is measured on a tune; shares are 0 where there is nothing to count."""
    placed = [(tone, passage.bar_at(tone.start_ticks), passage.classes_at(tone.start_ticks)) for tone in tones]
    inside = [
        (is_strong(bar, t.start_ticks), t.length_ticks, t.pitch % 12 in chord) for t, bar, chord in placed if chord
    ]
    steps = [abs(two.pitch - one.pitch) for one, two in pairwise(tones)]
    return {
        "in chord": mean([known for _, _, known in inside]),
        "in chord by length": sum(ticks * known for _, ticks, known in inside) / max(1, sum(row[1] for row in inside)),
        "in chord on strong beats": mean([known for strong, _, known in inside if strong]),
        "pitch-class entropy": entropy(tones),
        **repeated(passage, tones),
        "notes in a bar": len(tones) / len(passage.bars),
        "steps": mean([0 < step <= 2 for step in steps]),
        "same pitch": mean([step == 0 for step in steps]),
        "leaps": mean([step > 4 for step in steps]),
        "span": max(t.pitch for t in tones) - min(t.pitch for t in tones) if tones else 0,
        "off the scale": mean([tone.pitch % 12 not in scale_of(bar.key) for tone, bar, _ in placed]),
    }


def entropy(tones: Sequence[Tone]) -> float:
    """Of the pitch classes, in bits; 0 for none."""
    counts = Counter(tone.pitch % 12 for tone in tones)
    shares = [count / len(tones) for count in counts.values()]
    return -sum(share * log2(share) for share in shares)


def repeated(passage: Passage, tones: Sequence[Tone]) -> dict[str, float]:
    """Share of bars whose rhythm, and whose rhythm and pitches, were there before; bars without a note do not count."""
    rhythms: list[tuple[int, ...]] = []
    lines: list[tuple[tuple[int, int], ...]] = []
    for bar in passage.bars:
        own = [tone for tone in tones if bar.start_ticks <= tone.start_ticks < bar.end_ticks]
        if own:
            rhythms.append(tuple(tone.start_ticks - bar.start_ticks for tone in own))
            lines.append(tuple((tone.start_ticks - bar.start_ticks, tone.pitch) for tone in own))
    return {
        "rhythm heard before": mean([item in rhythms[:at] for at, item in enumerate(rhythms)]),
        "bar heard before": mean([item in lines[:at] for at, item in enumerate(lines)]),
    }


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def strangeness(found: dict[str, float], skip: Sequence[str] = ()) -> float:
    """How far a tune lies outside of what half of all people's tunes do: 0 for inside in everything."""
    total = 0.0
    for name, (low, high) in HUMAN.items():
        if name not in skip:
            total += max(0.0, low - found[name], found[name] - high) / (high - low)
    return total
