"""What a clip's verbs begin with: the notes that are there, and how much of them is still there afterwards.

Conventions: a seed are the musician's notes. They are never put on the grid: only what is written anew lies there.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise

from bandmate.song.errors import RequestError
from bandmate.song.evidence import Evidence
from bandmate.stages.compose.passage import Passage, Tone

SAME_TICKS = 120
"""Within a 1/32 a note of that pitch is still the same."""

QUOTE = 3
"""Notes in a row with the same steps and the same rhythm that make a quotation."""

EVEN_TICKS = 160


def share_of_seed(seed: Sequence[Tone], tones: Sequence[Tone]) -> float:
    """How many of the seed's notes are still there: on their pitch, within a 1/32 of their place; 0 to 1.

    A seed without notes is there as a whole.
    """
    if not seed:
        return 1.0
    starts: dict[int, list[int]] = {}
    for tone in sorted(tones):
        starts.setdefault(tone.pitch, []).append(tone.start_ticks)
    kept = 0
    for tone in sorted(seed):
        row = starts.get(tone.pitch, [])
        at = bisect_left(row, tone.start_ticks - SAME_TICKS)
        if at < len(row) and row[at] <= tone.start_ticks + SAME_TICKS:
            row.pop(at)
            kept += 1
    return kept / len(seed)


def share_quoted(seed: Sequence[Tone], tones: Sequence[Tone]) -> float:
    """Share of notes that lie in figures of the seed: three notes with its rhythm, and its direction of each step.

    Moved figures count, and those bent to a chord do; 0 where either has fewer than three notes.
    """
    known = {figure for figure in figures_of(seed) if figure is not None}
    inside: set[int] = set()
    for at, figure in enumerate(figures_of(tones)):
        if figure in known:
            inside.update(range(at, at + QUOTE))
    return len(inside) / len(tones) if tones else 0.0


def figures_of(tones: Sequence[Tone]) -> list[tuple[int, ...]]:
    """Of every note with the next ones: times between them in sixths of a quarter, and whether it goes up or down."""
    row = sorted(tones)
    found = []
    for at in range(len(row) - QUOTE + 1):
        part = row[at : at + QUOTE]
        times = [round((two.start_ticks - one.start_ticks) / EVEN_TICKS) for one, two in pairwise(part)]
        turns = [(two.pitch > one.pitch) - (two.pitch < one.pitch) for one, two in pairwise(part)]
        found.append((*times, *turns))
    return found


def kept_evidence(seed: Sequence[Tone], tones: Sequence[Tone]) -> Evidence:
    """The share of the seed's notes that was kept."""
    return Evidence(what="notes of the seed kept", unit="share", after=round(share_of_seed(seed, tones), 3))


def quoted_evidence(seed: Sequence[Tone], tones: Sequence[Tone]) -> Evidence:
    """The share of notes in figures of the seed."""
    return Evidence(what="notes in figures of the seed", unit="share", after=round(share_quoted(seed, tones), 3))


def spoken(passage: Passage) -> str:
    """``bar 3`` or ``bars 3 to 6``."""
    first, last = passage.bars[0].number, passage.bars[-1].number
    return f"bar {first}" if first == last else f"bars {first} to {last}"


def seed_inside(passage: Passage, deed: str) -> tuple[Tone, ...]:
    """What the part plays in the bars, to be changed.

    Raises
    ------
    RequestError
        where it plays nothing there.
    """
    if not passage.bars:
        raise RequestError(f"there are no bars to {deed}; ask for one at least")
    found = tuple(sorted(passage.inside()))
    if not found:
        raise RequestError(f"the part is empty in {spoken(passage)}; there is nothing to {deed}: choose other bars")
    return found
