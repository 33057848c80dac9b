"""Run every benchmark in turn, each in a process of its own so that none warms up another, and end with a table.

``python -m benchmarks`` runs all of them, ``python -m benchmarks startup meters`` some. ``master``, ``limiter``,
``mix``, ``roles``, ``structure``, ``edit`` and ``compose`` run only when asked for by name: they fetch, read or make
music first.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.goals import VARIABLE, noted, table

BENCHMARKS = ("startup", "first_run", "meters", "render", "produce", "session")


def main(names: list[str]) -> int:
    """Run them; the exit code is 1 if one of them failed or missed a goal."""
    failed = []
    with tempfile.TemporaryDirectory() as folder:
        notes = Path(folder) / "goals"
        for name in names or BENCHMARKS:
            print(f"--- {name}", flush=True)
            command = [sys.executable, "-m", f"benchmarks.{name}"]
            extra = {VARIABLE: str(notes)} | (peers() if name == "limiter" else {})
            if subprocess.run(command, check=False, env=os.environ | extra).returncode:
                failed.append(name)
        goals = noted(notes)
    print("---")
    print(table(goals))
    if failed:
        print(f"failed: {', '.join(failed)}")
    return 0 if not failed and all(goal.is_met for goal in goals) else 1


def peers() -> dict[str, str]:
    """Where the other limiters are."""
    from benchmarks.limiter import PEERS_PYTHON
    from benchmarks.peers import environment

    return {PEERS_PYTHON: os.environ.get(PEERS_PYTHON) or str(environment())}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
