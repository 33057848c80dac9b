"""What ears hear in one signal: every figure that the stages argue with, measured in one pass.

Conventions: as in the meters of ``bandmate.sound``. Band powers over time are kept so that a stage can do arithmetic on
them (a fader multiplies, a filter multiplies by band). A hearing is a plain value that is written to disk and read
again, so that nothing is measured twice; ``ANALYSER_VERSION`` rises when a figure changes its meaning.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any, Protocol

import msgspec
import numpy as np
import numpy.typing as npt

from bandmate.sound.audio import Samples
from bandmate.sound.envelope import EnvelopeMeter
from bandmate.sound.finite import finite_block
from bandmate.sound.levels import LevelMeter, Levels
from bandmate.sound.loudness import Loudness, LoudnessMeter, active_loudness
from bandmate.sound.spectrum import Spectrum, SpectrumMeter
from bandmate.sound.stereo import StereoImage, StereoMeter
from bandmate.sound.truepeak import TruePeakMeter

ANALYSER = "hearing"
ANALYSER_VERSION = "2"


class Hearing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One signal as heard.

    Attributes
    ----------
    integrated_lufs, range_lu, max_short_term_lufs, max_momentary_lufs, active_lufs : float or None
        None for silence or a signal too short to measure.
    active_share : float
        how much of the time it plays, 0 to 1.
    true_peak_dbtp, sample_peak_dbfs : float
        -inf for silence.
    true_peak_16x_dbtp : float or None
        the check, where it was asked for.
    crest_db : float
        peak over RMS; 0 for silence.
    band_hz : tuple of float
        centres of the 1/3-octave bands.
    band_db : tuple of float
        their long-term level, dB; -inf for nothing.
    low_correlation : float or None
        correlation below 120 Hz; None without anything down there.
    channel_dc : tuple of float
        the DC of each channel, full scale 1.
    power_data, side_power_data : bytes
        see ``power`` and ``side_power``; no bytes for a side that is silent all the time.
    """

    rate_hz: int
    channels: int
    frames: int
    integrated_lufs: float | None
    range_lu: float | None
    max_short_term_lufs: float | None
    max_momentary_lufs: float | None
    active_lufs: float | None
    active_share: float
    true_peak_dbtp: float
    true_peak_16x_dbtp: float | None
    peak_at_seconds: float | None
    sample_peak_dbfs: float
    crest_db: float
    dc: float
    channel_dc: tuple[float, ...]
    clipped_runs: int
    clipped_at_seconds: float | None
    silent_share: float
    first_sound_seconds: float | None
    last_sound_seconds: float | None
    stereo_kind: str
    correlation: float | None
    low_correlation: float | None
    width_db: float | None
    balance_db: float | None
    mono_loss_db: float | None
    band_hz: tuple[float, ...]
    band_db: tuple[float, ...]
    hop_seconds: float
    hops: int
    power_data: bytes
    side_power_data: bytes
    momentary_data: bytes
    short_term_data: bytes
    envelope_data: bytes

    @property
    def seconds(self) -> float:
        return self.frames / self.rate_hz

    @property
    def highest_peak_dbtp(self) -> float:
        """The highest true peak that any of the meters read, for whoever claims that a ceiling holds."""
        check = self.true_peak_16x_dbtp
        return self.true_peak_dbtp if check is None else max(check, self.true_peak_dbtp)

    @property
    def power(self) -> npt.NDArray[np.float32]:
        """Mean power of both channels by 1/3-octave band and time, shape (bands, hops); read-only."""
        return np.frombuffer(self.power_data, np.float32).reshape(len(self.band_hz), self.hops)

    @property
    def side_power(self) -> npt.NDArray[np.float32]:
        """The part of ``power`` that the channels do not share, shape (bands, hops); read-only."""
        if not self.side_power_data:
            return np.broadcast_to(np.float32(0.0), (len(self.band_hz), self.hops))
        return np.frombuffer(self.side_power_data, np.float32).reshape(len(self.band_hz), self.hops)

    @property
    def momentary_lufs(self) -> npt.NDArray[np.float32]:
        """Every 100 ms; -inf for digital silence."""
        return np.frombuffer(self.momentary_data, np.float32)

    @property
    def short_term_lufs(self) -> npt.NDArray[np.float32]:
        """Every 100 ms; -inf for digital silence."""
        return np.frombuffer(self.short_term_data, np.float32)

    @property
    def envelope(self) -> npt.NDArray[np.float32]:
        """Lowest and highest sample over time, for pictures: shape (2, at most 1500)."""
        return np.frombuffer(self.envelope_data, np.float32).reshape(2, -1)

    def share_below(self, freq_hz: float) -> float:
        """Share of the energy in bands whose centre is below ``freq_hz``, 0 to 1; 0 for silence."""
        by_band = self.power.sum(axis=1, dtype=np.float64)
        total = float(by_band.sum())
        return float(by_band[np.array(self.band_hz) < freq_hz].sum()) / total if total > 0 else 0.0

    def sparseness(self) -> float:
        """Share of the time in which it is at least 15 dB below its loud moments, 0 to 1: high for single hits."""
        by_time = self.power.sum(axis=0, dtype=np.float64)
        loud = float(np.quantile(by_time, 0.95)) if by_time.size else 0.0
        return float((by_time < loud * 10**-1.5).mean()) if loud > 0 else 1.0


def hear(
    blocks: Iterable[Samples], rate_hz: int, *, check_peak: bool = False, spectrum: SpectrumMeter | None = None
) -> Hearing:
    """Listen once to a signal that comes in blocks, shape (channels, frames), and note everything.

    No block at all is heard as mono silence of no length. ``check_peak`` adds the slower 16x true-peak meter. A
    ``spectrum`` that somebody else feeds with the same blocks, before they come here, saves another.

    Raises
    ------
    RequestError
        for NaN or infinite samples, naming the first.
    """
    first, blocks = peeked(blocks)
    channels = first.shape[0]
    loudness, peak = LoudnessMeter(rate_hz, channels), TruePeakMeter(rate_hz, channels)
    levels, own = LevelMeter(rate_hz, channels), [] if spectrum else [SpectrumMeter(rate_hz, channels, erb=False)]
    stereo, envelope = StereoMeter(rate_hz, channels), EnvelopeMeter()
    check = TruePeakMeter(rate_hz, channels, oversample=16) if check_peak else None
    meters: list[Meter] = [loudness, peak, levels, *own, stereo, envelope, *([check] if check else [])]
    frames = 0
    for block in blocks:
        samples = finite_block(block, channels, start_frame=frames, rate_hz=rate_hz)
        frames += samples.shape[1]
        for meter in meters:
            meter.take(samples)
    found = peak.result()
    return Hearing(
        rate_hz=rate_hz,
        channels=channels,
        true_peak_dbtp=found.dbtp,
        true_peak_16x_dbtp=check.result().dbtp if check else None,
        peak_at_seconds=found.at_seconds,
        sample_peak_dbfs=found.sample_peak_dbfs,
        envelope_data=np.ascontiguousarray(envelope.result()).tobytes(),
        **loudness_fields(loudness.result()),
        **level_fields(levels.result(), rate_hz),
        **spectrum_fields((spectrum or own[0]).result()),
        **stereo_fields(stereo.result()),
    )


def peeked(blocks: Iterable[Samples]) -> tuple[Samples, Iterable[Samples]]:
    """The first block (an empty mono one where there is none), and all blocks."""
    rest = iter(blocks)
    first = next(rest, np.zeros((1, 0), np.float32))
    return first, chain([first], rest)


def loudness_fields(heard: Loudness) -> dict[str, Any]:
    active = active_loudness(heard)
    return {
        "integrated_lufs": heard.integrated_lufs,
        "range_lu": heard.range_lu,
        "max_short_term_lufs": heard.max_short_term_lufs,
        "max_momentary_lufs": heard.max_momentary_lufs,
        "active_lufs": active.lufs,
        "active_share": active.share,
        "momentary_data": heard.momentary_lufs.astype(np.float32).tobytes(),
        "short_term_data": heard.short_term_lufs.astype(np.float32).tobytes(),
    }


def level_fields(heard: Levels, rate_hz: int) -> dict[str, Any]:
    first, last = heard.first_sounding_frame, heard.last_sounding_frame
    return {
        "frames": heard.frames,
        "crest_db": heard.crest_db or 0.0,
        "dc": max((channel.dc for channel in heard.channels), key=abs),
        "channel_dc": tuple(channel.dc for channel in heard.channels),
        "clipped_runs": sum(channel.clipped_runs for channel in heard.channels),
        "clipped_at_seconds": min(run.start_frame for run in heard.clipped) / rate_hz if heard.clipped else None,
        "silent_share": sum(silence.frames for silence in heard.silences) / max(heard.frames, 1),
        "first_sound_seconds": None if first is None else first / rate_hz,
        "last_sound_seconds": None if last is None else last / rate_hz,
    }


def stereo_fields(heard: StereoImage) -> dict[str, Any]:
    return {
        "stereo_kind": heard.kind,
        "correlation": heard.correlation,
        "low_correlation": heard.low_correlation,
        "width_db": heard.width_db,
        "balance_db": heard.balance_db,
        "mono_loss_db": heard.mono_loss_db,
    }


def spectrum_fields(heard: Spectrum) -> dict[str, Any]:
    bands = heard.third_octaves
    return {
        "band_hz": tuple(float(hz) for hz in bands.bands.centre_hz),
        "band_db": tuple(float(db) for db in bands.total_db),
        "hop_seconds": heard.hop_ms / 1000,
        "hops": bands.power.shape[1],
        "power_data": np.ascontiguousarray(bands.power, np.float32).tobytes(),
        "side_power_data": np.ascontiguousarray(bands.side_power).tobytes() if bands.side_power.any() else b"",
    }


class Meter(Protocol):
    """Anything that takes a signal in blocks that were checked."""

    def take(self, samples: Samples) -> None: ...


def hearing_to_bytes(hearing: Hearing) -> bytes:
    """For the project's memory."""
    return msgspec.msgpack.encode(hearing)


def hearing_from_bytes(data: bytes) -> Hearing:
    """What ``hearing_to_bytes`` wrote."""
    return msgspec.msgpack.decode(data, type=Hearing)
