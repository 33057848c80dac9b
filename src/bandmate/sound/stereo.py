"""The stereo image: correlation, width, balance, what is lost in mono, and stereo files that are not stereo.

Conventions: mid = (L + R) / 2, side = (L - R) / 2. Ratios of power in dB over the whole signal; silence gives ``None``,
a ratio to nothing ``inf`` or ``-inf``.

Not covered: more than two channels, changes over time (feed the passages to meters of their own).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from bandmate.song.errors import RequestError
from bandmate.sound.audio import Audio, Samples, checked_rate
from bandmate.sound.finite import finite_block
from bandmate.sound.kernel import contracted_kernel, kernel

Reals = npt.NDArray[np.float64]
StereoKind = Literal["silent", "mono", "dual mono", "left only", "right only", "stereo"]

LOW_HZ = 120.0
SAME_WITHIN_DB = -60.0
LANES = 128
"""Frames are added up in this many sums, each in that of its number: fast, and alike wherever blocks are cut."""

KEEP_AWAKE = 1e-30
"""Added to the low-pass' input so that its state never decays into slow denormal numbers; 600 dB down."""


@dataclass(frozen=True, slots=True)
class StereoImage:
    """How a signal uses its two channels.

    Attributes
    ----------
    kind : str
        ``silent``; ``mono``: one channel; ``dual mono``: two channels that differ by less than -60 dB;
        ``left only``, ``right only``: the other channel is more than 60 dB down; else ``stereo``.
    correlation : float or None
        -1 to 1; 1 for mono, None when a channel is digital silence.
    low_correlation : float or None
        the same below 120 Hz: under 0.5 the bass suffers in clubs and on vinyl. None without anything down there.
    width_db : float or None
        side over mid; -inf for mono, 0 for unrelated channels, inf for the same signal in opposite polarity.
    balance_db : float or None
        right over left; positive is to the right.
    mono_loss_db : float or None
        what the mono sum loses against the mean power of both channels: 0 for mono, 3 for unrelated channels.
    """

    kind: StereoKind
    correlation: float | None
    low_correlation: float | None
    width_db: float | None
    balance_db: float | None
    mono_loss_db: float | None


class StereoMeter:
    """Stereo image of a signal fed in blocks of any size.

    Parameters
    ----------
    rate_hz : int
    channels : int
        1 or 2.

    Raises
    ------
    RequestError
        for more channels.
    """

    def __init__(self, rate_hz: int, channels: int) -> None:
        if channels not in (1, 2):
            raise RequestError(f"a stereo image has 1 or 2 channels, not {channels}; choose the pair to measure")
        self._rate_hz = checked_rate(rate_hz)
        self._channels = channels
        self._low_pass = _butterworth(LOW_HZ, self._rate_hz)
        self._filter_state = np.zeros(4)
        self._lanes = np.zeros((5, LANES))
        self._low_sums = np.zeros(3)
        self._frames = 0

    def feed(self, block: npt.ArrayLike) -> None:
        """Take the next block, shape (channels, frames); an empty one changes nothing.

        Raises
        ------
        RequestError
            for a wrong number of channels, or naming the first NaN or infinite frame.
        """
        self.take(finite_block(block, self._channels, start_frame=self._frames, rate_hz=self._rate_hz))

    def take(self, samples: Samples) -> None:
        """As ``feed``, for a block that `finite_block` has given."""
        _add_products(samples[0], samples[-1], self._frames, self._lanes)
        _add_low_products(samples[0], samples[-1], self._low_pass, self._filter_state, self._low_sums)
        self._frames += samples.shape[1]

    def result(self) -> StereoImage:
        """The image so far; feeding may go on afterwards."""
        left, right, both, mid, side = (float(value) for value in self._lanes.sum(axis=1))
        low_left, low_right, low_both = (float(value) for value in self._low_sums)
        if left + right == 0:
            return StereoImage("silent", None, None, None, None, None)
        return StereoImage(
            kind=self._kind(left, right, mid, side),
            correlation=_correlation(both, left, right),
            low_correlation=_correlation(low_both, low_left, low_right, floor=(left + right) * 1e-12),
            width_db=ratio_db(side, mid),
            balance_db=ratio_db(right, left),
            mono_loss_db=ratio_db((left + right) / 2, mid),
        )

    def _kind(self, left: float, right: float, mid: float, side: float) -> StereoKind:
        if self._channels == 1:
            return "mono"
        if ratio_db(right, left) < SAME_WITHIN_DB:
            return "left only"
        if ratio_db(left, right) < SAME_WITHIN_DB:
            return "right only"
        return "dual mono" if ratio_db(side, mid) < SAME_WITHIN_DB else "stereo"


def measure_stereo(audio: Audio) -> StereoImage:
    """Stereo image of a whole signal."""
    meter = StereoMeter(audio.rate_hz, audio.channels)
    meter.feed(audio.samples)
    return meter.result()


def ratio_db(power: float, reference: float) -> float:
    """Power ratio in dB; inf over nothing, -inf for nothing."""
    if power <= 0:
        return -math.inf
    return 10 * math.log10(power / reference) if reference > 0 else math.inf


def compile_kernels() -> None:
    """Compile this module's kernel (or load it from the cache)."""
    StereoMeter(48_000, 1).feed(np.zeros((1, 1), np.float32))


def _correlation(both: float, left: float, right: float, floor: float = 0.0) -> float | None:
    """Normalised product, None when a side has no power to speak of."""
    if min(left, right) <= floor:
        return None
    return max(-1.0, min(1.0, both / math.sqrt(left * right)))


def _butterworth(corner_hz: float, rate_hz: int) -> Reals:
    """Second-order low-pass: gain of the numerator 1 2 1, then a1 and a2."""
    k = math.tan(math.pi * min(corner_hz / rate_hz, 0.45))
    a0 = 1 + math.sqrt(2) * k + k * k
    return np.array([k * k / a0, 2 * (k * k - 1) / a0, (1 - math.sqrt(2) * k + k * k) / a0])


@kernel
def _add_products(left: Samples, right: Samples, start_frame: int, lanes: Reals) -> None:
    """Add up squares of left and right, their product, and squares of mid and side."""
    done = 0
    while done < left.shape[0]:
        lane = (start_frame + done) % LANES
        frames = min(LANES - lane, left.shape[0] - done)
        lefts, rights, after = left[done : done + frames], right[done : done + frames], lane + frames
        ll, rr, lr = lanes[0, lane:after], lanes[1, lane:after], lanes[2, lane:after]
        mm, ss = lanes[3, lane:after], lanes[4, lane:after]
        for i in range(frames):
            x, y = np.float64(lefts[i]), np.float64(rights[i])
            ll[i] += x * x
            rr[i] += y * y
            lr[i] += x * y
        for i in range(frames):
            x, y = np.float64(lefts[i]), np.float64(rights[i])
            mid, side = 0.5 * (x + y), 0.5 * (x - y)
            mm[i] += mid * mid
            ss[i] += side * side
        done += frames


@contracted_kernel
def _add_low_products(left: Samples, right: Samples, low_pass: Reals, state: Reals, sums: Reals) -> None:
    """Add up squares and the product of what is below 120 Hz in both channels.

    subtle: the brackets keep what waits for the last result to one multiplication and addition.
    """
    b, a1, a2 = low_pass[0], low_pass[1], low_pass[2]
    p0, p1, q0, q1 = state[0], state[1], state[2], state[3]
    low_ll, low_rr, low_lr = sums[0], sums[1], sums[2]
    for i in range(left.shape[0]):
        x, y = b * np.float64(left[i]) + KEEP_AWAKE, b * np.float64(right[i]) + KEEP_AWAKE
        u, v = x + p0, y + q0
        p0, q0 = (2.0 * x + p1) - a1 * u, (2.0 * y + q1) - a1 * v
        p1, q1 = x - a2 * u, y - a2 * v
        low_ll += u * u
        low_rr += v * v
        low_lr += u * v
    state[0], state[1], state[2], state[3] = p0, p1, q0, q1
    sums[0], sums[1], sums[2] = low_ll, low_rr, low_lr
