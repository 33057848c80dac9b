"""Sound sent through a lossy codec and back: each block beside what a listener of that codec gets instead.

Conventions: fed in blocks of any size, it answers with pairs of blocks at the codec's rate, the original first, both of
the same length and in step to the frame: the encoder's and decoder's delay, of which the encoder tells how long it is,
is taken away. Nothing is clipped: what the decoder makes beyond full scale stays. The frames add up to what the
resampled original has, and where the sound is cut into blocks makes no difference. Memory is a few packets, whatever
the length; no file is written.

Codecs: ``mp3`` (LAME), ``aac`` and ``opus`` through FFmpeg, ``vorbis`` through libsndfile. Opus is always at 48 kHz.
The others take 44.1 and 48 kHz as they are; of anything else they get what a service would make of it: 44.1 kHz of its
multiples and parts, 48 kHz of the rest. Vorbis has no bit rate but a quality; ``kbps`` is what that quality nominally
has in stereo. A mono signal gets all bits of ``kbps``, as the middle has them in joint stereo, up to what the codec
takes for one channel; Vorbis has the same quality in mono as in stereo.

FFmpeg's AAC encoder is neither Apple's nor Fraunhofer's, and a service may run LAME, Opus or Vorbis in other versions
and settings: the figures are exact for this encoder and indicative of the service.

Not covered: HE-AAC, variable-rate MP3, more than two channels, what a player does after decoding.

References: ISO/IEC 11172-3 and 13818-3 (MP3), 14496-3 (AAC), RFC 6716 and 7845 (Opus).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal, Protocol, get_args

from bandmate.formats.codec_files import frame_samples
from bandmate.formats.codec_write import encoding
from bandmate.formats.vorbis_codec import VorbisCodec
from bandmate.song.errors import OutOfRange, RequestError, UnknownName

if TYPE_CHECKING:
    from bandmate.sound.audio import Samples

LossyCodec = Literal["aac", "mp3", "vorbis", "opus"]
LOSSY_CODECS: tuple[LossyCodec, ...] = get_args(LossyCodec)
KBPS_RANGES = {"aac": (32, 320), "mp3": (32, 320), "vorbis": (64, 500), "opus": (16, 510)}
USUAL_RATES_HZ = (44_100, 48_000)
MONO_MOST_KBPS = {"aac": 256, "mp3": 320, "opus": 256}


@dataclass(frozen=True, slots=True)
class CodecSetting:
    """A lossy codec at a bit rate.

    Parameters
    ----------
    codec : str
        ``aac``, ``mp3``, ``vorbis`` or ``opus``.
    kbps : int
        of all channels together.
    rate_hz : int, optional
        44100 or 48000; without it, what suits the sound. Opus is always at 48000.

    Raises
    ------
    UnknownName, OutOfRange
        for another codec, bit rate or sample rate.
    """

    codec: LossyCodec
    kbps: int
    rate_hz: int | None = None

    def __post_init__(self) -> None:
        if self.codec not in LOSSY_CODECS:
            raise UnknownName("lossy codec", self.codec, LOSSY_CODECS)
        low, high = KBPS_RANGES[self.codec]
        if not low <= self.kbps <= high:
            raise OutOfRange(f"{self.codec} at {self.kbps} kbit/s is not possible; take {low} to {high}")
        if self.rate_hz is not None and self.rate_hz not in USUAL_RATES_HZ:
            raise OutOfRange(f"{self.codec} at {self.rate_hz} Hz is not what services send; take 44100 or 48000")
        if self.codec == "opus" and self.rate_hz == 44_100:
            raise OutOfRange("opus at 44100 Hz is not possible; it is always 48000")

    @property
    def label(self) -> str:
        """Such as ``aac 128``."""
        return f"{self.codec} {self.kbps}"

    def coded_rate_hz(self, rate_hz: int) -> int:
        """The rate at which sound of ``rate_hz`` is coded."""
        if self.codec == "opus":
            return 48_000
        if self.rate_hz is not None or rate_hz in USUAL_RATES_HZ:
            return self.rate_hz or rate_hz
        return 44_100 if rate_hz % 11_025 == 0 else 48_000


def codec_setting(text: str) -> CodecSetting:
    """``aac:128`` as a setting.

    Raises
    ------
    RequestError
        for anything that is not a codec, a colon and kbit/s; and as `CodecSetting`.
    """
    name, _, kbps = text.strip().casefold().partition(":")
    if name not in LOSSY_CODECS:
        raise UnknownName("lossy codec", name, LOSSY_CODECS)
    if not (kbps.isascii() and kbps.isdigit()) or len(kbps) > 4:
        raise RequestError(f'"{text}" is no codec with a bit rate; write it as {name}:128')
    return CodecSetting(name, int(kbps))


@dataclass(frozen=True, slots=True, eq=False)
class CodedBlock:
    """The same stretch of sound before and after: arrays (channels, frames) of one shape, float32."""

    original: Samples
    decoded: Samples


class Codec(Protocol):
    """An encoder and the decoder behind it. Fed packets of ``packet_frames``, only the last shorter."""

    packet_frames: int

    def code(self, packet: Samples) -> list[Samples]:
        """What has come out by now, in step with the input from the first frame on."""
        ...

    def finish(self) -> list[Samples]:
        """The rest; may have more frames than were fed, or a few fewer."""
        ...


class CodecRoundTrip:
    """Sound through a codec, fed in blocks of any size.

    Parameters
    ----------
    setting : CodecSetting
    rate_hz : int
        of what is fed; where the codec has another, the sound is resampled first.
    channels : int
        1 or 2.

    Attributes
    ----------
    rate_hz : int
        of what comes out.

    Raises
    ------
    RequestError
        for more than two channels.

    Examples
    --------
    >>> import numpy as np
    >>> trip = CodecRoundTrip(CodecSetting("opus", 128), 48_000, 1)
    >>> pairs = [*trip.feed(np.zeros((1, 5_000), np.float32)), *trip.finish()]
    >>> sum(pair.decoded.shape[1] for pair in pairs)
    5000
    """

    def __init__(self, setting: CodecSetting, rate_hz: int, channels: int) -> None:
        from bandmate.sound.resample import Resampler

        if channels not in (1, 2):
            raise RequestError(f"sound with {channels} channels cannot be coded; Bandmate codes mono and stereo")
        self.setting, self.rate_hz, self._channels = setting, setting.coded_rate_hz(rate_hz), channels
        self._resampler = Resampler(rate_hz, self.rate_hz, channels)
        self._codec: Codec = (
            VorbisCodec(setting.kbps, self.rate_hz, channels)
            if setting.codec == "vorbis"
            else PacketCodec(setting, self.rate_hz, channels)
        )
        self._unfed, self._waiting, self._decoded = (Pieces(channels) for _ in range(3))

    def feed(self, block: Samples) -> Iterator[CodedBlock]:
        """Take the next block (channels, frames); whatever is complete comes out, often nothing.

        Raises
        ------
        RequestError
            for a wrong number of channels, NaN or infinity.
        """
        self._take(self._resampler.feed(block))
        yield from self._pairs()

    def finish(self) -> Iterator[CodedBlock]:
        """The rest, once all blocks are fed; the round trip is used up then."""
        import numpy as np

        self._take(self._resampler.finish())
        if self._unfed.frames:
            self._decoded.add(*self._codec.code(self._unfed.take(self._unfed.frames)))
        if self._waiting.frames:
            self._decoded.add(*self._codec.finish())
            missing = max(0, self._waiting.frames - self._decoded.frames)
            self._decoded.add(np.zeros((self._channels, missing), np.float32))
        yield from self._pairs()

    def _take(self, resampled: Samples) -> None:
        """Encode whole packets of what has been fed."""
        self._waiting.add(resampled)
        self._unfed.add(resampled)
        while self._unfed.frames >= self._codec.packet_frames:
            self._decoded.add(*self._codec.code(self._unfed.take(self._codec.packet_frames)))

    def _pairs(self) -> Iterator[CodedBlock]:
        ready = min(self._waiting.frames, self._decoded.frames)
        if ready:
            yield CodedBlock(self._waiting.take(ready), self._decoded.take(ready))


class Pieces:
    """A row of blocks that is filled at its end and emptied at its front."""

    def __init__(self, channels: int) -> None:
        self._channels = channels
        self._pieces: list[Samples] = []
        self.frames = 0

    def add(self, *pieces: Samples) -> None:
        for piece in pieces:
            if piece.shape[1]:
                self._pieces.append(piece)
                self.frames += piece.shape[1]

    def take(self, frames: int) -> Samples:
        """The first ``frames`` frames as one contiguous block of its own."""
        import numpy as np

        taken, left = np.empty((self._channels, frames), np.float32), frames
        while left:
            piece = self._pieces[0]
            part = min(left, piece.shape[1])
            taken[:, frames - left : frames - left + part] = piece[:, :part]
            if part == piece.shape[1]:
                self._pieces.pop(0)
            else:
                self._pieces[0] = piece[:, part:]
            left -= part
        self.frames -= frames
        return taken


FFMPEG_NAMES = {
    "aac": ("aac", "aac", "fltp"),
    "mp3": ("libmp3lame", "mp3float", "fltp"),
    "opus": ("libopus", "opus", "flt"),
}
"""Encoder, decoder and the encoder's sample format."""


class PacketCodec:
    """MP3, AAC and Opus: FFmpeg's encoder straight into FFmpeg's decoder, packet by packet."""

    def __init__(self, setting: CodecSetting, rate_hz: int, channels: int) -> None:
        import av

        encoder_name, decoder_name, self._format = FFMPEG_NAMES[setting.codec]
        self._layout = "mono" if channels == 1 else "stereo"
        self._name, self._rate_hz, self._channels = setting.label, rate_hz, channels
        self._fed, self._to_skip = 0, -1
        kbps = min(setting.kbps, MONO_MOST_KBPS[setting.codec]) if channels == 1 else setting.kbps
        with encoding(self._name):
            encoder: Any = av.CodecContext.create(encoder_name, "w")
            encoder.sample_rate, encoder.layout, encoder.format = rate_hz, self._layout, self._format
            encoder.bit_rate, encoder.time_base = 1000 * kbps, Fraction(1, rate_hz)
            # As `codec_write` writes files, so that both give the same sound.
            encoder.options = {"flags": "+bitexact"}
            encoder.open()
            decoder: Any = av.CodecContext.create(decoder_name, "r")
            decoder.sample_rate, decoder.layout = rate_hz, self._layout
            if encoder.extradata:
                decoder.extradata = encoder.extradata
            self._encoder, self._decoder = encoder, decoder
        self.packet_frames = int(encoder.frame_size)

    def code(self, packet: Samples) -> list[Samples]:
        import av
        import numpy as np

        plane = packet if self._format.endswith("p") else packet.T.reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(plane), format=self._format, layout=self._layout)
        frame.sample_rate, frame.time_base, frame.pts = self._rate_hz, Fraction(1, self._rate_hz), self._fed
        self._fed += packet.shape[1]
        with encoding(self._name):
            return list(self._decoded(self._encoder.encode(frame)))

    def finish(self) -> list[Samples]:
        with encoding(self._name):
            return list(self._decoded([*self._encoder.encode(None), None]))

    def _decoded(self, packets: list[Any]) -> Iterator[Samples]:
        """Decode packets, None being the end; without what the encoder put before the music.

        subtle: some encoders mark that padding so that the decoder leaves it out by itself, some only begin counting
        that much before zero. What a first packet lacks has been left out already.
        """
        for packet in packets:
            for frame in self._decoder.decode(packet):
                samples = frame_samples(frame, self._channels)
                if self._to_skip < 0:
                    left_out = packet.duration - samples.shape[1]
                    self._to_skip = max(0, -packet.pts - left_out)
                skipped = min(self._to_skip, samples.shape[1])
                self._to_skip -= skipped
                yield samples[:, skipped:]
