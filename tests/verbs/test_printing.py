"""Files that are printed: kinds, spans, single tracks, stems; measured again from disk by other programs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

import bandmate
from bandmate.formats.audio_files import probe
from bandmate.formats.audio_write import SUFFIXES, Kind
from bandmate.project.folder import Project
from bandmate.render.span import Span
from bandmate.song.errors import OutOfRange, ProjectError, RequestError, UnknownName
from bandmate.stages.master.delivery import delivery_profile
from bandmate.stages.master.propose import without_mastering
from bandmate.verbs import master_files
from bandmate.verbs.printing import file_name
from tests.verbs.loudness import reading_of
from tests.verbs.studio import RATE_HZ, SECONDS, contents, tone

KINDS: tuple[Kind, ...] = ("wav-16", "wav-24", "wav-32f", "flac-16", "flac-24", "mp3", "m4a", "opus")
NULL_DBFS = -100.0


def dbfs(samples: np.ndarray) -> float:
    peak = float(np.abs(samples).max())
    return 20 * float(np.log10(peak)) if peak else -np.inf


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_written_and_reads_back(evening: Path, tmp_path: Path, kind: Kind) -> None:
    with Project.open(evening) as project:
        done = bandmate.render_mix(project, tmp_path / f"mix{SUFFIXES[kind]}", kind=kind)
    facts = probe(done.path)
    assert facts.channels == 2 and facts.seconds == pytest.approx(SECONDS, abs=0.05)
    assert done.hearing.seconds == pytest.approx(facts.seconds, abs=0.001)
    assert facts.bits == {"wav-16": 16, "wav-24": 24, "wav-32f": 32, "flac-16": 16, "flac-24": 24}.get(kind)


def test_the_figures_of_a_print_are_those_of_the_file(evening: Path, tmp_path: Path) -> None:
    with Project.open(evening) as project:
        done = bandmate.render_mix(project, tmp_path / "mix.wav")
    other = reading_of(done.path)
    assert done.hearing.integrated_lufs == pytest.approx(other.integrated_lufs, abs=0.05)
    assert done.hearing.true_peak_dbtp == pytest.approx(other.dbtp, abs=0.2)


def test_bars_are_cut_out_of_the_song_exactly(evening: Path, tmp_path: Path) -> None:
    with Project.open(evening) as project:
        whole = bandmate.render_mix(project, tmp_path / "whole.wav", kind="wav-32f")
        second_bar = Span.of_bars(project.song, 2, 2)
        part = bandmate.render_mix(project, tmp_path / "part.wav", kind="wav-32f", span=second_bar)
    all_of_it, piece = soundfile.read(whole.path)[0], soundfile.read(part.path)[0]
    assert len(piece) == 2 * RATE_HZ
    assert np.array_equal(piece, all_of_it[2 * RATE_HZ : 4 * RATE_HZ])


def test_bars_after_the_end_are_refused_and_write_nothing(evening: Path, tmp_path: Path) -> None:
    with Project.open(evening) as project:
        late = Span.of_bars(project.song, 90, 99)
        with pytest.raises(OutOfRange, match=r"nothing plays from 178\.0 s on: the song ends at 6\.0 s; begin earlier"):
            bandmate.render_mix(project, tmp_path / "mix.wav", span=late)
    assert not (tmp_path / "mix.wav").exists()


def test_one_track_alone_can_be_printed(evening: Path, stems: Path, tmp_path: Path) -> None:
    with Project.open(evening) as project:
        done = bandmate.render_mix(project, tmp_path / "pad.wav", kind="wav-32f", tracks=("pad",))
        with pytest.raises(UnknownName, match=r'no track named "padd".+Did you mean "pad"\?'):
            bandmate.render_mix(project, tmp_path / "x.wav", tracks=("padd",))
    original = soundfile.read(stems / "pad.wav")[0]
    assert dbfs(soundfile.read(done.path)[0][: len(original)] - original) < NULL_DBFS
    assert not (tmp_path / "x.wav").exists()


def test_a_song_without_sound_cannot_be_printed(tmp_path: Path) -> None:
    with bandmate.new_project(tmp_path / "song") as project:
        for print_it in (
            lambda: bandmate.render_mix(project, tmp_path / "mix.wav"),
            lambda: bandmate.render_master(project, tmp_path / "mix.wav", delivery_profile("cd")),
            lambda: bandmate.render_stems(project, tmp_path / "stems"),
        ):
            with pytest.raises(RequestError, match="the song has no track that plays anything; import recordings or"):
                print_it()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["song"]


def test_stems_have_one_start_and_length_and_add_up_to_the_mix(evening: Path, tmp_path: Path) -> None:
    with Project.open(evening) as project:
        project.accept("P1")
        written = bandmate.render_stems(project, tmp_path / "stems", kind="wav-32f")
        mix = bandmate.render_mix(project, tmp_path / "mix.wav", kind="wav-32f", song=before_main(project))
    names = ["01_bass.wav", "02_drums.wav", "03_lead vocal.wav", "04_pad.wav"]
    assert [path.name for path in written] == names
    sounds = [soundfile.read(path)[0] for path in written]
    assert {sound.shape for sound in sounds} == {(round(SECONDS * RATE_HZ), 2)}
    difference = sum(sounds) - soundfile.read(mix.path)[0]
    assert dbfs(difference) < NULL_DBFS


def before_main(project: Project) -> bandmate.Song:
    """The song with nothing on its main bus."""
    from msgspec.structs import replace

    song = without_mastering(project.song)
    return replace(song, main=replace(song.main, inserts=(), gain_db=0.0))


@pytest.mark.parametrize("profile", ["spotify", "cd", "ebu-r128", "podcast"])
def test_a_master_meets_its_profile(evening: Path, tmp_path: Path, profile: str) -> None:
    from bandmate.stages.master.brief import MasterBrief

    wanted = delivery_profile(profile)
    with Project.open(evening) as project:
        project.accept(bandmate.propose_master(project, MasterBrief(profile=profile)).id)
        done = bandmate.render_master(project, tmp_path / "master.wav", wanted)
    other, facts = reading_of(done.path), probe(done.path)
    assert other.dbtp <= wanted.ceiling_dbtp + 0.05
    if wanted.loudness_lufs is not None:
        assert other.integrated_lufs == pytest.approx(wanted.loudness_lufs, abs=0.15)
    assert facts.rate_hz == (wanted.rate_hz or RATE_HZ)
    assert facts.bits == (16 if wanted.bits == 16 else 24)
    assert done.path == tmp_path / "master.wav"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["evening", "master.wav"]


def test_peaks_close_to_half_the_rate_stay_below_the_ceiling_by_both_our_meters(tmp_path: Path) -> None:
    noise = np.random.default_rng(3).normal(0, 0.2, (4 * RATE_HZ, 2))
    soundfile.write(tmp_path / "noise.wav", noise, RATE_HZ, subtype="PCM_24")
    with bandmate.new_project(tmp_path / "song") as project:
        bandmate.import_files(project, [tmp_path / "noise.wav"])
        project.accept(bandmate.propose_master(project).id)
        heard = bandmate.render_master(project, tmp_path / "master.wav", delivery_profile("spotify")).hearing
    assert heard.true_peak_16x_dbtp is not None and max(heard.true_peak_16x_dbtp, heard.true_peak_dbtp) <= -1.0
    assert heard.integrated_lufs == pytest.approx(-14.0, abs=0.2)


def test_a_master_has_to_be_a_wav(evening: Path, tmp_path: Path) -> None:
    with (
        Project.open(evening) as project,
        pytest.raises(RequestError, match=r'a master is written as WAV; end the name "master\.mp3" in \.wav'),
    ):
        bandmate.render_master(project, tmp_path / "master.mp3", delivery_profile("cd"))


def test_a_master_that_fails_leaves_the_old_one(evening: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    old = tone(tmp_path / "master.wav", seconds=0.1).read_bytes()
    monkeypatch.setattr(master_files, "measured_file", stop)
    with Project.open(evening) as project, pytest.raises(KeyboardInterrupt):
        bandmate.render_master(project, tmp_path / "master.wav", delivery_profile("cd"))
    assert (tmp_path / "master.wav").read_bytes() == old
    assert sorted(path.name for path in tmp_path.iterdir()) == ["evening", "master.wav"]


def test_places_that_cannot_be_written_are_named(evening: Path, closed: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with Project.open(evening) as project:
        for place in ("mix.wav", "new/mix.wav"):
            with pytest.raises(ProjectError, match=r'"mix\.wav" cannot be written: the folder ".+" is read-only'):
                bandmate.render_mix(project, closed / place)
        with pytest.raises(ProjectError, match=r'"stems" cannot be written: the folder ".+closed" is read-only'):
            bandmate.render_stems(project, closed / "stems")
        with pytest.raises(ProjectError, match=r'"evening" is a folder; choose another name'):
            bandmate.render_mix(project, evening)
        with pytest.raises(RequestError, match=r'file" is a file; stems need a folder'):
            bandmate.render_stems(project, tmp_path / "file")
    assert contents(closed) == {}


@pytest.mark.parametrize(
    ("name", "written"), [("Gtr L/R", "Gtr L-R"), ('a<b>:"c', "a-b---c"), (" . ", "track"), ("Бас", "Бас")]
)
def test_a_track_name_becomes_a_name_that_every_system_takes(name: str, written: str) -> None:
    assert file_name(name) == written
