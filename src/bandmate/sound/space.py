"""Reverb and echo.

Conventions: ``wet`` 1 is the effect alone, as on a send; below that the dry signal is mixed in without delay. The
reverb is level-matched: steady noise below the damping comes back about as loud as it went in, whatever the decay. Same
input, same output: nothing is random and nothing drifts. Neither delays the dry signal; both ring on for
``tail_frames``, after which they are 90 dB down (or for 30 s, whichever is shorter).

How the reverb works: four all-pass diffusers per channel smear the input, sixteen delay lines of 23 to 97 ms feed each
other through an orthogonal (Hadamard) matrix. Each line loses what makes 60 dB in ``decay_seconds``, and high notes
lose more: around ``damping_hz`` the decay has fallen to half.

Not covered: early reflections of a given room, convolution, modulation.

References: J.-M. Jot and A. Chaigne, Digital delay networks for designing artificial reverberators, AES 90 (1991).
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from bandmate.song.devices import Delay, Reverb
from bandmate.sound.audio import Samples
from bandmate.sound.blocks import BlockProcessor
from bandmate.sound.kernel import FLUSH, kernel

LINES = 16
SHORTEST_MS, LONGEST_MS = 23.0, 97.0
DIFFUSER_MS = (4.77, 3.59, 12.73, 9.31)
DIFFUSER_SPREAD_MS = 0.37
DIFFUSION = 0.62
STEP_FRAMES = 256
TAIL_DB = 90.0
LONGEST_TAIL_SECONDS = 30.0

Reals = npt.NDArray[np.float64]
Counters = npt.NDArray[np.int64]


def hadamard(size: int) -> Reals:
    """The orthogonal matrix of ±1 / sqrt(size); ``size`` is a power of 2."""
    matrix = np.ones((1, 1))
    while len(matrix) < size:
        matrix = np.block([[matrix, matrix], [matrix, -matrix]])
    return matrix / math.sqrt(size)


def line_lengths(rate_hz: int) -> list[int]:
    """Lengths of the sixteen lines in frames, spread evenly by ratio, all prime so that few echoes coincide."""
    lengths: list[int] = []
    for k in range(LINES):
        frames = round(SHORTEST_MS * (LONGEST_MS / SHORTEST_MS) ** (k / (LINES - 1)) * rate_hz / 1_000.0)
        while frames in lengths or any(frames % divisor == 0 for divisor in range(2, math.isqrt(frames) + 1)):
            frames += 1
        lengths.append(frames)
    return lengths


@kernel
def diffuse(rows: Reals, rings: Reals, lengths: Counters, places: Counters) -> None:
    """Send each row through its all-passes in a chain, in place."""
    for c in range(rows.shape[0]):
        for k in range(lengths.shape[1]):
            ring, length, place = rings[c, k], lengths[c, k], places[c, k]
            for i in range(rows.shape[1]):
                late = ring[place]
                fresh = ((rows[c, i] - DIFFUSION * late) + FLUSH) - FLUSH
                rows[c, i] = late + DIFFUSION * fresh
                ring[place] = fresh
                place = place + 1 if place + 1 < length else 0
            places[c, k] = place


@kernel
def mix_lines(heard: Reals, count: int) -> None:
    """The Hadamard transform over the rows, in place, in log2(rows) rounds of sums and differences (not scaled)."""
    span = 1
    while span < heard.shape[0]:
        for start in range(0, heard.shape[0], 2 * span):
            for k in range(start, start + span):
                upper, lower = heard[k], heard[k + span]
                for i in range(count):
                    high, low = upper[i], lower[i]
                    upper[i] = high + low
                    lower[i] = high - low
        span *= 2


@kernel
def read_line(line: Reals, length: int, place: int, settings: Reals, last: float, heard: Reals, count: int) -> float:
    """Write what comes out of one line, damped, to ``heard``; gives the last value."""
    gain, damping = settings[0] * (1.0 - settings[1]), settings[1]
    for i in range(count):
        heard[i] = gain * line[place] + FLUSH
        place = place + 1 if place + 1 < length else 0
    for i in range(count):
        last = (heard[i] + damping * last) - FLUSH
        heard[i] = last
    return last


@kernel
def ring_lines(rows: Reals, lines: Reals, lengths: Counters, places: Counters, settings: Reals, memory: Reals) -> None:
    """Feed ``rows`` (channels, frames) to the lines and write what comes out in their place.

    ``settings`` has per line its gain and damping share, then its weight for each channel, going in and coming out.
    ``memory`` (lines, frames + 1) is scratch as long as the shortest line at most, and in its last column what each
    line gave last.
    """
    channels, step = rows.shape[0], memory.shape[1] - 1
    fed, scale = rows.copy(), 1.0 / math.sqrt(lengths.shape[0])
    rows[:] = 0.0
    for begin in range(0, rows.shape[1], step):
        count = min(step, rows.shape[1] - begin)
        for k in range(lengths.shape[0]):
            heard, weights = memory[k], settings[k]
            heard[step] = read_line(lines[k], lengths[k], places[k], weights, heard[step], heard, count)
            for c in range(channels):
                weight = weights[2 + channels + c]
                for i in range(count):
                    rows[c, begin + i] += weight * heard[i]
        mix_lines(memory, count)
        for k in range(lengths.shape[0]):
            mixed, line = memory[k], lines[k]
            for i in range(count):
                mixed[i] *= scale
            for c in range(channels):
                weight = settings[k, 2 + c]
                for i in range(count):
                    mixed[i] += weight * fed[c, begin + i]
            place = places[k]
            for i in range(count):
                line[place] = mixed[i]
                place = place + 1 if place + 1 < lengths[k] else 0
            places[k] = place


@kernel
def ring_echo(rows: Reals, rings: Reals, place: int, feedback: float, damping: float, low: Reals) -> None:
    """Write the echoes of ``rows`` in their place; ``place`` is the oldest frame of the rings, ``low`` the damping."""
    for c in range(rows.shape[0]):
        at = place
        for i in range(rows.shape[1]):
            late = rings[c, at]
            low[c] = ((late + damping * (low[c] - late)) + FLUSH) - FLUSH
            rings[c, at] = rows[c, i] + feedback * low[c]
            rows[c, i] = late
            at = at + 1 if at + 1 < rings.shape[1] else 0


def damping_share(gain: float, freq_hz: float, rate_hz: int) -> float:
    """The one-pole share that takes at ``freq_hz`` as much as ``gain`` does everywhere; 0 above half the rate."""
    if freq_hz >= 0.49 * rate_hz:
        return 0.0
    power = gain * gain
    bent = 1.0 - power * math.cos(2.0 * math.pi * freq_hz / rate_hz)
    return (bent - math.sqrt(bent * bent - (1.0 - power) ** 2)) / (1.0 - power)


class _WetDry(BlockProcessor):
    """Mixes what a subclass makes of float64 rows with the input."""

    def __init__(self, wet: float, *, rate_hz: int, channels: int) -> None:
        super().__init__(rate_hz=rate_hz, channels=channels)
        self.wet = wet

    def _run(self, samples: Samples) -> Samples:
        rows = self._effect(samples.astype(np.float64))
        return np.asarray(self.wet * rows + (1.0 - self.wet) * samples, dtype=np.float32)

    def _effect(self, rows: Reals) -> Reals:
        raise NotImplementedError


class ReverbProcessor(_WetDry):
    """A running `Reverb`. Every channel goes to all lines and hears all lines, with signs of its own."""

    def __init__(self, device: Reverb, *, rate_hz: int, channels: int) -> None:
        super().__init__(device.wet, rate_hz=rate_hz, channels=channels)
        lengths = line_lengths(rate_hz)
        self.lengths, self.places = np.array(lengths), np.zeros(LINES, dtype=np.int64)
        self.lines, self.memory = np.zeros((LINES, max(lengths))), np.zeros((LINES, min(*lengths, STEP_FRAMES) + 1))
        self.settings = self._settings(device)
        self.diffuser_lengths = np.array([self._diffuser_frames(c) for c in range(channels)])
        self.diffuser_places = np.zeros_like(self.diffuser_lengths)
        self.diffuser_rings = np.zeros((*self.diffuser_lengths.shape, int(self.diffuser_lengths.max())))
        self.waiting = np.zeros((channels, round(device.predelay_ms * rate_hz / 1_000.0)))
        tail_seconds = device.decay_seconds * TAIL_DB / 60.0 + 0.2
        self.tail_frames = self.waiting.shape[1] + round(min(tail_seconds, LONGEST_TAIL_SECONDS) * rate_hz)

    def _diffuser_frames(self, channel: int) -> list[int]:
        spread_ms = DIFFUSER_SPREAD_MS * (channel % LINES)
        return [max(1, round((ms + spread_ms) * self.rate_hz / 1_000.0)) for ms in DIFFUSER_MS]

    def _settings(self, device: Reverb) -> Reals:
        gains = 10.0 ** (-3.0 * self.lengths / (device.decay_seconds * self.rate_hz))
        damping = [damping_share(float(gain), device.damping_hz, self.rate_hz) for gain in gains]
        power = float(np.mean(gains**2))
        level = math.sqrt((1.0 - power) / (power * self.channels) * LINES)
        signs = hadamard(LINES)
        weights = [signs[(1 + 2 * c) % LINES] for c in range(self.channels)]
        weights += [level * signs[(2 + 2 * c) % LINES] for c in range(self.channels)]
        return np.ascontiguousarray(np.column_stack([gains, damping, *weights]))

    def _effect(self, rows: Reals) -> Reals:
        joined = np.concatenate([self.waiting, rows], axis=1)
        rows, self.waiting = joined[:, : rows.shape[1]].copy(), joined[:, rows.shape[1] :].copy()
        diffuse(rows, self.diffuser_rings, self.diffuser_lengths, self.diffuser_places)
        ring_lines(rows, self.lines, self.lengths, self.places, self.settings, self.memory)
        return rows


class DelayProcessor(_WetDry):
    """A running `Delay`; every channel echoes for itself. The first echo is bright, each later one a little darker."""

    def __init__(self, device: Delay, *, rate_hz: int, channels: int, seconds_per_tick: float) -> None:
        super().__init__(device.wet, rate_hz=rate_hz, channels=channels)
        self.rings = np.zeros((channels, max(1, round(device.length_ticks * seconds_per_tick * rate_hz))))
        self.feedback, self.low = device.feedback, np.zeros(channels)
        share = device.damping_hz / rate_hz
        self.damping = math.exp(-2.0 * math.pi * share) if share < 0.49 else 0.0
        loss_db = -20.0 * math.log10(max(device.feedback, 1e-5))
        echoes = 1 + math.ceil(TAIL_DB / loss_db)
        self.tail_frames = min(echoes * self.rings.shape[1], round(LONGEST_TAIL_SECONDS * rate_hz))

    def _effect(self, rows: Reals) -> Reals:
        ring_echo(rows, self.rings, self.frames_done % self.rings.shape[1], self.feedback, self.damping, self.low)
        return rows


def compile_kernels() -> None:
    """Compile what is in this module, now rather than at the first block."""
    block = np.zeros((1, 4), dtype=np.float32)
    ReverbProcessor(Reverb(id="first"), rate_hz=8_000, channels=1).process(block)
    DelayProcessor(Delay(id="first"), rate_hz=8_000, channels=1, seconds_per_tick=1e-3).process(block)
