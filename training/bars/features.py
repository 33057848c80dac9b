"""Features of all readings of each example, and which of them are right; kept in the cache of the training.

Everything is worked out by what listens to a musician's tracks: ``bandmate.stages.counting.followed`` and
``bandmate.sound.bars.all_features``. Only what is true of an example is added here.

Conventions: arrays of readings have the shape (tempi, shifts, …), by beats in a bar.
"""

# ruff: noqa: T201

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bandmate.sound.bars import BEATS_IN_BAR, SHIFTS_PER_BEAT, all_features
from bandmate.sound.pulse import Beats
from bandmate.stages.counting import followed, shifted
from benchmarks.structure import f_measure
from benchmarks.structure_pieces import Piece
from training.bars.material import SEED, Example, Work, examples
from training.bars.playing import COLUMN_SECONDS, PLAIN, Heard, plain_pattern, played
from training.roles.sound_sets import CACHE

NEAR_TEMPO = 0.06
RIGHT_F = 0.8
RIGHT_IN_TWO_F = 0.6
"""Bars of four laid over music in two are right where they begin on one of its bars: half of the bars are not there."""

ByBar = dict[int, np.ndarray]


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One example: the features of its readings, the F-measure of their beats and bars, and which are right."""

    kind: str
    works: tuple[Work, ...]
    is_held_out: bool
    beats_per_bar: int
    features: ByBar
    beats_f: ByBar
    bars_f: ByBar

    def right(self, per_bar: int) -> np.ndarray:
        least = RIGHT_F if per_bar == self.beats_per_bar else RIGHT_IN_TWO_F
        is_meter = per_bar == self.beats_per_bar or (per_bar, self.beats_per_bar) == (4, 2)
        return np.asarray((self.beats_f[per_bar] > RIGHT_F) & (self.bars_f[per_bar] > least) & is_meter)


def all_examples() -> Iterator[Example]:
    """The pieces made of works, then plain patterns."""
    made = list(examples())
    yield from made
    for k in range(PLAIN):
        number = len(made) + k
        yield Example(number, plain_pattern(k, np.random.default_rng([SEED, number]))[0], ())


def heard(example: Example) -> Heard:
    if example.piece.kind == "plain":
        number = int(example.piece.name.split()[-1])
        return plain_pattern(number, np.random.default_rng([SEED, example.number]))[1]
    return played(example.piece, np.random.default_rng([SEED, example.number, 1]))


def rows(*, anew: bool = False) -> list[Row]:
    """All rows, from the cache where they are there."""
    began, found = time.process_time(), []
    for example in all_examples():
        path = CACHE / "bars" / f"{example.number}-{example.piece.kind}.npz"
        if anew or not path.exists():
            save(path, measured(example))
        found.append(loaded(path, example))
        if example.number % 100 == 0:
            print(f"{example.number} {example.piece.name}, {time.process_time() - began:.0f} s", flush=True)
    return found


def measured(example: Example) -> dict[str, np.ndarray]:
    """What is kept of an example: features, and how right each reading is."""
    onsets, power = heard(example)
    found = followed(list(onsets.values()), power, hop_seconds=COLUMN_SECONDS)
    features = all_features(found.accents, found.paths, found.chances)
    length = len(found.mixed) * found.accents.hop_seconds
    kept = {}
    for per_bar in BEATS_IN_BAR:
        beats_f, bars_f = rightness(example.piece, found.paths, per_bar, length)
        kept |= {f"features-{per_bar}": features[per_bar], f"beats-{per_bar}": beats_f, f"bars-{per_bar}": bars_f}
    return {name: values.astype(np.float32) for name, values in kept.items()}


def rightness(piece: Piece, paths: list[Beats], per_bar: int, length: float) -> tuple[np.ndarray, np.ndarray]:
    """The F-measure of beats and of bars of every reading; 0 at tempi that are not that of the piece."""
    beats_f, bars_f = np.zeros((2, len(paths), SHIFTS_PER_BEAT * per_bar))
    truth, bars = np.array(piece.beats), np.array(piece.bars)
    for tempo, path in enumerate(paths):
        if abs(np.log(path.bpm / piece.bpm)) > NEAR_TEMPO or len(path.seconds) < 2:
            continue
        for quarter in range(SHIFTS_PER_BEAT):
            seconds = shifted(path, quarter, length).seconds
            beats_f[tempo, quarter::SHIFTS_PER_BEAT] = f_measure(truth, seconds)
            for beat in range(per_bar):
                found = f_measure(bars, seconds[beat::per_bar])
                bars_f[tempo, SHIFTS_PER_BEAT * beat + quarter] = found
    if piece.kind == "plain" and per_bar == 4:
        # Kick and snare by turns: nothing tells the first beat from the third.
        bars_f = np.maximum(bars_f, np.roll(bars_f, 2 * SHIFTS_PER_BEAT, axis=1))
    return beats_f, bars_f


def save(path: Path, kept: dict[str, np.ndarray]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part.npz")
    np.savez(part, **kept)
    part.replace(path)


def loaded(path: Path, example: Example) -> Row:
    with np.load(path) as kept:
        parts = [
            {per_bar: kept[f"{name}-{per_bar}"].astype(np.float64) for per_bar in BEATS_IN_BAR}
            for name in ("features", "beats", "bars")
        ]
    piece = example.piece
    return Row(piece.kind, example.works, example.is_held_out, piece.beats_per_bar, parts[0], parts[1], parts[2])
