"""What originality is measured against: indices of the works that the models learned from, and how usual songs are.

Conventions: an index holds hashes, bars and titles of works, never their notes. ``scales`` are quantiles (101 values,
0 to 100 %) of what works that taught nothing cost, for each aspect; the less a line costs, the more usual it is.

Not covered: drums; a pattern of a bar belongs to nobody.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bandmate.models.works_index import WorksIndex
from bandmate.song.errors import ModelError

ASPECTS = ("chords", "melody", "rhythm", "arrangement")
LINES = ("pitches", "rhythms", "chords")
GRAMS = {"pitches": 5, "rhythms": 6, "chords": 3}
"""Steps in a run. Five steps between pitches are the least that tell tunes apart."""


@dataclass(frozen=True, eq=False)
class OriginalityModel:
    """Indices by what their lines are of, and quantiles by aspect."""

    indices: Mapping[str, WorksIndex]
    scales: Mapping[str, npt.NDArray[np.float64]]
    version: str

    def usualness(self, aspect: str, cost: float) -> float:
        """Share of other works that cost more: 0 for what is rarer than all, 1 for what is more usual than all."""
        scale = self.scales[aspect]
        return float(1 - np.interp(cost, scale, np.linspace(0, 1, len(scale))))


def arrays_of_index(name: str, index: WorksIndex) -> dict[str, npt.NDArray[Any]]:
    """An index for a file."""
    return {
        f"{name}.hashes": index.hashes,
        f"{name}.bars": np.diff(index.bars, prepend=0).astype(np.int16),
        f"{name}.line_works": index.line_works.astype(np.uint16),
        f"{name}.lengths": np.diff(index.line_starts).astype(np.uint16),
        f"{name}.works": np.frombuffer("\n".join(index.works).encode(), np.uint8),
    }


def index_from(name: str, arrays: Mapping[str, npt.NDArray[Any]], version: str) -> WorksIndex:
    """An index from a file's arrays."""
    lengths = arrays[f"{name}.lengths"].astype(np.int64)
    return WorksIndex(
        GRAMS[name],
        tuple(arrays[f"{name}.works"].tobytes().decode().split("\n")),
        arrays[f"{name}.line_works"].astype(np.int64),
        np.concatenate([[0], np.cumsum(lengths)]),
        arrays[f"{name}.hashes"],
        np.cumsum(arrays[f"{name}.bars"].astype(np.int64)),
        version,
    )


@lru_cache(maxsize=2)
def load_originality(path: Path | None = None) -> OriginalityModel:
    """The model that comes with Bandmate, or one from a file.

    Raises
    ------
    ModelError
        if it is missing or cannot be read.
    """
    place = files("bandmate").joinpath("data", "models", "originality.npz") if path is None else path
    try:
        with np.load(io.BytesIO(place.read_bytes()), allow_pickle=False) as found:
            arrays = {name: found[name] for name in found.files}
        version = str(json.loads(arrays["about"].tobytes())["version"])
        indices = {name: index_from(name, arrays, version) for name in LINES}
        scales = {name: arrays[f"scale.{name}"].astype(np.float64) for name in ASPECTS}
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(
            f'"{place}" is no index of works ({error}); install Bandmate anew or name another file'
        ) from error
    return OriginalityModel(indices, scales, version)
