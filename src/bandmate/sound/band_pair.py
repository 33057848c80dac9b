"""What two channels do together within a band, hop by hop: power, correlation, what mono loses, and where it is worst.

Conventions: a hop is a fixed number of frames, so that no sum depends on where the blocks are cut; the last one may be
shorter. Sums of squares and products are kept for every hop: three numbers. Correlation is 1 for the same signal, 0
for unrelated ones, -1 for opposite polarity; the mono sum is (left + right) / 2, and what it loses is against the mean
power of both channels: 0 dB for the same signal, 3 for unrelated ones. Mono counts as two equal channels.

Not covered: many bands at once (``bandmate.sound.spectrum``), delay between the channels (``bandmate.sound.relation``).
"""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bandmate.song.errors import RequestError
from bandmate.sound.audio import Samples, checked_rate
from bandmate.sound.blocks import Rows
from bandmate.sound.filters import Cascade, Sections
from bandmate.sound.finite import finite_block
from bandmate.sound.stereo import ratio_db

Sums = npt.NDArray[np.float64]

ALL = np.empty((0, 5))
"""No filter: the whole of the signal."""

MOST_MONO_LOSS_DB = 60.0
"""Where the sum is less than this, nothing is left, and a larger figure would only measure rounding."""

NOTHING = 1e-12
"""A channel with less than this share of the other one's power has no correlation worth the name."""


@dataclass(frozen=True, slots=True, eq=False)
class BandPair:
    """The sums of a pair of channels.

    Attributes
    ----------
    hop_seconds : float
    left, right, both : float64 array (hops,)
        sums of left², right² and left times right in every hop; read-only, empty for no frames.
    """

    hop_seconds: float
    left: Sums
    right: Sums
    both: Sums

    @property
    def energy(self) -> float:
        """Sum of squares of both channels; 0 for silence."""
        return float(self.left.sum() + self.right.sum())

    @property
    def correlation(self) -> float | None:
        """-1 to 1; None when a channel has nothing here."""
        return correlation_of(float(self.both.sum()), float(self.left.sum()), float(self.right.sum()))

    @property
    def mono_loss_db(self) -> float | None:
        """What the mono sum loses, dB, 0 to 60; None for silence. Negative never, but for rounding."""
        total = self.energy
        if total <= 0:
            return None
        return min(ratio_db(total, total + 2 * float(self.both.sum())) + 10 * math.log10(2), MOST_MONO_LOSS_DB)

    @property
    def balance_db(self) -> float | None:
        """Right over left in dB; None when a channel has nothing here."""
        left, right = float(self.left.sum()), float(self.right.sum())
        return ratio_db(right, left) if min(left, right) > 0 else None

    def select(self, hops: npt.NDArray[np.bool_]) -> BandPair:
        """Only those hops."""
        return BandPair(self.hop_seconds, self.left[hops], self.right[hops], self.both[hops])

    def worst(self, seconds: float, least_share: float = 0.1) -> tuple[float, float] | None:
        """The stretch of about ``seconds`` with the lowest correlation: where it begins, and its correlation.

        Stretches with less than ``least_share`` of the loudest one's energy are not looked at: a fade or a pause has no
        bass to complain of. None for silence, or when a channel has nothing here.
        """
        length = max(1, min(round(seconds / self.hop_seconds), len(self.left)))
        if not len(self.left):
            return None
        left, right, both = (
            np.lib.stride_tricks.sliding_window_view(sums, length).sum(axis=1)
            for sums in (self.left, self.right, self.both)
        )
        energy = left + right
        heard = (energy >= least_share * energy.max()) & (np.minimum(left, right) > NOTHING * energy.max())
        if not heard.any():
            return None
        found = np.full(len(energy), np.inf)
        found[heard] = both[heard] / np.sqrt(left[heard] * right[heard])
        at = int(found.argmin())
        return at * self.hop_seconds, max(-1.0, min(1.0, float(found[at])))


class PairMeter:
    """Measures one band of a mono or stereo signal that is fed in blocks of any size.

    Parameters
    ----------
    rate_hz : int
    channels : int
        1 or 2.
    sections : array (sections, 5)
        the filter that leaves the band, as ``bandmate.sound.filters`` makes them; `ALL` for no filter.
    hop_ms : float
        length of a hop.

    Raises
    ------
    RequestError
        for more channels.
    """

    def __init__(self, rate_hz: int, channels: int, sections: Sections = ALL, *, hop_ms: float = 100.0) -> None:
        if channels not in (1, 2):
            raise RequestError(f"a pair has 1 or 2 channels, not {channels}; choose the pair to measure")
        self._rate_hz, self._channels = checked_rate(rate_hz), channels
        self._hop_frames = max(1, round(rate_hz * hop_ms / 1000))
        self._cascade = Cascade(sections, channels)
        self._rest = np.zeros((channels, 0))
        self._frames = 0
        # subtle: one growing array each. Thousands of small ones between large passing ones would keep the memory of
        # the large ones from being given back.
        self._sums = tuple(array("d") for _ in range(3))

    def feed(self, block: npt.ArrayLike) -> None:
        """Take the next block, shape (channels, frames); an empty one changes nothing.

        Raises
        ------
        RequestError
            for a wrong number of channels, or naming the first NaN or infinite frame.
        """
        samples: Samples = finite_block(block, self._channels, start_frame=self._frames, rate_hz=self._rate_hz)
        self._frames += samples.shape[1]
        rows = np.concatenate([self._rest, self._cascade.run(samples.astype(np.float64))], axis=1)
        whole = rows.shape[1] // self._hop_frames * self._hop_frames
        if whole:
            for kept, new in zip(self._sums, hop_sums(rows[:, :whole], self._hop_frames), strict=True):
                kept.frombytes(new.tobytes())
        self._rest = rows[:, whole:].copy()

    def result(self) -> BandPair:
        """The sums so far, as if the signal ended here; feeding may go on afterwards."""
        rest = [hop_sums(self._rest, self._rest.shape[1])] if self._rest.shape[1] else []
        sums = np.concatenate([np.array(self._sums), *rest], axis=1)
        sums.flags.writeable = False
        return BandPair(self._hop_frames / self._rate_hz, *sums)


def hop_sums(rows: Rows, hop_frames: int) -> Sums:
    """Left², right² and left times right, summed over every hop: shape (3, hops)."""
    # subtle: each hop is one contiguous row of its own, so numpy adds it up in the same order whatever is beside it.
    left, right = (np.ascontiguousarray(row).reshape(-1, hop_frames) for row in (rows[0], rows[-1]))
    return np.stack([(left * left).sum(axis=1), (right * right).sum(axis=1), (left * right).sum(axis=1)])


def correlation_of(both: float, left: float, right: float) -> float | None:
    """Normalised product; None when a channel has no power to speak of."""
    if min(left, right) <= NOTHING * (left + right):
        return None
    return max(-1.0, min(1.0, both / math.sqrt(left * right)))
