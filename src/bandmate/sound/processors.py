"""From a device's settings to a running processor: the one place that knows which is which.

Conventions: a device that is switched off, or set so that it does nothing, gives no processor at all: the signal is
then bit for bit what it was. Only a limiter always runs, for its ceiling is a promise. Processors are made for one rate
and one number of channels, and for one pass.

A `KeyedProcessor` may listen to other tracks; whoever runs it brings what it is to hear (``bandmate.render.strip``).

Not covered: the order of devices and the strip around them (``bandmate.render``), other people's plug-ins.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from bandmate.song.devices import (
    AnyDevice,
    ChannelTrim,
    Compressor,
    DeEsser,
    Delay,
    DynamicEqualizer,
    Equalizer,
    Gate,
    Limiter,
    MultibandCompressor,
    Plugin,
    Reverb,
    Ride,
    Saturator,
    SoftClipper,
    Width,
)
from bandmate.song.errors import DeviceError, RequestError
from bandmate.sound import dither, dynamic_eq, dynamics, filters, limiter, multiband, ride, saturate, soft_clip, space
from bandmate.sound.audio import Audio, Samples
from bandmate.sound.blocks import NOTHING_ELSE, Heard
from bandmate.sound.channel_trim import ChannelTrimProcessor, channel_gains
from bandmate.sound.dynamic_eq import DynamicEqProcessor, working_bands
from bandmate.sound.dynamics import CompressorProcessor, DeEsserProcessor, GateProcessor
from bandmate.sound.filters import EqualizerProcessor
from bandmate.sound.limiter import LimiterProcessor
from bandmate.sound.linear_phase import LinearPhaseProcessor
from bandmate.sound.multiband import MultibandProcessor
from bandmate.sound.ride import RideProcessor
from bandmate.sound.saturate import SaturatorProcessor
from bandmate.sound.soft_clip import SoftClipperProcessor
from bandmate.sound.space import DelayProcessor, ReverbProcessor
from bandmate.sound.width import WidthProcessor

SECONDS_PER_TICK = 60.0 / 120.0 / 960.0
"""At 120 quarters a minute."""

BLOCK_FRAMES = 65_536


class Processor(Protocol):
    """A device at work on consecutive blocks.

    Attributes
    ----------
    latency_frames : int
        by how much the output is late.
    tail_frames : int
        for how long it rings after the input has ended, beyond the latency; 0 for what acts at once. Filters count as
        acting at once: what they ring is part of the sound and over in milliseconds.
    """

    latency_frames: int
    tail_frames: int

    def process(self, block: npt.ArrayLike) -> Samples:
        """The next block, of the same shape, delayed by ``latency_frames``.

        Raises
        ------
        RequestError
            if a frame is NaN or infinite, or the number of channels is another.
        """

    def report(self) -> dict[str, float]:
        """What was done so far.

        ``max_reduction_db``, ``mean_reduction_db`` over all frames, ``at_seconds`` of the most, and ``working_share``
        of the frames turned down by more than 0.1 dB, for devices that turn down; empty for all others. A multiband
        compressor and a dynamic equalizer add the same of each band, as ``<band id>.max_reduction_db`` and so on; of a
        band that lifts it is ``<band id>.max_lift_db`` and ``<band id>.mean_lift_db``.
        """


@runtime_checkable
class KeyedProcessor(Processor, Protocol):
    """A processor whose detectors may listen to other tracks.

    Attributes
    ----------
    keys : tuple of str
        the ids of those tracks; empty when it hears nothing but its own signal, and ``heard`` is then not needed.
    """

    keys: tuple[str, ...]

    def process(self, block: npt.ArrayLike, heard: Heard = NOTHING_ELSE) -> Samples:
        """As `Processor.process`; ``heard`` has a block of each track of ``keys``, as long and as late as ``block``.

        Raises
        ------
        RequestError
            also if a track of ``keys`` is missing, or its block is no good.
        """


def processor_for(
    device: AnyDevice,
    *,
    rate_hz: int,
    channels: int,
    seconds_per_tick: float = SECONDS_PER_TICK,
    late_frames: int = 0,
) -> Processor | None:
    """A processor for ``device``, or None when it leaves the sound as it is.

    Parameters
    ----------
    device : any device
    rate_hz, channels : int
        of the blocks that will come. A mono signal has no sides: `Width` gives None, a side band is left out.
    seconds_per_tick : float
        for what follows the tempo; at 120 quarters a minute unless told.
    late_frames : int
        by how much the signal is already late when it comes to this device: what is set for a moment (`Ride`) waits
        as long.

    Raises
    ------
    DeviceError
        for a plug-in that is switched on.
    RequestError
        for a device that cannot work on so many channels.
    """
    if not device.enabled or is_without_effect(device, rate_hz=rate_hz, channels=channels):
        return None
    match device:
        case Equalizer(phase="linear"):
            return LinearPhaseProcessor(device, rate_hz=rate_hz, channels=channels)
        case Equalizer():
            return EqualizerProcessor(device, rate_hz=rate_hz, channels=channels)
        case DynamicEqualizer():
            return DynamicEqProcessor(device, rate_hz=rate_hz, channels=channels)
        case Compressor():
            return CompressorProcessor(device, rate_hz=rate_hz, channels=channels)
        case Gate():
            return GateProcessor(device, rate_hz=rate_hz, channels=channels)
        case DeEsser():
            return DeEsserProcessor(device, rate_hz=rate_hz, channels=channels)
        case MultibandCompressor():
            return MultibandProcessor(device, rate_hz=rate_hz, channels=channels)
        case Saturator():
            return SaturatorProcessor(device, rate_hz=rate_hz, channels=channels)
        case SoftClipper():
            return SoftClipperProcessor(device, rate_hz=rate_hz, channels=channels)
        case ChannelTrim():
            return ChannelTrimProcessor(device, rate_hz=rate_hz, channels=channels)
        case Ride():
            return RideProcessor(device, rate_hz=rate_hz, channels=channels, late_frames=late_frames)
        case Width():
            return WidthProcessor(device, rate_hz=rate_hz, channels=channels)
        case Limiter():
            return LimiterProcessor(device, rate_hz=rate_hz, channels=channels)
        case Reverb():
            return ReverbProcessor(device, rate_hz=rate_hz, channels=channels)
        case Delay():
            return DelayProcessor(device, rate_hz=rate_hz, channels=channels, seconds_per_tick=seconds_per_tick)
        case Plugin():
            raise DeviceError(
                f'plug-in "{device.name}" ({device.format}) cannot be played here; '
                "render its track in your DAW and bring the audio back, or switch the plug-in off"
            )


def is_without_effect(device: AnyDevice, *, rate_hz: int, channels: int) -> bool:
    """Whether ``device`` is set so that every sample would come out as it went in."""
    match device:
        case Equalizer():
            heard = [b for b in device.bands if not (channels == 1 and b.scope == "side")]
            is_flat = all(len(filters.band_sections(band, rate_hz)) == 0 for band in heard)
            return is_flat and device.gain_db == 0.0
        case Compressor():
            return device.wet == 0.0 or (device.ratio == 1.0 and device.makeup_db == 0.0)
        case Gate() | DeEsser():
            return device.range_db == 0.0
        case MultibandCompressor():
            return all(band.ratio == 1.0 and band.gain_db == 0.0 for band in device.bands)
        case DynamicEqualizer():
            return not working_bands(device, rate_hz)
        case Saturator() | SoftClipper() | Reverb() | Delay():
            return device.wet == 0.0
        case ChannelTrim():
            return set(channel_gains(device, channels)) == {1.0}
        case Ride():
            return all(point.gain_db == 0.0 for point in device.points)
        case Width():
            return channels == 1 or (device.side == 1.0 and device.mono_below_hz == 0.0)
        case _:
            return False


def process_audio(
    audio: Audio,
    device: AnyDevice,
    *,
    seconds_per_tick: float = SECONDS_PER_TICK,
    heard: Mapping[str, Audio] = MappingProxyType({}),
) -> Audio:
    """``audio`` through one device, in time with the input and of the same length; a tail beyond the end is cut.

    ``heard`` has the tracks that the device listens to, from the same moment on; one that ends early is silent then.
    Returns ``audio`` itself when the device does nothing. Errors as in `processor_for` and `Processor.process`.
    """
    processor = processor_for(device, rate_hz=audio.rate_hz, channels=audio.channels, seconds_per_tick=seconds_per_tick)
    if processor is None or audio.frames == 0:
        return audio
    if isinstance(processor, KeyedProcessor) and processor.keys:
        return Audio(hearing(audio, processor, heard), audio.rate_hz)
    late = processor.latency_frames
    done = [processor.process(block) for block in audio.blocks(BLOCK_FRAMES)]
    done.append(processor.process(np.zeros((audio.channels, late), dtype=np.float32)))
    return Audio(np.concatenate(done, axis=1)[:, late:], audio.rate_hz)


def hearing(audio: Audio, processor: KeyedProcessor, heard: Mapping[str, Audio]) -> Samples:
    """``audio`` through a processor that listens to ``heard``; such processors are never late."""
    for key, other in heard.items():
        if other.rate_hz != audio.rate_hz:
            raise RequestError(
                f'the track "{key}" is at {other.rate_hz} Hz, the signal at {audio.rate_hz}; resample it'
            )
    done = []
    for start in range(0, audio.frames, BLOCK_FRAMES):
        stop = min(start + BLOCK_FRAMES, audio.frames)
        others = {key: silent_after(other.samples[:, start:stop], stop - start) for key, other in heard.items()}
        done.append(processor.process(audio.samples[:, start:stop], others))
    return np.concatenate(done, axis=1)


def silent_after(samples: Samples, frames: int) -> Samples:
    """``samples`` with silence behind them, ``frames`` long."""
    return np.pad(samples, ((0, 0), (0, frames - samples.shape[1])))


def compile_kernels() -> None:
    """Compile every loop that a processor may need; some seconds once per machine, nothing later."""
    for module in (filters, dynamics, dynamic_eq, multiband, limiter, saturate, soft_clip, ride, space, dither):
        module.compile_kernels()
