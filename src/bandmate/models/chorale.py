"""The chorale model: how Bach goes on with each of four voices from sixteenth to sixteenth, and what a setting costs.

Two things learned from the same chorales. ``voices`` mixes contexts (``mixing``, ``chorale_rows``): each voice's next
move, in a frame soprano, bass, alto, tenor. Known of a step: all frames before, the voices of the frame that came
first, the place in the bar; nothing that comes later. ``parts`` are the weights of ``part_costs``, by which the search
sets chords under a melody; there the melody's next slot is known as well.

Conventions: nats are natural logarithms; pitches as in ``chorale_rows``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.models.chorale_rows import Ints, rows_of
from bandmate.models.mixing import Mixing
from bandmate.models.mixing_counts import arrays_from_file, arrays_of, model_from
from bandmate.models.mixing_kernels import Desk, Floats, Layout, Table, hash_contexts, predict
from bandmate.models.part_costs import COUNT, Weights
from bandmate.song.errors import ModelError
from bandmate.sound.kernel import kernel


@dataclass(frozen=True, slots=True, eq=False)
class ChoraleModel:
    """What was learned: ``voices`` for the nats of notes, ``parts`` for the search, ``version`` for the record."""

    voices: Mixing
    parts: Weights
    version: str = ""

    def nats(self, pitches: Ints, places: Ints) -> Floats:
        """What each step of a whole piece costs: (frames - 1) * 4 steps in the order of the frames, in a frame
        soprano, bass, alto, tenor; nothing for fewer than two frames."""
        rows, symbols = rows_of(pitches, places)
        return self.voices.nats(rows, symbols)

    def lower_nats(self, pitches: Ints, places: Ints) -> float:
        """What a step of the three lower voices costs on the average, where the soprano is given; 0 for fewer than
        two frames."""
        rows, symbols = rows_of(pitches, places)
        if not len(rows):
            return 0.0
        voices = self.voices
        return float(score_lower(rows, symbols, voices.layout, voices.table, voices.weights, voices.desk).mean())


@kernel
def score_lower(rows: Ints, wanted: Ints, layout: Layout, table: Table, weights: Floats, desk: Desk) -> Floats:
    """Nats of the steps of bass, alto and tenor; those of the soprano are only remembered."""
    out = np.empty(len(rows) // 4 * 3)
    hashes = np.empty((layout.sizes[2], len(rows) + 1), np.uint32)
    now = np.empty(layout.sizes[2], np.uint32)
    found = 0
    for index in range(len(rows)):
        if index % 4 == 0:
            hash_contexts(rows[index], layout, layout.sizes[1], now)
            hashes[:, index] = now
        else:
            predict(rows[index], (hashes, wanted, index), layout, table, weights, desk)
            out[found] = -desk.result[wanted[index]]
            found += 1
    return out


def chorale_arrays(model: ChoraleModel) -> dict[str, NDArray[Any]]:
    """The model's arrays for its file."""
    arrays = arrays_of("voices", model.voices)
    arrays["parts"] = model.parts.astype(np.float16)
    arrays["about"] = np.frombuffer(json.dumps({"version": model.version}).encode(), np.uint8)
    return arrays


def chorale_from(arrays: Mapping[str, NDArray[Any]]) -> ChoraleModel:
    """The model out of a file's arrays; raises ModelError if it is not in there."""
    voices = model_from("voices", arrays)
    if "parts" not in arrays or "about" not in arrays or arrays["parts"].shape != (COUNT,):
        raise ModelError(
            "the chorale model is of another version; install Bandmate again or train it with training.compose.chorale"
        )
    version = str(json.loads(arrays["about"].tobytes())["version"])
    return ChoraleModel(voices, arrays["parts"].astype(np.float64), version)


@lru_cache(maxsize=2)
def load_chorale(path: Path | None = None) -> ChoraleModel:
    """The chorale model, by default the one that comes with Bandmate.

    Raises
    ------
    ModelError
        if the file is missing or is no chorale model.
    """
    if path is not None:
        return chorale_from(arrays_from_file(path))
    with as_file(files("bandmate").joinpath("data", "models", "chorale.npz")) as found:
        return chorale_from(arrays_from_file(found))


def compile_kernels() -> None:
    """Compile the loops, or load them from the disk; the others' are compiled by their own modules."""
    from bandmate.models.mixing import Plan

    plan = Plan(3, ((), (0,)), (-1, 0), ((0,),), (-1,), 1, ((0, 2),))
    one = np.zeros(1, np.int64)
    table = Table(np.zeros(3, np.int64), np.zeros(0, np.uint32), one, np.zeros(0, np.uint8), np.zeros(0, np.int32))
    rows, wanted = np.zeros((4, 1), np.int64), np.zeros(4, np.int64)
    score_lower(rows, wanted, plan.layout(), table, np.zeros(sum(plan.blocks())), plan.desk())
