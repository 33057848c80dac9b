"""One mastering job by ourselves, in a process of its own and with the same answer as ``peer_jobs``.

``python -m benchmarks.our_job TARGET REFERENCE OUT ROUNDS`` masters a WAV after a reference to that reference's
loudness, -1 dBTP, through ``bandmate.master``, as a musician would; the first round warms up where there are several.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.peer_jobs import peak_megabytes


def ours(target: Path, reference: Path, folder: Path) -> Path:
    """Master ``target`` after ``reference`` into a new folder; the master's file."""
    import bandmate

    bandmate.master([target], folder, references=[reference], targets=("reference",))
    return next(iter(sorted(folder.glob("**/*.wav"))))


def main() -> None:
    """Run the rounds and print what they took."""
    target, reference, out, rounds = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
    imported()
    cpu_seconds, wall_seconds, refused = [], [], ""
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(dir=out.parent) as name:
            began, wall_began = time.process_time(), time.perf_counter()
            try:
                made = ours(target, reference, Path(name) / "master")
            except Exception as failure:  # noqa: BLE001 - whatever it refuses is a result
                made, refused = None, f"{type(failure).__name__}: {failure}"
            cpu_seconds.append(time.process_time() - began)
            wall_seconds.append(time.perf_counter() - wall_began)
            if made is not None:
                shutil.move(made, out)
    facts = {"cpu_seconds": cpu_seconds, "wall_seconds": wall_seconds}
    print(json.dumps(facts | {"peak_mb": peak_megabytes(), "refused": refused}))


def imported() -> None:
    """Load what every job needs, so that the clock does not see it: as with the peers."""
    import av  # noqa: F401
    import bandmate.verbs.mastering  # noqa: F401
    import numba  # noqa: F401
    import numpy  # noqa: F401
    import scipy.signal  # noqa: F401
    import soundfile  # noqa: F401


if __name__ == "__main__":
    main()
