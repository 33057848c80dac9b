"""Lines of a hum followed through a recording: level and phase of each at every moment, and how sure they are.

A line is demodulated: turned back by its own frequency, so that what is steady stands still as one complex number and
what plays near it turns around or passes by. Beside each line the spectrum is looked at too: where much sounds there,
what was measured of the line counts for little.

Conventions: float64; moments are ``HOP_SECONDS`` apart and the middle of a window of ``WINDOW_SECONDS``; a recording
shorter than a window has none. Results are the same for equal samples; whole recordings, worked through in pieces.

References: Kalman (1960) and Rauch, Tung, Striebel (1965) for the smoother; Quatieri, Discrete-Time Speech Signal
Processing (2001) for demodulation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import signal

from bandmate.sound.audio import Samples
from bandmate.sound.kernel import kernel

Reals = npt.NDArray[np.float64]
Complexes = npt.NDArray[np.complex128]

WINDOW_SECONDS = 0.5
HOP_SECONDS = 0.125
SLOW_RATE_HZ = 8_000
HIGHEST_SHARE = 0.4
"""Lines above this share of the slow rate are not followed."""

BESIDE = np.array([-6, -5, -4, -3, 3, 4, 5, 6])
"""Bins beside a line that tell what else sounds there: outside the lobe of the window."""

PIECE = 128
SEGMENT_SECONDS = 8.0
GRID_HZ = 0.002
MOST_WANDER_HZ = 0.06
USUAL_STEP_HZ = 0.01
"""By how much the mains change from one segment to the next."""
QUIET_SHARE = 0.2
NOTHING = 1e-15

OVERLAP = 2.0
"""How many moments in a row tell the same: windows overlap."""

WANDERS = (1e-7, 1e-5, 1e-3, 1e-2)
"""Variance per moment that a line may change by, as a share of its power; the likeliest is taken."""
ROUNDS = 6
MEAN_ROUNDS = 20


@dataclass(frozen=True, slots=True, eq=False)
class Slow:
    """A recording at about 8 kHz, shape (channels, frames)."""

    samples: Reals
    rate_hz: float


@dataclass(frozen=True, slots=True, eq=False)
class Tracks:
    """What was measured of each line: ``phasors`` and ``beside`` (amplitude of what sounds near it), both of shape
    (channels, lines, moments), and the middle of each moment in seconds."""

    numbers: tuple[int, ...]
    seconds: Reals
    phasors: Complexes
    beside: Reals

    def turned(self, cycles: Reals) -> Tracks:
        """The same, turned back by ``cycles`` of the fundamental at each moment."""
        numbers = np.array(self.numbers)[:, None]
        return Tracks(self.numbers, self.seconds, self.phasors * np.exp(-2j * np.pi * numbers * cycles), self.beside)

    def only(self, chosen: Sequence[int]) -> Tracks:
        """Only the lines at these places."""
        at = list(chosen)
        numbers = tuple(self.numbers[place] for place in at)
        return Tracks(numbers, self.seconds, self.phasors[:, at], self.beside[:, at])


def slowed(samples: Samples, rate_hz: int) -> Slow:
    """The recording at a rate that is enough for the lines; channel by channel, so that memory stays small."""
    every = max(int(rate_hz // SLOW_RATE_HZ), 1)
    if every == 1:
        return Slow(samples.astype(np.float64), float(rate_hz))
    half = 10 * every
    taps = signal.firwin(2 * half + 1, 0.9 / every, window=("kaiser", 8.0))
    slow = np.zeros((len(samples), -(-samples.shape[1] // every)))
    for one, out in zip(samples, slow, strict=True):
        out[:] = signal.upfirdn(taps, np.pad(one.astype(np.float64), (0, half)), 1, every)[half // every :][: len(out)]
    return Slow(slow, rate_hz / every)


def followed(slow: Slow, freq_hz: float, numbers: Sequence[int]) -> Tracks:
    """The lines ``numbers`` of ``freq_hz``; no moments where the recording is shorter than a window."""
    length, hop = round(WINDOW_SECONDS * slow.rate_hz), round(HOP_SECONDS * slow.rate_hz)
    channels, frames = slow.samples.shape
    moments = max((frames - length) // hop + 1, 0)
    window = signal.windows.hann(length, sym=False)
    hz = freq_hz * np.array(numbers, dtype=np.float64)
    turning = np.exp(-2j * np.pi * np.outer(np.arange(length), hz) / slow.rate_hz) * (2 / window.sum())
    bins = np.round(hz * length / slow.rate_hz).astype(int)[:, None] + BESIDE
    bins = np.clip(bins, 0, length // 2)
    phasors = np.zeros((channels, len(hz), moments), complex)
    beside = np.zeros((channels, len(hz), moments))
    starts = hop * np.arange(moments)
    for channel, one in enumerate(slow.samples):
        for first in range(0, moments, PIECE):
            at = starts[first : first + PIECE]
            cut = one[at[:, None] + np.arange(length)] * window
            back = np.exp(-2j * np.pi * np.outer(hz, at) / slow.rate_hz)
            phasors[channel, :, first : first + PIECE] = (cut @ turning.real + 1j * (cut @ turning.imag)).T * back
            power = np.abs(np.fft.rfft(cut, axis=1)) ** 2 * (2 / window.sum()) ** 2
            beside[channel, :, first : first + PIECE] = np.sqrt(power[:, bins].mean(axis=2)).T
    return Tracks(tuple(numbers), (starts + length / 2) / slow.rate_hz, phasors, beside)


def agreement(tracks: Tracks, offsets_hz: Reals, *, is_known: bool = False) -> tuple[Reals, Reals]:
    """How steadily all lines turn together at each offset of the fundamental, in segments of some seconds.

    Moments count the less the more sounds in them: hum is what is there when nothing else is.

    Returns
    -------
    scores : array (segments, offsets)
        mean squared coherence over lines, 0 … 1; where the lines are known to be there, the logarithm of the
        likelihood, in which a clear line tells more than others.
    centres : array (segments,)
        seconds.
    """
    seconds = tracks.seconds
    moments = min(round(SEGMENT_SECONDS / HOP_SECONDS), len(seconds))
    starts = np.arange(0, len(seconds) - moments + 1, max(moments // 2, 1))
    at = starts[:, None] + np.arange(moments)
    scores = np.zeros((len(starts), len(offsets_hz)))
    for line, number in enumerate(tracks.numbers):
        turning = np.exp(-2j * np.pi * number * np.outer(offsets_hz, seconds[:moments]))
        for phasors, beside in zip(tracks.phasors[:, line], tracks.beside[:, line], strict=True):
            seen = phasors[at]
            size = beside[at] if is_known else np.hypot(np.abs(seen), 2 * beside[at])
            limit = np.maximum(np.quantile(size, QUIET_SHARE, axis=1), NOTHING)[:, None]
            weight = 1 / np.maximum(size, limit) ** 2
            likely = np.abs(turning @ (seen * weight).T).T ** 2
            if is_known:
                scores += likely / (OVERLAP * weight.sum(axis=1)[:, None])
            else:
                most = np.maximum((np.abs(seen) * weight).sum(axis=1), NOTHING)[:, None]
                scores += likely / most**2 / (len(tracks.phasors) * len(tracks.numbers))
    return scores, seconds[at].mean(axis=1)


def grid_hz(tracks: Tracks, most_hz: float) -> Reals:
    """Offsets that are close enough for the highest of the lines."""
    span = min(max(float(np.ptp(tracks.seconds)), 1.0), SEGMENT_SECONDS)
    step = min(GRID_HZ, 0.1 / (max(tracks.numbers) * span))
    return np.arange(-most_hz, most_hz + step / 2, step)


def best_offset(tracks: Tracks, most_hz: float, *, is_known: bool = False) -> float:
    """At which offset of the fundamental the lines agree best, all segments together."""
    offsets = grid_hz(tracks, most_hz)
    scores, _ = agreement(tracks, offsets, is_known=is_known)
    return topped(scores.mean(axis=0), offsets)


def topped(scores: Reals, offsets: Reals) -> float:
    """Where the top is, between the places that were looked at."""
    top = int(np.argmax(scores))
    if not 0 < top < len(scores) - 1:
        return float(offsets[top])
    left, middle, right = scores[top - 1 : top + 2]
    bend = left - 2 * middle + right
    return float(offsets[top] + (0.5 * (left - right) / bend if bend < 0 else 0.0) * (offsets[1] - offsets[0]))


def cycles_of(tracks: Tracks) -> Reals:
    """Cycles by which the fundamental runs ahead at each moment, from its frequency in segments of some seconds."""
    seconds = tracks.seconds
    offsets = grid_hz(tracks, MOST_WANDER_HZ)
    scores, centres = agreement(tracks, offsets, is_known=True)
    path = likeliest(scores, offsets) if len(scores) > 1 else np.array([topped(scores[0], offsets)])
    freq = np.interp(seconds, centres, path)
    steps = np.diff(seconds) * (freq[1:] + freq[:-1]) / 2
    return np.asarray(np.cumsum(np.concatenate([[freq[0] * seconds[0]], steps])))


def likeliest(scores: Reals, offsets_hz: Reals) -> Reals:
    """The smooth path through the agreement of successive segments (Viterbi)."""
    cost = ((offsets_hz[:, None] - offsets_hz[None, :]) / USUAL_STEP_HZ) ** 2
    best, came = scores[0].copy(), []
    for score in scores[1:]:
        ways = best[None, :] - cost
        came.append(ways.argmax(axis=1))
        best = ways.max(axis=1) + score
    path = [int(best.argmax())]
    for back in reversed(came):
        path.append(int(back[path[-1]]))
    return offsets_hz[path[::-1]]


@kernel
def smooth_walks(seen: Complexes, variance: Reals, wander: Reals, values: Complexes, spread: Reals) -> None:
    """Random walks seen through noise: the likeliest values and their variance (Kalman, then Rauch-Tung-Striebel).

    Shapes (walks, moments); ``wander`` is the variance added per moment, shape (walks,).
    """
    for walk in range(seen.shape[0]):
        value, size = 0j, 1e6
        for now in range(seen.shape[1]):
            size += wander[walk]
            gain = size / (size + variance[walk, now])
            value += gain * (seen[walk, now] - value)
            size *= 1 - gain
            values[walk, now], spread[walk, now] = value, size
        for now in range(seen.shape[1] - 2, -1, -1):
            ahead = spread[walk, now] + wander[walk]
            pull = spread[walk, now] / ahead
            values[walk, now] += pull * (values[walk, now + 1] - values[walk, now])
            spread[walk, now] += pull * pull * (spread[walk, now + 1] - ahead)


@kernel
def score_walks(seen: Complexes, variance: Reals, wander: Reals, scores: Reals) -> None:
    """How well each moment is foretold by those before it: logarithm of the likelihood, shape (walks,)."""
    for walk in range(seen.shape[0]):
        value, size, score = 0j, 1e6, 0.0
        for now in range(seen.shape[1]):
            size += wander[walk]
            total = size + variance[walk, now]
            off = seen[walk, now] - value
            if now:
                score -= np.log(total) + (off.real**2 + off.imag**2) / total
            gain = size / total
            value += gain * off
            size *= 1 - gain
        scores[walk] = score


def settled(tracks: Tracks) -> tuple[Complexes, Reals]:
    """The value of each line at each moment, and its variance, shapes (channels, lines, moments).

    In rounds: what is beside a line, and how far a moment lies from the value found so far, is the variance of what
    was seen at that moment.
    """
    shape = tracks.phasors.shape
    seen = np.ascontiguousarray(tracks.phasors.reshape(-1, shape[-1]))
    base = np.ascontiguousarray(tracks.beside.reshape(-1, shape[-1])) ** 2 + NOTHING**2
    values = np.repeat(densest(seen, base)[:, None], shape[-1], axis=1)
    spread = np.zeros(seen.shape)
    for _ in range(ROUNDS):
        variance = OVERLAP * np.maximum(base, np.abs(seen - values) ** 2)
        power = np.abs(values).max(axis=-1) ** 2 + NOTHING**2
        smooth_walks(seen, variance, likeliest_wander(seen, variance, power) * power, values, spread)
    return values.reshape(shape), spread.reshape(shape)


def densest(seen: Complexes, variance: Reals) -> Complexes:
    """The value around which most moments lie, weighted by how free they are; shape (walks,)."""
    weight = 1 / variance
    for _ in range(MEAN_ROUNDS):
        mean = (seen * weight).sum(axis=-1) / weight.sum(axis=-1)
        weight = 1 / (variance + np.abs(seen - mean[:, None]) ** 2)
    return np.asarray(mean)


def likeliest_wander(seen: Complexes, variance: Reals, power: Reals) -> Reals:
    """For each line, which of ``WANDERS`` foretells its moments best."""
    scores = np.zeros((len(WANDERS), len(power)))
    for score, wander in zip(scores, WANDERS, strict=True):
        score_walks(seen, variance, wander * power, score)
    return np.asarray(np.array(WANDERS)[scores.argmax(axis=0)])


def compile_kernels() -> None:
    """Compile the inner loops."""
    seen, flat, line = np.zeros((1, 2), complex), np.ones((1, 2)), np.ones(1)
    smooth_walks(seen, flat, line, seen.copy(), flat.copy())
    score_walks(seen, flat, line, line.copy())
