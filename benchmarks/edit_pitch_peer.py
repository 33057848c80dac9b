"""Other pitch trackers, inside the peers' environment, each as its own documentation uses it.

``python edit_pitch_peer.py FOLDER`` reads ``jobs.json`` in the folder, a list of sound files (mono WAV), and writes
``answers.json``: for each file and tracker the CPU seconds and the pitch every 5 ms, 0 where there is none. Trackers
that are not installed are left out.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
import soundfile

LOWEST_HZ, HIGHEST_HZ = 65.0, 1100.0
HOP_SECONDS = 0.005


def praat(sound, rate_hz):
    import parselmouth

    found = parselmouth.Sound(sound, rate_hz).to_pitch_ac(
        time_step=HOP_SECONDS, pitch_floor=LOWEST_HZ, pitch_ceiling=HIGHEST_HZ
    )
    return found.xs(), found.selected_array["frequency"]


def dio(sound, rate_hz):
    import pyworld

    rough, at = pyworld.dio(sound, rate_hz, f0_floor=LOWEST_HZ, f0_ceil=HIGHEST_HZ, frame_period=1e3 * HOP_SECONDS)
    return at, pyworld.stonemask(sound, rough, at, rate_hz)


def harvest(sound, rate_hz):
    import pyworld

    hz, at = pyworld.harvest(sound, rate_hz, f0_floor=LOWEST_HZ, f0_ceil=HIGHEST_HZ, frame_period=1e3 * HOP_SECONDS)
    return at, hz


TRACKERS = {"praat": praat, "dio+stonemask": dio, "harvest": harvest}


def main() -> None:
    folder = Path(sys.argv[1])
    answers = {}
    for file in json.loads((folder / "jobs.json").read_text()):
        sound, rate_hz = soundfile.read(folder / file, dtype="float64", always_2d=True)
        at = np.arange(int(len(sound) / rate_hz / HOP_SECONDS)) * HOP_SECONDS
        for name, tracker in TRACKERS.items():
            begun = time.process_time()
            try:
                times, hz = tracker(np.ascontiguousarray(sound[:, 0]), rate_hz)
            except ImportError:
                continue
            seconds = time.process_time() - begun
            nearest = np.clip(np.searchsorted(times, at - 0.5 * HOP_SECONDS), 0, len(times) - 1)
            inside = (at >= times[0] - HOP_SECONDS) & (at <= times[-1] + HOP_SECONDS)
            curve = np.where(inside, np.asarray(hz)[nearest], 0.0).tolist()
            answers.setdefault(name, {})[file] = {"cpu_seconds": seconds, "hz": curve}
    (folder / "answers.json").write_text(json.dumps(answers))


if __name__ == "__main__":
    main()
