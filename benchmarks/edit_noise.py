"""Noise under voices and instruments turned down, clean ones left alone, against what others do to both.

``python -m benchmarks.edit_noise`` prints the tables and the goals; ``--no-peers`` leaves the others, and PESQ, out.
Ours finds the noise by itself; noisereduce is given a second of the true noise. Hum is taken out first, as when a
recording is cleaned.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from bandmate.sound.audio import Samples
from bandmate.sound.hum_removal import compile_kernels as compile_hum
from bandmate.sound.hum_removal import find_hum, without_hum
from bandmate.sound.noise_profile import find_noise
from bandmate.sound.noise_reduction import compile_kernels, reduced
from benchmarks.edit_cleaning import (
    INSTRUMENTS,
    NOISES,
    RATE_HZ,
    VOICES,
    PeerJobs,
    noise,
    recording,
    si_sdr_db,
    with_noise,
)
from benchmarks.goals import reached
from benchmarks.peers import environment

NAMES = (*VOICES, *INSTRUMENTS)
PEERS = ("noisereduce", "libsonare", "deepfilternet")
RATIO_DB = 10
LONG_SECONDS = 240


@dataclass
class Case:
    """A recording with a noise, or clean, and what everybody made of it."""

    name: str
    kind: str
    clean: Samples
    given: Samples
    made: dict[str, Samples] = field(default_factory=dict)
    pesq: dict[str, float] = field(default_factory=dict)

    def better_db(self, who: str) -> float:
        return si_sdr_db(self.clean, self.made[who]) - si_sdr_db(self.clean, self.given)


def cleaned(samples: Samples, reduction_db: float | None = None) -> Samples:
    """Hum found and taken out, then noise found and turned down, by what the profile says or by so much."""
    out = samples[None]
    hum = find_hum(out, RATE_HZ)
    if hum is not None:
        out = without_hum(out, RATE_HZ, hum.freq_hz, [line.number for line in hum.lines])
    profile = find_noise(out, RATE_HZ)
    if profile is not None:
        out = reduced(out, RATE_HZ, profile.bands, profile.reduction_db if reduction_db is None else reduction_db)
    return out[0]


def cases(python: Path | None) -> list[Case]:
    """All recordings, clean and with each noise; ours, and the peers where there is a Python that has them."""
    every = []
    for name in NAMES:
        clean = recording(name)
        every.append(Case(name, "clean", clean, clean))
        every += [Case(name, kind, clean, with_noise(clean, noise(kind, len(clean)), RATIO_DB)) for kind in NOISES]
    for case in every:
        case.made = {"ours": cleaned(case.given), "ours, 9 dB": cleaned(case.given, 9.0)}
    if python is not None:
        by_peers(every, python)
    return every


def by_peers(every: list[Case], python: Path) -> None:
    jobs, asked = PeerJobs(python), []
    for case in every:
        alone = case.given - case.clean if case.kind != "clean" else case.clean
        told = {"noisereduce": alone}
        asked.append({peer: jobs.clean(peer, case.given, told.get(peer)) for peer in PEERS})
    jobs.run()
    judged = PeerJobs(python)
    wanted = []
    for case, numbers in zip(every, asked, strict=True):
        case.made |= {peer: jobs.sound(number) for peer, number in numbers.items()}
        if case.name in VOICES and case.kind != "clean":
            sounds = {"given": case.given, **case.made}
            wanted.append((case, {who: judged.pesq(sound, case.clean) for who, sound in sounds.items()}))
    answers = judged.run()
    for case, numbers in wanted:
        case.pesq = {who: answers[number].get("pesq", float("nan")) for who, number in numbers.items()}


def table(title: str, rows: dict[str, dict[str, float]]) -> None:
    columns = list(next(iter(rows.values())))
    print(f"\n{title:22}" + "".join(f"{column:>15}" for column in columns))
    for name, row in rows.items():
        print(f"{name:22}" + "".join(f"{row[column]:15.2f}" for column in columns))


def print_tables(every: list[Case]) -> None:
    clean = [case for case in every if case.kind == "clean"]
    table(
        "clean, SI-SDR dB",
        {case.name: {who: si_sdr_db(case.clean, made) for who, made in case.made.items()} for case in clean},
    )
    who = list(clean[0].made)
    for kind in NOISES:
        rows = {case.name: {one: case.better_db(one) for one in who} for case in every if case.kind == kind}
        rows["mean"] = {one: float(np.mean([row[one] for row in rows.values()])) for one in who}
        table(f"{kind}, dB better", rows)
    judged = {f"{case.name}, {case.kind}": case.pesq for case in every if case.pesq}
    if judged:
        table("PESQ", judged)


def speed() -> tuple[float, float]:
    """Of finding and of turning down, times real time: four minutes of singing in pink noise."""
    voice = recording("singing-female")
    clean = np.tile(voice, LONG_SECONDS * RATE_HZ // len(voice) + 1)[: LONG_SECONDS * RATE_HZ]
    given = with_noise(clean, noise("pink", len(clean)), 20)[None]
    began = time.process_time()
    profile = find_noise(given, RATE_HZ)
    found = time.process_time()
    assert profile is not None
    reduced(given, RATE_HZ, profile.bands, 9.0)
    return LONG_SECONDS / (found - began), LONG_SECONDS / (time.process_time() - found)


def main() -> None:
    """Print the tables and how the goals were met."""
    compile_kernels()
    compile_hum()
    every = cases(None if "--no-peers" in sys.argv else environment())
    print_tables(every)
    clean = [si_sdr_db(case.clean, case.made["ours"]) for case in every if case.kind == "clean"]
    noisy = [case for case in every if case.kind != "clean"]
    better = [case.better_db("ours") for case in noisy]
    broad = [case.better_db("ours") for case in noisy if case.kind != "hum"]
    finding, turning = speed()
    print()
    reached("clean voices and instruments through noise reduction, worst", min(clean), "dB SI-SDR", at_least=35)
    reached("noise at 10 dB, mean improvement, all five kinds", float(np.mean(better)), "dB", at_least=6)
    reached("noise at 10 dB, mean improvement, hum left out", float(np.mean(broad)), "dB", at_least=6)
    reached("noise at 10 dB, worst", min(better), "dB", at_least=0)
    change = [case.pesq["ours"] - case.pesq["given"] for case in noisy if case.pesq]
    if change:
        reached("PESQ of voices, least change", min(change), "MOS", at_least=0)
    reached("noise, speed of finding", finding, "x real time", at_least=40)
    reached("noise, speed of turning down", turning, "x real time", at_least=40)


if __name__ == "__main__":
    main()
