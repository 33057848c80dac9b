"""Syllables as rhythm: a note for each, the stressed ones where the bar is strong.

Conventions: a stressed syllable begins with ``'``. Places are drawn like rhythms (``melody_rhythm``), but over all bars
at once and for exactly so many notes.

References
----------
N. Temperley and D. Temperley, "Stress-meter alignment in French vocal music", JASA 134 (1), 2013, and the textbooks:
in English song stressed syllables stand on stronger places than those around them.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import numpy as np
import numpy.typing as npt

from bandmate.song.errors import RequestError
from bandmate.stages.compose.melody_ground import levels, step_of
from bandmate.stages.compose.melody_pins import is_free
from bandmate.stages.compose.passage import Passage, Tone

Reals = npt.NDArray[np.float64]
BARE = -1e9
STRESSED = (-2.6, -0.9, 0.5, 1.3, 1.6)
UNSTRESSED = (0.0, 0.5, 0.0, -1.1, -1.8)
"""Worth of a place for a syllable, by its strength from 0 to 4."""

FARTHEST = 24
"""Places from one syllable to the next, at most."""

USUAL_GAP = 2.0
"""Sixteenths from syllable to syllable that cost nothing: an eighth."""

PHRASE_SYLLABLES = 8
BREATH = 2.5


def gap_worth(sixteenths: float, usual: float) -> float:
    """Worth of the time to the next syllable; ``usual`` is what fills the bars evenly."""
    short = -1.6 if sixteenths < USUAL_GAP else 0.0
    odd = -0.5 if sixteenths % 2 else 0.0
    return float(short + odd - 1.1 * abs(np.log2(sixteenths / max(USUAL_GAP, usual))))


def is_stressed(syllable: str) -> bool:
    return syllable.startswith("'")


def places_of(passage: Passage) -> tuple[list[int], list[int]]:
    """Every place of the grid in the bars, and its strength."""
    places: list[int] = []
    strengths: list[int] = []
    for bar in passage.bars:
        step = step_of(bar, passage.bpm)
        row = levels(bar.numerator, bar.denominator, step)
        places += [bar.start_ticks + number * step for number in range(len(row))]
        strengths += row
    return places, strengths


def syllable_starts(passage: Passage, syllables: Sequence[str], pins: Sequence[Tone], rng: Random) -> list[int]:
    """Where each syllable begins, in song ticks; pinned notes are among them.

    Raises
    ------
    RequestError
        for more syllables than places, or more pinned notes than syllables.
    """
    places, strengths = places_of(passage)
    pinned = sorted({pin.start_ticks for pin in pins})
    free = [at for at, place in enumerate(places) if is_free(place, pins)]
    merged = sorted([(places[at], strengths[at]) for at in free] + [(start, 5) for start in pinned])
    if len(syllables) > len(merged) or len(pinned) > len(syllables):
        many = len(passage.bars)
        raise RequestError(
            f"{len(syllables)} syllables do not fit into {many} bar{'s' * (many > 1)} with {len(merged)} places "
            f"({len(pinned)} of them pinned); ask for more bars or for another number of syllables"
        )
    chosen = drawn_places(merged, [is_stressed(one) for one in syllables], passage, rng)
    return [merged[at][0] for at in chosen]


def drawn_places(
    merged: Sequence[tuple[int, int]], stressed: Sequence[bool], passage: Passage, rng: Random
) -> list[int]:
    """A place for each syllable, drawn backwards from the worth of everything before it."""
    size, count = len(merged), len(stressed)
    starts = np.array([place for place, _ in merged], np.float64)
    usual = (passage.end_ticks - passage.start_ticks) / 240 / count
    reach = min(size, max(FARTHEST, 2 * (-(-size // count))))
    gaps = np.full((size, size), BARE)
    blocked = np.cumsum([0, *(strength == 5 for _, strength in merged)])
    for here in range(size):
        for then in range(here + 1, min(size, here + reach + 1)):
            # subtle: a pinned place may not be jumped over.
            if blocked[then] == blocked[here + 1]:
                gaps[here, then] = gap_worth((starts[then] - starts[here]) / 240, usual)
    own = {mark: np.array([place_worth(strength, mark) for _, strength in merged]) for mark in (True, False)}
    first_pin = next((at for at, (_, strength) in enumerate(merged) if strength == 5), size)
    row = np.where(np.arange(size) <= first_pin, own[stressed[0]] + even_worth(starts, passage, 0, count), BARE)
    table = [row]
    for number in range(1, count):
        before = table[-1]
        top = before.max()
        chance = np.exp(np.maximum(before - top, -700))
        with np.errstate(divide="ignore"):
            row = np.log(np.maximum(chance @ np.exp(gaps), 1e-300)) + top
        table.append(
            np.where(row < BARE / 2, BARE, row + own[stressed[number]] + even_worth(starts, passage, number, count))
        )
    last = table[-1].copy()
    for at in range(size):
        if blocked[-1] != blocked[at + 1]:
            last[at] = BARE
    chosen = [pick(last, rng)]
    for number in range(count - 2, -1, -1):
        chosen.append(pick(table[number] + gaps[:, chosen[-1]], rng))
    return chosen[::-1]


def even_worth(starts: Reals, passage: Passage, number: int, count: int) -> Reals:
    """What each place is worth for a syllable: near to where it falls when they fill the bars evenly."""
    aim = passage.start_ticks + number / count * (passage.end_ticks - passage.start_ticks) * 0.94
    return np.asarray(-0.5 * ((starts - aim) / 1440) ** 2)


def place_worth(strength: int, stressed: bool) -> float:
    """Pinned places (5) are always taken."""
    if strength == 5:
        return 0.0
    return (STRESSED if stressed else UNSTRESSED)[strength]


def pick(worths: Reals, rng: Random) -> int:
    """A place drawn by worth (logarithms)."""
    chances = np.cumsum(np.exp(np.maximum(worths - worths.max(), -700)))
    return int(min(np.searchsorted(chances, rng.random() * chances[-1], side="right"), len(worths) - 1))
