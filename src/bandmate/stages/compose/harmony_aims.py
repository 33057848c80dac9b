"""The dials as aims of a harmony: settings are tried, measured, and tried again until they are near what is asked.

Conventions: all four voices are measured, as on the scale of chorales. A turn is how far a knob of the search is moved
for a dial, from -2 to 2; after each trial it is moved on by what is still missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from bandmate.stages.compose.brief import DIALS, ComposeBrief
from bandmate.stages.compose.harmony_ground import HarmonyGround
from bandmate.stages.compose.harmony_words import Setting
from bandmate.stages.compose.idea import Idea
from bandmate.stages.compose.measures import material_of
from bandmate.stages.compose.measures_scale import Scale, dial_of, scale_of
from bandmate.stages.compose.passage import Passage

TRIALS = 7
GAIN = 1.2
NEAR = 0.04
FARTHEST = 2.5


@dataclass(frozen=True, slots=True, eq=False)
class Aims:
    """What is asked of each dial that is turned."""

    passage: Passage
    brief: ComposeBrief
    scale: Scale
    wanted: Mapping[str, float]

    def nearest(self, ground: HarmonyGround, setting_for: Callable[[Mapping[str, float]], Setting]) -> Setting:
        """The setting that is nearest to what is asked, of a few that close in on it."""
        turns = {name: 2 * value - 1 for name, value in self.wanted.items()}
        best: tuple[float, Setting] | None = None
        for _ in range(TRIALS):
            setting = setting_for(turns)
            found = self.measured(ground, setting)
            missing = {name: self.wanted[name] - value for name, value in found.items()}
            error = sum(abs(value) for value in missing.values())
            if best is None or error < best[0]:
                best = (error, setting)
            if error <= NEAR * len(missing):
                break
            for name, value in missing.items():
                turns[name] = max(-FARTHEST, min(FARTHEST, turns[name] + GAIN * value))
        assert best is not None
        return best[1]

    def measured(self, ground: HarmonyGround, setting: Setting) -> dict[str, float]:
        """Where each dial that is turned stands for a setting."""
        tones = tuple(sorted(tone for voice in (ground.line, *setting.voices) for tone in voice))
        material = replace(material_of(Idea(tones=tones), self.passage, self.brief), tones=tones)
        found = {name: dial_of(name, material, self.scale) for name in self.wanted}
        return {name: value for name, value in found.items() if value is not None}


def aims_of(passage: Passage, brief: ComposeBrief) -> Aims | None:
    """The aims of a brief; None where no dial is turned."""
    wanted = {name: value for name in DIALS if (value := getattr(brief.dials, name)) is not None}
    if not wanted:
        return None
    asked = ComposeBrief(part="harmony", genre=brief.genre, program=brief.program)
    return Aims(passage, asked, scale_of(passage, asked), wanted)
