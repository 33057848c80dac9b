"""What a setting in four parts is like, in figures and in words: how it ends, how thick it is, how fast chords change.

Conventions: a manner's words are only used where the figure that they speak of bears them out, against the first
setting of the same melody. Words are the studio's: authentic (dominant to tonic), plagal (fourth step to tonic).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bandmate.models.part_costs import Rows
from bandmate.song.scales import is_minor_like
from bandmate.stages.compose.harmony_ground import HarmonyGround
from bandmate.stages.compose.harmony_manner import DIMINISHED, MINOR_QUALITIES, SEVENTHS, Manner
from bandmate.stages.compose.harmony_slots import END
from bandmate.stages.compose.passage import Tone

CADENCES = {7: "authentic cadence", 11: "authentic cadence", 5: "plagal cadence"}


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """A melody set in one manner: the states, the rows of the lower voices, how many suspensions and passing notes."""

    manner: Manner
    chosen: Rows
    voices: tuple[tuple[Tone, ...], ...]
    suspensions: int
    passing: int


def figures_of(ground: HarmonyGround, setting: Setting) -> dict[str, float]:
    """What manners speak of, each as a figure."""
    states, slots = setting.chosen, ground.slots
    ends = [state for state, slot in zip(states, slots, strict=True) if slot.phrase == END]
    tonic = slots[-1].key.tonic
    return {
        "changes": float(1 + (states[1:, 4:6] != states[:-1, 4:6]).any(axis=1).sum()),
        "minor": float(np.isin(states[:, 5], MINOR_QUALITIES).mean()),
        "sevenths": float(np.isin(states[:, 5], SEVENTHS).mean()),
        "diminished": float(np.isin(states[:, 5], DIMINISHED).mean()),
        "spread": float((states[:, 0] - states[:, 2]).mean()),
        "bass": float(states[:, 3].mean()),
        "tenor": float(states[:, 2].mean()),
        "inversions": float((states[:, 9] != 0).mean()),
        "dominants": float(np.isin((states[:, 4] - tonic) % 12, (7, 11)).mean()),
        "moving": float(setting.passing + setting.suspensions),
        "open ends": float(np.mean([(state[4] - tonic) % 12 == 7 for state in ends])) if ends else 0.0,
    }


def is_borne_out(setting: Setting, figures: dict[str, float], first: dict[str, float] | None) -> bool:
    """Whether a setting is what its manner says, beside the first one."""
    if first is None:
        return True
    return all(sign * (figures[name] - first[name]) > 1e-9 for name, sign in setting.manner.claims)


def ending(ground: HarmonyGround, setting: Setting) -> str:
    """How a setting ends."""
    states, key = setting.chosen, ground.slots[-1].key
    last = (int(states[-1, 4]) - key.tonic) % 12
    before = next(((int(one[4]) - key.tonic) % 12 for one in states[::-1] if one[4] != states[-1, 4]), -1)
    if last == 0:
        is_major = is_minor_like(key) and states[-1, 5] in (0, 4, 6)
        return CADENCES.get(before, "ends on the tonic") + (" in major" if is_major else "")
    if last == 7:
        return "ends open on the dominant"
    if last in (8, 9) and before in (7, 11):
        return "deceptive cadence"
    return "ends away from the tonic"


def says_of(ground: HarmonyGround, setting: Setting) -> str:
    """The manner, and how it ends."""
    words = [setting.manner.says, ending(ground, setting)]
    return ", ".join(word for word in words if word)
