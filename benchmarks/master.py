"""Mastering after a reference, side by side in one run: ours, matchering, libsonare and FFmpeg's loudnorm.

``python -m benchmarks.master [--all] [--only NAME …]``. Real music (``benchmarks.music``), the peers in an environment
of their own (``benchmarks.peers``), every master judged by the same meters (``benchmarks.judge``). The slower peers,
and ours where it tries codecs, get four pairs unless ``--all`` is said; ``--only`` takes the pairs whose names hold one
of the words, for a quick look. Speed and memory are taken on the first pair with nothing else running, one thread on
one core, in CPU time, so that the ratios hold on a busy machine too.

It ends with one table, and writes ``build/master_benchmark.json`` and a picture of each pair's spectra beside it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from benchmarks.judge import Judged, judged
from benchmarks.master_results import (
    BEST_KNOWN,
    OURS,
    OURS_CODEC_SAFE,
    PROFILE,
    PROGRAMS,
    Before,
    Master,
    Run,
    compare,
    show,
)
from benchmarks.music import Pair, pairs
from benchmarks.peers import Job, environment, job, peer_job

FEW_PAIRS, AT_ONCE = 4, 2
QUICK = (OURS, BEST_KNOWN)
HOUR_SECONDS = 3_600


def our_job(pair: Pair, out: Path, *delivery: str, rounds: int = 1, is_pinned: bool = False) -> Job:
    """Ours, as ``peer_job``; with a delivery profile and a loudness, safe in its codecs."""
    files = [str(path) for path in (pair.target, pair.reference, out)]
    command = [sys.executable, "-m", "benchmarks.our_job", *files, str(rounds), *delivery]
    return job(command, out, is_pinned=is_pinned)


def mastered(by: str, before: Before, folder: Path, *, rounds: int = 1, is_pinned: bool = False) -> Master:
    """Let one program master one pair."""
    pair, out = before.pair, folder / f"{before.pair.name}, {by}.wav"
    if by == OURS:
        done = our_job(pair, out, rounds=rounds, is_pinned=is_pinned)
    elif by == OURS_CODEC_SAFE:
        loudness = f"{before.aims.loudness_lufs:.4f}"
        done = our_job(pair, out, PROFILE, loudness, rounds=rounds, is_pinned=is_pinned)
    else:
        done = peer_job(by, pair.target, pair.reference, out, aims=before.aims, rounds=rounds, is_pinned=is_pinned)
    print(f"  {pair.name}, {by}: {done.cpu_seconds:.1f} s of CPU time {done.refused}", flush=True)
    return Master(by, pair, done)


def heard(paths: Iterable[Path]) -> dict[Path, Judged]:
    """Judge the music before anything is done to it."""
    wanted = list(dict.fromkeys(paths))
    with ProcessPoolExecutor(AT_ONCE, get_context("spawn")) as pool:
        return dict(zip(wanted, pool.map(judged, wanted), strict=True))


def judge(run: Run) -> None:
    """Measure every master: ours that are made for codecs after all codecs, of the others those of a few pairs.

    A codec takes longer than all else here together, so the slower peers' masters go through them for one pair only.
    """
    from bandmate.stages.master.delivery import delivery_profile

    codecs = tuple((str(codec.codec), codec.kbps) for codec in delivery_profile(PROFILE).lossy_codecs)
    few = [before.pair for before in run.befores[:FEW_PAIRS]]
    print("  judging", flush=True)
    waiting: list[tuple[Master, Future[Judged]]] = []
    with ProcessPoolExecutor(AT_ONCE, get_context("spawn")) as pool:
        for master in run.masters:
            if not master.job.refused:
                tried = few if master.by in QUICK else few[:1]
                has_codecs = master.by == OURS_CODEC_SAFE or master.pair in tried
                waiting.append((master, pool.submit(judged, master.job.out, codecs if has_codecs else ())))
        for master, future in waiting:
            before = next(each for each in run.befores if each.pair == master.pair)
            compare(master, before, future.result())


def time_all(run: Run, folder: Path) -> None:
    """Speed and memory on the first pair: rounds inside one process, then a process for one round."""
    before = run.befores[0]
    for by in PROGRAMS:
        several = {OURS: 3, BEST_KNOWN: 2}.get(by, 0)
        alone = mastered(by, before, folder, is_pinned=True)
        again = mastered(by, before, folder, rounds=several, is_pinned=True).job if several else alone.job
        run.masters.append(alone)
        length = before.target.seconds
        run.timed[by] = {
            "inside_cpu_seconds": min(again.cpu_seconds, alone.job.cpu_seconds),
            "whole_cpu_seconds": alone.job.whole_cpu_seconds,
            "inside_x": length / min(again.cpu_seconds, alone.job.cpu_seconds),
            "whole_x": length / alone.job.whole_cpu_seconds,
            "peak_mb": alone.job.peak_mb,
        }


def master_rest(run: Run, folder: Path, *, with_all: bool) -> None:
    """The other pairs, two jobs at a time."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        waiting = [
            pool.submit(mastered, by, before, folder)
            for index, before in enumerate(run.befores)
            for by in PROGRAMS
            if index and (index < FEW_PAIRS or with_all or by in QUICK)
        ]
        run.masters += [future.result() for future in waiting]


def hour_long(run: Run, folder: Path) -> None:
    """An hour of music, after the first reference: memory, and who refuses."""
    path = folder / "hour.wav"
    write_hour([before.pair.target for before in run.befores], path)
    first = run.befores[0]
    pair = Pair(path, first.pair.reference)
    run.hour[OURS] = our_job(pair, folder / "hour, ours.wav")
    run.hour[BEST_KNOWN] = peer_job(BEST_KNOWN, path, pair.reference, folder / "hour, peer.wav", aims=first.aims)
    path.unlink()


def write_hour(paths: Sequence[Path], out: Path) -> None:
    """All targets in a row, over and over, for an hour."""
    import soundfile

    with soundfile.SoundFile(paths[0]) as first:
        rate_hz, channels = first.samplerate, first.channels
    left = HOUR_SECONDS * rate_hz
    with soundfile.SoundFile(out, "w", rate_hz, channels, "PCM_16") as hour:
        while left:
            for path in paths:
                with soundfile.SoundFile(path) as file:
                    if (file.samplerate, file.channels) != (rate_hz, channels):
                        continue
                    for block in file.blocks(1 << 16, dtype="int16", always_2d=True):
                        hour.write(block[:left])
                        left -= min(left, len(block))


def chosen(words: Sequence[str]) -> list[Pair]:
    """The pairs whose names hold one of the words; all where there are none."""
    found = [pair for pair in pairs() if not words or any(word in pair.name for word in words)]
    if not found:
        raise SystemExit(f"no pair is called anything like {', '.join(words)}; see python -m benchmarks.music")
    return found


def main() -> None:
    """Everything in one run, then the table."""
    parser = argparse.ArgumentParser(description="Mastering, side by side with other programs.")
    parser.add_argument("--all", action="store_true", help="every peer on every pair")
    parser.add_argument("--only", nargs="*", default=(), metavar="NAME", help="pairs with this in their names")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="leave the masters there")
    parser.add_argument("--no-hour", action="store_true", help="without the file of an hour")
    said = parser.parse_args()
    found = chosen(said.only)
    environment()
    before = heard(path for pair in found for path in (pair.target, pair.reference))
    run = Run([Before(pair, before[pair.target], before[pair.reference]) for pair in found])
    with tempfile.TemporaryDirectory() as name:
        folder = said.keep or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        our_job(found[0], folder / "warm-up.wav")
        time_all(run, folder)
        master_rest(run, folder, with_all=said.all)
        judge(run)
        if not said.no_hour:
            hour_long(run, folder)
    show(run)


if __name__ == "__main__":
    main()
