"""One song through libsonare's mix assistant, inside the peers' environment: it knows nothing of Bandmate.

``python mix_peer_job.py FOLDER`` takes every WAV of a folder as a track without a name, and prints as JSON: the class
of each track, how many changes it explains, the trim and fader of each track in dB, and CPU seconds.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

SILENT_WORDS = ("created", "routed", "grouped", "excluded")


def main(folder: Path) -> None:
    """Everything in one go."""
    import libsonare
    import numpy as np
    import soundfile

    tracks = []
    for path in sorted(folder.glob("*.wav")):
        sound, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
        left, right = (np.ascontiguousarray(sound[:, side]) for side in (0, -1))
        is_stereo = sound.shape[1] == 2
        tracks.append(libsonare.MixTrackInput(path.stem, left, right if is_stereo else None, "", rate_hz))
    began = time.process_time()
    answer = libsonare.suggest_mix_scene(tracks, sample_rate=rate_hz)
    seconds = time.process_time() - began
    strips = {strip["id"]: strip for strip in answer["scene"]["strips"]}
    facts = {
        "classes": {row["stripId"]: row["source"] for row in answer["tracks"]},
        "changes": sum(not str(line).startswith(SILENT_WORDS) for line in answer["explanation"]),
        "steps_db": {name: strip["inputTrimDb"] + strip["faderDb"] for name, strip in strips.items()},
        "cpu_seconds": seconds,
    }
    print(json.dumps(facts))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
