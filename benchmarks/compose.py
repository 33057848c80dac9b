"""The compose stage in one run: every figure with its goal, on works that were held back.

``python -m benchmarks.compose`` measures everything; ``python -m benchmarks.compose chords speed`` some of it. The
parts are programs of their own, ``benchmarks.compose_chords`` and so on. All but ``speed`` read the corpora.
"""

from __future__ import annotations

import subprocess
import sys

PARTS = (
    "speed",
    "chords",
    "melody_model",
    "chorale",
    "melody",
    "drums",
    "drummers",
    "band",
    "dials",
    "alternatives",
    "originality",
    "training",
)


def main(names: list[str]) -> int:
    """Run the parts, each in a process of its own; 1 where one of them failed."""
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        sys.exit(f'no part "{unknown[0]}"; there are {", ".join(PARTS)}')
    failed = []
    for name in names or PARTS:
        print(f"--- {name}", flush=True)
        if subprocess.run([sys.executable, "-m", f"benchmarks.compose_{name}"], check=False).returncode:
            failed.append(name)
    if failed:
        print(f"failed: {', '.join(failed)}")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
