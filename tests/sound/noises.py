"""Noises and music for the tests of noise: hiss, rooms and fans, plucked notes with rests, real recordings."""

from __future__ import annotations

import numpy as np
import soundfile
from scipy import signal

from bandmate.sound.audio import Samples
from tests.conftest import shared_folder


def noise(kind: str, frames: int, rate_hz: int) -> Samples:
    """White, pink, room or fan, mean square 1, shape (1, frames)."""
    random = np.random.default_rng(3)
    white = random.normal(0, 1, frames)
    if kind == "pink":
        spectrum = np.fft.rfft(white)
        spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
        white = np.fft.irfft(spectrum, frames)
        white = signal.sosfilt(signal.butter(1, 30, "high", fs=rate_hz, output="sos"), white)
    elif kind != "white":
        corner_hz = 250 if kind == "room" else 600
        hiss = signal.sosfilt(signal.butter(1, 1500, "high", fs=rate_hz, output="sos"), random.normal(0, 1, frames))
        low = signal.sosfilt(signal.butter(1, corner_hz, fs=rate_hz, output="sos"), white)
        white = low / low.std() + 0.15 * hiss
        if kind == "fan":
            white = white * (1 + 0.1 * np.sin(2 * np.pi * 0.4 * np.arange(frames) / rate_hz))
    return np.asarray(white / white.std(), np.float32)[None]


def plucked(seconds: float, rate_hz: int, rest: float = 0.3) -> Samples:
    """Notes of half a second with rests between them, peak about 0.3."""
    out = np.zeros(int(seconds * rate_hz))
    length = int(0.5 * rate_hz)
    at = np.arange(int(length * (1 - rest))) / rate_hz
    fade = np.minimum(at / 0.003, 1) * np.minimum((at[-1] - at) / 0.02, 1) * np.exp(-4 * at)
    for count, first in enumerate(range(0, len(out) - length, length)):
        freq_hz = (220.0, 277.2, 329.6, 246.9)[count % 4]
        out[first : first + len(at)] += fade * sum(np.sin(2 * np.pi * freq_hz * k * at + k) / k for k in range(1, 8))
    return np.asarray(0.2 * out, np.float32)[None]


def real(name: str) -> tuple[Samples, int]:
    samples, rate_hz = soundfile.read(shared_folder("audio", "voices_instruments") / name, dtype="float32")
    return samples[None], rate_hz


def error_db(wanted: Samples, got: Samples) -> float:
    """Error against what was wanted, dB."""
    return 10 * float(np.log10(np.square(got - wanted).sum() / np.square(wanted).sum()))
