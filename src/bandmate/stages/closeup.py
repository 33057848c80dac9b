"""What the mix stage hears in a track beyond a hearing: masking bands, level by the hundredth of a second, and more.

It is measured in the same pass as the hearing of the track and remembered beside it. Like a hearing it is a plain
value; ``CLOSEUP_VERSION`` rises when a figure changes its meaning.

Conventions: as in the meters of ``bandmate.sound``. Powers are linear, so that faders and filters can be multiplied in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

import msgspec
import numpy as np
import numpy.typing as npt

from bandmate.sound.audio import Samples
from bandmate.sound.bright_track import BrightTrackMeter
from bandmate.sound.fine_spectrum import FineSpectrumMeter
from bandmate.sound.finite import finite_block
from bandmate.sound.level_track import LevelTrackMeter
from bandmate.sound.onsets import OnsetMeter, Onsets
from bandmate.sound.spectrum import SpectrumMeter
from bandmate.sound.timbre import Timbre, TimbreMeter
from bandmate.stages.hearing import Hearing, hear, peeked

CLOSEUP = "closeup"
CLOSEUP_VERSION = "3"

Powers = npt.NDArray[np.float32]


class Closeup(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One track, looked at closely.

    Attributes
    ----------
    erb_hz : tuple of float
        centres of the bands of ``erb_power``, one ERB wide.
    hop_seconds : float
        distance of the columns of ``erb_power``, as in the hearing.
    fine_hz : tuple of float
        centres of the bands of ``fine_db``, 1/24 octave wide.
    """

    erb_hz: tuple[float, ...]
    hop_seconds: float
    erb_data: bytes
    level_hop_seconds: float
    peak_data: bytes
    level_data: bytes
    fine_hz: tuple[float, ...]
    fine_data: bytes
    fine_at_data: bytes
    bright_peak_data: bytes
    bright_data: bytes
    onset_hop_seconds: float
    onset_data: bytes
    low_onset_data: bytes
    timbre_data: bytes
    is_silent: bool

    @property
    def timbre(self) -> Timbre:
        """What it sounds like, for recognising what it is."""
        return Timbre(np.frombuffer(self.timbre_data, np.float32), self.is_silent)

    @property
    def onsets(self) -> Onsets:
        """What begins when."""
        strength, low = (np.frombuffer(data, np.float32) for data in (self.onset_data, self.low_onset_data))
        return Onsets(strength, low, self.onset_hop_seconds)

    @property
    def erb_power(self) -> Powers:
        """Mean power of all channels by ERB band and time, shape (bands, hops); read-only."""
        return np.frombuffer(self.erb_data, np.float32).reshape(len(self.erb_hz), -1)

    @property
    def peaks(self) -> Powers:
        """The largest magnitude of every 10 ms, full scale 1, shape (columns,); read-only."""
        return np.frombuffer(self.peak_data, np.float32)

    @property
    def levels(self) -> Powers:
        """The mean power of every 10 ms, shape (columns,); read-only."""
        return np.frombuffer(self.level_data, np.float32)

    @property
    def fine_db(self) -> npt.NDArray[np.float16]:
        """Level by 1/24 octave in snapshots spread over the track, dB, shape (bands, snapshots); read-only."""
        return np.frombuffer(self.fine_data, np.float16).reshape(len(self.fine_hz), -1)

    @property
    def fine_at_seconds(self) -> Powers:
        """Where each snapshot begins, shape (snapshots,); read-only."""
        return np.frombuffer(self.fine_at_data, np.float32)

    @property
    def bright_peaks(self) -> Powers:
        """As ``peaks``, of what is above 4.5 kHz."""
        return np.frombuffer(self.bright_peak_data, np.float32)

    @property
    def bright_levels(self) -> Powers:
        """As ``levels``, of what is above 4.5 kHz."""
        return np.frombuffer(self.bright_data, np.float32)


class Looked:
    """The meters of a closeup, fed with the blocks that pass by on their way to a hearing."""

    def __init__(self, rate_hz: int, channels: int) -> None:
        self._rate_hz, self._channels = rate_hz, channels
        self.spectrum = SpectrumMeter(rate_hz, channels)
        self._levels = LevelTrackMeter(rate_hz, channels)
        self._onsets = OnsetMeter(rate_hz, channels)
        self._fine = FineSpectrumMeter(rate_hz, channels)
        self._bright = BrightTrackMeter(rate_hz, channels)
        self._timbre = TimbreMeter(rate_hz, channels)
        self._meters: tuple[Meter, ...] = (
            *(self.spectrum, self._levels, self._onsets, self._fine, self._bright),
            self._timbre,
        )
        self._frames = 0

    def passing(self, blocks: Iterable[Samples]) -> Iterator[Samples]:
        """The same blocks, each measured on its way."""
        for block in blocks:
            samples = finite_block(block, self._channels, start_frame=self._frames, rate_hz=self._rate_hz)
            self._frames += samples.shape[1]
            for meter in self._meters:
                meter.take(samples)
            yield block

    def result(self) -> Closeup:
        """What was seen once all blocks have passed."""
        spectrum, levels = self.spectrum.result(), self._levels.result()
        fine, bright = self._fine.result(), self._bright.result()
        onsets, timbre = self._onsets.result(), self._timbre.result()
        assert spectrum.erb is not None
        return Closeup(
            erb_hz=tuple(float(hz) for hz in spectrum.erb.bands.centre_hz),
            hop_seconds=spectrum.hop_ms / 1000,
            erb_data=np.ascontiguousarray(spectrum.erb.power, np.float32).tobytes(),
            level_hop_seconds=levels.hop_seconds,
            peak_data=levels.peak.tobytes(),
            level_data=levels.power.tobytes(),
            fine_hz=tuple(float(hz) for hz in fine.band_hz),
            fine_data=np.ascontiguousarray(fine.level_db).tobytes(),
            fine_at_data=fine.at_seconds.tobytes(),
            bright_peak_data=bright.peak.tobytes(),
            bright_data=bright.power.tobytes(),
            onset_hop_seconds=onsets.hop_seconds,
            onset_data=onsets.strength.tobytes(),
            low_onset_data=onsets.low.tobytes(),
            timbre_data=timbre.features.tobytes(),
            is_silent=timbre.is_silent,
        )


class Meter(Protocol):
    """Anything that takes a signal in blocks that were checked."""

    def take(self, samples: Samples) -> None: ...


def hear_closely(blocks: Iterable[Samples], rate_hz: int) -> tuple[Hearing, Closeup]:
    """Hear a signal and look at it closely, in one pass; see ``bandmate.stages.hearing.hear``."""
    first, blocks = peeked(blocks)
    looked = Looked(rate_hz, first.shape[0])
    hearing = hear(looked.passing(blocks), rate_hz, spectrum=looked.spectrum)
    return hearing, looked.result()


def closeup_to_bytes(closeup: Closeup) -> bytes:
    """For the project's memory."""
    return msgspec.msgpack.encode(closeup)


def closeup_from_bytes(data: bytes) -> Closeup:
    """What ``closeup_to_bytes`` wrote."""
    return msgspec.msgpack.decode(data, type=Closeup)
