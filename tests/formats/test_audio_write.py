"""Writing sound files, read back by libsndfile and FFmpeg and not only by ourselves."""

from __future__ import annotations

import errno
import os
import struct
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from bandmate.formats.audio_files import decode_blocks, probe, read_audio
from bandmate.formats.audio_write import KINDS, AudioWriter, Kind, WriteOptions, writable_rate_hz, write_audio
from bandmate.formats.wav_write import Broadcast, WavSink
from bandmate.song.errors import BandmateError, MediaError, OutOfRange, ProjectError, RequestError, UnknownName
from bandmate.sound.audio import Audio, Samples
from tests.conftest import shared_folder

TAGS = {
    "title": "Песня",
    "artist": "A & B",
    "album": "First",
    "track": "3",
    "date": "2026-11-21",
    "isrc": "GBAYE2600001",
    "comment": "made by hand",
}
LOSSLESS: dict[Kind, int] = {"wav-16": 16, "wav-24": 24, "wav-32f": 0, "flac-16": 16, "flac-24": 24}
LOSSY: tuple[Kind, ...] = ("mp3", "m4a", "opus")


def tones(frames: int, channels: int = 2, rate_hz: int = 48_000) -> Samples:
    """Chirps, so that every place in time looks different; no louder than 0.5."""
    seconds = np.arange(frames) / rate_hz
    rows = [0.4 * np.sin(2 * np.pi * (300 + 400 * c + 900 * seconds) * seconds) for c in range(channels)]
    return np.asarray(rows, np.float32)


def shift_frames(wanted: Samples, got: Samples) -> int:
    """By how many frames ``got`` is late, from the cross-correlation of their first two seconds."""
    size = 1 << 18
    spectra = [np.fft.rfft(part[0, :96_000].astype(np.float64), size) for part in (wanted, got)]
    likeness = np.fft.irfft(spectra[1] * spectra[0].conj())
    late = int(likeness.argmax())
    return late if late < size // 2 else late - size


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("kind", LOSSLESS)
def test_lossless_kinds_come_back_within_their_dither(tmp_path: Path, kind: Kind, channels: int) -> None:
    path = tmp_path / "Имя файла"
    samples = tones(10_001, channels)
    write_audio(path, Audio(samples, 48_000), kind=kind)
    by_others, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    bits = LOSSLESS[kind]
    step = 2.0 ** (1 - bits) if bits else 0.0
    assert rate_hz == 48_000 and by_others.shape == (10_001, channels)
    # TPDF dither moves a sample by at most one and a half steps.
    assert float(np.abs(by_others.T - samples).max()) <= 1.5 * step + 1e-9
    np.testing.assert_array_equal(read_audio(path).samples, by_others.T)
    assert probe(path).bits == (bits or 32)


@pytest.mark.parametrize("kind", LOSSY)
@pytest.mark.parametrize("frames", [1_000, 96_100])
def test_lossy_kinds_keep_length_and_place(tmp_path: Path, kind: Kind, frames: int) -> None:
    path = tmp_path / "x"
    samples = tones(frames)
    write_audio(path, Audio(samples, 48_000), kind=kind)
    got = read_audio(path)
    assert (got.frames, got.rate_hz, got.channels) == (frames, 48_000, 2)
    assert probe(path).frames == frames
    if frames > 10_000:
        assert shift_frames(samples, got.samples) == 0
        error = got.samples[:, 4_000:-4_000] - samples[:, 4_000:-4_000]
        assert 20 * np.log10(np.sqrt(np.mean(error**2) / np.mean(samples**2))) < -20


@pytest.mark.parametrize("kind", ["mp3", "opus"])
def test_lossy_files_decode_alike_in_libsndfile_and_here(tmp_path: Path, kind: Kind) -> None:
    path = tmp_path / "x"
    write_audio(path, Audio(tones(50_003), 48_000), kind=kind)
    other, _ = soundfile.read(path, dtype="float32", always_2d=True)
    np.testing.assert_allclose(read_audio(path).samples, other.T, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_equal_sound_gives_equal_bytes_whatever_the_blocks(tmp_path: Path, kind: Kind) -> None:
    samples = tones(9_000)
    written = []
    for name, cuts in (("a", [9_000]), ("b", [1, 2_000, 6_999]), ("c", [4_608, 0, 4_392])):
        with AudioWriter(tmp_path / name, 48_000, 2, kind=kind, tags=TAGS, options=WriteOptions(seed=7)) as writer:
            for block in np.split(samples, np.cumsum(cuts)[:-1], axis=1):
                writer.write(block)
        written.append((tmp_path / name).read_bytes())
        assert writer.frames == 9_000
    assert written[0] == written[1] == written[2]


@pytest.mark.parametrize("kind", KINDS)
def test_tags_come_back_by_name(tmp_path: Path, kind: Kind) -> None:
    path = tmp_path / "x"
    write_audio(path, Audio(tones(5_000), 48_000), kind=kind, tags=TAGS)
    found = probe(path).tags
    assert {name: found.get(name) for name in TAGS} == TAGS


def test_an_isrc_alone_comes_back_from_an_m4a_whose_sound_is_untouched(tmp_path: Path) -> None:
    for name, tags in (("plain", {}), ("tagged", {"isrc": "GBAYE2600001"})):
        write_audio(tmp_path / name, Audio(tones(9_000), 48_000), kind="m4a", tags=tags)
    assert probe(tmp_path / "tagged").tags["isrc"] == "GBAYE2600001"
    np.testing.assert_array_equal(read_audio(tmp_path / "plain").samples, read_audio(tmp_path / "tagged").samples)


@pytest.mark.parametrize(("kind", "isrc"), [("mp3", "TSRC"), ("flac-24", "ISRC"), ("opus", "ISRC"), ("m4a", "ISRC")])
def test_the_isrc_stands_where_other_programs_look(tmp_path: Path, kind: Kind, isrc: str) -> None:
    path = tmp_path / "x"
    write_audio(path, Audio(tones(5_000), 48_000), kind=kind, tags=TAGS)
    with av.open(str(path)) as file:
        assert (dict(file.metadata) | dict(file.streams.audio[0].metadata))[isrc] == TAGS["isrc"]


def test_other_readers_find_the_broadcast_extension(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    facts = Broadcast(
        description="Зимний мастер",
        originator_reference="GBAYE2600001",
        origination_date="2026-11-21",
        time_reference_frames=172_800_000,
        loudness_lufs=-14.02,
        true_peak_dbtp=-1.0,
    )
    write_audio(
        path, Audio(tones(100), 48_000), kind="wav-24", tags={"title": "T"}, options=WriteOptions(broadcast=facts)
    )
    with av.open(str(path)) as file:
        assert file.metadata["originator_reference"] == "GBAYE2600001"
        assert file.metadata["time_reference"] == "172800000"
        assert file.metadata["comment"] == "Зимний мастер"
        assert file.metadata["title"] == "T"
    data = path.read_bytes()
    bext = data[data.index(b"bext") + 8 :][:602]
    # EBU Tech 3285 v2: version at 346, then 64 bytes of UMID, then five loudness fields in hundredths.
    assert struct.unpack("<H", bext[346:348]) == (2,)
    assert struct.unpack("<5h", bext[412:422]) == (-1402, 0x7FFF, -100, 0x7FFF, 0x7FFF)
    tags = probe(path).tags
    assert (tags["description"], tags["time_reference_frames"]) == ("Зимний мастер", "172800000")


def test_a_wav_without_tags_has_no_texts(tmp_path: Path) -> None:
    write_audio(tmp_path / "x.wav", Audio(tones(10), 48_000), kind="wav-16")
    data = (tmp_path / "x.wav").read_bytes()
    assert b"bext" not in data and b"LIST" not in data and len(data) == 44 + 36 + 40


def test_beyond_4_gb_the_header_is_rf64(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    with path.open("w+b") as file:
        sink = WavSink(file, 48_000, 2, bits=24, tags={}, broadcast=None)
        file.seek(6 * 800_000_000, os.SEEK_CUR)
        sink._data_bytes = 6 * 800_000_000
        sink.write(np.ones((2, 1), np.int32))
        sink.finish()
    facts = probe(path)
    assert (facts.frames, facts.rate_hz, facts.bits) == (800_000_001, 48_000, 24)
    path.unlink()


@pytest.mark.parametrize("kind", KINDS)
def test_silence_stays_silence_or_dither(tmp_path: Path, kind: Kind) -> None:
    write_audio(tmp_path / "x", Audio(np.zeros((1, 4_800), np.float32), 48_000), kind=kind)
    assert float(np.abs(read_audio(tmp_path / "x").samples).max()) <= 2.0**-14


@pytest.mark.parametrize(("kind", "rate_hz", "written_hz"), [("opus", 44_100, 48_000), ("mp3", 96_000, 48_000)])
def test_a_rate_that_a_codec_cannot_hold_is_refused_and_resampled_on_request(
    tmp_path: Path, kind: Kind, rate_hz: int, written_hz: int
) -> None:
    assert writable_rate_hz(kind, rate_hz) == written_hz
    with pytest.raises(RequestError, match=rf"{kind} cannot hold {rate_hz} Hz; resample to {written_hz} Hz first, or"):
        AudioWriter(tmp_path / "x", rate_hz, 2, kind=kind)
    write_audio(tmp_path / "x", Audio(tones(rate_hz, rate_hz=rate_hz), rate_hz), kind=kind)
    assert (probe(tmp_path / "x").rate_hz, probe(tmp_path / "x").frames) == (written_hz, written_hz)


def test_an_error_or_a_stop_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "mix.wav"
    path.write_bytes(b"before")
    for kind in KINDS:
        for stop in (KeyboardInterrupt, ValueError):
            with pytest.raises(stop), AudioWriter(path, 48_000, 2, kind=kind) as writer:
                writer.write(tones(20_000))
                raise stop
    assert path.read_bytes() == b"before"
    assert [item.name for item in tmp_path.iterdir()] == ["mix.wav"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_full_disk_is_said_and_nothing_is_left(
    tmp_path: Path, kind: Kind, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    plain_open = Path.open

    class Full:
        """A file on a disk with room for 1000 bytes."""

        def __init__(self, file: object) -> None:
            self._file = file

        def __getattr__(self, name: str) -> object:
            return getattr(self._file, name)

        def write(self, data: bytes) -> int:
            if self._file.tell() + len(data) > 1_000:  # type: ignore[attr-defined]
                raise OSError(errno.ENOSPC, "No space left on device")
            return self._file.write(data)  # type: ignore[attr-defined,no-any-return]

    monkeypatch.setattr(Path, "open", lambda self, mode="r": Full(plain_open(self, mode)))
    with (
        pytest.raises(
            ProjectError, match=r'the disk is full: no room for "m.x"; nothing was kept of it. Free some space'
        ),
        AudioWriter(tmp_path / "m.x", 48_000, 2, kind=kind) as writer,
    ):
        for _ in range(20):
            writer.write(tones(20_000))
    del writer
    assert not list(tmp_path.iterdir())
    assert capfd.readouterr() == ("", "")


def test_a_missing_folder_and_a_folder_in_the_way_are_said(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r'"x.wav" cannot be written: there is no folder ".*nowhere"; make it or'):
        AudioWriter(tmp_path / "nowhere" / "x.wav", 48_000, 2, kind="wav-24")
    (tmp_path / "x.wav").mkdir()
    with pytest.raises(ProjectError, match=r'"x.wav" is a folder; choose another name'):
        AudioWriter(tmp_path / "x.wav", 48_000, 2, kind="wav-24")


def test_a_read_only_folder_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ProjectError, match=r'"x.wav" cannot be written: the folder ".*" is read-only; choose another'):
        AudioWriter(tmp_path / "x.wav", 48_000, 2, kind="wav-24")


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"kind": "wma"}, UnknownName, 'no kind of sound file named "wma"; there are: wav-16, wav-24'),
        ({"channels": 3}, RequestError, "a file with 3 channels cannot be written; Bandmate writes mono and stereo"),
        ({"options": WriteOptions(kbps=5)}, OutOfRange, "5 kbit/s is not possible; take 32 to 320"),
    ],
)
def test_impossible_requests_are_refused(
    tmp_path: Path, settings: dict[str, object], error: type[BandmateError], message: str
) -> None:
    wanted = {"kind": "mp3", "channels": 2} | settings
    with pytest.raises(error, match=message):
        AudioWriter(tmp_path / "x", 48_000, wanted.pop("channels"), **wanted)  # type: ignore[arg-type]


def test_a_block_that_is_no_sound_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(MediaError, match=r'"x" is nan at frame 105 \(0.002 s\), channel 1'),
        AudioWriter(tmp_path / "x", 48_000, 1, kind="wav-32f") as writer,
    ):
        writer.write(np.zeros((1, 100), np.float32))
        bad = np.zeros((1, 10), np.float32)
        bad[0, 5] = np.nan
        writer.write(bad)
    with (
        pytest.raises(RequestError, match=r'"x" is written with 1 channels, got \(2, 10\)'),
        AudioWriter(tmp_path / "x", 48_000, 1, kind="wav-32f") as writer,
    ):
        writer.write(np.zeros((2, 10), np.float32))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", KINDS)
def test_a_real_stem_goes_through_every_kind(tmp_path: Path, kind: Kind) -> None:
    for source in sorted(shared_folder("audio", "stems_cc0").glob("*.mp3")):
        whole = [next(decode_blocks(source, 100_000))]
        samples = np.clip(whole[0] / max(1.0, float(np.abs(whole[0]).max())), -0.99, 0.99)
        write_audio(tmp_path / "x", Audio(samples, 44_100), kind=kind, tags={"title": source.stem})
        got = read_audio(tmp_path / "x")
        if kind == "opus":
            assert got.rate_hz == 48_000
            continue
        assert got.frames == 100_000
        if float(np.abs(samples[0]).max()) > 0.01:
            assert shift_frames(samples, got.samples) == 0
