"""In what manner chords are written: what genre, mood and key add to what the model has learned.

Conventions: leanings are nats for each of the model's 120 symbols. Genres are tables written by us
(``data/compose/chords.toml``); moods were learned from tagged progressions.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from bandmate.models.chord_steps import CHARTS, KINDS, LEAD_SHEETS, QUALITIES, SYMBOLS, symbol_of
from bandmate.models.chords import ChordModel
from bandmate.song.chord_tones import tones_of
from bandmate.song.harmony import Key, Mode
from bandmate.song.roman import from_roman
from bandmate.song.scales import STEPS, is_minor_like
from bandmate.stages.compose.brief import ComposeBrief, Genre

Reals = npt.NDArray[np.float64]

MOOD_WEIGHT = 0.9
OUT_OF_SCALE = {"major": 0.35, "minor": 0.5}
"""Nats that a chord pays for a tone outside of the scale; the other modes, which the corpora hardly have, pay more."""

OUT_OF_MODE = 3.0
OTHER_THIRD = 4.0
"""What the home chord pays for the third of the other mode."""

HOME_OF_MODE = 1.0
OWN_TONE: dict[Mode, int] = {"dorian": 9, "phrygian": 1, "lydian": 6, "mixolydian": 10, "locrian": 6}
WITH_OWN_TONE = 1.0
"""What chords of the mode get for the tone that major or minor does not have."""


@dataclass(frozen=True, slots=True, eq=False)
class ChordManner:
    """What a genre does with chords; see the head of ``chords.toml``."""

    genre: str
    source: int
    sevenths: float
    colour: float
    slash: float
    pace: float
    loop: float
    lean: tuple[tuple[str, float], ...]
    loops_major: tuple[str, ...]
    loops_minor: tuple[str, ...]
    is_dominant: bool = False
    says: str = ""
    mood: str = ""
    notes: tuple[str, ...] = ()


@lru_cache(maxsize=1)
def tables() -> dict[str, dict[str, Any]]:
    """``data/compose/chords.toml``."""
    text = files("bandmate").joinpath("data", "compose", "chords.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@lru_cache(maxsize=32)
def genre_manner(genre: Genre) -> ChordManner:
    """What is written of a genre."""
    row = tables()[genre]
    loops = row.get("loops", {})
    return ChordManner(
        genre=genre,
        source=CHARTS if row["source"] == "charts" else LEAD_SHEETS,
        sevenths=row["sevenths"],
        colour=row["colour"],
        slash=row["slash"],
        pace=row["pace"],
        loop=row["loop"],
        lean=tuple(sorted(row.get("lean", {}).items())),
        loops_major=tuple(loops.get("major", ())),
        loops_minor=tuple(loops.get("minor", ())),
        is_dominant=row.get("dominant", False),
        says=row.get("says", ""),
    )


def manner_of(brief: ComposeBrief, model: ChordModel) -> ChordManner:
    """The manner that a brief asks for; pop where it names no genre."""
    from dataclasses import replace

    manner = genre_manner(brief.genre or "pop")
    word = brief.mood.strip().casefold()
    mood = tables()["moods"].get(word, word)
    notes = (manner.says,) if manner.says else ()
    if mood and mood not in model.mood_names:
        notes = (*notes, f'nothing was learned for the mood "{brief.mood}"; it is left out')
        mood = ""
    return replace(manner, mood=mood, notes=notes)


@lru_cache(maxsize=64)
def symbol_tones() -> npt.NDArray[np.bool_]:
    """Which half steps above the tonic each symbol has (120, 12)."""
    out = np.zeros((SYMBOLS, 12), np.bool_)
    for symbol in range(SYMBOLS):
        degree, kind = divmod(symbol, len(KINDS))
        for tone in tones_of(QUALITIES[kind]):
            out[symbol, (degree + tone) % 12] = True
    return out


@lru_cache(maxsize=16)
def scale_leaning(mode: Mode) -> Reals:
    """What chords pay for tones outside of the scale; the raised seventh of minor is free."""
    allowed = set(STEPS[mode]) | ({11} if mode == "minor" else set())
    outside = [step for step in range(12) if step not in allowed]
    weight = OUT_OF_SCALE.get(mode, OUT_OF_MODE)
    out: Reals = -weight * symbol_tones()[:, outside].sum(axis=1)
    home = symbol_tones()[: len(KINDS)]
    out[: len(KINDS)] -= OTHER_THIRD * (home[:, 4] if 3 in STEPS[mode] else home[:, 3] & ~home[:, 4])
    if mode not in OUT_OF_SCALE:
        # subtle: without this a piece in D dorian drifts to C major, whose chords are the same.
        out[: len(KINDS)] += HOME_OF_MODE
        inside = symbol_tones()[:, outside].sum(axis=1) == 0
        out += WITH_OWN_TONE * (inside & symbol_tones()[:, OWN_TONE[mode]])
    return out


def leaning(manner: ChordManner, key: Key, model: ChordModel) -> Reals:
    """Nats for each symbol from scale, genre and mood."""
    out = scale_leaning(key.mode).copy()
    for text, nats in manner.lean:
        if text[0].islower() and not is_minor_like(key) and text.startswith("i7"):
            continue
        chord = from_roman(text, key)
        out[symbol_of(chord.root, chord.quality, key.tonic)] += nats
    ratios = model.mood(manner.mood)
    if ratios is not None:
        out += MOOD_WEIGHT * ratios
    return out


def loops_in(manner: ChordManner, key: Key) -> tuple[str, ...]:
    """The circles that are written for the genre."""
    return manner.loops_minor if is_minor_like(key) else manner.loops_major
