"""An idea: one alternative of what could be written, and how far two of them are apart."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

from bandmate.song.evidence import Evidence
from bandmate.song.harmony import Chord
from bandmate.stages.compose.passage import Tone

CHORD_TICKS = 480
"""Chords are compared at every eighth."""

SAME_ONSET_TICKS = 60
"""Within a 1/64 two notes begin together."""


@dataclass(frozen=True, slots=True)
class Idea:
    """One alternative: notes, chords or both, inside the bars asked for.

    ``says`` is what sets it apart, in a few words (``busier, ends high``); ``nats`` is what the model pays for a note
    (or a chord) of it, the lower the more usual; ``models`` names what it came from, with versions.
    """

    tones: tuple[Tone, ...] = ()
    chords: tuple[Chord, ...] = ()
    says: str = ""
    nats: float | None = None
    evidence: tuple[Evidence, ...] = ()
    models: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    """What the musician should know: a reason for a substitution, a wish that could not be met."""

    voices: tuple[tuple[Tone, ...], ...] = ()
    """For harmony in parts: the notes of each voice, highest first, the given melody among them as it is; ``tones`` are
    those that are new, all voices together. Empty for everything else."""


def distance(one: Idea, other: Idea) -> float:
    """How different two ideas are: 0 for the same notes (or chords), 1 for nothing in common.

    Notes count as common when they begin together on the same pitch; those that share only their place count half
    as much as those that share both. Velocity and length do not count. Of chords the shared pitch classes count.
    """
    parts = []
    if one.tones or other.tones:
        parts.append(tone_distance(one.tones, other.tones))
    if one.chords or other.chords:
        parts.append(chord_distance(one.chords, other.chords))
    return sum(parts) / len(parts) if parts else 0.0


def tone_distance(one: tuple[Tone, ...], other: tuple[Tone, ...]) -> float:
    """Distance of two rows of notes, 0 to 1: the mean over places alone, and over places with their pitches."""
    if not one or not other:
        return float(bool(one) != bool(other))
    places = [{round(tone.start_ticks / SAME_ONSET_TICKS) for tone in tones} for tones in (one, other)]
    pitched = [{(round(tone.start_ticks / SAME_ONSET_TICKS), tone.pitch) for tone in tones} for tones in (one, other)]
    return (overlap_distance(*places) + overlap_distance(*pitched)) / 2


def overlap_distance(one: Set[object], other: Set[object]) -> float:
    """One minus the share that two sets have in common."""
    return 1 - len(one & other) / max(1, len(one | other))


def chord_distance(one: tuple[Chord, ...], other: tuple[Chord, ...]) -> float:
    """Distance of two progressions, 0 to 1, at every eighth that either has a chord at."""
    from bandmate.song.chord_tones import chord_classes

    def at_eighths(chords: tuple[Chord, ...]) -> dict[int, set[int]]:
        return {
            place: set(chord_classes(chord))
            for chord in chords
            for place in range(
                chord.start_ticks // CHORD_TICKS, -(-(chord.start_ticks + chord.length_ticks) // CHORD_TICKS)
            )
        }

    first, second = at_eighths(one), at_eighths(other)
    places = set(first) | set(second)
    shares = [
        1
        - len(first.get(at, set()) & second.get(at, set())) / max(1, len(first.get(at, set()) | second.get(at, set())))
        for at in places
    ]
    return sum(shares) / max(1, len(shares))
