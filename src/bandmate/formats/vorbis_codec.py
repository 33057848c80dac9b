"""Vorbis, encoded by libsndfile and decoded again while it is encoded, without a file.

Conventions: libsndfile writes an Ogg stream into memory; its pages are taken apart as they come, and the packets in
them go to FFmpeg's decoder. Both begin with the first frame of the original. The encoder is fed pieces of one length,
so that what comes out does not depend on the blocks that it was made from.

Not covered: several streams in one Ogg file, damaged pages: only what libsndfile has just written is read.

References: RFC 3533 §6 (Ogg pages), Vorbis I specification annex A (headers and packets in Ogg).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from bandmate.formats.codec_files import frame_samples
from bandmate.formats.codec_write import encoding
from bandmate.song.errors import MediaError

if TYPE_CHECKING:
    from bandmate.sound.audio import Samples

NOMINAL_KBPS = (64.0, 80.0, 96.0, 112.0, 128.0, 160.0, 192.0, 224.0, 256.0, 320.0, 500.0)
"""What qualities 0 to 10 have in stereo at 44.1 and 48 kHz."""

PACKET_FRAMES = 4_096
PAGE_BYTES = 27
HEADERS = 3
CONTINUES = 255
"""A segment of this length is not the last of its packet."""


class VorbisCodec:
    """libsndfile's Vorbis encoder with FFmpeg's decoder behind it.

    Parameters
    ----------
    kbps : float
        64 to 500: the quality that has this bit rate in stereo; mono gets the same quality.
    rate_hz : int
    channels : int

    Raises
    ------
    MediaError
        if libsndfile was built without Vorbis.
    """

    packet_frames = PACKET_FRAMES

    def __init__(self, kbps: float, rate_hz: int, channels: int) -> None:
        import soundfile

        self._rate_hz, self._channels = rate_hz, channels
        self._stream = OggStream()
        self._headers: list[bytes] = []
        self._decoder: Any = None
        try:
            self._encoder = soundfile.SoundFile(
                self._stream,
                "w",
                samplerate=rate_hz,
                channels=channels,
                format="OGG",
                subtype="VORBIS",
                compression_level=1.0 - quality(kbps),
            )
        except (soundfile.LibsndfileError, ValueError) as failure:
            raise MediaError(f"vorbis cannot be encoded: {failure}; leave it out") from failure

    def code(self, packet: Samples) -> list[Samples]:
        """Encode a piece (channels, frames) and decode what is complete."""
        self._encoder.write(packet.T)
        return list(self._decoded())

    def finish(self) -> list[Samples]:
        """What the encoder still held."""
        self._encoder.close()
        return [*self._decoded(), *self._sounds(None)]

    def _decoded(self) -> Iterator[Samples]:
        for packet in self._stream.packets():
            if self._decoder is not None:
                yield from self._sounds(packet)
                continue
            self._headers.append(packet)
            if len(self._headers) == HEADERS:
                self._open_decoder()

    def _open_decoder(self) -> None:
        import av

        self._decoder = av.CodecContext.create("vorbis", "r")
        self._decoder.sample_rate = self._rate_hz
        self._decoder.layout = "mono" if self._channels == 1 else "stereo"
        self._decoder.extradata = joined_headers(self._headers)

    def _sounds(self, packet: bytes | None) -> Iterator[Samples]:
        import av

        if self._decoder is None:
            return
        with encoding("vorbis"):
            for frame in self._decoder.decode(None if packet is None else av.Packet(packet)):
                yield frame_samples(frame, self._channels)


class OggStream:
    """A file that is only written, from front to back, and gives the packets of the Ogg stream in it."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._started = bytearray()
        self._written = 0

    def write(self, data: Any) -> int:
        """What libsndfile has for the file."""
        self._bytes += bytes(data)
        self._written += len(data)
        return len(data)

    def read(self, size: int = -1) -> bytes:
        """Nothing: libsndfile only wants to know that this could be done."""
        return b""

    def seek(self, offset: int, whence: int = 0) -> int:
        """Stays at the end, where libsndfile always writes an Ogg stream."""
        return self._written

    def tell(self) -> int:
        return self._written

    def packets(self) -> Iterator[bytes]:
        """The packets that have become complete since the last call (RFC 3533 §6)."""
        while len(self._bytes) >= PAGE_BYTES:
            segments = self._bytes[26]
            at = PAGE_BYTES + segments
            lengths = self._bytes[PAGE_BYTES:at]
            if len(lengths) < segments or len(self._bytes) < at + sum(lengths):
                return
            for length in lengths:
                self._started += self._bytes[at : at + length]
                at += length
                if length < CONTINUES:
                    yield bytes(self._started)
                    self._started.clear()
            del self._bytes[:at]


def quality(kbps: float) -> float:
    """The quality, 0 to 1, that has this bit rate in stereo; between two of them in proportion."""
    import numpy as np

    return float(np.interp(kbps, NOMINAL_KBPS, np.linspace(0.0, 1.0, len(NOMINAL_KBPS))))


def joined_headers(headers: list[bytes]) -> bytes:
    """The three headers of Vorbis in one piece, as FFmpeg's decoder wants them: the lengths of two, then all."""
    lengths = b"".join(b"\xff" * (len(header) // 255) + bytes([len(header) % 255]) for header in headers[:-1])
    return bytes([len(headers) - 1]) + lengths + b"".join(headers)
