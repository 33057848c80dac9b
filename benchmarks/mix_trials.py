"""The trials that most figures of the mix stage come from: songs without and with faults, asked about once each.

Every judged song is asked about as it is, named and unnamed; then every kind of fault is planted into it once, three at
a time on tracks of their own, every other time without names. One memory serves a song and all its versions, so what
did not change is not heard again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.mix_arranging import seed_of
from benchmarks.mix_faults import KINDS, plant
from benchmarks.mix_judging import Clean, Said, asked, change_db, label, made, not_known, said
from benchmarks.mix_songs import SEED, BenchSong, real_song, song

if TYPE_CHECKING:
    from bandmate.song.findings import Finding
    from bandmate.stages.ears import Memory

JUDGED_FROM, JUDGED = 8, 12
"""Songs 0 to 7 are for making and tuning finders; these are for judging."""
AT_ONCE = 3
ALONE = ("crowded",)


@dataclass
class Trials:
    """All that was said."""

    clean: list[Clean] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)


def judged_songs(count: int = JUDGED, *, is_quick: bool = False) -> Iterator[BenchSong]:
    """The songs to judge with, the real stems last; for a quick look some of the others."""
    for number in range(count):
        yield song(number if is_quick else JUDGED_FROM + number, seed=SEED)
    yield real_song()


def trials_of(bench: BenchSong, kinds: Sequence[str], *, with_faults: bool = True) -> Trials:
    """A song asked about without faults, and with each kind of fault."""
    from bandmate.stages.ears import Forgetful

    memory, found = Forgetful(), Trials()
    versions = [bench, bench.unnamed()]
    answers = [clean(version, memory) for version in versions]
    found.clean += [answer for answer, _ in answers]
    baselines = [findings for _, findings in answers]
    if not with_faults:
        return found
    rng = np.random.default_rng(seed_of("trials", bench.name))
    for number, group in enumerate(groups(kinds, rng)):
        version = versions[number % 2]
        faulty, faults = plant(version, group, rng)
        if faults:
            found.said.append(said(faulty, faults, baselines[number % 2], memory))
    return found


def groups(kinds: Sequence[str], rng: np.random.Generator) -> list[list[str]]:
    """All kinds in random order, a few at a time."""
    mixed = [str(kind) for kind in rng.permutation([kind for kind in kinds if kind not in ALONE])]
    found = [mixed[first : first + AT_ONCE] for first in range(0, len(mixed), AT_ONCE)]
    return [*found, *([kind] for kind in kinds if kind in ALONE)]


def clean(bench: BenchSong, memory: Memory) -> tuple[Clean, tuple[Finding, ...]]:
    """A song without faults: what is found, what is moved, and what that would change; and the findings themselves."""
    began = time.process_time()
    proposal = asked(bench, memory)
    seconds = time.process_time() - began
    findings, first = not_known(proposal, bench)
    levels_db, tone_db = change_db(bench, made(bench.song, first), memory) if first else (0.0, 0.0)
    answer = Clean(
        song=bench.name,
        is_named=not bench.name.endswith("unnamed"),
        findings=tuple(label(finding) for finding in findings),
        moves=tuple(f"{move.address} ({move.confidence:.2f}): {move.because}" for move in first),
        levels_db=levels_db,
        tone_db=tone_db,
        cpu_seconds=seconds,
    )
    return answer, proposal.findings


def run(count: int, kinds: Sequence[str] = KINDS, *, is_quick: bool = False, with_faults: bool = True) -> Trials:
    """All trials, with a line for each song."""
    whole = Trials()
    for bench in judged_songs(count, is_quick=is_quick):
        began = time.perf_counter()
        found = trials_of(bench, kinds, with_faults=with_faults)
        whole.clean += found.clean
        whole.said += found.said
        hit = sum(sum(one.found) for one in found.said)
        print(
            f"  {bench.name}: {time.perf_counter() - began:.0f} s; clean, named and not:"
            f" {[len(one.findings) for one in found.clean]} findings, {[len(one.moves) for one in found.clean]} moves;"
            f" {hit} of {sum(len(one.found) for one in found.said)} faults found",
            flush=True,
        )
    return whole
