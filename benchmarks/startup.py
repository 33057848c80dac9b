"""How long the small commands take: CPU seconds from outside, and as a share of what others take to be imported.

``python -m benchmarks.startup``. Every figure is the median of several runs, each in a new process, and those of the
peers come from the same round. Wall time is not looked at: it says more about what else the machine does.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

import bandmate
from bandmate.song.moves import Move
from bandmate.song.proposal import HUMAN, Author, Proposal
from bandmate.song.tracks import Track
from benchmarks.children import CLI, median_cpu_seconds, ran
from benchmarks.goals import reached

ROUNDS = 7
TRACKS = 5
IMPORT_SECONDS, COMMAND_SECONDS = 0.3, 0.5
PEERS = {
    "nothing": ["-c", "pass"],
    "import numpy": ["-c", "import numpy"],
    "import scipy.signal, numba": ["-c", "import scipy.signal, numba"],
}
COMMANDS = {
    "bandmate --help": ["--help"],
    "bandmate log": ["log"],
    "bandmate proposals": ["proposals"],
    "bandmate accept P1": ["accept", "P1"],
    "bandmate undo": ["undo"],
}


def small_project(folder: Path) -> None:
    """A project with a handful of tracks, a little history and an open proposal, without any sound."""
    with bandmate.new_project(folder, title="small") as project:
        song = project.song
        for number in range(1, TRACKS + 1):
            track = Track(id=f"track-{number}", name=f"Track {number}")
            song = replace(song, tracks=(*song.tracks, track))
            project.commit(song, f"add track {number}", author=HUMAN)
        moves = tuple(
            Move(address=f"tracks/{track.id}/gain_db", before=0.0, after=-3.0, because="it is too loud")
            for track in song.tracks
        )
        project.add_proposal(Proposal(stage="mix", title="softer", moves=moves, author=Author(kind="assistant")))


def cpu_seconds(arguments: Sequence[str]) -> float:
    """The median of several runs, after one that warms up the disk."""
    ran(arguments)
    return median_cpu_seconds([ran(arguments) for _ in range(ROUNDS)])


def command_seconds(template: Path, arguments: Sequence[str]) -> float:
    """The median over runs that each get a fresh copy of the project, in which something was done already."""
    runs = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name) / "project"
            shutil.copytree(template, folder)
            runs.append(ran(["-c", CLI, *arguments], folder=folder))
    return median_cpu_seconds(runs)


def main() -> None:
    """Peers, then the import and each command as a ratio to them, then the goals."""
    peers = {name: cpu_seconds(arguments) for name, arguments in PEERS.items()}
    taken = {"import bandmate": cpu_seconds(["-c", "import bandmate"])}
    with tempfile.TemporaryDirectory() as name:
        template = Path(name) / "template"
        small_project(template)
        for command, arguments in COMMANDS.items():
            taken[command] = command_seconds(template, arguments)
    print(f"CPU seconds, median of {ROUNDS} new processes:")
    for what, seconds in peers.items():
        print(f"  python, {what:28s} {seconds:.3f} s")
    heavy = peers["import scipy.signal, numba"]
    for what, seconds in taken.items():
        print(f"  {what:36s} {seconds:.3f} s, {seconds / heavy:.2f} of importing scipy.signal and numba")
    for what, seconds in taken.items():
        reached(what, seconds, "CPU s", at_most=IMPORT_SECONDS if what == "import bandmate" else COMMAND_SECONDS)


if __name__ == "__main__":
    main()
