"""Two limiters of other programs, run inside the peers' environment: it knows nothing of Bandmate.

``python limiter_peers.py FOLDER RATE_HZ`` limits every ``NAME.in.npy`` (float32, (2, frames)) in the folder at -1 dB
and writes ``NAME.PEER.npy`` beside it; it prints one line of JSON, the CPU seconds of each.

* ``libsonare``: its true-peak limiter, as its mastering chain has it.
* ``matchering``: its limiter ("hyrax"), as it ends every job of it.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

CEILING_DB = -1.0


def libsonare_limited(sound, rate_hz):
    import libsonare
    import numpy as np

    rows = [np.ascontiguousarray(row) for row in sound]
    name = "maximizer.truePeakLimiter"
    done = libsonare.mastering_process_stereo(name, *rows, rate_hz, {"ceilingDb": CEILING_DB})
    return np.stack([done.left, done.right])


def matchering_limited(sound, rate_hz):
    import numpy as np
    from matchering import Config
    from matchering.limiter import limit

    config = Config(internal_sample_rate=rate_hz, threshold=10.0 ** (CEILING_DB / 20.0))
    return limit(np.ascontiguousarray(sound.T, np.float64), config).T


def main():
    import numpy as np

    folder, rate_hz = Path(sys.argv[1]), int(sys.argv[2])
    cpu_seconds = {}
    for peer, limited in (("libsonare", libsonare_limited), ("matchering", matchering_limited)):
        limited(np.full((2, rate_hz), 0.5, np.float32), rate_hz)
        for path in sorted(folder.glob("*.in.npy")):
            name, sound = path.name.removesuffix(".in.npy"), np.load(path)
            began = time.process_time()
            done = limited(sound, rate_hz)
            cpu_seconds[f"{name}.{peer}"] = time.process_time() - began
            np.save(folder / f"{name}.{peer}.npy", np.ascontiguousarray(done, np.float32))
    print(json.dumps(cpu_seconds))


if __name__ == "__main__":
    main()
