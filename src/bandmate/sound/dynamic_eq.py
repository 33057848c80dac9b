"""The dynamic equalizer: bells and shelves that open only while their own band is loud.

Conventions: levels, reduction, attack and release as in ``bandmate.sound.dynamics``; each band has a knee of
`EQ_KNEE_DB` around its threshold. A detector hears the band alone: a bell's through a band-pass of the same frequency
and q (0 dB at the middle), a low shelf's through a low-pass of 12 dB per octave, a high shelf's through a high-pass.
All detectors hear what comes into the device, so bands do not push each other; the bands themselves follow one another.
Bands that the rate cannot carry (a bell or high shelf from 0.49 of it on) do nothing.

A band is a state-variable filter with trapezoidal integrators whose gain moves frame by frame. Whenever that stands
still, the band is exactly the bell or shelf of the audio EQ cookbook with that gain and q; near half the rate its curve
is squeezed together, where that of `bandmate.sound.filters` goes on. Moving gains cannot make this filter unstable.
While nothing is turned up or down, what comes out is bit for bit what came in.

Not covered: passes and notches, bands for middle or sides, linear phase.

References: R. Bristow-Johnson, Audio EQ Cookbook; A. Simper, Solving the continuous SVF equations using trapezoidal
integration and equivalent currents (2013); A. Wishnick, Time-Varying Filters for Musical Applications, DAFx (2014).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from bandmate.song.devices import DynamicEqBand, DynamicEqualizer
from bandmate.sound.audio import Samples
from bandmate.sound.blocks import KeyedBlockProcessor, Rows
from bandmate.sound.dynamics import Curve, Detector, Follower, reduction_report, share_per_frame
from bandmate.sound.filters import HIGHEST_SHARE, Sections, high_pass_row, low_pass_row
from bandmate.sound.kernel import FLUSH, kernel
from bandmate.sound.section_loops import CHUNK_FRAMES

EQ_KNEE_DB = 6.0

PIECE_FRAMES = 8_192
"""So many frames go through all bands before the next: they stay in fast memory."""

BELL, LOW_SHELF, HIGH_SHELF = range(3)
SHAPES = {"bell": BELL, "low-shelf": LOW_SHELF, "high-shelf": HIGH_SHELF}


def working_bands(device: DynamicEqualizer, rate_hz: int) -> list[DynamicEqBand]:
    """The bands that can do anything at this rate."""
    reach_hz = HIGHEST_SHARE * rate_hz
    return [
        band for band in device.bands if not band.is_neutral and (band.kind == "low-shelf" or band.freq_hz < reach_hz)
    ]


def corner_of(band: DynamicEqBand, rate_hz: int) -> float:
    """The band's frequency as the tangent of half its angle."""
    return math.tan(math.pi * min(band.freq_hz / rate_hz, HIGHEST_SHARE))


def detector_sections(band: DynamicEqBand, rate_hz: int) -> Sections:
    """What the band's detector hears through: 0 dB at the middle of a bell, 3 dB down at the corner of a shelf."""
    corner = corner_of(band, rate_hz)
    if band.kind == "low-shelf":
        return np.array([low_pass_row(corner, math.sqrt(0.5))])
    if band.kind == "high-shelf":
        return np.array([high_pass_row(corner, math.sqrt(0.5))])
    high = high_pass_row(corner, band.q)
    middle = high[0] * corner / band.q
    return np.array([[middle, 0.0, -middle, *high[3:]]])


@kernel
def design(gains: Curve, settings: Curve, made: Rows) -> None:
    """Write the filter of each frame to ``made``: three factors of the integrators and three of the mix.

    ``gains`` are those of the whole band; ``settings`` is shape, corner, q. A gain of 1 has the factors 1, 0, 0.
    """
    shape, corner, q = settings[0], settings[1], settings[2]
    for i in range(gains.shape[0]):
        gain = gains[i]
        root = math.sqrt(gain)
        g, k = corner, 1.0 / q
        made[3, i] = 1.0
        if shape == BELL:
            k = k / root
            made[4, i], made[5, i] = k * (gain - 1.0), 0.0
        elif shape == LOW_SHELF:
            g = corner / math.sqrt(root)
            made[4, i], made[5, i] = k * (root - 1.0), gain - 1.0
        else:
            g = corner * math.sqrt(root)
            made[3, i], made[4, i], made[5, i] = gain, k * (1.0 - root) * root, 1.0 - gain
        first = 1.0 / (1.0 + g * (g + k))
        made[0, i], made[1, i], made[2, i] = first, g * first, g * g * first


@kernel
def run_filter(row: Curve, gains: Curve, made: Rows, state: Curve) -> None:
    """One channel through the filters of `design`, in place; where the gain is 1, the frame stays as it is."""
    s1, s2 = state[0], state[1]
    for i in range(row.shape[0]):
        x = row[i]
        ahead = x - s2
        v1 = made[0, i] * s1 + made[1, i] * ahead
        v2 = s2 + made[1, i] * s1 + made[2, i] * ahead
        s1 = (2.0 * v1 - s1 + FLUSH) - FLUSH
        s2 = (2.0 * v2 - s2 + FLUSH) - FLUSH
        row[i] = x if gains[i] == 1.0 else made[3, i] * x + made[4, i] * v1 + made[5, i] * v2
    state[0], state[1] = s1, s2


@kernel
def run_band(rows: Rows, gains: Curve, settings: Curve, state: Rows) -> None:
    """All channels through one band, in place; ``state`` is (channels, 2)."""
    made = np.empty((6, CHUNK_FRAMES))
    for start in range(0, rows.shape[1], CHUNK_FRAMES):
        stop = min(start + CHUNK_FRAMES, rows.shape[1])
        design(gains[start:stop], settings, made)
        for c in range(rows.shape[0]):
            run_filter(rows[c, start:stop], gains[start:stop], made, state[c])


class BandRun:
    """One band at work."""

    def __init__(self, band: DynamicEqBand, *, rate_hz: int, channels: int) -> None:
        self.band = band
        self.detector = Detector(detector_sections(band, rate_hz))
        self.follower = Follower(
            threshold_dbfs=band.threshold_dbfs,
            ratio=band.ratio,
            knee_db=EQ_KNEE_DB,
            limit_db=abs(band.range_db),
            attack=share_per_frame(band.attack_ms, rate_hz),
            release=share_per_frame(band.release_ms, rate_hz),
        )
        self.settings = np.array([SHAPES[band.kind], corner_of(band, rate_hz), band.q])
        self.state = np.zeros((channels, 2))

    def run(self, rows: Rows, heard: Samples) -> None:
        """The next frames, in place."""
        gains = self.follower.gains(self.detector.peaks(heard))
        run_band(rows, 1.0 / gains if self.band.range_db > 0.0 else gains, self.settings, self.state)

    def report(self, rate_hz: int) -> dict[str, float]:
        """As `reduction_report`; a band that lifts says ``lift`` in place of ``reduction``."""
        report = reduction_report(self.follower.state, rate_hz)
        if self.band.range_db < 0.0:
            return report
        return {name.replace("reduction", "lift"): value for name, value in report.items()}


class DynamicEqProcessor(KeyedBlockProcessor):
    """A running `DynamicEqualizer`."""

    def __init__(self, device: DynamicEqualizer, *, rate_hz: int, channels: int) -> None:
        super().__init__(device.id, rate_hz=rate_hz, channels=channels)
        bands = working_bands(device, rate_hz)
        self.keys = tuple(dict.fromkeys(band.key for band in bands if band.key))
        self.runs = [BandRun(band, rate_hz=rate_hz, channels=channels) for band in bands]

    def _run_hearing(self, samples: Samples, heard: Mapping[str, Samples]) -> Samples:
        done = np.empty_like(samples)
        for start in range(0, samples.shape[1], PIECE_FRAMES):
            piece = slice(start, start + PIECE_FRAMES)
            rows = samples[:, piece].astype(np.float64)
            for run in self.runs:
                run.run(rows, heard[run.band.key][:, piece])
            done[:, piece] = rows
        return done

    def report(self) -> dict[str, float]:
        """That of the band which is turned down most, and of each band as ``<id>.max_reduction_db`` and so on.

        Where all bands lift, the reduction of the whole is 0 dB.
        """
        cuts = [run.follower for run in self.runs if run.band.range_db < 0.0]
        idle = reduction_report(np.zeros_like(self.runs[0].follower.state), self.rate_hz)
        reports = [reduction_report(cut.state, self.rate_hz) for cut in cuts]
        most = max(reports, key=lambda report: report["max_reduction_db"], default=idle)
        each = {f"{run.band.id}.{what}": value for run in self.runs for what, value in run.report(self.rate_hz).items()}
        return most | each


def compile_kernels() -> None:
    """Compile what is in this module, now rather than at the first block."""
    run_band(np.zeros((1, 4)), np.ones(4), np.array([BELL, 0.1, 1.0]), np.zeros((1, 2)))
