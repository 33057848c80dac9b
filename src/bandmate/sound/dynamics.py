"""Compressor, gate and de-esser, and the detector behind all that turns down.

Conventions: levels are peak levels in dBFS (a full-scale sine reads 0), all channels are heard together and get the
same gain, so the stereo picture stands still. *Reduction* is how far the gain is turned down, in dB, positive.
Attack and release are the times in which 63 % of a change is done. The attack follows a peak that is held and falls
with the release, so a steady tone is turned down by what the static curve says and not by less.

A signal that is never turned down comes out bit for bit as it went in. Silence stays silence. Nothing here delays the
signal.

A detector with a key hears another track instead of the own signal; the levels are then those of that track, whatever
number of channels it has.

Not covered: bands (``bandmate.sound.multiband``, ``bandmate.sound.dynamic_eq``), look-ahead
(``bandmate.sound.limiter``).

References: D. Giannoulis, M. Massberg, J. Reiss, Digital Dynamic Range Compressor Design, JAES 60 (2012): static curve
eq. 4, smooth decoupled detector eq. 17 in the log domain.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from bandmate.song.devices import Compressor, DeEsser, Gate, keys_of
from bandmate.sound import decibels
from bandmate.sound.audio import Samples
from bandmate.sound.blocks import BlockProcessor, KeyedBlockProcessor
from bandmate.sound.decibels import to_decibels, to_gains
from bandmate.sound.filters import Cascade, Sections, high_pass_row, high_pass_sections
from bandmate.sound.kernel import kernel
from bandmate.sound.section_loops import CHUNK_FRAMES

Curve = npt.NDArray[np.float64]

DE_ESSER_RATIO, DE_ESSER_KNEE_DB = 4.0, 6.0

SHORTEST_HOLD_MS = 10.0
"""A gate holds at least this long, or it would chatter between the crests of a low note."""

WORKING_DB = 0.1
"""A device counts as working while it turns down by more than this."""

QUIETER = 1.0 - 1e-9
"""Peaks below the knee by this are certain to be turned down by nothing, however the logarithm was rounded."""

STATE_SIZE = 8
HELD, NOW, MAX, MAX_FRAME, SUM, WORKING, FRAMES, HOLD_LEFT = range(STATE_SIZE)


def static_reduction_db(level_dbfs: float, *, threshold_dbfs: float, ratio: float, knee_db: float) -> float:
    """By how much a steady level is turned down, in dB, positive (Giannoulis eq. 4)."""
    over = level_dbfs - threshold_dbfs
    slope = 1.0 - 1.0 / ratio
    if over <= -0.5 * knee_db:
        return 0.0
    if over < 0.5 * knee_db:
        return slope * (over + 0.5 * knee_db) ** 2 / (2.0 * knee_db)
    return slope * over


def share_per_frame(time_ms: float, rate_hz: int) -> float:
    """How much of a change is left after one frame when 63 % of it is done in ``time_ms``; 0 ms leaves nothing."""
    return math.exp(-1_000.0 / (time_ms * rate_hz)) if time_ms > 0.0 else 0.0


@kernel
def follow_compression(peaks: Curve, settings: Curve, state: Curve, gains: Curve) -> None:
    """Write the gain for each frame of ``peaks``; ``settings`` is threshold, slope, knee, limit, attack, release."""
    spare = np.empty(CHUNK_FRAMES)
    quiet = QUIETER * 10.0 ** ((settings[0] - 0.5 * settings[2]) / 20.0)
    for start in range(0, peaks.shape[0], CHUNK_FRAMES):
        stop = min(start + CHUNK_FRAMES, peaks.shape[0])
        part, scratch = gains[start:stop], spare[: stop - start]
        if state[HELD] == 0.0 and state[NOW] == 0.0 and is_quiet(peaks[start:stop], quiet):
            part[:] = 1.0
            state[FRAMES] += stop - start
            continue
        to_decibels(peaks[start:stop], part, scratch)
        turn_down(part, settings)
        smooth(part, settings[4], settings[5], state)
        remember_all(part, state)
        to_gains(part, scratch)


@kernel
def is_quiet(peaks: Curve, level: float) -> bool:
    """Whether no peak is above ``level``."""
    loud = 0
    for i in range(peaks.shape[0]):
        loud += peaks[i] > level
    return loud == 0


@kernel
def turn_down(levels: Curve, settings: Curve) -> None:
    """Levels in dBFS to reductions by the static curve, in place, without a branch: parabola and line add up."""
    threshold_db, slope, knee_db, limit_db = settings[0], settings[1], settings[2], settings[3]
    below = threshold_db - 0.5 * knee_db
    bend = 0.5 / knee_db if knee_db > 0.0 else 0.0
    for i in range(levels.shape[0]):
        over = levels[i] - below
        over = over if over > 0.0 else 0.0
        inside = over if over < knee_db else knee_db
        wanted = slope * (inside * inside * bend + (over - inside))
        levels[i] = wanted if wanted < limit_db else limit_db


@kernel
def smooth(reductions: Curve, attack: float, release: float, state: Curve) -> None:
    """Attack and release, in place (Giannoulis eq. 17). What is next to nothing is nothing."""
    held, now = state[HELD], state[NOW]
    rising, falling = 1.0 - attack, 1.0 - release
    for i in range(reductions.shape[0]):
        wanted = reductions[i]
        fallen = release * held + falling * wanted
        held = wanted if wanted > fallen else fallen
        now = attack * now + rising * held
        is_over = held < 1e-6 and now < 1e-6
        held, now = (0.0 if is_over else held), (0.0 if is_over else now)
        reductions[i] = now
    state[HELD], state[NOW] = held, now


@kernel
def follow_gate(peaks: Curve, settings: Curve, state: Curve, gains: Curve) -> None:
    """Write the gain for each frame; ``settings`` is open above, close below, range, hold frames, attack, release."""
    open_above, close_below, range_db, hold = settings[0], settings[1], settings[2], settings[3]
    attack, release = settings[4], settings[5]
    hold_left, now = state[HOLD_LEFT], state[NOW]
    for i in range(peaks.shape[0]):
        if peaks[i] > open_above or (hold_left > 0.0 and peaks[i] > close_below):
            hold_left = hold
        elif hold_left > 0.0:
            hold_left -= 1.0
        if hold_left > 0.0:
            now = attack * now if now > 1e-4 else 0.0
        else:
            now = range_db + release * (now - range_db)
        gains[i] = now
    state[HOLD_LEFT], state[NOW] = hold_left, now
    remember_all(gains, state)
    to_gains(gains, np.empty(peaks.shape[0]))


@kernel
def remember_all(reductions: Curve, state: Curve) -> None:
    """Count the reduction of each frame, in dB, for the report."""
    most, total, working = state[MAX], state[SUM], 0
    for i in range(reductions.shape[0]):
        total += reductions[i]
        working += reductions[i] > WORKING_DB
        most = max(most, reductions[i])
    if most > state[MAX]:
        i = 0
        while reductions[i] < most:
            i += 1
        state[MAX], state[MAX_FRAME] = most, state[FRAMES] + i
    state[SUM] = total
    state[WORKING] += working
    state[FRAMES] += reductions.shape[0]


def reduction_report(state: Curve, rate_hz: int, *, late_frames: int = 0) -> dict[str, float]:
    """The counts of `remember` as a report."""
    frames = max(state[FRAMES], 1.0)
    return {
        "max_reduction_db": float(state[MAX]),
        "mean_reduction_db": float(state[SUM] / frames),
        "at_seconds": max(float(state[MAX_FRAME]) - late_frames, 0.0) / rate_hz if state[MAX] > 0.0 else 0.0,
        "working_share": float(state[WORKING] / frames),
    }


def peaks_of(rows: npt.NDArray[np.floating]) -> Curve:
    """The loudest channel of each frame."""
    peaks = np.zeros(rows.shape[1])
    raise_to_peaks(rows if rows.flags.writeable else rows.copy(), peaks)
    return peaks


@kernel
def raise_to_peaks(rows: npt.NDArray[np.floating], peaks: Curve) -> None:
    """Raise ``peaks`` to the magnitudes of ``rows`` where these are higher."""
    for c in range(rows.shape[0]):
        for i in range(rows.shape[1]):
            magnitude = abs(rows[c, i])
            peaks[i] = magnitude if magnitude > peaks[i] else peaks[i]


class Follower:
    """A compression detector with its settings, state and gains."""

    def __init__(
        self,
        *,
        threshold_dbfs: float,
        ratio: float,
        knee_db: float,
        attack: float,
        release: float,
        limit_db: float = math.inf,
    ) -> None:
        self.settings = np.array([threshold_dbfs, 1.0 - 1.0 / ratio, knee_db, limit_db, attack, release])
        self.state = np.zeros(STATE_SIZE)

    def gains(self, peaks: Curve) -> Curve:
        gains = np.empty_like(peaks)
        follow_compression(peaks, self.settings, self.state, gains)
        return gains


class Detector:
    """The loudest channel of what a device hears, frame by frame, after some sections; none leave it as it is."""

    def __init__(self, sections: Sections) -> None:
        self.sections = sections
        self.cascade: Cascade | None = None

    def peaks(self, samples: Samples) -> Curve:
        """Of the next block; all blocks have the same number of channels."""
        if not len(self.sections):
            return peaks_of(samples)
        if self.cascade is None:
            self.cascade = Cascade(self.sections, samples.shape[0])
        return peaks_of(self.cascade.run(samples.astype(np.float64)))


class CompressorProcessor(KeyedBlockProcessor):
    """A running `Compressor`. Dry and wet are in phase, so ``wet`` is parallel compression without a comb."""

    def __init__(self, device: Compressor, *, rate_hz: int, channels: int) -> None:
        super().__init__(device.id, rate_hz=rate_hz, channels=channels)
        self.key, self.keys = device.key, keys_of(device)
        self.follower = Follower(
            threshold_dbfs=device.threshold_dbfs,
            ratio=device.ratio,
            knee_db=device.knee_db,
            attack=share_per_frame(device.attack_ms, rate_hz),
            release=share_per_frame(device.release_ms, rate_hz),
        )
        high_pass_hz = device.detector_high_pass_hz
        sections = high_pass_sections(high_pass_hz, rate_hz, order=2) if high_pass_hz > 0.0 else np.empty((0, 5))
        self.detector = Detector(sections)
        self.wet_gain = device.wet * 10.0 ** (device.makeup_db / 20.0)
        self.dry_gain = 1.0 - device.wet

    def _run_hearing(self, samples: Samples, heard: Mapping[str, Samples]) -> Samples:
        gains = self.follower.gains(self.detector.peaks(heard[self.key]))
        return np.asarray(samples * (self.wet_gain * gains + self.dry_gain), dtype=np.float32)

    def report(self) -> dict[str, float]:
        return reduction_report(self.follower.state, self.rate_hz)


class GateProcessor(KeyedBlockProcessor):
    """A running `Gate`: opens above the threshold, closes ``hysteresis_db`` below it when ``hold_ms`` have passed.

    It is closed when it starts. ``max_reduction_db`` in the report is the range as soon as it has closed once.
    """

    def __init__(self, device: Gate, *, rate_hz: int, channels: int) -> None:
        super().__init__(device.id, rate_hz=rate_hz, channels=channels)
        self.key, self.keys = device.key, keys_of(device)
        hold_ms = max(device.hold_ms, SHORTEST_HOLD_MS)
        self.settings = np.array(
            [
                10.0 ** (device.threshold_dbfs / 20.0),
                10.0 ** ((device.threshold_dbfs - device.hysteresis_db) / 20.0),
                -device.range_db,
                round(hold_ms * rate_hz / 1_000.0),
                share_per_frame(device.attack_ms, rate_hz),
                share_per_frame(device.release_ms, rate_hz),
            ]
        )
        self.state = np.zeros(STATE_SIZE)
        self.state[NOW] = -device.range_db

    def _run_hearing(self, samples: Samples, heard: Mapping[str, Samples]) -> Samples:
        gains = np.empty(samples.shape[1])
        follow_gate(peaks_of(heard[self.key]), self.settings, self.state, gains)
        return (samples * gains).astype(np.float32)

    def report(self) -> dict[str, float]:
        return reduction_report(self.state, self.rate_hz)


class DeEsserProcessor(BlockProcessor):
    """A running `DeEsser`: a high shelf at ``freq_hz`` that dips while the band above is too loud.

    The shelf is made of the high-pass H and the band-pass B of one Butterworth pole pair: with gain g it is
    ``x + (g - 1) H + (sqrt(g) - 1) B``, a second-order shelf without bumps whose poles stand still, and ``x`` at g = 1.
    Two octaves above ``freq_hz`` the dip is complete, at ``freq_hz`` it is about a third of that in decibels.
    """

    def __init__(self, device: DeEsser, *, rate_hz: int, channels: int) -> None:
        super().__init__(rate_hz=rate_hz, channels=channels)
        self.follower = Follower(
            threshold_dbfs=device.threshold_dbfs,
            ratio=DE_ESSER_RATIO,
            knee_db=DE_ESSER_KNEE_DB,
            limit_db=-device.range_db,
            attack=share_per_frame(device.attack_ms, rate_hz),
            release=share_per_frame(device.release_ms, rate_hz),
        )
        corner = math.tan(math.pi * min(device.freq_hz / rate_hz, 0.45))
        high = high_pass_row(corner, math.sqrt(0.5))
        around = [math.sqrt(2.0) * corner * high[0], 0.0, -math.sqrt(2.0) * corner * high[0], *high[3:]]
        self.above, self.around = Cascade(np.array([high]), channels), Cascade(np.array([around]), channels)

    def _run(self, samples: Samples) -> Samples:
        above = self.above.run(samples.astype(np.float64))
        gains = self.follower.gains(peaks_of(above))
        around = self.around.run(samples.astype(np.float64))
        dipped = samples + (gains - 1.0) * above + (np.sqrt(gains) - 1.0) * around
        return np.asarray(dipped, dtype=np.float32)

    def report(self) -> dict[str, float]:
        return reduction_report(self.follower.state, self.rate_hz)


def compile_kernels() -> None:
    """Compile what is in this module, now rather than at the first block."""
    decibels.compile_kernels()
    gains, state = np.zeros(4), np.zeros(STATE_SIZE)
    for rows in (np.zeros((1, 4)), np.zeros((1, 4), dtype=np.float32)):
        follow_compression(peaks_of(rows), np.zeros(6), state, gains)
        follow_gate(peaks_of(rows), np.zeros(6), state, gains)
