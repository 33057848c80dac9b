"""The demo's stems: what is planted is there, by as much as is said, and nothing else differs."""

from __future__ import annotations

from functools import cache as cache_answers
from pathlib import Path

import numpy as np
import pytest

from bandmate.formats.audio_files import probe, read_audio
from bandmate.render.cache import RenderCache
from bandmate.song.errors import MediaError, ProjectError
from bandmate.sound.audio import Audio, Samples
from bandmate.sound.loudness import active_loudness, measure_loudness
from bandmate.sound.relation import relate
from bandmate.verbs import demo_stems
from bandmate.verbs.demo_stems import FAULTS, PlantedFault, make_demo_stems, with_rumble

pytestmark = pytest.mark.slow

STEMS = ("Bass Amp", "Bass DI", "Drums", "Electric Piano", "Guitar", "Kick", "Lead Vox", "Pad", "Strings")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> RenderCache:
    return RenderCache(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory, cache: RenderCache) -> Path:
    folder = tmp_path_factory.mktemp("clean")
    assert make_demo_stems(folder, faults=False, cache=cache) == ()
    return folder


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory, cache: RenderCache) -> Path:
    folder = tmp_path_factory.mktemp("faulty")
    assert make_demo_stems(folder, cache=cache) == FAULTS
    return folder


@cache_answers
def stem(folder: Path, name: str) -> Audio:
    return read_audio(folder / f"{name}.wav")


def active_lufs(audio: Audio) -> float:
    lufs = active_loudness(measure_loudness(audio)).lufs
    assert lufs is not None
    return lufs


def peak_of_sum_dbfs(folder: Path) -> float:
    total = np.sum([stem(folder, name).samples for name in STEMS], axis=0, dtype=np.float64)
    return 20 * float(np.log10(np.abs(total).max()))


def low_level_dbfs(audio: Audio, low_hz: float, high_hz: float) -> float:
    """Level of a stretch of the spectrum, by a plain Fourier transform of the last 20 s or so."""
    signal = audio.samples[:, -(2**20) :].mean(axis=0, dtype=np.float64)
    power = np.square(np.abs(np.fft.rfft(signal))) * 2 / len(signal) ** 2
    frequency = np.fft.rfftfreq(len(signal), 1 / audio.rate_hz)
    inside = (frequency >= low_hz) & (frequency <= high_hz)
    return 10 * float(np.log10(power[inside].sum()))


def fault(kind: str) -> PlantedFault:
    return next(one for one in FAULTS if one.kind == kind)


def test_there_is_one_24_bit_stem_for_each_track_all_of_one_length(clean: Path, faulty: Path) -> None:
    for folder in (clean, faulty):
        assert tuple(sorted(path.stem for path in folder.iterdir())) == STEMS
        facts = [probe(folder / f"{name}.wav") for name in STEMS]
        assert {(one.rate_hz, one.channels, one.bits) for one in facts} == {(48_000, 2, 24)}
        assert len({one.frames for one in facts}) == 1
        assert 55 <= facts[0].frames / facts[0].rate_hz <= 65


def test_without_faults_the_voice_leads_and_the_rest_lies_where_it_usually_does(clean: Path) -> None:
    loud = {name: active_lufs(stem(clean, name)) for name in STEMS}
    behind = {name: lufs - loud["Lead Vox"] for name, lufs in loud.items()}
    assert all(distance <= -2 for name, distance in behind.items() if name != "Lead Vox"), behind
    for name, low, high in (
        ("Kick", -4.5, -2),
        ("Drums", -4, -2),
        ("Bass DI", -7, -4),
        ("Bass Amp", -7, -4),
        ("Electric Piano", -8, -6),
        ("Guitar", -8, -6),
        ("Strings", -10, -8),
        ("Pad", -12, -10),
    ):
        assert low <= behind[name] <= high, (name, behind[name])


def test_without_faults_the_sum_leaves_headroom(clean: Path) -> None:
    assert -9 < peak_of_sum_dbfs(clean) < -5.5


def test_the_faders_are_wrong_by_as_much_as_is_said(clean: Path, faulty: Path) -> None:
    for kind in ("buried", "too-loud"):
        planted = fault(kind)
        change = active_lufs(stem(faulty, planted.track)) - active_lufs(stem(clean, planted.track))
        assert change == pytest.approx(planted.amount, abs=0.2)


def test_the_rumble_has_the_level_that_is_said_and_goes_on_in_the_pauses(clean: Path, faulty: Path) -> None:
    planted = fault("rumble")
    dirty, tidy = stem(faulty, planted.track), stem(clean, planted.track)
    assert low_level_dbfs(dirty, 15, 50) == pytest.approx(planted.amount, abs=0.5)
    assert low_level_dbfs(tidy, 15, 50) < planted.amount - 20
    pause = Audio(dirty.samples[:, -2 * dirty.rate_hz :], dirty.rate_hz)
    assert low_level_dbfs(pause, 15, 50) == pytest.approx(planted.amount, abs=3)
    assert low_level_dbfs(pause, 80, 20_000) < planted.amount - 20


def test_the_amplifier_is_upside_down_and_not_late(clean: Path, faulty: Path) -> None:
    for folder, polarity in ((clean, 1), (faulty, -1)):
        direct, amplifier = stem(folder, "Bass DI"), stem(folder, "Bass Amp")
        found = relate(direct.samples, amplifier.samples, direct.rate_hz)
        assert found.related
        assert found.polarity == polarity
        assert abs(found.delay_frames) <= direct.rate_hz // 5_000, "no more than the loudspeaker's 0.2 ms"


def test_the_amplifier_costs_the_mix_its_bass_only_with_the_fault(clean: Path, faulty: Path) -> None:
    levels = {}
    for folder in (clean, faulty):
        both = stem(folder, "Bass DI").samples + stem(folder, "Bass Amp").samples
        levels[folder] = low_level_dbfs(Audio(both, 48_000), 30, 200)
    assert levels[clean] - levels[faulty] > 6


def test_stems_without_a_fault_are_the_same_to_the_bit(clean: Path, faulty: Path) -> None:
    for name in set(STEMS) - {one.track for one in FAULTS}:
        assert (clean / f"{name}.wav").read_bytes() == (faulty / f"{name}.wav").read_bytes(), name


def test_rumble_depends_on_its_seed_and_not_on_how_the_sound_is_cut() -> None:
    silence = np.zeros((2, 48_000), np.float32)
    whole = rumbling([silence], seed=1)
    assert np.array_equal(
        whole, rumbling([silence[:, :17_000], silence[:, 17_000:17_001], silence[:, 17_001:]], seed=1)
    )
    assert not np.array_equal(whole, rumbling([silence], seed=2))
    assert np.array_equal(whole[0], whole[1])


def rumbling(blocks: list[Samples], *, seed: int) -> Samples:
    return np.concatenate(list(with_rumble(iter(blocks), 48_000, rms_dbfs=-30.0, seed=seed)), axis=1)


def test_every_fault_says_what_is_wrong_in_words() -> None:
    assert {one.kind for one in FAULTS} == {"buried", "too-loud", "rumble", "polarity"}
    assert len({one.track for one in FAULTS}) == len(FAULTS)
    for one in FAULTS:
        assert one.track in STEMS
        assert one.unit in ("dB", "dBFS", "degrees")
        assert one.sentence[0].islower()


def test_the_song_is_found_and_its_lack_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert demo_stems.demo_song().title == "Evening Tram"
    monkeypatch.setattr(demo_stems, "files", lambda package: tmp_path / "one" / "two" / "bandmate")
    with pytest.raises(MediaError, match=r'"evening_tram\.song\.json" is missing from this installation'):
        demo_stems.song_path()
    packaged = tmp_path / "one" / "two" / "bandmate" / "data" / "examples"
    packaged.mkdir(parents=True)
    (packaged / "evening_tram.song.json").write_bytes(b"{}")
    assert demo_stems.song_path() == packaged / "evening_tram.song.json"


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    with pytest.raises(ProjectError, match=r'the folder ".*taken" cannot be made: File exists; choose another'):
        make_demo_stems(tmp_path / "taken")
