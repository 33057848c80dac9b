"""How fast and how small the mix stage is: one stem analysed, and 24 stems of four minutes up to the proposal.

The analysis is everything that is heard of a track (hearing and closeup in one pass), in CPU time of one thread, on
stereo stems of four minutes that are in memory; the slowest of several stems counts. The whole job is the command line
in a process of its own, kernels compiled before: a new project, the stems imported, the mix proposed. Its wall time is
that of two cores where the system can say so, its memory the most that the process ever had.
"""

from __future__ import annotations

import json
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
LAUNCHER = """
import json, resource, subprocess, sys, time
began = time.perf_counter()
done = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
row = {"wall_seconds": time.perf_counter() - began, "cpu_seconds": used.ru_utime + used.ru_stime}
print(json.dumps(row | {"maxrss": used.ru_maxrss, "said": done.stdout.decode(errors="replace")}))
sys.exit(done.returncode)
"""
"""A small process in between: a program begins with the peak of memory of whoever started it, and this one is small."""


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
            command = [*pin, sys.executable, "-c", CLI, *arguments]
            child = subprocess.run([sys.executable, "-c", LAUNCHER, *command], stdout=subprocess.PIPE, check=False)
            if child.returncode:
                raise SystemExit(f"bandmate {' '.join(arguments)} ended with {child.returncode}")
            used = json.loads(child.stdout.splitlines()[-1])
            wall[step], cpu[step] = used["wall_seconds"], used["cpu_seconds"]
            most = max(most, used["maxrss"] / MEGABYTE)
            said = used["said"]
    return WholeJob(wall, cpu, most, said)
