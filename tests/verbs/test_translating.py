"""Translating a file: figures, and files to listen to at one loudness."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from bandmate.song.errors import Cancelled, MediaError, ProjectError, RequestError, UnknownName
from bandmate.sound.playback import playback_systems
from bandmate.verbs.translating import translate_file
from tests.stages.test_translation import balanced
from tests.verbs.loudness import reading_of
from tests.verbs.studio import contents

RATE_HZ = 44_100


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six seconds with peaks near full scale, loud at the end."""
    path = tmp_path_factory.mktemp("record") / "record.wav"
    samples = balanced(6.0) * np.linspace(0.5, 1.0, 6 * RATE_HZ)
    samples *= 0.9 / np.abs(samples).max()
    soundfile.write(path, samples.T, RATE_HZ, subtype="PCM_24")
    return path


def test_figures_alone_write_nothing(record: Path) -> None:
    before = contents(record.parent)
    found = translate_file(record)
    assert [row.system for row in found.rows] == list(playback_systems()) and found.files == ()
    assert found.seconds == pytest.approx(6.0) and contents(record.parent) == before


def test_the_files_are_at_one_loudness_says_a_meter_that_is_not_ours(record: Path, tmp_path: Path) -> None:
    found = translate_file(record, tmp_path / "a" / "b")
    assert {path.stem for path in (tmp_path / "a" / "b").iterdir()} == {"original", *playback_systems()}
    readings = {one.system: reading_of(one.path) for one in found.files}
    loudness = [reading.integrated_lufs for reading in readings.values()]
    assert max(loudness) - min(loudness) <= 0.1
    for one in found.files:
        info = soundfile.info(one.path)
        assert (info.channels, info.samplerate, info.frames, info.subtype) == (2, RATE_HZ, 6 * RATE_HZ, "PCM_24")
        assert one.loudness_lufs == pytest.approx(readings[one.system].integrated_lufs, abs=0.1)
        assert readings[one.system].dbtp <= -0.4, one.system


def test_the_original_is_only_turned_and_the_car_has_its_noise(record: Path, tmp_path: Path) -> None:
    found = {one.system: one for one in translate_file(record, tmp_path, systems=["car"]).files}
    assert set(found) == {"original", "car"} and found["original"].gain_db < 0.0
    before, after = (soundfile.read(path)[0] for path in (record, found["original"].path))
    np.testing.assert_allclose(after, before * 10 ** (found["original"].gain_db / 20), atol=1e-6)


def test_a_second_run_writes_the_same_bytes(record: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        translate_file(record, tmp_path / name, systems=["car", "phone"])
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_silence_has_rows_and_no_files(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "silence.wav", np.zeros((RATE_HZ, 1)), RATE_HZ)
    found = translate_file(tmp_path / "silence.wav", tmp_path / "out")
    assert found.files == () and all(row.loudness_lufs is None for row in found.rows)


def test_mono_becomes_two_channels(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "mono file.wav", balanced(1.0)[0], RATE_HZ, subtype="PCM_24")
    found = translate_file(tmp_path / "mono file.wav", tmp_path / "out", systems=["one speaker"])
    assert [soundfile.info(one.path).channels for one in found.files] == [2, 2]


def test_what_is_read_is_not_written_over(record: Path, tmp_path: Path) -> None:
    own = tmp_path / "phone.wav"
    own.write_bytes(record.read_bytes())
    with pytest.raises(RequestError, match=r'"phone.wav" in ".*" is the file to listen to; choose another folder'):
        translate_file(own, tmp_path)
    assert contents(tmp_path) == {"phone.wav": record.read_bytes()}


def test_an_unknown_system_and_surround_are_refused_by_name(record: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match='no playback system named "boat"; there are: mono, phone'):
        translate_file(record, systems=["boat"])
    soundfile.write(tmp_path / "six.wav", np.zeros((100, 6)), RATE_HZ)
    with pytest.raises(MediaError, match=r'"six\.wav" has 6 channels'):
        translate_file(tmp_path / "six.wav")
    with pytest.raises(MediaError, match=r"no\.wav"):
        translate_file(tmp_path / "no.wav")


def test_a_folder_that_is_closed_or_full_is_said_and_nothing_is_kept(
    record: Path, closed: Path, small_disk: Path
) -> None:
    with pytest.raises(ProjectError, match="read-only"):
        translate_file(record, closed / "new")
    with pytest.raises(ProjectError, match="the disk is full"):
        translate_file(record, small_disk)
    assert contents(small_disk) == {}


def test_stopping_leaves_nothing_behind(record: Path, tmp_path: Path) -> None:
    def stop(what: str, share: float) -> None:
        if what == "writing":
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        translate_file(record, tmp_path / "out", progress=stop)
    assert contents(tmp_path) == {}


def test_progress_goes_from_nothing_to_all(record: Path, tmp_path: Path) -> None:
    shares: list[float] = []
    translate_file(record, tmp_path / "out", systems=["mono"], progress=lambda what, share: shares.append(share))
    assert shares == sorted(shares) and shares[-1] == pytest.approx(1.0)
