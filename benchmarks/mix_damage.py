"""What goes wrong with sound, as plain functions of samples (channels, frames): for planting faults.

Written apart from the filters and devices of Bandmate, so that a mistake there cannot hide itself here.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Reals = npt.NDArray[np.float64]

SIBILANT_HZ = (5_000.0, 10_000.0)
ACTIVE_BELOW_DB = -30.0


def bell(sound: Reals, rate_hz: int, freq_hz: float, gain_db: float, q: float) -> Reals:
    """A peak of an equalizer (the well-known cookbook formula)."""
    from scipy.signal import lfilter

    root = 10 ** (gain_db / 40)
    turn = 2 * np.pi * freq_hz / rate_hz
    alpha = np.sin(turn) / (2 * q)
    top = [1 + alpha * root, -2 * np.cos(turn), 1 - alpha * root]
    bottom = [1 + alpha / root, -2 * np.cos(turn), 1 - alpha / root]
    return np.asarray(lfilter(top, bottom, sound, axis=1))


def band(sound: Reals, rate_hz: int, low_hz: float, high_hz: float) -> Reals:
    """What lies between two frequencies."""
    from scipy.signal import butter, sosfilt

    edges = (low_hz, min(high_hz, 0.45 * rate_hz))
    return np.asarray(sosfilt(butter(2, edges, "bandpass", fs=rate_hz, output="sos"), sound, axis=1))


def active_rms(sound: Reals, rate_hz: int) -> float:
    """Level while it plays: over the tenths of a second that are not far below the loudest."""
    hop = rate_hz // 10
    rows = sound[:, : sound.shape[1] // hop * hop].reshape(len(sound), -1, hop)
    power = (rows**2).mean(axis=(0, 2))
    active = power > power.max(initial=0.0) * 10 ** (ACTIVE_BELOW_DB / 10)
    return float(np.sqrt(power[active].mean())) if active.any() else 0.0


def late(sound: Reals, rate_hz: int, seconds: float) -> Reals:
    """Delayed by any time, not only whole frames; as long as before."""
    frames = sound.shape[1]
    size = 1 << (frames + rate_hz).bit_length()
    spectrum = np.fft.rfft(sound, size, axis=1)
    spectrum *= np.exp(-2j * np.pi * np.fft.rfftfreq(size, 1 / rate_hz) * seconds)
    return np.fft.irfft(spectrum, size, axis=1)[:, :frames]


def noise_of(sound: Reals, rate_hz: int, rng: np.random.Generator, low_hz: float, high_hz: float) -> Reals:
    """Noise in a band, as loud as the sound while it plays, the same on all channels."""
    noise = band(rng.standard_normal((1, sound.shape[1])), rate_hz, low_hz, high_hz)
    return noise / float(noise.std()) * active_rms(sound, rate_hz)


def hum_of(sound: Reals, rate_hz: int, rng: np.random.Generator, mains_hz: float) -> Reals:
    """Mains hum with its overtones, as loud as the sound while it plays."""
    clock = np.arange(sound.shape[1]) / rate_hz
    total = np.zeros(sound.shape[1])
    for number, level in ((1, 1.0), (2, 0.5), (3, 0.7), (4, 0.2), (5, 0.4), (6, 0.15), (7, 0.25), (9, 0.12)):
        total += level * np.sin(2 * np.pi * mains_hz * number * clock + rng.uniform(0, 6.28))
    return total[None, :] / float(total.std()) * active_rms(sound, rate_hz)


def sibilant(sound: Reals, rate_hz: int, gain_db: float) -> Reals:
    """The sharp consonants louder: their band, while it dominates."""
    from scipy.ndimage import uniform_filter1d

    sharp = band(sound, rate_hz, *SIBILANT_HZ)
    length = round(0.02 * rate_hz)
    share = uniform_filter1d((sharp**2).mean(axis=0), length) / (
        uniform_filter1d((sound**2).mean(axis=0), length) + 1e-9
    )
    gate = uniform_filter1d((share > 0.4).astype(float), length)
    return sound + (10 ** (gain_db / 20) - 1) * gate * sharp


def steps_of_level(sound: Reals, rate_hz: int, edges_seconds: list[float], gains_db: list[float]) -> Reals:
    """Another level from each edge on, with 50 ms from one to the next."""
    from scipy.ndimage import uniform_filter1d

    curve = np.zeros(sound.shape[1])
    for edge, gain_db in zip(edges_seconds, gains_db, strict=True):
        curve[round(edge * rate_hz) :] = gain_db
    return sound * 10 ** (uniform_filter1d(curve, round(0.05 * rate_hz), mode="nearest") / 20)


def drenched(sound: Reals, rate_hz: int, rng: np.random.Generator, seconds: float, wet_db: float) -> Reals:
    """In a big room: decaying noise, as much below the direct sound as is said."""
    from scipy.signal import butter, oaconvolve, sosfilt

    length = round(seconds * rate_hz)
    tail = rng.standard_normal((len(sound), length)) * 10 ** (-3 * np.arange(length) / length)
    tail[:, : round(0.012 * rate_hz)] = 0
    tail = sosfilt(butter(1, (200, 6_000), "bandpass", fs=rate_hz, output="sos"), tail, axis=1)
    wet = oaconvolve(sound, tail, axes=1)[:, : sound.shape[1]]
    wet *= np.sqrt((sound**2).mean() / max(1e-20, (wet**2).mean())) * 10 ** (wet_db / 20)
    return sound + wet


def clipped(sound: Reals, over_db: float) -> Reals:
    """Clipped that far below its peak."""
    ceiling = float(np.abs(sound).max()) * 10 ** (-over_db / 20)
    return np.clip(sound, -ceiling, ceiling)


def band_levels_db(sound: Reals, rate_hz: int, centres_hz: Reals) -> Reals:
    """Long-term level in third-octaves around these centres."""
    size = 1 << 14
    count = sound.shape[1] // size
    if count == 0:
        return np.full(len(centres_hz), -200.0)
    rows = sound[:, : count * size].mean(axis=0).reshape(count, size) * np.hanning(size)
    power = (np.abs(np.fft.rfft(rows, axis=1)) ** 2).mean(axis=0)
    freqs = np.fft.rfftfreq(size, 1 / rate_hz)
    sums = [power[(freqs >= hz * 2 ** (-1 / 6)) & (freqs < hz * 2 ** (1 / 6))].sum() for hz in centres_hz]
    return 10 * np.log10(np.array(sums) + 1e-20)
