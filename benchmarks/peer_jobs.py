"""One mastering job by another program, run inside the peers' environment: it knows nothing of Bandmate.

``python peer_jobs.py PEER TARGET REFERENCE OUT ROUNDS LOUDNESS_LUFS RANGE_LU`` masters a WAV after a reference as that
program's own documentation does it, and prints what it took as JSON, imports not counted: CPU seconds of each round,
peak memory of the process, and in words what it refused.

* ``matchering``: ``process`` to 24 bit, as it comes.
* ``libsonare``: ``match.applyMatchEq`` on mid and side (stereo it cannot), then the chain with nothing but the loudness
  stage, its target the reference's loudness, ceiling -1 dBTP.
* ``libsonare-assistant``: the same, with all that its assistant suggests in the chain.
* ``loudnorm``: FFmpeg's, two passes, to the reference's loudness and range, -1 dBTP, back to the file's rate.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from pathlib import Path

CEILING_DBTP = -1.0


def matchering_job(target, reference, out, loudness_lufs, range_lu):
    import matchering

    matchering.process(target=target, reference=reference, results=[matchering.pcm24(out)])


def libsonare_job(target, reference, out, loudness_lufs, range_lu, assisted=False):
    import libsonare
    import numpy as np
    import soundfile

    sound, rate_hz = soundfile.read(target, dtype="float32", always_2d=True)
    wanted, reference_hz = soundfile.read(reference, dtype="float32", always_2d=True)
    parts = []
    for sign in (1, -1):
        source, model = ((each[:, 0] + sign * each[:, 1]) / 2 for each in (sound, wanted))
        matched = libsonare.mastering_pair_process(
            "match.applyMatchEq", source, model, rate_hz, {}, reference_sample_rate=reference_hz
        )
        parts.append(np.asarray(matched.samples, np.float32))
    left, right = parts[0] + parts[1], parts[0] - parts[1]
    chain = libsonare.mastering_assistant_suggest_chain_stereo(left, right, rate_hz, {}) if assisted else {}
    loudness = {"enabled": True, "targetLufs": loudness_lufs, "ceilingDb": CEILING_DBTP}
    chain |= {f"loudness.{name}": value for name, value in loudness.items()}
    master = libsonare.mastering_chain_stereo(left, right, rate_hz, chain)
    soundfile.write(out, np.stack([master.left, master.right], axis=1), rate_hz, "PCM_24")


def assistant_job(target, reference, out, loudness_lufs, range_lu):
    libsonare_job(target, reference, out, loudness_lufs, range_lu, assisted=True)


def loudnorm_job(target, reference, out, loudness_lufs, range_lu):
    wanted = f"I={loudness_lufs:.2f}:TP={CEILING_DBTP}:LRA={min(50.0, max(1.0, range_lu)):.2f}"
    with tempfile.TemporaryDirectory() as folder:
        stats = Path(folder) / "stats.json"
        through(target, None, [("loudnorm", f"{wanted}:print_format=json:stats_file={stats}")])
        seen = json.loads(stats.read_text())
    measured = ":".join(
        f"measured_{name}={seen[key]}"
        for name, key in (("I", "input_i"), ("TP", "input_tp"), ("LRA", "input_lra"), ("thresh", "input_thresh"))
    )
    second = f"{wanted}:{measured}:offset={seen['target_offset']}:linear=true"
    through(target, out, [("loudnorm", second)])


def through(path, out, filters):
    """A file through FFmpeg's filters, as ``ffmpeg -af`` has it; written as 24 bit where there is an ``out``."""
    import av
    import numpy as np
    import soundfile

    with av.open(path) as file:
        stream = file.streams.audio[0]
        rate_hz = stream.rate
        graph = av.filter.Graph()
        nodes = [graph.add_abuffer(template=stream), *(graph.add(name, values) for name, values in filters)]
        # subtle: loudnorm may answer at 192 kHz; without a second resampler nobody would ever hear of it.
        nodes += [graph.add("aresample", str(rate_hz)), graph.add("aformat", "sample_fmts=flt:channel_layouts=stereo")]
        nodes.append(graph.add("abuffersink"))
        graph.link_nodes(*nodes).configure()
        writer = soundfile.SoundFile(out, "w", rate_hz, 2, "PCM_24") if out else None

        def drain():
            while True:
                try:
                    frame = graph.pull()
                except (av.BlockingIOError, av.EOFError):
                    return
                if writer:
                    writer.write(np.clip(frame.to_ndarray().reshape(-1, 2), -1, 1))

        for frame in file.decode(stream):
            graph.push(frame)
            drain()
        graph.push(None)
        drain()
        if writer:
            writer.close()


JOBS = {
    "matchering": matchering_job,
    "libsonare": libsonare_job,
    "libsonare-assistant": assistant_job,
    "loudnorm": loudnorm_job,
}


def imported(peer):
    """Load what the job needs, so that the clock does not see it."""
    import numpy  # noqa: F401
    import soundfile  # noqa: F401

    __import__({"matchering": "matchering", "loudnorm": "av"}.get(peer, "libsonare"))


def peak_megabytes():
    """The most memory this process has had; what its parent had does not count (getrusage counts it on Linux)."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def main():
    peer, target, reference, out, rounds, loudness_lufs, range_lu = sys.argv[1:]
    imported(peer)
    cpu_seconds, wall_seconds, refused = [], [], ""
    for _ in range(int(rounds)):
        began, wall_began = time.process_time(), time.perf_counter()
        try:
            JOBS[peer](target, reference, out, float(loudness_lufs), float(range_lu))
        except Exception as failure:  # noqa: BLE001 - whatever it refuses is a result
            refused = f"{type(failure).__name__}: {failure}"
        cpu_seconds.append(time.process_time() - began)
        wall_seconds.append(time.perf_counter() - wall_began)
    facts = {"cpu_seconds": cpu_seconds, "wall_seconds": wall_seconds}
    print(json.dumps(facts | {"peak_mb": peak_megabytes(), "refused": refused}))


if __name__ == "__main__":
    main()
