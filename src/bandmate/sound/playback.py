"""Simulated playback systems: one speaker, phone, earbuds, car and club, as chains of our own devices.

They are rough and home-made: a few typical bands each, drawn from what such systems have in common and from no measured
product. They show what a record is likely to lose there, not how a given phone sounds. The table with every band is
``data/playback.toml``.

Conventions: sound goes in as blocks of one or two channels (mono plays on both) and comes out as two equal or unequal
channels at the same rate, in time with the input and, after ``finish``, of the same length; where it is cut makes no
difference to a bit. Nothing is turned up or down to match: the level is the one at the same setting of the volume.

Not covered: rooms, distance, how loud it is played and so what the ear makes of it, distortion.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec
import numpy as np

from bandmate.song.devices import AnyDevice, Band, Equalizer, Limiter, Width
from bandmate.song.errors import RequestError, UnknownName
from bandmate.sound.audio import Samples, checked_rate
from bandmate.sound.blocks import Rows
from bandmate.sound.filters import Cascade, Sections, band_sections
from bandmate.sound.finite import finite_block
from bandmate.sound.loudness import LoudnessMeter
from bandmate.sound.processors import Processor, processor_for

NOISE_SEED = 1_963
NOISE_BLOCK_FRAMES = 65_536
NOISE_SECONDS = 20
"""So much of the noise is measured to know how loud it is; it is steady within some hundredths of a LU then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaybackSystem:
    """One row of the table.

    ``speakers`` is 1 when both channels are added up first; ``mono_below_hz`` 0 means that the bass stays stereo;
    ``limit_dbtp`` None means no limiter, ``noise_below_lu`` None a quiet room.
    """

    id: str
    name: str
    about: str
    speakers: int
    source: str
    home_made: bool
    mono_below_hz: float = 0.0
    limit_dbtp: float | None = None
    noise_below_lu: float | None = None
    bands: tuple[Band, ...] = ()
    noise_bands: tuple[Band, ...] = ()

    @property
    def devices(self) -> tuple[AnyDevice, ...]:
        """What the sound passes, in this order."""
        width = [Width(id=f"{self.id}-bass", mono_below_hz=self.mono_below_hz)] if self.mono_below_hz else []
        equalizer = [Equalizer(id=f"{self.id}-sound", bands=self.bands)] if self.bands else []
        limit = self.limit_dbtp
        limiter = [Limiter(id=f"{self.id}-limit", ceiling_dbtp=limit)] if limit is not None else []
        return (*width, *equalizer, *limiter)


@cache
def playback_systems() -> dict[str, PlaybackSystem]:
    """Every system by its id, in the order of the table."""
    text = files("bandmate").joinpath("data", "playback.toml").read_text(encoding="utf-8")
    return {row["id"]: system_of(row) for row in tomllib.loads(text)["system"]}


def system_of(row: dict[str, Any]) -> PlaybackSystem:
    """A row of the table as a value."""
    plain = {name: value for name, value in row.items() if name not in ("band", "noise_band")}
    bands, noise_bands = (msgspec.convert(row.get(name, []), tuple[Band, ...]) for name in ("band", "noise_band"))
    return PlaybackSystem(**plain, bands=bands, noise_bands=noise_bands)


def playback_system(name: str) -> PlaybackSystem:
    """The system of that id or name.

    Raises
    ------
    UnknownName
        listing the systems there are.
    """
    wanted = name.strip().casefold()
    for system in playback_systems().values():
        if wanted in (system.id, system.name):
            return system
    raise UnknownName("playback system", name, playback_systems())


class Playback:
    """A system at work on consecutive blocks; for one pass.

    Parameters
    ----------
    system : PlaybackSystem
    rate_hz : int
        bands above what it carries do nothing.
    channels : int
        1 or 2 of what comes in.

    Raises
    ------
    RequestError
        for more than two channels.
    """

    def __init__(self, system: PlaybackSystem, *, rate_hz: int, channels: int) -> None:
        if channels not in (1, 2):
            raise RequestError(f"a playback system plays 1 or 2 channels, not {channels}; choose the pair to play")
        self.system, self.channels, self._rate_hz = system, channels, checked_rate(rate_hz)
        self._rows = min(channels, system.speakers)
        made = [processor_for(device, rate_hz=rate_hz, channels=self._rows) for device in system.devices]
        self._processors: list[Processor] = [processor for processor in made if processor is not None]
        self._late = sum(processor.latency_frames for processor in self._processors)
        self._skip = self._late
        self._frames = 0

    @property
    def is_one_signal(self) -> bool:
        """Whether both speakers get the same."""
        return self._rows == 1

    def play(self, block: Samples) -> Samples:
        """What is ready of what the speakers play, shape (2, frames): late, so at first less than came in.

        Raises
        ------
        RequestError
            for a wrong number of channels, or naming the first NaN or infinite frame.
        """
        samples = finite_block(block, self.channels, start_frame=self._frames, rate_hz=self._rate_hz)
        self._frames += samples.shape[1]
        if self._rows < self.channels:
            samples = np.asarray(np.float32(0.5) * (samples[:1] + samples[1:]))
        return self._played(samples)

    def finish(self) -> Samples:
        """The rest, shape (2, frames), once all blocks are in; playing is over then."""
        return self._played(np.zeros((self._rows, self._late), np.float32))

    def _played(self, samples: Samples) -> Samples:
        for processor in self._processors:
            samples = processor.process(samples)
        skipped = min(self._skip, samples.shape[1])
        self._skip -= skipped
        played = samples[:, skipped:]
        return np.repeat(played, 2, axis=0) if self._rows == 1 else played


class RoomNoise:
    """The noise of a system's room, two unlike channels at a given loudness; the same each time.

    Parameters
    ----------
    system : PlaybackSystem
        one with noise bands.
    rate_hz : int
    loudness_lufs : float
    """

    def __init__(self, system: PlaybackSystem, *, rate_hz: int, loudness_lufs: float) -> None:
        sections = noise_sections(system.noise_bands, rate_hz)
        self._sources = [np.random.default_rng((NOISE_SEED, channel)) for channel in (0, 1)]
        self._cascade = Cascade(sections, 2)
        self._gain = 10 ** ((loudness_lufs - noise_lufs(system.id, rate_hz)) / 20)

    def block(self, frames: int) -> Samples:
        """The next ``frames`` frames, shape (2, frames)."""
        return (self._gain * plain_noise(self._sources, self._cascade, frames)).astype(np.float32)


@cache
def noise_lufs(system_id: str, rate_hz: int) -> float:
    """How loud a system's noise is before any gain."""
    sections = noise_sections(playback_systems()[system_id].noise_bands, rate_hz)
    sources = [np.random.default_rng((NOISE_SEED, channel)) for channel in (0, 1)]
    cascade, meter = Cascade(sections, 2), LoudnessMeter(rate_hz, 2)
    for _ in range(-(-NOISE_SECONDS * rate_hz // NOISE_BLOCK_FRAMES)):
        meter.feed(plain_noise(sources, cascade, NOISE_BLOCK_FRAMES).astype(np.float32))
    found = meter.result().integrated_lufs
    assert found is not None, "noise of full scale is not silent"
    return found


def noise_sections(bands: Sequence[Band], rate_hz: int) -> Sections:
    """The filter that makes white noise into that of a room."""
    return np.concatenate([np.empty((0, 5)), *(band_sections(band, rate_hz) for band in bands)])


def plain_noise(sources: list[np.random.Generator], cascade: Cascade, frames: int) -> Rows:
    """White noise of each source, filtered."""
    return cascade.run(np.stack([source.standard_normal(frames) for source in sources]))
