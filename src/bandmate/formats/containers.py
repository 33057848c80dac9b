"""What a file is, told from its bytes and never from its extension.

Conventions: a container is named ``wav`` (with BWF and RF64), ``aiff``, ``flac``, ``ogg``, ``opus``, ``caf``, ``au``,
``w64``, ``mp3`` (all MPEG-1/2 audio layers), ``aac`` (bare ADTS), ``mp4`` (also M4A, MOV) or ``matroska`` (also WebM).

Not covered: headerless PCM, WMA, AC-3, playlists.

References: RFC 9639 (FLAC), RFC 3533 and 7845 (Ogg, Opus), ISO/IEC 11172-3 §2.4.2.3 (MPEG header), ID3v2.4 §3.1.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bandmate.song.errors import MediaError

HEAD_BYTES = 65_536
ID3_HEADER_BYTES = 10

PREFIXES = {
    b"RIFF": "wav",
    b"RIFX": "wav",
    b"RF64": "wav",
    b"BW64": "wav",
    b"FORM": "aiff",
    b"fLaC": "flac",
    b"caff": "caf",
    b".snd": "au",
    b"riff": "w64",
    b"\x1aE\xdf\xa3": "matroska",
}
FORM_TYPES = {"wav": (b"WAVE",), "aiff": (b"AIFF", b"AIFC")}

MPEG1_KBPS = {
    1: (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    2: (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    3: (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
}
MPEG2_KBPS = {
    1: (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    2: (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    3: (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
MPEG_RATES_HZ = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}


def checked_file(path: Path) -> Path:
    """``path`` if it is a file with something in it that may be read.

    Raises
    ------
    MediaError
        for a missing file, a folder, a device, an empty file, or one that may not be read.
    """
    with media_errors(path):
        if not path.exists():
            raise MediaError(f'there is no file "{path}"; check the name and the folder')
        if path.is_dir():
            raise MediaError(f'"{path.name}" is a folder, not a sound file; name a file in it')
        if not path.is_file():
            raise MediaError(f'"{path.name}" is a device or a pipe, not a sound file; name a file')
        if path.stat().st_size == 0:
            raise MediaError(f'"{path.name}" is empty (0 bytes); copy or export it again')
    return path


@contextmanager
def media_errors(path: Path) -> Iterator[None]:
    """What the system refuses, said as a ``MediaError``."""
    try:
        yield
    except PermissionError as refusal:
        raise MediaError(f'"{path.name}" may not be read; give yourself permission to read it') from refusal
    except OSError as failure:
        raise MediaError(f'"{path.name}" cannot be read: {failure.strerror or failure}') from failure


def container_of(path: Path) -> str:
    """The container of a file.

    Raises
    ------
    MediaError
        if it is not there, empty, not readable, or of no container that Bandmate knows.
    """
    checked_file(path)
    with media_errors(path), path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        if head.startswith(b"ID3"):
            file.seek(id3_bytes(head))
            head = file.read(HEAD_BYTES)
    found = container_from(head)
    if found is None:
        raise MediaError(
            f'"{path.name}" is not a sound file{looks_like(head)}; '
            "Bandmate reads WAV, AIFF, FLAC, OGG, Opus, MP3 and AAC/M4A"
        )
    return found


def container_from(head: bytes) -> str | None:
    """The container that begins with ``head``, or None."""
    found = PREFIXES.get(head[:4])
    if found in FORM_TYPES:
        return found if head[8:12] in FORM_TYPES[found] else None
    if found:
        return found
    if head.startswith(b"OggS"):
        return "opus" if b"OpusHead" in head[:512] else "ogg"
    if head[4:8] == b"ftyp":
        return "mp4"
    return mpeg_container(head)


def mpeg_container(head: bytes) -> str | None:
    """``mp3`` or ``aac`` when two frames in a row are found; one could be chance."""
    at = head.find(b"\xff")
    while 0 <= at < len(head) - 8:
        for name, measure in (("mp3", mpeg_frame_bytes), ("aac", adts_frame_bytes)):
            size = measure(head[at : at + 8])
            if size and measure(head[at + size : at + size + 8]):
                return name
        at = head.find(b"\xff", at + 1)
    return None


def mpeg_frame_bytes(header: bytes) -> int:
    """Length of an MPEG audio frame (ISO/IEC 11172-3 §2.4.2.3), 0 if these bytes begin none."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE0 != 0xE0:
        return 0
    version, layer = (header[1] >> 3) & 3, 4 - ((header[1] >> 1) & 3)
    kbps_index, rate_index, padding = header[2] >> 4, (header[2] >> 2) & 3, (header[2] >> 1) & 1
    if version == 1 or layer == 4 or not 1 <= kbps_index <= 14 or rate_index == 3:
        return 0
    kbps = (MPEG1_KBPS if version == 3 else MPEG2_KBPS)[layer][kbps_index - 1]
    rate_hz = MPEG_RATES_HZ[version][rate_index]
    if layer == 1:
        return (12_000 * kbps // rate_hz + padding) * 4
    return (72_000 if layer == 3 and version != 3 else 144_000) * kbps // rate_hz + padding


def adts_frame_bytes(header: bytes) -> int:
    """Length of an ADTS frame (ISO/IEC 13818-7 §6.2), 0 if these bytes begin none."""
    if len(header) < 7 or header[0] != 0xFF or header[1] & 0xF6 != 0xF0 or (header[2] >> 2) & 15 > 12:
        return 0
    return ((header[3] & 3) << 11) | (header[4] << 3) | (header[5] >> 5)


def id3_bytes(head: bytes) -> int:
    """Length of the ID3v2 tag in front (ID3v2.4 §3.1: 28 bits in four bytes of seven)."""
    size = 0
    for byte in head[6:ID3_HEADER_BYTES]:
        size = size << 7 | byte & 0x7F
    return ID3_HEADER_BYTES + size


def looks_like(head: bytes) -> str:
    """What the bytes seem to be instead, for the message."""
    try:
        head[:4096].decode()
    except UnicodeDecodeError as damage:
        if damage.start < min(len(head), 4096) - 4:
            return ""
    return " but text" if b"\0" not in head[:4096] else ""
