"""Passages: where the sound of a piece changes for a while, as from verse to chorus, and which passages are alike.

The mean spectrum of the seconds before a moment is compared with that of the seconds after it; where the difference
peaks, one passage ends and another begins. Passages that sound alike get the same letter.

Conventions: times are seconds from the start; passages lie end to end and cover the whole piece. Silence, and what is
too short to have parts, is one passage.

Not covered: bars and beats, names like verse and chorus (the musician's form has those and goes first, where there is
one).

References: the comparison of both sides of a moment follows the idea of J. Foote, Automatic Audio Segmentation Using a
Measure of Audio Novelty (2000), without the self-similarity matrix, which grows with the square of the length.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bandmate.stages.master.sketch import FLOOR_DB, Sketch, gated_lufs, to_db

Reals = npt.NDArray[np.float64]

SIDE_SECONDS = 8.0
LEAST_SECONDS = 8.0
BANDS_TOGETHER = 3
NOVEL_DB = 2.5
ALIKE_DB = 3.0
QUIET_BELOW_DB = 50.0
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch that sounds of one piece. ``loudness_lufs`` is None for silence."""

    start_seconds: float
    end_seconds: float
    letter: str
    loudness_lufs: float | None

    @property
    def seconds(self) -> float:
        return self.end_seconds - self.start_seconds


def find_passages(sketch: Sketch) -> tuple[Passage, ...]:
    """The passages of a piece, in order; none for a piece without any hop."""
    if not sketch.hops:
        return ()
    per_second = max(1, round(1.0 / sketch.hop_seconds))
    looks = looks_db(sketch, per_second)
    starts = [0, *changes(looks)]
    ends = [*starts[1:], len(looks)]
    means = [looks[start:end].mean(axis=0) for start, end in zip(starts, ends, strict=True)]
    letters = letters_for(means)
    whole = sketch.hops * sketch.hop_seconds
    levels = sketch.loudness_lufs()
    return tuple(
        Passage(
            start_seconds=float(start),
            end_seconds=float(end) if end < len(looks) else whole,
            letter=letter,
            loudness_lufs=gated_lufs(levels[start * per_second : end * per_second], -10.0),
        )
        for start, end, letter in zip(starts, ends, letters, strict=True)
    )


def looks_db(sketch: Sketch, per_second: int) -> Reals:
    """The spectrum of every second in broad bands, dB, shape (seconds, bands); what is far down is all alike."""
    power = sketch.mid + sketch.side
    seconds = max(1, sketch.hops // per_second)
    whole = power[:, : seconds * per_second]
    if whole.shape[1] < seconds * per_second:
        whole = power
        by_second = whole.mean(axis=1, keepdims=True)
    else:
        by_second = whole.reshape(len(power), seconds, per_second).mean(axis=2)
    edges = np.arange(0, len(by_second), BANDS_TOGETHER)
    level = to_db(np.add.reduceat(by_second, edges, axis=0))
    return np.asarray(np.maximum(level, max(float(level.max()) - QUIET_BELOW_DB, FLOOR_DB)).T)


def changes(looks: Reals) -> list[int]:
    """The seconds at which a new passage begins."""
    side = round(SIDE_SECONDS)
    least = round(LEAST_SECONDS)
    if len(looks) < 2 * least:
        return []
    novelty = np.zeros(len(looks))
    for at in range(least, len(looks) - least + 1):
        before, after = looks[max(0, at - side) : at].mean(axis=0), looks[at : at + side].mean(axis=0)
        novelty[at] = np.sqrt(((after - before) ** 2).mean())
    found: list[int] = []
    for at in np.argsort(-novelty, kind="stable"):
        if novelty[at] < NOVEL_DB:
            break
        if all(abs(int(at) - other) >= least for other in found):
            found.append(int(at))
    return sorted(found)


def letters_for(means: list[Reals]) -> list[str]:
    """A letter for each passage, the same for those that sound alike."""
    kinds: list[Reals] = []
    letters = []
    for mean in means:
        distances = [float(np.sqrt(((mean - kind) ** 2).mean())) for kind in kinds]
        nearest = int(np.argmin(distances)) if distances else -1
        if nearest < 0 or distances[nearest] > ALIKE_DB:
            kinds.append(mean)
            nearest = len(kinds) - 1
        letters.append(LETTERS[min(nearest, len(LETTERS) - 1)])
    return letters
