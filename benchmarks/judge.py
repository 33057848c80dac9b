"""A finished master, measured: by programs that share no line with ours wherever there is one.

* Loudness and loudness range: FFmpeg's ebur128.
* True peak: our meter at 16x, and soxr at 16x; what counts is the higher.
* Spectrum: 1/3-octave levels of the mid (half the sum of left and right) over the whole file, by a Fourier transform of
  16384 frames, Hann window, half overlapping, 31.5 Hz to 16 kHz.
* After codecs: true peak at 16x of what the decoder gives, nothing clipped (``bandmate.formats.codec_round_trip``).

How far a spectrum is from another: the two are first set to the same level, which is the mean over all bands; then the
mean of what is left, without sign. Loud and quiet masters are thereby compared at equal loudness.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Reals = npt.NDArray[np.float64]
Samples = npt.NDArray[np.float32]

CENTRES_HZ = 1000.0 * 10 ** (np.arange(-15, 13) / 10)
FLOOR_DB = -120.0
WINDOW_FRAMES, WINDOWS_AT_ONCE = 16_384, 64
BLOCK_FRAMES = 1 << 16
NEEDED_DB = 9.0


@dataclass(frozen=True, slots=True)
class Judged:
    """What a file measures; ``codec_dbtp`` by codec and rate."""

    seconds: float
    loudness_lufs: float
    range_lu: float
    true_peak_ours_dbtp: float
    true_peak_soxr_dbtp: float
    mid_db: tuple[float, ...]
    codec_dbtp: dict[str, float] = field(default_factory=dict)

    @property
    def true_peak_dbtp(self) -> float:
        """The higher of the two checks."""
        return max(self.true_peak_ours_dbtp, self.true_peak_soxr_dbtp)


def judged(path: Path, codecs: Sequence[tuple[str, int]] = ()) -> Judged:
    """Measure a sound file."""
    import soundfile

    from bandmate.sound.truepeak import TruePeakMeter

    with soundfile.SoundFile(path) as file:
        rate_hz, frames, channels = file.samplerate, file.frames, file.channels
    meter = TruePeakMeter(rate_hz, channels, 16)
    for block in blocks(path):
        meter.feed(block)
    loudness_lufs, range_lu = ebur128(path)
    return Judged(
        seconds=frames / rate_hz,
        loudness_lufs=loudness_lufs,
        range_lu=range_lu,
        true_peak_ours_dbtp=meter.result().dbtp,
        true_peak_soxr_dbtp=soxr_peak_dbtp(path),
        mid_db=tuple(float(level) for level in mid_levels_db(path)),
        codec_dbtp={f"{name} {kbps}": coded_peak_dbtp(path, name, kbps) for name, kbps in codecs},
    )


def blocks(path: Path) -> Iterator[Samples]:
    """A file's sound, (channels, frames)."""
    import soundfile

    with soundfile.SoundFile(path) as file:
        for block in file.blocks(BLOCK_FRAMES, dtype="float32", always_2d=True):
            yield np.ascontiguousarray(block.T)


def ebur128(path: Path) -> tuple[float, float]:
    """Integrated loudness in LUFS and loudness range in LU by FFmpeg."""
    import av

    with av.open(str(path)) as file:
        stream = file.streams.audio[0]
        graph = av.filter.Graph()
        nodes = [graph.add_abuffer(template=stream), graph.add("ebur128", "metadata=1"), graph.add("abuffersink")]
        graph.link_nodes(*nodes).configure()
        said: dict[str, str] = {}

        def drain() -> None:
            while True:
                try:
                    said.update(dict(graph.pull().metadata))
                except (av.BlockingIOError, av.EOFError):
                    return

        for frame in file.decode(stream):
            graph.push(frame)
            drain()
        graph.push(None)
        drain()
    return float(said["lavfi.r128.I"]), float(said["lavfi.r128.LRA"])


def soxr_peak_dbtp(path: Path) -> float:
    """True peak by soxr's best resampler to 16 times the rate."""
    import soundfile
    import soxr

    with soundfile.SoundFile(path) as file:
        stream = soxr.ResampleStream(file.samplerate, 16 * file.samplerate, file.channels, "float32", "VHQ")
    highest = 0.0
    for block in blocks(path):
        highest = max(highest, magnitude(stream.resample_chunk(np.ascontiguousarray(block.T))))
    rest = stream.resample_chunk(np.zeros((0, len(block)), np.float32), last=True)
    return decibels(max(highest, magnitude(rest)))


def coded_peak_dbtp(path: Path, codec: Any, kbps: int) -> float:
    """True peak after encoding and decoding."""
    import soundfile

    from bandmate.formats.codec_round_trip import CodecRoundTrip, CodecSetting
    from bandmate.sound.truepeak import TruePeakMeter

    with soundfile.SoundFile(path) as file:
        trip = CodecRoundTrip(CodecSetting(codec, kbps), file.samplerate, file.channels)
        meter = TruePeakMeter(trip.rate_hz, file.channels, 16)
    for block in blocks(path):
        for pair in trip.feed(block):
            meter.feed(pair.decoded)
    for pair in trip.finish():
        meter.feed(pair.decoded)
    return meter.result().dbtp


def mid_levels_db(path: Path) -> Reals:
    """Long-term level of the mid in each band, dB; nothing is ``FLOOR_DB``."""
    import soundfile

    hop = WINDOW_FRAMES // 2
    window = np.hanning(WINDOW_FRAMES + 1)[:-1].astype(np.float32)
    with soundfile.SoundFile(path) as file:
        rate_hz = file.samplerate
    power, kept = np.zeros(hop + 1), np.zeros(hop, np.float32)
    for block in blocks(path):
        signal = np.concatenate([kept, block.mean(axis=0)])
        whole = max(0, (len(signal) - hop) // hop)
        if whole:
            framed = np.lib.stride_tricks.sliding_window_view(signal, WINDOW_FRAMES)[: whole * hop : hop]
            power += (np.abs(np.fft.rfft(framed * window, axis=1)) ** 2).sum(axis=0)
        kept = signal[whole * hop :]
    bin_hz = rate_hz / WINDOW_FRAMES
    upto = np.concatenate([[0.0], np.cumsum(power)])
    edges = np.interp(
        np.append(CENTRES_HZ * 10**-0.05, CENTRES_HZ[-1] * 10**0.05) / bin_hz + 0.5, np.arange(len(upto)), upto
    )
    return np.maximum(FLOOR_DB, 10 * np.log10(np.maximum(np.diff(edges), 1e-30) / max(power.sum(), 1e-30)))


def needed_db(target: Judged, reference: Judged) -> Reals:
    """What a filter would have to give each band, at equal level."""
    return level_aligned(np.array(reference.mid_db) - np.array(target.mid_db))


def tone_error_db(
    master: Judged,
    reference: Judged,
    needed: Reals,
    *,
    at_most_db: float = NEEDED_DB,
    is_aligned_on_counted: bool = False,
) -> float:
    """How far the master's spectrum is from the reference's, mean over the bands that needed no more than that.

    Both are set to one level by the mean over all bands, or over the counted bands only: a band that was out of reach
    does not push the others away then.
    """
    apart = level_aligned(np.array(master.mid_db) - np.array(reference.mid_db))
    counted = apart[np.abs(needed) <= at_most_db]
    if not len(counted):
        return math.nan
    return float(np.abs(level_aligned(counted) if is_aligned_on_counted else counted).mean())


def range_moved_share(before: Judged, after: Judged, reference: Judged) -> float:
    """How much of the way to the reference's loudness range was gone: 1 = all, 0 = none, negative = away."""
    way = abs(before.range_lu - reference.range_lu)
    return (way - abs(after.range_lu - reference.range_lu)) / way if way > 0 else 1.0


def level_aligned(levels: Reals) -> Reals:
    """Without their mean."""
    return levels - levels.mean()


def magnitude(samples: Samples) -> float:
    """The largest sample without its sign."""
    return float(np.abs(samples).max(initial=0.0))


def decibels(value: float) -> float:
    """20 log10; -inf for nothing."""
    return 20 * math.log10(value) if value > 0 else -math.inf
