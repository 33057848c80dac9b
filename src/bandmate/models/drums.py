"""The drum model: what drummers strike (``drum_patterns.py``) and how they play it (``drum_feel.py``).

Conventions: ``manners`` counts the bars of each style by feel, loudness, what keeps time and how busy they are; a
groove is drawn by drawing a manner first. A style without enough swung (or straight) bars borrows those of another.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bandmate.models.drum_kit import STYLES
from bandmate.models.drum_patterns import (
    BUSYNESSES,
    CONTEXTS,
    COUNT,
    LEADS,
    LOUDNESSES,
    TABLE_BITS,
    PatternModel,
    Reals,
)
from bandmate.song.errors import ModelError

STEPS = 8.0
"""A logit is kept in eighths."""

ENOUGH_BARS = 60
BORROWED = {"swung": "rock", "straight": "rock"}
MANNERS = (len(STYLES), 2, LOUDNESSES, LEADS, BUSYNESSES)


@dataclass(frozen=True, slots=True, eq=False)
class DrumModel:
    """What was learned from drummers."""

    patterns: PatternModel
    manners: Reals
    version: str = ""

    def style(self, name: str, *, swung: bool) -> int:
        """The number of a style, or of the one that it borrows from."""
        at = STYLES.index(name)
        if self.manners[at, int(swung)].sum() >= ENOUGH_BARS:
            return at
        return STYLES.index(BORROWED["swung" if swung else "straight"])


@lru_cache(maxsize=4)
def load_drums(path: Path | None = None) -> DrumModel:
    """The drum model, by default the one that comes with Bandmate.

    Raises
    ------
    ModelError
        if the file is missing or is no drum model.
    """
    place = files("bandmate").joinpath("data", "models", "drums.npz") if path is None else path
    try:
        with np.load(BytesIO(place.read_bytes()), allow_pickle=False) as found:
            return model_from({name: found[name] for name in found.files})
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f'"{place}" is no drum model ({error}); install Bandmate anew or name another file') from error


def model_from(tables: Mapping[str, npt.NDArray[np.generic]]) -> DrumModel:
    """A model from the tables of its file.

    Raises
    ------
    KeyError, ValueError
        if tables are missing or of another shape.
    """
    counts = tuple((tables[f"pattern_{at}"].astype(np.float32) / np.float32(STEPS)) for at in range(CONTEXTS))
    weights = tables["pattern_weights"].astype(np.float64)
    manners = tables["manners"].astype(np.float64)
    sizes = [len(table) for table in counts]
    if sizes != [1 << size for size in TABLE_BITS] or weights.shape != (COUNT, 2, CONTEXTS + 1):
        raise ValueError("its tables are of another version")
    if manners.shape != MANNERS:
        raise ValueError("its styles are of another version")
    about = json.loads(str(tables["about"]))
    return DrumModel(PatternModel(counts, weights), manners, str(about["version"]))
