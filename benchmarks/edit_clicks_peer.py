"""libsonare's declicking of some sounds, run inside the peers' environment: it knows nothing of Bandmate.

``python edit_clicks_peer.py SOUNDS OUT``: both are NPZ files of mono float32 sounds at 44.1 kHz; prints the CPU seconds
that all of them took as JSON.
"""

from __future__ import annotations

import json
import sys
import time

import libsonare
import numpy as np

RATE_HZ = 44_100


def main() -> None:
    sounds = np.load(sys.argv[1])
    started = time.process_time()
    made = {
        name: np.asarray(
            libsonare.mastering_repair_declick(sounds[name], RATE_HZ, threshold=0.1, max_click_samples=32), np.float32
        )
        for name in sounds.files
    }
    spent = time.process_time() - started
    np.savez(sys.argv[2], **made)
    print(json.dumps({"cpu_seconds": spent}))


if __name__ == "__main__":
    main()
