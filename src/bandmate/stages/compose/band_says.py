"""What sets each line of several apart, in a few studio words."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from bandmate.stages.compose.measures_meter import syncopation
from bandmate.stages.compose.passage import Passage, Tone

BUSIER, HIGHER, PUSHED = 1.18, 2.0, 1.0


def told(every: Sequence[tuple[Tone, ...]], names: Sequence[str], passage: Passage) -> list[str]:
    """For each line the name of its rhythm, and in what it differs from the middle of them all."""
    if not every:
        return []
    counts = [len(tones) / len(passage.bars) for tones in every]
    heights = [sum(tone.pitch for tone in tones) / max(1, len(tones)) for tones in every]
    pushes = [syncopation((tone.start_ticks for tone in tones), passage.bars) for tones in every]
    found = []
    for name, count, height, push in zip(names, counts, heights, pushes, strict=True):
        words = [name] if name else []
        words += compared(count, median(counts), BUSIER, ("busier", "sparser"))
        words += ["higher"] * (height - median(heights) >= HIGHER) + ["lower"] * (median(heights) - height >= HIGHER)
        words += ["more off the beat"] * (push - median(pushes) >= PUSHED)
        words += ["more on the beat"] * (median(pushes) - push >= PUSHED)
        found.append(", ".join(words))
    return found


def compared(value: float, usual: float, ratio: float, words: tuple[str, str]) -> list[str]:
    """A word for more and one for less, where the ratio is passed."""
    if value >= usual * ratio and value > 0:
        return [words[0]]
    return [words[1]] if value * ratio <= usual else []
