"""Reading sound files, against libsndfile's and FFmpeg's own encoders, and every way in which a file can be bad."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import soundfile

import bandmate.formats
from bandmate.formats.audio_files import (
    MOST_CHANNELS,
    RATE_RANGE_HZ,
    check_mixable,
    decode_blocks,
    open_audio,
    probe,
    read_audio,
)
from bandmate.formats.audio_write import KINDS, Kind, write_audio
from bandmate.song.errors import MediaError, RequestError
from bandmate.sound.audio import MAX_CHANNELS, Audio, Samples
from bandmate.sound.audio import RATE_RANGE_HZ as SOUND_RATES_HZ
from tests.conftest import shared_folder

EXACT = [
    ("WAV", "PCM_16", 16),
    ("WAV", "PCM_24", 24),
    ("WAV", "PCM_32", 32),
    ("WAV", "FLOAT", 32),
    ("WAVEX", "PCM_24", 24),
    ("RF64", "PCM_24", 24),
    ("AIFF", "PCM_16", 16),
    ("AIFF", "PCM_24", 24),
    ("FLAC", "PCM_16", 16),
    ("FLAC", "PCM_24", 24),
]


def noise(rng: np.random.Generator, channels: int, frames: int) -> Samples:
    """Noise whose samples are whole numbers at 16 bit, so that every exact format can hold it."""
    return (rng.integers(-20_000, 20_000, (channels, frames)) / 32_768).astype(np.float32)


def decoded_by_ffmpeg(path: Path) -> Samples:
    """The whole file as FFmpeg gives it, float32 (channels, frames)."""
    with av.open(str(path)) as file:
        resampler = av.AudioResampler(format="fltp")
        frames: list[Any] = [made for frame in file.decode(audio=0) for made in resampler.resample(frame)]
        return np.concatenate([frame.to_ndarray() for frame in [*frames, *resampler.resample(None)]], axis=1)


@pytest.mark.parametrize(("kind", "subtype", "bits"), EXACT)
@pytest.mark.parametrize(("channels", "rate_hz"), [(1, 44_100), (2, 96_000), (7, 192_000)])
def test_exact_formats_give_back_every_sample(
    tmp_path: Path, rng: np.random.Generator, kind: str, subtype: str, bits: int, channels: int, rate_hz: int
) -> None:
    path = tmp_path / "Запись с пробелом.bin"
    samples = noise(rng, channels, 1_001)
    soundfile.write(path, samples.T, rate_hz, format=kind, subtype=subtype)
    facts = probe(path)
    assert (facts.channels, facts.frames, facts.rate_hz, facts.bits) == (channels, 1_001, rate_hz, bits)
    assert facts.is_exact_seek
    audio = read_audio(path)
    assert audio.rate_hz == rate_hz
    np.testing.assert_array_equal(audio.samples, samples)
    with open_audio(path) as reader:
        np.testing.assert_array_equal(reader.read(100, 50), samples[:, 100:150])
        around = reader.read(-3, 1_010)
        np.testing.assert_array_equal(around[:, 3:1_004], samples)
        assert not around[:, :3].any() and not around[:, 1_004:].any()
        assert reader.read(5_000, 4).shape == (channels, 4)


@pytest.mark.parametrize("frames", [1, 7, 1_000, 1_001, 4_096])
def test_the_samples_do_not_depend_on_the_block_size(tmp_path: Path, rng: np.random.Generator, frames: int) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, noise(rng, 2, 1_001).T, 48_000)
    blocks = list(decode_blocks(path, frames))
    assert {block.shape[1] for block in blocks[:-1]} <= {frames}
    assert all(block.flags.c_contiguous and block.dtype == np.float32 for block in blocks)
    np.testing.assert_array_equal(np.concatenate(blocks, axis=1), read_audio(path).samples)


def test_one_frame_is_a_file_too(tmp_path: Path) -> None:
    path = tmp_path / "one.wav"
    soundfile.write(path, np.full((1, 1), 0.5), 44_100, subtype="FLOAT")
    np.testing.assert_array_equal(read_audio(path).samples, [[0.5]])


@pytest.mark.parametrize(("kind", "subtype"), [("OGG", "VORBIS"), ("OGG", "OPUS"), ("MP3", "MPEG_LAYER_III")])
@pytest.mark.parametrize("frames", [1_000, 48_000, 50_001])
def test_lossy_files_have_the_length_they_promise(
    tmp_path: Path, rng: np.random.Generator, kind: str, subtype: str, frames: int
) -> None:
    path = tmp_path / "lossy"
    soundfile.write(path, noise(rng, 2, frames).T, 48_000, format=kind, subtype=subtype)
    assert probe(path).frames == read_audio(path).frames
    if kind == "OGG":
        assert probe(path).frames == frames
    with pytest.raises(RequestError, match="cannot be read from just any frame"):
        open_audio(path)


def test_real_mp3_stems_decode_alike_in_two_decoders() -> None:
    for path in sorted(shared_folder("audio", "stems_cc0").glob("*.mp3")):
        audio = read_audio(path)
        other, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
        assert (audio.rate_hz, audio.frames) == (rate_hz, len(other)) == (44_100, probe(path).frames)
        assert float(np.abs(audio.samples - other.T).max()) < 2e-5
        assert probe(path).tags["artist"] == "Mark Boas"


def test_real_wav_files_decode_alike_in_two_decoders() -> None:
    for path in sorted(shared_folder("audio", "voices_instruments").glob("*.wav"))[:8]:
        np.testing.assert_allclose(read_audio(path).samples, decoded_by_ffmpeg(path), atol=1e-7)


def test_a_file_is_told_by_its_content_and_not_by_its_name(tmp_path: Path, rng: np.random.Generator) -> None:
    path = tmp_path / "really-flac.mp3"
    soundfile.write(path, noise(rng, 1, 100).T, 48_000, format="FLAC")
    assert (probe(path).container, probe(path).codec, probe(path).bits) == ("flac", "flac", 16)


def test_an_id3_tag_in_front_does_not_hide_what_follows(tmp_path: Path, rng: np.random.Generator) -> None:
    path = tmp_path / "x"
    soundfile.write(path, noise(rng, 1, 20_000).T, 44_100, format="MP3")
    bare = path.read_bytes()
    path.write_bytes(b"ID3\x04\x00\x00\x00\x00\x02\x00" + bytes(256) + bare)
    assert probe(path).container == "mp3"
    assert probe(path).frames == 20_000


def test_a_streamed_wav_of_unknown_length_lasts_until_its_end(tmp_path: Path, rng: np.random.Generator) -> None:
    path = tmp_path / "streamed.wav"
    samples = noise(rng, 2, 500)
    soundfile.write(path, samples.T, 48_000, subtype="PCM_16")
    data = path.read_bytes()
    at = data.index(b"data") + 4
    path.write_bytes(data[:at] + b"\xff\xff\xff\xff" + data[at + 4 :])
    np.testing.assert_array_equal(read_audio(path).samples, samples)


def test_a_text_named_wav_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "песня.wav"
    path.write_text("this is not sound, это текст\n" * 200)
    with pytest.raises(MediaError, match=r'^"песня.wav" is not a sound file but text; Bandmate reads WAV, AIFF, FLAC'):
        probe(path)


def test_bytes_without_meaning_are_refused(tmp_path: Path, rng: np.random.Generator) -> None:
    path = tmp_path / "noise.mp3"
    path.write_bytes(rng.integers(0, 255, 100_000, np.uint8).tobytes())
    with pytest.raises(MediaError, match=r'^"noise.mp3" is not a sound file; Bandmate reads'):
        probe(path)


@pytest.mark.parametrize(("kind", "head_bytes"), [("WAV", 44), ("AIFF", 54)])
def test_a_cut_off_file_says_how_much_is_missing(
    tmp_path: Path, rng: np.random.Generator, kind: str, head_bytes: int
) -> None:
    path = tmp_path / "cut.wav"
    samples = noise(rng, 1, 48_000)
    soundfile.write(path, samples.T, 48_000, format=kind, subtype="PCM_16")
    path.write_bytes(path.read_bytes()[: head_bytes + 24_000])
    for read in (probe, read_audio, open_audio, lambda it: next(decode_blocks(it))):
        with pytest.raises(
            MediaError, match=r'"cut.wav" is cut off: its header promises 1.000 s, 0.250 s are there, 0.7'
        ):
            read(path)
    np.testing.assert_array_equal(read_audio(path, allow_truncated=True).samples, samples[:, :12_000])


def test_a_cut_off_flac_is_refused_when_its_end_is_missed(tmp_path: Path, rng: np.random.Generator) -> None:
    path = tmp_path / "cut.flac"
    samples = noise(rng, 1, 200_000)
    soundfile.write(path, samples.T, 48_000)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 3 // 4])
    with pytest.raises(
        MediaError, match=r'"cut.flac" is cut off or damaged: [012].\d+ s of 4.167 s can be decoded; copy'
    ):
        read_audio(path)
    there = read_audio(path, allow_truncated=True)
    np.testing.assert_array_equal(there.samples, samples[:, : there.frames])
    with open_audio(path) as reader, pytest.raises(MediaError, match="cut off or damaged"):
        reader.read(190_000, 100)


@pytest.mark.parametrize("kind", ["WAV", "AIFF", "OGG"])
def test_a_file_of_0_frames_is_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "none"
    soundfile.write(path, np.zeros((0, 2)), 48_000, format=kind)
    with pytest.raises(MediaError, match=r'"none" has 0 frames: a header and no sound; record or export it again'):
        probe(path)


def test_a_streamed_flac_of_unknown_length_is_counted(tmp_path: Path, rng: np.random.Generator) -> None:
    path = tmp_path / "streamed.flac"
    samples = noise(rng, 1, 70_000)
    soundfile.write(path, samples.T, 48_000)
    data = bytearray(path.read_bytes())
    data[21] &= 0xF0
    data[22:26] = bytes(4)
    path.write_bytes(data)
    assert probe(path).frames == 70_000
    np.testing.assert_array_equal(read_audio(path).samples, samples)


def test_a_wav_with_only_a_header_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "head.wav"
    path.write_bytes(b"RIFF" + struct.pack("<I", 4) + b"WAVE")
    with pytest.raises(MediaError, match=r'"head.wav" has no sound in it, only a header'):
        probe(path)


def test_seven_channels_are_read_but_not_mixed(tmp_path: Path, rng: np.random.Generator) -> None:
    path = tmp_path / "surround.wav"
    soundfile.write(path, noise(rng, 7, 10).T, 48_000)
    facts = probe(path)
    with pytest.raises(
        MediaError, match=r'^"surround.wav" has 7 channels; Bandmate mixes mono and stereo. Split it into'
    ):
        check_mixable(facts, path.name)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("block_frames", [64, 65_536])
def test_a_sample_that_is_no_number_is_named_by_frame_and_time(tmp_path: Path, bad: float, block_frames: int) -> None:
    path = tmp_path / "broken.wav"
    samples = np.zeros((2, 4_800), np.float32)
    samples[1, 2_400] = bad
    soundfile.write(path, samples.T, 48_000, subtype="FLOAT")
    message = rf'"broken.wav" is {bad} at frame 2400 \(0.050 s\), channel 2; a broken plug-in or export'
    with pytest.raises(MediaError, match=message):
        list(decode_blocks(path, block_frames))
    with open_audio(path) as reader, pytest.raises(MediaError, match=message):
        reader.read(2_000, 500)


def test_a_missing_file_a_folder_and_an_empty_file_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "empty.wav").touch()
    with pytest.raises(MediaError, match=r'there is no file ".*ghost.wav"; check the name and the folder'):
        probe(tmp_path / "ghost.wav")
    with pytest.raises(MediaError, match="is a folder, not a sound file; name a file in it"):
        probe(tmp_path)
    with pytest.raises(MediaError, match=r'"empty.wav" is empty \(0 bytes\); copy or export it again'):
        probe(tmp_path / "empty.wav")


def test_a_file_that_may_not_be_read_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secret.wav"
    path.write_bytes(b"RIFF")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(MediaError, match=r'"secret.wav" may not be read; give yourself permission to read it'):
        probe(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(MediaError, match='"pipe" is a device or a pipe, not a sound file'):
        probe(tmp_path / "pipe")


def encoded(path: Path, muxer: str, codec: str, sample_format: str, samples: Samples) -> None:
    """Write stereo sound with FFmpeg, in one of the kinds that Bandmate reads and does not write."""
    with av.open(str(path), "w", format=muxer) as file:
        stream: Any = file.add_stream(codec, rate=48_000, layout="stereo")
        stream.codec_context.format = sample_format
        whole = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout="stereo")
        whole.sample_rate = 48_000
        fifo = av.AudioFifo()
        for frame in av.AudioResampler(format=sample_format, layout="stereo", rate=48_000).resample(whole):
            fifo.write(frame)
        stream.codec_context.open()
        while frame := fifo.read(stream.codec_context.frame_size, partial=True):
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))


@pytest.mark.parametrize(("muxer", "bits", "sample_format"), [("ipod", 16, "s16p"), ("ipod", 24, "s32p")])
def test_alac_gives_back_every_sample(
    tmp_path: Path, rng: np.random.Generator, muxer: str, bits: int, sample_format: str
) -> None:
    samples = noise(rng, 2, 10_000)
    encoded(tmp_path / "x", muxer, "alac", sample_format, samples)
    facts = probe(tmp_path / "x")
    assert (facts.container, facts.codec, facts.bits, facts.frames) == ("mp4", "alac", bits, 10_000)
    np.testing.assert_array_equal(read_audio(tmp_path / "x").samples, samples)


@pytest.mark.parametrize(
    ("muxer", "codec", "sample_format", "container"),
    [("adts", "aac", "fltp", "aac"), ("matroska", "aac", "fltp", "matroska"), ("mp2", "mp2", "s16", "mp3")],
)
def test_streams_of_packets_are_read_with_an_estimate_of_their_length(
    tmp_path: Path, rng: np.random.Generator, muxer: str, codec: str, sample_format: str, container: str
) -> None:
    encoded(tmp_path / "x", muxer, codec, sample_format, noise(rng, 2, 50_000))
    facts, audio = probe(tmp_path / "x"), read_audio(tmp_path / "x")
    assert facts.container == container and audio.rate_hz == 48_000
    assert abs(facts.frames - audio.frames) <= 1_152
    assert 50_000 <= audio.frames + 1_152 <= 55_000


def test_a_film_without_sound_is_refused(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "film.mp4"), "w", format="mp4") as file:
        stream = file.add_stream("mpeg4", rate=25)
        stream.width = stream.height = 32
        stream.pix_fmt = "yuv420p"
        file.mux(stream.encode(av.VideoFrame(32, 32, "yuv420p")))
        file.mux(stream.encode(None))
    with pytest.raises(MediaError, match=r'"film.mp4" has no sound in it; take a file with an audio track'):
        probe(tmp_path / "film.mp4")


def test_blocks_of_nothing_are_refused(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(10), 48_000)
    with pytest.raises(RequestError, match="blocks of 0 frames are not possible; at least 1"):
        next(decode_blocks(tmp_path / "a.wav", 0))


def test_a_damaged_mp4_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.m4a"
    path.write_bytes(struct.pack(">I", 24) + b"ftypM4A \0\0\2\0M4A isom" + bytes(500))
    with pytest.raises(MediaError, match=r'"a.m4a" cannot be decoded: .*; export it again'):
        probe(path)


def test_a_rate_that_nothing_has_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "fast.wav"
    soundfile.write(path, np.zeros(10), 2_000_000)
    with pytest.raises(
        MediaError, match=r'"fast.wav" claims 1 channels at 2000000 Hz; possible are 64 channels and 1000'
    ):
        probe(path)
    assert (MAX_CHANNELS, SOUND_RATES_HZ) == (MOST_CHANNELS, RATE_RANGE_HZ)


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_file_is_read_or_refused_and_never_a_crash(
    tmp_path: Path, rng: np.random.Generator, kind: Kind
) -> None:
    path = tmp_path / "x"
    write_audio(path, Audio(noise(rng, 2, 3_000), 48_000), kind=kind, tags={"title": "x"})
    whole = path.read_bytes()
    for number in range(40):
        damaged = bytearray(whole[: rng.integers(1, len(whole))] if number % 2 else whole)
        for at in rng.integers(0, min(len(damaged), 400), 4):
            damaged[at] = rng.integers(0, 256)
        path.write_bytes(damaged)
        with suppress(MediaError):
            read_audio(path, allow_truncated=bool(number % 3))


def test_importing_any_format_loads_no_heavy_library() -> None:
    names = sorted(path.stem for path in Path(bandmate.formats.__path__[0]).glob("*.py") if path.stem != "__init__")
    code = f"""
import importlib, sys
for name in {names}:
    importlib.import_module("bandmate.formats." + name)
print([name for name in ("av", "soundfile", "numpy", "lxml", "mido", "numba", "scipy") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]" and not done.stderr
