"""Mastering files and projects in one go: what is written, how the masters differ, and what is left when it fails."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

import bandmate
from bandmate.formats.audio_files import probe
from bandmate.project.folder import Project
from bandmate.song.errors import MediaError, OutOfRange, RequestError, UnknownName
from bandmate.stages.master.brief import MasterBrief
from bandmate.verbs.mastering import MasterOptions, MasterResults, master
from tests.verbs.loudness import reading_of
from tests.verbs.songs import RATE_HZ, mix, record, samples_of, stretched, written
from tests.verbs.studio import contents, state_of

BARE = MasterOptions(has_report=False)
NOTHING = MasterBrief(tone=0.0, dynamics=0.0, width=0.0, loudness=0.0)


@pytest.fixture(scope="session")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("pieces") / "song.wav", mix())


@pytest.fixture(scope="session")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("records") / "record.wav", record())


def made(song: Path, folder: Path, **asked: object) -> MasterResults:
    return master(song, folder, **({"options": BARE} | asked))  # type: ignore[arg-type]


def test_a_lone_file_becomes_a_master_with_a_project_and_a_report(tmp_path: Path) -> None:
    song = written(tmp_path / "song.wav", mix()[:, -5 * RATE_HZ :])
    done = master(song, tmp_path / "new" / "out")
    names = ["master-spotify.wav", "project", "report.html", "report.json"]
    assert sorted(path.name for path in done.folder.iterdir()) == names
    other = reading_of(done.masters[0].printed.path)
    assert other.integrated_lufs == pytest.approx(-14.0, abs=0.1) and other.dbtp <= -1.0
    with Project.open(done.project) as project:
        assert project.song.title == "song" and project.verify() == ()
        assert [state.state for state in project.proposals()] == ["accepted"]
    assert done.report == tmp_path / "new" / "out" / "report.html" and done.is_new_project
    assert done.summary()[-1].endswith("# accepted")


def test_a_project_stays_as_it_is_and_gets_open_proposals(evening: Path, tmp_path: Path) -> None:
    before = state_of(evening)
    done = made(evening, tmp_path / "out", targets=("spotify,cd",))
    after = state_of(evening)
    assert [path.name for path in sorted(done.folder.iterdir())] == ["master-cd.wav", "master-spotify.wav"]
    assert (after[0], after[2], after[3], after[4]) == (before[0], before[2], before[3], before[4])
    with Project.open(evening) as project:
        assert [one.state for one in project.proposals()] == ["open", "open", "open"]
        assert [one.proposal.stage for one in project.proposals()] == ["mix", "master", "master"]
    assert done.summary()[-1].endswith("# waiting for you") and not done.is_new_project


def test_each_destination_gets_its_file(song: Path, tmp_path: Path) -> None:
    done = made(song, tmp_path / "out", targets=("CD", "ebu-r128,cd"))
    cd, radio = (soundfile.info(one.printed.path) for one in done.masters)
    assert [one.name for one in done.masters] == ["master-cd", "master-ebu-r128"]
    assert (cd.samplerate, cd.subtype) == (44_100, "PCM_16")
    assert radio.samplerate == 48_000
    assert reading_of(done.masters[1].printed.path).integrated_lufs == pytest.approx(-23.0, abs=0.1)
    assert radio.duration == pytest.approx(12.0, abs=1e-3)


def test_three_masters_are_louder_one_after_the_other(song: Path, tmp_path: Path) -> None:
    done = made(song, tmp_path / "out", options=MasterOptions(has_report=False, alternatives="loudness"))
    loudness = [reading_of(one.printed.path).integrated_lufs for one in done.masters]
    for one, lufs in zip(done.masters, loudness, strict=True):
        said = re.match(r"(-[\d.]+) LUFS", one.sentence)
        solved = one.done.solved if one.done else None
        assert said and (solved is None or not solved.reached or float(said[1]) == pytest.approx(lufs, abs=0.1))
    assert loudness[0] + 1.0 < loudness[1] and loudness[1] + 0.5 < loudness[2]
    assert all(reading_of(one.printed.path).dbtp <= -1.0 for one in done.masters)


def test_three_masters_differ_in_width_as_they_say(song: Path, tmp_path: Path) -> None:
    done = made(song, tmp_path / "out", options=MasterOptions(has_report=False, alternatives="width"))
    assert [one.name.rpartition("-")[2] for one in done.masters] == ["narrower", "asked", "wider"]
    widths = [width_db(one.printed.path) for one in done.masters]
    assert widths[1] - widths[0] == pytest.approx(20 * np.log10(1.15), abs=0.2)
    assert widths[2] - widths[1] == pytest.approx(20 * np.log10(1.15), abs=0.2)


def test_three_masters_differ_in_tone_as_they_say(song: Path, tmp_path: Path) -> None:
    done = made(song, tmp_path / "out", options=MasterOptions(has_report=False, alternatives="tone"))
    tilts = [tilt_db(one.printed.path) for one in done.masters]
    assert tilts[1] - tilts[0] == pytest.approx(1.0, abs=0.25)
    assert tilts[2] - tilts[1] == pytest.approx(1.0, abs=0.25)


def width_db(path: Path) -> float:
    (left, right), _ = samples_of(path)
    return float(10 * np.log10(np.mean((left - right) ** 2) / np.mean((left + right) ** 2)))


def tilt_db(path: Path) -> float:
    """What is around 10 kHz over what is around 100 Hz."""
    samples, rate_hz = samples_of(path)
    power = (np.abs(np.fft.rfft(samples)) ** 2).sum(axis=0)
    hz = np.fft.rfftfreq(samples.shape[1], 1 / rate_hz)
    low, high = ((hz > centre / 1.2) & (hz < centre * 1.2) for centre in (100.0, 8_500.0))
    return float(10 * np.log10(power[high].sum() / power[low].sum()))


@pytest.mark.parametrize("subtype", ["PCM_24", "PCM_16"])
def test_with_every_strength_at_0_the_file_has_the_piece_sample_for_sample(tmp_path: Path, subtype: str) -> None:
    came = written(tmp_path / "song.wav", mix(), subtype=subtype)
    done = made(came, tmp_path / "out", brief=NOTHING)
    one = done.masters[0]
    assert one.is_untouched and one.proposal.moves == ()
    assert np.array_equal(samples_of(one.printed.path)[0], samples_of(came)[0])
    assert "no move, the file is the piece as it came" in done.summary()[1]


def test_what_does_not_fit_the_bits_is_dithered_even_where_nothing_was_done(tmp_path: Path) -> None:
    came = written(tmp_path / "song.wav", mix() / 3, subtype="FLOAT")
    one = made(came, tmp_path / "out", brief=NOTHING).masters[0]
    off = samples_of(one.printed.path)[0] - samples_of(came)[0]
    assert not one.is_untouched and 0 < np.abs(off).max() <= 2 / 2**23


@pytest.mark.parametrize("aspect", ["tone", "dynamics", "width"])
def test_an_aspect_at_0_gets_no_device(song: Path, reference: Path, tmp_path: Path, aspect: str) -> None:
    devices = {"tone": {"tone"}, "dynamics": {"multiband dynamics", "ride"}, "width": {"stereo"}}[aspect]
    brief = MasterBrief(**{aspect: 0.0})  # type: ignore[arg-type]
    done = made(song, tmp_path / "out", brief=brief, references=[reference]).masters[0].done
    assert done is not None
    assert {node.state for node in done.nodes if node.name in devices} == {"off"}


def test_a_piece_compared_with_itself_is_left_alone(song: Path, tmp_path: Path) -> None:
    one = made(song, tmp_path / "out", references=[song]).masters[0]
    assert one.proposal.moves == () and one.is_untouched
    assert np.array_equal(samples_of(one.printed.path)[0], samples_of(song)[0])
    assert any("measures like the references" in remark for remark in one.proposal.proposal.remarks)


def test_a_reference_sets_the_loudness_and_weights_are_kept_to(song: Path, reference: Path, tmp_path: Path) -> None:
    asked = reading_of(reference).integrated_lufs
    near = made(song, tmp_path / "a", references=[reference])
    solved = near.masters[0].done.solved if near.masters[0].done else None
    assert solved is not None
    if solved.reached:
        assert reading_of(near.masters[0].printed.path).integrated_lufs == pytest.approx(asked, abs=0.1)
    quiet = made(song, tmp_path / "b", references=[f"{reference}@loudness=0"], targets=["spotify"]).masters[0]
    assert reading_of(quiet.printed.path).integrated_lufs == pytest.approx(-14.0, abs=0.1)


def test_a_second_run_gives_the_same_bytes(reference: Path, tmp_path: Path) -> None:
    runs = []
    short = written(tmp_path / "short.wav", mix()[:, -5 * RATE_HZ :])
    for name in ("first", "second"):
        done = master(short, tmp_path / name / "out", references=[reference])
        runs.append({name: done.folder.joinpath(name).read_bytes() for name in SAME})
    for name in SAME:
        assert runs[0][name] == runs[1][name], name


SAME = ("master-reference.wav", "report.html", "report.json")


@pytest.mark.parametrize("share", [0.02, 0.3, 0.86, 0.99])
def test_a_stopped_run_leaves_the_folder_as_it_was(tmp_path: Path, share: float) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    short = written(tmp_path / "short.wav", mix()[:, -3 * RATE_HZ :])
    with pytest.raises(KeyboardInterrupt):
        master(short, folder, progress=stopping(share), options=MasterOptions(has_ab=True, has_plots=True))
    assert contents(folder) == {"notes.txt": b"mine"}
    with pytest.raises(KeyboardInterrupt):
        master(short, tmp_path / "new" / "out", progress=stopping(share), options=BARE)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "short.wav"]


def test_a_stopped_run_leaves_the_project_without_proposals(evening: Path, tmp_path: Path) -> None:
    before = state_of(evening)
    with pytest.raises(KeyboardInterrupt):
        made(evening, tmp_path / "out", progress=stopping(0.5))
    assert state_of(evening) == before and not (tmp_path / "out").exists()


def stopping(share: float) -> Callable[[str, float], None]:
    """Ctrl-C when so much is done."""

    def progress(what: str, done: float) -> None:
        if done >= share:
            raise KeyboardInterrupt

    return progress


def test_a_second_master_into_the_same_folder_is_refused(song: Path, tmp_path: Path) -> None:
    made(song, tmp_path / "out")
    before = contents(tmp_path / "out")
    with pytest.raises(RequestError, match=r'"[^"]*out" has project, master-spotify\.wav already'):
        made(song, tmp_path / "out")
    assert contents(tmp_path / "out") == before


ODD = {
    "mono": (lambda: mix()[0], RATE_HZ),
    "eight seconds": (lambda: mix()[:, : 8 * RATE_HZ], RATE_HZ),
    "one second": (lambda: mix()[:, 6 * RATE_HZ : 7 * RATE_HZ], RATE_HZ),
    "8 kHz": (lambda: stretched(8_000, 5.0), 8_000),
    "192 kHz": (lambda: stretched(192_000, 1.5), 192_000),
    "Утро на реке": (lambda: mix()[:, -5 * RATE_HZ :], RATE_HZ),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_pieces_are_mastered_with_a_report(tmp_path: Path, name: str) -> None:
    samples, rate_hz = ODD[name][0](), ODD[name][1]
    came = written(tmp_path / f"{name}.wav", samples, rate_hz=rate_hz)
    done = master(came, tmp_path / "out")
    other = reading_of(done.masters[0].printed.path)
    solved = done.masters[0].done.solved if done.masters[0].done else None
    assert other.dbtp <= -1.0 and solved is not None
    if solved.reached:
        assert other.integrated_lufs == pytest.approx(-14.0, abs=0.15)
    assert done.report is not None and name in done.report.read_text(encoding="utf-8")


@pytest.mark.parametrize("seconds", [2.0, 0.2])
def test_silence_and_a_moment_get_a_file_and_a_report_that_says_so(tmp_path: Path, seconds: float) -> None:
    level = 0.0 if seconds > 1.0 else 1.0
    came = written(tmp_path / "short.wav", level * mix()[:, : round(seconds * RATE_HZ)])
    done = master(came, tmp_path / "out", options=MasterOptions(has_ab=True))
    one = done.masters[0]
    assert one.done is None and one.proposal.moves == () and done.report is not None
    assert np.array_equal(samples_of(one.printed.path)[0], samples_of(came)[0])
    page = done.report.read_text(encoding="utf-8")
    assert "silent or shorter than 400 ms" in page
    assert "no A/B files: one of the sounds is silent or too short to have a loudness" in done.remarks


def test_a_reference_that_is_too_short_is_said_and_not_compared_with(song: Path, tmp_path: Path) -> None:
    short = written(tmp_path / "short.wav", record()[:, : 2 * RATE_HZ])
    one = made(song, tmp_path / "out", references=[short], targets=["spotify"]).masters[0]
    assert any('"short.wav" is not compared with' in remark for remark in one.proposal.proposal.remarks)
    with pytest.raises(RequestError, match="no reference says how loud the master shall be"):
        made(song, tmp_path / "other", references=[short])
    assert not (tmp_path / "other").exists()


def text_file(folder: Path) -> Path:
    path = folder / "words.wav"
    path.write_text("la la la")
    return path


BAD: list[tuple[dict[str, object], type[Exception], str]] = [
    ({"source": "nowhere.wav"}, RequestError, r'there is no "nowhere\.wav"; name a sound file or the folder of a'),
    ({"source": "empty"}, RequestError, r"is a folder without a project; master one sound file, a project, or an"),
    ({"source": "words.wav"}, MediaError, r'"words\.wav" is not a sound file'),
    ({"targets": ["spotfy"]}, UnknownName, r'no delivery profile named "spotfy"; .+ Did you mean "spotify"\?'),
    ({"targets": ["reference"]}, RequestError, r"there is no reference whose loudness could be taken"),
    ({"references": ["nowhere.wav"]}, RequestError, r'there is no reference "nowhere\.wav"'),
    ({"references": ["words.wav"]}, MediaError, r'"words\.wav" is not a sound file'),
    ({"references": ["empty"]}, RequestError, r'the reference folder "empty" has no sound file in it'),
    ({"references": ["song.wav@tone"]}, RequestError, r'"tone" is no weight of a reference; weights are tone, dyn'),
    ({"references": ["song.wav@mood=10"]}, RequestError, r'"mood=10" is no weight of a reference'),
    ({"references": ["song.wav@tone=much"]}, RequestError, r'"tone=much" is no weight of a reference'),
    ({"references": ["song.wav@tone=120"]}, OutOfRange, r'the tone weight of "song\.wav" is 120 %; possible are 0 to'),
    ({"options": MasterOptions(alternatives="mood")}, UnknownName, r'no direction named "mood"; .+ loudness'),
]


@pytest.mark.parametrize(("asked", "error", "message"), BAD)
def test_what_cannot_be_is_refused_and_leaves_no_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: dict[str, object], error: type[Exception], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    written(Path("song.wav"), mix()[:, -4 * RATE_HZ :])
    text_file(Path())
    Path("empty").mkdir()
    before = contents(tmp_path)
    wanted = {"source": "song.wav", "options": BARE} | asked
    with pytest.raises(error, match=message):
        bandmate.master(wanted.pop("source"), "out", **wanted)  # type: ignore[arg-type]
    assert contents(tmp_path) == before and not Path("out").exists()


def test_vinyl_is_checked_and_stages_can_be_heard(song: Path, tmp_path: Path) -> None:
    """What a cutting room asks for is said, and the chain can be listened to device by device."""
    options = MasterOptions(has_report=False, has_stages=True, tags={"isrc": "QZ-ABC-26-00001"})
    brief = MasterBrief(loudness_lufs=-14.0, soft_clip_db=1.0)
    (one,) = made(song, tmp_path / "out", targets=["vinyl"], brief=brief, options=options).masters
    assert one.done is not None and len(one.medium) >= 4 and all(row.text for row in one.medium)
    assert len(list((tmp_path / "out" / "stages").iterdir())) == len(one.done.chain) - 1 >= 1
    assert probe(one.printed.path).tags["isrc"] == "QZABC2600001"
    with pytest.raises(RequestError, match='"BAD" is no ISRC'):
        MasterOptions(tags={"isrc": "BAD"})
