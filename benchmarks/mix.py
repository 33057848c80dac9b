"""The mix stage against songs with known truth: what it finds, what it says for nothing, and how sure it rightly is.

``python -m benchmarks.mix`` measures everything and ends with the goals; ``python -m benchmarks.mix faults clean`` only
some of it: ``faults`` (recall by kind of fault, forecasts, calibration), ``clean`` (false findings, moves and change on
balanced songs), ``balance`` (random faders), ``speed``, ``peer`` (libsonare's mix assistant on the same
songs), ``roles`` (``benchmarks.roles``).
``--quick`` takes a few of the songs that are for tuning; ``--songs N`` so many; ``--kinds gain ride`` only these.

Songs: ``benchmarks.mix_songs``; faults: ``benchmarks.mix_faults``; what counts as right: ``benchmarks.mix_judging``.
The balance of the songs is made from the table of usual levels that the stage also has (``roles.toml``), with 1.5 dB of
taste on top: what is found without a reference is therefore the best case. Everything is written to
``build/mix_benchmark.json``.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from benchmarks.goals import reached
from benchmarks.mix_faults import KINDS
from benchmarks.mix_judging import Clean, Said
from benchmarks.mix_trials import JUDGED, Trials, judged_songs, run

FIGURES = ("faults", "clean", "balance", "speed", "peer", "roles")
QUICK_SONGS, PEER_SONGS, RECOVERED_SONGS = 2, 4, 8
LEAST_RECALL, MOST_FALSE, MOST_MOVES, MOST_CHANGE_DB = 0.9, 2, 2, 1.0
WITHIN, WITHIN_SHARE, MOST_CALIBRATION = 0.2, 0.9, 0.1
MOST_ERROR_DB, LEAST_SPEED, MOST_SECONDS, MOST_MB, MOST_FIT_SECONDS = 1.0, 100.0, 90.0, 1000.0, 5.0
ISSUE_KINDS = ("gain", "harsh", "boxy", "muddy", "polarity", "delay", "masking", "resonance", "clipping")
SIZES = {"gain": (5.0, 8.0, 11.0, 14.01), "ride": (6.0, 9.0, 12.01)}
BINS = 5
FINE_BINS = 15
OUT = Path("build") / "mix_benchmark.json"


def show_faults(said: Sequence[Said]) -> None:
    """Recall by kind, and what was said for nothing beside."""
    by_kind: dict[str, list[bool]] = defaultdict(list)
    by_size: dict[str, list[bool]] = defaultdict(list)
    by_name: dict[bool, list[bool]] = defaultdict(list)
    for one in said:
        for fault, found in zip(one.faults, one.found, strict=True):
            by_kind[fault.kind].append(found)
            by_name[one.is_named].append(found)
            for low, high in zip(SIZES.get(fault.kind, ())[:-1], SIZES.get(fault.kind, ())[1:], strict=True):
                if low <= abs(fault.size) < high:
                    by_size[f"{fault.kind} by {low:.0f} to {high:.0f} dB"].append(found)
    print("| fault | planted | found | recall |\n|---|---|---|---|")
    for kind in sorted(by_kind, key=KINDS.index):
        print(f"| {kind} | {len(by_kind[kind])} | {sum(by_kind[kind])} | {np.mean(by_kind[kind]):.2f} |")
    for label, found in sorted(by_size.items()):
        print(f"| – {label} | {len(found)} | {sum(found)} | {np.mean(found):.2f} |")
    for is_named, found in sorted(by_name.items(), reverse=True):
        print(f"tracks {'with' if is_named else 'without'} names: {np.mean(found):.2f} of {len(found)} found")
    false = [len(one.false) for one in said]
    print(f"findings that no fault explains, per song with faults: {np.mean(false):.2f}, at worst {max(false)}")
    every = [found for kind in ISSUE_KINDS for found in by_kind[kind]]
    if every:
        worst = min((kind for kind in ISSUE_KINDS if by_kind[kind]), key=lambda kind: float(np.mean(by_kind[kind])))
        reached("planted faults found, all of the issue's kinds", float(np.mean(every)), "", at_least=LEAST_RECALL)
        reached(f"the kind found least ({worst})", float(np.mean(by_kind[worst])), "", at_least=LEAST_RECALL)


def show_forecasts(said: Sequence[Said]) -> None:
    """How near the predicted effects are to the measured ones, by kind of finding."""
    by_kind: dict[str, list[float]] = defaultdict(list)
    for one in said:
        for before, predicted, after, kind in one.forecasts:
            if after != before:
                by_kind[kind].append(abs(predicted - after) / abs(after - before))
    if not by_kind:
        print("  no move states what it expects yet")
        return
    print("| answers to | moves | within 20 % | median error |\n|---|---|---|---|")
    for kind, apart in sorted(by_kind.items()):
        print(f"| {kind} | {len(apart)} | {np.mean(np.array(apart) <= WITHIN):.2f} | {np.median(apart):.2f} |")
    every = np.concatenate([np.array(apart) for apart in by_kind.values()])
    share = float(np.mean(every <= WITHIN))
    reached("effects within 20 % of what was predicted", share, "", at_least=WITHIN_SHARE)


def show_calibration(trials: Trials) -> None:
    """Stated confidence against how often it was right, on songs with faults."""
    pairs = [(confidence, right) for one in trials.said for confidence, right, _ in one.moves]
    if not pairs:
        print("  no moves, nothing to calibrate")
        return
    print("| stated confidence | moves | right |\n|---|---|---|")
    for low, high, inside in binned(pairs, BINS):
        if inside:
            share = np.mean([right for _, right in inside])
            print(f"| {low:.0%} to {high:.0%} | {len(inside)} | {share:.0%} |")
    by_kind: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    for one in trials.said:
        for confidence, right, kind in one.moves:
            by_kind[kind].append((confidence, right))
    for kind, inside in sorted(by_kind.items()):
        stated, right = np.mean([c for c, _ in inside]), np.mean([r for _, r in inside])
        print(f"  {kind}: {len(inside)} moves, {stated:.2f} stated, {right:.2f} right")
    print(f"expected calibration error in {FINE_BINS} bins: {calibration_error(pairs, FINE_BINS):.3f}")
    error = calibration_error(pairs, BINS)
    reached(f"expected calibration error, {BINS} bins", error, "", at_most=MOST_CALIBRATION)


def binned(pairs: Sequence[tuple[float, bool]], count: int) -> list[tuple[float, float, list[tuple[float, bool]]]]:
    """The pairs in bins of equal width; a confidence of 1 is in the last."""
    edges = np.linspace(0, 1, count + 1)
    index = [min(count - 1, int(confidence * count)) for confidence, _ in pairs]
    found = []
    for i in range(count):
        inside = [pair for pair, at in zip(pairs, index, strict=True) if at == i]
        found.append((float(edges[i]), float(edges[i + 1]), inside))
    return found


def calibration_error(pairs: Sequence[tuple[float, bool]], count: int) -> float:
    """Mean distance of stated confidence and share of right moves, bin by bin, weighted by their moves."""
    total = 0.0
    for _, _, inside in binned(pairs, count):
        if inside:
            total += len(inside) * abs(np.mean([c for c, _ in inside]) - np.mean([right for _, right in inside]))
    return float(total / len(pairs))


def show_clean(clean: Sequence[Clean]) -> None:
    """What is said and moved where nothing is wrong."""
    for is_named in (True, False):
        rows = [one for one in clean if one.is_named == is_named]
        if not rows:
            continue
        counts, moves = [len(one.findings) for one in rows], [len(one.moves) for one in rows]
        change = [max(one.levels_db, one.tone_db) for one in rows]
        called = "named" if is_named else "unnamed"
        print(f"{len(rows)} clean songs, tracks {called}:")
        for one in rows:
            for line in (*one.findings, *one.moves):
                print(f"    {one.song}: {line}")
        reached(f"false findings on a clean mix, {called}, mean", float(np.mean(counts)), "", at_most=MOST_FALSE)
        reached(f"false findings on a clean mix, {called}, worst", max(counts), "", at_most=MOST_FALSE)
        reached(f"moves on a balanced mix, {called}, worst", max(moves), "", at_most=MOST_MOVES)
        reached(f"change of a balanced mix, {called}, worst", max(change), "dB", at_most=MOST_CHANGE_DB)


def show_balance(count: int, *, is_quick: bool) -> list[dict[str, object]]:
    """Random faders, found again in three ways."""
    from bandmate.stages.ears import Forgetful
    from benchmarks.mix_recovery import WAYS, mix_of, recovered

    rows = []
    other = None
    for truth in judged_songs(count, is_quick=is_quick):
        memory, own = Forgetful(), mix_of(truth)
        for way, reference in zip(WAYS, (own, other, None), strict=True):
            if reference is None and way != WAYS[2]:
                continue
            found = recovered(truth, way, memory, reference)
            if found is not None:
                rows.append(found)
        other = own
    for way in WAYS:
        mine = [row for row in rows if row.way == way]
        if not mine:
            print(f"  reference {way}: not measured, the stage takes none yet")
            continue
        before = np.abs(np.concatenate([row.before_db for row in mine]))
        after = np.abs(np.concatenate([row.after_db for row in mine]))
        print(
            f"  reference {way}: {len(mine)} songs, {len(after)} tracks, median error {np.median(before):.2f} dB,"
            f" afterwards {np.median(after):.2f} (90 % within {np.quantile(after, 0.9):.2f}),"
            f" {np.mean([row.moves for row in mine]):.1f} moves, {np.median([row.seconds for row in mine]):.1f} s CPU"
        )
        if way == WAYS[0]:
            reached("balance found again, same song, median", float(np.median(after)), "dB", at_most=MOST_ERROR_DB)
            slowest = max(row.seconds for row in mine)
            reached("fit to a reference, slowest", slowest, "s CPU", at_most=MOST_FIT_SECONDS)
    return [asdict(row) for row in rows]


def show_speed() -> dict[str, object]:
    """One stem, and the whole job."""
    from benchmarks.mix_speed import analysis_speeds, whole_job

    speeds = analysis_speeds()
    for name, speed in speeds:
        print(f"  {name}, 4 min stereo: heard {speed:.0f} times as fast as it plays, on one core")
    reached("analysis of a stem, slowest", min(speed for _, speed in speeds), "x", at_least=LEAST_SPEED)
    job = whole_job()
    for step, seconds in job.wall_seconds.items():
        print(f"  24 stems of 4 min, {step}: {seconds:.1f} s, {job.cpu_seconds[step]:.1f} s of CPU time")
    reached("24 stems of 4 min to the proposal", sum(job.wall_seconds.values()), "s", at_most=MOST_SECONDS)
    reached("its memory", job.most_mb, "MB", at_most=MOST_MB)
    return asdict(job) | {"speeds": speeds}


def show_peer(count: int, *, is_quick: bool) -> list[dict[str, object]]:
    """libsonare on balanced songs."""
    from benchmarks.mix_peers import peer_said

    rows = []
    for song in judged_songs(count, is_quick=is_quick):
        said = peer_said(song)
        if said is None:
            print("  libsonare cannot be had")
            return []
        rows.append(said)
        print(
            f"  libsonare, {said.song}: {said.changes} changes to a balanced mix, levels by {said.levels_db:.1f} dB;"
            f" roles: {said.right} of {said.tracks} right, {said.unknown} unknown;"
            f" {said.stem_seconds / said.cpu_seconds:.0f}x",
            flush=True,
        )
    return [asdict(row) for row in rows]


def main() -> None:
    """What was asked for, then the file."""
    parser = argparse.ArgumentParser(description="The mix stage, measured.")
    parser.add_argument("figures", nargs="*", metavar="FIGURE", help=f"some of {', '.join(FIGURES)}; all by default")
    parser.add_argument("--quick", action="store_true", help="few songs, of those that are for tuning")
    parser.add_argument("--songs", type=int, help="how many songs")
    parser.add_argument("--kinds", nargs="+", default=KINDS, choices=KINDS, metavar="KIND", help="only these faults")
    said = parser.parse_args()
    wanted = said.figures or FIGURES
    if unknown := set(wanted) - set(FIGURES):
        parser.error(f"no such figure: {', '.join(unknown)}; there are {', '.join(FIGURES)}")
    count = said.songs or (QUICK_SONGS if said.quick else JUDGED)
    record: dict[str, object] = {}
    if {"faults", "clean"} & set(wanted):
        trials = run(count, said.kinds, is_quick=said.quick, with_faults="faults" in wanted)
        record |= {"clean": [asdict(c) for c in trials.clean], "faults": [asdict(s) for s in trials.said]}
        show_clean(trials.clean)
        if trials.said:
            show_faults(trials.said)
            show_forecasts(trials.said)
            show_calibration(trials)
    if "balance" in wanted:
        record["balance"] = show_balance(min(count, RECOVERED_SONGS), is_quick=said.quick)
    if "speed" in wanted and not (said.quick and not said.figures):
        record["speed"] = show_speed()
    if "peer" in wanted and not (said.quick and not said.figures):
        record["peer"] = show_peer(min(count, PEER_SONGS), is_quick=said.quick)
    if "roles" in wanted and not (said.quick and not said.figures):
        from benchmarks import roles

        roles.main()
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(record, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
