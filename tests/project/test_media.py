"""Recordings: copied in once, never written again, read at any rate from any thread."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bandmate.formats.audio_files import read_audio
from bandmate.project import Project, Recording, cached_audio
from bandmate.project.recordings import remove_forgotten
from bandmate.render.media import Media
from bandmate.song.errors import MediaError, ProjectError, UnknownName
from bandmate.sound.audio import Audio
from bandmate.sound.resample import resample
from tests.conftest import ROOT
from tests.project.projects import write_wav


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "my song") as made:
        yield made


def cache_files(project: Project) -> list[Path]:
    return [path for path in (project.folder / "cache").rglob("*") if path.is_file()]


def test_a_recording_is_kept_under_its_hash_byte_for_byte(project: Project, tmp_path: Path) -> None:
    wav = write_wav(tmp_path / "Lead Vox.WAV", rate_hz=44_100)
    found = project.media.add(wav)
    sha256 = hashlib.sha256(wav.read_bytes()).hexdigest()
    assert found == Recording(sha256, "wav", 2, 2000, 44_100, found.codec, "Lead Vox.WAV", wav.stat().st_size, True)
    kept = project.folder / "audio" / sha256[:2] / f"{sha256}.wav"
    assert project.media.path(sha256) == kept and kept.read_bytes() == wav.read_bytes()
    assert not kept.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH)
    assert found.seconds == 2000 / 44_100


def test_the_same_file_twice_is_kept_once(project: Project, tmp_path: Path) -> None:
    first = project.media.add(write_wav(tmp_path / "a.wav"))
    kept = project.media.path(first.sha256)
    written = kept.stat().st_mtime_ns
    assert project.media.add(write_wav(tmp_path / "другое имя.wav")) == first
    assert project.media.recordings() == (first,)
    assert kept.stat().st_mtime_ns == written and len(list((project.folder / "audio").rglob("*.*"))) == 1


def test_the_recordings_are_there_after_opening_again(project: Project, tmp_path: Path) -> None:
    added = [project.media.add(write_wav(tmp_path / f"{i}.wav", seed=i)) for i in range(3)]
    project.close()
    with Project.open(project.folder) as again:
        assert list(again.media.recordings()) == added
        assert again.media.recording(added[1].sha256) == added[1]


def test_a_file_that_a_crash_left_without_a_row_is_taken_up(project: Project, tmp_path: Path) -> None:
    wav = write_wav(tmp_path / "a.wav")
    sha256 = hashlib.sha256(wav.read_bytes()).hexdigest()
    orphan = project.media.path_of(sha256, "wav")
    orphan.parent.mkdir(parents=True)
    shutil.copy(wav, orphan)
    assert [p.kind for p in project.verify()] == ["audio-extra"]
    assert project.media.add(wav).sha256 == sha256 and project.verify() == ()


def test_a_recording_that_was_cut_short_is_healed_by_importing_it_again(project: Project, tmp_path: Path) -> None:
    wav = write_wav(tmp_path / "a.wav")
    kept = project.media.path(project.media.add(wav).sha256)
    kept.chmod(0o600)
    kept.write_bytes(wav.read_bytes()[:100])
    project.media.add(wav)
    assert project.verify() == ()


def test_what_is_no_sound_is_refused_and_nothing_is_kept(project: Project, tmp_path: Path) -> None:
    text = tmp_path / "lyrics.wav"
    text.write_text("la la la " * 100, encoding="utf-8")
    with pytest.raises(MediaError, match=r"lyrics\.wav"):
        project.media.add(text)
    with pytest.raises(MediaError, match=r"missing\.wav"):
        project.media.add(tmp_path / "missing.wav")
    with pytest.raises(MediaError):
        project.media.add(tmp_path)
    assert project.media.recordings() == () and project.verify() == ()


def test_a_file_without_an_extension_gets_the_one_of_its_content(project: Project, tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav").rename(tmp_path / "take (final), v2")
    assert project.media.add(path).extension == "wav"


def test_a_recording_that_is_not_there_is_named(project: Project, tmp_path: Path) -> None:
    found = project.media.add(write_wav(tmp_path / "a.wav"))
    with pytest.raises(UnknownName, match=r'no recording named "ffff"; there are: a\.wav'):
        project.media.source("ffff", 48_000)
    path = project.media.path(found.sha256)
    path.chmod(0o600)
    path.unlink()
    with pytest.raises(
        ProjectError, match=r'the recording "a\.wav" is missing: audio/.+\.wav is not in "my song"; import'
    ):
        project.media.source(found.sha256, 48_000)


@pytest.mark.parametrize("extension", ["wav", "flac", "aiff"])
def test_an_exact_file_is_read_where_it_lies(project: Project, tmp_path: Path, extension: str) -> None:
    path = write_wav(tmp_path / f"a.{extension}", rate_hz=96_000)
    media: Media = project.media
    source = media.source(project.media.add(path).sha256, 96_000)
    whole = read_audio(path).samples
    assert (source.channels, source.frames, source.rate_hz) == (2, 2000, 96_000)
    np.testing.assert_array_equal(source.read(0, 2000), whole)
    np.testing.assert_array_equal(source.read(-5, 10)[:, 5:], whole[:, :5])
    assert source.read(1990, 20).shape == (2, 20) and not source.read(1990, 20)[:, 10:].any()
    assert not source.read(5000, 8).any() and source.read(0, 0).shape == (2, 0)
    source.close()
    assert cache_files(project) == []


@pytest.mark.parametrize(("rate_hz", "wanted_hz"), [(44_100, 48_000), (192_000, 48_000), (48_000, 44_100)])
def test_another_rate_is_made_once_and_equals_resampling_in_memory(
    project: Project, tmp_path: Path, rate_hz: int, wanted_hz: int
) -> None:
    path = write_wav(tmp_path / "a.wav", frames=150_000, rate_hz=rate_hz, channels=1)
    found = project.media.add(path)
    expected = resample(read_audio(path), wanted_hz).samples
    source = project.media.source(found.sha256, wanted_hz)
    assert (source.channels, source.frames, source.rate_hz) == (1, expected.shape[1], wanted_hz)
    np.testing.assert_allclose(source.read(0, source.frames), expected, atol=1e-6)
    (cached,) = cache_files(project)
    written = cached.stat().st_mtime_ns
    again = project.media.source(found.sha256, wanted_hz)
    np.testing.assert_array_equal(again.read(70_000, 100), source.read(70_000, 100))
    assert cached.stat().st_mtime_ns == written
    source.close()
    again.close()


def test_what_is_made_from_recordings_is_made_once(project: Project) -> None:
    sound = Audio(np.random.default_rng(3).standard_normal((2, 200_000)).astype(np.float32), 48_000)
    made: list[int] = []

    def make() -> Audio:
        made.append(1)
        return sound

    for _ in range(2):
        source = project.media.kept("ab" * 32, make)
        np.testing.assert_array_equal(source.read(0, source.frames), sound.samples)
        source.close()
    assert made == [1] and len(cache_files(project)) == 1


def test_a_span_does_not_depend_on_how_it_is_cut(project: Project, tmp_path: Path) -> None:
    found = project.media.add(write_wav(tmp_path / "a.wav", frames=10_000, rate_hz=44_100))
    source = project.media.source(found.sha256, 48_000)
    whole = source.read(-100, 11_200)
    pieces = [source.read(start, 700) for start in range(-100, 11_100, 700)]
    np.testing.assert_array_equal(np.concatenate(pieces, axis=1), whole)
    assert not whole[:, :100].any() and not whole[:, 100 + source.frames :].any()
    assert whole.dtype == np.float32 and whole.flags.c_contiguous
    source.close()


def test_a_lossy_file_is_decoded_once(project: Project, stems_folder: Path) -> None:
    path = stems_folder / "bassguitar.mp3"
    found = project.media.add(path)
    assert found.extension == "mp3" and not found.is_exact_seek
    source = project.media.source(found.sha256, found.rate_hz)
    whole = read_audio(path).samples
    assert source.frames == whole.shape[1] == found.frames
    np.testing.assert_array_equal(source.read(1_000_000, 5000), whole[:, 1_000_000:1_005_000])
    source.close()


def test_one_frame_and_silence_can_be_read_at_another_rate(project: Project, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "one.wav", np.full((1, 1), 0.5), 48_000)
    soundfile.write(tmp_path / "silence.wav", np.zeros((4800, 2)), 48_000)
    for name, frames in (("one.wav", 2), ("silence.wav", 9600)):
        source = project.media.source(project.media.add(tmp_path / name).sha256, 96_000)
        assert source.frames == frames and np.isfinite(source.read(0, frames)).all()
        source.close()


def test_a_sample_that_is_no_number_is_named_by_the_original_file(project: Project, tmp_path: Path) -> None:
    samples = np.zeros((1000, 1), np.float32)
    samples[480] = np.nan
    soundfile.write(tmp_path / "bad take.wav", samples, 48_000, subtype="FLOAT")
    found = project.media.add(tmp_path / "bad take.wav")
    direct = project.media.source(found.sha256, 48_000)
    with pytest.raises(MediaError, match=r'"bad take\.wav" is nan at frame 480'):
        direct.read(0, 1000)
    direct.close()
    with pytest.raises(MediaError, match=r'"bad take\.wav" is nan at frame 480'):
        project.media.source(found.sha256, 44_100)
    assert cache_files(project) == []


def test_the_cache_may_be_deleted_at_any_moment(project: Project, tmp_path: Path) -> None:
    found = project.media.add(write_wav(tmp_path / "a.wav", rate_hz=44_100))
    source = project.media.source(found.sha256, 48_000)
    first = source.read(0, 500)
    if sys.platform != "win32":
        shutil.rmtree(project.folder / "cache")
        np.testing.assert_array_equal(source.read(0, 500), first)
    source.close()
    shutil.rmtree(project.folder / "cache", ignore_errors=True)
    again = project.media.source(found.sha256, 48_000)
    np.testing.assert_array_equal(again.read(0, 500), first)
    again.close()


@pytest.mark.parametrize("damage", [b"", b"short", b"x" * 500_000])
def test_a_cache_file_that_is_not_whole_is_made_again(project: Project, tmp_path: Path, damage: bytes) -> None:
    found = project.media.add(write_wav(tmp_path / "a.wav", rate_hz=44_100))
    project.media.source(found.sha256, 48_000).close()
    (cached,) = cache_files(project)
    whole = cached.read_bytes()
    cached.write_bytes(damage)
    project.media.source(found.sha256, 48_000).close()
    assert cached.read_bytes() == whole


def test_a_cache_that_keeps_vanishing_is_said(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = project.media.add(write_wav(tmp_path / "a.wav", rate_hz=44_100))
    monkeypatch.setattr(cached_audio, "put_in_place", lambda part, place: None)
    with pytest.raises(ProjectError, match=r'the cache file of "a\.wav" keeps vanishing'):
        project.media.source(found.sha256, 48_000)


def test_many_threads_decode_a_file_only_once(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [
        project.media.add(write_wav(tmp_path / f"{i}.wav", frames=60_000, rate_hz=44_100, seed=i)) for i in range(3)
    ]
    made = []
    plain = cached_audio.write_frames

    def counted(file: object, recording: Recording, path: Path, rate_hz: int) -> None:
        made.append(recording.sha256)
        plain(file, recording, path, rate_hz)  # type: ignore[arg-type]

    monkeypatch.setattr(cached_audio, "write_frames", counted)

    def level(index: int) -> float:
        source = project.media.source(files[index % 3].sha256, 48_000)
        found = float(np.abs(source.read(0, source.frames)).sum())
        source.close()
        return found

    with ThreadPoolExecutor(8) as pool:
        levels = list(pool.map(level, range(24)))
    assert sorted(made) == sorted(one.sha256 for one in files)
    assert len(set(levels)) == 3


def test_two_programs_may_decode_and_write_at_the_same_time(project: Project, tmp_path: Path) -> None:
    found = project.media.add(write_wav(tmp_path / "a.wav", frames=400_000, rate_hz=44_100))
    program = (
        "import sys\nfrom bandmate.project import Project\n"
        "with Project.open(sys.argv[1], wait_seconds=60) as project:\n"
        "    project.name_version(sys.argv[3])\n"
        "    source = project.media.source(sys.argv[2], 48_000)\n"
        "    print(float(abs(source.read(0, source.frames)).sum()))\n"
    )
    programs = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(project.folder), found.sha256, name],
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        )
        for name in ("one", "two")
    ]
    answers = {one.communicate()[0] for one in programs}
    assert len(answers) == 1 and all(one.returncode == 0 for one in programs)
    assert len(cache_files(project)) == 1 and len(project.versions()) == 2


def test_many_threads_import_at_once(project: Project, tmp_path: Path) -> None:
    paths = [write_wav(tmp_path / f"{i}.wav", seed=i % 4) for i in range(12)]
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(project.media.add, paths))
    assert len(set(found)) <= 12 and len(project.media.recordings()) == 4
    assert project.verify() == ()


def test_what_a_dead_program_left_half_written_is_taken_away_after_an_hour(tmp_path: Path) -> None:
    old, young, other = tmp_path / "1.part", tmp_path / "2.part", tmp_path / "3.wav"
    for path in (old, young, other):
        path.write_bytes(b"x")
    hours_ago = time.time() - 7200
    os.utime(old, (hours_ago, hours_ago))
    os.utime(other, (hours_ago, hours_ago))
    remove_forgotten(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["2.part", "3.wav"]


def test_the_ears_remember_by_content_analyser_and_version(project: Project) -> None:
    project.remember("ab" * 32, "loudness", "3", b'{"lufs":-14.2}' * 50)
    project.remember("ab" * 32, "loudness/short", "3", b"")
    assert project.recall("ab" * 32, "loudness", "3") == b'{"lufs":-14.2}' * 50
    assert project.recall("ab" * 32, "loudness/short", "3") == b""
    assert project.recall("ab" * 32, "loudness", "4") is None
    assert project.recall("cd" * 32, "loudness", "3") is None
    project.remember("ab" * 32, "loudness", "3", b"later")
    assert project.recall("ab" * 32, "loudness", "3") == b"later"


def test_a_damaged_or_deleted_memory_is_only_measured_again(project: Project) -> None:
    project.remember("ab" * 32, "loudness", "3", b"answer " * 100)
    (kept,) = cache_files(project)
    data = kept.read_bytes()
    for damage in (b"", data[:-3], data[:20] + bytes([data[20] ^ 1]) + data[21:]):
        kept.write_bytes(damage)
        assert project.recall("ab" * 32, "loudness", "3") is None
    shutil.rmtree(project.folder / "cache")
    assert project.recall("ab" * 32, "loudness", "3") is None
    project.remember("ab" * 32, "loudness", "3", b"again")
    assert project.recall("ab" * 32, "loudness", "3") == b"again"


def test_many_threads_remember_while_the_project_is_written(project: Project) -> None:
    def remember(number: int) -> bool:
        project.remember(str(number % 7), "spectrum", "1", str(number % 7).encode() * 1000)
        return project.recall(str(number % 7), "spectrum", "1") == str(number % 7).encode() * 1000

    with project._store.writing("a long command"), ThreadPoolExecutor(8) as pool:
        started = threading.active_count()
        assert all(pool.map(remember, range(200))) and started
