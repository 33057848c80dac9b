"""The chord model: which chord comes next in a song, when chords change, how sections end, how chords are coloured.

Conventions: symbols, places and features are those of ``chord_steps.py``. Chord changes are predicted by context
mixing over the corpora and over the song so far; the rest is counts. ``CHARTS`` are Billboard's pop, rock and soul of
1958 to 1991, ``LEAD_SHEETS`` older songs, standards and folk. The corpora name no genres.

Not covered: what is written for genres without data (``stages/compose/chord_manner.py``).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bandmate.models.chord_steps import CHARTS, KINDS, SYMBOLS, UNKNOWN, Place, Progression
from bandmate.models.mixing import Memory, Mixing
from bandmate.models.mixing_counts import arrays_from_file, model_from
from bandmate.song.errors import ModelError

Reals = npt.NDArray[np.float64]

TABLES = ("rhythm", "beginnings", "endings", "colours", "basses", "moods")
METERS = ("four", "three", "two")
"""How many pulses a bar has; every bar with others goes as the nearest of these."""


@dataclass(frozen=True, slots=True, eq=False)
class ChordModel:
    """What was learned of chords.

    ``masks``: the ways in which chords begin in a bar, bit n for twelfth n; ``rhythm``: how often each came (source,
    meter, bar of four, changes in the bar before, mask). ``beginnings``, ``endings``: first and last chords of
    sections (major or minor, section, symbol). ``colours``: how often a kind was written with each of ``suffixes``
    (source, kind, suffix); ``basses``: which half step above the root lay in the bass (source, kind, half step).
    ``moods``: logarithms of how much more often a mood's progressions have a chord (mood, symbol).
    """

    version: str
    mixing: Mixing
    masks: npt.NDArray[np.int64]
    rhythm: Reals
    beginnings: Reals
    endings: Reals
    suffixes: tuple[str, ...]
    colours: Reals
    basses: Reals
    mood_names: tuple[str, ...]
    moods: Reals

    def song(self, source: int = CHARTS, mode: int = UNKNOWN) -> ChordSong:
        """A song without chords yet, to be gone through step by step; songs of two threads do not meet."""
        return ChordSong(self.mixing.fresh(), Progression(source, mode), self.mixing.memory())

    def mood(self, name: str) -> Reals | None:
        """How much more likely each symbol is in a mood (natural logarithm); None for a mood that no data has."""
        return self.moods[self.mood_names.index(name)] if name in self.mood_names else None


@dataclass(slots=True)
class ChordSong:
    """The chords of a song so far, with the memory of the model."""

    mixing: Mixing
    progression: Progression
    memory: Memory
    rows: dict[Place, list[int]] = field(default_factory=dict)

    @property
    def length(self) -> int:
        """How many chords there are."""
        return self.memory.length

    def row(self, place: Place) -> list[int]:
        """Features of the next chord at a place."""
        if place not in self.rows:
            self.rows[place] = self.progression.row(place)
        return self.rows[place]

    def next(self, place: Place) -> Reals:
        """Log-probabilities (120,) of the chord that comes at ``place``."""
        return self.mixing.predict(self.row(place), self.memory)

    def add(self, symbol: int, place: Place) -> None:
        """A chord has come."""
        self.memory.add(self.row(place), symbol)
        self.progression.add(symbol, place)
        self.rows.clear()

    def cut(self, length: int) -> None:
        """Forget all but the first ``length`` chords."""
        self.memory.cut(length)
        self.progression.cut(length)
        self.rows.clear()


@lru_cache(maxsize=2)
def load_chord_model(path: Path | None = None) -> ChordModel:
    """The chord model that is installed, or one from a file.

    Raises
    ------
    ModelError
        if it is missing or cannot be read.
    """
    if path is None:
        with as_file(files("bandmate").joinpath("data", "models", "chords.npz")) as installed:
            arrays = arrays_from_file(installed)
    else:
        arrays = arrays_from_file(path)
    mixing = model_from("chords", arrays)
    try:
        about = json.loads(arrays["about"].tobytes())
        tables = {name: arrays[name].astype(np.float64) for name in TABLES}
        masks = arrays["masks"].astype(np.int64)
        suffixes, mood_names = (tuple(map(str, about[name])) for name in ("suffixes", "mood_names"))
        version = str(about["version"])
    except (KeyError, ValueError, TypeError) as error:
        raise ModelError(f"the chord model cannot be read ({error}); install Bandmate again") from error
    if mixing.plan.symbols != SYMBOLS or tables["colours"].shape[1] != len(KINDS):
        raise ModelError("the chord model is of another version; install Bandmate again")
    return ChordModel(
        version=version,
        mixing=mixing,
        masks=masks,
        rhythm=tables["rhythm"],
        beginnings=tables["beginnings"],
        endings=tables["endings"],
        suffixes=suffixes,
        colours=tables["colours"],
        basses=tables["basses"],
        mood_names=mood_names,
        moods=tables["moods"],
    )
