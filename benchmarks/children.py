"""Programs that are measured from outside: their CPU time, wall time and what they print."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

CLI = "from bandmate.cli.main import run; run()"


@dataclass(frozen=True, slots=True)
class Ran:
    """What a program took, and its standard output."""

    cpu_seconds: float
    wall_seconds: float
    output: str


def ran(arguments: Sequence[str], *, folder: Path | None = None, extra: Mapping[str, str] | None = None) -> Ran:
    """Run this Python with these arguments; its failure is this program's."""
    with tempfile.TemporaryFile() as output:
        began = time.perf_counter()
        child = subprocess.Popen(
            [sys.executable, *arguments], cwd=folder, env=os.environ | dict(extra or {}), stdout=output
        )
        # subtle: wait4 tells of this one child; resource.RUSAGE_CHILDREN would add up all that ended at that time.
        _, status, usage = os.wait4(child.pid, 0)
        wall_seconds = time.perf_counter() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode()
    if child.returncode:
        raise SystemExit(f"{' '.join(arguments)} ended with {child.returncode}\n{text}")
    return Ran(usage.ru_utime + usage.ru_stime, wall_seconds, text)


def median_cpu_seconds(runs: Sequence[Ran]) -> float:
    """CPU seconds of the middle one of several runs."""
    return median(run.cpu_seconds for run in runs)
