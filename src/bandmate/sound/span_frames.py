"""A recording in short frames, as those who look for breaths, sibilants, pops and rests want it: powers of a few bands.

Conventions: a frame every 5 ms, weighted by a Hann window of 20 ms around it; the channels' powers are averaged, and a
sine at full scale has about -3 dB in its band. Frames are read in pieces, so memory grows with their number only.

Not covered: what the powers mean (``breath_spans``, ``plosives``, ``sibilant_spans``, ``rests``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import scipy.fft

from bandmate.sound.audio import Samples
from bandmate.sound.pitch_curve import PitchCurve

Reals = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

HOP_SECONDS, WINDOW_SECONDS = 0.005, 0.02
PIECE_FRAMES = 512
SILENT_POWER = 1e-15


@dataclass(frozen=True, slots=True)
class FoundSpan:
    """A stretch that was found, and what may be done about it.

    Attributes
    ----------
    start_frame, frames : int
        in samples of the recording.
    gain_db : float
        by how much to turn it, or its band, down.
    level_db : float
        of the stretch, or of its band, dB of full scale.
    confidence : float
        how sure it is that this is what was looked for, 0 to 1.
    """

    start_frame: int
    frames: int
    gain_db: float
    level_db: float
    confidence: float


@dataclass(frozen=True, eq=False)
class SpanFrames:
    """Powers over time.

    Attributes
    ----------
    hop : float
        samples from one frame to the next.
    powers : float64 array (bands, frames)
        of full scale squared.
    flatness : float64 array (frames,)
        geometric over arithmetic mean of the spectrum from 500 Hz to 8 kHz: 0.56 for noise, near 0 for tones.
    """

    hop: float
    powers: Reals
    flatness: Reals

    @property
    def count(self) -> int:
        return int(self.powers.shape[1])

    def level_db(self, *bands: int) -> Reals:
        """Level of these bands together, or of all, dB, array (frames,)."""
        chosen = self.powers[list(bands)] if bands else self.powers
        level: Reals = 10 * np.log10(chosen.sum(axis=0) + SILENT_POWER)
        return level

    def span(self, first: int, end: int, frames: int) -> tuple[int, int]:
        """``(start_frame, frames)`` in samples of the frames ``[first, end)``."""
        start, stop = max(0, round((first - 0.5) * self.hop)), min(frames, round((end - 0.5) * self.hop))
        return start, stop - start


def span_frames(samples: Samples, rate_hz: int, edges_hz: tuple[float, ...]) -> SpanFrames:
    """Powers between each two of ``edges_hz`` (rising), what lies above half the rate being nothing."""
    hop = rate_hz * HOP_SECONDS
    width = max(16, round(WINDOW_SECONDS * rate_hz))
    count = int(samples.shape[1] / hop) + 1 if samples.shape[1] else 0
    size = scipy.fft.next_fast_len(width, real=True)
    freqs = np.fft.rfftfreq(size, 1 / rate_hz)
    bounds = np.searchsorted(freqs, edges_hz)
    middle = slice(*np.searchsorted(freqs, (500.0, min(8_000.0, 0.45 * rate_hz))))
    window = np.hanning(width + 2)[1:-1].astype(np.float32)
    window *= np.float32(np.sqrt(2.0 / (size * np.sum(window.astype(np.float64) ** 2))))
    powers, flatness = np.zeros((len(edges_hz) - 1, count)), np.zeros(count)
    padded = np.pad(samples, ((0, 0), (width, width + int(hop) + 1)))
    starts = np.round(np.arange(count) * hop).astype(np.int64) + width - width // 2
    views = np.lib.stride_tricks.sliding_window_view(padded, width, axis=1)
    for first in range(0, count, PIECE_FRAMES):
        part = slice(first, min(count, first + PIECE_FRAMES))
        spectrum = np.zeros((part.stop - first, len(freqs)))
        for channel in views:
            found = scipy.fft.rfft(channel[starts[part]] * window, size, axis=1)
            spectrum += (found.real**2 + found.imag**2) / len(samples)
        for band, (low, high) in enumerate(pairwise(bounds)):
            powers[band, part] = spectrum[:, low:high].sum(axis=1)
        inner = spectrum[:, middle] + SILENT_POWER
        flatness[part] = np.exp(np.log(inner).mean(axis=1)) / inner.mean(axis=1)
    return SpanFrames(hop, powers, flatness)


def runs(flags: Flags) -> list[tuple[int, int]]:
    """Stretches ``[first, end)`` of flags that are set."""
    edges = np.flatnonzero(np.diff(flags.astype(np.int8), prepend=0, append=0))
    return [(int(first), int(end)) for first, end in edges.reshape(-1, 2)]


def logistic(score: float) -> float:
    """0 to 1, a half at 0."""
    return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, score))))


def voiced_frames(heard: PitchCurve, count: int) -> Flags:
    """Where the curve has a pitch, at each of ``count`` frames."""
    points = np.round(np.arange(count) * HOP_SECONDS / heard.hop_seconds).astype(np.int64)
    inside = points < len(heard.hz)
    flags: Flags = inside & heard.voiced[np.minimum(points, max(len(heard.hz) - 1, 0))] if len(heard.hz) else inside
    return flags & inside
