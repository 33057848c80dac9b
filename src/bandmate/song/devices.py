"""The closed set of devices that a strip can hold, as plain settings.

Conventions: units in the field names; ``neutral()`` is the setting of the same device that leaves the sound as it is,
from which an inserted device fades in (half a strength is half an equalizer). What a device does to sound is in
``bandmate.sound``; here is only what a musician sets.

A limiter's ceiling is a promise and not a taste: its neutral setting takes the gain away and keeps the ceiling.

A *key* is the id of the track whose signal a detector hears instead of the strip's own (a side-chain): that track after
its inserts and before its fader, also while it is muted. An empty key is the own signal. Devices on tracks, buses and
main may have keys; what a key may name is checked by ``song.check_references``.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self, get_args

import msgspec
from msgspec.structs import replace

from bandmate.song.errors import RequestError
from bandmate.song.values import Decibels, Id, Share, Value

Hertz = Annotated[float, msgspec.Meta(ge=1.0, le=96_000.0)]
Milliseconds = Annotated[float, msgspec.Meta(ge=0.0, le=10_000.0)]
Ratio = Annotated[float, msgspec.Meta(ge=1.0, le=100.0)]
Level = Annotated[float, msgspec.Meta(ge=-150.0, le=24.0)]
BandQ = Annotated[float, msgspec.Meta(ge=0.05, le=50.0)]

BandKind = Literal["bell", "low-shelf", "high-shelf", "high-pass", "low-pass", "notch"]
DynamicEqKind = Literal["bell", "low-shelf", "high-shelf"]
BandScope = Literal["stereo", "mid", "side"]
Phase = Literal["minimum", "linear"]
LimiterStyle = Literal["transparent", "balanced", "loud"]

OPEN_HIGH_PASS_HZ = 5.0
OPEN_LOW_PASS_HZ = 96_000.0


class Device(Value, frozen=True, kw_only=True):
    """What all devices have: an id that is unique on the strip, and a switch."""

    id: Id
    enabled: bool = True

    def neutral(self) -> Self:
        """The same device at the setting that leaves the sound as it is."""
        raise NotImplementedError


class Band(Value, frozen=True, kw_only=True, tag="band"):
    """One band of an equalizer.

    ``gain_db`` counts for bells and shelves. ``slope_db`` (per octave: 6, 12, 18, 24 …) counts for the passes. A
    high-pass at 5 Hz and below and a low-pass at 96 kHz are open: they do nothing.
    """

    id: Id
    kind: BandKind = "bell"
    freq_hz: Hertz = 1_000.0
    gain_db: Decibels = 0.0
    q: BandQ = 0.7071
    slope_db: Literal[6, 12, 18, 24, 36, 48] = 12
    scope: BandScope = "stereo"
    enabled: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        check_kind(self, self.kind, get_args(BandKind))

    def neutral(self) -> Self:
        """The band with no effect: gain 0 dB, a pass wide open, a notch switched off."""
        if self.kind == "high-pass":
            return replace(self, freq_hz=OPEN_HIGH_PASS_HZ)
        if self.kind == "low-pass":
            return replace(self, freq_hz=OPEN_LOW_PASS_HZ)
        if self.kind == "notch":
            return replace(self, enabled=False)
        return replace(self, gain_db=0.0)

    @property
    def is_neutral(self) -> bool:
        """Whether the band leaves the sound bit for bit as it is."""
        if not self.enabled:
            return True
        if self.kind == "high-pass":
            return self.freq_hz <= OPEN_HIGH_PASS_HZ
        if self.kind == "low-pass":
            return self.freq_hz >= OPEN_LOW_PASS_HZ
        return self.kind != "notch" and self.gain_db == 0.0


class Equalizer(Device, frozen=True, kw_only=True, tag="equalizer"):
    """Parametric equalizer with an output gain: minimum phase, or linear phase (late, and without turning phases)."""

    bands: tuple[Band, ...] = ()
    gain_db: Decibels = 0.0
    phase: Phase = "minimum"

    def neutral(self) -> Self:
        return replace(self, bands=tuple(band.neutral() for band in self.bands), gain_db=0.0)


class DynamicEqBand(Value, frozen=True, kw_only=True, tag="dynamic-eq-band"):
    """One band of a dynamic equalizer: a bell or shelf that opens only while its own band is loud.

    Above ``threshold_dbfs`` its gain goes from 0 dB towards ``range_db`` and never beyond: a negative range turns down
    what is too loud there, a positive one lifts it. ``ratio`` says how far for each decibel above the threshold, as in
    a compressor. What is heard is the band at ``freq_hz``: around it for a bell (as wide as ``q``), below it for a low
    shelf and above it for a high shelf.
    """

    id: Id
    kind: DynamicEqKind = "bell"
    freq_hz: Hertz = 1_000.0
    q: BandQ = 0.7071
    range_db: Annotated[float, msgspec.Meta(ge=-24.0, le=24.0)] = -6.0
    threshold_dbfs: Level = -30.0
    ratio: Ratio = 2.0
    attack_ms: Milliseconds = 10.0
    release_ms: Milliseconds = 120.0
    key: str = ""
    enabled: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        check_kind(self, self.kind, get_args(DynamicEqKind))

    def neutral(self) -> Self:
        """The band that never moves: range 0 dB, ratio 1."""
        return replace(self, range_db=0.0, ratio=1.0)

    @property
    def is_neutral(self) -> bool:
        """Whether the band leaves the sound bit for bit as it is."""
        return not self.enabled or self.range_db == 0.0 or self.ratio == 1.0


class DynamicEqualizer(Device, frozen=True, kw_only=True, tag="dynamic-equalizer"):
    """Bells and shelves, each of which opens only while its band is loud. All bands hear what comes into the device."""

    bands: tuple[DynamicEqBand, ...] = ()

    def neutral(self) -> Self:
        return replace(self, bands=tuple(band.neutral() for band in self.bands))


class Compressor(Device, frozen=True, kw_only=True, tag="compressor"):
    """Feed-forward compressor with a soft knee; its detector hears both channels together.

    With a ``key`` it ducks: it turns its strip down while the key track is loud.
    """

    threshold_dbfs: Level = -18.0
    ratio: Ratio = 2.0
    knee_db: Annotated[float, msgspec.Meta(ge=0.0, le=36.0)] = 6.0
    attack_ms: Milliseconds = 10.0
    release_ms: Milliseconds = 120.0
    makeup_db: Decibels = 0.0
    detector_high_pass_hz: Annotated[float, msgspec.Meta(ge=0.0, le=2_000.0)] = 0.0
    wet: Share = 1.0
    key: str = ""

    def neutral(self) -> Self:
        return replace(self, ratio=1.0, makeup_db=0.0)


class Gate(Device, frozen=True, kw_only=True, tag="gate"):
    """Turns down by ``range_db`` what stays below the threshold; with a ``key`` it opens when the key track plays."""

    threshold_dbfs: Level = -60.0
    range_db: Annotated[float, msgspec.Meta(ge=-150.0, le=0.0)] = -40.0
    hysteresis_db: Annotated[float, msgspec.Meta(ge=0.0, le=24.0)] = 4.0
    attack_ms: Milliseconds = 1.0
    hold_ms: Milliseconds = 40.0
    release_ms: Milliseconds = 120.0
    key: str = ""

    def neutral(self) -> Self:
        return replace(self, range_db=0.0)


class DeEsser(Device, frozen=True, kw_only=True, tag="de-esser"):
    """Turns down the band above ``freq_hz`` by at most ``range_db`` while it is louder than the threshold."""

    freq_hz: Hertz = 6_000.0
    threshold_dbfs: Level = -30.0
    range_db: Annotated[float, msgspec.Meta(ge=-24.0, le=0.0)] = -6.0
    attack_ms: Milliseconds = 1.0
    release_ms: Milliseconds = 60.0

    def neutral(self) -> Self:
        return replace(self, range_db=0.0)


class DynamicBand(Value, frozen=True, kw_only=True, tag="dynamic-band"):
    """One band of a multiband compressor, up to ``upper_hz``; the highest band goes on to the top."""

    id: Id
    upper_hz: Hertz
    threshold_dbfs: Level = -20.0
    ratio: Ratio = 1.5
    attack_ms: Milliseconds = 15.0
    release_ms: Milliseconds = 150.0
    gain_db: Decibels = 0.0


class MultibandCompressor(Device, frozen=True, kw_only=True, tag="multiband-compressor"):
    """Two to five bands, split by Linkwitz-Riley crossovers of 24 dB per octave."""

    bands: tuple[DynamicBand, ...] = ()

    def neutral(self) -> Self:
        return replace(self, bands=tuple(replace(band, ratio=1.0, gain_db=0.0) for band in self.bands))


class Saturator(Device, frozen=True, kw_only=True, tag="saturator"):
    """Soft clipping, level-matched for small signals."""

    drive_db: Annotated[float, msgspec.Meta(ge=0.0, le=48.0)] = 6.0
    wet: Share = 1.0

    def neutral(self) -> Self:
        return replace(self, wet=0.0)


class SoftClipper(Device, frozen=True, kw_only=True, tag="soft-clipper"):
    """Rounds peaks off above ``ceiling_dbfs - knee_db`` so that none passes ``ceiling_dbfs`` (but for what the filter
    behind it ripples); below that it does nothing."""

    ceiling_dbfs: Level = -1.0
    knee_db: Annotated[float, msgspec.Meta(ge=0.0, le=12.0)] = 2.0
    wet: Share = 1.0

    def neutral(self) -> Self:
        return replace(self, wet=0.0)


class ChannelTrim(Device, frozen=True, kw_only=True, tag="channel-trim"):
    """Level of each channel on its own, and the polarity of the right one."""

    left_db: Decibels = 0.0
    right_db: Decibels = 0.0
    right_inverted: bool = False

    def neutral(self) -> Self:
        return replace(self, left_db=0.0, right_db=0.0, right_inverted=False)


class RidePoint(Value, frozen=True, kw_only=True):
    """A gain at a moment of the song; between points it moves in a straight line of decibels."""

    id: Id
    at_seconds: Annotated[float, msgspec.Meta(ge=0.0)]
    gain_db: Decibels = 0.0

    def neutral(self) -> Self:
        """The point without effect."""
        return replace(self, gain_db=0.0)


class Ride(Device, frozen=True, kw_only=True, tag="ride"):
    """A hand on the fader: gain over time. Before the first point and after the last it stays as it is there."""

    points: tuple[RidePoint, ...] = ()

    def neutral(self) -> Self:
        return replace(self, points=tuple(point.neutral() for point in self.points))


class Width(Device, frozen=True, kw_only=True, tag="width"):
    """Side level as a factor (1 = as it is, 0 = mono), and mono below a frequency (0 = off)."""

    side: Annotated[float, msgspec.Meta(ge=0.0, le=4.0)] = 1.0
    mono_below_hz: Annotated[float, msgspec.Meta(ge=0.0, le=500.0)] = 0.0

    def neutral(self) -> Self:
        return replace(self, side=1.0, mono_below_hz=0.0)


class Limiter(Device, frozen=True, kw_only=True, tag="limiter"):
    """Look-ahead true-peak limiter with gain before it. The style is how much sound it trades for loudness."""

    gain_db: Decibels = 0.0
    ceiling_dbtp: Annotated[float, msgspec.Meta(ge=-40.0, le=24.0)] = -1.0
    lookahead_ms: Annotated[float, msgspec.Meta(ge=0.5, le=20.0)] = 4.0
    release_ms: Annotated[float, msgspec.Meta(ge=1.0, le=5_000.0)] = 60.0
    style: LimiterStyle = "transparent"

    def neutral(self) -> Self:
        return replace(self, gain_db=0.0)


class Reverb(Device, frozen=True, kw_only=True, tag="reverb"):
    """A room: a feedback delay network."""

    decay_seconds: Annotated[float, msgspec.Meta(ge=0.1, le=20.0)] = 1.8
    predelay_ms: Annotated[float, msgspec.Meta(ge=0.0, le=500.0)] = 20.0
    damping_hz: Hertz = 6_000.0
    wet: Share = 1.0

    def neutral(self) -> Self:
        return replace(self, wet=0.0)


class Delay(Device, frozen=True, kw_only=True, tag="delay"):
    """Echoes ``length_ticks`` apart, so that they follow the tempo at the start of the song."""

    length_ticks: Annotated[int, msgspec.Meta(ge=1, le=3840)] = 480
    feedback: Annotated[float, msgspec.Meta(ge=0.0, le=0.95)] = 0.35
    damping_hz: Hertz = 5_000.0
    wet: Share = 1.0

    def neutral(self) -> Self:
        return replace(self, wet=0.0)


class Plugin(Device, frozen=True, kw_only=True, tag="plugin"):
    """Someone else's plug-in, kept as it came so that it goes back unharmed. Bandmate does not play it."""

    format: Literal["vst3", "clap", "au", "other"]
    identifier: str
    name: str
    state_base64: str = ""

    def neutral(self) -> Self:
        return replace(self, enabled=False)


AnyDevice = (
    Equalizer
    | DynamicEqualizer
    | Compressor
    | Gate
    | DeEsser
    | MultibandCompressor
    | Saturator
    | SoftClipper
    | ChannelTrim
    | Ride
    | Width
    | Limiter
    | Reverb
    | Delay
    | Plugin
)


def keys_of(device: AnyDevice) -> tuple[str, ...]:
    """The ids of the tracks that the device listens to, each once; bands that are switched off count too."""
    if isinstance(device, Compressor | Gate):
        found = [device.key]
    elif isinstance(device, DynamicEqualizer):
        found = [band.key for band in device.bands]
    else:
        found = []
    return tuple(dict.fromkeys(key for key in found if key))


def check_kind(band: Band | DynamicEqBand, kind: str, known: tuple[str, ...]) -> None:
    """Refuse a band of a kind that its device does not have.

    subtle: an address names a band of either equalizer, so the type that belongs there cannot say which kinds are fit.
    """
    if kind not in known:
        raise RequestError(f'kind "{kind}" of band "{band.id}" is not possible; possible are {", ".join(known)}')
