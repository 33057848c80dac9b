"""How long a sketch is: bars and tempo for a length in bars or in seconds, and energies of its sections.

Conventions: seconds are those of the bars, from the first to the end of the last; what rings on behind is not counted.
Energy goes from 0 to 1 and is written (``data/compose/form.toml``).
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from bandmate.song.errors import RequestError
from bandmate.stages.compose.sketch_brief import LEAST_BPM, MOST_BARS, MOST_BPM, SketchBrief

PHRASES = (8, 4, 2, 1)
"""Bars are counted in these where there is a choice, and what a worse one is paid for in shares of tempo."""

PHRASE_COST = {8: 0.0, 4: 0.008, 2: 0.04, 1: 0.1}

MOST_MOVED, ROOM = 0.3, 0.6
"""A tempo that nobody asked for may move so far, as far as the nearest bars need it (in bars)."""


@dataclass(frozen=True, slots=True)
class Length:
    """Bars and tempo, the seconds that they make, and what had to be done for it in words (empty: nothing)."""

    bars: int
    tempo_bpm: float
    seconds: float
    says: str = ""


def seconds_of(bars: int, bar_quarters: float, tempo_bpm: float) -> float:
    """How long so many bars are."""
    return bars * bar_quarters * 60 / tempo_bpm


def fitted_length(brief: SketchBrief, tempo_bpm: float) -> Length | None:
    """Bars and tempo for the length that is asked for; None where none is.

    Seconds are met exactly where the tempo may move: of all numbers of bars within the tolerance the one that suits
    phrases best and moves the tempo least. With a fixed tempo the nearest number of whole bars is taken, and the
    difference is said.
    """
    quarters = brief.bar_quarters
    if brief.bars is not None:
        return Length(brief.bars, tempo_bpm, seconds_of(brief.bars, quarters, tempo_bpm))
    if brief.seconds is None:
        return None
    exact = brief.seconds * tempo_bpm / (60 * quarters)
    if exact > MOST_BARS * (1 + brief.tempo_tolerance):
        raise RequestError(
            f"{brief.seconds:g} s at {tempo_bpm:g} bpm are {exact:.0f} bars; a sketch has at most {MOST_BARS}: "
            "ask for a shorter one or a slower tempo"
        )
    allowed = brief.tempo_tolerance
    if brief.tempo_bpm is None:
        allowed = max(allowed, min(MOST_MOVED, ROOM / exact))
    found = [bars for bars in range(1, MOST_BARS + 1) if abs(bars / exact - 1) <= allowed + 1e-9]
    found = [bars for bars in found if LEAST_BPM <= tempo_bpm * bars / exact <= MOST_BPM]
    if not found:
        return off_length(brief, tempo_bpm, max(1, round(exact)))
    bars = min(found, key=lambda bars: (round(bar_cost(bars, exact), 9), bars))
    tempo = bars * quarters * 60 / brief.seconds
    moved = tempo / tempo_bpm - 1
    says = f"{bars} bars at {tempo:.2f} bpm are {brief.seconds:g} s exactly"
    if abs(moved) > 1e-6:
        says += f" (tempo moved by {100 * moved:+.1f} % from {tempo_bpm:g})"
    return Length(bars, tempo, brief.seconds, says)


def off_length(brief: SketchBrief, tempo_bpm: float, bars: int) -> Length:
    """The nearest whole bars at a tempo that may not move so far."""
    seconds = seconds_of(bars, brief.bar_quarters, tempo_bpm)
    wanted = brief.seconds or seconds
    return Length(
        bars,
        tempo_bpm,
        seconds,
        f"{bars} bars at {tempo_bpm:g} bpm are {seconds:.2f} s, {seconds - wanted:+.2f} s from {wanted:g} s; "
        f"a tolerance of {100 * abs(bars * brief.bar_quarters * 60 / wanted / tempo_bpm - 1):.1f} % would meet it",
    )


def bar_cost(bars: int, exact: float) -> float:
    """What a number of bars costs: how far it moves the tempo, and how it falls into phrases."""
    return abs(math.log(bars / exact)) + next(PHRASE_COST[phrase] for phrase in PHRASES if bars % phrase == 0)


@lru_cache(maxsize=1)
def form_table() -> dict[str, Any]:
    """``data/compose/form.toml``."""
    text = files("bandmate").joinpath("data", "compose", "form.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def energies(names: Sequence[str], arousal: float | None) -> tuple[float, ...]:
    """The energy of each section of a form, by name, by how often it came, and by the arousal asked for."""
    table = form_table()
    shift = 2 * table["arousal"]["span"] * ((0.5 if arousal is None else arousal) - 0.5)
    seen: dict[str, int] = {}
    found = []
    last_chorus = max((at for at, name in enumerate(names) if name == "chorus"), default=-1)
    for at, name in enumerate(names):
        row = table["energy"].get(name, table["energy"]["verse"])
        energy = row["first"] + row["again"] * seen.get(name, 0)
        if at == last_chorus and seen.get(name, 0):
            energy += table["rise"]["last_chorus"]
        if len(set(names)) == 1:
            energy = table["rise"]["alone"]
        seen[name] = seen.get(name, 0) + 1
        found.append(round(min(1.0, max(0.05, energy + shift)), 3))
    return tuple(found)
