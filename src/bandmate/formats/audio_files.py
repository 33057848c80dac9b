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
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, NoReturn, Self

from bandmate.formats import codec_files
from bandmate.formats.containers import container_of
from bandmate.formats.file_facts import FileFacts as FileFacts
from bandmate.formats.file_facts import check_finite as check_finite
from bandmate.formats.file_facts import check_mixable as check_mixable
from bandmate.formats.library_files import library_facts, opened_library, read_frames
from bandmate.formats.riff import ChunkFacts, chunk_facts
from bandmate.song.errors import MediaError, RequestError

if TYPE_CHECKING:
    from bandmate.sound.audio import Audio, Samples

BLOCK_FRAMES = 65_536
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
    facts = codec_files.codec_facts(path, container) if container in CODECS else library_facts(path, container, tags)
    if facts.frames >= UNKNOWN_FRAMES:
        facts = codec_files.codec_facts(path, container)
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
