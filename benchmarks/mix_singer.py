"""A singing voice of our own: a glottal pulse through formants, with vibrato, breath and consonants.

Conventions: mono, float64 while it is made, at the rate that is asked for; a note's velocity is its level. It sounds
like a voice to meters (harmonics that glide, formants, sibilants in 5 to 9 kHz, pauses), hardly to people.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from benchmarks.mix_arranging import Hit

Reals = npt.NDArray[np.float64]

FORMANTS_HZ = {
    "ah": (760, 1180, 2640, 3350, 4300),
    "eh": (520, 1780, 2550, 3450, 4300),
    "ee": (310, 2150, 2900, 3500, 4400),
    "oh": (480, 860, 2600, 3300, 4200),
    "oo": (340, 740, 2450, 3250, 4150),
}
WIDTHS_HZ = (75, 95, 130, 170, 220)
LEVELS_DB = (0.0, -5.0, -11.0, -15.0, -21.0)
GLIDE_SECONDS, ATTACK_SECONDS, RELEASE_SECONDS = 0.035, 0.03, 0.07
VIBRATO_AFTER_SECONDS = 0.3
TILT_HZ = 1_800.0
SIBILANT_HZ, STOP_HZ = (5_200.0, 9_500.0), (1_500.0, 5_000.0)
SIBILANT_DB, STOP_DB, BREATH_DB = -19.0, -24.0, -42.0
PAUSE_SECONDS = 0.12


def sung(hits: Sequence[Hit], seconds: float, rate_hz: int, rng: np.random.Generator, *, size: float = 1.0) -> Reals:
    """The notes sung: shape (frames,), RMS of the sung parts about 0.1; ``size`` scales the formants (a smaller head
    has a larger number)."""
    frames = round(seconds * rate_hz)
    pitch, level, vowels = contours(hits, frames, rate_hz, rng)
    source = glottal(pitch / rate_hz, rng) + 10 ** (BREATH_DB / 20) * rng.standard_normal(frames)
    source = one_pole(source * level, TILT_HZ, rate_hz)
    voice = np.zeros(frames)
    for index, formants in enumerate(FORMANTS_HZ.values()):
        weight = smooth((vowels == index).astype(float), 0.02, rate_hz)
        if weight.any():
            voice += weight * through_formants(source, [hz * size for hz in formants], rate_hz)
    voice *= 0.1 / max(1e-9, float(np.sqrt(np.mean(voice[level > 0.1] ** 2))))
    return voice + consonants(hits, frames, rate_hz, rng)


def contours(
    hits: Sequence[Hit], frames: int, rate_hz: int, rng: np.random.Generator
) -> tuple[Reals, Reals, npt.NDArray[np.int64]]:
    """Pitch in Hz, level and vowel of every frame."""
    cents, level = np.full(frames, 6000.0), np.zeros(frames)
    vowels = np.full(frames, -1)
    for hit in hits:
        first, last = (min(frames, round(s * rate_hz)) for s in (hit.start_seconds, hit.end_seconds))
        clock = np.arange(last - first) / rate_hz
        vibrato = rng.uniform(15, 55) * np.clip((clock - VIBRATO_AFTER_SECONDS) * 4, 0, 1)
        wave = vibrato * np.sin(2 * np.pi * rng.uniform(4.8, 6.2) * clock + rng.uniform(0, 6))
        cents[first:] = hit.pitch * 100 + rng.normal(0, 8)
        cents[first:last] += wave
        level[first:last] = 10 ** ((hit.velocity - 100) / 40)
        vowels[first:] = rng.integers(len(FORMANTS_HZ))
    drift = one_pole(rng.standard_normal(frames), 3.0, rate_hz)
    cents = smooth(cents, GLIDE_SECONDS, rate_hz) + 4 * drift / max(1e-9, float(drift.std()))
    level = smooth(level, ATTACK_SECONDS, rate_hz)
    return 440.0 * 2 ** ((cents - 6900) / 1200), np.where(level > 1e-3, level, 0.0), vowels


def glottal(steps: Reals, rng: np.random.Generator) -> Reals:
    """A sawtooth without aliases to speak of: its corners are rounded within one frame (polynomial step)."""
    phase = np.mod(np.cumsum(steps) + rng.random(), 1.0)
    wave = 2 * phase - 1
    start, end = phase < steps, phase > 1 - steps
    t = phase[start] / steps[start]
    wave[start] -= 2 * t - t * t - 1
    t = (phase[end] - 1) / steps[end]
    wave[end] -= t * t + 2 * t + 1
    return wave


def through_formants(source: Reals, centres_hz: Sequence[float], rate_hz: int) -> Reals:
    """Resonators side by side, with alternating signs so that no gap opens between two."""
    from scipy.signal import lfilter

    total = np.zeros(len(source))
    for index, (hz, width_hz, db) in enumerate(zip(centres_hz, WIDTHS_HZ, LEVELS_DB, strict=True)):
        radius = np.exp(-np.pi * width_hz / rate_hz)
        turn = 2 * np.pi * min(hz, 0.45 * rate_hz) / rate_hz
        poles = [1.0, -2 * radius * np.cos(turn), radius**2]
        peak = (1 - radius) * np.sqrt(1 - 2 * radius * np.cos(2 * turn) + radius**2)
        total += (-1) ** index * 10 ** (db / 20) * lfilter([peak], poles, source)
    return total


def consonants(hits: Sequence[Hit], frames: int, rate_hz: int, rng: np.random.Generator) -> Reals:
    """Sibilants and stops before some of the notes."""
    sounds = np.zeros(frames)
    noise = {
        (SIBILANT_HZ, SIBILANT_DB): band_noise(SIBILANT_HZ, frames, rate_hz, rng),
        (STOP_HZ, STOP_DB): band_noise(STOP_HZ, frames, rate_hz, rng),
    }
    for hit in hits:
        kind = rng.random()
        if kind > 0.7:
            continue
        key = (SIBILANT_HZ, SIBILANT_DB) if kind < 0.3 else (STOP_HZ, STOP_DB)
        length = rng.uniform(0.07, 0.12) if kind < 0.3 else rng.uniform(0.015, 0.03)
        first = max(0, round((hit.start_seconds - length * 0.7) * rate_hz))
        last = min(frames, first + round(length * rate_hz))
        shape = np.hanning(last - first) * 10 ** ((key[1] + rng.normal(0, 1.5)) / 20)
        sounds[first:last] += shape * noise[key][first:last]
    return sounds


def band_noise(band_hz: tuple[float, float], frames: int, rate_hz: int, rng: np.random.Generator) -> Reals:
    """Noise of RMS 1 within a band."""
    from scipy.signal import butter, sosfilt

    top = min(band_hz[1], 0.45 * rate_hz)
    found = sosfilt(butter(2, (band_hz[0], top), "bandpass", fs=rate_hz, output="sos"), rng.standard_normal(frames))
    return found / max(1e-12, float(found.std()))


def one_pole(signal: Reals, freq_hz: float, rate_hz: int) -> Reals:
    """A low-pass of the first order."""
    from scipy.signal import lfilter

    share = np.exp(-2 * np.pi * freq_hz / rate_hz)
    return lfilter([1 - share], [1, -share], signal)


def smooth(curve: Reals, seconds: float, rate_hz: int) -> Reals:
    """Two running means in a row, without delay."""
    from scipy.ndimage import uniform_filter1d

    length = max(1, round(seconds * rate_hz))
    return uniform_filter1d(uniform_filter1d(curve, length, mode="nearest"), length, mode="nearest")
