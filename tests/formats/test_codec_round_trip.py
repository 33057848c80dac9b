"""Through a codec and back: in step to the frame, of the same length, whatever the blocks; and what cannot be coded."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from bandmate.formats.audio_files import read_audio
from bandmate.formats.audio_write import Kind, WriteOptions, write_audio
from bandmate.formats.codec_round_trip import LOSSY_CODECS, CodecRoundTrip, CodecSetting, LossyCodec, codec_setting
from bandmate.formats.vorbis_codec import OggStream, VorbisCodec, quality
from bandmate.song.errors import OutOfRange, RequestError, UnknownName
from bandmate.sound.audio import Audio, Samples
from tests.stages.stems import stems

RATES_HZ = (44_100, 48_000)
KBPS: dict[LossyCodec, int] = {"aac": 256, "mp3": 320, "vorbis": 320, "opus": 256}


@pytest.fixture(scope="module")
def music() -> Samples:
    """Three seconds of band, stereo, 44.1 kHz, peaking at -6 dBFS."""
    made = sum(np.asarray(stem, np.float64).reshape(-1)[: 3 * 44_100] for stem in stems().values())
    left = made / np.abs(made).max() * 0.5
    return np.stack([left, 0.8 * np.roll(left, 7)]).astype(np.float32)


def through(
    sound: Samples, setting: CodecSetting, rate_hz: int = 44_100, cuts: tuple[int, ...] = ()
) -> tuple[Samples, Samples]:
    trip = CodecRoundTrip(setting, rate_hz, len(sound))
    pairs = []
    for start, end in pairwise((0, *cuts, sound.shape[1])):
        pairs.extend(trip.feed(sound[:, start:end]))
    pairs.extend(trip.finish())
    nothing = np.zeros((len(sound), 0), np.float32)
    for pair in pairs:
        assert pair.original.shape == pair.decoded.shape
    original = np.concatenate([nothing, *(pair.original for pair in pairs)], axis=1)
    return original, np.concatenate([nothing, *(pair.decoded for pair in pairs)], axis=1)


def lag_frames(original: Samples, decoded: Samples) -> int:
    """How many frames later the decoded sound is, by cross-correlation with a flattened spectrum."""
    size = 2 * original.shape[1]
    product = np.fft.rfft(decoded[0], size) * np.conj(np.fft.rfft(original[0], size))
    correlation = np.fft.irfft(product / (np.abs(product) + 1e-3 * np.abs(product).mean()))
    found = int(correlation.argmax())
    return found if found < size // 2 else found - size


def snr_db(original: Samples, decoded: Samples) -> float:
    return float(10 * np.log10(np.square(original).sum() / np.square(decoded - original).sum()))


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("codec", LOSSY_CODECS)
def test_music_comes_back_in_step_and_whole(music: Samples, codec: LossyCodec, rate_hz: int) -> None:
    original, decoded = through(music, CodecSetting(codec, KBPS[codec]), rate_hz)
    assert original.shape == decoded.shape
    assert lag_frames(original, decoded) == 0
    assert snr_db(original, decoded) > 20
    for part in (slice(0, 4_000), slice(-4_000, None)):
        assert snr_db(original[:, part], decoded[:, part]) > 10, part


@pytest.mark.parametrize("codec", LOSSY_CODECS)
@pytest.mark.parametrize("at", [3_000, 50_001, 131_072])
def test_an_impulse_comes_back_where_it_was(codec: LossyCodec, at: int) -> None:
    click = np.zeros((2, 140_000), np.float32)
    click[:, at] = 0.9
    original, decoded = through(click, CodecSetting(codec, KBPS[codec], None if codec == "opus" else 44_100), 44_100)
    place = int(np.abs(original[0]).argmax())
    assert abs(int(np.abs(decoded[0]).argmax()) - place) <= 1
    assert place == at if codec != "opus" else place == round(at * 48 / 44.1)


@pytest.mark.parametrize(("kind", "codec"), [("mp3", "mp3"), ("m4a", "aac")])
def test_a_file_by_the_same_encoder_decodes_to_the_same_sound(
    music: Samples, tmp_path: Path, kind: Kind, codec: LossyCodec
) -> None:
    path = tmp_path / f"song.{kind}"
    write_audio(path, Audio(music, 44_100), kind=kind, options=WriteOptions(kbps=192))
    _, decoded = through(music, CodecSetting(codec, 192))
    there = read_audio(path).samples
    frames = min(there.shape[1], decoded.shape[1])
    assert frames > music.shape[1] - 2_000
    assert np.abs(there[:, :frames] - decoded[:, :frames]).max() < 1e-5


@pytest.mark.parametrize("codec", LOSSY_CODECS)
def test_the_blocks_make_no_difference(music: Samples, codec: LossyCodec) -> None:
    sound = music[:, :40_000]
    whole = through(sound, CodecSetting(codec, 128), 48_000)
    cut = through(sound, CodecSetting(codec, 128), 48_000, cuts=(1, 1, 700, 4_797, 4_798, 30_000))
    assert np.array_equal(whole[0], cut[0]) and np.array_equal(whole[1], cut[1])
    again = through(sound, CodecSetting(codec, 128), 48_000)
    assert np.array_equal(whole[1], again[1])


@pytest.mark.parametrize("codec", LOSSY_CODECS)
@pytest.mark.parametrize("frames", [0, 1, 100, 1_153, 5_000])
def test_every_length_comes_back_as_long(codec: LossyCodec, frames: int) -> None:
    sound = np.full((2, frames), 0.1, np.float32)
    original, decoded = through(sound, CodecSetting(codec, 128), 48_000)
    assert decoded.shape == (2, frames) and np.array_equal(original, sound)


@pytest.mark.parametrize("codec", LOSSY_CODECS)
def test_mono_stays_mono(music: Samples, codec: LossyCodec) -> None:
    original, decoded = through(music[:1], CodecSetting(codec, 320))
    assert decoded.shape[0] == 1 and lag_frames(original, decoded) == 0 and snr_db(original, decoded) > 20


@pytest.mark.parametrize("codec", LOSSY_CODECS)
def test_silence_stays_silent(codec: LossyCodec) -> None:
    _, decoded = through(np.zeros((2, 20_000), np.float32), CodecSetting(codec, 128))
    assert np.abs(decoded).max() < 1e-4


@pytest.mark.parametrize(
    ("codec", "rate_hz", "coded_hz"),
    [
        *(("opus", rate, 48_000) for rate in (8_000, 44_100, 192_000)),
        *(("mp3", rate, 48_000) for rate in (8_000, 96_000, 192_000, 32_000)),
        *(("aac", rate, 44_100) for rate in (11_025, 22_050, 88_200, 176_400)),
    ],
)
def test_other_rates_are_coded_as_a_service_would(codec: LossyCodec, rate_hz: int, coded_hz: int) -> None:
    phase = 2 * np.pi * 440 * np.arange(rate_hz // 4) / rate_hz
    tone = (0.5 * np.sin(phase, dtype=np.float64)).astype(np.float32)[None]
    trip = CodecRoundTrip(CodecSetting(codec, 128), rate_hz, 1)
    assert trip.rate_hz == coded_hz
    original, decoded = through(tone, CodecSetting(codec, 128), rate_hz)
    assert decoded.shape[1] == round(tone.shape[1] * coded_hz / rate_hz) and snr_db(original, decoded) > 20


def test_a_rate_can_be_asked_for(music: Samples) -> None:
    original, decoded = through(music[:, :20_000], CodecSetting("vorbis", 160, 48_000))
    assert decoded.shape[1] == round(20_000 * 48_000 / 44_100) and lag_frames(original, decoded) == 0


def test_what_is_beyond_full_scale_stays_beyond() -> None:
    tone = 1.2 * np.sin(2 * np.pi * 440 * np.arange(20_000) / 44_100).astype(np.float32)[None]
    for codec in ("aac", "mp3", "vorbis"):
        assert np.abs(through(tone, CodecSetting(codec, 256))[1]).max() > 1.15


def test_memory_does_not_grow_with_length() -> None:
    rng = np.random.default_rng(1)
    for codec in LOSSY_CODECS:
        trip = CodecRoundTrip(CodecSetting(codec, 128), 48_000, 2)
        most = 0
        for _ in range(30):
            for _pair in trip.feed(rng.uniform(-0.1, 0.1, (2, 4_800)).astype(np.float32)):
                pass
            most = max(most, trip._waiting.frames)
        assert most < 24_000, codec


def test_settings_are_read_from_words() -> None:
    assert codec_setting(" AAC:128 ") == CodecSetting("aac", 128)
    assert codec_setting("opus:64").label == "opus 64"


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        (
            "acc:128",
            UnknownName,
            r'no lossy codec named "acc"; there are: aac, mp3, vorbis, opus. Did you mean "aac"\?',
        ),
        ("flac", UnknownName, r'no lossy codec named "flac"'),
        ("", UnknownName, r'no lossy codec named ""'),
        ("aac", RequestError, r'"aac" is no codec with a bit rate; write it as aac:128'),
        ("mp3:", RequestError, r'"mp3:" is no codec with a bit rate; write it as mp3:128'),
        ("mp3:12k", RequestError, r'"mp3:12k" is no codec with a bit rate'),
        ("mp3:-128", RequestError, r'"mp3:-128" is no codec with a bit rate'),
        ("mp3:640", OutOfRange, r"mp3 at 640 kbit/s is not possible; take 32 to 320"),
        ("vorbis:32", OutOfRange, r"vorbis at 32 kbit/s is not possible; take 64 to 500"),
    ],
)
def test_wrong_words_are_refused(text: str, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        codec_setting(text)


def test_wrong_rates_channels_and_samples_are_refused() -> None:
    with pytest.raises(OutOfRange, match=r"aac at 22050 Hz is not what services send; take 44100 or 48000"):
        CodecSetting("aac", 128, 22_050)
    with pytest.raises(OutOfRange, match=r"opus at 44100 Hz is not possible; it is always 48000"):
        CodecSetting("opus", 128, 44_100)
    with pytest.raises(RequestError, match=r"sound with 6 channels cannot be coded; Bandmate codes mono and stereo"):
        CodecRoundTrip(CodecSetting("aac", 128), 48_000, 6)
    trip = CodecRoundTrip(CodecSetting("aac", 128), 48_000, 1)
    with pytest.raises(RequestError, match=r"channel 1 is nan at frame 3"):
        list(trip.feed(np.array([[0, 0, 0, np.nan]], np.float32)))


def test_vorbis_quality_is_that_of_the_nominal_bit_rate() -> None:
    assert quality(160) == pytest.approx(0.5) and quality(320) == pytest.approx(0.9)
    assert quality(64) == 0.0 and quality(500) == 1.0 and 0.5 < quality(170) < 0.6


def test_vorbis_has_about_the_bit_rate_that_was_asked_for(music: Samples) -> None:
    for kbps in (96, 160, 320):
        codec = VorbisCodec(kbps, 44_100, 2)
        for start in range(0, music.shape[1], 4_096):
            codec.code(music[:, start : start + 4_096])
        codec.finish()
        headers = 4_000
        assert 0.4 < (codec._stream.tell() - headers) * 8 / 3_000 / kbps < 1.5, kbps


def test_ogg_pages_are_taken_apart_wherever_they_are_cut() -> None:
    packets = [bytes([n]) * length for n, length in enumerate((10, 255, 0, 600, 1))]
    segments = b"".join(b"\xff" * (len(p) // 255) + bytes([len(p) % 255]) for p in packets)
    first, second = segments[:3], segments[3:]
    body = b"".join(packets)
    cut = sum(first)
    pages = b"".join(
        b"OggS" + bytes(22) + bytes([len(part)]) + part + sound
        for part, sound in ((first, body[:cut]), (second, body[cut:]))
    )
    for size in (1, 7, 1_000):
        stream, found = OggStream(), []
        for at in range(0, len(pages), size):
            stream.write(pages[at : at + size])
            found.extend(stream.packets())
        assert found == packets
