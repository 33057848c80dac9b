"""Dials of a part that the band plays: settings that are turned until the part measures as it was asked to.

A dial is a target, not a hint: what was written is measured, and each setting is moved by what is missing, a few times
over; the nearest result is kept. Settings go from 0 to 1 like the dials, and a little beyond.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from bandmate.stages.compose.brief import ComposeBrief
from bandmate.stages.compose.idea import Idea
from bandmate.stages.compose.measures import material_of
from bandmate.stages.compose.measures_scale import Scale, dial_of, figure_for, scale_of, wanted
from bandmate.stages.compose.passage import Passage, Tone

Settings = Mapping[str, float]
"""A setting for each dial that is turned."""

ROUNDS = 6
GAIN = 0.8
NEAR = 0.04
BEYOND = 0.8


def steered(
    make: Callable[[Settings], tuple[Tone, ...]], passage: Passage, brief: ComposeBrief
) -> tuple[tuple[Tone, ...], float]:
    """The notes that come nearest to the dials, and how far they are from them in the mean."""
    turned = wanted(brief)
    settings = dict(turned)
    best, least = make(settings), 9.0
    if not turned:
        return best, 0.0
    scale, tones = scale_of(passage, brief), best
    tried: dict[str, list[tuple[float, float]]] = {}
    for _ in range(ROUNDS):
        found = dials_read(tones, passage, brief, scale, turned)
        error = sum(abs(turned[name] - value) for name, value in found.items()) / max(1, len(found))
        if error < least - 1e-9:
            best, least = tones, error
        if error <= NEAR:
            break
        for name, value in found.items():
            tried.setdefault(name, []).append((settings[name], value))
            settings[name] = round(next_setting(turned[name], tried[name]), 6)
        tones = make(settings)
    return best, least


def next_setting(target: float, tried: Sequence[tuple[float, float]]) -> float:
    """Between the nearest settings that gave too little and too much; else further by what is missing."""
    less = [(target - value, setting) for setting, value in tried if value <= target]
    more = [(value - target, setting) for setting, value in tried if value > target]
    last_setting, last_value = tried[-1]
    if not less or not more:
        moved = last_setting + GAIN * (target - last_value)
        return min(1 + BEYOND, max(-BEYOND, moved))
    (gap_below, low), (gap_above, high) = min(less), min(more)
    share = min(0.85, max(0.15, gap_below / (gap_below + gap_above)))
    return low + share * (high - low)


def dials_read(
    tones: tuple[Tone, ...], passage: Passage, brief: ComposeBrief, scale: Scale, turned: Settings
) -> dict[str, float]:
    """Where the dials that are turned stand in what was written."""
    material = material_of(Idea(tones=tones), passage, brief)
    found = {name: dial_of(name, material, scale) for name in turned}
    return {name: value for name, value in found.items() if value is not None}


def figure(name: str, value: float | None, scale: Scale) -> float | None:
    """What a setting asks for in the unit of its measure; beyond the scale's ends it goes on in a straight line."""
    if value is None:
        return None
    inside = min(1.0, max(0.0, value))
    found = figure_for(name, inside, scale)
    low, high = figure_for(name, 0.0, scale), figure_for(name, 1.0, scale)
    if found is None or low is None or high is None:
        return None
    return found + (value - inside) * (high - low) * 0.5
