"""Loudness: integrated, momentary, short-term, range, and the loudness of the active parts only.

Conventions: LUFS per ITU-R BS.1770-5 (annex 1), loudness range per EBU Tech 3342, time scales per EBU Tech 3341:
momentary is a 400 ms, short-term a 3 s sliding window, both every 100 ms. The k-th momentary value covers
``k * 100 ms`` to ``k * 100 + 400 ms``. Where 100 ms is not a whole number of frames the k-th edge lies at frame
``floor(k * rate_hz / 10)``, so edges never drift. The two maxima are looked for every 10 ms, as a short sound may lie
between the steps of 100 ms. No measurement is ``None``, never -70.

A mono signal counts as one channel: the same signal on both channels of a stereo file reads 3.01 LU more.
Memory: one number per 100 ms.

Not covered: dialogue gating, object-based audio (BS.1770-5 annexes 3 and 4). Channels beyond 5.1 weigh 1 each.

References: ITU-R BS.1770-5 (2023); EBU R 128, Tech 3341 v4 and Tech 3342 v4 (2023).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bandmate.sound.audio import Audio, Samples, checked_rate
from bandmate.sound.finite import checked_block, refuse_bad_frame
from bandmate.sound.k_weighting import channel_weights, k_weighting, weigh_pair

Curve = npt.NDArray[np.float64]

HOP_MS = 100
MOMENTARY_HOPS = 4
SHORT_TERM_HOPS = 30
STEP_MS = 10
STEPS_PER_HOP = HOP_MS // STEP_MS
OFFSET_LU = -0.691
ABSOLUTE_GATE_LUFS = -70.0
INTEGRATED_GATE_LU = -10.0
RANGE_GATE_LU = -20.0
RANGE_PERCENTILES = (10, 95)
ACTIVE_WITHIN_LU = 20.0


@dataclass(frozen=True, slots=True, eq=False)
class Loudness:
    """What the loudness meter heard.

    Attributes
    ----------
    integrated_lufs : float or None
        None for silence (nothing above -70 LUFS) and for less than 400 ms.
    range_lu : float or None
        None for less than 3 s, or when no short-term value passes the gate.
    max_momentary_lufs, max_short_term_lufs : float or None
        None for digital silence, and for less than 400 ms or 3 s. Up to 0.5 LU above the highest value of the history,
        which has coarser steps.
    momentary_lufs, short_term_lufs : array (blocks,)
        every 100 ms, read-only; digital silence is ``-inf``. The momentary values are the gating blocks of
        BS.1770, so `album_loudness` can join several results.
    """

    integrated_lufs: float | None
    range_lu: float | None
    max_momentary_lufs: float | None
    max_short_term_lufs: float | None
    momentary_lufs: Curve
    short_term_lufs: Curve


@dataclass(frozen=True, slots=True, eq=False)
class ActiveLoudness:
    """Loudness of the parts where something plays.

    Attributes
    ----------
    lufs : float or None
        power mean of the active momentary blocks; None when nothing is above -70 LUFS or there is no block.
    share : float
        active blocks out of all, 0 to 1.
    blocks : bool array (blocks,)
        which momentary blocks are active, read-only.
    """

    lufs: float | None
    share: float
    blocks: npt.NDArray[np.bool_]


class LoudnessMeter:
    """Measures a signal fed in blocks of any size; the result does not depend on how it was cut.

    Parameters
    ----------
    rate_hz : int
        1 kHz to 768 kHz.
    channels : int
        1 mono, 2 stereo, 5 or 6 as L R C (LFE) Ls Rs; any other number weighs every channel 1.
    """

    def __init__(self, rate_hz: int, channels: int) -> None:
        self._rate_hz = checked_rate(rate_hz)
        self._weights = channel_weights(channels)
        self._filters = k_weighting(self._rate_hz)
        self._states = np.zeros(((channels + 1) // 2, 10))
        self._frames = 0
        self._started_hop = np.zeros(0)
        self._energies: list[Curve] = []
        self._maxima = (_LoudestWindow(MOMENTARY_HOPS, rate_hz), _LoudestWindow(SHORT_TERM_HOPS, rate_hz))

    def feed(self, block: npt.ArrayLike) -> None:
        """Take the next block, shape (channels, frames); an empty one changes nothing.

        Raises
        ------
        RequestError
            for a wrong number of channels, or naming the first NaN or infinite frame. After that the meter is spoilt.
        """
        self.take(checked_block(block, len(self._weights)))

    def take(self, samples: Samples) -> None:
        """As ``feed``, for a block that `bandmate.sound.finite` has given."""
        ends = self._step_ends(samples.shape[1])
        energy, pair = np.zeros(len(ends)), np.empty((2, len(ends)))
        for first in range(0, len(self._weights), 2):
            second = min(first + 1, len(self._weights) - 1)
            weigh_pair(samples[first], samples[second], self._states[first // 2], self._filters, ends, pair)
            energy += self._weights[first] * pair[0]
            if second > first:
                energy += self._weights[second] * pair[1]
        if not np.isfinite(self._states).all():
            refuse_bad_frame(samples, start_frame=self._frames, rate_hz=self._rate_hz)
        self._frames += samples.shape[1]
        if len(energy):
            self._keep(energy)

    def result(self) -> Loudness:
        """What was heard so far; feeding may go on afterwards. A started 100 ms hop is left out of the history."""
        energy = np.concatenate([np.zeros(0), *self._energies])
        hop_frames = np.diff(edge_frames(np.arange(len(energy) + 1), HOP_MS, self._rate_hz))
        momentary = _lufs(_sliding_mean(energy, hop_frames, MOMENTARY_HOPS))
        short_term = _lufs(_sliding_mean(energy, hop_frames, SHORT_TERM_HOPS))
        return Loudness(
            integrated_lufs=_gated_mean(momentary),
            range_lu=loudness_range(short_term),
            max_momentary_lufs=_power_lufs(self._maxima[0].mean_square),
            max_short_term_lufs=_power_lufs(self._maxima[1].mean_square),
            momentary_lufs=_read_only(momentary),
            short_term_lufs=_read_only(short_term),
        )

    def _keep(self, energy: Curve) -> None:
        """Take the energy of complete 10 ms steps: to the maxima, and ten by ten to the history."""
        for window in self._maxima:
            window.take(energy)
        steps = np.concatenate([self._started_hop, energy])
        whole = len(steps) // STEPS_PER_HOP * STEPS_PER_HOP
        self._started_hop = steps[whole:]
        if whole:
            self._energies.append(steps[:whole].reshape(-1, STEPS_PER_HOP).sum(axis=1))

    def _step_ends(self, frames: int) -> npt.NDArray[np.int64]:
        """The frames of the coming block at which a 10 ms step is complete, counted from the block's first frame."""
        steps = np.arange(self._steps(self._frames) + 1, self._steps(self._frames + frames) + 1, dtype=np.int64)
        return edge_frames(steps, STEP_MS, self._rate_hz) - self._frames

    def _steps(self, frames: int) -> int:
        """How many steps are complete after ``frames`` frames: the largest k whose edge is not beyond them."""
        return ((frames + 1) * 1000 - 1) // (self._rate_hz * STEP_MS)


class _LoudestWindow:
    """The largest mean square over ``hops`` hops, looked for at every step.

    subtle: differences of a running sum round relative to all that came before; for a maximum that is far below
    1e-9 dB, while the history, which must show silence as silence, sums each window anew.
    """

    def __init__(self, hops: int, rate_hz: int) -> None:
        self._length, self._rate_hz = hops * STEPS_PER_HOP, rate_hz
        self._total = np.zeros(1)
        self._first_step = 0
        self.mean_square = 0.0

    def take(self, energy: Curve) -> None:
        """Take the energy of the next steps."""
        total = np.concatenate([self._total[:-1], np.cumsum(np.concatenate([self._total[-1:], energy]))])
        if len(total) > self._length:
            steps = np.arange(self._first_step, self._first_step + len(total))
            edges = edge_frames(steps, STEP_MS, self._rate_hz)
            frames = edges[self._length :] - edges[: -self._length]
            loudest = ((total[self._length :] - total[: -self._length]) / frames).max()
            self.mean_square = max(self.mean_square, float(loudest))
        self._first_step += max(0, len(total) - self._length)
        self._total = total[-self._length :]


def measure_loudness(audio: Audio) -> Loudness:
    """Loudness of a whole signal; see `Loudness` for what silence and short signals give."""
    meter = LoudnessMeter(audio.rate_hz, audio.channels)
    meter.feed(audio.samples)
    return meter.result()


def active_loudness(loudness: Loudness) -> ActiveLoudness:
    """Loudness of a track while it plays: what a balance should compare, however long the track pauses.

    A momentary block is active when it is above -70 LUFS and within 20 LU of the loud part: the loudest 3 s, or the
    loudest 400 ms of a signal shorter than that. One click cannot raise the gate far, as it is spread over 3 s.
    """
    blocks = loudness.momentary_lufs
    loud_part = loudness.max_short_term_lufs if len(loudness.short_term_lufs) else loudness.max_momentary_lufs
    gate = ABSOLUTE_GATE_LUFS if loud_part is None else max(ABSOLUTE_GATE_LUFS, loud_part - ACTIVE_WITHIN_LU)
    active = blocks > gate
    active.flags.writeable = False
    if not active.any():
        return ActiveLoudness(lufs=None, share=0.0, blocks=active)
    return ActiveLoudness(lufs=_mean_lufs(blocks[active]), share=float(active.mean()), blocks=active)


def album_loudness(tracks: Iterable[Loudness]) -> float | None:
    """Integrated loudness of several signals played one after another; None when all are silent or there are none.

    The gating blocks of all tracks are gated together (EBU Tech 3343); blocks across a border between two tracks do
    not exist.
    """
    return _gated_mean(np.concatenate([np.zeros(0), *(track.momentary_lufs for track in tracks)]))


def loudness_range(short_term_lufs: Curve) -> float | None:
    """Loudness range in LU of short-term values (Tech 3342); None when none is above -70 LUFS."""
    loud = short_term_lufs[short_term_lufs > ABSOLUTE_GATE_LUFS]
    if not len(loud):
        return None
    ranked = np.sort(loud[loud >= _mean_lufs(loud) + RANGE_GATE_LU])
    low, high = (ranked[math.floor((len(ranked) - 1) * percent / 100 + 0.5)] for percent in RANGE_PERCENTILES)
    return float(high - low)


def edge_frames(numbers: npt.NDArray[np.int64], step_ms: int, rate_hz: int) -> npt.NDArray[np.int64]:
    """The frame at which each step of that number begins; never drifts, whatever the rate."""
    return numbers * (rate_hz * step_ms) // 1000


def compile_kernels() -> None:
    """Compile this module's kernel (or load it from the cache)."""
    LoudnessMeter(48_000, 1).feed(np.zeros((1, 1), np.float32))


def _sliding_mean(energy: Curve, hop_frames: npt.NDArray[np.int64], hops: int) -> Curve:
    """Mean square over ``hops`` consecutive hops; empty when there are fewer.

    subtle: a running sum would leave the rounding of loud passages behind in silence, so each window is summed anew.
    """
    if len(energy) < hops:
        return np.zeros(0)
    windows = np.lib.stride_tricks.sliding_window_view
    mean: Curve = windows(energy, hops).sum(axis=1) / windows(hop_frames, hops).sum(axis=1)
    return mean


def _gated_mean(momentary_lufs: Curve) -> float | None:
    """Integrated loudness: two gates, absolute then relative (BS.1770-5, equations 5 to 7)."""
    loud = momentary_lufs[momentary_lufs > ABSOLUTE_GATE_LUFS]
    if not len(loud):
        return None
    return _mean_lufs(loud[loud > _mean_lufs(loud) + INTEGRATED_GATE_LU])


def _mean_lufs(lufs: Curve) -> float:
    """Loudness of the mean power."""
    return 10 * math.log10(float(np.mean(10 ** (lufs / 10))))


def _lufs(mean_square: Curve) -> Curve:
    """Loudness of each power; digital silence is -inf."""
    with np.errstate(divide="ignore"):
        lufs: Curve = OFFSET_LU + 10 * np.log10(mean_square)
    return lufs


def _power_lufs(mean_square: float) -> float | None:
    """Loudness of a power, None for nothing."""
    return OFFSET_LU + 10 * math.log10(mean_square) if mean_square > 0 else None


def _read_only(curve: Curve) -> Curve:
    """``curve`` itself, made read-only."""
    curve.flags.writeable = False
    return curve
