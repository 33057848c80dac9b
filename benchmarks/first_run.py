"""The first run ever on a new machine: every kernel is compiled once, in sight of the user, and never again.

``python -m benchmarks.first_run``. Three processes that share an empty folder for what is compiled: one gets ready, one
finds that it is ready, and one makes a whole production out of short stems. Only the first may compile; numba itself is
asked for every compilation of a loop of ours.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.children import ran
from benchmarks.goals import reached

SECONDS = 25
STEM_SECONDS, RATE_HZ = 5, 44_100


def compiled() -> list[str]:
    """A list that grows by a name whenever numba compiles a loop of Bandmate in this process."""
    from numba.core import event

    names: list[str] = []

    class Listener(event.Listener):
        def on_start(self, event: Any) -> None:
            loop = event.data["dispatcher"].py_func
            if loop.__module__.startswith("bandmate"):
                names.append(f"{loop.__module__}.{loop.__name__}{event.data['args']}")

        def on_end(self, event: Any) -> None:
            pass

    event.register("numba:compile", Listener())
    return names


def get_ready() -> None:
    """Compile whatever is not compiled yet; prints what was, and the lines that a user sees, as JSON."""
    names, lines, began = compiled(), [], time.perf_counter()
    from bandmate.verbs.readiness import make_ready

    make_ready(lambda what, share: lines.append(what))
    print(json.dumps({"compiled": names, "lines": lines, "seconds": time.perf_counter() - began}))


def make_production(folder: Path) -> None:
    """A production of short stems with something for every device; prints what had to be compiled, as JSON."""
    names, began = compiled(), time.perf_counter()
    import bandmate

    bandmate.produce(folder / "stems", folder / "out", master="cd")
    print(json.dumps({"compiled": names, "lines": [], "seconds": time.perf_counter() - began}))


def write_stems(folder: Path) -> None:
    """Four short stems, mono and stereo, of two rates, one of them with rumble and one with its polarity turned."""
    import numpy as np
    import soundfile

    folder.mkdir()
    rng = np.random.default_rng(1)
    clock = np.arange(STEM_SECONDS * RATE_HZ) / RATE_HZ
    beats = np.exp(-8 * (clock * 2 % 1.0)) * rng.standard_normal(len(clock)) * 0.2
    voice = np.sin(2 * np.pi * 440 * clock) * (0.5 + 0.5 * np.sin(2 * np.pi * clock)) * 0.05
    rumble = 0.3 * np.sin(2 * np.pi * 18 * clock)
    soundfile.write(folder / "kick in.wav", beats, RATE_HZ, "PCM_24")
    soundfile.write(folder / "kick out.flac", -beats, RATE_HZ)
    soundfile.write(folder / "lead vocal.wav", voice + rumble, RATE_HZ, "PCM_16")
    soundfile.write(folder / "pad.wav", np.stack([beats[::-1], voice]).T * 3, 48_000, "FLOAT")


def main() -> None:
    """The three processes in turn, then the goals."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_stems(folder / "stems")
        extra = {"NUMBA_CACHE_DIR": str(folder / "numba"), "BANDMATE_CACHE": str(folder / "bandmate")}
        numba = ran(["-c", "import numba"]).wall_seconds
        runs = [ran(["-m", "benchmarks.first_run", what, name], extra=extra) for what in ("ready", "ready", "produce")]
        first, second, production = (json.loads(run.output) for run in runs)
        print(f"import numba alone: {numba:.2f} s")
        print(f"first process: {runs[0].wall_seconds:.1f} s ({runs[0].cpu_seconds:.1f} s of CPU time), ", end="")
        print(f"{runs[0].wall_seconds / numba:.0f} times the import; {len(first['compiled'])} loops compiled")
        print(f"  it says: {first['lines'][0] if first['lines'] else 'nothing'}")
        print(f"second process: {second['seconds']:.2f} s, {len(second['compiled'])} loops compiled")
        print(f"a first production: {production['seconds']:.1f} s, {len(production['compiled'])} loops compiled")
        for loop in (*second["compiled"], *production["compiled"]):
            print(f"  not made ready: {loop}")
    reached("all kernels compiled on the first run", runs[0].wall_seconds, "s", at_most=SECONDS)
    reached("lines that tell of it", len(first["lines"]), "lines", at_least=1)
    later = len(second["compiled"]) + len(production["compiled"])
    reached("kernels compiled after the first run", later, "loops", at_most=0)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    if sys.argv[1:2] == ["ready"]:
        get_ready()
    elif sys.argv[1:2] == ["produce"]:
        make_production(Path(sys.argv[2]))
    else:
        main()
