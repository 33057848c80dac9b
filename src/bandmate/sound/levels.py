"""Plain levels: peak, RMS, crest, DC, clipped stretches, silences, where the sound begins and ends, bad samples.

Conventions: dBFS with 0 = full scale, so a full-scale sine has an RMS of -3.01 dBFS; silence is ``-inf``. Frames are
counted from 0, channels from 0 in values (a desk's channel 1 is ``channels[0]``). This is the one meter that does not
refuse NaN and infinity: it counts them and takes them as 0.

A stretch is clipped when at least three consecutive samples of a channel are exactly equal, near full scale, and the
waveform breaks off there: a step of more than 1.5 quanta of 16 bits leads in or out. Without that last condition the
rounded top of any loud bass note in a 16-bit file would count.

Not covered: clipping that was filtered or coded afterwards (its flat tops are no longer flat), noise floor.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bandmate.sound.audio import Audio, Samples, checked_rate
from bandmate.sound.finite import checked_block
from bandmate.sound.kernel import kernel
from bandmate.sound.magnitude import magnitude

Reals = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

CLIP_DBFS = -1.0
CLIP_FRAMES = 3
CLIP_STEP = 1.5 / 32_768
LISTED_RUNS = 1_000
SILENCE_DBFS = -70.0
SILENCE_MS = 500.0

PEAK, PREVIOUS, RUN_FRAMES, RUN_STEP, BAD, RUNS, CLIPPED = range(7)

LANES = 128
"""Frames are added up in this many sums, each in that of its number: fast, and alike wherever blocks are cut."""

LONGEST_STRIDE = 1_024


@dataclass(frozen=True, slots=True)
class ClippedRun:
    """A flat top: ``frames`` equal samples from ``start_frame`` on, at ``level_dbfs``."""

    channel: int
    start_frame: int
    frames: int
    level_dbfs: float


@dataclass(frozen=True, slots=True)
class Silence:
    """A stretch in which no channel sounds."""

    start_frame: int
    frames: int


@dataclass(frozen=True, slots=True)
class ChannelLevels:
    """Levels of one channel.

    Attributes
    ----------
    peak_dbfs, rms_dbfs : float
        -inf for silence.
    crest_db : float or None
        peak over RMS; None for silence.
    dc : float
        mean, full scale = 1.
    clipped_runs, clipped_frames : int
        complete counts, also where the list of runs is cut short.
    bad_samples : int
        NaN or infinite, taken as 0 in all else.
    """

    peak_dbfs: float
    rms_dbfs: float
    crest_db: float | None
    dc: float
    clipped_runs: int
    clipped_frames: int
    bad_samples: int


@dataclass(frozen=True, slots=True)
class Levels:
    """Levels of a signal.

    Attributes
    ----------
    frames : int
    channels : tuple of ChannelLevels
    peak_dbfs, rms_dbfs, crest_db
        over all channels (RMS of their mean power); as in `ChannelLevels`.
    clipped : tuple of ClippedRun
        the first 1000 of each channel.
    silences : tuple of Silence
        every stretch of at least 500 ms below -70 dBFS in all channels, also at the beginning and the end.
    first_sounding_frame, last_sounding_frame : int or None
        None when nothing reaches -70 dBFS.
    """

    frames: int
    channels: tuple[ChannelLevels, ...]
    peak_dbfs: float
    rms_dbfs: float
    crest_db: float | None
    clipped: tuple[ClippedRun, ...]
    silences: tuple[Silence, ...]
    first_sounding_frame: int | None
    last_sounding_frame: int | None

    @property
    def bad_samples(self) -> int:
        """NaN or infinite samples in all channels."""
        return sum(channel.bad_samples for channel in self.channels)


class LevelMeter:
    """Levels of a signal fed in blocks of any size.

    Parameters
    ----------
    rate_hz : int
    channels : int
    clip_dbfs : float
        samples below this are never clipped.
    silence_dbfs : float
        a sample at or above this sounds.
    silence_ms : float
        shorter pauses are not listed.
    """

    def __init__(
        self,
        rate_hz: int,
        channels: int,
        *,
        clip_dbfs: float = CLIP_DBFS,
        silence_dbfs: float = SILENCE_DBFS,
        silence_ms: float = SILENCE_MS,
    ) -> None:
        self._clip_level = 10 ** (clip_dbfs / 20)
        self._silence_level = float(np.float32(10 ** (silence_dbfs / 20)))
        self._silence_frames = max(1, round(silence_ms * checked_rate(rate_hz) / 1000))
        self._states = np.zeros((channels, 7))
        self._lanes = np.zeros((channels, 2, LANES))  # of samples and of their squares
        self._runs = np.zeros((channels, LISTED_RUNS, 3))
        self._sounding = np.full(2, -1, np.int64)
        self._silences: list[Silence] = []
        self._frames = 0

    def feed(self, block: npt.ArrayLike) -> None:
        """Take the next block, shape (channels, frames); an empty one changes nothing.

        Raises
        ------
        RequestError
            for a wrong number of channels.
        """
        self.take(checked_block(block, len(self._states)))

    def take(self, samples: Samples) -> None:
        """As ``feed``, for a block that `bandmate.sound.finite` has given."""
        for row, state, lanes, runs in zip(samples, self._states, self._lanes, self._runs, strict=True):
            _follow(row, self._frames, self._clip_level, state, lanes, runs)
        pauses = np.empty((samples.shape[1] // self._silence_frames + 2, 2), np.int64)
        found = _find_pauses(samples, self._frames, self._silence_level, self._silence_frames, self._sounding, pauses)
        self._silences += [Silence(int(start), int(frames)) for start, frames in pauses[:found]]
        self._frames += samples.shape[1]

    def result(self) -> Levels:
        """The levels so far, as if the signal ended here; feeding may go on afterwards."""
        states, runs = self._states.copy(), self._runs.copy()
        after = checked_block(np.zeros((1, 1), np.float32), 1)
        for state, listed in zip(states, runs, strict=True):
            _follow_runs(after[0], self._frames, self._clip_level, state, listed)
        first, last = (int(frame) for frame in self._sounding)
        pause = Silence(last + 1, self._frames - last - 1)
        sums = self._lanes.sum(axis=2)
        peak, power = float(states[:, PEAK].max()), float(sums[:, 1].mean()) / max(1, self._frames)
        return Levels(
            frames=self._frames,
            channels=tuple(self._channel(state, *both) for state, both in zip(states, sums, strict=True)),
            peak_dbfs=_amplitude_db(peak),
            rms_dbfs=_amplitude_db(math.sqrt(power)),
            crest_db=_crest_db(peak, power),
            clipped=tuple(run for index in range(len(states)) for run in _listed(index, states[index], runs[index])),
            silences=(*self._silences, pause) if pause.frames >= self._silence_frames else tuple(self._silences),
            first_sounding_frame=first if first >= 0 else None,
            last_sounding_frame=last if last >= 0 else None,
        )

    def _channel(self, state: Reals, total: float, squares: float) -> ChannelLevels:
        frames = max(1, self._frames)
        power = float(squares) / frames
        return ChannelLevels(
            peak_dbfs=_amplitude_db(float(state[PEAK])),
            rms_dbfs=_amplitude_db(math.sqrt(power)),
            crest_db=_crest_db(float(state[PEAK]), power),
            dc=float(total) / frames,
            clipped_runs=int(state[RUNS]),
            clipped_frames=int(state[CLIPPED]),
            bad_samples=int(state[BAD]),
        )


def measure_levels(audio: Audio) -> Levels:
    """Levels of a whole signal, with the usual limits."""
    meter = LevelMeter(audio.rate_hz, audio.channels)
    meter.feed(audio.samples)
    return meter.result()


def compile_kernels() -> None:
    """Compile this module's kernels (or load them from the cache)."""
    meter = LevelMeter(48_000, 1)
    meter.feed(np.zeros((1, 1), np.float32))
    meter.result()


def _amplitude_db(amplitude: float) -> float:
    """dBFS, -inf for zero."""
    return 20 * math.log10(amplitude) if amplitude > 0 else -math.inf


def _crest_db(peak: float, power: float) -> float | None:
    """Peak over RMS in dB, None for silence."""
    return 20 * math.log10(peak) - 10 * math.log10(power) if peak > 0 and power > 0 else None


def _listed(channel: int, state: Reals, runs: Reals) -> list[ClippedRun]:
    """The runs that a channel has room to remember."""
    return [
        ClippedRun(channel, int(start), int(frames), _amplitude_db(float(level)))
        for start, frames, level in runs[: min(LISTED_RUNS, int(state[RUNS]))]
    ]


@kernel
def _follow(row: Samples, start_frame: int, clip_level: float, state: Reals, lanes: Reals, runs: Reals) -> None:
    """Add up one channel and follow its runs of equal samples near full scale, where there may be any."""
    done = 0
    while done < row.shape[0]:
        lane = (start_frame + done) % LANES
        frames = min(LANES - lane, row.shape[0] - done)
        piece = row[done : done + frames]
        totals, squares = lanes[0, lane : lane + frames], lanes[1, lane : lane + frames]
        size = magnitude(piece)
        if np.isfinite(size):
            for i in range(frames):
                value = np.float64(piece[i])
                totals[i] += value
                squares[i] += value * value
            state[PEAK] = max(state[PEAK], size)
        else:
            _add_good(piece, state, totals, squares)
        if size >= clip_level or state[RUN_FRAMES] > 0 or not np.isfinite(size):
            _follow_runs(piece, start_frame + done, clip_level, state, runs)
        else:
            state[PREVIOUS] = piece[frames - 1]
        done += frames


@kernel
def _add_good(piece: Samples, state: Reals, totals: Reals, squares: Reals) -> None:
    """Add up the finite samples, and count the others."""
    for i in range(piece.shape[0]):
        value = np.float64(piece[i])
        if np.isfinite(value):
            totals[i] += value
            squares[i] += value * value
            state[PEAK] = max(state[PEAK], abs(value))
        else:
            state[BAD] += 1


@kernel
def _follow_runs(piece: Samples, start_frame: int, clip_level: float, state: Reals, runs: Reals) -> None:
    """Follow runs of equal samples near full scale, and remember those that end."""
    previous = state[PREVIOUS]
    for i in range(piece.shape[0]):
        value = float(piece[i])
        if not np.isfinite(value):
            value = 0.0
        size = abs(value)
        if state[RUN_FRAMES] > 0 and value == previous:
            state[RUN_FRAMES] += 1
        elif state[RUN_FRAMES] > 0 or size >= clip_level:
            step = abs(value - previous)
            _close_run(start_frame + i, abs(previous), step, state, runs)
            state[RUN_FRAMES] = 1.0 if size >= clip_level else 0.0
            state[RUN_STEP] = step
        previous = value
    state[PREVIOUS] = previous


@kernel
def _close_run(end_frame: int, level: float, step: float, state: Reals, runs: Reals) -> None:
    """Remember the run that ends before ``end_frame`` if it is a clipped one."""
    if state[RUN_FRAMES] < CLIP_FRAMES or max(step, state[RUN_STEP]) <= CLIP_STEP:
        return
    if state[RUNS] < runs.shape[0]:
        index = int(state[RUNS])
        runs[index, 0], runs[index, 1], runs[index, 2] = end_frame - state[RUN_FRAMES], state[RUN_FRAMES], level
    state[RUNS] += 1
    state[CLIPPED] += state[RUN_FRAMES]


@kernel
def _find_pauses(
    block: Samples, start_frame: int, level: float, shortest_frames: int, sounding: Whole, pauses: Whole
) -> int:
    """Write the pauses that end in this block; ``sounding`` holds the first and the last sounding frame so far.

    No pause lies within a stride, for a stride is not longer than the shortest: so the first and the last sounding
    frame of each tell everything.
    """
    found, stride = 0, min(shortest_frames, LONGEST_STRIDE)
    for start in range(0, block.shape[1], stride):
        end = min(start + stride, block.shape[1])
        first = start
        while first < end and not _sounds(block, first, level):
            first += 1
        if first == end:
            continue
        last = end - 1
        while not _sounds(block, last, level):
            last -= 1
        gap = start_frame + first - sounding[1] - 1
        if gap >= shortest_frames:
            pauses[found, 0], pauses[found, 1] = sounding[1] + 1, gap
            found += 1
        sounding[1] = start_frame + last
        if sounding[0] < 0:
            sounding[0] = start_frame + first
    return found


@kernel
def _sounds(block: Samples, frame: int, level: float) -> bool:
    """Whether any channel reaches ``level`` in this frame."""
    loudest = 0.0
    for channel in range(block.shape[0]):
        loudest = max(loudest, abs(block[channel, frame]))
    return loudest >= level
