"""MP3, AAC, ALAC and what else comes in MP4 and Matroska, decoded by FFmpeg through PyAV.

Conventions: what an encoder put before and after the music is taken away, where the file says how much: the LAME
header of an MP3, the edit list of an MP4 and the length of its last packet. So the first frame is the first frame of
the original. An MP3 without such a header and a bare AAC stream begin late by their codec's delay (MP3 mostly 1105
frames, AAC 1024 or 2112); the ``iTunSMPB`` comment of iTunes MP3s is not used, since hardly another decoder uses it
and a stem must lie where the other programs put it.

Not covered: seeking; more than the first audio stream of a file.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bandmate.formats.file_facts import FileFacts
from bandmate.song.errors import MediaError

if TYPE_CHECKING:
    from bandmate.sound.audio import Samples

DEMUXERS = {"mp3": "mp3", "aac": "aac", "mp4": "mov", "matroska": "matroska", "flac": "flac", "ogg": "ogg"}
TAG_NAMES = {"tsrc": "isrc", "tracknumber": "track", "tit2": "title", "year": "date", "description": "comment"}
TECHNICAL_TAGS = {
    "encoder",
    "major_brand",
    "minor_version",
    "compatible_brands",
    "language",
    "handler_name",
    "vendor_id",
    "creation_time",
    "itunsmpb",
    "itunnorm",
    "itunpgap",
    "tss",
}
WHOLE_NUMBER_SCALES = {"uint8": 128.0, "int16": 32_768.0, "int32": 2_147_483_648.0}
LOSSLESS_CODECS = ("alac", "flac")


@contextmanager
def opened(path: Path, container: str) -> Iterator[Any]:
    """The file with its demuxer, closed afterwards; FFmpeg's complaints come as ``MediaError``."""
    import av

    try:
        # subtle: naming the demuxer keeps FFmpeg from taking the file for a playlist or a text screen.
        with av.open(str(path.absolute()), format=DEMUXERS[container], metadata_errors="replace") as file:
            if not file.streams.audio:
                raise MediaError(f'"{path.name}" has no sound in it; take a file with an audio track')
            yield file
    except av.FFmpegError as failure:
        raise MediaError(f'"{path.name}" cannot be decoded: {plain(failure)}; export it again') from failure


def codec_facts(path: Path, container: str) -> FileFacts:
    """Channels, length and tags, from headers and packet lengths (no decoding; about 5 ms per minute of MP3)."""
    with opened(path, container) as file:
        stream = file.streams.audio[0]
        context = stream.codec_context
        if context is None or not context.rate or not context.channels:
            raise MediaError(f'"{path.name}" does not say its sample rate or channels; export it again')
        codec = context.name.removesuffix("float")
        # FFmpeg holds 24 bits in 32; neither codec is used with more than 24 in practice.
        bits = min(24, int(context.format.bits)) if codec in LOSSLESS_CODECS else None
        tags = plain_tags({**file.metadata, **stream.metadata})
        frames = counted_frames(file, stream)
        return FileFacts(int(context.channels), frames, int(context.rate), container, codec, bits=bits, tags=tags)


def counted_frames(file: Any, stream: Any) -> int:
    """Frames that decoding will yield: the lengths of the packets, less what they say is to be skipped."""
    total = skipped = 0
    for packet in file.demux(stream):
        if packet.size and packet.duration:
            total += packet.duration
            skipped += skipped_frames(packet)
    if not total and stream.duration:
        total = stream.duration
    seconds: Fraction = total * stream.time_base
    return max(0, round(seconds * int(stream.codec_context.rate)) - skipped)


def skipped_frames(packet: Any) -> int:
    """Frames of a packet that are padding: two little-endian numbers, at its start and at its end."""
    note = bytes(packet.get_sidedata("skip_samples"))
    return int.from_bytes(note[:4], "little") + int.from_bytes(note[4:8], "little")


def codec_blocks(path: Path, container: str) -> Iterator[Samples]:
    """The sound as the codec gives it, block by block, float32 (channels, frames)."""
    with opened(path, container) as file:
        stream = file.streams.audio[0]
        wanted = (int(stream.codec_context.channels), int(stream.codec_context.rate))
        for frame in file.decode(stream):
            got = (len(frame.layout.channels), int(frame.sample_rate))
            if got != wanted:
                raise MediaError(
                    f'"{path.name}" changes from {wanted[0]} channels at {wanted[1]} Hz to {got[0]} at {got[1]} Hz '
                    "on its way; export it again at one rate"
                )
            yield frame_samples(frame, wanted[0])


def frame_samples(frame: Any, channels: int) -> Samples:
    """One decoded frame as float32 (channels, frames), full scale 1."""
    import numpy as np

    found = frame.to_ndarray()
    if not frame.format.is_planar:
        found = found.reshape(-1, channels).T
    if found.dtype.kind == "f":
        return np.ascontiguousarray(found, np.float32)
    middle = 128.0 if found.dtype == np.uint8 else 0.0
    scaled = (found.astype(np.float64) - middle) / WHOLE_NUMBER_SCALES[found.dtype.name]
    return np.ascontiguousarray(scaled, np.float32)


def codec_tags(path: Path, container: str) -> dict[str, str]:
    """The tags of a file."""
    with opened(path, container) as file:
        found = dict(file.metadata)
        for stream in file.streams.audio:
            found.update(stream.metadata)
        return plain_tags(found)


def plain_tags(found: dict[str, str]) -> dict[str, str]:
    """Tags by Bandmate's names (title, artist, album, track, date, isrc, comment …), without technical ones."""
    tags: dict[str, str] = {}
    for name, text in found.items():
        key = name.lower()
        if key not in TECHNICAL_TAGS and text:
            tags.setdefault(TAG_NAMES.get(key, key), text)
    return tags


def plain(failure: Exception) -> str:
    """FFmpeg's reason in lower case, without the file's path."""
    return str(getattr(failure, "strerror", None) or failure).lower()
