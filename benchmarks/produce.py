"""The main job on the real stems: how long it takes once everything is compiled, and what an independent meter says.

``python -m benchmarks.produce``. The job runs in a process of its own, whole: from the command line to the last file,
peers beside it in the same run. Loudness and true peak of the master are read by FFmpeg's ebur128, which shares no
line with ours, and the figures in the report are held against those of the files.
"""

from __future__ import annotations

import json
import math
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.children import CLI, ran
from benchmarks.goals import reached
from benchmarks.shared_stems import RATE_HZ, stem_files, stems

ROUNDS = 3
SECONDS = 30
LOUDNESS_LUFS, TOLERANCE_LU, CEILING_DBTP = -14.0, 0.1, -1.0
SAME = 1e-6


def stem_folder(folder: Path) -> Path:
    """Where the stems are; written to ``folder`` where there are none of the shared ones."""
    import soundfile

    if found := stem_files():
        return found[0].parent
    for name, samples in stems().items():
        soundfile.write(folder / f"{name}.wav", samples.T, RATE_HZ, "PCM_24")
    return folder


def independent_meter(path: Path) -> tuple[float, float]:
    """Integrated loudness in LUFS and true peak in dBTP by FFmpeg's ebur128."""
    import av

    with av.open(str(path)) as file:
        stream = file.streams.audio[0]
        graph = av.filter.Graph()
        chain = [
            graph.add_abuffer(template=stream),
            graph.add("ebur128", "metadata=1:peak=true"),
            graph.add("abuffersink"),
        ]
        graph.link_nodes(*chain).configure()
        said: dict[str, str] = {}
        for frame in file.decode(stream):
            graph.push(frame)
            said = drained(graph, said)
        graph.push(None)
        said = drained(graph, said)
    peaks = [float(value) for name, value in said.items() if name.startswith("lavfi.r128.true_peaks_ch")]
    return float(said["lavfi.r128.I"]), 20 * math.log10(max(peaks))


def drained(graph: Any, said: dict[str, str]) -> dict[str, str]:
    """What the filter said last."""
    import av

    while True:
        try:
            said = dict(graph.pull().metadata) or said
        except (av.BlockingIOError, av.EOFError):
            return said


def decode_seconds(folder: Path) -> float:
    """CPU time that the file library alone takes to decode all stems."""
    import soundfile

    began = time.process_time()
    for path in sorted(folder.iterdir()):
        if path.suffix in (".mp3", ".wav"):
            soundfile.read(path, dtype="float32")
    return time.process_time() - began


def report_differences(folder: Path) -> float:
    """The largest difference between a figure in the report and the same figure read from the file now."""
    from bandmate.formats.audio_files import decode_blocks, probe
    from bandmate.stages.hearing import hear

    report, largest = json.loads((folder / "report.json").read_bytes()), 0.0
    rows = {row["name"]: row["measured"] for row in report["files"] if row["measured"]}
    for name, row in rows.items():
        path = folder / name
        heard = hear(decode_blocks(path), probe(path).rate_hz)
        for figure in ("integrated_lufs", "range_lu", "true_peak_dbtp"):
            largest = max(largest, abs(row[figure] - getattr(heard, figure)))
    return largest


def main() -> None:
    """Several productions, then the meters, then the goals."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "stems").mkdir()
        source = stem_folder(folder / "stems")
        ran(["-c", "from bandmate.verbs.readiness import make_ready; make_ready()"])
        runs = []
        for number in range(ROUNDS):
            out = folder / f"out{number}"
            command = ["-c", CLI, "produce", str(source), "--master", "spotify", "--json", "-o", str(out)]
            runs.append(ran(command))
        megabytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / (
            2**20 if sys.platform == "darwin" else 2**10
        )
        best = min(runs, key=lambda run: run.wall_seconds)
        peer = decode_seconds(source)
        lufs, dbtp = independent_meter(out / "master.wav")
        difference = report_differences(out)
    print(
        f"produce --master spotify, best of {ROUNDS}: {best.wall_seconds:.1f} s, {best.cpu_seconds:.1f} s of CPU time,"
    )
    print(
        f"  {best.cpu_seconds / peer:.0f} times what libsndfile takes to decode the stems; {megabytes:.0f} MB of memory"
    )
    print(f"master.wav by FFmpeg's ebur128: {lufs:.2f} LUFS, {dbtp:.2f} dBTP")
    reached("produce on the real stems, warm", best.wall_seconds, "s", at_most=SECONDS)
    low, high = LOUDNESS_LUFS - TOLERANCE_LU, LOUDNESS_LUFS + TOLERANCE_LU
    reached("its loudness by an independent meter", lufs, "LUFS", at_least=low, at_most=high)
    reached("its true peak by an independent meter", dbtp, "dBTP", at_most=CEILING_DBTP)
    reached("figures in the report against those of the files", difference, "dB apart", at_most=SAME)


if __name__ == "__main__":
    main()
