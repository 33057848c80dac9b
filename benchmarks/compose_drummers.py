"""Timing and accents of drummers who teach nothing: harder than takes that were kept back, and said beside them.

The drummers of the Groove MIDI Dataset in three groups; each group is judged by trees that the two others taught (200
trees for each figure, which takes about a minute of processor time for a group). ``benchmarks.compose_drums`` judges
the model that is shipped, on takes that were kept back; their drummers have other takes that taught.

Run: ``python -m benchmarks.compose_drummers``.
"""

from __future__ import annotations

import sys
from collections import defaultdict

from benchmarks.goals import reached
from training.compose import drum_feel
from training.compose.drum_takes import takes

TREES = 200
GROUPS = (
    ("drummer3", "drummer4", "drummer5", "drummer9"),
    ("drummer7",),
    ("drummer2", "drummer6", "drummer8", "drummer10"),
)
"""Drummer 1, who plays nearly half of all takes, always teaches."""

BETTER = 15.0


def main() -> None:
    """A line for each group, and the mean over all strokes."""
    drum_feel.grown.__defaults__ = (TREES,)
    every, sums, strokes = list(takes()), defaultdict[str, float](float), 0.0
    for group in GROUPS:
        held = [take for take in every if take.work.content["drummer"] in group]
        rest = [take for take in every if take.work.content["drummer"] not in group]
        teach = [take for take in rest if take.work.fold == "teach"]
        model = drum_feel.learned(teach, [take for take in rest if take.work.fold != "teach"])
        found = drum_feel.figures(model, drum_feel.rows_of(teach, False, True), drum_feel.rows_of(held, False, True))
        sys.stdout.write(f"  {', '.join(group)}: {below(found, 'late_ms'):.1f} %, {below(found, 'velocity'):.1f} %\n")
        strokes += found["strokes"]
        for name, value in found.items():
            sums[name] += value * found["strokes"]
    for name, words in (("late_ms", "timing"), ("velocity", "velocity")):
        own, mean = sums[f"{name}_error"] / strokes, sums[f"{name}_style_mean_error"] / strokes
        sys.stdout.write(f"  {words}: mean absolute error {own:.2f}, of the means by style {mean:.2f}\n")
        reached(
            f"{words} of drummers who taught nothing, below the mean by style", below(sums, name), "%", at_least=BETTER
        )


def below(found: dict[str, float], name: str) -> float:
    """How far the error lies below that of the means by style, in percent."""
    return 100 * (1 - found[f"{name}_error"] / found[f"{name}_style_mean_error"])


if __name__ == "__main__":
    main()
