"""Writing sound files: WAV, FLAC, MP3, AAC/M4A and Opus, block by block.

Conventions: samples come as float32 ``(channels, frames)``, full scale 1.0, one or two channels. Dither is added once,
here, at 16 and 24 bit, and never to float or to lossy codecs. The file appears complete or not at all. Equal sound,
tags and seed give equal bytes, whatever the blocks.

Kinds: ``wav-16``, ``wav-24``, ``wav-32f``, ``flac-16``, ``flac-24``, ``mp3``, ``m4a``, ``opus``.

Not covered: loudness (that is the master's business) and resampling: ``AudioWriter`` refuses a rate that a codec cannot
hold (``writable_rate_hz`` tells which one to take); ``write_audio`` resamples. MP3 and M4A shorter than a packet (about
20 ms) cannot note their length and come back some frames longer or empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self, get_args

from bandmate.formats.atomic_file import AtomicFile, disk_errors
from bandmate.formats.codec_write import ENCODERS, CodecSink
from bandmate.formats.file_facts import check_finite
from bandmate.formats.wav_write import Broadcast, WavSink
from bandmate.song.errors import OutOfRange, RequestError, UnknownName

if TYPE_CHECKING:
    from bandmate.sound.audio import Audio, Samples
    from bandmate.sound.dither import Dither

Kind = Literal["wav-16", "wav-24", "wav-32f", "flac-16", "flac-24", "mp3", "m4a", "opus"]
KINDS: tuple[Kind, ...] = get_args(Kind)
SUFFIXES: dict[Kind, str] = {kind: f".{kind.split('-')[0]}" for kind in KINDS}
WHOLE_NUMBER_BITS = {"wav-16": 16, "wav-24": 24, "flac-16": 16, "flac-24": 24}
KBPS_RANGE = (32, 320)
FLAC_HIGHEST_RATE_HZ = 655_350


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOptions:
    """What is rarely asked for.

    ``kbps`` is the bit rate of all channels together (without it 320 for MP3, 256 for M4A, 192 for Opus);
    ``broadcast`` is for WAV (without it one is made from the title when there are tags); ``dither`` is as
    ``bandmate.sound.dither`` knows it and ``seed`` its seed: files that will be summed need different ones.
    """

    kbps: int | None = None
    broadcast: Broadcast | None = None
    dither: Dither = "tpdf"
    seed: int = 0


PLAIN = WriteOptions()


class AudioWriter:
    """A sound file being written.

    Parameters
    ----------
    path : Path or str
    rate_hz : int
    channels : int
        1 or 2.
    kind : Kind
    tags : mapping, optional
        title, artist, album, track, date, isrc, comment, genre, copyright.
    options : WriteOptions

    Raises
    ------
    RequestError
        for an unknown kind, a rate that the codec cannot hold, or more than two channels.
    ProjectError
        if the folder is missing or read-only, or the disk is full.

    Examples
    --------
    >>> with AudioWriter(path, 48_000, 2, kind="wav-24") as writer:  # doctest: +SKIP
    ...     writer.write(block)
    """

    def __init__(
        self,
        path: Path | str,
        rate_hz: int,
        channels: int,
        *,
        kind: Kind,
        tags: Mapping[str, str] | None = None,
        options: WriteOptions = PLAIN,
    ) -> None:
        check_request(rate_hz, channels, kind, options.kbps)
        self._path, self._rate_hz, self.channels = Path(path), rate_hz, channels
        self.frames = 0
        self._quantiser = None
        if kind in WHOLE_NUMBER_BITS:
            from bandmate.sound.dither import Quantiser

            self._quantiser = Quantiser(WHOLE_NUMBER_BITS[kind], channels, seed=options.seed, dither=options.dither)
        self._target: AtomicFile | None = AtomicFile(self._path)
        known = {name: text for name, text in (tags or {}).items() if text}
        try:
            with disk_errors(self._path):
                self._sink = made_sink(self._target, (rate_hz, channels), kind, tags=known, options=options)
        except BaseException:
            self._target.discard()
            raise

    def write(self, block: Samples) -> None:
        """Append a block, float32 (channels, frames).

        Raises
        ------
        MediaError
            if a sample is NaN or infinite; nothing is kept then.
        RequestError
            if the block has another number of channels.
        ProjectError
            if the disk is full.
        """
        if block.ndim != 2 or block.shape[0] != self.channels:
            raise RequestError(f'"{self._path.name}" is written with {self.channels} channels, got {block.shape}')
        check_finite(block, self._path.name, start_frame=self.frames, rate_hz=self._rate_hz)
        with disk_errors(self._path):
            self._sink.write(block if self._quantiser is None else self._quantiser.process(block))
        self.frames += block.shape[1]

    @property
    def held_samples(self) -> int:
        """Samples so far above full scale, held there at 16 and 24 bit; 0 for float and lossy kinds."""
        return 0 if self._quantiser is None else self._quantiser.held_samples

    def close(self) -> None:
        """Finish the file and put it in its place; once is enough."""
        target, self._target = self._target, None
        if target is None:
            return
        try:
            with disk_errors(self._path):
                self._sink.finish()
        except BaseException:
            self._target = target
            self.discard()
            raise
        target.keep()

    def discard(self) -> None:
        """Stop and leave nothing behind."""
        target, self._target = self._target, None
        if target is not None:
            if isinstance(self._sink, CodecSink):
                self._sink.abandon()
            target.discard()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.discard()


def made_sink(
    target: AtomicFile, shape: tuple[int, int], kind: Kind, *, tags: dict[str, str], options: WriteOptions
) -> WavSink | CodecSink:
    """The encoder for a kind; ``shape`` is the rate and the channels."""
    rate_hz, channels = shape
    if kind in ENCODERS:
        return CodecSink(target.file, rate_hz, channels, kind=kind, tags=tags, kbps=options.kbps)
    broadcast = options.broadcast
    if broadcast is None and tags:
        broadcast = Broadcast(description=tags.get("title", ""), originator_reference=tags.get("isrc", ""))
    bits = WHOLE_NUMBER_BITS.get(kind, 32)
    return WavSink(target.file, rate_hz, channels, bits=bits, tags=tags, broadcast=broadcast)


def check_request(rate_hz: int, channels: int, kind: str, kbps: int | None) -> None:
    if kind not in KINDS:
        raise UnknownName("kind of sound file", kind, KINDS)
    if channels not in (1, 2):
        raise RequestError(f"a file with {channels} channels cannot be written; Bandmate writes mono and stereo")
    if kbps is not None and not KBPS_RANGE[0] <= kbps <= KBPS_RANGE[1]:
        raise OutOfRange(f"{kbps} kbit/s is not possible; take {KBPS_RANGE[0]} to {KBPS_RANGE[1]}")
    writable = writable_rate_hz(kind, rate_hz)
    if writable != rate_hz:
        raise RequestError(f"{kind} cannot hold {rate_hz} Hz; resample to {writable} Hz first, or choose WAV")


def writable_rate_hz(kind: str, rate_hz: int) -> int:
    """The rate to write at: ``rate_hz`` where the kind can hold it, else the next higher, else its highest."""
    if kind.startswith("flac"):
        return min(rate_hz, FLAC_HIGHEST_RATE_HZ)
    rates = ENCODERS[kind].rates_hz if kind in ENCODERS else ()
    if not rates or rate_hz in rates:
        return rate_hz
    return min((rate for rate in rates if rate > rate_hz), default=max(rates))


def write_audio(
    path: Path | str,
    audio: Audio,
    *,
    kind: Kind,
    tags: Mapping[str, str] | None = None,
    options: WriteOptions = PLAIN,
) -> None:
    """Write a whole signal, resampled where the kind cannot hold its rate; parameters and errors as ``AudioWriter``."""
    rate_hz = writable_rate_hz(kind, audio.rate_hz)
    if rate_hz != audio.rate_hz:
        from bandmate.sound.resample import resample

        audio = resample(audio, rate_hz)
    with AudioWriter(path, audio.rate_hz, audio.channels, kind=kind, tags=tags, options=options) as writer:
        for block in audio.blocks():
            writer.write(block)
