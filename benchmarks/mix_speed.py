"""How fast and how small the mix stage is: one stem analysed, and 24 stems of four minutes up to the proposal.

The analysis is everything that is heard of a track (hearing and closeup in one pass), in CPU time of one thread, on
stereo stems of four minutes that are in memory; the slowest of several stems counts. The whole job is the command line
in a process of its own, kernels compiled before: a new project, the stems imported, the mix proposed. Its wall time is
that of two cores where the system can say so, its memory the most that the process ever had.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.children import CLI, ran
from benchmarks.mix_songs import long_folder, long_song

STEMS = 4
MEGABYTE = 2**20 if sys.platform == "darwin" else 2**10
CORES = "0,1"


@dataclass(frozen=True, slots=True)
class WholeJob:
    """What the job took, step by step."""

    wall_seconds: dict[str, float]
    cpu_seconds: dict[str, float]
    most_mb: float
    said: str


def analysis_speeds() -> list[tuple[str, float]]:
    """How many times faster than real time a stem is heard, stem by stem; all as stereo."""
    from bandmate.sound.audio import Audio
    from bandmate.stages.closeup import hear_closely

    song = long_song()
    found = []
    chosen = song.song.tracks[:: max(1, len(song.song.tracks) // STEMS)][:STEMS]
    for track in (chosen[0], *chosen):  # the first is a warm-up
        audio = song.audio(track.id)
        stereo = Audio(np.ascontiguousarray(np.broadcast_to(audio.samples, (2, audio.frames))), audio.rate_hz)
        began = time.process_time()
        hear_closely(stereo.blocks(), stereo.rate_hz)
        found.append((track.name, audio.seconds / (time.process_time() - began)))
    return found[1:]


def whole_job() -> WholeJob:
    """Project, import and proposal of the long song, each by the command line."""
    source = long_folder()
    ran(["-c", "from bandmate.verbs.readiness import make_ready; make_ready()"])
    pin = ["taskset", "-c", CORES] if shutil.which("taskset") else []
    wall: dict[str, float] = {}
    cpu: dict[str, float] = {}
    most, said = 0.0, ""
    with tempfile.TemporaryDirectory() as name:
        stems, project = Path(name) / "stems", Path(name) / "project"
        stems.mkdir()
        for path in source.glob("*.flac"):
            (stems / path.name).symlink_to(path)
        steps = {
            "new": ["new", str(project)],
            "import": ["import", str(stems), "--project", str(project)],
            "propose": ["propose", "mix", "--project", str(project)],
        }
        for step, arguments in steps.items():
            began = time.perf_counter()
            with tempfile.TemporaryFile() as output:
                child = subprocess.Popen([*pin, sys.executable, "-c", CLI, *arguments], stdout=output)
                _, status, usage = os.wait4(child.pid, 0)
                child.returncode = os.waitstatus_to_exitcode(status)
                output.seek(0)
                said = output.read().decode(errors="replace")
            if child.returncode:
                raise SystemExit(f"bandmate {' '.join(arguments)} ended with {child.returncode}\n{said}")
            wall[step] = time.perf_counter() - began
            cpu[step] = usage.ru_utime + usage.ru_stime
            most = max(most, usage.ru_maxrss / MEGABYTE)
    return WholeJob(wall, cpu, most, said)
