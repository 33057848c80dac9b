"""One mastering job by ourselves, in a process of its own and with the same answer as ``peer_jobs``.

``python -m benchmarks.our_job TARGET REFERENCE OUT ROUNDS [PROFILE LOUDNESS_LUFS]`` masters a WAV after a reference to
that reference's loudness, -1 dBTP, through ``bandmate.master``, without the report; the first round warms up where
there are several. With a delivery profile the master is safe in its codecs too, at the loudness said.
"""

from __future__ import annotations

import importlib
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
    from bandmate.verbs.mastering import MasterOptions

    options = MasterOptions(has_report=False)
    bandmate.master(target, folder, references=[reference], targets=["reference"], options=options)
    return folder / "master-reference.wav"


def codec_safe(target: Path, reference: Path, folder: Path, *, profile: str, loudness_lufs: float) -> Path:
    """The same for a delivery profile, with a ceiling so low that none of its codecs decodes above 0 dBTP."""
    import bandmate
    from bandmate.stages.master.brief import MasterBrief
    from bandmate.verbs.mastering import MasterOptions

    options = MasterOptions(has_report=False, is_codec_safe=True)
    brief = MasterBrief(loudness_lufs=loudness_lufs)
    bandmate.master(target, folder, references=[reference], targets=[profile], brief=brief, options=options)
    return folder / f"master-{profile}.wav"


def main() -> None:
    """Run the rounds and print what they took."""
    target, reference, out = (Path(name) for name in sys.argv[1:4])
    rounds, delivery = int(sys.argv[4]), sys.argv[5:]
    imported()
    cpu_seconds, wall_seconds, refused = [], [], ""
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(dir=out.parent) as name:
            began, wall_began = time.process_time(), time.perf_counter()
            try:
                folder = Path(name) / "master"
                if delivery:
                    made = codec_safe(target, reference, folder, profile=delivery[0], loudness_lufs=float(delivery[1]))
                else:
                    made = ours(target, reference, folder)
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
    for name in ("av", "numba", "numpy", "scipy.signal", "soundfile", "bandmate.verbs.mastering"):
        importlib.import_module(name)


if __name__ == "__main__":
    main()
