"""The multiband compressor: each band is turned down by its own level, and all add up again.

Conventions: Linkwitz-Riley crossovers, so the bands add up flat; their sum has the phase of an all-pass, and not the
bits of the input, as soon as any band does something. All channels of a band get the same gain. Each band has a knee of
`BAND_KNEE_DB` around its threshold. Nothing is made up by itself: a band is as loud afterwards as its reduction and its
``gain_db`` say. A band of ratio 1 has no detector.

Not covered: the detector and the static curve (``bandmate.sound.dynamics``).
"""

from __future__ import annotations

import numpy as np

from bandmate.song.devices import DynamicBand, MultibandCompressor
from bandmate.sound.audio import Samples
from bandmate.sound.blocks import BlockProcessor, Rows
from bandmate.sound.crossover import BandSplitter
from bandmate.sound.dynamics import Curve, Follower, peaks_of, reduction_report, share_per_frame
from bandmate.sound.kernel import kernel

BAND_KNEE_DB = 6.0

PIECE_FRAMES = 8_192
"""So many frames go through all bands before the next: they stay in fast memory."""


@kernel
def add_times(rows: Rows, gains: Curve, gain: float, total: Rows) -> None:
    """Add ``rows`` to ``total``, each frame times its own gain and times ``gain``."""
    for c in range(rows.shape[0]):
        for i in range(rows.shape[1]):
            total[c, i] += rows[c, i] * (gain * gains[i])


class MultibandProcessor(BlockProcessor):
    """A running `MultibandCompressor`; the bands are put in order of ``upper_hz``, that of the highest is not used."""

    def __init__(self, device: MultibandCompressor, *, rate_hz: int, channels: int) -> None:
        super().__init__(rate_hz=rate_hz, channels=channels)
        self.bands = sorted(device.bands, key=lambda band: band.upper_hz)
        self.splitter = BandSplitter([b.upper_hz for b in self.bands[:-1]], rate_hz=rate_hz, channels=channels)
        self.followers = [self._follower(band) for band in self.bands]
        self.steady = np.ones(PIECE_FRAMES)

    def _follower(self, band: DynamicBand) -> Follower:
        return Follower(
            threshold_dbfs=band.threshold_dbfs,
            ratio=band.ratio,
            knee_db=BAND_KNEE_DB,
            attack=share_per_frame(band.attack_ms, self.rate_hz),
            release=share_per_frame(band.release_ms, self.rate_hz),
        )

    def _run(self, samples: Samples) -> Samples:
        done = np.empty_like(samples)
        for start in range(0, samples.shape[1], PIECE_FRAMES):
            piece = slice(start, start + PIECE_FRAMES)
            done[:, piece] = self._turned_down(samples[:, piece].astype(np.float64))
        return done

    def _turned_down(self, rows: Rows) -> Rows:
        total = np.zeros(rows.shape)
        split = self.splitter.split(rows)
        for band, follower, band_rows in zip(self.bands, self.followers, split, strict=True):
            gains = self.steady if band.ratio == 1.0 else follower.gains(peaks_of(band_rows))
            add_times(band_rows, gains, 10.0 ** (band.gain_db / 20.0), total)
        return total

    def report(self) -> dict[str, float]:
        """That of the band which is turned down most, and of each band as ``<id>.max_reduction_db`` and so on."""
        reports = [reduction_report(follower.state, self.rate_hz) for follower in self.followers]
        most = max(reports, key=lambda report: report["max_reduction_db"])
        each = {
            f"{band.id}.{what}": value
            for band, report in zip(self.bands, reports, strict=True)
            for what, value in report.items()
        }
        return most | each


def compile_kernels() -> None:
    """Compile what is in this module, now rather than at the first block."""
    add_times(np.zeros((1, 4)), np.ones(4), 1.0, np.zeros((1, 4)))
