"""How fast the meters are, on one core, as multiples of real time and against pyloudnorm in the same run.

``python -m benchmarks.meters``. The signal is made here: four minutes of stereo at 44.1 kHz with beats, a swell and a
limited loud half, so that skipping in the true-peak search has to cope with peaks near the ceiling. Times are CPU time
of this process, the best of three.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from bandmate.sound.audio import Audio
from bandmate.sound.levels import measure_levels
from bandmate.sound.loudness import measure_loudness
from bandmate.sound.resample import resample
from bandmate.sound.spectrum import measure_spectrum
from bandmate.sound.stereo import measure_stereo
from bandmate.sound.truepeak import measure_true_peak, true_peak_at_16x
from benchmarks.goals import reached

MINUTES = 4
RATE_HZ = 44_100
GOAL_ALL_TIMES_REAL_TIME = 400
GOAL_TIMES_PYLOUDNORM = 7


def music_like(seconds: int, rate_hz: int) -> Audio:
    """Falling noise in beats over a bass line, quiet then loud and limited, different left and right."""
    rng = np.random.default_rng(1)
    frames = seconds * rate_hz
    clock = np.arange(frames) / rate_hz
    beats = np.exp(-8 * (clock * 2 % 1.0))
    bass = np.sin(2 * np.pi * np.cumsum(55 * 2 ** (np.floor(clock / 2) % 5 / 12)) / rate_hz)
    noise = rng.standard_normal((2, frames))
    noise[:, 1:] += 0.9 * noise[:, :-1]
    swell = np.where(clock < seconds / 2, 0.3, 1.6)
    return Audio(0.9 * np.tanh(swell * (0.5 * bass + 0.3 * beats * noise)), rate_hz)


def best_seconds(work: Callable[[], object], runs: int = 3) -> float:
    """CPU time of the fastest of several runs."""
    times = []
    for _ in range(runs):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return min(times)


def main() -> None:
    """Print a line per meter, then the two goals."""
    short, audio = music_like(2, RATE_HZ), music_like(60 * MINUTES, RATE_HZ)
    meters: dict[str, Callable[[Audio], object]] = {
        "integrated loudness and range": measure_loudness,
        "true peak, 4x": measure_true_peak,
        "true peak, 16x check": true_peak_at_16x,
        "levels": measure_levels,
        "stereo image": measure_stereo,
        "spectrum": measure_spectrum,
        "resampling to 48 kHz": lambda sound: resample(sound, 48_000),
    }
    taken = {}
    print(f"{MINUTES} minutes of stereo at {RATE_HZ} Hz, one core, times real time:")
    for name, meter in meters.items():
        meter(short)
        taken[name] = best_seconds(lambda meter=meter: meter(audio))
        print(f"  {name:32s} {audio.seconds / taken[name]:7.0f} x")
    together = taken["integrated loudness and range"] + taken["true peak, 4x"]
    speed = audio.seconds / together
    reached("loudness, range and true peak", speed, "x real time", at_least=GOAL_ALL_TIMES_REAL_TIME)
    against_pyloudnorm(audio, taken["integrated loudness and range"])


def against_pyloudnorm(audio: Audio, seconds: float) -> None:
    """Print how much longer pyloudnorm takes for integrated loudness alone."""
    try:
        import pyloudnorm
    except ImportError:
        print("  pyloudnorm is not installed: make bench does it")
        return
    meter, frames_first = pyloudnorm.Meter(audio.rate_hz), np.ascontiguousarray(audio.samples.T, dtype=np.float64)
    theirs = best_seconds(lambda: meter.integrated_loudness(frames_first))
    difference_lu = meter.integrated_loudness(frames_first) - (measure_loudness(audio).integrated_lufs or 0.0)
    print(f"  pyloudnorm, integrated alone     {audio.seconds / theirs:7.0f} x")
    print(f"  pyloudnorm reads {difference_lu:+.3f} LU against ours")
    reached("loudness and range", theirs / seconds, "x as fast as pyloudnorm", at_least=GOAL_TIMES_PYLOUDNORM)


if __name__ == "__main__":
    main()
