"""What a production wrote, in words and for programs."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bandmate.verbs.importing import PRODUCTION_PROJECT
from bandmate.verbs.printing import Printed

if TYPE_CHECKING:
    from bandmate.project.decisions import ProposalState
    from bandmate.stages.hearing import Hearing


@dataclass(frozen=True, slots=True)
class Results:
    """What a production wrote, and what was proposed and accepted on the way.

    ``left_out`` is what did not travel to the DAW project, ``remarks`` what the import had to say.
    """

    folder: Path
    before: Printed
    mix: Printed
    master: Printed
    dawproject: Path
    stems: tuple[Path, ...]
    report: Path
    mix_report: Path
    proposals: tuple[ProposalState, ...]
    remarks: tuple[str, ...]
    left_out: tuple[str, ...]

    def summary(self) -> tuple[str, ...]:
        """The outcome in a few lines."""
        made = sum(state.counts["accepted"] for state in self.proposals)
        counted = f"{made} moves were" if made > 1 else "1 move was"
        lines = [f"{counted} proposed and accepted at full strength; how to review each is said at the end"]
        if not made:
            lines = ["no move was proposed; the report says why"]
        for what, sound in (("mix", self.mix), ("master", self.master)):
            lines.append(f"{what}: {sound.path}  {level_in_words(sound.hearing)}")
        lines.append(f"DAW project: {self.dawproject}")
        lines.append(
            f"stems: {self.folder / 'stems'} ({len(self.stems)} {'file' if len(self.stems) == 1 else 'files'})"
        )
        lines.append(f"report: {self.report}; every finding of the mix: {self.mix_report}")
        project = shlex.quote(str(self.folder / PRODUCTION_PROJECT))
        lines += [
            f"review: bandmate show {state.id} --project {project}" for state in self.proposals if state.proposal.moves
        ]
        return tuple(lines)

    def facts(self) -> dict[str, Any]:
        """The outcome for programs."""
        sounds = (("before", self.before), ("mix", self.mix), ("master", self.master))
        return {
            "folder": str(self.folder),
            "files": {name: sound_facts(sound) for name, sound in sounds},
            "dawproject": str(self.dawproject),
            "stems": [str(path) for path in self.stems],
            "report": str(self.report),
            "mix_report": str(self.mix_report),
            "proposals": [{"id": s.id, "stage": s.proposal.stage, "counts": s.counts} for s in self.proposals],
            "remarks": list(self.remarks),
            "left_out": list(self.left_out),
        }


def level_in_words(heard: Hearing) -> str:
    """Loudness and the highest peak; ``silent`` where no loudness can be told."""
    if heard.integrated_lufs is None:
        return "silent"
    return f"{heard.integrated_lufs:.1f} LUFS, {heard.highest_peak_dbtp:.2f} dBTP"


def sound_facts(sound: Printed) -> dict[str, Any]:
    names = ("integrated_lufs", "range_lu", "true_peak_dbtp", "true_peak_16x_dbtp")
    measured = {name: getattr(sound.hearing, name) for name in names}
    return {"path": str(sound.path), "sha256": sound.sha256} | measured
