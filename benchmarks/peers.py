"""Other mastering programs, in an environment of their own that is made here, and what a job of theirs takes.

The environment lies in the cache of the benchmarks and is made anew when ``requirements-peers.txt`` changes. Nothing of
it is ever imported by Bandmate or by a benchmark: jobs run as processes of their own (``peer_jobs.py``), one thread on
one core. ``python -m benchmarks.peers`` makes it and says what is in it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.music import cache_folder

HERE = Path(__file__).parent
REQUIREMENTS = HERE / "requirements-peers.txt"
PEERS = ("matchering", "libsonare", "libsonare-assistant", "loudnorm")
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)


@dataclass(frozen=True, slots=True)
class Aims:
    """What the reference has: integrated loudness and loudness range."""

    loudness_lufs: float
    range_lu: float


@dataclass(frozen=True, slots=True)
class Job:
    """What a mastering job took.

    Attributes
    ----------
    cpu_seconds, wall_seconds : float
        of the quickest round inside the process, imports and compiling not counted.
    whole_cpu_seconds : float
        of the process from its start to its end, all rounds in it.
    peak_mb : float
    refused : str
        why there is no master; empty where there is one.
    """

    out: Path
    cpu_seconds: float
    wall_seconds: float
    whole_cpu_seconds: float
    peak_mb: float
    refused: str = ""


def environment() -> Path:
    """The Python of the peers' environment; made, or made anew, where it is needed."""
    folder = cache_folder() / "peers"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    done = folder / "installed"
    if done.exists() and done.read_text() == wanted:
        return python
    print(f"making the peers' environment in {folder}", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    try:
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "-r", str(REQUIREMENTS)]
        subprocess.run(pip, check=True)
    except subprocess.CalledProcessError as failure:
        raise SystemExit(
            f"the peers could not be installed from the package index (pip ended with {failure.returncode}); "
            "they are needed for this benchmark only: check the connection and run it again"
        ) from failure
    done.write_text(wanted)
    return python


def peer_job(
    peer: str, target: Path, reference: Path, out: Path, *, aims: Aims, rounds: int = 1, is_pinned: bool = False
) -> Job:
    """Let a peer master ``target`` after ``reference``, to the reference's loudness and range where it takes such."""
    files = [str(path) for path in (target, reference, out)]
    script = [str(environment()), str(HERE / "peer_jobs.py")]
    numbers = [str(rounds), f"{aims.loudness_lufs:.4f}", f"{aims.range_lu:.4f}"]
    return job([*script, peer, *files, *numbers], out, is_pinned=is_pinned)


def job(command: Sequence[str], out: Path, *, is_pinned: bool = False) -> Job:
    """Run a job's process with one thread, pinned to one core where the system can; it prints JSON at its end."""
    pin = ["taskset", "-c", "0"] if is_pinned and shutil.which("taskset") else []
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        child = subprocess.Popen([*pin, *command], env=os.environ | ONE_THREAD, stdout=output, stderr=errors)
        # subtle: wait4 tells of this one child; resource.RUSAGE_CHILDREN would add up all that ended at that time.
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        said, complaint = (file.seek(0) or file.read().decode(errors="replace") for file in (output, errors))
    if child.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {child.returncode}\n{complaint}")
    facts = json.loads(said.splitlines()[-1])
    return Job(
        out=out,
        cpu_seconds=min(facts["cpu_seconds"]),
        wall_seconds=min(facts["wall_seconds"]),
        whole_cpu_seconds=usage.ru_utime + usage.ru_stime,
        peak_mb=facts["peak_mb"],
        refused=facts["refused"],
    )


def main() -> None:
    """Make the environment and say what is in it."""
    python = environment()
    subprocess.run([str(python), "-m", "pip", "--disable-pip-version-check", "list"], check=True)


if __name__ == "__main__":
    main()
