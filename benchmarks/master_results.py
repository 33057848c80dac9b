"""What a run of the mastering benchmark found: tables, goals, a JSON file and pictures of the spectra."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import fmean

import numpy as np

from benchmarks.goals import reached
from benchmarks.judge import (
    CENTRES_HZ,
    Judged,
    level_aligned,
    needed_db,
    range_moved_share,
    tone_error_db,
)
from benchmarks.music import Pair
from benchmarks.peers import PEERS, Aims, Job

OURS, OURS_CODEC_SAFE, BEST_KNOWN = "ours", "ours, codec-safe", "matchering"
PROGRAMS = (OURS, OURS_CODEC_SAFE, *PEERS)
PROFILE = "spotify"
"""Whose codecs the masters are sent through; for ours, codec-safe, it is the destination too."""

BUILD = Path(__file__).parents[1] / "build"
CEILINGS_DBTP = {BEST_KNOWN: 20 * math.log10((2**15 - 61) / 2**15)}
"""What each aims at, -1 dBTP where nothing else is said; matchering knows samples only, and leaves 0.016 dB."""

SPEED, FASTER, SMALL_MB, HOUR_MB = 80, 3.5, 300, 400
LOUDNESS_LU, TONE_DB = 0.05, 1.2
MUCH_DB = 999.0


@dataclass(slots=True)
class Master:
    """One program's master of one pair, and what was measured of it; NaN where nothing was.

    Attributes
    ----------
    loudness_error_lu : float
        master less reference.
    over_ceiling_db : float
        true peak at 16x less the program's own ceiling; above 0 is over.
    tone_error_db, tone_error_counted_db, tone_error_all_bands_db : float
        see ``benchmarks.judge``.
    range_share : float
        how much of the way to the reference's loudness range was gone; negative is away from it.
    """

    by: str
    pair: Pair
    job: Job
    judged: Judged | None = None
    loudness_error_lu: float = math.nan
    over_ceiling_db: float = math.nan
    tone_error_db: float = math.nan
    tone_error_counted_db: float = math.nan
    tone_error_all_bands_db: float = math.nan
    range_share: float = math.nan


@dataclass(slots=True)
class Before:
    """A pair as it was."""

    pair: Pair
    target: Judged
    reference: Judged

    @property
    def aims(self) -> Aims:
        """What a peer is told to aim at."""
        return Aims(self.reference.loudness_lufs, self.reference.range_lu)


@dataclass(slots=True)
class Run:
    """All that one run found."""

    befores: list[Before] = field(default_factory=list)
    masters: list[Master] = field(default_factory=list)
    timed: dict[str, dict[str, float]] = field(default_factory=dict)
    hour: dict[str, Job] = field(default_factory=dict)

    def of(self, by: str) -> list[Master]:
        """The masters of one program that were made and judged."""
        return [master for master in self.masters if master.by == by and master.judged]


def compare(master: Master, before: Before, found: Judged) -> None:
    """Set a master against its reference."""
    needed = needed_db(before.target, before.reference)
    master.judged = found
    master.loudness_error_lu = found.loudness_lufs - before.reference.loudness_lufs
    master.over_ceiling_db = found.true_peak_dbtp - CEILINGS_DBTP.get(master.by, -1.0)
    master.tone_error_db = tone_error_db(found, before.reference, needed)
    master.tone_error_counted_db = tone_error_db(found, before.reference, needed, is_aligned_on_counted=True)
    master.tone_error_all_bands_db = tone_error_db(found, before.reference, needed, at_most_db=MUCH_DB)
    master.range_share = range_moved_share(before.target, found, before.reference)


@dataclass(frozen=True, slots=True)
class Row:
    """A figure of the table: how it comes out of a program's masters, and the goal for ours."""

    what: str
    goal: str
    of: Callable[[list[Master]], float]
    shown: str = "{:.2f}"


def worst(values: list[float]) -> float:
    """The largest that was measured."""
    known = [value for value in values if not math.isnan(value)]
    return max(known) if known else math.nan


def mean(values: list[float]) -> float:
    """The mean of what was measured."""
    known = [value for value in values if not math.isnan(value)]
    return fmean(known) if known else math.nan


def coded(master: Master) -> float:
    """The highest true peak after any of the codecs, dBTP; NaN where none was tried."""
    assert master.judged
    return max(master.judged.codec_dbtp.values(), default=math.nan)


ROWS = (
    Row("pairs mastered", "", lambda all_: float(len(all_)), "{:.0f}"),
    Row(
        "loudness off by, worst, LU", f"<= {LOUDNESS_LU}", lambda all_: worst([abs(m.loudness_error_lu) for m in all_])
    ),
    Row("true peak 16x above its ceiling, worst, dB", "<= 0", lambda all_: worst([m.over_ceiling_db for m in all_])),
    Row("... masters over it", "0", lambda all_: float(sum(m.over_ceiling_db > 0 for m in all_)), "{:.0f}"),
    Row(f"after {PROFILE}'s codecs, worst, dBTP", "<= 0", lambda all_: worst([coded(m) for m in all_])),
    Row("... masters tried", "", lambda all_: float(sum(not math.isnan(coded(m)) for m in all_)), "{:.0f}"),
    Row("1/3-octave mid error, mean, dB", f"<= {TONE_DB}", lambda all_: mean([m.tone_error_db for m in all_])),
    Row("... worst pair, dB", f"<= {TONE_DB}", lambda all_: worst([m.tone_error_db for m in all_])),
    Row("... level set on those bands, mean, dB", "", lambda all_: mean([m.tone_error_counted_db for m in all_])),
    Row("... level set on those bands, worst pair", "", lambda all_: worst([m.tone_error_counted_db for m in all_])),
    Row("... all bands, mean, dB", "", lambda all_: mean([m.tone_error_all_bands_db for m in all_])),
    Row(
        "loudness range away from the reference's",
        "0",
        lambda all_: float(sum(m.range_share <= 0 for m in all_)),
        "{:.0f}",
    ),
    Row("... share of the way gone, mean", "", lambda all_: mean([m.range_share for m in all_])),
)


def show(run: Run) -> None:
    """Print everything, note the goals, write the files."""
    BUILD.mkdir(exist_ok=True)
    print("\n".join(pair_lines(run)))
    print("\n".join(["", *table_lines(run)]))
    write_json(run, BUILD / "master_benchmark.json")
    for before in run.befores:
        draw(run, before, BUILD / f"master, {before.pair.name}.png")
    print(f"figures and pictures: {BUILD}")
    note_goals(run)


def pair_lines(run: Run) -> list[str]:
    """Every master with its loudness beside every other figure."""
    heads = (
        "LUFS",
        "off LU",
        "16x dBTP",
        "tone dB",
        "on those",
        "all bands",
        "LRA",
        "range gone",
        "codecs",
        "CPU s",
        "MB",
    )
    lines = [f"{'':52}" + "".join(f"{head:>11}" for head in heads)]
    for before in run.befores:
        needed = needed_db(before.target, before.reference)
        for name, found in (("reference", before.reference), ("before", before.target)):
            error = tone_error_db(found, before.reference, needed)
            on_those = tone_error_db(found, before.reference, needed, is_aligned_on_counted=True)
            all_bands = tone_error_db(found, before.reference, needed, at_most_db=MUCH_DB)
            off = found.loudness_lufs - before.reference.loudness_lufs
            values = (found.loudness_lufs, off, found.true_peak_dbtp, error, on_those, all_bands, found.range_lu)
            lines.append(f"{f'{before.pair.name}: {name}':52}" + "".join(f"{value:11.2f}" for value in values))
        for master in (each for each in run.masters if each.pair == before.pair):
            lines.append(master_line(master))
    return lines


def master_line(master: Master) -> str:
    """One master in a line."""
    if master.judged is None:
        return f"{f'    {master.by}':52}  refused: {master.job.refused}"
    found = master.judged
    values = (
        found.loudness_lufs,
        master.loudness_error_lu,
        found.true_peak_dbtp,
        master.tone_error_db,
        master.tone_error_counted_db,
        master.tone_error_all_bands_db,
        found.range_lu,
        master.range_share,
        coded(master),
        master.job.cpu_seconds,
        master.job.peak_mb,
    )
    return f"{f'    {master.by}':52}" + "".join(f"{value:11.2f}" for value in values)


def table_lines(run: Run) -> list[str]:
    """Figure, goal, ours, peers."""
    lines = [("", "goal", *PROGRAMS)]
    for what, goal, key, shown in (
        ("x real time, one core, inside the process", f">= {SPEED}", "inside_x", "{:.0f}"),
        ("x real time, whole process", "", "whole_x", "{:.0f}"),
        ("peak memory, 4 minutes, MB", f"<= {SMALL_MB}", "peak_mb", "{:.0f}"),
    ):
        lines.append((what, goal, *(shown.format(run.timed[name][key]) for name in PROGRAMS)))
    if run.hour:
        cells = [hour_cell(run.hour[name]) if name in run.hour else "" for name in PROGRAMS]
        lines.append(("peak memory, 60 minutes, MB", f"<= {HOUR_MB}", *cells))
    for row in ROWS:
        cells = [row.shown.format(row.of(run.of(name))) for name in PROGRAMS]
        lines.append((row.what, row.goal, *("-" if cell == "nan" else cell for cell in cells)))
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return [
        "  ".join(cell.ljust(width) if not column else cell.rjust(width) for column, (cell, width) in enumerate(pairs_))
        for pairs_ in (list(zip(line, widths, strict=True)) for line in lines)
    ]


def hour_cell(job: Job) -> str:
    """Memory, or that it refused."""
    return "refused" if job.refused else f"{job.peak_mb:.0f}"


def note_goals(run: Run) -> None:
    """Hold ours against what was promised."""
    timed, made = run.timed, run.of(OURS)
    length = run.befores[0].target.seconds
    print(f"on {length:.0f} s of stereo, one core:")
    reached("mastering, inside the process", timed[OURS]["inside_x"], "x real time", at_least=SPEED)
    print(f"  whole process: {timed[OURS]['whole_x']:.1f} x real time")
    for key, what in (("inside", "inside the process"), ("whole", "whole process")):
        ratio = timed[BEST_KNOWN][f"{key}_cpu_seconds"] / timed[OURS][f"{key}_cpu_seconds"]
        reached(f"mastering against matchering, {what}", ratio, "x faster", at_least=FASTER)
    reached("mastering, memory for 4 minutes", timed[OURS]["peak_mb"], "MB", at_most=SMALL_MB)
    if run.hour:
        note_hour(run.hour)
    refused = sum(bool(master.job.refused) for master in run.masters if master.by.startswith(OURS))
    reached("pairs we refused to master", refused, "pairs", at_most=0)
    off = worst([abs(master.loudness_error_lu) for master in made])
    reached("loudness against the reference, worst", off, "LU", at_most=LOUDNESS_LU)
    over = sum(master.over_ceiling_db > 0 for master in made)
    reached("masters above their ceiling at 16x", over, "masters", at_most=0)
    peak = worst([coded(master) for master in run.of(OURS_CODEC_SAFE)])
    reached(f"true peak after any codec of {PROFILE}, codec-safe, worst", peak, "dBTP", at_most=0)
    errors = [master.tone_error_db for master in made]
    reached("1/3-octave mid error, mean of the pairs", mean(errors), "dB", at_most=TONE_DB)
    reached("1/3-octave mid error, worst pair", worst(errors), "dB", at_most=TONE_DB)
    counted = [master.tone_error_counted_db for master in made]
    print(f"  with the level set on the counted bands only: mean {mean(counted):.2f}, worst {worst(counted):.2f} dB")
    away = sum(master.range_share <= 0 for master in made)
    reached("loudness ranges that did not move towards the reference's", away, "masters", at_most=0)


def note_hour(hour: dict[str, Job]) -> None:
    """The file of an hour."""
    ours = hour[OURS]
    memory = math.nan if ours.refused else ours.peak_mb
    reached("mastering, memory for 60 minutes", memory, "MB", at_most=HOUR_MB)
    if ours.refused:
        print(f"  ours refused the hour: {ours.refused}")
    peer = hour[BEST_KNOWN]
    print(f"  matchering with the hour: {peer.refused or 'mastered it'}, having taken {peer.peak_mb:.0f} MB")


def write_json(run: Run, path: Path) -> None:
    """Everything, for programs; files by their names, since where they lie means nothing elsewhere."""
    facts = {
        "timed": run.timed,
        "hour": {by: asdict(job) for by, job in run.hour.items()},
        "pairs": [asdict(before) for before in run.befores],
        "masters": [asdict(master) for master in run.masters],
    }
    text = json.dumps(facts, indent=1, default=lambda value: value.stem if isinstance(value, Path) else str(value))
    path.write_text(text + "\n", encoding="utf-8")


def draw(run: Run, before: Before, path: Path) -> None:
    """Spectra at equal level: before, after by us and by matchering, the reference."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    curves = [("before", before.target, "0.6"), ("reference", before.reference, "black")]
    for by, colour in ((OURS, "tab:blue"), (BEST_KNOWN, "tab:orange")):
        made = next((master for master in run.of(by) if master.pair == before.pair), None)
        if made and made.judged:
            label = f"{by}: {made.tone_error_db:.1f} dB off at {made.judged.loudness_lufs:.1f} LUFS"
            curves.append((label, made.judged, colour))
    figure, axes = pyplot.subplots(figsize=(9, 4.5))
    for label, found, colour in curves:
        axes.semilogx(CENTRES_HZ, level_aligned(np.array(found.mid_db)), label=label, color=colour)
    axes.set(xlabel="Hz", ylabel="mid, dB, all at the same mean", title=before.pair.name, ylim=(-40, 20))
    axes.grid(alpha=0.3, which="both")
    axes.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=100)
    pyplot.close(figure)
