"""Look-ahead true-peak limiter: one pass, and what comes out stays under the ceiling between the samples too.

How it works, frame by frame:

1. the true peak around the frame (``bandmate.sound.limiter_peaks``);
2. the gain this peak needs, ``aim / peak``, or 1;
3. the least of these within the look-ahead, so that the gain is down before the peak comes; and longer, so that it does
   not move between the crests of a bass note;
4. release: from a short reduction quickly back, from a long one slowly, as an average says;
5. two moving averages, each half the look-ahead long: a gain without corners, and never above what the peak needs;
6. the delayed signal times that gain.

Styles trade cleanness for loudness. ``transparent`` keeps the gain down 6 ms longer than needed after every peak, and
averages a reduction over 400 ms. ``balanced`` and ``loud`` stay down only between two peaks that are close to each
other, come down and go back sooner, and slowly only from a reduction that lasted. All hold a steady tone still, so that
none distorts it; what differs is how much of the music around its peaks goes down with them
(``bandmate.sound.limiter_gain``). ``transparent`` goes by the crests of waves alone, so a `Backstop` follows it, for
waves so long that their slopes are too high before the crest comes; the others go by slopes too.

Conventions: all channels get the same gain. The aim is `MARGIN_DB` below the ceiling, because meters differ: clipped
white noise, limited by 12 dB, reads at most the ceiling on 4x and 16x meters with steep, gentle and rolled-off filters
alike, while music reads what was aimed at within 0.01 dB. Noise whose level jumps by 20 dB from frame to frame came up
to 0.05 dB over with a look-ahead under 3 ms (6000 trials); whoever writes a master measures it and turns it down.
Nothing above the aim: the output is the input, bit for bit.
The delay is ``latency_frames`` whatever the signal. Memory is some thousand frames, and 40 bytes for each second.

Not covered: what a codec makes of it; files with loss rise by up to 1.6 dB when they are decoded.

References: ITU-R BS.1770-5 annex 2 for the meaning of true peak.
"""

from __future__ import annotations

import numpy as np

from bandmate.song.devices import Limiter
from bandmate.sound.audio import Samples
from bandmate.sound.blocks import BlockProcessor
from bandmate.sound.kernel import kernel
from bandmate.sound.limiter_gain import SHAPES, GainRider, Reals, Tally
from bandmate.sound.limiter_peaks import LANES, SPARE, TAPS, measure_peaks, peak_filters

MARGIN_DB = 0.1
BACKSTOP_MARGIN_DB = 0.05
AT_REST = 1.0 - 1e-9
"""A gain above this changes no bit of a float32."""


class LimiterProcessor(BlockProcessor):
    """A running `Limiter`. ``gain_db`` is applied first.

    The delay is the look-ahead of its style, and some milliseconds more for what it must know of the time after.
    """

    def __init__(self, device: Limiter, *, rate_hz: int, channels: int) -> None:
        super().__init__(rate_hz=rate_hz, channels=channels)
        self.gain = np.float32(10.0 ** (device.gain_db / 20.0))
        self.aim = float(np.float32(10.0 ** ((device.ceiling_dbtp - MARGIN_DB) / 20.0)))
        filters = peak_filters()
        self.filters = (filters.full, filters.rolled, filters.glance)
        self.bounds = (filters.most, filters.reach, filters.rest)
        crests_only = device.style == "transparent"
        self.aims = (self.aim, not crests_only)
        self.rider = rider_for(device, self.aim, rate_hz)
        self.backstop = Backstop(device, rate_hz=rate_hz, channels=channels) if crests_only else None
        self.own_latency = self.rider.latency_frames + TAPS // 2
        self.latency_frames = self.own_latency + (self.backstop.latency_frames if self.backstop else 0)
        self.tally = Tally(rate_hz, self.latency_frames)
        self.points = np.zeros((9, LANES), dtype=np.float32)
        self.held = np.zeros((channels, max(self.own_latency, TAPS)), dtype=np.float32)

    def _run(self, samples: Samples) -> Samples:
        frames, held = samples.shape[1], self.held.shape[1]
        joined = np.zeros((self.channels, held + frames + SPARE), dtype=np.float32)
        joined[:, :held] = self.held
        np.multiply(samples, self.gain, out=joined[:, held : held + frames])
        peaks = np.empty((1, frames), dtype=np.float32)
        measure_peaks(joined, self.filters, self.bounds, self.aims, self.points, peaks)
        gains = self.rider.ride(peaks)
        self.held = joined[:, frames : frames + held].copy()
        out = np.empty_like(samples)
        turn_down(joined, held - self.own_latency, gains, out)
        if self.backstop:
            out, gains = self.backstop.hold(out, gains)
        self.tally.take(gains)
        return out

    @property
    def history_db(self) -> Samples:
        """float32 (tenths of a second,): the lowest gain in each, in dB, at most 0, in time with what went in."""
        return self.tally.history_db()

    def report(self) -> dict[str, float]:
        """How far the gain went down, on average too, and where in the signal that went in."""
        return self.tally.report()


class Backstop:
    """Behind a limiter that goes by crests alone: holds what is too high on the slopes of deep notes.

    A wave of 40 Hz that peaks far above the ceiling is above it for longer than a look-ahead of 4 ms before its crest
    comes. Whatever the limiter left under the ceiling comes out bit for bit, only later.
    """

    def __init__(self, device: Limiter, *, rate_hz: int, channels: int) -> None:
        self._limit = 10.0 ** ((device.ceiling_dbtp - BACKSTOP_MARGIN_DB) / 20.0)
        self._rider = rider_for(device, self._limit, rate_hz)
        self.latency_frames = self._rider.latency_frames
        self._held = np.zeros((channels, self.latency_frames), dtype=np.float32)
        self._held_gains = np.ones(self.latency_frames)
        self._busy = False

    def hold(self, samples: Samples, gains: Reals) -> tuple[Samples, Reals]:
        """The next block, ``latency_frames`` late, and the gain that it has had in all."""
        frames = samples.shape[1]
        joined, all_gains = np.concatenate([self._held, samples], axis=1), np.concatenate([self._held_gains, gains])
        self._held, self._held_gains = joined[:, frames:].copy(), all_gains[frames:].copy()
        out, gains = joined[:, :frames].copy(), all_gains[:frames]
        highest = max(samples.max(), -samples.min())
        if not self._busy and highest <= self._limit:
            return out, gains
        more = self._rider.ride(np.abs(samples).max(axis=0, keepdims=True))
        turn_down(joined, 0, more, out)
        self._busy = bool(more[-1] < AT_REST or self._rider.state.min() < AT_REST)
        return out, gains * more


def rider_for(device: Limiter, aim: float, rate_hz: int) -> GainRider:
    """What moves the gain of ``device``, for peaks above ``aim``."""
    return GainRider(
        SHAPES[device.style],
        aim=aim,
        lookahead_ms=device.lookahead_ms,
        release_ms=device.release_ms,
        rate_hz=rate_hz,
    )


@kernel
def turn_down(samples: Samples, start: int, gains: Reals, out: Samples) -> None:
    """Write ``samples`` from ``start`` on, times ``gains``, to ``out``, rounded once."""
    for c in range(out.shape[0]):
        row = samples[c][start:]
        for i in range(out.shape[1]):
            out[c, i] = np.float32(np.float64(row[i]) * gains[i])


def compile_kernels() -> None:
    """Compile what is in this module, now rather than at the first block."""
    for style in SHAPES:
        device = Limiter(id="first", style=style)
        LimiterProcessor(device, rate_hz=8_000, channels=1).process(np.ones((1, 4), dtype=np.float32))
