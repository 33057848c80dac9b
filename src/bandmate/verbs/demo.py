"""The demo: a short song of our own with planted faults, produced like any other, and found against planted."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bandmate.song.errors import RequestError
from bandmate.song.values import slug
from bandmate.verbs.producing import produce
from bandmate.verbs.progress import Progress, part, silent
from bandmate.verbs.results import Results

if TYPE_CHECKING:
    from bandmate.song.moves import Move
    from bandmate.verbs.demo_stems import PlantedFault

STEMS_FOLDER = "planted-stems"
RESULTS_FOLDER = "produced"


@dataclass(frozen=True, slots=True)
class Finding:
    """A planted fault, and the proposed move that answers it."""

    planted: PlantedFault
    found: bool
    proposed: str


@dataclass(frozen=True, slots=True)
class DemoRun:
    """What the demo found; ``others`` counts mix moves that answer no planted fault."""

    findings: tuple[Finding, ...]
    others: int
    produced: Results
    seconds: float

    @property
    def found(self) -> int:
        """How many of the planted faults were found."""
        return sum(one.found for one in self.findings)

    def facts(self) -> dict[str, Any]:
        """For programs."""
        return {
            "findings": [
                {
                    "planted": one.planted.sentence,
                    "track": one.planted.track,
                    "found": one.found,
                    "proposed": one.proposed,
                }
                for one in self.findings
            ],
            "other_moves": self.others,
            "seconds": self.seconds,
            "produced": self.produced.facts(),
        }


def run_demo(folder: Path | str, *, progress: Progress = silent) -> DemoRun:
    """Render the song's stems with faults in them, produce them, and compare.

    A second run in the same folder begins anew: what an earlier demo wrote there is replaced, and nothing else.

    Raises
    ------
    RequestError
        if there are results in the folder that are not from a demo.
    """
    from bandmate.verbs.demo_stems import make_demo_stems
    from bandmate.verbs.readiness import make_ready

    began = time.monotonic()
    place = Path(folder)
    if (place / RESULTS_FOLDER).exists() and not (place / STEMS_FOLDER).exists():
        raise RequestError(
            f'"{place / RESULTS_FOLDER}" is not from a demo, and a demo would write there; choose another folder'
        )
    for own in (STEMS_FOLDER, RESULTS_FOLDER):
        shutil.rmtree(place / own, ignore_errors=True)
    make_ready(part(progress, 0.0, 0.05))
    progress("playing the song", 0.05)
    planted = make_demo_stems(place / STEMS_FOLDER)
    produced = produce(
        place / STEMS_FOLDER, place / RESULTS_FOLDER, title="Evening Tram", progress=part(progress, 0.2, 1.0)
    )
    moves = [state.move for state in produced.proposals[0].moves]
    findings = tuple(finding(fault, moves) for fault in planted)
    answering = {id(move) for fault in planted for move in moves if answers(fault, move)}
    others = [move for move in moves if id(move) not in answering]
    return DemoRun(findings, len(others), produced, time.monotonic() - began)


def finding(fault: PlantedFault, moves: list[Move]) -> Finding:
    """Which move answers a fault, if any does."""
    found = next((move for move in moves if answers(fault, move)), None)
    return Finding(fault, found is not None, found.because if found else "")


def answers(fault: PlantedFault, move: Move) -> bool:
    """Whether a move is on the right track, of the right kind, and in the right direction."""
    if fault.kind == "polarity":
        return move.address.endswith("/polarity_inverted") and move.address.split("/")[1] in fault_tracks(fault)
    if not move.address.startswith(f"tracks/{slug(fault.track)}/"):
        return False
    if fault.kind == "rumble":
        return "inserts" in move.address
    if fault.kind in ("buried", "too-loud"):
        return move.address.endswith("gain_db") and (move.after > move.before) == (fault.kind == "buried")
    return False


def fault_tracks(fault: PlantedFault) -> set[str]:
    """A flipped track is put right by turning over either of the two."""
    return {slug(fault.track), "bass-di"}
