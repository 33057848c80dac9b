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

from bandmate.models.drum_feel import PIECE_KINDS, FeelModel, Residual, Trees
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

LEAF_STEPS = 200.0
"""A leaf is kept in two-hundredths."""

ENOUGH_BARS = 60
BORROWED = {"swung": "rock", "straight": "rock"}
MANNERS = (len(STYLES), 2, LOUDNESSES, LEADS, BUSYNESSES)


@dataclass(frozen=True, slots=True, eq=False)
class DrumModel:
    """What was learned from drummers."""

    patterns: PatternModel
    manners: Reals
    feel: FeelModel
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
    return DrumModel(PatternModel(counts, weights), manners, feel_from(tables), str(about["version"]))


def feel_from(tables: Mapping[str, npt.NDArray[np.generic]]) -> FeelModel:
    """The feel from its tables.

    Raises
    ------
    KeyError, ValueError
        if tables are missing or of another shape.
    """
    parts = [trees_from(tables, name) for name in ("late", "velocity")]
    rests = []
    for name in ("late", "velocity"):
        row = tables[f"{name}_rest"].astype(np.float64)
        if row.shape != (3 + PIECE_KINDS,):
            raise ValueError("its pieces are of another version")
        rests.append(Residual(float(row[0]), float(row[1]), float(row[2]), row[3:]))
    return FeelModel(parts[0], parts[1], rests[0], rests[1])


def trees_from(tables: Mapping[str, npt.NDArray[np.generic]], name: str) -> Trees:
    """The trees of a figure."""
    fact, limit = tables[f"{name}_fact"].astype(np.int64), tables[f"{name}_limit"].astype(np.float64)
    leaf = tables[f"{name}_leaf"].astype(np.float64) / LEAF_STEPS
    if fact.shape != limit.shape or leaf.shape != (len(fact), fact.shape[1] + 1):
        raise ValueError("its trees are cut off")
    return Trees(fact, limit, leaf, float(np.asarray(tables[f"{name}_base"], np.float64)))


def feel_tables(feel: FeelModel) -> dict[str, npt.NDArray[np.generic]]:
    """The tables of a feel, as ``feel_from`` reads them."""
    found: dict[str, npt.NDArray[np.generic]] = {}
    named = (("late", feel.late_ms, feel.late_rest), ("velocity", feel.velocity, feel.velocity_rest))
    for name, trees, left in named:
        found[f"{name}_fact"] = trees.fact.astype(np.int8)
        found[f"{name}_limit"] = trees.limit.astype(np.float32)
        found[f"{name}_leaf"] = np.round(trees.leaf * LEAF_STEPS).astype(np.int16)
        found[f"{name}_base"] = np.array(trees.base)
        found[f"{name}_rest"] = np.concatenate(([left.take, left.drift, left.stays], left.single)).astype(np.float32)
    return found
