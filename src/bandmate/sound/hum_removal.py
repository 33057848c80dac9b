"""Mains hum found and taken out: its fundamental to 0.01 Hz, its lines one by one, and their subtraction.

Hum is there all the time: while nothing else sounds near one of its lines, the line stands still in level and phase.
Only lines that do are taken, so a note that happens to lie on a multiple of 50 or 60 Hz stays. Each line is followed
by weighted least squares in which moments count as much as they are free of other sound (a Kalman smoother), and what
was found is subtracted; where nothing is sure, less or nothing is taken.

Conventions: samples are float32, shape (channels, frames). Levels are of a sine's mean square, dB of full scale.
Silence, and what is shorter than a second, has no hum.

Not covered: whine of other frequencies, buzz above 3 kHz, mains that wander by more than 0.06 Hz around their mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bandmate.sound.audio import Samples
from bandmate.sound.hum_lines import (
    HIGHEST_SHARE,
    HOP_SECONDS,
    NOTHING,
    Complexes,
    Reals,
    Slow,
    Tracks,
    best_offset,
    cycles_of,
    followed,
    settled,
    slowed,
)
from bandmate.sound.kernel import kernel

MAINS_HZ = (50.0, 60.0)
MOST_OFF_HZ = 0.5
SEARCH_NUMBERS = (1, 2, 3, 4, 5, 6)
MOST_NUMBER = 48
LEAST_SECONDS = 1.0
LEAST_LINES = 3
LOWEST_NUMBERS = (1, 2, 3)
CLEAR_SECONDS, LEAST_CLEAR = 1.5, 2
LEAST_LEVEL_DB = -110.0
MOST_OF_SOUND = 0.7
DRONE_CONFIDENCE = 0.6
"""What is left of the confidence where all lines are even, or where the lines are most of what sounds."""

FREE_BELOW = 0.3
"""A moment is free where what is beside a line is below this share of the line."""
LEAST_FREE_SECONDS = 0.75
LEAST_FREE_SHARE = 0.05
KNOWN_FREE_SECONDS, KNOWN_SURE_DB = 0.3, -12.0
"""For further lines of a hum that is known by others: so long, or a variance so far below the line."""
NEAR = 0.45
"""How far from its place, as a share of its size, a line may be seen in a free moment."""
LEAST_NEAR = 0.85


@dataclass(frozen=True, slots=True)
class HumLine:
    """A line of a hum.

    Attributes
    ----------
    number : int
        times the fundamental.
    level_db : float
    stands_db : float
        above what sounds beside it in the moments that are free.
    steadiness : float
        share of the free moments in which it stands at its place in level and phase.
    free_seconds : float
        how long nothing else was near it.
    """

    number: int
    level_db: float
    stands_db: float
    steadiness: float
    free_seconds: float


@dataclass(frozen=True, slots=True)
class Hum:
    """A mains hum: mean frequency, by how much it wanders, its lines and how sure it is that it is one."""

    freq_hz: float
    wander_hz: float
    lines: tuple[HumLine, ...]
    confidence: float

    @property
    def level_db(self) -> float:
        """Of all lines together."""
        return 10 * float(np.log10(sum(10 ** (line.level_db / 10) for line in self.lines)))


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """Lines as they were: their tracks, the cycles their fundamental runs ahead, values and variances of the values."""

    tracks: Tracks
    cycles: Reals
    values: Complexes
    variance: Reals


def find_hum(samples: Samples, rate_hz: int) -> Hum | None:
    """The hum of a recording.

    Parameters
    ----------
    samples : array (channels, frames)
    rate_hz : int

    Returns
    -------
    Hum or None
        None where there is none, or none that can be told from what plays; for silence, no frames and less than a
        second.
    """
    if samples.shape[1] < LEAST_SECONDS * rate_hz or not samples.any():
        return None
    slow = slowed(samples, rate_hz)
    found = [hum for mains_hz in MAINS_HZ if (hum := hum_near(slow, mains_hz)) is not None]
    return max(found, key=lambda hum: (len(hum.lines), hum.level_db), default=None)


def hum_near(slow: Slow, mains_hz: float) -> Hum | None:
    freq_hz = mains_hz
    for most_hz in (MOST_OFF_HZ, 0.1):
        tracks = followed(slow, freq_hz, within(SEARCH_NUMBERS, freq_hz, slow.rate_hz))
        if len(tracks.seconds) == 0 or not tracks.numbers:
            return None
        freq_hz += best_offset(tracks, most_hz)
    numbers = within(range(1, MOST_NUMBER + 1), freq_hz, slow.rate_hz)
    tracks = followed(slow, freq_hz, numbers)
    first = gated(fitted(tracks))
    if not is_hum(first):
        return None
    # The lines that are there tell the frequency better than those that may be.
    steady = tracks.only([numbers.index(line.number) for line in first])
    freq_hz += best_offset(steady, 0.03, is_known=True)
    fit = fitted(followed(slow, freq_hz, numbers))
    if not is_hum(gated(fit)):
        return None
    lines = gated(fit, is_known=True)
    speed = np.gradient(fit.cycles, fit.tracks.seconds) if len(fit.cycles) > 1 else np.zeros(1)
    hum_power = sum(10 ** (line.level_db / 10) for line in lines)
    share = hum_power / max(float(np.square(slow.samples).mean(axis=1).max()), NOTHING)
    return Hum(freq_hz + float(speed.mean()), float(np.ptp(speed)), lines, confidence_of(lines, share))


def confidence_of(lines: Sequence[HumLine], share: float) -> float:
    """How sure it is that these are the mains; a drone that is held all through looks alike."""
    sure = 1 - 0.5 ** (len(lines) - 1)
    sure *= float(np.mean([line.steadiness for line in lines]))
    if all(line.number % 2 == 0 for line in lines):
        sure *= DRONE_CONFIDENCE
    return sure * (DRONE_CONFIDENCE if share > MOST_OF_SOUND else 1.0)


def within(numbers: Sequence[int], freq_hz: float, rate_hz: float) -> tuple[int, ...]:
    return tuple(number for number in numbers if number * freq_hz < HIGHEST_SHARE * rate_hz)


def is_hum(lines: Sequence[HumLine]) -> bool:
    """Whether these are lines of the mains: enough of them, or two of the lowest that were clear for long."""
    low = [line for line in lines if line.number in LOWEST_NUMBERS]
    clear = [line for line in low if line.free_seconds >= CLEAR_SECONDS]
    return len(clear) >= LEAST_CLEAR or (len(lines) >= LEAST_LINES and len(low) > 0)


def fitted(tracks: Tracks) -> Fit:
    """Each line's likeliest value at every moment."""
    cycles = cycles_of(tracks)
    turned = tracks.turned(cycles)
    values, variance = settled(turned)
    return Fit(turned, cycles, values, variance)


def gated(fit: Fit, *, is_known: bool = False) -> tuple[HumLine, ...]:
    """The lines that stand still while nothing else is near them; with less proof where the hum itself is known."""
    lines = (line_of(fit, at, is_known=is_known) for at in range(len(fit.tracks.numbers)))
    return tuple(line for line in lines if line is not None)


def line_of(fit: Fit, at: int, *, is_known: bool) -> HumLine | None:
    """A line of the fit in the channel where it is loudest; None where it is not sure to be there."""
    loudest = int(np.argmax(np.abs(fit.values[:, at]).mean(axis=-1)))
    values, beside = fit.values[loudest, at], fit.tracks.beside[loudest, at]
    size = np.abs(values)
    level_db = 10 * float(np.log10(np.mean(size**2) / 2 + NOTHING))
    free = beside < FREE_BELOW * size
    free_seconds = float(free.sum()) * HOP_SECONDS
    if is_known:
        sure_db = 10 * float(np.log10(fit.variance[loudest, at].mean() / (np.mean(size**2) + NOTHING**2) + NOTHING))
        is_shown = free_seconds >= KNOWN_FREE_SECONDS or sure_db < KNOWN_SURE_DB
    else:
        is_shown = free_seconds >= LEAST_FREE_SECONDS and bool(free.mean() >= LEAST_FREE_SHARE)
    if not is_shown or not free.any() or level_db < LEAST_LEVEL_DB:
        return None
    off = np.abs(fit.tracks.phasors[loudest, at] - values)[free] / size[free]
    steady = float((off < NEAR).mean())
    if steady < LEAST_NEAR:
        return None
    stands_db = 20 * float(np.log10(np.median(size[free]) / (np.median(beside[free]) + NOTHING)))
    return HumLine(fit.tracks.numbers[at], level_db, stands_db, steady, free_seconds)


def without_hum(samples: Samples, rate_hz: int, freq_hz: float, numbers: Sequence[int], amount: float = 1.0) -> Samples:
    """The recording without these lines of its hum.

    Parameters
    ----------
    samples : array (channels, frames)
    rate_hz : int
    freq_hz : float
        mean frequency of the mains; it is followed from there.
    numbers : sequence of int
        which multiples of it are taken. Those above 3.2 kHz are left.
    amount : float
        0 … 1, share of them that is taken; 0 gives the very same samples.

    Returns
    -------
    array (channels, frames)
        new float32; equal to ``samples`` for silence and what is shorter than a second.
    """
    out = samples.copy()
    if amount <= 0 or samples.shape[1] < LEAST_SECONDS * rate_hz or not samples.any():
        return out
    slow = slowed(samples, rate_hz)
    wanted = within(sorted(set(numbers)), freq_hz, slow.rate_hz)
    tracks = followed(slow, freq_hz, wanted)
    if not wanted or len(tracks.seconds) < 2:
        return out
    fit = fitted(tracks)
    power = np.abs(fit.values) ** 2
    sure = np.maximum(1 - fit.variance / np.maximum(power, NOTHING**2), 0.0)
    turned = fit.values * sure * amount * np.exp(2j * np.pi * np.array(wanted)[:, None] * fit.cycles)
    at = fit.tracks.seconds * rate_hz
    steps = 2 * np.pi * freq_hz * np.array(wanted, dtype=np.float64) / rate_hz
    for channel in range(len(out)):
        subtract_lines(out[channel], np.ascontiguousarray(turned[channel]), at, steps)
    return out


@kernel
def subtract_lines(samples: npt.NDArray[np.float32], values: Complexes, at: Reals, steps: Reals) -> None:
    """Take lines from a channel in place: ``values`` (lines, moments) at the frames ``at``, straight between them."""
    moments, frames = at.shape[0], samples.shape[0]
    for part in range(moments + 1):
        first = 0 if part == 0 else int(np.ceil(at[part - 1]))
        last = frames if part == moments else min(int(np.ceil(at[part])), frames)
        if last <= first:
            continue
        low, high = max(part - 1, 0), min(part, moments - 1)
        width = max(at[high] - at[low], 1.0)
        taken = np.zeros(last - first)
        for line in range(values.shape[0]):
            value = values[line, low]
            slope = (values[line, high] - value) / width
            value = value + slope * (first - at[low]) if part > 0 else value
            turn = np.exp(1j * steps[line] * first)
            step = np.exp(1j * steps[line])
            for i in range(last - first):
                taken[i] += (value * turn).real
                value += slope
                turn *= step
        for i in range(last - first):
            samples[first + i] = np.float32(samples[first + i] - taken[i])


def compile_kernels() -> None:
    """Compile the inner loops."""
    subtract_lines(np.zeros(4, np.float32), np.zeros((1, 2), complex), np.array([0.0, 3.0]), np.zeros(1))
