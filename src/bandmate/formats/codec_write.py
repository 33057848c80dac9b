"""Encoding FLAC, MP3 (LAME), AAC in M4A, and Opus, by FFmpeg through PyAV.

Conventions: an encoder is fed packets of exactly its own length, so the file does not depend on the blocks it was made
from. Files carry no date and no program version, so equal sound gives equal bytes with one FFmpeg.

Not covered: variable bit rates, pictures.

References: RFC 9639 (FLAC), ID3v2.3, RFC 7845 (Opus).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, BinaryIO

from bandmate.formats.mp4_tags import add_isrc
from bandmate.song.errors import MediaError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Block = npt.NDArray[np.float32] | npt.NDArray[np.int32]

EXACT_OPTIONS = {"fflags": "+bitexact"}


@dataclass(frozen=True, slots=True)
class Encoder:
    """How FFmpeg is asked for a kind of file."""

    muxer: str
    codec: str
    sample_format: str
    options: dict[str, str]
    rates_hz: tuple[int, ...] = ()
    kbps: int = 0


MPEG_RATES_HZ = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
AAC_RATES_HZ = (*MPEG_RATES_HZ, 64_000, 88_200, 96_000)
OPUS_RATES_HZ = (8_000, 12_000, 16_000, 24_000, 48_000)
ENCODERS = {
    "flac-16": Encoder("flac", "flac", "s16", {}),
    "flac-24": Encoder("flac", "flac", "s32", {}),
    "mp3": Encoder("mp3", "libmp3lame", "fltp", {"id3v2_version": "3"}, MPEG_RATES_HZ, 320),
    "m4a": Encoder("ipod", "aac", "fltp", {}, AAC_RATES_HZ, 256),
    "opus": Encoder("opus", "libopus", "flt", {}, OPUS_RATES_HZ, 192),
}
ID3_NAMES = {"isrc": "TSRC"}
VORBIS_NAMES = {"isrc": "ISRC", "track": "TRACKNUMBER"}


class SteadyFile:
    """A file that keeps its first failure for later and then takes everything.

    subtle: FFmpeg goes on writing and seeking while it is being closed, and PyAV prints what fails there.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.failure: OSError | None = None

    def write(self, data: bytes) -> int:
        if self.failure is None:
            try:
                return self._file.write(data)
            except OSError as failure:
                self.failure = failure
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        if self.failure is None:
            try:
                return self._file.seek(offset, whence)
            except OSError as failure:
                self.failure = failure
        return 0

    def tell(self) -> int:
        return self._file.tell() if self.failure is None else 0

    def check(self) -> None:
        """Raise the failure, if there was one."""
        if self.failure is not None:
            raise self.failure


class CodecSink:
    """A coded file being written to an open file."""

    def __init__(
        self, file: BinaryIO, rate_hz: int, channels: int, *, kind: str, tags: dict[str, str], kbps: int | None
    ) -> None:
        import av

        self._encoder = encoder = ENCODERS[kind]
        self._rate_hz, self._channels, self._file = rate_hz, channels, SteadyFile(file)
        with encoding(kind):
            options = EXACT_OPTIONS | encoder.options
            self._container = av.open(self._file, "w", format=encoder.muxer, options=options)
            self._container.metadata.update(named_tags(tags, encoder.muxer))
            layout = "mono" if channels == 1 else "stereo"
            stream: Any = self._container.add_stream(encoder.codec, rate=rate_hz, layout=layout)
            self._stream = stream
            self._stream.codec_context.format = encoder.sample_format
            self._stream.codec_context.options = {"flags": "+bitexact"}
            if encoder.kbps:
                self._stream.bit_rate = 1000 * (kbps or encoder.kbps)
            self._stream.codec_context.open()
        self._packet_frames = int(self._stream.codec_context.frame_size) or 4_096
        self._held: Block | None = None
        self._kind, self._done = kind, 0
        self._raw, self._isrc = file, tags.get("isrc", "")

    def write(self, block: Block) -> None:
        """Append a block (channels, frames): whole numbers for FLAC, float32 for the lossy codecs."""
        import numpy as np

        held = block if self._held is None else np.concatenate([self._held, block], axis=1)
        whole = held.shape[1] - held.shape[1] % self._packet_frames
        with encoding(self._kind):
            for start in range(0, whole, self._packet_frames):
                self._encode(held[:, start : start + self._packet_frames])
        self._held = held[:, whole:].copy()
        self._file.check()

    def finish(self) -> None:
        """Encode what is left and write the end of the file."""
        with encoding(self._kind):
            if self._held is not None and self._held.shape[1]:
                self._encode(self._held)
            self._container.mux(self._stream.encode(None))
            self._container.close()
        self._file.check()
        if self._kind == "m4a" and self._isrc:
            add_isrc(self._raw, self._isrc)

    def abandon(self) -> None:
        """Let FFmpeg go, without the file: PyAV would write its end when it is collected."""
        import av

        self._file.failure = self._file.failure or OSError("abandoned")
        with suppress(OSError, ValueError, av.FFmpegError):
            self._container.close()

    def _encode(self, block: Block) -> None:
        import av
        import numpy as np

        name = self._encoder.sample_format
        if name == "s32":
            block = np.left_shift(block.astype(np.int32), 8)
        dtype = {"s16": np.int16, "s32": np.int32}.get(name, np.float32)
        is_planar = name.endswith("p")
        plane = block if is_planar else block.T.reshape(1, -1)
        layout = "mono" if self._channels == 1 else "stereo"
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(plane, dtype), format=name, layout=layout)
        frame.sample_rate, frame.time_base, frame.pts = self._rate_hz, Fraction(1, self._rate_hz), self._done
        self._done += block.shape[1]
        self._container.mux(self._stream.encode(frame))


def named_tags(tags: dict[str, str], muxer: str) -> dict[str, str]:
    """Tags by the names that a muxer turns into the right fields."""
    if muxer == "ipod":
        others = {name: text for name, text in tags.items() if text and name != "isrc"}
        # Without any other tag FFmpeg makes no list of tags that the ISRC could go into.
        return others or ({"comment": f"ISRC {tags['isrc']}"} if tags.get("isrc") else {})
    names = ID3_NAMES if muxer == "mp3" else VORBIS_NAMES
    return {names.get(name, name): text for name, text in tags.items() if text}


@contextmanager
def encoding(kind: str) -> Iterator[None]:
    """FFmpeg's complaints as ``MediaError``."""
    import av

    try:
        yield
    except av.FFmpegError as failure:
        raise MediaError(f"{kind} cannot be encoded: {str(failure).lower()}; choose WAV or FLAC") from failure
