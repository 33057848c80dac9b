"""A large session, 24 stereo stems of 4 minutes: imported, listened to, proposed for, rendered, and rendered again.

``python -m benchmarks.session``. The stems are made from the shared ones by looping and varying them (offset, gain,
filter, balance), so that no two files are alike: 24-bit WAV, 1.5 GB, in the folder for passing files, taken away
afterwards; the project beside them takes as much again. The work is done in a process of its own whose memory is looked
at from inside. Peers in the same run: libsndfile decoding the same files, pyloudnorm measuring one of them.
"""

from __future__ import annotations

import json
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.children import ran
from benchmarks.goals import reached
from benchmarks.shared_stems import RATE_HZ, stems

STEMS, MINUTES = 24, 4
RENDERS = 3
PIECE_FRAMES = 10 * RATE_HZ
PROPOSED_SECONDS, MEGABYTES = 120, 600
TIMES_REAL_TIME, TIMES_FASTER = 20, 5


def write_stems(folder: Path) -> None:
    """All stems, each from another place of a loop, at another level and with another filter."""
    import numpy as np
    import soundfile
    from scipy.signal import butter, sosfilt

    folder.mkdir()
    loops, frames = stems(), MINUTES * 60 * RATE_HZ
    for number in range(STEMS):
        name = list(loops)[number % len(loops)]
        loop = np.roll(loops[name], number * 123_457, axis=1)
        kind, corner_hz = ("lowpass", 6_000 + 400 * number) if number % 2 else ("highpass", 30 + 10 * number)
        filtered = sosfilt(butter(2, corner_hz, kind, fs=RATE_HZ, output="sos"), loop).astype(np.float32)
        balance = np.array([[1.0 - 0.02 * number], [0.5 + 0.02 * number]], np.float32)
        varied = filtered * balance * np.float32(10 ** ((-14 + number % 7) / 20))
        with soundfile.SoundFile(folder / f"{name} {number + 1:02d}.wav", "w", RATE_HZ, 2, "PCM_24") as file:
            for start in range(0, frames, varied.shape[1]):
                file.write(varied[:, : frames - start].T)


def work(folder: Path) -> None:
    """Everything that is measured, step by step; prints what each step took, as JSON."""
    import bandmate
    from bandmate.stages.master.brief import MasterBrief

    steps: dict[str, dict[str, float]] = {}
    with bandmate.new_project(folder / "project") as project:
        timed(steps, "import", lambda: bandmate.import_files(project, [folder / "stems"]))
        timed(steps, "listen", lambda: bandmate.listen(project))
        proposal = timed(steps, "propose mix", lambda: bandmate.propose_mix(project))
        if proposal.proposal.moves:
            project.accept(proposal.id)
        for round_number in range(RENDERS):
            shutil.rmtree(project.folder / "cache" / "render", ignore_errors=True)
            best(steps, "render", lambda: rendered(project))
            softer = bandmate.Move(address=fader(project), before=level_db(project), after=-7.0 - round_number)
            project.commit(bandmate.apply(project.song, softer), "one fader")
            best(steps, "render after one fader", lambda: rendered(project))
        timed(steps, "write the mix and measure it", lambda: bandmate.render_mix(project, folder / "mix.wav"))
        timed(steps, "propose master", lambda: bandmate.propose_master(project, MasterBrief(profile="spotify")))
    print(json.dumps({"steps": steps, "moves": len(proposal.proposal.moves)}))


def timed(steps: dict[str, dict[str, float]], name: str, step: Callable[[], Any]) -> Any:
    """Do a step and note its wall time, its CPU time and the most memory so far."""
    began, cpu = time.perf_counter(), time.process_time()
    done = step()
    steps[name] = {
        "wall_seconds": time.perf_counter() - began,
        "cpu_seconds": time.process_time() - cpu,
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        / (2**20 if sys.platform == "darwin" else 2**10),
    }
    return done


def best(steps: dict[str, dict[str, float]], name: str, step: Callable[[], Any]) -> None:
    """As ``timed``; of several times the quickest is kept, for the two renders are compared with each other."""
    before = steps.get(name)
    timed(steps, name, step)
    if before is not None and before["wall_seconds"] < steps[name]["wall_seconds"]:
        steps[name] |= before | {"megabytes": steps[name]["megabytes"]}


def rendered(project: Any) -> int:
    """Render the song with the project's cache, block by block, to nowhere; how many frames it has."""
    from bandmate.render.engine import Renderer
    from bandmate.verbs.listening import render_cache

    return sum(block.shape[1] for block in Renderer(project.song, project.media, render_cache(project)).blocks())


def fader(project: Any) -> str:
    """The address of the first track's fader."""
    return f"tracks/{project.song.tracks[0].id}/gain_db"


def level_db(project: Any) -> float:
    """Where that fader is."""
    return float(project.song.tracks[0].gain_db)


def decode(folder: Path) -> None:
    """The peer: decode every file to the end, block by block."""
    import numpy as np
    import soundfile

    buffer = np.empty((65_536, 2), np.float32)
    for path in sorted(folder.glob("*.wav")):
        with soundfile.SoundFile(path) as file:
            while len(file.read(out=buffer)):
                pass


def pyloudnorm_seconds(folder: Path) -> float:
    """CPU time of pyloudnorm for the integrated loudness of one stem; NaN where it is not installed."""
    try:
        import pyloudnorm
    except ImportError:
        return float("nan")
    import soundfile

    samples, rate_hz = soundfile.read(sorted(folder.glob("*.wav"))[0])
    began = time.process_time()
    pyloudnorm.Meter(rate_hz).integrated_loudness(samples)
    return time.process_time() - began


def main() -> None:
    """Make the stems, let others do the work, and print what it took."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # A process of its own for everything, as a child is charged with the memory of its parent.
        ran(["-m", "benchmarks.session", "stems", name])
        ran(["-c", "from bandmate.verbs.readiness import make_ready; make_ready()"])
        peer = ran(["-m", "benchmarks.session", "decode", name])
        theirs = float(ran(["-m", "benchmarks.session", "pyloudnorm", name]).output)
        done = json.loads(ran(["-m", "benchmarks.session", "work", name]).output)
        mix_bytes = (folder / "mix.wav").stat().st_size
    steps = done["steps"]
    print(f"{STEMS} stereo stems of {MINUTES} minutes, 44.1 kHz, 24 bits; libsndfile decodes them in ", end="")
    print(
        f"{peer.wall_seconds:.1f} s ({peer.cpu_seconds:.1f} s of CPU time); pyloudnorm takes {theirs:.2f} s of CPU time"
    )
    print(f"for the integrated loudness of one of them, so {STEMS * theirs:.0f} s for all")
    for step, took in steps.items():
        print(
            f"  {step:30s} {took['wall_seconds']:6.1f} s, {took['cpu_seconds']:6.1f} s of CPU time "
            f"({took['cpu_seconds'] / peer.cpu_seconds:4.1f} x decoding), up to {took['megabytes']:.0f} MB"
        )
    print(f"  {done['moves']} moves proposed; the mix has {mix_bytes / 1e6:.0f} MB")
    total = sum(steps[step]["wall_seconds"] for step in ("import", "listen", "propose mix"))
    first, again = (steps[step]["wall_seconds"] for step in ("render", "render after one fader"))
    reached("24 stems imported, listened to, proposed for", total, "s", at_most=PROPOSED_SECONDS)
    reached("memory for that", steps["propose mix"]["megabytes"], "MB", at_most=MEGABYTES)
    reached("memory for all of it", max(took["megabytes"] for took in steps.values()), "MB", at_most=MEGABYTES)
    reached("first render of that mix", MINUTES * 60 / first, "x real time", at_least=TIMES_REAL_TIME)
    reached("render after one fader has moved", first / again, "x faster", at_least=TIMES_FASTER)


if __name__ == "__main__":
    if sys.argv[1:2] == ["stems"]:
        write_stems(Path(sys.argv[2]) / "stems")
    elif sys.argv[1:2] == ["decode"]:
        decode(Path(sys.argv[2]) / "stems")
    elif sys.argv[1:2] == ["pyloudnorm"]:
        print(pyloudnorm_seconds(Path(sys.argv[2]) / "stems"))
    elif sys.argv[1:2] == ["work"]:
        work(Path(sys.argv[2]))
    else:
        main()
