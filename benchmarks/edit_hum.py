"""Hum planted under voices and instruments and taken out again, and what is found where there is none.

``python -m benchmarks.edit_hum`` prints the tables and the goals; ``--no-peers`` leaves libsonare's dehum out. A notch
bank, the usual way, is made here.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import soundfile
from scipy import signal

from bandmate.sound.audio import Samples
from bandmate.sound.hum_removal import compile_kernels, find_hum, without_hum
from benchmarks.edit_cleaning import (
    HUM_LINES,
    RATE_HZ,
    PeerJobs,
    hum,
    recording,
    recordings_folder,
    si_sdr_db,
    with_noise,
)
from benchmarks.goals import reached
from benchmarks.peers import environment

NAMES = ("singing-female", "speech-male", "piano", "cello-phrase")
BETTER_DB = {10: 12.0, 20: 10.0, 40: -1.0}
LONG_SECONDS = 240
WANDER_HZ, WANDER_SECONDS = 0.03, 100.0


def cleaned(samples: Samples) -> tuple[Samples, str]:
    """The recording as it is after finding and taking out, and in words what was found."""
    found = find_hum(samples[None], RATE_HZ)
    if found is None:
        return samples, "nothing"
    numbers = [line.number for line in found.lines]
    said = f"{found.freq_hz:.3f} Hz, lines {' '.join(map(str, numbers))}, confidence {found.confidence:.2f}"
    return without_hum(samples[None], RATE_HZ, found.freq_hz, numbers)[0], said


def notched(samples: Samples) -> Samples:
    """A bank of notches at twenty multiples of the true frequency."""
    out = samples.astype(np.float64)
    for number in range(1, 21):
        b, a = signal.iirnotch(50.03 * number, 35 * number**0.5, RATE_HZ)
        out = signal.filtfilt(b, a, out)
    return np.asarray(out, np.float32)


def planted_table(python: Path | None) -> dict[int, float]:
    """For each level of hum, the least improvement over the recordings, dB."""
    peers = PeerJobs(python) if python is not None else None
    rows = []
    for name in NAMES:
        clean = recording(name)
        for ratio_db in BETTER_DB:
            hummed = with_noise(clean, hum(len(clean)), ratio_db)
            job = peers.clean("dehum", hummed) if peers is not None else 0
            rows.append((name, ratio_db, clean, hummed, job))
    if peers is not None:
        peers.run()
    print(f"{'SI-SDR, dB':16} {'hum at':>7} {'before':>7} {'ours':>7} {'notches':>8} {'libsonare':>10}  found")
    least = dict.fromkeys(BETTER_DB, np.inf)
    for name, ratio_db, clean, hummed, job in rows:
        got, said = cleaned(hummed)
        before, after = si_sdr_db(clean, hummed), si_sdr_db(clean, got)
        other = f"{si_sdr_db(clean, peers.sound(job)):10.1f}" if peers is not None else f"{'-':>10}"
        notches = si_sdr_db(clean, notched(hummed))
        print(f"{name:16} {-ratio_db:4d} dB {before:7.1f} {after:7.1f} {notches:8.1f} {other}  {said}")
        least[ratio_db] = min(least[ratio_db], after - before)
    return least


def clean_files() -> int:
    """How many of the clean recordings have hum, as it seems; a line for each."""
    found = 0
    files = sorted(path for path in recordings_folder().glob("*/*") if path.suffix in (".wav", ".mp3"))
    for path in files:
        samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
        seen = find_hum(np.ascontiguousarray(samples.T), rate_hz)
        if seen is not None:
            found += 1
            print(f"  {path.name}: {seen.freq_hz:.2f} Hz, {len(seen.lines)} lines, {seen.level_db:.0f} dB")
    print(f"hum found in {found} of {len(files)} clean recordings")
    return found


def bass_lines() -> int:
    """How many bass lines of notes near the mains seem to have hum, held and with rests."""
    rows = {"B1": [61.74], "G1": [49.0], "G1 at 443": [49.33], "G1 to B1": [49.0, 51.91, 55.0, 58.27, 61.74]}
    at = np.arange(RATE_HZ // 2) / RATE_HZ
    found = 0
    for name, notes in rows.items():
        for rest in (0.0, 0.3):
            length = int(len(at) * (1 - rest))
            fade = np.exp(-1.5 * at[:length]) * np.minimum(np.arange(length, 0, -1) / 441, 1)
            line = np.zeros(16 * len(at), np.float32)
            for count in range(16):
                tone = sum(
                    np.sin(2 * np.pi * notes[count % len(notes)] * k * at[:length] + k) / k for k in range(1, 12)
                )
                line[count * len(at) :][:length] = 0.2 * fade * tone
            seen = find_hum(line[None], RATE_HZ)
            found += seen is not None
            if seen is not None:
                print(f"  bass line {name}, rests {rest:.0%}: {seen}")
    print(f"hum found in {found} of {2 * len(rows)} bass lines")
    return found


def long_and_wandering() -> tuple[float, float]:
    """Four minutes of singing over mains that wander: improvement in dB, and speed of finding and taking out."""
    voice = recording("singing-female")
    clean = np.tile(voice, LONG_SECONDS * RATE_HZ // len(voice) + 1)[: LONG_SECONDS * RATE_HZ]
    at = np.arange(len(clean)) / RATE_HZ
    cycles = np.cumsum(50.03 + WANDER_HZ * np.sin(2 * np.pi * at / WANDER_SECONDS)) / RATE_HZ
    lines = sum(level * np.sin(2 * np.pi * number * cycles) for number, level in HUM_LINES.items())
    hummed = with_noise(clean, np.asarray(lines / lines.std(), np.float32), 20)
    began = time.process_time()
    got, said = cleaned(hummed)
    seconds = time.process_time() - began
    print(f"four minutes, mains wander by {WANDER_HZ} Hz: {said}")
    return si_sdr_db(clean, got) - si_sdr_db(clean, hummed), LONG_SECONDS / seconds


def main() -> None:
    """Print the tables and how the goals were met."""
    compile_kernels()
    least = planted_table(None if "--no-peers" in sys.argv else environment())
    in_clean, in_bass = clean_files(), bass_lines()
    better_db, speed = long_and_wandering()
    for ratio_db, wanted_db in BETTER_DB.items():
        reached(f"hum at -{ratio_db} dB, least improvement", least[ratio_db], "dB", at_least=wanted_db)
    reached("hum in clean recordings and bass lines", in_clean + in_bass, "found", at_most=0)
    reached("hum that wanders, four minutes", better_db, "dB", at_least=10)
    reached("hum, speed of finding and taking out", speed, "x real time", at_least=60)


if __name__ == "__main__":
    main()
