"""Codec preview: what it measures holds against the files it writes, and what cannot be previewed says so."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bandmate.formats.audio_files import probe, read_audio
from bandmate.formats.audio_write import write_audio
from bandmate.formats.codec_round_trip import CodecSetting
from bandmate.song.devices import Limiter
from bandmate.song.errors import MediaError, OutOfRange, ProjectError, RequestError, UnknownName
from bandmate.sound.audio import Audio, Samples
from bandmate.sound.limiter import LimiterProcessor
from bandmate.sound.loudness import measure_loudness
from bandmate.sound.truepeak import measure_true_peak
from bandmate.stages.master.services import MasterFigures, on_services
from bandmate.verbs.codec_preview import CodecPreview, excess_over, margin_for, preview_codecs
from tests.stages.stems import stems

RATE_HZ = 44_100


def limited(sound: Samples, gain_db: float, ceiling_dbtp: float) -> Samples:
    limiter = LimiterProcessor(
        Limiter(id="limiter", gain_db=gain_db, ceiling_dbtp=ceiling_dbtp), rate_hz=RATE_HZ, channels=len(sound)
    )
    late = limiter.latency_frames
    padded = np.concatenate([sound, np.zeros((len(sound), late), np.float32)], axis=1)
    return limiter.process(padded)[:, late:]


@pytest.fixture(scope="module")
def band() -> Samples:
    """Four seconds of band, stereo, peaking at full scale."""
    made = sum(np.asarray(stem, np.float64).reshape(-1)[: 4 * RATE_HZ] for stem in stems().values())
    hiss = np.random.default_rng(5).standard_normal(made.shape) * 0.01 * np.abs(made).max()
    left = (made + hiss) / np.abs(made + hiss).max()
    return np.stack([left, 0.9 * np.roll(left, 11)]).astype(np.float32)


@pytest.fixture(scope="module")
def loud(band: Samples, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A loud master at -0.1 dBTP."""
    path = tmp_path_factory.mktemp("master") / "loud song.wav"
    write_audio(path, Audio(limited(band, 9.0, -0.1), RATE_HZ), kind="wav-24")
    return path


@pytest.fixture(scope="module")
def preview(loud: Path) -> CodecPreview:
    return preview_codecs(loud, codecs=["aac:128", "mp3:192", "vorbis:160", "opus:128"])


@pytest.fixture
def written(tmp_path: Path) -> Callable[[Samples, int], Path]:
    def write(sound: Samples, rate_hz: int) -> Path:
        path = tmp_path / "sound.wav"
        write_audio(path, Audio(sound, rate_hz), kind="wav-24")
        return path

    return write


def test_every_codec_that_was_asked_for_is_measured(preview: CodecPreview) -> None:
    assert [coded.label for coded in preview.codecs] == ["aac 128", "mp3 192", "vorbis 160", "opus 128"]
    assert [coded.rate_hz for coded in preview.codecs] == [44_100, 44_100, 44_100, 48_000]
    assert preview.seconds == pytest.approx(4.0) and preview.level.true_peak_16x_dbtp <= -0.1
    for coded in preview.codecs:
        level = coded.level
        assert level.integrated_lufs is not None and preview.level.integrated_lufs is not None
        assert coded.loudness_change_lu == level.integrated_lufs - preview.level.integrated_lufs
        assert abs(coded.loudness_change_lu) < 0.6
        assert coded.peak_change_db == level.true_peak_16x_dbtp - preview.level.true_peak_16x_dbtp
        assert coded.headroom_db == -level.true_peak_16x_dbtp
        assert coded.noise_to_signal_db is not None and -60 < coded.noise_to_signal_db < -5
        assert len(coded.noise) == 31 and coded.nmr_p95_db is not None and coded.difference_lufs is not None
        assert (coded.verdict == "clips") == (level.true_peak_16x_dbtp > 0)
        if coded.over_samples:
            assert coded.verdict == "clips"


def test_a_loud_master_clips_after_a_codec_and_the_margin_says_by_how_much(preview: CodecPreview) -> None:
    peaks = [coded.level.true_peak_16x_dbtp for coded in preview.codecs]
    assert max(peaks) > 0
    assert excess_over(preview) == max(peaks) and margin_for(preview) == pytest.approx(max(peaks) + 0.1)
    assert margin_for([preview, preview], wanted_dbtp=-0.5) == pytest.approx(max(peaks) + 0.6)
    assert margin_for(preview, wanted_dbtp=3.0) == 0.0 and margin_for([]) == 0.0
    lifts = [coded.peak_change_db for coded in preview.codecs if coded.peak_change_db is not None]
    assert preview.needed_ceiling_dbtp == pytest.approx(-max(lifts))


def test_a_ceiling_lower_by_the_margin_keeps_every_codec_below_full_scale(
    preview: CodecPreview, band: Samples, written: Callable[[Samples, int], Path]
) -> None:
    codecs = ["aac:128", "mp3:192", "vorbis:160", "opus:128"]
    ceiling, now = -0.1, preview
    for _ in range(3):
        ceiling -= margin_for(now)
        now = preview_codecs(written(limited(band, 9.0, ceiling), RATE_HZ), codecs=codecs)
        if margin_for(now) == 0.0:
            break
    assert margin_for(now) == 0.0 and ceiling > -4.0
    assert all(coded.verdict == "fine" for coded in now.codecs)


def test_what_was_measured_goes_on_to_the_services(preview: CodecPreview) -> None:
    master = MasterFigures(
        name="loud",
        integrated_lufs=preview.level.integrated_lufs,
        true_peak_dbtp=preview.level.true_peak_16x_dbtp,
        decoded_dbtp=preview.decoded_dbtp,
    )
    rows = {row.id: row.masters[0] for row in on_services([master])}
    assert rows["youtube"].codec in ("aac 128", "opus 128") and rows["spotify"].codec in ("aac 128", "vorbis 160")


def test_the_services_of_a_codec_are_told(loud: Path) -> None:
    found = preview_codecs(loud, profiles=["bandcamp", "cd", "deezer"])
    services = {coded.label: coded.services for coded in found.codecs}
    assert services == {"mp3 128": ("bandcamp", "deezer"), "mp3 320": ("bandcamp", "deezer")}


def test_more_bits_add_less_noise(loud: Path) -> None:
    found = preview_codecs(loud, codecs=["mp3:96", "mp3:192", "mp3:320"]).codecs
    for figure in ("noise_to_signal_db", "nmr_mean_db", "nmr_p95_db", "difference_lufs"):
        values = [getattr(coded, figure) for coded in found]
        assert values == sorted(values, reverse=True), figure


def test_the_files_are_what_was_measured(loud: Path, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "listen"
    found = preview_codecs(loud, codecs=["aac:128", "opus:96"], folder=folder)
    paths = set()
    for coded in found.codecs:
        files = coded.files
        assert files is not None and files.remark == ""
        decoded, pair = read_audio(files.decoded), [read_audio(files.original), read_audio(files.matched)]
        assert probe(files.decoded).codec == "float" and {probe(p).bits for p in (files.original, files.matched)} == {
            24
        }
        assert decoded.rate_hz == coded.rate_hz == pair[0].rate_hz == pair[1].rate_hz
        assert decoded.frames == pair[0].frames == pair[1].frames
        assert measure_true_peak(decoded, 16).dbtp == pytest.approx(coded.level.true_peak_16x_dbtp, abs=1e-6)
        loudness = [measure_loudness(sound).integrated_lufs for sound in pair]
        assert loudness[0] == files.original_lufs and loudness[1] == files.matched_lufs
        assert loudness[0] == pytest.approx(loudness[1], abs=0.1)
        assert max(measure_true_peak(sound).dbtp for sound in pair) < -0.9
        difference = read_audio(files.difference)
        heard = measure_loudness(difference).integrated_lufs
        assert heard == pytest.approx(coded.difference_lufs, abs=0.05)
        assert f"difference{coded.difference_lufs:.1f}LUFS" in files.difference.name
        gains = [np.float32(10 ** (gain / 20)) for gain in (files.original_gain_db, files.matched_gain_db)]
        rest = pair[1].samples / gains[1] - pair[0].samples / gains[0] - difference.samples
        assert np.abs(rest).max() < 2e-6
        paths |= {files.decoded, files.original, files.matched, files.difference}
    assert set(folder.iterdir()) == paths and len(paths) == 8


def test_a_difference_can_be_raised_and_says_so(loud: Path, tmp_path: Path) -> None:
    plain = preview_codecs(loud, codecs=["mp3:128"], folder=tmp_path / "a").codecs[0].files
    raised = preview_codecs(loud, codecs=["mp3:128"], folder=tmp_path / "b", difference_gain_db=12.0).codecs[0].files
    assert plain is not None and raised is not None and raised.difference.name.endswith(".raised+12dB.wav")
    levels = [measure_loudness(read_audio(files.difference)).integrated_lufs for files in (plain, raised)]
    assert levels[0] is not None and levels[1] == pytest.approx(levels[0] + 12.0, abs=0.05)
    again = preview_codecs(loud, codecs=["mp3:128"], folder=tmp_path / "c").codecs[0].files
    assert again is not None and plain.decoded.read_bytes() == again.decoded.read_bytes()


def test_equal_files_give_equal_figures(loud: Path, preview: CodecPreview) -> None:
    assert preview_codecs(loud, codecs=["aac:128", "mp3:192", "vorbis:160", "opus:128"]) == preview


def test_silence_says_so_and_is_written_as_it_is(written: Callable[[Samples, int], Path], tmp_path: Path) -> None:
    quiet = written(np.zeros((2, RATE_HZ), np.float32), RATE_HZ)
    found = preview_codecs(quiet, codecs=["aac:128", "vorbis:96"], folder=tmp_path / "out")
    assert found.level.integrated_lufs is None and found.level.true_peak_dbtp < -130
    assert found.remarks[0] == "the file is silent: there is nothing to measure" and margin_for(found) == 0.0
    for coded in found.codecs:
        assert coded.verdict == "silent" and coded.needed_ceiling_dbtp is None and coded.peak_change_db is None
        assert coded.files is not None and coded.files.decoded.exists() and "-silent" in coded.files.difference.name


@pytest.mark.parametrize(("channels", "rate_hz"), [(1, 8_000), (2, 8_000), (1, 192_000), (2, 96_000)])
def test_other_rates_and_mono(
    band: Samples, written: Callable[[Samples, int], Path], channels: int, rate_hz: int
) -> None:
    found = preview_codecs(written(0.5 * band[:channels, :rate_hz], rate_hz), codecs=["aac:128", "opus:64"])
    assert found.channels == channels and found.rate_hz == rate_hz
    for coded in found.codecs:
        assert coded.rate_hz == 48_000 and coded.loudness_change_lu == pytest.approx(0.0, abs=0.6)


def test_shorter_than_a_loudness_window(band: Samples, written: Callable[[Samples, int], Path]) -> None:
    found = preview_codecs(written(0.5 * band[:, :4_000], RATE_HZ), codecs=["mp3:128"])
    assert found.codecs[0].loudness_change_lu is None and found.codecs[0].peak_change_db is not None
    assert found.remarks[0].startswith("no loudness: the file is shorter than 400 ms")


def test_a_wanted_peak_below_full_scale_is_told_apart_from_clipping(
    band: Samples, written: Callable[[Samples, int], Path]
) -> None:
    path = written(0.95 * band, RATE_HZ)
    found = preview_codecs(path, codecs=["mp3:320"], wanted_dbtp=-3.0)
    coded = found.codecs[0]
    assert coded.verdict == "too high" and coded.level.true_peak_16x_dbtp < 0
    assert coded.needed_ceiling_dbtp is not None and coded.needed_ceiling_dbtp <= -3.0


@pytest.mark.parametrize(
    ("asked", "kind", "message"),
    [
        ({"codecs": ["acc:128"]}, UnknownName, r'no lossy codec named "acc"'),
        ({"codecs": ["mp3:999"]}, OutOfRange, r"mp3 at 999 kbit/s is not possible; take 32 to 320"),
        ({"profiles": ["spotfy"]}, UnknownName, r'no delivery profile named "spotfy"'),
        ({"profiles": ["cd", "vinyl"]}, RequestError, r"CD, Vinyl pre-master streams nothing lossy, so there is no"),
        ({"wanted_dbtp": 12.0}, OutOfRange, r"a decoded peak of 12 dBTP cannot be asked for; take -6 to 3"),
        ({"wanted_dbtp": math.nan}, OutOfRange, r"a decoded peak of nan dBTP cannot be asked for"),
        ({"difference_gain_db": 100.0}, OutOfRange, r"a gain of 100 dB for the difference is not from -60 to 60 dB"),
    ],
)
def test_what_cannot_be_previewed_is_refused_before_any_work(
    loud: Path, asked: dict[str, object], kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=message):
        preview_codecs(loud, **asked)  # type: ignore[arg-type]


def test_files_that_are_no_master_are_refused(tmp_path: Path, written: Callable[[Samples, int], Path]) -> None:
    with pytest.raises(MediaError, match=r"there is no file"):
        preview_codecs(tmp_path / "none.wav")
    (tmp_path / "words.wav").write_text("no sound at all, only words")
    with pytest.raises(MediaError, match=r"words\.wav"):
        preview_codecs(tmp_path / "words.wav")
    path = written(np.zeros((2, 5_000), np.float32), RATE_HZ)
    with pytest.raises(ProjectError, match=r"cannot be written"):
        preview_codecs(path, codecs=["mp3:128"], folder=path / "below a file")


def test_one_codec_asked_for_twice_is_measured_once_and_two_rates_have_files_of_their_own(
    loud: Path, tmp_path: Path
) -> None:
    twice = preview_codecs(loud, profiles=["soundcloud"], codecs=["aac:160", "mp3:128"])
    assert [coded.label for coded in twice.codecs] == ["aac 160", "mp3 128", "aac 96", "opus 64"]
    assert [coded.services for coded in twice.codecs] == [("soundcloud",)] * 4
    rates = [CodecSetting("vorbis", 96, 48_000), CodecSetting("vorbis", 96)]
    found = preview_codecs(loud, codecs=rates, folder=tmp_path)
    assert [coded.rate_hz for coded in found.codecs] == [48_000, 44_100] and len(list(tmp_path.iterdir())) == 8
    assert found.decoded_dbtp == {"vorbis 96": max(coded.level.true_peak_16x_dbtp for coded in found.codecs)}


def test_a_setting_may_come_as_a_value(loud: Path) -> None:
    assert preview_codecs(loud, codecs=[CodecSetting("vorbis", 96, 48_000)]).codecs[0].rate_hz == 48_000
