"""Onsets: how much sound begins at each moment, over all bands and in the low ones, every 10 ms.

The mean of the channels runs through bands of two thirds of an octave; in each, the energy of every 10 ms is followed
with an instant attack and a slow release, and what it rises by, in decibels, is averaged over the bands. Because energy
is counted where it is and nothing looks ahead, there is no window that smears a moment: a click shows in the column
that is nearest to it.

Conventions: column k is centred on ``k * HOP_SECONDS`` and holds what begins within half a hop on both sides. What a
band of its own lies more than `BAND_RANGE_DB` below its loud moments counts as silence, so the result does not depend
on the level. Strengths are decibels of rise per band, 0 for silence and for what only sounds on.

Not covered: which instrument begins, pitch; tempo and beats (``bandmate.sound.pulse``).

References: J. P. Bello et al., A Tutorial on Onset Detection in Music Signals (2005), for the idea of rises in bands.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bandmate.song.errors import RequestError
from bandmate.sound.audio import Samples, checked_rate
from bandmate.sound.finite import finite_block
from bandmate.sound.kernel import FLUSH, contracted_kernel, kernel

Reals = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

HOP_SECONDS = 0.01
HOPS_PER_SECOND = 100
LOW_HZ = (50.0, 80.0, 128.0)
MIDDLE_HZ = (205.0, 330.0, 525.0, 840.0, 1_340.0)
HIGH_HZ = (2_150.0, 3_440.0, 5_500.0, 8_800.0)
BAND_QUALITY = 1.4
HIGHEST_SHARE = 0.4
"""A band must be centred below this share of the rate at which it is worked out."""

SLOW_RATE_HZ = 6_000
FAST_RATE_HZ = 20_000
CHUNK_FRAMES = 4_096

BAND_RANGE_DB = 40.0
WHOLE_RANGE_DB = 75.0
LOUD_QUANTILE = 0.99
RELEASE_DB = (0.8, 1.4)
"""How far the follower of the lowest and of the highest band falls in one hop, dB: slower than the waveform's own
ripple in the bass, fast enough for sixteenth notes in the treble."""

STEADY_DB = 1.0
"""Rises up to this much in one hop are the unrest of what sounds on."""

MOST_DB = 30.0


@dataclass(frozen=True, slots=True, eq=False)
class Onsets:
    """What begins when.

    Attributes
    ----------
    strength : float32 array (hops,)
        mean rise of all bands, dB; read-only.
    low : float32 array (hops,)
        mean rise of the bands below about 150 Hz, dB; read-only.
    hop_seconds : float
    """

    strength: Samples
    low: Samples
    hop_seconds: float = HOP_SECONDS

    @property
    def seconds(self) -> float:
        return len(self.strength) * self.hop_seconds


class OnsetMeter:
    """Onsets of a signal that is taken in blocks of any size.

    Memory: one number per band (at most 12) and hop.

    Parameters
    ----------
    rate_hz : int
    channels : int
    """

    def __init__(self, rate_hz: int, channels: int) -> None:
        if channels < 1:
            raise RequestError(f"an onset meter for {channels} channels; it needs at least 1")
        self._rate_hz, self._channels = checked_rate(rate_hz), channels
        step = max(1, rate_hz // FAST_RATE_HZ)
        more = max(1, rate_hz // (step * SLOW_RATE_HZ))
        self._fast, self._slow = Steps(step), Steps(more)
        self._banks = [Bank(rate_hz, step * more, (*LOW_HZ, *MIDDLE_HZ)), Bank(rate_hz, step, HIGH_HZ)]
        self._frames = 0

    def feed(self, block: npt.ArrayLike) -> None:
        """Take the next block, shape (channels, frames).

        Raises
        ------
        RequestError
            for a wrong number of channels, or naming the first NaN or infinite frame.
        """
        self.take(finite_block(block, self._channels, start_frame=self._frames, rate_hz=self._rate_hz))

    def take(self, samples: Samples) -> None:
        """As ``feed``, for a block that `finite_block` has given."""
        for start in range(0, samples.shape[1], CHUNK_FRAMES):
            piece = samples[:, start : start + CHUNK_FRAMES]
            fast = self._fast.take(piece)
            self._banks[1].take(fast)
            self._banks[0].take(self._slow.take(fast))
        self._frames += samples.shape[1]

    def result(self) -> Onsets:
        """The onsets so far, as if the signal ended here; feeding may go on afterwards. Nothing gives no columns."""
        power = np.concatenate([bank.power(self._frames) for bank in self._banks])
        centre_hz = np.concatenate([bank.centre_hz for bank in self._banks])
        rises = rises_db(power, centre_hz)
        strength = rises.mean(axis=0) if len(rises) else np.zeros(power.shape[1])
        low = rises[centre_hz <= LOW_HZ[-1]]
        return Onsets(read_only(strength), read_only(low.mean(axis=0) if len(low) else np.zeros(power.shape[1])))


class Steps:
    """A signal's mean over its channels, smoothed and then taken every ``step`` frames."""

    def __init__(self, step: int) -> None:
        self._step = step
        self._sums = np.zeros(3)
        self._phase = np.zeros(1, np.int64)

    def take(self, piece: Samples | Reals) -> Reals:
        """What of it this block completes, shape (1, frames)."""
        stepped = np.empty((1, piece.shape[1] // self._step + 1))
        count = step_down(piece, self._step, self._sums, self._phase, stepped[0])
        return stepped[:, :count]


class Bank:
    """The power of some bands in every hop, of a signal that was taken every ``step`` frames."""

    def __init__(self, rate_hz: int, step: int, centres_hz: tuple[float, ...]) -> None:
        self._rate_hz, self._step = rate_hz, step
        self.centre_hz = np.array([hz for hz in centres_hz if hz < HIGHEST_SHARE * rate_hz / step])
        self._sections = bandpass_sections(self.centre_hz, rate_hz / step)
        self._state = np.zeros((4, len(self.centre_hz)))
        self._at = np.zeros(3, np.int64)  # frames, hops, frames in the hop that is under way
        self._power_now = np.zeros(len(self.centre_hz))
        self._columns: list[Reals] = []

    def take(self, signal: Reals) -> None:
        per_rate = HOPS_PER_SECOND * self._step
        columns = np.zeros((signal.shape[1] * per_rate // self._rate_hz + 2, len(self.centre_hz)))
        kept = (self._state, self._power_now, self._at)
        made = band_power(signal[0], self._rate_hz, per_rate, self._sections, kept, columns)
        if made:
            self._columns.append(columns[:made].astype(np.float32))

    def power(self, frames: int) -> Samples:
        """Mean power of ``frames`` frames of the whole signal, shape (bands, hops), the hop under way included."""
        under_way = (self._power_now[None] / max(1, int(self._at[2]))).astype(np.float32)
        wanted = frames * HOPS_PER_SECOND // self._rate_hz + 1 if frames else 0
        short = np.zeros((wanted, len(self.centre_hz)), np.float32)
        return np.concatenate([*self._columns, under_way, short])[:wanted].T


def rises_db(power: Samples, centre_hz: Reals) -> Reals:
    """What each band rises by from hop to hop, dB, from 0 to `MOST_DB`; shape as ``power``."""
    rises = np.zeros(power.shape)
    if not power.size or not power.any():
        return rises
    loud = np.quantile(power, LOUD_QUANTILE, axis=1)
    floor = np.maximum(
        np.maximum(loud, power.max(axis=1) * 1e-2) * 10 ** (-BAND_RANGE_DB / 10),
        power.max() * 10 ** (-WHOLE_RANGE_DB / 10),
    )
    release = np.interp(np.log(centre_hz), np.log([LOW_HZ[0], HIGH_HZ[-1]]), RELEASE_DB)
    follow_rises(10 * np.log10(power + floor[:, None]), release, 10 * np.log10(floor), rises)
    return rises


def bandpass_sections(centre_hz: Reals, rate_hz: float) -> Reals:
    """``b0 a1 a2`` of a band-pass of 0 dB at its centre (b1 = 0, b2 = -b0), shape (3, bands)."""
    turn = 2 * np.pi * centre_hz / rate_hz
    alpha = np.sin(turn) / (2 * BAND_QUALITY)
    sections: Reals = np.stack([alpha, -2 * np.cos(turn), 1 - alpha]) / (1 + alpha)
    return sections


def read_only(values: Reals) -> Samples:
    made = values.astype(np.float32)
    made.flags.writeable = False
    return made


@kernel
def step_down(piece: Samples | Reals, step: int, sums: Reals, phase_of: Counts, stepped: Reals) -> int:
    """The mean of the channels under triangles of ``2 * step`` frames, one for every ``step``; returns how many.

    ``sums`` has what was added up of the triangle that ends next, of its rise, and of the fall of the one before.
    """
    channels, frames = piece.shape
    share = 1.0 / (channels * step * step)
    made = 0
    last, rising, falling = sums[0], sums[1], sums[2]
    phase = phase_of[0]
    for i in range(frames):
        mid = 0.0
        for c in range(channels):
            mid += piece[c, i]
        phase += 1
        rising += mid * phase
        falling += mid * (step - phase)
        if phase == step:
            stepped[made] = (last + falling) * share
            last = rising
            made += 1
            phase, rising, falling = 0, 0.0, 0.0
    sums[0], sums[1], sums[2] = last, rising, falling
    phase_of[0] = phase
    return made


@contracted_kernel
def band_power(
    signal: Reals, rate_hz: int, per_rate: int, sections: Reals, kept: tuple[Reals, Reals, Counts], columns: Reals
) -> int:
    """Mean power of each band in every hop that ends within ``signal``; returns how many were written.

    Two band-passes, one after the other, for each band.
    """
    state, power, at = kept
    made, i = 0, 0
    while i < signal.shape[0]:
        # A hop ends where 2 * frame * per_rate reaches (2 * hop + 1) * rate.
        end = -(-((2 * at[1] + 1) * rate_hz) // (2 * per_rate))
        count = min(end - at[0], signal.shape[0] - i)
        for b in range(sections.shape[1]):
            b0, a1, a2 = sections[0, b], sections[1, b], sections[2, b]
            s1, s2, s3, s4 = state[0, b], state[1, b], state[2, b], state[3, b]
            energy = power[b]
            for k in range(i, i + count):
                x = b0 * signal[k]
                y = x + s1
                s1 = s2 - a1 * y
                s2 = -(x + a2 * y)
                x = b0 * y
                y = x + s3
                s3 = s4 - a1 * y
                s4 = -(x + a2 * y)
                energy += y * y
            state[0, b], state[1, b], state[2, b], state[3, b] = s1, s2, s3, s4
            power[b] = energy
        i += count
        at[0] += count
        at[2] += count
        if at[0] == end:
            columns[made] = power / at[2]
            power[:] = 0.0
            state[:] = (state + FLUSH) - FLUSH  # only here, so that nothing depends on where blocks are cut
            made += 1
            at[1] += 1
            at[2] = 0
    return made


@kernel
def follow_rises(level_db: Reals, release_db: Reals, start_db: Reals, rises: Reals) -> None:
    """What a follower with instant attack and a slow release rises by in each hop."""
    for b in range(level_db.shape[0]):
        held = start_db[b]
        for k in range(level_db.shape[1]):
            held = max(held - release_db[b], start_db[b])
            rise = level_db[b, k] - held
            if rise > 0.0:
                rises[b, k] = min(max(rise - release_db[b] - STEADY_DB, 0.0), MOST_DB)
                held = level_db[b, k]


def compile_kernels() -> None:
    """Compile the kernels (or load them from the cache)."""
    for channels in (1, 2):
        meter = OnsetMeter(8_000, channels)
        meter.feed(np.ones((channels, 400), np.float32))
        # subtle: what comes from a recording is read-only and cut out of longer rows, another kind of array to numba.
        longer = np.ones((channels, CHUNK_FRAMES + 400), np.float32)
        longer.flags.writeable = False
        meter.take(longer)
        meter.result()
