"""Reading sound files: WAV (16, 24, 32 bit, float, BWF, RF64), AIFF, FLAC, OGG, Opus, MP3, AAC/M4A, ALAC; any rate.

Conventions: told by content, not by extension. Samples are float32 ``(channels, frames)``, full scale 1.0, not clipped:
an MP3 may exceed it. Frames count from the first frame of the original; encoder delay and padding are removed where the
file tells them (see ``codec_files``).

``probe(path).frames`` is exactly what decoding yields for WAV, AIFF, FLAC, OGG, Opus and for undamaged MP3 and M4A,
whose packets are counted; for a bare AAC stream, Matroska and damaged files it is an estimate until decoded.

Not covered: WMA, AC-3, headerless PCM; more than 64 channels. Mono and stereo only are mixed (``check_mixable``).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, Self

from bandmate.formats import codec_files
from bandmate.formats.containers import container_of
from bandmate.formats.riff import ChunkFacts, chunk_facts
from bandmate.song.errors import MediaError, RequestError

if TYPE_CHECKING:
    from bandmate.sound.audio import Audio, Samples

BLOCK_FRAMES = 65_536
MOST_MIXED_CHANNELS = 2
MOST_CHANNELS = 64
RATE_RANGE_HZ = (1_000, 768_000)
"""The limits of ``bandmate.sound.audio``, which is not imported for a look at a header."""

UNKNOWN_FRAMES = 2**40
"""libsndfile says a length beyond this for a FLAC stream whose writer could not go back to note it."""

SHORT_BY_MS = 100
"""An MP4 that decodes to this much less than it promises was cut off."""

CHUNKED = ("wav", "aiff")
CODECS = ("mp3", "aac", "mp4", "matroska")
ESTIMATED = ("mp3", "aac", "matroska")
"""Streams of packets, which make no promise of a length."""

TAGGED_BY_CODEC = {"flac": "flac", "ogg": "ogg", "opus": "ogg"}
SEEKABLE = ("wav", "aiff", "flac", "caf", "au", "w64")
BITS = {"PCM_S8": 8, "PCM_U8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32, "FLOAT": 32, "DOUBLE": 64}
CODEC_NAMES = {"MPEG_LAYER_III": "mp3", "FLOAT": "float", "DOUBLE": "double"}


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What a sound file is.

    ``bits`` is the resolution of a sample, None for lossy codecs; ``is_exact_seek`` tells whether ``open_audio`` reads
    it; ``tags`` are by Bandmate's names (title, artist, album, track, date, isrc, comment …).
    """

    channels: int
    frames: int
    rate_hz: int
    container: str
    codec: str
    bits: int | None = None
    tags: dict[str, str] = field(default_factory=dict)
    is_exact_seek: bool = False

    @property
    def seconds(self) -> float:
        return self.frames / self.rate_hz


def probe(path: Path | str, *, allow_truncated: bool = False) -> FileFacts:
    """What the file is, without decoding it.

    Parameters
    ----------
    path : Path or str
    allow_truncated : bool
        take a WAV or AIFF that is shorter than its header promises for what is there of it.

    Raises
    ------
    MediaError
        if it is missing, a folder, empty, not readable, no sound file, cut off, or has 0 frames.
    """
    path = Path(path)
    container = container_of(path)
    tags = {}
    if container in CHUNKED:
        chunks = chunk_facts(path)
        if chunks.missing_bytes and not allow_truncated:
            refuse_truncated(path, chunks)
        tags = chunks.tags
    facts = codec_file_facts(path, container) if container in CODECS else library_facts(path, container, tags)
    if facts.frames >= UNKNOWN_FRAMES:
        facts = codec_file_facts(path, container)
    if not facts.frames:
        raise MediaError(f'"{path.name}" has 0 frames: a header and no sound; record or export it again')
    if not RATE_RANGE_HZ[0] <= facts.rate_hz <= RATE_RANGE_HZ[1] or facts.channels > MOST_CHANNELS:
        raise MediaError(
            f'"{path.name}" claims {facts.channels} channels at {facts.rate_hz} Hz; possible are {MOST_CHANNELS} '
            f"channels and {RATE_RANGE_HZ[0]} to {RATE_RANGE_HZ[1]} Hz. Its header is damaged; export it again"
        )
    return facts


def refuse_truncated(path: Path, chunks: ChunkFacts) -> NoReturn:
    promised, there, missing = (
        size / chunks.bytes_per_second for size in (chunks.promised_bytes, chunks.there_bytes, chunks.missing_bytes)
    )
    raise MediaError(
        f'"{path.name}" is cut off: its header promises {promised:.3f} s, {there:.3f} s are there, {missing:.3f} s are '
        "missing; copy or export it again, or allow truncated files to read what is there"
    )


def codec_file_facts(path: Path, container: str) -> FileFacts:
    found = codec_files.codec_facts(path, container)
    return FileFacts(
        found.channels, found.frames, found.rate_hz, container, found.codec, bits=found.bits, tags=found.tags
    )


def library_facts(path: Path, container: str, tags: dict[str, str]) -> FileFacts:
    """Facts of what libsndfile reads."""
    with closing(opened_library(path)) as file:
        bits = BITS.get(file.subtype)
        if container == "aiff":
            tags = {name: text for name, text in file.copy_metadata().items() if text} | tags
        elif container in TAGGED_BY_CODEC:
            tags = codec_files.codec_tags(path, TAGGED_BY_CODEC[container])
        codec = "flac" if container == "flac" else CODEC_NAMES.get(file.subtype, file.subtype.lower().replace("_", "-"))
        return FileFacts(
            int(file.channels),
            int(file.frames),
            int(file.samplerate),
            container,
            codec,
            bits=bits,
            tags=tags,
            is_exact_seek=container in SEEKABLE,
        )


def opened_library(path: Path) -> Any:
    """The file through libsndfile; its complaints come as ``MediaError``."""
    import soundfile

    try:
        return soundfile.SoundFile(str(path))
    except soundfile.LibsndfileError as failure:
        raise MediaError(f'"{path.name}" cannot be decoded: {failure.error_string}; export it again') from failure


class Reader:
    """An open sound file that can be read anywhere, exactly to the frame. Not shared between threads."""

    def __init__(self, path: Path, facts: FileFacts) -> None:
        self._path = path
        self._file = opened_library(path)
        self.channels, self.frames, self.rate_hz = facts.channels, facts.frames, facts.rate_hz

    def read(self, start_frame: int, frames: int) -> Samples:
        """``frames`` frames from ``start_frame`` on, float32 (channels, frames); silence outside the file.

        Raises
        ------
        MediaError
            if the file is damaged there, or a sample is NaN or infinite.
        """
        import numpy as np

        found = np.zeros((self.channels, frames), np.float32)
        first, last = max(0, start_frame), min(self.frames, start_frame + frames)
        if last > first:
            block = read_frames(self._file, first, last - first)
            if block.shape[1] < last - first:
                refuse_short(self._path, (first + block.shape[1]) / self.rate_hz, self.frames / self.rate_hz)
            check_finite(block, self._path.name, start_frame=first, rate_hz=self.rate_hz)
            found[:, first - start_frame : last - start_frame] = block
        return found

    def close(self) -> None:
        """Let the file go; reading is over then."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_audio(path: Path | str, *, allow_truncated: bool = False) -> Reader:
    """A reader of a file that can be read anywhere (WAV, AIFF, FLAC; also CAF, AU, W64).

    Raises
    ------
    RequestError
        for a format without exact places (MP3, AAC, OGG, Opus); decode it with ``decode_blocks``.
    MediaError
        as ``probe``.
    """
    path = Path(path)
    facts = probe(path, allow_truncated=allow_truncated)
    if not facts.is_exact_seek:
        raise RequestError(
            f'"{path.name}" is {facts.container} and cannot be read from just any frame; decode it from its beginning, '
            "or convert it to WAV or FLAC"
        )
    return Reader(path, facts)


def decode_blocks(path: Path | str, frames: int = BLOCK_FRAMES, *, allow_truncated: bool = False) -> Iterator[Samples]:
    """The whole file in consecutive blocks of ``frames`` frames (the last may be shorter), float32 (channels, frames).

    Parameters
    ----------
    path : Path or str
    frames : int
        at least 1; the samples do not depend on it.
    allow_truncated : bool
        as in ``probe``; also ends quietly where a damaged file ends.

    Raises
    ------
    MediaError
        as ``probe``; and if the file ends early, is damaged, or a sample is NaN or infinite (named by frame and time).
    """
    path = Path(path)
    facts = probe(path, allow_truncated=allow_truncated)
    is_streamed_flac = facts.container == "flac" and not facts.is_exact_seek
    blocks = codec_file_blocks if facts.container in CODECS or is_streamed_flac else library_blocks
    done = 0
    for block in same_length_blocks(blocks(path, facts, allow_truncated), frames):
        check_finite(block, path.name, start_frame=done, rate_hz=facts.rate_hz)
        done += block.shape[1]
        yield block
    slack = facts.rate_hz * SHORT_BY_MS // 1000 if facts.container in CODECS else 0
    if done + slack < facts.frames and facts.container not in ESTIMATED and not allow_truncated:
        refuse_short(path, done / facts.rate_hz, facts.seconds)


def refuse_short(path: Path, there_seconds: float, promised_seconds: float) -> NoReturn:
    raise MediaError(
        f'"{path.name}" is cut off or damaged: {there_seconds:.3f} s of {promised_seconds:.3f} s can be decoded; '
        "copy or export it again"
    )


def library_blocks(path: Path, facts: FileFacts, allow_truncated: bool) -> Iterator[Samples]:
    """What libsndfile decodes, until the end or, where that is allowed, the damage."""
    with closing(opened_library(path)) as file:
        for start in range(0, facts.frames, BLOCK_FRAMES):
            wanted = min(BLOCK_FRAMES, facts.frames - start)
            block = read_frames(file, start, wanted)
            yield block
            if block.shape[1] < wanted:
                return


def read_frames(file: Any, start: int, frames: int) -> Samples:
    """``frames`` frames, contiguous (channels, frames); fewer where the file is damaged."""
    import numpy as np
    import soundfile

    try:
        if file.tell() != start:
            file.seek(start)
        block = file.read(frames, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError:
        block = np.zeros((0, file.channels), np.float32)
    return np.ascontiguousarray(block.T)


def codec_file_blocks(path: Path, facts: FileFacts, allow_truncated: bool) -> Iterator[Samples]:
    """What FFmpeg decodes. The last packet of an MP4 says how much of it is padding, and FFmpeg leaves that to us."""
    left = facts.frames if facts.container == "mp4" else -1
    try:
        for block in codec_files.codec_blocks(path, facts.container):
            if left >= 0:
                block = block[:, :left]
                left -= block.shape[1]
            yield block
    except MediaError:
        if not allow_truncated:
            raise


def same_length_blocks(source: Iterator[Samples], frames: int) -> Iterator[Samples]:
    """The same sound in blocks of ``frames`` frames, contiguous; only the last may be shorter."""
    import numpy as np

    if frames < 1:
        raise RequestError(f"blocks of {frames} frames are not possible; at least 1")
    waiting: list[Samples] = []
    held = 0
    for block in source:
        waiting.append(block)
        held += block.shape[1]
        if held >= frames:
            joined = np.concatenate(waiting, axis=1) if len(waiting) > 1 else block
            whole = held - held % frames
            for start in range(0, whole, frames):
                yield np.ascontiguousarray(joined[:, start : start + frames])
            waiting, held = [joined[:, whole:]], held - whole
    if held:
        yield np.ascontiguousarray(np.concatenate(waiting, axis=1))


def read_audio(path: Path | str, *, allow_truncated: bool = False) -> Audio:
    """The whole file in memory; errors as ``decode_blocks``."""
    import numpy as np

    from bandmate.sound.audio import Audio

    facts = probe(path, allow_truncated=allow_truncated)
    blocks = list(decode_blocks(path, allow_truncated=allow_truncated))
    if not blocks:
        raise MediaError(f'"{Path(path).name}" has 0 frames that can be decoded; export it again')
    return Audio(np.concatenate(blocks, axis=1), facts.rate_hz)


def check_finite(block: Samples, name: str, *, start_frame: int, rate_hz: int) -> None:
    """Refuse a block with a NaN or infinite sample.

    Parameters
    ----------
    block : array (channels, frames)
    name : str
        of the file, for the message.
    start_frame : int
        where in the file the block begins.
    rate_hz : int

    Raises
    ------
    MediaError
        naming the first bad frame, its time, and what to do.
    """
    import numpy as np

    # max and min carry NaN and infinity along, without an array of flags for every block.
    if not block.size or (np.isfinite(block.max()) and np.isfinite(block.min())):
        return
    frame = int((~np.isfinite(block)).any(axis=0).argmax())
    channel = int((~np.isfinite(block[:, frame])).argmax())
    at = start_frame + frame
    raise MediaError(
        f'"{name}" is {block[channel, frame]} at frame {at} ({at / rate_hz:.3f} s), channel {channel + 1}; '
        "a broken plug-in or export does that: export it again, or cut that place out"
    )


def check_mixable(facts: FileFacts, name: str) -> None:
    """Refuse what is neither mono nor stereo.

    Raises
    ------
    MediaError
        naming the file and its channels.
    """
    if facts.channels > MOST_MIXED_CHANNELS:
        raise MediaError(
            f'"{name}" has {facts.channels} channels; Bandmate mixes mono and stereo. '
            "Split it into mono or stereo files first"
        )
